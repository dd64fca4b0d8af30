"""Which formula of f(τ): the same data fitted with several, and what all of them predict together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.compare import Comparison, compare
from tlsjax.fitting.result import Result

_SHAPES = (
    "log_uniform", "power_law", "log_normal", "cole_cole", "havriliak_negami", "single", "free_form",
)  # fmt: skip
_DRAWS = 2000
_WITH_TEMPERATURE = ("thermally_activated", "tunnelling_phonon", "free_barriers")


def sensible(spectra: Sequence[Spectrum]) -> tuple[str, ...]:
    """Families of f(τ) to compare: one of every shape, none, and where temperature varies its processes."""
    temperatures = [spectrum.condition("temperature") for spectrum in spectra]
    known = [np.asarray(kelvin).ravel() for kelvin in temperatures if kelvin is not None]
    varies = bool(known) and len(np.unique(np.concatenate(known))) > 1
    return _SHAPES + (_WITH_TEMPERATURE if varies else ())


def averaged(
    results: Mapping[str, Result], quantity: str, *, draws: int = 1000, **where: object
) -> xr.Dataset:
    """A quantity as several fits of the same data predict it together, each with its stacking weight.

    Args:
        results: at least two fits of the same data, by name.
        quantity: as for :meth:`Result.predict`.
        draws: of all fits together.
        where: as for :meth:`Result.predict`.

    Returns:
        as :meth:`Result.predict`, with the coordinate ``fit`` along ``draw``.

    Raises:
        InputError: the fits are of different data, or as :meth:`Result.predict` and :func:`compare`.

    Source: Yao, Vehtari, Simpson and Gelman 2018.
    """
    found = compare(results)
    if not isinstance(found, Comparison):
        raise InputError("fits of different data have no prediction in common")
    return _mixed(results, found, quantity, draws, where)


def averaged_table(results: Mapping[str, Result], found: Comparison) -> pd.DataFrame:
    """Every fitted quantity where it was measured, by all fits together: conditions, median, 5 and 95 %."""
    first = next(iter(results.values()))
    tables = []
    for index, points in enumerate(first.points):
        spectrum = first.spectra[points.table]
        where: dict[str, object] = {"table": spectrum, "device": first.device(index)}
        drawn = _mixed(results, found, points.quantity, _DRAWS, where)
        low, middle, high = drawn[points.quantity].quantile((0.05, 0.5, 0.95), "draw").to_numpy()
        size = len(middle)
        conditions = {
            _label(str(name), x.attrs): np.broadcast_to(x.to_numpy(), size)
            for name, x in drawn.coords.items()
            if x.dims in ((), ("point",)) and name != "point"
        }
        quantity = _label(points.quantity, drawn[points.quantity].attrs)
        columns = {"table": Path(spectrum.source).name, "quantity": quantity} | conditions
        every = pd.DataFrame(columns | {"q05": low, "median": middle, "q95": high}, index=range(size))
        tables.append(every.iloc[points.rows])
    return pd.concat(tables, ignore_index=True)


def _label(name: str, attributes: Mapping[Any, Any]) -> str:
    unit = attributes.get("units", "1")
    return name if unit == "1" else f"{name} ({unit})"


def _mixed(
    results: Mapping[str, Result], found: Comparison, quantity: str, draws: int, where: Mapping[str, object]
) -> xr.Dataset:
    """Draws of all fits, as many of each as its weight says."""
    parts = []
    for one in found.ranked:
        count = round(draws * one.weight)
        if count:
            part = results[one.name].predict(quantity, draws=count, **where)  # type: ignore[arg-type]
            parts.append(
                part.drop_vars("draw", errors="ignore").assign_coords(fit=("draw", [one.name] * count))
            )
    return xr.concat(parts, "draw")
