"""The ways to draw from a posterior, each with the checks by which it may be trusted."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting import inference_data
from tlsjax.fitting.anchor import anchored, moved
from tlsjax.fitting.checkpoint import Checkpoint
from tlsjax.fitting.evidence import from_prior
from tlsjax.fitting.importance import Weighted, gaussian_draws, importance, variational
from tlsjax.fitting.independent import MOST, Independent, independent
from tlsjax.fitting.inference_data import Convergence
from tlsjax.fitting.optimise import around, drawn, widened
from tlsjax.fitting.reported import judged, parameters
from tlsjax.fitting.sample import Progress, Samples, Target, joined, nuts
from tlsjax.fitting.tempering import Tempered
from tlsjax.fitting.verdict import (
    Check,
    gaussian_checks,
    independent_checks,
    sampler_checks,
    tempered_checks,
    weight_checks,
)
from tlsjax.model.model import Model

# Mean acceptance to aim at: long steps, and short ones where the first are no good. Of five pairs, this one
# took the fewest steps over posteriors of truths from the prior, and left none behind.
_ACCEPTANCES = (0.8, 0.95)
_NEARLY = 1.05
"""R̂ below which chains go on."""
_SHORT, _TYPICAL = 100, 40
"""Transitions of a short run, and how many of its draws are looked at."""
_AGAIN = (2, 3)
_OWN = 4
"""Number of the stream of random numbers of proposals; those of chains and particles count from 0."""
_CAREFUL = 0.98
"""Mean acceptance at which next to no trajectory diverges without a formula."""


class Lengths(NamedTuple):
    """Markov chains, and transitions of each before and after adaptation."""

    chains: int
    warmup: int
    draws: int


@dataclass(frozen=True)
class Drawn:
    """Posterior draws, whatever the method.

    Attributes:
        z: unconstrained coordinates, (chains, draws, d).
        statistics: of the sampler, by ArviZ's names, arrays (chains, draws).
        checks: from the convergence of every reported number.
        by: what drew them: "proposals", "nuts", "smc" or "weights".
        effective: number of independent draws at most.
        converged: how far every reported number is, where that has been found already.
    """

    z: NDArray[np.float64]
    checks: Callable[[Mapping[str, Convergence]], tuple[Check, ...]]
    by: str
    statistics: dict[str, NDArray[Any]] = field(default_factory=dict)
    effective: float = np.inf
    converged: Mapping[str, Convergence] | None = None


def automatic(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """Independent proposals where they do the posterior justice, else as :func:`sample`."""
    if may_be_covered(target.model, len(target.gaussian.centre)):
        tell("proposing", 0, 1)
        own = jax.random.fold_in(key, _OWN)
        found = independent(own, target, prior_z, chains=lengths.chains, draws=lengths.draws)
        if found is not None:
            drawn = _of_independent(found)
            converged = _convergence(found.z, target.model)
            if all(check.ok for check in drawn.checks(converged)):
                return replace(drawn, converged=converged)
    return sample(key, target, prior_z, lengths, tell, keep)


def may_be_covered(model: Model, d: int) -> bool:
    """Whether independent proposals are worth a try in d coordinates."""
    return model.smooth is None and d <= MOST


def sample(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """NUTS with long steps; where these do not do the posterior justice, with short ones in its own shape.

    Where chains then nearly agree, they go on as long again. Where that fails too, particles are brought from
    the prior to the posterior, which finds every hump that the prior knows of.
    """

    if target.model.smooth is not None:
        return _without_formula(key, target, prior_z, lengths, tell, keep)

    def attempt(number: int, target: Target) -> Samples:
        return nuts(
            jax.random.fold_in(key, number), target, chains=lengths.chains, warmup=lengths.warmup,
            draws=lengths.draws, acceptance=_ACCEPTANCES[min(number, 1)], progress=tell,
            stage=keep.stage(f"nuts_{number}"),
        )  # fmt: skip

    model = target.model
    first = attempt(0, target)
    if _passes(first, model):
        return _of_samples(first)
    second = attempt(1, target._replace(gaussian=drawn(first.z, target.gaussian)))
    if not _passes(second, model) and _worst_rhat(second.z, model) < _NEARLY:
        longer = target._replace(gaussian=drawn(second.z, target.gaussian))
        second = joined(second, attempt(2, longer))
    if _passes(second, model):
        return _of_samples(second)
    third = tempered(jax.random.fold_in(key, 3), target, prior_z, lengths, tell, keep)
    found = third.checks(_convergence(third.z, model))
    return third if all(check.ok for check in found) else _of_samples(second)


def _without_formula(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """NUTS in the coordinates of a short run's draws, which tell what data know all over the posterior.

    Steps are short: f grows by powers where it is not seen, and its walls are steep. Where chains do not
    agree yet, they go on in coordinates as wide as their draws. No particles follow: from the prior they do
    not find their way in so many dimensions.
    """

    def attempt(number: int, target: Target, draws: int, acceptance: float) -> Samples:
        return nuts(
            jax.random.fold_in(key, number), target, chains=lengths.chains, warmup=lengths.warmup,
            draws=draws, acceptance=acceptance, progress=tell, stage=keep.stage(f"nuts_{number}"),
        )  # fmt: skip

    def carefully(number: int, before: Samples) -> Samples:
        every = before.z.reshape(-1, before.z.shape[-1])
        some = jnp.asarray(every[:: len(every) // _TYPICAL])
        model = anchored(target.model, some, prior_z, target.observations)
        gaussian = around(moved(some, target.model, model), prior_z, model, target.observations)
        if number in _AGAIN:
            gaussian = widened(np.asarray(moved(jnp.asarray(every), target.model, model)), gaussian)
        found = attempt(number, Target(gaussian, model, target.observations), lengths.draws, _CAREFUL)
        z = moved(jnp.asarray(found.z.reshape(-1, found.z.shape[-1])), model, target.model)
        return found._replace(z=np.asarray(z).reshape(found.z.shape))

    found = carefully(1, attempt(0, target, _SHORT, _ACCEPTANCES[0]))
    for number in _AGAIN:
        if _passes(found, target.model):
            break
        more = carefully(number, found)
        found = more if _passes(more, target.model) else joined(found, more)
    return _of_samples(found)


def tempered(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """Particles from prior to posterior, in as many independent sets as there are chains."""
    keys = jax.random.split(key, lengths.chains)
    done = 0

    def one(number: int, key: jax.Array) -> Tempered:
        nonlocal done
        stage = keep.stage(f"smc_{number}")
        if stage.kept is None:
            key_start, key_run = jax.random.split(key)
            start = jax.random.choice(
                key_start, prior_z, (lengths.draws,), replace=len(prior_z) < lengths.draws
            )
            found = from_prior(key_run, start, target.model, target.observations)
        else:
            found = Tempered(*(jnp.asarray(stage.kept[name]) for name in Tempered._fields))
        done += 1
        words = f"{done} of {lengths.chains} sets of particles"
        stage.keep(words, lambda: {name: np.asarray(x) for name, x in found._asdict().items()})
        tell("tempering", done, lengths.chains)
        return found

    tell("tempering", 0, lengths.chains)
    with ThreadPoolExecutor(2) as pool:
        sets = list(pool.map(one, range(lengths.chains), keys))
    return Drawn(
        np.stack([np.asarray(one.x) for one in sets]), lambda found: tempered_checks(sets, found), "smc"
    )


def laplace_draws(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """The Gaussian of the optimum's curvature, reweighted to the posterior."""
    tell("weighting", 0, 1)
    weighted = importance(key, target, sets=lengths.chains, draws=lengths.draws)
    return _of_weights(weighted, weight_checks)


def variational_draws(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """The Gaussian nearest to the posterior, reweighted to it."""
    tell("variational", 0, 1)
    key_fit, key_draw = jax.random.split(key)
    nearest = target._replace(gaussian=variational(key_fit, target))
    weighted = importance(key_draw, nearest, sets=lengths.chains, draws=lengths.draws)
    return _of_weights(weighted, weight_checks)


def optimum_draws(
    key: jax.Array, target: Target, prior_z: jax.Array, lengths: Lengths, tell: Progress, keep: Checkpoint
) -> Drawn:
    """The Gaussian of the optimum's curvature as it is."""
    return _of_weights(gaussian_draws(key, target, sets=lengths.chains, draws=lengths.draws), gaussian_checks)


METHODS: Mapping[str, Callable[[jax.Array, Target, jax.Array, Lengths, Progress, Checkpoint], Drawn]] = {
    "auto": automatic,
    "nuts": sample,
    "laplace": laplace_draws,
    "svi": variational_draws,
    "map": optimum_draws,
    "smc": tempered,
}
"""Every method by the name that users give."""


def _convergence(z: NDArray[np.float64], model: Model) -> dict[str, Convergence]:
    values = parameters(jax.device_put(z.reshape(-1, z.shape[-1])), model)
    return inference_data.convergence(
        {name: x.reshape(z.shape[:2]) for name, x in judged(values, model).items()}
    )


def _worst_rhat(z: NDArray[np.float64], model: Model) -> float:
    return float(np.nanmax([found.rhat for found in _convergence(z, model).values()]))


def _passes(samples: Samples, model: Model) -> bool:
    return all(check.ok for check in sampler_checks(samples, _convergence(samples.z, model)))


def _of_samples(samples: Samples) -> Drawn:
    statistics = {
        "diverging": samples.diverging,
        "energy": samples.energy,
        "lp": -samples.potential,
        "n_steps": samples.steps,
        "tree_depth": np.ceil(np.log2(samples.steps + 1)).astype(int),
        "acceptance_rate": samples.acceptance,
        "step_size": np.broadcast_to(samples.step_size[:, None], samples.steps.shape).copy(),
    }
    return Drawn(samples.z, lambda found: sampler_checks(samples, found), "nuts", statistics)


def _of_independent(found: Independent) -> Drawn:
    statistics = {"lp": found.log_density}
    return Drawn(found.z, lambda converged: independent_checks(found, converged), "proposals", statistics)


def _of_weights(
    weighted: Weighted, checks: Callable[[Weighted, Mapping[str, Convergence]], tuple[Check, ...]]
) -> Drawn:
    return Drawn(weighted.z, lambda found: checks(weighted, found), "weights", effective=weighted.effective)
