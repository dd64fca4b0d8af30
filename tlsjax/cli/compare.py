"""``tlsjax compare``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax


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
    found = run(results, left_out=leave_out or "", method=method)
    words = comparison_in_words(found) if isinstance(found, Comparison) else agreement_in_words(found)
    Console().print(words)
