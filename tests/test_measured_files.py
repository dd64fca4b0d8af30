"""Published measurements, where a folder with them is named; none of them is part of the project."""

import os
from pathlib import Path

import numpy as np
import pytest

from tlsjax.data import read
from tlsjax.errors import InputError

FOLDER = os.environ.get("TLSJAX_MEASURED_DATA", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="TLSJAX_MEASURED_DATA names no folder with measured files")


@pytest.mark.parametrize("power", [80, 100, 120, 140, 160])
def test_a_lab_script_with_its_own_headings_is_told_how_to_name_them(power: int) -> None:
    path = Path(FOLDER) / "nb_cpw" / f"{power}dBm.csv"
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.line == 1
    assert caught.value.column == "Temperatur (mK)"
    assert "did you mean 'temperature [mK]'?" in caught.value.message
    assert "'Qint' (quality_factor?)" in caught.value.message


def test_with_the_headings_named_as_told_it_is_read(tmp_path: Path) -> None:
    text = (Path(FOLDER) / "nb_cpw" / "100dBm.csv").read_text(encoding="utf-8-sig")
    header = "temperature [mK];power [dBm];quality_factor"
    path = tmp_path / "named.csv"
    path.write_text("# frequency: 5,61989 GHz\n" + header + "\n" + text.split("\n", 1)[1])
    spectrum = read(path)
    assert len(spectrum) == 17
    np.testing.assert_allclose(spectrum.columns["frequency"], 5.61989e9, rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["temperature"][:2], [0.1, 0.2], rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["power"], 1e-13, rtol=1e-14)
    np.testing.assert_allclose(spectrum.columns["loss"][0], 1 / 9.19e6, rtol=1e-15)


def test_a_frequency_shift_without_frequency_is_told_how_to_say_it() -> None:
    with pytest.raises(InputError, match="# frequency: 5 GHz") as caught:
        read(Path(FOLDER) / "nb_cpw" / "Freq_shift_nbonly.csv")
    assert caught.value.line == 1


def test_a_wide_table_can_be_read_by_passing_over_columns(tmp_path: Path) -> None:
    original = Path(FOLDER) / "nb_microstrip" / "q_sweep.csv"
    with pytest.raises(InputError) as caught:
        read(original)
    assert caught.value.line == 1
    assert caught.value.column == "res"
    assert "'f0_Hz' (frequency [Hz]?)" in caught.value.message
    body = original.read_text().split("\n", 1)[1]
    header = (
        "res,power [dBm],temperature [K],frequency [Hz],f0_err,quality_factor,quality_factor_err,qc,qc_err"
    )
    path = tmp_path / "named.csv"
    path.write_text(f"# ignore: res, f0_err, qc, qc_err\n{header}\n{body}")
    spectrum = read(path)
    assert len(spectrum) == 510
    assert set(spectrum.columns) == {"power", "temperature", "frequency", "loss", "loss_err"}


def line_or_rows(path: Path) -> str | int:
    try:
        return len(read(path))
    except InputError as error:
        return str(error)


def test_no_measured_file_ends_in_a_traceback() -> None:
    for path in sorted(Path(FOLDER).rglob("*")):
        found = line_or_rows(path)
        assert found.isprintable() if isinstance(found, str) else found >= 3
