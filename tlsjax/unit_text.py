"""Unit strings as people write them, taken apart without evaluating anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from itertools import product

MAX_LENGTH = 64
MAX_EXPONENT = 6

_PREFIXES = {
    "": "", "z": "zepto", "a": "atto", "f": "femto", "p": "pico", "n": "nano", "u": "micro", "m": "milli",
    "c": "centi", "k": "kilo", "M": "mega", "G": "giga", "T": "tera",
}  # fmt: skip
_BASES = {
    "hertz": ("Hz", "hertz"),
    "second": ("s", "sec", "second", "seconds"),
    "ampere": ("A", "amp", "amps", "ampere", "amperes"),
    "volt": ("V", "volt", "volts"),
    "watt": ("W", "watt", "watts"),
    "joule": ("J", "joule", "joules"),
    "electron_volt": ("eV", "electronvolt", "electronvolts"),
    "kelvin": ("K", "kelvin"),
    "meter": ("m", "meter", "meters", "metre", "metres"),
    "henry": ("H", "henry", "henries"),
    "siemens": ("S", "siemens"),
    "ohm": ("ohm", "ohms"),
    "farad": ("F", "farad"),
    "tesla": ("T", "tesla"),
    "coulomb": ("C", "coulomb"),
    "weber": ("Wb", "weber"),
    "radian": ("rad", "radian", "radians"),
    "gram": ("g", "gram"),
    "newton": ("N", "newton"),
}
_UNPREFIXED = {
    "percent": ("%", "percent"),
    "ppm": ("ppm",),
    "degree": ("deg", "degree", "degrees"),
    "turn": ("turn", "turns", "cycle", "cycles"),
    "minute": ("min", "minute", "minutes"),
    "hour": ("h", "hour", "hours"),
    "degree_Celsius": ("degC", "celsius"),
    "micrometer": ("micron", "microns"),
    "angstrom": ("angstrom",),
    "debye": ("debye", "debyes"),
    "decibel": ("dB", "decibel"),
    "": ("sq", "square", "photon", "photons"),
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_REPLACED = (
    ("µ", "u"), ("μ", "u"), ("Ω", "ohm"), ("\N{OHM SIGN}", "ohm"), ("·", "*"), ("⋅", "*"), ("×", "*"),
    ("−", "-"), ("°C", "degC"), ("ºC", "degC"), ("°", "deg"), ("º", "deg"), ("□", "sq"), ("◻", "sq"),
    ("Å", "angstrom"), ("\N{ANGSTROM SIGN}", "angstrom"), ("\N{NO-BREAK SPACE}", " "), ("**", "^"),
)  # fmt: skip
_TOKEN = re.compile(r"(?P<blank> *)(?P<text>%|[A-Za-z]+|[0-9]+(?:\.[0-9]+)?|[*/^()+-])")
_NUMBER = re.compile(r"[0-9]")

Factors = Mapping[str, Fraction]
"""Exponent of each unit by pint's name; empty for a plain number."""


@dataclass(frozen=True)
class _Token:
    text: str
    after_blank: bool


def shown(text: str, limit: int = 40) -> str:
    """User's text for a one-line message: control characters escaped, shortened to ``limit`` characters."""
    clipped = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in clipped)


@cache
def unit_names() -> Mapping[str, str]:
    """Pint's name for every spelling that is understood, such as ``uA`` and ``microampere``."""
    names = {spelling: name for name, spellings in _UNPREFIXED.items() for spelling in spellings}
    for (short, long), (name, spellings) in product(_PREFIXES.items(), _BASES.items()):
        for spelling in spellings:
            for prefix in (short, long):
                names.setdefault(prefix + spelling, long + name)
    return names


def look_up(symbol: str) -> str:
    """Pint's name of one unit; wrong capitals are forgiven where only one unit can be meant.

    Raises:
        ValueError: unknown unit, or capitals that leave it open (mK or MK).
    """
    names = unit_names()
    if symbol in names:
        return names[symbol]
    alike = [spelling for spelling in names if spelling.casefold() == symbol.casefold()]
    if len(symbol) > 1 and len({names[spelling] for spelling in alike}) == 1:
        return names[alike[0]]
    if len(alike) > 1:
        raise ValueError(f"'{shown(symbol)}' may mean {' or '.join(alike)}; write its capitals exactly")
    close = alike or get_close_matches(symbol, names, n=1, cutoff=0.7)
    hint = f"; did you mean '{close[0]}'?" if close else "; write for example GHz, mK, uA, dBm or A^2/Hz"
    raise ValueError(f"unknown unit '{shown(symbol)}'{hint}")


def normalised(unit: str) -> str:
    """Unit with the letters of one alphabet: superscripts as powers, µ as u, Ω as ohm."""
    text = unit.strip()
    text = re.sub(r"[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found.group().translate(_SUPERSCRIPTS), text)
    for written, meant in _REPLACED:
        text = text.replace(written, meant)
    return re.sub(r"√ *([A-Za-z]+)", r"sqrt(\1)", text).replace("√", "sqrt")


@cache
def parse_unit(unit: str) -> Factors:
    """Take a unit such as ``A²/Hz``, ``1/(J m^2)`` or ``pH/sq`` apart.

    Returns:
        exponents by pint's unit name; empty for a plain number ('', '1' and '-').

    Raises:
        ValueError: what cannot be read, in one line.
    """
    if len(unit) > MAX_LENGTH:
        raise ValueError(f"unit '{shown(unit)}' is longer than {MAX_LENGTH} characters")
    text = normalised(unit)
    if text in {"", "1", "-"}:
        return {}
    return _Parser(unit, text).parse()


class _Parser:
    """Recursive descent over products, quotients and powers; no number but the 1 of ``1/s``."""

    def __init__(self, unit: str, text: str) -> None:
        self.unit, self.tokens, self.position = unit, list[_Token](), 0
        start = 0
        while start < len(text):
            found = _TOKEN.match(text, start)
            if found is None:
                raise self.error(f"'{shown(text[start:].strip()[:1])}' does not belong in a unit")
            self.tokens.append(_Token(found["text"], bool(found["blank"])))
            start = found.end()

    def error(self, why: str) -> ValueError:
        return ValueError(f"cannot read the unit '{shown(self.unit)}': {why}")

    def peek(self, ahead: int = 0) -> _Token:
        place = self.position + ahead
        return self.tokens[place] if place < len(self.tokens) else _Token("", False)

    def take(self, expected: str = "") -> str:
        text = self.peek().text
        if not text or (expected and text != expected):
            raise self.error(f"'{expected}' is missing" if expected else "it breaks off")
        self.position += 1
        return text

    def parse(self) -> Factors:
        factors = self.product()
        if self.peek().text:
            raise self.error(f"'{self.peek().text}' is left over")
        return {name: power for name, power in factors.items() if name and power}

    def product(self) -> dict[str, Fraction]:
        result = self.power()
        divided = False
        while (text := self.peek().text) and text != ")":
            sign = 1
            if text in "*/":
                sign = -1 if self.take() == "/" else 1
            elif divided:
                raise self.error("a product after '/' can be read two ways; write 1/(J m^2) or 1/J/m^2")
            divided = divided or sign < 0
            for name, power in self.power().items():
                result[name] = result.get(name, Fraction(0)) + sign * power
        return result

    def power(self) -> dict[str, Fraction]:
        text = self.take()
        if text == "(":
            factors, exponent = self.product(), Fraction(1)
            self.take(")")
        elif text == "sqrt":
            self.take("(")
            factors, exponent = self.product(), Fraction(1, 2)
            self.take(")")
        elif text == "1":
            return {}
        elif text == "%" or text[0].isalpha():
            factors, exponent = {look_up(text): Fraction(1)}, Fraction(1)
        elif _NUMBER.match(text):
            raise self.error(f"the number '{text}' is no unit; write a prefix such as k, m or u")
        else:
            raise self.error(f"a unit is missing before '{text}'")
        exponent *= self.exponent()
        if abs(exponent) > MAX_EXPONENT:
            raise self.error(f"the power is larger than {MAX_EXPONENT}")
        result = {name: power * exponent for name, power in factors.items()}
        if any(abs(power) > MAX_EXPONENT for power in result.values()):
            raise self.error(f"the power is larger than {MAX_EXPONENT}")
        return result

    def exponent(self) -> Fraction:
        """Power behind a unit: ``^2``, ``^(1/2)``, or bare as in ``A2/Hz`` and ``s-1``."""
        first = self.peek()
        if first.text == "^":
            self.take()
            if self.peek().text == "(":
                self.take()
                result = self.signed_number()
                if self.peek().text == "/":
                    self.take()
                    divisor = self.signed_number()
                    if not divisor:
                        raise self.error("it divides by zero")
                    result /= divisor
                self.take(")")
                return result
            return self.signed_number()
        bare = bool(_NUMBER.match(first.text)) or (
            first.text == "-" and bool(_NUMBER.match(self.peek(1).text))
        )
        return self.signed_number() if bare and not first.after_blank else Fraction(1)

    def signed_number(self) -> Fraction:
        sign = 1
        if self.peek().text in ("-", "+"):
            sign = -1 if self.take() == "-" else 1
        text = self.take()
        if not _NUMBER.match(text) or len(text) > 6:
            raise self.error(f"'{shown(text, 12)}' is no power")
        return sign * Fraction(text)
