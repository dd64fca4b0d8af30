"""More of what was measured: the candidates of a design for which none are named."""

import numpy as np
from numpy.typing import NDArray

from tlsjax.analysis.candidates import CONTINUOUS, Between, Candidates, Choice, Measurement
from tlsjax.data.columns import MEASURED
from tlsjax.data.sweeps import groups
from tlsjax.fitting.asked import SETTINGS
from tlsjax.fitting.result import Result

Array = NDArray[np.float64]

_MOST_LISTED = 12
"""Values of a condition that are a list; more are a range."""


def as_measured(result: Result, device: str = "") -> Candidates:
    """More of what was measured: the same quantities, conditions and errors; frequencies anywhere between.

    Args:
        result: a fit.
        device: of a fit of several, whose tables.
    """
    own = [
        p
        for p in result.points
        if not device or not result.model.origins or result.model.origins[p.table].device == device
    ]
    found = []
    for quantity in dict.fromkeys(p.quantity for p in own):
        tables = [(result.spectra[p.table], p.rows) for p in own if p.quantity == quantity]
        conditions: dict[str, Choice] = {}
        for name in SETTINGS:
            stated = [table.condition(name) for table, _ in tables]
            there = [x[rows] for x, (_, rows) in zip(stated, tables, strict=True) if x is not None]
            if len(there) == len(tables):
                conditions[name] = _choice(name, np.concatenate(there))
        if "power" in conditions:
            conditions.pop("photon_number", None)
        averages = [t.condition("averages") for t, _ in tables if f"{quantity}_err" not in t.columns]
        counted = [x for x in averages if x is not None]
        if quantity == "current_noise" and counted:
            middle = float(np.median(np.concatenate(counted)))
            found.append(Measurement(quantity, conditions, averages=max(1.0, _two(middle))))
            continue
        pairs = [
            (t.columns[quantity][rows], t.columns.get(f"{quantity}_err", np.zeros(len(t)))[rows])
            for t, rows in tables
        ]
        values, errors = (np.concatenate(part) for part in zip(*pairs, strict=True))
        if MEASURED[quantity].support == "real":
            found.append(Measurement(quantity, conditions, absolute_error=_two(float(np.median(errors)))))
        else:
            error = _two(float(np.median(np.abs(errors / values))))
            found.append(Measurement(quantity, conditions, error=error))
    return Candidates(tuple(found))


def _choice(name: str, values: Array) -> Choice:
    if name == "coupling_quality_factor":
        return (float(np.median(values)),)
    number = groups(values, name)
    middle = [float(np.median(values[number == k])) for k in range(int(number.max()) + 1)]
    if name in CONTINUOUS and len(middle) > (1 if name == "frequency" else _MOST_LISTED):
        positive = values[values > 0] if SETTINGS[name].support != "real" else values
        return Between(*(float(f"{end:.4g}") for end in (positive.min(), positive.max())))
    return tuple(float(f"{x:.4g}") for x in middle)


def _two(value: float) -> float:
    return float(f"{value:.2g}")
