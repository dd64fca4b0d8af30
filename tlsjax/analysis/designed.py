"""What a design of measurements says: which points, and how well targets would be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from tlsjax.analysis.candidates import Candidates
from tlsjax.analysis.placed import Conditions, placed
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.result import Result


@dataclass(frozen=True)
class Point:
    """To be measured.

    Attributes:
        measurement: number of the candidates it is of.
        conditions: as chosen, SI units, by name.
        times: how often.
    """

    measurement: int
    conditions: Mapping[str, float]
    times: int


@dataclass(frozen=True)
class Target:
    """How well something is known, and would be.

    Widths are half the 68 % interval of the logarithm; of what may be negative, of itself.

    Attributes:
        name: parameter or combination.
        now: width.
        after, low, high: median, and 10 and 90 %, of the widths of all outcomes that the posterior expects.
        evenly: median after as costly points that are spread evenly over the candidates.
    """

    name: str
    now: float
    after: float
    low: float
    high: float
    evenly: float


@dataclass(frozen=True)
class Told:
    """What one more point would tell of the targets, along one condition.

    Attributes:
        measurement: number of the candidates.
        along: which condition.
        others: all others that there is a choice of, SI units.
        values: of the condition, SI units.
        information: for its cost, in nats, summed over the targets.
    """

    measurement: int
    along: str
    others: Mapping[str, float]
    values: tuple[float, ...]
    information: tuple[float, ...]


@dataclass(frozen=True)
class Design:
    """What to measure next.

    Attributes:
        points: to measure.
        even: as costly ones, spread evenly over the candidates: to compare with.
        targets: how well each would be known.
        reweighted: share of the simulated outcomes whose posterior was found by reweighting draws; the
            others, of which much is learned, are taken as normal.
        cost: of all points, with settings.
        candidates: what was chosen from.
        told: by one more point, wherever it could be.
        device: to be measured, where the fit is of several.
        undefined: number of candidates left out, as the model predicts no finite value there at some draws.
    """

    points: tuple[Point, ...]
    even: tuple[Point, ...]
    targets: tuple[Target, ...]
    reweighted: float
    cost: float
    candidates: Candidates
    told: tuple[Told, ...]
    device: str = ""
    undefined: int = 0

    def tables(self, result: Result, points: Sequence[Point] | None = None) -> tuple[Spectrum, ...]:
        """A table for each measurement that has points, averaged periodograms last; nothing is measured yet.

        A row stands for every time that a point is to be measured.

        Args:
            result: the fit, which says the conditions there was no choice of.
            points: ``even``, to compare with; ``points`` unless given.
        """
        chosen = conditions_of(self.candidates, self.points if points is None else points)
        return placed(result, self.candidates, chosen, self.device).tables

    def save(self, path: str | PathLike[str]) -> None:
        """Write it as JSON, from which :func:`load_design` gives the same back."""
        goal = Path(path)
        beside = goal.with_name(f".{goal.name}.part")
        beside.write_bytes(TypeAdapter(Design).dump_json(self, indent=1))
        beside.replace(goal)


def load_design(path: str | PathLike[str]) -> Design:
    """A design that :meth:`Design.save` wrote.

    Raises:
        InputError: it is not such a file.
    """
    try:
        return TypeAdapter(Design).validate_json(Path(path).read_bytes())
    except (OSError, ValidationError):
        raise InputError(
            "is no design of tlsjax, or damaged: run tlsjax design again, or delete it", source=str(path)
        ) from None


def conditions_of(candidates: Candidates, points: Sequence[Point]) -> list[Conditions]:
    """Of all points by measurement, each as often as it is measured."""
    found: list[Conditions] = []
    for k, one in enumerate(candidates.measurements):
        own = [point for point in points for _ in range(point.times) if point.measurement == k]
        found.append({n: np.array([p.conditions[n] for p in own], dtype=float) for n in one.conditions})
    return found
