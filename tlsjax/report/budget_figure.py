"""Which channel carries how much of the loss, and where."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.fitting.predict import losses
from tlsjax.fitting.result import Result
from tlsjax.model.budget import FILM
from tlsjax.model.channels import Channel
from tlsjax.report.axes import logarithmic
from tlsjax.report.looks import name_x, scale_x, x_unit
from tlsjax.report.names import of_observation
from tlsjax.report.numbers import one
from tlsjax.report.prediction import with_photons
from tlsjax.report.series import Curve, Layout, along, layout
from tlsjax.report.style import BLACK, GREY, PALETTE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import axis_label, drawn

Array = NDArray[np.float64]
_DRAWS = 200
_LEVELS = (0.025, 0.5, 0.975)
_DECADES = 3.5
"""How far below the largest loss channels are drawn."""


class Share(NamedTuple):
    """How much of the loss a channel carries at one point, as text.

    Attributes:
        channel: in words.
        shares: one text for each of the figure's ends: median and 95 % interval.
    """

    channel: str
    shares: tuple[str, ...]


class BudgetDrawing(NamedTuple):
    """The budget of one observation.

    Attributes:
        drawing: the figure.
        ends: where the shares are, in words.
        rows: one a channel.
    """

    drawing: Drawing
    ends: tuple[str, ...]
    rows: tuple[Share, ...]


def budget_figures(result: Result) -> tuple[BudgetDrawing, ...]:
    """One for every measured loss."""
    return tuple(
        _budget(result, index) for index, points in enumerate(result.points) if points.quantity == "loss"
    )


def _budget(result: Result, index: int) -> BudgetDrawing:
    points = result.points[index]
    spectrum = result.spectra[points.table]
    arranged = layout(spectrum, points)
    conditions, where = along(with_photons(result, index), points, arranged)
    found = losses(result, conditions, draws=_DRAWS, fitted_table=points.table)
    total = np.sum(list(found.values()), axis=0)
    curves = _picked(arranged)
    figure = new_figure(3.3 if len(curves) < 3 else 3.1 * -(-len(curves) // 2) + 0.5)
    columns = min(2, len(curves))
    rows = -(-len(curves) // columns)
    outer = grid(figure, rows, columns, left=0.78, right=0.12, bottom=0.5, top=0.75, across=0.35, down=0.75)
    value = spectrum.columns["loss"][points.rows]
    top = 2.0 * max(float(np.quantile(total, 0.975, axis=0).max()), float(value.max()))
    bottom = max(top / 10**_DECADES, 0.3 * _least(found))
    for place, curve in enumerate(curves):
        axes = figure.add_subplot(outer[place // columns, place % columns])
        _panel(axes, arranged, curve, {n: x[:, where[curve]] for n, x in found.items()}, value)
        logarithmic(axes, "y", bottom, top)
        scale_x(axes, arranged, most=6 if columns > 1 else 9, told=True)
        name_x(axes, arranged)
        if place % columns == 0:
            name_axes(axes, y=axis_label(MEASURED["loss"]), beside=0.5)
        if arranged.colour:
            quantity = CONDITIONS[arranged.colour]
            axes.set_title(drawn(f"{quantity.symbol} = {one(curve.level, quantity)}"))
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", ncols=3, borderaxespad=0.1)
    ends, shares = _shares(arranged, curves, where, found)
    label = result.labels[index]
    return BudgetDrawing(
        Drawing(
            Picture(
                figure,
                f"budget_{of_observation(result, index)}",
                f"{label}: loss of each channel against {arranged.x}.",
            ),
            "Loss of each channel: posterior median and 95 % band, at the measured conditions; their sum is "
            "the black line, dots are the measured loss.",
            f"Loss budget: {label}",
        ),
        ends,
        shares,
    )


def _panel(axes: Axes, arranged: Layout, curve: Curve, found: dict[str, Array], value: Array) -> None:
    factor, _ = x_unit(arranged)
    x = curve.grid * factor
    for number, (name, drawn_losses) in enumerate(found.items()):
        low, median, high = np.quantile(drawn_losses, _LEVELS, axis=0)
        color = PALETTE[number % len(PALETTE)]
        axes.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0)
        axes.plot(x, median, color=color, linewidth=1.4, label=title(name))
    axes.plot(x, np.median(np.sum(list(found.values()), axis=0), axis=0), color=BLACK, label="sum")
    axes.plot(
        arranged.values[curve.rows] * factor, value[curve.rows], "o", color=GREY, markersize=3.5,
        markeredgecolor="white", markeredgewidth=0.4, label="measured",
    )  # fmt: skip


def title(name: str) -> str:
    """A channel in words."""
    return "film, Eq. 15" if name == FILM else Channel.known[name].title


def _per_cent(value: float) -> str:
    return "0" if value < 0.05 else f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _least(found: dict[str, Array]) -> float:
    """The least of what channels carry at most."""
    return min(float(np.median(x, axis=0).max()) for x in found.values())


def _picked(arranged: Layout) -> list[Curve]:
    """Up to four curves over all panels, from the lowest to the highest level."""
    every = [curve for panel in arranged.panels for curve in panel.curves]
    every.sort(key=lambda curve: curve.level)
    chosen = np.unique(np.linspace(0, len(every) - 1, min(4, len(every))).round().astype(int))
    return [every[number] for number in chosen]


def _shares(
    arranged: Layout, curves: list[Curve], where: Mapping[Curve, slice], found: dict[str, Array]
) -> tuple[tuple[str, ...], tuple[Share, ...]]:
    """Shares at both ends of the first and of the last curve."""
    ends, places = [], []
    about = CONDITIONS[arranged.x]
    for curve in dict.fromkeys((curves[0], curves[-1])):
        for edge in (0, -1):
            level = ""
            if arranged.colour:
                quantity = CONDITIONS[arranged.colour]
                level = f", {quantity.symbol} = {one(curve.level, quantity)}"
            ends.append(f"{about.symbol} = {one(float(curve.grid[edge]), about)}{level}")
            places.append(range(where[curve].start, where[curve].stop)[edge])
    total = np.sum(list(found.values()), axis=0)
    rows = []
    for name, each in found.items():
        texts = []
        for place in places:
            low, median, high = 100.0 * np.quantile(each[:, place] / total[:, place], _LEVELS)
            texts.append(f"{_per_cent(median)} ({_per_cent(low)}–{_per_cent(high)}) %")
        rows.append(Share(title(name), tuple(texts)))
    return tuple(ends), tuple(rows)
