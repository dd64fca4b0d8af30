"""The [read] section of a model file: a lab says once how its tables are read."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import tlsjax as tls
from tlsjax.data import ReadOptions, Words, options_for

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SWEEP = "res,x,P1,T [mK],Q,phase\n" + "".join(
    f"{name},5.{place},-60,{temperature},{place}e5,x\n"
    for name in ("A", "B")
    for place, temperature in enumerate((10, 20, 50, 100, 500), 1)
)
LAB = """
[read]
where = "temperature < 300 mK"
only = "A"

[read.set]
attenuation = "60 dB"
kinetic_fraction = 0.5

[read.columns]
x = "frequency [GHz]"
P1 = "power [dBm]"
Q = "quality_factor"
phase = ""
"""


def write(folder: Path, text: str, name: str = "lab.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lab_writes_it_once(call: Run, tmp_path: Path) -> None:
    sweep, lab = write(tmp_path, SWEEP, "sweep.csv"), write(tmp_path, LAB)
    done = call("check", sweep, "--model", lab)
    assert done.returncode == 0, done.stderr
    assert "device A, 4 points" in done.stdout
    assert "device B" not in done.stdout
    assert "kept 4 of 5 rows: temperature < 300 mK" in done.stdout
    assert "attenuation" in done.stdout
    # the command line goes before it: settings and columns one by one, the rest as a whole
    done = call("check", sweep, "--model", lab, "--only", "B", "--where", "line != 7", "--set", "att=40 dB",
                "--column", "P1=")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "device B, 4 points" in done.stdout
    assert "kept 4 of 5 rows: line != 7" in done.stdout
    assert "column 'P1' passed over, as asked" in done.stdout
    assert "kinetic_fraction" in done.stdout
    (told,) = [line for line in done.stdout.splitlines() if "attenuation" in line and "set" in line]
    assert " 40 " in told


def test_what_a_file_says_of_its_own_tables() -> None:
    lab = Words(
        ("power=-90 dBm", "b.csv:power=-80 dBm", "c.csv:P=-70 dBm"),
        ("Q=Qi", "c.csv:Q1=Qi"),
        ("T < 1 K", "b.csv:T > 10 mK", "c.csv:T > 20 mK"),
        ("c.csv:line > 4", "b.csv:line > 5", "line < 3"),
        "time [s],current [A]",
        "A",
    )
    tables = ["data/a.csv", "data/b.csv"]
    one, other = (options_for(path, tables=tables, lab=lab) for path in tables)
    header = "time [s],current [A]"
    assert one == ReadOptions(
        {"power": "-90 dBm"}, {"Q": "Qi"}, header, "A", ("T < 1 K",), ("", "", "line < 3")
    )
    assert (other.constants, other.where) == ({"power": "-80 dBm"}, ("T < 1 K", "T > 10 mK"))
    assert other.run == ("", "line > 5", "line < 3")
    mine = options_for(
        tables[1], ["P=-10 dBm", "T=1 K"], ["q=loss"], tables=tables, lab=lab, header="f [Hz],loss", only="B",
        where=["line < 9"], run=["a.csv:line < 2"],
    )  # fmt: skip
    assert mine == ReadOptions(
        {"P": "-10 dBm", "T": "1 K"}, {"q": "loss"}, "f [Hz],loss", "B", ("line < 9",), ("",)
    )


def test_a_file_without_the_section_says_nothing(tmp_path: Path) -> None:
    assert tls.ModelFile(write(tmp_path, "likelihood = 'student'")).read == Words()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "wher = 'T < 1 K'",
            "read: unknown key 'wher'; did you mean 'where'? Known: set, columns, where, run, header",
        ),
        ("column = {a = 'b'}", "read: unknown key 'column'; did you mean 'columns'?"),
        ("zzz = 1", "read: unknown key 'zzz'; Known: set, columns"),
        ("where = 3", "read.where: write a list of texts, such as ['temperature < 1.3 K']"),
        ("run = ['T < 1 K', 3]", "read.run: write a list of texts"),
        ("set = ['power=3 W']", "read.set: write a table of texts, such as { power = '-160 dBm' }"),
        ("columns = {Q = ['loss']}", "read.columns: write a table of texts"),
        ("only = 3", "read.only: Input should be a valid string"),
        ("where = 'T'", "[read]: where 'T': write NAME OP VALUE [UNIT], such as 'temperature < 1.3 K'"),
        ("run = ['T =< 1 K']", "[read]: run 'T =< 1 K': '=<' is no comparison"),
    ],
)
def test_mistakes_are_one_line(call: Run, tmp_path: Path, text: str, message: str) -> None:
    lab = write(tmp_path, f"[read]\n{text}\n")
    done = call("check", write(tmp_path, SWEEP, "sweep.csv"), "--model", lab)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"tlsjax: {lab}: {message}")
