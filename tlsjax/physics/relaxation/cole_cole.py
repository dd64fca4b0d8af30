"""Havriliak–Negami relaxation symmetric in ln τ."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import parameter
from tlsjax.physics.relaxation.forwarding import Forwarding
from tlsjax.physics.relaxation.havriliak_negami import HavriliakNegami, _angle


class ColeCole(Forwarding):
    """H(ω) = 1/[1 + (−iωτ₀)^a], symmetric in ln τ: τf = sin(πa)/{2π[cosh(a ln(τ/τ₀)) + cos πa]}.

    Limits: a = 1 is :class:`Single`; K ∝ ω^{a−1} for ωτ₀ ≪ 1, ∝ ω^{−a−1} for ωτ₀ ≫ 1; τ̄ = ∞ for a < 1.

    Args:
        tau: relaxation time τ₀, the median, s, > 0.
        a: exponent of both tails of f, 0 < a ≤ 1; f is negative for 1 < a < 2.

    Source: Cole and Cole 1941, J. Chem. Phys. 9, 341; in the conductivity Liu, Andreev, Spivak 2025, Eq. 15.
    """

    tau: jax.Array = parameter("tau", "τ₀", "median relaxation time", unit="s", anchor="middle", spread=30.0)
    a: jax.Array = parameter(
        "a", "a", "exponent of both tails, at most 1", support="fraction", centre=0.8, spread=1.2
    )

    def equivalent(self) -> HavriliakNegami:
        """Havriliak–Negami with b = 1."""
        return HavriliakNegami(self.tau, self.a, jnp.ones_like(self.a))

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times: the angle arg[1 + (τ/τ₀)^a e^{iπa}] passes between them, over πa."""
        low, high = (_angle(jnp.log(t) - jnp.log(self.tau), self.a) for t in (shortest, longest))
        return (high - low) / (np.pi * self.a)
