"""Fits of published measurements, where a folder with them is named; none of them is part of the project."""

import os
from pathlib import Path

import numpy as np
import pytest

import tlsjax as tls
from tlsjax.fitting.predict import foretold

FOLDER = os.environ.get("TLSJAX_MEASURED_DATA", "")

pytestmark = pytest.mark.skipif(not FOLDER, reason="TLSJAX_MEASURED_DATA names no folder with measured files")


def test_relaxation_time_of_a_telegraph_is_that_of_its_dwell_times() -> None:
    path = Path(FOLDER) / "telegraph_current" / "current_vs_time.txt"
    known = {"temperature": "300 K", "width": "1 um", "length": "1 um", "bias_current": "1 uA"}
    options = tls.ReadOptions(
        header="time [s],current [A]", where=("time < 105.8 s",), constants=known | {"bandwidth": "18 Hz"}
    )
    result = tls.fit(tls.read(path, options), relaxation="single", draws=500)
    assert result.verdict.ok, result.verdict.reasons
    low, high = np.quantile(result.draws["tau"], (0.025, 0.975))
    # seen at instants, dwell times are geometric with means 1/p and 1/q, and 1 − p − q = e^{−dt/τ}
    time, current = np.loadtxt(path)[:4096].T
    for threshold in (-1.66e-8, -1.65e-8, -1.64e-8):  # between the two levels, −17.0 and −16.1 nA
        up = current > threshold
        ends = np.flatnonzero(np.diff(up)) + 1
        dwell = np.diff(ends)
        rates = [1.0 / dwell[first::2].mean() for first in (0, 1)]
        tau = -np.mean(np.diff(time)) / np.log(1.0 - sum(rates))
        assert low < tau < high, (threshold, tau, low, high)


@pytest.mark.slow
def test_default_budget_of_a_resonator_at_all_temperatures() -> None:
    table = tls.read_tables(Path(FOLDER) / "nb_microstrip" / "q_sweep.csv", tls.ReadOptions(only="RES-1"))[0]
    result = tls.fit(table, budget=tls.LossBudget(), quantities=("loss",), method="laplace", draws=500)
    (points,) = result.points
    mean, _ = foretold(result, result.spectra[0], points)
    missed = np.log(np.median(mean, axis=0) / table.columns["loss"])
    assert np.sqrt(np.mean(missed**2)) < 0.045
    assert 8.5 < np.median(result.draws["critical_temperature"]) < 9.5
    # what is left runs along the sweeps; intervals allow for it
    assert 0.5 < float(result.model.correlation["loss"]) < 1.0
    assert {check.name: check.ok for check in result.verdict.checks}["trend of loss (q_sweep.csv)"]
