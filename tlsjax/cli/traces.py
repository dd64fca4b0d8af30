"""``tlsjax traces``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.options import Settings
from tlsjax.errors import InputError


@app.command()
def traces(
    data: Annotated[
        list[str],
        typer.Argument(
            metavar="TRACE...", help="Touchstone files of one resonator, .s1p or .s2p.", show_default=False
        ),
    ],
    out: Annotated[str, typer.Option(help="Table to write: .csv or .nc.", show_default=False)],
    geometry: Annotated[
        str | None,
        typer.Option(
            help="How the resonator is coupled: hanger (the default of .s2p), reflection (of .s1p) or "
            "transmission, which must be calibrated.",
            show_default=False,
        ),
    ] = None,
    settings: Settings = None,
) -> None:
    """Make a table of Q_i from traces of a network analyser, one row a trace.

    `tlsjax traces a.s2p b.s2p c.s2p --set 'a.s2p:temperature=20 mK' ... --out sweep.csv` fits each trace by a
    circle with diameter correction; `tlsjax fit sweep.csv` goes on from there.
    """
    from tlsjax import __version__
    from tlsjax.data import write
    from tlsjax.data.touchstone import sweep_of_traces

    if Path(out).suffix.casefold() in (".s1p", ".s2p"):
        raise InputError(f"--out {out} would write a table over a trace; name a .csv")
    table, found = sweep_of_traces(data, geometry, settings or ())
    comments = [
        f"made by tlsjax {__version__}, traces: circle fits with diameter correction, one row a trace"
    ]
    write(table, out, comments=comments)
    console = Console()
    shown = Table("trace", "f_r [GHz]", "Q_i", "Q_c", "asymmetry [°]", "noise [%]")
    for path, one in zip(data, found, strict=True):
        shown.add_row(
            Text(Path(path).name),
            f"{one.frequency / 1e9:.9g}",
            f"{one.quality_factor:.4g} ± {one.quality_factor_err:.2g}",
            f"{one.coupling_quality_factor:.4g} ± {one.coupling_quality_factor_err:.2g}",
            f"{one.asymmetry * 57.29578:.1f}",
            f"{100 * one.noise:.2g}",
        )
    console.print(shown)
    for path, one in zip(data, found, strict=True):
        if one.widened > 1.0:
            line = (
                f"• {Path(path).name}: neighbouring points deviate alike (ripple, or more than one resonance)"
            )
            console.print(Text(f"{line}; uncertainties are {one.widened:.2g} times those of noise alone"))
    rows = "1 row" if len(found) == 1 else f"{len(found)} rows"
    console.print(Text(f"{rows} in {out}"))
