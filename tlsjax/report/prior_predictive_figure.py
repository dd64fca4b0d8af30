"""What the priors expected of the data, and the data on top."""

from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.fitting.prior_predictive import PriorPredictive
from tlsjax.report.axes import logarithmic, padded
from tlsjax.report.expectation import BAND, Expectation, expectations
from tlsjax.report.looks import (
    BAR,
    KEY_COLUMNS,
    MANY_POINTS,
    below,
    draw_bar,
    key_entries,
    looks_of,
    name_x,
    needs_bar,
    point_style,
    scale_x,
    x_unit,
)  # fmt: skip
from tlsjax.report.series import Curve, Panel, layout
from tlsjax.report.style import BLACK, GREY, ORANGE, Drawing, Picture, name_axes, new_figure, printable
from tlsjax.report.symbols import axis_label, drawn

Array = NDArray[np.float64]


class _Band(NamedTuple):
    label: str
    levels: tuple[float, float]
    edge: Any


_BANDS = (
    _Band("90 % of what the prior expects", BAND, "-"),
    _Band("middle 50 %", (0.25, 0.75), (0, (1, 1.5))),
)
_FARTHEST = 1e-9
"""How far below the data the axis may reach: bands end at zero where the uncertainty exceeds the mean."""
_PANELS = 3
"""Panels of one observation at most, evenly picked."""
_ALONG = 200
"""Points along one band at most."""
_TALL, _LEFT, _RIGHT, _BOTTOM, _BETWEEN, _LINE = 2.35, 0.85, 0.12, 0.55, 0.2, 0.17
"""Height of the axes, margins, gap between panels and height of a line of words, inches."""
_LETTERS = 94
"""Letters in one line of words."""
_LONGEST = 70
"""Letters of a heading."""


def prior_predictive_drawing(expected: PriorPredictive) -> Drawing:
    """The picture for a page, which has the words beside it."""
    words = " ".join(f"{one.label}: {one.words}" for one in expectations(expected))
    alt = f"Bands of the measurements that the priors expected, with the measured points on top. {words}"
    return Drawing(
        Picture(prior_predictive_figure(expected, told=False), "prior_expectation", alt),
        "Points: measured. Between the lines: 90 % of the measurements that the priors alone give at each "
        "point; dotted: the middle 50 %. A band that leaves at the bottom goes on to zero, or below it by "
        "the stated uncertainty. Every draw moves all points together: the bands say which level was "
        "expected, not which shape.",
    )


def prior_predictive_figure(expected: PriorPredictive, *, told: bool) -> Figure:
    """One row of axes an observation, on log scales; ``told`` puts the words above it."""
    rows = [_Row(expected, index, one, told) for index, one in enumerate(expectations(expected))]
    figure = new_figure(_LINE + sum(row.height for row in rows))
    shown = [band for band in _BANDS if any(band in row.bands for row in rows)]
    bands = [
        Patch(facecolor=f"{GREY}{shade}", edgecolor=GREY, linestyle=band.edge, label=band.label)
        for band, shade in zip(shown, ("30", "80"), strict=False)
    ]
    figure.legend(
        handles=bands, loc="upper left", ncols=2, borderaxespad=0.3, borderpad=0.0,
        bbox_to_anchor=(_LEFT / figure.get_size_inches()[0], 1.0),
    )  # fmt: skip
    down = _LINE
    for row in rows:
        row.draw(figure, down)
        down += row.height
    return figure


class _Row:
    """The axes of one observation, and what stands above them; lengths in inches."""

    def __init__(self, expected: PriorPredictive, index: int, said: Expectation, told: bool) -> None:
        points = expected.points[index]
        self.quantity = MEASURED[points.quantity]
        self.value = expected.measured(index)
        self.layout = layout(expected.spectra[points.table], points)
        # many conditions overlap to a blur
        shown = _BANDS[:1] if needs_bar(self.layout) else _BANDS
        # between two draws there is nothing to interpolate where one of them is infinite
        self.bands = {
            band: np.nanquantile(expected.replicas[index], band.levels, axis=0, method="nearest")
            for band in shown
        }
        self.looks = looks_of(self.layout)
        self.key = [] if needs_bar(self.layout) else key_entries(self.layout, self.looks)
        panels = self.layout.panels
        few = np.unique(np.linspace(0, len(panels) - 1, _PANELS).astype(int))
        self.panels = [panels[place] for place in few]
        label = printable(said.label)
        self.heading = label if len(label) <= _LONGEST else f"{label[:_LONGEST]}…"
        if len(few) < len(panels):
            self.heading += f", {len(few)} of {len(panels)} conditions"
        self.words = wrap(said.words[:1].upper() + said.words[1:], _LETTERS) if told else []
        self.color = ORANGE if said.mark == "bad" else BLACK
        key = -(-len(self.key) // KEY_COLUMNS[len(self.key)])
        self.above = _LINE * (1.8 + len(self.words) + key + any(panel.title for panel in self.panels))
        self.height = self.above + _TALL + _BOTTOM

    def draw(self, figure: Figure, down: float) -> None:
        """Draw it so far below the top of the figure."""
        width, height = figure.get_size_inches()
        for line, text in enumerate([self.heading, *self.words]):
            figure.text(
                _LEFT / width, 1 - (down + (0.3 + line) * _LINE) / height, text, va="top", fontsize=8.5,
                weight="normal" if line else "bold", color=self.color if line else BLACK, parse_math=False,
            )  # fmt: skip
        if self.key:
            above = down + (1.3 + len(self.words)) * _LINE
            figure.legend(
                handles=self.key, loc="upper left", ncols=KEY_COLUMNS[len(self.key)], borderaxespad=0.0,
                bbox_to_anchor=(_LEFT / width, 1 - above / height), labelspacing=0.2, borderpad=0.0,
            )  # fmt: skip
        bar = needs_bar(self.layout)
        step = (width - _LEFT - (BAR if bar else _RIGHT) + _BETWEEN) / len(self.panels)
        bottom, tall = 1 - (down + self.above + _TALL) / height, _TALL / height
        for place, panel in enumerate(self.panels):
            left = (_LEFT + place * step) / width
            axes = figure.add_axes((left, bottom, (step - _BETWEEN) / width, tall))
            self._draw_panel(axes, panel, first=not place)
            name_x(axes, self.layout)
            if not place:
                name_axes(axes, y=axis_label(self.quantity), beside=0.52)
        if bar:
            draw_bar(figure.add_axes((1 - (BAR - 0.12) / width, bottom, 0.1 / width, tall)), self.layout)

    def _draw_panel(self, axes: Axes, panel: Panel, *, first: bool) -> None:
        x = self.layout.values * x_unit(self.layout)[0]
        scale_x(axes, self.layout, most=9 - 2 * len(self.panels))
        logarithmic(axes, "y", *self._limits(), told=first)
        axes.set_title(drawn(panel.title))
        for curve in panel.curves:
            look = self.looks(curve.level)
            self._draw_bands(axes, curve, x, look.color)
            style = point_style(look, len(self.value) > MANY_POINTS)
            axes.plot(x[curve.rows], self.value[curve.rows], **style)
            below(axes, x[curve.rows], self.value[curve.rows])

    def _draw_bands(self, axes: Axes, curve: Curve, x: Array, color: str) -> None:
        rows = curve.rows[np.unique(np.linspace(0, len(curve.rows) - 1, _ALONG).astype(int))]
        if len(rows) == 1:  # a band needs some width
            rows = np.repeat(rows, 2)
            at = x[rows] * [0.98, 1.02]
        else:
            at = x[rows]
        # several conditions overlap over decades: then only the outlines say whose band it is
        alpha = 0.3 / (1 + max(len(self.layout.levels), 1))
        for band, ends in self.bands.items():
            axes.fill_between(at, *ends[:, rows], color=color, alpha=alpha, linewidth=0)
            lines = np.where(ends > 0, ends, np.nan)[:, rows]
            axes.plot(at, lines.T, color=color, linewidth=0.9, linestyle=band.edge)

    def _limits(self) -> tuple[float, float]:
        """Ends of the y axis: all data and bands, as far as a log axis and a page can show them."""
        everything = np.concatenate([self.value, *map(np.ravel, self.bands.values())])
        seen = everything[np.isfinite(everything) & (everything > 0)]
        if not len(seen):
            return 0.1, 10.0
        low = float(seen.min())
        if (self.value > 0).any():
            low = max(low, _FARTHEST * float(self.value[self.value > 0].min()))
        return padded(low, float(seen.max()), True)
