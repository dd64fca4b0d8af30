"""Densities of straight lines, and the response where ln τ is linear in what is so spread."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import as_float

Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""

_DEGREE = 22


def _series(integrand: Callable[[Any, Any], Any]) -> list[float]:
    """∫₀¹ integrand(s, t) dt for 0 ≤ s ≤ 1 in powers of 2s − 1, to rounding, the highest first."""
    t, weights = np.polynomial.legendre.leggauss(40)

    def integral(place: Any) -> Any:
        return integrand(0.5 * (place[:, None] + 1.0), 0.5 * (t + 1.0)) @ (0.5 * weights)

    chebyshev = np.polynomial.chebyshev.chebinterpolate(integral, _DEGREE)
    return [float(one) for one in np.polynomial.chebyshev.cheb2poly(chebyshev)[::-1]]


_TWICE = (
    _series(lambda s, t: np.log1p(s * t) / (s * t)),
    _series(lambda s, t: np.arctan(np.sqrt(s) * t) / (np.sqrt(s) * t)),
)
_ONCE = _series(lambda s, t: 1.0 / (1.0 + s * t)), _series(lambda s, t: 1.0 / (1.0 + s * t * t))


def _falling(y: jax.Array, series: tuple[list[float], list[float]]) -> tuple[jax.Array, jax.Array, jax.Array]:
    """e^{−2|y|} and, of it, both series, the second times e^{−|y|}."""
    falling = jnp.exp(-jnp.abs(y))
    s = falling * falling
    first, second = (jnp.polyval(jnp.asarray(one, y.dtype), 2.0 * s - 1.0) for one in series)
    return s, first, falling * second


def integrated_twice(y: jax.Array) -> Parts:
    """F with F″ = 1/(1 − ie^y): −Li₂(−e^{−2y})/4 and Ti₂(e^y), this without its corner π/2·max(0, y)."""
    s, logarithm, tangent = _falling(y, _TWICE)
    far = 0.25 * s * logarithm
    return jnp.where(y < 0.0, np.pi**2 / 24.0 + 0.5 * y * y - far, far), tangent


def _integrated_once(y: jax.Array) -> Parts:
    """F′: −½ ln(1 + e^{−2y}) and arctan e^y."""
    s, logarithm, angle = _falling(y, _ONCE)
    return jnp.minimum(y, 0.0) - 0.5 * s * logarithm, jnp.where(y < 0.0, angle, 0.5 * np.pi - angle)


@jax.custom_jvp
def _over_corners(start: jax.Array, stretch: jax.Array, places: jax.Array, turns: jax.Array) -> Parts:
    """Σ_k c_k F(start + stretch·x_k), of turns c (k) or (..., k).

    A derivative by each of many parameters needs these sums once, not once a parameter: hence its own rule.
    """
    y = start[..., None] + stretch[..., None] * places
    real, imaginary = integrated_twice(y)
    return _dot(real, turns), _dot(imaginary + 0.5 * np.pi * jnp.maximum(0.0, y), turns)


def _over_corners_jvp(primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]) -> tuple[Parts, Parts]:
    start, stretch, places, turns = primals
    d_start, d_stretch, d_places, d_turns = tangents
    y = start[..., None] + stretch[..., None] * places
    real, imaginary = integrated_twice(y)
    changes = []
    for whole, slope in zip(
        (real, imaginary + 0.5 * np.pi * jnp.maximum(0.0, y)), _integrated_once(y), strict=True
    ):
        change = jnp.zeros_like(y[..., 0])
        if not _is_zero(d_start):
            change += d_start * _dot(slope, turns)
        if not _is_zero(d_stretch):
            change += d_stretch * _dot(slope * places, turns)
        if not _is_zero(d_places):
            change += stretch * _dot(slope * d_places, turns)
        if not _is_zero(d_turns):
            change += _dot(whole, d_turns)
        changes.append(change)
    return _over_corners(*primals), (changes[0], changes[1])


_over_corners.defjvp(_over_corners_jvp, symbolic_zeros=True)


def _is_zero(tangent: Any) -> bool:
    return isinstance(tangent, SymbolicZero)


def _dot(values: jax.Array, turns: jax.Array) -> jax.Array:
    return values @ turns if turns.ndim == 1 else jnp.sum(values * turns, -1)


class Polygon(eqx.Module):
    """A normalised density p(x): straight lines between places, 0 at the first and the last and beyond.

    Attributes:
        places: x_0 … x_{n+1}, rising, last axis n + 2 ≥ 3.
        weights: w_i ≥ 0 of the hats at x_1 … x_n, last axis n; divided by their sum they are the share of p
            in each hat, whose height is 2w_i/(x_{i+1} − x_{i−1}).

    Raises:
        ValueError: not two places more than weights.

    Beyond the paper.
    """

    places: jax.Array = eqx.field(converter=as_float)
    weights: jax.Array = eqx.field(converter=as_float)

    def __check_init__(self) -> None:
        places, weights = (jnp.shape(x)[-1:] for x in (self.places, self.weights))
        if not weights or not weights[0] or places != (weights[0] + 2,):
            raise ValueError(f"places of {places} need two fewer weights, not {weights}")

    def with_weights(self, weights: jax.Array) -> "Polygon":
        """The same places with other weights, (..., n)."""
        places = jnp.broadcast_to(self.places, (*weights.shape[:-1], len(self.places)))
        return Polygon(places, weights)

    @property
    def _heights(self) -> jax.Array:
        """p at every place."""
        shares = self.weights / jnp.sum(self.weights, -1, keepdims=True)
        inner = 2.0 * shares / (self.places[..., 2:] - self.places[..., :-2])
        return jnp.pad(inner, [(0, 0)] * (inner.ndim - 1) + [(1, 1)])

    @property
    def _slopes(self) -> jax.Array:
        """dp/dx of every straight line."""
        return jnp.diff(self._heights) / jnp.diff(self.places)

    @property
    def _turns(self) -> jax.Array:
        """Change of the slope at every place."""
        return jnp.diff(self._slopes, prepend=0.0, append=0.0)

    def density(self, x: ArrayLike) -> jax.Array:
        """p(x), shape of x; of scalar x where several polygons are given."""
        return self._pieces(x, self._heights, self._slopes, 0.0)[0]

    def below(self, x: ArrayLike) -> jax.Array:
        """∫p dx up to x, shape as for :meth:`density`."""
        heights, slopes, width = self._heights, self._slopes, jnp.diff(self.places)
        parts = (heights[..., :-1] + 0.5 * slopes * width) * width
        before = jnp.cumsum(parts, -1) - parts
        return self._pieces(x, heights, slopes, before)[1]

    def _pieces(self, x: ArrayLike, heights: jax.Array, slopes: jax.Array, before: ArrayLike) -> Parts:
        """p and its integral at x, from the line that x is on."""
        here = jnp.clip(jnp.asarray(x)[..., None], self.places[..., :1], self.places[..., -1:])
        lines = slopes.shape[-1]
        number = jnp.clip(jnp.sum(here >= self.places, -1, keepdims=True) - 1, 0, lines - 1)

        def at(values: ArrayLike) -> jax.Array:
            full = jnp.broadcast_to(values, (*number.shape[:-1], jnp.shape(values)[-1]))
            return jnp.take_along_axis(full, number, -1)[..., 0]

        height, slope, far = at(heights[..., :-1]), at(slopes), here[..., 0] - at(self.places[..., :-1])
        integral = height * far + 0.5 * slope * far * far
        return height + slope * far, integral + (at(before) if jnp.ndim(before) else 0.0)

    def response(self, omega: ArrayLike, start: ArrayLike, stretch: ArrayLike) -> Parts:
        """Re H and Im H at ω where ln τ = start + stretch·x.

        H = Σ_k c_k F(ln ω + start + stretch·x_k)/stretch² with the change c_k of slope at x_k.
        """
        first, stretch = jnp.broadcast_arrays(jnp.log(omega) + start, as_float(stretch))
        real, imaginary = _over_corners(first, stretch, self.places, self._turns)
        return real / stretch**2, imaginary / stretch**2

    def mean_exponential(self, stretch: ArrayLike) -> tuple[jax.Array, jax.Array]:
        """∫p e^{stretch·x}dx as a factor and the exponent that would overflow: (m, e) for m·exp(e)."""
        stretch = as_float(stretch)
        exponents = stretch[..., None] * self.places
        largest = jnp.max(exponents, -1)
        return _dot(jnp.exp(exponents - largest[..., None]), self._turns) / stretch**2, largest
