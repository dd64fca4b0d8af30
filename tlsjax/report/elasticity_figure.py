"""Where a measured quantity depends on which parameter, as heat maps over the conditions of the data."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tlsjax.analysis.elasticity import elasticities
from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.fitting.asked import SETTINGS
from tlsjax.fitting.result import Result
from tlsjax.report.axes import linear, logarithmic
from tlsjax.report.information_figure import COLOURS, bar_beside
from tlsjax.report.looks import name_x, x_unit
from tlsjax.report.names import of_observation
from tlsjax.report.numbers import display, significant
from tlsjax.report.prediction import with_photons
from tlsjax.report.series import Layout, layout
from tlsjax.report.style import Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import drawn, html, labelled, symbol_of

Array = NDArray[np.float64]

_ACROSS, _UP, _DRAWS = 48, 24, 20
_MOST, _COLUMNS = 9, 3
_SAME, _EVEN = 1e-3, 0.02
"""Relative differences of two maps, and of a map from its mean, that are none."""
_LITTLE = 0.01
"""Elasticity below which a parameter does not matter here."""


class Map(NamedTuple):
    """Elasticities over the conditions of an observation.

    Attributes:
        layout: what stands on the x axis, and what on the y axis: its coloured condition.
        x, y: their values, SI; y holds one NaN where nothing else varies.
        names: of the parameters, p of them.
        values: ∂ ln E[y]/∂ ln θ averaged over draws, (p, y, x).
    """

    layout: Layout
    x: Array
    y: Array
    names: tuple[str, ...]
    values: Array

    def as_dataset(self) -> xr.Dataset:
        """For a file."""
        y, coloured = self.layout.colour, self.layout.colour is not None
        dims = ("parameter", y or "", self.layout.x) if coloured else ("parameter", self.layout.x)
        coordinates = {"parameter": list(self.names), self.layout.x: self.x} | ({y: self.y} if y else {})
        values = self.values if coloured else self.values[:, 0]
        return xr.Dataset({"elasticity": (dims, values)}, coordinates)


def elasticity_map(result: Result, index: int) -> Map:
    """Over the two conditions of an observation that vary most; all else is at the median of its points."""
    points = result.points[index]
    table = with_photons(result, index)
    arranged = layout(table, points)
    conditions: dict[str, Any] = {}
    # photon numbers follow from powers
    follows = {"photon_number"} if "power" in (arranged.x, arranged.colour) else set()
    for name in SETTINGS.keys() - follows:
        values = table.condition(name)
        if values is not None:
            conditions[name] = float(np.median(values[points.rows]))
    x = _between(arranged.values, _ACROSS, arranged.logarithmic)
    conditions[arranged.x] = x
    y = np.array([np.nan])
    if arranged.colour:
        levels = np.asarray(arranged.levels)
        y = _between(levels, _UP, _is_log(levels))
        conditions[arranged.colour] = y[:, None]
    found = elasticities(result, points.quantity, draws=_DRAWS, device=result.device(index), **conditions)
    names = tuple(str(name) for name in found["parameter"].values)
    values = found["elasticity"].mean("draw").to_numpy().reshape(len(names), len(y), len(x))
    return Map(arranged, x, y, names, values)


def _is_log(values: Array) -> bool:
    return bool(values.min() > 0 and values.max() > 20 * values.min())


def _between(values: Array, count: int, on_log: bool) -> Array:
    low, high = float(values.min()), float(values.max())
    return np.geomspace(low, high, count) if on_log else np.linspace(low, high, count)


def elasticity_figure(result: Result, index: int, found: Map) -> Drawing | Markup:
    """One panel a parameter, or one row where one condition varies; what is the same all over is told.

    Args:
        result: a fit.
        index: number of the observation.
        found: of :func:`elasticity_map`.

    Returns:
        a figure; a sentence where there is nothing to draw.
    """
    symbols = {q.name: q.symbol for q in result.quantities}
    shown, told = _worth_drawing(found, symbols)
    measured = MEASURED[result.points[index].quantity]
    if not shown:
        return html(f"By how many per cent the {measured.description} grows with 1 % of: {told}.")
    several = len(found.y) > 1
    figure = _panels(found, shown, symbols) if several else _rows(found, shown, symbols)
    others = f"Not drawn: {told}." if told else ""
    return Drawing(
        Picture(
            figure,
            f"elasticities_{of_observation(result, index)}",
            f"Elasticities of {measured.description}. {others}",
        ),
        html(
            f"By how many per cent the {measured.description} grows with 1 % of a parameter, as a share of "
            "the largest, which stands with the symbol; averaged over the posterior, all other conditions at "
            f"the median of the data. {others}"
        ),
        f"Elasticities of the {measured.description}: {result.labels[index]}",
    )


def _worth_drawing(found: Map, symbols: Mapping[str, str]) -> tuple[list[int], str]:
    """Parameters to draw, and in words those that need no picture."""
    shown: list[int] = []
    words = []
    for k, (name, values) in enumerate(zip(found.names, found.values, strict=True)):
        if np.abs(values).max() < _LITTLE:
            words.append(f"{symbols[name]} does not matter here")
        elif np.ptp(values) < _EVEN * np.abs(found.values).max():
            words.append(f"{symbols[name]}: {significant(float(values.mean()))} everywhere")
        else:
            like = [(j, _ratio(values, found.values[j])) for j in shown]
            same = [(j, ratio) for j, ratio in like if np.isfinite(ratio)]
            if same:
                j, ratio = same[0]
                words.append(f"{symbols[name]}: {significant(ratio)} of {symbols[found.names[j]]}")
            else:
                shown.append(k)
    strongest = sorted(shown, key=lambda k: -float(np.abs(found.values[k]).max()))[:_MOST]
    words += [f"{symbols[found.names[k]]} matters less" for k in shown if k not in strongest]
    return sorted(strongest), "; ".join(words)


def _ratio(values: Array, other: Array) -> float:
    """Of two maps that are one up to a factor; NaN where they are not."""
    ratio = float(np.sum(values * other) / np.sum(other * other))
    same = np.abs(values - ratio * other).max() < _SAME * np.abs(values).max()
    return ratio if same else float("nan")


def _title(found: Map, k: int, symbols: Mapping[str, str]) -> str:
    largest = float(np.abs(found.values[k]).max())
    return f"{drawn(symbols[found.names[k]])}: {largest:.2g}"


def _relative(values: Array) -> Array:
    return values / np.abs(values).max()


def _rows(found: Map, shown: Sequence[int], symbols: Mapping[str, str]) -> Figure:
    figure = new_figure(0.32 * max(len(shown), 2) + 0.9)
    axes = figure.add_subplot(grid(figure, 1, 1, left=1.1, right=0.95, bottom=0.6, top=0.12)[0])
    edges = np.linspace(-0.5, len(shown) - 0.5, len(shown) + 1)
    values = [_relative(found.values[k, 0]) for k in shown]
    _map(axes, found, np.reshape(values, (len(shown), -1)), edges)
    axes.set_ylim(edges[-1], edges[0])
    axes.set_yticks(range(len(shown)), [_title(found, k, symbols) for k in shown])
    axes.tick_params(length=0)
    name_x(axes, found.layout)
    return figure


def _panels(found: Map, shown: Sequence[int], symbols: Mapping[str, str]) -> Figure:
    rows, columns = -(-len(shown) // _COLUMNS), min(len(shown), _COLUMNS)
    figure = new_figure(1.75 * rows + 0.6)
    places = grid(
        figure, rows, _COLUMNS, left=0.75, right=0.95, bottom=0.55, top=0.3, across=0.25, down=0.35
    )  # fmt: skip
    condition = CONDITIONS[found.layout.colour or ""]
    factor, unit = display(condition, float(np.abs(found.y).max()))
    y, on_log = found.y * factor, _is_log(found.y)
    for place, k in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        axes = figure.add_subplot(places[row, column])
        axes.set_title(_title(found, k, symbols), pad=3)
        last = place + _COLUMNS >= len(shown)
        ends = edges_of(y, on_log)
        _map(axes, found, _relative(found.values[k]), ends, bar=column == columns - 1, told=last)
        if on_log:
            logarithmic(axes, "y", float(ends[0]), float(ends[-1]), 5, told=not column)
        else:
            axes.set_ylim(ends[0], ends[-1])
            linear(axes, "y", 4, told=not column)
        if last:
            name_x(axes, found.layout)
        if not column:
            name_axes(axes, y=labelled(symbol_of(condition), unit), beside=0.45)
    return figure


def _map(axes: Axes, found: Map, values: Array, edges: Array, *, bar: bool = True, told: bool = True) -> None:
    """Values (y, x) as colours from −1 to 1, over the x axis of the data."""
    x = edges_of(found.x * x_unit(found.layout)[0], found.layout.logarithmic)
    image = axes.pcolormesh(x, edges, values, cmap=COLOURS, vmin=-1.0, vmax=1.0, rasterized=True)
    if found.layout.logarithmic:
        logarithmic(axes, "x", float(x[0]), float(x[-1]), 5, told=told)
    else:
        axes.set_xlim(x[0], x[-1])
        linear(axes, "x", 4, told=told)
    if bar:
        bar_beside(axes, image, "elasticity / largest")


def edges_of(centres: Array, on_log: bool) -> Array:
    """Edges of cells about evenly spaced centres."""
    places = np.log(centres) if on_log else centres
    step = places[1] - places[0]
    edges = np.append(places - 0.5 * step, places[-1] + 0.5 * step)
    return np.asarray(np.exp(edges) if on_log else edges)
