"""The report of a fit: one self-contained HTML file. The only part of the package that knows matplotlib."""

from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlsjax.fitting.result import Result

__all__ = ["write_report"]


def write_report(result: "Result", path: str | PathLike[str]) -> None:
    """Write the report of a fit as one HTML file that needs nothing else, neither files nor network.

    Args:
        result: the fit.
        path: the file; one that is there is replaced only once the new one is complete.
    """
    # matplotlib takes a second to import: only once a report is asked for
    from tlsjax.report.write import write

    write(result, path)
