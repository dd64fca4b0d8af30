"""A Gaussian distribution of ln τ."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

_NODES = 120


def _gaussian(x: jax.Array, width: jax.Array) -> jax.Array:
    z = x / width
    return jnp.exp(-0.5 * z * z) / (np.sqrt(2.0 * np.pi) * width)


Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _smoothed(orders: tuple[int, ...], y: jax.Array, width: jax.Array) -> tuple[Parts, ...]:
    """Derivatives ∂ⁿ/∂yⁿ of ∫dx N(x)/(1 − ie^{x+y}), N a Gaussian of the given width, for several n.

    By parts, the derivatives fall on N and leave Hermite polynomials. The nodes at x and −x are summed
    together: over the common denominator cosh²y + sinh²x,

    even n:  Re: e^{−y}cosh y + sinh²x,  Im: cosh x cosh y;   odd n:  Re: −sinh x cosh x,  Im: −sinh x sinh y.
    """
    # where cosh² would overflow the terms are 0 for all purposes
    most = 0.45 * np.log(float(np.finfo(y.dtype).max))
    x, gaussian = _nodes(y, width)
    x, y = jnp.minimum(x, most), jnp.clip(y, -most, most)
    sinh_x, cosh_x, sinh_y, cosh_y = jnp.sinh(x), jnp.cosh(x), jnp.sinh(y), jnp.cosh(y)
    inverse = 1.0 / ((cosh_y * cosh_y)[..., None] + sinh_x * sinh_x)
    found = []
    for order in orders:
        weights = gaussian * _hermite(order, x, width[..., None])
        if order % 2:
            real = -_sum(inverse, weights * sinh_x * cosh_x)
            imaginary = -sinh_y * _sum(inverse, weights * sinh_x)
        else:
            real = jnp.exp(-y) * cosh_y * _sum(inverse, weights) + _sum(inverse, weights * sinh_x * sinh_x)
            imaginary = cosh_y * _sum(inverse, weights * cosh_x)
        found.append((real, imaginary))
    return tuple(found)


@_smoothed.defjvp
def _smoothed_jvp(
    orders: tuple[int, ...], primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
) -> tuple[tuple[Parts, ...], tuple[Parts, ...]]:
    """A Gaussian obeys the heat equation: the derivative by its width is the width times the second by y."""
    y, width = primals
    by_y, by_width = tangents
    needed = tuple(sorted({order + more for order in orders for more in (0, 1, 2)}))
    found = dict(zip(needed, _smoothed(needed, y, width), strict=True))

    def change(order: int, part: int) -> jax.Array:
        return by_y * found[order + 1][part] + by_width * width * found[order + 2][part]

    return tuple(found[order] for order in orders), tuple((change(n, 0), change(n, 1)) for n in orders)


def _nodes(y: jax.Array, width: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Nodes x ≥ 0 of the trapezoid rule along the last axis, and their weights times the Gaussian.

    The peak of Im H's integrand lies off the median by s² or, where that is nearer, at ωτ = 1, beyond which
    it falls as 1/τ; that of Re H has all the Gaussian to one side of ωτ = 1.
    """
    far = jnp.max(jnp.abs(y), initial=0.0)
    shifted = 7.5 * width + jnp.minimum(width * width, far + 1.0)
    reach = jnp.maximum(7.5 * width, jnp.minimum(shifted, far + 19.0))
    step = (reach / (_NODES - 1))[..., None]
    x = step * jnp.arange(_NODES)
    once = jnp.where(jnp.arange(_NODES) == 0, 0.5, 1.0)
    return x, once * step * _gaussian(x, width[..., None])


def _hermite(order: int, x: jax.Array, width: jax.Array) -> jax.Array:
    """He_n(x/s)/sⁿ, the n-th derivative of a Gaussian over the Gaussian itself, up to its sign."""
    before, now = jnp.zeros_like(x), jnp.ones_like(x)
    for n in range(order):
        before, now = now, (x * now - n * before) / width**2
    return now


def _sum(values: jax.Array, weights: jax.Array) -> jax.Array:
    """Over the nodes; as a matrix product where one grid serves all points, which is much faster."""
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

    def _parts(self, omega: ArrayLike) -> Parts:
        """Re H and Im H."""
        (parts,) = _smoothed((0,), jnp.log(jnp.asarray(omega)) + jnp.log(self.median), self.width)
        return parts

    @property
    def mean(self) -> jax.Array:
        """τ̄ = τ₀e^{s²/2}, s."""
        return self.median * jnp.exp(0.5 * self.width**2)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two normal distribution functions."""
        low, high = ((jnp.log(t) - jnp.log(self.median)) / self.width for t in (shortest, longest))
        return jax.scipy.stats.norm.cdf(high) - jax.scipy.stats.norm.cdf(low)
