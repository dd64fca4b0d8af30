"""The column of a table that names the device of each row."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.cells import cells_of, is_word
from tlsjax.data.unknown import Unknown
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

_NAMES = frozenset({"res", "resonator", "device", "sample", "chip", "name", "id", "label"})
_FIRST_ROWS = 20
_MAX_LENGTH = 60
_MANY = 3
"""Rows a device at least, where no heading says that words are names: a time of day differs in every row."""


def columns_of_words(rows: Sequence[str], delimiter: str, width: int) -> frozenset[int]:
    """Places of the columns whose first rows hold words only."""
    words: set[int] = set()
    others: set[int] = set()
    for row in rows[:_FIRST_ROWS]:
        try:
            cells = cells_of(row, delimiter)
        except ValueError:
            continue  # said with its line when the rows are read
        for place, cell in enumerate(cells[:width]):
            if cell:
                (words if is_word(cell) else others).add(place)
    return frozenset(words - others)


def column_of_devices(
    asked: Sequence[int], unknown: Sequence[Unknown], words: Collection[int], source: str, line: int | None
) -> tuple[int | None, list[Unknown]]:
    """The column that names devices: as asked, one that says so, or the only one of words.

    Args:
        asked: places of the columns that are said to name devices.
        unknown: headings that name nothing known.
        words: places of the columns that hold words.
        source: file, for messages.
        line: line of the header.

    Returns:
        its place, or None; and what stays unknown.

    Raises:
        InputError: several columns say so.
    """
    of_words = [one for one in unknown if one.place in words]
    named = [one for one in of_words if one.name in _NAMES]
    if len(asked) > 1 or (not asked and len(named) > 1):
        columns = ", ".join(f"'{one.written}'" for one in named[:8])
        how = f"; keep one (--column '{named[0].written}=' passes over the first)" if named else ""
        raise InputError(
            f"several columns name devices: {columns or len(asked)}{how}", source=source, line=line
        )
    chosen = [*asked, *(one.place for one in named), *(one.place for one in of_words if len(of_words) == 1)][
        :1
    ]
    return (chosen[0] if chosen else None), [one for one in unknown if one.place not in chosen]


def rows_of_devices(
    names: Iterable[tuple[int, str]],
    written: str,
    error: Callable[[str, int | None], InputError],
    *,
    sure: bool,
) -> Mapping[str, NDArray[np.int64]]:
    """Rows of each device, ascending, by its name in the order of appearance.

    Args:
        names: row and name, for every row that has one to read.
        written: heading of the names.
        error: makes an error of a message and the row that it is about.
        sure: the heading, or the user, says that they are names of devices.

    Raises:
        InputError: an empty or overlong name; words that differ from row to row and may be anything.
    """
    rows: dict[str, list[int]] = {}
    count = 0
    for row, name in names:
        count += 1
        if not name:
            how = f"fill it, or pass the column over: --column '{written}='"
            raise error(f"an empty name of a device; {how}", row)
        if len(name) > _MAX_LENGTH:
            raise error(f"a name of {len(name)} characters; a device has at most {_MAX_LENGTH}", row)
        rows.setdefault(shown(name, _MAX_LENGTH), []).append(row)
    if not sure and _MANY * len(rows) > count:
        message = (
            f"holds words, another in nearly every row; a line '# ignore: {written}' passes over it, or "
            f"--column '{written}='; if they name devices, --column '{written}=device'"
        )
        raise error(message, None)
    return {name: np.array(places, dtype=np.int64) for name, places in rows.items()}


def is_device_name(name: str) -> bool:
    """Whether a plain name says by itself that its column names devices."""
    return name in _NAMES
