"""Reading a measured table from a file."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from hashlib import file_digest, sha256
from pathlib import Path

from tlsjax.data.assemble import assemble
from tlsjax.data.csv_table import read_text_table
from tlsjax.data.decode import is_scientific
from tlsjax.data.file_name import notes_on_power
from tlsjax.data.netcdf import read_netcdf
from tlsjax.data.options import ReadOptions
from tlsjax.data.raw import RawTable
from tlsjax.data.select import select
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

MAX_BYTES = 100_000_000
MAX_SCIENTIFIC_BYTES = 400_000_000
_SCIENTIFIC_ENDINGS = (".nc", ".nc4", ".cdf", ".h5", ".hdf5")


def read(path: str | os.PathLike[str], options: ReadOptions | None = None) -> Spectrum:
    """Read a table of one device: CSV, TSV, semicolons or blanks; NetCDF and HDF5 by their ending.

    A recorded ``current`` against ``time`` is read as the noise spectrum that it has
    (:func:`tlsjax.data.time_stream.noise_table`).

    Args:
        path: the file. Header ``name [unit]``, constants as ``# name: value unit``; the names are in
            ``tlsjax.data.columns``, and what else is surely meant in ``tlsjax.data.aliases``.
        options: what is known of the file beside what it says; nothing where None.

    Returns:
        the table in SI units; its ``notes`` say what was taken for what.

    Raises:
        InputError: anything that keeps the file from being read, with file, line, column and remedy; or it
            holds several devices.
    """
    options = options or ReadOptions()
    raw = _raw(path, options)
    if options.only is None and len(raw.devices) > 1:
        first = next(iter(raw.devices))
        message = (
            f"holds {len(raw.devices)} devices ({raw.devices_in_words()}); read_tables reads all of them, "
        )
        raise InputError(f"{message}ReadOptions(only='{first}') or --only '{first}' one", source=raw.source)
    return next(_spectra(raw, options))


def read_tables(path: str | os.PathLike[str], options: ReadOptions | None = None) -> tuple[Spectrum, ...]:
    """Read a file as one table a device, in the order in which a column of names brings them.

    Args:
        path: the file, as for :func:`read`.
        options: what is known of the file beside what it says; nothing where None.

    Returns:
        one table a device, each with its own ``lines`` of the file; one where no column names devices.

    Raises:
        InputError: as :func:`read`; fewer than three rows of a device.
    """
    options = options or ReadOptions()
    return tuple(_spectra(_raw(path, options), options))


def _raw(path: str | os.PathLike[str], options: ReadOptions) -> RawTable:
    """Whatever the file holds, before any check of the numbers."""
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
                content = start + file.read(MAX_BYTES + 1)
                return replace(read_text_table(content, source, options), digest=sha256(content).hexdigest())
            file.seek(0)
            digest = file_digest(file, "sha256")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", source=source) from None
    if size == 0:
        raise InputError("the file is empty", source=source)
    if not scientific:
        message = "not a NetCDF or HDF5 file in spite of its ending; if it is a text table, name it .csv"
        raise InputError(message, source=source)
    return replace(read_netcdf(path, source, options), digest=digest.hexdigest())


def _spectra(raw: RawTable, options: ReadOptions) -> Iterator[Spectrum]:
    """One table a device, each checked, with what its file's name says of the power."""
    for of_device in raw.by_device(options.only):
        one = select(of_device, options)
        if any(heading.name == "time" for heading in one.headings):
            from tlsjax.data.time_stream import noise_table  # scipy.signal, which other tables never need

            one = noise_table(one)
        spectrum = assemble(one)
        notes = (*spectrum.notes, *notes_on_power(spectrum))
        yield replace(spectrum, notes=notes, digest=raw.digest, options=options)


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
