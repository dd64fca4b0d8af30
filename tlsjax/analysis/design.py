"""What to measure next, so that a chosen uncertainty shrinks most for what it costs.

Beyond the paper.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike

import jax
import numpy as np
from numpy.typing import NDArray

from tlsjax.analysis.around import Around, around
from tlsjax.analysis.as_measured import as_measured
from tlsjax.analysis.candidates import Between, Candidates
from tlsjax.analysis.choose import Field, choose
from tlsjax.analysis.designed import Design, Point, Target, Told, conditions_of
from tlsjax.analysis.even import evenly
from tlsjax.analysis.outcome import Expected, expect, half_width
from tlsjax.analysis.placed import Conditions, Placed, axes_of, grid, placed
from tlsjax.analysis.refine import refine
from tlsjax.errors import InputError
from tlsjax.fitting.information import logarithm
from tlsjax.fitting.predict import check_device, pick
from tlsjax.fitting.result import Result

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

_STAGE = 11
"""Number of this stage's stream of random numbers; those of a fit and a prediction count below."""
_NO_TARGETS = ("_scatter", "_floor", "_spread", "roughness", "freedom")
"""Ends of names of what is no aim unless it is named."""


def design(
    result: Result,
    candidates: Candidates | str | PathLike[str] | None = None,
    *,
    targets: Sequence[str] = (),
    budget: float | None = None,
    device: str = "",
    seed: int = 0,
) -> Design:
    """The points that shrink the uncertainty of the targets most, for what they cost.

    Chosen is what adds most information per cost: Σ ½ ln(V/V′) over targets, where V and V′ are variances in
    the normal posterior of exact derivatives around a draw, without and with the points, averaged over draws;
    conditions that may lie anywhere between two values are then moved by gradients. How well the targets
    would be known is found from outcomes simulated at draws of the posterior.

    Args:
        result: a fit.
        candidates: what could be measured, or the TOML file that says it; more of what was measured, with the
            same errors, unless given.
        targets: names of parameters or combinations; else those of the candidates, else all free ones.
        budget: sum of costs; else that of the candidates, 10 points unless they say it.
        device: of a fit of several, the one to be measured.
        seed: of the simulated outcomes.

    Raises:
        InputError: no such target, a condition is missing or out of place, no candidate is affordable, or
            none tells anything.
    """
    check_device(result, device)
    candidates = _asked(result, candidates, targets, budget, device)
    names, model = candidates.targets, result.model
    here = around(result, names)
    every = placed(result, candidates, [grid(one) for one in candidates.measurements], device)
    unpriced = [n for n in candidates.setup if not any(n in table.columns for table in every.tables)]
    if unpriced:
        raise InputError(f"[setup]: no candidate is at any {unpriced[0]}")
    field = here.field(model, device, candidates, every)
    taken = choose(field, here.known, candidates.budget)
    if not taken:
        raise InputError(
            f"no candidate tells anything of {', '.join(names)}"
            if min(field.price([k]) for k in range(len(field.cost))) <= candidates.budget
            else f"no candidate is affordable with a budget of {candidates.budget:g}"
        )
    unique, counts = np.unique(taken, return_counts=True)
    some = placed(result, candidates, _picked(candidates, every, unique), device)
    conditions, times = refine(here.z, here.known, here.slopes, model, device, candidates, some, counts)
    points = _points(candidates, some._replace(conditions=conditions), times)
    shapes = [tuple(map(len, axes_of(one).values())) for one in candidates.measurements]
    spread = evenly(field, every.which, shapes, candidates.budget)
    even = _points(candidates, every, np.bincount(spread, minlength=len(every.cost)))
    logs = {n: logarithm(model, n, result.draws[n].reshape(-1)) for n in names}

    def expected(points: Sequence[Point]) -> Expected:
        at = placed(result, candidates, conditions_of(candidates, points), device)
        return _expected(result, here, at, candidates, device, logs, seed)

    found, other = expected(points), expected(even)
    told_of = (Target(n, half_width(logs[n]), *found.widths[n], evenly=other.widths[n].middle) for n in names)
    return Design(
        points, even, tuple(told_of), found.reweighted, field.price(taken), candidates,
        _told(candidates, every, field, here), device, int(np.sum(~field.defined)),
    )  # fmt: skip


def _asked(
    result: Result,
    candidates: Candidates | str | PathLike[str] | None,
    targets: Sequence[str],
    budget: float | None,
    device: str,
) -> Candidates:
    """Candidates with targets and budget."""
    if candidates is None:
        candidates = as_measured(result, device)
    elif not isinstance(candidates, Candidates):
        candidates = Candidates.read(candidates)
    free = (n for n in result.model.free if not n.startswith("calibration["))
    # of each device its own, and of one that is not measured none
    free = (n for n in free if not n.endswith("]") or n.endswith(f"[{device}]"))
    aims = (n for n in free if not n.partition("[")[0].endswith(_NO_TARGETS))
    names = tuple(dict.fromkeys(targets or candidates.targets or aims))
    known = [q.name for q in result.quantities if np.ptp(result.draws[q.name]) > 0]
    if not names:
        raise InputError(f"name what is to be known better (known: {', '.join(known)})")
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"'{name}' is not what this fit leaves open{hint} (known: {', '.join(known)})")
    return replace(candidates, targets=names, budget=candidates.budget if budget is None else budget)


def _expected(
    result: Result,
    here: Around,
    points: Placed,
    candidates: Candidates,
    device: str,
    logs: Mapping[str, Array],
    seed: int,
) -> Expected:
    field = here.field(result.model, device, candidates, points)
    after = here.known.after(field, range(len(points.cost)))
    before, then = (one.spreads(field) for one in (here.known, after))
    gained = dict(zip(candidates.targets, np.maximum(then**-2 - before**-2, 0.0).T, strict=True))
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(result.seed), _STAGE), seed)
    values, _ = pick(result, None)
    return expect(key, values, logs, result.model, device, points, here.numbers, gained)


def _picked(candidates: Candidates, points: Placed, places: Counts) -> list[Conditions]:
    """Conditions of these of the points, by measurement."""
    return [
        {name: points.conditions[name][places[points.which[places] == k]] for name in one.conditions}
        for k, one in enumerate(candidates.measurements)
    ]


def _points(candidates: Candidates, points: Placed, counts: Counts) -> tuple[Point, ...]:
    """In order, those at the same conditions as one."""
    times: dict[tuple[int, tuple[float, ...]], int] = {}
    for row in np.flatnonzero(counts):
        k = int(points.which[row])
        where = tuple(float(points.conditions[name][row]) for name in candidates.measurements[k].conditions)
        times[k, where] = times.get((k, where), 0) + int(counts[row])
    return tuple(
        Point(k, dict(zip(candidates.measurements[k].conditions, where, strict=True)), count)
        for (k, where), count in sorted(times.items())
    )


def _told(candidates: Candidates, every: Placed, field: Field, here: Around) -> tuple[Told, ...]:
    """Of one more point along the first range of each measurement, or its longest list."""
    worth = here.known.gains(field) / field.cost
    found = []
    for k, one in enumerate(candidates.measurements):
        own = np.flatnonzero(every.which == k)
        lengths = {name: len(np.unique(every.conditions[name][own])) for name in one.conditions}
        ranges = [name for name, choice in one.conditions.items() if isinstance(choice, Between)]
        along = ranges[0] if ranges else max(lengths, key=lambda name: lengths[name])
        others = [name for name, length in lengths.items() if length > 1 and name != along]
        columns = (
            np.stack([every.conditions[name][own] for name in others], 1)
            if others
            else np.zeros((len(own), 0))
        )
        settings, number = np.unique(columns, axis=0, return_inverse=True)
        for which, setting in enumerate(settings):
            rows = own[number.reshape(-1) == which]
            found.append(
                Told(
                    k,
                    along,
                    dict(zip(others, setting.tolist(), strict=True)),
                    tuple(every.conditions[along][rows].tolist()),
                    tuple(worth[rows].tolist()),
                )
            )
    return tuple(found)
