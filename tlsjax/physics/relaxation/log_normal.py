"""A Gaussian distribution of ln τ."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

_NODES = 120


def _gaussian(x: jax.Array, width: jax.Array) -> jax.Array:
    z = x / width
    return jnp.exp(-0.5 * z * z) / (np.sqrt(2.0 * np.pi) * width)


@jax.custom_jvp
def _over_nodes(place: jax.Array, nodes: jax.Array, weights: jax.Array) -> jax.Array:
    """Σ_j weights_j/(place + nodes_j); place (…), nodes and weights (…, n) or (n,).

    A matrix product where one grid serves all points, which is much faster.
    """
    return _sum(1.0 / (place[..., None] + nodes), weights)


@_over_nodes.defjvp
def _over_nodes_jvp(
    primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
) -> tuple[jax.Array, jax.Array]:
    """Its derivatives share the divisions; the nodes are never differentiated."""
    place, nodes, weights = primals
    by_place, _, by_weights = tangents
    inverse = 1.0 / (place[..., None] + nodes)
    slope = -by_place * _sum(inverse * inverse, weights)
    return _sum(inverse, weights), slope + _sum(inverse, by_weights)


def _sum(values: jax.Array, weights: jax.Array) -> jax.Array:
    return values @ weights if weights.ndim == 1 else jnp.sum(values * weights, -1)


class LogNormal(Relaxation):
    """ln τ is normal: f(τ) = exp(−ln²(τ/τ₀)/2s²)/(√(2π) s τ).

    K and H are integrated over x = ln(τ/τ₀) by the trapezoid rule, which converges geometrically: to 1e-10
    for widths from 0.02 to 6 and ωτ₀ from 1e-8 to 1e8.

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
        return self._parts(omega)[1] / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary = self._parts(omega)
        return real + 1j * imaginary

    def _parts(self, omega: ArrayLike) -> tuple[jax.Array, jax.Array]:
        """Re H and Im H, nodes at x and −x together: with y = ln ωτ₀ they sum to

        Im: cosh x cosh y/(cosh²y + sinh²x),  Re: (e^{−y}cosh y + sinh²x)/(cosh²y + sinh²x).
        """
        y = jnp.log(jnp.asarray(omega)) + jnp.log(self.median)
        # where cosh² would overflow the terms are 0 for all purposes
        most = 0.45 * np.log(float(np.finfo(y.dtype).max))
        y = jnp.clip(y, -most, most)
        x, weights = self._nodes(y)
        cosh, sinh = jnp.cosh(jnp.minimum(x, most)), jnp.sinh(jnp.minimum(x, most))
        place, nodes = jnp.cosh(y) ** 2, sinh * sinh
        imaginary = jnp.cosh(y) * _over_nodes(place, nodes, weights * cosh)
        real = jnp.exp(-y) * jnp.cosh(y) * _over_nodes(place, nodes, weights)
        return real + _over_nodes(place, nodes, weights * nodes), imaginary

    def _nodes(self, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Nodes x ≥ 0 of the trapezoid rule along the last axis, and their weights times the Gaussian.

        The integral does not depend on its nodes, so neither do its derivatives: only the weights are
        differentiated. The peak of Im H's integrand lies off the median by s² or, where that is nearer, at
        ωτ = 1, beyond which it falls as 1/τ; that of Re H has all the Gaussian to one side of ωτ = 1.
        """
        width, far = jax.lax.stop_gradient((self.width, jnp.max(jnp.abs(y), initial=0.0)))
        shifted = 7.5 * width + jnp.minimum(width * width, far + 1.0)
        reach = jnp.maximum(7.5 * width, jnp.minimum(shifted, far + 19.0))
        step = (reach / (_NODES - 1))[..., None]
        x = step * jnp.arange(_NODES)
        once = jnp.where(jnp.arange(_NODES) == 0, 0.5, 1.0)
        return x, once * step * _gaussian(x, self.width[..., None])

    @property
    def mean(self) -> jax.Array:
        """τ̄ = τ₀e^{s²/2}, s."""
        return self.median * jnp.exp(0.5 * self.width**2)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two normal distribution functions."""
        low, high = ((jnp.log(t) - jnp.log(self.median)) / self.width for t in (shortest, longest))
        return jax.scipy.stats.norm.cdf(high) - jax.scipy.stats.norm.cdf(low)
