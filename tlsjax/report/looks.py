"""How the conditions of an observation are told apart: colours, markers and their key; and its x axis."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS
from tlsjax.report.axes import linear, logarithmic, padded
from tlsjax.report.numbers import display, prefix, trimmed, with_unit
from tlsjax.report.series import Layout
from tlsjax.report.style import GREY, MARKERS, PALETTE, name_axes
from tlsjax.report.symbols import drawn, labelled, symbol_of

Array = NDArray[np.float64]
BAR = 0.85
"""Room for the colour bar beside, inches."""
MANY_POINTS = 400
KEY_COLUMNS = (1, 1, 2, 3, 4, 5, 3, 4)
"""Columns of the key by its number of entries."""


class Look(NamedTuple):
    """Colour and marker of one condition."""

    color: str
    marker: str


def looks_of(layout: Layout) -> Callable[[float], Look]:
    """The look of each level of the coloured condition."""
    levels = layout.levels
    if len(levels) <= len(PALETTE):
        known = {level: Look(PALETTE[i], MARKERS[i]) for i, level in enumerate(levels)}
        return lambda level: known.get(level, Look(PALETTE[0], MARKERS[0]))
    norm, colours = _colour_scale(levels)
    return lambda level: Look(mpl.colors.to_hex(colours(norm(level))), "o")


def point_style(look: Look, many: bool) -> dict[str, Any]:
    """Keywords with which to plot measured points; many are small, and a bitmap."""
    return {
        "color": look.color, "marker": look.marker, "linestyle": "none", "rasterized": many,
        "markersize": 2.0 if many else 4.0, "markeredgecolor": look.color if many else "white",
        "markeredgewidth": 0.0 if many else 0.5, "alpha": 0.5 if many else 1.0, "zorder": 3,
    }  # fmt: skip


def needs_bar(layout: Layout) -> bool:
    """Whether there are too many levels for a key of single entries."""
    return layout.colour is not None and len(layout.levels) > len(PALETTE)


def _colour_scale(levels: Sequence[float]) -> tuple[Normalize, LinearSegmentedColormap]:
    positive = min(levels) > 0 and max(levels) > 20 * min(levels)
    norm = mpl.colors.LogNorm(levels[0], levels[-1]) if positive else Normalize(levels[0], levels[-1])
    shades = mpl.colormaps["viridis"](np.linspace(0.0, 0.88, 256))
    return norm, LinearSegmentedColormap.from_list("levels", shades.tolist())


def draw_bar(axes: Axes, layout: Layout) -> None:
    """Fill the axes with a colour bar of the levels."""
    symbol, unit, levels = _key(layout)
    norm, colours = _colour_scale(levels)
    bar = axes.get_figure(root=True).colorbar(ScalarMappable(norm, colours), cax=axes)  # type: ignore[union-attr]
    bar.set_label(labelled(symbol, unit))


def key_entries(layout: Layout, looks: Callable[[float], Look]) -> list[Line2D]:
    """Handles of a legend, one a level."""
    if layout.colour is None:
        return []
    symbol, unit, shown = _key(layout)
    return [
        Line2D(
            [], [], color=looks(level).color, marker=looks(level).marker,
            label=f"{drawn(symbol)} = {with_unit(trimmed(number), unit)}",
        )
        for level, number in zip(layout.levels, shown, strict=True)
    ]  # fmt: skip


def level_words(layout: Layout) -> list[str]:
    """The levels as plain text, such as ``I = 2 µA``."""
    if layout.colour is None:
        return []
    symbol, unit, shown = _key(layout)
    return [f"{symbol} = {with_unit(trimmed(number), unit)}" for number in shown]


def _key(layout: Layout) -> tuple[str, str, list[float]]:
    """Symbol and unit of the coloured condition, and its levels in that unit."""
    quantity = CONDITIONS[layout.colour or ""]
    factor, unit = display(quantity, max(abs(level) for level in layout.levels))
    return symbol_of(quantity), unit, [level * factor for level in layout.levels]


def x_unit(layout: Layout) -> tuple[float, str]:
    """Factor and unit of the x axis."""
    quantity, values = CONDITIONS[layout.x], layout.values
    if quantity.shown_unit:
        return quantity.shown_factor, quantity.shown_unit
    largest = float(np.abs(values).max())
    if layout.logarithmic and largest > 1e4 * float(values.min()):
        return 1.0, "" if quantity.unit == "1" else quantity.unit
    return prefix(largest, "" if quantity.unit == "1" else quantity.unit)


def scale_x(axes: Axes, layout: Layout, most: int, *, told: bool = True) -> None:
    """Scale and limits of the x axis; ``most`` ticks where it is logarithmic; numbers if ``told``."""
    x = layout.values * x_unit(layout)[0]
    limits = padded(float(x.min()), float(x.max()), layout.logarithmic, 0.03)
    if layout.logarithmic:
        logarithmic(axes, "x", *limits, most=most, told=told)
    else:
        axes.set_xlim(*limits)
        linear(axes, "x", told=told)


def name_x(axes: Axes, layout: Layout) -> None:
    """Label of the x axis."""
    symbol, unit = symbol_of(CONDITIONS[layout.x]), x_unit(layout)[1]
    name_axes(axes, x=f"{layout.x.replace('_', ' ')} {labelled(symbol, unit)}")


def below(axes: Axes, x: Array, y: Array, gid: str | None = None) -> None:
    """Points that a log axis cannot show, as arrowheads at its lower edge."""
    hidden = y <= 0
    if hidden.any():
        axes.plot(
            x[hidden], np.full(hidden.sum(), 0.02), marker=7, linestyle="none", color=GREY, gid=gid,
            transform=axes.get_xaxis_transform(), clip_on=False,
        )  # fmt: skip
