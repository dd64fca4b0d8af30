"""Reports in HTML, self-contained, and pictures. The only part of the package that knows matplotlib."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlsjax.analysis.designed import Design
    from tlsjax.fitting.prior_predictive import PriorPredictive
    from tlsjax.fitting.result import Result

__all__ = ["write_figures", "write_picture", "write_report"]


def write_report(result: "Result", path: str | PathLike[str], design: "Design | None" = None) -> None:
    """Write the report of a fit as one HTML file that needs nothing else, neither files nor network.

    Args:
        result: the fit.
        path: the file; one that is there is replaced only once the new one is complete.
        design: what to measure next, where it was asked.
    """
    # matplotlib takes a second to import: only once a report is asked for
    from tlsjax.report.write import write

    write(result, path, design)


def write_figures(
    result: "Result", folder: str | PathLike[str], design: "Design | None" = None
) -> tuple[Path, ...]:
    """Write every figure of the report as PDF and SVG, ``parameters.tex`` and ``parameters.csv``.

    Args:
        result: the fit.
        folder: where they go; made where it is not there. A file that is there is replaced only once the new
            one is complete.
        design: what to measure next, where it was asked.

    Returns:
        the files.

    Raises:
        InputError: the folder cannot be written.
    """
    from tlsjax.report.figures import write

    return write(result, folder, design)


def write_picture(expected: "PriorPredictive", path: str | PathLike[str]) -> None:
    """Write what the priors expect, with the data on top, as a PNG or SVG by the ending of its name.

    Args:
        expected: measurements drawn from the priors.
        path: the file; one that is there is replaced only once the new one is complete.

    Raises:
        InputError: another ending, or the file cannot be written.
    """
    from tlsjax.report.write import write_picture

    write_picture(expected, path)
