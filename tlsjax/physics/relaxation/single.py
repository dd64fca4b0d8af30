"""One relaxation time."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter


class Single(Relaxation):
    """All two-level systems relax with one time, f(τ) = δ(τ − τ₀).

    H(ω) = 1/(1 − iωτ₀),  K(ω) = τ₀/(1 + ω²τ₀²).

    Args:
        tau: relaxation time τ₀, s, > 0.

    Source: Debye, *Polar Molecules*.
    """

    tau: jax.Array = parameter("tau", "τ₀", "relaxation time", unit="s", anchor="middle", spread=30.0)

    def density(self, tau: ArrayLike) -> jax.Array:
        """A delta function has no density: always raises :class:`ValueError`."""
        raise ValueError("Single has no density: f(τ) is a delta function at tau")

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω) = 1/(1 − iωτ₀), complex, same shape as ω (rad/s)."""
        x = jnp.asarray(omega) * self.tau
        return (1.0 + 1j * x) / (1.0 + x * x)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) = τ₀/(1 + ω²τ₀²) in s, same shape as ω (rad/s)."""
        x = jnp.asarray(omega) * self.tau
        return self.tau / (1.0 + x * x)

    @property
    def mean(self) -> jax.Array:
        """τ₀, s."""
        return self.tau

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """1 where τ₀ lies between the two times, else 0."""
        return jnp.where((self.tau >= jnp.asarray(shortest)) & (self.tau <= jnp.asarray(longest)), 1.0, 0.0)
