"""Which points of an observation belong together, and what stands on the x axis."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.sweeps import groups, swept, varying
from tlsjax.model.points import Points
from tlsjax.report.numbers import one

Array = NDArray[np.float64]

_COLOURED = ("bias_current", "frequency", "temperature", "angle", "photon_number", "power", "run")
_GRID_POINTS = 2400


@dataclass(frozen=True, eq=False)
class Curve:
    """Points at one condition, in order of x.

    Attributes:
        rows: positions within the observation, in order of x.
        level: value of the coloured condition, SI; NaN where there is none.
        grid: x of the line drawn through them.
    """

    rows: NDArray[np.int64]
    level: float
    grid: Array


@dataclass(frozen=True, eq=False)
class Panel:
    """Curves drawn in one pair of axes.

    Attributes:
        title: conditions they share and other panels don't; empty for a single panel.
        curves: one a value of the coloured condition.
    """

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """How to draw one observation.

    Attributes:
        x: condition on the x axis.
        values: its values at the points, SI.
        logarithmic: whether the x axis is.
        colour: condition that colours tell apart; None for one curve a panel.
        levels: its distinct values, rising.
        panels: the rest.
    """

    x: str
    values: Array
    logarithmic: bool
    colour: str | None
    levels: tuple[float, ...]
    panels: tuple[Panel, ...]


def layout(spectrum: Spectrum, points: Points) -> Layout:
    """Spread the points of an observation over x axis, colours and panels.

    The condition with the most distinct values is the x axis (frequency where several have as many), the
    bias current, or else the next, is told by colour, and what still varies goes to panels.
    """
    values = varying(spectrum, points.rows)
    numbers = {name: groups(column, name) for name, column in values.items()}
    counts = {name: int(group.max()) + 1 for name, group in numbers.items()}
    x = swept(values)
    others = [name for name in _COLOURED if name != x and counts.get(name, 1) > 1]
    colour = others[0] if others else None
    logarithmic = bool(values[x].min() > 0 and values[x].max() > 5 * values[x].min())
    kept = numbers[colour] if colour else np.zeros(len(points.rows), dtype=int)
    levels = (
        tuple(float(np.median(values[colour][kept == k])) for k in range(kept.max() + 1)) if colour else ()
    )
    rest = others[1:]
    keys = (
        np.stack([numbers[name] for name in rest], axis=1) if rest else np.zeros((len(points.rows), 1), int)
    )
    panels = []
    number = max(12, min(90, _GRID_POINTS // max(len({*zip(kept, map(tuple, keys), strict=True)}), 1)))
    for key in np.unique(keys, axis=0):
        inside = (keys == key).all(axis=1)
        title = ", ".join(_condition(name, float(np.median(values[name][inside]))) for name in rest)
        curves = []
        for group in np.unique(kept[inside]):
            rows = np.flatnonzero(inside & (kept == group))
            rows = rows[np.argsort(values[x][rows], kind="stable")]
            level = levels[group] if colour else float("nan")
            curves.append(Curve(rows, level, _grid(values[x][rows], logarithmic, number)))
        panels.append(Panel(title, tuple(curves)))
    return Layout(x, values[x], logarithmic, colour, levels, tuple(panels))


def _condition(name: str, value: float) -> str:
    return f"{CONDITIONS[name].symbol} = {one(value, CONDITIONS[name])}"


def _grid(x: Array, logarithmic: bool, number: int) -> Array:
    low, high = float(x[0]), float(x[-1])
    if low == high:
        return np.array([low / 1.05, low, low * 1.05]) if logarithmic else np.array([low])
    if logarithmic:
        return np.asarray(np.geomspace(low, high, number))
    return np.linspace(low, high, number)


def along(spectrum: Spectrum, points: Points, drawn: Layout) -> tuple[Spectrum, Mapping[Curve, slice]]:
    """The conditions along every curve, then those of the points themselves, as one table to predict.

    Returns:
        the table, and where in it each curve lies.
    """
    names = [
        name
        for name in spectrum.columns
        if name not in MEASURED and not name.endswith("_err") and name != "averages"
    ]
    measured = {name: spectrum.columns[name][points.rows] for name in names}
    parts: dict[str, list[Array]] = {name: [] for name in names}
    where: dict[Curve, slice] = {}
    start = 0
    for curve in (curve for panel in drawn.panels for curve in panel.curves):
        x = drawn.values[curve.rows]
        for name in names:
            own = curve.grid if name == drawn.x else np.interp(curve.grid, x, measured[name][curve.rows])
            parts[name].append(own)
        where[curve] = slice(start, start + len(curve.grid))
        start += len(curve.grid)
    columns = {name: np.concatenate([*parts[name], measured[name]]) for name in names}
    return Spectrum(columns, spectrum.constants, spectrum.source), where
