"""What a condition compares: the numbers of a column, a constant or the lines, beside the number it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from math import pi

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.aliases import accepted, plain_name
from tlsjax.data.columns import QUALITY_FACTOR, RESONANCE_FREQUENCY
from tlsjax.data.condition import Condition, has_sign
from tlsjax.data.describe import in_words
from tlsjax.data.headings import TWIN, Heading, known_columns, known_constants, split_heading, split_written
from tlsjax.data.raw import RawTable
from tlsjax.data.unknown import listed
from tlsjax.errors import InputError
from tlsjax.quantity import Quantity
from tlsjax.unit_text import normalised, shown
from tlsjax.units import from_si, parse_quantity, to_si

Array = NDArray[np.float64]
Rows = NDArray[np.bool_]

_NUMBER = re.compile(r"[+\-−]?[0-9.,]+(?:[eE][+\-−]?[0-9]+)?\s*")
_INVERSE = {
    "loss": QUALITY_FACTOR.name,
    "loss_err": f"{QUALITY_FACTOR.name}_err",
    QUALITY_FACTOR.name: "loss",
    f"{QUALITY_FACTOR.name}_err": "loss_err",
}
"""1/Q_i and Q_i, of which a table has one."""
_LINE = Quantity("line", "line", "1", "where a row stands in the file")


@dataclass(frozen=True)
class Compared:
    """A condition and the numbers it compares.

    Attributes:
        condition: the comparison.
        values: one number a row, in ``quantity``'s unit; NaN where the cell is empty.
        bound: the number that the condition names, in the same unit.
        quantity: what they are.
        unit: unit in which people read them; that of ``quantity`` with a prefix where empty.
    """

    condition: Condition
    values: Array
    bound: float
    quantity: Quantity
    unit: str = ""

    def holds(self) -> Rows:
        """Where the condition holds."""
        return self.condition.holds(self.values, self.bound)

    def range(self) -> str:
        """The values in words, such as ``temperature runs from 89 mK to 4 K``."""
        filled = self.values[~np.isnan(self.values)]
        name = self.quantity.name or self.condition.name
        if not filled.size:
            return f"{name} is empty in every row"
        low, high = (self._in_words(float(end)) for end in (filled.min(), filled.max()))
        return f"{name} is {low} in every row" if low == high else f"{name} runs from {low} to {high}"

    def _in_words(self, value: float) -> str:
        if self.unit.casefold() in ("dbm", "dbw"):  # nobody reads these as powers of ten
            return f"{from_si(value, self.unit, self.quantity.unit):.4g} {self.unit}"
        return in_words(self.quantity, value)


def compared(raw: RawTable, condition: Condition, option: str = "--where") -> Compared:
    """Find what a condition compares.

    Args:
        raw: table of one device.
        condition: the comparison.
        option: what gave it, for messages.

    Raises:
        InputError: an unknown name, a value without its unit or of another quantity.
    """
    stream = any(heading.name == "time" for heading in raw.headings)
    known = {**known_columns(time_stream=stream), **known_constants(time_stream=stream)}
    number = _NUMBER.match(condition.value)
    behind = condition.value[number.end() :].strip() if number else ""
    heading = _as_written(raw, condition.name)
    if heading is not None:
        said = heading.unit.casefold() in condition.name.casefold()
        name, unit = heading.name, heading.unit if said else ""
    else:
        text, ahead = split_written(condition.name)
        meant, spelled = accepted(text, ahead or behind or None, known)
        name, unit = meant or "", spelled or ""
        heading = None if name else _by_plain_name(raw, condition.name)
    try:
        if heading is not None and not heading.name:
            return _beside(raw, heading, condition, behind)
        found = _numbers(raw, name, known, relative=behind == "%")
        if found is None and condition.name.casefold() in ("line", "row"):
            found = raw.numbers.astype(np.float64), replace(_LINE, name=raw.counted), ""
        if found is None:
            raise ValueError(_unknown(raw, condition, name, stream))
        values, quantity, written = found
        bound = _bound(condition, behind, unit, quantity, written)
    except ValueError as error:
        raise InputError(f"{option} '{condition.text}': {error}", source=raw.source) from None
    return Compared(condition, values, bound, quantity, written)


def _bound(condition: Condition, behind: str, unit: str, quantity: Quantity, written: str) -> float:
    """The number that a condition names, with the unit behind it or in the name, in the quantity's unit."""
    if not behind and not unit and quantity.unit != "1" and _NUMBER.fullmatch(condition.value):
        raise ValueError(_no_unit(condition, written or quantity.unit))
    return parse_quantity(condition.value if behind else f"{condition.value} {unit}".strip(), quantity.unit)


def _as_written(raw: RawTable, name: str) -> Heading | None:
    """The column that has this heading, letter by letter or but for capitals and blanks."""
    headings = (*raw.headings, *raw.aside)
    for form in (lambda text: shown(" ".join(text.split()), 60), plain_name):
        for heading in headings:
            if form(heading.written) == form(name):
                return heading
    return None


def _by_plain_name(raw: RawTable, name: str) -> Heading | None:
    """The column, passed over otherwise, whose heading without its unit this is."""
    return next((one for one in raw.aside if split_heading(one.written)[0] == plain_name(name)), None)


def _beside(raw: RawTable, heading: Heading, condition: Condition, behind: str) -> Compared:
    """Numbers of a column that names nothing known, in its own unit if any."""
    own = not behind or normalised(behind) == normalised(heading.unit)
    text = condition.value.removesuffix(behind) if own else condition.value
    bound = parse_quantity(text, "1" if own else heading.unit)
    quantity = Quantity(heading.written, "", "1", "column that is passed over")
    return Compared(condition, raw.aside[heading], bound, quantity)


def _numbers(
    raw: RawTable, name: str, known: Mapping[str, Quantity], *, relative: bool = False
) -> tuple[Array, Quantity, str] | None:
    """Numbers of a known name in SI units, what they are and their written unit; None where there are none.

    ``relative``: an uncertainty is wanted as a fraction of its value.
    """
    value_name = name.removesuffix("_err")
    if relative and name != value_name:
        error, value = _numbers(raw, name, known), _numbers(raw, value_name, known)
        if error is None or value is None:
            return None
        with np.errstate(all="ignore"):
            return error[0] / np.abs(value[0]), replace(error[1], unit="1"), "%"
    if (own := _column(raw, name, known)) is not None:
        return own
    if name in raw.constants:
        return np.full(len(raw), raw.constants[name].value), known[name], ""
    with np.errstate(all="ignore"):
        twin = TWIN.get(name, "")
        if (other := _column(raw, twin, known)) is not None:
            return other[0] * (2.0 * pi if twin == "frequency" else 0.5 / pi), known[name], other[2]
        if twin in raw.constants:
            factor = 2.0 * pi if twin == "frequency" else 0.5 / pi
            return np.full(len(raw), raw.constants[twin].value * factor), known[name], ""
        if name == "frequency" and (other := _column(raw, RESONANCE_FREQUENCY.name, known)) is not None:
            return other
        inverse = _column(raw, _INVERSE.get(value_name, ""), known)
        if inverse is None:
            return None
        if name == value_name:
            return 1.0 / inverse[0], known[name], ""
        error = _column(raw, f"{inverse[1].name}_err", known)
        return None if error is None else (error[0] / inverse[0] ** 2, known[name], "")


def _column(raw: RawTable, name: str, known: Mapping[str, Quantity]) -> tuple[Array, Quantity, str] | None:
    """A column in SI units; an uncertainty in per cent as what it is of its value."""
    for heading, values in zip(raw.headings, raw.values, strict=True):
        if heading.name != name:
            continue
        quantity, is_error = known[name], name.endswith("_err")
        if heading.percent:
            value = _column(raw, name.removesuffix("_err"), known)
            with np.errstate(all="ignore"):
                share = values / 100.0
                return share if value is None else share * np.abs(value[0]), quantity, ""
        found = np.asarray(to_si(values, heading.unit, quantity.unit, difference=is_error), dtype=np.float64)
        return found, quantity, "" if heading.unit in ("1", "-") else heading.unit
    return None


def _unknown(raw: RawTable, condition: Condition, name: str, stream: bool) -> str:
    """What to say of a name that the table does not have."""
    written = shown(condition.name, 60)
    if has_sign(condition.name):
        return "two comparisons in one; give each an option of its own, all must hold"
    if _NUMBER.match(condition.name):
        return "write the name first, such as 'temperature < 1.3 K'"
    if stream and (name in known_columns() or accepted(condition.name, None, known_columns())[0]):
        return (
            f"a recorded current has time and current; its spectrum, and so {written}, is made of the rows "
            "that are kept (a line such as '# bandwidth: 4 kHz' limits its frequency)"
        )
    for heading in raw.headings if len(written) == 1 else ():
        known = known_columns(time_stream=stream)
        if accepted(written, heading.unit, known)[0] == heading.name:
            number = _NUMBER.match(condition.value)
            if number is not None and number.end() < len(condition.value):  # a unit that fits nothing
                to_si(1.0, condition.value[number.end() :], known[heading.name].unit)
            return _no_unit(condition, heading.unit)
    has = [*(heading.name for heading in raw.headings), *raw.constants, raw.counted]
    close = get_close_matches(plain_name(condition.name)[:60], has, n=1, cutoff=0.6)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    if raw.device and not _NUMBER.match(condition.value):
        hint = "; devices are chosen by --only"
    file, colon, _ = condition.name.partition(":")
    which = f", nor '{shown(file, 40)}' one of the tables" if colon else ""
    others = listed(list(dict.fromkeys(has)), 300)
    return f"'{written}' is no column or constant of this table{which}{hint}; it has {others}"


def _no_unit(condition: Condition, unit: str) -> str:
    instead = f"{condition.text} {shown(unit, 20)}"
    return f"a number without its unit; write '{instead}' if the column's own is meant"
