"""Are ranks uniform? The exact test on their distribution function, and its band."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy.stats
from numpy.typing import NDArray

POSSIBLE = 100
"""Values a rank can take: 0 to 99, of the truth among 99 draws."""

Counts = NDArray[np.int64]


class Band(NamedTuple):
    """Fewest and most ranks below 1, 2 … 99 that the test takes for uniform, each of shape (99,)."""

    low: Counts
    high: Counts


def rank(draws: NDArray[np.float64], truth: float, rng: np.random.Generator) -> int:
    """How many of 99 draws, evenly spaced in the chains, lie below the truth; equal ones are settled by lot.

    If truth and draws come from one distribution, every rank 0 … 99 has the same probability (Cook, Gelman,
    Rubin 2006; Talts et al. 2018, Theorem 1).

    Args:
        draws: posterior draws, one chain after the other, shape (n,) with n ≥ 99.
        truth: the value that the data were simulated from.
        rng: settles ties.
    """
    kept = draws[np.linspace(0, len(draws) - 1, POSSIBLE - 1).round().astype(int)]
    ties = int(np.sum(kept == truth))
    return int(np.sum(kept < truth)) + int(rng.integers(ties + 1))


def below(ranks: Counts) -> Counts:
    """How many ranks are below 1, 2 … 99, shape (99,)."""
    return np.asarray(np.searchsorted(np.sort(ranks), np.arange(1, POSSIBLE)))


def p_value(ranks: Counts) -> float:
    """Probability that as many uniform ranks stray as far from the diagonal as these.

    How far a count c of N ranks below r strays is γ = 2·min[P(C ≤ c), P(C ≥ c)] with C binomial, N and r/100;
    the statistic is its smallest value over r (Säilynoja, Bürkner, Vehtari 2022), its distribution is exact.

    Args:
        ranks: shape (N,), N ≥ 1.
    """
    counts, tails = below(ranks), _tails(len(ranks))
    smallest = tails[np.arange(POSSIBLE - 1), counts].min()
    return float(np.clip(1.0 - _chance_inside(_inside(tails, smallest), len(ranks)), 0.0, 1.0))


def band(count: int, level: float) -> Band:
    """The counts that uniform ranks leave anywhere with a probability of at most ``level``.

    A set of ranks leaves the band where :func:`p_value` is at most ``level``, and only there.

    Args:
        count: number of ranks, N ≥ 1.
        level: between 0 and 1.
    """
    tails = _tails(count)
    thresholds = np.unique(tails)
    low, high = -1, len(thresholds) - 1
    while high - low > 1:
        middle = (low + high) // 2
        found = 1.0 - _chance_inside(_inside(tails, thresholds[middle]), count)
        low, high = (middle, high) if found <= level else (low, middle)
    return _inside(tails, thresholds[low] if low >= 0 else 0.0)


@lru_cache(maxsize=4)
def _tails(count: int) -> NDArray[np.float64]:
    """γ of every r (rows, 99) and count (columns, N + 1)."""
    c = np.arange(count + 1)
    binomial = scipy.stats.binom(count, np.arange(1, POSSIBLE)[:, None] / POSSIBLE)
    return np.asarray(2.0 * np.minimum(binomial.cdf(c), binomial.sf(c - 1)))


def _inside(tails: NDArray[np.float64], threshold: float) -> Band:
    """Where γ exceeds the threshold: one run of counts for each r."""
    # γ at r and c is γ at 100 − r and N − c, which rounds otherwise
    inside = tails > threshold * (1.0 + 1e-9)
    last = tails.shape[1] - 1
    return Band(inside.argmax(1), np.where(inside.any(1), last - inside[:, ::-1].argmax(1), -1))


def _chance_inside(limits: Band, count: int) -> float:
    """Probability that N uniform ranks stay within the limits at every r.

    The numbers at each rank are independent Poisson variables of mean N/100, given that their sum is N.
    """
    numbers = np.arange(count + 1)
    one = scipy.stats.poisson.pmf(numbers, count / POSSIBLE)
    state = np.zeros(count + 1)
    state[0] = 1.0
    for low, high in zip(*limits, strict=True):
        state = np.convolve(state, one)[: count + 1]
        state[(numbers < low) | (numbers > high)] = 0.0
    return float(state @ one[::-1] / scipy.stats.poisson.pmf(count, count))
