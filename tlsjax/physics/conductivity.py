"""Dissipative conductivity of a current-carrying superconductor, Eqs. 15, 16, 18, 19."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.physics.relaxation import LogUniform, Relaxation


def amplitude(nu: ArrayLike, lambda_f: ArrayLike) -> jax.Array:
    """A = e²νλ_F², S·s: all that a spectrum sees of ν and λ_F.

    Args:
        nu: areal density of two-level systems ν, J⁻¹ m⁻².
        lambda_f: Fermi wavelength λ_F, m.

    Source: Liu, Andreev, Spivak 2025, Eq. 15.
    """
    return jnp.asarray(nu) * (ELEMENTARY_CHARGE * jnp.asarray(lambda_f)) ** 2


def crossover(omega_star: ArrayLike, eta: ArrayLike) -> jax.Array:
    """ω_c = √η ω*, rad/s: below it the superflow dominates; all that a spectrum sees of η and ω*.

    Source: Liu, Andreev, Spivak 2025, Eq. 14, with the factor that makes both terms of Eq. 15 equal there.
    """
    return jnp.sqrt(jnp.asarray(eta)) * jnp.asarray(omega_star)


def dissipation(
    omega: ArrayLike,
    *,
    amplitude: ArrayLike,
    omega_c_squared: ArrayLike,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """σ(ω) = A[ω² + ω_c²cos²θ]K(ω) in S: Eq. 15 in the combinations that a spectrum determines.

    Args:
        omega: angular frequency, rad/s, > 0; the arguments broadcast.
        amplitude: A = e²νλ_F², S·s.
        omega_c_squared: ω_c² = ηω*² at the bias current of the point, rad²/s².
        relaxation: distribution f(τ).
        angle: angle θ between the ac field and the dc supercurrent, rad.

    Source: Liu, Andreev, Spivak 2025, Eq. 15.
    """
    omega = jnp.asarray(omega)
    along = jnp.asarray(omega_c_squared) * jnp.cos(jnp.asarray(angle)) ** 2
    return jnp.asarray(amplitude) * (omega**2 + along) * relaxation.kernel(omega)


def conductivity(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """Dissipative sheet conductivity σ₁(ω) = e²νλ_F²[ω² + ηω*²cos²θ]K(ω), S per square.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast against it.
        nu: areal density of two-level systems ν, J⁻¹ m⁻².
        lambda_f: Fermi wavelength λ_F, m.
        omega_star: ω* at the bias current of the point, rad/s; it grows as the current
            (:func:`tlsjax.physics.bias.omega_star_at`).
        eta: factor of order one η.
        relaxation: distribution f(τ) of relaxation times.
        angle: angle θ between the ac field and the dc supercurrent, rad: 0 is longitudinal, π/2 transverse.

    Returns:
        σ₁ in S, shape of the broadcast arguments.

    Limits: :func:`low_frequency_limit`, :func:`unbiased_broad_limit`, :func:`biased_broad_limit`; at π/2 and
    at ``omega_star = 0`` the spectrum of no bias.
    Source: Liu, Andreev, Spivak 2025, Eq. 15, with the prefactor exactly 1.
    """
    return dissipation(
        omega,
        amplitude=amplitude(nu, lambda_f),
        omega_c_squared=jnp.asarray(eta) * jnp.asarray(omega_star) ** 2,
        relaxation=relaxation,
        angle=angle,
    )


def low_frequency_limit(
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """σ∥(ω → 0) = e²νλ_F²ηω*²cos²θ·τ̄, S, for f that decays faster than 1/τ²; arguments as Eq. 15.

    Source: Liu, Andreev, Spivak 2025, Eq. 16.
    """
    along = jnp.asarray(eta) * (jnp.asarray(omega_star) * jnp.cos(jnp.asarray(angle))) ** 2
    return amplitude(nu, lambda_f) * along * relaxation.mean


def unbiased_broad_limit(
    omega: ArrayLike, *, nu: ArrayLike, lambda_f: ArrayLike, relaxation: LogUniform
) -> jax.Array:
    """σ(ω) = e²νλ_F²ω·π/(2Λ), S: no bias, log-uniform f, 1/τ₂ ≪ ω ≪ 1/τ₁; ω in rad/s.

    Source: Liu, Andreev, Spivak 2025, Eq. 18, with the factor that the paper leaves out.
    """
    return amplitude(nu, lambda_f) * jnp.asarray(omega) * jnp.pi / (2.0 * _span(relaxation))


def biased_broad_limit(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: LogUniform,
) -> jax.Array:
    """σ∥(ω) = e²νλ_F²(ηω*²/ω)·π/(2Λ), S: log-uniform f, 1/τ₂ ≪ ω ≪ 1/τ₁ and ω ≪ √η ω*; ω in rad/s.

    Source: Liu, Andreev, Spivak 2025, Eq. 19, with the factor that the paper leaves out.
    """
    enhanced = amplitude(nu, lambda_f) * jnp.asarray(eta) * jnp.asarray(omega_star) ** 2
    return enhanced / jnp.asarray(omega) * jnp.pi / (2.0 * _span(relaxation))


def _span(relaxation: LogUniform) -> jax.Array:
    return jnp.log(relaxation.tau_max) - jnp.log(relaxation.tau_min)
