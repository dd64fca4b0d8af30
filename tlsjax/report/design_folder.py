"""What ``tlsjax design`` leaves in the folder of a fit, and the tables to fill in."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tlsjax.analysis.designed import Design, load_design
from tlsjax.data.write import write
from tlsjax.errors import InputError
from tlsjax.fitting.result import Result
from tlsjax.report import write_report
from tlsjax.report.design import to_fill_in

_FILE, _CANDIDATES = "design.json", "candidates.toml"


def keep_design(design: Design, folder: Path, *, own: bool) -> tuple[str, ...]:
    """Write design.json, and candidates.toml unless it is there or the candidates are the user's ``own``.

    Returns:
        what was left where, in words.

    Raises:
        InputError: the folder cannot be written.
    """
    choices = folder / _CANDIDATES
    try:
        design.save(folder / _FILE)
        if own:
            return ()
        if choices.exists():
            return (f"Chosen from more of what was measured; {choices} counts where --candidates names it.",)
        choices.write_text(design.candidates.to_toml(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", source=str(folder)) from None
    return (
        f"Chosen from more of what was measured, as {choices} says: edit it and name it with --candidates.",
    )


def check_writable(folder: Path) -> None:
    """Or InputError, before a long search."""
    try:
        with TemporaryDirectory(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", source=str(folder)) from None


def kept_design(folder: Path) -> Design | None:
    """The design that was left in the folder of a fit, if any."""
    return load_design(folder / _FILE) if (folder / _FILE).exists() else None


def draw_report(result: Result, path: Path, design: Design | None) -> None:
    """The report with what to measure next.

    Raises:
        InputError: it cannot be written.
    """
    try:
        write_report(result, path, design)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", source=str(path)) from None


def write_tables(design: Design, result: Result, folder: Path) -> tuple[str, ...]:
    """An empty table for each measurement, in a folder that has none of them yet.

    Returns:
        where each is, in words.

    Raises:
        InputError: a table is there, which may have been filled in, or the folder cannot be written.
    """
    paths = [folder / name for name in _names(design)]
    for path in paths:
        if path.exists():
            raise InputError(
                "is there already, and may have been filled in: name another folder", source=str(path)
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made: {error.strerror or error}", source=str(folder)) from None
    for table, path in zip(design.tables(result), paths, strict=True):
        empty, units = to_fill_in(table)
        write(empty, path, units=units, comments=["to be measured next, as tlsjax design says"])
    return tuple(f"To fill in: {path}" for path in paths)


def _names(design: Design) -> list[str]:
    """Of the tables, in the order of :meth:`Design.tables`."""
    used = {point.measurement for point in design.points}
    order = sorted(used, key=lambda k: design.candidates.measurements[k].averages is not None)
    measures = [design.candidates.measurements[k].measure for k in order]
    return [
        f"next_{measure}.csv" if measures.count(measure) == 1 else f"next_{measure}_{k + 1}.csv"
        for k, measure in zip(order, measures, strict=True)
    ]
