"""What a calibration found: ranks and coverage of every parameter, and whether they may pass."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.stats

from tlsjax.fitting.uniformity import POSSIBLE, Counts, p_value
from tlsjax.quantity import Quantity

LEVELS = {"50 %": 0.5, "90 %": 0.9, "95 %": 0.95}
"""Central intervals of which it is counted how often they hold the truth."""
ALARM = 0.01
"""Probability that a right library fails, at most."""
_FEWEST_TRUSTED = 0.5

Which = Literal["trusted", "all"]
SELECTION = (
    "Whether a fit is trusted follows from its data and draws, never from the truth. Given the data, truth "
    "and draws of a right posterior are alike, so leaving fits out for their data keeps the ranks uniform; "
    "leaving them out for their draws can bend them slightly. Those left out are no random part of the "
    "prior: the trusted fits say nothing of them. 'All' has every simulation, as the theorem behind this "
    "test asks, and so also the fits that tlsjax itself warned of."
)
"""What to know of results over trusted fits alone."""


@dataclass(frozen=True)
class Trial:
    """One truth drawn, simulated and fitted.

    Attributes:
        index: which simulation, from 0.
        seed: of its fit.
        drawn_by: what drew its posterior, as in the record of a fit.
        complaints: why the fit's own verdict was not ok, by name of the check; empty where it was.
        truth: what was drawn, SI units, by name.
        ranks: of the truth among 99 draws, 0 to 99, by name.
        held: whether each central interval of :data:`LEVELS` holds the truth, by name.
    """

    index: int
    seed: int
    drawn_by: str
    complaints: Mapping[str, str]
    truth: Mapping[str, float]
    ranks: Mapping[str, int]
    held: Mapping[str, Mapping[str, bool]]

    @property
    def trusted(self) -> bool:
        """Whether the fit's own verdict was ok."""
        return not self.complaints


class Coverage(NamedTuple):
    """How many intervals hold the truth, and the 95 % limits of their share (Clopper and Pearson 1934)."""

    held: int
    share: float
    low: float
    high: float


class Score(NamedTuple):
    """One parameter over some of the fits.

    Attributes:
        fits: how many.
        p: probability of ranks as far from uniform, of this parameter alone.
        ok: whether p is above the level of one parameter.
        fault: what the ranks look like where it is not, in words.
        coverage: by level.
    """

    fits: int
    p: float
    ok: bool
    fault: str
    coverage: Mapping[str, Coverage]


@dataclass(frozen=True)
class Calibration:
    """All simulations so far and what they say.

    A parameter fails if its ranks over the *trusted* fits are less uniform than chance allows at a level of
    1 % over the number of parameters (Bonferroni), so that a right library passes with a probability of at
    least 99 %, however the parameters depend on each other. The calibration fails if one parameter does, or
    if fewer than half of the fits are trusted, of which no more can be said. What selecting the trusted fits
    does is said in :data:`SELECTION`.

    Attributes:
        settings: all that the numbers depend on, plain data.
        asked: number of simulations wanted.
        quantities: what is ranked; fixed parameters are not.
        trials: the simulations done.

    Source: Talts, Betancourt, Simpson, Vehtari, Gelman, arXiv:1804.06788 (2018); test of
    :func:`tlsjax.fitting.uniformity.p_value`.
    """

    settings: Mapping[str, Any]
    asked: int
    quantities: tuple[Quantity, ...]
    trials: tuple[Trial, ...]

    def ranks(self, name: str, which: Which) -> Counts:
        """Ranks of the truth, shape (fits,)."""
        return np.array([trial.ranks[name] for trial in self._those(which)], dtype=int)

    @property
    def level(self) -> float:
        """Level of the test of one parameter."""
        return ALARM / len(self.quantities)

    @cached_property
    def scores(self) -> Mapping[str, Mapping[Which, Score]]:
        """By name, over trusted and over all fits."""
        several: tuple[Which, ...] = ("trusted", "all")
        return {q.name: {which: self._score(q.name, which) for which in several} for q in self.quantities}

    @property
    def trusted(self) -> int:
        """Number of trusted fits."""
        return len(self._those("trusted"))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the calibration fails, one line each; empty where it passes."""
        found = [
            f"{name} {score['trusted'].fault}: p = {score['trusted'].p:.2g}, below {self.level:.2g}"
            for name, score in self.scores.items()
            if not score["trusted"].ok
        ]
        if self.trusted < _FEWEST_TRUSTED * len(self.trials):
            found.append(
                f"only {self.trusted} of {len(self.trials)} fits can be trusted, fewer than half: "
                "run them longer (--draws) or narrow the priors"
            )
        return tuple(found)

    @property
    def ok(self) -> bool:
        """Whether the calibration passes."""
        return not self.reasons

    @property
    def complaints(self) -> Mapping[str, int]:
        """How many fits failed each check, most frequent first."""
        return dict(Counter(name for trial in self.trials for name in trial.complaints).most_common())

    @property
    def drawn_by(self) -> Mapping[str, int]:
        """How many posteriors were drawn by what, most frequent first."""
        return dict(Counter(trial.drawn_by for trial in self.trials).most_common())

    def _those(self, which: Which) -> tuple[Trial, ...]:
        return tuple(trial for trial in self.trials if trial.trusted or which == "all")

    def _score(self, name: str, which: Which) -> Score:
        trials = self._those(which)
        ranks = self.ranks(name, which)
        p = p_value(ranks) if len(ranks) else 1.0
        coverage = {
            level: _coverage(sum(trial.held[name][level] for trial in trials), len(trials))
            for level in LEVELS
        }
        ok = p > self.level
        return Score(len(trials), p, ok, "" if ok else _fault(ranks), coverage)


@cache
def _coverage(held: int, fits: int) -> Coverage:
    low = scipy.stats.beta.ppf(0.025, held, fits - held + 1) if held else 0.0
    high = scipy.stats.beta.ppf(0.975, held + 1, fits - held) if held < fits else 1.0
    return Coverage(held, held / fits if fits else float("nan"), float(low), float(high))


def _fault(ranks: Counts) -> str:
    """What is wrong with ranks that are not uniform: mean and spread against those of uniform ranks."""
    place = (ranks + 0.5) / POSSIBLE - 0.5
    shift = place.mean() * np.sqrt(12 * len(ranks))
    spread = (np.mean(place**2) - 1 / 12) * np.sqrt(180 * len(ranks))
    if abs(shift) >= abs(spread):
        return f"is fitted too {'low' if shift > 0 else 'high'}"
    return f"has too {'narrow' if spread > 0 else 'wide'} posteriors"
