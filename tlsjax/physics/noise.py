"""Equilibrium current noise of a current-carrying superconductor, Eqs. 20 and 21."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN
from tlsjax.physics.conductivity import conductivity
from tlsjax.physics.relaxation import Relaxation

Convention = Literal["paper", "two-sided", "one-sided"]
"""How a spectral density is counted: as the paper prints it, ∫dt e^{iωt}⟨δI(t)δI(0)⟩, or per Hz at f > 0."""

_FACTORS: dict[str, float] = {"paper": 1.0, "two-sided": 2.0, "one-sided": 4.0}


def fluctuation_dissipation(
    conductance: ArrayLike, *, temperature: ArrayLike, convention: Convention = "one-sided"
) -> jax.Array:
    """S_I(ω) = c·k_BT·Y(ω), the classical fluctuation–dissipation theorem, ħω ≪ k_BT.

    Args:
        conductance: dissipative conductance of the whole sample Y, S.
        temperature: K.
        convention: ``"paper"`` c = 1 (Eq. 20), ``"two-sided"`` c = 2, ``"one-sided"`` c = 4 per Hz, which a
            spectrum analyser shows.

    Returns:
        A²/Hz (A² s), shape of the broadcast arguments.

    Raises:
        ValueError: the convention is none of the three.

    Source: Liu, Andreev, Spivak 2025, Eq. 20; Lifshitz and Pitaevskii.
    """
    if convention not in _FACTORS:
        raise ValueError(f"convention {convention!r} is none of {', '.join(map(repr, get_args(Convention)))}")
    return _FACTORS[convention] * BOLTZMANN * jnp.asarray(temperature) * jnp.asarray(conductance)


def current_noise(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
    temperature: ArrayLike,
    width: ArrayLike,
    length: ArrayLike,
    convention: Convention = "one-sided",
) -> jax.Array:
    """S_I(ω) = c·k_BT·σ(ω)·W/ℓ_x, spectral density of the current through the whole film, A²/Hz.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.conductivity`.
        temperature: K.
        width: width W of the film across the current, m.
        length: length ℓ_x along the current, m.
        convention: see :func:`fluctuation_dissipation`.

    Raises:
        ValueError: the convention is unknown.

    Limits: 1/f for log-uniform f at ω ≪ √η ω*.
    Source: Liu, Andreev, Spivak 2025, Eqs. 15 and 20.
    """
    sheet = conductivity(
        omega, nu=nu, lambda_f=lambda_f, omega_star=omega_star, eta=eta, relaxation=relaxation, angle=angle
    )
    conductance = sheet * jnp.asarray(width) / jnp.asarray(length)
    return fluctuation_dissipation(conductance, temperature=temperature, convention=convention)


def noise_coefficient(
    *, nu: ArrayLike, temperature: ArrayLike, mean_free_path: ArrayLike, superfluid_density: ArrayLike
) -> jax.Array:
    """Γ = νk_BTℓ/⟨N_s⟩², m³, the strength of the 1/f noise.

    Args:
        nu: areal density of two-level systems ν, J⁻¹ m⁻².
        temperature: K.
        mean_free_path: ℓ, m.
        superfluid_density: ⟨N_s⟩ per unit area in the paper's form NL_zℓ/ξ₀, m⁻²; dirty BCS has π times more.

    Source: Liu, Andreev, Spivak 2025, Eq. 21.
    """
    energy = BOLTZMANN * jnp.asarray(temperature)
    return jnp.asarray(nu) * energy * jnp.asarray(mean_free_path) / jnp.asarray(superfluid_density) ** 2


def one_over_f_noise(
    omega: ArrayLike, *, gamma: ArrayLike, bias_current: ArrayLike, volume: ArrayLike
) -> jax.Array:
    """S_s(ω) = ΓI²/(Vω), A² s in the paper's convention: an estimate to a factor of order one.

    Args:
        omega: angular frequency, rad/s.
        gamma: Γ, m³ (:func:`noise_coefficient`).
        bias_current: I, A.
        volume: V = Wℓ_xL_z, m³.

    Limits: Eqs. 19 and 20 with the chained ω* give π/6 of it for every film.
    Source: Liu, Andreev, Spivak 2025, Eq. 21.
    """
    return jnp.asarray(gamma) * jnp.asarray(bias_current) ** 2 / (jnp.asarray(volume) * jnp.asarray(omega))
