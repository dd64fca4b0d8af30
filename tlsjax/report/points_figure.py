"""Which measured points carry what is known of which quantity."""

import xarray as xr

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
from tlsjax.report.style import Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import drawn

_MOST = 6
_KNOWN = 0.5
_LARGE, _SMALL = 6.0, 3.5
"""Of markers, points; conditions often tell the same."""
"""Share of the prior up to which the data tell a quantity."""
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
    places = grid(
        figure, rows, columns, left=0.6, right=BAR if bar else 0.1, bottom=0.55, top=0.6, across=0.45,
        down=0.4,
    )  # fmt: skip
    symbols = {q.name: q.symbol for q in result.quantities}
    for number, name in enumerate(told):
        row, column = divmod(number, columns)
        axes = figure.add_subplot(places[row, column])
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
        last = number + columns >= len(told)
        scale_x(axes, arranged, 4, told=last)
        linear(axes, "y", 3)
        if last:
            name_x(axes, arranged)
        if not column:
            name_axes(axes, y="share (%)", beside=0.38)
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
