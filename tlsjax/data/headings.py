"""Column headings as people write them: which known column is meant, in what unit."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from tlsjax.data.aliases import accepted, fits, plain_name, spelled_units
from tlsjax.data.columns import (
    ANGULAR_FREQUENCY,
    AVERAGES,
    CONDITIONS,
    CONSTANTS,
    MEASURED,
    QUALITY_FACTOR,
    RESONANCE_FREQUENCY,
    TIME_STREAM,
    TIME_STREAM_CONSTANTS,
)
from tlsjax.data.device_names import column_of_devices
from tlsjax.data.suggestions import meant
from tlsjax.data.unknown import Unknown, unknown_message, unknown_target
from tlsjax.errors import InputError
from tlsjax.quantity import Quantity
from tlsjax.unit_text import normalised, shown
from tlsjax.units import example_unit, to_si

_HEADING = re.compile(r"\s*(?P<name>[^\[(]*?)[\s_]*(?:[\[(](?P<unit>.*)[\])])?\s*")
_OF_TIME = re.compile(r"\(t\)", re.IGNORECASE)
TWIN = {"frequency": "angular_frequency", "angular_frequency": "frequency"}
"""Names that say the same."""
_EXACT = "coupling_quality_factor_err"
"""An uncertainty that people write and no fit uses."""


@dataclass(frozen=True)
class Heading:
    """One column's heading.

    Attributes:
        name: known name, such as ``loss_err``.
        written: heading as the file has it, escaped and shortened, for messages.
        unit: unit as written; empty for a plain number.
        percent: an uncertainty in per cent of the value.
    """

    name: str
    written: str
    unit: str
    percent: bool = False


@dataclass(frozen=True)
class Columns:
    """What the columns of a table are.

    Attributes:
        headings: one a column; None for one that holds no numbers to read.
        devices: place of the column that names the device of each row; None where there is none.
        notes: what was taken for what, and what was passed over.
    """

    headings: tuple[Heading | None, ...]
    devices: int | None = None
    notes: tuple[str, ...] = ()


@cache
def known_columns(*, time_stream: bool = False) -> Mapping[str, Quantity]:
    """Every column that may stand in a table, by name; the uncertainty of NAME as ``NAME_err``.

    Args:
        time_stream: the table is a recorded current against time.
    """
    if time_stream:
        return {**TIME_STREAM, **_time_stream_conditions()}
    derived = {quantity.name: quantity for quantity in (QUALITY_FACTOR, RESONANCE_FREQUENCY)}
    measured = {**MEASURED, **derived}
    errors = {f"{name}_err": replace(quantity, name=f"{name}_err") for name, quantity in measured.items()}
    return {
        **CONDITIONS,
        ANGULAR_FREQUENCY.name: ANGULAR_FREQUENCY,
        **measured,
        **errors,
        AVERAGES.name: AVERAGES,
    }


@cache
def known_constants(*, time_stream: bool = False) -> Mapping[str, Quantity]:
    """Everything that may be one number for the whole table, by name.

    Args:
        time_stream: the table is a recorded current against time.
    """
    if time_stream:
        return {**_time_stream_conditions(), **CONSTANTS, **TIME_STREAM_CONSTANTS}
    return {
        **CONDITIONS,
        ANGULAR_FREQUENCY.name: ANGULAR_FREQUENCY,
        **CONSTANTS,
        AVERAGES.name: AVERAGES,
    }


def _time_stream_conditions() -> dict[str, Quantity]:
    return {name: quantity for name, quantity in CONDITIONS.items() if name != "frequency"}


def split_heading(text: str) -> tuple[str, str | None]:
    """Name and unit of ``Bias Current [uA]`` as ``("bias_current", "uA")``; None where no unit is written.

    The ``(t)`` of ``I(t) [A]`` belongs to neither.
    """
    name, unit = split_written(text)
    return plain_name(name), unit


def split_written(text: str) -> tuple[str, str | None]:
    """As :func:`split_heading`, with the name as written."""
    text = _OF_TIME.sub("", text)
    found = _HEADING.fullmatch(text)
    if found is None:
        return text, None
    unit = found["unit"]
    return found["name"], None if unit is None else unit.strip()


def is_known(text: str, known: Mapping[str, Quantity]) -> bool:
    """Whether a heading surely means a known column."""
    return _meaning(text, text, None, known)[0] in known


def is_time_stream(cells: Iterable[tuple[str, str | None]], ignored: Collection[str] = ()) -> bool:
    """Whether headings are those of a recorded current against time, spelled as they should be or nearly.

    A time beside what only a spectrum has is the clock of a sweep.

    Args:
        cells: as for :func:`read_headings`.
        ignored: plain names to pass over.
    """
    spectra, streams = known_columns(), known_columns(time_stream=True)
    names = set()
    for text, elsewhere in cells:
        name = split_heading(text)[0]
        if name not in ignored and plain_name(text) not in ignored:
            found, known_unit = _meaning(text, text, elsewhere, spectra)
            names.add(found if found in spectra else meant(name, known_unit, streams)[0])
    return "time" in names and not names & (spectra.keys() - streams.keys())


def read_headings(
    cells: Iterable[tuple[str, str | None]],
    *,
    source: str,
    line: int | None = None,
    ignored: Collection[str] = (),
    asked: Mapping[int, str] = MappingProxyType({}),
    fixed: Mapping[str, str] = MappingProxyType({}),
    words: Collection[int] = (),
) -> Columns:
    """Recognise headings.

    Args:
        cells: each heading as written and, where the file keeps units apart, its unit; None where the unit,
            if any, is in the heading.
        source: file, for messages.
        line: line of the header, 1-based.
        ignored: plain names to pass over.
        asked: heading to read instead, by place; empty to pass over, ``device`` for the names of devices.
        fixed: what is set for all rows whatever a column says, as text by known name.
        words: places of columns that hold words.

    Returns:
        one heading a cell.

    Raises:
        InputError: unknown, repeated or contradictory column; unit that is missing or of the wrong dimension.
    """
    cells = list(cells)
    time_stream = is_time_stream([(asked.get(i, cell[0]), cell[1]) for i, cell in enumerate(cells)], ignored)
    known = known_columns(time_stream=time_stream)
    understood = known if time_stream else {**known, _EXACT: CONDITIONS["coupling_quality_factor"]}
    result: list[Heading | None] = []
    units: list[str | None] = []
    unknown: list[Unknown] = []
    seen: dict[str, str] = {}
    devices: list[int] = []
    notes: list[str] = []
    for place, (text, elsewhere) in enumerate(cells):
        written = shown(" ".join(text.split()), 60)
        name, unit = _meaning(asked.get(place, text), text, elsewhere, understood)
        heading = None
        if why := _why_not(name, text, asked.get(place), ignored, fixed):
            notes.append(f"column '{written}' passed over{why}")
        elif place in asked and name == "device":
            devices.append(place)
        elif name not in known and asked.get(place):
            message = unknown_target(asked[place], name, unit, known)
            raise InputError(message, source=source, line=line, column=written)
        elif name not in known or (name == "run" and place in words):  # names of runs may name devices
            unknown.append(Unknown(written, name, unit, place))
        elif name in seen:
            message = f"this column stands twice, also as '{seen[name]}'; keep one"
            message += f" (--column '{written}=' passes over this one)"
            raise InputError(message, source=source, line=line, column=written)
        else:
            seen[name] = written
            heading = Heading(name, written, unit or "", percent=_is_percent(name, unit))
            if name != split_heading(text)[0]:
                in_unit = f" in {shown(unit, 20)}" if unit and unit not in ("1", "-") else ""
                notes.append(f"column '{written}' taken as {name}{in_unit}")
        result.append(heading)
        units.append(unit)
    of_devices, unknown = column_of_devices(devices, unknown, words, source, line)
    if unknown:
        message = unknown_message(unknown, known, time_stream)
        raise InputError(message, source=source, line=line, column=unknown[0].written)
    _refuse_contradictions(seen, source, line)
    return Columns(tuple(_with_units(result, units, known, source, line)), of_devices, tuple(notes))


def _meaning(
    text: str, original: str, elsewhere: str | None, understood: Mapping[str, Quantity]
) -> tuple[str, str | None]:
    """Name, the known one where one is surely meant, and unit; that of the original where none is written."""
    raw, unit = split_written(text)
    if unit is None:
        unit = split_written(original)[1] if elsewhere is None else elsewhere
    name = plain_name(raw)
    if name not in understood:
        found, found_unit = accepted(raw, unit, understood)
        name, unit = (name, unit) if found is None else (found, found_unit)
    if unit is None and text != original and name in understood:
        spelled = (unit for _, unit in spelled_units(split_written(original)[0].strip()))
        unit = next((one for one in spelled if fits(one, understood[name])), None)
    return name, unit


def _why_not(
    name: str, text: str, asked: str | None, ignored: Collection[str], fixed: Mapping[str, str]
) -> str:
    """Why a column is passed over; empty where it is not."""
    if asked is not None and not asked.strip():
        return ", as asked"
    if {plain_name(text), split_heading(text)[0]} & set(ignored):
        return ", as '# ignore' asks"
    if name == _EXACT:
        return ": coupling_quality_factor is taken as exact"
    set_by = next((one for one in (name, TWIN.get(name, name)) if one in fixed), None)
    return f": {set_by} is set to {fixed[set_by]}" if set_by is not None else ""


def _refuse_contradictions(seen: Mapping[str, str], source: str, line: int | None) -> None:
    for one, other in (("frequency", "angular_frequency"), ("loss", "quality_factor")):
        if one in seen and other in seen:
            message = f"says the same as column '{seen[one]}'; keep one of the two"
            raise InputError(message, source=source, line=line, column=seen[other])
    for name, written in seen.items():
        value = name.removesuffix("_err")
        if value != name and value not in seen:
            message = f"an uncertainty without its value; add a column '{value}' or remove this one"
            raise InputError(message, source=source, line=line, column=written)


def _with_units(
    headings: Sequence[Heading | None],
    units: Sequence[str | None],
    known: Mapping[str, Quantity],
    source: str,
    line: int | None,
) -> list[Heading | None]:
    """Check every unit; an uncertainty without one has the unit of its value."""
    values = {heading.name: heading for heading in headings if heading}
    result: list[Heading | None] = []
    for heading, unit in zip(headings, units, strict=True):
        if heading is None:
            result.append(None)
            continue
        quantity = known[heading.name]
        value = values.get(heading.name.removesuffix("_err"))
        if not unit and value is not None and value is not heading:
            if _is_percent("_err", value.unit):
                message = (
                    f"no unit; '{value.written}' is in per cent, so say which: '{heading.name} [1]' or '[%]'"
                )
                raise InputError(message, source=source, line=line, column=heading.written)
            heading = replace(heading, unit=value.unit)
        if not heading.unit and quantity.unit != "1":
            message = f"no unit; write '{heading.name} [{example_unit(quantity.unit)}]'"
            raise InputError(message, source=source, line=line, column=heading.written)
        if not heading.percent:
            try:
                to_si(1.0, heading.unit, quantity.unit, difference=heading.name.endswith("_err"))
            except ValueError as error:
                raise InputError(str(error), source=source, line=line, column=heading.written) from None
        result.append(heading)
    return result


def _is_percent(name: str, unit: str | None) -> bool:
    return name.endswith("_err") and normalised(unit or "").casefold() in {"%", "percent"}
