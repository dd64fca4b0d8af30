"""``tlsjax simulate``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax


@app.command()
def simulate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL.toml", help="Model file with [truth] and [simulate].")
    ],
    out: Annotated[str, typer.Option(help="Table to write: .csv or .nc.", show_default=False)],
    seed: Annotated[
        int | None, typer.Option(help="Instead of the model file's.", min=0, show_default=False)
    ] = None,
    microscopic: Annotated[
        bool,
        typer.Option(
            "--microscopic",
            help="Sum over the two-level systems of one drawn film, and record its current against time, "
            "instead of taking Eqs. 15 and 20.",
        ),
    ] = False,
) -> None:
    """Make a synthetic table; the truth is left beside it as `NAME.truth.toml`."""
    prepare_jax()
    from tlsjax import __version__
    from tlsjax.data import write
    from tlsjax.model import simulate as simulation
    from tlsjax.model.modelfile import ModelFile

    file = ModelFile(model)
    spectrum, truth = simulation.simulate(file, seed, microscopic=microscopic)
    used = seed if seed is not None or file.simulation is None else file.simulation.seed
    how = " --microscopic" if microscopic else ""
    comments = [f"made by tlsjax {__version__}, simulate {Path(model).name}{how} with seed {used}"]
    write(spectrum, out, units=simulation.units(file), comments=comments)
    beside = Path(out).with_suffix(".truth.toml")
    beside.write_text(simulation.truth_toml(truth, int(used or 0), __version__), encoding="utf-8")
    Console().print(Text(f"{len(spectrum)} points in {out}; the truth in {beside}"))
