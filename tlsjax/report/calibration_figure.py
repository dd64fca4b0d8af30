"""Are the ranks uniform? Their distribution function less the diagonal, with the band of the test."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tlsjax.fitting.calibration import Calibration
from tlsjax.fitting.uniformity import POSSIBLE, Band, Counts, band, below
from tlsjax.quantity import Quantity
from tlsjax.report.axes import STEPS
from tlsjax.report.numbers import significant
from tlsjax.report.style import BLUE, FAINT, GREY, ORANGE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import drawn

_COLUMNS = 3
_AT = np.arange(POSSIBLE + 1) / POSSIBLE


def calibration_figure(calibration: Calibration) -> Drawing:
    """Small multiples, one a parameter."""
    quantities, fits = calibration.quantities, calibration.trusted
    rows = -(-len(quantities) // _COLUMNS)
    figure = new_figure(1.4 * rows + 0.4)
    places = grid(figure, rows, _COLUMNS, left=0.6, right=0.15, bottom=0.47, top=0.28, across=0.2, down=0.38)
    limits = band(fits, calibration.level) if fits else None
    first: Axes | None = None
    for place, quantity in enumerate(quantities):
        row, column = divmod(place, _COLUMNS)
        axes = figure.add_subplot(places[row, column], sharey=first)
        first = first or axes
        _panel(axes, calibration, quantity, limits)
        lowest = place + _COLUMNS >= len(quantities)
        axes.tick_params(labelleft=not column, labelbottom=lowest)
        name_axes(axes, x="rank of the truth" if lowest else "", y="" if column else "ECDF − diagonal")
    names = ", ".join(quantity.name for quantity in quantities)
    return Drawing(
        Picture(
            figure,
            "calibration",
            f"Distribution function of the ranks of {names}, less that of uniform ranks, with the test's "
            f"band. Outside it: {', '.join(_failed(calibration)) or 'none'}.",
        ),
        "Share of ranks below a value, less that of uniform ranks. Line: trusted fits, orange where they "
        "fail; dashed: all fits. Grey: what uniform ranks of the trusted fits stay within, all along and in "
        "all panels, with a probability of at least 99 %. Above the band on the left and below it on the "
        "right: posteriors too narrow; the reverse: too wide. All above: fitted too high; all below: too "
        "low.",
    )


def _failed(calibration: Calibration) -> list[str]:
    return [name for name, score in calibration.scores.items() if not score["trusted"].ok]


def _panel(axes: Axes, calibration: Calibration, quantity: Quantity, limits: Band | None) -> None:
    score = calibration.scores[quantity.name]["trusted"]
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    if limits is not None:
        low, high = (_difference(counts, score.fits) for counts in limits)
        axes.fill_between(_AT, low, high, color=FAINT, alpha=0.7, linewidth=0)
    for ranks, style in (
        (calibration.ranks(quantity.name, "all"), {"color": GREY, "linewidth": 1.0, "linestyle": "--"}),
        (calibration.ranks(quantity.name, "trusted"), {"color": BLUE if score.ok else ORANGE}),
    ):
        if len(ranks):
            axes.plot(_AT, _difference(below(ranks), len(ranks)), **style)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
    axes.set_title(f"{drawn(quantity.symbol)}: p = {significant(score.p)}{'' if score.ok else ', fails'}")


def _difference(counts: Counts, fits: int) -> NDArray[np.float64]:
    """Distribution function less the diagonal at ranks 0, 1 … 100."""
    return np.concatenate([[0], counts, [fits]]) / fits - _AT
