"""Runs, such as cooldowns: a column, a constant or conditions say which run a row is of."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tlsjax.data import ReadOptions, Spectrum, describe, options_for, read, read_tables, write
from tlsjax.data.sweeps import sweeps
from tlsjax.errors import InputError
from tlsjax.model.points import Points
from tlsjax.report.series import along, layout

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROWS = "5,10,1e5\n5,20,2e5\n5,50,3e5\n5,10,4e5\n5,20,5e5\n5,90,6e5\n"
HEADER = "f [GHz],T [mK],Qi\n"


def table(folder: Path, content: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def with_column(numbers: str, heading: str = "run") -> str:
    rows = zip(ROWS.splitlines(), numbers.split(), strict=True)
    return f"f [GHz],T [mK],Qi,{heading}\n" + "".join(f"{row},{number}\n" for row, number in rows)


def runs(spectrum: Spectrum) -> list[float]:
    found = spectrum.condition("run")
    assert found is not None
    return found.tolist()


def refusal(path: Path, options: ReadOptions | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_tables(path, options)
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize("heading", ["run", "Run", "Cooldown", "cool-down", "run number", "run [1]"])
def test_a_column_of_runs(tmp_path: Path, heading: str) -> None:
    spectrum = read(table(tmp_path, with_column("0 0 2 2 2 0", heading)))
    assert runs(spectrum) == [0, 0, 2, 2, 2, 0]
    assert spectrum.conditions == ("frequency", "temperature", "run")
    assert "of 6 rows 3 of run 0, 3 of run 2" in spectrum.notes


def test_a_constant_run(tmp_path: Path) -> None:
    assert runs(read(table(tmp_path, "# run: 3\n" + HEADER + ROWS))) == [3] * 6
    path = table(tmp_path, HEADER + ROWS)
    assert read(path).condition("run") is None
    other = tmp_path / "other.csv"
    for one, number in ((path, 1), (other, 2)):
        options = options_for(one, ["table.csv:run=1", "other.csv:run=2"], tables=[path, other])
        assert options.constants == {"run": str(number)}
    assert runs(read(path, ReadOptions({"cooldown": "1"}))) == [1] * 6


def test_conditions_of_runs(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER + ROWS)
    spectrum = read(path, ReadOptions(run=("line > 4", "T = 50 mK")))
    # the third row, in line 4, is at 50 mK
    assert runs(spectrum) == [0, 0, 2, 1, 1, 1]
    assert "3 rows of run 1: line > 4; 1 row of run 2: T = 50 mK; 2 rows of run 0" in spectrum.notes
    assert spectrum.written["run"] == "--run"
    assert runs(read(path, ReadOptions(run=("", "T > 20 mK")))) == [0, 0, 2, 0, 0, 2]
    assert runs(read(path, ReadOptions(run="T < 1 K"))) == [1] * 6
    later = read(path, ReadOptions(run="line > 4", where="T < 30 mK"))
    assert runs(later) == [0, 0, 1, 1]
    never = read(path, ReadOptions(run="T > 1 K"))
    assert runs(never) == [0] * 6
    assert "no rows of run 1: T > 1 K; 6 rows of run 0" in never.notes


def test_a_column_passed_over_tells_runs_apart(tmp_path: Path) -> None:
    content = with_column("7.5 7.5 8.5 8.5 8.5 9.5", "setup")
    path = table(tmp_path, content)
    options = ReadOptions(columns={"setup": ""}, run=("setup = 8.5", "setup = 9.5"))
    assert runs(read(path, options)) == [0, 0, 1, 1, 1, 2]
    assert "unknown column" in refusal(path, ReadOptions(run="setup = 8.5")).message


@pytest.mark.parametrize(
    ("content", "options", "line", "message"),
    [
        (with_column("0 0 1.5 0 0 0"), {}, 4, "found 1.5; runs have whole numbers, 0, 1, 2 …"),
        (with_column("0 0 -1 0 0 0"), {}, 4, "found -1; it must not be below zero"),
        (with_column("0 0 x 0 0 0"), {}, 4, "found 'x'; write a number"),
        (with_column("1 2 3 4 5 6"), {}, 1, "another number in every row, which numbers rows and no runs; "
         "--column 'run=' passes over it"),
        (with_column("0 0 1 1 1 1"), {"run": "T > 20 mK"}, 1, "says which run a row is of, beside --run; "
         "leave --run out, or pass the column over: --column 'run='"),
        ("# run: 1\n" + HEADER + ROWS, {"run": "T > 20 mK"}, 1, "run is 1 for all rows, beside --run; keep"),
        (HEADER + ROWS, {"run": "T > 20 mK", "constants": {"run": "1"}}, None, "run is 1 for all rows, "),
        (HEADER + ROWS, {"constants": {"run": "1.5"}}, None, "run is 1.5; runs have whole numbers"),
        (HEADER + ROWS, {"constants": {"run": "1 K"}}, None, "'K' is a temperature; expected a plain number"),
        ("# run: 0.5\n" + HEADER + ROWS, {}, 1, "run is 0.5; runs have whole numbers"),
        (HEADER + ROWS, {"run": ("T > 20 mK", "T > 10 mK")}, 4, "is of run 1 and, by 'T > 10 mK', of run 2"),
        (HEADER + ROWS, {"run": "temprature > 1 K"}, None, "--run 'temprature > 1 K': 'temprature' is no"),
        (HEADER + ROWS, {"run": "T"}, None, "--run 'T': write NAME OP VALUE"),
    ],
)  # fmt: skip
def test_what_cannot_be(
    tmp_path: Path, content: str, options: dict[str, object], line: int | None, message: str
) -> None:
    error = refusal(table(tmp_path, content), ReadOptions(**options))  # type: ignore[arg-type]
    assert message in error.message
    assert error.line == line


def test_a_note_of_a_run_is_no_constant(tmp_path: Path) -> None:
    spectrum = read(table(tmp_path, "# run: cooldown of March\n" + HEADER + ROWS))
    assert spectrum.condition("run") is None
    assert any("'run: cooldown of March' names no known constant" in note for note in spectrum.notes)


def test_names_of_runs_name_devices_as_before(tmp_path: Path) -> None:
    tables = read_tables(table(tmp_path, with_column("a a a b b b")))
    assert [one.device for one in tables] == ["a", "b"]


def test_a_record_is_of_one_run(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = "".join(f"{place},{value:.6f}\n" for place, value in enumerate(rng.normal(size=2000)))
    path = table(tmp_path, f"t [ms],I [nA]\n{rows}")
    plain = read(path)
    found = read(path, ReadOptions({"run": "2"}))
    assert set(runs(found)) == {2.0}
    np.testing.assert_array_equal(found.columns["current_noise"], plain.columns["current_noise"])
    assert set(runs(read(path, ReadOptions(run="time > -1 ms")))) == {1.0}
    error = refusal(path, ReadOptions(run="time > 1 s"))
    assert (
        "changes from 0 to 1 within one record; keep one value, such as by --where 'line < 1003'"
        in error.message
    )


@pytest.mark.parametrize("name", ["a.csv", "a.nc"])
def test_runs_are_written_and_read_again(tmp_path: Path, name: str) -> None:
    spectrum = read(table(tmp_path, HEADER + ROWS), ReadOptions(run="line > 4"))
    write(spectrum, tmp_path / name, units={"temperature": "mK"})
    assert runs(read(tmp_path / name)) == [0, 0, 0, 1, 1, 1]
    assert next(one for one in describe(spectrum) if one.name == "run").distinct == (0.0, 1.0)


def test_sweeps_and_pictures_keep_runs_apart(tmp_path: Path) -> None:
    """Two runs over the same temperatures are two sweeps, and each curve is drawn in one run."""
    spectrum = read(table(tmp_path, HEADER + ROWS), ReadOptions(run="line > 4"))
    every = np.arange(6)
    series, _ = sweeps(spectrum, every)
    assert len(set(zip(series.tolist(), runs(spectrum), strict=True))) == 2
    points = Points(0, "loss", every, "normal")
    drawn = layout(spectrum, points)
    assert (drawn.x, drawn.colour, drawn.levels) == ("temperature", "run", (0.0, 1.0))
    conditions, where = along(spectrum, points, drawn)
    for curve, part in where.items():
        assert set(conditions.columns["run"][part]) == {curve.level}


def test_the_command(call: Run, tmp_path: Path) -> None:
    path, other = (
        table(tmp_path, HEADER + ROWS),
        table(tmp_path, HEADER + ROWS.replace("5,", "6,"), "other.csv"),
    )
    done = call("check", path, other, "--run", "table.csv:line > 4", "--run", "other.csv:T > 20 mK")
    assert done.returncode == 0, done.stderr
    assert "3 rows of run 1: line > 4; 3 rows of run 0" in done.stdout
    assert "2 rows of run 2: T > 20 mK; 4 rows of run 0" in done.stdout
    for words, message in (
        (("--run", "T > 20 K"), "tlsjax: --run 'T > 20 K': it holds for no row of any table"),
        (
            ("--run", "T > 20"),
            f"tlsjax: {path}: --run 'T > 20': a number without its unit; write 'T > 20 mK'",
        ),
        (
            ("--run", "none.csv:T > 20 mK"),
            f"tlsjax: {path}: --run 'none.csv:T > 20 mK': 'none.csv:T' is no column",
        ),
    ):
        done = call("check", path, other, *words)
        assert done.returncode == 2
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(message)
