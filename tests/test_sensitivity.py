"""Elasticities against differences, single points against fits without them, and the command."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import scipy.optimize
import scipy.stats
import xarray as xr
from numpy.testing import assert_allclose
from typer.testing import CliRunner

import tlsjax as tls
from tlsjax.analysis.elasticity import stepped
from tlsjax.cli import app
from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.density import constrain, potential, unconstrain
from tlsjax.fitting.result import Result
from tlsjax.model.likelihood import Predicted
from tlsjax.model.observation import join
from tlsjax.report.elasticity_figure import elasticity_figure, elasticity_map

EXAMPLES = Path(__file__).parent.parent / "data_examples"
ODD = 30
"""Row of a planted outlier."""


@pytest.fixture(scope="module")
def table() -> Spectrum:
    """The example's conductivity with one value 20 % up, where errors are 3 %."""
    clean = tls.read(EXAMPLES / "conductivity.csv")
    values = clean.columns["conductivity"].copy()
    values[ODD] *= 1.2
    return Spectrum(
        dict(clean.columns) | {"conductivity": values}, clean.constants, "odd.csv", lines=clean.lines
    )


@pytest.fixture(scope="module")
def fitted(table: Spectrum) -> Result:
    return tls.fit(table, method="laplace", seed=1)


def without(table: Spectrum, row: int) -> Spectrum:
    kept = np.delete(np.arange(len(table)), row)
    columns = {name: values[kept] for name, values in table.columns.items()}
    return Spectrum(columns, table.constants, table.source, lines=table.lines[kept])


def test_elasticities_are_those_of_the_prediction(fitted: Result) -> None:
    """By the public equation at the same draws, whose parameters are moved by hand."""
    frequency = np.geomspace(2e8, 2e10, 5)
    found = tls.elasticities(fitted, "conductivity", frequency=frequency, bias_current=2e-6, draws=3)
    assert found["elasticity"].dims == ("draw", "parameter", "point")
    flat = {name: x.reshape(-1) for name, x in fitted.draws.items()}
    step = 1e-5
    for place, draw in enumerate(found["draw"].values):

        def log_sigma(name: str, factor: float, draw: int = int(draw)) -> np.ndarray:
            own = {n: flat[n][draw] * (factor if n == name else 1.0) for n in fitted.model.free}
            form = tls.LogUniform(own["tau_min"], own["tau_max"])
            omega_star = own["omega_star"] * 2e-6 / float(fitted.model.reference_current)
            film = {n: own[n] for n in ("nu", "lambda_f", "eta")}
            sigma = tls.conductivity(2.0 * np.pi * frequency, omega_star=omega_star, relaxation=form, **film)
            return np.log(np.asarray(sigma))

        for name in found["parameter"].values:
            slope = (log_sigma(name, np.exp(step)) - log_sigma(name, np.exp(-step))) / (2.0 * step)
            ours = found["elasticity"].sel(parameter=name)[place]
            assert_allclose(ours, slope, rtol=1e-5, atol=1e-8)


def test_elasticities_over_a_grid_and_of_chosen_parameters(fitted: Result) -> None:
    frequency, bias = np.geomspace(1e8, 1e10, 4), np.array([0.0, 1e-6, 4e-6])
    found = tls.elasticities(
        fitted, "conductivity", frequency=frequency[:, None], bias_current=bias, draws=5,
        parameters=("nu", "omega_star"),
    )  # fmt: skip
    values = found["elasticity"]
    assert values.shape == (5, 2, 4, 3)
    assert_allclose(values.sel(parameter="nu"), 1.0, rtol=1e-12)
    assert_allclose(values.sel(parameter="omega_star")[..., 0], 0.0, atol=1e-12)
    assert np.all(values.sel(parameter="omega_star")[..., 1:] > 0.1)
    with pytest.raises(tls.InputError, match="'mu' is no free parameter of this fit: nu, "):
        tls.elasticities(fitted, "conductivity", frequency=1e9, bias_current=1e-6, parameters=("mu",))
    with pytest.raises(tls.InputError, match="needs 'kinetic_inductance'"):
        tls.elasticities(fitted, "loss", frequency=1e9)


def test_tied_parameters_move_together(fitted: Result) -> None:
    model = fitted.model
    tied = tls.prior.Tied("tau_min", 10.0)
    other = model.__class__(**{**vars(model), "priors": dict(model.priors) | {"tau_max": tied}})
    values = {"nu": 1e38, "lambda_f": 5e-10, "omega_star": 1e11, "eta": 1.0, "tau_min": 1e-9, "tau_max": 1e-8}
    moved = stepped(values, other, {"tau_min": np.log(2.0)})
    assert_allclose([moved["tau_min"], moved["tau_max"]], [2e-9, 2e-8])
    assert_allclose(moved["omega_c"], 1e11)


def test_a_planted_outlier_is_named_with_its_line(fitted: Result, table: Spectrum) -> None:
    (one,) = tls.outliers(tls.influence(fitted))
    assert one.source == "odd.csv"
    assert one.line == table.lines[ODD]
    assert one.quantity == "conductivity"
    assert_allclose(one.value, table.columns["conductivity"][ODD])
    assert_allclose(one.conditions["frequency"], table.columns["frequency"][ODD])
    assert 5.0 < one.deviation < 8.3


def test_pull_and_deviation_are_those_of_a_fit_without_the_point(fitted: Result, table: Spectrum) -> None:
    found = tls.influence(fitted)
    other = tls.fit(without(table, ODD), method="laplace", seed=2)
    for name in ("tau_min", "omega_c", "amplitude_in_window"):
        with_it, without_it = (np.log(one.draws[name].reshape(-1)) for one in (fitted, other))
        pull = (with_it.mean() - without_it.mean()) / with_it.std()
        assert_allclose(found["pull"].sel(quantity=name)[ODD], pull, atol=0.15)
    row = {name: table.columns[name][ODD] for name in ("frequency", "bias_current")}
    expected = other.predict("conductivity", error=table.columns["conductivity_err"][ODD], **row)
    new = expected["measurement"].to_numpy()
    deviation = (table.columns["conductivity"][ODD] - new.mean()) / new.std()
    assert_allclose(found["deviation"][ODD], deviation, rtol=0.05)


def test_deviations_of_good_points_are_standard_normal(fitted: Result) -> None:
    found = tls.influence(fitted)
    good = np.delete(found["deviation"].to_numpy(), ODD)
    assert scipy.stats.kstest(good, "norm").pvalue > 0.01
    assert np.all(found["pareto_k"] < 0.7)


def test_tails_are_those_of_the_distribution() -> None:
    mean, spread, averages = np.array([1.0, 2.0]), np.array([0.1, 0.3]), np.array([1.0, 50.0])
    value = np.array([1.25, 1.7, 3.0, 1.5])
    gamma = dist.Gamma(averages, averages / mean)
    variance = np.log1p((spread / mean) ** 2)
    cases = {
        dist.Normal(mean, spread): scipy.stats.norm(mean, spread),
        dist.StudentT(4.0, mean, spread): scipy.stats.t(4.0, mean, spread),
        dist.LogNormal(np.log(mean) - 0.5 * variance, np.sqrt(variance)): scipy.stats.lognorm(
            np.sqrt(variance), scale=mean * np.exp(-0.5 * variance)
        ),
    }
    noise = scipy.stats.gamma(averages, scale=mean / averages)
    for measured, other in cases.items():
        below, above = Predicted(measured, gamma).tails(value)
        assert_allclose(below, np.concatenate([other.cdf(value[:2]), noise.cdf(value[2:])]), rtol=1e-9)
        assert_allclose(above, np.concatenate([other.sf(value[:2]), noise.sf(value[2:])]), rtol=1e-9)


def test_a_profile_of_what_only_priors_know_is_the_priors(fitted: Result) -> None:
    """With η held, ω* = ω_c/√η adapts, at a cost of its own prior; with λ_F held, ν = A/(eλ_F)²."""
    found = tls.profiles(fitted, ("eta", "lambda_f"))
    assert found["value"].shape == (2, 13)
    assert np.all(found["data"] < 0.1)

    def cost(name: str, logs: np.ndarray) -> np.ndarray:
        own = fitted.model.priors[name]
        return ((logs - np.log(float(own.median))) / np.log(float(own.factor))) ** 2

    middle = {name: np.median(np.log(fitted.draws[name])) for name in ("omega_c", "amplitude")}
    for name, other, seen, power in (
        ("eta", "omega_star", "omega_c", 0.5),
        ("lambda_f", "nu", "amplitude", 2.0),
    ):
        logs = np.log(found["value"].sel(parameter=name).to_numpy())
        charge = 2.0 * np.log(ELEMENTARY_CHARGE) if other == "nu" else 0.0
        both = cost(name, logs) + cost(other, middle[seen] - charge - power * logs)
        assert_allclose(found["posterior"].sel(parameter=name), both - both.min(), atol=0.1)


def test_a_profile_is_the_constrained_optimum(fitted: Result) -> None:
    """Against scipy's search on the surface on which the parameter has its value."""
    found = tls.profiles(fitted, ("tau_min",)).sel(parameter="tau_min")
    model = fitted.model
    observations = join([fitted.observation(0)])
    energy = jax.jit(jax.value_and_grad(lambda z: potential(z, model, observations)))
    place = jax.jit(jax.value_and_grad(lambda z: jnp.log(constrain(z, model)["tau_min"])))
    draws = {name: jnp.asarray(x.reshape(-1)) for name, x in fitted.draws.items()}
    z = np.asarray(unconstrain(draws, model))
    mean, spread = z.mean(0), z.std(0)

    def lowest(value: float) -> float:
        at = scipy.optimize.minimize(
            lambda v: float(energy(mean + spread * v)[0]),
            np.zeros(len(mean)),
            jac=lambda v: spread * np.asarray(energy(mean + spread * v)[1]),
            constraints={
                "type": "eq",
                "fun": lambda v: float(place(mean + spread * v)[0]) - np.log(value),
                "jac": lambda v: spread * np.asarray(place(mean + spread * v)[1]),
            },
            options={"maxiter": 500, "ftol": 1e-10},
        )
        assert at.success
        return 2.0 * float(at.fun)

    middle, *others = (lowest(float(found["value"][k])) for k in (6, 2, 9, 11))
    differences = [found["posterior"][k] - found["posterior"][6] for k in (2, 9, 11)]
    assert_allclose(differences, np.array(others) - middle, atol=0.05)


def test_a_map_over_the_conditions_that_vary(fitted: Result) -> None:
    found = elasticity_map(fitted, 0)
    assert found.values.shape == (len(found.names), len(found.y), len(found.x))
    assert_allclose([found.y[0], found.y[-1]], [1e-6, 4e-6])
    assert_allclose([found.x[0], found.x[-1]], [1e8, 2e10], rtol=1e-6)
    dataset = found.as_dataset()
    assert dataset["elasticity"].dims == ("parameter", "bias_current", "frequency")


@pytest.fixture(scope="module")
def folder(fitted: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit")
    fitted.save(path / "posterior.nc")
    return path


def test_what_needs_no_picture_is_told(fitted: Result) -> None:
    found = elasticity_map(fitted, 0)
    caption = str(elasticity_figure(fitted, 0, found).caption)
    assert caption.endswith("everywhere.")
    assert "Not drawn: ν: 1.0 everywhere; η: 0.50 of ω*; λ<sub>F</sub>: 2.0 everywhere; " in caption
    # nothing else varies: a sentence in place of a figure
    even = found._replace(names=("nu", "eta"), values=np.stack([np.ones_like(found.values[0])] * 2))
    even.values[1] = 0.0
    sentence = str(elasticity_figure(fitted, 0, even))
    assert sentence.endswith("of: ν: 1.0 everywhere; η does not matter here.")


def test_the_command_says_what_is_fixed_and_keeps_arrays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (60, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        run = CliRunner().invoke(app, ["sensitivity", str(folder)])
        assert run.exit_code == 0, run.output
        assert max(map(len, run.output.splitlines())) <= width
        words = " ".join(run.output.split())
        assert "The data fix ω*²·η to " in words
        assert re.search(r"odd\.csv, line \d+, stands out: ", words)
    assert "most is told at" in run.output
    tree = xr.load_datatree(folder / "sensitivity.nc", engine="h5netcdf")
    assert set(tree.children) == {"elasticity_0", "points", "profiles"}
    assert tree["points"]["share"].shape[0] == 72


def test_the_command_of_a_plan(tmp_path: Path) -> None:
    plan = EXAMPLES / "noise.toml"
    run = CliRunner().invoke(app, ["sensitivity", str(plan)])
    assert run.exit_code == 0, run.output
    assert "ν·ω*²·η·λ_F²·τ₁" in run.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([str(EXAMPLES / "loss.toml"), "--out", "x.nc"], "planned data have none"),
        (["nowhere"], "no such"),
        (["FOLDER", "--out", "no/such/folder/x.nc"], "cannot be written"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: list[str], words: str, folder: Path) -> None:
    asked = [str(folder) if one == "FOLDER" else one for one in arguments]
    run = CliRunner().invoke(app, ["sensitivity", *asked])
    assert isinstance(run.exception, tls.InputError)
    assert words in str(run.exception)


def test_a_fit_of_an_older_version_says_so(fitted: Result) -> None:
    tree = fitted.tree.copy()
    del tree["information"]
    old = Result(tree, fitted.model, fitted.spectra, fitted.record)
    with pytest.raises(tls.InputError, match="fit again"):
        tls.influence(old)
