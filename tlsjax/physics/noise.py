"""Equilibrium current noise of a current-carrying superconductor, Eqs. 20 and 21."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, HBAR
from tlsjax.errors import InputError
from tlsjax.physics.conductivity import conductivity
from tlsjax.physics.relaxation import Relaxation

Convention = Literal["paper", "two-sided", "one-sided"]
"""How a spectral density is counted: as the paper prints it, ∫dt e^{iωt}⟨δI(t)δI(0)⟩, or per Hz at f > 0."""

_FACTORS: dict[str, float] = {"paper": 1.0, "two-sided": 2.0, "one-sided": 4.0}


def fluctuation_energy(omega: ArrayLike, *, temperature: ArrayLike) -> jax.Array:
    """(ħω/2)coth(ħω/2k_BT), J: mean energy of an oscillator, k_BT of the quantum theorem.

    Args:
        omega: angular frequency, rad/s, ≥ 0.
        temperature: K, ≥ 0; the arguments broadcast.

    Limits: k_BT for ħω ≪ k_BT, ħω/2 for ħω ≫ k_BT and at zero temperature.
    Beyond the paper: Callen and Welton 1951; Lifshitz and Pitaevskii.
    """
    omega, temperature = jnp.asarray(omega), jnp.asarray(temperature)
    quantum, thermal = HBAR * omega, BOLTZMANN * temperature
    warm = temperature > 0.0
    ratio = HBAR / BOLTZMANN * omega / jnp.where(warm, temperature, 1.0)
    # below this the derivatives of the closed form lose digits; the series is exact to 1e-17
    slow = warm & (ratio < 0.2)
    square = jnp.where(slow, 0.5 * ratio, 0.0) ** 2
    terms = 1 / 3, -1 / 45, 2 / 945, -1 / 4725, 2 / 93555
    series = thermal * (1.0 + square * jnp.polyval(jnp.asarray(terms[::-1]), square))
    # each formula safe where it isn't taken, for the sake of the derivatives
    safe = jnp.where(warm & ~slow, ratio, 1.0)
    occupied = jnp.where(warm, jnp.exp(-safe) / -jnp.expm1(-safe), 0.0)
    return jnp.where(slow, series, quantum * (0.5 + occupied))


def fluctuation_dissipation(
    conductance: ArrayLike,
    *,
    temperature: ArrayLike,
    convention: Convention = "one-sided",
    quantum: bool = False,
    omega: ArrayLike | None = None,
) -> jax.Array:
    """S_I(ω) = c·k_BT·Y(ω), the classical fluctuation–dissipation theorem, ħω ≪ k_BT, or the quantum one.

    Args:
        conductance: dissipative conductance of the whole sample Y, S.
        temperature: K.
        convention: ``"paper"`` c = 1 (Eq. 20), ``"two-sided"`` c = 2, ``"one-sided"`` c = 4 per Hz, which a
            spectrum analyser shows.
        quantum: k_BT → (ħω/2)coth(ħω/2k_BT), for the symmetrised spectrum at any ħω/k_BT.
        omega: angular frequency, rad/s, ≥ 0; only the quantum theorem needs it.

    Returns:
        A²/Hz (A² s), shape of the broadcast arguments.

    Raises:
        ValueError: the convention is none of the three, or ``quantum`` comes without ``omega``.

    Source: Liu, Andreev, Spivak 2025, Eq. 20; Lifshitz and Pitaevskii. Beyond the paper: the quantum form
    (:func:`fluctuation_energy`).
    """
    if convention not in _FACTORS:
        raise ValueError(f"convention {convention!r} is none of {', '.join(map(repr, get_args(Convention)))}")
    if not quantum:
        energy = BOLTZMANN * jnp.asarray(temperature)
    elif omega is None:
        raise InputError("quantum=True needs the angular frequency: give omega")
    else:
        energy = fluctuation_energy(omega, temperature=temperature)
    return _FACTORS[convention] * energy * jnp.asarray(conductance)


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
    quantum: bool = False,
) -> jax.Array:
    """S_I(ω) = c·k_BT·σ(ω)·W/ℓ_x, spectral density of the current through the whole film, A²/Hz.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.conductivity`.
        temperature: K.
        width: width W of the film across the current, m.
        length: length ℓ_x along the current, m.
        convention, quantum: see :func:`fluctuation_dissipation`.

    Raises:
        ValueError: the convention is unknown.

    Limits: 1/f for log-uniform f at ω ≪ √η ω*.
    Source: Liu, Andreev, Spivak 2025, Eqs. 15 and 20.
    """
    sheet = conductivity(
        omega, nu=nu, lambda_f=lambda_f, omega_star=omega_star, eta=eta, relaxation=relaxation, angle=angle
    )
    conductance = sheet * jnp.asarray(width) / jnp.asarray(length)
    return fluctuation_dissipation(
        conductance, temperature=temperature, convention=convention, quantum=quantum, omega=omega
    )


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
