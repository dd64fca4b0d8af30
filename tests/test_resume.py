"""Interrupted fits: what is on disk is whole, and a run that goes on ends with the same numbers."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import tlsjax as tls
from tlsjax.cli import app
from tlsjax.cli.machine import prepare_jax
from tlsjax.fitting import fit as fitting
from tlsjax.fitting import sample
from tlsjax.fitting.checkpoint import Checkpoint
from tlsjax.fitting.fit import choose_model, fit, resume
from tlsjax.fitting.folder import check_finished
from tlsjax.fitting.methods import Lengths
from tlsjax.fitting.run import Run, as_data, of_data

EXAMPLES = Path(__file__).parent.parent / "data_examples"
TABLE = EXAMPLES / "loss.csv"
SHORT: dict[str, Any] = {
    "relaxation": "single", "method": "nuts", "chains": 2, "warmup": 100, "draws": 100, "seed": 3,
}  # fmt: skip
"""So few draws fail the checks of the first and the second attempt; particles follow."""
COMMAND = ["fit", str(TABLE), *(word for key, x in SHORT.items() for word in (f"--{key}", str(x)))]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
At = Callable[[list[str]], bool]


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports have their own tests, and drawing takes longer than these fits."""
    monkeypatch.setattr(tls.Result, "report", lambda self, path: Path(path).write_text("report"))


class Interrupted(Exception):  # noqa: N818
    pass


@cache
def whole(method: str = "nuts") -> tls.Result:
    """The fit that nothing interrupted."""
    return fit(TABLE, **{**SHORT, "method": method})


def interrupt(folder: Path, at: At, **options: Any) -> None:
    """Run the same fit until the stages it told are as wanted."""
    told: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:
        told.append(stage)
        if at(told):
            raise Interrupted

    with pytest.raises(Interrupted):
        fit(TABLE, **{**SHORT, **options}, progress=progress, checkpoint=folder)


def assert_same(one: tls.Result, other: tls.Result) -> None:
    assert list(one.draws) == list(other.draws)
    for name in one.draws:
        np.testing.assert_array_equal(one.draws[name], other.draws[name])
    assert one.record == other.record


def is_last(stage: str, times: int = 1) -> At:
    return lambda told: told[-1] == stage and told.count(stage) == times


@pytest.mark.parametrize(
    ("method", "at"),
    [
        ("nuts", is_last("warm-up")),
        ("nuts", is_last("sampling")),
        ("nuts", is_last("warm-up", 2)),
        ("nuts", is_last("checking")),
        ("smc", is_last("tempering", 2)),
        ("laplace", is_last("weighting")),
    ],
    ids=["warm-up", "sampling", "second attempt", "all drawn", "one set of particles", "optimum"],
)
def test_a_run_goes_on_to_the_same_numbers(tmp_path: Path, method: str, at: At) -> None:
    folder = tmp_path / "state"
    interrupt(folder, at, method=method)
    assert [path.name for path in folder.iterdir()] == ["checkpoint.npz"]
    assert_same(resume(folder), whole(method))
    assert not folder.exists()


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    folder, told = tmp_path / "state", list[tuple[str, int, int]]()
    interrupt(folder, is_last("sampling"))
    with pytest.raises(Interrupted):
        resume(folder, progress=_until(told, "sampling"))
    # the first attempt was whole: 2 chains of 100 + 100 transitions, the second goes its way
    assert [one for one in told if one[0] in ("warm-up", "sampling")] == [
        ("warm-up", 200, 400),
        ("sampling", 400, 400),
    ]
    assert_same(resume(folder), whole())


def _until(told: list[tuple[str, int, int]], stage: str) -> Callable[[str, int, int], None]:
    def progress(*now: Any) -> None:
        told.append(now)
        if now[0] == stage:
            raise Interrupted

    return progress


def test_before_there_is_a_state_nothing_is_left(tmp_path: Path) -> None:
    whole()  # compiled before, it is over before a state is due
    interrupt(tmp_path / "state", is_last("optimising"))
    with pytest.raises(tls.InputError, match="holds no unfinished run"):
        resume(tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_a_short_fit_writes_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = whole()  # compiled before, it is over before a state is due
    monkeypatch.setattr(os, "replace", None)
    assert_same(fit(TABLE, **SHORT, checkpoint=tmp_path / "state"), without)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys, time
from tlsjax.cli.machine import prepare_jax
prepare_jax()
from tlsjax.fitting.checkpoint import Checkpoint
from tlsjax.fitting.fit import fit
with Checkpoint(sys.argv[1], interval=0.0) as keep:
    fit({table!r}, **{short!r}, checkpoint=keep, progress=lambda *now: time.sleep(0.3))
    time.sleep(60)
"""


def test_killed_at_any_moment(tmp_path: Path) -> None:
    folder = tmp_path / "out.unfinished"
    code = KILLED.format(table=str(TABLE), short=SHORT)
    with subprocess.Popen([sys.executable, "-c", code, str(folder)], env=dict(os.environ)) as one:
        while not (folder / "checkpoint.npz").exists():
            assert one.poll() is None
            time.sleep(0.01)
        time.sleep(random.uniform(0.0, 2.0))
        one.send_signal(signal.SIGKILL)
    _command("fit", "--resume", str(tmp_path / "out"))
    assert_same(tls.load(tmp_path / "out"), whole())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_process_was_writing_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    for name in ("lock", "checkpoint.npz.part"):
        (tmp_path / "state" / name).write_text("77")
    with Checkpoint(tmp_path / "state"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_says_how_far_it_was_and_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, calls, advance = tmp_path / "out", [], sample._advance

    def stop(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 4:  # compiling, two chains' warm-up, one chain's draws
            raise KeyboardInterrupt
        return advance(*arguments)

    whole()  # so that nothing is being compiled
    with monkeypatch.context() as patch:
        patch.setattr(sample, "_advance", stop)
        done = CliRunner().invoke(app, [*COMMAND, "--out", str(out)])
    assert done.exit_code == 130
    (line,) = done.stderr.strip().splitlines()
    assert line == f"tlsjax: interrupted after 200 of 400 transitions; go on with: tlsjax fit --resume {out}"
    with pytest.raises(tls.InputError, match="this fit is unfinished; go on with: tlsjax fit --resume"):
        check_finished(out)
    for begin, remedy in (
        (lambda: fit(TABLE, checkpoint=tmp_path / "out.unfinished"), r"tls\.resume.*delete the folder"),
        (lambda: _command(*COMMAND, "--out", str(out)), r"tlsjax fit --resume.*add --overwrite"),
    ):
        with pytest.raises(tls.InputError, match=f"holds an unfinished run: go on with {remedy}"):
            begin()
    _command("fit", "--resume", f"{out}.unfinished")
    assert_same(tls.load(out), whole())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def _command(*words: str) -> None:
    """Run the command here; its refusals are raised."""
    done = CliRunner().invoke(app, words)
    if isinstance(done.exception, tls.InputError):
        raise done.exception
    assert done.exit_code in (0, 1), done.output


def test_an_unfinished_run_can_be_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    interrupt(tmp_path / "out.unfinished", is_last("warm-up"))
    with pytest.raises(tls.InputError, match="no such file"):
        _command("fit", "none.csv", "--out", str(out), "--overwrite")
    assert (tmp_path / "out.unfinished" / "checkpoint.npz").exists(), "bad input costs nothing"
    _command(*COMMAND, "--out", str(out), "--overwrite", "--method", "laplace")
    assert tls.load(out).record["method"] == "laplace"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--resume", "out", "--seed", "4"], "leave out --seed"),
        (["loss.csv", "--resume", "out"], "leave out DATA"),
        (["--resume", "out", "--out", "out"], "leave out --out"),
        (["--out", "out"], "tlsjax fit DATA... --out DIR"),
        (["loss.csv"], "tlsjax fit DATA... --out DIR"),
        (["--resume", "out"], "holds no unfinished run"),
    ],
)
def test_options_that_do_not_go_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tls.InputError) as caught:
        _command("fit", *words)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_into_one_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out.unfinished"
    with Checkpoint(folder):
        with pytest.raises(tls.InputError, match=f"another run writes there \\(process {os.getpid()}\\)"):
            _command(*COMMAND, "--out", str(tmp_path / "out"))
        with pytest.raises(tls.InputError, match="another run writes there"), Checkpoint(folder, "replace"):
            pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    code = "import sys, time; from tlsjax.fitting.checkpoint import *\n"
    code += "with Checkpoint(sys.argv[1]): print('locked', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "state")], stdout=subprocess.PIPE
    ) as one:
        assert one.stdout is not None
        one.stdout.readline()
        with pytest.raises(tls.InputError, match=f"process {one.pid}"), Checkpoint(tmp_path / "state"):
            pass
        one.send_signal(signal.SIGKILL)
    with Checkpoint(tmp_path / "state"):
        pass


def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(tls.InputError, match="cannot be written to: Not a directory"):
        fit("none.csv", checkpoint=tmp_path / "file" / "state")
    with pytest.raises(tls.InputError, match="cannot be written to"):
        _command("fit", "none.csv", "--out", str(tmp_path / "file" / "out"))


def test_damaged_state_is_one_line(tmp_path: Path) -> None:
    interrupt(tmp_path / "state", is_last("warm-up"))
    path = tmp_path / "state" / "checkpoint.npz"
    good, rng = path.read_bytes(), random.Random(0)
    environment = fitting._environment()

    def read() -> str:
        keep = Checkpoint(tmp_path / "state", "resume")
        about, arrays = keep.read(environment)
        run = of_data(about, arrays)
        return repr((as_data(run), keep.stage("nuts_0").kept))

    expected = read()
    cut = [good[: int(share * len(good))] for share in np.linspace(0.0, 0.999, 40)]
    flipped = [_flipped(good, rng) for _ in range(200)]
    # where the archive's own directory is told to lie before its beginning
    flipped.append(good[:-6] + b"\xff\xff\xff\x7f" + good[-2:])
    answers = []
    for content in cut + flipped:
        path.write_bytes(content)
        try:
            answers.append(read())
        except tls.InputError as error:
            answers.append(str(error))
    refusal = f"{path}: is damaged, the run cannot go on; begin anew: delete the folder"
    assert set(answers) <= {expected, refusal}
    assert answers.count(refusal) > 200
    with pytest.raises(tls.InputError, match="is damaged"):
        resume(tmp_path / "state")


def _flipped(good: bytes, rng: random.Random) -> bytes:
    where = rng.randrange(len(good))
    return good[:where] + bytes([good[where] ^ (1 << rng.randrange(8))]) + good[where + 1 :]


def test_other_versions_are_refused_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(tmp_path / "state", is_last("warm-up"))
    now = fitting._environment()
    monkeypatch.setattr(fitting, "_environment", lambda: now | {"jax": "0.0.1"})
    with pytest.raises(tls.InputError) as caught:
        resume(tmp_path / "state")
    for word in (f"begun with jax {now['jax']}, and here is jax 0.0.1", "begin anew"):
        assert word in str(caught.value)


def _full(*arguments: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_full_on_the_way_does_not_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _full)
    monkeypatch.setitem(Checkpoint.__init__.__kwdefaults__, "interval", 0.0)
    with pytest.warns(UserWarning, match="could not be kept in .*No space left") as warned:
        result = fit(TABLE, **SHORT, checkpoint=tmp_path / "state")
    assert len(warned) == 1
    assert_same(result, whole())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_older_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Checkpoint(tmp_path / "state", interval=0.0) as keep:
        keep.begin({}, {}, {})
        keep.stage("one").keep("the first", lambda: {"x": np.arange(3)})
        monkeypatch.setattr(os, "fsync", _full)
        keep.stage("one").keep("the second", lambda: {"x": np.arange(9)})
    assert (keep.reached, keep.trouble) == ("the first", "No space left on device")
    with Checkpoint(tmp_path / "state", "resume") as again:
        again.read({})
        kept = again.stage("one").kept
        assert kept is not None
        np.testing.assert_array_equal(kept["x"], np.arange(3))


def test_a_disk_full_at_the_end_keeps_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(tls.Result, "report", _full)
        with pytest.raises(tls.InputError) as caught:
            _command(*COMMAND, "--out", str(out))
    for word in ("No space left", f"once that is mended, go on with: tlsjax fit --resume {out}"):
        assert word in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["out.unfinished"]
    _command("fit", "--resume", str(out))
    assert_same(tls.load(out), whole())


def test_a_run_as_plain_data_is_the_same_run() -> None:
    spectra = tuple(tls.read(EXAMPLES / f"{name}.csv") for name in ("loss", "noise", "conductivity"))
    model, notes = choose_model(spectra, None, "log_uniform+single")
    run = Run(spectra, model, notes, "nuts", 5, Lengths(4, 150, 1000))
    about, arrays = as_data(run)
    again = of_data(json.loads(json.dumps(about)), arrays)
    assert (again.notes, again.method, again.seed, again.lengths) == (notes, "nuts", 5, run.lengths)
    assert list(again.model.priors) == list(model.priors)
    assert jax.tree.structure(again.model) == jax.tree.structure(model)
    for one, other in zip(jax.tree.leaves(again.model), jax.tree.leaves(model), strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    for one, other in zip(again.spectra, spectra, strict=True):
        assert (one.constants, one.source, one.notes) == (other.constants, other.source, other.notes)
        assert list(one.columns) == list(other.columns)
        for name in one.columns:
            np.testing.assert_array_equal(one.columns[name], other.columns[name])
        np.testing.assert_array_equal(one.lines, other.lines)


def test_only_large_work_leaves_the_device_to_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: dict[str, object] = {}
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.setattr(jax.config, "update", chosen.__setitem__)
    prepare_jax()
    assert chosen["jax_platforms"] == "cpu"
    chosen.clear()
    prepare_jax(many=True)
    assert "jax_platforms" not in chosen
    assert chosen["jax_enable_x64"] is True


def test_no_gpu_is_one_line(tmp_path: Path, run: Command) -> None:
    if jax.default_backend() == "gpu":
        pytest.skip("there is one")
    done = run("fit", TABLE, "--out", tmp_path / "out", "--device", "gpu")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("tlsjax: --device gpu: JAX finds no NVIDIA GPU here")
    assert list(tmp_path.iterdir()) == []
