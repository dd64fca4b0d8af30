"""How values scatter: three likelihoods, and factors that a table's values share."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.calibrate import plan_of
from tlsjax.fitting.fit import choose_model
from tlsjax.model.likelihood import Predicted, predict
from tlsjax.model.model import Likelihood
from tlsjax.model.modelfile import to_toml
from tlsjax.model.observation import join, observe
from tlsjax.model.points import View, fitted_points

TRUE = {"nu": 1e36, "lambda_f": 5e-10, "omega_star": 2e11, "tau_min": 1e-12, "tau_max": 1e-3}
CONSTANTS = {"lambda_f": TRUE["lambda_f"], "reference_current": 1e-5}


def spectrum(seed: int, *, factor: float = 1.0, source: str = "one.csv", **more: float) -> tls.Spectrum:
    """A conductivity with 3 % scatter at two biases."""
    frequency = np.tile(np.logspace(5, 10, 25), 2)
    bias = np.repeat([0.0, 1e-5], 25)
    exact = tls.conductivity(
        2 * np.pi * frequency, nu=TRUE["nu"], lambda_f=TRUE["lambda_f"],
        omega_star=TRUE["omega_star"] * (bias > 0),
        relaxation=tls.LogUniform(TRUE["tau_min"], TRUE["tau_max"]),
    )  # fmt: skip
    exact = np.asarray(exact) * factor
    value = exact * (1 + 0.03 * np.random.default_rng(seed).normal(size=exact.shape))
    columns = {
        "frequency": frequency, "bias_current": bias, "conductivity": value, "conductivity_err": 0.03 * exact,
    }  # fmt: skip
    return tls.Spectrum(columns, CONSTANTS | more, source)


def distribution(likelihood: Likelihood, **values: float) -> tuple[jax.Array, Predicted, np.ndarray]:
    table = spectrum(1)
    model, _ = choose_model([table], None, None, likelihood=likelihood)
    (points,) = fitted_points([table])
    observations = join([observe(table, points, View(1e-5))])
    values = {
        "amplitude": 1e-20, "omega_c": 2e11, "tau_min": 1e-12, "tau_max": 1e-3, "conductivity_scatter": 0.1,
        **values,
    }  # fmt: skip
    found = predict(model, {name: jnp.asarray(x) for name, x in values.items()}, observations)
    spread = np.hypot(observations.error, 0.1 * found.mean)
    return observations.value, found, spread


def test_lognormal_has_the_mean_and_variance_of_the_normal_one() -> None:
    value, normal, spread = distribution("normal")
    _, found, _ = distribution("lognormal")
    assert_allclose(found.mean, normal.mean, rtol=1e-12)
    assert_allclose(found.variance, spread**2, rtol=1e-10)
    sigma = np.sqrt(np.log1p((spread / normal.mean) ** 2))
    exact = stats.lognorm.logpdf(value, sigma, scale=normal.mean * np.exp(-(sigma**2) / 2))
    assert_allclose(found.log_prob(value), exact, rtol=1e-10)


def test_student_is_scipys() -> None:
    value, found, spread = distribution("student", freedom=3.5)
    assert_allclose(found.log_prob(value), stats.t.logpdf(value, 3.5, found.mean, spread), rtol=1e-10)
    assert_allclose(found.variance, spread**2 * 3.5 / 1.5, rtol=1e-12)


@pytest.mark.slow
def test_outliers_do_not_move_a_student_fit() -> None:
    table = spectrum(2)
    value = table.columns["conductivity"].copy()
    value[::7] *= 1.6
    spoiled = replace(table, columns={**table.columns, "conductivity": value})
    truth = np.log((1.602176634e-19 * TRUE["lambda_f"]) ** 2 * TRUE["nu"] * TRUE["omega_star"] ** 2)
    errors = {}
    choices: tuple[Likelihood, ...] = ("normal", "student")
    for likelihood in choices:
        result = tls.fit(spoiled, method="laplace", likelihood=likelihood, draws=500)
        seen = np.log(result.draws["superflow_in_window"]) - truth
        errors[likelihood] = (seen.mean(), seen.std())
    exact = float(np.log(tls.LogUniform(TRUE["tau_min"], TRUE["tau_max"]).mass(*result.window)))
    off = {name: abs(mean - exact) for name, (mean, _) in errors.items()}
    assert off["student"] < 3 * errors["student"][1]
    assert off["normal"] > 3 * errors["normal"][1]
    assert result.draws["freedom"].min() > 2.0
    assert np.median(result.draws["freedom"]) < 4.0


@pytest.mark.slow
def test_a_table_off_by_its_calibration_is_put_right() -> None:
    """Of two tables one reads 8 % high, and says that it may."""
    result = tls.fit([spectrum(3, source="good.csv"), off_alone()], method="laplace", draws=500)
    factor = result.draws["calibration[off.csv]"]
    assert abs(factor.mean() - 1.08) < 3 * factor.std()
    assert factor.std() < 0.02
    assert result.identified["calibration[off.csv]"]
    assert "calibration[good.csv]" not in result.draws


def off_alone() -> tls.Spectrum:
    return spectrum(4, factor=1.08, source="off.csv", calibration_error=0.1)


@cache
def fit_of_off_alone() -> tls.Result:
    return tls.fit(off_alone(), method="laplace", likelihood="student", draws=500)


@pytest.mark.slow
def test_alone_nothing_tells_a_calibration_from_the_density() -> None:
    alone = fit_of_off_alone()
    assert np.log(alone.draws["calibration[off.csv]"]).std() == pytest.approx(np.log(1.1), rel=0.15)
    assert not alone.identified["calibration[off.csv]"]


def test_saved_and_loaded_with_likelihood_and_calibration(tmp_path: Path) -> None:
    off, result = off_alone(), fit_of_off_alone()
    result.save(tmp_path / "posterior.nc")
    again = tls.load(tmp_path / "posterior.nc")
    assert again.model.likelihood == "student"
    assert again.model.origins == result.model.origins
    assert again.model.priors.keys() == result.model.priors.keys()
    file = tmp_path / "model.toml"
    file.write_text(to_toml(result.model), encoding="utf-8")
    model, _ = choose_model([off], file, None)
    assert jax.tree.structure(model) == jax.tree.structure(result.model)
    for ours, theirs in zip(jax.tree.leaves(model), jax.tree.leaves(result.model), strict=True):
        assert_array_equal(ours, theirs)
    # a new measurement shares no calibration
    new = result.predict("conductivity", frequency=1e7, bias_current=0.0)
    mean = new["conductivity"].to_numpy()
    assert np.log(mean).std() > 0.08


def test_what_cannot_be(tmp_path: Path) -> None:
    table = spectrum(5)
    with pytest.raises(InputError, match="unknown likelihood 'cauchy'; known: normal, lognormal, student"):
        tls.fit(table, likelihood="cauchy")
    value = table.columns["conductivity"].copy()
    value[3] *= -1
    bad = replace(table, columns={**table.columns, "conductivity": value})
    with pytest.raises(InputError, match="not positive here, as a lognormal"):
        tls.fit(bad, likelihood="lognormal")
    file = tmp_path / "m.toml"
    file.write_text('likelihood = "gauss"')
    with pytest.raises(InputError, match="likelihood"):
        tls.ModelFile(file)
    file.write_text('[priors."calibration[two.csv]"]\nkind = "lognormal"\nmedian = 1.0\nfactor = 1.1\n')
    with pytest.raises(InputError, match=r"calibration\[two\.csv\].*does not have"):
        choose_model([table], file, None)


def test_a_calibration_is_of_the_likelihood_that_the_file_names(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "data_examples" / "conductivity.toml"
    file = tmp_path / "m.toml"
    file.write_text('likelihood = "student"\n' + example.read_text(encoding="utf-8"), encoding="utf-8")
    assert "freedom" in plan_of(tls.ModelFile(file)).model.free
    file.write_text(example.read_text(encoding="utf-8") + '\n[devices]\nvary = ["nu"]\n', encoding="utf-8")
    with pytest.raises(InputError, match="at least two devices"):
        plan_of(tls.ModelFile(file))


@pytest.mark.parametrize("error", ["10", "0", "-0.1"])
def test_a_calibration_error_is_a_fraction(tmp_path: Path, error: str) -> None:
    file = tmp_path / "t.csv"
    rows = "".join(f"{i}e6,1e-9\n" for i in range(1, 5))
    file.write_text(f"# calibration_error: {error}\nfrequency [Hz],conductivity [S]\n{rows}")
    with pytest.raises(InputError, match=r"line 1.*calibration_error is"):
        tls.read(file)
