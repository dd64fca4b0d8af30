"""Equations 20 and 21: conventions, and the identities that tie them to Eq. 19 for any film."""

from dataclasses import dataclass
from math import log, pi, sqrt

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pint
import pytest
from numpy.testing import assert_allclose

from tlsjax import (
    InputError,
    LogUniform,
    Single,
    current_noise,
    fluctuation_dissipation,
    noise_coefficient,
    one_over_f_noise,
    superfluid_momentum,
)
from tlsjax.physics.noise import fluctuation_energy

E, KB, H, ME = 1.602176634e-19, 1.380649e-23, 6.62607015e-34, 9.1093837139e-31
HBAR = H / (2 * pi)
NU, TEMPERATURE = 5e35, 0.3


@dataclass
class Film:
    """Section 3 of the contract written out here, with C = k = k₁ = 1."""

    critical_temperature: float
    fermi_velocity: float
    mean_free_path: float
    thickness: float
    mass: float
    width: float
    length: float

    def __post_init__(self) -> None:
        self.gap = 1.764 * KB * self.critical_temperature
        self.diffusivity = self.fermi_velocity * self.mean_free_path / 3
        self.lambda_f = H / (self.mass * self.fermi_velocity)
        self.conductance = (8 * pi / 3) * self.mean_free_path * self.thickness / self.lambda_f**2
        xi_0 = HBAR * self.fermi_velocity / self.gap
        density = (2 * pi / self.lambda_f) ** 3 / (3 * pi**2)
        self.superfluid = density * self.thickness * self.mean_free_path / xi_0  # the printed form
        self.inductance = self.mass / (E**2 * self.superfluid)
        self.alpha = self.diffusivity / (HBAR * sqrt(self.conductance))  # rms α_s
        self.volume = self.width * self.length * self.thickness

    def momentum(self, current: float) -> float:
        return self.mass * current / (E * self.superfluid * self.width)

    def chained(self, current: float) -> float:
        return E * self.alpha * self.momentum(current) / (E * self.lambda_f)


FILMS = [
    Film(10.0, 1.0e6, 2e-9, 10e-9, ME, 1e-6, 20e-6),
    Film(1.2, 2.0e6, 9e-9, 30e-9, 1.3 * ME, 5e-6, 1e-3),
    Film(15.0, 0.7e6, 0.6e-9, 4e-9, 0.8 * ME, 0.2e-6, 0.5e-6),
]
BROAD = LogUniform(1e-14, 1e6)
SPAN = log(1e20)


def test_the_film_of_this_file_is_that_of_the_contract() -> None:
    film = FILMS[0]
    assert round(film.conductance) == 317
    assert_allclose(2 * pi * HBAR / (E**2 * film.conductance), 82, rtol=0.01)
    momentum = 0.03 * sqrt(HBAR * film.gap / film.diffusivity)
    printed = film.gap / HBAR * 0.03 * sqrt(HBAR * film.fermi_velocity / film.gap / film.thickness)
    assert_allclose(film.alpha * momentum / film.lambda_f / printed, 1 / sqrt(8 * pi), rtol=1e-12)
    assert_allclose(printed / (2 * pi), 73e9, rtol=0.01)


def test_conventions_are_one_two_four() -> None:
    got = [
        fluctuation_dissipation(2e-3, temperature=0.1, convention=c)
        for c in ("paper", "two-sided", "one-sided")
    ]
    assert_allclose(got, KB * 0.1 * 2e-3 * np.array([1, 2, 4]), rtol=1e-14)
    assert fluctuation_dissipation(2e-3, temperature=0.1) == got[2]
    arguments = {
        "nu": NU, "lambda_f": 1e-9, "omega_star": 1e10, "relaxation": BROAD,
        "temperature": 0.3, "width": 1e-6, "length": 1e-5,
    }  # fmt: skip
    noise = [current_noise(1e6, **arguments, convention=c) for c in ("paper", "two-sided", "one-sided")]
    assert_allclose(np.array(noise) / noise[0], [1, 2, 4], rtol=1e-14)
    assert current_noise(1e6, **arguments) == noise[2]


@pytest.mark.parametrize("convention", ["", "One-sided", "single", "4", None])
def test_unknown_convention_is_refused(convention: str) -> None:
    with pytest.raises(ValueError, match="one-sided"):
        fluctuation_dissipation(1.0, temperature=1.0, convention=convention)
    with pytest.raises(ValueError, match="two-sided"):
        current_noise(
            1e6, nu=NU, lambda_f=1e-9, omega_star=1e10, relaxation=BROAD, temperature=1.0,
            width=1.0, length=1.0, convention=convention,
        )  # fmt: skip


def test_noise_of_a_film_from_the_formula() -> None:
    omega, tau, width, length = np.array([1e5, 1e9, 1e11]), 1e-9, 3e-6, 7e-5
    sheet = (E * 1e-9) ** 2 * NU * (omega**2 + 2 * 1e20 * np.cos(0.3) ** 2) * tau / (1 + (omega * tau) ** 2)
    got = current_noise(
        omega, nu=NU, lambda_f=1e-9, omega_star=1e10, eta=2.0, relaxation=Single(tau), angle=0.3,
        temperature=0.3, width=width, length=length,
    )  # fmt: skip
    assert_allclose(got, 4 * KB * 0.3 * sheet * width / length, rtol=1e-13)


@pytest.mark.parametrize("film", FILMS)
def test_equation_21_and_the_chain_from_19(film: Film) -> None:
    current, omega = 3e-7, 1e3
    gamma = noise_coefficient(
        nu=NU,
        temperature=TEMPERATURE,
        mean_free_path=film.mean_free_path,
        superfluid_density=film.superfluid,
    )
    assert_allclose(gamma, NU * KB * TEMPERATURE * film.mean_free_path / film.superfluid**2, rtol=1e-13)
    estimate = one_over_f_noise(omega, gamma=gamma, bias_current=current, volume=film.volume)
    assert_allclose(estimate, gamma * current**2 / (film.volume * omega), rtol=1e-13)
    # Eq. 19's scaling with Eq. 20's T: k_BT e²ν(λ_F ω*)²/ω · W/ℓ_x
    star = film.chained(current)
    scaling = KB * TEMPERATURE * (E * film.lambda_f * star) ** 2 * NU / omega * film.width / film.length
    assert_allclose(scaling / estimate, pi / 6, rtol=1e-12)
    # the library's own momentum gives the same ω*
    library = superfluid_momentum(current, kinetic_inductance=film.inductance, width=film.width)
    assert_allclose(library, film.momentum(current), rtol=1e-12)
    # default noise, 1/ωτ₂ and ωτ₁ at most 1e-9, and far below ω*
    assert star > 1e4 * omega
    noise = current_noise(
        omega, nu=NU, lambda_f=film.lambda_f, omega_star=star, eta=4.0, relaxation=BROAD,
        temperature=TEMPERATURE, width=film.width, length=film.length,
    )  # fmt: skip
    assert_allclose(noise / estimate, 4 * pi**2 / (3 * SPAN), rtol=1e-8)


def test_dimensions() -> None:
    u = pint.UnitRegistry()
    energy = u.boltzmann_constant * 0.3 * u.K
    gamma = NU / u.J / u.m**2 * energy * 2e-9 * u.m / (1e18 / u.m**2) ** 2
    got = noise_coefficient(nu=NU, temperature=0.3, mean_free_path=2e-9, superfluid_density=1e18)
    assert_allclose(got, gamma.to("m^3").magnitude, rtol=1e-12)
    noise = gamma * (1e-6 * u.A) ** 2 / (1e-18 * u.m**3) / (1e4 / u.s)
    got = one_over_f_noise(1e4, gamma=got, bias_current=1e-6, volume=1e-18)
    assert_allclose(got, noise.to("A^2 s").magnitude, rtol=1e-12)
    assert (energy * 1 * u.S).to("A^2/Hz").units == u.A**2 / u.Hz


def test_noise_does_not_feel_the_sign_of_the_current() -> None:
    plus, minus = (one_over_f_noise(1e3, gamma=1e-30, bias_current=i, volume=1e-18) for i in (1e-6, -1e-6))
    assert plus == minus


RATIOS = [1e-9, 1e-3, 0.19999, 0.20001, 1.0, 30.0, 600.0, 800.0, 1e6]
"""ħω/k_BT, also where the formula changes and where exponentials under- and overflow."""


def coth_energy(omega: float, temperature: float) -> mp.mpf:
    half = mp.mpf(HBAR) * omega / 2
    return half * mp.coth(half / (mp.mpf(KB) * temperature))


@pytest.mark.parametrize("ratio", RATIOS)
def test_quantum_energy_and_its_derivatives_against_mpmath(ratio: float) -> None:
    temperature = 0.05
    omega = ratio * KB * temperature / HBAR
    with mp.workdps(40):
        value = coth_energy(omega, temperature)
        x = mp.mpf(HBAR) * omega / (2 * mp.mpf(KB) * temperature)
        by_omega = mp.mpf(HBAR) / 2 * (mp.coth(x) - x / mp.sinh(x) ** 2)
        by_temperature = mp.mpf(KB) * (x / mp.sinh(x)) ** 2
    got = fluctuation_energy(omega, temperature=temperature)
    assert_allclose(float(got), float(value), rtol=1e-14)
    slopes = jax.grad(lambda w, t: fluctuation_energy(w, temperature=t), argnums=(0, 1))(omega, temperature)
    assert_allclose(slopes[0], float(by_omega), rtol=1e-12)
    # the last digits before underflow aside
    assert_allclose(slopes[1], float(by_temperature), rtol=1e-12, atol=1e-300)


def test_quantum_energy_at_the_ends() -> None:
    def energy(omega: float, temperature: float) -> jax.Array:
        return fluctuation_energy(omega, temperature=temperature)

    assert_allclose(energy(0.0, 0.3), KB * 0.3, rtol=1e-15)
    assert_allclose(energy(1e10, 0.0), 0.5 * HBAR * 1e10, rtol=1e-15)
    assert energy(0.0, 0.0) == 0
    for omega, temperature in ((0.0, 0.3), (1e10, 0.0), (1e18, 1e-3)):
        assert np.isfinite(jax.grad(energy, argnums=(0, 1))(omega, temperature)).all()
    assert_allclose(jax.grad(energy)(1e10, 0.0), 0.5 * HBAR, rtol=1e-15)
    assert_allclose(jax.grad(energy, argnums=1)(0.0, 0.3), KB, rtol=1e-15)
    omega = jnp.logspace(5, 14, 400)
    assert (jnp.diff(energy(omega, 0.1)) >= 0).all()


@pytest.mark.parametrize("convention", ["paper", "two-sided", "one-sided"])
def test_quantum_noise(convention: str) -> None:
    arguments = {
        "nu": NU, "lambda_f": 1e-9, "omega_star": 1e10, "relaxation": BROAD,
        "temperature": 0.1, "width": 1e-6, "length": 1e-5, "convention": convention,
    }  # fmt: skip
    omega = np.array([1e3, 1e10, 1e14])
    classical, quantum = (current_noise(omega, **arguments, quantum=q) for q in (False, True))
    x = HBAR * omega / (2 * KB * 0.1)
    assert_allclose(quantum / classical, x / np.tanh(x), rtol=1e-13)
    assert_allclose(quantum[0], classical[0], rtol=1e-12)
    assert_allclose(current_noise(omega, **arguments), classical, rtol=0)
    factor = {"paper": 1, "two-sided": 2, "one-sided": 4}[convention]
    zero_point = fluctuation_dissipation(
        2e-3, temperature=0.0, convention=convention, quantum=True, omega=omega
    )
    assert_allclose(zero_point, factor * 0.5 * HBAR * omega * 2e-3, rtol=1e-13)


def test_quantum_noise_needs_the_frequency() -> None:
    with pytest.raises(InputError, match="omega"):
        fluctuation_dissipation(1.0, temperature=1.0, quantum=True)
