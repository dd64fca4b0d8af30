"""The ``tlsjax`` command: thin, all work is the library's."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from tlsjax.errors import InputError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Fit microwave loss, conductivity and current noise of superconducting films by the theory of "
    "two-level systems in a supercurrent (Liu, Andreev, Spivak, PRB 111, L180502, 2025).\n\n"
    "Exit status: 0 done, 1 the fit cannot be trusted (it says why), 2 bad input.",
)

Tables = Annotated[
    list[str],
    typer.Argument(metavar="DATA...", help="Tables of one device: CSV, TSV or NetCDF.", show_default=False),
]


@app.command()
def fit(
    data: Tables,
    out: Annotated[
        str, typer.Option(help="Folder for the results; must be new or empty.", show_default=False)
    ],
    model: Annotated[
        str | None,
        typer.Option(help="Model file (TOML); what it leaves open gets defaults.", show_default=False),
    ] = None,
    relaxation: Annotated[
        str | None,
        typer.Option(
            help="Family of f(τ), such as log_normal or log_uniform+single; `tlsjax check` lists them. "
            "Default: log_uniform (Eq. 17).",
            show_default=False,
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="nuts: optimise, then sample.")] = "nuts",
    seed: Annotated[int, typer.Option(help="Same seed, version and machine: same numbers.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Kept draws of each chain.", min=100)] = 1000,
    warmup: Annotated[int, typer.Option(help="Transitions of each chain before that.", min=100)] = 150,
    chains: Annotated[int, typer.Option(help="Markov chains.", min=2)] = 4,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older fit in the folder.")
    ] = False,
) -> None:
    """Fit one or several tables of one device and leave a report.

    `tlsjax fit loss.csv noise.csv --out results` needs nothing else: it chooses priors, says which, and
    leaves report.html, summary.json, summary.csv, posterior.nc, log.txt and model.toml (every default written
    out). To change a prior, edit a copy of that model.toml and give it with `--model`.
    """
    from tlsjax.fitting.folder import check_free, write_folder

    check_free(out, overwrite=overwrite)
    _prepare_jax()
    from tlsjax.fitting.fit import fit as run
    from tlsjax.report.terminal import as_text, fit_in_words

    console = Console()
    with _progress() as tell:
        result = run(
            data, model, relaxation=relaxation, method=method, seed=seed, draws=draws, warmup=warmup,  # type: ignore[arg-type]
            chains=chains, progress=tell,
        )  # fmt: skip
        tell("writing the report", 0, 1)
        write_folder(result, out, as_text(fit_in_words(result, 100)), overwrite=overwrite)
    console.print(fit_in_words(result, console.width))
    console.print(Text(f"Report: {Path(out) / 'report.html'}"))
    if not result.verdict.ok:
        raise typer.Exit(1)


@app.command()
def check(
    data: Tables,
    model: Annotated[
        str | None, typer.Option(help="Model file (TOML) to check as well.", show_default=False)
    ] = None,
) -> None:
    """Show how tables are read, and what a fit would assume, without fitting."""
    _prepare_jax()
    from tlsjax.data import read
    from tlsjax.fitting.fit import choose_model
    from tlsjax.report.terminal import priors_in_words, spectrum_in_words

    console = Console()
    spectra = [read(path) for path in data]
    for spectrum in spectra:
        console.print(spectrum_in_words(spectrum, console.width))
    chosen, notes = choose_model(spectra, model, None)
    console.print(priors_in_words(chosen, notes))
    console.print(Text("✓ These tables can be fitted.", style="bold green"))


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
    _prepare_jax()
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


@app.command()
def report(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Folder of a fit.", show_default=False)],
) -> None:
    """Draw the report of a finished fit again."""
    _prepare_jax()
    from tlsjax.fitting.result import load

    path = Path(folder) / "report.html"
    load(folder).report(path)
    Console().print(Text(f"Report: {path}"))


def _prepare_jax() -> None:
    """Double precision, and compiled code kept between runs in the user's cache folder."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    from platformdirs import user_cache_path

    jax.config.update("jax_enable_x64", True)
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(user_cache_path("tlsjax") / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the error stream for as long as the block lasts."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<18}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total if done else None)

        yield tell


def main() -> None:
    """Run the command; a user's mistake is one line and exit status 2."""
    try:
        app()
    except InputError as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"tlsjax: {error}"))
        sys.exit(2)
    except KeyboardInterrupt:
        Console(stderr=True).print(Text("tlsjax: interrupted; nothing was written"))
        sys.exit(130)
