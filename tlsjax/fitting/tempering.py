"""Sequential Monte Carlo: draws of one density turned into draws of it times a likelihood."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

MOVES, _LAST = 12, 10
"""Metropolis moves at each β, and how many times as many at the last."""
_ACCEPTANCE = 0.25
_BATCH = 256

Density = Callable[[jax.Array], jax.Array]


class _Cloud(NamedTuple):
    """Draws at a power β: places (n, d), log density and log likelihood (n,), rounds spent at β = 1."""

    key: jax.Array
    beta: jax.Array
    x: jax.Array
    log_density: jax.Array
    log_likelihood: jax.Array
    step: jax.Array
    arrived: jax.Array
    log_evidence: jax.Array
    idle: jax.Array


class Tempered(NamedTuple):
    """Draws of p(x)·L(x), and how the way there was.

    Attributes:
        x: shape (n, d).
        log_evidence: ln ∫p·L, for a normalised p.
        idle: share of the draws that the last moves left where they were.
    """

    x: jax.Array
    log_evidence: jax.Array
    idle: jax.Array


def temper(
    key: jax.Array, x: jax.Array, log_density: Density, log_likelihood: Density, moves: int = MOVES
) -> Tempered:
    """Turn draws of p(x) into draws of p(x)·L(x).

    By way of p·L^β with β from 0 to 1, each rise as large as leaves half of the draws effective; they are
    then resampled and moved by Metropolis, with steps shaped by their own covariance. Weights alone would
    leave few draws, or none, where new data say much that the old did not.

    Args:
        key: random key.
        x: draws of p, shape (n, d), with n well above d.
        log_density: ln p up to a constant at one point, shape (d,); may be −inf.
        log_likelihood: ln L at one point.
        moves: Metropolis moves at each β. The draws want few, the evidence many: its errors add up.

    Limits: L constant gives draws of p; humps keep the weight that the draws of p found in them, and those
        that none of them is near are not found.

    Source: Neal 2001; Chopin 2002; Del Moral, Doucet and Jasra 2006.
    """
    count, size = x.shape

    def evaluate(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        both = jax.lax.map(lambda one: (log_density(one), log_likelihood(one)), x, batch_size=_BATCH)
        return both[0], jnp.where(jnp.isnan(both[1]), -jnp.inf, both[1])

    def rise(cloud: _Cloud) -> _Cloud:
        key, one, other = jax.random.split(cloud.key, 3)
        gain = _rise(cloud.log_likelihood, 1.0 - cloud.beta)
        weight = jax.nn.softmax(gain * cloud.log_likelihood)
        places = (jnp.arange(count) + jax.random.uniform(one)) / count
        kept = jnp.clip(jnp.searchsorted(jnp.cumsum(weight), places), 0, count - 1)
        x, density, likelihood = (a[kept] for a in (cloud.x, cloud.log_density, cloud.log_likelihood))
        # of the weighted draws: among resampled ones, copies would hide it
        covariance = jnp.cov(cloud.x, rowvar=False, aweights=weight).reshape(size, size)
        shape = jnp.linalg.cholesky(covariance + 1e-9 * jnp.diag(jnp.diag(covariance)))
        beta = jnp.where(gain < 1.0 - cloud.beta, cloud.beta + gain, 1.0)

        def move(number: jax.Array, at: _Cloud) -> _Cloud:
            one, other = jax.random.split(jax.random.fold_in(at.key, number))
            new = at.x + at.step * jax.random.normal(one, x.shape) @ shape.T
            density, likelihood = evaluate(new)
            before = at.log_density + beta * at.log_likelihood
            chance = jnp.nan_to_num(jnp.exp(jnp.minimum(density + beta * likelihood - before, 0.0)))
            taken = jax.random.uniform(other, (count,)) < chance
            return _Cloud(
                at.key, at.beta,
                jnp.where(taken[:, None], new, at.x),
                jnp.where(taken, density, at.log_density),
                jnp.where(taken, likelihood, at.log_likelihood),
                at.step * jnp.exp(chance.mean() - _ACCEPTANCE),
                at.arrived, at.log_evidence, at.idle & ~taken,
            )  # fmt: skip

        arrived = cloud.arrived + (beta >= 1.0)
        grown = jax.nn.logsumexp(gain * cloud.log_likelihood) - jnp.log(count)
        evidence = cloud.log_evidence + grown
        idle = cloud.idle[kept] | (arrived < 2)
        start = _Cloud(other, beta, x, density, likelihood, cloud.step, arrived, evidence, idle)
        return jax.lax.fori_loop(0, moves, move, start)._replace(key=key)

    zero = jnp.zeros(())
    none, idle = jnp.zeros((), int), jnp.ones(count, bool)
    start = _Cloud(key, zero, x, *evaluate(x), 2.38 / jnp.sqrt(zero + size), none, zero, idle)
    end = jax.lax.while_loop(lambda cloud: cloud.arrived < _LAST, rise, start)
    return Tempered(end.x, end.log_evidence, jnp.mean(end.idle))


def _rise(log_likelihood: jax.Array, most: jax.Array) -> jax.Array:
    """The largest rise of β that leaves half of the draws effective, by bisection."""
    count = len(log_likelihood)

    def halve(_: int, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        middle = 0.5 * (ends[0] + ends[1])
        enough = _effective(middle * log_likelihood) >= 0.5 * count
        return jnp.where(enough, middle, ends[0]), jnp.where(enough, ends[1], middle)

    low, _ = jax.lax.fori_loop(0, 60, halve, (jnp.zeros_like(most), most))
    # what bisection cannot resolve must still rise
    return jnp.where(_effective(most * log_likelihood) >= 0.5 * count, most, jnp.maximum(low, 1e-15 * most))


def _effective(log_weight: jax.Array) -> jax.Array:
    """Number of draws that weighted ones are worth, (Σw)²/Σw²."""
    weight = jax.nn.softmax(log_weight)
    return 1.0 / jnp.sum(weight**2)
