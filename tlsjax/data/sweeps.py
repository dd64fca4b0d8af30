"""Which points belong to one sweep: the same conditions but for one that runs."""

from math import pi

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS
from tlsjax.data.spectrum import Spectrum

Array = NDArray[np.float64]
Groups = NDArray[np.int64]

# Closer than this, two values count as one condition: what is read back is never twice the same.
_RELATIVE = {"frequency": 0.01, "temperature": 0.03, "photon_number": 0.05, "power": 0.05}
_OF_LARGEST = {"bias_current": 0.01, "angle": 0.01}
_ON_X = ("frequency", "bias_current", "temperature", "photon_number", "power", "angle")


def varying(spectrum: Spectrum, rows: Groups) -> dict[str, Array]:
    """Conditions that somebody set, at the rows: no Q_c, and no photon number beside a power."""
    found = {name: spectrum.condition(name) for name in CONDITIONS}
    passed_over = {"coupling_quality_factor"} | ({"photon_number"} if found["power"] is not None else set())
    return {
        name: values[rows] for name, values in found.items() if values is not None and name not in passed_over
    }


def swept(values: dict[str, Array]) -> str:
    """The condition with the most distinct values, the frequency where several have as many."""
    counts = {name: int(groups(column, name).max(initial=0)) for name, column in values.items()}
    return max((name for name in _ON_X if name in counts), key=lambda name: counts[name])


def groups(values: Array, name: str) -> Groups:
    """Number of the cluster, in rising order, that each value belongs to."""
    order = np.argsort(values, kind="stable")
    relative, step = _RELATIVE.get(name, 0.0), 0.0
    if name in _OF_LARGEST:
        step = _OF_LARGEST[name] * (pi if name == "angle" else float(np.abs(values).max(initial=0.0)))
    numbers = np.zeros(len(values), dtype=np.int64)
    number, first = 0, values[order[0]] if len(order) else 0.0
    for index in order:
        if values[index] > first + max(relative * abs(first), step):
            number, first = number + 1, values[index]
        numbers[index] = number
    return numbers


def sweeps(spectrum: Spectrum, rows: Groups) -> tuple[Groups, Array]:
    """Number of the sweep of each row, and its place in the sweep."""
    values = varying(spectrum, rows)
    return sweeps_along(values, swept(values))


def sweeps_along(values: dict[str, Array], along: str) -> tuple[Groups, Array]:
    """The same for conditions of which it is known which one is swept."""
    others = [groups(column, name) for name, column in values.items() if name != along]
    if not others:
        return np.zeros(len(values[along]), dtype=np.int64), values[along]
    _, series = np.unique(np.stack(others, axis=1), axis=0, return_inverse=True)
    return series.reshape(-1), values[along]
