"""Which of several fits of the same data predicts best, and whether fits of different data agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tlsjax.errors import InputError
from tlsjax.fitting import inference_data
from tlsjax.fitting.evidence import Evidence
from tlsjax.fitting.evidence import evidence as evidence_of
from tlsjax.fitting.leave_out import leave_out
from tlsjax.fitting.result import Result
from tlsjax.fitting.verdict import predictive_ok
from tlsjax.fitting.weigh import counted
from tlsjax.model.observation import Chain, join

Array = NDArray[np.float64]
_SURE = 2.0
"""Standard errors from which on a difference counts."""
_LEAST = 4.0
"""Log density from which on it does: below, its standard error cannot be relied on (Sivula et al. 2020)."""


@dataclass(frozen=True)
class Ranked:
    """How well one model predicts what it was not fitted to.

    Attributes:
        name: of the fit.
        elpd: expected log predictive density, summed over all points; higher is better.
        difference: from the best model, 0 or below.
        standard_error: of the difference.
        weight: share in the best joint prediction (stacking); NaN where groups are left out.
        unreliable: points whose Pareto k̂ is above 0.7, or refits that cannot be trusted.
        missed: rms of ln(predicted/measured) over all losses left out; NaN unless groups are.
        replicas: smallest p of the posterior-predictive checks: whether its replicas look like the data.
        looks_right: whether all of these checks pass.
        evidence: ln Z and its standard error; None unless asked for.
    """

    name: str
    elpd: float
    difference: float
    standard_error: float
    weight: float
    unreliable: int
    missed: float
    replicas: float = float("nan")
    looks_right: bool = True
    evidence: Evidence | None = None

    @property
    def clearly_worse(self) -> bool:
        """Whether the best model is better by more than chance."""
        return -self.difference > max(_SURE * self.standard_error, _LEAST)


@dataclass(frozen=True)
class Comparison:
    """Models in the order in which they predict.

    Attributes:
        ranked: the best first.
        left_out: the condition whose values were left out one after the other; empty for single points.
        groups: how many values.
        without: fits that have no place: too few different draws for PSIS-LOO.
    """

    ranked: tuple[Ranked, ...]
    left_out: str
    groups: int
    without: tuple[str, ...] = ()

    @property
    def best(self) -> tuple[str, ...]:
        """The winner, or all that tie with it."""
        return tuple(one.name for one in self.ranked if not one.clearly_worse)


@dataclass(frozen=True)
class Agreement:
    """One parameter in two fits of different data.

    Attributes:
        parameter: its name.
        fits: names of the two.
        medians: of the two, SI units.
        intervals: 5 and 95 % of the two.
        apart: difference of the means over its standard deviation, of the logarithm where it is positive.
        determined: whether the data of both fits determine it; else a prior is compared.
    """

    parameter: str
    fits: tuple[str, str]
    medians: tuple[float, float]
    intervals: tuple[tuple[float, float], tuple[float, float]]
    apart: float
    determined: bool = True

    @property
    def agrees(self) -> bool:
        """Whether the two differ by no more than twice their standard deviation."""
        return self.apart <= _SURE


def compare(
    results: Mapping[str, Result], *, left_out: str = "", method: str = "laplace", evidence: bool = False
) -> Comparison | tuple[Agreement, ...]:
    """Compare fits: of the same data by how they predict, of different data by what they say of parameters.

    Args:
        results: at least two fits, by name.
        left_out: a condition such as ``"power"``, whose values are left out one after the other and predicted
            from refits to the rest; "" for single points by PSIS-LOO, without refits.
        method: of the refits, as of :func:`tlsjax.fit`.
        evidence: also find ln Z of every model, by particles from its prior; half a minute each. It judges
            priors as much as formulas.

    Returns:
        The ranking, where all are of the same data; else the parameters that any two fits have in common.

    Raises:
        InputError: fewer than two fits; ``left_out`` is no condition that varies, or is asked of different
            data; fewer than two fits have draws enough for PSIS-LOO; fits of different data have no parameter
            in common.

    Limits: residuals that follow their neighbours in a sweep make points less than independent: the standard
    error of a difference allows for the correlation of its parts. Of a few groups it is rough.
    Source: Vehtari, Gelman and Gabry 2017; Yao et al. 2018; Sivula, Magnusson, Vehtari 2020.
    """
    if len(results) < 2:
        raise InputError("a comparison needs at least two fits")
    if not _same_data(list(results.values())):
        if left_out:
            raise InputError("these fits are of different data, so no left-out value can rank them")
        if evidence:
            raise InputError("these fits are of different data, so no evidence can rank them")
        return _agreements(results)
    found = _by_groups(results, left_out, method) if left_out else _by_points(results)
    ranked = tuple(_looked_at(one, results[one.name]) for one in found.ranked)
    if evidence:
        every = _evidences({one.name: results[one.name] for one in ranked})
        ranked = tuple(replace(one, evidence=every[one.name]) for one in ranked)
    return replace(found, ranked=ranked)


def _looked_at(one: Ranked, result: Result) -> Ranked:
    every = result.predictive_p
    return replace(one, replicas=min(every), looks_right=predictive_ok(every)) if every else one


def _evidences(results: Mapping[str, Result]) -> dict[str, Evidence]:
    """With one correlation of residuals for all: that of the model they follow each other least in."""
    every = [
        {name: np.nan_to_num(float(r)) for name, r in one.model.correlation.items()}
        for one in results.values()
    ]
    names = set().union(*every)
    least = {name: min(one.get(name, 0.0) for one in every) for name in names}
    return {name: evidence_of(result, least) for name, result in results.items()}


def _same_data(results: Sequence[Result]) -> bool:
    every = [_measured(result) for result in results]
    return all(one.shape == every[0].shape and np.array_equal(one, every[0]) for one in every)


def _measured(result: Result) -> Array:
    group = result.tree["observed_data"].data_vars
    return np.concatenate([values.to_numpy().reshape(-1) for values in group.values()])


def _by_points(results: Mapping[str, Result]) -> Comparison:
    first = next(iter(results.values()))
    observations = join([first.observation(index) for index in range(len(first.points))])
    found = {
        name: inference_data.leave_one_out(result.tree, counted(result.model, observations))
        for name, result in results.items()
    }
    ranked = {name: loo for name, loo in found.items() if loo is not None}
    without = tuple(name for name in found if name not in ranked)
    if len(ranked) < 2:
        raise InputError(
            f"{', '.join(without)}: too few different draws for leave-one-out; fit with more --draws"
        )
    pointwise = {name: loo.pointwise for name, loo in ranked.items()}
    weights = inference_data.stacking_weights(pointwise)
    unreliable = {name: loo.unreliable for name, loo in ranked.items()}
    none = dict.fromkeys(results, float("nan"))
    # where noise is independent, differences follow each other by the models' shapes alone
    follow = any(result.model.correlation for result in results.values())
    chain = observations.chain if follow else None
    return Comparison(_ranked(pointwise, weights, unreliable, none, chain), "", 0, without)


def _by_groups(results: Mapping[str, Result], condition: str, method: str) -> Comparison:
    found = {name: leave_out(result, condition, method) for name, result in results.items()}
    parts = {name: one.elpd for name, one in found.items()}
    unreliable = {name: one.untrusted for name, one in found.items()}
    missed = {name: one.missed for name, one in found.items()}
    none = dict.fromkeys(results, float("nan"))
    count = len(next(iter(parts.values())))
    return Comparison(_ranked(parts, none, unreliable, missed, None), condition, count)


def _ranked(
    parts: Mapping[str, Array],
    weights: Mapping[str, float],
    unreliable: Mapping[str, int],
    missed: Mapping[str, float],
    chain: Chain | None,
) -> tuple[Ranked, ...]:
    best = max(parts, key=lambda name: float(parts[name].sum()))
    order = sorted(parts, key=lambda name: -float(parts[name].sum()))
    rows = []
    for name in order:
        difference = parts[name] - parts[best]
        rows.append(
            Ranked(
                name, float(parts[name].sum()), float(difference.sum()), _error_of_sum(difference, chain),
                weights[name], unreliable[name], missed[name],
            )
        )  # fmt: skip
    return tuple(rows)


def _error_of_sum(parts: Array, chain: Chain | None) -> float:
    """Standard error of a sum of parts, which along sweeps may follow each other."""
    if parts.size < 2:
        return float("inf")
    error = float(np.sqrt(parts.size * np.var(parts, ddof=1)))
    if chain is None or error == 0.0:
        return error
    centred = parts - parts.mean()
    before, follows = (np.asarray(x) for x in (chain.before, chain.follows))
    if not follows.any():
        return error
    r = float(np.sum(follows * centred * centred[before]) / np.sum(follows * centred**2))
    r = float(np.clip(r, 0.0, 0.95))
    return error * float(np.sqrt((1.0 + r) / (1.0 - r)))


def _agreements(results: Mapping[str, Result]) -> tuple[Agreement, ...]:
    found = []
    for one, other in combinations(results, 2):
        pair = results[one], results[other]
        shared = [q for q in pair[0].model.quantities if all(q.name in _inferred(r) for r in pair)]
        for quantity in shared:
            draws = [result.draws[quantity.name].reshape(-1) for result in pair]
            scale = np.asarray if quantity.support == "real" else np.log
            means = [float(scale(x).mean()) for x in draws]
            spread = float(np.sqrt(sum(np.var(scale(x)) for x in draws)))
            intervals = [tuple(map(float, np.quantile(x, (0.05, 0.95)))) for x in draws]
            found.append(
                Agreement(
                    quantity.name, (one, other), (float(np.median(draws[0])), float(np.median(draws[1]))),
                    ((intervals[0][0], intervals[0][1]), (intervals[1][0], intervals[1][1])),
                    abs(means[0] - means[1]) / spread,
                    all(result.identified[quantity.name] for result in pair),
                )
            )  # fmt: skip
    if not found:
        raise InputError("these fits are of different data and have no free parameter in common")
    return tuple(found)


def _inferred(result: Result) -> set[str]:
    """What a fit says of the device, not of how its own data scatter."""
    own = ("_scatter", "_floor")
    return {
        name
        for name in result.model.free
        if not name.endswith(own) and not name.startswith(("calibration[", "shift_offset", "freedom"))
    }
