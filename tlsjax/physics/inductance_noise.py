"""Noise of the kinetic inductance: what the two-level systems do to a resonator's frequency."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.errors import InputError
from tlsjax.physics.conductivity import amplitude
from tlsjax.physics.noise import Convention, fluctuation_dissipation
from tlsjax.physics.relaxation import Relaxation
from tlsjax.physics.two_level import thermal_weight

Profile = Literal["uniform", "standing-wave"]
"""The ac current along the resonator: the same everywhere (lumped), or a sine (λ/4, λ/2 and overtones)."""

_PROFILES: dict[str, float] = {"uniform": 1.0, "standing-wave": 1.5}


def telegraph_noise(
    omega: ArrayLike,
    *,
    amplitude: ArrayLike,
    relaxation_time: ArrayLike,
    energy: ArrayLike,
    temperature: ArrayLike,
    convention: Convention = "one-sided",
) -> jax.Array:
    """S(ω) = (c/2)·a²sech²(ε/k_BT)·2τ/(1+ω²τ²): one two-level system, whose two states add δÑ = ±a.

    Args:
        omega: angular frequency, rad/s; all arguments broadcast.
        amplitude: a, any unit; of the superfluid density averaged over ξ² it is 2mα_s/ξ², m⁻².
        relaxation_time: τ, s.
        energy: ε, half the splitting, J, any sign; |t| ≪ |ε|.
        temperature: K, > 0.
        convention: c = 1, 2 or 4, see :func:`tlsjax.physics.noise.fluctuation_dissipation`.

    Returns:
        square of the unit of ``amplitude`` over Hz, shape of the broadcast arguments.

    Raises:
        ValueError: the convention is unknown.

    Limits: summed over frequency the variance a²sech²(ε/k_BT), all of a² for ε ≪ k_BT; c = 1 over π is Eq. 25
    as printed, whose ⟨(δÑ)²⟩ is that variance.
    Source: Liu, Andreev, Spivak 2025, Eq. 25; Machlup 1954. Beyond the paper: the occupations, sech².
    """
    omega, tau = jnp.asarray(omega), jnp.asarray(relaxation_time)
    line = thermal_weight(energy, temperature=temperature) * tau / (1.0 + (omega * tau) ** 2)
    noise = fluctuation_dissipation(line, temperature=temperature, convention=convention)
    return jnp.asarray(amplitude) ** 2 * noise


def superfluid_density_noise(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    reference_current: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    temperature: ArrayLike,
    width: ArrayLike,
    length: ArrayLike,
    convention: Convention = "one-sided",
) -> jax.Array:
    """S_{δN/N}(ω) = c·k_BT·e²νλ_F²η(ω*/I)²K(ω)·W/ℓ_x, of δN_s/⟨N_s⟩ averaged over the film, 1/Hz.

    That is S_I/I² of the superflow part. As ω* ∝ I it does not depend on the bias, and is there at I = 0.

    Args:
        omega, nu, lambda_f, eta, relaxation: as in :func:`tlsjax.physics.conductivity.conductivity`.
        omega_star: ω* at the reference current, rad/s.
        reference_current: current I at which ω* is given, A, far below the depairing current, ≠ 0; the film
            need not carry it.
        temperature: K.
        width: width W of the film across the current, m.
        length: length ℓ_x along the current, m.
        convention: see :func:`tlsjax.physics.noise.fluctuation_dissipation`.

    Returns:
        1/Hz (s), shape of the broadcast arguments: also that of δL/L and of δI/I at fixed phase.

    Raises:
        ValueError: the convention is unknown.

    Limits: 1/f for log-uniform f; valid for ħω ≪ k_BT.
    Source: Liu, Andreev, Spivak 2025, Eqs. 15, 20, 24. Beyond the paper: read as noise of N_s at any bias,
    since δI at fixed phase is I·δN_s/⟨N_s⟩.
    """
    ratio = jnp.asarray(omega_star) / jnp.asarray(reference_current)
    sheet = amplitude(nu, lambda_f) * jnp.asarray(eta) * ratio**2 * relaxation.kernel(omega)
    per_square = sheet * jnp.asarray(width) / jnp.asarray(length)
    return fluctuation_dissipation(per_square, temperature=temperature, convention=convention)


def fluctuator_density_noise(
    omega: ArrayLike,
    *,
    fluctuator_density: ArrayLike,
    alpha: ArrayLike,
    kinetic_inductance: ArrayLike,
    relaxation: Relaxation,
    temperature: ArrayLike,
    width: ArrayLike,
    length: ArrayLike,
    convention: Convention = "one-sided",
) -> jax.Array:
    """S_{δN/N}(ω) = c·k_BT·4n_ε⟨α_s²⟩e⁴L□²K(ω)/(Wℓ_x), 1/Hz: from the two-level systems themselves.

    Each switches the superfluid density of its block ξ² by ±2mα_s/ξ². No bias enters.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        fluctuator_density: n_ε, areal density of two-level systems per unit |ε| (half of the full splitting),
            J⁻¹ m⁻².
        alpha: rms α_s, 1/kg.
        kinetic_inductance: L□ = m/(e²⟨N_s⟩), H per square.
        relaxation: distribution f(τ).
        temperature, width, length, convention: as in :func:`superfluid_density_noise`.

    Raises:
        ValueError: the convention is unknown.

    Limits: equals :func:`superfluid_density_noise` with e²νλ_F²ηω*² = 4n_εe²⟨α_s²⟩p̄_s², p̄_s = eL□I/W.
    Eqs. 22 and 23 as printed give an rms amplitude 4π smaller, not consistent with the
    fluctuation–dissipation theorem.
    Source: Liu, Andreev, Spivak 2025, Eqs. 11, 24, 25. Beyond the paper: the exact amplitude, from the
    kinetic energy N_sp_s²/2m, and independence of the bias.
    """
    shift = jnp.asarray(alpha) * ELEMENTARY_CHARGE**2 * jnp.asarray(kinetic_inductance)
    area = jnp.asarray(width) * jnp.asarray(length)
    per_square = 4.0 * jnp.asarray(fluctuator_density) * shift * shift / area * relaxation.kernel(omega)
    return fluctuation_dissipation(per_square, temperature=temperature, convention=convention)


def frequency_noise(
    density_noise: ArrayLike, *, kinetic_fraction: ArrayLike = 1.0, profile: Profile = "uniform"
) -> jax.Array:
    """S_y(ω) = s(α_k/2)²S_{δN/N}(ω) of a resonator's fractional frequency y = δf/f, 1/Hz.

    s = ⟨i⁴⟩/⟨i²⟩² of the ac current i(x) along the line, as systems at different places are uncorrelated.

    Args:
        density_noise: S_{δN/N} averaged over the resonator's whole width and length, 1/Hz.
        kinetic_fraction: share α_k of the resonator's inductance that is kinetic, 0 to 1.
        profile: ``"uniform"`` s = 1 (lumped inductor), ``"standing-wave"`` s = 3/2 (λ/4, λ/2).

    Returns:
        1/Hz in the convention of ``density_noise``, shape of the broadcast arguments.

    Raises:
        InputError: the profile is neither of the two.

    Limits: slow noise, ω far below the resonance.
    Beyond the paper: first-order perturbation, δf/f = −(α_k/2)∫i²(δL/L)dx/∫i²dx (as Gao, Daal, Vayonakis
    et al., Appl. Phys. Lett. 92, 152505, 2008, for the capacitance).
    """
    if profile not in _PROFILES:
        raise InputError(f"profile {profile!r} is none of {', '.join(map(repr, get_args(Profile)))}")
    return _PROFILES[profile] * (0.5 * jnp.asarray(kinetic_fraction)) ** 2 * jnp.asarray(density_noise)
