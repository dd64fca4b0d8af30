"""Many frequencies: the table against closed forms and extended precision, and every transformation of it."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_relaxation import normal_moments

from tlsjax.physics.relaxation import LogNormal
from tlsjax.physics.relaxation.table import of_logarithm

MANY = 3000
SEEN = slice(None, None, 100)


def spread(low: float, high: float, size: int = MANY) -> np.ndarray:
    """Frequencies in no order, both ends among those that are compared."""
    inside = np.exp(np.random.default_rng(3).uniform(np.log(low), np.log(high), size))
    inside[0], inside[100] = low, high
    return inside


@cache
def exact(width: float, low: float, high: float) -> tuple[np.ndarray, ...]:
    """K, Re H, and ∂ ln K by ln median and ln width, at the frequencies compared."""
    omega = spread(low, high)[SEEN]
    kernel, by_median, by_width = normal_moments(width, omega, 1)
    real = normal_moments(width, omega, 0)[0]
    return kernel, real, (by_median / kernel).astype(float), (by_width / kernel).astype(float)


def debye(y: jax.Array) -> dict[str, jax.Array]:
    x = jnp.exp(y)
    return {"loss": x / (1 + x * x), "reactive": 1 / (1 + x * x)}


@jax.jit
def tabulated(x: jax.Array) -> dict[str, jax.Array]:
    return of_logarithm(debye, x)


@pytest.mark.parametrize(
    ("low", "high", "error"),
    [(1e-8, 1e8, 3e-12), (1e-3, 1e3, 1e-13), (2.0, 2.0, 1e-14), (1e-9, 1e-3, 1e-13), (1e-140, 1e140, 1e-13)],
)
def test_table_of_one_relaxation_time(low: float, high: float, error: float) -> None:
    x = spread(low, high).reshape(2, -1)
    found = tabulated(x)
    assert_allclose(found["loss"], x / (1 + x * x), rtol=error)
    assert_allclose(found["reactive"], 1 / (1 + x * x), rtol=error)


def test_neighbours_of_what_is_no_frequency_are_computed() -> None:
    x = spread(0.1, 10.0)
    x[7:10] = 0.0, -1.0, np.nan
    found = np.asarray(tabulated(x)["loss"])
    assert np.isnan(found[8:10]).all()
    good = np.delete(np.arange(MANY), [8, 9])
    assert_allclose(found[good], (x / (1 + x * x))[good], rtol=1e-14)


@pytest.mark.parametrize("bounds", [(1e-8, 1e8), (0.5, 20.0)])
@pytest.mark.parametrize("width", [0.02, 0.1, 0.5, 0.7, 1.0, 2.0, 6.0])
def test_log_normal_at_many_frequencies(width: float, bounds: tuple[float, float]) -> None:
    omega = spread(*bounds)
    kernel, real, by_median, by_width = exact(width, *bounds)
    got, response, slopes = all_of(jnp.array([1.0, width]), omega)
    assert_allclose(np.asarray(got)[SEEN], kernel.astype(float), rtol=1e-11)
    assert_allclose(np.asarray(response.imag / omega)[SEEN], kernel.astype(float), rtol=1e-11)
    assert_allclose(np.asarray(response.real)[SEEN], real.astype(float), rtol=1e-10)
    assert_allclose(np.asarray(slopes)[SEEN, 0], by_median, rtol=1e-8, atol=1e-11)
    assert_allclose(np.asarray(slopes)[SEEN, 1], by_width, rtol=1e-8, atol=1e-11)


def log_kernel(log_theta: jax.Array, omega: jax.Array) -> jax.Array:
    median, width = jnp.exp(log_theta)
    return jnp.log(LogNormal(median, width).kernel(omega))


@jax.jit
def all_of(theta: jax.Array, omega: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    family = LogNormal(theta[0], theta[1])
    return family.kernel(omega), family.response(omega), jax.jacfwd(log_kernel)(jnp.log(theta), omega)


@pytest.mark.parametrize("x64", [True, False])
@pytest.mark.parametrize("width", [0.02, 1.0, 6.0])
def test_single_precision(width: float, x64: bool) -> None:
    with jax.enable_x64(x64):
        omega = jnp.asarray(spread(1e-8, 1e8), jnp.float32)
        kernel, response, slopes = all_of(jnp.asarray([1.0, width], jnp.float32), omega)
        assert kernel.dtype == jnp.float32
    kernel_exact, real, *_ = exact(width, 1e-8, 1e8)
    assert_allclose(np.asarray(kernel, float)[SEEN], kernel_exact.astype(float), rtol=1e-4)
    assert_allclose(np.asarray(response.real, float)[SEEN], real.astype(float), rtol=1e-4)
    assert np.all(np.isfinite(slopes))


def test_second_derivatives_and_both_modes() -> None:
    omega = jnp.asarray(spread(1e-3, 1e3))
    theta, step = jnp.log(jnp.array([0.7, 1.2])), 1e-4

    def total(theta: jax.Array) -> jax.Array:
        return jnp.sum(log_kernel(theta, omega))

    backwards, hessian = jax.jit(jax.grad(total)), jax.jit(jax.hessian(total))(theta)
    assert_allclose(jax.jit(jax.jacfwd(total))(theta), backwards(theta), rtol=1e-12)
    for i in range(2):
        shift = jnp.zeros(2).at[i].set(step)
        expected = (backwards(theta + shift) - backwards(theta - shift)) / (2 * step)
        assert_allclose(hessian[:, i], expected, rtol=1e-7)


def test_slope_by_frequency_is_that_by_median() -> None:
    """K/τ₀ depends on ωτ₀ alone: ∂ ln K/∂ ln ω = ∂ ln K/∂ ln τ₀ − 1."""
    omega = jnp.asarray(spread(1e-2, 1e2))
    theta = jnp.log(jnp.array([0.7, 1.2]))
    by_omega = jax.jit(jax.grad(lambda w: jnp.sum(log_kernel(theta, w))))(omega) * omega
    by_median = all_of(jnp.exp(theta), omega)[2][:, 0]
    assert_allclose(by_omega, by_median - 1.0, rtol=1e-10, atol=1e-10)


def test_many_spectra_side_by_side() -> None:
    widths, medians = jnp.array([0.1, 1.0, 4.0]), jnp.array([1e-6, 1.0, 1e9])
    omega = spread(1e-3, 1e3)
    side_by_side = jax.jit(jax.vmap(lambda m, s, w: LogNormal(m, s).kernel(w)))
    each = side_by_side(medians, widths, jnp.tile(omega, (3, 1)))
    rows = side_by_side(medians, jnp.ones(3), omega / medians[:, None])
    for i in range(3):
        few = LogNormal(medians[i], widths[i]).kernel(omega[SEEN])
        assert_allclose(np.asarray(each)[i, SEEN], few, rtol=1e-12)
        assert_allclose(rows[i] / medians[i], rows[1], rtol=1e-11)


def test_a_width_for_each_of_many_points() -> None:
    omega, widths = spread(1e-2, 1e2), np.geomspace(0.05, 5.0, MANY)
    found = np.asarray(LogNormal(1.0, widths).kernel(omega))[SEEN]
    one = [
        float(normal_moments(s, np.array([w]), 1)[0][0])
        for s, w in zip(widths[SEEN], omega[SEEN], strict=True)
    ]
    assert_allclose(found, one, rtol=1e-11)


def test_a_width_compiles_nothing_anew() -> None:
    traces = []

    @jax.jit
    def kernel(width: jax.Array) -> jax.Array:
        traces.append(1)
        return LogNormal(1.0, width).kernel(spread(1e-2, 1e2))

    for width in (0.03, 1.0, 5.0):
        assert np.all(np.isfinite(kernel(jnp.asarray(width))))
    assert len(traces) == 1


@pytest.mark.parametrize("size", [3, MANY])
@pytest.mark.parametrize("width", [1e-6, 12.0, 40.0, 1e4])
def test_finite_beyond_the_stated_widths(width: float, size: int) -> None:
    for found in all_of(jnp.array([1.0, width]), spread(1e-8, 1e8)[:size]):
        assert np.all(np.isfinite(found))
