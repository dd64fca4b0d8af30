"""What is known of a film, turned into priors of ω*, η and λ_F: how a fit tells η from ω*."""

import difflib
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.errors import InputError
from tlsjax.model import prior
from tlsjax.physics.depairing import Depairing
from tlsjax.physics.film import Film, OmegaStarForm, Orientation
from tlsjax.physics.materials import MATERIALS, VACUUM_PERMEABILITY
from tlsjax.quantity import Quantity, Typical

Known = prior.Prior | ArrayLike | None
"""A prior, a number that is exact, or nothing."""

_DRAWS = 2**14
_GAP = ("gap", "critical_temperature")
_RESISTIVE = ("mean_free_path", "sheet_resistance", "resistivity")
_INDUCTIVE = ("sheet_inductance", "penetration_depth")
# what a material has typical, each unless one of the same row is stated, and how far films of it differ
_TYPICAL_ROWS = (_GAP, ("fermi_velocity",), ("fermi_wavelength",), _RESISTIVE + _INDUCTIVE)
_TYPICAL_FACTORS = {
    "critical_temperature": 1.3,
    "fermi_velocity": 1.3,
    "fermi_wavelength": 1.3,
    "mean_free_path": 2.0,
    "resistivity": 2.0,
    "penetration_depth": 1.4,  # squared in L□
}


def _input(
    name: str,
    symbol: str,
    description: str,
    unit: str = "1",
    shown_unit: str = "",
    shown_factor: float = 1.0,
    typical: Typical | None = None,
) -> Any:
    quantity = Quantity(
        name, symbol, unit, description,
        shown_unit=shown_unit, shown_factor=shown_factor, typical=typical,
    )  # fmt: skip
    return eqx.field(default=None, kw_only=True, converter=_as_prior, metadata={"quantity": quantity})


def _as_prior(value: Known) -> prior.Prior | None:
    return value if value is None or isinstance(value, prior.Prior) else prior.Fixed(prior.number(value))


def _option(default: str | None) -> Any:
    return eqx.field(default=default, kw_only=True, static=True)


class Estimate(NamedTuple):
    """What follows from a film at the reference current.

    Attributes:
        priors: of ``omega_star``, ``eta`` and ``lambda_f``; fixed where nothing is uncertain.
        film: the film whose every number is the median.
        width: its median width, m.
        carried: share of the films allowed by the inputs that can carry the current.
    """

    priors: dict[str, prior.Prior]
    film: Film
    width: float
    carried: float


class FilmPrior(eqx.Module):
    """A film of which each number is known exactly or as a prior; it gives the priors of ω*, η and λ_F.

    Every input is a number in SI units, taken as exact, or a prior of :mod:`tlsjax.model.prior`; all are
    independent. ω* is computed for draws of all inputs, and its prior is the log-normal with their mean and
    standard deviation of ln ω*; likewise η. Inputs tie together as in :class:`tlsjax.physics.film.Film`.

    What a film leaves open of the order-one constants is uncertain by a factor of two: C and k are
    log-normal, 1 ×/÷ 2. k₁ is 0.3 ×/÷ 3: from the 0.1 that measured dipoles of 1–3 D mean to the paper's 1.
    Printed, ω* has k/k₁ and η = C²/2π; chained, ω* has kC/k₁ and η is exactly 4 (three times these if
    isotropic). So ω* and η share no input, and their priors are independent, as the fit takes them to be.
    ω* and λ_F do share inputs where λ_F is uncertain; the fit takes those as independent too, which hardly
    matters: λ_F enters Eq. 15 only beside ν.

    Args:
        material: name in :data:`tlsjax.physics.materials.MATERIALS`; what is not stated is then typical of
            it, ×/÷ 1.3 for T_c, v_F and λ_F, and ×/÷ 2 for how dirty the film is.
        thickness: L_z, m.
        width: W across the current, m.
        gap, critical_temperature: Δ (J) or T_c (K), one of the two.
        fermi_velocity, fermi_wavelength: v_F (m/s), λ_F (m), with the electron's mass if only one is known.
        mean_free_path, sheet_resistance, resistivity: ℓ (m), R□ (Ω), ρ = R□L_z (Ω m), one of the three, or
        sheet_inductance, penetration_depth: L□ (H), λ at T ≪ T_c (m): L□ = μ₀λ²/L_z, one of the two; beside
            one of the other three it is taken as measured.
        density_constant, coupling_constant, dipole_constant: C, k, k₁ of Eqs. 9, 8 and 12.
        form: of ω*, ``"printed"`` (Eq. 13) or ``"chained"`` (Eqs. 11b, 12).
        orientation: of the dipoles, ``"isotropic"`` or ``"aligned"`` with the ac field.
        depairing: law from the current to p̄_s; ``"none"`` is linear and carries any current.

    Raises:
        InputError: the material is unknown, or two inputs exclude each other.

    Source: Liu, Andreev, Spivak 2025, Eqs. 8–14. Beyond the paper: the priors.
    """

    material: str | None = _option(None)
    form: OmegaStarForm = _option("printed")
    orientation: Orientation = _option("isotropic")
    depairing: Depairing = _option("usadel")
    thickness: Known = _input("thickness", "L_z", "thickness", "m", "nm", 1e9)
    width: Known = _input("width", "W", "width across the current", "m", "µm", 1e6)
    gap: Known = _input("gap", "Δ", "gap at T = 0", "J", "meV", 1e3 / 1.602176634e-19)
    critical_temperature: Known = _input("critical_temperature", "T_c", "critical temperature", "K")
    fermi_velocity: Known = _input("fermi_velocity", "v_F", "Fermi velocity", "m/s")
    fermi_wavelength: Known = _input("fermi_wavelength", "λ_F", "Fermi wavelength", "m", "nm", 1e9)
    mean_free_path: Known = _input("mean_free_path", "ℓ", "mean free path", "m", "nm", 1e9)
    sheet_resistance: Known = _input("sheet_resistance", "R□", "normal, per square", "ohm", "Ω")
    resistivity: Known = _input("resistivity", "ρ", "normal resistivity", "ohm m", "µΩ cm", 1e8)
    sheet_inductance: Known = _input("sheet_inductance", "L□", "kinetic, per square", "H", "pH", 1e12)
    penetration_depth: Known = _input("penetration_depth", "λ", "at T ≪ T_c", "m", "nm", 1e9)
    density_constant: Known = _input("density_constant", "C", "Eq. 9", typical=Typical(1.0, 2.0))
    coupling_constant: Known = _input("coupling_constant", "k", "Eq. 8", typical=Typical(1.0, 2.0))
    dipole_constant: Known = _input("dipole_constant", "k₁", "d/(eλ_F)", typical=Typical(0.3, 3.0))

    def __check_init__(self) -> None:
        if self.material is not None and self.material not in MATERIALS:
            close = difflib.get_close_matches(self.material, MATERIALS, n=1, cutoff=0.4)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"unknown material '{self.material}'{hint} (known: {', '.join(MATERIALS)})")
        for row in (_GAP, _RESISTIVE, _INDUCTIVE):
            both = [name for name in row if name in self.stated]
            if len(both) > 1:
                raise InputError(f"a film has either {' or '.join(both)}, not both")

    @classmethod
    def inputs(cls) -> dict[str, Quantity]:
        """Every input that may be uncertain, by name."""
        return {
            field.name: field.metadata["quantity"] for field in fields(cls) if "quantity" in field.metadata
        }

    @property
    def stated(self) -> dict[str, prior.Prior]:
        """The inputs given, by name."""
        known = {name: getattr(self, name) for name in self.inputs()}
        return {name: own for name, own in known.items() if isinstance(own, prior.Prior)}

    @property
    def assumed(self) -> dict[str, prior.Prior]:
        """The inputs that were not given and are typical of the material or of order one, by name."""
        stated = self.stated
        found: dict[str, prior.Prior] = {}
        for row in _TYPICAL_ROWS if self.material is not None else ():
            if not any(name in stated for name in row):
                values = {name: getattr(MATERIALS[str(self.material)], name, None) for name in row}
                found |= {
                    name: _log_normal(value, _TYPICAL_FACTORS[name])
                    for name, value in values.items()
                    if value is not None
                }
        for name, quantity in self.inputs().items():
            if quantity.typical is not None and name not in stated:
                found[name] = _log_normal(quantity.typical.centre, quantity.typical.spread)
        return found

    def completed(self, **more: Known) -> "FilmPrior":
        """The film with inputs added that it does not state, and that nothing it states excludes."""
        taken = set(self.stated)
        if taken & set(_INDUCTIVE):
            taken |= set(_INDUCTIVE)
        added: dict[str, Any] = {name: value for name, value in more.items() if name not in taken}
        return replace(self, **added)

    def estimate(self, reference_current: float) -> Estimate:
        """Priors of ω* at the reference current (A, > 0), of η and of λ_F.

        Films that cannot carry the current are left out: the one measured carried it.

        Raises:
            InputError: an input is missing or may be negative, or most films cannot carry the current.
            RuntimeError: JAX runs in single precision.
        """
        known = self.stated | self.assumed
        for name in ("thickness", "width"):
            if name not in known:
                raise InputError(
                    f"a film needs its {name}: in the film itself, or as a line '# {name}: "
                    f"{'10 nm' if name == 'thickness' else '2 um'}' above the table's header"
                )
        if jnp.zeros(()).dtype != jnp.float64:
            raise RuntimeError(
                "a film's priors need double precision: run jax.config.update('jax_enable_x64', True) first"
            )
        draws = _draws(known)
        for name, values in draws.items():
            if not values.min() > 0:
                raise InputError(f"film.{name} may be {values.min():.3g}; it must be positive")
        width = draws.pop("width")
        options = (self.form, self.orientation, self.depairing)
        film, limit, omega_star, eta = _derived(draws, width, reference_current, *options)
        carried = np.isfinite(omega_star)
        if carried.mean() < 0.5:
            raise InputError(
                f"the reference current {reference_current * 1e6:.4g} µA is above the depairing current of "
                f"this film, about {np.median(limit) * 1e6:.2g} µA"
            )
        priors = {
            "omega_star": _summary(np.asarray(omega_star)[carried]),
            "eta": _summary(np.asarray(eta)),
            "lambda_f": known.get("fermi_wavelength", _summary(np.asarray(film.fermi_wavelength))),
        }
        median = jax.tree.map(lambda values: jnp.asarray(np.median(values)), film)
        return Estimate(priors, median, float(np.median(width)), float(carried.mean()))


def _draws(known: Mapping[str, prior.Prior]) -> dict[str, NDArray[np.float64]]:
    """A Latin hypercube of all inputs, shape (draws,) each, or () of one that is exact."""
    shuffle = np.random.default_rng(0)
    levels = (np.arange(_DRAWS) + 0.5) / _DRAWS
    return {
        name: np.asarray(
            own.value if isinstance(own, prior.Fixed) else _quantiles(own, shuffle.permutation(levels))
        )
        for name, own in known.items()
    }


@jax.jit
def _quantiles(own: prior.Prior, levels: ArrayLike) -> jax.Array:
    return own.distribution().icdf(levels)


@partial(jax.jit, static_argnums=(3, 4, 5))
def _derived(
    draws: dict[str, ArrayLike],
    width: ArrayLike,
    current: ArrayLike,
    form: OmegaStarForm,
    orientation: Orientation,
    depairing: Depairing,
) -> tuple[Film, jax.Array, jax.Array, jax.Array]:
    """The films, and of each I_d (A), ω* (rad/s; not a number above I_d) and η."""
    own = dict(draws)
    if "resistivity" in own:
        own["sheet_resistance"] = own.pop("resistivity") / own["thickness"]
    if "penetration_depth" in own:
        own["sheet_inductance"] = VACUUM_PERMEABILITY * own.pop("penetration_depth") ** 2 / own["thickness"]
    film = Film(**own)
    flow = film.momentum(current, width=width, depairing=depairing) / film.depairing_momentum
    limit = film.depairing_current(width=width)
    return film, limit, film.omega_star(flow, form), film.eta(form, orientation)


def _summary(values: NDArray[np.float64]) -> prior.Prior:
    """The log-normal with the mean and standard deviation of ln x; where there is one value only, that."""
    logarithm = np.log(values)
    median, spread = np.exp(logarithm.mean()), logarithm.std()
    # below it, rounding only
    return _log_normal(median, np.exp(spread)) if spread > 1e-9 else prior.Fixed(prior.number(median))


def _log_normal(median: float, factor: float) -> prior.LogNormal:
    return prior.LogNormal(prior.number(median), prior.number(factor))
