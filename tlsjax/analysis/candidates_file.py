"""Files that say what could be measured next, read and written."""

import json
import tomllib
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from tlsjax.analysis.candidates import BUDGET, Between, Candidates, Choice, Measurement, unknown
from tlsjax.data.columns import MEASURED
from tlsjax.errors import InputError
from tlsjax.fitting.asked import SETTINGS
from tlsjax.unit_text import shown
from tlsjax.units import example_unit, from_si, parse_quantity

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
    budget: _Float = BUDGET
    targets: list[str] = []
    setup: dict[str, _Float] = {}


def read(path: str | PathLike[str]) -> Candidates:
    """See :meth:`tlsjax.analysis.candidates.Candidates.read`."""
    try:
        content = _parse(Path(path))
        measurements = tuple(_measurement(one) for one in content.candidates)
        more: dict[str, Any] = {"setup": content.setup, "targets": tuple(content.targets)}
        return Candidates(measurements, budget=content.budget, **more)
    except InputError as error:
        raise InputError(error.message, source=fspath(path)) from None


def to_toml(candidates: Candidates) -> str:
    """See :meth:`tlsjax.analysis.candidates.Candidates.to_toml`."""
    lines = [f"budget = {candidates.budget!r}", f"targets = {json.dumps(list(candidates.targets))}"]
    if candidates.setup:
        lines += ["", "[setup]", *(f"{name} = {cost!r}" for name, cost in candidates.setup.items())]
    for one in candidates.measurements:
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
            raise InputError(unknown("[[candidates]]: no condition", name, SETTINGS))
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
