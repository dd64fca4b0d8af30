"""Points spread evenly over all candidates: what one would measure untold."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlsjax.analysis.choose import Field

_GOLDEN = np.array([0.6180339887498949, 0.4142135623730951, 0.7320508075688772, 0.2360679774997898])
"""Steps that fill an interval evenly, whatever their number (Kronecker sequences)."""

_DEAR = 4
"""Times as many points are tried as the cheapest would allow, for some may be too dear."""


def evenly(
    field: Field, which: NDArray[np.int64], shapes: Sequence[tuple[int, ...]], budget: float
) -> list[int]:
    """As many candidates as the budget allows; at least one, if one is affordable.

    Args:
        field: the candidates.
        which: number of the measurement of each.
        shapes: of each measurement's grid of conditions; the last axis runs fastest.
        budget: of costs, with settings.
    """
    rows = [np.flatnonzero(which == k) for k in range(len(shapes))]
    price = [field.price([k]) if field.defined[k] else np.inf for k in range(len(field.cost))]
    best = [int(np.argmin(price))] if min(price) <= budget else []
    most = int(budget / float(field.cost.min())) + 1
    for count in range(1, _DEAR * most):
        shares = [count // len(shapes) + (k < count % len(shapes)) for k in range(len(shapes))]
        each = zip(rows, shapes, shares, strict=True)
        taken = [k for one in each for k in _spread(*one) if price[k] <= budget]
        if len(taken) > len(best) and field.price(taken) <= budget + 1e-9:
            best = taken
    return best


def _spread(rows: NDArray[np.int64], shape: tuple[int, ...], count: int) -> list[int]:
    """So many places of a grid: even along its last axis, and all others filled alike."""
    numbers = np.arange(count)
    last = (numbers + 0.5) / max(count, 1)
    steps = (0.5 + np.outer(np.resize(_GOLDEN, len(shape) - 1), numbers)) % 1.0
    places = np.concatenate([steps, last[None]]).T
    index = np.minimum((places * shape).astype(int), np.array(shape) - 1)
    return [int(k) for k in rows[np.ravel_multi_index(tuple(index.T), shape)]]
