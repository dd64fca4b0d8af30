"""What a user says about a file beside what the file says itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from tlsjax.data.aliases import accepted, plain_name
from tlsjax.data.columns import RESONANCE_FREQUENCY
from tlsjax.data.comments import Constant
from tlsjax.data.headings import TWIN, known_columns, known_constants, split_heading, split_written
from tlsjax.data.unknown import listed
from tlsjax.errors import InputError
from tlsjax.unit_text import shown
from tlsjax.units import example_unit, parse_quantity

_UNIT_BEHIND = re.compile(r"\s*[+\-−]?[0-9.,]+(?:[eE][+\-−]?[0-9]+)?\s*(?P<unit>.*)", re.DOTALL)


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file that does not say everything, or says it otherwise.

    Attributes:
        constants: value with unit by name, such as ``{"power": "-160 dBm"}``; each goes before a column and a
            comment of the same meaning.
        columns: heading to read instead, such as ``{"Q1": "quality_factor", "P": "power [dBm]"}``, by heading
            as written; ``"device"`` for a column that names devices, ``""`` for one to pass over.
        header: headings of a text file that has none, such as ``"time [s],current [A]"``.
        only: the one device to read, of a file with several.
        where: conditions that every row to read fulfils, each such as ``"temperature < 1.3 K"``
            (:func:`tlsjax.data.select.select`).
        run: conditions of the rows that belong to run 1, 2 …, all others being of run 0; an empty one for a
            run that this table has no rows of.
    """

    constants: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    header: str | None = None
    only: str | None = None
    where: tuple[str, ...] = ()
    run: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("where", "run"):
            given: str | tuple[str, ...] = getattr(self, name)
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))


def set_constants(options: ReadOptions, source: str, *, time_stream: bool = False) -> dict[str, Constant]:
    """Constants that the options set, by known name, SI units.

    Args:
        options: of the file.
        source: file, for messages.
        time_stream: the table is a recorded current against time.

    Raises:
        InputError: an unknown name, an unreadable value, the same constant twice.
    """
    result: dict[str, Constant] = {}
    known = known_constants(time_stream=time_stream)
    for written, text in options.constants.items():
        setting = shown(f"{written.strip()}={text.strip()}", 80)
        name = constant_name(written, text, time_stream)
        if name not in known:
            raise InputError(f"setting '{setting}': {_no_constant(name, time_stream)}", source=source)
        if name in result:
            raise InputError(f"setting '{setting}': {name} is set twice; keep one", source=source)
        unit = split_heading(written)[1]
        try:
            value = parse_quantity(f"{text.strip()} {unit or ''}".strip(), known[name].unit)
        except ValueError as error:
            example = "0.5" if known[name].unit == "1" else f"50 {example_unit(known[name].unit)}"
            message = f"setting '{setting}': {error} (write such as {name}='{example}')"
            raise InputError(message, source=source) from None
        result[name] = Constant(value, shown(f"{text.strip()} {unit or ''}".strip()), is_set=True)
    return result


def with_settings(
    constants: Mapping[str, Constant], settings: Mapping[str, Constant]
) -> tuple[dict[str, Constant], list[str]]:
    """Constants of a file with what is set in place of theirs, and notes on these."""
    kept, notes = dict(constants), []
    for name, setting in settings.items():
        for given in (name, TWIN.get(name, name)):
            if given in kept and not kept[given].is_set:
                constant = kept.pop(given)
                where = f" in line {constant.line}" if constant.line else ""
                notes.append(
                    f"'{given}: {constant.text}'{where} passed over: {name} is set to {setting.text}"
                )
        kept[name] = setting
    return kept, notes


def asked_headings(
    options: ReadOptions, cells: Sequence[str], source: str, line: int | None = None
) -> dict[int, str]:
    """What to read instead of a heading, by its place.

    Args:
        options: of the file.
        cells: headings as written.
        source: file, for messages.
        line: line of the header.

    Raises:
        InputError: a heading that the file does not have.
    """
    asked: dict[int, str] = {}
    for written, instead in options.columns.items():
        found = places(written, cells)
        if not found:
            has = listed([f"'{shown(' '.join(cell.split()), 60)}'" for cell in cells], 400)
            message = f"no column '{shown(written, 60)}' to read as '{shown(instead, 60)}'; it has {has}"
            raise InputError(message, source=source, line=line)
        asked.update(dict.fromkeys(found, instead.strip()))
    return asked


def places(written: str, cells: Sequence[str]) -> list[int]:
    """Where a heading stands: letter by letter, else by its plain name."""
    for form in (lambda text: " ".join(text.split()), plain_name):
        found = [place for place, cell in enumerate(cells) if form(cell) == form(written)]
        if found:
            return found
    return [place for place, cell in enumerate(cells) if split_heading(cell)[0] == plain_name(written)]


def constant_name(written: str, text: str, time_stream: bool) -> str:
    """Known constant that a setting means, or its plain name; one letter means something by its unit."""
    raw, unit = split_written(written)
    known = {**known_constants(time_stream=time_stream), RESONANCE_FREQUENCY.name: RESONANCE_FREQUENCY}
    if unit is None:
        behind = _UNIT_BEHIND.fullmatch(text)
        unit = behind["unit"].strip() if behind else None
    name = accepted(raw, unit or None, known)[0] or plain_name(raw)
    return "frequency" if name == RESONANCE_FREQUENCY.name else name


def _no_constant(name: str, time_stream: bool) -> str:
    if name in known_columns(time_stream=time_stream):
        return f"{name} is measured and needs a column of its own"
    known = known_constants(time_stream=time_stream)
    close = get_close_matches(name[:60], known, n=1, cutoff=0.6)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"no such constant; {hint}Known: {', '.join(known)}"
