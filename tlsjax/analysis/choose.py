"""Which candidates to take: those that narrow the targets most for what they cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Item = tuple[str, float]

_ROUNDS = 3
_BETTER = 1e-6
_FEW, _MANY = 14, 1000
"""Points taken, and candidates, up to which pairs are put back."""
_TINY, _LEAST = 1e-300, 1e-12


@dataclass(frozen=True)
class Field:
    """Candidates as seen from D draws of the posterior, along d coordinates.

    Attributes:
        features: root of what each of N candidates tells, (D, N, d).
        slopes: of q targets, (D, q, d).
        cost: of each candidate, (N,).
        items: of each candidate, the settings that cost something to make.
        setup: what each setting costs.
        defined: whether the model predicts a finite value of each candidate at every draw, (N,).
    """

    features: Array
    slopes: Array
    cost: Array
    items: tuple[frozenset[Item], ...]
    setup: Mapping[Item, float]
    defined: NDArray[np.bool_]

    def price(self, taken: Iterable[int]) -> float:
        """Of all taken together."""
        taken = list(taken)
        used = frozenset().union(*(self.items[k] for k in taken))
        return float(self.cost[taken].sum()) + sum(self.setup[item] for item in used)


@dataclass(frozen=True)
class Known:
    """What is known after some candidates: precision (inverse covariance) around every draw, (D, d, d)."""

    precision: Array

    @cached_property
    def covariance(self) -> Array:
        """Its inverse, (D, d, d)."""
        size = np.sqrt(np.einsum("tii->ti", self.precision))
        unit = size[:, :, None] * size[:, None, :]
        return np.asarray(np.linalg.inv(self.precision / unit) / unit)

    def gains(self, field: Field) -> Array:
        """Information that each candidate would add, in nats summed over targets, averaged over draws, (N,).

        Σ ½ ln(V/V′) for the variance V = cᵀCc of each target, and V′ = V − (cᵀCu)²/(1 + uᵀCu).
        """
        onto = field.slopes @ self.covariance
        variance = np.einsum("tqi,tqi->tq", onto, field.slopes)
        along = field.features @ self.covariance
        total = 1.0 + np.einsum("tni,tni->tn", along, field.features)
        shared = onto @ field.features.transpose(0, 2, 1)
        left = 1.0 - shared**2 / (total[:, None, :] * np.maximum(variance, _TINY)[:, :, None])
        return np.asarray(-0.5 * np.log(np.clip(left, _LEAST, 1.0)).sum(1).mean(0))

    def after(self, field: Field, taken: Sequence[int]) -> "Known":
        """With these candidates measured, one as often as it is named."""
        u = field.features[:, list(taken)]
        return Known(self.precision + u.transpose(0, 2, 1) @ u)

    def spreads(self, field: Field) -> Array:
        """Standard deviation of every target around every draw, (D, q)."""
        onto = field.slopes @ self.covariance
        return np.sqrt(np.maximum(np.einsum("tqi,tqi->tq", onto, field.slopes), 0.0))


def choose(field: Field, before: Known, budget: float) -> list[int]:
    """Candidates whose costs stay within the budget, each as often as it is worth it, in the order taken.

    The most information for its cost comes first, or the most at all; a setting that costs something is made
    where the points that follow there are worth it together. Then one taken, two, or all at one setting are
    put back, and something better looked for.
    """
    begun = [_best_fill(field, before, budget, rest) for rest in _beginnings(field, before, budget)]
    taken = max(begun, key=lambda one: _worth(field, before, one))
    best = _worth(field, before, taken)
    for _ in range(_ROUNDS):
        reached = best
        for gone in _to_put_back(field, taken):
            if not gone <= set(range(len(taken))):
                continue
            rest = [k for place, k in enumerate(taken) if place not in gone]
            other = _best_fill(field, before, budget, rest)
            worth = _worth(field, before, other)
            if worth > best + _BETTER:
                taken, best = other, worth
        if best == reached:
            break
    return taken


def _beginnings(field: Field, before: Known, budget: float) -> list[list[int]]:
    """Nothing; where costs differ, also each of the candidates that tell most, or most for their cost."""
    if not _differs(field):
        return [[]]
    gains = before.gains(field)
    first = [k for worth in (gains, gains / field.cost) for k in np.argsort(-worth)[:_FEW].tolist()]
    there = [k for k in dict.fromkeys(first) if field.defined[k] and field.price([k]) <= budget]
    return [[], *([k] for k in there)]


def _differs(field: Field) -> bool:
    """Whether one candidate costs more than another, by itself or by its setting."""
    return bool(field.setup) or float(np.ptp(field.cost)) > 0.0


def _to_put_back(field: Field, taken: Sequence[int]) -> list[set[int]]:
    """Places: each, all that are at one setting, and pairs where there are few."""
    each = [{place} for place in range(len(taken))]
    settings = {item for k in taken for item in field.items[k]}
    by_setting = [{place for place, k in enumerate(taken) if item in field.items[k]} for item in settings]
    few = len(taken) <= _FEW and len(field.cost) <= _MANY and _differs(field)
    pairs = [set(pair) for pair in combinations(range(len(taken)), 2)] if few else []
    return [*each, *by_setting, *pairs]


def _best_fill(field: Field, before: Known, budget: float, rest: list[int]) -> list[int]:
    """The better of filling up by information for cost and by information."""
    known = before.after(field, rest)
    powers = (1.0, 0.0) if _differs(field) else (1.0,)
    ways = [_fill(field, known, budget, rest, power) for power in powers]
    return max(ways, key=lambda taken: _worth(field, before, taken))


def _worth(field: Field, before: Known, taken: list[int]) -> float:
    """Information of all together."""
    first, last = (np.maximum(one.spreads(field), _TINY) for one in (before, before.after(field, taken)))
    return float(np.log(first / last).sum(1).mean(0))


def _fill(field: Field, known: Known, budget: float, taken: list[int], power: float) -> list[int]:
    """With more candidates, by information over cost to this power, until the budget allows none."""
    taken = list(taken)
    opened = frozenset().union(*(field.items[k] for k in taken))
    left = budget - field.price(taken) if taken else budget
    while True:
        options = {items - opened for items in set(field.items)}
        bundles = [_bundle(field, known, left, opened, option, power) for option in options]
        worth, best = max(((b[0], b[1]) for b in bundles if b is not None), default=(0.0, []))
        if not best or not worth > 0.0:
            return taken
        new = frozenset().union(*(field.items[k] for k in best)) - opened
        left -= float(field.cost[best].sum()) + sum(field.setup[item] for item in new)
        opened |= new
        known = known.after(field, best)
        taken += best


def _bundle(
    field: Field,
    known: Known,
    left: float,
    opened: frozenset[Item],
    option: frozenset[Item],
    power: float,
) -> tuple[float, list[int]] | None:
    """With these settings made, the points that give most for what settings and points cost; None if none."""
    spent = sum(field.setup[item] for item in option)
    allowed = field.defined & np.array([items <= opened | option for items in field.items])
    gained, best, ratio = 0.0, list[int](), 0.0
    some: list[int] = []
    while True:
        within = allowed & (field.cost <= left - spent + 1e-9)
        if not within.any():
            break
        gains = known.gains(field)
        k = int(np.argmax(np.where(within, gains / field.cost**power, -1.0)))
        gained, spent = gained + float(gains[k]), spent + float(field.cost[k])
        some.append(k)
        if gained / spent**power <= ratio:
            break
        best, ratio = list(some), gained / spent**power
        if not option:
            break
        known = known.after(field, [k])
    return (ratio, best) if best else None
