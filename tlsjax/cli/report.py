"""``tlsjax report``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax


@app.command()
def report(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a fit.", show_default=False)],
) -> None:
    """Draw the report of a finished fit again."""
    prepare_jax()
    from tlsjax.fitting.folder import check_finished
    from tlsjax.fitting.result import load

    check_finished(folder)
    path = Path(folder) / "report.html"
    load(folder).report(path)
    Console().print(Text(f"Report: {path}"))
