"""NetCDF and HDF5 tables through xarray: variables named as the columns, their unit in ``units``."""

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from tlsjax.data.aliases import plain_name
from tlsjax.data.comments import Constant, add_constant
from tlsjax.data.device_names import is_device_name, rows_of_devices
from tlsjax.data.headings import Heading, is_time_stream, read_headings, split_heading
from tlsjax.data.options import ReadOptions, asked_headings, set_constants, with_settings
from tlsjax.data.raw import RawTable
from tlsjax.data.select import aside
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

if TYPE_CHECKING:
    import xarray as xr

MAX_NUMBERS = 50_000_000
_HEAP = b"GCOL\x01\0\0\0"


def read_netcdf(path: str | os.PathLike[str], source: str, options: ReadOptions | None = None) -> RawTable:
    """Table in a NetCDF or HDF5 file.

    One-dimensional variables are columns; variables over several dimensions, such as loss(temperature,
    frequency), are spread into rows. A variable of texts names the device of each row. Scalar variables and
    global attributes such as ``width = "2 um"`` are constants.

    Raises:
        InputError: not such a file, or a table that cannot be read.
    """
    import xarray as xr

    with open(path, "rb") as file:
        classic = file.read(3) == b"CDF"
    reader: dict[str, Any] = {"engine": "scipy"} if classic else {"engine": "h5netcdf", "phony_dims": "sort"}
    try:
        if not classic:
            _check_hdf5(path)
        with xr.open_dataset(path, decode_times=False, **reader) as dataset:
            return _table(dataset, source, options or ReadOptions())
    except InputError:
        raise
    except MemoryError:
        raise InputError("too large for this machine's memory; split the file", source=source) from None
    except (
        Exception
    ) as error:  # the libraries below raise everything from OSError to KeyError on a broken file
        what = shown(" ".join(str(error).split()), 120) or type(error).__name__
        raise InputError(f"not a readable NetCDF or HDF5 file ({what})", source=source) from None


def _check_hdf5(path: str | os.PathLike[str]) -> None:
    """Fail early: where these steps fail inside h5netcdf, its half-open file prints a traceback."""
    h5py: Any = import_module("h5py")
    with open(path, "rb") as raw:
        if _endless_heap(raw.read()):
            raise ValueError("its global heap is damaged")
    with h5py.File(path, "r") as file:
        file.attrs.get("_nc3_strict")


def _endless_heap(data: bytes) -> bool:
    """Whether a damaged global heap would keep the HDF5 library (2.0 and before) in its loop for ever."""
    lengths = data[14] if data[8] < 2 else data[10]
    start = data.find(_HEAP) if lengths == 8 else -1
    while start >= 0:
        end = start + int.from_bytes(data[start + 8 : start + 16], "little")
        place = start + 16
        while end - place >= 16 and place + 16 <= len(data):
            index = int.from_bytes(data[place : place + 2], "little")
            size = int.from_bytes(data[place + 8 : place + 16], "little")
            if size > end - place or (index == 0 and size < 16):
                return True
            place += size if index == 0 else 16 + (size + 7) // 8 * 8
        start = data.find(_HEAP, start + 16)
    return False


def _table(dataset: "xr.Dataset", source: str, options: ReadOptions) -> RawTable:
    if options.header is not None:
        raise InputError("its variables have names; --header is for text without a header", source=source)
    ignored = {plain_name(name) for name in str(dataset.attrs.get("ignore", "")).split(",") if name.strip()}
    names = [str(name) for name, variable in dataset.variables.items() if variable.ndim > 0]
    cells = [(name, _unit(name, dataset[name].attrs)) for name in names]
    asked = asked_headings(options, names, source)
    effective = [(asked.get(place, cell[0]), cell[1]) for place, cell in enumerate(cells)]
    time_stream = is_time_stream([cell for cell in effective if cell[0]], ignored)
    settings = set_constants(options, source, time_stream=time_stream)
    constants, notes = _constants(dataset, source, ignored, time_stream)
    constants, replaced = with_settings(constants, settings)
    if not names:
        raise InputError(
            "no variables; a table needs one a column, such as frequency and loss", source=source
        )
    columns = read_headings(
        cells,
        source=source,
        ignored=ignored,
        asked=asked,
        fixed={name: constant.text for name, constant in settings.items()},
        words=[place for place, name in enumerate(names) if _holds_words(dataset[name])],
    )
    notes += [*columns.notes, *replaced]
    passed_over = {
        p for p, heading in enumerate(columns.headings) if heading is None and p != columns.devices
    }
    beside = aside(options, names, passed_over, time_stream=time_stream)
    kept = [(h, name) for h, name in zip(columns.headings, names, strict=True) if h is not None]
    kept += [(heading, names[place]) for place, heading in beside.items()]
    for heading, name in kept:
        if dataset[name].dtype.kind not in "fiu":
            message = f"holds {dataset[name].dtype} where numbers belong"
            raise InputError(message, source=source, column=heading.written)
    spread = [name for _, name in kept] + ([] if columns.devices is None else [names[columns.devices]])
    sizes = {dim: size for name in spread for dim, size in dataset[name].sizes.items()}
    if int(np.prod([float(size) for size in sizes.values()])) * len(kept) > MAX_NUMBERS:
        shape = " x ".join(f"{shown(str(dim), 20)} {size}" for dim, size in list(sizes.items())[:6])
        message = f"the variables spread to {shape} rows, too many; give all of them the same one dimension"
        raise InputError(message, source=source)
    for heading, name in kept:
        _refuse_infinite(heading, np.asarray(dataset[name].values, dtype=np.float64), source)
    order = tuple(sizes)
    values = {
        h: _rows(np.asarray(dataset[name], np.float64), dataset[name], order, sizes) for h, name in kept
    }
    if len(order) > 1:
        notes.append(
            "variables over " + ", ".join(shown(str(dim), 20) for dim in order) + " spread into rows"
        )
    return RawTable(
        headings=tuple(heading for heading in values if heading not in beside.values()),
        values=tuple(array for heading, array in values.items() if heading not in beside.values()),
        source=source,
        constants=constants,
        notes=tuple(notes),
        devices=_devices(dataset, names, columns.devices, asked, order, sizes, source),
        aside={heading: array for heading, array in values.items() if heading in beside.values()},
    )


def _rows(values: Any, variable: "xr.DataArray", order: tuple[Any, ...], sizes: Mapping[Any, int]) -> Any:
    """Values of a variable, one a row: it is repeated along the dimensions that it lacks."""
    missing = tuple(range(variable.ndim, len(order)))
    have = [*variable.dims, *(dim for dim in order if dim not in variable.dims)]
    full = np.expand_dims(values, missing).transpose([have.index(dim) for dim in order])
    return np.broadcast_to(full, tuple(sizes[dim] for dim in order)).ravel()


def _devices(
    dataset: "xr.Dataset",
    names: Sequence[str],
    place: int | None,
    asked: Mapping[int, str],
    order: tuple[Any, ...],
    sizes: Mapping[Any, int],
    source: str,
) -> Mapping[str, Any]:
    """Rows of each device; none where no variable names them."""
    if place is None:
        return {}
    variable, written = dataset[names[place]], shown(names[place], 60)

    def error(message: str, row: int | None) -> InputError:
        where = "" if row is None else f"row {row + 1}: "
        return InputError(where + message, source=source, column=written)

    sure = place in asked or is_device_name(split_heading(names[place])[0])
    texts = _rows(np.vectorize(_name, otypes=[object])(variable.values), variable, order, sizes)
    return rows_of_devices(enumerate(texts), written, error, sure=sure)


def _name(value: Any) -> str:
    """One name: text, bytes of a plain HDF5 file, or a number."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 ")
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value).strip()


def _holds_words(variable: "xr.DataArray") -> bool:
    """Whether a variable is of texts."""
    if variable.dtype.kind == "O":
        return all(isinstance(value, str | bytes) for value in variable.values.flat)
    return variable.dtype.kind in "USTa"


def _constants(
    dataset: "xr.Dataset", source: str, ignored: set[str], time_stream: bool
) -> tuple[dict[str, Constant], list[str]]:
    constants: dict[str, Constant] = {}
    passed_over = []
    given = [(str(name), value) for name, value in dataset.attrs.items()]
    for name, variable in dataset.variables.items():
        if variable.ndim == 0:
            number = variable.values.item()
            unit = _unit(str(name), variable.attrs) or ""
            given.append((split_heading(str(name))[0], f"{number!r} {unit}"))
    for name, value in given:
        text = shown(str(value), 200)
        if plain_name(name) in ignored or plain_name(name) == "ignore":
            continue
        if not add_constant(constants, name, text, source, time_stream=time_stream):
            passed_over.append(shown(name))
    return constants, [
        f"attribute '{name}' names no known constant and was passed over" for name in passed_over
    ]


def _unit(name: str, attributes: Mapping[Any, Any]) -> str | None:
    unit = attributes.get("units", attributes.get("unit"))
    return split_heading(name)[1] if unit is None else shown(str(unit), 80)


def _refuse_infinite(heading: Heading, values: Any, source: str) -> None:
    if np.isinf(values).any():
        message = "an infinite value; write NaN if the point was not measured"
        raise InputError(message, source=source, column=heading.written)
