"""Havriliak–Negami relaxation with a sharp longest time."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import parameter
from tlsjax.physics.relaxation.forwarding import Forwarding
from tlsjax.physics.relaxation.havriliak_negami import HavriliakNegami, _one_sided_share


class DavidsonCole(Forwarding):
    """H(ω) = (1 − iωτ₀)^(−b): τf = (sin πb/π)·[r/(1−r)]^b with r = τ/τ₀ < 1, nothing above τ₀.

    τ/τ₀ has a beta distribution with parameters b and 1 − b.

    Limits: b = 1 is :class:`Single`; K → bτ₀ for ωτ₀ ≪ 1, ∝ ω^{−b−1} for ωτ₀ ≫ 1; f is infinite at τ₀.

    Args:
        tau: longest relaxation time τ₀, s, > 0.
        b: exponent of f towards short times, 0 < b ≤ 1.

    Source: Davidson and Cole 1951, J. Chem. Phys. 19, 1484; in the conductivity Liu, Andreev, Spivak 2025,
    Eq. 15.
    """

    tau: jax.Array = parameter("tau", "τ₀", "longest relaxation time", unit="s", anchor="middle", spread=30.0)
    b: jax.Array = parameter(
        "b", "b", "exponent towards short times, at most 1", support="fraction", centre=0.6, spread=1.5
    )

    def equivalent(self) -> HavriliakNegami:
        """Havriliak–Negami with a = 1."""
        return HavriliakNegami(self.tau, jnp.ones_like(self.b), self.b)

    @property
    def mean(self) -> jax.Array:
        """τ̄ = bτ₀, s."""
        return self.b * self.tau

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two incomplete beta functions."""
        low, high = (_one_sided_share(jnp.log(t) - jnp.log(self.tau), self.b) for t in (shortest, longest))
        return high - low
