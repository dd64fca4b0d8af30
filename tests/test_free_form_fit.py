"""A fit of an f(τ) without a formula to data whose f is known."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tlsjax as tls
from tlsjax.data.spectrum import Spectrum

TAU = 1e-9


@pytest.mark.slow
def test_a_log_normal_is_found_without_its_formula(tmp_path: Path) -> None:
    truth = tls.LogNormal(median=TAU, width=1.0)
    frequency = np.geomspace(1e6, 1e10, 30)
    sigma = np.asarray(
        tls.conductivity(
            2.0 * np.pi * frequency, nu=1e38, lambda_f=5e-10, omega_star=1e12, eta=1.0, relaxation=truth
        )
    )
    noisy = sigma * (1.0 + 0.02 * np.random.default_rng(0).standard_normal(30))
    columns = {
        "frequency": frequency,
        "bias_current": np.full(30, 1e-6),
        "conductivity": noisy,
        "conductivity_err": 0.02 * sigma,
    }
    result = tls.fit(Spectrum(columns, {}, "made up"), relaxation="free_form", seed=0, draws=300)

    assert result.ends == ()  # nothing asks for a sharp end

    tau = np.geomspace(*result.window, 60)
    form = result.relaxations
    each = np.asarray(
        [
            tls.FreeForm(form.shortest[i], form.longest[i], form.weights[i]).density(jnp.asarray(tau)) * tau
            for i in range(0, len(form.weights), 8)
        ]
    )
    known = np.asarray(truth.density(jnp.asarray(tau))) * tau
    low, high = np.quantile(each, (0.025, 0.975), axis=0)
    seen = known > 0.01 * known.max()
    assert seen.sum() > 30
    assert np.mean(((known >= low) & (known <= high))[seen]) >= 0.9
    assert np.sum((each.mean(0) - known) ** 2) < 0.15**2 * np.sum(known**2)
    assert np.mean(high - low) < 0.2 * known.max()

    result.save(tmp_path / "kept.nc")
    again = tls.load(tmp_path / "kept.nc")
    assert_array_equal(again.relaxations.weights, form.weights)
    there = {"frequency": [3e7, 3e8], "bias_current": 1e-6, "draws": 20}
    ours, theirs = (one.predict("conductivity", **there)["conductivity"] for one in (result, again))
    assert_allclose(theirs, ours, rtol=1e-9)
    assert_allclose(ours.median("draw"), np.interp([3e7, 3e8], frequency, sigma), rtol=0.1)
