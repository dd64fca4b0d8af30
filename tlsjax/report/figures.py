"""Figures and tables of a fit as files, for a paper."""

import tempfile
from os import PathLike
from pathlib import Path

from tlsjax.analysis.designed import Design
from tlsjax.errors import InputError
from tlsjax.fitting.result import Result
from tlsjax.report.drawings import draw
from tlsjax.report.latex import parameter_table
from tlsjax.report.tables import parameters_as_csv
from tlsjax.report.write import replace_file


def write(result: Result, folder: str | PathLike[str], design: Design | None = None) -> tuple[Path, ...]:
    """See :func:`tlsjax.report.write_figures`."""
    goal = Path(folder)
    try:
        goal.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=goal):  # before the figures are drawn, which takes a while
            pass
        contents = {
            f"{one.picture.name}.{ending}": one.picture.content(ending)
            for one in draw(result, design)
            for ending in ("pdf", "svg")
        }
        contents["parameters.tex"] = parameter_table(result).encode("utf-8", "replace")
        contents["parameters.csv"] = parameters_as_csv(result).encode("utf-8", "replace")
        for name, content in contents.items():
            replace_file(goal / name, content)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=str(folder)) from None
    return tuple(goal / name for name in contents)
