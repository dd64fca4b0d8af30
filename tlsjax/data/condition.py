"""A comparison that chooses rows, such as ``temperature < 1.3 K``: taken apart, and held against numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsjax.errors import InputError
from tlsjax.unit_text import shown

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

_MARKS = "<>=!≤≥≠"
_PARTS = re.compile(rf"(?P<name>.*?)\s*(?P<sign>[{_MARKS}]+)\s*(?P<value>[^{_MARKS}]*)", re.DOTALL)
_SAME = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!=", "<>": "!="}
_HOLDS: dict[str, Callable[[Array, float, Rows], Rows]] = {
    "<": lambda values, bound, equal: (values < bound) & ~equal,
    "<=": lambda values, bound, equal: (values < bound) | equal,
    ">": lambda values, bound, equal: (values > bound) & ~equal,
    ">=": lambda values, bound, equal: (values > bound) | equal,
    "=": lambda _, __, equal: equal,
    "!=": lambda values, _, equal: ~equal & ~np.isnan(values),
}
_EQUAL = 1e-12
"""Relative difference that counts as none: 20 mK and 0.02 K are different floats."""


@dataclass(frozen=True)
class Condition:
    """One comparison.

    Attributes:
        name: what is compared, as written.
        sign: ``<``, ``<=``, ``>``, ``>=``, ``=`` or ``!=``.
        value: with what, as written.
    """

    name: str
    sign: str
    value: str

    @property
    def text(self) -> str:
        """As a message shows it."""
        return shown(f"{self.name} {self.sign} {self.value}", 80)

    def holds(self, values: Array, bound: float) -> Rows:
        """Where it holds; nowhere on an empty cell (NaN)."""
        with np.errstate(over="ignore", invalid="ignore"):
            equal = np.abs(values - bound) <= _EQUAL * abs(bound)
            return _HOLDS[self.sign](values, bound, equal)


def parse_condition(text: str, option: str = "--where") -> Condition:
    """Take ``NAME OP VALUE [UNIT]`` apart.

    Args:
        text: such as ``power > -60 dBm``.
        option: what gave it, for messages.

    Raises:
        InputError: no comparison, two of them, or an unknown sign.
    """
    whole = f"{option} '{shown(text, 80)}'"
    how = "write NAME OP VALUE [UNIT], such as 'temperature < 1.3 K'"
    found = _PARTS.fullmatch(text.strip())
    if found is None or not (found["name"] and found["value"]):
        signs = len(re.findall(rf"[{_MARKS}]+", text))
        why = "two comparisons in one; give each an option of its own, all must hold" if signs > 1 else how
        raise InputError(f"{whole}: {why}")
    sign = _SAME.get(found["sign"], found["sign"])
    if sign not in _HOLDS:
        known = ", ".join(_HOLDS)
        raise InputError(f"{whole}: '{shown(found['sign'], 10)}' is no comparison; use one of {known}")
    return Condition(found["name"], sign, found["value"].strip())


def has_sign(text: str) -> bool:
    """Whether a comparison's sign stands in a text."""
    return any(mark in text for mark in _MARKS)
