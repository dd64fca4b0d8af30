"""Units: conversion, the 2π between Hz and rad/s, decibels, hostile strings."""

import re
from collections.abc import Callable
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsjax.unit_text import parse_unit, unit_names
from tlsjax.units import example_unit, from_si, is_unit, parse_number, parse_quantity, to_si


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        (5.0, "GHz", "Hz", 5e9),
        (5.0, "gigahertz", "Hz", 5e9),
        (5.0, "ghz", "Hz", 5e9),
        (5.0, "GHZ", "Hz", 5e9),
        (20.0, "mK", "K", 20e-3),
        (20.0, "MK", "K", 20e6),
        (50.0, "uA", "A", 50e-6),
        (50.0, "\u00b5A", "A", 50e-6),
        (50.0, "\u03bcA", "A", 50e-6),
        (50.0, "microampere", "A", 50e-6),
        (3.0, "pH/sq", "H", 3e-12),
        (3.0, "pH/□", "H", 3e-12),
        (3.0, "ohm/sq", "ohm", 3.0),
        (3.0, "k\u03a9", "ohm", 3e3),
        (3.0, "k\u2126", "ohm", 3e3),
        (3.0, "S/sq", "S", 3.0),
        (3.0, "A²/Hz", "A^2/Hz", 3.0),
        (3.0, "pA2/Hz", "A^2/Hz", 3e-24),
        (3.0, "pA**2 / Hz", "A^2/Hz", 3e-24),
        (3.0, "A² Hz⁻¹", "A^2/Hz", 3.0),
        (3.0, "A^2 s", "A^2/Hz", 3.0),
        (3.0, "1/J/m^2", "1/(J m^2)", 3.0),
        (3.0, "J-1 m-2", "1/(J m^2)", 3.0),
        (1.0, "1/(eV um^2)", "1/(J m^2)", 1e12 / 1.602176634e-19),
        (5.0, "%", "1", 0.05),
        (5.0, "ppm", "1", 5e-6),
        (5.0, "photons", "1", 5.0),
        (180.0, "deg", "rad", pi),
        (180.0, "°", "rad", pi),
        (20.0, "°C", "K", 293.15),
        (20.0, "degC", "K", 293.15),
        (2.0, "\u00c5", "m", 2e-10),
        (2.0, "\u212b", "m", 2e-10),
        (2.0, "micron", "m", 2e-6),
        (-30.0, "dBm", "W", 1e-6),
        (-30.0, "dbm", "W", 1e-6),
        (3.0, "dBW", "W", 10**0.3),
        (2.0, "W/W", "1", 2.0),
        (2.0, "m^(1/2) m^0.5", "m", 2.0),
        (2.0, "sqrt(m^2)", "m", 2.0),
    ],
)
def test_to_si(value: float, unit: str, target: str, expected: float) -> None:
    assert to_si(value, unit, target) == pytest.approx(expected, rel=1e-14)
    assert to_si(np.array([value, value]), unit, target) == pytest.approx([expected] * 2, rel=1e-14)
    assert from_si(to_si(value, unit, target), unit, target) == pytest.approx(value, rel=1e-12)


def test_a_decimal_prefix_gives_the_nearest_float() -> None:
    for number in (50.0, 3.0, 0.7, 20.0):
        assert to_si(number, "uA", "A") == float(f"{number}e-6")
        assert to_si(number, "mK", "K") == float(f"{number}e-3")


@pytest.mark.parametrize("unit", ["", "1", "-", " "])
def test_ways_to_say_no_unit(unit: str) -> None:
    assert to_si(0.3, unit, "1") == 0.3


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("Hz", "rad/s", 2 * pi),
        ("GHz", "rad/s", 2e9 * pi),
        ("rad/s", "rad/s", 1.0),
        ("rad/ns", "rad/s", 1e9),
        ("rad/s", "Hz", 1 / (2 * pi)),
        ("Mrad/s", "Hz", 1e6 / (2 * pi)),
        ("rad s^-1", "Hz", 1 / (2 * pi)),
        ("deg/s", "Hz", 1 / 360),
        ("cycle/s", "Hz", 1.0),
        ("1/s", "Hz", 1.0),
        ("A^2/(rad/s)", "A^2/Hz", 2 * pi),
        ("A^2/Hz", "A^2/Hz", 1.0),
    ],
)
def test_turns_and_radians_are_told_apart(unit: str, target: str, factor: float) -> None:
    assert to_si(1.0, unit, target) == pytest.approx(factor, rel=1e-14)


@pytest.mark.parametrize(
    ("unit", "target", "message"),
    [
        ("GHz", "A", "'GHz' is a frequency; expected a current such as uA"),
        ("dBm", "K", "'dBm' is a power; expected a temperature such as mK"),
        ("rad/s", "A", "'rad/s' is an angular frequency; expected a current"),
        ("m", "1", "'m' is a length; expected a plain number"),
        ("", "A", "'1' is a plain number; expected a current such as uA"),
        ("foo", "Hz", "unknown unit 'foo'; write for example GHz"),
        ("GHzz", "Hz", "did you mean 'GHz'?"),
        ("k", "K", "unknown unit 'k'; did you mean 'K'?"),
        ("mk", "K", "'mk' may mean mK or MK"),
        ("mhz", "Hz", "'mhz' may mean mHz or MHz"),
        ("A/sqrt(Hz)", "A^2/Hz", "square the numbers, write A^2/Hz"),
        ("A/√Hz", "A^2/Hz", "square the numbers, write A^2/Hz"),
        (
            "1/s",
            "rad/s",
            "does not say whether turns or radians; expected an angular frequency such as rad/s",
        ),
        ("1", "rad", "expected an angle such as deg"),
        ("Hz", "1/s", "counts turns or radians; expected a rate such as 1/s"),
        ("rad", "1", "expected a plain number"),
        ("J/degC", "J/K", "°C stands alone"),
        ("degC", "A", "°C stands alone"),
        ("1/J m^2", "1/(J m^2)", "can be read two ways; write 1/(J m^2)"),
        ("1e3 Hz", "Hz", "unknown unit 'e'"),
        ("1000 Hz", "Hz", "the number '1000' is no unit"),
        ("Hz)", "Hz", "')' is left over"),
        ("(Hz", "Hz", "')' is missing"),
        ("Hz*", "Hz", "breaks off"),
        ("/Hz", "Hz", "a unit is missing before '/'"),
        ("m^", "m", "breaks off"),
        ("m^x", "m", "'x' is no power"),
        ("m^99", "m", "the power is larger than 6"),
        ("((m^6)^6)^6", "m", "the power is larger than 6"),
        ("m^(1/0)", "m", "divides by zero"),
        ("9**9**9**9", "Hz", "the number '9' is no unit"),
        ("__import__('os')", "Hz", "'_' does not belong in a unit"),
        ("m" * 65, "m", "longer than 64 characters"),
    ],
)
def test_refusals_say_what_would_be_right(unit: str, target: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        to_si(1.0, unit, target)
    assert "\n" not in str(caught.value)


def test_uncertainties_have_no_offset_and_no_decibels() -> None:
    assert to_si(2.0, "degC", "K", difference=True) == 2.0
    assert from_si(2.0, "degC", "K", difference=True) == 2.0
    for convert in (to_si, from_si):
        with pytest.raises(ValueError, match="write it in W"):
            convert(1.0, "dBm", "W", difference=True)


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("50 uA", "A", 50e-6),
        ("50uA", "A", 50e-6),
        ("0,5 µm", "m", 0.5e-6),
        (" 1.5e-3 A ", "A", 1.5e-3),
        ("−3 dBm", "W", 1e-3 * 10**-0.3),
        ("30 %", "1", 0.3),
        ("0.3", "1", 0.3),
        (".5", "1", 0.5),
        ("0,123 um", "m", 0.123e-6),
        ("1 GHz", "rad/s", 2e9 * pi),
        ("5 1/s", "Hz", 5.0),
    ],
)
def test_parse_quantity(text: str, target: str, expected: float) -> None:
    assert parse_quantity(text, target) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("50", "A", "'50' has no unit; write for example '50 uA'"),
        ("abc", "A", "'abc' is not a number with a unit such as '50 uA'"),
        ("", "1", "'' is not a number with a unit such as '0.5'"),
        ("1,234 uA", "A", "can be read as a decimal or as thousands"),
        ("1.234,5 uA", "A", "thousands separator; write it as 1234.5"),
        ("1e999 A", "A", "'1e999' is too large"),
        ("1e308 GHz", "Hz", "'1e308 GHz' is too large"),
        ("1e9 dBm", "W", "is too large"),
        ("nan A", "A", "is not a number"),
        ("1" * 1000, "1", "is not a number"),
        ("1.2.3 A", "A", "'1.2.3' is not a number"),
        ("5 GHz", "A", "'GHz' is a frequency"),
    ],
)
def test_parse_quantity_refuses(text: str, target: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_quantity(text, target)


def test_decimal_comma_where_the_file_says_so() -> None:
    assert parse_number("1,234", decimal_comma=True) == 1.234
    with pytest.raises(ValueError, match="not a number"):
        parse_number("1,5", decimal_comma=False)


def test_every_known_spelling_converts_to_its_own_unit() -> None:
    for spelling in unit_names():
        assert to_si(1.0, spelling, spelling) == 1.0


def test_example_unit_fits_its_target() -> None:
    for target in ("Hz", "A", "K", "W", "rad", "S", "A^2/Hz", "H", "m", "1", "rad/s", "1/(J m^2)", "V"):
        assert np.isfinite(to_si(1.0, example_unit(target), target))


def number_or_line(convert: Callable[[], float]) -> float | str:
    try:
        return convert()
    except ValueError as error:
        return str(error)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="GMkmunpAHzsKWJeVrad0123456789.^*/()+- %µΩ°²⁻√_'\"\\\n", max_size=70))
def test_any_unit_string_gives_a_number_or_a_line(unit: str) -> None:
    for target in ("Hz", "rad/s", "1", "W"):
        found = number_or_line(lambda goal=target: to_si(1.0, unit, goal))  # type: ignore[misc]
        assert isinstance(found, float) or (found.isprintable() and len(found) < 300)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_a_quantity_or_a_line(text: str) -> None:
    assert is_unit(text) in (True, False)
    found = number_or_line(lambda: parse_quantity(text, "A"))
    assert found.isprintable() if isinstance(found, str) else np.isfinite(found)


@given(st.fractions(min_value=-6, max_value=6, max_denominator=3))
def test_powers_are_exact(power: object) -> None:
    assert parse_unit(f"m^({power})").get("meter", 0) == power
