"""How a fit is repeated: digests of the data, a command that reads the tables the same way, one archive."""

import base64
import hashlib
import io
import json
import shlex
import zipfile
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from test_report import Page, synthetic, table

import tlsjax as tls
from tlsjax.data import options_for, read_tables
from tlsjax.fitting.folder import summary
from tlsjax.fitting.methods import Lengths
from tlsjax.fitting.result import load
from tlsjax.fitting.run import Run, as_data, of_data
from tlsjax.model.defaults import build_model
from tlsjax.report import reproduce

OPTIONS = tls.ReadOptions(
    constants={"temperature": "50 mK"},
    columns={"P": ""},
    where=("frequency > 1 GHz", "line != 3"),
    run=("line > 4",),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(
        "frequency [GHz],conductivity [S],loss\n" + "".join(f"{f},{f}e-9,1e-6\n" for f in range(1, 9)),
        encoding="utf-8",
    )
    return path


def contents(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_a_digest_is_of_the_bytes_of_the_file(file):
    assert tls.read(file).digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert tls.Spectrum({"frequency": np.ones(3)}).digest == ""


def test_a_digest_of_netcdf(tmp_path):
    import xarray as xr

    path = tmp_path / "t.nc"
    columns = {
        "frequency": ("row", [1e9, 2e9, 3e9], {"units": "Hz"}),
        "conductivity": ("row", [1e-9, 2e-9, 3e-9], {"units": "S"}),
    }
    xr.Dataset(columns).to_netcdf(path, engine="h5netcdf")
    assert tls.read(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_it_survives_choices_of_rows_and_quantities(file):
    spectrum = tls.read(file)
    assert spectrum.rows(spectrum.lines > 3).digest == spectrum.digest
    assert spectrum.measuring(["loss"]).digest == spectrum.digest


def test_devices_of_one_file_share_it(tmp_path):
    path = tmp_path / "d.csv"
    rows = "".join(f"{name},{f},1e-9\n" for name in "ab" for f in range(1, 5))
    path.write_text("device,frequency [GHz],conductivity [S]\n" + rows, encoding="utf-8")
    one, other = read_tables(path)
    assert one.digest == other.digest != ""
    result = synthetic([table()])
    twice = replace(result, spectra=(one, other))
    assert reproduce.command(twice).startswith(f"tlsjax fit {shlex.quote(str(path))} --model")


def test_results_and_checkpoints_keep_digest_and_options(tmp_path):
    result = synthetic([table()])
    (spectrum,) = result.spectra
    spectrum = replace(spectrum, digest="ab" * 32, options=OPTIONS)
    replace(result, spectra=(spectrum,)).save(tmp_path / "r.nc")
    (kept,) = load(tmp_path / "r.nc").spectra
    assert (kept.digest, kept.options) == (spectrum.digest, OPTIONS)
    model, notes = build_model([spectrum])
    run = Run((spectrum,), model, notes, "nuts", 3, Lengths(4, 150, 1000), ("conductivity",))
    about, arrays = as_data(run)
    again = of_data(json.loads(json.dumps(about)), arrays)
    assert (again.spectra[0].digest, again.spectra[0].options) == (spectrum.digest, OPTIONS)
    assert again.quantities == ("conductivity",)


def test_older_results_have_none_and_still_report(tmp_path):
    result = synthetic([table()])
    result.save(tmp_path / "r.nc")
    import xarray as xr

    tree = xr.load_datatree(tmp_path / "r.nc", engine="h5netcdf")
    about = json.loads(tree["table_0"].attrs["table"])
    del about["digest"], about["options"]
    tree["table_0"].attrs["table"] = json.dumps(about)
    tree.to_netcdf(tmp_path / "old.nc", engine="h5netcdf")
    old = load(tmp_path / "old.nc")
    assert old.spectra[0].digest == ""
    old.report(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "SHA-256" not in text
    assert "data.sha256" not in contents(reproduce.archive(old))


def test_report_and_summary_say_it(file, tmp_path):
    result = synthetic([table()])
    (spectrum,) = result.spectra
    digest = tls.read(file).digest
    versions = {"python": "3.11.7", "tlsjax": "0.1.0", "jax": "0.8.1"}
    known = replace(
        result,
        spectra=(replace(spectrum, source=str(file), digest=digest),),
        record={**result.record, "versions": versions},
    )
    known.report(tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert digest in page.words
    link = next(a for tag, a in page.tags if tag == "a" and a.get("download") == "reproduce.zip")
    archive = base64.b64decode(link["href"].partition(",")[2])
    assert archive == reproduce.archive(known)
    files = contents(archive)
    assert files["data.sha256"] == f"{digest}  {file}\n"
    assert files["requirements.txt"] == "# python 3.11.7\n# tlsjax 0.1.0\njax==0.8.1\n"
    assert f"--seed {known.seed}" in files["reproduce.sh"]
    compile(files["reproduce.py"], "reproduce.py", "exec")
    plan = replace(known, record={**known.record, "elpd_loo": None, "sampler": {}})
    assert summary(plan)["data"]["tables"][0]["sha256"] == digest


def test_the_command_reads_the_tables_the_same_way(file, tmp_path):
    other = tmp_path / "other.csv"
    other.write_bytes(file.read_bytes())
    result = synthetic([table()])
    own = replace(OPTIONS, columns={}, constants={"temperature": "50 mK", "frequency": "5 GHz"}, run=("",))
    (spectrum,) = result.spectra
    two = tuple(
        replace(spectrum, source=str(path), options=one) for path, one in ((file, OPTIONS), (other, own))
    )
    record = {**result.record, "method": "laplace", "quantities": ["loss"]}
    words = shlex.split(reproduce.command(replace(result, spectra=two, record=record)))
    assert words[:4] == ["tlsjax", "fit", str(file), str(other)]
    said = {}
    for name, value in pairwise(words):
        said.setdefault(name, []).append(value)
    assert said["--quantity"] == ["loss"]
    assert said["--method"] == ["laplace"]
    assert said["--run"] == ["one.csv:line > 4"]
    for path, options in ((file, OPTIONS), (other, own)):
        conditions = {"where": said["--where"], "run": said["--run"]}
        again = options_for(path, said["--set"], said["--column"], tables=[file, other], **conditions)
        assert again == options


def test_what_no_command_can_say_is_said_in_python(file):
    result = synthetic([table()])
    (spectrum,) = result.spectra
    two = [replace(spectrum, source=str(file), options=tls.ReadOptions(only=name)) for name in "ab"]
    odd = replace(result, spectra=tuple(two))
    assert reproduce.command(odd) == ""
    assert "reproduce.sh" not in contents(reproduce.archive(odd))
    assert f"*tls.read_tables({str(file)!r}, tls.ReadOptions(only='a'))" in reproduce.python_call(odd)


def test_archives_are_the_same_from_run_to_run(monkeypatch):
    result = synthetic([table()])
    first = reproduce.archive(result)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert reproduce.archive(result) == first


def test_the_command_gives_the_same_numbers(tmp_path, call, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tls.write(synthetic([table()]).spectra[0], tmp_path / "a.csv")
    options = ("--where", "frequency < 8 GHz", "--method", "laplace", "--relaxation", "single")
    assert call("fit", "a.csv", "--out", "first", *options).returncode in (0, 1)
    with zipfile.ZipFile(io.BytesIO(reproduce.archive(load("first")))) as opened:
        (tmp_path / "model.toml").write_bytes(opened.read("model.toml"))
        line = opened.read("reproduce.sh").decode().splitlines()[-1]
    assert call(*shlex.split(line)[1:]).returncode in (0, 1)
    folders = tmp_path / "first", tmp_path / "reproduced"
    one, other = (json.loads((folder / "summary.json").read_text()) for folder in folders)
    assert one["parameters"] == other["parameters"]
    drawn = {path.name for path in load("first").figures("figures")}
    assert {"data_conductivity.pdf", "profiles.svg", "information.pdf", "influence_conductivity.pdf"} <= drawn
    assert one["data"]["tables"][0]["sha256"] == other["data"]["tables"][0]["sha256"] != ""
