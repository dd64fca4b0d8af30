"""Text tables: comma, semicolon, tab or blanks between cells; header, comments and rows told apart."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.cells import Body, cells_of, is_word, read_numbers
from tlsjax.data.comments import comment_text, read_comments
from tlsjax.data.decode import decode
from tlsjax.data.device_names import columns_of_words, is_device_name, rows_of_devices
from tlsjax.data.headings import is_known, is_time_stream, known_columns, read_headings, split_heading
from tlsjax.data.options import ReadOptions, asked_headings, set_constants, with_settings
from tlsjax.data.raw import RawTable
from tlsjax.data.select import aside
from tlsjax.errors import InputError
from tlsjax.unit_text import shown
from tlsjax.units import parse_number

MAX_LINES = 5_000_000
_MAX_HEADER = 20_000
_BLANK = " \t,;\x0b\x0c"
_DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "": "blanks"}
_HEADING_AMONG_BLANKS = re.compile(r"[^\s\[(]+(?:\s*(?:\[[^\]]*\]|\([^)]*\)))?")


@dataclass(frozen=True)
class _Layout:
    """Lines by what they are: index of the header and of the rows, comments with their line."""

    header: int
    rows: tuple[int, ...]
    comments: tuple[tuple[int, str], ...]
    delimiter: str | None = None


def read_text_table(data: bytes, source: str, options: ReadOptions | None = None) -> RawTable:
    """Table in the bytes of a text file.

    Args:
        data: of the file.
        source: file, for messages.
        options: what is known of it beside; nothing where None.

    Raises:
        InputError: whatever keeps it from being read, with line and column.
    """
    text, notes = decode(data, source)
    if not text.strip():
        raise InputError(
            "the file is empty; its first line should read such as 'frequency [GHz],loss'", source=source
        )
    if text.count("\n") > MAX_LINES:
        message = f"more than {MAX_LINES} lines; average the points or split the file"
        raise InputError(message, source=source)
    lines = text.split("\n")
    layout = _lay_out(lines, source)
    options = options or ReadOptions()
    cells, delimiter, layout = _header(lines, layout, source, options.header)
    header_line = None if options.header is not None else layout.header + 1
    asked = asked_headings(options, cells, source, header_line)
    effective = [asked.get(place, cell) for place, cell in enumerate(cells) if asked.get(place) != ""]
    comments = read_comments(
        layout.comments,
        source=source,
        headings=effective,
        decimal_comma=_marks(lines, layout, delimiter),
    )
    time_stream = is_time_stream([(heading, None) for heading in effective], comments.ignored)
    settings = set_constants(options, source, time_stream=time_stream)
    constants, replaced = with_settings(comments.constants, settings)
    rows = [lines[index] for index in layout.rows]
    columns = read_headings(
        [(cell, None) for cell in cells],
        source=source,
        line=header_line,
        ignored=comments.ignored,
        asked=asked,
        fixed={name: constant.text for name, constant in settings.items()},
        words=columns_of_words(rows, delimiter, len(cells)),
    )
    unread = {p for p, heading in enumerate(columns.headings) if heading is None and p != columns.devices}
    beside = aside(options, cells, unread, time_stream=time_stream)
    body = Body(
        rows=rows,
        lines=np.array(layout.rows, dtype=np.int64) + 1,
        delimiter=delimiter,
        columns=[shown(" ".join(cell.split()), 60) for cell in cells],
        kept=[p for p, heading in enumerate(columns.headings) if heading is not None or p in beside],
        source=source,
    )
    if not body.rows:
        raise InputError("only a header; the rows of the table are missing", source=source, line=header_line)
    numbers, decimal_comma = read_numbers(body)
    values = dict(zip(body.kept, numbers, strict=True))
    read_as = f"cells separated by {_DELIMITER_NAMES[delimiter]}" + (
        ", decimal commas" if decimal_comma else ""
    )
    free_text = (
        f"comment '{comment}' names no known constant and was passed over" for comment in comments.passed_over
    )
    return RawTable(
        headings=tuple(heading for heading in columns.headings if heading is not None),
        values=tuple(values[place] for place in body.kept if place not in beside),
        source=source,
        header_line=header_line,
        lines=body.lines,
        constants=constants,
        notes=(*notes, read_as, *columns.notes, *replaced, *free_text),
        devices=_devices(body, columns.devices, asked),
        aside={heading: values[place] for place, heading in beside.items()},
    )


def _devices(body: Body, column: int | None, asked: Mapping[int, str]) -> Mapping[str, NDArray[np.int64]]:
    """Rows of each device; none where no column names them."""
    if column is None:
        return {}
    written = body.columns[column]

    def error(message: str, row: int | None) -> InputError:
        if row is None:
            return InputError(message, source=body.source, column=written)
        return body.error(message, row, column)

    sure = column in asked or is_device_name(split_heading(written)[0])
    return rows_of_devices(_names(body, column), written, error, sure=sure)


def _names(body: Body, column: int) -> Iterator[tuple[int, str]]:
    """Row and name of the device in it."""
    for row, text in enumerate(body.rows):
        # what raises here is said with its line when the numbers are read
        with suppress(ValueError, IndexError):
            yield row, cells_of(text, body.delimiter)[column]


def _lay_out(lines: list[str], source: str) -> _Layout:
    delimiter = None
    start = 0
    directive = re.fullmatch(r'\s*"?sep=(.)"?\s*', lines[0])
    if directive is not None and directive[1] in _DELIMITER_NAMES:
        delimiter, start = directive[1], 1  # a spreadsheet's own first line
    filled = [index for index in range(start, len(lines)) if lines[index].strip(_BLANK)]
    marked = [index for index in filled if "#" in lines[index]]
    comments = [(index + 1, lines[index]) for index in marked if lines[index].lstrip(' \t"').startswith("#")]
    commented = {line - 1 for line, _ in comments}
    rest = [index for index in filled if index not in commented] if commented else filled
    if not rest:
        message = "only comments; a header such as 'frequency [GHz],loss' and rows are missing"
        raise InputError(message, source=source)
    return _Layout(rest[0], tuple(rest[1:]), tuple(comments), delimiter)


def _header(
    lines: list[str], layout: _Layout, source: str, given: str | None
) -> tuple[list[str], str, _Layout]:
    """Cells of the header and the delimiter; a header behind '#', as numpy writes it, is found too."""
    line = lines[layout.header]
    if len(line) > _MAX_HEADER:
        message = f"a header of {len(line)} characters; is this a table?"
        raise InputError(message, source=source, line=layout.header + 1)
    delimiter = _sniff(line) if layout.delimiter is None else layout.delimiter
    if given is not None:
        return _given_header(given, line, layout, delimiter, source)
    if _all_numbers(line, delimiter):
        for number, raw in reversed([comment for comment in layout.comments if comment[0] <= layout.header]):
            text = comment_text(raw)[:_MAX_HEADER]
            if _is_header(_split_header(text, _sniff(text), line), len(cells_of(line, delimiter))):
                comments = tuple(comment for comment in layout.comments if comment[0] != number)
                found = replace(
                    layout, header=number - 1, rows=(layout.header, *layout.rows), comments=comments
                )
                return _split_header(text, _sniff(text), line), _sniff(line), found
        message = (
            "a number where the header belongs; put a line such as 'frequency [GHz],loss', or "
            "'time [s],current [A]' for a recorded current, above the numbers (or give it as --header)"
        )
        raise InputError(message, source=source, line=layout.header + 1)
    first = lines[layout.rows[0]] if layout.rows else ""
    try:
        cells = _split_header(line, delimiter, first)
    except ValueError as error:
        raise InputError(str(error), source=source, line=layout.header + 1) from None
    return cells, delimiter, layout


def _is_header(cells: list[str], width: int) -> bool:
    """Whether words above numbers are headings: one by a known name, or two and as many as numbers."""
    known = {**known_columns(), **known_columns(time_stream=True)}
    if {split_heading(cell)[0] for cell in cells} & (known.keys() - {"run"}):  # a word of many a remark
        return True
    return len(cells) == width and sum(is_known(cell, known) for cell in cells) >= 2


def _given_header(
    given: str, first: str, layout: _Layout, delimiter: str, source: str
) -> tuple[list[str], str, _Layout]:
    """Cells of a header that the user gives to a file without one."""
    try:
        has_header = all(is_word(cell) for cell in cells_of(first, delimiter) if cell)
        cells = _split_header(given, _sniff(given), first)
    except ValueError as error:
        raise InputError(f"header '{shown(given, 60)}': {error}", source=source) from None
    if has_header:
        message = f"has the header '{shown(first, 60)}'; leave --header out, or name its columns by --column"
        raise InputError(message, source=source, line=layout.header + 1)
    if not cells:
        raise InputError("the header given is empty; write such as 'time [s],current [A]'", source=source)
    return cells, delimiter, replace(layout, rows=(layout.header, *layout.rows))


def _sniff(line: str) -> str:
    return next((mark for mark in ("\t", ";", ",") if mark in line), "")


def _split_header(line: str, delimiter: str, first_row: str) -> list[str]:
    if delimiter:
        cells = cells_of(line, delimiter)
        while cells and not cells[-1]:
            cells.pop()
        return cells
    cells = _HEADING_AMONG_BLANKS.findall(line.replace('"', " "))
    spaced = re.split(r"\s{2,}", line.strip())
    return spaced if len(spaced) == len(first_row.split()) != len(cells) else cells


def _all_numbers(line: str, delimiter: str) -> bool:
    try:
        cells = [cell for cell in cells_of(line, delimiter) if cell]
        for cell in cells:
            parse_number(cell, True if delimiter != "," else None)
    except ValueError:
        return False
    return bool(cells)


def _marks(lines: list[str], layout: _Layout, delimiter: str) -> bool | None:
    """Whether constants are written with decimal commas: yes if the rows surely are."""
    return True if delimiter != "," and any("," in lines[index] for index in layout.rows[:1000]) else None
