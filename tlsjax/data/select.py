"""Which rows of a table are read, and to which run each belongs."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.aliases import accepted, plain_name
from tlsjax.data.columns import CONDITIONS
from tlsjax.data.compared import compared
from tlsjax.data.condition import Condition, parse_condition
from tlsjax.data.headings import Heading, known_columns, known_constants, split_written
from tlsjax.data.options import ReadOptions, places
from tlsjax.data.raw import RawTable
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

Rows = NDArray[np.bool_]

_RUN = CONDITIONS["run"].name


def select(raw: RawTable, options: ReadOptions) -> RawTable:
    """Rows of one device that fulfil every ``where``, with the number of the run of each.

    A condition compares a column or constant, by any name that a heading or a setting may have, or a heading
    as the file has it, or ``line`` (``row`` in a file without lines). It holds for no empty cell. Numbers are
    compared before anything is derived from them or checked; they need a unit, in the value or in the name,
    where the quantity has one.

    Args:
        raw: table of one device.
        options: of the file.

    Raises:
        InputError: a condition that cannot be read, an unknown name, no row left, a row of two runs, a run
            that the table states itself.
    """
    return _with_runs(_kept(raw, [parse_condition(text) for text in options.where]), options.run)


def aside(
    options: ReadOptions, cells: Sequence[str], passed_over: Collection[int], *, time_stream: bool
) -> dict[int, Heading]:
    """Columns that are passed over but needed to choose rows, by place.

    Args:
        options: of the file.
        cells: headings as written.
        passed_over: places of the columns that are not read.
        time_stream: the table is a recorded current against time.
    """
    known = {**known_columns(time_stream=time_stream), **known_constants(time_stream=time_stream)}
    found: dict[int, Heading] = {}
    conditions = [parse_condition(text) for text in options.where]
    conditions += [parse_condition(text, "--run") for text in options.run if text]
    for name in (condition.name for condition in conditions):
        exact = {form(name) for form in (str.strip, plain_name)}
        for place in places(name, cells):
            same = {cells[place].strip(), plain_name(cells[place])} & exact
            if place in passed_over and (same or accepted(*split_written(name), known)[0] is None):
                unit = split_written(cells[place])[1] or ""
                found[place] = Heading("", shown(" ".join(cells[place].split()), 60), unit)
    return found


def _kept(raw: RawTable, conditions: Sequence[Condition]) -> RawTable:
    if not conditions:
        return raw
    kept = np.ones(len(raw), dtype=np.bool_)
    for condition in conditions:
        column = compared(raw, condition)
        holds = column.holds()
        if not holds.any():
            raise raw.error(
                f"{_nothing(raw)} for which '{condition.text}' holds: {column.range()}{_remedy(raw)}"
            )
        kept &= holds
    said = " and ".join(condition.text for condition in conditions)
    if not kept.any():
        raise raw.error(f"{_nothing(raw)} for which '{said}' holds{_remedy(raw)}")
    note = f"kept {kept.sum()} of {len(raw)} rows: {said}"
    return replace(raw.chosen(np.flatnonzero(kept)), notes=(*raw.notes, note))


def _with_runs(raw: RawTable, conditions: Sequence[str]) -> RawTable:
    """A column ``run``: k where the k-th condition holds, 0 elsewhere."""
    if not any(conditions):
        return raw
    for heading in raw.headings:
        if heading.name == _RUN:
            how = f"leave --run out, or pass the column over: --column '{heading.written}='"
            raise raw.error(f"says which run a row is of, beside --run; {how}", heading=heading)
    if _RUN in raw.constants:
        constant = raw.constants[_RUN]
        message = f"run is {constant.text} for all rows, beside --run; keep one of the two"
        raise InputError(message, source=raw.source, line=constant.line)
    run = np.zeros(len(raw))
    notes = []
    for number, text in enumerate(conditions, 1):
        if not text:
            continue
        condition = parse_condition(text, "--run")
        holds = compared(raw, condition, "--run").holds()
        for row in np.flatnonzero(holds & (run > 0))[:1]:
            message = f"this row is of run {run[row]:.0f} and, by '{condition.text}', of run {number}"
            raise raw.error(f"{message}; each row is of one run", int(row))
        run[holds] = number
        notes.append(f"{_counted(int(holds.sum()))} of run {number}: {condition.text}")
    notes.append(f"{_counted(int((run == 0).sum()))} of run 0")
    return replace(
        raw,
        headings=(*raw.headings, Heading(_RUN, "--run", "")),
        values=(*raw.values, run),
        notes=(*raw.notes, "; ".join(notes)),
    )


def _nothing(raw: RawTable) -> str:
    return f"device '{raw.device}' has no row" if raw.device else "there is no row"


def _remedy(raw: RawTable) -> str:
    return "; leave it out by --only with the name of another" if raw.device else ""


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows or 'no'} rows"
