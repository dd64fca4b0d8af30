"""The NumPyro model: its density and its prior against scipy, and what a table must say."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from numpyro.distributions import biject_to

import tlsjax as tls
from tlsjax.fitting.density import constrain, dimension, potential, prior_draws, sampled_sites
from tlsjax.model import prior
from tlsjax.model.cut import CutLogNormal, Linear
from tlsjax.model.defaults import build_model
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points
from tlsjax.model.window import Edge

E = 1.602176634e-19
K_B = 1.380649e-23
GEOMETRY = {
    "width": 2e-6,
    "length": 1e-5,
    "temperature": 0.5,
    "kinetic_inductance": 1e-9,
    "kinetic_fraction": 0.9,
}


def device(seed: int = 0, bias: float = 2e-6) -> list[tls.Spectrum]:
    """Three tables with all three likelihoods: absolute error, inferred scatter, averaged periodograms."""
    rng = np.random.default_rng(seed)
    high, low = np.geomspace(1e8, 1e10, 7), np.geomspace(1.0, 1e5, 6)
    current = np.repeat([bias, 2 * bias], 7)[:7]
    return [
        tls.Spectrum(
            {"frequency": high, "bias_current": current, "conductivity": rng.uniform(1, 2, 7) * 1e-8,
             "conductivity_err": np.full(7, 3e-10)}, GEOMETRY, "conductivity.csv",
        ),
        tls.Spectrum(
            {"frequency": low, "current_noise": rng.uniform(1, 2, 6) * 1e-25, "averages": np.full(6, 20.0)},
            {**GEOMETRY, "bias_current": 2 * bias}, "noise.csv",
        ),
        tls.Spectrum(
            {"frequency": high, "bias_current": current, "loss": rng.uniform(1, 2, 7) * 1e-7},
            GEOMETRY, "loss.csv",
        ),
    ]  # fmt: skip


def assemble(spectra: list[tls.Spectrum], **kwargs: object) -> tuple[Model, Observations]:
    model, _ = build_model(spectra, **kwargs)  # type: ignore[arg-type]
    points = fitted_points(spectra)
    return model, join([observe(spectra[p.table], p, model.view) for p in points])


def log_density_by_hand(values: dict[str, float], spectra: list[tls.Spectrum], reference: float) -> float:
    """Eq. 15 with log-uniform f, priors in the physical parameters and three likelihoods, all in scipy."""
    total = 0.0
    for name, median, factor in (
        ("nu", 1e36, 30.0), ("lambda_f", 5e-10, 1.3), ("omega_star", 2 * np.pi * 30e9, 10.0),
        ("eta", 1.0, 3.0), ("loss_scatter", 0.05, 3.0),
    ):  # fmt: skip
        total += scipy.stats.lognorm(np.log(factor), scale=median).logpdf(values[name])
    t1, t2 = values["tau_min"], values["tau_max"]
    total += scipy.stats.lognorm(np.log(1e3), scale=0.01 / (2 * np.pi * 1e10)).logpdf(t1)
    upper = scipy.stats.lognorm(np.log(1e4), scale=1e3 / (2 * np.pi * 1.0))
    total += upper.logpdf(t2) - upper.logsf(t1)

    def sigma(spectrum: tls.Spectrum) -> NDArray[np.float64]:
        w = 2 * np.pi * spectrum.columns["frequency"]
        current = spectrum.condition("bias_current")
        assert current is not None
        wc2 = values["eta"] * (values["omega_star"] * current / reference) ** 2
        kernel = (np.arctan(w * t2) - np.arctan(w * t1)) / (w * np.log(t2 / t1))
        return np.asarray(E**2 * values["nu"] * values["lambda_f"] ** 2 * (w**2 + wc2) * kernel)

    conductivity, noise, loss = spectra
    y = conductivity.columns
    total += scipy.stats.norm(sigma(conductivity), y["conductivity_err"]).logpdf(y["conductivity"]).sum()
    mean = 4 * K_B * 0.5 * sigma(noise) * 2e-6 / 1e-5
    total += scipy.stats.gamma(20.0, scale=mean / 20.0).logpdf(noise.columns["current_noise"]).sum()
    w = 2 * np.pi * loss.columns["frequency"]
    mean = 0.9 * w * 1e-9 * sigma(loss)
    total += scipy.stats.norm(mean, values["loss_scatter"] * mean).logpdf(loss.columns["loss"]).sum()
    return float(total)


def test_log_density_is_that_of_the_physical_parameters() -> None:
    """With the Jacobian of (ln parameters → coordinates) worked out here, up to one constant."""
    spectra = device()
    model, observations = assemble(spectra)
    reference = float(model.reference_current)
    _, points = prior_draws(jax.random.key(1), model, 40)
    differences = []
    for z in points:
        values = {name: float(x) for name, x in constrain(z, model).items()}
        # dx/dz of each sampled coordinate; A ∝ ν at given λ_F and ω_c ∝ ω* at given η, so d ln A = d ln ν
        jacobian = sum(np.log(values[name]) for name in ("nu", "omega_star", "eta", "lambda_f"))
        jacobian += np.log(values["loss_scatter"])
        slopes = jax.jacfwd(constrain)(z, model)
        for name in ("tau_min", "tau_max"):
            jacobian += np.log(np.abs(float(slopes[name][list(sampled_sites(model)).index(name)])))
        by_hand = log_density_by_hand(values, spectra, reference) + jacobian
        ours = -float(potential(z, model, observations))
        if np.isfinite(by_hand) and by_hand > -1e12:
            differences.append((ours - by_hand) / max(1.0, abs(by_hand)))
    assert len(differences) > 20
    # the same constant everywhere; relative, since far from the data the density is hugely negative
    np.testing.assert_allclose(differences, np.median(differences), atol=1e-9)


def test_gradient_of_the_density_against_central_differences() -> None:
    model, observations = assemble(device())
    _, points = prior_draws(jax.random.key(2), model, 3)
    z = points[1] * 0.3 + points.mean(0) * 0.7
    gradient = jax.grad(potential)(z, model, observations)
    h = 1e-3
    noise = 4 * np.finfo(float).eps * abs(float(potential(z, model, observations))) / h
    for k in range(len(z)):
        step = jnp.zeros(len(z)).at[k].set(h)
        near, far = (
            float(potential(z + n * step, model, observations) - potential(z - n * step, model, observations))
            for n in (1, 2)
        )
        assert float(gradient[k]) == pytest.approx((8 * near - far) / (12 * h), rel=1e-6, abs=noise)


def test_prior_is_the_one_asked_for_in_physical_parameters() -> None:
    """ν and ω* follow from A and ω_c, yet have their own priors, independent of λ_F and η."""
    model, _ = assemble(device())
    values, _ = prior_draws(jax.random.key(3), model, 8000)
    logs = {name: np.log(np.asarray(values[name])) for name in ("nu", "lambda_f", "omega_star", "eta")}
    asked = {
        "nu": (1e36, 30.0),
        "lambda_f": (5e-10, 1.3),
        "omega_star": (2 * np.pi * 30e9, 10.0),
        "eta": (1.0, 3.0),
    }
    for name, (median, factor) in asked.items():
        p = scipy.stats.kstest(logs[name], scipy.stats.norm(np.log(median), np.log(factor)).cdf).pvalue
        assert p > 1e-3, name
    correlation = np.corrcoef([logs[name] for name in asked])
    assert np.abs(correlation - np.eye(4)).max() < 0.05
    assert (np.asarray(values["tau_max"]) > np.asarray(values["tau_min"])).all()


def test_prior_above_a_bound_is_the_cut_log_normal() -> None:
    own = prior.LogNormal(2.0, 3.0)
    scipy_own = scipy.stats.lognorm(np.log(3.0), scale=2.0)
    for bound in (1e-3, 1.0, 50.0):
        cut = CutLogNormal(own, jnp.asarray(bound), Edge(prior.number(1.0), prior.number(3.0), 1))
        x = bound * np.array([1.01, 1.5, 10.0])
        np.testing.assert_allclose(cut.log_prob(x), scipy_own.logpdf(x) - scipy_own.logsf(bound), rtol=1e-10)
        draws = np.asarray(cut.sample(jax.random.key(0), (4000,)))
        assert draws.min() >= bound
        p = scipy.stats.kstest(draws, lambda x, b=bound: 1 - scipy_own.sf(x) / scipy_own.sf(b)).pvalue
        assert p > 1e-3


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("depth", [1.0, 6.0, 15.0])
def test_the_coordinate_of_an_edge_is_one_to_one(sign: int, depth: float) -> None:
    """Its inverse and its Jacobian against the definition; unit slope outside and deep inside the window."""
    edge = Edge(prior.number(1e-9), prior.number(depth), sign)
    v = jnp.linspace(-150.0, 50.0, 401)
    log_time = jax.vmap(edge.log_time)(v)
    assert (np.diff(sign * np.asarray(log_time)) > 0).all()
    np.testing.assert_allclose(jax.vmap(edge.coordinate)(log_time), v, atol=1e-9)
    slope = jax.vmap(jax.grad(edge.log_time))(v)
    np.testing.assert_allclose(jax.vmap(edge.log_slope)(v), np.log(sign * np.asarray(slope)), atol=1e-10)
    np.testing.assert_allclose(slope[jnp.array([0, -1])], sign, rtol=1e-6)
    stretched = edge.coordinate(jnp.log(1e-9) + sign * 0.5 * depth)
    assert abs(float(jax.grad(edge.log_time)(stretched))) < 0.5


@pytest.mark.parametrize("low", [0.0, 1e-9, 1e-3])
def test_a_cut_prior_is_the_same_in_any_coordinate(low: float) -> None:
    """Its density integrates to one over the sampled coordinate, whatever the edge."""
    own = prior.LogNormal(1e-8, 100.0)
    cut = CutLogNormal(own, jnp.asarray(low), Edge(prior.number(1e-9), prior.number(4.0), 1))
    into = biject_to(cut.support)
    v = jnp.linspace(-300.0, 60.0, 200_001)
    value = into(v)
    density = jnp.exp(cut.log_prob(value) + into.log_abs_det_jacobian(v, value))
    assert float(jnp.sum(density) * (v[1] - v[0])) == pytest.approx(1.0, abs=1e-5)


def test_omega_star_grows_with_the_bias_current() -> None:
    frequency = np.full(4, 1e6)
    table = tls.Spectrum(
        {"frequency": frequency * np.arange(1, 5), "bias_current": np.array([0.0, 1e-6, -2e-6, 4e-6]),
         "conductivity": np.ones(4)}
    )  # fmt: skip
    model, observations = assemble([table])
    assert float(model.reference_current) == 4e-6
    np.testing.assert_allclose(observations.current_ratio, [0.0, 0.25, 0.5, 1.0], rtol=1e-15)


def test_without_any_bias_the_superflow_is_absent() -> None:
    table = tls.Spectrum(
        {"frequency": np.arange(1.0, 5.0), "conductivity": np.ones(4)}, {"bias_current": 0.0}
    )
    model, observations = assemble([table])
    np.testing.assert_array_equal(observations.current_ratio, np.zeros(4))
    z = prior_draws(jax.random.key(0), model, 1)[1][0]
    index = list(sampled_sites(model)).index("omega_c")
    assert float(jax.grad(potential)(z, model, observations)[index]) == pytest.approx(
        (float(z[index]) - np.log(2 * np.pi * 30e9) - 0.5 * float(np.log(constrain(z, model)["eta"])))
        / np.log(10.0) ** 2,
        rel=1e-9,
    )


def test_changing_values_never_recompiles() -> None:
    traces = 0

    @eqx.filter_jit
    def counted(z: jax.Array, model: Model, observations: Observations) -> jax.Array:
        nonlocal traces
        traces += 1
        return potential(z, model, observations)

    for seed, factor in ((0, 10.0), (1, 20.0), (2, 30.0)):
        priors = {"nu": prior.LogNormal(1e35 * factor, factor)}
        model, observations = assemble(device(seed, bias=1e-6 * (1 + seed)), priors=priors)
        counted(jnp.zeros(dimension(model)), model, observations)
    assert traces == 1


@pytest.mark.parametrize(
    ("quantity", "lacking"),
    [("loss", "kinetic_inductance"), ("loss", "kinetic_fraction"), ("current_noise", "width"),
     ("current_noise", "length"), ("current_noise", "temperature")],
)  # fmt: skip
def test_a_constant_that_is_needed_and_missing_is_named(quantity: str, lacking: str) -> None:
    constants = {name: x for name, x in GEOMETRY.items() if name != lacking} | {"bias_current": 1e-6}
    table = tls.Spectrum({"frequency": np.arange(1.0, 5.0), quantity: np.ones(4)}, constants, "mine.csv")
    with pytest.raises(
        tls.InputError, match=rf"^mine\.csv: {quantity} .*needs '{lacking}': add a line '# {lacking}: "
    ):
        assemble([table])


def test_tables_that_contradict_each_other_are_refused() -> None:
    one = {"frequency": np.arange(1.0, 5.0), "conductivity": np.ones(4)}
    with pytest.raises(tls.InputError, match=r"^b\.csv: reference_current is 2e-06 here but 1e-06 in a\.csv"):
        build_model([
            tls.Spectrum(one, {"bias_current": 1e-6, "reference_current": 1e-6}, "a.csv"),
            tls.Spectrum(one, {"bias_current": 1e-6, "reference_current": 2e-6}, "b.csv"),
        ])  # fmt: skip
    with pytest.raises(
        tls.InputError, match=r"^b\.csv: the bias current is missing here but stated in another"
    ):
        build_model([tls.Spectrum(one, {"bias_current": 1e-6}, "a.csv"), tls.Spectrum(one, {}, "b.csv")])


def test_scatter_is_inferred_only_where_no_uncertainty_is_stated() -> None:
    model, _ = assemble(device())
    assert isinstance(model.priors["loss_scatter"], prior.LogNormal)
    assert isinstance(model.priors["conductivity_scatter"], prior.Fixed)
    assert "current_noise_scatter" not in model.priors


def test_a_bounded_temperature_is_sampled_where_it_is_a_line_and_has_a_long_tail() -> None:
    linear = Linear(jnp.asarray(2.5))
    v = jnp.asarray([-50.0, -3.0, 0.0, 1.0, 2.0, 3.0, 6.0, 60.0])
    log_time = linear.log_time(v)
    assert_allclose(linear.coordinate(log_time), v, rtol=1e-12, atol=1e-12)
    slope = jax.vmap(jax.grad(lambda at: linear.log_time(at)))(v)
    assert_allclose(linear.log_slope(v), jnp.log(slope), rtol=1e-10, atol=1e-12)
    assert_allclose(log_time[0] - np.log(2.5), -50.0, rtol=1e-12)  # ln t far below
    steps = np.diff(np.exp(log_time[3:6])) / 2.5
    assert_allclose(steps, 1.0, atol=0.25)  # t itself about the scale
    assert_allclose(log_time[-1], np.log(2.5 * 4 / 2) + 60.0 / 4, rtol=1e-6)  # ln t far above
