"""The ``tlsjax`` command: thin, all work is the library's."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from tlsjax.cli_options import Channels, Header, Headings, Only, PhotonNumber, Settings, Tables
from tlsjax.errors import InputError

if TYPE_CHECKING:
    from tlsjax.data import Spectrum
    from tlsjax.fitting.checkpoint import Checkpoint
    from tlsjax.model.budget_choice import LossBudget

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Fit microwave loss, conductivity and current noise of superconducting films by the theory of "
    "two-level systems in a supercurrent (Liu, Andreev, Spivak, PRB 111, L180502, 2025).\n\n"
    "Exit status: 0 done, 1 the fit cannot be trusted (it says why), 2 bad input.",
)


_MANY_TABLES, _MANY_CHAINS = 16, 32
"""From which on --device auto leaves the choice to JAX."""


class Device(StrEnum):
    """What to compute on."""

    auto, cpu, gpu = "auto", "cpu", "gpu"


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
            "Default: log_uniform (Eq. 17).",
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
            help="nuts: optimise, then sample. laplace: reweighted Gaussian of the optimum's curvature, in a "
            "second where k̂ allows. svi: likewise, of the nearest Gaussian. map: that Gaussian as it is. "
            "smc: particles from prior to posterior, for several humps."
        ),
    ] = "nuts",
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
    _prepare_jax(device, many=len(data or []) >= _MANY_TABLES or chains >= _MANY_CHAINS)
    from tlsjax.fitting.fit import fit as run
    from tlsjax.fitting.fit import resume as go_on
    from tlsjax.fitting.folder import unfinished, write_folder
    from tlsjax.report.terminal import as_text, fit_in_words

    console = Console()
    path, keep = unfinished(folder, resume=resume is not None, overwrite=overwrite)
    with _interruptible(keep), _progress() as tell, keep:
        if resume is not None:
            result = go_on(keep, progress=tell)
        else:
            tables = _tables(data or [], settings, columns, header, only)
            result = run(
                tables, model, relaxation=relaxation, likelihood=likelihood, method=method, seed=seed,
                draws=draws, warmup=warmup, chains=chains, progress=tell, checkpoint=keep,
                budget=_budget(budget, photon_number),
            )  # fmt: skip
        tell("writing the report", 0, 1)
        log = as_text(fit_in_words(result, 100))
        write_folder(result, path, log, overwrite=overwrite, checkpoint=keep)
    if keep.trouble:
        _say(f"the fit is complete, but its state could not be kept on the way: {keep.trouble}")
    console.print(fit_in_words(result, console.width))
    console.print(Text(f"Report: {path / 'report.html'}"))
    if not result.verdict.ok:
        raise typer.Exit(1)


@app.command()
def check(
    data: Tables,
    model: Annotated[
        str | None, typer.Option(help="Model file (TOML) to check as well.", show_default=False)
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
    budget: Channels = None,
    photon_number: PhotonNumber = None,
) -> None:
    """Show how tables are read, and what a fit would assume, without fitting."""
    _prepare_jax()
    from tlsjax.fitting.fit import choose_model
    from tlsjax.report.terminal import priors_in_words, spectrum_in_words

    console = Console()
    spectra = _tables(data, settings, columns, header, only)
    said: dict[str, set[str]] = {}
    for spectrum in spectra:
        before = said.setdefault(spectrum.source, set())
        console.print(spectrum_in_words(spectrum, console.width, before))
        before.update(spectrum.notes)
    chosen, assumed = choose_model(spectra, model, None, budget=_budget(budget, photon_number))
    console.print(priors_in_words(chosen, assumed))
    if picture is not None:
        from tlsjax.fitting.prior_predictive import prior_predictive
        from tlsjax.report.terminal import expectations_in_words

        expected = prior_predictive(spectra, chosen)
        expected.picture(picture)
        console.print(expectations_in_words(expected))
        console.print(Text(f"Picture: {picture}"))
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
    from tlsjax.fitting.folder import check_finished
    from tlsjax.fitting.result import load

    check_finished(folder)
    path = Path(folder) / "report.html"
    load(folder).report(path)
    Console().print(Text(f"Report: {path}"))


@app.command()
def calibrate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL.toml", help="Model file with priors and [simulate].")
    ],
    out: Annotated[
        str,
        typer.Option(help="Folder for the results; a run begun there goes on.", show_default=False),
    ],
    simulations: Annotated[int, typer.Option(help="Truths to draw, simulate and fit.", min=1)] = 100,
    method: Annotated[str, typer.Option(help="As in `tlsjax fit`.")] = "nuts",
    seed: Annotated[int, typer.Option(help="Same seed, version and machine: same numbers.", min=0)] = 0,
    draws: Annotated[int, typer.Option(help="Kept draws of each chain.", min=100)] = 1000,
    warmup: Annotated[int, typer.Option(help="Transitions of each chain before that.", min=100)] = 150,
    chains: Annotated[int, typer.Option(help="Markov chains.", min=2)] = 4,
) -> None:
    """Check that fits of such data tell the truth as often as they say (simulation-based calibration).

    Truths are drawn from the model's own prior, simulated under the conditions of `[simulate]` and fitted;
    the truth's rank among the posterior's draws must be uniform. Leaves calibration.html, .csv and .json.
    The same command goes on after an interruption, and with more `--simulations` adds to what is there.

    Exit status: 0 calibrated, 1 not (it says which parameter and how), 2 bad input.
    """
    _prepare_jax()
    from tlsjax.fitting import calibrate as run
    from tlsjax.fitting.calibration import Calibration
    from tlsjax.fitting.calibration_folder import earlier_trials, write_state, write_table
    from tlsjax.model.modelfile import ModelFile
    from tlsjax.report.calibration import calibration_in_words, write_page

    plan = run.plan_of(ModelFile(model))
    sampler = run.Sampler(method, chains, warmup, draws)
    done = earlier_trials(out, run.settings_of(plan, seed, sampler), simulations)
    console = Console()
    with _progress() as tell:

        def keep(so_far: Calibration) -> None:
            write_state(so_far, out)
            tell("fitting", len(so_far.trials), simulations)

        tell("fitting", len(done), simulations)
        try:
            found = run.calibrate(plan, simulations, seed=seed, sampler=sampler, done=done, keep=keep)
        except KeyboardInterrupt:
            Console(stderr=True).print(Text(f"tlsjax: interrupted; the same command goes on from {out}"))
            raise typer.Exit(130) from None
        write_table(found, out)
        write_page(found, out, Path(model).name)
    console.print(calibration_in_words(found, console.width))
    console.print(Text(f"Report: {Path(out) / 'calibration.html'}"))
    if not found.ok:
        raise typer.Exit(1)


def _tables(
    data: Sequence[str],
    settings: Sequence[str] | None,
    columns: Sequence[str] | None,
    header: str | None,
    only: str | None,
) -> "list[Spectrum]":
    """The tables of all files, one a device, read as the options say."""
    from tlsjax.data import options_for, read_tables

    chosen = [
        options_for(path, settings or (), columns or (), tables=data, header=header, only=only)
        for path in data
    ]
    return [one for path, options in zip(data, chosen, strict=True) for one in read_tables(path, options)]


def _budget(channels: str | None, photon_number: str | None) -> "LossBudget | None":
    """What --budget and --photon-number say, if anything."""
    if channels is None and photon_number is None:
        return None
    from tlsjax.model.budget_choice import DEFAULT_CHANNELS, LossBudget

    names = DEFAULT_CHANNELS if channels is None else tuple(name.strip() for name in channels.split(","))
    return LossBudget(names, photon_number=photon_number or "measured")  # type: ignore[arg-type]


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
            "photon_number": "--photon-number",
        }
        shown = ", ".join(words.get(name, f"--{name}") for name in more)
        raise InputError(f"--resume goes on with the tables and options of before; leave out {shown}")
    return str(context.params["resume"])


def _prepare_jax(device: Device = Device.auto, *, many: bool = False) -> None:
    """Double precision, and compiled code kept between runs in the user's cache folder.

    ``many``: there is work enough for a GPU, which JAX takes by itself where there is one.
    """
    import jax
    from platformdirs import user_cache_path

    if device is not Device.auto or not (many or os.environ.get("JAX_PLATFORMS")):
        # jax is imported by now and has read its environment
        jax.config.update("jax_platforms", "cuda,cpu" if device is Device.gpu else "cpu")
    jax.config.update("jax_enable_x64", True)
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR") or str(user_cache_path("tlsjax") / "compiled")
    jax.config.update("jax_compilation_cache_dir", folder)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    if device is Device.gpu and not _has_gpu():
        raise InputError(
            "--device gpu: JAX finds no NVIDIA GPU here; install tlsjax[gpu] where there is one, "
            "or leave the option out"
        )


def _has_gpu() -> bool:
    import jax

    try:
        return jax.default_backend() == "gpu"
    except RuntimeError:  # a GPU, and a JAX that cannot use it
        return False


@contextmanager
def _interruptible(keep: "Checkpoint") -> Iterator[None]:
    """Ctrl-C ends a fit with one line that says how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        after = f" after {keep.reached}" if keep.reached else ""
        lost = f"; what came later could not be written: {keep.trouble}" if keep.trouble else ""
        how = f"go on with: {keep.go_on}" if keep.written else "nothing was written"
        _say(f"interrupted{after}{lost}; {how}")
        raise typer.Exit(130) from None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the error stream for as long as the block lasts."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<18}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def tell(stage: str, done: int, total: int) -> None:
            bar.update(task, description=stage, completed=done, total=total if done else None)

        yield tell


def _say(line: str) -> None:
    Console(stderr=True, soft_wrap=True).print(Text(f"tlsjax: {line}"))


def main() -> None:
    """Run the command; a user's mistake is one line and exit status 2."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: _say(str(message))
        try:
            app()
        except InputError as error:
            _say(str(error))
            sys.exit(2)
        except KeyboardInterrupt:
            _say("interrupted; nothing was written")
            sys.exit(130)
