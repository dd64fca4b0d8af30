"""From conductivity to the loss of a resonator."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike


def resonator_loss(
    omega: ArrayLike,
    conductivity: ArrayLike,
    *,
    kinetic_inductance: ArrayLike,
    kinetic_fraction: ArrayLike = 1.0,
) -> jax.Array:
    """1/Q_i = α_kωL□σ₁(ω), dimensionless, for a film thinner than the penetration depth.

    Args:
        omega: angular frequency, rad/s.
        conductivity: dissipative sheet conductivity σ₁, S.
        kinetic_inductance: L□, H per square.
        kinetic_fraction: share α_k of the resonator's inductance that is kinetic, 0 to 1.

    Limits: valid for ωL□σ₁ ≪ 1.
    """
    reactance = jnp.asarray(omega) * jnp.asarray(kinetic_inductance)
    return jnp.asarray(kinetic_fraction) * reactance * jnp.asarray(conductivity)
