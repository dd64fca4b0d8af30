"""Relaxation times spread evenly over decades, the paper's Eq. 17."""

import abc

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

# Below this width of ln τ the closed forms are 0/0; two terms of their series in Λ² are exact to 1e-16.
_NARROW = 1e-4
_MOST = 300.0
"""Logarithm beyond which the arctangent is π/2, or 0, for all purposes; far from overflow."""


class Evenly(Relaxation, family=False):
    """Whatever spreads ln τ evenly between two ends."""

    @property
    @abc.abstractmethod
    def _ends(self) -> tuple[jax.Array, jax.Array]:
        """ln τ₁ and ln τ₂: the times themselves may be beyond all numbers."""

    @property
    def _span(self) -> jax.Array:
        low, high = self._ends
        # The floor leaves a share of f at 1 or 0 where the cut-offs meet.
        return jnp.maximum(jnp.abs(high - low), 1e-30)

    @property
    def _middle(self) -> jax.Array:
        low, high = self._ends
        return 0.5 * (low + high)

    def _position(self, omega: ArrayLike) -> jax.Array:
        return jnp.log(jnp.asarray(omega)) + self._middle

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) = 1/(Λτ) inside the cut-offs, 0 outside, 1/s."""
        tau, (first, last) = jnp.asarray(tau), self._ends
        inside = (jnp.log(tau) >= jnp.minimum(first, last)) & (jnp.log(tau) <= jnp.maximum(first, last))
        return jnp.where(inside, 1.0 / (self._span * tau), 0.0)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s); for 1/τ₂ ≪ ω ≪ 1/τ₁ it is π/(2Λω)."""
        span, away = self._span, jnp.abs(self._position(omega))
        narrow = span < _NARROW
        safe = jnp.where(narrow, 1.0, span)
        falling = 1.0 + jnp.exp(-2.0 * away)
        # sinh(Λ/2)/cosh y and 1/cosh y written so that they can't overflow
        ratio = jnp.exp(jnp.clip(0.5 * safe - away, -_MOST, _MOST)) * -jnp.expm1(-safe) / falling
        closed = jnp.arctan(ratio) / safe
        sech = 2.0 * jnp.exp(-away) / falling
        series = 0.5 * sech * (1.0 + span**2 * (1.0 - 2.0 * sech**2) / 24.0)
        return jnp.where(narrow, series, closed) / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        span, position = self._span, self._position(omega)
        narrow = span < _NARROW
        safe = jnp.where(narrow, 1.0, span)
        falling = jnp.logaddexp(0.0, safe - 2.0 * position) - jnp.logaddexp(0.0, -safe - 2.0 * position)
        part = jax.nn.sigmoid(-2.0 * position)
        curvature = part * (1.0 - part) * (1.0 - 2.0 * part)
        real = jnp.where(narrow, part + span**2 * curvature / 6.0, falling / (2.0 * safe))
        return real + 1j * jnp.asarray(omega) * self.kernel(omega)

    @property
    def mean(self) -> jax.Array:
        """τ̄ = (τ₂ − τ₁)/Λ, s."""
        half = 0.5 * self._span
        narrow = half < _NARROW
        safe = jnp.where(narrow, 1.0, half)
        falling = jnp.where(narrow, 0.0, -0.5 * jnp.expm1(-2.0 * safe) / safe)
        series = 1.0 + half**2 / 6.0
        return jnp.where(narrow, jnp.exp(self._middle) * series, jnp.exp(self._middle + safe) * falling)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times: the overlap in ln τ over Λ."""
        first, last = (
            jnp.clip((jnp.log(t) - self._middle) / self._span, -0.5, 0.5) for t in (shortest, longest)
        )
        return last - first


class LogUniform(Evenly):
    """f(τ) = 1/(Λτ) for τ_min ≤ τ ≤ τ_max, Λ = ln(τ_max/τ_min): what gives 1/f noise.

    With y = ln(ω√(τ_min τ_max)):
    K(ω) = arctan[sinh(Λ/2)/cosh y]/(ωΛ)  (= [arctan ωτ_max − arctan ωτ_min]/(ωΛ)),
    Re H(ω) = ln[(1+1/ω²τ_min²)/(1+1/ω²τ_max²)]/(2Λ).

    Args:
        tau_min: shortest relaxation time τ₁, s, > 0.
        tau_max: longest relaxation time τ₂, s, > 0; exchanging the two changes nothing.

    Source: Liu, Andreev, Spivak 2025, Eq. 17; Dutta and Horn 1981.
    """

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
    def _ends(self) -> tuple[jax.Array, jax.Array]:
        return jnp.log(self.tau_min), jnp.log(self.tau_max)
