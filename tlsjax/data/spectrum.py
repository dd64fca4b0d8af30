"""One table of measured points, in SI units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS, MEASURED
from tlsjax.data.options import ReadOptions

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Measured points of one file, with the conditions they were taken under.

    Attributes:
        columns: arrays of one length N by name, SI units: conditions, measured quantities, their
            uncertainties under ``NAME_err`` and ``averages``; or ``time`` and ``current`` of a simulated
            record. A point that was not measured is NaN in its measured column; conditions are never NaN.
        constants: numbers that hold for every row, SI units, by name.
        source: where it came from, for messages and reports.
        lines: for each row its 1-based line in the source, shape (N,).
        notes: what the reader took for what, in words.
        device: which of the devices that the source names; empty where it names none.
        written: heading of each column, and place of each constant, as the source has it, by name.
        digest: SHA-256 of the file's bytes, hexadecimal; empty where it was read from none.
        options: what was known of the file beside what it says.
    """

    columns: Mapping[str, Array]
    constants: Mapping[str, float] = field(default_factory=dict)
    source: str = "data"
    lines: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    notes: tuple[str, ...] = ()
    device: str = ""
    written: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    options: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        if not len(self.lines):
            object.__setattr__(self, "lines", np.arange(1, len(self) + 1))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the measured quantities in this table, in the order of :data:`MEASURED`."""
        return tuple(name for name in MEASURED if name in self.columns)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions that vary by row or stand as a constant."""
        return tuple(name for name in CONDITIONS if name in self.columns or name in self.constants)

    def rows(self, kept: NDArray[np.bool_]) -> "Spectrum":
        """The table of the kept rows alone."""
        columns = {name: values[kept] for name, values in self.columns.items()}
        return replace(self, columns=columns, lines=self.lines[kept])

    def measuring(self, names: Sequence[str]) -> "Spectrum":
        """The table with no other measured quantity than these, as far as it has them."""
        gone = {one for name in self.measured if name not in names for one in (name, f"{name}_err")}
        return replace(self, columns={name: x for name, x in self.columns.items() if name not in gone})

    def condition(self, name: str) -> Array | None:
        """One value a row of a condition, shape (N,), SI units; None where the table does not say."""
        if name in self.columns:
            return self.columns[name]
        if name in self.constants:
            return np.full(len(self), self.constants[name])
        return None
