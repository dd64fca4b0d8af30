"""What the residuals of measured neighbours say of a new point in their sweep."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.data.sweeps import sweeps_along, swept, varying
from tlsjax.model.points import Points

Array = NDArray[np.float64]
_NEAREST = 0.5
"""Steps of the sweep: nearer than halfway between two points, residuals need not be more alike."""


class Beside(NamedTuple):
    """Measured neighbours of new points, one before and one after in the sweep; 0 where there is none.

    In units of its scatter a new point is normal around ``weights`` times the residuals of its neighbours,
    with variance ``left``: an autoregression of first order, for any distance r to a power.

    Attributes:
        neighbours: numbers of the two among the measured points, shape (N, 2).
        weights: shape (N, 2).
        left: shape (N,); 1 where there is no neighbour.
    """

    neighbours: NDArray[np.int64]
    weights: Array
    left: Array

    def at(self, picked: NDArray[np.int64]) -> "Beside":
        """Of the picked new points."""
        return Beside(self.neighbours[picked], self.weights[picked], self.left[picked])


def beside(rows: Spectrum, spectra: Sequence[Spectrum], points: Sequence[Points], r: float) -> Beside:
    """Neighbours of new points among those measured.

    Args:
        rows: conditions of the new points.
        spectra, points: tables, and the measured points of one quantity, numbered one table after another.
        r: correlation of neighbours as they were measured.
    """
    count = len(rows)
    found = Beside(np.zeros((count, 2), np.int64), np.zeros((count, 2)), np.ones(count))
    start = 0
    for one in points:
        own = varying(spectra[one.table], one.rows)
        if own.keys() <= rows.columns.keys():
            both = {name: np.concatenate([x, rows.columns[name]]) for name, x in own.items()}
            _among(found, *sweeps_along(both, swept(own)), start, r)
        start += len(one.rows)
    return found


def _among(found: Beside, series: NDArray[np.int64], place: Array, start: int, r: float) -> None:
    """Fill in the neighbours that one table has: sweep and place of its points, then of the new ones."""
    measured = len(series) - len(found.left)
    for sweep in np.unique(series[:measured]):
        own = np.flatnonzero(series[:measured] == sweep)
        if len(own) < 2:
            continue  # no step to measure distances by
        own = own[np.argsort(place[own], kind="stable")]
        at = place[own]
        gap = max(float(np.median(np.diff(at))), np.finfo(float).tiny)
        for new in np.flatnonzero(series[measured:] == sweep):
            x = place[measured + new]
            after = int(np.searchsorted(at, x))
            ends = [index for index in (after - 1, after) if 0 <= index < len(own)]
            apart = at[ends[1]] - at[ends[0]] if len(ends) == 2 else gap
            steps = np.abs(x - at[ends]) / max(apart, np.finfo(float).tiny)
            weights, left = _conditional(r ** np.maximum(steps, _NEAREST))
            if left < found.left[new]:
                found.neighbours[new, : len(ends)] = start + own[ends]
                found.weights[new] = 0.0
                found.weights[new, : len(ends)] = weights
                found.left[new] = left


def _conditional(r: Array) -> tuple[Array, float]:
    """Weights of one or two neighbours and the variance left, by their correlations with the new point."""
    if len(r) == 1:
        return r, float(1.0 - r[0] ** 2)
    both = 1.0 - (r[0] * r[1]) ** 2
    return r * (1.0 - r[::-1] ** 2) / both, float((1.0 - r[0] ** 2) * (1.0 - r[1] ** 2) / both)
