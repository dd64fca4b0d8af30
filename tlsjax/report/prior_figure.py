"""Prior against posterior of every free parameter and combination."""

import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.result import Result
from tlsjax.report.axes import linear, logarithmic, padded
from tlsjax.report.histogram import histogram
from tlsjax.report.moving import free
from tlsjax.report.numbers import trimmed
from tlsjax.report.style import AMBER, BLUE, GREY, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import axis_label

Array = NDArray[np.float64]
_COLUMNS = 3
_FARTHEST = 1e-12
"""How far from the posterior the axis may reach."""
_SAME = 1.25
"""Widths closer than this factor are called equal."""


def prior_figure(result: Result) -> Drawing:
    """Small multiples, one a quantity."""
    quantities = free(result)
    rows = -(-len(quantities) // _COLUMNS)
    figure = new_figure(1.35 * rows + 0.05)
    places = grid(figure, rows, _COLUMNS, left=0.15, right=0.15, bottom=0.5, top=0.28, across=0.3, down=0.75)
    for place, quantity in enumerate(quantities):
        axes = figure.add_subplot(places[divmod(place, _COLUMNS)])
        before = result.prior_draws[quantity.name] * quantity.shown_factor
        after = result.draws[quantity.name].reshape(-1) * quantity.shown_factor
        positive = quantity.support != "real" and bool(after.min() > 0)
        if positive:
            # the share of f(τ) in the window, which some priors make exactly 0
            before = before[before > 0]
        color = BLUE if result.identified.get(quantity.name, False) else AMBER
        histogram(axes, before, logarithmic=positive, color=GREY, bins=40)
        histogram(axes, after, logarithmic=positive, color=color, bins=30)
        low, high = _limits(before, after, positive)
        if positive:
            logarithmic(axes, "x", low, high, most=4)
        else:
            axes.set_xlim(low, high)
            linear(axes, "x", 4)
        axes.set_ylim(0, 1.12)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        name_axes(axes, x=axis_label(quantity))
        axes.set_title(_words(before, after, positive), fontsize=8.5, color="#444444")
    names = ", ".join(quantity.name for quantity in quantities)
    return Drawing(
        Picture(
            figure,
            "prior_and_posterior",
            f"Histograms of prior and posterior of {names}, each scaled to the same height.",
        ),
        "Grey: prior; blue: posterior that the data determine; amber: posterior that they do not. Both are "
        "scaled to the same height. Where posterior and prior agree the data say nothing of that quantity.",
    )


def _limits(before: Array, after: Array, positive: bool) -> tuple[float, float]:
    """Ends of the axis: all of the posterior, and of the prior what a page can show."""
    ends = [np.quantile(x[np.isfinite(x)], (0.004, 0.996)) for x in (before, after)]
    low, high = float(min(ends[0][0], ends[1][0])), float(max(ends[0][1], ends[1][1]))
    if positive:
        low, high = max(low, _FARTHEST * float(ends[1][0])), min(high, float(ends[1][1]) / _FARTHEST)
    return padded(low, high, positive, 0.01)


def _words(before: Array, after: Array, positive: bool) -> str:
    """How much narrower the data made it."""
    scale = np.log if positive else np.asarray
    ends = [np.quantile(scale(x), (0.16, 0.5, 0.84)) for x in (before, after)]
    widths = [float(q[2] - q[0]) for q in ends]
    if not widths[1]:
        return ""
    ratio = widths[0] / widths[1]
    moved = abs(ends[1][1] - ends[0][1]) > 0.25 * widths[0]
    if ratio >= _SAME:
        return f"narrowed {trimmed(ratio, 2)} times"
    return "as wide as the prior, but moved" if moved else "posterior = prior"
