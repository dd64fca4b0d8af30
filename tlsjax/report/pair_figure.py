"""Pairs of the coordinates that the data see: how they depend on each other."""

from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec
from matplotlib.text import Text
from numpy.typing import NDArray

from tlsjax.fitting.result import Result
from tlsjax.report.axes import drawn_values, linear, logarithmic, padded
from tlsjax.report.histogram import histogram
from tlsjax.report.moving import seen_coordinates
from tlsjax.report.style import BLUE, ORANGE, WIDTH, Drawing, Picture, grid, name_axes, new_figure, width_of
from tlsjax.report.symbols import html

Array = NDArray[np.float64]
_MOST = 8
_POINTS = 1200
_FOR_CONTOURS = 2000
_GAP, _APART = 0.1, 0.05
"""Between panels, and between numbers at least, inches."""
_TICKS = (3, 5, 8)
"""Ticks on an axis: more where of few no two have room for their numbers."""
_GRID = 64
_MASS = (0.9, 0.5)


def pair_figure(result: Result) -> Drawing | None:
    """Draws with contours below, marginals on the diagonal, correlations above; None for fewer than two."""
    quantities = seen_coordinates(result, _MOST)
    count = len(quantities)
    if count < 2:
        return None
    figure = new_figure(min(WIDTH, 1.5 + 1.35 * count))
    places = grid(figure, count, count, left=0.8, right=0.1, bottom=0.55, top=0.08, across=_GAP, down=_GAP)
    draws, labels, logs = [], [], []
    for quantity in quantities:
        values = result.draws[quantity.name].reshape(-1)
        factor, words, on_log = drawn_values(values, quantity)
        draws.append(values * factor)
        labels.append(words)
        logs.append(on_log)
    correlations = _correlations(draws, logs)
    small = 8.5 if count <= 5 else 7.0
    # numbers stand at the first column and the last row, which say how many ticks the others have
    across: dict[int, int] = {}
    up: dict[int, int] = {}
    for row in reversed(range(count)):
        for column in range(count):
            if column > row:
                _correlation(figure, places[row, column], correlations[row, column], 13 if count <= 5 else 10)
                continue
            axes = figure.add_subplot(places[row, column])
            if column == row:
                histogram(axes, draws[row], logarithmic=logs[row], color=BLUE, bins=30)
                axes.set_ylim(0, 1.1)
                axes.set_yticks([])
                axes.spines["left"].set_visible(False)
            else:
                _pair(axes, draws[column], draws[row], logs[column], logs[row])
                if column:
                    _ticks(axes, "y", draws[row], logs[row], up[row], told=False, size=small)
                else:
                    up[row] = _numbered(axes, "y", draws[row], logs[row], small)
            if row < count - 1:
                _ticks(axes, "x", draws[column], logs[column], across[column], told=False, size=small)
            else:
                across[column] = _numbered(axes, "x", draws[column], logs[column], small)
            for axis in (axes.xaxis, axes.yaxis):
                axis.label.set_fontsize(small + 0.5)
            if row == count - 1:
                name_axes(axes, x=labels[column])
            if column == 0 and row > 0:
                name_axes(axes, y=labels[row], beside=0.48)
    strongest = _strongest([quantity.symbol for quantity in quantities], correlations)
    return Drawing(
        Picture(figure, "correlations", f"Pair plot of {', '.join(q.name for q in quantities)}. {strongest}"),
        html(
            "Draws of the posterior with contours that hold 50 % and 90 % of them; on the diagonal each one "
            "alone; above it the rank correlation. A long thin cloud means that the data fix a combination "
            f"better than either alone. {strongest}"
        ),
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
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"


def _correlation(figure: Figure, place: SubplotSpec, value: float, size: float) -> None:
    box = place.get_position(figure)
    strong = min(abs(value), 1.0)
    color = ORANGE if strong > 0.7 else str(0.4 - 0.4 * strong)
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    figure.text(x, y, _signed(value), ha="center", va="center", fontsize=size, color=color)


def _ticks(
    axes: Axes, which: str, values: Array, on_log: bool, most: int, *, told: bool, size: float
) -> None:
    low, high = np.quantile(values, (0.002, 0.998))
    limits = padded(float(low), float(high), on_log, 0.06)
    if on_log:
        logarithmic(axes, which, *limits, most=most, told=told, size=size)
        return
    (axes.set_xlim if which == "x" else axes.set_ylim)(*limits)
    linear(axes, which, most, told=told, size=size)


def _numbered(axes: Axes, which: str, values: Array, on_log: bool, size: float) -> int:
    """Ticks with numbers that touch neither each other nor a neighbour's; how many ticks it took."""

    def draw(most: int) -> tuple[int, list[Artist]]:
        before = {*axes.lines, *axes.texts}
        _ticks(axes, which, values, on_log, most, told=True, size=size)
        texts = [text for text in axes.texts if text not in before]
        shown = _thin(axes, which, texts)
        return shown, [artist for artist in (*axes.lines, *axes.texts) if artist not in before]

    shown: dict[int, int] = {}
    for most in _TICKS:
        shown[most], added = draw(most)
        if shown[most] > 1:
            return most
        for artist in added:
            artist.remove()
    most = max(shown, key=lambda one: shown[one])
    draw(most)
    return most


def _thin(axes: Axes, which: str, texts: list[Text]) -> int:
    """Remove numbers that reach a neighbour's room, and of the others every so many; how many are left."""
    inch, along = axes.get_figure(root=True).dpi, "xy".index(which)  # type: ignore[union-attr]
    first, last = axes.bbox.get_points()[:, along] / inch
    room = _GAP / 2 - _APART / 2
    places = {}
    for text in texts:
        half = (width_of(text) if which == "x" else float(text.get_fontsize()) / 72) / 2
        centre = text.get_transform().transform(text.get_position())[along] / inch
        places[text] = centre - half, centre + half
    inside = [text for text, (low, high) in places.items() if low >= first - room and high <= last + room]
    inside.sort(key=lambda text: places[text])
    for step in range(1, len(inside) + 1):
        kept = inside[::step]
        if all(places[b][0] - places[a][1] >= _APART for a, b in pairwise(kept)):
            break
    else:
        kept = []
    for text in texts:
        if text not in kept:
            text.remove()
    return len(kept)


def _pair(axes: Axes, x: Array, y: Array, log_x: bool, log_y: bool) -> None:
    few = np.linspace(0, len(x) - 1, min(len(x), _POINTS)).astype(int)
    axes.plot(x[few], y[few], ".", markersize=2.4, color=BLUE, alpha=0.35, markeredgewidth=0, rasterized=True)
    some = np.linspace(0, len(x) - 1, min(len(x), _FOR_CONTOURS)).astype(int)
    points = np.stack([np.log(row) if log else row for row, log in ((x, log_x), (y, log_y))])[:, some]
    centre, spread = points.mean(axis=1)[:, None, None], points.std(axis=1)[:, None, None]
    first, second = (points - centre[..., 0]) / spread[..., 0]
    slope = np.mean(first * second)
    rest = np.sqrt(max(1.0 - slope**2, 0.0))
    if rest < 1e-6:
        # perfectly correlated: the points say it
        return
    # Where the draws are uncorrelated the kernel is a product, and the density on a grid a sum of products.
    round_ = np.stack([first, (second - slope * first) / rest])
    width = len(some) ** (-1 / 6)
    low, high = np.quantile(round_, (0.001, 0.999), axis=1)[..., None]
    low, high = low - 3 * width, high + 3 * width
    grids = low + (high - low) * np.linspace(0, 1, _GRID)
    kernels = np.exp(-0.5 * ((grids[:, None] - round_[..., None]) / width) ** 2)
    # not @: its threads would take longer to start than the sum
    height = np.einsum("ki,kj->ij", *kernels)
    nearest = np.rint((round_ - low) / (high - low) * (_GRID - 1)).astype(int)
    at_draws = height[tuple(np.clip(nearest, 0, _GRID - 1))]
    levels = np.quantile(at_draws, [1.0 - mass for mass in _MASS])
    if not levels[1] > levels[0] > 0:
        return
    across, up = np.meshgrid(*grids, indexing="ij")
    back = np.stack([across, slope * across + rest * up]) * spread + centre
    back_x, back_y = (np.exp(one) if log else one for one, log in zip(back, (log_x, log_y), strict=True))
    axes.contour(back_x, back_y, height, levels=levels, colors=["#00416b"], linewidths=(0.8, 1.2))
