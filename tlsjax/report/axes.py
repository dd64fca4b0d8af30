"""Axes: which scale, which ticks, which power of ten."""

from collections.abc import Mapping
from math import ceil, floor, log10

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from tlsjax.quantity import Quantity
from tlsjax.report.numbers import common_exponent, fixed, power, trimmed
from tlsjax.report.symbols import axis_label

Array = NDArray[np.float64]
_WIDE = 10.0
"""Ratio above which positive numbers are drawn on a logarithmic axis."""
_CROWDED = 5.0
"""Decades from which minor ticks say nothing."""
STEPS = (1, 2, 2.5, 5, 10)
"""Ticks of a linear axis are these times a power of ten apart."""
_SIZE, _PAD = 8.5, 7.0
"""Of the numbers and from the axis to them, points."""


def drawn_values(values: Array, quantity: Quantity) -> tuple[float, str, bool]:
    """Factor, axis label and whether to draw on a logarithmic axis, for draws of a parameter."""
    low, high = np.quantile(values, (0.005, 0.995)) * quantity.shown_factor
    if low > 0 and high > _WIDE * low:
        return quantity.shown_factor, axis_label(quantity), True
    exponent = common_exponent([float(low), float(high)])
    return quantity.shown_factor / 10.0**exponent, axis_label(quantity, exponent), False


def logarithmic(
    axes: Axes, which: str, low: float, high: float, most: int = 7, *, told: bool = True, size: float = _SIZE
) -> None:
    """A log axis between two numbers, with ticks that can be read over any number of decades.

    Args:
        axes: whose axis.
        which: ``"x"`` or ``"y"``.
        low, high: its ends.
        most: ticks at most, about.
        told: whether numbers stand at the ticks.
        size: of the numbers, points.
    """
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    decades = log10(high / low)
    plain = low >= 1e-3 and high <= 2e3
    minor = np.zeros(0)
    if decades < 0.5:
        major = np.asarray(MaxNLocator(4).tick_values(low, high))
        texts = {x: trimmed(x) if plain else _full(x) for x in major}
    else:
        major = np.asarray(LogLocator(10.0, numticks=most).tick_values(low, high))
        texts = {x: trimmed(x) if plain else _power(x) for x in major}
        if decades < min(most, _CROWDED):
            tens = 10.0 ** np.arange(floor(log10(low)), ceil(log10(high)))
            minor = np.outer(tens, np.arange(2, 10)).ravel()
        if decades < 1.7:
            shown = {2, 5} if decades > 0.7 else {2, 3, 4, 5, 6, 8}
            texts |= {x: trimmed(x) if plain else _full(x) for x in minor if _leading(x) in shown}
    _draw_ticks(axes, which, major, minor, texts if told else {}, size)


def linear(
    axes: Axes, which: str, most: int = 5, *, exponent: int = 0, told: bool = True, size: float = _SIZE
) -> None:
    """Few ticks on a linear axis, which has its limits already.

    Args:
        axes: whose axis.
        which: ``"x"`` or ``"y"``.
        most: intervals between ticks at most.
        exponent: power of ten that the numbers leave out, as the label says it.
        told: whether numbers stand at the ticks.
        size: of the numbers, points.
    """
    limits = axes.get_xlim() if which == "x" else axes.get_ylim()
    major = np.asarray(MaxNLocator(most, steps=STEPS).tick_values(*limits))
    scaled = major / 10.0**exponent
    near = 1e-3 * (scaled[1] - scaled[0])
    decimals = next((d for d in range(9) if np.abs(scaled - np.round(scaled, d)).max() < near), 9)
    texts = {x: fixed(y, decimals) for x, y in zip(major, scaled, strict=True)}
    _draw_ticks(axes, which, major, np.zeros(0), texts if told else {}, size)


def _draw_ticks(
    axes: Axes, which: str, major: Array, minor: Array, texts: Mapping[float, str], size: float
) -> None:
    """One artist for all marks of a length and one for each number.

    Each of matplotlib's own ticks is five artists, which took most of the drawing's time.
    """
    on_x = which == "x"
    axis: Axis = axes.xaxis if on_x else axes.yaxis
    axis.set_major_locator(NullLocator())
    axis.set_minor_locator(NullLocator())
    to_page = axis.get_transform().transform
    low, high = to_page(np.array(axes.get_xlim() if on_x else axes.get_ylim()))
    room = 1e-3 * (high - low)

    def inside(places: Array) -> Array:
        places = places[places > 0] if axis.get_scale() == "log" else places
        at = to_page(places)
        return places[(at > low - room) & (at < high + room)]

    for places, kind in ((inside(major), "major"), (inside(minor), "minor")):
        across = np.zeros(len(places))
        mark = Line2D(
            places if on_x else across, across if on_x else places, linestyle="none", color="black",
            clip_on=False, marker=TICKDOWN if on_x else TICKLEFT,  # type: ignore[arg-type]
            markersize=mpl.rcParams[f"{which}tick.{kind}.size"],
            markeredgewidth=mpl.rcParams[f"{which}tick.{kind}.width"],
            transform=axes.get_xaxis_transform() if on_x else axes.get_yaxis_transform(),
        )  # fmt: skip
        axes.add_artist(mark)
    transform, vertical, horizontal = (
        axes.get_xaxis_text1_transform(_PAD) if on_x else axes.get_yaxis_text1_transform(_PAD)
    )
    for x in inside(np.array(list(texts))):
        axes.text(
            x if on_x else 0.0, 0.0 if on_x else x, texts[x], transform=transform,
            va=vertical, ha=horizontal, fontsize=size,
        )  # fmt: skip


def _leading(x: float) -> int:
    return round(float(x / 10.0 ** floor(log10(x) + 1e-9)))


def _power(x: float) -> str:
    return power(round(log10(x))) if x > 0 else ""


def _full(x: float) -> str:
    exponent = floor(log10(x) + 1e-9) if x > 0 else 0
    return f"{trimmed(x / 10.0**exponent, 3)}×{power(exponent)}"


def padded(low: float, high: float, logarithmic: bool, share: float = 0.04) -> tuple[float, float]:
    """Limits with some room beyond the numbers."""
    if logarithmic:
        room = (high / low) ** share if high > low else 1.3
        return low / room, high * room
    room = share * (high - low) if high > low else 0.05 * abs(high) or 1.0
    return low - room, high + room
