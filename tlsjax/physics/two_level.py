"""One two-level system: Hamiltonian, populations and its coupling to field and superflow, Eqs. 1–7.

ε is half the energy difference between the wells and E± = ±√(ε²+|t|²), so the full splitting is
E = 2√(ε²+|t|²). Vectors (field, dipole, momentum) have their components along the last axis.
"""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE, HBAR
from tlsjax.errors import InputError

CouplingForm = Literal["exact", "printed"]
"""Factor of the superflow term in Eq. 7: 2, from linearising Eq. 5, or 1, as the paper prints it."""

_SUPERFLOW_FACTOR: dict[str, float] = {"exact": 2.0, "printed": 1.0}


def hamiltonian(epsilon: ArrayLike, tunnelling: ArrayLike) -> jax.Array:
    """H = [[ε, t], [t*, −ε]], J, in the basis of the two wells.

    Args:
        epsilon: half the energy difference between the wells ε, J, any sign.
        tunnelling: amplitude t, J, real or complex; the two broadcast.

    Returns:
        complex array, the broadcast shape followed by (2, 2).

    Source: Liu, Andreev, Spivak 2025, Eq. 1.
    """
    epsilon, t = jnp.broadcast_arrays(jnp.asarray(epsilon), jnp.asarray(tunnelling))
    rows = [jnp.stack([epsilon + 0j, t + 0j], axis=-1), jnp.stack([jnp.conj(t) + 0j, -epsilon + 0j], axis=-1)]
    return jnp.stack(rows, axis=-2)


def half_splitting(epsilon: ArrayLike, tunnelling: ArrayLike) -> jax.Array:
    """E₊ = √(ε²+|t|²), J, half the full splitting; ε and t (J) broadcast.

    Limits: |ε| for t = 0, |t| for ε = 0; at ε = t = 0, a conical point, its derivatives are taken as 0.
    Source: Liu, Andreev, Spivak 2025, Eq. 2.
    """
    epsilon, t = jnp.asarray(epsilon), jnp.asarray(tunnelling)
    largest = jax.lax.stop_gradient(jnp.maximum(jnp.abs(epsilon), jnp.abs(t)))
    scale = jnp.where(largest > 0, largest, 1.0)  # squares of energies in J leave single precision's range
    squares = (epsilon / scale) ** 2 + (jnp.real(t) / scale) ** 2 + (jnp.imag(t) / scale) ** 2
    return scale * jnp.where(squares > 0, jnp.sqrt(jnp.where(squares > 0, squares, 1.0)), 0.0)


def energies(epsilon: ArrayLike, tunnelling: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """(E₋, E₊) = (−√(ε²+|t|²), +√(ε²+|t|²)), J, of ε and t in J: Eq. 2, see :func:`half_splitting`."""
    upper = half_splitting(epsilon, tunnelling)
    return -upper, upper


def full_splitting(epsilon: ArrayLike, tunnelling: ArrayLike) -> jax.Array:
    """E = E₊ − E₋ = 2√(ε²+|t|²), J, what a resonant photon ħω must match: Eq. 2, see :func:`energies`."""
    return 2.0 * half_splitting(epsilon, tunnelling)


def eigenstates(epsilon: ArrayLike, tunnelling: ArrayLike) -> jax.Array:
    """Eigenvectors of H as columns, lower energy first, complex, the broadcast shape followed by (2, 2).

    With tan ϑ = |t|/ε and t = |t|e^{iφ} the upper state is (cos ϑ/2, e^{−iφ} sin ϑ/2), the lower one
    (−e^{iφ} sin ϑ/2, cos ϑ/2).

    Args:
        epsilon: ε, J.
        tunnelling: t, J, real or complex.

    Limits: the wells themselves for t = 0, where φ is taken as 0.
    Source: Liu, Andreev, Spivak 2025, Eqs. 1 and 2.
    """
    epsilon, t = jnp.broadcast_arrays(jnp.asarray(epsilon), jnp.asarray(tunnelling) + 0j)
    size = jnp.abs(t)
    phase = jnp.where(size > 0, t, 1.0) / jnp.where(size > 0, size, 1.0)
    half = 0.5 * jnp.arctan2(size, epsilon)
    cosine, sine = jnp.cos(half) + 0j, jnp.sin(half)
    lower = jnp.stack([-phase * sine, cosine], axis=-1)
    upper = jnp.stack([cosine, jnp.conj(phase) * sine], axis=-1)
    return jnp.stack([lower, upper], axis=-1)


def level_populations(
    epsilon: ArrayLike, tunnelling: ArrayLike, *, temperature: ArrayLike
) -> tuple[jax.Array, jax.Array]:
    """Thermal occupations of the lower and the upper eigenstate, 1/(1+e^{∓2E₊/k_BT}), E₊ = √(ε²+|t|²).

    Args:
        epsilon: ε, J.
        tunnelling: t, J, real or complex.
        temperature: K, > 0.

    Limits: ½ each for E₊ ≪ k_BT, 1 and 0 for E₊ ≫ k_BT.
    Source: Boltzmann's distribution over Eq. 2 of Liu, Andreev, Spivak 2025.
    """
    ratio = 2.0 * half_splitting(epsilon, tunnelling) / (BOLTZMANN * jnp.asarray(temperature))
    return jax.nn.sigmoid(ratio), jax.nn.sigmoid(-ratio)


def well_population(epsilon: ArrayLike, *, temperature: ArrayLike) -> jax.Array:
    """p(up) = 1/(1+e^{2ε/k_BT}), thermal occupation of the well at energy +ε, for |t| ≪ |ε|.

    Args:
        epsilon: ε, J, any sign.
        temperature: K, > 0.

    Source: Boltzmann's distribution over Eq. 1 of Liu, Andreev, Spivak 2025, in its regime |t| ≪ |ε|.
    """
    return jax.nn.sigmoid(-2.0 * jnp.asarray(epsilon) / (BOLTZMANN * jnp.asarray(temperature)))


def polarisation(
    epsilon: ArrayLike, *, temperature: ArrayLike, tunnelling: ArrayLike | None = None
) -> jax.Array:
    """⟨s⟩ = −tanh(ε/k_BT), s = ±1 in the well at ±ε; with t: ⟨s⟩ = −(ε/E₊)tanh(E₊/k_BT).

    Args:
        epsilon: ε, J, any sign.
        temperature: K, > 0.
        tunnelling: t, J; the form for |t| ≪ |ε| where None.

    Limits: −ε/k_BT for ε, |t| ≪ k_BT; the two forms agree for |t| ≪ |ε|.
    Source: thermal average over Eqs. 1 and 2 of Liu, Andreev, Spivak 2025.
    """
    thermal, epsilon = BOLTZMANN * jnp.asarray(temperature), jnp.asarray(epsilon)
    if tunnelling is None:
        return -jnp.tanh(epsilon / thermal)
    energy = half_splitting(epsilon, tunnelling) / thermal
    finite = jnp.where(energy > 0, energy, 1.0)
    return -epsilon / thermal * jnp.where(energy > 0, jnp.tanh(finite) / finite, 1.0)


def thermal_weight(epsilon: ArrayLike, *, temperature: ArrayLike) -> jax.Array:
    """−d⟨s⟩/dε = sech²(ε/k_BT)/k_BT, 1/J, for |t| ≪ |ε|: how a system at ε (J) counts in Eq. 15 at T (K).

    Limits: ∫₀^∞ over ε is 1, so Eq. 15 takes the density of systems per unit |ε| and no further factor.
    Source: physics of Debye relaxation; Liu, Andreev, Spivak 2025, Eq. 15.
    """
    thermal = BOLTZMANN * jnp.asarray(temperature)
    decay = jnp.exp(-2.0 * jnp.abs(jnp.asarray(epsilon)) / thermal)  # cosh would overflow
    return 4.0 * decay / (1.0 + decay) ** 2 / thermal


def dipole_shift(field: ArrayLike, dipole: ArrayLike) -> jax.Array:
    """δε_d = −E·d, J; 2d is the difference of the dipole moments of the two wells.

    Args:
        field: electric field E, V/m, components along the last axis.
        dipole: d, C m, likewise.

    Source: Liu, Andreev, Spivak 2025, Eq. 3.
    """
    return -jnp.sum(jnp.asarray(field) * jnp.asarray(dipole), axis=-1)


def phase_momentum(phase_gradient: ArrayLike, vector_potential: ArrayLike) -> jax.Array:
    """p_s = (ħ/2)∇χ − eA, kg m/s; ∇χ in 1/m, A in V s/m.

    Source: Liu, Andreev, Spivak 2025, Eq. 4, in SI units.
    """
    return HBAR / 2.0 * jnp.asarray(phase_gradient) - ELEMENTARY_CHARGE * jnp.asarray(vector_potential)


def superflow_shift(momentum: ArrayLike, alpha: ArrayLike) -> jax.Array:
    """δε_s = α_s p_s², J, even in the flow.

    Args:
        momentum: superfluid momentum p_s, kg m/s, components along the last axis.
        alpha: α_s = dε/d(p_s²), 1/kg, either sign; its rms is :attr:`tlsjax.physics.film.Film.alpha_rms`.

    Limits: p_s ≪ p_d.
    Source: Liu, Andreev, Spivak 2025, Eq. 5.
    """
    return jnp.asarray(alpha) * jnp.sum(jnp.asarray(momentum) ** 2, axis=-1)


def momentum_amplitude(field: ArrayLike, omega: ArrayLike) -> jax.Array:
    """δp_ω = ieE_ω/ω, kg m/s, complex, for E(t) = Re(E_ω e^{−iωt}); E_ω in V/m (peak), ω in rad/s, > 0.

    Source: Liu, Andreev, Spivak 2025, Eq. 6: ṗ_s = eE.
    """
    return 1j * ELEMENTARY_CHARGE * jnp.asarray(field) / jnp.asarray(omega)[..., None]


def coupling(
    field: ArrayLike,
    omega: ArrayLike,
    *,
    dipole: ArrayLike,
    alpha: ArrayLike,
    momentum: ArrayLike,
    form: CouplingForm = "exact",
) -> jax.Array:
    """δε_ω = −(d − 2i(e/ω)α_s p̄_s)·E_ω, J, complex: the linear shift, δε(t) = Re(δε_ω e^{−iωt}).

    Args:
        field: amplitude E_ω, V/m (peak), real or complex, components along the last axis.
        omega: angular frequency, rad/s, > 0, shape of the arguments without that axis.
        dipole: d, C m, as the field.
        alpha: α_s, 1/kg, shape of ``omega``.
        momentum: dc superfluid momentum p̄_s, kg m/s, as the field.
        form: ``"exact"``, which linearises Eq. 5 and has the 2; ``"printed"``, the paper's Eq. 7 without it.

    Raises:
        InputError: the form is neither.

    Limits: −d·E_ω without bias or across it; valid for eE_ω/ω ≪ p̄_s and ħω ≪ Δ.
    Source: Liu, Andreev, Spivak 2025, Eq. 7. Beyond the paper: the 2, from δ(p_s²) = 2p̄_s·δp_s.
    """
    if form not in _SUPERFLOW_FACTOR:
        known = ", ".join(map(repr, get_args(CouplingForm)))
        raise InputError(f"coupling form {form!r} is none of {known}")
    along = jnp.sum(jnp.asarray(momentum) * momentum_amplitude(field, omega), axis=-1)
    return dipole_shift(field, dipole) + _SUPERFLOW_FACTOR[form] * jnp.asarray(alpha) * along
