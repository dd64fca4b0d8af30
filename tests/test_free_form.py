"""f(τ) of any shape: against dilogarithms, quadrature of its own density, other families and its limits."""

import itertools
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

import tlsjax as tls
from tlsjax import FreeForm, LogNormal, LogUniform, Mixture, Single

OMEGA = np.logspace(-4, 14, 37)
WEIGHTS = np.array([0.3, 0.0, 2.0, 1.1, 0.4])
BENT = FreeForm(1e-7, 1e-5, WEIGHTS)


def twice_integrated(y: mp.mpf) -> mp.mpc:
    """F with F″ = 1/(1 − ie^y)."""
    return y**2 / 2 + mp.polylog(2, mp.mpc(0, mp.exp(y)))


@pytest.mark.parametrize("step", [1e-3, 0.0399, 0.0401, 0.23, 1.0, 2.0, 6.0])
def test_each_hat_is_a_second_difference_of_dilogarithms(step: float) -> None:
    family = FreeForm(1e-6, 1e-6 * np.exp(step), [1.0, 1.0])
    found = np.asarray(family.basis(OMEGA))
    with mp.workdps(60):
        h = mp.mpf(float(family.step))
        for column, tau in enumerate(family.times):
            for row, omega in enumerate(OMEGA):
                y = mp.log(mp.mpf(omega)) + mp.log(mp.mpf(float(tau)))
                ends = [twice_integrated(y + k * h) for k in (-1, 0, 1)]
                exact = (ends[0] - 2 * ends[1] + ends[2]) / h**2
                assert_allclose(found[row, column].real, float(exact.real), rtol=5e-11, atol=0)
                assert_allclose(found[row, column].imag, float(exact.imag), rtol=5e-11, atol=0)


def corners(family: FreeForm) -> list[float]:
    x, h = np.log(np.asarray(family.times)), float(family.step)
    return [x[0] - h, *x, x[-1] + h]


def integral(family: FreeForm, weight: Callable[[float], float]) -> float:
    """∫dτ f(τ)·weight(τ) over ln τ, piece by piece."""
    density = jax.jit(lambda tau: family.density(tau))
    edges = corners(family)
    return sum(
        quad(lambda x: float(density(np.exp(x))) * np.exp(x) * weight(np.exp(x)), a, b, epsabs=1e-14)[0]
        for a, b in itertools.pairwise(edges)
    )


def test_it_integrates_its_own_density() -> None:
    assert_allclose(integral(BENT, lambda tau: 1.0), 1.0, rtol=1e-12)
    assert_allclose(BENT.mean, integral(BENT, lambda tau: tau), rtol=1e-12)
    for omega in (1e3, 1e6, 1e9):
        kernel = integral(BENT, lambda tau, w=omega: tau / (1.0 + (w * tau) ** 2))
        real = integral(BENT, lambda tau, w=omega: 1.0 / (1.0 + (w * tau) ** 2))
        assert_allclose(BENT.kernel(omega), kernel, rtol=1e-11)
        assert_allclose(BENT.response(omega).real, real, rtol=1e-11)


def test_density_is_straight_between_nodes_and_nothing_beyond() -> None:
    times, share = np.asarray(BENT.times), WEIGHTS / WEIGHTS.sum()
    height = np.asarray(BENT.density(times)) * times * float(BENT.step)
    assert_allclose(height, share, atol=1e-14)
    between = np.sqrt(times[2] * times[3])
    assert_allclose(BENT.density(between) * between * BENT.step, 0.5 * (share[2] + share[3]), rtol=1e-12)
    beyond = np.exp([corners(BENT)[0] - 1e-9, corners(BENT)[-1] + 1e-9, -60.0, 60.0])
    assert_allclose(BENT.density(beyond), 0.0, atol=0)


def test_mass_of_parts_adds_up_and_is_that_of_the_density() -> None:
    cuts = np.exp(np.linspace(corners(BENT)[0] - 1.0, corners(BENT)[-1] + 1.0, 24))
    parts = np.array([float(BENT.mass(a, b)) for a, b in itertools.pairwise(cuts)])
    assert np.all(parts >= 0)
    assert_allclose(parts.sum(), 1.0, rtol=1e-13)
    line = lambda x: float(BENT.density(np.exp(x))) * np.exp(x)  # noqa: E731
    low, high = np.log(2e-6), np.log(7e-6)
    points = [x for x in corners(BENT) if low < x < high]
    assert_allclose(BENT.mass(2e-6, 7e-6), quad(line, low, high, points=points)[0], rtol=1e-10)


def test_limits_of_low_and_high_frequency() -> None:
    assert_allclose(BENT.kernel(1e-3), BENT.mean, rtol=1e-12)
    rate = integral(BENT, lambda tau: 1.0 / tau)
    assert_allclose(BENT.kernel(1e13) * 1e26, rate, rtol=1e-10)
    assert_allclose(BENT.response(1e-3).real, 1.0, rtol=1e-12)


def test_narrow_hats_are_single_times() -> None:
    narrow = FreeForm(1e-6, 1e-6 * (1 + 1e-6), [0.4, 0.6])
    omega = np.logspace(4, 8, 5)
    assert_allclose(narrow.response(omega), Single(1e-6).response(omega), rtol=1e-5)


def test_a_finer_form_comes_nearer_by_the_square_of_its_step() -> None:
    target, omega = LogNormal(1e-6, 1.5), np.logspace(3, 9, 13)
    exact = np.asarray(target.response(omega))

    def error(nodes: int) -> float:
        times = np.exp(np.linspace(np.log(1e-6) - 12.0, np.log(1e-6) + 12.0, nodes))
        form = FreeForm(times[0], times[-1], times * target.density(times))
        return float(np.abs(np.asarray(form.response(omega)) - exact).max())

    errors = [error(nodes) for nodes in (31, 61, 121)]
    assert errors[2] < 1e-3
    for coarse, fine in itertools.pairwise(errors):
        assert 3.6 < coarse / fine < 4.4


def test_gradients_are_differences() -> None:
    omega = jnp.asarray(np.logspace(4, 8, 5))

    def level(theta: jax.Array) -> jax.Array:
        form = FreeForm(jnp.exp(theta[0]), jnp.exp(theta[1]), jnp.exp(theta[2:]))
        return jnp.sum(jnp.log(form.kernel(omega))) + jnp.sum(form.response(omega).real)

    theta = jnp.asarray([np.log(1e-7), np.log(1e-5), -0.3, 0.2, 1.0, 0.1, -1.0])
    exact = jax.jit(jax.grad(level))(theta)
    step, value = 1e-5, jax.jit(level)
    differences = [(value(theta + step * e) - value(theta - step * e)) / (2 * step) for e in np.eye(7)]
    assert_allclose(exact, differences, rtol=1e-6, atol=1e-8)


def test_activated_systems_are_a_form_in_barriers_at_every_temperature() -> None:
    """ln τ = ln τ_a + V/T stretches the form; one call takes a temperature a point."""
    temperature, omega = np.array([0.5, 1.0, 2.0]), np.array([1e4, 1e6, 1e8])
    ends = [1e-12 * np.exp(barrier / temperature) for barrier in (5.0, 15.0)]
    weights = np.array([1.0, 3.0, 2.0, 0.5])
    together = FreeForm(*ends, weights).response(omega)
    apart = [FreeForm(ends[0][i], ends[1][i], weights).response(omega[i]) for i in range(3)]
    assert_allclose(together, apart, rtol=1e-14)


def test_it_stands_in_every_formula_alone_or_on_top_of_another() -> None:
    omega = np.logspace(4, 9, 6)
    both = Mixture([0.25, 0.75], (BENT, LogUniform(1e-9, 1e-3)))
    expected = 0.25 * BENT.kernel(omega) + 0.75 * LogUniform(1e-9, 1e-3).kernel(omega)
    assert_allclose(both.kernel(omega), expected, rtol=1e-13)
    film = {"nu": 1e36, "lambda_f": 5e-10, "omega_star": 1e10}
    alone = [tls.conductivity(omega, relaxation=form, **film) for form in (BENT, both)]
    charge = 1.602176634e-19 * 5e-10
    for found, form in zip(alone, (BENT, both), strict=True):
        assert_allclose(found, 1e36 * charge**2 * (omega**2 + 1e20) * form.kernel(omega), rtol=1e-12)


def test_compiles_once_for_all_weights() -> None:
    traces = []

    @eqx.filter_jit
    def kernel(form: FreeForm, omega: jax.Array) -> jax.Array:
        traces.append(1)
        return form.kernel(omega)

    for weights in (WEIGHTS, WEIGHTS[::-1] + 1.0):
        kernel(FreeForm(1e-7, 1e-5, weights), jnp.asarray(OMEGA))
    assert len(traces) == 1


@pytest.mark.parametrize("weights", [1.0, [1.0]])
def test_one_node_is_refused(weights: object) -> None:
    with pytest.raises(ValueError, match="at least two nodes"):
        FreeForm(1e-7, 1e-5, weights)


def test_nodes_may_run_downwards() -> None:
    reversed_ = FreeForm(1e-5, 1e-7, WEIGHTS[::-1])
    tau = np.logspace(-8, -4, 9)
    assert_allclose(reversed_.density(tau), BENT.density(tau), rtol=1e-12, atol=1e-9)
    assert_allclose(reversed_.mass(1e-8, 2e-6), BENT.mass(1e-8, 2e-6), rtol=1e-12)
    assert_allclose(reversed_.response(OMEGA), BENT.response(OMEGA), rtol=1e-12)
