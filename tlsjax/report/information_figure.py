"""How much narrower the posterior is than the prior, and how parameters hang together."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tlsjax.fitting.information import Information
from tlsjax.report.axes import logarithmic, padded
from tlsjax.report.directions import Quantities
from tlsjax.report.style import BLUE, GREY, ORANGE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import drawn

Array = NDArray[np.float64]

_ROW, _LEAST = 0.27, 1.6
"""Height of a parameter's row, and of the axes at least, inches."""
_LETTER = 0.08
"""Width of a letter, inches."""
_MOST, _UPRIGHT = 24, 8
"""Parameters that are drawn, and whose symbols stand upright."""
_FEW = 12
"""Parameters up to which correlations are told as numbers too."""
COLOURS = "PuOr"
"""From negative to positive, also for those who see few colours."""


def information_figure(information: Information, quantities: Quantities) -> Drawing:
    """Spread of every free parameter before and after, and correlations in the posterior."""
    names = information.names[:_MOST]
    count, every = len(names), len(information.names)
    before, after = (np.sqrt(np.diag(one)) for one in (information.prior, information.posterior))
    correlation = information.posterior / np.outer(after, after)
    from_prior = dict(zip(information.quantities, information.prior_share, strict=True))
    symbols = [drawn(quantities[name].symbol) for name in names]
    room = max(0.55, 0.3 + _LETTER * max(len(quantities[name].symbol) for name in names))
    below = max(0.55, room) if count > _UPRIGHT else 0.55
    figure = new_figure(max(_ROW * count, _LEAST) + below + 0.35)
    places = grid(figure, 1, 2, left=room, right=0.85, bottom=below, top=0.35, across=room)
    _spreads(
        figure.add_subplot(places[0]), before[:count], after[:count], [from_prior[n] > 0.5 for n in names]
    )
    _correlations(figure.add_subplot(places[1]), correlation[:count, :count], symbols)
    for axes in figure.axes[:2]:
        axes.set_yticks(range(count), symbols)
        axes.tick_params(length=0)
    narrowed = ", ".join(
        f"{name} {b / a:.2g}" for name, a, b in zip(names, before, after, strict=False) if b < 0.5 * a
    )
    left_out = f" The first {count} of {every} parameters." if every > count else ""
    return Drawing(
        Picture(
            figure,
            "information",
            f"Spread of parameters after, over that before: {narrowed or 'none below 0.5'}.",
        ),
        "Left: standard deviation of the logarithm of each parameter (of itself where it may be negative) in "
        "the prior (open) and in the posterior (filled; orange where priors limit it: more of the same data "
        f"would hardly narrow it). Right: correlations in the posterior.{left_out}",
    )


def _spreads(axes: Axes, before: Array, after: Array, from_prior: Sequence[bool]) -> None:
    rows = np.arange(len(before))
    colours = [ORANGE if prior else BLUE for prior in from_prior]
    axes.hlines(rows, after, before, colors=colours, linewidth=1.6)
    axes.scatter(before, rows, s=26, facecolors="white", edgecolors=GREY, linewidths=1.2, zorder=3)
    axes.scatter(after, rows, s=26, c=colours, zorder=4)
    axes.set_ylim(len(before) - 0.5, -0.5)
    both = np.concatenate([before, after])
    logarithmic(axes, "x", *padded(float(both.min()), float(both.max()), True, 0.08), most=5)
    name_axes(axes, x="standard deviation of ln θ")


def _correlations(axes: Axes, correlation: Array, symbols: Sequence[str]) -> None:
    count = len(correlation)
    image = axes.imshow(correlation, cmap=COLOURS, vmin=-1.0, vmax=1.0, aspect="auto")
    axes.set_xticks(range(count), symbols, rotation=90 if count > _UPRIGHT else 0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    crowded = count > _UPRIGHT
    if count <= _FEW:
        for row, column in np.argwhere(~np.eye(count, dtype=bool)):
            value = correlation[row, column]
            if abs(value) >= 0.05:
                words = f"{value:.1f}".replace("0.", ".") if crowded else f"{value:+.1f}"
                words = words.replace("-", "−")
                dark = "white" if abs(value) > 0.75 else "black"
                axes.text(
                    column, row, words, ha="center", va="center", fontsize=6.0 if crowded else 6.5, color=dark
                )
    bar_beside(axes, image, "correlation")


def bar_beside(axes: Axes, image: mpl.cm.ScalarMappable, label: str) -> None:
    """A colour bar beside, of the axes' height."""
    figure = axes.get_figure(root=True)
    box = axes.get_position()
    inch = 1.0 / figure.get_size_inches()[0]  # type: ignore[union-attr]
    beside = figure.add_axes((box.x1 + 0.1 * inch, box.y0, 0.12 * inch, box.height))  # type: ignore[union-attr]
    bar = figure.colorbar(image, cax=beside)  # type: ignore[union-attr]
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label(label)
