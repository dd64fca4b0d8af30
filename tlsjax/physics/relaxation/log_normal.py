"""A Gaussian distribution of ln τ."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter
from tlsjax.physics.relaxation.table import of_logarithm

_MOST_NODES = 256
# few passes over few points, little memory for many
_NODES_AT_ONCE, _TERMS_AT_ONCE = 48, 8192


def _gaussian(u: jax.Array, width: jax.Array) -> jax.Array:
    z = u / width
    return jnp.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * width)


Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""


# compiled also where its caller is not: JAX would compile the loop within at every call
@partial(jax.custom_jvp, nondiff_argnums=(0,))
@partial(jax.jit, static_argnums=0)
def _smoothed(orders: tuple[int, ...], x: jax.Array, width: jax.Array) -> tuple[Parts, ...]:
    """∂ⁿ/∂(ln x)ⁿ of ∫du N(u)/(1 − ixe^u), N a Gaussian of the given width, for several n."""
    if width.ndim:
        return _summed(orders, jnp.log(x), width)
    parts: tuple[Parts, ...] = of_logarithm(lambda y: _summed(orders, y, width), x)
    return parts


@_smoothed.defjvp
def _smoothed_jvp(
    orders: tuple[int, ...], primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
) -> tuple[tuple[Parts, ...], tuple[Parts, ...]]:
    """A Gaussian obeys the heat equation: ∂/∂s = s·∂²/∂(ln x)² for its width s."""
    (x, width), (by_x, by_width) = primals, tangents
    needed = tuple(sorted({order + more for order in orders for more in (0, 1, 2)}))
    found = dict(zip(needed, _smoothed(needed, x, width), strict=True))

    def change(order: int, part: int) -> jax.Array:
        return by_x / x * found[order + 1][part] + by_width * width * found[order + 2][part]

    return tuple(found[order] for order in orders), tuple((change(n, 0), change(n, 1)) for n in orders)


def _summed(orders: tuple[int, ...], y: jax.Array, width: jax.Array) -> tuple[Parts, ...]:
    """The same at ln x = y by the trapezoid rule.

    By parts, the derivatives fall on N and leave Hermite polynomials. The nodes at u and −u are summed
    together: over the common denominator cosh²y + sinh²u,

    even n:  Re: e^{−y}cosh y + sinh²u,  Im: cosh u cosh y;   odd n:  Re: −sinh u cosh u,  Im: −sinh u sinh y.
    """
    # where cosh² would overflow the terms are 0 for all purposes
    most = 0.45 * math.log(float(np.finfo(y.dtype).max))
    step, nodes = _nodes(y, width)
    y = jnp.clip(y, -most, most)
    sinh_y, cosh_y = _hyperbolic(y)
    square = (cosh_y * cosh_y)[..., None]
    zero = jnp.zeros_like(cosh_y * step)
    at_once = min(_NODES_AT_ONCE, 1 + _TERMS_AT_ONCE // max(zero.size, 1))

    def add(i: jax.Array, sums: tuple[Parts, ...]) -> tuple[Parts, ...]:
        node = at_once * i + jnp.arange(at_once)
        u = step[..., None] * node
        once = jnp.where(node == 0, 0.5, 1.0) * step[..., None]
        sinh, cosh = _hyperbolic(jnp.minimum(u, most))
        inverse = 1.0 / (square + sinh * sinh)
        terms = []
        for order in orders:
            w = once * _gaussian(u, width[..., None]) * _hermite(order, u, width[..., None])
            if order % 2:
                real = -_sum(inverse, w * sinh * cosh)
                imaginary = -sinh_y * _sum(inverse, w * sinh)
            else:
                real = jnp.exp(-y) * cosh_y * _sum(inverse, w) + _sum(inverse, w * sinh * sinh)
                imaginary = cosh_y * _sum(inverse, w * cosh)
            terms.append((real, imaginary))
        return jax.tree.map(jnp.add, sums, tuple(terms))

    found: tuple[Parts, ...] = jax.lax.fori_loop(
        0, -(-nodes // at_once), add, tuple((zero, zero) for _ in orders)
    )
    return found


def _nodes(y: jax.Array, width: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Distance of the nodes u ≥ 0 and how many there are.

    Up to ωτ = 1 the integrands are N tilted by e^{±u} or e^{±2u}, a Gaussian moved by up to 2s²; beyond, N
    falls by itself. Nodes at distance h err by e^{−2π²s²/h²}, or by e^{π²/8s² − π²/h} where s is so large
    that the poles at Im u = ±π/2 come first.
    """
    far = jnp.max(jnp.abs(y), initial=0.0)
    reach = jnp.minimum(7.5 * width + 2.0 * width**2, jnp.hypot(far, 7.5 * width))
    steps = jnp.ceil(jnp.clip(reach / jnp.minimum(0.5 * width, 0.3), 1.0, _MOST_NODES))
    return reach / steps, jnp.max(steps).astype(int) + 1


def _hyperbolic(x: jax.Array) -> Parts:
    """sinh x and cosh x."""
    rising = jnp.exp(x)
    falling = 1.0 / rising
    return 0.5 * (rising - falling), 0.5 * (rising + falling)


def _hermite(order: int, u: jax.Array, width: jax.Array) -> jax.Array:
    """He_n(u/s)/sⁿ, the n-th derivative of a Gaussian over the Gaussian itself, up to its sign."""
    before, now = jnp.zeros_like(u), jnp.ones_like(u)
    for n in range(order):
        before, now = now, (u * now - n * before) / width**2
    return now


def _sum(values: jax.Array, weights: jax.Array) -> jax.Array:
    """Over the nodes; as a matrix product where one grid serves all points, which is much faster."""
    return values @ weights if weights.ndim == 1 else jnp.sum(values * weights, -1)


class LogNormal(Relaxation):
    """ln τ is normal: f(τ) = exp(−ln²(τ/τ₀)/2s²)/(√(2π) s τ).

    K and H are integrated over u = ln(τ/τ₀) by the trapezoid rule, which converges geometrically: to 1e-10
    for widths from 0.02 to 6 and ωτ₀ from 1e-8 to 1e8. Many frequencies read them from a table in ln ω.

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
        (parts,) = _smoothed((0,), jnp.asarray(omega) * self.median, self.width)
        return parts

    @property
    def mean(self) -> jax.Array:
        """τ̄ = τ₀e^{s²/2}, s."""
        return self.median * jnp.exp(0.5 * self.width**2)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two normal distribution functions."""
        low, high = ((jnp.log(t) - jnp.log(self.median)) / self.width for t in (shortest, longest))
        return jax.scipy.stats.norm.cdf(high) - jax.scipy.stats.norm.cdf(low)
