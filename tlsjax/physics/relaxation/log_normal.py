"""A Gaussian distribution of ln τ."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

_NODES = 288


def _gaussian(x: jax.Array, width: jax.Array) -> jax.Array:
    z = x / width
    return jnp.exp(-0.5 * z * z) / (np.sqrt(2.0 * np.pi) * width)


def _along_nodes(values: jax.Array, weights: jax.Array) -> jax.Array:
    """Sum over the nodes; as a matrix product where one grid serves all points, which is much faster."""
    return values @ weights if weights.ndim == 1 else jnp.sum(values * weights, -1)


class LogNormal(Relaxation):
    """ln τ is normal: f(τ) = exp(−ln²(τ/τ₀)/2s²)/(√(2π) s τ).

    K and H are integrated over ln τ by the trapezoid rule, which converges geometrically: one grid of 288
    nodes for all frequencies gives K to 1e-10 for widths up to 4.5 and to 1e-6 at 6.

    Args:
        median: median relaxation time τ₀, s, > 0.
        width: standard deviation s of ln τ, > 0.

    Source: Liu, Andreev, Spivak 2025, Eq. 15.
    """

    median: jax.Array = parameter(
        "median", "τ₀", "median relaxation time", unit="s", anchor="middle", spread=30.0
    )
    width: jax.Array = parameter("width", "s", "standard deviation of ln τ", centre=1.5, spread=2.0)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        tau = jnp.asarray(tau)
        return _gaussian(jnp.log(tau) - jnp.log(self.median), self.width) / tau

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        weights, u = self._rule(omega)
        return _along_nodes(u / (1.0 + u * u), weights) / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        weights, u = self._rule(omega)
        lorentz = 1.0 / (1.0 + u * u)
        return _along_nodes(lorentz, weights) + 1j * _along_nodes(u * lorentz, weights)

    def _rule(self, omega: ArrayLike) -> tuple[jax.Array, jax.Array]:
        """Weights of the trapezoid rule in ln τ, and ωτ at its nodes (last axis).

        The integral does not depend on where its nodes are, so neither do its derivatives: only the weights
        are differentiated. The Gaussian times ωτ/(1+ω²τ²) has its peak off the median by s² or, where that
        is nearer, at ωτ = 1: the grid reaches there.
        """
        median, width = jax.lax.stop_gradient((self.median, self.width))
        farthest = jnp.max(jnp.abs(jnp.log(jnp.asarray(omega)) + jnp.log(median)), initial=0.0)
        reach = 7.5 * width + jnp.minimum(width * width, farthest + 1.0)
        step = 2.0 * reach / (_NODES - 1)
        x = (jnp.log(median) - reach)[..., None] + step[..., None] * jnp.arange(_NODES)
        weights = _gaussian(x - jnp.log(self.median)[..., None], self.width[..., None])
        u = jnp.asarray(omega)[..., None] * jnp.exp(x)
        # farther out 1/(1+u²) is 0 for all purposes, and u² would overflow
        return step[..., None] * weights, jnp.minimum(u, 0.1 * np.sqrt(float(np.finfo(u.dtype).max)))

    @property
    def mean(self) -> jax.Array:
        """τ̄ = τ₀e^{s²/2}, s."""
        return self.median * jnp.exp(0.5 * self.width**2)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two normal distribution functions."""
        low, high = ((jnp.log(t) - jnp.log(self.median)) / self.width for t in (shortest, longest))
        return jax.scipy.stats.norm.cdf(high) - jax.scipy.stats.norm.cdf(low)
