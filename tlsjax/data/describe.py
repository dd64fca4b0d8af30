"""What a table holds, column by column, in the units people read."""

from dataclasses import dataclass, replace
from math import floor, log10
from typing import Literal

import numpy as np

from tlsjax.data.columns import CONDITIONS
from tlsjax.data.headings import known_columns, known_constants
from tlsjax.data.spectrum import Array, Spectrum
from tlsjax.quantity import Quantity
from tlsjax.units import from_si

Role = Literal["condition", "measured", "uncertainty", "constant"]

MAX_DISTINCT = 6
_PREFIXED = frozenset({"Hz", "A", "K", "W", "S", "H", "m", "s"})
_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}


@dataclass(frozen=True)
class DescribedColumn:
    """One column or constant of a table.

    Attributes:
        name: known name.
        role: what it is to the fit.
        symbol: as printed in a table.
        unit: unit of the numbers here; ``1`` if none.
        count: rows with a value; 1 for a constant.
        minimum: smallest value, in ``unit``.
        maximum: largest value, in ``unit``.
        distinct: the values themselves, ascending, where there are at most six; else empty.
        note: what else a reader should know; may be empty.
        written: heading in the file, or where a constant stands; empty where the table is no file's.
    """

    name: str
    role: Role
    symbol: str
    unit: str
    count: int
    minimum: float
    maximum: float
    distinct: tuple[float, ...]
    note: str = ""
    written: str = ""


def describe(spectrum: Spectrum) -> list[DescribedColumn]:
    """Describe every column, then every constant, of a table."""
    columns = [_column(spectrum, name) for name in spectrum.columns]
    constants = [
        _described(known_constants()[name], "constant", np.array([value]), "holds for every row")
        for name, value in spectrum.constants.items()
    ]
    return [replace(one, written=spectrum.written.get(one.name, "")) for one in (*columns, *constants)]


def in_words(quantity: Quantity, value: float) -> str:
    """Value with the unit that people read, such as ``12.5 kHz``."""
    unit, found = _readable(quantity, np.array([value]))
    return f"{found[0]:.4g}" if unit == "1" else f"{found[0]:.4g} {unit}"


def _column(spectrum: Spectrum, name: str) -> DescribedColumn:
    values = spectrum.columns[name]
    quantity = known_columns()[name]
    empty = int(np.isnan(values).sum())
    notes = [f"{empty} of {len(spectrum)} rows empty"] if empty else []
    role: Role = "measured"
    if name in CONDITIONS or name == "averages":
        role = "condition"
    elif name.endswith("_err"):
        role = "uncertainty"
        with np.errstate(divide="ignore", invalid="ignore"):
            share = values / np.abs(spectrum.columns[name.removesuffix("_err")])
        share = share[np.isfinite(share)]
        if share.size:
            notes.append(f"{100 * share.min():.3g} to {100 * share.max():.3g} % of the value")
    elif f"{name}_err" not in spectrum.columns and not (name == "current_noise" and _has_averages(spectrum)):
        notes.append("no uncertainty given")
    return _described(quantity, role, values[~np.isnan(values)], "; ".join(notes))


def _has_averages(spectrum: Spectrum) -> bool:
    return "averages" in spectrum.columns or "averages" in spectrum.constants


def _described(quantity: Quantity, role: Role, values: Array, note: str) -> DescribedColumn:
    unit, found = _readable(quantity, np.unique(values))
    symbol = f"±{quantity.symbol}" if role == "uncertainty" else quantity.symbol
    return DescribedColumn(
        name=quantity.name,
        role=role,
        symbol=symbol,
        unit=unit,
        count=int(values.size),
        minimum=float(found[0]) if found.size else float("nan"),
        maximum=float(found[-1]) if found.size else float("nan"),
        distinct=tuple(float(value) for value in found) if found.size <= MAX_DISTINCT else (),
        note=note,
    )


def _readable(quantity: Quantity, values: Array) -> tuple[str, Array]:
    """Unit whose prefix brings the largest value to between 1 and 1000, and the values in it."""
    largest = float(np.max(np.abs(values), initial=0.0))
    if quantity.unit not in _PREFIXED or largest == 0.0:
        return quantity.shown_unit or quantity.unit, values * quantity.shown_factor
    power = min(max(3 * floor(log10(largest) / 3 + 1e-12), -18), 12)
    unit = _PREFIXES[power] + quantity.unit
    return unit, from_si(values, unit, quantity.unit)
