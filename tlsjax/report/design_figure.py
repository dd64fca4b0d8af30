"""What to measure next, drawn: what a point would tell where, and how far intervals would shrink."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tlsjax.analysis.candidates import Between
from tlsjax.analysis.designed import Design, Told
from tlsjax.fitting.asked import SETTINGS
from tlsjax.quantity import Quantity
from tlsjax.report import numbers
from tlsjax.report.axes import linear, logarithmic, padded
from tlsjax.report.design import kind
from tlsjax.report.style import (
    BLUE,
    FAINT,
    GREY,
    MARKERS,
    PALETTE,
    Drawing,
    Picture,
    grid,
    name_axes,
    new_figure,
)
from tlsjax.report.symbols import drawn, html, labelled

Array = NDArray[np.float64]

_COLUMNS, _LINES = 2, 6
_ROW, _LETTER = 0.27, 0.08
_WIDE, _MANY = 10.0, 1e4
"""Ratios above which a condition is drawn on a logarithmic axis, and in SI."""


def told_figure(design: Design, known: Mapping[str, Quantity]) -> Drawing:
    """What one more point would tell wherever it could be measured, and where points are to be."""
    shown = sorted({one.measurement for one in design.told})
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)
    figure = new_figure(2.3 * rows + 0.4)
    places = grid(
        figure, rows, columns, left=0.65, right=0.1, bottom=0.5, top=0.3, across=0.6, down=0.85
    )  # fmt: skip
    for place, k in enumerate(shown):
        axes = figure.add_subplot(places[divmod(place, columns)])
        curves = _most_telling(design, [one for one in design.told if one.measurement == k])
        _draw(axes, design, k, curves)
        name_axes(axes, y="nats per cost" if not place % columns else "", beside=0.44)
    where = "; ".join(f"{kind(design.candidates, p.measurement)} × {p.times}" for p in design.points)
    settings = [[one.measurement for one in design.told].count(k) for k in shown]
    more = f" Of several settings, the {_LINES} that tell most." if max(settings) > _LINES else ""
    names = ", ".join(known[name].symbol for name in design.candidates.targets)
    return Drawing(
        Picture(figure, "next_points", f"Where to measure next: {where}."),
        html(
            f"Information that one more point would give on {names}, for its cost: lines where it could be "
            "measured, symbols where points are to be, with how many. After each the next tells less, so "
            f"that points may lie where a line is not highest.{more}"
        ),
    )


def _most_telling(design: Design, curves: Sequence[Told]) -> list[Told]:
    """As many as can be told apart, in the order of their settings; those first on which points lie."""
    chosen = [p.conditions for p in design.points if p.measurement == curves[0].measurement]
    used = {id(_nearest(conditions, curves)) for conditions in chosen}
    best = sorted(curves, key=lambda one: (id(one) not in used, -max(one.information)))[:_LINES]
    return [one for one in curves if one in best]


def _draw(axes: Axes, design: Design, k: int, curves: Sequence[Told]) -> None:
    about = SETTINGS[curves[0].along]
    every = np.concatenate([one.values for one in curves])
    factor, unit = numbers.display(about, float(np.abs(every).max()))
    on_log = bool(every.min() > 0 and every.max() > _WIDE * every.min())
    if every.max() > _MANY * every.min() > 0:  # powers of ten, which want no prefix
        factor, unit = 1.0, about.unit
    for curve, colour, marker in zip(curves, PALETTE, MARKERS, strict=False):
        x, y = np.array(curve.values) * factor, np.array(curve.information)
        label = ", ".join(
            f"{drawn(SETTINGS[n].symbol)} = {numbers.one(v, SETTINGS[n])}" for n, v in curve.others.items()
        )
        between = isinstance(design.candidates.measurements[k].conditions[curve.along], Between)
        axes.plot(
            x, y, color=colour, label=label or None, marker="" if between else ".",
            linestyle="-" if between else ":",
        )  # fmt: skip
        for point in design.points:
            if point.measurement != k or _nearest(point.conditions, curves) is not curve:
                continue
            at = point.conditions[curve.along] * factor
            height = float(np.interp(at, x, y))
            axes.plot(
                at, height, marker=marker, color=colour, markersize=7, markeredgecolor="white", clip_on=False,
                zorder=4,
            )  # fmt: skip
            axes.annotate(
                f"×{point.times}", (at, height), (0, 7), textcoords="offset points", ha="center", fontsize=8
            )
    low, high = padded(float(every.min()) * factor, float(every.max()) * factor, on_log, 0.05)
    if on_log:
        logarithmic(axes, "x", low, high, most=5)
    else:
        axes.set_xlim(low, high)
        linear(axes, "x", 4)
    top = max(max(one.information) for one in curves)
    axes.set_ylim(0.0, 1.18 * top if top > 0 else 1.0)
    linear(axes, "y", 4)
    axes.set_title(kind(design.candidates, k).replace("_", " "), pad=4, loc="left")
    name_axes(axes, x=f"{curves[0].along.replace('_', ' ')} {labelled(about.symbol, unit)}")
    if curves[0].others:
        axes.legend(loc="best", fontsize=7.5, handlelength=1.2, labelspacing=0.25)


def _nearest(conditions: Mapping[str, float], curves: Sequence[Told]) -> Told:
    """Of all curves the one whose settings are nearest."""

    def distance(one: Told) -> float:
        steps = (
            abs(conditions[name] - value) / max(abs(value), abs(conditions[name]), 1e-300)
            for name, value in one.others.items()
        )
        return float(sum(steps))

    return min(curves, key=distance)


def widths_figure(design: Design, known: Mapping[str, Quantity]) -> Drawing:
    """Intervals after the points over those now, beside points spread evenly."""
    count = len(design.targets)
    room = max(0.55, 0.3 + _LETTER * max(len(known[t.name].symbol) for t in design.targets))
    figure = new_figure(_ROW * count + 1.0)
    axes = figure.add_subplot(grid(figure, 1, 1, left=room, right=0.3, bottom=0.5, top=0.35)[0])
    rows = np.arange(count)
    now, after, low, high, even = (
        np.array([getattr(t, field) for t in design.targets])
        for field in ("now", "after", "low", "high", "evenly")
    )
    axes.axvline(100.0, color=FAINT, linewidth=1.0)
    axes.hlines(rows, 100.0 * low / now, 100.0 * high / now, colors=BLUE, linewidth=1.6)
    axes.plot(
        100.0 * even / now, rows, "D", color="white", markeredgecolor=GREY, markersize=6, zorder=3,
        label="as costly, spread evenly",
    )  # fmt: skip
    axes.plot(100.0 * after / now, rows, "o", color=BLUE, markersize=6, zorder=4, label="these points")
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(rows, [drawn(known[t.name].symbol) for t in design.targets])
    axes.tick_params(length=0)
    axes.set_xlim(0.0, max(110.0, 105.0 * float((np.maximum(high, even) / now).max())))
    linear(axes, "x", 6)
    name_axes(axes, x="half the 68 % interval, per cent of what it is now")
    figure.legend(*axes.get_legend_handles_labels(), loc="upper center", ncols=2, borderaxespad=0.1)
    best = ", ".join(f"{t.name} {t.after / t.now:.0%}" for t in design.targets)
    return Drawing(
        Picture(figure, "next_widths", f"Intervals after over now: {best}."),
        "How far intervals are expected to shrink: the median over what may come out if the posterior is "
        "right, lines from 10 to 90 % of it.",
    )
