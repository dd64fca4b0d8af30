"""Draws without chains of small steps: proposals that learn the posterior's shape.

Where a few Student's t come near the posterior, nearly every proposal is as good as a draw, and only values
of the density are needed, many at once: no gradients, no trajectories, next to nothing to compile.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.density import energies
from tlsjax.fitting.inference_data import smoothed_weights
from tlsjax.fitting.mixture import Mixture, around, learned
from tlsjax.fitting.sample import Target

Array = NDArray[np.float64]

MOST = 10
"""Coordinates. In more, no posterior of measured data that was tried was ever covered."""
_LEARNING, _COMPONENTS = 3072, (2, 4, 6, 6)
"""Proposals of each round, and distributions that follow from it."""
_POINTS = 2000
"""From which these are learned."""
_GAIN, _ENOUGH = 0.05, 0.4
"""Efficiency gained that is worth another round, and least at the end."""
_EACH, _BURN_IN = 3, 100
"""Proposals for each kept draw of a chain, and before the first."""
_MAX_PARETO_K = 0.4
"""Of the proposals' weights; with longer tails a large weight on a walk would not be unusual."""
_LONGEST = 50
"""Proposals for which a chain may stay at one place; else that place stands for more than was looked at."""
_WALKERS, _STEPS, _SCALES = 512, 20, (0.1, 0.3, 1.0)
"""Draws that look around, how far, and with which shares of the difference of two draws."""
_FARTHER = 2.0
"""Log weight above the largest of the proposals from which on a walk has found what they do not cover."""


class Independent(NamedTuple):
    """Chains of accepted proposals; leading axes are chains and draws.

    Attributes:
        z: unconstrained coordinates, (chains, draws, d).
        log_density: (chains, draws).
        accepted: share of the proposals.
        pareto_k: k̂ of their weights.
    """

    z: Array
    log_density: Array
    accepted: float
    pareto_k: float


class _Proposed(NamedTuple):
    """Proposals (n, d) in units of a target, and logarithms of posterior and prior there, (n,)."""

    u: Array
    posterior: Array
    prior: Array

    def log_weights(self, mixture: Mixture) -> Array:
        """ln of posterior over mixture, up to a constant, (n,)."""
        return self.posterior - mixture.log_density(self.u, self.prior)


Look = Callable[[Array], _Proposed]


def independent(
    key: jax.Array, target: Target, prior_z: jax.Array, *, chains: int, draws: int
) -> Independent | None:
    """Independence Metropolis–Hastings with proposals learned by weights; None where they do not suffice.

    The first are around the optima. Each round's weights give a new mixture. Some proposals always come from
    a wider one and from the prior, so that large weights betray what the optima do not show. A walk looks
    for what is joined to the rest and hardly ever proposed. (To learn from it and try again was worse: what
    then passed was wrong.)

    Args:
        key: random key.
        target: what is sampled.
        prior_z: draws from the prior, (n, d).
        chains, draws: of what is kept.

    Limits: a place that no proposal and no walk comes across is missed, as it is by any chain.
    Source: Cappé et al. 2008 and Cornuet et al. 2012 (adaptive importance sampling); Mengersen and Tweedie
    1996 (such chains forget at a geometric rate where weights are bounded).
    """
    rng = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    centre, shape = np.asarray(target.gaussian.centre), np.asarray(target.gaussian.shape)
    prior_u = np.linalg.solve(shape, (np.asarray(prior_z) - centre).T).T
    log_volume = np.linalg.slogdet(shape)[1]

    def look(u: Array) -> _Proposed:
        posterior, prior = energies(centre + u @ shape.T, target.model, target.observations)
        return _Proposed(u, -posterior, log_volume - prior)

    mixture = _adapted(around(target.gaussian.humps()), prior_u, look, rng)
    if mixture is None:
        return None
    length = _BURN_IN + _EACH * draws
    last = look(mixture.draw(chains * length, prior_u, rng))
    log_weights = last.log_weights(mixture)
    _, pareto_k = smoothed_weights(log_weights)
    if not pareto_k <= _MAX_PARETO_K:
        return None
    uniform = np.log(rng.random((chains, length)))
    paths = [_accepted(w, r) for w, r in zip(log_weights.reshape(chains, -1), uniform, strict=True)]
    if max(int(np.max(np.bincount(path))) for path in paths) > _LONGEST:
        return None
    kept = np.stack([chain * length + path[_BURN_IN::_EACH] for chain, path in enumerate(paths)])
    if _walked(last, kept.ravel(), mixture, look, rng) > np.max(log_weights) + _FARTHER:
        return None
    accepted = float(np.mean([np.diff(path) > 0 for path in paths]))
    return Independent(centre + last.u[kept] @ shape.T, last.posterior[kept], accepted, pareto_k)


def _adapted(mixture: Mixture, prior_u: Array, look: Look, rng: np.random.Generator) -> Mixture | None:
    """The most efficient of the mixtures that follow from each other; None where none is efficient."""
    mixtures, rounds, efficiency = [mixture], [look(mixture.draw(_LEARNING, prior_u, rng))], [0.0]
    efficiency[0] = _efficiency(rounds[0].log_weights(mixture))
    for components in _COMPONENTS if efficiency[0] > 0.0 else ():
        # all so far count as drawn from the average of all mixtures so far
        every = _Proposed(*map(np.concatenate, zip(*rounds, strict=True)))
        average = np.logaddexp.reduce([one.log_density(every.u, every.prior) for one in mixtures], axis=0)
        weights, _ = smoothed_weights(every.posterior - average)
        mixtures.append(learned(every.u[rng.choice(len(weights), _POINTS, p=weights)], components, rng))
        rounds.append(look(mixtures[-1].draw(_LEARNING, prior_u, rng)))
        efficiency.append(_efficiency(rounds[-1].log_weights(mixtures[-1])))
        if _ENOUGH < efficiency[-1] < efficiency[-2] + _GAIN:
            break
    best = int(np.argmax(efficiency))
    return mixtures[best] if efficiency[best] > _ENOUGH else None


def _efficiency(log_weights: Array) -> float:
    """Independent draws that proposals are worth, over their number."""
    if not np.isfinite(np.max(log_weights)):
        return 0.0
    weights = np.exp(log_weights - np.max(log_weights))
    return float(np.sum(weights) ** 2 / np.sum(weights**2) / len(weights))


def _accepted(log_weights: Array, log_uniform: Array) -> NDArray[np.int64]:
    """Number of the proposal at which a chain is after each step."""
    at, here, path = 0, -np.inf, []
    for number, (weight, chance) in enumerate(zip(log_weights.tolist(), log_uniform.tolist(), strict=True)):
        if chance < weight - here:
            at, here = number, weight
        path.append(at)
    return np.array(path)


def _walked(
    proposed: _Proposed, kept: NDArray[np.int64], mixture: Mixture, look: Look, rng: np.random.Generator
) -> float:
    """Largest log weight that some of the draws meet on a walk.

    Steps are differences of draws (ter Braak 2006). A place that is joined to what was drawn but hardly ever
    proposed does not show in the proposals' own weights.
    """
    starts = rng.choice(kept, _WALKERS)
    here = _Proposed(*(x[starts] for x in proposed))
    largest = -np.inf
    for _ in range(_STEPS):
        one, other = proposed.u[rng.choice(kept, (2, _WALKERS))]
        there = look(here.u + rng.choice(_SCALES, size=(_WALKERS, 1)) * (one - other))
        moves = np.log(rng.random(_WALKERS)) < there.posterior - here.posterior
        for ours, theirs in zip(here, there, strict=True):
            ours[moves] = theirs[moves]
        largest = max(largest, float(np.max(here.log_weights(mixture))))
    return largest
