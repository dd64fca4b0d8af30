"""Down to the most probable point: slopes, curvature, and the optimum of loss and shift together."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro import distributions as dist
from scipy import integrate, stats

import tlsjax as tls
from tlsjax.fitting.density import constrain, potential, prior_draws, prior_potential, unconstrain
from tlsjax.fitting.fit import choose_model
from tlsjax.fitting.optimise import Gaussian, drawn, landscape, laplace, standard, widened
from tlsjax.fitting.scoring import Slope, walk
from tlsjax.model.likelihood import Predicted, scattered
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points
from tlsjax.physics.mattis_bardeen import quasiparticle_shift
from tlsjax.physics.resonant_tls import phonon_shift, resonant_shift

OMEGA = 2 * np.pi * 6e9
TRUE = {
    "loss_tangent": 4e-4, "critical_photon_number": 3e4, "dephasing_exponent": 2.0,
    "dephasing_temperature": 0.2, "critical_number_spread": 1.2, "saturation_exponent": 0.9,
    "phonon_rate": 3e7, "critical_temperature": 9.2, "kinetic_fraction": 0.1, "gap_ratio": 1.764,
    "constant_loss": 4e-7,
}  # fmt: skip


def table() -> tls.Spectrum:
    """Loss with 1 % of scatter and a shift known to 2 kHz, over temperature and photon number."""
    kelvin, photons = (x.ravel() for x in np.meshgrid(np.geomspace(0.05, 2.5, 30), np.logspace(1, 8, 6)))
    size = kelvin.shape
    bare = {
        "frequency": np.full(size, 6e9), "temperature": kelvin, "photon_number": photons,
        "loss": np.ones(size), "frequency_shift": np.zeros(size), "frequency_shift_err": np.full(size, 3e-7),
    }  # fmt: skip
    spectrum = tls.Spectrum(bare, {}, "chip.csv")
    model, _ = choose_model([spectrum], None, None, budget=tls.LossBudget())
    (points,) = (p for p in fitted_points([spectrum], model.view) if p.quantity == "loss")
    observations = join([observe(spectrum, points, model.view)])
    values = {name: jnp.asarray(x) for name, x in TRUE.items()}
    loss = np.asarray(sum(model.losses(values, observations).values()))
    tangent = {"temperature": kelvin, "loss_tangent": TRUE["loss_tangent"]}
    shift = resonant_shift(OMEGA, **tangent) + phonon_shift(OMEGA, **tangent, rate=TRUE["phonon_rate"])
    shift += quasiparticle_shift(OMEGA, temperature=kelvin, critical_temperature=9.2, kinetic_fraction=0.1)
    random = np.random.default_rng(5)
    measured = {
        "loss": loss * (1 + 0.01 * random.normal(size=size)),
        "frequency_shift": np.asarray(shift) + 1e-5 + 3e-7 * random.normal(size=size),
    }
    return tls.Spectrum(bare | measured, {}, "chip.csv")


@cache
def problem(likelihood: str = "normal") -> tuple[Model, Observations, jax.Array]:
    spectrum = table()
    model, _ = choose_model([spectrum], None, None, budget=tls.LossBudget(), likelihood=likelihood)
    points = fitted_points([spectrum], model.view)
    observations = join([observe(spectrum, p, model.view) for p in points])
    _, z = prior_draws(jax.random.key(1), model, 1000)
    return model, observations, z


@cache
def optimum() -> Gaussian:
    model, observations, z = problem()
    return laplace(z, model, observations)


@pytest.mark.slow
@pytest.mark.parametrize("likelihood", ["normal", "student"])
def test_slope_is_that_of_the_density(likelihood: str) -> None:
    """Of eleven points: more than one compiled call takes, and no multiple of it."""
    model, observations, draws = problem(likelihood)
    of = jax.jit(jax.value_and_grad(lambda z: potential(z, model, observations)))
    before = jax.jit(jax.hessian(lambda z: prior_potential(z, model)))
    named = jax.jit(jax.jacfwd(lambda z: jnp.stack([jnp.log(constrain(z, model)[n]) for n in model.free])))
    points = np.asarray(draws[:11])
    ground = landscape(draws, model, observations)
    found = ground.at((points - ground.middle) / ground.unit)
    finite = 0
    for k, z in enumerate(points):
        assert np.all(np.linalg.eigvalsh(found.information[k]) > 0)
        assert_allclose(found.prior[k], prior_potential(z, model), rtol=1e-10)
        energy, gradient = of(z)
        if not np.isfinite(energy):
            assert found.energy[k] == np.inf
            continue
        finite += 1
        assert_allclose(found.energy[k], energy, rtol=1e-10)
        size = float(np.max(np.abs(gradient * ground.unit)))
        assert_allclose(found.gradient[k], gradient * ground.unit, rtol=1e-6, atol=1e-9 * size)
        real = [name for name in model.free if model.priors[name].kind == "normal"]
        where = [i for i, name in enumerate(model.free) if name not in real]
        assert_allclose(
            found.along[k][where], (named(z) * ground.unit)[np.array(where)], rtol=1e-6, atol=1e-9
        )
        nothing = replace(ground, share=0.0).at(((z - ground.middle) / ground.unit)[None])
        exact = before(z) * np.outer(ground.unit, ground.unit)
        curvature, axes = np.linalg.eigh(exact)
        lifted = (axes * np.maximum(np.abs(curvature), 0.1)) @ axes.T
        assert_allclose(nothing.information[0], lifted, atol=1e-3 * np.max(np.abs(exact)))
    assert finite >= 5


def test_descent_down_a_bent_valley() -> None:
    """Rosenbrock's, as a sum of squares, from several points, each of which knows its number."""

    def at(v: np.ndarray, numbers: np.ndarray) -> Slope[np.ndarray]:
        x, y = v.T
        residual = np.stack([10.0 * (y - x**2), 1.0 - x], axis=1)
        nothing = np.zeros_like(x)
        along_x, along_y = np.stack([-20.0 * x, nothing - 1.0], 1), np.stack([nothing + 10.0, nothing], 1)
        jacobian = np.stack([along_x, along_y], 2)
        gradient = np.einsum("nr,nrd->nd", residual, jacobian)
        information = np.einsum("nri,nrj->nij", jacobian, jacobian)
        energy = 0.5 * np.sum(residual**2, axis=1) + numbers
        return Slope(energy, energy, gradient, information, v.copy(), np.tile(np.eye(2), (len(v), 1, 1)))

    starts = np.array([[-1.2, 1.0], [3.0, -5.0], [0.5, 0.5]])
    point, there = walk(at, starts)
    assert_allclose(point, 1.0, atol=0.02)
    assert_allclose(there.energy, [0.0, 1.0, 2.0], atol=2e-4)


@pytest.mark.parametrize(("likelihood", "freedom"), [("normal", None), ("lognormal", None), ("student", 4.0)])
def test_information_is_the_expected_curvature(likelihood: str, freedom: float | None) -> None:
    """By quadrature of the squared score over the distribution, in location and log scale."""
    mean, spread = 2.0, 0.3
    own = None if freedom is None else jnp.asarray(freedom)
    measured = scattered(likelihood, jnp.array([mean]), jnp.array([spread]), own)  # type: ignore[arg-type]
    found = Predicted(measured, dist.Gamma(jnp.zeros(0), jnp.zeros(0)))
    log_scale = float(found.coordinates[1])
    kind = stats.norm if freedom is None else stats.t(freedom)
    x, step = np.linspace(-60, 60, 400001, retstep=True)
    score = -np.gradient(kind.logpdf(x), step)
    density = kind.pdf(x)
    expected = (
        integrate.simpson(score**2 * density, x=x) / np.exp(2 * log_scale),
        integrate.simpson((1 - x * score) ** 2 * density, x=x),
    )
    assert_allclose(found.information[:2], expected, rtol=1e-4)


def test_information_of_a_periodogram() -> None:
    """By Monte Carlo of the squared score in its log mean."""
    averages, mean = 7.0, 3.0
    draws = np.random.default_rng(0).gamma(averages, mean / averages, 400_000)
    step = 1e-4
    moved = np.array([[mean * np.exp(step)], [mean * np.exp(-step)]])
    ahead, behind = stats.gamma.logpdf(draws, averages, scale=moved / averages)
    nothing = scattered("normal", jnp.zeros(0), jnp.zeros(0), None)
    found = Predicted(nothing, dist.Gamma(jnp.array([averages]), jnp.array([averages / mean])))
    assert_allclose(found.information, np.mean(((ahead - behind) / (2 * step)) ** 2), rtol=0.01)


def test_parameters_keep_their_order_inside_compiled_code() -> None:
    """JAX sorts what it takes apart; what is numbered outside is meant inside."""
    model, _, _ = problem()
    leaves, structure = jax.tree.flatten(model)
    assert jax.tree.unflatten(structure, leaves).free == model.free


@pytest.mark.slow
def test_descent_ends_at_the_optimum_of_loss_and_shift() -> None:
    model, observations, _ = problem()
    gaussian = optimum()
    gradient = jax.jit(jax.grad(lambda z: potential(z, model, observations)))(gaussian.centre)
    assert np.linalg.norm(gaussian.shape.T @ gradient) < 0.02
    reached = np.asarray(gaussian.energies) < np.min(gaussian.energies) + 0.01
    assert reached.sum() >= 2
    values = constrain(gaussian.centre, model)
    for name, rel in (("critical_temperature", 0.01), ("kinetic_fraction", 0.05), ("loss_tangent", 0.01)):
        assert float(values[name]) == pytest.approx(TRUE[name], rel=rel), name


@pytest.mark.slow
def test_shape_is_the_inverse_root_of_the_curvature() -> None:
    model, observations, _ = problem()
    gaussian = optimum()
    exact = jax.jit(jax.hessian(lambda z: potential(z, model, observations)))(gaussian.centre)
    assert_allclose(gaussian.shape.T @ exact @ gaussian.shape, np.eye(len(exact)), atol=2e-4)


def test_coordinates_are_one_to_one() -> None:
    model, _, draws = problem()
    values = jax.vmap(lambda z: constrain(z, model))(draws[:200])
    assert_allclose(unconstrain(values, model), draws[:200], rtol=1e-7, atol=1e-7)


def log_prior(model: Model, name: str, x: float) -> float:
    own = model.priors[name]
    if name == "critical_temperature":
        whole = stats.lognorm(np.log(float(own.factor)), scale=float(own.median))
        return float(whole.logpdf(x) - whole.logsf(2.5))
    return float(own.distribution().log_prob(x))


@pytest.mark.slow
def test_coordinates_keep_the_prior() -> None:
    """n_c is sampled at the middle of the temperatures, T_c on a line with γα_k: the prior stays."""
    model, _, _ = problem()
    values, _ = prior_draws(jax.random.key(3), model, 4000)
    for name in ("critical_photon_number", "dephasing_temperature", "critical_number_spread"):
        own = model.priors[name]
        z = (np.log(values[name]) - np.log(own.median)) / np.log(own.factor)
        assert stats.kstest(np.asarray(z), "norm").pvalue > 1e-3, name
    z = jax.random.normal(jax.random.key(4), (len(optimum().centre),)) + optimum().centre
    slopes = jax.jacfwd(lambda z: jnp.stack([constrain(z, model)[name] for name in model.free]))(z)
    at = constrain(z, model)
    density = sum(log_prior(model, name, float(at[name])) for name in model.free)
    assert float(-prior_potential(z, model)) == pytest.approx(
        density + np.linalg.slogdet(slopes)[1], rel=1e-8
    )


def test_covariance_of_draws_keeps_every_scale() -> None:
    """Directions may differ in size by a factor that no sum of squares could hold."""
    random = np.random.default_rng(2)
    sizes = np.array([1.0, 1e-9, 1e6])
    mixing = np.array([[1.0, 0.0, 0.0], [0.3, 1.0, 0.0], [0.0, 0.5, 1.0]])
    like = standard(3)._replace(shape=jnp.asarray(np.diag(sizes) * 3.0))
    u = random.normal(size=(4, 2000, 3)) @ mixing.T
    found = drawn(u * sizes + 2.0 * sizes, like)
    covariance = np.asarray(found.shape / sizes[:, None]) @ np.asarray(found.shape / sizes[:, None]).T
    assert_allclose(covariance, mixing @ mixing.T, atol=0.1)
    assert_allclose(found.centre / sizes, 2.0, atol=0.1)


def test_a_gaussian_is_widened_only_where_draws_spread_much_farther() -> None:
    """To their own width along a plateau; in no direction narrowed, however near to each other they lie."""
    rng = np.random.default_rng(0)
    d, count = 5, 4000
    before = standard(d)._replace(shape=jnp.asarray(rng.standard_normal((d, d)) + 3.0 * np.eye(d)))
    axes, _ = np.linalg.qr(rng.standard_normal((d, d)))
    sizes = np.array([6.0, 1.2, 1.0, 0.3, 0.01])
    u = rng.standard_normal((count, d)) @ np.diag(sizes) @ axes.T
    z = np.asarray(before.centre) + u @ np.asarray(before.shape).T
    after = np.linalg.solve(np.asarray(before.shape), np.asarray(widened(z, before).shape))
    found = axes.T @ (after @ after.T) @ axes
    assert_allclose(found, np.diag([36.0, 1.0, 1.0, 1.0, 1.0]), rtol=0.08, atol=0.4)
    assert_allclose(widened(z, before).centre, before.centre)


def test_evidence_of_a_normal_posterior_is_exact() -> None:
    """∫ e^(−potential) over the Gaussian, but for (2π)^(d/2)."""
    shape = jnp.asarray([[2.0, 0.0], [0.7, 0.1]])
    gaussian = standard(2)._replace(shape=shape, energies=jnp.asarray([5.0, jnp.nan, 3.0]))
    inverse = np.linalg.inv(np.asarray(shape @ shape.T))
    z = np.stack(np.meshgrid(*(np.linspace(-20.0, 20.0, 2001),) * 2, indexing="ij"), -1)
    inside = np.exp(-3.0 - 0.5 * np.einsum("...i,ij,...j", z, inverse, z)).sum() * (40.0 / 2000) ** 2
    assert_allclose(gaussian.evidence(), np.log(inside / (2.0 * np.pi)), atol=1e-6)
