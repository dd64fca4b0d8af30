"""Numbers as people print them: digits from the interval, powers of ten, SI prefixes."""

from collections.abc import Sequence
from math import floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray

from tlsjax.quantity import Quantity

RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_RAISED = str.maketrans("-0123456789", RAISED)
_PREFIXES = {
    -24: "y", -21: "z", -18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m",
    0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P",
}  # fmt: skip
_PREFIXED = frozenset({"Hz", "K", "A", "m", "s", "H", "W"})
# Numbers outside these decades are printed with a power of ten.
_PLAIN = range(-2, 5)
_MOST_LISTED = 6


def power(exponent: int, base: str = "10") -> str:
    """10ⁿ, or of another base, with a raised exponent."""
    return base + str(exponent).translate(_RAISED)


def raised(unit: str) -> str:
    """A unit with its powers raised: ``A^2/Hz`` → ``A²/Hz``."""
    before, *after = unit.split("^")
    return before + "".join(part[:1].translate(_RAISED) + part[1:] for part in after)


def decade(value: float) -> int:
    """⌊log₁₀|x|⌋, 0 for zero."""
    return floor(log10(abs(value))) if value and isfinite(value) else 0


def common_exponent(values: Sequence[float]) -> int:
    """Power of ten to take out of numbers that stand together; 0 where they read well as they are."""
    largest = decade(max(abs(v) for v in values))
    return 0 if largest in _PLAIN else largest


def fixed(value: float, decimals: int) -> str:
    """With so many decimals; negative ones round before the point."""
    text = f"{round(value, decimals):.{max(decimals, 0)}f}"
    return text.replace("-", "−")


def significant(value: float, digits: int = 2) -> str:
    """With so many significant digits, in a power of ten where it is large or small."""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "undefined"
    value = float(f"{value:.{digits - 1}e}")
    exponent = common_exponent([value])
    text = fixed(value / 10.0**exponent, digits - 1 - decade(value) + exponent)
    return f"{text} × {power(exponent)}" if exponent else text


def interval(median: float, low: float, high: float, *outer: float) -> tuple[str, ...]:
    """Median and ends of intervals, to the digits that the inner interval (``low``, ``high``) justifies.

    Returns:
        each number as text, then what multiplies all of them (``" × 10⁻¹²"`` or empty).
    """
    numbers = (median, low, high, *outer)
    if not all(isfinite(x) for x in numbers) or high == low:
        return (*(significant(x, 4) for x in numbers), "")
    smallest, largest = min(numbers), max(numbers)
    if smallest > 0 and largest > 1e3 * smallest:
        return (*(significant(x, 2) for x in numbers), "")
    exponent = common_exponent([median])
    scaled = [x / 10.0**exponent for x in numbers]
    if smallest > 0 and high > 3 * low:
        texts = [fixed(x, 1 - decade(float(f"{x:.1e}"))) for x in scaled]
    else:
        texts = [fixed(x, _decimals(0.5 * (high - low) / 10.0**exponent)) for x in scaled]
    return (*texts, f" × {power(exponent)}" if exponent else "")


def plus_minus(value: float, error: float) -> str:
    """``(6.1 ± 0.3) × 10⁻⁷``, to the digits that the error justifies."""
    if not error > 0:
        return significant(value, 4)
    exponent = common_exponent([value])
    decimals = _decimals(error / 10.0**exponent)
    text = f"{fixed(value / 10.0**exponent, decimals)} ± {fixed(error / 10.0**exponent, decimals)}"
    return f"({text}) × {power(exponent)}" if exponent else text


def asymmetric(median: float, low: float, high: float) -> tuple[str, str, str, int]:
    """Median and how far it is to both ends, to the digits of the shorter way; then a power of ten of all."""
    exponent = common_exponent([median])
    ways = [(high - median) / 10.0**exponent, (median - low) / 10.0**exponent]
    decimals = _decimals(min(way for way in ways if way > 0))
    above, below = (fixed(way, decimals) for way in ways)
    return fixed(median / 10.0**exponent, decimals), above, below, exponent


def _decimals(uncertainty: float) -> int:
    """Two digits of an uncertainty below 3.55, else one (Particle Data Group)."""
    leading = decade(uncertainty)
    return -leading + (uncertainty / 10.0**leading < 3.55)


def trimmed(value: float, digits: int = 4) -> str:
    """With at most so many significant digits and no trailing zeros."""
    text = np.format_float_positional(value, precision=digits, fractional=False, trim="-")
    return text.replace("-", "−")


def prefix(value: float, unit: str) -> tuple[float, str]:
    """Factor and prefixed unit in which a number of this size reads well."""
    if unit not in _PREFIXED or not value:
        return 1.0, raised(unit)
    exponent = min(max(3 * floor(decade(float(f"{value:.3e}")) / 3), -24), 15)
    return 10.0**-exponent, _PREFIXES[exponent] + unit


def display(quantity: Quantity, size: float) -> tuple[float, str]:
    """Factor and unit in which to show values of this size."""
    if quantity.shown_unit:
        return quantity.shown_factor, quantity.shown_unit
    return prefix(size, "" if quantity.unit == "1" else quantity.unit)


def one(value: float, quantity: Quantity) -> str:
    """One value with its unit, such as ``50 mK``."""
    factor, unit = display(quantity, value)
    return with_unit(trimmed(value * factor), unit)


def with_unit(text: str, unit: str) -> str:
    """Number and unit."""
    return f"{text}{unit}" if unit in ("", "°") else f"{text}\N{NO-BREAK SPACE}{unit}"


def span(values: NDArray[np.float64], quantity: Quantity) -> str:
    """The values of a condition: one, a short list, or from least to most."""
    distinct = np.unique([float(f"{v:.3e}") for v in values])
    if len(distinct) == 1:
        return one(float(distinct[0]), quantity)
    if len(distinct) <= _MOST_LISTED and quantity.name != "frequency":
        factor, unit = display(quantity, float(np.abs(distinct).max()))
        return with_unit(", ".join(trimmed(v * factor) for v in distinct), unit)
    return f"{one(float(distinct[0]), quantity)} – {one(float(distinct[-1]), quantity)}"
