"""``tlsjax design``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax


@app.command()
def design(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a fit.", show_default=False)],
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.toml",
            help="What could be measured, how well, and at what cost. Default: more of what was measured, "
            "which is written to candidates.toml in the folder, to be edited.",
            show_default=False,
        ),
    ] = None,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="NAME",
            help="Parameter or combination whose uncertainty is to shrink, such as tau_max or omega_c; "
            "repeatable. Default: all free parameters.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(help="Sum of costs; a point costs 1 unless the candidates say it.", show_default="10"),
    ] = None,
    device: Annotated[
        str, typer.Option(help="Of a fit of several devices, the one to be measured.", show_default=False)
    ] = "",
    tables: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Where to write empty tables with these points, to fill in.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the simulated outcomes.", min=0)] = 0,
) -> None:
    """Say what to measure next, and how far that would shrink an uncertainty.

    The folder's report gets a section on it.
    """
    prepare_jax()
    from tlsjax.analysis.design import design as designed
    from tlsjax.fitting.result import load
    from tlsjax.report.design import design_in_words
    from tlsjax.report.design_folder import check_writable, draw_report, keep_design, write_tables

    result = load(folder)
    home = Path(folder) if Path(folder).is_dir() else Path(folder).parent
    check_writable(home)
    found = designed(result, candidates, targets=targets or (), budget=budget, device=device, seed=seed)
    console = Console()
    known = {quantity.name: quantity for quantity in result.quantities}
    if not result.verdict.ok:
        console.print(
            Text(
                "This fit is not to be trusted, nor what follows from it; its report says why.",
                style="bold red",
            )
        )
    console.print(design_in_words(found, known, console.width))
    lines = write_tables(found, result, Path(tables)) if tables else ()
    lines += keep_design(found, home, own=candidates is not None)
    draw_report(result, home / "report.html", found)
    for line in (*lines, f"Report: {home / 'report.html'}"):
        console.print(Text(line))
