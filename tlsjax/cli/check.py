"""``tlsjax check``."""

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import prepare_jax
from tlsjax.cli.options import Channels, Header, Headings, Only, PhotonNumber, Runs, Settings, Tables, Where
from tlsjax.cli.reading import loss_budget, read_all, said


@app.command()
def check(
    data: Tables,
    model: Annotated[
        str | None, typer.Option(help="Model file (TOML) to check as well.", show_default=False)
    ] = None,
    relaxation: Annotated[
        str | None, typer.Option(help="Family of f(τ), as of a fit.", show_default=False)
    ] = None,
    picture: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Draw what the priors expect with the data on top, and say whether they lie inside: "
            ".png or .svg.",
            show_default=False,
        ),
    ] = None,
    settings: Settings = None,
    columns: Headings = None,
    header: Header = None,
    only: Only = None,
    where: Where = None,
    runs: Runs = None,
    budget: Channels = None,
    photon_number: PhotonNumber = None,
) -> None:
    """Show how tables are read, and what a fit would assume, without fitting."""
    prepare_jax()
    from tlsjax.fitting.fit import choose_model
    from tlsjax.report.terminal import priors_in_words, spectrum_in_words

    console = Console()
    words = said(settings, columns, where, runs, header, only)
    spectra = read_all(data, words, model)
    told: dict[str, set[str]] = {}
    for spectrum in spectra:
        before = told.setdefault(spectrum.source, set())
        console.print(spectrum_in_words(spectrum, console.width, before))
        before.update(spectrum.notes)
    chosen, assumed = choose_model(spectra, model, relaxation, budget=loss_budget(budget, photon_number))
    console.print(priors_in_words(chosen, assumed))
    if picture is not None:
        from tlsjax.fitting.prior_predictive import prior_predictive
        from tlsjax.report.terminal import expectations_in_words

        expected = prior_predictive(spectra, chosen)
        expected.picture(picture)
        console.print(expectations_in_words(expected))
        console.print(Text(f"Picture: {picture}"))
    console.print(Text("✓ These tables can be fitted.", style="bold green"))
