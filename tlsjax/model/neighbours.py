"""Residuals that follow those of neighbouring points of a sweep."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpyro.distributions as dist

from tlsjax.model.observation import Chain

Scattered: TypeAlias = dist.Normal | dist.LogNormal | dist.StudentT
"""What values scatter by: a location and a scale, of the value or of its logarithm."""


def sample_sweeps(scattered: Scattered, key: jax.Array, chain: Chain, correlation: jax.Array) -> jax.Array:
    """One draw of all points: z_i = r·z_{i−1} + √(1 − r²)·ε_i in units of the scale, along every sweep.

    Args:
        scattered: of each point by itself, (N,); it is what ε has.
        key: random key.
        chain: sweeps, of the N points.
        correlation: r with the one before, (N,); the first of a sweep has none before it.
    """
    r = correlation * chain.follows
    new = residual(scattered, scattered.sample(key)) * jnp.sqrt(1.0 - r**2)

    def both(first: tuple[jax.Array, jax.Array], then: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, ...]:
        return first[0] * then[0], then[0] * first[1] + then[1]

    _, along = jax.lax.associative_scan(both, (r[chain.order], new[chain.order]))
    return measured_at(scattered, jnp.zeros_like(new).at[chain.order].set(along))


def residual(scattered: Scattered, value: jax.Array) -> jax.Array:
    """z: value minus location, of the logarithm where that scatters, in units of the scale."""
    measured = jnp.log(value) if isinstance(scattered, dist.LogNormal) else value
    found: jax.Array = (measured - scattered.loc) / scattered.scale
    return found


def measured_at(scattered: Scattered, z: jax.Array) -> jax.Array:
    """The value with this residual: the inverse of :func:`residual`."""
    value = scattered.loc + scattered.scale * z
    return jnp.exp(value) if isinstance(scattered, dist.LogNormal) else value


def correlation(z: jax.Array, chain: Chain) -> jax.Array:
    """r of residuals with those before them in their sweeps, −1 to 1."""
    before = z[chain.before]
    return 2.0 * jnp.sum(chain.follows * z * before) / jnp.sum(chain.follows * (z**2 + before**2))
