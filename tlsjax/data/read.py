"""Reading a measured table from a file."""

import os
import stat
from difflib import get_close_matches
from pathlib import Path

from tlsjax.data.assemble import assemble
from tlsjax.data.csv_table import read_text_table
from tlsjax.data.decode import is_scientific
from tlsjax.data.netcdf import read_netcdf
from tlsjax.data.raw import RawTable
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

MAX_BYTES = 100_000_000
MAX_SCIENTIFIC_BYTES = 400_000_000
_SCIENTIFIC_ENDINGS = (".nc", ".nc4", ".cdf", ".h5", ".hdf5")


def read(path: str | os.PathLike[str]) -> Spectrum:
    """Read a table: CSV, TSV, semicolons or blanks; NetCDF and HDF5 by their ending.

    A recorded ``current`` against ``time`` is read as the noise spectrum that it has
    (:func:`tlsjax.data.time_stream.noise_table`).

    Args:
        path: the file. Header ``name [unit]``, constants as ``# name: value unit``; the names are in
            ``tlsjax.data.columns``.

    Returns:
        the table in SI units; its ``notes`` say what was taken for what.

    Raises:
        InputError: anything that keeps the file from being read, with file, line, column and remedy.
    """
    source = shown(os.fsdecode(path), 300)
    size = _checked_size(path, source)
    named_so = os.fsdecode(path).casefold().endswith(_SCIENTIFIC_ENDINGS)
    limit = MAX_SCIENTIFIC_BYTES if named_so else MAX_BYTES
    if size > limit:
        message = f"{size / 1e6:.0f} MB, more than the {limit // 10**6} MB that are read; average the points"
        instead = "" if named_so else f", or save it as NetCDF, of which {MAX_SCIENTIFIC_BYTES // 10**6} are"
        raise InputError(f"{message} or split the file{instead}", source=source)
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            scientific = is_scientific(start)
            if not named_so:
                return _spectrum(read_text_table(start + file.read(MAX_BYTES + 1), source))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", source=source) from None
    if size == 0:
        raise InputError("the file is empty", source=source)
    if not scientific:
        message = "not a NetCDF or HDF5 file in spite of its ending; if it is a text table, name it .csv"
        raise InputError(message, source=source)
    return _spectrum(read_netcdf(path, source))


def _spectrum(raw: RawTable) -> Spectrum:
    if any(heading.name == "time" for heading in raw.headings):
        from tlsjax.data.time_stream import noise_table  # scipy.signal, which other tables never need

        raw = noise_table(raw)
    return assemble(raw)


def _checked_size(path: str | os.PathLike[str], source: str) -> int:
    """Size in bytes of a regular file, or an error that says what the path is instead."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        raise InputError(f"no such file{_near(path)}", source=source) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot be read ({reason})", source=source) from None
    if stat.S_ISDIR(status.st_mode):
        raise InputError("this is a folder; name a file in it", source=source)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("this is a device or a pipe; save the table to a file first", source=source)
    return status.st_size


def _near(path: str | os.PathLike[str]) -> str:
    folder = Path(path).parent
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return f"; its folder '{shown(str(folder), 200)}' does not exist"
    close = get_close_matches(Path(path).name, names, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(shown(name, 100)) for name in close)}?" if close else ""
