"""Rows of text to arrays of floats: fast where all is well, and with line and column where it is not."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlsjax.errors import InputError
from tlsjax.unit_text import shown
from tlsjax.units import parse_number

Array = NDArray[np.float64]

_CHUNK = 50_000
_NUMBER_BYTES = b"0123456789.,+-eE \n;\t"
_EMPTY = {
    "nan",
    "+nan",
    "-nan",
    "na",
    "n/a",
    "null",
    "none",
    "inf",
    "+inf",
    "-inf",
    "infinity",
    "-infinity",
    "#n/a",
}


@dataclass(frozen=True)
class Body:
    """Rows below a header.

    Attributes:
        rows: text of each row.
        lines: 1-based line of each row, shape (N,).
        delimiter: character between cells; empty for runs of blanks.
        columns: heading of each column as written.
        kept: which columns hold numbers; the others may hold anything.
        source: file, for messages.
    """

    rows: Sequence[str]
    lines: NDArray[np.int64]
    delimiter: str
    columns: Sequence[str]
    kept: Sequence[int]
    source: str

    def error(self, message: str, row: int, column: int | None = None) -> InputError:
        """Error at a row and, if known, a column."""
        written = None if column is None else self.columns[column]
        return InputError(message, source=self.source, line=int(self.lines[row]), column=written)


def cells_of(row: str, delimiter: str) -> list[str]:
    """Cells of one row, quotes taken off.

    Raises:
        ValueError: a quotation mark that does not close.
    """
    if not delimiter:
        return row.replace('"', " ").split()
    if '"' not in row:
        return [cell.strip() for cell in row.split(delimiter)]
    try:
        cells = next(csv.reader([row], delimiter=delimiter, strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration):
        raise ValueError("a quotation mark has no partner") from None
    return [cell.strip() for cell in cells]


def is_word(cell: str) -> bool:
    """Whether a cell holds text that is neither empty nor a number nor stands for one."""
    if not cell or cell.casefold() in _EMPTY:
        return False
    try:
        parse_number(cell, True)
    except ValueError as error:
        return "too large" not in str(error) and "thousands" not in str(error)
    return False


def read_numbers(body: Body) -> tuple[tuple[Array, ...], bool]:
    """Arrays of the kept columns, NaN where a cell is empty, and whether a comma is the decimal mark.

    Raises:
        InputError: a row of another length, text where a number belongs, decimal points and commas mixed.
    """
    # Python's float() in chunks, not a csv library: correctly rounded, strict, the same in every version
    width = len(body.columns)
    decimal_comma = body.delimiter != "," and any("," in row for row in body.rows)
    if decimal_comma and len(body.kept) < width:
        decimal_comma = _has_comma(body)
    table = np.empty((len(body.rows), len(body.kept)))
    for start in range(0, len(body.rows), _CHUNK):
        numbers = _fast(body, start, decimal_comma) if len(body.kept) == width else None
        if numbers is None:
            numbers = _careful(body, start, decimal_comma)
        table[start : start + _CHUNK] = numbers
    return tuple(np.ascontiguousarray(table[:, place]) for place in range(len(body.kept))), decimal_comma


def _has_comma(body: Body) -> bool:
    """Whether a comma stands in a column that is read; in words it is no decimal mark."""
    for row in body.rows:
        if "," in row:
            try:
                cells = cells_of(row, body.delimiter)
            except ValueError:
                continue  # said with its line when the row is read
            if any("," in cells[column] for column in body.kept if column < len(cells)):
                return True
    return False


def _fast(body: Body, start: int, decimal_comma: bool) -> Array | None:
    """Numbers of one chunk, or None where anything in it is out of the ordinary."""
    rows, width = body.rows[start : start + _CHUNK], len(body.columns)
    if body.delimiter:
        if any(row.count(body.delimiter) != width - 1 for row in rows):
            return None
    elif any(len(row.split()) != width for row in rows):
        return None
    text = "\n".join(rows)
    if not text.isascii() or text.encode("ascii").translate(None, _NUMBER_BYTES):
        return None
    if decimal_comma:
        if "." in text:
            return None
        text = text.replace(",", ".")
    cells = text.replace("\n", body.delimiter).split(body.delimiter) if body.delimiter else text.split()
    try:
        numbers = np.array(list(map(float, cells)))
    except ValueError:
        try:
            numbers = np.array([float(cell) if cell and not cell.isspace() else np.nan for cell in cells])
        except ValueError:
            return None
    return None if np.isinf(numbers).any() else numbers.reshape(-1, width)


def _careful(body: Body, start: int, decimal_comma: bool) -> Array:
    """Numbers of one chunk, cell by cell."""
    result = np.empty((len(body.rows[start : start + _CHUNK]), len(body.kept)))
    for offset, text in enumerate(body.rows[start : start + _CHUNK]):
        row = start + offset
        cells = _checked_cells(body, row, text)
        for place, column in enumerate(body.kept):
            cell = cells[column]
            if not cell:
                result[offset, place] = np.nan
                continue
            if decimal_comma and "." in cell and "," not in cell:
                raise _mixed_marks(body, row, column, cell)
            try:
                result[offset, place] = parse_number(cell, decimal_comma)
            except ValueError as error:
                raise body.error(_cell_message(cell, str(error), body.delimiter), row, column) from None
    return result


def _checked_cells(body: Body, row: int, text: str) -> list[str]:
    try:
        cells = cells_of(text, body.delimiter)
    except ValueError as error:
        raise body.error(str(error), row) from None
    width = len(body.columns)
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    if len(cells) == width:
        return cells
    hint = ""
    if body.delimiter == "," and len(cells) > width:
        hint = "; if the comma is the decimal mark, put ';' or a tab between the cells"
    elif not body.delimiter and len(cells) < width:
        hint = "; an empty cell needs a delimiter: put ',' or a tab between the cells"
    counted = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
    raise body.error(f"{counted} where the header has {width}{hint}", row)


def _cell_message(cell: str, why: str, delimiter: str) -> str:
    if cell.casefold() in _EMPTY:
        return f"found '{shown(cell)}'; leave the cell empty if the point was not measured"
    if "#" in cell:
        return f"found '{shown(cell)}'; a comment needs a line of its own that starts with '#'"
    if "," in cell and delimiter == ",":
        return f"found '{shown(cell)}'; with commas between the cells write decimal points"
    if "thousands" in why or "too large" in why:
        return f"found {why}"
    return f"found '{shown(cell)}'; write a number, or leave the cell empty if the point was not measured"


def _mixed_marks(body: Body, row: int, column: int, cell: str) -> InputError:
    other = next(index for index, text in enumerate(body.rows) if "," in text)
    message = (
        f"found '{shown(cell)}' with a decimal point, and a decimal comma in line {int(body.lines[other])}; "
        "write the whole file with one of them"
    )
    return body.error(message, row, column)
