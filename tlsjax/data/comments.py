"""Comment lines of a table: constants such as ``# width: 2 um``, columns to pass over, free text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from tlsjax.data.aliases import plain_name
from tlsjax.data.headings import (
    is_time_stream,
    known_columns,
    known_constants,
    split_heading,
)
from tlsjax.errors import InputError
from tlsjax.unit_text import shown
from tlsjax.units import example_unit, parse_quantity

_NAMED = re.compile(r"(?P<name>[^:=]{1,80}?)\s*[:=]\s*(?P<text>.*)", re.DOTALL)
_NUMBER_AHEAD = re.compile(r"[+\-−]?[.,]?[0-9]")


@dataclass(frozen=True)
class Constant:
    """One number for the whole table: SI value, its text and where it stands, or that a user set it."""

    value: float
    text: str
    line: int | None = None
    is_set: bool = False


@dataclass
class Comments:
    """What the comment lines of one table say."""

    constants: dict[str, Constant] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)
    passed_over: list[str] = field(default_factory=list)


def read_comments(
    comments: Sequence[tuple[int, str]],
    *,
    source: str,
    headings: Sequence[str] = (),
    decimal_comma: bool | None = None,
) -> Comments:
    """Constants and instructions in comment lines.

    Args:
        comments: line number (1-based) and text, with or without the leading ``#``.
        source: file, for messages.
        headings: of the table as written; a recorded current has constants of its own.
        decimal_comma: as in :func:`tlsjax.units.parse_number`.

    Raises:
        InputError: a known name without a readable value, a nearly known name, a name given twice.
    """
    result = Comments()
    named = []
    for line, raw in comments:
        found = _NAMED.fullmatch(comment_text(raw))
        if found is not None and plain_name(found["name"]) == "ignore":
            names = re.split(r"[,;]", found["text"])
            result.ignored.update(plain_name(name) for name in names if name.strip())
        elif found is not None:
            named.append((line, found))
    time_stream = is_time_stream([(heading, None) for heading in headings], result.ignored)
    for line, found in named:
        if not add_constant(
            result.constants,
            found["name"],
            found["text"],
            source,
            line,
            time_stream=time_stream,
            decimal_comma=decimal_comma,
        ):
            result.passed_over.append(shown(found.group(), 60))
    return result


def comment_text(raw: str) -> str:
    """Comment without its mark, and without the quotes and delimiters that spreadsheets put around it."""
    return raw.strip().strip('"').rstrip(";,\t ").strip('"').lstrip("#").strip()


def add_constant(
    constants: dict[str, Constant],
    name: str,
    text: str,
    source: str,
    line: int | None = None,
    *,
    time_stream: bool = False,
    decimal_comma: bool | None = None,
) -> bool:
    """Add ``name: text`` to ``constants`` if it names one.

    Args:
        constants: those found so far.
        name: left of the colon.
        text: right of it.
        source: file, for messages.
        line: 1-based line in it.
        time_stream: the table is a recorded current against time.
        decimal_comma: as in :func:`tlsjax.units.parse_number`.

    Returns:
        whether it did; False for free text.

    Raises:
        InputError: see :func:`read_comments`.
    """
    plain, unit = split_heading(name)
    written = shown(f"{name.strip()}: {text.strip()}", 60)
    known = known_constants(time_stream=time_stream)
    if plain not in known:
        if _NUMBER_AHEAD.match(text.strip()):
            _refuse_near_miss(plain, written, known, source, line, time_stream)
        return False
    quantity = known[plain]
    if plain in constants:
        earlier = constants[plain]
        where = f"line {earlier.line}" if earlier.line else "another place"
        raise InputError(f"'{written}' stands twice, also in {where}; keep one", source=source, line=line)
    try:
        value = parse_quantity(
            f"{text.strip()} {unit or ''}".strip(), quantity.unit, decimal_comma=decimal_comma
        )
    except ValueError as error:
        if plain == "run":  # "run: cooldown of March" is somebody's note
            return False
        example = "0.5" if quantity.unit == "1" else f"50 {example_unit(quantity.unit)}"
        message = f"in '{written}': {error} (a line such as '# {plain}: {example}' sets it)"
        raise InputError(message, source=source, line=line) from None
    constants[plain] = Constant(value, shown(text.strip()), line)
    return True


def _refuse_near_miss(
    plain: str,
    written: str,
    known: Mapping[str, object],
    source: str,
    line: int | None,
    time_stream: bool,
) -> None:
    """A number under a name that is nearly known is a slip; words under it are somebody's note."""
    if plain in known_columns() and not time_stream:
        message = f"'{written}': {plain} is measured and needs a column of its own"
        raise InputError(message, source=source, line=line)
    close = get_close_matches(plain, known, n=1, cutoff=0.75)
    if close:
        message = f"'{written}' names no known constant; did you mean '{close[0]}'? Known: {', '.join(known)}"
        raise InputError(message, source=source, line=line)
