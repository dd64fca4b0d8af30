"""Axes: which scale, which ticks, which power of ten."""

from math import floor, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from tlsjax.quantity import Quantity
from tlsjax.report.numbers import common_exponent, power, trimmed
from tlsjax.report.symbols import axis_label

Array = NDArray[np.float64]
_WIDE = 10.0
"""Ratio above which positive numbers are drawn on a logarithmic axis."""


_CROWDED = 5.0
"""Decades from which minor ticks say nothing and take most of the drawing's time."""


def drawn_values(values: Array, quantity: Quantity) -> tuple[float, str, bool]:
    """Factor, axis label and whether to draw on a logarithmic axis, for draws of a parameter."""
    low, high = np.quantile(values, (0.005, 0.995)) * quantity.shown_factor
    if low > 0 and high > _WIDE * low:
        return quantity.shown_factor, axis_label(quantity), True
    exponent = common_exponent([float(low), float(high)])
    return quantity.shown_factor / 10.0**exponent, axis_label(quantity, exponent), False


def logarithmic(axes: Axes, which: str, low: float, high: float, most: int = 7) -> None:
    """A log axis between two numbers, with ticks that can be read over any number of decades."""
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    (axes.set_xlim if which == "x" else axes.set_ylim)(low, high)
    decades = log10(high / low)
    plain = low >= 1e-3 and high <= 2e3
    axis.set_major_locator(LogLocator(10.0, numticks=most))
    axis.set_major_formatter(FuncFormatter(lambda x, _: trimmed(x) if plain else _power(x)))
    if decades >= min(most, _CROWDED):
        axis.set_minor_locator(NullLocator())
        return
    axis.set_minor_locator(LogLocator(10.0, subs=list(range(2, 10)), numticks=100))
    if decades >= 1.7:
        axis.set_minor_formatter(NullFormatter())
        return
    shown = {2, 5} if decades > 0.7 else {2, 3, 4, 5, 6, 8}
    if decades < 0.5:
        axis.set_major_locator(MaxNLocator(4))
        axis.set_minor_locator(MaxNLocator(1))
        axis.set_major_formatter(FuncFormatter(lambda x, _: trimmed(x) if plain else _full(x)))
        axis.set_minor_formatter(NullFormatter())
        return
    axis.set_minor_formatter(
        FuncFormatter(lambda x, _: (trimmed(x) if plain else _full(x)) if _leading(x) in shown else "")
    )
    # Minor ticks are 1.5 pt shorter: their numbers stand as far from the axis.
    axis.set_tick_params(which="minor", labelsize=8.5, pad=4.9)


def linear(axes: Axes, which: str, most: int = 5, exponent: int = 0) -> None:
    """A linear axis with few ticks, whose numbers leave out a power of ten that the label says."""
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    if exponent:
        axis.set_major_formatter(FuncFormatter(lambda x, _: trimmed(x / 10.0**exponent)))


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
