"""A recorded current against time is read as its noise spectrum."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsjax.data import Spectrum, read
from tlsjax.data.comments import Constant
from tlsjax.data.headings import Heading
from tlsjax.data.raw import RawTable
from tlsjax.data.time_stream import noise_table
from tlsjax.errors import InputError

RATE = 250.0
MEASURED = os.environ.get("TLSJAX_MEASURED_DATA", "")
ABOUT = "# temperature: 50 mK\n# width: 2 um\n# length: 100 um\n"


def white(seed: int, samples: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(samples)


def coloured(seed: int, samples: int, exponent: float) -> np.ndarray:
    """Gaussian noise of one-sided density 2·f^−exponent at unit sample rate, cut out of a longer period."""
    whole = np.fft.rfft(white(seed, 4 * samples))
    frequency = np.fft.rfftfreq(4 * samples)
    whole[0] = 0.0
    whole[1:] *= frequency[1:] ** (-exponent / 2.0)
    return np.fft.irfft(whole, 4 * samples)[:samples]


def written(
    folder: Path, current: np.ndarray, *, about: str = "", rate: float = RATE, digits: int = 17
) -> Path:
    path = folder / "record.csv"
    time = np.arange(current.size) / rate
    rows = (f"{t:.{digits}g},{i!r}\n" for t, i in zip(time.tolist(), current.tolist(), strict=True))
    path.write_text(about + "time [s],current [A]\n" + "".join(rows))
    return path


def table(current: np.ndarray, time: np.ndarray | None = None, **others: np.ndarray) -> RawTable:
    time = np.arange(current.size) / RATE if time is None else time
    units = {"temperature": "K", "bias_current": "A"}
    columns = {"time": time, "current": current, **others}
    headings = tuple(Heading(name, name, units.get(name, "s" if name == "time" else "A")) for name in columns)
    return RawTable(headings, tuple(columns.values()), "record.csv")


def points(raw: RawTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = noise_table(raw)
    assert [heading.name for heading in found.headings] == ["frequency", "current_noise", "averages"]
    return found.values


def refusal(folder: Path, text: str) -> InputError:
    path = folder / "record.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return caught.value


def rows(samples: int, rate: float = RATE) -> list[str]:
    return [f"{n / rate!r},{i!r}" for n, i in enumerate(white(99, samples).tolist())]


# what is read


def test_white_noise_of_known_level(tmp_path: Path) -> None:
    about = ABOUT + "# bias_current: 20 uA\n"
    spectrum = read(written(tmp_path, 3e-9 * white(1, 2**16), about=about))
    assert list(spectrum.columns) == ["frequency", "current_noise", "averages"]
    assert spectrum.constants == pytest.approx(
        {"temperature": 0.05, "width": 2e-6, "length": 1e-4, "bias_current": 2e-5}
    )
    frequency, density, averages = spectrum.columns.values()
    deviation = (density / (2 * 9e-18 / RATE) - 1) * np.sqrt(averages)
    assert np.all(np.abs(deviation) < 5)
    assert np.all(np.diff(frequency) > 0)
    assert frequency[-1] < RATE / 8
    assert 10 < averages[0] < 20
    assert "time stream of 65 536 samples at 250 Hz read as a noise spectrum" in " ".join(spectrum.notes)
    assert f"{averages.min():.0f} to {averages.max():.0f} averages" in " ".join(spectrum.notes)


@pytest.mark.parametrize("exponent", [0.0, 1.0])
def test_scatter_is_that_of_the_averages(exponent: float) -> None:
    found = [points(table(coloured(seed, 2**13, exponent))) for seed in range(200)]
    frequency, _, averages = found[0]
    ratio = np.array([density for _, density, _ in found]) * RATE / 2 * (frequency / RATE) ** exponent
    bias = ratio.mean(0) - 1
    assert np.all(np.abs(bias) < 4.5 / np.sqrt(200 * averages) + 0.03 * exponent)
    chi_squared = np.sum((ratio - 1) ** 2 * averages, axis=1)
    # one run scatters by √(2n + 6Σ1/M), a little more as neighbours are correlated
    error = 1.5 * np.sqrt((2 * averages.size + np.sum(6 / averages)) / 200)
    assert abs(chi_squared.mean() - averages.size) < 4.5 * error
    neighbours = [np.corrcoef(ratio[:, k], ratio[:, k + 1])[0, 1] for k in range(averages.size - 1)]
    assert np.mean(neighbours) < 0.25


def test_one_over_f_squared_is_lifted_at_the_lowest_point_alone() -> None:
    found = [points(table(coloured(seed, 2**13, 2.0))) for seed in range(200)]
    frequency, _, averages = found[0]
    ratio = np.mean([density for _, density, _ in found], axis=0) * RATE / 2 * (frequency / RATE) ** 2
    assert 1.05 < ratio[0] < 1.25
    assert np.all(np.abs(ratio[1:] - 1) < 4.5 / np.sqrt(200 * averages[1:]) + 0.05)


def test_the_mean_over_each_sample_is_divided_out() -> None:
    """Blocks of 8 samples of a finer 1/f record, up to a quarter of their rate: all but what folds down."""
    current = coloured(3, 2**21, 1.0).reshape(-1, 8).mean(1)
    raw = with_constants(
        table(current, np.arange(current.size) * 8.0), bandwidth=1 / 32, integration_time=8.0
    )
    frequency, density, averages = points(raw)
    alias = frequency[:, None] + np.arange(-4, 4) / 8
    mean = (np.sin(8 * np.pi * alias) / np.sin(np.pi * alias) / 8) ** 2
    folded = np.sum(mean * 2 / np.abs(alias), 1) / mean[:, 4]
    error = 1 / np.sqrt(averages) + 0.03 * (frequency < frequency[2])
    assert np.all(np.abs(density / folded - 1) < 4.5 * error + 0.003)
    assert np.all((density < 1.1 * 2 / frequency)[-5:])
    without = points(with_constants(raw, bandwidth=1 / 32))[1]
    np.testing.assert_allclose(density * np.sinc(8 * frequency) ** 2, without, rtol=1e-13)
    assert without[-1] < folded[-1] * (1 - 10 * error[-1])


def test_what_averaging_folds_down() -> None:
    """Up to an eighth of the sample rate: under 0.6 % of 1/f noise, and all that white noise loses."""
    frequency = np.linspace(0.01, 0.125, 30)[:, None]
    alias = frequency + np.arange(-50_000, 50_001)
    folded = np.sinc(alias) ** 2
    np.testing.assert_allclose(folded.sum(1), 1.0, atol=1e-5)
    assert np.max(np.sum(folded / np.abs(alias), 1) / (np.sinc(frequency) ** 2 / frequency)[:, 0]) < 1.006


def with_constants(raw: RawTable, **constants: float) -> RawTable:
    return replace(raw, constants={name: Constant(value, str(value)) for name, value in constants.items()})


@pytest.mark.parametrize(("bandwidth", "highest"), [(None, 31.25), (60.0, 60.0), (125.0, 125.0), (4.0, 4.0)])
def test_the_bandwidth_is_the_highest_frequency(bandwidth: float | None, highest: float) -> None:
    raw = table(white(4, 2**14))
    raw = raw if bandwidth is None else with_constants(raw, bandwidth=bandwidth, width=1.0)
    frequency, density, averages = points(raw)
    assert highest * 0.8 < frequency[-1] <= highest
    assert np.all(np.abs(density * RATE / 2 - 1) < 5 / np.sqrt(averages))
    assert set(noise_table(raw).constants) == ({"width"} if bandwidth else set())


def test_recording_constants_are_used_up_and_noted(tmp_path: Path) -> None:
    about = "# bandwidth: 40 Hz\n# integration-time: 4 ms\n# time: 12:30\n# averages: 7\n"
    spectrum = read(written(tmp_path, white(5, 4000), about=about))
    assert spectrum.constants == {}
    notes = " ".join(spectrum.notes)
    assert "nothing used above the bandwidth, 40 Hz" in notes
    assert "divided by sinc²(f·4 ms)" in notes
    assert "comment 'averages: 7' names no known constant" in notes
    assert "comment 'time: 12:30' names no known constant" in notes


def test_a_spectrum_may_speak_of_bandwidths_and_clocks(tmp_path: Path) -> None:
    path = tmp_path / "sweep.csv"
    path.write_text(
        "# bandwidth: wide\n# if_bandwidth: 10 Hz\n# time: 12:30\nfrequency [GHz],loss\n1,1\n2,2\n3,3\n"
    )
    assert read(path).constants == {}


def test_a_mean_is_no_noise() -> None:
    noise = white(6, 5000)
    for mean in (0.0, 1e4):
        _, density, _ = points(table(noise + mean))
        np.testing.assert_allclose(density, points(table(noise))[1], rtol=1e-7)


# files as laboratories write them


@pytest.mark.parametrize(
    ("header", "delimiter", "comma"),
    [
        ("time [ms];current [nA]", ";", True), ("Time (ms)\tCurrent (nA)", "\t", True),
        ("# time [ms] current [nA]", " ", False), ("TIME [ms],Current(t) [nA]", ",", False),
    ],
)  # fmt: skip
def test_forms_of_one_record(tmp_path: Path, header: str, delimiter: str, comma: bool) -> None:
    current = white(7, 900)
    pairs = zip((np.arange(900) * 1e3 / RATE).tolist(), (1e9 * current).tolist(), strict=True)
    text = "".join(f"{t!r}{delimiter}{i!r}\n" for t, i in pairs)
    path = tmp_path / "form.txt"
    path.write_text(f"{header}\n" + (text.replace(".", ",") if comma else text))
    same_points(read(path), read(written(tmp_path, current)), rtol=1e-9)


def same_points(one: Spectrum, other: Spectrum, rtol: float) -> None:
    for name in ("frequency", "current_noise", "averages"):
        np.testing.assert_allclose(one.columns[name], other.columns[name], rtol=rtol)


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
def test_netcdf(tmp_path: Path, engine: str) -> None:
    current = white(8, 5000)
    data = xr.Dataset(
        {"current": ("time", current, {"units": "A"})},
        coords={"time": ("time", np.arange(5000) / RATE, {"units": "s"})},
        attrs={"temperature": "50 mK", "bandwidth": "20 Hz"},
    )
    data.to_netcdf(tmp_path / "record.nc", engine=engine)
    spectrum = read(tmp_path / "record.nc")
    about = "# temperature: 50 mK\n# bandwidth: 20 Hz\n"
    same_points(spectrum, read(written(tmp_path, current, about=about)), rtol=1e-12)
    assert spectrum.constants == {"temperature": 0.05}


def test_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    current = white(8, 5000)
    with h5py.File(tmp_path / "record.h5", "w") as file:
        file["time [s]"] = np.arange(5000) / RATE
        file["current [A]"] = current
    same_points(read(tmp_path / "record.h5"), read(written(tmp_path, current)), rtol=1e-12)


def test_times_are_rounded(tmp_path: Path) -> None:
    current = white(9, 3000)
    exact = read(written(tmp_path, current))
    same_points(read(written(tmp_path, current, digits=6)), exact, rtol=1e-6)
    time = np.arange(3000) / RATE
    for rounded in (
        np.asarray(time, np.float32).astype(float),
        np.round(time / 0.0019) * 0.0019,  # by just under half a step
        1.7e9 + time,
        time + 0.3 / RATE * np.random.default_rng(1).uniform(-0.8, 0.8, time.size),
    ):
        found = points(table(current, rounded))
        np.testing.assert_allclose(found[0], exact.columns["frequency"], rtol=1e-3)
        np.testing.assert_allclose(found[1], exact.columns["current_noise"], rtol=1e-3)


def test_single_precision_times_of_a_long_record() -> None:
    time = (np.arange(1_000_000) * 1e-5).astype(np.float32).astype(float)
    assert points(table(white(10, time.size), time))[0][-1] == pytest.approx(12.5e3, rel=0.15)


def test_a_clock_that_drifts_a_little() -> None:
    share = np.linspace(0, 1, 20_000)
    raw = table(white(11, 20_000), 80 * (share + 0.02 * share * (share - 1)))
    assert any("times off an even clock by up to 100 steps" in note for note in noise_table(raw).notes)
    with pytest.raises(InputError, match=r"row 10\d\d\d:.* steps off an even clock; keep a stretch of one"):
        noise_table(table(white(11, 20_000), 80 * (share + 0.2 * share * (share - 1))))


def test_conditions_as_columns() -> None:
    current = white(12, 1000)
    steady = 20e-6 * (1 + 0.003 * np.sin(np.arange(1000)))
    found = noise_table(table(current, bias_current=steady, temperature=np.full(1000, 0.05)))
    assert found.constants["temperature"].value == pytest.approx(0.05)
    assert found.constants["bias_current"].value == pytest.approx(20e-6, rel=1e-3)
    stepped = np.where(np.arange(1000) < 700, 0.0, 20e-6)
    with pytest.raises(InputError, match=r"row 701: changes from 0 .A to 20 .A within one record; keep one"):
        noise_table(table(current, bias_current=stepped))


# what is refused


def replaced(rows: list[str], **cells: str) -> list[str]:
    """Rows with the cells of the tenth, in line 11, replaced."""
    time, current = rows[9].split(",")
    return [*rows[:9], f"{cells.get('time', time)},{cells.get('current', current)}", *rows[10:]]


@pytest.mark.parametrize(
    ("change", "line", "column", "message"),
    [
        (lambda r: r[:300] + r[303:], 302, "time [s]",
         "not one usual step after the row before; keep one unbroken stretch, the longest is lines 302 to"),
        (lambda r: r[:300] + r[299:], 302, "time [s]", "the time of the row before (if it is only rounded"),
        (lambda r: r[:700] + r[:300], 702, "time [s]",
         "goes back; keep one unbroken stretch, the longest is lines 2 to 701"),
        (lambda r: r[::-1], 3, "time [s]", "the time goes back"),
        (lambda r: replaced(r, current=""), 11, "current [A]", "the cell is empty; a time stream needs"),
        (lambda r: replaced(r, time=""), 11, "time [s]", "the cell is empty"),
        (lambda r: replaced(r, current="1e200"), 11, "current [A]", "found 1e+200 A, too large"),
        (lambda r: r[:599], None, None,
         "only 599 samples; a noise spectrum up to 0.125 of the sample rate needs at least 600"),
        (lambda r: r[:1], None, None, "only 1 sample;"),
        (lambda r: [row.split(",")[0] + ",1e-9" for row in r], 1, "current [A]",
         "1e-09 A in every row; there is no noise in it"),
        (lambda r: [row.split("e")[0] + "e-200" for row in r], None, None, "are the units right?"),
    ],
)  # fmt: skip
def test_records_that_are_none(
    tmp_path: Path,
    change: Callable[[list[str]], list[str]],
    line: int | None,
    column: str | None,
    message: str,
) -> None:
    error = refusal(tmp_path, "time [s],current [A]\n" + "\n".join(change(rows(1000))))
    assert message in error.message
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    ("header", "column", "message"),
    [
        ("tim [s],curent [A]", "tim [s]", "did you mean 'time [s]'?"),
        ("tim [s],curent [A]", "tim [s]", "also unknown: 'curent [A]' (current [A]?)"),
        ("time [s],voltage [V]", "voltage [V]", "unknown column; a line '# ignore: voltage [V]' passes over"),
        ("time [s],T [K]", "time [s]", "no current beside it; add a column 'current [A]'"),
        ("time [s],temperature [K]", "time [s]", "no current beside it; add a column 'current [A]'"),
        ("time [s],current [V]", "current [V]", "'V' is a voltage; expected a current"),
        ("time,current [A]", "time", "no unit; write 'time [ns]'"),
        ("time [s],current_err [A]", "current_err [A]", "of measured quantities only"),
        ("time [s],bandwidth [kHz]", "bandwidth [kHz]", "above the header as '# bandwidth: 1 kHz'"),
        ("time [s],loss", "time [s]", "a time belongs beside a recorded current alone"),
        ("time [s],frequency [Hz]", "time [s]", "a line '# ignore: time' passes over it"),
        ("time [s],averages", "time [s]", "a time belongs beside a recorded current alone"),
        ("t [s],loss", "t [s]", "unknown column; a line '# ignore: t [s]' passes over it"),
    ],
)
def test_headings_that_are_no_record(tmp_path: Path, header: str, column: str, message: str) -> None:
    error = refusal(tmp_path, header + "\n" + "\n".join(rows(700)))
    assert message in error.message
    assert (error.line, error.column) == (1, column)


@pytest.mark.parametrize(
    ("about", "line", "message"),
    [
        ("# bandwidth: 126 Hz", 1, "bandwidth is 126 Hz; it must be above zero and at most 125 Hz, half the"),
        ("# bandwidth: 0 Hz", 1, "it must be above zero"),
        ("\n# integration_time: 5 ms", 2, "at most 4 ms, the time between samples"),
        ("# bandwith: 5 Hz", 1, "did you mean 'bandwidth'?"),
        ("# bandwidth: 5 s", 1, "'s' is a time; expected a frequency"),
        ("# bandwidth: 4 Hz", None, "only 700 samples; a noise spectrum up to 0.016 of the sample rate needs "
         "at least 4 692"),
        ("# temperature: 0 K", 1, "temperature is 0 K; it must be above zero"),
    ],
)  # fmt: skip
def test_constants_that_do_not_fit(tmp_path: Path, about: str, line: int | None, message: str) -> None:
    error = refusal(tmp_path, f"{about}\ntime [s],current [A]\n" + "\n".join(rows(700)))
    assert message in error.message
    assert error.line == line


def test_a_condition_stands_once(tmp_path: Path) -> None:
    text = "# bias_current: 1 uA\ntime [s],current [A],bias_current [A]\n"
    error = refusal(tmp_path, text + "\n".join(row + ",1e-6" for row in rows(700)))
    assert error.message == "stands also as a constant; keep one"


def test_without_headings_it_says_which(tmp_path: Path) -> None:
    assert "'time [s],current [A]' for a recorded current" in refusal(tmp_path, "\n".join(rows(10))).message


@settings(deadline=None, max_examples=200)
@given(
    start=st.floats(-1e308, 1e308),
    step=st.floats(0, 1e308),
    size=st.floats(0, 1e308),
    mean=st.floats(-1e308, 1e308),
)
def test_any_numbers_give_a_spectrum_or_one_line(start: float, step: float, size: float, mean: float) -> None:
    with np.errstate(all="ignore"):
        raw = table(mean + size * white(13, 700), start + step * np.arange(700))
    try:
        found = points(raw)
    except InputError:
        return
    assert all(np.isfinite(values).all() and (values > 0).all() for values in found)


# measured


@pytest.mark.skipif(not MEASURED, reason="TLSJAX_MEASURED_DATA names no folder with measured files")
def test_a_telegraph_current(tmp_path: Path) -> None:
    original = Path(MEASURED) / "telegraph_current" / "current_vs_time.txt"
    with pytest.raises(InputError, match=r"put a line such as .*'time \[s\],current \[A\]' for a recorded"):
        read(original)
    whole = original.read_text()
    with pytest.raises(
        InputError, match="keep one unbroken stretch, the longest is lines 2 to 4097"
    ) as caught:
        read(table_of(tmp_path, whole))
    assert caught.value.line == 4098
    body = "".join(whole.splitlines(keepends=True)[:4096])
    spectrum = read(table_of(tmp_path, body, about="# bandwidth: 19 Hz\n"))
    frequency, density, averages = spectrum.columns.values()
    time, current = np.loadtxt(original)[:4096].T
    step = np.diff(time).mean()
    # its correlation falls by a factor a sample, seen in time and in the spectrum that such a record has
    lagged = [np.corrcoef(current[:-lag], current[lag:])[0, 1] for lag in (1, 2)]
    kept = np.linspace(0.2, 0.8, 601)[:, None]
    shape = (1 - kept**2) / (1 - 2 * kept * np.cos(2 * np.pi * frequency * step) + kept**2)
    scale = np.average(density / shape, axis=1, weights=averages)[:, None]
    best = np.sum(averages * (np.log(scale * shape) + density / (scale * shape)), axis=1).argmin()
    assert abs(kept[best, 0] - lagged[1] / lagged[0]) < 0.1
    np.testing.assert_allclose(scale[best], 2 * step * current.var(), rtol=0.15)


def table_of(folder: Path, body: str, about: str = "") -> Path:
    path = folder / "telegraph.txt"
    path.write_text(about + "time [s]\tcurrent [A]\n" + body)
    return path


def with_hum(tmp_path: Path, mains: str) -> tuple[Spectrum, np.ndarray]:
    """White noise of 1e-24 A²/Hz at 4 kHz for a minute, with strong lines of 50 Hz that drift a little."""
    rate, count = 4000.0, 240_000
    random = np.random.default_rng(5)
    time = np.arange(count) / rate
    phase = 2 * np.pi * (50.0 * time + 0.3 * np.sin(2 * np.pi * time / 40))
    current = random.normal(0.0, np.sqrt(1e-24 * rate / 2), count)
    for harmonic in (1, 2, 3, 5, 9):
        current = current + 3e-11 / harmonic * np.cos(harmonic * phase)
    path = tmp_path / "hum.csv"
    rows = np.column_stack([time, current])
    np.savetxt(
        path, rows, delimiter=",", header=f"{mains}bandwidth: 800 Hz\ntime [s],current [A]", comments="# "
    )
    path.write_text(path.read_text().replace("# time [s]", "time [s]"))
    table = read(path)
    noise = table.columns["current_noise"] / 1e-24
    return table, (noise - 1) * np.sqrt(table.columns["averages"])


def test_lines_of_the_mains_are_left_out(tmp_path: Path) -> None:
    table, deviation = with_hum(tmp_path, "mains: 50 Hz\n")
    assert np.abs(deviation).max() < 4.5
    assert 0.4 < np.mean(deviation**2) < 1.6
    assert any("50 Hz and its harmonics" in note for note in table.notes)
    _, spoiled = with_hum(tmp_path, "")
    assert spoiled.max() > 50


def test_mains_that_a_record_cannot_tell_apart(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    random = np.random.default_rng(6)
    lines = "".join(f"{i / 4000},{x}\n" for i, x in enumerate(random.normal(0, 1e-9, 3000)))
    path.write_text("# mains: 50 Hz\ntime [s],current [A]\n" + lines)
    with pytest.raises(InputError, match=r"line 1.*mains: segments tell frequencies 8 Hz apart, too coarse"):
        read(path)
