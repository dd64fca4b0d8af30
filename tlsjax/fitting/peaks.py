"""Peaks of an f(τ) without a formula, and how probable each is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.model.free_form import Smooth

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DECADE = float(np.log(10.0))
_FALL = 0.5
LEAST = 0.1
"""Probability below which a peak is not worth telling of."""


@dataclass(frozen=True)
class Peak:
    """A place where f(τ) falls to half within a decade of τ on either side.

    Attributes:
        probability: share of posterior draws that have it.
        median, low, high: where, and the 95 % interval of it: relaxation time in s, or barrier in K.
        unit: of these, ``"s"`` or ``"K"``.
    """

    probability: float
    median: float
    low: float
    high: float
    unit: str


def peaks_of(values: Mapping[str, ArrayLike], smooth: Smooth) -> list[dict[str, Any]]:
    """Peaks inside what the data see, the most probable first, as records.

    Peaks of different draws are the same one where they lie within half a decade of the place at which most
    draws have one; what is left is asked again.

    Args:
        values: draws of the form's ``weights``, (draws, nodes), and of its process's parameter.
        smooth: where its nodes are.
    """
    weights, step = np.asarray(values["weights"]), float(smooth.step)
    places = np.broadcast_to(smooth.places(values), weights.shape)
    inside = (places >= float(smooth.marks[0])) & (places <= float(smooth.marks[-1]))
    left = peaked(weights, max(1, round(_DECADE / step))) & inside
    near = max(1, round(0.5 * _DECADE / step))
    found: list[Peak] = []
    while True:
        shares = np.array([_around(left, i, near).any(1).mean() for i in range(left.shape[1])])
        centre = int(shares.argmax())
        if shares[centre] < LEAST:
            return [asdict(one) for one in found]
        here = _around(left, centre, near)
        low, median, high = np.quantile(places[here], (0.025, 0.5, 0.975))
        unit = "K" if smooth.over == "barrier" else "s"
        found.append(Peak(float(shares[centre]), float(median), float(low), float(high), unit))
        left = left & ~here


def peaked(values: Array, steps: int) -> Flags:
    """Where rows of values (draws, nodes) are largest until they fall to half, some steps off at most.

    Beyond the nodes there is nothing.
    """
    return _falls(values, steps) & _falls(values[:, ::-1], steps)[:, ::-1]


def _falls(values: Array, steps: int) -> Flags:
    """To the right; of equal values the first is the largest."""
    fallen, beaten = np.zeros(values.shape, bool), values <= 0.0
    padded = np.pad(values, ((0, 0), (0, steps)))
    for ahead in range(1, steps + 1):
        there = padded[:, ahead : ahead + values.shape[1]]
        beaten |= ~fallen & (there > values)
        fallen |= ~beaten & (there <= _FALL * values)
    return fallen


def _around(flags: Flags, centre: int, near: int) -> Flags:
    """Those near a node."""
    only = np.zeros_like(flags)
    span = slice(max(0, centre - near), centre + near + 1)
    only[:, span] = flags[:, span]
    return only
