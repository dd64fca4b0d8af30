"""Did the chains agree? Rank plots and traces of the sampled coordinates."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch
from numpy.typing import NDArray
from scipy.special import bdtr

from tlsjax.fitting.result import Result
from tlsjax.quantity import Quantity
from tlsjax.report.axes import drawn_values, linear, logarithmic, padded
from tlsjax.report.moving import sampled
from tlsjax.report.style import FAINT, PALETTE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import drawn, symbol_of

Array = NDArray[np.float64]
_ROWS = 6
"""Coordinates in one figure, so that it fits a page."""
_MOST_TRACED = 500
_CAPTION = (
    "Left: how often the ranks of each chain's draws, among those of all chains, fall in each bin; chains "
    "that agree are flat within the grey band (95 % of independent draws). Right: the draws in order; good "
    "chains lie over each other without trend. One colour a chain."
)
_CAPTION_OF_SETS = (
    "Left: how often the ranks of the particles of each independent set, among those of all sets, fall in "
    "each bin; sets that agree are flat within the grey band (95 % of independent draws). Right: the "
    "particles; their order means nothing. One colour a set."
)
_WEIGHTED = ("weights", "laplace", "svi", "map")
"""Draws that follow no chain: there is nothing to agree or to settle."""


def chain_figures(result: Result) -> tuple[Drawing, ...]:
    """One row a coordinate: ranks on the left, trace on the right; none where there were no chains."""
    by = result.record.get("drawn_by") or result.record.get("method", "nuts")
    if by in _WEIGHTED:
        return ()
    caption, each = (_CAPTION_OF_SETS, "set of particles") if by == "smc" else (_CAPTION, "chain")
    quantities = sampled(result)
    drawings: list[Drawing] = []
    figures = max(1, -(-len(quantities) // _ROWS))
    rows = max(1, -(-len(quantities) // figures))
    for start in range(0, len(quantities), rows):
        part = quantities[start : start + rows]
        figure = new_figure(0.8 + 1.2 * len(part))
        places = grid(
            figure, len(part), 2, left=0.7, right=0.2, bottom=0.47, top=0.28, across=0.85, down=0.16
        )
        for row, quantity in enumerate(part):
            left, right = (figure.add_subplot(places[row, k]) for k in (0, 1))
            last = row == len(part) - 1
            _ranks(left, result.draws[quantity.name], last)
            name_axes(left, y=drawn(symbol_of(quantity)))
            _trace(right, result.draws[quantity.name], quantity, last)
            if not row:
                left.set_title("ranks: share in each bin / expected share")
                right.set_title("traces")
        name = f"chains_{len(drawings) + 1}" if drawings else "chains"
        names = ", ".join(quantity.name for quantity in part)
        drawings.append(
            Drawing(
                Picture(figure, name, f"Rank plots and traces of {names}, one colour a {each}."),
                caption,
            )
        )
    return tuple(drawings)


def _ranks(axes: Axes, draws: Array, last: bool) -> None:
    chains, length = draws.shape
    bins = int(np.clip(length // 25, 5, 20))
    ranks = np.argsort(np.argsort(draws.reshape(-1), kind="stable"), kind="stable").reshape(draws.shape)
    edges = np.linspace(0, draws.size, bins + 1)
    expected = length / bins
    # quantiles of the binomial distribution; scipy.stats takes a second to import
    chances = bdtr(np.arange(length), length, 1.0 / bins)
    low, high = np.searchsorted(chances, (0.025, 0.975)) / expected
    axes.axhspan(low, high, color=FAINT, alpha=0.7, linewidth=0)
    axes.axhline(1.0, color="#999999", linewidth=0.8)
    largest = high
    for chain in range(chains):
        heights = np.histogram(ranks[chain], edges)[0] / expected
        largest = max(largest, float(heights.max()))
        steps = StepPatch(
            heights, edges / draws.size, baseline=None, fill=False,  # type: ignore[arg-type]
            color=_color(chain), linewidth=1.0,
        )  # fmt: skip
        axes.add_artist(steps)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, max(2.0, 1.1 * largest))
    linear(axes, "y", 3)
    linear(axes, "x", told=last)
    if last:
        name_axes(axes, x="rank among all draws")


def _trace(axes: Axes, draws: Array, quantity: Quantity, last: bool) -> None:
    factor, words, on_log = drawn_values(draws, quantity)
    step = -(-draws.shape[1] // _MOST_TRACED)
    shown = draws[:, ::step] * factor
    at = np.arange(0, draws.shape[1], step)
    for chain in range(len(shown)):
        axes.plot(at, shown[chain], color=_color(chain), linewidth=0.5, alpha=0.7, rasterized=True)
    limits = padded(float(shown.min()), float(shown.max()), on_log, 0.05)
    if on_log:
        logarithmic(axes, "y", *limits, most=4)
    else:
        axes.set_ylim(*limits)
        linear(axes, "y", 3)
    axes.set_xlim(0, draws.shape[1])
    linear(axes, "x", told=last)
    name_axes(axes, x="draw" if last else "", y=words, beside=0.5)


def _color(chain: int) -> str:
    return PALETTE[chain % len(PALETTE)]
