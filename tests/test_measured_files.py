"""Published measurements, where a folder with them is named; none of them is part of the project."""

import os
from pathlib import Path

import numpy as np
import pytest

from tlsjax.data import ReadOptions, read, read_tables
from tlsjax.errors import InputError

FOLDER = os.environ.get("TLSJAX_MEASURED_DATA", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="TLSJAX_MEASURED_DATA names no folder with measured files")


CPW = ReadOptions({"frequency": "5.61989 GHz"})


@pytest.mark.parametrize("power", [80, 100, 120, 140])
def test_a_lab_script_with_its_own_headings_is_read_as_it_is(power: int) -> None:
    spectrum = read(Path(FOLDER) / "nb_cpw" / f"{power}dBm.csv", CPW)
    assert len(spectrum) == 17
    np.testing.assert_allclose(spectrum.columns["frequency"], 5.61989e9, rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["temperature"][:2], [0.1, 0.2], rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["power"], 10 ** (-power / 10 - 3), rtol=1e-13)
    assert "column 'Temperatur (mK)' taken as temperature in mK" in spectrum.notes
    assert "column 'Qint' taken as quality_factor" in spectrum.notes
    assert not any("file's name" in note for note in spectrum.notes)


def test_a_power_that_the_files_name_contradicts() -> None:
    path = Path(FOLDER) / "nb_cpw" / "160dBm.csv"
    spectrum = read(path, CPW)
    assert spectrum.notes[-1] == (
        "the file's name says 160 dBm, its power column −140 dBm: the column is used; "
        '--set power="-160 dBm" says otherwise'
    )
    spectrum = read(path, ReadOptions({"frequency": "5,61989 GHz", "power": "-160 dBm"}))
    assert spectrum.constants == {"power": pytest.approx(1e-19, rel=1e-13)}
    assert "column 'Power (dBm)' passed over: power is set to -160 dBm" in spectrum.notes
    assert not any("file's name" in note for note in spectrum.notes)


def test_a_frequency_shift_whose_file_has_no_frequency() -> None:
    path = Path(FOLDER) / "nb_cpw" / "Freq_shift_nbonly.csv"
    with pytest.raises(InputError, match="--set frequency='5 GHz'") as caught:
        read(path)
    assert caught.value.line == 1
    spectrum = read(path, CPW)
    np.testing.assert_allclose(spectrum.columns["frequency_shift"][:2], [0.0, 1.11e-7], rtol=1e-15)


def test_a_wide_table_of_two_resonators() -> None:
    path = Path(FOLDER) / "nb_microstrip" / "q_sweep.csv"
    with pytest.raises(InputError, match=r"holds 2 devices \(RES-1, RES-2\); read_tables reads"):
        read(path)
    tables = read_tables(path)
    assert [(table.device, len(table)) for table in tables] == [("RES-1", 255), ("RES-2", 255)]
    names, cells = np.loadtxt(path, str, delimiter=",", skiprows=1), np.s_[:, 1:]
    numbers = names[cells].astype(float)
    for table in tables:
        own = numbers[names[:, 0] == table.device]
        np.testing.assert_array_equal(table.lines, np.flatnonzero(names[:, 0] == table.device) + 2)
        np.testing.assert_array_equal(table.columns["frequency"], own[:, 2])
        np.testing.assert_array_equal(table.columns["coupling_quality_factor"], own[:, 6])
        np.testing.assert_allclose(table.columns["loss"], 1 / own[:, 4], rtol=1e-15)
        np.testing.assert_allclose(table.columns["loss_err"], own[:, 5] / own[:, 4] ** 2, rtol=1e-14)
        coldest = own[own[:, 1].argmin(), 2]
        np.testing.assert_allclose(
            table.columns["frequency_shift"], (own[:, 2] - coldest) / coldest, atol=3e-16
        )
        np.testing.assert_allclose(table.columns["frequency_shift_err"], own[:, 3] / coldest, rtol=1e-15)
    (second,) = read_tables(path, ReadOptions(only="RES-2"))
    np.testing.assert_array_equal(second.columns["loss"], tables[1].columns["loss"])


def test_a_record_without_a_header() -> None:
    path = Path(FOLDER) / "telegraph_current" / "current_vs_time.txt"
    with pytest.raises(InputError, match="keep one unbroken stretch, the longest is lines 1 to 4096"):
        read(path, ReadOptions(header="t [s],I [A]"))


def line_or_rows(path: Path) -> str | int:
    try:
        return len(read(path))
    except InputError as error:
        return str(error)


def test_no_measured_file_ends_in_a_traceback() -> None:
    for path in sorted(Path(FOLDER).rglob("*")):
        found = line_or_rows(path)
        assert found.isprintable() if isinstance(found, str) else found >= 3
