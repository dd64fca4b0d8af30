"""What the data tell: the part of a report on identifiability, sensitivity and single points."""

from dataclasses import dataclass

import xarray as xr

from tlsjax.analysis.influence import Outlier, influence, outliers
from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.errors import InputError
from tlsjax.fitting.result import Result
from tlsjax.report import numbers
from tlsjax.report.directions import directions_in_words
from tlsjax.report.elasticity_figure import Map, elasticity_figure, elasticity_map
from tlsjax.report.information_figure import information_figure
from tlsjax.report.points_figure import points_figure
from tlsjax.report.style import Drawing

_MOST = 5
"""Points that are named."""


@dataclass(frozen=True)
class Found:
    """What takes a while to work out.

    Attributes:
        points: of every point, by :func:`influence`; None for too few different draws.
        maps: elasticities, one an observation.
    """

    points: xr.Dataset | None
    maps: tuple[Map, ...]


@dataclass(frozen=True)
class Tells:
    """As sentences and figures.

    Attributes:
        words: what is fixed, what is open, and which points stand out.
        information: spreads and correlations.
        maps: elasticities, one an observation.
        points: which tell what, one an observation.
    """

    words: tuple[str, ...]
    information: Drawing
    maps: tuple[Drawing, ...]
    points: tuple[Drawing, ...]


def find(result: Result) -> Found:
    """Of a fit.

    Raises:
        InputError: it was kept without what its data say.
    """
    result.information  # noqa: B018
    try:
        points = influence(result)
    except InputError:
        points = None
    return Found(points, tuple(elasticity_map(result, index) for index in range(len(result.points))))


def tells(result: Result, found: Found) -> Tells:
    """Words and figures of what was found; figures are drawn here."""
    every = range(len(result.points))
    drawn = [] if found.points is None else [points_figure(result, found.points, index) for index in every]
    return Tells(
        words_of(result, found.points),
        information_figure(result.information, {q.name: q for q in result.quantities}),
        tuple(elasticity_figure(result, index, found.maps[index]) for index in every),
        tuple(one for one in drawn if one is not None),
    )


def words_of(result: Result, points: xr.Dataset | None) -> tuple[str, ...]:
    """What is fixed, what is open, and which points stand out."""
    quantities = {q.name: q for q in result.quantities}
    lines = list(directions_in_words(result.information, quantities))
    if points is None:
        return (*lines, "Too few different draws to say what single points do.")
    far = outliers(points)
    lines += [_outlier(one) for one in far[:_MOST]]
    if len(far) > _MOST:
        lines.append(f"{len(far) - _MOST} more points stand out.")
    return tuple(lines)


def _outlier(one: Outlier) -> str:
    where = ", ".join(
        f"{CONDITIONS[name].symbol} = {numbers.one(value, CONDITIONS[name])}"
        for name, value in one.conditions.items()
    )
    measured = MEASURED[one.quantity]
    side = "above" if one.deviation > 0 else "below"
    value = f"{measured.symbol} = {numbers.one(one.value, measured)} at {where}"
    return (
        f"{one.source}, line {one.line}, stands out: {value} is {abs(one.deviation):.1f} standard deviations "
        f"{side} what all other points expect."
    )
