"""What could be measured next: where, how well, and at what cost."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.errors import InputError
from tlsjax.fitting.asked import SETTINGS
from tlsjax.unit_text import shown

Array = NDArray[np.float64]

CONTINUOUS = ("frequency", "bias_current", "temperature", "angle", "photon_number", "power")
"""Conditions that may lie anywhere between two values."""
BUDGET = 10.0


@dataclass(frozen=True)
class Between:
    """Anywhere from ``low`` to ``high``, SI units."""

    low: float
    high: float


Choice = Between | tuple[float, ...]


@dataclass(frozen=True)
class Measurement:
    """Points of one quantity that could be measured, each at any combination of conditions.

    Attributes:
        measure: ``loss``, ``conductivity``, ``current_noise`` or ``frequency_shift``.
        conditions: by name, SI units: values to choose from, or anywhere between two. What is needed and not
            said here is taken from the fitted tables where they agree.
        error: standard deviation of a point as a fraction of its value; beside it a fit's own scatter counts.
        absolute_error: the same in the quantity's unit.
        averages: number of periodograms behind a point of current noise, in place of errors.
        cost: of a point.

    Raises:
        InputError: errors, averages, costs or conditions are out of place.
    """

    measure: str
    conditions: Mapping[str, Choice]
    error: float = 0.0
    absolute_error: float = 0.0
    averages: float | None = None
    cost: float = 1.0

    def __post_init__(self) -> None:
        if self.measure not in MEASURED:
            raise InputError(unknown("no measured quantity", self.measure, MEASURED))
        if self.averages is not None and self.measure != "current_noise":
            raise InputError(f"averages are those of a current_noise: give {self.measure} an error")
        if self.averages is not None and (self.error or self.absolute_error):
            raise InputError("error and averages both say how a point scatters: give one of them")
        for name in ("error", "absolute_error", "averages", "cost"):
            value = getattr(self, name)
            least = name in ("averages", "cost")
            if value is not None and not (np.isfinite(value) and (value > 0 if least else value >= 0)):
                raise InputError(f"{name} is {value:g}; it must be positive")
        if self.averages is not None and self.averages < 1:
            raise InputError(f"averages is {self.averages:g}; it must be at least 1")
        if not self.conditions:
            raise InputError(f"{self.measure}: name at least one condition, such as frequency")
        for name, choice in self.conditions.items():
            _check(name, choice)


@dataclass(frozen=True)
class Candidates:
    """All that could be measured.

    Attributes:
        measurements: of each quantity, or of one quantity in several ways.
        targets: parameters or combinations whose uncertainty is to shrink; all free ones where empty.
        budget: sum of the costs that may be spent.
        setup: cost of every value of a condition that is used, by name, such as of each temperature.

    Raises:
        InputError: a cost or the budget is out of place.
    """

    measurements: tuple[Measurement, ...]
    targets: tuple[str, ...] = ()
    budget: float = BUDGET
    setup: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.measurements:
            raise InputError("no candidates: name at least one quantity that could be measured")
        if not (np.isfinite(self.budget) and self.budget > 0):
            raise InputError(f"budget is {self.budget:g}; it must be positive")
        for name, cost in self.setup.items():
            if name not in SETTINGS:
                raise InputError(unknown("[setup]: no condition", name, SETTINGS))
            if not (np.isfinite(cost) and cost >= 0):
                raise InputError(f"[setup]: {name} costs {cost:g}; it must not be negative")
            if any(isinstance(one.conditions.get(name), Between) for one in self.measurements):
                raise InputError(f"every {name} costs {cost:g}: list the ones to choose from, not a range")

    @classmethod
    def read(cls, path: str | PathLike[str]) -> "Candidates":
        """From a TOML file; values with units as people write them.

        Raises:
            InputError: it cannot be read, or a value is out of place.
        """
        from tlsjax.analysis.candidates_file import read

        return read(path)

    def to_toml(self) -> str:
        """As a file that :meth:`read` reads."""
        from tlsjax.analysis.candidates_file import to_toml

        return to_toml(self)


def _check(name: str, choice: Choice) -> None:
    if name not in SETTINGS:
        raise InputError(unknown("no condition", name, SETTINGS))
    ends = (choice.low, choice.high) if isinstance(choice, Between) else choice
    unit = SETTINGS[name].unit
    if not len(ends) or not np.isfinite(ends).all():
        raise InputError(f"{name}: finite numbers are needed ({unit})")
    if not isinstance(choice, Between):
        return
    if name not in CONTINUOUS:
        raise InputError(f"{name} can be chosen from a list only, not from a range")
    if not choice.low < choice.high:
        raise InputError(f"{name}: from ({choice.low:g}) must be below to ({choice.high:g} {unit})")
    if SETTINGS[name].support != "real" and not choice.low > 0:
        raise InputError(f"{name}: a range must begin above zero")


def unknown(what: str, name: str, known: Mapping[str, Any]) -> str:
    """A message that names what it may have been meant for."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"{what} '{shown(name)}'{hint} (known: {', '.join(known)})"
