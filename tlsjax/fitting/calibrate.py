"""Simulation-based calibration: truths drawn from the prior, simulated, fitted and ranked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.calibration import LEVELS, Calibration, Trial
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import prior_draws
from tlsjax.fitting.fit import fit, versions
from tlsjax.fitting.uniformity import rank
from tlsjax.model import prior
from tlsjax.model.defaults import build_model
from tlsjax.model.free_form_density import densities, density_quantities
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.modelfile import ModelFile, to_toml
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points

# what [simulate] describes without a truth
from tlsjax.model.simulate import conditions
from tlsjax.quantity import Quantity

_STAGES = {"truth": 0, "data": 1, "fit": 2, "ties": 3}
_LOOKED_AT = 16
"""Prior draws from which to see what is fixed."""


class Plan(NamedTuple):
    """What is calibrated.

    Attributes:
        model: from whose prior truths are drawn, and which is fitted.
        table: the conditions; measured columns are empty places.
        observations: the same as arrays.
        simulate: the ``[simulate]`` section as written.
    """

    model: Model
    table: Spectrum
    observations: Observations
    simulate: Mapping[str, Any]


def plan_of(file: ModelFile) -> Plan:
    """The model and conditions that a model file describes; priors it leaves open are chosen once.

    Points have the likelihood that a fit assumes: current noise with ``averages`` is gamma distributed; all
    else is normal with the fractional error ``simulate.error`` of the *prediction*, or the file's own prior
    of ``QUANTITY_scatter``. (An error stated as a number would be a fraction of the truth, and tell it.)

    Raises:
        InputError: there is no ``[simulate]`` section, or a value in the file is out of place.
    """
    content = file.simulation
    if content is None:
        raise InputError("has no [simulate] section, which a calibration needs", source=file.source)
    unknown = [name for name in content.measure if name not in MEASURED]
    if unknown:
        raise InputError(f"simulate.measure: '{unknown[0]}' is not what a fit predicts", source=file.source)
    table = conditions(file, content)
    columns = dict(table.columns)
    scatters: dict[str, prior.Prior] = {}
    for name in content.measure:
        columns[name] = np.ones(len(table))
        if name == "current_noise" and content.averages is not None:
            columns["averages"] = np.full(len(table), float(content.averages))
        else:
            scatters[f"{name}_scatter"] = prior.Fixed(prior.number(content.error))
    table = Spectrum(columns, table.constants, file.source)
    try:
        model, _ = build_model(
            [table],
            family=file.family,
            priors=scatters | file.priors,
            film=file.film,
            reference_current=file.reference_current,
            likelihood=file.likelihood,
            devices=file.devices,
            budget=file.budget,
        )
        points = fitted_points([table], model.view)
        left_out = set(content.measure) - {one.quantity for one in points}
        if left_out:
            raise InputError(f"simulate.measure: '{min(left_out)}' is not what this model predicts")
        observations = join([observe(table, one, model.view) for one in points])
    except InputError as error:
        raise InputError(error.message, source=file.source) from None
    return Plan(model, table, observations, content.model_dump(by_alias=True, exclude={"seed", "dipole"}))


@dataclass(frozen=True)
class Sampler:
    """How every simulated table is fitted; as in :func:`tlsjax.fitting.fit.fit`.

    The default is that of a fit, so that what is calibrated is what users run.
    """

    method: str = "auto"
    chains: int = 4
    warmup: int = 150
    draws: int = 1000


def settings_of(plan: Plan, seed: int, sampler: Sampler) -> dict[str, Any]:
    """All that the numbers depend on, as plain data."""
    return {
        "model": to_toml(plan.model),
        "simulate": dict(plan.simulate),
        "seed": seed,
        "sampler": dict(vars(sampler)),
        "versions": versions(),
    }


def calibrate(
    plan: Plan,
    simulations: int = 100,
    *,
    seed: int = 0,
    sampler: Sampler | None = None,
    done: Sequence[Trial] = (),
    keep: Callable[[Calibration], None] | None = None,
) -> Calibration:
    """Draw truths from the prior, simulate and fit each, and rank the truth among the posterior's draws.

    Simulation i depends on ``seed`` and i alone: runs that are continued, or longer, give the same numbers.

    Args:
        plan: model and conditions, from :func:`plan_of`.
        simulations: how many in all. Among 11 parameters, one whose posteriors are half as wide as they
            should be is found out with a probability of 0.94 by 50 trusted fits and above 0.99 by 100; one
            whose posteriors lie half a standard deviation off, with 0.4 and 0.85.
        seed: same seed, version and machine give the same numbers.
        sampler: how each is fitted.
        done: the first trials, where they are there already.
        keep: called with all there is after each fit.

    Raises:
        InputError: bad settings, or the priors reach where predictions are no finite numbers.
    """
    sampler = sampler or Sampler()
    trials = list(done)
    quantities = _ranked(plan.model, seed)
    settings = settings_of(plan, seed, sampler)

    def now() -> Calibration:
        return Calibration(settings, simulations, quantities, tuple(trials))

    tell = keep or (lambda calibration: None)
    for index in range(len(trials), simulations):
        trials.append(_trial(plan, index, seed, sampler, [q.name for q in quantities]))
        tell(now())
    return now()


def _keys(seed: int, index: int) -> dict[str, jax.Array]:
    own = jax.random.fold_in(jax.random.key(seed), index)
    return {name: jax.random.fold_in(own, number) for name, number in _STAGES.items()}


def _truth(model: Model, key: jax.Array) -> Values:
    """All parameters and combinations of one draw from the prior, scalars."""
    values, _ = prior_draws(key, model, 1)
    one = {name: x[0] for name, x in values.items()}
    return _with_combinations(one, model, jnp.asarray(model.window.times)) | densities(one, model)


@quick_jit
def _with_combinations(values: Values, model: Model, window: jax.Array) -> Values:
    return model.derived(values, window)


@quick_jit
def _measured(key: jax.Array, truth: Values, model: Model, observations: Observations) -> jax.Array:
    return predict(model, truth, observations).sample(key)


def _ranked(model: Model, seed: int) -> tuple[Quantity, ...]:
    """What differs from truth to truth, in the order of reports; of a free form its density too."""
    truths = [_truth(model, _keys(seed, index)["truth"]) for index in range(_LOOKED_AT)]
    every = (*model.reported, *density_quantities(model))

    def moves(name: str) -> bool:
        values = np.array([float(truth[name]) for truth in truths])
        return bool(np.ptp(values) > 1e-12 * np.abs(values).max())

    return tuple(q for q in every if moves(q.name))


def _trial(plan: Plan, index: int, seed: int, sampler: Sampler, names: Sequence[str]) -> Trial:
    """Simulate and fit once."""
    keys = _keys(seed, index)
    truth = _truth(plan.model, keys["truth"])
    values = np.asarray(_measured(keys["data"], truth, plan.model, plan.observations))
    if not np.isfinite(values).all():
        raise InputError(
            f"simulation {index} drew a truth whose prediction is no finite number: narrow the priors",
            source=plan.table.source,
        )
    parts = zip(plan.observations.quantities, plan.observations.slices, strict=True)
    columns = dict(plan.table.columns) | {name: values[part] for name, part in parts}
    own = int(jax.random.bits(keys["fit"], dtype=jnp.uint32))
    table = Spectrum(columns, plan.table.constants, f"simulation {index}")
    result = fit(table, plan.model, seed=own, **vars(sampler))
    rng = np.random.default_rng(np.asarray(jax.random.key_data(keys["ties"])))
    flat = {name: x.reshape(-1, *x.shape[2:]) for name, x in result.draws.items()}
    flat |= {name: np.asarray(x) for name, x in densities(flat, plan.model).items()}
    draws = {name: flat[name] for name in names}
    true = {name: float(truth[name]) for name in names}
    return Trial(
        index=index,
        seed=own,
        drawn_by=result.record["drawn_by"],
        # checks of the table end in its name, which differs from trial to trial
        complaints={
            check.name.removesuffix(f" ({table.source})"): check.reason
            for check in result.verdict.checks
            if not check.ok
        },
        truth=true,
        ranks={name: rank(draws[name], true[name], rng) for name in names},
        held={name: _held(draws[name], true[name]) for name in names},
    )


def _held(draws: np.ndarray[Any, Any], truth: float) -> Mapping[str, bool]:
    """Whether each central interval holds the truth."""
    ends = {level: np.quantile(draws, ((1 - share) / 2, (1 + share) / 2)) for level, share in LEVELS.items()}
    return {level: bool(low <= truth <= high) for level, (low, high) in ends.items()}
