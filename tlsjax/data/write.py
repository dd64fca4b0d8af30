"""Writing a measured table, so that reading it gives the same numbers."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlsjax.data.aliases import plain_name
from tlsjax.data.comments import comment_text, read_comments
from tlsjax.data.headings import known_columns, known_constants
from tlsjax.data.spectrum import Array, Spectrum
from tlsjax.errors import InputError
from tlsjax.quantity import Quantity
from tlsjax.unit_text import normalised, shown
from tlsjax.units import from_si

_SCIENTIFIC_ENDINGS = (".nc", ".nc4", ".h5", ".hdf5")
_CHUNK = 50_000


def write(
    spectrum: Spectrum,
    path: str | os.PathLike[str],
    *,
    units: Mapping[str, str] | None = None,
    comments: Sequence[str] = (),
) -> None:
    """Write a table as CSV, or as NetCDF where the path ends in .nc or .h5.

    An existing file is replaced only once the new one is complete.

    Args:
        spectrum: the table.
        path: the file to write.
        units: unit by column or constant, such as ``{"frequency": "GHz"}``; SI where not named. An
            uncertainty follows its value.
        comments: lines put at the top of the file.

    Raises:
        InputError: missing or read-only folder, unknown name or unit, a comment that reads as a constant.
    """
    source = shown(os.fspath(path), 300)
    chosen = _units(spectrum, units or {}, source)
    _check_comments(comments, source)
    if os.fspath(path).casefold().endswith(_SCIENTIFIC_ENDINGS):
        _replace(path, source, lambda temporary: _write_netcdf(spectrum, chosen, comments, temporary))
    else:
        _replace(path, source, lambda temporary: _write_csv(spectrum, chosen, comments, temporary))


def _units(spectrum: Spectrum, units: Mapping[str, str], source: str) -> dict[str, str]:
    """Unit of every column and constant of the table."""
    known = _known(spectrum)
    present = [*spectrum.columns, *spectrum.constants]
    for name in (*present, *units):
        if name not in known:
            raise InputError(
                f"'{shown(name)}' is no column or constant; known: {', '.join(known)}", source=source
            )
    chosen = {}
    for name in present:
        is_error = name.endswith("_err")
        unit = units.get(name, units.get(name.removesuffix("_err"), known[name].unit))
        if is_error and normalised(unit).casefold() in {"%", "percent"}:
            unit = "1"  # per cent in an uncertainty means of the value, which is not what is stored
        try:
            from_si(1.0, unit, known[name].unit, difference=is_error)
        except ValueError as error:
            raise InputError(f"unit of {name}: {error}", source=source) from None
        chosen[name] = unit
    return chosen


def _check_comments(comments: Sequence[str], source: str) -> None:
    for comment in comments:
        if any(not character.isprintable() and character != "\t" for character in comment):
            raise InputError(f"comment '{shown(comment)}' must be one printable line", source=source)
        name = plain_name(comment_text(comment).partition(":")[0].partition("=")[0])
        try:
            read = read_comments([(1, f"# {comment}")], source=source)
        except InputError:
            read = None
        if read is None or read.constants or read.ignored:
            message = f"comment '{shown(comment)}' would be read as '{shown(name)}'; put it in other words"
            raise InputError(message, source=source)


def _replace(path: str | os.PathLike[str], source: str, fill: Callable[[str], None]) -> None:
    """Write beside the goal, then put it in place in one step."""
    folder = Path(path).parent
    temporary = ""
    try:
        if Path(path).is_dir():
            raise InputError("this is a folder; name a file", source=source)
        if not folder.is_dir():
            message = f"the folder '{shown(str(folder), 200)}' does not exist; make it first"
            raise InputError(message, source=source)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".tlsjax-", suffix=Path(path).suffix)
        os.close(handle)
        fill(temporary)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)  # mkstemp's own mode shuts out the rest of the group
        os.replace(temporary, path)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot be written ({reason})", source=source) from None
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)


def _write_csv(spectrum: Spectrum, units: Mapping[str, str], comments: Sequence[str], temporary: str) -> None:
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {comment}\n" for comment in comments)
        known = _known(spectrum)
        for name, value in spectrum.constants.items():
            file.write(f"# {name}: {_converted(known[name], value, units[name])!r} {units[name]}\n")
        file.write(",".join(f"{name} [{units[name]}]" for name in spectrum.columns) + "\n")
        for start in range(0, len(spectrum), _CHUNK):
            part = slice(start, start + _CHUNK)
            cells = [
                _cells(_converted(known[name], values[part], units[name]))
                for name, values in spectrum.columns.items()
            ]
            file.writelines(",".join(row) + "\n" for row in zip(*cells, strict=True))


def _write_netcdf(
    spectrum: Spectrum, units: Mapping[str, str], comments: Sequence[str], temporary: str
) -> None:
    import xarray as xr

    known = _known(spectrum)
    variables: dict[str, Any] = {}
    for name, value in (*spectrum.columns.items(), *spectrum.constants.items()):
        attributes = {"units": units[name], "long_name": known[name].description}
        dimensions = ("row",) if name in spectrum.columns else ()
        variables[name] = (dimensions, np.asarray(_converted(known[name], value, units[name])), attributes)
    remarks = {"comment": "\n".join(comments)} if comments else {}
    xr.Dataset(variables, attrs=remarks).to_netcdf(temporary, engine="h5netcdf", mode="w")


def _known(spectrum: Spectrum) -> dict[str, Quantity]:
    record = "time" in spectrum.columns
    return {**known_constants(time_stream=record), **known_columns(time_stream=record)}


def _converted(quantity: Quantity, value: Any, unit: str) -> Any:
    number = np.asarray(value, dtype=np.float64) if isinstance(value, np.ndarray) else float(value)
    return from_si(number, unit, quantity.unit, difference=quantity.name.endswith("_err"))


def _cells(values: Array) -> Iterator[str]:
    return (repr(value) if value == value else "" for value in values.tolist())
