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
    figures: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Write every figure into this folder instead, as PDF and SVG; the parameters as LaTeX, CSV.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Draw the report of a finished fit again, or its figures for a paper."""
    prepare_jax()
    from tlsjax.fitting.folder import check_finished
    from tlsjax.fitting.result import load
    from tlsjax.report import write_figures
    from tlsjax.report.design_folder import draw_report, kept_design

    check_finished(folder)
    result, design = load(folder), kept_design(Path(folder))
    if figures is not None:
        files = write_figures(result, figures, design)
        Console().print(Text(f"{len(files)} files in {figures}"))
        if not result.verdict.ok:
            Console().print(Text("✗ This fit is not to be trusted; its report says why.", style="bold red"))
        return
    path = Path(folder) / "report.html"
    draw_report(result, path, design)
    Console().print(Text(f"Report: {path}"))
