"""Draws weighted by how much the posterior prefers them to the Gaussian they come from."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.inference_data import smoothed_weights
from tlsjax.fitting.optimise import Gaussian
from tlsjax.fitting.sample import Target

_PROPOSALS = 4
"""Proposals for each draw."""
_FREEDOM = 8.0
"""Degrees of freedom of the proposals: Student's tails, so that no weight grows without bound."""
_STEPS, _BATCH = 600, 64


class Weighted(NamedTuple):
    """Draws by importance sampling; leading axes are independent sets and draws.

    Attributes:
        z: unconstrained coordinates, resampled to equal weight, (sets, draws, d).
        pareto_k: k̂ of the weights; above 0.7 they cannot be relied on.
        effective: number of independent draws that the weights are worth.
        efficiency: that over the number of proposals.
        humps: optima that were found, of which the Gaussian covers one.
    """

    z: NDArray[np.float64]
    pareto_k: float
    effective: float
    efficiency: float
    humps: int


def importance(key: jax.Array, target: Target, *, sets: int, draws: int) -> Weighted:
    """Draw Student's t around the Gaussian of ``target``, and resample by Pareto-smoothed weights.

    Source: Vehtari, Simpson, Gelman, Yao, Gabry 2024, Pareto smoothed importance sampling.
    """
    key_draw, key_pick = jax.random.split(key)
    z, log_weights = _propose(key_draw, target, sets * draws * _PROPOSALS, _FREEDOM)
    weights, pareto_k = smoothed_weights(np.asarray(log_weights))
    effective = 1.0 / float(np.sum(weights**2))
    each = weights.reshape(sets, -1)
    starts = np.asarray(jax.random.uniform(key_pick, (sets,)))
    picked = np.stack([_systematic(w, draws, u) for w, u in zip(each, starts, strict=True)])
    points = np.asarray(z).reshape(sets, draws * _PROPOSALS, -1)
    chosen = np.take_along_axis(points, picked[..., None], axis=1)
    humps = len(target.gaussian.humps())
    return Weighted(chosen, pareto_k, effective, effective / weights.size, humps)


def gaussian_draws(key: jax.Array, target: Target, *, sets: int, draws: int) -> Weighted:
    """Draws of the Gaussian itself; k̂ and the weights only say how far it is from the posterior."""
    z, log_weights = _propose(key, target, sets * draws, jnp.inf)
    weights, pareto_k = smoothed_weights(np.asarray(log_weights))
    effective = 1.0 / float(np.sum(weights**2))
    points = np.asarray(z).reshape(sets, draws, -1)
    humps = len(target.gaussian.humps())
    return Weighted(points, pareto_k, effective, effective / weights.size, humps)


@quick_jit
def variational(key: jax.Array, target: Target) -> Gaussian:
    """The Gaussian, correlations and all, that is nearest to the posterior: least KL(Gaussian, posterior).

    It starts as the one of ``target``. Adam follows the path derivative of the evidence's lower bound, whose
    noise vanishes at an exact fit (Roeder, Wu, Duvenaud 2017).
    """
    d = len(target.gaussian.centre)
    slope = jax.vmap(jax.grad(target.energy))

    def step(
        carry: tuple[optax.Params, optax.OptState], key: jax.Array
    ) -> tuple[tuple[optax.Params, optax.OptState], None]:
        (mean, lower), state = carry
        noise = jax.random.normal(key, (_BATCH, d))
        # the density's own slope at m + L·x is −L⁻ᵀx
        pull = jnp.nan_to_num(slope(mean + noise @ lower.T) - jnp.linalg.solve(lower.T, noise.T).T)
        gradients = (jnp.mean(pull, 0), jnp.tril(pull.T @ noise / _BATCH))
        updates, state = solver.update(gradients, state)
        return (optax.apply_updates((mean, lower), updates), state), None

    solver = optax.chain(
        optax.clip_by_global_norm(10.0), optax.adam(optax.cosine_decay_schedule(0.03, _STEPS))
    )
    start = (jnp.zeros(d), jnp.eye(d))
    ((mean, lower), _), _ = jax.lax.scan(step, (start, solver.init(start)), jax.random.split(key, _STEPS))
    own = target.gaussian
    return own._replace(centre=own.centre + own.shape @ mean, shape=own.shape @ lower)


@quick_jit
def _propose(key: jax.Array, target: Target, count: int, freedom: float) -> tuple[jax.Array, jax.Array]:
    """Points z and the logarithm of posterior over proposal there, up to a constant."""
    d = len(target.gaussian.centre)
    key_normal, key_scale = jax.random.split(key)
    u = jax.random.normal(key_normal, (count, d))
    if np.isfinite(freedom):
        u *= jnp.sqrt(0.5 * freedom / jax.random.gamma(key_scale, 0.5 * freedom, (count, 1)))
        log_proposal = -0.5 * (freedom + d) * jnp.log1p(jnp.sum(u * u, -1) / freedom)
    else:
        log_proposal = -0.5 * jnp.sum(u * u, -1)
    energy = jax.lax.map(target.energy, u, batch_size=256)
    return target.gaussian.centre + u @ target.gaussian.shape.T, -energy - log_proposal


def _systematic(weights: NDArray[np.float64], count: int, start: float) -> NDArray[np.int64]:
    """Indices drawn by weight with evenly spaced quantiles, in random-like order."""
    cumulative = np.cumsum(weights / weights.sum())
    picked = np.searchsorted(cumulative, (np.arange(count) + start) / count * cumulative[-1])
    # neighbours are copies: spread them, for diagnostics read the order as time
    return np.minimum(picked, weights.size - 1)[np.random.default_rng(count).permutation(count)]
