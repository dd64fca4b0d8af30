"""Column headings as people write them: which known column is meant, in what unit."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tlsjax.data.columns import (
    ANGULAR_FREQUENCY,
    AVERAGES,
    CONDITIONS,
    CONSTANTS,
    MEASURED,
    QUALITY_FACTOR,
    TIME_STREAM,
    TIME_STREAM_CONSTANTS,
)
from tlsjax.data.suggestions import meant, suggestion
from tlsjax.errors import InputError
from tlsjax.quantity import Quantity
from tlsjax.unit_text import normalised, shown
from tlsjax.units import example_unit, to_si

_HEADING = re.compile(r"\s*(?P<name>[^\[(]*?)[\s_]*(?:[\[(](?P<unit>.*)[\])])?\s*")
_OF_TIME = re.compile(r"\(t\)", re.IGNORECASE)


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


@cache
def known_columns(*, time_stream: bool = False) -> Mapping[str, Quantity]:
    """Every column that may stand in a table, by name; the uncertainty of NAME as ``NAME_err``.

    Args:
        time_stream: the table is a recorded current against time.
    """
    if time_stream:
        return {**TIME_STREAM, **_time_stream_conditions()}
    measured = {**MEASURED, QUALITY_FACTOR.name: QUALITY_FACTOR}
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


def plain_name(text: str) -> str:
    """Name in lower case with underscores: ``Bias Current`` and ``bias-current`` are ``bias_current``."""
    return re.sub(r"[\s\-_]+", "_", text.strip().strip("\"'").strip()).strip("_").casefold()


def split_heading(text: str) -> tuple[str, str | None]:
    """Name and unit of ``Bias Current [uA]`` as ``("bias_current", "uA")``; None where no unit is written.

    The ``(t)`` of ``I(t) [A]`` belongs to neither.
    """
    text = _OF_TIME.sub("", text)
    found = _HEADING.fullmatch(text)
    if found is None:
        return plain_name(text), None
    unit = found["unit"]
    return plain_name(found["name"]), None if unit is None else unit.strip()


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
        name, unit = split_heading(text)
        if name not in ignored and plain_name(text) not in ignored:
            unit = unit if elsewhere is None else elsewhere
            names.add(name if name in spectra else meant(name, unit, streams)[0])
    return "time" in names and not names & (spectra.keys() - streams.keys())


def read_headings(
    cells: Iterable[tuple[str, str | None]],
    *,
    source: str,
    line: int | None = None,
    ignored: Collection[str] = (),
) -> list[Heading | None]:
    """Recognise headings.

    Args:
        cells: heading as written, and its unit where that stands elsewhere (NetCDF); None where the unit, if
            any, is in the heading.
        source: file, for messages.
        line: line of the header, 1-based.
        ignored: plain names to pass over.

    Returns:
        one heading a cell; None for one that is to be passed over.

    Raises:
        InputError: unknown, repeated or contradictory column; unit that is missing or of the wrong dimension.
    """
    cells = list(cells)
    time_stream = is_time_stream(cells, ignored)
    known = known_columns(time_stream=time_stream)
    result: list[Heading | None] = []
    units: list[str | None] = []
    unknown: list[tuple[str, str, str | None]] = []
    seen: dict[str, str] = {}
    for text, elsewhere in cells:
        name, unit = split_heading(text)
        unit = unit if elsewhere is None else elsewhere
        written = shown(" ".join(text.split()), 60)
        if name in ignored or plain_name(text) in ignored:
            result.append(None)
        elif name not in known:
            unknown.append((written, name, unit))
            result.append(None)
        else:
            if name in seen:
                message = f"this column stands twice, also as '{seen[name]}'; keep one"
                raise InputError(message, source=source, line=line, column=written)
            seen[name] = written
            result.append(Heading(name, written, unit or "", percent=_is_percent(name, unit)))
        units.append(unit)
    if unknown:
        written, name, unit = unknown[0]
        message = _unknown_message(name, unit, written, time_stream)
        if len(unknown) > 1:
            message += "; also unknown: " + ", ".join(_unknown_too(*other, known) for other in unknown[1:8])
        raise InputError(message, source=source, line=line, column=written)
    _refuse_contradictions(seen, source, line)
    return _with_units(result, units, known, source, line)


def _unknown_too(written: str, name: str, unit: str | None, known: Mapping[str, Quantity]) -> str:
    close = suggestion(name, unit, known)
    return f"'{written}' ({close}?)" if close else f"'{written}'"


def _unknown_message(name: str, unit: str | None, written: str, time_stream: bool) -> str:
    if not name:
        return "the heading is empty; name the column or remove it (from pandas: to_csv(..., index=False))"
    constants = {**CONSTANTS, **(TIME_STREAM_CONSTANTS if time_stream else {})}
    if name in constants:
        unit = unit or example_unit(constants[name].unit)
        value = "0.5" if constants[name].unit == "1" else f"1 {shown(unit, 20)}"
        return f"this is one number for the whole table; write it above the header as '# {name}: {value}'"
    if name == "time":
        return (
            "a time belongs beside a recorded current alone, which becomes a noise spectrum; "
            f"a line '# ignore: {name}' passes over it"
        )
    known = known_columns(time_stream=time_stream)
    if name.endswith("_err") and name.removesuffix("_err") in known:
        return (
            f"uncertainties are read of measured quantities only; remove it, or add a line '# ignore: {name}'"
        )
    close = suggestion(name, unit, known)
    columns = ", ".join(column for column in known if not column.endswith("_err"))
    columns += "" if time_stream else " and NAME_err"
    if close:
        return f"unknown column; did you mean '{close}'? Known: {columns}"
    return f"unknown column; a line '# ignore: {written}' passes over it. Known: {columns}"


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
