"""Barriers without a formula, from spectra at several temperatures of which they are known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.data.spectrum import Spectrum

ATTEMPT, BARRIER, WIDTH = 2e-12, 5.0, 0.9


@pytest.mark.slow
def test_normal_barriers_and_the_attempt_time_are_found_together() -> None:
    frequency, temperature = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 2e10, 10), [0.4, 0.8, 1.6]))
    truth = tls.ThermallyActivated(ATTEMPT, BARRIER, WIDTH, temperature)
    exact = np.asarray(
        tls.conductivity(
            2.0 * np.pi * frequency, nu=1e38, lambda_f=5e-10, omega_star=2e11, eta=1.0, relaxation=truth
        )
    )
    rng = np.random.default_rng(0)
    columns = {
        "frequency": frequency,
        "temperature": temperature,
        "bias_current": np.full(len(frequency), 1e-6),
        "conductivity": exact * (1.0 + 0.02 * rng.standard_normal(len(frequency))),
        "conductivity_err": 0.02 * exact,
    }
    result = tls.fit(Spectrum(columns, {}, "made up"), relaxation="free_barriers", seed=0, draws=300)

    attempt = result.record["parameters"]["attempt_time"]
    assert attempt["q025"] < ATTEMPT < attempt["q975"]
    assert attempt["q975"] < 1.3 * attempt["q025"]
    smooth = result.model.smooth
    assert smooth is not None
    flat = {name: x.reshape(-1, *x.shape[2:]) for name, x in result.draws.items()}
    places = np.linspace(3.0, 7.0, 21)
    density = np.asarray(smooth.densities(flat, places)) / places[:, None]
    low, high = np.quantile(density, (0.025, 0.975), axis=1)
    known = np.exp(-0.5 * ((places - BARRIER) / WIDTH) ** 2) / (np.sqrt(2.0 * np.pi) * WIDTH)
    assert np.mean((low <= known) & (known <= high)) >= 0.9
    assert np.mean(high - low) < 0.3 * known.max()
    (peak,) = (one for one in result.peaks if one.probability > 0.9)
    assert peak.unit == "K"
    assert_allclose(peak.median, BARRIER, rtol=0.15)
    # the same f at a temperature that was not measured
    there = {"frequency": 1e9, "temperature": 0.6, "bias_current": 1e-6}
    predicted = result.predict("conductivity", **there)["conductivity"].quantile([0.025, 0.975])  # type: ignore[arg-type]
    between = tls.conductivity(
        2.0 * np.pi * 1e9, nu=1e38, lambda_f=5e-10, omega_star=2e11, eta=1.0,
        relaxation=tls.ThermallyActivated(ATTEMPT, BARRIER, WIDTH, 0.6),
    )  # fmt: skip
    assert predicted[0] < float(between) < predicted[1]
