"""What could be measured next: where, how well, and at what cost."""

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from tlsjax.data.columns import MEASURED
from tlsjax.data.sweeps import groups
from tlsjax.errors import InputError
from tlsjax.fitting.asked import SETTINGS
from tlsjax.fitting.result import Result
from tlsjax.unit_text import shown
from tlsjax.units import example_unit, from_si, parse_quantity

Array = NDArray[np.float64]

CONTINUOUS = ("frequency", "bias_current", "temperature", "angle", "photon_number", "power")
"""Conditions that may lie anywhere between two values."""
_MOST_LISTED = 12
_BUDGET = 10.0


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
            raise InputError(_unknown("no measured quantity", self.measure, MEASURED))
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
    budget: float = _BUDGET
    setup: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.measurements:
            raise InputError("no candidates: name at least one quantity that could be measured")
        if not (np.isfinite(self.budget) and self.budget > 0):
            raise InputError(f"budget is {self.budget:g}; it must be positive")
        for name, cost in self.setup.items():
            if name not in SETTINGS:
                raise InputError(_unknown("[setup]: no condition", name, SETTINGS))
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
        source = fspath(path)
        try:
            content = _parse(Path(path))
            measurements = tuple(_measurement(one) for one in content.candidates)
            more: dict[str, Any] = {"setup": content.setup, "targets": tuple(content.targets)}
            return cls(measurements, budget=content.budget, **more)
        except InputError as error:
            raise InputError(error.message, source=source) from None

    def to_toml(self) -> str:
        """As a file that :meth:`read` reads."""
        lines = [f"budget = {self.budget!r}", f"targets = {json.dumps(list(self.targets))}"]
        if self.setup:
            lines += ["", "[setup]", *(f"{name} = {cost!r}" for name, cost in self.setup.items())]
        for one in self.measurements:
            lines += ["", "[[candidates]]", f'measure = "{one.measure}"']
            if one.averages is not None:
                lines.append(f"averages = {one.averages!r}")
            elif one.absolute_error:
                lines += [f"error = {text}" for text in _text(MEASURED[one.measure].unit, one.absolute_error)]
            else:
                lines.append(f"error = {one.error!r}")
            lines.append(f"cost = {one.cost!r}")
            lines += [f"{name} = {_choice_text(name, choice)}" for name, choice in one.conditions.items()]
        return "\n".join(lines) + "\n"


def as_measured(result: Result, device: str = "") -> Candidates:
    """More of what was measured: the same quantities, conditions and errors; frequencies anywhere between.

    Args:
        result: a fit.
        device: of a fit of several, whose tables.
    """
    own = [
        p
        for p in result.points
        if not device or not result.model.origins or result.model.origins[p.table].device == device
    ]
    found = []
    for quantity in dict.fromkeys(p.quantity for p in own):
        tables = [(result.spectra[p.table], p.rows) for p in own if p.quantity == quantity]
        conditions: dict[str, Choice] = {}
        for name in SETTINGS:
            stated = [table.condition(name) for table, _ in tables]
            there = [x[rows] for x, (_, rows) in zip(stated, tables, strict=True) if x is not None]
            if len(there) == len(tables):
                conditions[name] = _choice(name, np.concatenate(there))
        if "power" in conditions:
            conditions.pop("photon_number", None)
        averages = [t.condition("averages") for t, _ in tables if f"{quantity}_err" not in t.columns]
        counted = [x for x in averages if x is not None]
        if quantity == "current_noise" and counted:
            middle = float(np.median(np.concatenate(counted)))
            found.append(Measurement(quantity, conditions, averages=max(1.0, _two(middle))))
            continue
        pairs = [
            (t.columns[quantity][rows], t.columns.get(f"{quantity}_err", np.zeros(len(t)))[rows])
            for t, rows in tables
        ]
        values, errors = (np.concatenate(part) for part in zip(*pairs, strict=True))
        if MEASURED[quantity].support == "real":
            found.append(Measurement(quantity, conditions, absolute_error=_two(float(np.median(errors)))))
        else:
            error = _two(float(np.median(np.abs(errors / values))))
            found.append(Measurement(quantity, conditions, error=error))
    return Candidates(tuple(found))


def _choice(name: str, values: Array) -> Choice:
    if name == "coupling_quality_factor":
        return (float(np.median(values)),)
    number = groups(values, name)
    middle = [float(np.median(values[number == k])) for k in range(int(number.max()) + 1)]
    if name in CONTINUOUS and len(middle) > (1 if name == "frequency" else _MOST_LISTED):
        positive = values[values > 0] if SETTINGS[name].support != "real" else values
        return Between(*(float(f"{end:.4g}") for end in (positive.min(), positive.max())))
    return tuple(float(f"{x:.4g}") for x in middle)


def _two(value: float) -> float:
    return float(f"{value:.2g}")


def _check(name: str, choice: Choice) -> None:
    if name not in SETTINGS:
        raise InputError(_unknown("no condition", name, SETTINGS))
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


def _unknown(what: str, name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"{what} '{shown(name)}'{hint} (known: {', '.join(known)})"


_Float = Annotated[float, Strict()]
"""True is no number."""
_Number = _Float | str
_STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Range(BaseModel):
    model_config = _STRICT
    start: Annotated[_Number, Field(alias="from")]
    stop: Annotated[_Number, Field(alias="to")]


def _listed(value: object) -> object:
    """One value is a list of one."""
    return value if isinstance(value, list | dict) else [value]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[list[_Number] | _Range, BeforeValidator(_listed)]]
    measure: str
    error: _Number = 0.0
    averages: _Float | None = None
    cost: _Float = 1.0


class _File(BaseModel):
    model_config = _STRICT
    candidates: list[_Entry]
    budget: _Float = _BUDGET
    targets: list[str] = []
    setup: dict[str, _Float] = {}


def _parse(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except IsADirectoryError:
        raise InputError("is a folder; name a file of candidates (TOML)") from None
    except FileNotFoundError:
        raise InputError("no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as text: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not valid TOML: {error}") from None
    except ValidationError as error:
        raise InputError(_words(error)) from None


def _words(error: ValidationError) -> str:
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    if first["loc"] == ("candidates",) and first["type"] != "missing":
        return "candidates: write [[candidates]], in double brackets, once for each kind of measurement"
    if first["type"].startswith("float") and len(place) <= 3:
        return f"{shown('.'.join(place))}: write a number"
    if place[0] == "candidates" and len(place) > 3 and place[2] == "error":
        return "error: write a number, or a text such as '3 %'"
    if place[0] == "candidates" and len(place) > 3:  # of a condition, which may be written in several ways
        return f"{shown(place[2])}: write a value, a list of values, or {{ from = ..., to = ... }}"
    message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"]
    return f"{shown('.'.join(place))}: {message}".replace("Field required", "is missing")


def _measurement(entry: _Entry) -> Measurement:
    conditions: dict[str, Choice] = {}
    for name, choice in (entry.__pydantic_extra__ or {}).items():
        if name not in SETTINGS:
            raise InputError(_unknown("[[candidates]]: no condition", name, SETTINGS))
        unit = SETTINGS[name].unit
        if isinstance(choice, _Range):
            conditions[name] = Between(*(_number(name, x, unit) for x in (choice.start, choice.stop)))
        else:
            conditions[name] = tuple(_number(name, x, unit) for x in choice)
    return Measurement(entry.measure, conditions, averages=entry.averages, cost=entry.cost, **_error(entry))


def _error(entry: _Entry) -> dict[str, float]:
    """A number and per cent are fractions of the value, all else has its unit."""
    if isinstance(entry.error, float):
        return {"error": entry.error}
    if entry.error.rstrip().endswith("%"):
        return {"error": _number("error", entry.error, "1")}
    unit = MEASURED[entry.measure].unit if entry.measure in MEASURED else "1"
    return {"absolute_error": _number("error", entry.error, unit)}


def _number(name: str, value: _Number, unit: str) -> float:
    if isinstance(value, float):
        return value
    try:
        return parse_quantity(value, target=unit)
    except ValueError as error:
        raise InputError(f"{name} = '{shown(value)}': {error}") from None


def _text(unit: str, *values: float) -> list[str]:
    """With the unit that people write where all read well in it, else in SI."""
    often = example_unit(unit)
    written = [f"{from_si(value, often, unit):.6g} {often}" for value in values]
    same = (
        np.isclose(parse_quantity(text, target=unit), x, 1e-12, 0.0)
        for text, x in zip(written, values, strict=True)
    )
    if not all(same) or any("e" in text.partition(" ")[0] for text in written):
        written = [f"{value!r} {unit}" for value in values]
    return [json.dumps(text.removesuffix(" 1")) for text in written]


def _choice_text(name: str, choice: Choice) -> str:
    unit = SETTINGS[name].unit
    if isinstance(choice, Between):
        low, high = _text(unit, choice.low, choice.high)
        return f"{{ from = {low}, to = {high} }}"
    return f"[{', '.join(_text(unit, *choice))}]"
