"""The command as people meet it: exit status, one clear line, nothing half-written."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from test_report import Page

EXAMPLES = Path(__file__).parent.parent / "data_examples"
Run = Callable[..., "subprocess.CompletedProcess[str]"]
GOOD = "frequency [GHz],conductivity [nS]\n1,3\n2,2\n4,1\n8,0.5\n"


@pytest.mark.parametrize("command", [(), ("fit",), ("simulate",), ("check",), ("report",)])
def test_help_teaches(call: Run, command: tuple[str, ...]) -> None:
    done = call(*command, "--help")
    assert done.returncode == 0
    assert "Usage: tlsjax" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("is empty",)),
        (GOOD.replace(" [GHz]", ""), ("line 1", "frequency", "[GHz]")),
        (GOOD.replace("conductivity", "condctivity"), ("line 1", "condctivity", "conductivity")),
        (GOOD.replace("4,1", "4,-1"), ("line 4", "conductivity", "-1")),
        (GOOD.replace("4,1", "4,nan"), ("line 4", "conductivity", "nan")),
        (GOOD + "8,0.5\n", ("line 6", "line 5")),
        ("frequency [GHz],conductivity [nS]\n1,3\n", ("1 row",)),
    ],
)
def test_bad_tables_are_one_line_and_leave_nothing(
    call: Run, tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text)
    done = call("fit", path, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"tlsjax: {path}")
    for word in words:
        assert word in line, line
    assert [p.name for p in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--relaxation", "lognormal"), ("unknown relaxation 'lognormal'", "log_normal")),
        (("--model", "none.toml"), ("none.toml", "no such file")),
        (("--method", "mcmc"), ("unknown method 'mcmc'", "nuts")),
    ],
)
def test_bad_options_are_one_line(
    call: Run, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = call("fit", EXAMPLES / "loss.csv", *options, "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    for word in words:
        assert word in line
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_taken_is_kept(call: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for options in ((), ("--overwrite",)):
        done = call("fit", EXAMPLES / "loss.csv", "--out", tmp_path, *options)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_check_takes_the_family_that_a_fit_would(call: Run) -> None:
    table = Path(__file__).parent.parent / "data_examples" / "conductivity.csv"
    shown = call("check", table, "--relaxation", "cole_cole")
    assert shown.returncode == 0, shown.stderr
    assert "f(τ) is cole_cole" in shown.stdout
    assert "• a from 0 to 1 (uniform)" in shown.stdout
    refused = call("check", table, "--relaxation", "cole_cle")
    assert refused.returncode == 2
    assert "unknown relaxation 'cole_cle'" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_check_shows_what_was_read_in_a_narrow_window(run: Run) -> None:
    done = run("check", EXAMPLES / "noise.csv", COLUMNS="60")
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.splitlines()) <= 60
    for word in ("frequency", "current_noise", "averages", "80 points", "can be fitted"):
        assert word in done.stdout


def test_fit_report_and_refit_with_its_own_model_file(run: Run, call: Run, tmp_path: Path) -> None:
    out, options = tmp_path / "out", ("--seed", 7)
    done = run("fit", EXAMPLES / "loss.csv", "--out", out, *options)
    assert done.returncode == 0, done.stderr
    assert "can be trusted" in done.stdout
    summary = json.loads((out / "summary.json").read_text())
    assert summary["verdict"]["ok"]
    assert summary["seed"] == 7
    assert "can be trusted" in (out / "log.txt").read_text()

    drawn = (out / "report.html").read_text()
    assert "This fit can be trusted" in Page(drawn).words
    (out / "report.html").unlink()
    assert run("report", out).returncode == 0
    assert (out / "report.html").read_text() == drawn

    again = tmp_path / "again"
    done = call("fit", EXAMPLES / "loss.csv", "--model", out / "model.toml", "--out", again, *options)
    assert done.returncode == 0, done.stderr
    assert json.loads((again / "summary.json").read_text())["parameters"] == summary["parameters"]
    assert (again / "model.toml").read_text() == (out / "model.toml").read_text()


def test_a_fit_of_the_wrong_family_is_not_trusted_and_ends_with_status_1(call: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call("fit", EXAMPLES / "noise.csv", "--relaxation", "single", "--out", out)
    assert done.returncode == 1
    assert "Do not trust this fit" in done.stdout
    verdict = json.loads((out / "summary.json").read_text())["verdict"]
    assert verdict["ok"] is False
    assert any("scatters more than the model allows" in reason for reason in verdict["reasons"])
    words = Page((out / "report.html").read_text()).words
    assert "Do not trust this fit" in words
    for reason in verdict["reasons"]:
        assert " ".join(reason.split()) in words


def test_report_of_no_fit(run: Run, tmp_path: Path) -> None:
    done = run("report", tmp_path)
    assert done.returncode == 2
    assert "posterior.nc" in done.stderr
