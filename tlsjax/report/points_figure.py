"""Which measured points carry what is known of which quantity."""

import xarray as xr
from matplotlib.gridspec import GridSpec

from tlsjax.fitting.result import Result
from tlsjax.report.axes import linear
from tlsjax.report.looks import (
    BAR,
    KEY_COLUMNS,
    MANY_POINTS,
    draw_bar,
    key_entries,
    looks_of,
    name_x,
    needs_bar,
    point_style,
    scale_x,
    x_unit,
)
from tlsjax.report.names import of_observation
from tlsjax.report.series import layout
from tlsjax.report.style import Drawing, Picture, grid, name_axes, new_figure, width_of
from tlsjax.report.symbols import drawn

_MOST = 6
_PAD = 0.1
"""From a y axis to its numbers, inches."""
_KNOWN = 0.5
"""Share of the prior up to which the data tell a quantity."""
_LARGE, _SMALL = 6.0, 3.5
"""Of markers, points; conditions often tell the same."""
_SOME = 0.01
"""Share of an observation from which on it is worth drawing."""


def points_figure(result: Result, found: xr.Dataset, index: int) -> Drawing | None:
    """Shares of the points of one observation, in those quantities that the data tell; None where in none.

    Args:
        result: a fit.
        found: of :func:`tlsjax.analysis.influence.influence`.
        index: number of the observation.
    """
    counts = [len(points.rows) for points in result.points]
    part = slice(sum(counts[:index]), sum(counts[: index + 1]))
    shares = found["share"][part]
    here = shares.sum("point")
    known = (found["prior_share"] < _KNOWN) & (here > _SOME)
    told = [str(name) for name in found["quantity"].values[known.to_numpy()]][:_MOST]
    if not told:
        return None
    points = result.points[index]
    arranged = layout(result.spectra[points.table], points)
    looks, x = looks_of(arranged), arranged.values * x_unit(arranged)[0]
    levels = arranged.levels
    columns = 2 if len(told) in (2, 4) else min(len(told), 3)
    rows = -(-len(told) // columns)
    figure = new_figure(1.6 * rows + 1.15)
    bar = needs_bar(arranged)

    def places(room: float = _PAD) -> GridSpec:
        """With room for the widest number at the y axes, inches."""
        return grid(
            figure, rows, columns, left=max(0.6, room + 0.24), right=BAR if bar else 0.1, bottom=0.55,
            top=0.6, across=max(0.45, room + 0.08), down=0.4,
        )  # fmt: skip

    cells = [divmod(number, columns) for number in range(len(told))]
    first = places()
    every = [figure.add_subplot(first[cell]) for cell in cells]
    symbols = {q.name: q.symbol for q in result.quantities}
    for name, axes in zip(told, every, strict=True):
        values = 100.0 * shares.sel(quantity=name).to_numpy()
        for panel in arranged.panels:
            for curve in panel.curves:
                style = point_style(looks(curve.level), len(x) > MANY_POINTS)
                if style["markersize"] > _SMALL and len(levels) > 1:  # what lies below still shows around it
                    place = levels.index(curve.level) / (len(levels) - 1)
                    style["markersize"] = _LARGE + place * (_SMALL - _LARGE)
                axes.plot(x[curve.rows], values[curve.rows], **style)
        axes.set_ylim(0.0, 1.08 * max(float(values.max()), 1e-3))
        axes.set_title(f"{drawn(symbols[name])}: {values.sum():.0f} %", pad=3)
        linear(axes, "y", 3)
    room = _PAD + max(width_of(text) for axes in every for text in axes.texts)
    final = places(room)
    for number, (cell, axes) in enumerate(zip(cells, every, strict=True)):
        axes.set_subplotspec(final[cell])
        last = number + columns >= len(told)
        scale_x(axes, arranged, 4, told=last)
        if last:
            name_x(axes, arranged)
        if not cell[1]:
            name_axes(axes, y="share (%)", beside=max(0.38, room + 0.02))
    if bar:
        axes = figure.add_axes((0.88, 0.2, 0.02, 0.6))
        draw_bar(axes, arranged)
    elif arranged.colour:
        handles = key_entries(arranged, looks)
        figure.legend(handles=handles, loc="upper center", ncols=KEY_COLUMNS[len(handles)], borderaxespad=0.2)
    best = "; ".join(f"{name} {float(here.sel(quantity=name)):.0%}" for name in told)
    return Drawing(
        Picture(
            figure,
            f"influence_{of_observation(result, index)}",
            f"Share of each point in what is known of: {best}.",
        ),
        "How much of what limits each quantity is in every point: by how many per cent its variance would "
        "fall for 1 % more weight of the point, times 100. In the titles, all points of this observation; "
        "with those of others and the priors they make up 100 %.",
        f"Which points tell what: {result.labels[index]}",
    )
