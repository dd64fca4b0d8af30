"""``tlsjax fit``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from tlsjax.cli.app import app
from tlsjax.cli.machine import Device, prepare_jax
from tlsjax.cli.options import (
    Channels,
    Header,
    Headings,
    Only,
    PhotonNumber,
    Quantities,
    Runs,
    Settings,
    Where,
)
from tlsjax.cli.reading import loss_budget, read_all, said
from tlsjax.cli.screen import interruptible, progress, say
from tlsjax.errors import InputError

if TYPE_CHECKING:
    from tlsjax.data.spectrum import Spectrum
    from tlsjax.fitting.result import Result

AUTO = "auto"
_MANY_TABLES, _MANY_CHAINS = 16, 32
"""From which on --device auto leaves the choice to JAX."""


@app.command()
def fit(
    context: typer.Context,
    data: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA...", help="Tables of one device: CSV, TSV or NetCDF.", show_default=False
        ),
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Folder for the results; must be new or empty.", show_default=False)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Model file (TOML); what it leaves open gets defaults.", show_default=False),
    ] = None,
    relaxation: Annotated[
        str | None,
        typer.Option(
            help="Family of f(τ), such as log_normal or log_uniform+single; `tlsjax check` lists them. "
            "Several after commas, or auto for the sensible ones: each is fitted into DIR/FAMILY, then "
            "compared. Default: log_uniform (Eq. 17).",
            show_default=False,
        ),
    ] = None,
    likelihood: Annotated[
        str | None,
        typer.Option(
            help="How values scatter: normal, lognormal, or student where there are outliers.",
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="auto: optimise, then draw by proposals that learn the posterior's shape; where they do not "
            "cover it, as nuts. nuts: Hamiltonian chains. laplace: reweighted Gaussian of the optimum's "
            "curvature, where k̂ allows. svi: likewise, of the nearest Gaussian. map: that Gaussian as it is. "
            "smc: particles from prior to posterior, for several humps."
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Same seed, version and machine: same numbers.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Kept draws of each chain.", min=100)] = 1000,
    warmup: Annotated[int, typer.Option(help="Transitions of each chain before that.", min=100)] = 150,
    chains: Annotated[int, typer.Option(help="Markov chains.", min=2)] = 4,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older fit in the folder, or an unfinished one.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Go on with the interrupted fit into this folder, without tables or other options.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[
        Device,
        typer.Option(
            help="auto: cpu, on which a single fit is faster; from 16 tables or 32 chains on, what JAX finds."
        ),
    ] = Device.auto,
    settings: Settings = None,
    columns: Headings = None,
    header: Header = None,
    only: Only = None,
    where: Where = None,
    runs: Runs = None,
    quantity: Quantities = None,
    budget: Channels = None,
    photon_number: PhotonNumber = None,
) -> None:
    """Fit one or several tables of one device and leave a report.

    `tlsjax fit loss.csv noise.csv --out results` needs nothing else: it chooses priors, says which, and
    leaves report.html, summary.json, summary.csv, posterior.nc, log.txt and model.toml (every default written
    out). To change a prior, edit a copy of that model.toml and give it with `--model`.

    A long fit keeps its state in DIR.unfinished; whatever interrupts it, `tlsjax fit --resume DIR` goes on to
    the same numbers.
    """
    folder = _folder_of_fit(context)
    prepare_jax(device, many=len(data or []) >= _MANY_TABLES or chains >= _MANY_CHAINS)
    from tlsjax.fitting.fit import fit as run
    from tlsjax.fitting.fit import resume as go_on
    from tlsjax.fitting.folder import check_free, unfinished, write_folder
    from tlsjax.report.terminal import as_text, fit_in_words

    console = Console()

    def one(
        folder: str, tables: "Sequence[Spectrum] | None", relaxation: str | None
    ) -> "tuple[Result, Path]":
        """A fit and its folder; without tables, an interrupted fit to its end."""
        path, keep = unfinished(folder, resume=tables is None, overwrite=overwrite)
        with interruptible(keep), progress() as tell, keep:
            if tables is None:
                result = go_on(keep, progress=tell)
            else:
                result = run(
                    tables, model, relaxation=relaxation, likelihood=likelihood, method=method, seed=seed,
                    draws=draws, warmup=warmup, chains=chains, progress=tell, checkpoint=keep,
                    budget=loss_budget(budget, photon_number), quantities=quantity,
                )  # fmt: skip
            tell("writing the report", 0, 1)
            log = as_text(fit_in_words(result, 100))
            write_folder(result, path, log, overwrite=overwrite, checkpoint=keep)
        if keep.trouble:
            say(f"the fit is complete, but its state could not be kept on the way: {keep.trouble}")
        return result, path

    if resume is not None:
        result, path = one(folder, None, None)
    else:
        several = relaxation if relaxation is not None and (relaxation == AUTO or "," in relaxation) else None
        if several is None:
            check_free(folder, overwrite=overwrite)
        words = said(settings, columns, where, runs, header, only)
        tables = read_all(data or [], words, model)
        if several is not None:
            _several(folder, tables, several, one, overwrite, console)
            return
        result, path = one(folder, tables, relaxation)
    console.print(fit_in_words(result, console.width))
    console.print(Text(f"Report: {path / 'report.html'}"))
    if not result.verdict.ok:
        raise typer.Exit(1)


def _several(
    folder: str,
    tables: "Sequence[Spectrum]",
    relaxation: str,
    one: "Callable[[str, Sequence[Spectrum], str], tuple[Result, Path]]",
    overwrite: bool,
    console: Console,
) -> None:
    """Fits with several families, each in a folder of its own name, and which of them the data prefer."""
    from tlsjax.cli.compare import draw
    from tlsjax.fitting.compare import Comparison, compare
    from tlsjax.fitting.families import averaged_table, sensible
    from tlsjax.fitting.folder import check_free
    from tlsjax.model.defaults import relaxation_family
    from tlsjax.report.comparison import comparison_in_words
    from tlsjax.report.terminal import as_text

    names = sensible(tables) if relaxation == AUTO else tuple(map(str.strip, relaxation.split(",")))
    if len(set(names)) < len(names):
        raise InputError(f"--relaxation {relaxation} names a family twice")
    for name in names:
        relaxation_family(name)
        check_free(Path(folder) / name, overwrite=overwrite)
    results = {}
    for number, name in enumerate(names, 1):
        say(f"{number} of {len(names)}: {name}")
        results[name], _ = one(str(Path(folder) / name), tables, name)
    found = compare(results)
    assert isinstance(found, Comparison)
    words = comparison_in_words(found)
    console.print(words)
    doubtful = [name for name, result in results.items() if not result.verdict.ok]
    if doubtful:
        console.print(Text(f"Not to be trusted, their reports say why: {', '.join(doubtful)}."))
    (Path(folder) / "comparison.txt").write_text(as_text(words), encoding="utf-8")
    averaged_table(results, found).to_csv(Path(folder) / "averaged.csv", index=False)
    draw(results, Path(folder) / "relaxations.svg")
    if found.ranked[0].name in doubtful:
        raise typer.Exit(1)


def _folder_of_fit(context: typer.Context) -> str:
    """Of a new fit, or of one to go on with; an option that would have no effect is refused."""
    given = [
        name
        for name in context.params
        if (source := context.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"
    ]
    if "resume" not in given:
        if "data" not in given or "out" not in given:
            raise InputError("say what to fit: tlsjax fit DATA... --out DIR (or --resume DIR)")
        return str(context.params["out"])
    more = [name for name in given if name not in ("resume", "overwrite", "device")]
    if more:
        words = {
            "data": "DATA",
            "settings": "--set",
            "columns": "--column",
            "runs": "--run",
            "photon_number": "--photon-number",
        }
        shown = ", ".join(words.get(name, f"--{name}") for name in more)
        raise InputError(f"--resume goes on with the tables and options of before; leave out {shown}")
    return str(context.params["resume"])
