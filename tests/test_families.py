"""Several formulas of f(τ) for the same data: which is preferred, and what they say together."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

import tlsjax as tls
from tlsjax.cli import app
from tlsjax.errors import InputError
from tlsjax.fitting.compare import Comparison, compare
from tlsjax.fitting.families import sensible
from tlsjax.physics.relaxation import Relaxation


def table(truth: tls.Relaxation, seed: int = 0) -> tls.Spectrum:
    frequency = np.geomspace(1e6, 1e10, 30)
    sigma = np.asarray(
        tls.conductivity(
            2.0 * np.pi * frequency, nu=1e38, lambda_f=5e-10, omega_star=1e12, eta=1.0, relaxation=truth
        )
    )
    columns = {
        "frequency": frequency,
        "bias_current": np.full(30, 1e-6),
        "conductivity": sigma * (1.0 + 0.02 * np.random.default_rng(seed).standard_normal(30)),
        "conductivity_err": 0.02 * sigma,
    }
    return tls.Spectrum(columns, {}, "made up")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("families")
    tls.write(table(tls.LogNormal(1e-9, 1.0)), where / "made.csv")
    options = ["--out", str(where / "fits"), "--method", "laplace", "--relaxation", "single, log_normal"]
    done = CliRunner().invoke(app, ["fit", str(where / "made.csv"), *options])
    assert done.exit_code == 0, done.output
    assert "log_normal predicts best, beyond chance" in " ".join(done.output.split())
    return where / "fits"


def test_every_family_has_its_folder_and_the_comparison_is_kept(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {
        "single", "log_normal", "comparison.txt", "averaged.csv", "relaxations.svg",
    }  # fmt: skip
    assert (folder / "single" / "report.html").exists()
    words = (folder / "comparison.txt").read_text()
    assert "log_normal predicts best" in words
    assert "What single would measure does not look like the data" in words
    assert ET.parse(folder / "relaxations.svg").getroot().tag.endswith("}svg")


def test_fits_that_are_there_are_not_lost(folder: Path) -> None:
    before = (folder / "single" / "posterior.nc").stat().st_mtime_ns
    again = ["fit", str(folder.parent / "made.csv"), "--out", str(folder), "--relaxation", "cole_cole,single"]
    done = CliRunner().invoke(app, again)
    assert done.exit_code != 0
    assert (folder / "single" / "posterior.nc").stat().st_mtime_ns == before
    assert not (folder / "cole_cole").exists()


def test_the_average_is_of_the_fits_by_their_weights(folder: Path) -> None:
    results = {name: tls.load(folder / name) for name in ("single", "log_normal")}
    found = compare(results)
    assert isinstance(found, Comparison)
    there = {"frequency": [1e8, 1e9], "bias_current": 1e-6}
    together = tls.averaged(results, "conductivity", draws=400, **there)
    count = {name: int((together["fit"] == name).sum()) for name in results}
    assert count == {one.name: round(400 * one.weight) for one in found.ranked}
    own = together["conductivity"].where(together["fit"] == "log_normal", drop=True)
    picked = results["log_normal"].predict("conductivity", draws=count["log_normal"], **there)["conductivity"]
    assert_allclose(own, picked)


def test_the_average_is_kept_where_it_was_measured(folder: Path) -> None:
    kept = pd.read_csv(folder / "averaged.csv")
    data = table(tls.LogNormal(1e-9, 1.0)).columns
    assert_allclose(kept["frequency (Hz)"], data["frequency"], rtol=1e-6)
    assert set(kept["quantity"]) == {"conductivity (S)"}
    assert set(kept["table"]) == {"made.csv"}
    off = (data["conductivity"] - kept["median"]) / data["conductivity_err"]
    assert np.sqrt(np.mean(off**2)) < 1.5
    assert np.all((kept["q05"] < kept["median"]) & (kept["median"] < kept["q95"]))
    assert np.all(kept["q95"] - kept["q05"] < 4 * data["conductivity_err"])


def test_different_data_have_no_average(folder: Path) -> None:
    one = tls.load(folder / "single")
    other = tls.fit(table(tls.Single(1e-9), seed=1), relaxation="single", method="map")
    with pytest.raises(InputError, match="different data"):
        tls.averaged({"one": one, "other": other}, "conductivity", frequency=1e9, bias_current=1e-6)


def test_sensible_families_exist_and_follow_the_data() -> None:
    plain = sensible([table(tls.Single(1e-9))])
    assert "free_form" in plain
    assert "thermally_activated" not in plain
    cold = table(tls.Single(1e-9))
    warm = tls.Spectrum({**cold.columns, "temperature": np.linspace(0.1, 1.0, 30)}, {}, "warm")
    assert set(sensible([warm])) > set(plain)
    assert set(sensible([warm])) <= set(Relaxation.families)
