"""What data tell, for a terminal and as arrays."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tlsjax.data.columns import CONDITIONS
from tlsjax.fitting.information import Information
from tlsjax.fitting.result import Result
from tlsjax.quantity import Quantity
from tlsjax.report import numbers
from tlsjax.report.directions import directions_in_words
from tlsjax.report.tells import Found, outliers_in_words

_NARROW, _WIDE = 78, 100
_OPEN = 50.0
"""Spread of a logarithm from which on it has none, as of what may be 0."""
_CHOSEN = ("frequency", "bias_current", "temperature", "angle", "photon_number", "power")
"""Conditions that tell points apart."""
_MIDDLE = (0.1, 0.9)
"""Part of what the points tell that is told to lie within a range."""


def information_in_words(
    information: Information, quantities: Sequence[Quantity], width: int
) -> RenderableType:
    """What is fixed and open, and a row for each free parameter.

    Args:
        information: what data and prior say.
        quantities: that are reported.
        width: characters a line; the table drops columns where it is small.
    """
    known = {quantity.name: quantity for quantity in quantities}
    before, after = (np.sqrt(np.diag(one)) for one in (information.prior, information.posterior))
    spreads = dict(zip(information.names, zip(before, after, strict=True), strict=True))
    lines = directions_in_words(information, known)
    return Group(*_bullets(lines), Text(), _table(information, known, width, spreads, {}))


def sensitivity_in_words(result: Result, found: Found, width: int) -> RenderableType:
    """The same of a fit, with the points that stand out, and those that tell most."""
    known = {quantity.name: quantity for quantity in result.quantities}
    spreads = {
        name: (_spread(result.prior_draws[name], known[name]), _spread(result.draws[name], known[name]))
        for name in result.information.quantities
    }
    told_by = {} if found.points is None else _told_by(found.points)
    doubt = () if result.verdict.ok else ("This fit is not to be trusted; its report says why.",)
    return Group(
        *_bullets(
            (*doubt, *directions_in_words(result.information, known), *outliers_in_words(found.points))
        ),
        Text(),
        _table(result.information, known, width, spreads, told_by),
    )


def _spread(draws: NDArray[np.float64], quantity: Quantity) -> float:
    return float(np.std(draws if quantity.support == "real" else np.log(np.maximum(draws, 1e-300))))


def arrays(found: Found) -> xr.DataTree:
    """``points``, ``profiles``, and elasticities of each observation: for a file."""
    groups = {f"elasticity_{index}": one.as_dataset() for index, one in enumerate(found.maps)}
    groups["profiles"] = found.profiles
    if found.points is not None:
        groups["points"] = found.points
    return xr.DataTree.from_dict(groups)


def _bullets(lines: Sequence[str]) -> list[Text]:
    return [Text(f"• {line}") for line in lines]


def _table(
    information: Information,
    known: Mapping[str, Quantity],
    width: int,
    spreads: Mapping[str, tuple[float, float]],
    told_by: Mapping[str, str],
) -> Table:
    """A row for each quantity whose spread is known."""
    table = Table(title="Spread of ln θ, and what limits it", title_justify="left")
    wide = width >= _WIDE and bool(told_by)
    heads = ("", "prior", "posterior", "limited by", *(("most is told at",) if wide else ()))
    for name in heads:
        table.add_column(name, overflow="fold", justify="right" if name in ("prior", "posterior") else "left")
    for name, share in zip(information.quantities, information.prior_share, strict=True):
        if name not in spreads:
            continue
        by_prior = share > 0.5
        limit = f"priors, {share:.0%}" if by_prior else f"data, {1.0 - share:.0%}"
        row = ["∞" if one > _OPEN else f"{one:.2g}" for one in spreads[name]] + [limit.replace("%", " %")]
        row += [told_by[name] if not by_prior else ""] if wide else []
        title = f"{name} ({known[name].symbol})" if width >= _NARROW else name
        table.add_row(Text(title), *row, style="dim" if by_prior else "")
    return table


def _told_by(points: xr.Dataset) -> dict[str, str]:
    """Of each quantity, the conditions that hold most of what the points tell of it."""
    varying = [
        name
        for name in _CHOSEN
        if name in points.coords and np.ptp(np.nan_to_num(points[name].to_numpy())) > 0
    ]
    return {
        str(name): ", ".join(_range(one, points[one].to_numpy(), share) for one in varying)
        for name, share in zip(points["quantity"].values, points["share"].to_numpy().T, strict=True)
    }


def _range(name: str, values: NDArray[np.float64], share: NDArray[np.float64]) -> str:
    there = np.isfinite(values)
    order = np.argsort(values[there])
    along, weight = values[there][order], np.cumsum(share[there][order])
    if not weight[-1] > 0.0:
        return ""
    ends = [along[min(np.searchsorted(weight, part * weight[-1]), len(along) - 1)] for part in _MIDDLE]
    quantity = CONDITIONS[name]
    low, high = (numbers.one(float(f"{end:.2e}"), quantity) for end in ends)
    return f"{quantity.symbol} = {low}" if low == high else f"{quantity.symbol} = {low} – {high}"
