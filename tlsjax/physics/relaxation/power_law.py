"""A power of τ between sharp cut-offs."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.polynomial import chebyshev, polynomial
from numpy.typing import NDArray

from tlsjax.physics.relaxation.base import Relaxation, parameter

_DEGREE = 20


def _inverse_one_plus() -> tuple[float, ...]:
    """Coefficients c_j of Σ c_j v^j = 1/(1+v) on 0 ≤ v ≤ 1, to 1e-15.

    From the Chebyshev series 2/(3+t) = (1/√2)·[1 + 2 Σ (−1)ⁿ ρ⁻ⁿ T_n(t)], t = 2v − 1, ρ = 3 + √8.
    """
    ratio = -1.0 / (3.0 + np.sqrt(8.0))
    series = np.sqrt(0.5) * np.array([1.0] + [2.0 * ratio**n for n in range(1, _DEGREE + 1)])
    in_t = chebyshev.cheb2poly(series)
    in_v: NDArray[np.floating[Any]] = np.zeros(1)
    power: NDArray[np.floating[Any]] = np.ones(1)
    for coefficient in in_t:
        in_v = polynomial.polyadd(in_v, coefficient * power)
        power = polynomial.polymul(power, [-1.0, 2.0])
    return tuple(float(c) for c in in_v)


_COEFFICIENTS = _inverse_one_plus()


def _log_sinhc(z: jax.Array) -> jax.Array:
    """ln(sinh z/z), even and smooth through 0, finite for any z."""
    small = jnp.abs(z) < 0.1
    square = jnp.where(small, z, 0.0) ** 2
    series = square / 6.0 * (1.0 - square / 30.0 * (1.0 - square * (4.0 / 63.0 - square / 210.0)))
    large = jnp.where(small, 1.0, jnp.abs(z))
    closed = large + jnp.log1p(-jnp.exp(-2.0 * large)) - jnp.log(2.0 * large)
    return jnp.where(small, series, closed)


class PowerLaw(Relaxation):
    """f(τ) ∝ τ^(−p) for τ_min ≤ τ ≤ τ_max; log-uniform at p = 1, smooth through it.

    K and H are integrals of e^{(1−p)x}/(1 − iωe^x) over x = ln τ. Either side of ωτ = 1 the integrand is
    an exponential times 1/(1+v), 0 ≤ v ≤ 1, whose polynomial is exact to 1e-15: sums of ∫e^{mx}dx, for
    any exponent and any span.

    Args:
        exponent: p, any real number.
        tau_min: shortest relaxation time τ₁, s, > 0.
        tau_max: longest relaxation time τ₂, s, > 0; exchanging the two changes nothing.

    Source: Liu, Andreev, Spivak 2025, Eqs. 15–17 (f that decays faster than 1/τ² has p > 2).
    """

    exponent: jax.Array = parameter(
        "exponent", "p", "exponent of f(τ) ∝ τ^(−p)", support="real", centre=1.0, spread=0.5
    )
    tau_min: jax.Array = parameter(
        "tau_min",
        "τ₁",
        "shortest relaxation time",
        unit="s",
        centre=0.01,
        spread=1e3,
        anchor="shortest",
        source="Eq. 17",
    )
    tau_max: jax.Array = parameter(
        "tau_max",
        "τ₂",
        "longest relaxation time",
        unit="s",
        centre=1e3,
        spread=1e4,
        anchor="longest",
        source="Eq. 17",
    )
    ordered = (("tau_min", "tau_max"),)

    @property
    def _span(self) -> jax.Array:
        # Cut-offs nearer than this change K by 1e-13, but would take the digits of its derivatives.
        return jnp.maximum(jnp.abs(jnp.log(self.tau_max) - jnp.log(self.tau_min)), 1e-6)

    @property
    def _middle(self) -> jax.Array:
        return 0.5 * (jnp.log(self.tau_max) + jnp.log(self.tau_min))

    def _part(self, m: jax.Array, start: jax.Array, share: jax.Array, middle: jax.Array) -> jax.Array:
        """∫e^{my}dy over a share of the span from ``start`` on, over ∫e^{qy}dy of all of it."""
        q, span = 1.0 - self.exponent, self._span
        extent = share * span
        exponent = m * (start + 0.5 * extent) + _log_sinhc(0.5 * m * extent)
        exponent = exponent - q * middle - _log_sinhc(0.5 * q * span)
        # An empty part would overflow, and poison the derivatives of the other.
        there = share > 0.0
        return jnp.where(there, share * jnp.exp(jnp.where(there, exponent, 0.0)), 0.0)

    def _moment(self, omega: ArrayLike, offset: float) -> jax.Array:
        """Mean of u^offset/(1+u²) over f, u = ωτ; ``offset`` 1 gives Im H, 0 gives Re H."""
        # One term of the polynomial along the last axis.
        one = PowerLaw(self.exponent[..., None], self.tau_min[..., None], self.tau_max[..., None])
        q, span = 1.0 - one.exponent, one._span
        middle = jnp.log(jnp.asarray(omega))[..., None] + one._middle
        low = middle - 0.5 * span
        # where the two parts meet makes no difference, and its slope would be lost where one is empty
        below = jax.lax.stop_gradient(jnp.clip(0.5 - middle / span, 0.0, 1.0))
        terms = jnp.arange(_DEGREE + 1)
        rising = one._part(q + offset + 2 * terms, low, below, middle)
        falling = one._part(q + offset - 2 - 2 * terms, low + below * span, 1.0 - below, middle)
        return jnp.sum(jnp.asarray(_COEFFICIENTS) * (rising + falling), -1)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s inside the cut-offs, 0 outside."""
        tau = jnp.asarray(tau)
        q, distance = 1.0 - self.exponent, jnp.log(tau) - self._middle
        inside = jnp.abs(distance) <= 0.5 * self._span * (1.0 + 1e-14)
        exponent = q * jnp.where(inside, distance, 0.0) - _log_sinhc(0.5 * q * self._span)
        return jnp.where(inside, jnp.exp(exponent) / (self._span * tau), 0.0)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self._moment(omega, 1.0) / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        return self._moment(omega, 0.0) + 1j * self._moment(omega, 1.0)

    @property
    def mean(self) -> jax.Array:
        """τ̄ = ∫τ^{1−p}dτ/∫τ^{−p}dτ, s."""
        low = self._middle - 0.5 * self._span
        return self._part(2.0 - self.exponent, low, jnp.ones(()), self._middle)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, in closed form."""
        first, last = (
            jnp.clip((jnp.log(t) - self._middle) / self._span, -0.5, 0.5) for t in (shortest, longest)
        )
        start = self._middle + first * self._span
        return self._part(1.0 - self.exponent, start, last - first, self._middle)
