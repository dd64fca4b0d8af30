"""Reading tables: what real files look like, and what becomes of their numbers."""

from math import pi
from pathlib import Path

import numpy as np
import pytest

import tlsjax.data.cells as cells_module
from tlsjax.data import Spectrum, read
from tlsjax.errors import InputError

ROWS = "1,1e-5\n2,2e-5\n3,3e-5\n"
TABLE = f"frequency [GHz],loss\n{ROWS}"


def table(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def is_the_plain_table(spectrum: Spectrum) -> None:
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    np.testing.assert_array_equal(spectrum.columns["loss"], [1e-5, 2e-5, 3e-5])


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        TABLE.rstrip("\n"),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        TABLE.encode("utf-16-le"),
        TABLE.encode("utf-16-be"),
        ("# sample Ü1, 20 µm\n" + TABLE).encode("latin-1"),
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        TABLE.replace(",", "   "),
        TABLE.replace(",", " , "),
        TABLE.replace(",", ";").replace("1e-5", "0,00001"),
        TABLE.replace("\n", ",\n"),
        TABLE.replace("\n", ",,\n"),
        TABLE.replace("3,3e-5\n", "3,3e-5,\n"),
        TABLE.replace("\n", "\n\n , ,\n# a comment, 3\n"),
        "sep=;\n" + TABLE.replace(",", ";"),
        '"frequency [GHz]","loss"\n"1","1e-5"\n"2",2e-5\n3,"3e-5"\n',
        '"Frequency (GHz)"; "LOSS [1]"\n"1,0";"1e-5"\n2;2e-5\n3;3e-5\n',
        "Frequency[GHz],Loss[-]\n" + ROWS,
        "  frequency   [ GHz ] ,loss []\n" + ROWS,
        f"# frequency [GHz],loss\n{ROWS}",
        f"# frequency [GHz] loss\n{ROWS}".replace(",", " "),
        "frequency [GHz],loss,sample\n1,1e-5,a\n2,2e-5,'b'\n3,3e-5,\n# ignore: sample\n",
        TABLE.replace("1,1e-5", "+1.,.1e-4"),
        TABLE + "\x1a",
    ],
)
def test_one_table_in_the_forms_that_programs_write(tmp_path: Path, content: str | bytes) -> None:
    is_the_plain_table(read(table(tmp_path, content)))


def test_typographic_minus_and_blanks_in_names(tmp_path: Path) -> None:
    content = (
        "Bias-Current [\u00b5A]\tfrequency [GHz]\tFrequency Shift\n"
        "\u22121\t1\t\u22121e-6\n2\t1\t2e-6\n3\t1\t3e-6\n"
    )
    spectrum = read(table(tmp_path, content))
    np.testing.assert_array_equal(spectrum.columns["bias_current"], [-1e-6, 2e-6, 3e-6])
    np.testing.assert_array_equal(spectrum.columns["frequency_shift"], [-1e-6, 2e-6, 3e-6])


def test_lines_count_comments_and_blank_rows(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, "# note\n\nfrequency [GHz],loss\n1,1e-5\n\n2,2e-5\n# note\n3,3e-5\n"))
    np.testing.assert_array_equal(spectrum.lines, [4, 6, 8])


def test_constants_in_comments(tmp_path: Path) -> None:
    content = (
        "# width: 2 um\n#Length = 0,5 mm\n# Kinetic Fraction: 30 %\n# lambda-f [nm]: 0.5\n# averages: 100\n"
        '"# temperature: 20 mK",,\n# operator: A. Person\n# taken at night\n' + TABLE
    )
    spectrum = read(table(tmp_path, content))
    assert spectrum.constants == pytest.approx(
        {
            "width": 2e-6,
            "length": 0.5e-3,
            "kinetic_fraction": 0.3,
            "lambda_f": 0.5e-9,
            "averages": 100.0,
            "temperature": 20e-3,
        },
        rel=1e-15,
    )
    assert spectrum.conditions == ("frequency", "temperature")
    assert any("operator: A. Person" in note for note in spectrum.notes)
    assert not any("night" in note for note in spectrum.notes)


def test_decimal_commas_hold_for_constants_too(tmp_path: Path) -> None:
    spectrum = read(
        table(tmp_path, "# width: 1,234 um\nfrequency [GHz];loss\n1,5;1e-5\n2,5;2e-5\n3,5;3e-5\n")
    )
    assert spectrum.constants["width"] == pytest.approx(1.234e-6, rel=1e-15)
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1.5e9, 2.5e9, 3.5e9])
    assert any("decimal commas" in note for note in spectrum.notes)


def test_angular_frequency_and_quality_factor_become_frequency_and_loss(tmp_path: Path) -> None:
    content = "angular_frequency [rad/s],Quality Factor,quality_factor_err\n1e9,1e5,1e3\n2e9,2e5,1e3\n3e9,,\n"
    spectrum = read(table(tmp_path, content))
    assert list(spectrum.columns) == ["frequency", "loss", "loss_err"]
    np.testing.assert_allclose(
        spectrum.columns["frequency"], np.array([1e9, 2e9, 3e9]) / (2 * pi), rtol=1e-15
    )
    np.testing.assert_allclose(spectrum.columns["loss"], [1e-5, 0.5e-5, np.nan], rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["loss_err"], [1e3 / 1e10, 1e3 / 4e10, np.nan], rtol=1e-15)
    assert sum("read as" in note for note in spectrum.notes) == 3


def test_angular_frequency_in_ghz_is_the_frequency_itself(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, f"angular_frequency [GHz],loss\n{ROWS}"))
    np.testing.assert_allclose(spectrum.columns["frequency"], [1e9, 2e9, 3e9], rtol=1e-15)


@pytest.mark.parametrize("line", ["# frequency: 5 GHz", "# angular_frequency: 5 GHz"])
def test_a_constant_frequency_fills_the_column(tmp_path: Path, line: str) -> None:
    spectrum = read(table(tmp_path, f"{line}\ntemperature [mK];quality_factor\n10;1e5\n20;2e5\n30;3e5\n"))
    np.testing.assert_allclose(spectrum.columns["frequency"], [5e9, 5e9, 5e9], rtol=1e-15)
    assert "frequency" not in spectrum.constants
    assert len(spectrum) == 3


def test_uncertainties_in_per_cent_of_the_value(tmp_path: Path) -> None:
    content = (
        "frequency [Hz],current_noise [pA^2/Hz],current_noise_err [%],averages\n1,4,50,9\n2,3,10,9\n3,2,5,9\n"
    )
    spectrum = read(table(tmp_path, content))
    np.testing.assert_allclose(spectrum.columns["current_noise_err"], [2e-24, 0.3e-24, 0.1e-24], rtol=1e-14)
    np.testing.assert_array_equal(spectrum.columns["averages"], [9, 9, 9])
    assert any("per cent of the value" in note for note in spectrum.notes)


def test_an_uncertainty_without_unit_has_that_of_its_value(tmp_path: Path) -> None:
    content = "frequency [Hz],conductivity [uS],conductivity_err\n1,4,0.5\n2,3,0.1\n3,2,0.2\n"
    np.testing.assert_allclose(
        read(table(tmp_path, content)).columns["conductivity_err"], [5e-7, 1e-7, 2e-7], rtol=1e-15
    )


def test_an_uncertainty_beside_an_empty_value_is_dropped(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, "frequency [Hz],loss,loss_err\n1,,0.5\n2,3,0.1\n3,2,0.2\n"))
    assert np.isnan(spectrum.columns["loss_err"][0])


def test_power_in_dbm(tmp_path: Path) -> None:
    content = "frequency [GHz],power [dBm],loss\n5,-100,1e-5\n5,-90,2e-5\n5,-80,3e-5\n"
    np.testing.assert_allclose(
        read(table(tmp_path, content)).columns["power"], [1e-13, 1e-12, 1e-11], rtol=1e-14
    )


def test_frequency_shift_and_bias_current_may_be_negative_or_zero(tmp_path: Path) -> None:
    content = "frequency [GHz],bias_current [uA],frequency_shift\n1,-5,-1e-6\n1,0,0\n1,5,1e-6\n"
    assert len(read(table(tmp_path, content))) == 3


def test_long_tables_are_read_the_same_in_every_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells_module, "_CHUNK", 7)
    rng = np.random.default_rng(1)
    frequency, loss = rng.random(100), rng.random(100)
    rows = [f"{f!r},{x!r}" for f, x in zip(frequency.tolist(), loss.tolist(), strict=True)]
    spectrum = read(table(tmp_path, "frequency [Hz],loss\n" + "\n".join(rows)))
    np.testing.assert_array_equal(spectrum.columns["frequency"], frequency)
    np.testing.assert_array_equal(spectrum.columns["loss"], loss)
    rows[53] = "1,x"
    with pytest.raises(InputError) as caught:
        read(table(tmp_path, "frequency [Hz],loss\n" + "\n".join(rows)))
    assert caught.value.line == 55
