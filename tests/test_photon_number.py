"""Photon number against the mode's equation of motion, a root finder and differences."""

from math import pi
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from tlsjax import InputError
from tlsjax.physics.photon_number import (
    Geometry,
    lossless_photon_number,
    photon_number,
    self_consistent_photon_number,
)
from tlsjax.physics.resonant_tls import saturation

HBAR = 6.62607015e-34 / (2 * pi)
OMEGA = 2 * pi * 6e9


def energy_balance(geometry: str, loss: float, coupling: float) -> float:
    """Photons per incoming photon times ω: the mode's amplitude between waves, run until it is steady.

    A wave of amplitude 1 comes in; each way out takes √κ_port a. The waves that leave, and what is lost
    inside, must carry away what came in.
    """
    ports = {"reflection": [1.0], "hanger": [0.5, 0.5], "transmission": [0.5, 0.5]}[geometry]
    rates = np.array(ports) / coupling
    total = rates.sum() + loss
    run = solve_ivp(
        lambda _, a: -0.5 * total * a + np.sqrt(rates[0]), (0, 60 / total), [0.0], rtol=1e-10, atol=1e-12
    )
    a = run.y[0, -1]
    # a hanger's forward wave and a port's reflection interfere with what the mode sends there
    passing = 1 if geometry == "hanger" else 0
    out = [(float(way == passing) - np.sqrt(rate) * a) ** 2 for way, rate in enumerate(rates)]
    assert_allclose(sum(out) + loss * a**2, 1.0, rtol=1e-7)
    return float(a**2)


@pytest.mark.parametrize("geometry", ["hanger", "reflection", "transmission"])
def test_against_the_equation_of_motion(geometry: Geometry) -> None:
    for loss, coupling in ((1e-3, 800.0), (0.2e-3, 3000.0)):
        got = photon_number(HBAR * OMEGA**2, OMEGA, loss=loss, coupling_quality=coupling, geometry=geometry)
        assert_allclose(got, energy_balance(geometry, loss, coupling), rtol=1e-7)


def test_power_of_one_photon() -> None:
    quality = 1 / (1 / 4e4 + 1 / 1e5)
    power = HBAR * OMEGA**2 * 4e4 / (2 * quality**2)
    assert_allclose(photon_number(power, OMEGA, loss=1e-5, coupling_quality=4e4), 1.0, rtol=1e-13)
    assert photon_number(0.0, OMEGA, loss=1e-5, coupling_quality=4e4) == 0.0
    with pytest.raises(InputError, match="'notch' is none of 'hanger'"):
        photon_number(1.0, OMEGA, loss=0.0, coupling_quality=1.0, geometry="notch")  # type: ignore[arg-type]


def loss_of(n: Any, tangent: Any, critical: Any, exponent: Any, constant: Any, rising: Any) -> jax.Array:
    kept = saturation(n / critical, exponent=exponent)
    return tangent * kept + constant + rising * jnp.sqrt(n / 1e12)


def self_consistent(
    power: Any, omega: Any, *, loss: Any, coupling_quality: Any, geometry: Geometry = "hanger"
) -> jax.Array:
    lossless = lossless_photon_number(power, omega, coupling_quality=coupling_quality, geometry=geometry)
    return self_consistent_photon_number(lossless, loss=loss, coupling_quality=coupling_quality)


CASES = [
    (1e-4, 10.0, 1.0, 1e-7, 0.0),
    (1e-3, 1e-3, 1.0, 0.0, 0.0),  # nothing but β = 1: the slope goes to Q/Q_c
    (1e-5, 1e4, 0.8, 1e-6, 3e-6),
    (1e-8, 1.0, 0.3, 1e-9, 1e-3),
]


@pytest.mark.parametrize("case", CASES)
def test_against_bisection(case: tuple[float, ...]) -> None:
    powers, coupling = np.logspace(-22, -6, 9), np.array([[3e3], [1e5], [3e7]])

    @jax.jit
    def solve(power: Any, coupling: Any) -> jax.Array:
        return self_consistent(power, OMEGA, loss=lambda n: loss_of(n, *case), coupling_quality=coupling)

    got = np.asarray(solve(powers, coupling))
    for i, quality in enumerate(coupling[:, 0]):
        for j, power in enumerate(powers):

            def residual(log_n: float, p: float = power, q: float = quality) -> float:
                tangent, critical, exponent, constant, rising = case
                n = np.exp(log_n)
                loss = tangent / np.sqrt(1 + (n / critical) ** exponent) + constant
                loss += rising * np.sqrt(n / 1e12)
                return float(log_n - np.log(2 / q * p / (HBAR * OMEGA**2)) + 2 * np.log(1 / q + loss))

            root = brentq(residual, -40, 90, xtol=1e-13)
            slope = (residual(root + 1e-4) - residual(root - 1e-4)) / 2e-4
            assert slope > 0
            assert abs(np.log(got[i, j]) - root) < 1e-12 / slope


def test_consistent_with_its_own_loss_and_constant_loss() -> None:
    n = self_consistent(
        1e-14, OMEGA, loss=lambda n: loss_of(n, *CASES[0]), coupling_quality=3e4, geometry="reflection"
    )
    again = photon_number(
        1e-14, OMEGA, loss=loss_of(n, *CASES[0]), coupling_quality=3e4, geometry="reflection"
    )
    assert_allclose(n, again, rtol=1e-13)
    flat = self_consistent(1e-14, OMEGA, loss=lambda n: 2e-5, coupling_quality=3e4)
    assert_allclose(flat, photon_number(1e-14, OMEGA, loss=2e-5, coupling_quality=3e4), rtol=1e-13)


def test_derivatives_against_differences() -> None:
    def log_n(log_values: jax.Array) -> jax.Array:
        power, tangent, critical, coupling = jnp.exp(log_values)
        return jnp.log(
            self_consistent(
                power, OMEGA, loss=lambda n: loss_of(n, tangent, critical, 0.9, 1e-7, 1e-6),
                coupling_quality=coupling,
            )
        )  # fmt: skip

    at, step = jnp.log(jnp.array([1e-14, 1e-4, 30.0, 5e4])), 1e-4
    both = jax.jit(lambda x: (log_n(x), jax.jacfwd(log_n)(x)))
    ends = [(both(at + step * e), both(at - step * e)) for e in jnp.eye(4)]
    slope, curvature = (np.array([(up[i] - down[i]) / (2 * step) for up, down in ends]) for i in range(2))
    assert_allclose(both(at)[1], slope, rtol=1e-7)
    assert_allclose(jax.jit(jax.grad(log_n))(at), both(at)[1], rtol=1e-12)
    assert_allclose(jax.jit(jax.hessian(log_n))(at), curvature, rtol=1e-6, atol=1e-9)


def test_no_power() -> None:
    def n(power: jax.Array) -> jax.Array:
        return self_consistent(power, OMEGA, loss=lambda n: loss_of(n, *CASES[2]), coupling_quality=1e4)

    value, slope = jax.jit(jax.vmap(jax.value_and_grad(n)))(jnp.array([0.0, 1e-15]))
    assert value[0] == 0.0
    assert np.all(np.isfinite(slope))


def test_steep_saturation_can_be_bistable() -> None:
    """β = 2: three states at one power, of which one is found; β = 1 has one."""
    log_n, coupling = np.linspace(-5, 25, 4001), 1e7

    def drive(exponent: float) -> np.ndarray:
        """ln P at which each n is a state."""
        loss = 1e-4 / np.sqrt(1 + (np.exp(log_n) / 10) ** exponent)
        return log_n + 2 * np.log(1 + coupling * loss)

    assert np.all(np.diff(drive(1.0)) > 0)
    assert np.any(np.diff(drive(2.0)) < 0)
    middle = np.interp(5.0, log_n, drive(2.0))
    power = np.exp(middle) * HBAR * OMEGA**2 / (2 * coupling)
    n = self_consistent(
        power, OMEGA, loss=lambda n: loss_of(n, 1e-4, 10.0, 2.0, 0.0, 0.0), coupling_quality=coupling
    )
    again = photon_number(power, OMEGA, loss=loss_of(n, 1e-4, 10.0, 2.0, 0.0, 0.0), coupling_quality=coupling)
    assert_allclose(n, again, rtol=1e-9)
