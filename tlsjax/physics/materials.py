"""Typical films of common superconductors, for a first estimate.

Everything here varies by deposition, often by more than a factor of two. Give what was measured in its place:
``film_of("NbN", thickness=5e-9, sheet_resistance=400.0, critical_temperature=10.2)``.
"""

from dataclasses import dataclass
from math import pi

from jax.typing import ArrayLike

from tlsjax.errors import InputError
from tlsjax.physics.film import Film

VACUUM_PERMEABILITY = 1.25663706127e-6
"""μ₀, H/m (CODATA 2022)."""


@dataclass(frozen=True)
class Material:
    """What is typical of a superconductor; exactly one of the last three says how dirty it is.

    Attributes:
        critical_temperature: T_c, K.
        fermi_velocity: v_F, m/s.
        fermi_wavelength: λ_F, m.
        source: where the numbers are from and what they depend on.
        mean_free_path: ℓ, m.
        resistivity: ρ just above T_c, Ω m.
        penetration_depth: λ at T ≪ T_c, m: L□ = μ₀λ²/L_z.
    """

    critical_temperature: float
    fermi_velocity: float
    fermi_wavelength: float
    source: str
    mean_free_path: float | None = None
    resistivity: float | None = None
    penetration_depth: float | None = None


_FREE_ELECTRONS = "v_F and k_F of free electrons: Ashcroft, Mermin 1976, Table 2.1."

MATERIALS: dict[str, Material] = {
    "Al": Material(
        critical_temperature=1.2,
        fermi_velocity=2.03e6,
        fermi_wavelength=2.0 * pi / 1.75e10,
        penetration_depth=163e-9,
        source=f"{_FREE_ELECTRONS} T_c of pure aluminium. λ of 20 nm thick films, 54 nm at 200 nm:"
        " Lopez-Nunez and others 2023, Magnetic penetration depth of aluminum thin films.",
    ),
    "Nb": Material(
        critical_temperature=8.5,
        fermi_velocity=1.37e6,
        fermi_wavelength=2.0 * pi / 1.18e10,
        penetration_depth=90e-9,
        source=f"{_FREE_ELECTRONS} T_c = 8.5 K·tanh(L_z/7 nm) below 25 nm: Lemberger and others 2007, PRB"
        " 76, 094515; 9.3 K in thick clean films. λ: usual of sputtered films above 50 nm, longer"
        " below; 47 nm in bulk: Maxfield, McLean 1965, PR 139, A1515.",
    ),
    "NbN": Material(
        critical_temperature=12.0,
        fermi_velocity=0.7e6,
        fermi_wavelength=0.303e-9,
        mean_free_path=0.256e-9,
        source="v_F = 0.7e6 m/s, ħ/τ = 1.8 eV (ℓ = v_Fτ) and 2 states/eV per formula unit (λ_F, with a"
        " lattice constant of 0.439 nm): Kern and others 2024, arXiv 2405.03704. T_c from 15.9 K"
        " at 50 nm to 9.2 K at 3 nm: Kamlapure and others 2010, arXiv 0911.4181. k_Fℓ = 5.3; 1.7"
        " to 10 in Chand and others 2009.",
    ),
    "NbTiN": Material(
        critical_temperature=15.1,
        fermi_velocity=0.7e6,
        fermi_wavelength=0.303e-9,
        mean_free_path=0.256e-9,
        source="T_c of 15.0 to 15.3 K: Thoen and others 2017, arXiv 1609.01526. Electrons as in NbN, for"
        " want of their own: k_Fℓ = 5.3 lies in the 2.4 to 8.6 of Driessen and others 2012, PRL"
        " 109, 107003.",
    ),
    "TiN": Material(
        critical_temperature=4.0,
        fermi_velocity=0.7e6,
        fermi_wavelength=0.45e-9,
        resistivity=1.0e-6,
        source="T_c of 0 to 5 K with composition, ρ about 100 μΩ cm: Leduc and others 2010, APL 97,"
        " 102509. λ_F from k_Fℓ = 8.7: Coumou and others 2013, arXiv 1310.3176. v_F as in NbN,"
        " for want of its own.",
    ),
    "granular Al": Material(
        critical_temperature=2.0,
        fermi_velocity=2.03e6,
        fermi_wavelength=2.0 * pi / 1.75e10,
        resistivity=3.0e-5,
        source=f"{_FREE_ELECTRONS} T_c of 1.2 to 3.3 K with oxygen and substrate: Deshpande and others"
        " 2025, JAP 137, 013902. ρ for 1.5 kΩ per square at 20 nm: Rotzinger and others 2017."
        " Grains coupled by tunnelling, no diffusive metal: ℓ is nominal and ω* an indication"
        " only; R□, L□ and p̄_s = eL□I/W are not affected.",
    ),
}
"""Typical values by name."""


def film_of(
    material: str,
    *,
    thickness: ArrayLike,
    gap: ArrayLike | None = None,
    critical_temperature: ArrayLike | None = None,
    fermi_velocity: ArrayLike | None = None,
    fermi_wavelength: ArrayLike | None = None,
    mean_free_path: ArrayLike | None = None,
    sheet_resistance: ArrayLike | None = None,
    sheet_inductance: ArrayLike | None = None,
) -> Film:
    """A :class:`Film` of a material, with what was measured in place of the typical value.

    Args:
        material: a name in :data:`MATERIALS`.
        thickness: L_z, m.
        gap, critical_temperature, fermi_velocity, fermi_wavelength: replace the typical value.
        mean_free_path, sheet_resistance, sheet_inductance: any of them replaces what says how dirty the film
            is; together as in :class:`Film`.

    Raises:
        InputError: the material is unknown, or two of the arguments exclude each other.
    """
    if material not in MATERIALS:
        known = ", ".join(map(repr, MATERIALS))
        raise InputError(f"material {material!r} is none of {known}")
    typical = MATERIALS[material]
    if mean_free_path is None and sheet_resistance is None and sheet_inductance is None:
        mean_free_path = typical.mean_free_path
        if typical.resistivity is not None:
            sheet_resistance = typical.resistivity / thickness
        if typical.penetration_depth is not None:
            sheet_inductance = VACUUM_PERMEABILITY * typical.penetration_depth**2 / thickness
    if gap is None and critical_temperature is None:
        critical_temperature = typical.critical_temperature
    return Film(
        thickness=thickness,
        gap=gap,
        critical_temperature=critical_temperature,
        fermi_velocity=typical.fermi_velocity if fermi_velocity is None else fermi_velocity,
        fermi_wavelength=typical.fermi_wavelength if fermi_wavelength is None else fermi_wavelength,
        mean_free_path=mean_free_path,
        sheet_resistance=sheet_resistance,
        sheet_inductance=sheet_inductance,
    )
