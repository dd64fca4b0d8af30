"""Data, posterior bands and residuals of one observation."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.fitting.result import Result
from tlsjax.report.axes import linear, logarithmic, padded
from tlsjax.report.numbers import common_exponent, display, prefix, trimmed, with_unit
from tlsjax.report.prediction import Seen, look_at
from tlsjax.report.series import Panel
from tlsjax.report.style import GREY, MARKERS, PALETTE, Drawing, grid, name_axes, new_figure, to_svg
from tlsjax.report.symbols import axis_label, drawn, labelled, symbol_of

Array = NDArray[np.float64]
_PANELS = 4
"""Panels in one figure; more go to the next, so that none is longer than a page."""
_MANY_POINTS = 400
_KEY, _BAR = 0.33, 0.85
"""Room for the key above or the colour bar beside, inches."""
_LEGEND_COLUMNS = (1, 1, 2, 3, 4, 5, 3, 4)


class _Look(NamedTuple):
    color: str
    marker: str


def data_figures(result: Result, index: int) -> tuple[Drawing, ...]:
    """Figures of one observation, four conditions (panels) at most in each."""
    seen = look_at(result, index)
    looks = _looks(seen)
    panels = seen.layout.panels
    quantity = MEASURED[result.points[index].quantity]
    count = len(seen.value)
    alt = (
        f"{result.labels[index]}: {count} measured points against {seen.layout.x.replace('_', ' ')} with the "
        f"posterior median, its 95 % bands, and standardised residuals, {_outside(seen)} of them beyond ±2."
    )
    drawings = []
    for start in range(0, len(panels), _PANELS):
        figure = _draw(result, index, seen, looks, panels[start : start + _PANELS])
        part = f", part {start // _PANELS + 1}" if len(panels) > _PANELS else ""
        drawings.append(
            Drawing(
                to_svg(figure, f"data{index}-{start}", alt),
                _caption(seen),
                f"{quantity.description[:1].upper()}{quantity.description[1:]}: {result.labels[index]}{part}",
            )
        )
    return tuple(drawings)


def _caption(seen: Seen) -> str:
    bars = f" ({seen.bars_are})" if seen.bars_are else " (no uncertainty known)"
    return (
        f"Above: measured points{bars}, posterior median (line), 95 % band of the mean (dark) and of a new "
        "measurement (light). Below: measured minus predicted, over the predictive standard deviation; a "
        "good fit scatters evenly about 0, about 5 % of the points beyond ±2 "
        f"(here {_outside(seen)} of {len(seen.residual)})."
    )


def _outside(seen: Seen) -> int:
    return int(np.sum(np.abs(seen.residual) > 2))


def _looks(seen: Seen) -> Callable[[float], _Look]:
    levels = seen.layout.levels
    if len(levels) <= len(PALETTE):
        known = {level: _Look(PALETTE[i], MARKERS[i]) for i, level in enumerate(levels)}
        return lambda level: known.get(level, _Look(PALETTE[0], MARKERS[0]))
    norm, colours = _colour_scale(levels)
    return lambda level: _Look(mpl.colors.to_hex(colours(norm(level))), "o")


def _colour_scale(levels: Sequence[float]) -> tuple[Normalize, LinearSegmentedColormap]:
    positive = min(levels) > 0 and max(levels) > 20 * min(levels)
    norm = mpl.colors.LogNorm(levels[0], levels[-1]) if positive else Normalize(levels[0], levels[-1])
    shades = mpl.colormaps["viridis"](np.linspace(0.0, 0.88, 256))
    return norm, LinearSegmentedColormap.from_list("levels", shades.tolist())


def _draw(
    result: Result, index: int, seen: Seen, looks: Callable[[float], _Look], panels: Sequence[Panel]
) -> Figure:
    columns = 1 if len(panels) == 1 else 2
    rows = -(-len(panels) // columns)
    figure = new_figure(4.2 if len(panels) == 1 else 0.5 + 3.9 * rows)
    titled = 0.25 if any(panel.title for panel in panels) else 0.05
    outer = grid(
        figure, rows, columns, left=0.85, right=_BAR if _needs_bar(seen) else 0.12, bottom=0.5,
        top=titled + (_KEY if seen.layout.colour and not _needs_bar(seen) else 0.05), across=0.6,
        down=0.55 + titled,
    )  # fmt: skip
    pairs: list[tuple[Axes, Axes]] = []
    for place, panel in enumerate(panels):
        inner = outer[place // columns, place % columns].subgridspec(
            2, 1, height_ratios=(3, 1.1), hspace=0.04
        )
        top = figure.add_subplot(inner[0])
        bottom = figure.add_subplot(inner[1], sharex=top)
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
    _key(figure, seen, looks)
    return figure


def _draw_panel(top: Axes, bottom: Axes, panel: Panel, seen: Seen, looks: Callable[[float], _Look]) -> None:
    factor, _ = _x_unit(seen)
    many = len(seen.value) > _MANY_POINTS
    crowded = len(seen.layout.levels) > len(PALETTE)
    for curve in panel.curves:
        look, band = looks(curve.level), seen.curves[curve]
        x, y = seen.layout.values[curve.rows] * factor, seen.value[curve.rows]
        grid = curve.grid * factor
        low, _, high = seen.replicas[:, curve.rows]
        if not crowded:
            top.fill_between(x, low, high, color=look.color, alpha=0.13, linewidth=0)
        top.fill_between(grid, band[0], band[2], color=look.color, alpha=0.35, linewidth=0)
        top.plot(grid, band[1], color=look.color, linewidth=1.3)
        ends = seen.bars[:, curve.rows]
        if not many and np.isfinite(ends).all():
            top.vlines(x, *ends, color=look.color, linewidth=0.9)
        style = {
            "color": look.color, "marker": look.marker, "linestyle": "none", "rasterized": many,
            "markersize": 2.0 if many else 4.0, "markeredgecolor": look.color if many else "white",
            "markeredgewidth": 0.0 if many else 0.5, "alpha": 0.5 if many else 1.0,
        }  # fmt: skip
        top.plot(x, y, zorder=3, **style)  # type: ignore[arg-type]
        bottom.plot(x, seen.residual[curve.rows], zorder=3, **style)  # type: ignore[arg-type]
    bottom.axhspan(-2, 2, color="#efefef", linewidth=0)
    bottom.axhline(0, color=GREY, linewidth=0.8)
    for level in (-2, 2):
        bottom.axhline(level, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    top.tick_params(labelbottom=False, which="both")


def _x_unit(seen: Seen) -> tuple[float, str]:
    quantity, values = CONDITIONS[seen.layout.x], seen.layout.values
    if quantity.shown_unit:
        return quantity.shown_factor, quantity.shown_unit
    largest = float(np.abs(values).max())
    if seen.layout.logarithmic and largest > 1e4 * float(values.min()):
        return 1.0, "" if quantity.unit == "1" else quantity.unit
    return prefix(largest, "" if quantity.unit == "1" else quantity.unit)


def _scales(seen: Seen, panels: Sequence[Panel], pairs: Sequence[tuple[Axes, Axes]]) -> int:
    """The same scales in all panels; returns the power of ten that the y label has to say."""
    factor, unit = _x_unit(seen)
    words = seen.layout.x.replace("_", " ")
    x = seen.layout.values * factor
    everything = np.concatenate([seen.value, *(band[1] for band in seen.curves.values())])
    positive = everything[everything > 0]
    log_y = len(positive) > 0 and _mostly_positive(seen.value) and positive.max() > 3 * positive.min()
    ends = seen.bars[np.isfinite(seen.bars)]
    ends = ends[ends > positive.min() / 3] if log_y else ends
    reach = np.concatenate([positive if log_y else everything, ends])
    limits_y = padded(float(reach.min()), float(reach.max()), bool(log_y), 0.05)
    limits_x = padded(float(x.min()), float(x.max()), seen.layout.logarithmic, 0.03)
    exponent = 0 if log_y else common_exponent(limits_y)
    worst = max(3.4, 1.12 * float(np.nanmax(np.abs(seen.residual), initial=0.0)))
    for panel, (top, bottom) in zip(panels, pairs, strict=True):
        if seen.layout.logarithmic:
            logarithmic(top, "x", *limits_x, most=6 if len(pairs) > 1 else 9)
        else:
            top.set_xlim(*limits_x)
            linear(top, "x")
        if log_y:
            logarithmic(top, "y", *limits_y)
            for curve in panel.curves:
                _below(top, x[curve.rows], seen.value[curve.rows])
        else:
            top.set_ylim(*limits_y)
            linear(top, "y", exponent=exponent)
        bottom.set_ylim(-worst, worst)
        bottom.set_yticks([-2, 0, 2] if worst < 7 else [])
        if worst >= 7:
            linear(bottom, "y", 4)
        name_axes(bottom, x=f"{words} {labelled(symbol_of(CONDITIONS[seen.layout.x]), unit)}")
    return exponent


def _mostly_positive(values: Array) -> bool:
    return bool(np.mean(values > 0) > 0.8)


def _below(axes: Axes, x: Array, y: Array) -> None:
    """Points that a log axis cannot show, as arrowheads at its lower edge."""
    hidden = y <= 0
    if hidden.any():
        axes.plot(
            x[hidden], np.full(hidden.sum(), 0.02), marker=7, linestyle="none", color=GREY,
            transform=axes.get_xaxis_transform(), clip_on=False,
        )  # fmt: skip


def _needs_bar(seen: Seen) -> bool:
    return seen.layout.colour is not None and len(seen.layout.levels) > len(PALETTE)


def _key(figure: Figure, seen: Seen, looks: Callable[[float], _Look]) -> None:
    if seen.layout.colour is None:
        return
    quantity, levels = CONDITIONS[seen.layout.colour], seen.layout.levels
    factor, unit = display(quantity, max(abs(level) for level in levels))
    symbol = symbol_of(quantity)
    if _needs_bar(seen):
        norm, colours = _colour_scale([level * factor for level in levels])
        width, height = figure.get_size_inches()
        strip = ((width - _BAR + 0.12) / width, 0.5 / height, 0.1 / width, 1 - 0.8 / height)
        bar = figure.colorbar(ScalarMappable(norm, colours), cax=figure.add_axes(strip))
        bar.set_label(labelled(symbol, unit))
        return
    handles = [
        Line2D(
            [], [], color=looks(level).color, marker=looks(level).marker,
            label=f"{drawn(symbol)} = {with_unit(trimmed(level * factor), unit)}",
        )
        for level in levels
    ]  # fmt: skip
    figure.legend(handles=handles, loc="upper center", ncols=_LEGEND_COLUMNS[len(handles)], borderaxespad=0.1)
