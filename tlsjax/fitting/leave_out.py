"""What refits predict of the measurements that they were not given: one value of a condition at a time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from tlsjax.data.spectrum import Spectrum
from tlsjax.data.sweeps import groups
from tlsjax.errors import InputError
from tlsjax.fitting.fit import fit
from tlsjax.fitting.predict import foretold
from tlsjax.fitting.result import Result
from tlsjax.model.points import fitted_points

Array = NDArray[np.float64]


class LeftOut(NamedTuple):
    """How well the rest foretells each group of points.

    Attributes:
        elpd: log density of each group under the refit to all others, shape (groups,).
        missed: rms of ln(median prediction/measured) over all losses; NaN where none was left out.
        untrusted: refits that cannot be trusted.
    """

    elpd: Array
    missed: float
    untrusted: int


def leave_out(result: Result, condition: str, method: str) -> LeftOut:
    """Refit without each value of a condition and predict the points there.

    The model stays what it is: priors, and what points count whose residuals follow their neighbours.

    Args:
        result: a fit.
        condition: name of what somebody set: ``power``, ``temperature``, ``bias_current``…
        method: of the refits.

    Raises:
        InputError: the condition is not stated by all tables, or has but one value.
    """
    numbers = _groups(result.spectra, condition)
    elpd, squares, untrusted = [], [np.zeros(0)], 0
    for group in range(int(max(map(np.max, numbers))) + 1):
        out = [number == group for number in numbers]
        kept = [index for index, gone in enumerate(out) if not gone.all()]
        rest = [result.spectra[index].rows(~out[index]) for index in kept]
        origins = tuple(result.model.origins[index] for index in kept) if result.model.origins else ()
        refit = fit(rest, replace(result.model, origins=origins), method=method, seed=result.seed)
        untrusted += not refit.verdict.ok
        total = 0.0
        for index, gone in enumerate(out):
            if not gone.any():
                continue
            left, table = result.spectra[index].rows(gone), kept.index(index) if index in kept else -1
            for points in fitted_points([left], result.model.view):
                here = points._replace(table=table)
                mean, log_density = foretold(refit, left, here)
                total += float(np.sum(logsumexp(log_density, axis=0) - np.log(len(log_density))))
                if points.quantity == "loss":
                    ratio = np.median(mean, axis=0) / left.columns["loss"][points.rows]
                    squares.append(np.log(ratio[ratio > 0]) ** 2)
        elpd.append(total)
    every = np.concatenate(squares)
    missed = float(np.sqrt(every.mean())) if every.size else float("nan")
    return LeftOut(np.asarray(elpd), missed, untrusted)


def _groups(spectra: Sequence[Spectrum], condition: str) -> list[NDArray[np.int64]]:
    """Number of the value that each row of each table has."""
    stated = []
    for spectrum in spectra:
        values = spectrum.condition(condition)
        if values is None:
            raise InputError(f"no '{condition}' is stated, so none can be left out", source=spectrum.source)
        stated.append(values)
    number = groups(np.concatenate(stated), condition)
    if number.max() == 0:
        raise InputError(f"'{condition}' has one value only, and nothing is left without it")
    return list(np.split(number, np.cumsum([len(values) for values in stated])[:-1]))
