"""Pairs of the coordinates that the data see: how they depend on each other."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from tlsjax.fitting.result import Result
from tlsjax.report.axes import drawn_values, linear, logarithmic, padded
from tlsjax.report.histogram import histogram
from tlsjax.report.moving import seen_coordinates
from tlsjax.report.style import BLUE, ORANGE, WIDTH, Drawing, grid, name_axes, new_figure, to_svg

Array = NDArray[np.float64]
_MOST = 8
_POINTS = 1200
_FOR_CONTOURS = 2000
_GRID = 48
_MASS = (0.9, 0.5)


def pair_figure(result: Result) -> Drawing | None:
    """Draws with contours below, marginals on the diagonal, correlations above; None for fewer than two."""
    quantities = seen_coordinates(result, _MOST)
    count = len(quantities)
    if count < 2:
        return None
    figure = new_figure(min(WIDTH, 1.5 + 1.35 * count))
    places = grid(figure, count, count, left=0.8, right=0.1, bottom=0.55, top=0.08, across=0.1, down=0.1)
    draws, labels, logs = [], [], []
    for quantity in quantities:
        values = result.draws[quantity.name].reshape(-1)
        factor, words, on_log = drawn_values(values, quantity)
        draws.append(values * factor)
        labels.append(words)
        logs.append(on_log)
    correlations = _correlations(draws, logs)
    small = 8.5 if count <= 5 else 7.0
    for row in range(count):
        for column in range(count):
            axes = figure.add_subplot(places[row, column])
            if column > row:
                _correlation(axes, correlations[row, column], 13 if count <= 5 else 10)
                continue
            if column == row:
                histogram(axes, draws[row], logarithmic=logs[row], color=BLUE, bins=30)
                axes.set_ylim(0, 1.1)
                axes.set_yticks([])
                axes.spines["left"].set_visible(False)
            else:
                _pair(axes, draws[column], draws[row], logs[column], logs[row])
                _scale(axes, "y", draws[row], logs[row])
            _scale(axes, "x", draws[column], logs[column])
            axes.tick_params(which="both", labelsize=small)
            for axis in (axes.xaxis, axes.yaxis):
                axis.label.set_fontsize(small + 0.5)
            axes.tick_params(axis="x", which="both", labelrotation=0)
            if row == count - 1:
                name_axes(axes, x=labels[column])
            else:
                axes.xaxis.set_major_formatter(NullFormatter())
                axes.xaxis.set_minor_formatter(NullFormatter())
            if column == 0 and row > 0:
                name_axes(axes, y=labels[row], beside=0.48)
            elif column < row:
                axes.yaxis.set_major_formatter(NullFormatter())
                axes.yaxis.set_minor_formatter(NullFormatter())
    strongest = _strongest([quantity.name for quantity in quantities], correlations)
    return Drawing(
        to_svg(figure, "pairs", f"Pair plot of {', '.join(q.name for q in quantities)}. {strongest}"),
        "Draws of the posterior with contours that hold 50 % and 90 % of them; on the diagonal each one "
        "alone; above it the rank correlation. A long thin cloud means that the data fix a combination "
        f"better than either alone. {strongest}",
    )


def _correlations(draws: list[Array], logs: list[bool]) -> Array:
    """Spearman's, which no scale changes."""
    ranks = np.stack([np.argsort(np.argsort(values)) for values in draws])
    return np.asarray(np.corrcoef(ranks))


def _strongest(names: list[str], correlations: Array) -> str:
    size = np.abs(np.triu(correlations, 1))
    row, column = np.unravel_index(int(size.argmax()), size.shape)
    return f"Strongest: {names[row]} with {names[column]}, {_signed(correlations[row, column])}."


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0"


def _correlation(axes: Axes, value: float, size: float) -> None:
    axes.set_axis_off()
    strong = min(abs(value), 1.0)
    color = ORANGE if strong > 0.7 else str(0.6 - 0.6 * strong)
    axes.text(
        0.5, 0.5, _signed(value), ha="center", va="center", transform=axes.transAxes,
        fontsize=size, color=color,
    )  # fmt: skip


def _scale(axes: Axes, which: str, values: Array, on_log: bool) -> None:
    low, high = np.quantile(values, (0.002, 0.998))
    limits = padded(float(low), float(high), on_log, 0.06)
    if on_log:
        logarithmic(axes, which, *limits, most=3)
        return
    (axes.set_xlim if which == "x" else axes.set_ylim)(*limits)
    linear(axes, which, 3)


def _pair(axes: Axes, x: Array, y: Array, log_x: bool, log_y: bool) -> None:
    few = np.linspace(0, len(x) - 1, min(len(x), _POINTS)).astype(int)
    axes.plot(x[few], y[few], ".", markersize=2.4, color=BLUE, alpha=0.35, markeredgewidth=0, rasterized=True)
    to_x, to_y = (np.log if log else np.asarray for log in (log_x, log_y))
    some = np.linspace(0, len(x) - 1, min(len(x), _FOR_CONTOURS)).astype(int)
    points = np.stack([to_x(x), to_y(y)])
    centre, spread = points.mean(axis=1, keepdims=True), points.std(axis=1, keepdims=True)
    standard = (points - centre) / spread
    try:
        density = gaussian_kde(standard[:, some])
    except np.linalg.LinAlgError:
        # perfectly correlated: the points say it
        return
    ends = [np.quantile(row, (0.001, 0.999)) for row in standard]
    axis_x, axis_y = (np.linspace(low - 0.3, high + 0.3, _GRID) for low, high in ends)
    height = density(np.stack([g.ravel() for g in np.meshgrid(axis_x, axis_y)])).reshape(_GRID, _GRID)
    levels = np.quantile(density(standard[:, some]), [1.0 - mass for mass in _MASS])
    if not levels[1] > levels[0] > 0:
        return
    back = [
        np.exp(axis * s + c) if log else axis * s + c
        for axis, s, c, log in zip((axis_x, axis_y), spread[:, 0], centre[:, 0], (log_x, log_y), strict=True)
    ]
    axes.contour(*back, height, levels=levels, colors=["#00416b"], linewidths=(0.8, 1.2))
