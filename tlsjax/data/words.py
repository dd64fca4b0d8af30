"""What a user says about tables in words, on a command line or in a model file, as options of each table."""

import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsjax.data.aliases import plain_name
from tlsjax.data.condition import parse_condition
from tlsjax.data.headings import known_constants
from tlsjax.data.options import ReadOptions, constant_name
from tlsjax.data.unknown import listed
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

_Parse = Callable[[str, str, Collection[str]], tuple[str, str, str]]
_FILE_AHEAD = re.compile(r"(?P<file>[^:]*\.[A-Za-z][A-Za-z0-9]{1,5}):")


@dataclass(frozen=True)
class Words:
    """How to read tables, as a user writes it; ``FILE:`` ahead concerns the table of that name alone.

    Attributes:
        settings: each ``NAME=VALUE``; of one name, what is said of the file goes first.
        columns: each ``WRITTEN=NAME [UNIT]``, or ``WRITTEN=`` to pass over; likewise.
        where: conditions that every row to read fulfils, each ``NAME OP VALUE [UNIT]``.
        run: conditions of the rows of run 1, 2 …, in this order over all tables.
        header: headings of text files that have none.
        only: the one device to read.
    """

    settings: Sequence[str] = ()
    columns: Sequence[str] = ()
    where: Sequence[str] = ()
    run: Sequence[str] = ()
    header: str | None = None
    only: str | None = None


def options_for(
    path: str | os.PathLike[str],
    settings: Sequence[str] = (),
    columns: Sequence[str] = (),
    *,
    tables: Sequence[str | os.PathLike[str]] = (),
    header: str | None = None,
    only: str | None = None,
    where: Sequence[str] = (),
    run: Sequence[str] = (),
    lab: Words | None = None,
) -> ReadOptions:
    """Options of one of several tables, from words such as a command line has.

    Args:
        path: the table.
        settings: as in :class:`Words`.
        columns: as in :class:`Words`.
        tables: all tables; ``FILE`` is the name of one of them without its folder.
        header: as in :class:`Words`.
        only: as in :class:`Words`.
        where: as in :class:`Words`.
        run: as in :class:`Words`.
        lab: what a lab says of all its tables, also of others than these. Everything else here goes before
            it: settings and columns name by name, the rest as a whole.

    Raises:
        InputError: words of another form, a ``FILE`` that is none of the tables, the same twice.
    """
    files = [Path(one).name for one in (path, *tables)]
    known, wide = _Files(Path(path).name, files), _Files(Path(path).name, files, forgiving=True)
    lab = lab or Words()
    constants = wide.sides(lab.settings, _setting) | known.sides(settings, _setting)
    mapping = wide.sides(lab.columns, _column) | known.sides(columns, _column)
    kept = known.conditions(where, "--where") if where else wide.conditions(lab.where, "where")
    return ReadOptions(
        dict(constants.values()),
        dict(mapping.values()),
        lab.header if header is None else header,
        lab.only if only is None else only,
        tuple(filter(None, kept)),
        known.conditions(run, "--run") if run else wide.conditions(lab.run, "run"),
    )


@dataclass(frozen=True)
class _Files:
    """Which words concern one of several tables.

    Attributes:
        own: name of the table's file.
        names: of all tables' files.
        forgiving: whether words may name files that are none of them.
    """

    own: str
    names: Collection[str]
    forgiving: bool = False

    def split(self, text: str) -> tuple[str | None, str]:
        """The file that words concern, None for all, and the words without it."""
        # longest first: one file's name may begin another's
        for file in sorted(self.names, key=len, reverse=True):
            if text.startswith(f"{file}:"):
                return file, text[len(file) + 1 :]
        elsewhere = _FILE_AHEAD.match(text) if self.forgiving else None
        return (None, text) if elsewhere is None else (elsewhere["file"], text[elsewhere.end() :])

    def conditions(self, texts: Sequence[str], option: str) -> tuple[str, ...]:
        """Conditions without a file's name ahead; empty what concerns another file."""
        result = []
        for text in texts:
            file, condition = self.split(text)
            parse_condition(condition, option)
            result.append(condition.strip() if file in (None, self.own) else "")
        return tuple(result)

    def sides(self, texts: Sequence[str], parse: _Parse) -> dict[str, tuple[str, str]]:
        """Left and right side of what holds for this file, by its meaning; what names the file goes first."""
        general: dict[str, tuple[str, str]] = {}
        own: dict[str, tuple[str, str]] = {}
        for text in texts:
            file, rest = self.split(text)
            meaning, left, right = parse(text, rest, self.names)
            if file not in (None, self.own):
                continue
            among = general if file is None else own
            if meaning in among:
                raise InputError(f"'{shown(text, 80)}': {shown(meaning)} is given twice; keep one")
            among[meaning] = (left, right)
        return {**general, **own}


def _setting(whole: str, text: str, files: Collection[str]) -> tuple[str, str, str]:
    left, equals, right = text.partition("=")
    file, colon, _ = left.rpartition(":")
    if colon:
        there = listed(sorted({shown(one, 60) for one in files}), 200)
        raise InputError(f"--set '{shown(whole, 80)}': no table is named '{shown(file, 60)}', but {there}")
    if not (equals and left.strip() and right.strip()):
        how = "write NAME=VALUE such as power='-90 dBm', or FILE:NAME=VALUE for one table"
        raise InputError(f"--set '{shown(whole, 80)}': {how}")
    stream = constant_name(left, right, True)
    name = stream if stream in known_constants(time_stream=True) else constant_name(left, right, False)
    return name, left.strip(), right.strip()


def _column(whole: str, text: str, files: Collection[str]) -> tuple[str, str, str]:
    left, equals, right = text.rpartition("=")
    if not (equals and left.strip()):
        how = "write WRITTEN='NAME [UNIT]', or WRITTEN= to pass over the column"
        raise InputError(f"--column '{shown(whole, 80)}': {how}")
    return plain_name(left), left.strip(), right.strip()
