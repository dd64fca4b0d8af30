"""Headings that name nothing known, in one message: what each may mean, and how to go on without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlsjax.data.columns import CONSTANTS, TIME_STREAM_CONSTANTS
from tlsjax.data.suggestions import suggestion
from tlsjax.quantity import Quantity
from tlsjax.unit_text import shown
from tlsjax.units import example_unit


@dataclass(frozen=True)
class Unknown:
    """A heading that names nothing known: as written, its plain name, its unit and its place."""

    written: str
    name: str
    unit: str | None
    place: int


def unknown_message(unknown: Sequence[Unknown], known: Mapping[str, Quantity], time_stream: bool) -> str:
    """The first unknown column in words, the others in a list, and how to go on without them."""
    first = unknown[0]
    special = _special_message(first, known, time_stream)
    close = suggestion(first.name, first.unit, known)
    names = listed([one.written for one in unknown], 200)
    them = "it" if len(unknown) == 1 else "them"
    remedy = f"a line '# ignore: {names}' passes over {them}, or --column '{first.written}='"
    columns = ", ".join(column for column in known if not column.endswith("_err"))
    columns += "" if time_stream else " and NAME_err"
    if special:
        message = special
    elif close:
        message = f"unknown column; did you mean '{close}'? Known: {columns}; {remedy}"
    else:
        message = f"unknown column; {remedy}. Known: {columns}"
    if len(unknown) > 1:
        message += "; also unknown: " + listed([_unknown_too(one, known) for one in unknown[1:]], 300)
    return message


def _unknown_too(one: Unknown, known: Mapping[str, Quantity]) -> str:
    close = suggestion(one.name, one.unit, known)
    return f"'{one.written}' ({close}?)" if close else f"'{one.written}'"


def listed(words: Sequence[str], limit: int) -> str:
    """Words with commas, as many as fit."""
    kept: list[str] = []
    for word in words:
        if kept and sum(map(len, kept)) + len(word) > limit:
            return f"{', '.join(kept)} … and {len(words) - len(kept)} more"
        kept.append(word)
    return ", ".join(kept)


def _special_message(one: Unknown, known: Mapping[str, Quantity], time_stream: bool) -> str:
    """What to say of a heading that is known, but not as a column here; empty for others."""
    name, unit = one.name, one.unit
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
    if name.endswith("_err") and name.removesuffix("_err") in known:
        return (
            f"uncertainties are read of measured quantities only; remove it, or add a line '# ignore: {name}'"
        )
    return ""


def unknown_target(asked: str, name: str, unit: str | None, known: Mapping[str, Quantity]) -> str:
    """What to say where a column is given a name that is not known either."""
    close = suggestion(name, unit, known)
    hint = f"; did you mean '{close}'?" if close else "."
    columns = ", ".join(known)
    return f"is to be read as '{shown(asked.strip())}', which is unknown{hint} Known: {columns} and device"
