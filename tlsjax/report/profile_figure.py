"""Profiles of parameters: what data and prior say of every value."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tlsjax.fitting.result import Result
from tlsjax.report.axes import drawn_values, linear, logarithmic, padded
from tlsjax.report.style import BLUE, FAINT, ORANGE, Drawing, Picture, grid, name_axes, new_figure
from tlsjax.report.symbols import html

_MOST, _COLUMNS = 12, 4
_LEVEL, _TOP = 3.84, 9.5
"""χ² of 95 % for one parameter, and where axes end."""
_FLAT = 1.0
"""Rise of the data's curve on either side below which they leave a parameter open."""


def profile_figure(result: Result, found: xr.Dataset) -> Drawing:
    """−2 ln of the most probable point with one parameter held, and the data's part of it.

    Args:
        result: a fit.
        found: of :func:`tlsjax.analysis.profile.profiles`.
    """
    names = [str(name) for name in found["parameter"].values]
    shown = names[:_MOST]
    quantities = {q.name: q for q in result.quantities}
    rows = -(-len(shown) // _COLUMNS)
    figure = new_figure(1.65 * rows + 0.5)
    places = grid(figure, rows, _COLUMNS, left=0.55, right=0.1, bottom=0.5, top=0.35, across=0.25, down=0.6)
    for place, name in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        axes = figure.add_subplot(places[row, column])
        quantity = quantities[name]
        one = found.sel(parameter=name)
        factor, label, on_log = drawn_values(one["value"].to_numpy(), quantity)
        x = one["value"].to_numpy() * factor
        axes.axhline(_LEVEL, color=FAINT, linewidth=1.0)
        axes.plot(x, one["posterior"], color=BLUE, label="data and prior")
        axes.plot(x, one["data"], color=ORANGE, linestyle="--", label="data alone")
        axes.set_ylim(0.0, _TOP)
        limits = padded(float(x.min()), float(x.max()), on_log, 0.02)
        if on_log:
            logarithmic(axes, "x", *limits, most=4, size=7.5)
        else:
            axes.set_xlim(*limits)
            linear(axes, "x", 3, size=7.5)
        linear(axes, "y", 4, told=not column)
        name_axes(axes, x=label, y="−2 Δ ln p" if not column else "")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="upper center", ncols=2, borderaxespad=0.1)
    flat = [name for name in names if _is_flat(found["data"].sel(parameter=name).to_numpy())]
    left_open = (
        f" The data leave open: {', '.join(quantities[name].symbol for name in flat)}." if flat else ""
    )
    more = f" The first {len(shown)} of {len(names)}." if len(names) > len(shown) else ""
    return Drawing(
        Picture(figure, "profiles", f"Profiles of {', '.join(shown)}.{left_open}"),
        html(
            "How much less probable the best point becomes with one parameter held while all others adapt "
            "(grey: the limit of 95 %). Where the dashed line is flat, the prior alone tells the parameter."
            f"{left_open}{more}"
        ),
    )


def _is_flat(data: NDArray[np.float64]) -> bool:
    return bool(max(data[0], data[-1]) - data.min() < _FLAT)
