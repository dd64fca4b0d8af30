"""Touchstone files to a table that a fit takes."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_resonance import made

import tlsjax as tls

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _needs_scikit_rf() -> None:
    pytest.importorskip("skrf", reason="scikit-rf is not installed (tlsjax[touchstone])")


def save(path: Path, f: np.ndarray, s: np.ndarray, form: str = "RI", unit: str = "Hz") -> Path:
    """A Touchstone file by hand, of one or two ports by its ending; of two, S21 is the trace."""
    one, other = {
        "RI": (s.real, s.imag),
        "MA": (np.abs(s), np.degrees(np.angle(s))),
        "DB": (20 * np.log10(np.abs(s)), np.degrees(np.angle(s))),
    }[form]
    scale = {"Hz": 1.0, "GHz": 1e9}[unit]
    rest = " 0.5 0" if path.suffix == ".s2p" else ""
    lines = [
        f"{x / scale:.12f}{rest} {a:.12g} {b:.12g}{rest * 2}" for x, a, b in zip(f, one, other, strict=True)
    ]
    path.write_text("! a comment\n" + "\n".join([f"# {unit} S {form} R 50", *lines]) + "\n")
    return path


@pytest.mark.parametrize("form", ["RI", "MA", "DB"])
@pytest.mark.parametrize("unit", ["Hz", "GHz"])
def test_a_trace_is_read_as_it_was_written(tmp_path: Path, form: str, unit: str) -> None:
    f, s = made(asymmetry=0.3, noise=0.01, delay=20e-9)
    trace = tls.read_trace(save(tmp_path / "a.s2p", f, s, form, unit))
    assert trace.parameter == "S21"
    np.testing.assert_allclose(trace.frequency, f, rtol=1e-12)
    np.testing.assert_allclose(trace.values, s, rtol=1e-9)
    reflected = tls.read_trace(tmp_path / "a.s2p", "reflection")
    assert reflected.parameter == "S11"
    assert len(set(reflected.values.tolist())) == 1
    one = tls.read_trace(save(tmp_path / "A.S1P", f, s, form, unit))
    assert one.parameter == "S11"
    np.testing.assert_allclose(one.values, s, rtol=1e-9)


def test_a_sweep_of_traces_becomes_a_table_that_is_read(call: Run, tmp_path: Path) -> None:
    truth = {20: 1e5, 100: 2e5, 300: 1.5e5, 500: 5e4}
    words: list[object] = []
    for seed, (temperature, internal) in enumerate(truth.items()):
        trace = made(internal, 8e4, 0.4, noise=0.005, delay=40e-9, seed=seed)
        words.append(save(tmp_path / f"{temperature}mK.s2p", *trace))
        words += ["--set", f"{temperature}mK.s2p:T={temperature} mK"]
    out = tmp_path / "sweep.csv"
    done = call("traces", *words, "--set", "power=-90 dBm", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "4 rows in" in done.stdout
    spectrum = tls.read(out)
    np.testing.assert_allclose(spectrum.columns["temperature"], np.array(list(truth)) / 1e3, rtol=1e-12)
    deviation = (spectrum.columns["loss"] - 1 / np.array(list(truth.values()))) / spectrum.columns["loss_err"]
    assert np.abs(deviation).max() < 4
    np.testing.assert_allclose(spectrum.columns["coupling_quality_factor"], 8e4 / np.cos(0.4), rtol=0.02)
    np.testing.assert_allclose(spectrum.columns["frequency"], 5e9, rtol=1e-6)
    assert spectrum.constants["power"] == pytest.approx(1e-12)
    done = call("check", out)
    assert done.returncode == 0, done.stderr
    assert "can be fitted" in done.stdout


def test_a_reflection_of_one_port(call: Run, tmp_path: Path) -> None:
    trace = save(tmp_path / "a.s1p", *made(geometry="reflection", noise=1e-3, delay=5e-9))
    other = save(tmp_path / "b.s1p", *made(noise=1e-3, delay=5e-9))
    assert call("traces", trace, "--out", tmp_path / "a.csv").returncode == 0
    assert call("traces", other, "--geometry", "hanger", "--out", tmp_path / "b.nc").returncode == 0
    row = (tmp_path / "a.csv").read_text().splitlines()
    cells = dict(zip(row[1].split(","), map(float, row[2].split(",")), strict=True))
    assert cells["quality_factor [1]"] == pytest.approx(2e5, rel=0.02)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.s2p", "", "no point in it"),
        ("a.s2p", "# Hz S RI R 50\n", "no point in it"),
        ("a.s2p", "frequency,loss\n1,2\n", "not a readable Touchstone file"),
        ("a.s2p", "# Hz S RI R 50\n" + "1 0 0 1 0 0 0 0 0\n", "1 point; a resonance needs at least 20"),
        ("a.s1p", "# Hz S RI R 50\n1 2 x\n", "not a readable Touchstone file"),
        ("a.csv", "f,s\n", "a trace is a Touchstone file, named .s1p or .s2p"),
    ],
)
def test_files_that_are_no_traces(call: Run, tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    done = call("traces", path, "--out", tmp_path / "out.csv")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"tlsjax: {path}: ")
    assert message in line
    assert not (tmp_path / "out.csv").exists()


class Harmful:
    """Unpickling it leaves a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (str(self.path), "w")


def test_what_a_stranger_sends_is_not_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "a.s2p"
    path.write_bytes(pickle.dumps(Harmful(tmp_path / "harm")))
    with pytest.raises(tls.InputError, match="not a readable Touchstone file"):
        tls.read_trace(path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--geometry", "notch"), "tlsjax: 'notch' is no geometry; known: hanger, reflection, transmission"),
        (("--set", "a.s2p:T=20 mK"), "b.s2p: --set says temperature of other traces, not of this one"),
        (("--set", "frequency=5 GHz"), "tlsjax: --set frequency: it is taken from the traces"),
        (("--set", "powr=-90 dBm"), "no such constant; did you mean 'power'?"),
        (("--set", "c.s2p:T=20 mK"), "no table is named 'c.s2p', but a.s2p, b.s2p"),
        (
            ("--set", "a.s2p:width=1 um", "--set", "b.s2p:width=2 um"),
            "it is one number for a table, and differs",
        ),
        (("--out", "b.s2p"), "--out b.s2p would write a table over a trace"),
    ],
)
def test_mistakes_are_one_line(call: Run, tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    paths = [save(tmp_path / name, *made(noise=1e-3)) for name in ("a.s2p", "b.s2p")]
    done = call("traces", *paths, "--out", tmp_path / "out.csv", *words)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert message in line
    assert not (tmp_path / "out.csv").exists()


def test_no_file_and_no_scikit_rf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(tls.InputError, match="cannot be read"):
        tls.read_trace(tmp_path / "none.s2p")
    path = save(tmp_path / "a.s2p", *made())
    monkeypatch.setitem(sys.modules, "skrf", None)
    with pytest.raises(tls.InputError, match=r"install it with: pip install 'tlsjax\[touchstone\]'"):
        tls.read_trace(path)
