"""``tlsjax sensitivity``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax
from tlsjax.errors import InputError


@app.command()
def sensitivity(
    source: Annotated[
        str,
        typer.Argument(
            metavar="DIR|MODEL.toml",
            help="Folder of a fit, or a model file with [simulate].",
            show_default=False,
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.nc",
            help="Where to keep the arrays: elasticities over the conditions of the data, profiles, and what "
            "every point does. Default: sensitivity.nc in the fit's folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say what data determine, what they leave to the prior, and which points tell what.

    Of a fit, or of data that are only planned: those of a model file's [simulate], at its [truth] or over its
    priors.
    """
    prepare_jax()
    console = Console()
    if Path(source).suffix == ".toml":
        if out is not None:
            raise InputError("--out keeps arrays of a fit, and planned data have none", source=source)
        from tlsjax.analysis.planned import planned
        from tlsjax.model.modelfile import ModelFile
        from tlsjax.report.sensitivity import information_in_words

        expected = planned(ModelFile(source))
        console.print(information_in_words(expected.information, expected.plan.model.reported, console.width))
        return
    from tlsjax.fitting.result import load
    from tlsjax.report.sensitivity import arrays, sensitivity_in_words
    from tlsjax.report.tells import find

    result = load(source)
    found = find(result)
    console.print(sensitivity_in_words(result, found, console.width))
    folder = Path(source) if Path(source).is_dir() else Path(source).parent
    path = Path(out) if out else folder / "sensitivity.nc"
    try:
        arrays(found).to_netcdf(path, engine="h5netcdf")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", source=str(path)) from None
    console.print(Text(f"Arrays: {path}"))
