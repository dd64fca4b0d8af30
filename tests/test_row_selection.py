"""Which rows are read: conditions on columns, constants, headings as written and lines."""

import operator
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlsjax.data import ReadOptions, Spectrum, options_for, read, read_tables
from tlsjax.data.condition import parse_condition
from tlsjax.errors import InputError

Run = Callable[..., "subprocess.CompletedProcess[str]"]
FREE = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])

SWEEP = """# width: 2 um
f [GHz],T (mK),P [dBm],Qi,Qi_err,phase [deg],flag
5,20,-90,1e5,1e3,10,0
6,50,-80,2e5,1e3,20,1
7,100,-70,4e5,1e3,30,1
8,200,-60,5e5,1e3,40,1
9,400,-50,,,50,2
1,20,-90,1e5,1e3,10,3
1,50,-80,2e5,1e3,20,3
1,100,-70,4e5,1e3,30,3
1,200,-60,5e5,1e3,40,3
1,400,-50,,,50,3
"""
IGNORE = "# ignore: phase, flag\n"


def table(folder: Path, content: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def frequencies(spectrum: Spectrum) -> list[float]:
    return [round(float(x) / 1e9, 9) for x in spectrum.columns["frequency"]]


def refusal(path: Path, **options: str | Sequence[str]) -> InputError:
    with pytest.raises(InputError) as caught:
        read_tables(path, ReadOptions(**options))  # type: ignore[arg-type]
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700
    return caught.value


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("temperature > 20 mK", [6, 7, 8, 9]),
        ("temperature >= 0.02 K", [5, 6, 7, 8, 9]),
        ("T < 0,1 K", [5, 6]),
        ("T < 0.1 K", [5, 6]),
        ("temperature<=0.1K", [5, 6, 7]),
        ("T_mK ≤ 100", [5, 6, 7]),
        ("T_K < 0.3", [5, 6, 7, 8]),
        ("T (mK) < 300", [5, 6, 7, 8]),
        ("t (mk) < 0.3 K", [5, 6, 7, 8]),
        ("power < -60 dBm", [5, 6, 7]),
        ("P >= 1 nW", [8, 9]),
        ("p [dbm] > -85", [6, 7, 8, 9]),
        ("power_dBm >= -70", [7, 8, 9]),
        ("quality_factor > 2e5", [7, 8]),
        ("loss < 5e-6", [7, 8]),
        ("loss ≥ 2.5 ppm", [5, 6, 7]),
        ("loss_err < 2e-8", [7, 8]),  # 1e3/Q²
        ("Qi_err < 0.3 %", [7, 8]),  # 1e3/Q
        ("quality_factor_err <= 1000", [5, 6, 7, 8]),
        ("angular_frequency < 6.5 GHz", [5, 6]),
        ("w < 41e9 rad/s", [5, 6]),
        ("frequency != 7 GHz", [5, 6, 8, 9]),
        ("f >= 7 GHz", [7, 8, 9]),
        ("frequency = 1000 MHz", []),
        ("f == 1e9 Hz", []),
        ("line < 7", [5, 6, 7]),
        ("line != 5", [5, 7, 8, 9]),
        ("width > 1 um", [5, 6, 7, 8, 9]),
        ("flag = 1", [6, 7, 8]),
        ("phase < 0.4 rad", [5, 6]),
        ("phase [deg] > 15", [6, 7, 8, 9]),
        ("phase > 35 deg", [8, 9]),
    ],
)
def test_one_condition(tmp_path: Path, where: str, kept: list[float]) -> None:
    """Rows at 5 to 9 GHz; five more at 1 GHz have the same cells otherwise."""
    spectrum = read(table(tmp_path, IGNORE + SWEEP), ReadOptions(where=(where,)))
    found = frequencies(spectrum)
    assert [f for f in found if f > 1] == kept
    assert any(note.startswith(f"kept {len(found)} of 10 rows: ") for note in spectrum.notes)
    of_frequency = ("frequency", "angular", "w ", "f ", "line", "flag")
    assert len(found) == 2 * len(kept) or where.startswith(of_frequency)


def test_all_must_hold_and_lines_stay_those_of_the_file(tmp_path: Path) -> None:
    path = table(tmp_path, IGNORE + SWEEP)
    spectrum = read(path, ReadOptions(where=("T > 20 mK", "P < -50 dBm", "f > 2 GHz")))
    assert frequencies(spectrum) == [6, 7, 8]
    assert spectrum.lines.tolist() == [5, 6, 7]
    assert "kept 3 of 10 rows: T > 20 mK and P < -50 dBm and f > 2 GHz" in spectrum.notes


def test_rows_that_no_check_would_pass_can_be_left_out(tmp_path: Path) -> None:
    rows = "1,1,1e-5\n2,1,-3\n3,1,1e-5\n4,0,1e-5\n5,,1e-5\n3,1,1e-5\n6,1,1e-5\n"
    bad = table(tmp_path, f"f [GHz],T [K],loss\n{rows}")
    for where, line in (
        ((), 6),
        (("T > 0 K",), 3),
        (("T >= 0 K", "loss > 0"), 5),
        (("T > 0 K", "loss > 0"), 7),
    ):
        assert refusal(bad, where=where).line == line
    assert frequencies(read(bad, ReadOptions(where=("loss > 0", "T > 0 K", "line != 7")))) == [1, 3, 6]


def test_a_setting_counts_and_what_it_replaces_is_still_there_as_written(tmp_path: Path) -> None:
    path = table(tmp_path, IGNORE + SWEEP)
    set_so = {"power": "-160 dBm"}
    assert len(read(path, ReadOptions(set_so, where="power = -160 dBm"))) == 10
    assert frequencies(read(path, ReadOptions(set_so, where="P [dBm] < -60"))) == [5, 6, 7, 1, 1, 1]
    error = refusal(path, constants=set_so, where="power > -100 dBm")  # type: ignore[arg-type]
    assert "there is no row for which 'power > -100 dBm' holds: power is 0.1 aW in every row" in error.message


def test_a_resonance_frequency_may_be_called_frequency(tmp_path: Path) -> None:
    path = table(tmp_path, "f0 [GHz],qi\n5,1e5\n5.001,2e5\n5.002,3e5\n5.003,4e5\n")
    assert len(read(path, ReadOptions(where="frequency < 5.0025 GHz"))) == 3
    assert len(read(path, ReadOptions(where="f0 < 5.0025 GHz"))) == 3


def test_per_cent_uncertainties(tmp_path: Path) -> None:
    path = table(tmp_path, "f [GHz],loss,loss_err [%]\n1,1e-5,1\n2,2e-5,1\n3,3e-5,2\n4,4e-5,9\n5,5e-5,1\n")
    assert frequencies(read(path, ReadOptions(where="loss_err < 5 %"))) == [1, 2, 3, 5]
    assert frequencies(read(path, ReadOptions(where="loss_err < 5.5e-7"))) == [1, 2, 5]


def test_a_condition_is_compared_device_by_device(tmp_path: Path) -> None:
    rows = "".join(
        f"{name},{f},{t},1e5\n"
        for name in "AB"
        for f, t in ((1, 1), (2, 1), (3, 1), (4, 9 if name == "A" else 1))
    )
    path = table(tmp_path, f"res,f [GHz],T [K],qi\n{rows}")
    one, other = read_tables(path, ReadOptions(where="T < 2 K"))
    assert (len(one), len(other)) == (3, 4)
    assert "kept 3 of 4 rows: T < 2 K" in one.notes
    error = refusal(path, where="T > 2 K", only="B")
    assert "device 'B' has no row for which 'T > 2 K' holds: temperature is 1 K in every row" in error.message
    assert "leave it out by --only" in error.message
    assert "only 1 row of device 'A'" in refusal(path, where="T > 2 K", only="A").message


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("temperature", "--where 'temperature': write NAME OP VALUE [UNIT], such as 'temperature < 1.3 K'"),
        ("", "write NAME OP VALUE [UNIT]"),
        ("< 1 K", "write NAME OP VALUE [UNIT]"),
        ("temperature <", "write NAME OP VALUE [UNIT]"),
        ("temperature => 1 K", "'=>' is no comparison; use one of <, <=, >, >=, =, !="),
        ("20 mK < temperature < 1 K", "two comparisons in one; give each an option of its own"),
        ("T < 1 K and P > 1 nW", "two comparisons in one"),
        ("1 K > temperature", "write the name first"),
        ("temprature < 1 K", "'temprature' is no column or constant of this table (did you mean 'temp"),
        ("bias_current > 1 uA", "'bias_current' is no column or constant of this table; it has frequency"),
        ("other.csv:T < 1 K", "nor 'other.csv' one of the tables"),
        ("temperature < 1", "a number without its unit; write 'temperature < 1 mK' if the column's own is"),
        ("P > -60", "a number without its unit; write 'P > -60 dBm'"),
        ("width > 1", "a number without its unit; write 'width > 1 m'"),
        ("temperature < 1 V", "'V' is a voltage; expected a temperature"),
        ("T < 1 V", "'V' is a voltage; expected a temperature"),
        ("temperature < cold", "'cold' is not a number"),
        ("temperature < 1.000,5 K", "thousands separator"),
        ("loss < 1 K", "'K' is a temperature; expected a plain number"),
        ("power > 20 dBm", "no row for which 'power > 20 dBm' holds: power runs from -90 dBm to -50 dBm"),
        ("T > 1 K", "temperature runs from 20 mK to 400 mK"),
        ("phase > 1 K", "--where 'phase > 1 K'"),
        ("line = 77", "line runs from 4 to 13"),
    ],
)  # fmt: skip
def test_what_cannot_be(tmp_path: Path, where: str, message: str) -> None:
    assert message in refusal(table(tmp_path, IGNORE + SWEEP), where=(where,)).message


def test_no_row_is_left(tmp_path: Path) -> None:
    error = refusal(table(tmp_path, IGNORE + SWEEP), where=("T < 30 mK", "T > 300 mK"))
    assert error.message == "there is no row for which 'T < 30 mK and T > 300 mK' holds"


def test_words_choose_no_rows(tmp_path: Path) -> None:
    path = table(tmp_path, "# ignore: state\nf [GHz],qi,state\n1,1e5,ok\n2,1e5,bad\n3,1e5,ok\n")
    error = refusal(path, where="state = 1")
    assert (error.line, error.column) == (3, "state")
    devices = table(tmp_path, "res,f [GHz],qi\nA,1,1e5\nA,2,1e5\nA,3,1e5\nB,1,1e5\nB,2,1e5\nB,3,1e5\n")
    assert "devices are chosen by --only" in refusal(devices, where="res = A").message


@FREE
@given(
    numbers=st.lists(st.integers(-50, 50), min_size=3, max_size=30, unique=True),
    bound=st.integers(-60, 60),
    sign=st.sampled_from(["<", "<=", ">", ">=", "=", "!=", "==", "≤", "≥"]),
    unit=st.sampled_from([("uA", 1.0), ("nA", 1e3), ("A", 1e-6), ("mA", 1e-3)]),
)
def test_conditions_are_those_of_arithmetic(
    tmp_path: Path, numbers: list[int], bound: int, sign: str, unit: tuple[str, float]
) -> None:
    """In whatever unit the bound is given."""
    meant = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
             "!=": operator.ne, "==": operator.eq, "≤": operator.le, "≥": operator.ge}[sign]  # fmt: skip
    rows = "".join(f"{place},{number},1e-5\n" for place, number in enumerate(numbers, 1))
    path = table(tmp_path, f"f [GHz],bias_current [uA],loss\n{rows}")
    kept = [place for place, number in enumerate(numbers, 1) if meant(number, bound)]
    where = f"bias_current {sign} {bound * unit[1]!r} {unit[0]}"
    if len(kept) < 3:
        assert (
            "no row" in refusal(path, where=where).message
            if not kept
            else "only" in refusal(path, where=where).message
        )
        return
    assert frequencies(read(path, ReadOptions(where=where))) == kept


@FREE
@given(text=st.text(max_size=40) | st.text(alphabet="T <>=!≤1K.:", max_size=20))
def test_any_text_is_a_condition_or_one_line(tmp_path: Path, text: str) -> None:
    path = table(tmp_path, IGNORE + SWEEP)
    for tried in (lambda: parse_condition(text), lambda: read(path, ReadOptions(where=(text,)))):
        assert line_of(tried).isprintable()


def line_of(call: Callable[[], object]) -> str:
    try:
        call()
    except InputError as error:
        return str(error)
    return ""


def test_one_of_several_tables(tmp_path: Path) -> None:
    tables = [tmp_path / "a.csv", tmp_path / "a.csv:b.csv"]
    where = ["T < 1 K", "a.csv:P > 1 nW", "a.csv:b.csv:line < 9"]
    assert options_for(tables[0], where=where, tables=tables).where == ("T < 1 K", "P > 1 nW")
    assert options_for(tables[1], where=where, tables=tables).where == ("T < 1 K", "line < 9")
    with pytest.raises(InputError, match="--where 'P': write NAME OP VALUE"):
        options_for(tables[1], where=["a.csv:P"], tables=tables)


# a recorded current


def record(folder: Path, time: np.ndarray, unit: str = "s") -> Path:
    current = np.random.default_rng(3).normal(size=len(time))
    rows = "".join(f"{float(t)!r},{x!r}\n" for t, x in zip(time, current.tolist(), strict=True))
    return table(folder, f"time [{unit}],current [nA]\n{rows}")


def remedy(error: InputError) -> list[str]:
    """The conditions that a message gives."""
    return [part.strip().strip("'") for part in error.message.split("--where ")[1:]]


@pytest.mark.parametrize("unit", ["s", "ms"])
@pytest.mark.parametrize(
    ("gaps", "expected", "first", "size"),
    [
        ((900,), ["time < "], 0, 900),
        ((300,), ["time > "], 300, 700),
        ((100, 930), ["time > ", "time < "], 100, 830),
    ],
)
def test_a_gap_names_the_condition_that_keeps_the_longest_stretch(
    tmp_path: Path, unit: str, gaps: tuple[int, ...], expected: list[str], first: int, size: int
) -> None:
    time = np.arange(1000.0) * 4
    for gap in gaps:
        time[gap:] += 13.0
    path = record(tmp_path, time, unit)
    conditions = remedy(refusal(path))
    assert [condition[:7] for condition in conditions] == expected
    assert all(condition.endswith(f" {unit}") for condition in conditions)
    spectrum = read(path, ReadOptions(where=tuple(conditions)))
    assert any(note.startswith(f"kept {size} of 1000 rows: time") for note in spectrum.notes)
    alone = record(tmp_path, np.arange(1000.0) * 4, unit).read_text().splitlines(keepends=True)
    cut = read(table(tmp_path, alone[0] + "".join(alone[1 + first : 1 + first + size])))
    for name, values in cut.columns.items():
        np.testing.assert_allclose(spectrum.columns[name], values, rtol=1e-9)


def test_a_clock_that_starts_again_is_cut_by_lines(tmp_path: Path) -> None:
    path = record(tmp_path, np.concatenate([np.arange(700.0), np.arange(600.0)]))
    error = refusal(path)
    assert (error.line, remedy(error)) == (702, ["line <= 701"])
    assert len(read(path, ReadOptions(where="line <= 701")))
    path = record(tmp_path, np.concatenate([np.arange(600.0), np.arange(700.0), np.arange(600.0)]))
    assert remedy(refusal(path)) == ["line >= 602", "line <= 1301"]
    assert len(read(path, ReadOptions(where=("line >= 602", "line <= 1301"))))


def test_other_ends_of_a_record(tmp_path: Path) -> None:
    path = record(tmp_path, np.arange(1000.0))
    path.write_text(path.read_text().replace("\n800.0,", "\n800.0,,").replace(",,", ",\n8e8,"))
    error = refusal(path)
    assert remedy(error) == ["line < 802"]
    assert any(
        note.startswith("kept 800 of 1001") for note in read(path, ReadOptions(where="line < 802")).notes
    )
    error = refusal(record(tmp_path, np.arange(1000.0)), where="frequency < 0.1 Hz")
    assert "its spectrum, and so frequency, is made of the rows that are kept" in error.message
    assert "only 40 samples" in refusal(record(tmp_path, np.arange(1000.0)), where="time < 40 s").message
    found = read(record(tmp_path, np.arange(1000.0)), ReadOptions(where="t < 0.2 h"))
    assert any("720 samples" in note for note in found.notes)


# the command


def test_the_command_takes_conditions(call: Run, tmp_path: Path) -> None:
    path = table(tmp_path, IGNORE + SWEEP)
    done = call("check", path, "--where", "T < 300 mK", "--where", "table.csv:line != 4")
    assert done.returncode == 0, done.stderr
    assert "7 points" in done.stdout
    assert "kept 7 of 10 rows: T < 300 mK and line != 4" in done.stdout
    for command in (("check",), ("fit", "--out", tmp_path / "out")):
        done = call(command[0], path, "--where", "temprature < 1 K", *command[1:])
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(f"tlsjax: {path}: --where 'temprature < 1 K': 'temprature' is no column")
    assert not (tmp_path / "out").exists()


def test_resuming_takes_no_conditions(call: Run, tmp_path: Path) -> None:
    done = call("fit", "--resume", tmp_path, "--where", "T < 1 K", "--run", "T < 1 K")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("leave out --where, --run")
