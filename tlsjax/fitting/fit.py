"""From tables to a result: the whole fit in the order it happens."""

import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from os import PathLike
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tlsjax.data.read import read_tables
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting import inference_data, memory
from tlsjax.fitting.anchor import anchored
from tlsjax.fitting.checkpoint import Checkpoint, Stage, opened
from tlsjax.fitting.compile import make_room
from tlsjax.fitting.density import dimension, prior_draws
from tlsjax.fitting.ends import ended, ends_of
from tlsjax.fitting.identify import identified
from tlsjax.fitting.information import covariance, look
from tlsjax.fitting.methods import METHODS, Lengths, may_be_covered
from tlsjax.fitting.optimise import Gaussian, again, compile_search, laplace
from tlsjax.fitting.peaks import peaks_of
from tlsjax.fitting.predictive import replicate
from tlsjax.fitting.reported import judged, parameters, reported
from tlsjax.fitting.result import Result, checks_as_records
from tlsjax.fitting.run import Run, as_data, of_data
from tlsjax.fitting.sample import Progress, Target, compile_nuts
from tlsjax.fitting.verdict import predictive_checks
from tlsjax.fitting.weigh import counted, weigh
from tlsjax.model.budget_choice import LossBudget
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.devices import Devices
from tlsjax.model.film_prior import FilmPrior
from tlsjax.model.model import Model, Values
from tlsjax.model.modelfile import ModelFile
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points

Data = str | PathLike[str] | Spectrum
_PRIOR_DRAWS = 4000
_STAGES = {"prior": 0, "sample": 1, "replicate": 2}


def fit(
    data: Data | Sequence[Data],
    model: Model | str | PathLike[str] | None = None,
    *,
    relaxation: str | None = None,
    film: FilmPrior | None = None,
    likelihood: str | None = None,
    devices: Devices | None = None,
    budget: LossBudget | None = None,
    quantities: Sequence[str] | None = None,
    method: str = "auto",
    seed: int = 0,
    chains: int = 4,
    warmup: int = 150,
    draws: int = 1000,
    progress: Progress | None = None,
    checkpoint: str | PathLike[str] | Checkpoint | None = None,
) -> Result:
    """Fit Eq. 15 to one or several tables of one device, or of several that share material parameters.

    Args:
        data: tables, as files or as :class:`Spectrum`.
        model: a model, or a model file; what it leaves open is filled with defaults. None: all defaults.
        relaxation: name of the family of f(τ), where ``model`` does not say it.
        film: what is known of the film, which gives the priors of ω*, η and λ_F, where ``model`` does not
            say it.
        likelihood: how values scatter around the prediction, where ``model`` does not say it: ``"normal"``
            (default), ``"lognormal"``, or ``"student"`` for outliers. Averaged periodograms are gamma
            distributed.
        devices: which parameters differ between devices, where ``model`` does not say it.
        budget: channels of a loss budget, where ``model`` does not say it. Tables of a resonator that lack
            what Eq. 15 needs get the default one.
        quantities: which measured quantities to fit, such as ``("loss",)``; all that the model predicts
            unless given.
        method: ``"auto"``: optimise, then draw by proposals that learn the posterior's shape, where these
            cover it, else as ``"nuts"``. ``"nuts"``: Hamiltonian chains around the optimum; where their
            checks fail, as ``"smc"``.
            ``"smc"``: particles from the prior to the posterior, for several humps.
            ``"laplace"``: the Gaussian of the optimum's curvature, reweighted to the posterior; k̂ decides
            whether it may be trusted. ``"svi"``: likewise with the Gaussian nearest to the posterior.
            ``"map"``: that of the curvature as it is, trusted where the posterior is that Gaussian.
        seed: same seed, version and machine give the same numbers.
        chains, warmup, draws: Markov chains, and transitions of each before and after adaptation; proposals
            that learn need no warm-up.
        progress: called with (stage, done, total) as the fit goes on.
        checkpoint: a folder for the state of a long run, from which :func:`resume` goes on; gone at the end.
            Or a :class:`tlsjax.fitting.checkpoint.Checkpoint` that the caller opens and discards.

    Returns:
        the result; ask its ``verdict`` before its numbers.

    Raises:
        InputError: bad data or model, or the folder holds an unfinished run or cannot be written.
        RuntimeError: JAX runs in single precision.
    """
    require_double_precision()
    if method not in METHODS:
        raise InputError(f"unknown method '{method}'; known: {', '.join(METHODS)}")
    if chains < 2 or warmup < 100 or draws < 100:
        raise InputError("a fit needs at least 2 chains and 100 transitions before and after adaptation")
    with opened(checkpoint, "new") as keep:
        spectra = _measuring(tables_of(data), quantities)
        model, notes = choose_model(spectra, model, relaxation, film, likelihood, devices, budget)
        chosen = None if quantities is None else tuple(quantities)
        run = Run(spectra, model, notes, method, seed, Lengths(chains, warmup, draws), chosen)
        keep.begin(*as_data(run), _environment())
        return _fitted(run, keep, progress or _silent)


def resume(checkpoint: str | PathLike[str] | Checkpoint, *, progress: Progress | None = None) -> Result:
    """Go on with an interrupted :func:`fit`, to the same numbers as without the interruption.

    Args:
        checkpoint: as given to the fit; tables, model and options are kept there.
        progress: as for a fit.

    Returns:
        as of the fit.

    Raises:
        InputError: there is no unfinished run, its file is damaged, or it was begun with other versions.
        RuntimeError: JAX runs in single precision.

    Limits: equal to the last bit on the same machine, and on one like it.
    """
    require_double_precision()
    with opened(checkpoint, "resume") as keep:
        run = of_data(*keep.read(_environment()))
        return _fitted(run, keep, progress or _silent)


def _fitted(run: Run, keep: Checkpoint, tell: Progress) -> Result:
    make_room()
    spectra, model, notes, method, seed, lengths, quantities = run
    view = model.view
    points = fitted_points(spectra, view)
    observations = join([observe(spectra[p.table], p, view) for p in points])
    keys = {name: jax.random.fold_in(jax.random.key(seed), number) for name, number in _STAGES.items()}
    if not model.free:
        raise InputError("every parameter is fixed: there is nothing to fit")
    memory.say(len(observations.value), lengths.chains * lengths.draws)

    tell("optimising", 0, 1)
    inference_data.load_beside()
    d = dimension(model)
    chained = method == "nuts" or (method == "auto" and not may_be_covered(model, d))
    with ThreadPoolExecutor(2) as pool:
        searching = pool.submit(compile_search, d, model, observations)
        sampling = pool.submit(compile_nuts, model, observations, lengths.warmup) if chained else None
        _, prior_z = prior_draws(keys["prior"], model, _PRIOR_DRAWS)
        searching.result()

        def search(name: str, one: Model) -> Gaussian:
            return _kept(keep.stage(name), partial(laplace, prior_z, one, observations))

        model, gaussian, decided = ended(model, search)
        plain = model
        model, words = weigh(model, gaussian.centre, observations)
        model = anchored(model, jnp.atleast_2d(gaussian.centre), prior_z, observations)
        if model.smooth is not None:
            _, prior_z = prior_draws(keys["prior"], model, _PRIOR_DRAWS)
        if words or model.smooth is not None:
            notes = (*notes, *decided, *words)
            settled = keep.stage("settled_optimum")
            gaussian = _kept(settled, partial(again, gaussian, plain, prior_z, model, observations))
        if sampling is not None:
            sampling.result()
    target = Target(gaussian, model, observations)
    drawn = METHODS[method](keys["sample"], target, prior_z, lengths, tell, keep)
    tell("checking", 0, 1)
    prior_values = parameters(prior_z, model)
    before = reported(prior_values, model)
    flat_z = jax.device_put(drawn.z.reshape(-1, drawn.z.shape[-1]))
    values = parameters(flat_z, model)
    after = reported(values, model)
    replicas = replicate(keys["replicate"], values, model, observations)
    shape = drawn.z.shape[:2]
    tree = inference_data.build_tree(
        {
            "posterior": _vectors(values, model, shape) | {n: x.reshape(shape) for n, x in after.items()},
            "prior": _vectors(prior_values, model, (1, len(prior_z)))
            | {name: x[None] for name, x in before.items()},
            "posterior_predictive": _by_observation(replicas.values, observations, shape),
            "log_likelihood": _by_observation(replicas.log_likelihood, observations, shape),
            "sample_stats": drawn.statistics,
            "observed_data": _by_observation(observations.value, observations, ()),
        }
    )
    convergence = drawn.converged or inference_data.convergence(
        {name: x.reshape(shape) for name, x in judged(values, model).items()}
    )
    convergence = {name: found.at_most(drawn.effective) for name, found in convergence.items()}
    seen = look(flat_z, prior_z, model, observations, model.window.times)
    free = len(model.free)
    information = seen.information._replace(posterior=covariance(flat_z, model)[:free, :free])
    tree["information"] = xr.DataTree(information.as_dataset())
    determined = identified(seen, before, after, model)
    result = Result(tree, model, spectra, {})
    checks = drawn.checks(convergence) + predictive_checks(
        result.labels, replicas.size.tolist(), replicas.trend.tolist(), budget=model.budget is not None
    )
    loo = inference_data.leave_one_out(tree, counted(model, observations))
    tell("checking", 1, 1)
    record: dict[str, Any] = {
        "seed": seed,
        "method": method,
        "drawn_by": drawn.by,
        "sampler": lengths._asdict(),
        "quantities": None if quantities is None else list(quantities),
        "notes": [*_reading(spectra), *notes],
        "checks": checks_as_records(checks),
        "predictive_p": [*replicas.size.tolist(), *replicas.trend.tolist()],
        "identified": determined,
        "peaks": [] if model.smooth is None else peaks_of(values, model.smooth),
        "ends": [] if model.smooth is None else ends_of(values, model.smooth),
        "ended": model.smooth is not None and bool(model.smooth.ends),
        "elpd_loo": loo
        and {"estimate": loo.elpd, "se": loo.standard_error, "pareto_k_above_0.7": loo.unreliable},
        "optima": [energy for energy in np.asarray(gaussian.energies).tolist() if np.isfinite(energy)],
        "versions": versions(),
    }
    units = {quantity.name: quantity.unit for quantity in result.quantities}
    record["parameters"] = {
        name: _numbers(after[name], convergence[name]) | {"unit": units[name], "identified": determined[name]}
        for name in units
    }
    return Result(tree, model, spectra, record)


def _kept(stage: Stage, search: Callable[[], Gaussian]) -> Gaussian:
    if stage.kept is not None:
        return Gaussian(**{name: jnp.asarray(x) for name, x in stage.kept.items()})
    gaussian = search()
    stage.keep("the search for the optimum", partial(jax.device_get, gaussian._asdict()))
    return gaussian


def _reading(spectra: Sequence[Spectrum]) -> list[str]:
    """What was taken for what in reading, each said once with the tables it is of."""
    found: dict[str, list[str]] = {}
    for spectrum in spectra:
        for note in spectrum.notes:
            found.setdefault(note, []).append(spectrum.source)
    every = len({spectrum.source for spectrum in spectra})
    named = {note: tuple(dict.fromkeys(sources)) for note, sources in found.items()}
    return [
        f"{'all tables' if len(sources) == every > 1 else ', '.join(sources)}: {note}"
        for note, sources in named.items()
    ]


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on."""
    packages = ("tlsjax", "jax", "jaxlib", "numpyro", "optax", "equinox", "arviz-stats", "numpy")
    return {"python": platform.python_version()} | {name: version(name) for name in packages}


def _environment() -> dict[str, str]:
    """What else the numbers depend on, to the last bit."""
    return versions() | {"device": jax.default_backend()}


def require_double_precision() -> None:
    """Or RuntimeError."""
    if jnp.zeros(()).dtype != jnp.float64:
        raise RuntimeError(
            "fits need double precision: run jax.config.update('jax_enable_x64', True) before anything else"
        )


def _silent(stage: str, done: int, total: int) -> None:
    """No progress is told."""


def tables_of(data: Data | Sequence[Data]) -> tuple[Spectrum, ...]:
    """The tables, read where they are files.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    several = [data] if isinstance(data, str | PathLike | Spectrum) else list(data)
    if not several:
        raise InputError("no data: name at least one table")
    read = [(one,) if isinstance(one, Spectrum) else read_tables(one) for one in several]
    return tuple(table for tables in read for table in tables)


def _measuring(spectra: tuple[Spectrum, ...], quantities: Sequence[str] | None) -> tuple[Spectrum, ...]:
    """The tables with the chosen quantities alone; one that has none of them is left out."""
    if quantities is None:
        return spectra
    there = {name for spectrum in spectra for name in spectrum.measured}
    for name in quantities:
        if name not in there:
            raise InputError(f"no table has '{name}' to fit; they have {', '.join(sorted(there))}")
    every = (spectrum.measuring(quantities) for spectrum in spectra)
    return tuple(spectrum for spectrum in every if spectrum.measured)


def choose_model(
    spectra: Sequence[Spectrum],
    model: Model | str | PathLike[str] | None,
    relaxation: str | None,
    film: FilmPrior | None = None,
    likelihood: str | None = None,
    devices: Devices | None = None,
    budget: LossBudget | None = None,
) -> tuple[Model, tuple[str, ...]]:
    """The model that a fit of these tables would use, and its assumptions in words.

    Raises:
        InputError: bad model file, or it does not fit the tables.
    """
    if isinstance(model, Model):
        if film is not None:
            raise InputError("a whole model has all its priors: give the film to build_model instead")
        if likelihood is not None or devices is not None or budget is not None:
            raise InputError(
                "a whole model has its likelihood, devices and budget: give them to build_model instead"
            )
        return model, ()
    family = None if relaxation is None else relaxation_family(relaxation)
    if model is None:
        return build_model(
            spectra,
            family=family,
            film=film,
            likelihood=likelihood or "normal",
            devices=devices,
            budget=budget,
        )
    file = ModelFile(model)
    if family is not None and file.family not in (None, family):
        raise InputError(f"relaxation '{relaxation}' contradicts the model file", source=file.source)
    if film is not None and file.film is not None:
        raise InputError("has a [film] already: give the film only once", source=file.source)
    if devices is not None and file.devices is not None:
        raise InputError("has [devices] already: give them only once", source=file.source)
    if budget is not None and file.budget is not None:
        raise InputError("has a [budget] already: give it only once", source=file.source)
    try:
        return build_model(
            spectra,
            family=family or file.family,
            priors=file.priors,
            film=film or file.film,
            reference_current=file.reference_current,
            likelihood=likelihood or file.likelihood,
            devices=devices or file.devices,
            budget=budget or file.budget,
            correlation=file.correlation,
        )
    except InputError as error:
        raise (error if error.source else InputError(error.message, source=file.source)) from None


def _vectors(values: Values, model: Model, shape: tuple[int, ...]) -> dict[str, NDArray[np.float64]]:
    """What a draw has besides numbers, of a free form."""
    names = () if model.smooth is None else ("weights", "innovations", "ends")
    return {name: np.asarray(values[name]).reshape(*shape, -1) for name in names}


def _by_observation(
    points: jax.Array, observations: Observations, shape: tuple[int, ...]
) -> dict[str, NDArray[np.float64]]:
    """Split the last axis, all points end to end, into observations; the axes before it become ``shape``."""
    whole = np.asarray(points).reshape(*shape, -1)
    return {f"observation_{i}": whole[..., part] for i, part in enumerate(observations.slices)}


def _numbers(draws: NDArray[np.float64], convergence: inference_data.Convergence) -> dict[str, float | None]:
    """The row of one parameter in summaries; a fixed one has no effective sample size."""
    q025, q05, median, q95, q975 = (float(q) for q in np.quantile(draws, (0.025, 0.05, 0.5, 0.95, 0.975)))
    moves = convergence.ess_bulk > 0
    return {
        "mean": float(draws.mean()), "sd": float(draws.std()) if moves else 0.0, "median": median,
        "q05": q05, "q95": q95, "q025": q025, "q975": q975,
        "ess_bulk": convergence.ess_bulk if moves else None,
        "ess_tail": convergence.ess_tail if moves else None,
        "rhat": convergence.rhat if moves else None,
    }  # fmt: skip
