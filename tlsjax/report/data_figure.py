"""Data, posterior bands and residuals of one observation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.fitting.result import Result
from tlsjax.report.axes import linear, logarithmic, padded
from tlsjax.report.hover import MOST_TOLD, part_of, points_told
from tlsjax.report.looks import (
    BAR,
    KEY_COLUMNS,
    MANY_POINTS,
    Look,
    below,
    draw_bar,
    key_entries,
    looks_of,
    name_x,
    needs_bar,
    point_style,
    scale_x,
    x_unit,
)  # fmt: skip
from tlsjax.report.names import of_observation
from tlsjax.report.numbers import common_exponent
from tlsjax.report.prediction import Seen, look_at
from tlsjax.report.series import Layout, Panel
from tlsjax.report.style import GREY, ORANGE, PALETTE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import axis_label, drawn

Array = NDArray[np.float64]
_PANELS = 4
"""Panels in one figure; more go to the next, so that none is longer than a page."""
_FAR = 8.0
"""Residual beyond which a point is drawn at the edge of the axis."""
_KEY = 0.33
"""Room for the key above, inches."""


def data_figures(result: Result, index: int) -> tuple[Drawing, ...]:
    """Figures of one observation, four conditions (panels) at most in each."""
    seen = look_at(result, index)
    looks = looks_of(seen.layout)
    panels = seen.layout.panels
    quantity = MEASURED[result.points[index].quantity]
    count = len(seen.value)
    alt = (
        f"{result.labels[index]}: {count} measured points against {seen.layout.x.replace('_', ' ')} with the "
        f"posterior median, its 95 % bands, and standardised residuals, {_outside(seen)} of them beyond ±2."
    )
    drawings = []
    for start in range(0, len(panels), _PANELS):
        number = start // _PANELS + 1
        figure, points = _draw(result, index, seen, looks, panels[start : start + _PANELS])
        name = f"data_{of_observation(result, index)}" + (f"_part_{number}" if start else "")
        part = f", part {number}" if len(panels) > _PANELS else ""
        drawings.append(
            Drawing(
                Picture(figure, name, alt),
                _caption(seen),
                f"{quantity.description[:1].upper()}{quantity.description[1:]}: {result.labels[index]}{part}",
                points,
            )
        )
    return tuple(drawings)


def _caption(seen: Seen) -> str:
    bars = f" ({seen.bars_are})" if seen.bars_are else " (no uncertainty known)"
    bars = "" if _is_many(seen) else bars
    far = (
        "; arrowheads lie beyond the axis" if _reach(seen.residual) < np.nanmax(np.abs(seen.residual)) else ""
    )
    new = "" if _is_crowded(seen) else " (inner) and of a new measurement (outer)"
    untold = "" if len(seen.value) <= MOST_TOLD else " Too many points to read each under the pointer."
    return (
        f"Above: measured points{bars}, posterior median (line), 95 % band of the mean{new}. "
        "Below: measured minus predicted, over the predictive standard deviation; a good fit scatters evenly "
        "about 0, about 5 % of the points beyond ±2 "
        f"(here {_outside(seen)} of {len(seen.residual)}){far}.{untold}"
    )


def _is_many(seen: Seen) -> bool:
    """Whether points are too many for bars."""
    return len(seen.value) > MANY_POINTS


def _is_crowded(seen: Seen) -> bool:
    """Whether curves are too many for two bands each."""
    return len(seen.layout.levels) > len(PALETTE)


def _outside(seen: Seen) -> int:
    return int(np.sum(np.abs(seen.residual) > 2))


def _draw(
    result: Result, index: int, seen: Seen, looks: Callable[[float], Look], panels: Sequence[Panel]
) -> tuple[Figure, dict[str, Any]]:
    """The figure, and what a page says of its points."""
    columns = 1 if len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    figure = new_figure(4.2 if len(panels) == 1 else 0.5 + 3.9 * rows)
    titled = 0.25 if any(panel.title for panel in panels) else 0.05
    outer = grid(
        figure, rows, columns, left=0.85, right=BAR if needs_bar(seen.layout) else 0.12, bottom=0.5,
        top=titled + (_KEY if seen.layout.colour and not needs_bar(seen.layout) else 0.05), across=0.6,
        down=0.55 + titled,
    )  # fmt: skip
    pairs: list[tuple[Axes, Axes]] = []
    for place, panel in enumerate(panels):
        inner = outer[place // columns, place % columns].subgridspec(
            2, 1, height_ratios=(3, 1.1), hspace=0.04
        )
        top = figure.add_subplot(inner[0])
        bottom = figure.add_subplot(inner[1])
        pairs.append((top, bottom))
        _draw_panel(top, bottom, panel, seen, looks)
        if panel.title:
            top.set_title(drawn(panel.title))
    exponent = _scales(seen, panels, pairs)
    quantity = MEASURED[result.points[index].quantity]
    for place, (top, bottom) in enumerate(pairs):
        if place % columns == 0:
            name_axes(top, y=axis_label(quantity, exponent), beside=0.52)
            name_axes(bottom, y="residual / sd", beside=0.52)
    _key(figure, seen.layout, looks)
    drawn_panels = [(panel, *pair) for panel, pair in zip(panels, pairs, strict=True)]
    return figure, points_told(result, index, seen, figure, drawn_panels, looks)


def _draw_panel(top: Axes, bottom: Axes, panel: Panel, seen: Seen, looks: Callable[[float], Look]) -> None:
    factor, _ = x_unit(seen.layout)
    for curve in panel.curves:
        look, band = looks(curve.level), seen.curves[curve]
        x, y = seen.layout.values[curve.rows] * factor, seen.value[curve.rows]
        grid = curve.grid * factor
        gid = partial(part_of, seen.layout, curve)
        if not _is_crowded(seen):
            top.fill_between(
                grid, *seen.new[curve], color=look.color, alpha=0.13, linewidth=0, gid=gid("new")
            )
        top.fill_between(grid, band[0], band[2], color=look.color, alpha=0.35, linewidth=0, gid=gid("band"))
        top.plot(grid, band[1], color=look.color, linewidth=1.3, gid=gid("line"))
        ends = seen.bars[:, curve.rows]
        if not _is_many(seen) and np.isfinite(ends).all():
            top.vlines(x, *ends, color=look.color, linewidth=0.9, gid=gid("bars"))
        style = point_style(look, _is_many(seen))
        top.plot(x, y, **style, gid=gid("points"))
        bottom.plot(x, seen.residual[curve.rows], **style, gid=gid("residuals"))
    bottom.axhspan(-2, 2, color="#efefef", linewidth=0)
    bottom.axhline(0, color=GREY, linewidth=0.8)
    for level in (-2, 2):
        bottom.axhline(level, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))


def _scales(seen: Seen, panels: Sequence[Panel], pairs: Sequence[tuple[Axes, Axes]]) -> int:
    """The same scales in all panels; returns the power of ten that the y label has to say."""
    x = seen.layout.values * x_unit(seen.layout)[0]
    everything = np.concatenate([seen.value, *(band[1] for band in seen.curves.values())])
    positive = everything[everything > 0]
    log_y = len(positive) > 0 and _mostly_positive(seen.value) and positive.max() > 3 * positive.min()
    ends = seen.bars[np.isfinite(seen.bars)]
    ends = ends[ends > positive.min() / 3] if log_y else ends
    reach = np.concatenate([positive if log_y else everything, ends])
    limits_y = padded(float(reach.min()), float(reach.max()), bool(log_y), 0.05)
    exponent = 0 if log_y else common_exponent(limits_y)
    worst = _reach(seen.residual)
    for panel, (top, bottom) in zip(panels, pairs, strict=True):
        for axes in (top, bottom):
            scale_x(axes, seen.layout, most=6 if len(pairs) > 1 else 9, told=axes is bottom)
        if log_y:
            logarithmic(top, "y", *limits_y)
            for curve in panel.curves:
                below(top, x[curve.rows], seen.value[curve.rows], part_of(seen.layout, curve, "below"))
        else:
            top.set_ylim(*limits_y)
            linear(top, "y", exponent=exponent)
        bottom.set_ylim(-worst, worst)
        for curve in panel.curves:
            _far(bottom, x[curve.rows], seen.residual[curve.rows], part_of(seen.layout, curve, "far"))
        bottom.set_yticks([-2, 0, 2] if worst < 7 else [])
        if worst >= 7:
            linear(bottom, "y", 4)
        name_x(bottom, seen.layout)
    return exponent


def _reach(residual: Array) -> float:
    """End of the residuals' axis: all of them, but a few far ones must not press the others into a line."""
    sizes = np.abs(residual[np.isfinite(residual)])
    largest = float(sizes.max(initial=0.0))
    if largest > _FAR:
        largest = max(4.0, float(np.quantile(sizes, 0.95)))
    return max(3.4, 1.12 * largest)


def _far(axes: Axes, x: Array, residual: Array, gid: str | None) -> None:
    """Residuals beyond the axis, as arrowheads at its edges."""
    end = axes.get_ylim()[1]
    for marker, side in ((6, 1.0), (7, -1.0)):
        beyond = side * residual > end
        if beyond.any():
            own = gid and f"{gid}{'above' if side > 0 else 'below'}"
            axes.plot(
                x[beyond], np.full(beyond.sum(), side * 0.97 * end), marker=marker, linestyle="none",
                color=ORANGE, markersize=7, clip_on=False, gid=own,
            )  # fmt: skip


def _mostly_positive(values: Array) -> bool:
    return bool(np.mean(values > 0) > 0.8)


def _key(figure: Figure, layout: Layout, looks: Callable[[float], Look]) -> None:
    if needs_bar(layout):
        width, height = figure.get_size_inches()
        strip = ((width - BAR + 0.12) / width, 0.5 / height, 0.1 / width, 1 - 0.8 / height)
        draw_bar(figure.add_axes(strip), layout)
    elif entries := key_entries(layout, looks):
        figure.legend(handles=entries, loc="upper center", ncols=KEY_COLUMNS[len(entries)], borderaxespad=0.1)
