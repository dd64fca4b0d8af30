"""A superconducting film: from what is known of it to α_s, ω*, η and p̄_s, Eqs. 8–14, 22, 23."""

from math import pi
from typing import Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE, HBAR, PLANCK
from tlsjax.errors import InputError
from tlsjax.physics.depairing import DEPAIRING_CURRENT, Depairing, current_law, inductance_law, momentum_law
from tlsjax.physics.relaxation.base import as_float
from tlsjax.physics.validity import validity as _validity

OmegaStarForm = Literal["printed", "chained"]
"""ω* as Eq. 13 prints it, or chained together from Eqs. 11b and 12: √(8π)/C times smaller."""
DensityForm = Literal["exact", "printed"]
"""Superfluid density of the dirty limit, or as Eq. 22 prints it: π times smaller."""
Orientation = Literal["aligned", "isotropic"]
"""Dipoles along the field, ⟨d∥²⟩ = d², or in any direction, ⟨d∥²⟩ = d²/3."""

ELECTRON_MASS = 9.1093837139e-31
"""Electron mass m, kg (CODATA 2022)."""
GAP_RATIO = pi * 0.5614594835668851
"""Δ/k_BT_c = πe^{−γ} = 1.76388 of weak coupling (Bardeen, Cooper, Schrieffer 1957)."""
_PARALLEL_SHARE: dict[str, float] = {"aligned": 1.0, "isotropic": 1.0 / 3.0}  # ⟨d∥²⟩/d²


class Film(eqx.Module):
    """A dirty superconducting film of thickness L_z at T ≪ T_c; every number is an array leaf, SI units.

    Give the thickness and
        - ``gap`` or ``critical_temperature`` (then Δ = 1.764 k_BT_c);
        - two of ``fermi_velocity``, ``fermi_wavelength``, ``mass``, tied by λ_F = 2πħ/(mv_F); with one of the
          first two the mass is the electron's;
        - ``mean_free_path`` or ``sheet_resistance``, tied by Eq. 10, or ``sheet_inductance`` alone.

    A ``sheet_inductance`` beside one of the other two is taken as measured: it replaces ħR□/(πΔ).

    Args:
        thickness: L_z, m.
        gap: Δ at T = 0 without current, J.
        critical_temperature: T_c, K.
        fermi_velocity: v_F, m/s.
        fermi_wavelength: λ_F, m.
        mass: m, kg.
        mean_free_path: ℓ, m.
        sheet_resistance: R□ just above T_c, Ω per square.
        sheet_inductance: kinetic inductance L□ at T ≪ T_c, H per square.
        carrier_density: N, m⁻³; 8π/(3λ_F³), free electrons, where None. Only the printed Eq. 22 has it.
        density_constant: C of Eq. 9, of order one.
        coupling_constant: k of Eq. 8, of order one.
        dipole_constant: k₁ = d/(eλ_F), of order one; measured dipoles of 1–3 D give about 0.1.

    Raises:
        InputError: too much or too little is given; in every method, an option is unknown.

    Source: Liu, Andreev, Spivak 2025, Eqs. 8–14, 22 and 23.
    """

    gap: jax.Array
    fermi_velocity: jax.Array
    fermi_wavelength: jax.Array
    mean_free_path: jax.Array
    thickness: jax.Array
    measured_inductance: jax.Array | None
    given_density: jax.Array | None
    density_constant: jax.Array
    coupling_constant: jax.Array
    dipole_constant: jax.Array

    def __init__(
        self,
        *,
        thickness: ArrayLike,
        gap: ArrayLike | None = None,
        critical_temperature: ArrayLike | None = None,
        fermi_velocity: ArrayLike | None = None,
        fermi_wavelength: ArrayLike | None = None,
        mass: ArrayLike | None = None,
        mean_free_path: ArrayLike | None = None,
        sheet_resistance: ArrayLike | None = None,
        sheet_inductance: ArrayLike | None = None,
        carrier_density: ArrayLike | None = None,
        density_constant: ArrayLike = 1.0,
        coupling_constant: ArrayLike = 1.0,
        dipole_constant: ArrayLike = 1.0,
    ) -> None:
        self.thickness = as_float(thickness)
        if gap is not None and critical_temperature is None:
            self.gap = as_float(gap)
        elif critical_temperature is not None and gap is None:
            self.gap = GAP_RATIO * BOLTZMANN * as_float(critical_temperature)
        else:
            raise InputError("a film needs either gap (J) or critical_temperature (K), one of the two")
        per_mass = PLANCK / as_float(ELECTRON_MASS if mass is None else mass)
        if fermi_velocity is not None and (mass is None or fermi_wavelength is None):
            self.fermi_velocity = as_float(fermi_velocity)
            matching = per_mass / self.fermi_velocity
            self.fermi_wavelength = matching if fermi_wavelength is None else as_float(fermi_wavelength)
        elif fermi_wavelength is not None and fermi_velocity is None:
            self.fermi_wavelength = as_float(fermi_wavelength)
            self.fermi_velocity = per_mass / self.fermi_wavelength
        else:
            raise InputError("a film needs two of fermi_velocity (m/s), fermi_wavelength (m) and mass (kg)")
        if sheet_resistance is None and mean_free_path is None and sheet_inductance is not None:
            sheet_resistance = pi * self.gap * as_float(sheet_inductance) / HBAR
        if mean_free_path is not None and sheet_resistance is None:
            self.mean_free_path = as_float(mean_free_path)
        elif sheet_resistance is not None and mean_free_path is None:
            conductance = PLANCK / (ELEMENTARY_CHARGE**2 * as_float(sheet_resistance))
            self.mean_free_path = 3.0 * conductance * self.fermi_wavelength**2 / (8.0 * pi * self.thickness)
        else:
            raise InputError(
                "a film needs one of mean_free_path (m) and sheet_resistance (ohm), or sheet_inductance (H)"
            )
        self.measured_inductance = None if sheet_inductance is None else as_float(sheet_inductance)
        self.given_density = None if carrier_density is None else as_float(carrier_density)
        self.density_constant = as_float(density_constant)
        self.coupling_constant = as_float(coupling_constant)
        self.dipole_constant = as_float(dipole_constant)

    @property
    def mass(self) -> jax.Array:
        """m = 2πħ/(λ_Fv_F), kg."""
        return PLANCK / (self.fermi_wavelength * self.fermi_velocity)

    @property
    def fermi_energy(self) -> jax.Array:
        """ε_F = mv_F²/2, J."""
        return self.mass * self.fermi_velocity**2 / 2.0

    @property
    def carrier_density(self) -> jax.Array:
        """N, m⁻³: as given, or 8π/(3λ_F³)."""
        free = 8.0 * pi / (3.0 * self.fermi_wavelength**3)
        return free if self.given_density is None else self.given_density

    @property
    def diffusion(self) -> jax.Array:
        """D = v_Fℓ/3, m²/s."""
        return self.fermi_velocity * self.mean_free_path / 3.0

    @property
    def coherence_length(self) -> jax.Array:
        """ξ = √(ħD/Δ), m."""
        return jnp.sqrt(HBAR / self.gap * self.diffusion)  # the product would leave single precision

    @property
    def clean_coherence_length(self) -> jax.Array:
        """ξ₀ = ħv_F/Δ, m, of the pure superconductor."""
        return HBAR * self.fermi_velocity / self.gap

    @property
    def depairing_momentum(self) -> jax.Array:
        """p_d = √(ħΔ/D) = ħ/ξ, kg m/s."""
        return HBAR / self.coherence_length

    @property
    def conductance(self) -> jax.Array:
        """G = (8π/3)ℓL_z/λ_F² = 2πħ/(e²R□), in units of e²/2πħ: Eq. 10."""
        return 8.0 * pi / 3.0 * self.mean_free_path * self.thickness / self.fermi_wavelength**2

    @property
    def sheet_resistance(self) -> jax.Array:
        """R□ = 2πħ/(e²G), Ω per square, of the normal state."""
        return PLANCK / (ELEMENTARY_CHARGE**2 * self.conductance)

    @property
    def sheet_inductance(self) -> jax.Array:
        """L□, H per square: as measured, or ħR□/(πΔ), the dirty limit at T = 0 (Mattis, Bardeen 1958)."""
        if self.measured_inductance is not None:
            return self.measured_inductance
        return HBAR * self.sheet_resistance / (pi * self.gap)

    @property
    def dipole(self) -> jax.Array:
        """d = k₁eλ_F, C m, half the dipole-moment difference of the two wells."""
        return self.dipole_constant * ELEMENTARY_CHARGE * self.fermi_wavelength

    @property
    def alpha_rms(self) -> jax.Array:
        """rms α_s = kCD/(ħ√G), 1/kg, ⟨α_s⟩ = 0: Eq. 11b."""
        order_one = self.coupling_constant * self.density_constant
        return order_one * self.diffusion / (HBAR * jnp.sqrt(self.conductance))

    def density_rms(self, ps_over_pd: ArrayLike) -> jax.Array:
        """rms δn = C/(λ_F³√G)·(Δ/ε_F)(p_s/p_d)², m⁻³, for p_s ≪ p_d: Eq. 9."""
        scale = self.density_constant / (self.fermi_wavelength**3 * jnp.sqrt(self.conductance))
        return scale * self.gap / self.fermi_energy * jnp.asarray(ps_over_pd) ** 2

    def splitting_rms(self, ps_over_pd: ArrayLike) -> jax.Array:
        """rms δε_s = kε_Fλ_F³·rms δn = kCΔ/√G·(p_s/p_d)², J, for p_s ≪ p_d: Eqs. 8 and 11a."""
        return self.alpha_rms * (self.depairing_momentum * jnp.asarray(ps_over_pd)) ** 2

    def omega_star(self, ps_over_pd: ArrayLike, form: OmegaStarForm = "printed") -> jax.Array:
        """ω*, rad/s: below it the superflow shifts a typical two-level system more than the field does.

        Args:
            ps_over_pd: p̄_s/p_d, an estimate for p̄_s ≪ p_d.
            form: ``"printed"`` (k/k₁)(Δ/ħ)(p̄_s/p_d)√(ξ₀/L_z), Eq. 13; ``"chained"`` e·rms α_s·p̄_s/d, Eqs. 11b
                and 12. Chained over printed is C/√(8π) for every film.
        """
        _choose("omega_star form", form, get_args(OmegaStarForm))
        if form == "chained":
            slope = ELEMENTARY_CHARGE * self.alpha_rms * self.depairing_momentum / self.dipole
        else:
            ratio = self.coupling_constant / self.dipole_constant
            slope = ratio * self.gap / HBAR * jnp.sqrt(self.clean_coherence_length / self.thickness)
        return slope * jnp.asarray(ps_over_pd)

    def eta(self, form: OmegaStarForm = "printed", orientation: Orientation = "aligned") -> jax.Array:
        """η = 4(ω*_chained/ω*)²·d²/⟨d∥²⟩, which makes Eq. 15 exact with the ω* of the same form.

        4 for ``"chained"``, C²/2π for ``"printed"``; three times that if isotropic, as then in :meth:`nu`.
        Source: beyond the paper (η ~ 1 there): the 2 of the linearised Eq. 5, squared.
        """
        _choose("omega_star form", form, get_args(OmegaStarForm))
        share = _choose_share(orientation)
        if form == "chained":
            return jnp.full_like(self.density_constant, 4.0 / share)
        return self.density_constant**2 / (2.0 * pi * share)

    def nu(self, areal_density: ArrayLike, orientation: Orientation = "aligned") -> jax.Array:
        """ν = n_ε⟨d∥²⟩/(eλ_F)² = n_εk₁²⟨d∥²⟩/d², J⁻¹ m⁻², the ν of Eq. 15 with its prefactor exactly 1.

        n_ε counts systems per area and unit |ε|, J⁻¹ m⁻²: twice the number per unit of the full splitting.
        """
        return jnp.asarray(areal_density) * self.dipole_constant**2 * _choose_share(orientation)

    def superfluid_density(self, form: DensityForm = "exact") -> jax.Array:
        """⟨N_s⟩ per area, m⁻²: ``"exact"`` m/(e²L□), dirty: πNL_zℓ/ξ₀; ``"printed"`` NL_zℓ/ξ₀, Eq. 22."""
        _choose("superfluid density form", form, get_args(DensityForm))
        if form == "exact":
            return self.mass / (ELEMENTARY_CHARGE**2 * self.sheet_inductance)
        return self.carrier_density * self.thickness * self.mean_free_path / self.clean_coherence_length

    def superfluid_density_rms(self, form: DensityForm = "exact") -> jax.Array:
        """rms δN_s = ⟨N_s⟩/G, m⁻², from place to place over regions of size ξ: Eq. 22; form of ⟨N_s⟩."""
        return self.superfluid_density(form) / self.conductance

    def single_system_density_rms(self, form: DensityForm = "exact") -> jax.Array:
        """rms δÑ_s = ⟨N_s⟩/G^{3/2}, m⁻², when one two-level system changes state: Eq. 23, an estimate."""
        return self.superfluid_density_rms(form) / jnp.sqrt(self.conductance)

    def momentum(self, current: ArrayLike, *, width: ArrayLike, depairing: Depairing = "none") -> jax.Array:
        """p̄_s = eL□I/W, kg m/s, or with depairing the p̄_s on the stable branch that carries I.

        Args:
            current: dc supercurrent I, A, either sign; above the depairing current there is no p̄_s: nan.
            width: W across the current, m.
            depairing: see :func:`tlsjax.physics.depairing.momentum_law`.

        Limits: without depairing p̄_s is 3.7 % too small at half the depairing current, 16 % at 0.9 of it.
        Source: Liu, Andreev, Spivak 2025, below Eq. 21, with L□ = m/(e²N_s). Beyond the paper: depairing.
        """
        reduced = jnp.asarray(current) / (self._current_scale * jnp.asarray(width))
        return self.depairing_momentum * momentum_law(reduced, depairing)

    def current(self, momentum: ArrayLike, *, width: ArrayLike, depairing: Depairing = "none") -> jax.Array:
        """I(p̄_s), A, the inverse of :meth:`momentum`; momentum in kg m/s, width in m."""
        reduced = current_law(jnp.asarray(momentum) / self.depairing_momentum, depairing)
        return self._current_scale * jnp.asarray(width) * reduced

    def depairing_current(self, *, width: ArrayLike) -> jax.Array:
        """I_d = 0.23736·p_dW/(eL□), A, at T = 0; width in m. Beyond the paper: Kupriyanov, Lukichev 1980."""
        return DEPAIRING_CURRENT * self._current_scale * jnp.asarray(width)

    def biased_inductance(
        self, current: ArrayLike, *, width: ArrayLike, depairing: Depairing = "usadel"
    ) -> jax.Array:
        """L□(I) = L□·dx/dy, H per square, of a small ac current along I (A) in a film of width W (m).

        Limits: L□[1 + c(I/I_d)²], c = 0.409 (``"usadel"``), 4/9 (``"ginzburg-landau"``); infinite at I_d.
        Beyond the paper: Clem, Kogan 2012, their slow experiment, ħω ≪ Δ.
        """
        reduced = jnp.asarray(current) / (self._current_scale * jnp.asarray(width))
        return self.sheet_inductance * inductance_law(reduced, depairing)

    @property
    def _current_scale(self) -> jax.Array:  # p_d/(eL□), A/m
        return self.depairing_momentum / (ELEMENTARY_CHARGE * self.sheet_inductance)

    validity = _validity


def _choose(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(f"{what} {value!r} is none of {', '.join(map(repr, known))}")


def _choose_share(orientation: str) -> float:
    _choose("orientation", orientation, tuple(_PARALLEL_SHARE))
    return _PARALLEL_SHARE[orientation]
