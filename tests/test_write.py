"""Writing tables: what is written reads back the same, and nothing is left half done."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsjax.data import Spectrum, describe, read, write
from tlsjax.data.columns import CONDITIONS, CONSTANTS, MEASURED
from tlsjax.errors import InputError

SPECTRUM = Spectrum(
    columns={
        "frequency": np.array([1e9, 2e9, 3.3e9]),
        "bias_current": np.array([0.0, 5e-5, -5e-5]),
        "power": np.array([1e-13, 1e-12, 2e-12]),
        "loss": np.array([1e-5, np.nan, 1 / 3]),
        "loss_err": np.array([1e-6, np.nan, 1e-2]),
    },
    constants={"temperature": 0.02, "width": 2e-6, "averages": 100.0},
)


def assert_same(one: Spectrum, other: Spectrum, rtol: float = 0.0) -> None:
    assert list(one.columns) == list(other.columns)
    assert set(one.constants) == set(other.constants)
    for name, values in one.columns.items():
        np.testing.assert_allclose(other.columns[name], values, rtol=rtol, atol=0.0, err_msg=name)
    for name, value in one.constants.items():
        assert other.constants[name] == pytest.approx(value, rel=rtol, abs=0.0)


@pytest.mark.parametrize("name", ["table.csv", "table.nc", "table.h5"])
def test_round_trip_is_exact_in_si(tmp_path: Path, name: str) -> None:
    write(SPECTRUM, tmp_path / name, comments=["simulated, seed 3"])
    assert_same(SPECTRUM, read(tmp_path / name))
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["table.csv", "table.nc"])
def test_round_trip_in_chosen_units(tmp_path: Path, name: str) -> None:
    units = {
        "frequency": "GHz",
        "power": "dBm",
        "loss": "%",
        "temperature": "mK",
        "width": "um",
        "bias_current": "µA",
    }
    write(SPECTRUM, tmp_path / name, units=units)
    assert_same(SPECTRUM, read(tmp_path / name), rtol=1e-14)


def test_angular_units_round_trip(tmp_path: Path) -> None:
    write(SPECTRUM, tmp_path / "a.csv", units={"frequency": "rad/s"})
    assert_same(SPECTRUM, read(tmp_path / "a.csv"), rtol=1e-14)


def test_the_file_is_what_people_would_write(tmp_path: Path) -> None:
    write(SPECTRUM, tmp_path / "a.csv", units={"frequency": "GHz", "loss": "ppm"}, comments=["seed 3"])
    assert (tmp_path / "a.csv").read_text().splitlines() == [
        "# seed 3",
        "# temperature: 0.02 K",
        "# width: 2e-06 m",
        "# averages: 100.0 1",
        "frequency [GHz],bias_current [A],power [W],loss [ppm],loss_err [ppm]",
        "1.0,0.0,1e-13,10.0,1.0",
        "2.0,5e-05,1e-12,,",
        "3.3,-5e-05,2e-12,333333.3333333333,10000.0",
    ]


@settings(deadline=None, max_examples=60)
@given(
    frequency=st.lists(st.floats(1e-300, 1e300), min_size=3, max_size=8, unique=True),
    data=st.data(),
)
def test_any_numbers_round_trip(
    tmp_path_factory: pytest.TempPathFactory, frequency: list[float], data: st.DataObject
) -> None:
    size = len(frequency)
    positive = st.floats(1e-300, 1e300)
    columns = {"frequency": np.array(frequency)}
    for name in data.draw(
        st.lists(st.sampled_from([n for n in CONDITIONS if n != "frequency"]), unique=True)
    ):
        numbers = st.sampled_from([0.0, 2.0]) if name == "run" else positive
        columns[name] = np.array(data.draw(st.lists(numbers, min_size=size, max_size=size)))
    for name in data.draw(st.lists(st.sampled_from(list(MEASURED)), unique=True, min_size=1)):
        values = np.array(data.draw(st.lists(positive | st.just(np.nan), min_size=size, max_size=size)))
        values[0] = 1.5
        columns[name] = values
        columns[f"{name}_err"] = np.where(np.isnan(values), np.nan, 0.5)
    fractions = {"kinetic_fraction", "calibration_error"}
    free = [name for name in CONSTANTS if name not in fractions]
    constants = data.draw(st.dictionaries(st.sampled_from(free), positive))
    inside = st.floats(1e-300, 1.0, exclude_max=True)
    constants |= data.draw(st.dictionaries(st.sampled_from(sorted(fractions)), inside))
    path = tmp_path_factory.mktemp("round") / data.draw(st.sampled_from(["a.csv", "a.nc"]))
    spectrum = Spectrum(columns, constants)
    write(spectrum, path)
    again = read(path)
    assert set(again.columns) == set(columns)
    assert_same(Spectrum({name: columns[name] for name in again.columns}, constants), again)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": {"frequency": "A"}}, "unit of frequency: 'A' is a current"),
        ({"units": {"frequenzy": "Hz"}}, "'frequenzy' is no column or constant"),
        ({"units": {"loss_err": "dBm"}}, "unit of loss_err"),
        ({"comments": ["width: 3 um"]}, "would be read as 'width'"),
        ({"comments": ["widht: 3 um"]}, "would be read as 'widht'"),
        ({"comments": ["ignore: loss"]}, "would be read as 'ignore'"),
        ({"comments": ["one\ntwo"]}, "must be one printable line"),
    ],
)
def test_refusals(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        write(SPECTRUM, tmp_path / "a.csv", **options)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert not os.listdir(tmp_path)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; make it first"):
        write(SPECTRUM, tmp_path / "missing" / "a.csv")
    with pytest.raises(InputError, match="this is a folder; name a file"):
        write(SPECTRUM, tmp_path)
    with pytest.raises(InputError, match="cannot be written"):
        write(SPECTRUM, tmp_path / "a\0.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.nc"])
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    write(SPECTRUM, path)
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        write(SPECTRUM, path, comments=["new"])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]


def test_a_written_file_may_be_read_by_others(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        write(SPECTRUM, tmp_path / "a.csv")
    finally:
        os.umask(old)
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o644


def test_describe() -> None:
    rows = {row.name: row for row in describe(SPECTRUM)}
    assert list(rows) == [*SPECTRUM.columns, *SPECTRUM.constants]
    frequency = rows["frequency"]
    assert (frequency.role, frequency.symbol, frequency.unit, frequency.count) == ("condition", "f", "GHz", 3)
    assert (frequency.minimum, frequency.maximum, frequency.distinct) == (1.0, 3.3, (1.0, 2.0, 3.3))
    assert rows["bias_current"].unit == "µA"
    assert rows["bias_current"].distinct == (-50.0, 0.0, 50.0)
    assert rows["power"].unit == "pW"
    assert (rows["loss"].role, rows["loss"].unit, rows["loss"].count) == ("measured", "1", 2)
    assert rows["loss"].note == "1 of 3 rows empty"
    assert rows["loss_err"].role == "uncertainty"
    assert rows["loss_err"].note == "1 of 3 rows empty; 3 to 10 % of the value"
    assert rows["temperature"].role == "constant"
    assert (rows["temperature"].unit, rows["temperature"].distinct) == ("mK", (20.0,))


def test_describe_says_where_an_uncertainty_is_missing_and_hides_long_lists() -> None:
    many = Spectrum(
        {"frequency": np.arange(1.0, 21.0), "angle": np.full(20, np.pi), "loss": np.full(20, 1e-5)}
    )
    frequency, angle, loss = describe(many)
    assert frequency.distinct == ()
    assert angle.unit == "°"
    assert angle.distinct == pytest.approx((180.0,))
    assert loss.note == "no uncertainty given"
    noise = Spectrum({"frequency": np.arange(1.0, 4.0), "current_noise": np.ones(3)}, {"averages": 9.0})
    assert describe(noise)[1].note == ""
