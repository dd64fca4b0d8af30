"""What a page says of a point under the pointer, and which curves it can hide, as data for its script."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.fitting.result import Result
from tlsjax.report import numbers
from tlsjax.report.looks import MANY_POINTS, Look, level_words, x_unit
from tlsjax.report.prediction import Seen
from tlsjax.report.series import Curve, Layout, Panel
from tlsjax.report.style import printable
from tlsjax.report.symbols import unit_of

MOST_TOLD = 1000
"""Points of an observation beyond which none is told: their words would outgrow the figure."""
_MOST_SWITCHES = 40
_POINTS_AN_INCH = 72
"""Of the coordinates inside an SVG."""


def part_of(layout: Layout, curve: Curve, role: str) -> str | None:
    """Identifier of what is drawn of a curve, by which the page's script hides it; None for a single one."""
    if layout.colour is None:
        return None
    return f"level{layout.levels.index(curve.level)}-{role}{int(curve.rows[0])}"


def _name_key(figure: Figure) -> None:
    """Let the entries of the key be hidden as what they stand for."""
    for key in figure.legends:
        for level, entry in enumerate(zip(key.legend_handles, key.get_texts(), strict=True)):
            for role, part in zip(("mark", "words"), entry, strict=True):
                if part is not None:
                    part.set_gid(f"level{level}-key-{role}")


def points_told(
    result: Result,
    index: int,
    seen: Seen,
    figure: Figure,
    drawn: Sequence[tuple[Panel, Axes, Axes]],
    looks: Callable[[float], Look],
) -> dict[str, Any]:
    """Plain data; empty where there are too many points.

    Args:
        result: the fit.
        index: of the observation.
        seen: what the posterior says of it.
        figure: with its axes in place and scaled; the entries of its key get identifiers.
        drawn: panels with their upper and lower axes.
        looks: of each level.

    Returns:
        ``file``; ``points``, each [x, y, y of its residual, level, words] in the SVG's coordinates, None for
        what is not drawn; ``switches``, [words, colour] of each level.
    """
    if len(seen.value) > MOST_TOLD:
        return {}
    points = result.points[index]
    spectrum = result.spectra[points.table]
    words = _words(result, index, seen)
    x = seen.layout.values * x_unit(seen.layout)[0]
    scale = _POINTS_AN_INCH / figure.dpi
    height = float(figure.get_size_inches()[1]) * _POINTS_AN_INCH
    told: list[list[Any]] = []
    for panel, top, bottom in drawn:
        for curve in panel.curves:
            level = seen.layout.levels.index(curve.level) if seen.layout.colour else 0
            above, below = (
                axes.transData.transform(np.stack([x[curve.rows], y[curve.rows]], axis=1)) * scale
                for axes, y in (
                    (top, _drawable(top, seen.value)),
                    (bottom, np.clip(seen.residual, *bottom.get_ylim())),
                )
            )
            for row, (across, up), (_, low) in zip(curve.rows, above, below, strict=True):
                places = [_place(across), _place(height - up), _place(height - low)]
                told.append([*places, level, words[row]])
    switched = 1 < len(seen.layout.levels) <= _MOST_SWITCHES and len(seen.value) <= MANY_POINTS
    levels = zip(level_words(seen.layout), seen.layout.levels, strict=True) if switched else ()
    if switched:
        _name_key(figure)
    return {
        "file": printable(Path(spectrum.source).name),
        "points": told,
        "switches": [[text, looks(level).color] for text, level in levels],
    }


def _drawable(axes: Axes, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """NaN for what a log axis cannot show, but at its lower edge, where an arrowhead stands."""
    if axes.get_yscale() != "log":
        return values
    return np.where(values > 0, values, axes.get_ylim()[0])


def _place(number: float) -> float | None:
    """A tenth of a point is finer than any screen."""
    return round(float(number), 1) if np.isfinite(number) else None


def _words(result: Result, index: int, seen: Seen) -> list[str]:
    """Of every point: line, conditions, measured, predicted, residual."""
    points = result.points[index]
    spectrum = result.spectra[points.table]
    unit = unit_of(MEASURED[points.quantity])
    conditions = [
        (CONDITIONS[name], values[points.rows])
        for name in spectrum.conditions
        if (values := spectrum.condition(name)) is not None
    ]
    lines = spectrum.lines[points.rows]
    texts = []
    for row, line in enumerate(lines):
        at = ", ".join(f"{q.symbol} = {numbers.one(float(values[row]), q)}" for q, values in conditions)
        value = _with_bar(seen, row)
        expected = numbers.significant(float(seen.median[row]), 3)
        residual = seen.residual[row]
        far = f"residual {numbers.fixed(float(residual), 1)} σ" if np.isfinite(residual) else ""
        rows = (
            f"line {line}: {at}",
            f"measured {numbers.with_unit(value, unit)}",
            f"predicted {numbers.with_unit(expected, unit)}",
            far,
        )
        texts.append("\n".join(filter(None, rows)))
    return texts


def _with_bar(seen: Seen, row: int) -> str:
    """Value ± error, or with its two ends where they are not equally far."""
    value, (low, high) = float(seen.value[row]), (float(end) for end in seen.bars[:, row])
    if not np.isfinite(high - low):
        return numbers.significant(value, 4)
    if np.isclose(high - value, value - low, rtol=1e-3):
        return numbers.plus_minus(value, high - value)
    median, bottom, top, times = numbers.interval(value, low, high)
    return f"{median} ({bottom} – {top}){times}"
