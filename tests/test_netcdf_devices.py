"""NetCDF and HDF5: a variable of texts names the device of each row."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from tlsjax.data import ReadOptions, read, read_tables
from tlsjax.errors import InputError

NAMES = np.array(["R1", "R2", "R1", "R2", "R1", "R2", "R2"])


def dataset(**changed: Any) -> xr.Dataset:
    variables = {
        "resonator": ("row", NAMES),
        "frequency": ("row", np.arange(1.0, 8.0), {"units": "GHz"}),
        "loss": ("row", np.arange(1.0, 8.0) * 1e-5),
    }
    return xr.Dataset({**variables, **changed}, attrs={"temperature": "20 mK"})


def save(folder: Path, data: xr.Dataset, engine: str = "h5netcdf") -> Path:
    path = folder / "table.nc"
    data.to_netcdf(path, engine=engine)  # type: ignore[call-overload]
    return path


def refusal(path: Path, options: ReadOptions | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_tables(path, options)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_one_table_a_device(tmp_path: Path, engine: str) -> None:
    path = save(tmp_path, dataset(), engine)
    first, second = read_tables(path)
    assert (first.device, second.device) == ("R1", "R2")
    np.testing.assert_array_equal(first.columns["frequency"], [1e9, 3e9, 5e9])
    np.testing.assert_array_equal(second.columns["loss"], np.array([2.0, 4.0, 6.0, 7.0]) * 1e-5)
    assert first.lines.tolist() == [1, 3, 5]
    assert second.constants == {"temperature": 0.02}
    with pytest.raises(InputError, match=r"holds 2 devices \(R1, R2\)"):
        read(path)
    assert len(read(path, ReadOptions(only="R2"))) == 4


def test_plain_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "table.h5"
    with h5py.File(path, "w") as file:
        file["frequency [GHz]"] = np.arange(1.0, 8.0)
        file["qi"] = np.full(7, 1e5)
        file["chip"] = np.array([name.encode() for name in NAMES], dtype="S4")
    assert [(one.device, len(one)) for one in read_tables(path)] == [("R1", 3), ("R2", 4)]
    with h5py.File(path, "a") as file:
        del file["chip"]
        file.create_dataset("device", data=list(NAMES), dtype=h5py.string_dtype())
    assert [(one.device, len(one)) for one in read_tables(path)] == [("R1", 3), ("R2", 4)]


def test_a_grid_over_devices(tmp_path: Path) -> None:
    grid = xr.Dataset(
        {"loss": (("resonator", "temperature"), np.arange(1.0, 7.0).reshape(2, 3))},
        coords={
            "resonator": ["R1", "R2"],
            "temperature": ("temperature", [10.0, 20.0, 30.0], {"units": "mK"}),
            "frequency": ("resonator", [5.0, 6.0], {"units": "GHz"}),
        },
    )
    one, other = read_tables(save(tmp_path, grid))
    assert (one.device, other.device) == ("R1", "R2")
    np.testing.assert_array_equal(one.columns["loss"], [1, 2, 3])
    np.testing.assert_array_equal(other.columns["loss"], [4, 5, 6])
    np.testing.assert_array_equal(other.columns["temperature"], [0.01, 0.02, 0.03])
    np.testing.assert_array_equal(other.columns["frequency"], [6e9] * 3)


def test_numbers_name_devices_where_one_says_so(tmp_path: Path) -> None:
    for numbers in (np.array([1, 2, 1, 2, 1, 2, 2]), np.array([1.0, 2, 1, 2, 1, 2, 2])):
        path = save(tmp_path, dataset(resonator=("row", numbers)))
        assert "unknown column" in refusal(path).message
        tables = read_tables(path, ReadOptions(columns={"resonator": "device"}))
        assert [one.device for one in tables] == ["1", "2"]


def test_rows_keep_their_numbers(tmp_path: Path) -> None:
    path = save(tmp_path, dataset(loss=("row", [1.0, 2, 3, 4, 5, -6, 7])))
    assert "row 6: found -6; it must be above zero" in refusal(path).message
    options = ReadOptions(where="row != 6", run="frequency > 3.5 GHz")
    _, second = read_tables(path, options)
    assert second.lines.tolist() == [2, 4, 7]
    assert second.columns["run"].tolist() == [0, 1, 1]
    assert "kept 3 of 4 rows: row != 6" in second.notes
    flagged = dataset(good=("row", [1, 1, 1, 1, 1, 0, 1]))
    flagged.attrs["ignore"] = "good"
    assert len(read(save(tmp_path, flagged), ReadOptions(only="R2", where="good = 1"))) == 3


@pytest.mark.parametrize(
    ("changed", "column", "message"),
    [
        (
            {"resonator": ("row", ["R1", "", "R1", "R2", "R1", "R2", "R2"])},
            "resonator",
            "row 2: an empty name",
        ),
        ({"resonator": ("row", ["R1"] * 6 + ["x" * 61])}, "resonator", "row 7: a name of 61 characters"),
        ({"resonator": ("row", ["R1"] * 6 + ["R2"])}, None, "only 1 row of device 'R2'"),
        ({"chip": ("row", NAMES)}, None, "several columns name devices: 'resonator', 'chip'"),
        ({"loss": ("row", NAMES)}, "loss", "where numbers belong"),
    ],
)
def test_refusals(tmp_path: Path, changed: dict[str, Any], column: str | None, message: str) -> None:
    error = refusal(save(tmp_path, dataset(**changed)))
    assert message in error.message
    assert error.column == column


def test_words_that_are_no_devices(tmp_path: Path) -> None:
    data = dataset(taken=("row", [f"10:0{place}" for place in range(7)])).drop_vars("resonator")
    path = save(tmp_path, data)
    assert "holds words, another in nearly every row" in refusal(path).message
    assert len(read(path, ReadOptions(columns={"taken": ""}))) == 7
