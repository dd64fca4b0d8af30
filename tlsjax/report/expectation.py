"""Did the priors expect these data? In words."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.prior_predictive import PriorPredictive
from tlsjax.report.numbers import significant

BAND = (0.05, 0.95)
"""Levels of the 90 % band, of which the words tell."""
_EXPECTED = 0.9
"""Share of points inside the band from which the data are said to be expected."""
_BEYOND = 0.01
"""A point of smaller rank, or as near to 1, is one that the prior hardly allows.

The band is no measure of that: all points follow the same few parameters, so of good priors too one fit in
ten has most of its points outside.
"""


class Expectation(NamedTuple):
    """What the prior expected of one observation.

    Attributes:
        label: quantity and file; may hold a user's file name, plain text.
        words: a sentence or two.
        mark: ``"good"``, ``"unsure"`` or ``"bad"``.
    """

    label: str
    words: str
    mark: str


def expectations(expected: PriorPredictive) -> tuple[Expectation, ...]:
    """Each observation in words."""
    return tuple(Expectation(label, *_judge(expected, index)) for index, label in enumerate(expected.labels))


def _judge(expected: PriorPredictive, index: int) -> tuple[str, str]:
    rank, replicas = expected.rank(index), expected.replicas[index]
    inside, count = int(np.sum((rank >= BAND[0]) & (rank <= BAND[1]))), len(rank)
    if inside >= _EXPECTED * count:
        return f"{_share(inside, count)} inside the prior's 90 % band: data like these were expected.", "good"
    above, beneath = int(np.sum(rank > BAND[1])), int(np.sum(rank < BAND[0]))
    where = " and ".join(
        f"{_share(number, count)} {side}" for number, side in ((above, "above"), (beneath, "below")) if number
    )
    found = f"{where} the prior's 90 % band{_typically(expected.measured(index), replicas)}"
    if np.mean(np.minimum(rank, 1 - rank) < _BEYOND) <= 0.5:
        return f"{found}: the prior allows these data, but only at its edge.", "unsure"
    return (
        f"The priors hardly allow these data: {found}. Check units and constants of the table, "
        "then the priors.",
        "bad",
    )


def _typically(measured: NDArray[np.float64], replicas: NDArray[np.float64]) -> str:
    """By what factor they differ; a factor of 10⁹ tells of a unit."""
    median = np.nanmedian(replicas, axis=0)
    ratios = measured[median > 0] / median[median > 0]
    return f" (typically {significant(float(np.median(ratios)), 1)} times its median)" if len(ratios) else ""


def _share(number: int, count: int) -> str:
    if count == 1:
        return "the one point is"
    return f"all {count} points are" if number == count else f"{number} of {count} points are"
