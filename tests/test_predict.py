"""Prediction from a fit under any conditions, and the test of a noise against it."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import scipy.integrate
import scipy.stats
import xarray as xr

import tlsjax as tls
from tlsjax.fitting.density import prior_draws
from tlsjax.fitting.noise_ratio import NoiseRatio, ratio_draws
from tlsjax.fitting.tempering import temper
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.likelihood import Predicted

EXAMPLES = Path(__file__).parent.parent / "data_examples"
WIRE = {"width": 2e-6, "length": 1e-5}


def result_of(*spectra: tls.Spectrum, family: str = "log_uniform", count: int = 40) -> tls.Result:
    """A result with draws of the prior in place of a posterior."""
    model, _ = build_model(spectra, family=relaxation_family(family))
    values, _ = prior_draws(jax.random.key(1), model, count)
    posterior = {name: (("chain", "draw"), np.asarray(x).reshape(2, -1)) for name, x in values.items()}
    tree = xr.DataTree.from_dict({"posterior": xr.Dataset(posterior)})
    return tls.Result(tree, model, spectra, {"seed": 3})


def loss_table(**constants: float) -> tls.Spectrum:
    frequency = np.array([2e9, 4e9, 8e9])
    columns = {
        "frequency": frequency,
        "bias_current": np.array([0.0, 2e-6, 4e-6]),
        "loss": frequency * 1e-17,
        "loss_err": frequency * 1e-18,
    }
    known = {"temperature": 0.1, "kinetic_inductance": 1e-9, "kinetic_fraction": 0.9}
    return tls.Spectrum(columns, known | constants, "loss.csv")


@pytest.fixture(scope="module")
def result() -> tls.Result:
    return result_of(loss_table())


def by_hand(result: tls.Result, index: int, bias: float) -> tuple[dict[str, float], tls.LogUniform]:
    one = {name: float(x.reshape(-1)[index]) for name, x in result.draws.items()}
    same = {name: one[name] for name in ("nu", "lambda_f", "eta")}
    relaxation = tls.LogUniform(one["tau_min"], one["tau_max"])
    return same | {"omega_star": one["omega_star"] * bias / 4e-6}, relaxation


@pytest.mark.parametrize("bias", [0.0, 1.7e-6, -1.7e-6, 9e-6])
def test_a_fitted_loss_predicts_noise_loss_and_conductivity_of_each_draw(
    result: tls.Result, bias: float
) -> None:
    """At currents never measured, against Eqs. 15 and 20 with the draw's own parameters."""
    frequency = np.array([1e6, 1e9, 5e9])
    at = {"frequency": frequency, "bias_current": bias, "angle": 0.4}
    noise = result.predict("current_noise", **at, **WIRE, temperature=0.3)
    loss = result.predict("loss", **at)
    sigma = result.predict("conductivity", **at)
    omega = 2 * np.pi * frequency
    for index in (0, 17, 39):
        parameters, relaxation = by_hand(result, index, abs(bias))
        expected = tls.conductivity(omega, **parameters, relaxation=relaxation, angle=0.4)
        np.testing.assert_allclose(sigma.conductivity[index], expected, rtol=1e-10)
        expected_loss = tls.resonator_loss(omega, expected, kinetic_inductance=1e-9, kinetic_fraction=0.9)
        np.testing.assert_allclose(loss.loss[index], expected_loss, rtol=1e-10)
        expected_noise = tls.current_noise(
            omega, **parameters, relaxation=relaxation, angle=0.4, temperature=0.3, **WIRE
        )
        np.testing.assert_allclose(noise.current_noise[index], expected_noise, rtol=1e-10)


def test_conditions_broadcast_and_come_with_names_and_units(result: tls.Result) -> None:
    frequency, bias = np.geomspace(1e8, 1e10, 300), np.array([[0.0], [3e-6]])
    grid = result.predict("loss", frequency=frequency, bias_current=bias, draws=7)
    assert grid.loss.dims == ("draw", "point_0", "point_1")
    assert grid.loss.shape == (7, 2, 300)
    assert grid.loss.attrs["units"] == "1"
    assert grid.frequency.attrs["units"] == "Hz"
    assert grid.draw.to_numpy().tolist() == [0, 6, 13, 19, 26, 32, 39]
    row = result.predict("loss", frequency=frequency, bias_current=3e-6, draws=7)
    np.testing.assert_allclose(row.loss, grid.loss[:, 1], rtol=1e-12)
    point = result.predict("loss", frequency=frequency[-1], bias_current=3e-6, draws=7)
    assert point.loss.dims == ("draw",)
    np.testing.assert_allclose(point.loss, grid.loss[:, 1, -1], rtol=1e-12)
    band = row.quantile([0.025, 0.5, 0.975], "draw")
    assert band.loss.dims == ("quantile", "point")
    assert (np.diff(band.loss, axis=0) > 0).all()


def test_a_table_says_where_and_numbers_go_before_it(result: tls.Result) -> None:
    table = loss_table(kinetic_fraction=0.3)
    own = result.predict("loss", table)
    fitted = result.predict("loss", table, kinetic_fraction=0.9)
    np.testing.assert_allclose(own.loss * 3, fitted.loss, rtol=1e-12)
    noise = result.predict("current_noise", table, **WIRE)
    sigma = result.predict("conductivity", table)
    factor = tls.fluctuation_dissipation(0.2, temperature=0.1, convention="one-sided")
    np.testing.assert_allclose(noise.current_noise, factor * sigma.conductivity, rtol=1e-12)
    assert "measurement" not in noise


def test_new_measurements_scatter_as_said(result: tls.Result) -> None:
    at = {"frequency": np.full(400, 1e9), "bias_current": 1e-6}
    stated = result.predict("loss", **at, error=2e-9)
    pulls = ((stated.measurement - stated.loss) / 2e-9).to_numpy().ravel()
    assert scipy.stats.kstest(pulls, "norm").pvalue > 1e-3
    averaged = result.predict("current_noise", **at, **WIRE, averages=3)
    ratios = (averaged.measurement / averaged.current_noise).to_numpy().ravel()
    assert scipy.stats.kstest(ratios, scipy.stats.gamma(3, scale=1 / 3).cdf).pvalue > 1e-3
    assert result.predict("loss", loss_table()).measurement.shape == (40, 3)


def test_density_of_systems_follows_temperature_where_the_family_says_so() -> None:
    """Tunnelling systems with phonons, ν ∝ the weight M(T)."""
    result = result_of(loss_table(), family="tunnelling_phonon", count=4)
    at = {"frequency": 1e9, "bias_current": 0.0}
    found = result.predict("conductivity", **at, temperature=0.4).conductivity
    family = relaxation_family("tunnelling_phonon")
    seen = 0
    for index in range(4):
        one = {name: float(x.reshape(-1)[index]) for name, x in result.draws.items()}
        own = {quantity.name: one[quantity.name] for quantity in family.parameters()}
        hot, fitted = family(**own, temperature=0.4), family(**own, temperature=0.1)
        if not fitted.weight > 0:
            continue  # τ_max below every τ_min: no system is left
        seen += 1
        amplitude = one["amplitude"] * float(hot.weight) / float(fitted.weight)
        omega = 2 * np.pi * 1e9
        assert float(found[index]) == pytest.approx(amplitude * omega**2 * float(hot.kernel(omega)))
    assert seen


@pytest.mark.parametrize(
    ("quantity", "given", "message"),
    [
        (
            "loss",
            {"frequency": 1e9},
            r"needs 'bias_current', which .* from 0 to 4e-06: give bias",
        ),
        ("loss", {"bias_current": 0.0}, "needs 'frequency'"),
        ("current_noise", {"frequency": 1.0, "bias_current": 0.0}, "needs 'width', not stated in the fit"),
        ("frequency_shift", {"frequency": 1e9}, "'frequency_shift' is not what this model predicts"),
        ("loss", {"frequency": -1e9, "bias_current": 0.0}, "frequency must be positive numbers"),
        ("loss", {"frequency": "4 GHz"}, "frequency must be numbers in SI units"),
        ("loss", {"frequency": [1e9, 2e9], "bias_current": [0, 1e-6, 2e-6]}, "do not broadcast"),
        ("loss", {"frequencies": 1e9}, "did you mean 'frequency'"),
        (
            "loss",
            {"frequency": 1e9, "bias_current": 0.0, "averages": 3},
            "are those of a current_noise",
        ),
        ("loss", {"frequency": 1e9, "bias_current": 0.0, "draws": 0}, "must be at least 1"),
    ],
)
def test_what_is_missing_is_said(
    result: tls.Result, quantity: str, given: dict[str, float], message: str
) -> None:
    with pytest.raises(tls.InputError, match=message):
        result.predict(quantity, **given)


def test_no_bias_is_invented_where_none_was_stated() -> None:
    table = loss_table()
    columns = {name: x for name, x in table.columns.items() if name != "bias_current"}
    result = result_of(tls.Spectrum(columns, table.constants))
    assert result.predict("loss", frequency=1e9).loss.shape == (40,)
    with pytest.raises(tls.InputError, match="leave bias_current out"):
        result.predict("loss", frequency=1e9, bias_current=1e-6)


def test_tempering_far_into_the_tail_is_the_product_of_gaussians() -> None:
    """Correlated prior, one coordinate measured ten standard deviations away."""
    covariance = np.array([[1.0, 0.8], [0.8, 1.0]])
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.multivariate_normal(np.zeros(2), covariance, 2000))
    inverse = jnp.asarray(np.linalg.inv(covariance))
    after = temper(
        jax.random.key(0), x, lambda x: -0.5 * x @ inverse @ x, lambda x: -0.5 * ((x[0] - 10.0) / 0.1) ** 2
    ).x
    exact = np.linalg.inv(np.linalg.inv(covariance) + np.diag([100.0, 0.0]))
    mean = exact @ np.array([1000.0, 0.0])
    np.testing.assert_allclose(after.mean(0), mean, atol=5 * np.sqrt(np.diag(exact) / 1000).max())
    scale = np.sqrt(np.diag(exact))
    unit = np.outer(scale, scale)
    np.testing.assert_allclose(np.cov(after.T) / unit, exact / unit, atol=0.15)


def test_ratio_to_a_known_prediction_is_that_of_quadrature() -> None:
    """Normal and gamma points together: p(ln R) integrated by scipy."""
    mean, error, averages = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 0.5]), np.array([2.0, 3.0])
    measured = np.array([1.9, 2.6, 5.0, 7.0])

    def predicted(z: jax.Array, ratio: jax.Array) -> Predicted:
        expected = ratio * jnp.asarray(mean)
        return Predicted(
            dist.Normal(expected[:2], jnp.asarray(error)),
            dist.Gamma(jnp.asarray(averages), averages / expected[2:]),
        )

    z = jax.random.normal(jax.random.key(0), (1000, 1))

    @jax.jit
    def ratios(measured: jax.Array) -> jax.Array:
        return ratio_draws(jax.random.key(1), z, lambda z: -0.5 * z @ z, predicted, measured, jnp.ones(()))[0]

    def density(x: float) -> float:
        normal = scipy.stats.norm(mean[:2] * np.exp(x), error).pdf(measured[:2])
        gamma = scipy.stats.gamma(averages, scale=mean[2:] * np.exp(x) / averages).pdf(measured[2:])
        return float(normal.prod() * gamma.prod() * scipy.stats.norm(0, np.log(1e4)).pdf(x))

    moments = [scipy.integrate.quad(lambda x, k=k: density(x) * x**k, -4, 4)[0] for k in range(3)]
    centre = moments[1] / moments[0]
    width = np.sqrt(moments[2] / moments[0] - centre**2)
    logarithm = np.log(np.asarray(ratios(jnp.asarray(measured))))
    assert logarithm.mean() == pytest.approx(centre, abs=5 * width / np.sqrt(300))
    assert logarithm.std() == pytest.approx(width, rel=0.1)


def test_interval_of_the_ratio_holds_the_truth_and_sees_a_factor_of_two() -> None:
    """Level and slope of the prediction known to 15 % and 0.3; 300 noises at R = 1, 100 at R = 2."""
    sets, draws, averages = 400, 150, 20.0
    x = jnp.linspace(-1.0, 1.0, 6)
    width = jnp.array([0.15, 0.3])

    def predicted(z: jax.Array, ratio: jax.Array) -> Predicted:
        expected = ratio * jnp.exp(z[0] + z[1] * x)
        none = jnp.zeros(0)
        return Predicted(dist.Normal(none, none), dist.Gamma(jnp.full(6, averages), averages / expected))

    def quantiles(key: jax.Array, measured: jax.Array) -> jax.Array:
        cloud, start = jax.random.split(key)
        z = width * jax.random.normal(cloud, (draws, 2))
        ratio, _ = ratio_draws(
            start, z, lambda z: -0.5 * jnp.sum((z / width) ** 2), predicted, measured, jnp.ones(())
        )
        return jnp.quantile(ratio, jnp.array([0.025, 0.975]))

    true = np.where(np.arange(sets) < 300, 1.0, 2.0)
    keys = jax.random.split(jax.random.key(5), sets)
    rng = np.random.default_rng(5)
    level, slope = rng.normal(0.0, width[:, None, None], (2, sets, 1))
    expected = true[:, None] * np.exp(level + slope * x)
    measured = rng.gamma(averages, expected / averages)
    low, high = np.asarray(jax.jit(jax.vmap(quantiles))(keys, jnp.asarray(measured))).T
    held = (low < true) & (true < high)
    # four standard deviations of 300 and 100 trials around 95 %
    assert 270 <= held[:300].sum() <= 298
    assert held[300:].sum() >= 86
    assert np.sum(low[300:] > 1) > 90


@pytest.fixture(scope="module")
def fitted() -> tls.Result:
    return tls.fit(EXAMPLES / "loss.csv", seed=1, draws=200)


def test_example_noise_obeys_the_theorem_given_the_loss_alone(fitted: tls.Result) -> None:
    """Down to ten decades below the resonators; with another slope it does not."""
    noise = tls.read(EXAMPLES / "noise.csv")
    found = fitted.noise_ratio(noise)
    assert found.consistent, found
    assert abs(found.deviations) < 3
    assert found.sd < 0.1
    assert "times what the loss predicts: consistent with the FDT" in found.in_words()
    tilted = noise.columns["current_noise"] * noise.columns["frequency"] ** 0.5
    other = tls.Spectrum({**noise.columns, "current_noise": tilted}, noise.constants, "tilted.csv")
    assert fitted.noise_ratio(other).p_shape < 0.005


def test_a_noise_that_cannot_be_compared_is_refused(result: tls.Result) -> None:
    noise = tls.read(EXAMPLES / "noise.csv")
    bare = {name: x for name, x in noise.columns.items() if name != "averages"}
    unbiased = {name: x for name, x in noise.columns.items() if name != "bias_current"}
    for table, message in (
        (loss_table(), "no current_noise to compare"),
        (tls.Spectrum(bare, noise.constants, "bare.csv"), "does not say how current_noise scatters"),
        (tls.Spectrum(unbiased, noise.constants, "unbiased.csv"), "bias current must be stated both"),
        (tls.Spectrum(noise.columns, {}, "bare.csv"), "needs 'width'"),
    ):
        with pytest.raises(tls.InputError, match=message):
            result.noise_ratio(table)
    seen = dataclasses.replace(result, spectra=(*result.spectra, noise))
    with pytest.raises(tls.InputError, match="is part of this fit"):
        seen.noise_ratio(noise)


def test_words_say_what_the_numbers_do() -> None:
    one = NoiseRatio(1.07, 0.93, 1.22, 0.07, 0.97, 0.4, 0.4, ("loss",), np.ones(1))
    assert (
        one.in_words()
        == "the noise is 1.07 (0.93–1.22) times what the loss predicts: consistent with the FDT"
    )
    both = dataclasses.replace(one, predicted_by=("loss", "conductivity"), low=1.01, deviations=2.2)
    assert both.in_words().endswith("the loss and conductivity predict: 2.2 standard deviations from the FDT")
    assert "not with its shape at a factor of 1" in dataclasses.replace(one, p_obeyed=1e-3).in_words()
    assert "its shape is not the predicted one" in dataclasses.replace(one, p_shape=1e-3).in_words()
