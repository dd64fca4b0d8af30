"""``tlsjax compare``."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax
from tlsjax.errors import InputError

if TYPE_CHECKING:
    from tlsjax.fitting.result import Result


@app.command()
def compare(
    folders: Annotated[
        list[str], typer.Argument(metavar="DIR...", help="Folders of two or more fits.", show_default=False)
    ],
    leave_out: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="Leave out every value of a condition in turn, such as power or temperature, and predict it "
            "from refits to the rest. Default: single points, without refits (PSIS-LOO).",
            show_default=False,
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="Of the refits, as in `tlsjax fit`.")] = "laplace",
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence",
            help="Also ln Z of every model, by particles from its prior: half a minute each.",
        ),
    ] = False,
    picture: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.svg", help="Draw f(τ) of all fits on one axis into this file.", show_default=False
        ),
    ] = None,
) -> None:
    """Say which of several fits of the same tables predicts best, or that these data cannot tell.

    Fits of different tables, or of different quantities in them, are asked instead whether they agree on the
    parameters that they share, such as T_c from a loss and from a frequency shift.
    """
    prepare_jax()
    from tlsjax.fitting.compare import Comparison
    from tlsjax.fitting.compare import compare as run
    from tlsjax.fitting.result import load
    from tlsjax.report.comparison import agreement_in_words, comparison_in_words

    names = [Path(folder).name or folder for folder in folders]
    labels = names if len(set(names)) == len(names) else folders
    results = dict(zip(labels, map(load, folders), strict=True))
    found = run(results, left_out=leave_out or "", method=method, evidence=evidence)
    words = comparison_in_words(found) if isinstance(found, Comparison) else agreement_in_words(found)
    Console().print(words)
    if picture is not None:
        draw(results, picture)


def draw(results: Mapping[str, "Result"], path: str | PathLike[str]) -> None:
    """f(τ) of all fits into a file."""
    from tlsjax.report.relaxations_figure import relaxations_figure
    from tlsjax.report.style import look

    without = [name for name, result in results.items() if result.model.family is None]
    if without:
        raise InputError(f"{', '.join(without)}: without a film there is no f(τ) to draw")
    with look():
        drawing = relaxations_figure(results)
    try:
        Path(path).write_bytes(drawing.picture.content("svg"))
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=str(path)) from None
    Console().print(f"Picture: {path}", markup=False)
