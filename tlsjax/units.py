"""Numbers with units to SI and back; the only file that knows pint, loaded on first use."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log10, pi
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tlsjax.unit_text import Factors, normalised, parse_unit, shown

Array = NDArray[np.float64]

_KINDS = (
    ("a plain number", "1", "1"),
    ("a frequency", "Hz", "GHz"),
    ("an angular frequency", "rad/s", "rad/s or GHz"),
    ("a current", "A", "uA"),
    ("a temperature", "K", "mK"),
    ("a power", "W", "dBm or fW"),
    ("an angle", "rad", "deg"),
    ("a conductance", "S", "uS"),
    ("a resistance", "ohm", "ohm"),
    ("a current noise density", "A^2/Hz", "A^2/Hz"),
    ("an inductance", "H", "pH"),
    ("a length", "m", "um"),
    ("a time", "s", "ns"),
    ("a rate", "1/s", "1/s"),
    ("an energy", "J", "ueV"),
    ("a voltage", "V", "uV"),
    ("a capacitance", "F", "fF"),
    ("a magnetic field", "T", "mT"),
    ("a dipole moment", "C m", "debye"),
    ("a density of states per area", "1/(J m^2)", "1/(eV um^2)"),
    ("an attenuation", "dB", "dB"),
)
"""Kind of quantity, its SI unit, a unit it is often written in."""

_DECIBEL = {"dbm": 1e-3, "dbw": 1.0}
_ANGLES = frozenset({"radian", "degree", "turn"})
_QUANTITY = re.compile(r"\s*(?P<number>[+\-−]?[0-9.,]+(?:[eE][+\-−]?[0-9]+)?)\s*(?P<unit>.*)", re.DOTALL)
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class _Conversion:
    """SI = factor · value / divisor + offset; with ``decibel``, SI = factor · 10^(value / 10)."""

    factor: float
    divisor: float = 1.0
    offset: float = 0.0
    decibel: bool = False


@overload
def to_si(value: float, unit: str, target: str, *, difference: bool = False) -> float: ...
@overload
def to_si(value: Array, unit: str, target: str, *, difference: bool = False) -> Array: ...
def to_si(value: float | Array, unit: str, target: str, *, difference: bool = False) -> float | Array:
    """Value in ``unit`` as a value in the SI unit ``target``.

    A frequency in Hz for a target in rad/s is ω/2π and is multiplied by 2π, and the other way round; a
    density per Hz and one per rad/s likewise.

    Args:
        value: number or array, in ``unit``.
        unit: as people write it: GHz, mK, uA, dBm, A²/Hz, pH/sq, %.
        target: SI unit, such as ``A^2/Hz``, ``rad/s``, ``1/(J m^2)`` or ``1``.
        difference: the value is a difference or an uncertainty: no offset of °C, and no decibels.

    Raises:
        ValueError: unknown unit or one of another dimension, in one line with the remedy.
    """
    conversion = _conversion(unit, target)
    if difference and conversion.decibel:
        raise ValueError(f"an uncertainty cannot be given in {shown(unit)}; write it in W")
    if conversion.decibel:
        return _decibel_to_si(value, conversion.factor)
    with np.errstate(over="ignore", under="ignore"):
        return value * conversion.factor / conversion.divisor + (0.0 if difference else conversion.offset)


@overload
def from_si(value: float, unit: str, target: str, *, difference: bool = False) -> float: ...
@overload
def from_si(value: Array, unit: str, target: str, *, difference: bool = False) -> Array: ...
def from_si(value: float | Array, unit: str, target: str, *, difference: bool = False) -> float | Array:
    """Inverse of :func:`to_si`: a value in the SI unit ``target`` as a value in ``unit``.

    Raises:
        ValueError: as :func:`to_si`.
    """
    conversion = _conversion(unit, target)
    if difference and conversion.decibel:
        raise ValueError(f"an uncertainty cannot be given in {shown(unit)}; write it in W")
    with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
        if conversion.decibel:
            level = 10.0 * np.log10(np.asarray(value) / conversion.factor)
            return level if isinstance(value, np.ndarray) else float(level)
        return (value - (0.0 if difference else conversion.offset)) * conversion.divisor / conversion.factor


def is_unit(unit: str) -> bool:
    """Whether ``unit`` can be read at all, whatever its dimension."""
    try:
        return normalised(unit).casefold() in _DECIBEL or parse_unit(unit) is not None
    except ValueError:
        return False


def parse_number(text: str, decimal_comma: bool | None = None) -> float:
    """Finite number from ``text``.

    Args:
        text: ``0.5``, ``1e-6`` or ``0,5``.
        decimal_comma: whether a comma is the decimal mark; None takes it as one where nothing else is
            possible, so not in ``1,234``.

    Raises:
        ValueError: not a number, not finite, or a thousands separator.
    """
    number = text.strip().replace("−", "-")
    if "," in number:
        if "." in number or number.count(",") > 1:
            raise ValueError(f"'{shown(text)}' has a thousands separator; write it as 1234.5")
        if decimal_comma is None and re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", number):
            raise ValueError(
                f"'{shown(text)}' can be read as a decimal or as thousands; write a decimal point"
            )
        if decimal_comma is not False:
            number = number.replace(",", ".")
    if number.lstrip("+-").casefold() in {"nan", "inf", "infinity"}:
        raise ValueError(f"'{shown(text)}' is not a finite number")
    if len(number) > 400 or not _PLAIN_NUMBER.fullmatch(number):
        raise ValueError(f"'{shown(text)}' is not a number")
    value = float(number)
    if not np.isfinite(value):
        raise ValueError(f"'{shown(text)}' is too large")
    return value


def parse_quantity(text: str, target: str, *, decimal_comma: bool | None = None) -> float:
    """Number with unit, such as ``50 uA`` or ``0,5 µm``, in the SI unit ``target``.

    A plain number passes only where the target is ``1``.

    Raises:
        ValueError: unreadable number or unit, wrong dimension, or no unit where one is needed.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= 500 else None
    if found is None:
        raise ValueError(f"'{shown(text)}' is not a number with a unit such as '{_example(target)}'")
    value, unit = parse_number(found["number"], decimal_comma), found["unit"].strip()
    if not unit and parse_unit(target):
        raise ValueError(f"'{shown(text)}' has no unit; write for example '{_example(target)}'")
    result = to_si(value, unit, target)
    if not np.isfinite(result):
        raise ValueError(f"'{shown(text)}' is too large")
    return result


def example_unit(target: str) -> str:
    """Unit in which a quantity of SI unit ``target`` is often written, such as GHz for Hz."""
    return next((often.split(" or ")[0] for _, unit, often in _KINDS if unit == target), target)


def _example(target: str) -> str:
    return "0.5" if not parse_unit(target) else f"50 {example_unit(target)}"


def _decibel_to_si(value: float | Array, reference: float) -> float | Array:
    with np.errstate(over="ignore", under="ignore"):
        power = reference * np.power(10.0, np.asarray(value, dtype=np.float64) / 10.0)
    return power if isinstance(value, np.ndarray) else float(power)


@lru_cache(maxsize=512)
def _conversion(unit: str, target: str) -> _Conversion:
    goal = parse_unit(target)
    level = _DECIBEL.get(normalised(unit).casefold())
    if level is not None:
        if goal != {"watt": 1}:
            raise ValueError(f"'{shown(unit)}' is a power; expected {_expected(target)}")
        return _Conversion(level, decibel=True)
    given = parse_unit(unit)
    if given == goal:
        return _Conversion(1.0)
    if "decibel" in given or "decibel" in goal:
        # a level is no factor, and pint takes it for a plain number
        raise ValueError(f"'{shown(unit) or '1'}' is not what is needed; expected {_expected(target)}")
    if "degree_Celsius" in given:
        if given != {"degree_Celsius": 1} or goal != {"kelvin": 1}:
            raise ValueError(f"'{shown(unit)}': °C stands alone and only for a temperature; write K")
        return _Conversion(1.0, offset=273.15)
    if _dimension(given) != _dimension(goal):
        raise ValueError(_mismatch(unit, given, target, goal))
    factor = _turns(unit, given, target, goal) * _ratio(given, goal)
    divisor = 10.0 ** round(-log10(factor))
    if 1.0 < divisor <= 1e22 and abs(factor * divisor - 1.0) < 1e-12:
        return _Conversion(1.0, divisor)  # 50 / 1e6 is the float nearest to 50 µ, 50 * 1e-6 is not
    return _Conversion(factor)


def _turns(unit: str, given: Factors, target: str, goal: Factors) -> float:
    """Powers of 2π between Hz and rad/s, both of which pint takes for 1/s."""
    given_hertz, given_angle = _cycles(given)
    goal_hertz, goal_angle = _cycles(goal)
    if given_hertz + given_angle == goal_hertz + goal_angle:
        return float((2.0 * pi) ** (given_hertz - goal_hertz))
    if given_hertz == given_angle == 0.0 and goal_angle == 0.0:
        return 1.0  # 1/s for Hz, A² s for A²/Hz
    if goal_angle:
        raise ValueError(
            f"'{shown(unit) or '1'}' does not say whether turns or radians; expected {_expected(target)}"
        )
    raise ValueError(f"'{shown(unit)}' counts turns or radians; expected {_expected(target)}")


def _cycles(factors: Factors) -> tuple[float, float]:
    hertz = sum(float(power) for name, power in factors.items() if name.endswith("hertz"))
    angle = sum(float(power) for name, power in factors.items() if _is_angle(name))
    return hertz, angle


def _is_angle(name: str) -> bool:
    return name in _ANGLES or name.endswith("radian")


def _mismatch(unit: str, given: Factors, target: str, goal: Factors) -> str:
    if _dimension({name: 2 * power for name, power in given.items()}) == _dimension(goal):
        return (
            f"'{shown(unit)}' is the root of what is needed; square the numbers, write {example_unit(target)}"
        )
    kinds = {name: parse_unit(si) for name, si, _ in _KINDS}
    same = [name for name, si in kinds.items() if _dimension(si) == _dimension(given)]
    exact = [name for name in same if _cycles(kinds[name]) == _cycles(given)]
    kind = next(iter(exact or same), "of another dimension")
    return f"'{shown(unit) or '1'}' is {kind}; expected {_expected(target)}"


def _expected(target: str) -> str:
    kind = next((name for name, unit, _ in _KINDS if unit == target), "a quantity")
    often = next((often for _, unit, often in _KINDS if unit == target), target)
    return kind if target == "1" else f"{kind} such as {often}"


@cache
def _registry() -> Any:
    import pint  # 0.4 s, and most runs of the library never need it

    return pint.UnitRegistry()


def _pint(factors: Factors) -> Any:
    registry = _registry()
    unit = registry.Unit("")
    for name, power in factors.items():
        unit *= registry.Unit(name) ** float(power)
    return unit


def _dimension(factors: Factors) -> Any:
    return _pint(factors).dimensionality


def _ratio(given: Factors, goal: Factors) -> float:
    return float(_registry().Quantity(1.0, _pint(given)).to(_pint(goal)).magnitude)
