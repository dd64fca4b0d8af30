"""Bias current → p̄_s and ω*, conductivity → 1/Q."""

import jax
import numpy as np
import pint
import pytest
from numpy.testing import assert_allclose

from tlsjax import Single, conductivity, omega_star_at, resonator_loss, superfluid_momentum

E = 1.602176634e-19


def test_momentum_from_the_kinetic_inductance() -> None:
    got = superfluid_momentum(50e-6, kinetic_inductance=11e-12, width=2e-6)
    assert_allclose(got, E * 11e-12 * 50e-6 / 2e-6, rtol=1e-14)
    u = pint.UnitRegistry()
    momentum = u.elementary_charge * 11 * u.pH * 50 * u.uA / (2 * u.um)
    assert_allclose(got, momentum.to("kg m/s").magnitude, rtol=1e-12)


def test_momentum_agrees_with_current_density_and_superfluid_density() -> None:
    mass, superfluid, width, current = 9.1e-31, 2.5e17, 3e-6, 8e-6
    got = superfluid_momentum(current, kinetic_inductance=mass / (E**2 * superfluid), width=width)
    assert_allclose(got, mass * (current / width) / (E * superfluid), rtol=1e-13)


def test_crossover_scales_with_the_current() -> None:
    current = np.array([0.0, 1e-6, 2e-6, 7.5e-6])
    got = omega_star_at(current, omega_star=3e10, reference_current=2e-6)
    assert_allclose(got, [0.0, 1.5e10, 3e10, 11.25e10], rtol=1e-14)
    assert_allclose(omega_star_at(-current, omega_star=3e10, reference_current=2e-6), got, rtol=0, atol=0)


def test_crossover_is_proportional_to_the_momentum() -> None:
    current = np.array([1e-6, -4e-6])
    momentum = superfluid_momentum(current, kinetic_inductance=1e-11, width=1e-6)
    star = omega_star_at(current, omega_star=3e10, reference_current=1e-6)
    assert_allclose(np.abs(momentum / momentum[0]), star / star[0], rtol=1e-14)


@pytest.mark.parametrize("current", [-5e-6, 0.0, 5e-6])
def test_sign_of_the_current_changes_nothing(current: float) -> None:
    def sigma(i: jax.Array) -> jax.Array:
        star = omega_star_at(i, omega_star=3e10, reference_current=2e-6)
        return conductivity(1e9, nu=1e36, lambda_f=1e-9, omega_star=star, relaxation=Single(1e-9))

    assert sigma(current) == sigma(-current)
    # σ is quadratic in I: dσ/dI = 2 A K (ω*_ref/I_ref)² I, 0 at I = 0
    expected = 2 * E**2 * 1e36 * 1e-18 * 0.5e-9 * (3e10 / 2e-6) ** 2 * current
    assert_allclose(jax.grad(sigma)(current), expected, rtol=1e-12)


def test_loss() -> None:
    omega, sigma = np.array([1e9, 4e10])[:, None], np.array([1e-9, 3e-6])
    got = resonator_loss(omega, sigma, kinetic_inductance=20e-12, kinetic_fraction=0.4)
    assert_allclose(got, 0.4 * omega * 20e-12 * sigma, rtol=1e-14)
    assert_allclose(resonator_loss(1e10, 1e-6, kinetic_inductance=20e-12), 2e-7, rtol=1e-14)
    u = pint.UnitRegistry()
    assert (1 / u.s * u.H * u.S).to_base_units().dimensionless
