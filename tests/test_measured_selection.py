"""Published measurements of which some rows are read, where a folder with them is named."""

import os
from pathlib import Path

import numpy as np
import pytest

from tlsjax.data import ReadOptions, read, read_tables
from tlsjax.errors import InputError

FOLDER = os.environ.get("TLSJAX_MEASURED_DATA", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="TLSJAX_MEASURED_DATA names no folder with measured files")


def test_a_record_with_a_gap_is_read_by_the_condition_that_its_refusal_names() -> None:
    path = Path(FOLDER) / "telegraph_current" / "current_vs_time.txt"
    header = "time [s],current [A]"
    with pytest.raises(InputError) as caught:
        read(path, ReadOptions(header=header))
    assert caught.value.line == 4097
    message, _, condition = caught.value.message.partition(": --where ")
    assert message.endswith("keep one unbroken stretch, the longest is lines 1 to 4096")
    spectrum = read(path, ReadOptions(header=header, where=condition.strip("'")))
    time, current = np.loadtxt(path)[:4096].T
    assert np.diff(time).max() < 1.5 * np.diff(time).min()
    assert f"kept 4096 of 4135 rows: {condition[1:-1]}" in spectrum.notes
    # up to its highest frequency the spectrum holds no more than the variance of the record
    frequency, noise = spectrum.columns["frequency"], spectrum.columns["current_noise"]
    assert 0.2 < np.trapezoid(noise, frequency) / current.var() < 1.0


def test_rows_of_a_wide_table() -> None:
    path = Path(FOLDER) / "nb_microstrip" / "q_sweep.csv"
    cells = np.loadtxt(path, str, delimiter=",", skiprows=1)
    names, numbers = cells[:, 0], cells[:, 1:].astype(float)
    kept = (numbers[:, 1] < 1.3) & (numbers[:, 0] > -40)
    options = ReadOptions(where=("T < 1.3 K", "power_dBm > -40"), run="quality_factor > 5e4")
    for table in read_tables(path, options):
        own = numbers[kept & (names == table.device)]
        np.testing.assert_allclose(table.columns["loss"], 1 / own[:, 4], rtol=1e-15)
        np.testing.assert_array_equal(table.columns["run"], own[:, 4] > 5e4)
        assert f"kept {len(own)} of 255 rows: T < 1.3 K and power_dBm > -40" in table.notes
