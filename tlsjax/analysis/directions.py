"""Which products of parameters data fix, and along which ways parameters may move unseen: found, then named.

Beyond the paper.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from tlsjax.fitting.identify import NARROWED, covariance_alone
from tlsjax.fitting.information import Information

Array = NDArray[np.float64]

_MOST = 5
"""Parameters in one product."""
_SEARCHED = 20_000
"""Sets of so many parameters at most."""
_NEW = 0.3
"""Length, of 1, that a direction must have beside those found before."""
_SIMPLE = (1.0, 2.0, 0.5, 3.0, 1.5, 4.0, 0.25)
"""Powers to round to, the simplest first."""
_NEAR, _WIDER = 0.1, 1.5
"""Relative change of a power by rounding, and of a product's spread, that are no matter."""
_VISIBLE = 0.02
"""Power, of the largest, below which a parameter does not belong to a product."""
_TENTH = 0.1
"""Power, of the largest, below which one that moves along is not named."""


@dataclass(frozen=True)
class Product:
    """Π θ^power that the data fix; of a θ that may be negative, power·θ in its logarithm.

    Attributes:
        powers: by parameter.
        before, after: standard deviation of its logarithm in the prior and in the posterior.
    """

    powers: Mapping[str, float]
    before: float
    after: float


@dataclass(frozen=True)
class Way:
    """A change that the data hardly see: θ → θ·s^power for all its parameters at once.

    Attributes:
        powers: by parameter; those below a tenth of the largest are left out.
        left: spread along it, with all else held, over that of the prior.
    """

    powers: Mapping[str, float]
    left: float


@dataclass(frozen=True)
class Directions:
    """What data fix, the best first, and the ways that they leave to the prior."""

    fixed: tuple[Product, ...]
    open: tuple[Way, ...]


def directions(information: Information) -> Directions:
    """The simplest products that data fix, and the simplest ways that they leave open.

    A product is fixed where the data alone, and the posterior too, narrow its logarithm to half the prior's
    spread or less; a way is open along which the posterior is wider than half the prior. There are together
    as many as parameters, or fewer where no product of up to five will do. Single parameters come first; a
    product takes only those that are not fixed alone, and must say what no simpler one says.

    Args:
        information: of a fit, or of data that are planned.
    """
    spread = np.sqrt(np.diag(information.prior))
    unit = np.outer(spread, spread)
    before, after = information.prior / unit, information.posterior / unit
    alone = covariance_alone(information.fisher, information.prior) / unit
    count = int(np.sum(eigh(after, before, eigvals_only=True) <= NARROWED**2))

    def is_fixed(a: Array) -> bool:
        return max(a @ alone @ a, a @ after @ a) <= NARROWED**2 * (a @ before @ a)

    def is_open(v: Array) -> bool:
        return bool(v @ tighter @ v * NARROWED**2 < v @ loose @ v)

    tighter, loose = np.linalg.inv(after), np.linalg.inv(before)
    products = [
        Product(_named(information, a / spread), _root(a, before), _root(a, after))
        for a in _simplest(alone, before, 1.0 / spread, is_fixed, count)
    ]
    ways = [
        Way(_worth(_named(information, v * spread)), _root(v, loose) / _root(v, tighter))
        for v in _simplest(tighter, loose, spread, is_open, len(spread) - count)
    ]
    return Directions(
        tuple(sorted(products, key=lambda one: one.after)),
        tuple(sorted(ways, key=lambda one: -one.left)),
    )


def _root(a: Array, matrix: Array) -> float:
    return float(np.sqrt(a @ matrix @ a))


def _named(information: Information, powers: Array) -> dict[str, float]:
    return {name: float(power) for name, power in zip(information.names, powers, strict=True) if power != 0.0}


def _worth(powers: dict[str, float]) -> dict[str, float]:
    most = max(map(abs, powers.values()))
    kept = {name: power for name, power in powers.items() if abs(power) >= _TENTH * most}
    return kept if len(kept) > 1 else dict.fromkeys(kept, 1.0)


def _simplest(
    small: Array, large: Array, scale: Array, accepted: Callable[[Array], bool], count: int
) -> list[Array]:
    """Vectors x of few components for which xᵀ(small)x is little of xᵀ(large)x, up to ``count`` of them.

    ``scale``: what turns a component of x into a power.
    """
    found: list[Array] = []
    usable = list(range(len(scale)))
    for size in range(1, _MOST + 1):
        if len(found) == count or comb(len(usable), size) > _SEARCHED:
            break
        candidates = []
        for places in combinations(usable, size):
            ratio, x = _least(small, large, places)
            x, plain = _rounded(x, scale, small)
            powers = np.abs(x * scale)
            if np.min(powers[list(places)]) >= _VISIBLE * np.max(powers) and accepted(x):
                candidates.append((not plain, ratio, places, x))
        for *_, x in sorted(candidates, key=lambda one: one[:3]):
            if len(found) < count and _is_new(x, found, large):
                found.append(x)
        if size == 1:
            usable = [i for i in usable if not any(x[i] for x in found)]
    return found


def _least(small: Array, large: Array, places: Sequence[int]) -> tuple[float, Array]:
    """The least ratio of both forms over vectors of these components, and where it is."""
    part = np.ix_(places, places)
    ratios, vectors = eigh(small[part], large[part], subset_by_index=(0, 0))
    x = np.zeros(len(small))
    x[list(places)] = vectors[:, 0]
    return float(ratios[0]), x


def _is_new(x: Array, found: Sequence[Array], large: Array) -> bool:
    """Whether it is not nearly a combination of those found."""
    if not found:
        return True
    root = np.linalg.cholesky(large).T
    whitened = root @ np.stack([*found, x], 1)
    whitened /= np.linalg.norm(whitened, axis=0)
    basis, _ = np.linalg.qr(whitened[:, :-1])
    rest = whitened[:, -1] - basis @ (basis.T @ whitened[:, -1])
    return bool(np.linalg.norm(rest) > _NEW)


def _rounded(x: Array, scale: Array, small: Array) -> tuple[Array, bool]:
    """The same with simple numbers for as many powers as costs little, and whether all are."""
    powers = x * scale
    there = np.flatnonzero(powers)
    tried = []
    for unit in there:
        relative = powers[there] / abs(powers[unit])
        nearest = np.argmin(np.abs(np.log(np.abs(relative)[:, None] / _SIMPLE)), axis=1)
        simple = np.sign(relative) * np.take(_SIMPLE, nearest)
        near = np.abs(simple - relative) <= _NEAR * np.abs(relative)
        new, same = np.zeros_like(powers), np.zeros_like(powers)
        new[there], same[there] = np.where(near, simple, relative), relative
        if _root(new / scale, small) > _WIDER * _root(same / scale, small):
            new, near = same, there == unit
        tried.append((-int(near.sum()), int(nearest[near].sum()), int(unit), new))
    near_ones, *_, final = min(tried)
    return final * np.sign(final[there[0]]) / scale, -near_ones == len(there)
