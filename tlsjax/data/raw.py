"""A table as its file has it: recognised columns in their written units, before any check of the numbers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.comments import Constant
from tlsjax.data.headings import Heading
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

Array = NDArray[np.float64]


def _none() -> NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class RawTable:
    """Columns in their written units.

    Attributes:
        headings: one a column.
        values: one array a column, all of length N; NaN where the cell is empty.
        source: file, for messages.
        header_line: 1-based line of the header; None where the file has no lines.
        lines: 1-based line of each row, shape (N,); empty where the file has no lines.
        rows: 1-based number of each row in the file, shape (N,); empty while none is left out.
        constants: by known name.
        notes: what the reader took for what.
        devices: rows of each device, ascending, by its name; empty where no column names devices.
        device: whose rows these are; empty where the file does not say.
        aside: columns that are passed over but for the rows that they choose, by heading.
        digest: SHA-256 of the file's bytes, hexadecimal.
    """

    headings: tuple[Heading, ...]
    values: tuple[Array, ...]
    source: str
    header_line: int | None = None
    lines: NDArray[np.int64] = field(default_factory=_none)
    rows: NDArray[np.int64] = field(default_factory=_none)
    constants: Mapping[str, Constant] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    devices: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    device: str = ""
    aside: Mapping[Heading, Array] = field(default_factory=dict)
    digest: str = ""

    def __len__(self) -> int:
        return len(self.values[0]) if self.values else 0

    @property
    def numbers(self) -> NDArray[np.int64]:
        """1-based line of each row, or its number in a file without lines, shape (N,)."""
        if len(self.lines):
            return self.lines
        return self.rows if len(self.rows) else np.arange(1, len(self) + 1)

    @property
    def counted(self) -> str:
        """What :attr:`numbers` count: ``line`` or ``row``."""
        return "line" if len(self.lines) else "row"

    def place(self, row: int) -> str:
        """Where a row stands in the file, such as ``line 7``."""
        return f"{self.counted} {self.numbers[row]}"

    def chosen(self, rows: NDArray[np.int64]) -> "RawTable":
        """The table of these rows, which is of one device or of a file that names none."""
        return replace(
            self,
            values=tuple(values[rows] for values in self.values),
            lines=self.lines[rows] if len(self.lines) else self.lines,
            rows=self.numbers[rows],
            aside={heading: values[rows] for heading, values in self.aside.items()},
        )

    def by_device(self, only: str | None = None) -> Iterator["RawTable"]:
        """One table a device, in order of appearance; the table itself where no column names devices.

        Args:
            only: device to keep; all where None.

        Raises:
            InputError: there is no such device.
        """
        if only is not None and only not in self.devices:
            has = f"; it has {self.devices_in_words()}" if self.devices else ": no column names devices"
            raise InputError(f"no device '{shown(only, 60)}'{has}", source=self.source)
        if not self.devices:
            yield self
        for name, rows in self.devices.items():
            if only in (None, name):
                yield replace(self.chosen(rows), devices={}, device=name)

    def devices_in_words(self) -> str:
        """Names of the devices, the first of many."""
        names = list(self.devices)
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        return ", ".join(names[:10]) + more

    def error(self, message: str, row: int | None = None, heading: Heading | None = None) -> InputError:
        """Error that says where: the row's line, or its number where the file has no lines."""
        line = None
        if row is not None and len(self.lines):
            line = int(self.lines[row])
        elif row is not None:
            message = f"{self.place(row)}: {message}"
        elif heading is not None:
            line = self.header_line
        return InputError(
            message, source=self.source, line=line, column=heading.written if heading is not None else None
        )
