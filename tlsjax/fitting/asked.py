"""Under which conditions something is asked of a finished fit: as said, as its tables say, or what lacks."""

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tlsjax.data.columns import CONDITIONS, CONSTANTS, MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError

if TYPE_CHECKING:
    from tlsjax.fitting.result import Result

Array = NDArray[np.float64]

SETTINGS = {
    **CONDITIONS,
    **{
        name: CONSTANTS[name]
        for name in ("kinetic_inductance", "kinetic_fraction", "width", "length", "attenuation")
    },
}
"""All that a prediction can depend on, by name."""


class Asked(NamedTuple):
    """Conditions of N points.

    Attributes:
        rows: one row a point, all conditions as columns.
        shape: of the points; their product is N.
        dims: names of those axes.
        coordinates: conditions for an xarray dataset, with units.
    """

    rows: Spectrum
    shape: tuple[int, ...]
    dims: tuple[str, ...]
    coordinates: dict[str, tuple[tuple[str, ...], Array, dict[str, str]]]


def asked(
    result: "Result",
    quantity: str,
    table: Spectrum | None,
    scatter: Mapping[str, Array],
    conditions: Mapping[str, ArrayLike],
) -> Asked:
    """All that a quantity depends on: as said, else as in the table, else as all fitted tables agree.

    Args:
        result: the fit.
        quantity: what is asked for.
        table: whose rows say where; None for none.
        scatter: of new measurements, as columns of a table.
        conditions: as said by the user, checked here.

    Raises:
        InputError: no such quantity, a condition is missing, or out of place.
    """
    if quantity not in result.model.view.quantities:
        known = ", ".join(result.model.view.quantities)
        raise InputError(f"'{quantity}' is not what this model predicts: {known}")
    found = _from_table(quantity, table) | _given(conditions) | dict(scatter)
    found |= _from_fit(result, quantity, found, table)
    _check_bias(result, found.get("bias_current"))
    _check_run(result, found.get("run"))
    try:
        shape = np.broadcast_shapes(*(x.shape for x in found.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {x.shape}" for name, x in found.items() if x.ndim)
        raise InputError(f"these do not broadcast to one shape: {shapes}") from None
    columns = {name: np.broadcast_to(x, shape).reshape(-1) for name, x in found.items()}
    dims = ("point",) if len(shape) == 1 else tuple(f"point_{axis}" for axis in range(len(shape)))
    coordinates = {
        name: (dims if x.ndim else (), np.broadcast_to(x, shape) if x.ndim else x, _attributes(name))
        for name, x in found.items()
        if name in SETTINGS
    }
    return Asked(Spectrum(columns, source="prediction"), shape, dims, coordinates)


def _attributes(name: str) -> dict[str, str]:
    return {"units": SETTINGS[name].unit, "long_name": SETTINGS[name].description}


def _given(conditions: Mapping[str, ArrayLike]) -> dict[str, Array]:
    """The user's own numbers, checked."""
    found = {}
    for name, value in conditions.items():
        if name not in SETTINGS:
            close = difflib.get_close_matches(name, SETTINGS, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"'{name}' is no condition of a prediction{hint} ({', '.join(SETTINGS)})")
        about = SETTINGS[name]
        found[name] = numbers(name, value, positive=about.support == "positive", unit=about.unit)
        if about.support == "non-negative" and (found[name] < 0).any():
            raise InputError(f"{name} must not be below zero ({about.unit})")
    return found


def numbers(name: str, value: ArrayLike, *, positive: bool, unit: str) -> Array:
    """Finite numbers, or InputError."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers in SI units ({unit}), not {value!r}") from None
    if not array.size or not np.isfinite(array).all() or (positive and (array <= 0).any()):
        raise InputError(f"{name} must be {'positive' if positive else 'finite'} numbers ({unit})")
    return array


def _from_table(quantity: str, table: Spectrum | None) -> dict[str, Array]:
    """What a table says of its conditions and of the scatter of its points."""
    if table is None:
        return {}
    scatter = f"{quantity}_err"
    if scatter not in table.columns and quantity == "current_noise":
        scatter = "averages"
    names = (*SETTINGS, scatter)
    constants = {name: np.asarray(table.constants[name]) for name in names if name in table.constants}
    return constants | {name: table.columns[name] for name in names if name in table.columns}


def _from_fit(
    result: "Result", quantity: str, found: Mapping[str, Array], table: Spectrum | None
) -> dict[str, Array]:
    """What is still needed, where all tables of the fit agree on it."""
    view, family = result.model.view, result.model.family
    needed = ["frequency", *view.needs(quantity), *(() if family is None else family.conditions())]
    if quantity == "loss" and view.channel_needs is not None:
        needed += _drive(result, found)
    if any(spectrum.condition("bias_current") is not None for spectrum in result.spectra):
        needed.append("bias_current")
    if result.model.runs:
        needed.append("run")
    if table is None:
        needed.append("angle")
    filled = {}
    for name in dict.fromkeys(needed):
        if name in found:
            continue
        stated = [x for x in (spectrum.condition(name) for spectrum in result.spectra) if x is not None]
        if name == "angle" and len(stated) < len(result.spectra):
            stated.append(np.zeros(1))  # as a fit takes a table that does not say it
        low, high = (float(end([end(x) for x in stated])) if stated else np.nan for end in (np.min, np.max))
        about = SETTINGS[name]
        if not np.isclose(low, high, rtol=1e-9, atol=0.0):
            why = (
                f"which in the fitted tables runs from {low:g} to {high:g}"
                if stated
                else "not stated in the fit"
            )
            raise InputError(
                f"{quantity} ({MEASURED[quantity].symbol}) needs '{name}', {why}: "
                f"give {name}=..., {about.description} ({about.unit})"
            )
        filled[name] = np.asarray(low)
    return filled


def _drive(result: "Result", found: Mapping[str, Array]) -> tuple[str, ...]:
    """What says how strongly a resonator is driven, of what the fitted tables say."""
    if "photon_number" in found:
        return ()
    said = {
        name
        for spectrum in result.spectra
        for name in ("photon_number", "power", "coupling_quality_factor", "attenuation")
        if spectrum.condition(name) is not None
    }
    if "photon_number" in said and "power" not in found:
        return ("photon_number",)
    return tuple(name for name in ("power", "coupling_quality_factor", "attenuation") if name in said)


def _check_bias(result: "Result", bias: Array | None) -> None:
    """Without a reference current, ω* is not known at any bias but the fit's own."""
    if bias is not None and np.any(bias != 0) and np.isnan(float(result.model.reference_current)):
        raise InputError(
            "the fitted tables state no bias current other than 0 A, so ω* is not known at this one: "
            "leave bias_current out, or state it in the fitted tables"
        )


def _check_run(result: "Result", run: Array | None) -> None:
    """Of a run that was not fitted nothing is known."""
    known = result.model.runs
    for number in () if run is None or not known else np.unique(run):
        if number not in known:
            raise InputError(f"no run {number:g} was fitted; there are {', '.join(map(str, known))}")
