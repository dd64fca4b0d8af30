"""Tables as labs publish them: other names, names of devices, and what the file does not say."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tlsjax as tls
from tlsjax.data import ReadOptions, Spectrum, describe, options_for, read, read_tables
from tlsjax.data.aliases import ALIASES, accepted
from tlsjax.data.headings import known_columns, known_constants
from tlsjax.errors import InputError

FREE = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = "1,1e5\n2,2e5\n3,3e5\n"


def table(folder: Path, content: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def refusal(path: Path, options: ReadOptions | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_tables(path, options)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).isprintable()
    return caught.value


def with_frequency(folder: Path, heading: str, cells: str = "1 2 3") -> Spectrum:
    """A table of frequency, loss and one column more."""
    rows = "".join(f"{place};1e-5;{cell}\n" for place, cell in enumerate(cells.split(), 1))
    return read(table(folder, f"frequency [GHz];loss;{heading}\n{rows}"))


# names


@pytest.mark.parametrize(
    ("heading", "name", "unit"),
    [
        ("T_K", "temperature", "K"),
        ("T (mK)", "temperature", "mK"),
        ("T / mK", "temperature", "mK"),
        ("T, mK", "temperature", "mK"),
        ("temp_mK", "temperature", "mK"),
        ("temp_mk", "temperature", "mK"),
        ("Temp. [K]", "temperature", "K"),
        ("Temperatur (mK)", "temperature", "mK"),
        ("Temperature mK", "temperature", "mK"),
        ("power_dBm", "power", "dBm"),
        ("P [fW]", "power", "fW"),
        ("Leistung / dBm", "power", "dBm"),
        ("I [uA]", "bias_current", "uA"),
        ("Idc_mA", "bias_current", "mA"),
        ("current [A]", "bias_current", "A"),
        ("n_ph", "photon_number", ""),
        ("Photons", "photon_number", ""),
        ("Qc", "coupling_quality_factor", ""),
        ("Q_ext", "coupling_quality_factor", ""),
        ("coupling quality factor", "coupling_quality_factor", ""),
        ("df/f", "frequency_shift", ""),
        ("δf/f [ppm]", "frequency_shift", "ppm"),
        ("loss_err_%", "loss_err", "%"),
        ("Loss error", "loss_err", ""),
        ("sigma_loss", "loss_err", ""),
        ("n_avg", "averages", ""),
        ("θ (deg)", "angle", "deg"),
        ("S_I_A^2/Hz", "current_noise", "A^2/Hz"),
    ],
)
def test_names_and_units_that_leave_no_doubt(tmp_path: Path, heading: str, name: str, unit: str) -> None:
    spectrum = with_frequency(tmp_path, heading)
    assert name in spectrum.columns
    assert spectrum.written[name] == heading
    if name != heading.casefold().replace(" ", "_"):
        in_unit = f" in {unit}" if unit else ""
        assert f"column '{heading}' taken as {name}{in_unit}" in spectrum.notes


@pytest.mark.parametrize(
    "heading", ["Qi", "q_i", "Qint", "Q_internal", "Internal Quality Factor", "Güte", "Guete"]
)
def test_internal_quality_factors(tmp_path: Path, heading: str) -> None:
    spectrum = read(table(tmp_path, f"f [GHz],{heading},{heading}_err\n1,1e5,1e3\n2,2e5,1e3\n3,4e5,1e3\n"))
    np.testing.assert_allclose(spectrum.columns["loss"], [1e-5, 0.5e-5, 0.25e-5], rtol=1e-15)
    np.testing.assert_allclose(spectrum.columns["loss_err"], 1e3 / np.array([1e5, 2e5, 4e5]) ** 2, rtol=1e-15)
    assert spectrum.written["loss"] == heading
    assert f"column '{heading}' taken as quality_factor" in spectrum.notes


@pytest.mark.parametrize(
    "heading",
    ["q", "n", "Q", "loss_tangent", "tan_delta", "df", "T", "P", "I", "T [s]", "n [1]", "q [1]", "Q_m", "T_s",
     "temperatrue [K]", "powr_dBm", "phase [deg]", "freq_mhz", "f [K]"],
)  # fmt: skip
def test_names_that_leave_something_open_stay_unknown(tmp_path: Path, heading: str) -> None:
    path = table(tmp_path, f"frequency [GHz];loss;{heading}\n1;1;1\n2;2;2\n3;3;3\n")
    error = refusal(path)
    assert (error.line, error.column) == (1, heading)
    assert "unknown column" in error.message
    assert f"a line '# ignore: {heading}' passes over it, or --column '{heading}='" in error.message


def test_a_sure_name_without_its_unit_is_told_so(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, f"freq,qi\n{ROWS}"))
    assert error.message == "no unit; write 'frequency [GHz]'"
    error = refusal(table(tmp_path, f"freq [K],qi\n{ROWS}"))
    assert "'K' is a temperature; expected a frequency" in error.message


def test_two_columns_of_one_meaning(tmp_path: Path) -> None:
    path = table(tmp_path, "f [GHz],qi,T_bath_K,T_sample [K]\n1,1e5,1,2\n2,1e5,1,2\n3,1e5,1,2\n")
    error = refusal(path)
    assert error.column == "T_sample [K]"
    assert "stands twice, also as 'T_bath_K'; keep one (--column 'T_sample [K]=' passes over" in error.message
    spectrum = read(path, ReadOptions(columns={"T_sample [K]": ""}))
    np.testing.assert_array_equal(spectrum.columns["temperature"], [1.0, 1.0, 1.0])
    assert "column 'T_sample [K]' passed over, as asked" in spectrum.notes


def test_every_unknown_column_is_named_at_once(tmp_path: Path) -> None:
    path = table(tmp_path, "f [GHz],qi,phase,q,gain [V]\n1,1,1,1,1\n2,1,1,1,1\n3,1,1,1,1\n")
    error = refusal(path)
    assert error.column == "phase"
    assert "'# ignore: phase, q, gain [V]' passes over them" in error.message
    assert "also unknown: 'q' (quality_factor?), 'gain [V]'" in error.message
    many = ",".join(f"column_number_{place}_{'x' * 40}" for place in range(90))
    error = refusal(table(tmp_path, f"f [GHz],{many}\n" + "1" + ",1" * 90 + "\n"))
    assert "more" in error.message
    assert len(error.message) < 1200


def test_every_alias_means_something_known() -> None:
    known = {**known_columns(), **known_columns(time_stream=True), **known_constants()}
    assert set(ALIASES) <= set(known)
    for name, others in ALIASES.items():
        assert name not in others
        assert not set(others) & (set(known_columns()) - {name})


@FREE
@given(text=st.text(max_size=30), unit=st.none() | st.text(max_size=6) | st.sampled_from(["K", "Hz", "A"]))
def test_whatever_is_accepted_is_known(text: str, unit: str | None) -> None:
    name, found = accepted(text, unit, known_columns())
    assert (name is None and found is None) or name in known_columns()


@FREE
@given(
    name=st.sampled_from([name for name in ALIASES if name in known_columns()]),
    data=st.data(),
)
def test_an_alias_alone_never_means_two_columns(name: str, data: st.DataObject) -> None:
    alias = data.draw(st.sampled_from(ALIASES[name]))
    found, _ = accepted(
        data.draw(st.sampled_from([alias, alias.upper(), alias.title()])), None, known_columns()
    )
    assert found == (None if len(alias) == 1 else name)


def test_a_record_in_the_words_of_a_lab(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = "".join(f"{place},{value:.6f}\n" for place, value in enumerate(rng.normal(size=2000)))
    spectrum = read(table(tmp_path, f"t [ms],I [nA]\n{rows}"))
    again = read(table(tmp_path, f"time [ms],current [nA]\n{rows}"))
    np.testing.assert_array_equal(spectrum.columns["current_noise"], again.columns["current_noise"])
    assert "column 't [ms]' taken as time in ms" in spectrum.notes
    bare = read(table(tmp_path, rows), ReadOptions(header="t [ms],I [nA]"))
    np.testing.assert_array_equal(bare.columns["current_noise"], again.columns["current_noise"])


# resonance frequency and coupling

SWEEP = "T_K,f0_GHz,f0_err_kHz\n0.3,5.001,1\n0.1,5.0,2\n0.2,5.0005,1\n0.1,4.999,1\n"


def test_a_resonance_frequency_gives_frequency_and_shift(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, SWEEP))
    np.testing.assert_array_equal(spectrum.columns["frequency"], [5.001e9, 5e9, 5.0005e9, 4.999e9])
    np.testing.assert_allclose(spectrum.columns["frequency_shift"], [2e-4, 0, 1e-4, -2e-4], atol=1e-15)
    np.testing.assert_allclose(
        spectrum.columns["frequency_shift_err"], np.array([1, 2, 1, 1]) / 5e6, rtol=1e-14
    )
    assert any(
        "relative to its lowest temperature, f_ref = 5000000000 Hz (line 3)" in n for n in spectrum.notes
    )
    assert spectrum.written["frequency_shift_err"] == "f0_err_kHz"


@pytest.mark.parametrize("line", ["# frequency: 5.6 GHz\n", "# angular_frequency: 5.6 GHz\n"])
def test_a_stated_frequency_stays(tmp_path: Path, line: str) -> None:
    spectrum = read(table(tmp_path, line + SWEEP))
    np.testing.assert_allclose(spectrum.columns["frequency"], 5.6e9, rtol=1e-15)
    assert "frequency_shift" in spectrum.columns
    gaps = read(table(tmp_path, line + SWEEP.replace("0.2,5.0005,1", "0.2,,")))
    assert np.isnan(gaps.columns["frequency_shift"][2])
    error = refusal(table(tmp_path, SWEEP.replace("0.2,5.0005,1", "0.2,,")))
    assert (error.line, error.column) == (4, "f0_GHz")


@pytest.mark.parametrize(
    ("body", "note"),
    [
        ("5,1e5\n5,2e5\n5,3e5\n", "is the same in every row and gives no frequency_shift"),
        ("5,1e5\n6,2e5\n7,3e5\n", "varies by 40 %, more than that of one resonator"),
    ],
)
def test_frequencies_that_are_no_shift(tmp_path: Path, body: str, note: str) -> None:
    spectrum = read(table(tmp_path, f"fr [GHz],qi\n{body}"))
    assert set(spectrum.columns) == {"frequency", "loss"}
    assert any(note in one for one in spectrum.notes)
    with pytest.raises(InputError, match="no measured column"):
        read(table(tmp_path, f"fr [GHz],n_ph\n{body}"))


def test_a_shift_of_its_own_goes_first(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, "f0 [GHz],f0_err,df/f\n5,1e-3,1e-6\n5.001,1e-3,2e-6\n5.002,1e-3,3e-6\n"))
    np.testing.assert_array_equal(spectrum.columns["frequency_shift"], [1e-6, 2e-6, 3e-6])
    assert "frequency_shift_err" not in spectrum.columns
    assert any("gives no frequency_shift, since the table has a column" in note for note in spectrum.notes)


def test_the_first_row_where_no_temperature_varies(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, "f0 [GHz]\n5\n5.001\n5.002\n"))
    assert spectrum.columns["frequency_shift"][0] == 0.0
    assert any("relative to its first row" in note for note in spectrum.notes)


def test_a_coupling_and_an_attenuation(tmp_path: Path) -> None:
    content = "# attenuation: 60 dB\nf [GHz],qi,qc,qc_err\n1,1e5,1e4,x\n2,1e5,2e4,\n3,1e5,3e4,5\n"
    spectrum = read(table(tmp_path, content))
    np.testing.assert_array_equal(spectrum.columns["coupling_quality_factor"], [1e4, 2e4, 3e4])
    assert spectrum.constants == {"attenuation": 60.0}
    assert any("'qc_err' passed over: coupling_quality_factor is taken as exact" in n for n in spectrum.notes)
    error = refusal(table(tmp_path, content.replace("2e4", "0")))
    assert "it must be above zero" in error.message
    for value, message in (
        ("60", "has no unit"),
        ("60 dBm", "is a power"),
        ("60 K", "expected an attenuation"),
    ):
        assert message in refusal(table(tmp_path, content.replace("60 dB", value))).message
    assert "expected a plain number" in refusal(table(tmp_path, "f [GHz],loss [dB]\n1,1\n2,2\n3,3\n")).message


# devices

TWO = "res,f [GHz],qi\nA-1,1,1e5\nB,1,1e5\nA-1,2,2e5\nB,2,2e5\nA-1,3,3e5\nB,3,3e5\nB,4,4e5\n"


def test_one_table_a_device(tmp_path: Path) -> None:
    path = table(tmp_path, TWO)
    first, second = tls.read_tables(path)
    assert (first.device, second.device) == ("A-1", "B")
    assert first.source == second.source == str(path)
    np.testing.assert_array_equal(first.lines, [2, 4, 6])
    np.testing.assert_array_equal(second.lines, [3, 5, 7, 8])
    np.testing.assert_array_equal(second.columns["frequency"], [1e9, 2e9, 3e9, 4e9])
    with pytest.raises(
        InputError, match=r"holds 2 devices \(A-1, B\); read_tables reads all.*--only 'A-1' one"
    ):
        read(path)
    assert read(path, ReadOptions(only="B")).device == "B"
    assert "no device 'C'; it has A-1, B" in refusal(path, ReadOptions(only="C")).message
    plain = table(tmp_path, f"f [GHz],qi\n{ROWS}")
    assert "no device 'B': no column names devices" in refusal(plain, ReadOptions(only="B")).message
    (alone,) = read_tables(plain)
    assert alone.device == ""


def test_one_device_is_one_table(tmp_path: Path) -> None:
    content = "".join(line for line in TWO.splitlines(keepends=True) if not line.startswith("B"))
    assert read(table(tmp_path, content)).device == "A-1"


@pytest.mark.parametrize(
    "heading", ["res", "Resonator", "DEVICE", "sample", "chip", "name", "ID", "label", "Gruppe"]
)
def test_headings_of_devices(tmp_path: Path, heading: str) -> None:
    assert len(read_tables(table(tmp_path, TWO.replace("res", heading)))) == 2


def test_words_that_are_no_devices(tmp_path: Path) -> None:
    stamps = "taken,f [GHz],qi\n10:00,1,1e5\n10:01,2,2e5\n10:02,3,3e5\n"
    path = table(tmp_path, stamps)
    error = refusal(path)
    assert error.column == "taken"
    assert "holds words, another in nearly every row" in error.message
    assert len(read(path, ReadOptions(columns={"taken": ""}))) == 3
    error = refusal(path, ReadOptions(columns={"taken": "device"}))
    assert "only 1 row of device '10:00'" in error.message
    assert "unknown column" in refusal(table(tmp_path, f"res,f [GHz],qi\n1,{ROWS}")).message
    error = refusal(table(tmp_path, TWO.replace("res", "chip,res").replace("A-1", "x,A").replace("B", "x,B")))
    assert "several columns name devices: 'chip', 'res'; keep one (--column 'chip='" in error.message


def test_numbers_name_devices_where_one_says_so(tmp_path: Path) -> None:
    path = table(tmp_path, TWO.replace("A-1", "1").replace("B", "2"))
    assert "unknown column" in refusal(path).message
    tables = read_tables(path, ReadOptions(columns={"res": "device"}))
    assert [one.device for one in tables] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (
            TWO.replace("B,2", ",2"),
            5,
            "an empty name of a device; fill it, or pass the column over: --column 'res='",
        ),
        (TWO.replace("B,2", "B" * 61 + ",2"), 5, "a name of 61 characters; a device has at most 60"),
        (TWO.replace("B,4,4e5", "C,4,4e5"), None, "only 1 row of device 'C'; a spectrum needs at least 3"),
        (TWO.replace("B,4,4e5", "B,1,1e5"), 8, "this row repeats line 3 in every cell"),
        (TWO.replace("B,4,4e5", "B,4"), 8, "2 cells where the header has 3"),
        (TWO.replace("B,4,4e5", "B,4,x"), 8, "found 'x'"),
    ],
)
def test_refusals_of_devices(tmp_path: Path, content: str, line: int | None, message: str) -> None:
    error = refusal(table(tmp_path, content))
    assert message in error.message
    assert error.line == line


def test_names_are_escaped_and_commas_in_them_are_no_decimal_marks(tmp_path: Path) -> None:
    content = TWO.replace(",", ";").replace("A-1", "a,\u200b1").replace("1e5", "100000.0")
    first, second = read_tables(table(tmp_path, content))
    assert first.device == "a,\\u200b1"
    np.testing.assert_allclose(second.columns["loss"][0], 1e-5, rtol=1e-15)


@FREE
@given(names=st.lists(st.sampled_from(["a", "b 1", "Ω-3"]), min_size=9, max_size=30), data=st.data())
def test_devices_share_out_the_rows(tmp_path: Path, names: list[str], data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.floats(1e-9, 1e9), min_size=len(names), max_size=len(names), unique=True))
    rows = "".join(f"{name};{number!r};1e5\n" for name, number in zip(names, numbers, strict=True))
    path = table(tmp_path, f"device;f [Hz];qi\n{rows}")
    distinct = list(dict.fromkeys(names))
    if min(map(names.count, distinct)) < 3:
        assert "a spectrum needs at least 3" in refusal(path).message
        return
    tables = read_tables(path)
    assert [one.device for one in tables] == distinct
    assert sorted(np.concatenate([one.lines for one in tables])) == list(range(2, len(names) + 2))
    for one in tables:
        assert [names[line - 2] for line in one.lines] == [one.device] * len(one)
        np.testing.assert_array_equal(one.columns["frequency"], [numbers[line - 2] for line in one.lines])


def test_a_header_behind_a_comment_sign(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, f"# a note\n# f0_GHz qi\n{ROWS.replace(',', ' ')}"))
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    error = refusal(table(tmp_path, f"# T_K of the first run\n{ROWS.replace(',', ' ')}"))
    assert "a number where the header belongs" in error.message


# options


def test_a_setting_goes_before_column_and_comment(tmp_path: Path) -> None:
    content = "# temperature: 20 mK\nfrequency [GHz],Power (dBm),qi\n1,bad,1e5\n2,bad,1e5\n3,bad,1e5\n"
    spectrum = read(table(tmp_path, content), ReadOptions({"P": "-160 dBm", "T [mK]": "50"}))
    assert spectrum.constants == pytest.approx({"power": 1e-19, "temperature": 0.05}, rel=1e-13)
    assert spectrum.written["power"] == "set"
    assert "column 'Power (dBm)' passed over: power is set to -160 dBm" in spectrum.notes
    assert "'temperature: 20 mK' in line 1 passed over: temperature is set to 50 mK" in spectrum.notes
    spectrum = read(table(tmp_path, f"ω [rad/s],qi\n{ROWS}"), ReadOptions({"f0": "5,6 GHz"}))
    np.testing.assert_allclose(spectrum.columns["frequency"], 5.6e9, rtol=1e-15)
    assert any("'ω [rad/s]' passed over: frequency is set to 5,6 GHz" in note for note in spectrum.notes)


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        (
            {"powr": "-160 dBm"},
            "setting 'powr=-160 dBm': no such constant; did you mean 'power'? Known: frequency",
        ),
        ({"T": "5"}, "setting 'T=5': no such constant; Known: "),
        ({"qi": "1e5"}, "no such constant"),
        ({"loss": "1e5"}, "loss is measured and needs a column of its own"),
        ({"power": "-160"}, "'-160' has no unit; write for example '50 dBm' (write such as power='50 dBm')"),
        ({"power": "-160 K"}, "'K' is a temperature; expected a power"),
        ({"temperature": "cold"}, "write such as temperature='50 mK'"),
        ({"temperature": "-1 K"}, "temperature is -1 K; it must be above zero"),
        ({"T": "1 K", "temperature": "1 K"}, "setting 'temperature=1 K': temperature is set twice; keep one"),
        ({"mains": "50 Hz"}, "no such constant"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, constants: dict[str, str], message: str) -> None:
    assert message in refusal(table(tmp_path, f"f [GHz],qi\n{ROWS}"), ReadOptions(constants)).message


def test_columns_read_as_something_else(tmp_path: Path) -> None:
    path = table(tmp_path, "x (GHz),Q,junk\n1,1e5,a b\n2,2e5,c\n3,3e5,\n")
    options = ReadOptions(columns={"X": "frequency", "Q": "Qi", "junk": ""})
    spectrum = read(path, options)
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    assert spectrum.written["loss"] == "Q"
    assert "column 'x (GHz)' taken as frequency in GHz" in spectrum.notes
    other = read(path, ReadOptions(columns={"x (GHz)": "f [MHz]", "Q": "Qi", "junk": ""}))
    np.testing.assert_array_equal(other.columns["frequency"], [1e6, 2e6, 3e6])
    spelled = read(table(tmp_path, f"x_MHz,qi\n{ROWS}"), ReadOptions(columns={"x_MHz": "frequency"}))
    np.testing.assert_array_equal(spelled.columns["frequency"], [1e6, 2e6, 3e6])


def test_columns_that_cannot_be_read_so(tmp_path: Path) -> None:
    path = table(tmp_path, f"f [GHz],Q\n{ROWS}")
    error = refusal(path, ReadOptions(columns={"Q1": "qi"}))
    assert error.message == "no column 'Q1' to read as 'qi'; it has 'f [GHz]', 'Q'"
    error = refusal(path, ReadOptions(columns={"Q": "los"}))
    assert (error.line, error.column) == (1, "Q")
    assert "is to be read as 'los', which is unknown; did you mean 'loss'? Known: frequency" in error.message
    error = refusal(path, ReadOptions(columns={"Q": "frequency [GHz]"}))
    assert "stands twice" in error.message
    assert "is a temperature" in refusal(path, ReadOptions(columns={"Q": "qi [K]"})).message


def test_a_header_for_a_file_without_one(tmp_path: Path) -> None:
    bare = ROWS.replace(",", "\t")
    path = table(tmp_path, f"# temperature: 20 mK\n{bare}")
    spectrum = read(path, ReadOptions(header="f [GHz],qi"))
    np.testing.assert_array_equal(spectrum.columns["frequency"], [1e9, 2e9, 3e9])
    np.testing.assert_array_equal(spectrum.lines, [2, 3, 4])
    assert spectrum.constants == {"temperature": 0.02}
    assert "(or give it as --header)" in refusal(path).message
    assert "2 cells where the header has 3" in refusal(path, ReadOptions(header="f [GHz],qi,qc")).message
    assert "the header given is empty" in refusal(path, ReadOptions(header=" ")).message
    assert "no partner" in refusal(path, ReadOptions(header='"f [GHz],qi')).message
    own = table(tmp_path, f"f [GHz],qi\n{ROWS}")
    error = refusal(own, ReadOptions(header="f [GHz],qi"))
    assert error.line == 1
    assert "has the header 'f [GHz],qi'; leave --header out" in error.message
    labelled = table(tmp_path, TWO.partition("\n")[2])
    assert len(read_tables(labelled, ReadOptions(header="res,f [GHz],qi"))) == 2


def test_options_hold_for_netcdf_too(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    rows = np.array([1.0, 2.0, 3.0])
    tls.write(Spectrum({"frequency": rows, "power": rows, "loss": rows}, {"temperature": 0.02}), path)
    options = ReadOptions({"T": "1 K", "power": "-90 dBm"}, {"loss": "quality_factor"})
    spectrum = read(path, options)
    assert spectrum.constants == pytest.approx({"temperature": 1.0, "power": 1e-12}, rel=1e-13)
    np.testing.assert_array_equal(spectrum.columns["loss"], 1 / rows)
    assert "--header is for text" in refusal(path, ReadOptions(header="f [Hz]")).message
    assert "no column names devices" in refusal(path, ReadOptions(only="a")).message


# options of a command line


def test_options_for_each_of_several_files() -> None:
    tables = ["runs/80dBm.csv", "runs/T=1K.csv"]
    words = ["power=-70 dBm", "80dBm.csv:P=-80 dBm", "T=1K.csv:frequency=5:6=7 GHz", "temperature=1 K"]
    columns = ["a = b [K]=temperature", "80dBm.csv:junk="]
    first = options_for(tables[0], words, columns, tables=tables, only="x")
    assert first.constants == {"P": "-80 dBm", "temperature": "1 K"}
    assert first.columns == {"a = b [K]": "temperature", "junk": ""}
    assert first.only == "x"
    second = options_for(tables[1], words, columns, tables=tables)
    assert second.constants == {"power": "-70 dBm", "frequency": "5:6=7 GHz", "temperature": "1 K"}
    assert second.columns == {"a = b [K]": "temperature"}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("c.csv:power=-90 dBm", "no table is named 'c.csv', but a.csv, b.csv"),
        ("power", "write NAME=VALUE such as power='-90 dBm', or FILE:NAME=VALUE"),
        ("=5", "write NAME=VALUE"),
        ("a.csv:power=", "write NAME=VALUE"),
        ("P=1 mW", "power is given twice; keep one"),
    ],
)
def test_words_of_another_form(setting: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        options_for("a.csv", ["power=1 W", setting], tables=["a.csv", "x/b.csv"])
    assert message in str(caught.value)


def test_columns_of_another_form() -> None:
    for column, message in (("Q", "write WRITTEN='NAME [UNIT]'"), ("=Q", "write WRITTEN='NAME")):
        with pytest.raises(InputError, match="--column") as caught:
            options_for("a.csv", columns=[column])
        assert message in str(caught.value)
    with pytest.raises(InputError, match="given twice"):
        options_for("a.csv", columns=["Q=qi", "q="])


@FREE
@given(words=st.lists(st.text(max_size=20), max_size=3), columns=st.lists(st.text(max_size=20), max_size=3))
def test_any_words_give_options_or_a_line(words: list[str], columns: list[str]) -> None:
    found = options_or_line(words, columns)
    assert found.isprintable() if isinstance(found, str) else len(found.constants) <= len(words)


def options_or_line(words: list[str], columns: list[str]) -> ReadOptions | str:
    try:
        return options_for("a.csv", words, columns)
    except InputError as error:
        return str(error)


# power in the name of a file


@pytest.mark.parametrize(
    ("name", "power", "note"),
    [
        (
            "160dBm.csv",
            "-140",
            'says 160 dBm, its power column −140 dBm: the column is used; --set power="-160 dBm"',
        ),
        (
            "run_m160dBm_2.csv",
            "-140",
            'says 160 dBm, its power column −140 dBm: the column is used; --set power="-160',
        ),
        ("-90.5 dBm.csv", "-140", '--set power="-90.5 dBm" says otherwise'),
        ("140dBm.csv", "-140", ""),
        ("-140dbm.csv", "-140", ""),
        ("film10dBm.csv", "5", '--set power="10 dBm" says otherwise'),
        ("-140dBm_to_-80dBm.csv", "-100", ""),
        ("140dBmx.csv", "-100", ""),
        ("dBm.csv", "-100", ""),
    ],
)
def test_a_power_in_the_name(tmp_path: Path, name: str, power: str, note: str) -> None:
    rows = "".join(f"{place},1e5,{power}\n" for place in (1, 2, 3))
    path = table(tmp_path, f"f [GHz],qi,P_dBm\n{rows}", name)
    found = [one for one in read(path).notes if "file's name" in one]
    assert bool(found) == bool(note)
    assert all(note in one for one in found)
    assert not [n for n in read(path, ReadOptions({"power": "1 fW"})).notes if "file's name" in n]


def test_a_power_that_only_the_name_states(tmp_path: Path) -> None:
    path = table(tmp_path, f"f [GHz],qi\n{ROWS}", "100dBm.csv")
    assert read(path).notes[-1].endswith('says 100 dBm, its table no power: --set power="-100 dBm" sets it')
    path = table(tmp_path, f"# power: -60 dBm\nf [GHz],qi\n{ROWS}", "100dBm.csv")
    assert "its power comment −60 dBm: the comment is used" in read(path).notes[-1]
    several = "f [GHz],qi,P [dBm]\n1,1,-80\n2,1,-70\n3,1,-60\n"
    assert "its power column −80 to −60 dBm" in read(table(tmp_path, several, "50dBm.csv")).notes[-1]


# what is shown


def test_columns_are_described_with_their_headings(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, f"# width: 2 um\n{SWEEP}"), ReadOptions({"P": "-90 dBm"}))
    written = {column.name: column.written for column in describe(spectrum)}
    assert written == {
        "frequency": "f0_GHz", "temperature": "T_K", "frequency_shift": "f0_GHz",
        "frequency_shift_err": "f0_err_kHz", "width": "line 1", "power": "set",
    }  # fmt: skip


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_check_shows_what_was_taken_for_what(
    call: Callable[..., object], tmp_path: Path, columns: str
) -> None:
    path = table(tmp_path, TWO, "80dBm.csv")
    done = call("check", path, "--set", "80dBm.csv:P=-80 dBm", "--column", "qi=Qi", COLUMNS=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= int(columns)
    words = " ".join(done.stdout.split())
    for word in ("device A-1, 3 points", "device B, 4 points", "in the file", "f [GHz]", "qi", "loss", "set"):
        assert word in words
    assert words.count("column 'qi' taken as quality_factor") == 1
    done = call("check", path, "--only", "B")
    assert done.returncode == 0
    assert "A-1" not in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "x.csv:power=1 W"), "no table is named 'x.csv'"),
        (("--column", "foo=loss"), "no column 'foo' to read as 'loss'"),
        (("--header", "f [GHz],qi"), "has the header"),
        (("--only", "C"), "no device 'C'; it has A-1, B"),
    ],
)
@pytest.mark.parametrize("command", ["check", "fit"])
def test_options_that_cannot_be(
    call: Callable[..., object], tmp_path: Path, command: str, options: tuple[str, str], message: str
) -> None:
    out = ("--out", tmp_path / "out") if command == "fit" else ()
    done = call(command, table(tmp_path, TWO), *options, *out)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert message in line
    assert not (tmp_path / "out").exists()


def test_a_fit_that_goes_on_takes_no_options_of_reading(call: Callable[..., object], tmp_path: Path) -> None:
    done = call(
        "fit", "--resume", tmp_path, "--set", "power=1 W", "--column", "a=", "--header", "a", "--only", "B"
    )
    assert done.returncode == 2
    assert "leave out --set, --column, --header, --only" in done.stderr
