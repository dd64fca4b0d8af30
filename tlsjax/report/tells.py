"""What the data tell: the part of a report on identifiability, sensitivity and single points."""

from dataclasses import dataclass

import xarray as xr
from markupsafe import Markup, escape

from tlsjax.analysis.influence import Outlier, influence, outliers
from tlsjax.analysis.profile import profiles
from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.errors import InputError
from tlsjax.fitting.result import Result
from tlsjax.report import numbers, symbols
from tlsjax.report.directions import directions_in_words
from tlsjax.report.elasticity_figure import Map, elasticity_figure, elasticity_map
from tlsjax.report.information_figure import information_figure
from tlsjax.report.points_figure import points_figure
from tlsjax.report.profile_figure import profile_figure
from tlsjax.report.style import Drawing, printable

_MOST = 5
"""Points that are named."""


@dataclass(frozen=True)
class Found:
    """What takes a while to work out.

    Attributes:
        points: of every point, by :func:`influence`; None for too few different draws.
        profiles: of every free parameter.
        maps: elasticities, one an observation.
    """

    points: xr.Dataset | None
    profiles: xr.Dataset
    maps: tuple[Map, ...]


@dataclass(frozen=True)
class Tells:
    """As sentences and figures.

    Attributes:
        words: what is fixed and what is open, with symbols.
        stand_out: points that do, or that nothing can be said of them.
        information: spreads and correlations.
        profiles: of every free parameter.
        maps: elasticities, one an observation.
        points: which tell what, one an observation.
    """

    words: tuple[Markup, ...]
    stand_out: tuple[Markup, ...]
    information: Drawing
    profiles: Drawing
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
    maps = tuple(elasticity_map(result, index) for index in range(len(result.points)))
    return Found(points, profiles(result), maps)


def tells(result: Result, found: Found) -> Tells:
    """Words and figures of what was found; figures are drawn here."""
    every, quantities = range(len(result.points)), {q.name: q for q in result.quantities}
    points = [] if found.points is None else [points_figure(result, found.points, index) for index in every]
    maps = [elasticity_figure(result, index, found.maps[index]) for index in every]
    sentences = [one for one in maps if isinstance(one, Markup)]
    return Tells(
        (*map(symbols.html, directions_in_words(result.information, quantities)), *sentences),
        outliers_on_page(found.points),
        information_figure(result.information, quantities),
        profile_figure(result, found.profiles),
        tuple(one for one in maps if isinstance(one, Drawing)),
        tuple(one for one in points if one is not None),
    )


def outliers_in_words(points: xr.Dataset | None) -> tuple[str, ...]:
    """Which points stand out, or that it cannot be said; nothing where none does."""
    return tuple(f"{where}{words}" for where, words in _stand_out(points))


def outliers_on_page(points: xr.Dataset | None) -> tuple[Markup, ...]:
    """The same in HTML; of names of files nothing is taken for a symbol."""
    return tuple(escape(printable(where)) + symbols.html(words) for where, words in _stand_out(points))


def _stand_out(points: xr.Dataset | None) -> list[tuple[str, str]]:
    """Sentences, each as the name of a file and what is said of it."""
    if points is None:
        return [("", "Too few different draws to say what single points do.")]
    far = outliers(points)
    more = [("", f"{len(far) - _MOST} more points stand out.")] if len(far) > _MOST else []
    return [*map(_outlier, far[:_MOST]), *more]


def _outlier(one: Outlier) -> tuple[str, str]:
    where = ", ".join(
        f"{CONDITIONS[name].symbol} = {numbers.one(value, CONDITIONS[name])}"
        for name, value in one.conditions.items()
    )
    measured = MEASURED[one.quantity]
    side = "above" if one.deviation > 0 else "below"
    value = numbers.with_unit(numbers.significant(one.value, 3), symbols.unit_of(measured))
    return one.source, (
        f", line {one.line}, stands out: {measured.symbol} = {value} at {where} is "
        f"{abs(one.deviation):.1f} standard deviations {side} what all other points expect."
    )
