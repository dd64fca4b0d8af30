"""Reading NetCDF and HDF5 tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from tlsjax.data import read
from tlsjax.errors import InputError

LOSS = np.array([1e-5, np.nan, 3e-5])


def dataset(**changed: Any) -> xr.Dataset:
    variables = {
        "Frequency": ("row", np.array([1.0, 2.0, 3.0]), {"units": "GHz"}),
        "loss": ("row", LOSS),
        "loss_err": ("row", LOSS / 10),
        "temperature": ((), 20.0, {"units": "mK"}),
    }
    attributes = {"width": "2 um", "title": "sweep 3", "history": "made"}
    return xr.Dataset({**variables, **changed}, attrs=attributes)


def write(folder: Path, data: xr.Dataset, **options: Any) -> Path:
    path = folder / "table.nc"
    data.to_netcdf(path, **({"engine": "h5netcdf"} | options))
    return path


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.source == str(path)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("options", [{"engine": "h5netcdf"}, {"engine": "scipy"}])
def test_variables_units_and_constants(tmp_path: Path, options: dict[str, str]) -> None:
    spectrum = read(write(tmp_path, dataset(), **options))
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    np.testing.assert_array_equal(spectrum.columns["loss"], LOSS)
    assert spectrum.constants == {"width": 2e-6, "temperature": 0.02}
    assert spectrum.lines.tolist() == [1, 2, 3]


def test_plain_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "table.h5"
    with h5py.File(path, "w") as file:
        file["frequency [GHz]"] = [1.0, 2.0, 3.0]
        file["quality_factor"] = [1e5, 2e5, 3e5]
        file.attrs["temperature"] = "20 mK"
    spectrum = read(path)
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    assert spectrum.constants == {"temperature": 0.02}


def test_a_grid_is_spread_into_rows(tmp_path: Path) -> None:
    grid = xr.Dataset(
        {"loss": (("temperature", "frequency"), np.arange(1.0, 7.0).reshape(2, 3))},
        coords={
            "frequency": ("frequency", [1.0, 2.0, 3.0], {"units": "GHz"}),
            "temperature": ("temperature", [10.0, 20.0], {"units": "mK"}),
        },
    )
    spectrum = read(write(tmp_path, grid))
    points = zip(
        *(spectrum.columns[name].tolist() for name in ("temperature", "frequency", "loss")), strict=True
    )
    assert sorted(points) == [
        (0.01, 1e9, 1.0), (0.01, 2e9, 2.0), (0.01, 3e9, 3.0),
        (0.02, 1e9, 4.0), (0.02, 2e9, 5.0), (0.02, 3e9, 6.0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "message"),
    [
        ({"loss": ("row", ["a", "b", "c"])}, "loss", "where numbers belong"),
        ({"sample": ("row", [1, 2, 3])}, "sample", "unknown column"),
        ({"temperature": ("row", [1.0, 2.0, 3.0])}, "temperature", "no unit; write 'temperature [mK]'"),
        ({"loss": ("row", [1.0, -2.0, 3.0])}, "loss", "row 2: found -2; it must be above zero"),
        ({"loss": ("row", [1.0, np.inf, 3.0])}, "loss", "infinite"),
        ({"length": ((), 2.0)}, None, "'2.0' has no unit"),
        ({"lenght": ((), 2.0, {"units": "um"})}, None, "did you mean 'length'?"),
        ({"grid": (("a", "b"), np.zeros((2, 2)))}, "grid", "unknown column"),
    ],
)
def test_refusals(tmp_path: Path, changed: dict[str, Any], column: str | None, message: str) -> None:
    error = refusal(write(tmp_path, dataset(**changed)))
    assert message in error.message
    assert error.column == column


def test_a_column_can_be_passed_over(tmp_path: Path) -> None:
    data = dataset(sample=("row", ["a", "b", "c"]))
    data.attrs["ignore"] = "sample"
    assert read(write(tmp_path, data)).measured == ("loss",)


def test_variables_that_would_spread_beyond_memory(tmp_path: Path) -> None:
    data = xr.Dataset(
        {
            "frequency": ("a", np.arange(1.0, 8001.0), {"units": "Hz"}),
            "loss": ("b", np.arange(1.0, 8001.0)),
        }
    )
    assert "give all of them the same one dimension" in refusal(write(tmp_path, data)).message


@pytest.mark.parametrize("name", ["table.nc", "table.h5", "TABLE.HDF5"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"frequency [GHz],loss\n", "if it is a text table, name it .csv"),
        (b"\x89HDF\r\n\x1a\n" + bytes(200), "not a readable NetCDF or HDF5 file"),
        (b"CDF\x01" + bytes(200), ""),
        (b"CDF\x01zzzz", "not a readable NetCDF or HDF5 file"),
    ],
)
def test_files_that_are_none(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert message in refusal(path).message


def test_a_damaged_heap_that_hangs_the_hdf5_library_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, dataset())
    data = bytearray(path.read_bytes())
    heap = data.find(b"GCOL\x01\0\0\0")
    assert heap > 0
    data[heap + 16 : heap + 32] = bytes(16)  # a free object of no size: the library never steps past it
    path.write_bytes(data)
    assert "its global heap is damaged" in refusal(path).message
