"""What the posterior says of one observation: bands along every curve, residuals at every point."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.predict import predict
from tlsjax.fitting.result import Result
from tlsjax.report.series import Curve, Layout, along, layout

Array = NDArray[np.float64]
_DRAWS = 400
_LEVELS = (0.025, 0.5, 0.975)


@dataclass(frozen=True, eq=False)
class Seen:
    """One observation with its posterior prediction.

    Attributes:
        layout: how its points are arranged.
        value: what was measured, SI.
        bars: lower and upper ends of error bars, shape (2, N); NaN where no uncertainty is known.
        curves: 2.5 %, 50 % and 97.5 % of the mean along each curve of the layout, shape (3, grid).
        median: of the mean at the points, shape (N,).
        new: 2.5 % and 97.5 % of new measurements along each curve, shape (2, grid): as far from the median
            there as at the points beside.
        residual: (measured − median prediction) / predictive sd, shape (N,).
        bars_are: what the bars show, in words; empty where there are none.
    """

    layout: Layout
    value: Array
    bars: Array
    curves: Mapping[Curve, Array]
    median: Array
    new: Mapping[Curve, Array]
    residual: Array
    bars_are: str


def look_at(result: Result, index: int) -> Seen:
    """Predict one observation along its curves and at its points."""
    points = result.points[index]
    spectrum = result.spectra[points.table]
    arranged = layout(spectrum, points)
    conditions, where = along(with_photons(result, index), points, arranged)
    drawn = predict(result, points.quantity, conditions, draws=_DRAWS, fitted_table=points.table)
    expected = drawn[points.quantity]
    bands = np.quantile(expected.to_numpy(), _LEVELS, axis=0)
    count = len(points.rows)
    replicas = result.replicas(index)
    observation = result.observation(index)
    value = np.asarray(observation.value)
    median = bands[1, -count:]
    spread = replicas.std(axis=0)
    residual = np.divide(value - median, spread, out=np.full(count, np.nan), where=spread > 0)
    bars, bars_are = _bars(result, index, median)
    ends = np.quantile(replicas, (_LEVELS[0], _LEVELS[-1]), axis=0)
    return Seen(
        layout=arranged,
        value=value,
        bars=bars,
        curves={curve: bands[:, place] for curve, place in where.items()},
        median=median,
        new={curve: _between(arranged, curve, ends, median, bands[1, where[curve]]) for curve in where},
        residual=residual,
        bars_are=bars_are,
    )


def _between(arranged: Layout, curve: Curve, ends: Array, median: Array, along: Array) -> Array:
    """Ends of new measurements along a curve from those at its points, by their distance to the median.

    As factors where all are positive; lines from point to point would cut corners of a curved median.
    """
    x, grid = arranged.values[curve.rows], curve.grid
    order = np.argsort(x, kind="stable")
    if arranged.logarithmic:
        x, grid = np.log(x), np.log(grid)
    here, middle = ends[:, curve.rows], median[curve.rows]
    factors = bool((here > 0).all() and (middle > 0).all() and (along > 0).all())
    far = np.log(here / middle) if factors else here - middle
    told = np.stack([np.interp(grid, x[order], one[order]) for one in far])
    return along * np.exp(told) if factors else along + told


def with_photons(result: Result, index: int) -> Spectrum:
    """The table of an observation, with the photon numbers that the fit took from the measured Q_i."""
    points = result.points[index]
    spectrum = result.spectra[points.table]
    photons = np.asarray(result.observation(index).level.photons)
    if "photon_number" in spectrum.conditions or not np.all(np.isfinite(photons) & (photons > 0)):
        return spectrum
    column = np.ones(len(spectrum))
    column[points.rows] = photons
    return replace(spectrum, columns={**spectrum.columns, "photon_number": column})


def _bars(result: Result, index: int, mean: Array) -> tuple[Array, str]:
    """Ends of the error bars and what they are."""
    observation = result.observation(index)
    value, error = np.asarray(observation.value), np.asarray(observation.error)
    if observation.likelihood == "gamma":
        relative = 1.0 / np.sqrt(np.asarray(observation.averages))
        # A few averages have no symmetric bar; as factors they stay positive.
        low = np.where(relative < 0.3, value * (1 - relative), value / (1 + relative))
        return np.stack([low, value * (1 + relative)]), "bars: ±1/√n of the n averaged periodograms"
    words = "bars: stated uncertainty"
    if not error.any():
        scatter = result.draws.get(f"{observation.quantity}_scatter")
        if scatter is None or not np.any(scatter):
            return np.full((2, len(value)), np.nan), ""
        error = float(np.median(scatter)) * np.abs(mean)
        words = "bars: the scatter that the fit inferred, as the table states no uncertainty"
    return np.stack([value - error, value + error]), words
