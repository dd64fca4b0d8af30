"""Draws without chains of small steps: proposals that learn the posterior's shape.

Where a few Student's t come near the posterior, nearly every proposal is as good as a draw, and only values
of the density are needed, many at once: no gradients, no trajectories, next to nothing to compile.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tlsjax.fitting.density import energies
from tlsjax.fitting.inference_data import smoothed_weights
from tlsjax.fitting.sample import Target

Array = NDArray[np.float64]

MOST = 10
"""Coordinates. In more, no posterior of measured data that was tried was ever covered."""
_FREEDOM = 6.0
"""Degrees of freedom of the proposals, whose tails are longer than most posteriors'."""
_WIDE, _WIDER, _FROM_PRIOR = 0.1, 2.5, 0.03
"""Share of proposals from all over the posterior, how much wider they are, and share of the prior's draws."""
_LEARNING, _COMPONENTS = 3072, (2, 4, 6, 6)
"""Proposals of each round, and distributions that follow from it."""
_POINTS, _ITERATIONS = 2000, 12
"""From which these are learned, and how often."""
_GAIN, _ENOUGH = 0.05, 0.4
"""Efficiency gained that is worth another round, and least at the end."""
_EACH, _BURN_IN = 3, 100
"""Proposals for each kept draw of a chain, and before the first."""
_MAX_PARETO_K = 0.4
"""Of the proposals' weights; with longer tails a large weight on a walk would not be unusual."""
_ROWS = 16384
"""Proposals whose density is computed together."""
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


class _Mixture(NamedTuple):
    """Student's t in units of a target, k of them: shares (k,), centres (k, d), lower roots (k, d, d).

    What is left to 1 of the shares is of the prior.
    """

    shares: Array
    centres: Array
    roots: Array


class _Proposed(NamedTuple):
    """Proposals (n, d) in units of a target, and logarithms of posterior and prior there, (n,)."""

    u: Array
    posterior: Array
    prior: Array


def independent(
    key: jax.Array, target: Target, prior_z: jax.Array, *, chains: int, draws: int
) -> Independent | None:
    """Independence Metropolis–Hastings with proposals learned by weights; None where they do not suffice.

    The first are around the optima. Each round's weights give a new mixture. Some proposals always come from
    a wider one and from the prior, so that large weights betray what the optima do not show.

    Args:
        key: random key.
        target: what is sampled.
        prior_z: draws from the prior, (n, d).
        chains, draws: of what is kept.

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

    def propose(mixture: _Mixture, count: int) -> _Proposed:
        return look(_draw(mixture, count, prior_u, rng))

    mixtures = [_around(target.gaussian.humps())]
    rounds = [propose(mixtures[0], _LEARNING)]
    efficiency = [_efficiency(rounds[0], mixtures[0])]
    for components in _COMPONENTS:
        mixtures.append(_learned(rounds, mixtures, components, rng))
        rounds.append(propose(mixtures[-1], _LEARNING))
        efficiency.append(_efficiency(rounds[-1], mixtures[-1]))
        if _ENOUGH < efficiency[-1] < efficiency[-2] + _GAIN:
            break
    if max(efficiency) < _ENOUGH:
        return None
    mixture = mixtures[int(np.argmax(efficiency))]
    length = _BURN_IN + _EACH * draws
    last = propose(mixture, chains * length)
    log_weights = last.posterior - _log_density(mixture, last)
    _, pareto_k = smoothed_weights(log_weights)
    if not pareto_k <= _MAX_PARETO_K:
        return None
    uniform = np.log(rng.random((chains, length)))
    paths = [_accepted(w, r) for w, r in zip(log_weights.reshape(chains, -1), uniform, strict=True)]
    accepted = float(np.mean([np.diff(path) > 0 for path in paths]))
    kept = np.stack([chain * length + path[_BURN_IN::_EACH] for chain, path in enumerate(paths)])
    if _walked(last, kept.ravel(), mixture, look, rng) > np.max(log_weights) + _FARTHER:
        return None
    return Independent(centre + last.u[kept] @ shape.T, last.posterior[kept], accepted, pareto_k)


def _walked(
    proposed: _Proposed,
    kept: NDArray[np.int64],
    mixture: _Mixture,
    look: Callable[[Array], _Proposed],
    rng: np.random.Generator,
) -> float:
    """Largest log weight that some of the draws meet on a walk.

    Steps are differences of draws (ter Braak 2006). A place that is joined to what was drawn but hardly ever
    proposed does not show in the proposals' own weights.
    """
    starts = rng.choice(kept, _WALKERS)
    here, largest = _Proposed(*(x[starts] for x in proposed)), -np.inf
    for _ in range(_STEPS):
        one, other = proposed.u[rng.choice(kept, (2, _WALKERS))]
        there = look(here.u + rng.choice(_SCALES, size=(_WALKERS, 1)) * (one - other))
        moves = np.log(rng.random(_WALKERS)) < there.posterior - here.posterior
        for ours, theirs in zip(here, there, strict=True):
            ours[moves] = theirs[moves]
        largest = max(largest, float(np.max(here.posterior - _log_density(mixture, here))))
    return largest


def _accepted(log_weights: Array, log_uniform: Array) -> NDArray[np.int64]:
    """Number of the proposal at which a chain is after each step."""
    at, here, path = 0, -np.inf, []
    for number, (weight, chance) in enumerate(zip(log_weights.tolist(), log_uniform.tolist(), strict=True)):
        if chance < weight - here:
            at, here = number, weight
        path.append(at)
    return np.array(path)


def _efficiency(proposed: _Proposed, mixture: _Mixture) -> float:
    """Independent draws that proposals are worth, over their number."""
    log_weights = proposed.posterior - _log_density(mixture, proposed)
    if not np.isfinite(np.max(log_weights)):
        return 0.0
    weights = np.exp(log_weights - np.max(log_weights))
    return float(np.sum(weights) ** 2 / np.sum(weights**2) / len(weights))


def _around(humps: Array) -> _Mixture:
    """About the optima, in units of a target."""
    count, d = humps.shape
    every = _Mixture(np.full(count, 1.0 / count), humps, np.tile(np.eye(d), (count, 1, 1)))
    return _with_wide(every, humps.mean(axis=0), np.eye(d) + np.atleast_2d(np.cov(humps.T, bias=True)))


def _with_wide(mixture: _Mixture, centre: Array, covariance: Array) -> _Mixture:
    """With one more that reaches beyond them, and a share of the prior."""
    shares = np.append(mixture.shares * (1.0 - _WIDE), _WIDE) * (1.0 - _FROM_PRIOR)
    wide = _WIDER * np.linalg.cholesky(covariance)
    return _Mixture(shares, np.vstack([mixture.centres, centre]), np.vstack([mixture.roots, wide[None]]))


def _draw(mixture: _Mixture, count: int, prior_u: Array, rng: np.random.Generator) -> Array:
    """Points (count, d)."""
    d = mixture.centres.shape[1]
    left = 1.0 - mixture.shares.sum()
    which = rng.choice(len(mixture.shares) + 1, size=count, p=np.append(mixture.shares, left))
    u = prior_u[rng.integers(len(prior_u), size=count)]
    stretch = np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, size=(count, 1)))
    noise = stretch * rng.standard_normal((count, d))
    for number, (centre, root) in enumerate(zip(mixture.centres, mixture.roots, strict=True)):
        own = which == number
        u[own] = centre + noise[own] @ root.T
    return np.asarray(u)


def _log_density(mixture: _Mixture, at: _Proposed) -> Array:
    """ln of a mixture's density at proposals, (n,)."""
    left = 1.0 - mixture.shares.sum()
    found = []
    for start in range(0, len(at.u), _ROWS):  # which bounds the memory
        part = slice(start, start + _ROWS)
        logs, _ = _student(at.u[part], mixture)
        every = np.vstack([np.log(mixture.shares)[:, None] + logs, np.log(left) + at.prior[part]])
        found.append(np.logaddexp.reduce(every, axis=0))
    return np.concatenate(found)


def _student(u: Array, mixture: _Mixture) -> tuple[Array, Array]:
    """ln density and squared distance, of each distribution at each point: (k, n)."""
    d = u.shape[1]
    away = (u - mixture.centres[:, None]) @ np.linalg.inv(mixture.roots).swapaxes(1, 2)
    distance = np.sum(away**2, axis=2)
    volume = np.sum(np.log(np.diagonal(mixture.roots, axis1=1, axis2=2)), axis=1)
    level = gammaln(0.5 * (_FREEDOM + d)) - gammaln(0.5 * _FREEDOM) - 0.5 * d * np.log(_FREEDOM * np.pi)
    logs = level - volume[:, None] - 0.5 * (_FREEDOM + d) * np.log1p(distance / _FREEDOM)
    return logs, distance


def _learned(
    rounds: list[_Proposed], mixtures: list[_Mixture], count: int, rng: np.random.Generator
) -> _Mixture:
    """The mixture nearest to the posterior, as all proposals so far show it, by expectation and maximisation.

    They count as drawn from the average of all mixtures so far.
    """
    every = _Proposed(*map(np.concatenate, zip(*rounds, strict=True)))
    proposal = np.logaddexp.reduce([_log_density(one, every) for one in mixtures], axis=0)
    weights, _ = smoothed_weights(every.posterior - proposal)
    points = every.u[rng.choice(len(weights), _POINTS, p=weights)]
    d = points.shape[1]
    whole = np.atleast_2d(np.cov(points.T)) + 1e-9 * np.eye(d)
    found = _Mixture(
        np.full(count, 1.0 / count),
        points[rng.choice(_POINTS, count, replace=False)],
        np.tile(np.linalg.cholesky(whole) / count ** (1.0 / d), (count, 1, 1)),
    )
    for _ in range(_ITERATIONS):
        logs, distance = _student(points, found)
        logs += np.log(found.shares)[:, None]
        member = np.exp(logs - np.logaddexp.reduce(logs, axis=0))
        pull = member * (_FREEDOM + d) / (_FREEDOM + distance)
        centres = (pull @ points + points.mean(axis=0)) / (pull.sum(axis=1)[:, None] + 1.0)
        away = points - centres[:, None]
        spread = (pull[..., None] * away).swapaxes(1, 2) @ away
        # those of all count as d points, so that few points leave no direction flat
        size = member.sum(axis=1)
        covariance = (spread + d * whole) / (size + d)[:, None, None]
        found = _Mixture((size + 1.0) / (size + 1.0).sum(), centres, np.linalg.cholesky(covariance))
    return _with_wide(found, points.mean(axis=0), whole)
