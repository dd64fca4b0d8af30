"""Equation 15 and its limits 16, 18 and 19."""

from collections.abc import Callable
from math import pi

import jax
import jax.numpy as jnp
import numpy as np
import pint
import pytest
from numpy.testing import assert_allclose

from tlsjax import (
    LogNormal,
    LogUniform,
    PowerLaw,
    Relaxation,
    Single,
    biased_broad_limit,
    conductivity,
    low_frequency_limit,
    unbiased_broad_limit,
)

E = 1.602176634e-19
FILM = {"nu": 3.0e36, "lambda_f": 0.7e-9}
A = E**2 * FILM["nu"] * FILM["lambda_f"] ** 2
BIAS = {"omega_star": 4.0e10, "eta": 1.7}
BROAD = LogUniform(1e-12, 1.0)
LAMBDA = np.log(1e12)


def slope(sigma: Callable[[jax.Array], jax.Array], omega: float) -> float:
    """d ln σ/d ln ω."""
    return float(jax.grad(lambda x: jnp.log(sigma(jnp.exp(x))))(jnp.log(omega)))


def test_prefactor_is_exactly_one() -> None:
    omega, tau = np.array([1e3, 1e9, 3e10, 1e13]), 2e-10
    expected = A * (omega**2 + 1.7 * 4e10**2) * tau / (1 + (omega * tau) ** 2)
    assert_allclose(conductivity(omega, **FILM, **BIAS, relaxation=Single(tau)), expected, rtol=1e-14)
    default = conductivity(omega, **FILM, omega_star=4e10, relaxation=Single(tau))
    expected = A * (omega**2 + 4e10**2) * tau / (1 + (omega * tau) ** 2)
    assert_allclose(default, expected, rtol=1e-14)


def test_log_uniform_from_the_closed_form() -> None:
    omega = np.logspace(-3, 15, 19)
    kernel = (np.arctan(omega) - np.arctan(1e-12 * omega)) / (omega * LAMBDA)
    assert_allclose(
        conductivity(omega, **FILM, **BIAS, relaxation=BROAD)[:13],
        (A * (omega**2 + 1.7 * 4e10**2) * kernel)[:13],
        rtol=1e-12,
    )


def test_dimension_is_siemens() -> None:
    u = pint.UnitRegistry()
    nu, length, rate, time = 3e36 / u.J / u.m**2, 0.7e-9 * u.m, 1e9 / u.s, 1e-9 * u.s
    sheet = u.elementary_charge**2 * nu * length**2 * rate**2 * time / (1 + (rate * time) ** 2)
    assert sheet.to("S").units == u.S
    got = conductivity(1e9, **FILM, omega_star=0.0, relaxation=Single(1e-9))
    assert_allclose(got, sheet.to("S").magnitude, rtol=1e-12)


@pytest.mark.parametrize("relaxation", [Single(1e-9), BROAD, LogNormal(1e-9, 2.0), PowerLaw(2.5, 1e-9, 1e-3)])
def test_linear_in_the_squared_cosine(relaxation: Relaxation) -> None:
    angle = np.linspace(-pi, pi, 9)
    for omega in (1e5, 1e10, 1e12):

        def sigma(angle: float | np.ndarray, star: float = 4e10, omega: float = omega) -> jax.Array:
            return conductivity(omega, **FILM, omega_star=star, eta=1.7, relaxation=relaxation, angle=angle)

        along, across = sigma(0.0), sigma(pi / 2)
        assert_allclose(sigma(angle), across + (along - across) * np.cos(angle) ** 2, rtol=1e-12)
        assert_allclose(across, sigma(0.3, star=0.0), rtol=1e-12)
        assert along > across > 0


def test_arguments_broadcast() -> None:
    omega, star = np.logspace(8, 11, 4), np.array([0.0, 1e10, 3e10])[:, None]
    grid = conductivity(omega, **FILM, omega_star=star, relaxation=BROAD, angle=0.2)
    rows = [conductivity(omega, **FILM, omega_star=s, relaxation=BROAD, angle=0.2) for s in star[:, 0]]
    assert_allclose(grid, rows, rtol=1e-14)
    each = jax.jit(jax.vmap(lambda w: conductivity(w, **FILM, **BIAS, relaxation=BROAD)))
    assert_allclose(each(omega), conductivity(omega, **FILM, **BIAS, relaxation=BROAD), rtol=1e-13)


@pytest.mark.parametrize("omega", [1e5, 1e7])
def test_broad_limits_with_their_rate(omega: float) -> None:
    short = 1 - (2 / pi) * (1 / omega + 1e-12 * omega)  # next order: the cube
    ratio = conductivity(omega, **FILM, omega_star=0.0, relaxation=BROAD) / unbiased_broad_limit(
        omega, **FILM, relaxation=BROAD
    )
    assert_allclose(ratio, short, rtol=1e-12)
    ratio = conductivity(omega, **FILM, **BIAS, relaxation=BROAD) / biased_broad_limit(
        omega, **FILM, **BIAS, relaxation=BROAD
    )
    assert_allclose(ratio, short * (1 + omega**2 / (1.7 * 4e10**2)), rtol=1e-12)
    plateau = pi / (2 * LAMBDA)
    assert_allclose(unbiased_broad_limit(omega, **FILM, relaxation=BROAD), A * omega * plateau, rtol=1e-12)
    biased = biased_broad_limit(omega, **FILM, **BIAS, relaxation=BROAD)
    assert_allclose(biased, A * 1.7 * 4e10**2 / omega * plateau, rtol=1e-12)


@pytest.mark.parametrize(
    ("relaxation", "mean", "third"),
    [
        (Single(1e-9), 1e-9, 1e-27),
        (LogNormal(1e-9, 0.7), 1e-9 * np.exp(0.245), 1e-27 * np.exp(4.5 * 0.49)),
        # ∫τ^(1−p)/∫τ^(−p) and ∫τ^(3−p)/∫τ^(−p) between 1 and 20 ns, p = 3 and 5
        (PowerLaw(3.0, 1e-9, 2e-8), 2e-9 * (1 - 1 / 20) / (1 - 1 / 400), 2e-27 * 19 / (1 - 1 / 400)),
        (
            PowerLaw(5.0, 1e-9, 2e-8),
            1e-9 * (4 / 3) * (1 - 20.0**-3) / (1 - 20.0**-4),
            4e-27 * (1 - 1 / 20) / (1 - 20.0**-4),
        ),
    ],
)
def test_low_frequency_limit_with_its_rate(relaxation: Relaxation, mean: float, third: float) -> None:
    angle = 0.4
    limit = low_frequency_limit(**FILM, **BIAS, relaxation=relaxation, angle=angle)
    squared = 1.7 * 4e10**2 * np.cos(angle) ** 2
    assert_allclose(limit, A * squared * mean, rtol=1e-11)
    for omega in (1e3, 1e5):
        ratio = conductivity(omega, **FILM, **BIAS, relaxation=relaxation, angle=angle) / limit
        assert_allclose(ratio, 1 - omega**2 * third / mean + omega**2 / squared, rtol=1e-11)
    # a hundredfold frequency moves it by ten thousand times as much
    change = [
        1 - conductivity(w, **FILM, **BIAS, relaxation=relaxation, angle=angle) / limit for w in (1e5, 1e7)
    ]
    expected = third / mean - 1 / squared
    assert_allclose(change[1], 1e14 * expected, rtol=0.1)
    assert_allclose(change[0], 1e10 * expected, rtol=0.1, atol=1e-12)


@pytest.mark.parametrize("omega", [1e4, 1e6, 1e8])
def test_slopes_of_log_uniform(omega: float) -> None:
    correction = (2 / pi) * (1 / omega - 1e-12 * omega)
    second = 2 * (1 / omega + 1e-12 * omega) ** 2
    biased = slope(lambda w: conductivity(w, **FILM, omega_star=1e14, eta=2.0, relaxation=BROAD), omega)
    free = slope(lambda w: conductivity(w, **FILM, omega_star=0.0, relaxation=BROAD), omega)
    crossing = 2 * omega**2 / (omega**2 + 2e28)
    assert abs(biased - crossing - (-1 + correction)) < second + 1e-12
    assert abs(free - (1 + correction)) < second + 1e-12


def test_slopes_of_single() -> None:
    single = Single(1e-9)
    for omega in (1e3, 1e5):
        error = 3 * (1e-9 * omega) ** 2 + 1e-12
        biased = slope(lambda w: conductivity(w, **FILM, omega_star=1e12, relaxation=single), omega)
        free = slope(lambda w: conductivity(w, **FILM, omega_star=0.0, relaxation=single), omega)
        assert abs(biased) < error
        assert abs(free - 2) < error


def test_gradients_against_the_formula() -> None:
    omega, tau = 3e9, 2e-10
    kernel = tau / (1 + (omega * tau) ** 2)

    def sigma(nu: float, lambda_f: float, star: float, eta: float, angle: float) -> jax.Array:
        return conductivity(
            omega, nu=nu, lambda_f=lambda_f, omega_star=star, eta=eta, relaxation=Single(tau), angle=angle
        )

    values = (FILM["nu"], FILM["lambda_f"], 4e10, 1.7, 0.3)
    got = jax.grad(sigma, argnums=(0, 1, 2, 3, 4))(*values)
    c2, total = np.cos(0.3) ** 2, omega**2 + 1.7 * 4e10**2 * np.cos(0.3) ** 2
    expected = (
        A / FILM["nu"] * total * kernel,
        2 * A / FILM["lambda_f"] * total * kernel,
        2 * A * 1.7 * 4e10 * c2 * kernel,
        A * 4e10**2 * c2 * kernel,
        -A * 1.7 * 4e10**2 * np.sin(0.6) * kernel,
    )
    assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("argument", ["omega_star", "eta"])
def test_gradient_where_the_superflow_coupling_vanishes(argument: str) -> None:
    """σ is linear in η and quadratic in ω*: at zero its derivatives are A ω*²cos²θ K and 0."""
    omega, tau = 3e9, 2e-10
    kernel = tau / (1 + (omega * tau) ** 2)
    given = {**BIAS, argument: 0.0}

    def sigma(value: float) -> jax.Array:
        return conductivity(omega, **FILM, **{**given, argument: value}, relaxation=Single(tau))

    expected = A * 4e10**2 * kernel if argument == "eta" else 0.0
    assert_allclose(jax.grad(sigma)(0.0), expected, rtol=1e-12)
