"""Gamma and glassy families against mpmath's closed forms, each other and their limits."""

from collections.abc import Callable
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from test_relaxation import rule

from tlsjax.physics.relaxation import (
    ColeCole,
    DavidsonCole,
    Gamma,
    HavriliakNegami,
    InverseGamma,
    Relaxation,
    Single,
)

OMEGA = np.logspace(-8, 8, 9)
OMEGA_SINGLE = OMEGA.astype(np.float32)
# ln τ from 6 to 0.02 wide, next to and at integers
SHAPES = [0.17, 0.5, 1.0 - 1e-9, 1.0, 1.0 + 1e-9, 1.5, 2.0, 3.0, 7.0, 40.0, 2500.0]
INVERSE_SHAPES = [1.001, *SHAPES[5:]]
EXPONENTS = [
    (0.05, 0.7),
    (0.3, 1.0),
    (0.5, 2.0),
    (0.7, 1.2),
    (0.9, 0.4),
    (0.99, 1.0),
    (1.0, 0.3),
    (1.0, 1.0 - 1e-9),
    (1.0 - 1e-9, 1.0),
    (1.0, 1.0),
]
Closed = Callable[..., mp.mpc]


def gamma_response(omega: mp.mpf, mean: mp.mpf, shape: mp.mpf) -> mp.mpc:
    """∫f/(1 − iωτ) = z e^z E_k(z) for f gamma and z = ik/(ωτ̄)."""
    z = mp.mpc(0, shape / (omega * mean))
    return z * mp.exp(z) * mp.expint(shape, z)


def inverse_gamma_response(omega: mp.mpf, mean: mp.mpf, shape: mp.mpf) -> mp.mpc:
    """The rate is gamma distributed with mean k/β, and 1/(1 − iω/r) = 1 − conj 1/(1 − ir/ω)."""
    return 1 - mp.conj(gamma_response(1 / omega, shape / ((shape - 1) * mean), shape))


def glass_response(omega: mp.mpf, tau: mp.mpf, a: mp.mpf, b: mp.mpf) -> mp.mpc:
    return (1 + mp.mpc(0, -omega * tau) ** a) ** -b


CLOSED: dict[type[Relaxation], Closed] = {
    Gamma: gamma_response,
    InverseGamma: inverse_gamma_response,
    ColeCole: lambda omega, tau, a: glass_response(omega, tau, a, mp.mpf(1)),
    DavidsonCole: lambda omega, tau, b: glass_response(omega, tau, mp.mpf(1), b),
    HavriliakNegami: glass_response,
}
CASES = [
    *((Gamma, (1.0, k)) for k in SHAPES),
    *((InverseGamma, (1.0, k)) for k in INVERSE_SHAPES),
    *((HavriliakNegami, (1.0, *ab)) for ab in EXPONENTS),
    *((ColeCole, (1.0, a)) for a, b in EXPONENTS if b == 1.0),
    *((DavidsonCole, (1.0, b)) for a, b in EXPONENTS if a == 1.0),
]
cases = pytest.mark.parametrize(("family", "values"), CASES, ids=lambda v: getattr(v, "name", None) or str(v))


def quadrature(inverse: bool, shape: float) -> tuple[np.ndarray, np.ndarray]:
    """H for mean 1 and the slopes of ln K by Gauss–Legendre in extended precision, for shapes from 3 on."""
    k, omega = np.longdouble(shape), OMEGA.astype(np.longdouble)
    x, w = rule(-9 / shape**0.5 - 45 / shape, 9 / shape**0.5 + np.log1p(45 / shape), panel=shape**-0.5)
    weight = w * np.exp(k * (x - np.expm1(x)))
    weight /= np.sum(weight)
    score = x - np.expm1(x)
    # v = ωτ, or 1/(ωτ) with rate 1/τ of mean k/(k − 1)
    v = (1 / omega * k / (k - 1) if inverse else omega)[:, None] * np.exp(x)
    imaginary = v / (1 + v * v)
    total = imaginary @ weight
    shift = (imaginary * (1 - v * v) / (1 + v * v)) @ weight / total
    by_shape = k * ((imaginary @ (weight * score)) / total - weight @ score)
    if inverse:
        shift, by_shape = -shift, by_shape - shift / (k - 1)
    real = (imaginary * (v if inverse else 1 / v)) @ weight
    return (real + 1j * total).astype(complex), np.array([shift, by_shape]).astype(float)


@cache
def exact(family: type[Relaxation], values: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    """H at OMEGA, and ∂ ln K/∂ ln θ (rows) by central differences in 50 digits."""
    if family in (Gamma, InverseGamma) and values[1] > 4.0:
        return quadrature(family is InverseGamma, values[1])
    return closed_form(family, values)


def closed_form(family: type[Relaxation], values: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    with mp.workdps(50):
        theta, step = [mp.mpf(v) for v in values], mp.mpf(10) ** -14
        omegas = [mp.mpf(float(w)) for w in OMEGA]
        response = [CLOSED[family](w, *theta) for w in omegas]
        slopes = []
        for i in range(len(theta)):
            up, down = (
                [CLOSED[family](w, *theta[:i], theta[i] * (1 + s), *theta[i + 1 :]).imag for w in omegas]
                for s in (step, -step)
            )
            slopes.append(
                [float((mp.log(u) - mp.log(d)) / (2 * step)) for u, d in zip(up, down, strict=True)]
            )
        return np.array([complex(h) for h in response]), np.array(slopes)


@pytest.mark.parametrize("family", [Gamma, InverseGamma])
def test_quadrature_reference_is_exact(family: type[Relaxation]) -> None:
    for got, expected in zip(
        quadrature(family is InverseGamma, 3.0), closed_form(family, (1.0, 3.0)), strict=True
    ):
        assert_allclose(got, expected, rtol=1e-13, atol=1e-14)


@cache
def compiled(family: type[Relaxation], what: str) -> Callable[..., jax.Array]:
    def method(theta: tuple[jax.Array, ...], x: jax.Array) -> jax.Array:
        one = family(*theta)
        return one.mass(0.1, 20.0) if what == "share" else getattr(one, what)(x)

    return jax.jit(method)


@cache
def compiled_slopes(family: type[Relaxation], forward: bool) -> Callable[..., tuple[jax.Array, ...]]:
    def log_kernel(theta: tuple[jax.Array, ...], omega: jax.Array) -> jax.Array:
        return jnp.log(family(*theta).kernel(omega))

    return jax.jit(jax.jacfwd(log_kernel) if forward else jax.jacrev(log_kernel))


def log_slopes(
    family: type[Relaxation], values: tuple[float, ...], omega: np.ndarray, forward: bool
) -> np.ndarray:
    rows = compiled_slopes(family, forward)(tuple(map(jnp.asarray, values)), jnp.asarray(omega))
    return np.array([np.asarray(row) * v for row, v in zip(rows, values, strict=True)])


@cases
def test_response_and_kernel_are_exact(family: type[Relaxation], values: tuple[float, ...]) -> None:
    expected, theta = exact(family, values)[0], tuple(map(jnp.asarray, values))
    response = np.asarray(compiled(family, "response")(theta, OMEGA))
    assert_allclose(response.real, expected.real, rtol=1e-11)
    assert_allclose(response.imag, expected.imag, rtol=1e-11)
    assert_allclose(compiled(family, "kernel")(theta, OMEGA), expected.imag / OMEGA, rtol=1e-11)


@cases
@pytest.mark.parametrize("forward", [True, False])
def test_gradients_are_exact(family: type[Relaxation], values: tuple[float, ...], forward: bool) -> None:
    slopes = log_slopes(family, values, OMEGA, forward)
    assert_allclose(slopes, exact(family, values)[1], rtol=1e-8, atol=1e-11)


@cases
def test_single_precision(family: type[Relaxation], values: tuple[float, ...]) -> None:
    rounded = tuple(float(np.float32(v)) for v in values)
    if family is InverseGamma and rounded[1] < 1.01:
        pytest.skip("shape - 1 keeps few digits")
    expected = exact(family, rounded)[0]
    with jax.enable_x64(False):
        theta = tuple(map(jnp.float32, rounded))
        response = np.asarray(compiled(family, "response")(theta, jnp.asarray(OMEGA_SINGLE)))
        slopes = log_slopes(family, rounded, OMEGA_SINGLE, False)
    assert_allclose(response.real, expected.real, rtol=1e-4)
    assert_allclose(response.imag, expected.imag, rtol=1e-4)
    assert np.all(np.isfinite(slopes))


@pytest.mark.parametrize("x64", [True, False])
def test_special_cases_of_havriliak_negami(x64: bool) -> None:
    with jax.enable_x64(x64):
        omega = jnp.asarray(OMEGA_SINGLE if not x64 else OMEGA)
        tau = jnp.array([1e-6, 0.1, 0.99, 1.7, 1e5])

        @eqx.filter_jit
        def all_of(family: Relaxation) -> dict[str, jax.Array]:
            shares = jax.vmap(lambda low: family.mass(low, tau))(jnp.array([0.03, 0.5]))
            response, density = family.response(omega), family.density(tau)
            return {"response": response, "density": density, "shares": shares, "mean": family.mean}

        for general, special in (
            (HavriliakNegami(1.0, 0.7, 1.0), ColeCole(1.0, 0.7)),
            (HavriliakNegami(1.0, 1.0, 0.7), DavidsonCole(1.0, 0.7)),
        ):
            got, expected = all_of(general), all_of(special)
            assert_allclose(got["response"], expected["response"], rtol=1e-6)
            assert_allclose(got["density"], expected["density"], rtol=1e-6)
            assert_allclose(got["shares"], expected["shares"], atol=1e-12 if x64 else 1e-5)
            assert_allclose(got["mean"], expected["mean"])
        response = Single(1.0).response(omega)
        for general in (HavriliakNegami(1.0, 1.0, 1.0), ColeCole(1.0, 1.0), DavidsonCole(1.0, 1.0)):
            got = all_of(general)
            assert_allclose(got["response"], response, rtol=1e-12 if x64 else 1e-5)
            assert_allclose(got["shares"][1], jnp.array([0.0, 0.0, 0.0, 1.0, 1.0]), atol=1e-6)
            assert float(got["mean"]) == 1.0


@pytest.mark.parametrize("family", [Gamma, InverseGamma])
def test_gamma_families_become_one_time(family: type[Relaxation]) -> None:
    omega = np.array([0.01, 0.3, 2.0, 50.0])
    response = compiled(family, "response")((jnp.asarray(1.0), jnp.asarray(1e9)), omega)
    assert_allclose(response, Single(1.0).response(omega), rtol=1e-8)
    # to first order in the variance of τ, 1/k or 1/(k − 2)
    variance = 1e-4 if family is Gamma else 1 / (1e4 - 2)
    first = variance * (omega**2) * (omega**2 - 3) / (1 + omega**2) ** 3 / Single(1.0).kernel(omega)
    kernel = compiled(family, "kernel")((jnp.asarray(1.0), jnp.asarray(1e4)), omega)
    ratio = kernel / Single(1.0).kernel(omega)
    assert_allclose(ratio - 1, first, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("shape", [0.17, 0.9, 1.5, 15.99, 16.01, 300.0])
def test_gamma_densities_and_shares_are_scipys(shape: float) -> None:
    tau = np.array([1e-6, 0.1, 0.8, 1.0, 1.3, 4.0])
    pairs = [(Gamma(2.0, shape), stats.gamma(shape, scale=2.0 / shape))]
    if shape > 1.0:
        pairs.append((InverseGamma(2.0, shape), stats.invgamma(shape, scale=2.0 * (shape - 1.0))))
    for family, expected in pairs:
        assert_allclose(family.density(tau), expected.pdf(tau), rtol=1e-11)
        assert_allclose(family.mass(0.5, tau), expected.cdf(tau) - expected.cdf(0.5), atol=1e-12)


@pytest.mark.parametrize("b", [0.05, 0.5, 0.95, 1.0 - 1e-12])
def test_davidson_cole_share_is_a_beta_distribution(b: float) -> None:
    tau = np.array([1e-6, 0.1, 0.4999, 0.5001, 0.9, 1.0 - 1e-9, 1.0, 3.0])
    for t in tau:
        share = 1.0 if t >= 1 else float(mp.betainc(b, 1 - mp.mpf(b), 0, float(t), regularized=True))
        assert abs(float(DavidsonCole(1.0, b).mass(0.0, t)) - share) < 1e-10


@pytest.mark.parametrize(("a", "b"), [(0.3, 2.0), (0.8, 0.3), (0.99, 0.5), (1.0 - 1e-6, 0.9)])
def test_havriliak_negami_share(a: float, b: float) -> None:
    """In the angle α = arg(1 + r^a e^{iπa}) the share is an integral without a peak."""
    family = HavriliakNegami(1.0, a, b)
    with mp.workdps(30):
        top, a_, b_ = mp.pi * mp.mpf(a), mp.mpf(a), mp.mpf(b)

        def integrand(alpha: mp.mpf) -> mp.mpf:
            phi = top - alpha
            return (mp.sin(alpha) / mp.sin(top)) ** (b_ - 1) * mp.sin(b_ * phi) / mp.sin(phi) / top

        def angle(t: float) -> mp.mpf:
            return mp.arg(1 + mp.mpf(t) ** a_ * mp.expjpi(a_))

        for low, high in ((1e-3, 0.7), (0.9, 1.2), (0.999999, 30.0)):
            cuts = [angle(low), angle((low * high) ** 0.5), angle(high)]
            if low < 1 < high:
                cuts = [angle(low), *(angle(1 + s) for s in (-1e-7, 0, 1e-7)), angle(high)]
            assert abs(float(family.mass(low, high)) - float(mp.quad(integrand, cuts))) < 1e-10


@cache
def compiled_with_jacobians(family: type[Relaxation]) -> Callable[..., list[jax.Array]]:
    """Density, kernel and share, with their derivatives by each parameter."""

    def both(theta: tuple[jax.Array, ...], tau: jax.Array, omega: jax.Array) -> list[jax.Array]:
        found = []
        for what, x in (("density", tau), ("kernel", omega), ("share", tau)):
            found += [compiled(family, what)(theta, x), *jax.jacrev(compiled(family, what))(theta, x)]
        return found

    return jax.jit(both)


@cases
def test_everything_is_finite(family: type[Relaxation], values: tuple[float, ...]) -> None:
    tau = jnp.array([1e-9, 0.3, 0.9999, 1.2, 1e9])
    omega = jnp.array([1e-30, 1e-8, 1.0, 1e8, 1e30])
    for found in compiled_with_jacobians(family)(tuple(map(jnp.asarray, values)), tau, omega):
        assert np.all(np.isfinite(found))


@pytest.mark.parametrize(("family", "values"), [(Gamma, (1.0, 1.7)), (InverseGamma, (1.0, 2.7))])
def test_second_derivatives(family: type[Relaxation], values: tuple[float, ...]) -> None:
    def curve(theta: jax.Array) -> jax.Array:
        return jnp.log(family(*theta).kernel(jnp.array([0.1, 1.0, 30.0])))

    theta, step = jnp.array(values), 1e-5
    slopes, hessian = jax.jit(jax.jacrev(curve)), jax.jit(jax.jacfwd(jax.jacrev(curve)))(theta)
    for i in range(2):
        shift = jnp.zeros(2).at[i].set(step)
        expected = (slopes(theta + shift) - slopes(theta - shift)) / (2 * step)
        assert_allclose(hessian[:, :, i], expected, rtol=1e-7, atol=1e-8)


def test_inverse_gamma_without_a_mean_is_no_number() -> None:
    for shape in (0.5, 1.0):
        family = InverseGamma(1.0, shape)
        for got in (family.kernel(1.0), family.response(1.0), family.density(1.0), family.mass(0.1, 1.0)):
            assert np.isnan(got)
