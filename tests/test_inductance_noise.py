"""Noise of the superfluid density: from FDT, from the two-level systems one by one, and on a resonator."""

from math import log, pi, sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

from tlsjax import (
    InputError,
    LogNormal,
    LogUniform,
    Single,
    current_noise,
    noise_coefficient,
    one_over_f_noise,
    superfluid_momentum,
)
from tlsjax.physics.ensemble import Ensemble, ensemble_noise
from tlsjax.physics.inductance_noise import (
    fluctuator_density_noise,
    frequency_noise,
    superfluid_density_noise,
    telegraph_noise,
)

E, KB, HBAR, ME = 1.602176634e-19, 1.380649e-23, 6.62607015e-34 / (2 * pi), 9.1093837139e-31
BROAD = LogUniform(1e-14, 1e6)
SAMPLE = {"temperature": 0.3, "width": 2e-6, "length": 3e-4}
OMEGA = np.logspace(-3, 8, 6)

# section 3 of the contract with C = k = k₁ = 1
SPEED, PATH, THICKNESS = 1e6, 2e-9, 10e-9
GAP = 1.764 * KB * 10.0
DIFFUSIVITY = SPEED * PATH / 3
LAMBDA_F = 2 * pi * HBAR / (ME * SPEED)
CONDUCTANCE = (8 * pi / 3) * PATH * THICKNESS / LAMBDA_F**2
SQUARE_INDUCTANCE = HBAR * (2 * pi * HBAR / (E**2 * CONDUCTANCE)) / (pi * GAP)
ALPHA = DIFFUSIVITY / (HBAR * sqrt(CONDUCTANCE))
DENSITY = 5e35
SYSTEMS = {"fluctuator_density": DENSITY, "alpha": ALPHA, "kinetic_inductance": SQUARE_INDUCTANCE}


def chained(current: float) -> float:
    """ω* = e·rms α_s·p̄_s/d with d = eλ_F."""
    momentum = superfluid_momentum(current, kinetic_inductance=SQUARE_INDUCTANCE, width=SAMPLE["width"])
    return float(ALPHA * momentum / LAMBDA_F)


@pytest.mark.parametrize("convention", ["paper", "two-sided", "one-sided"])
@pytest.mark.parametrize("relaxation", [BROAD, Single(1e-3), LogNormal(1e-4, 1.5)])
def test_superflow_noise_over_the_current_squared_at_any_bias(
    convention: str, relaxation: LogUniform | Single | LogNormal
) -> None:
    film = {"nu": 3e36, "lambda_f": 0.7e-9, "eta": 1.7, "relaxation": relaxation, **SAMPLE}
    got = superfluid_density_noise(
        OMEGA, **film, omega_star=4e10, reference_current=1e-5, convention=convention
    )
    for current in (1e-7, 1e-5, 3e-5):
        star = 4e10 * current / 1e-5
        given = {**film, "omega_star": star}
        both = current_noise(OMEGA, **given, convention=convention)
        dipole = current_noise(OMEGA, **{**given, "omega_star": 0.0}, convention=convention)
        assert_allclose(got, (both - dipole) / current**2, rtol=1e-9)
        again = superfluid_density_noise(OMEGA, **given, reference_current=current, convention=convention)
        assert_allclose(got, again, rtol=1e-13)


@pytest.mark.parametrize("current", [1e-9, 2e-6])
@pytest.mark.parametrize("relaxation", [BROAD, Single(1e-3)])
def test_systems_one_by_one_are_the_theorem(current: float, relaxation: LogUniform | Single) -> None:
    """e²νλ_F²ηω*² = 4n_εe²⟨α_s²⟩p̄_s²: with d = eλ_F, ν = n_ε and η = 4."""
    got = fluctuator_density_noise(OMEGA, **SYSTEMS, relaxation=relaxation, **SAMPLE)
    film = {"nu": DENSITY, "lambda_f": LAMBDA_F, "omega_star": chained(current), "eta": 4.0}
    expected = superfluid_density_noise(
        OMEGA, **film, reference_current=current, relaxation=relaxation, **SAMPLE
    )
    assert_allclose(got, expected, rtol=1e-12)


def test_telegraph_noise_of_the_systems_summed_directly() -> None:
    """Each δÑ = ±2mα/ξ² over ξ², variance a²sech²(ε/k_BT), two-sided spectrum 2τ·var/(1+ω²τ²)."""
    omega, thermal = 2e3, KB * SAMPLE["temperature"]
    low, high = 1e-6, 1e-1
    block = HBAR * DIFFUSIVITY / GAP
    amplitude = 2 * ME * ALPHA / block
    variance = quad(lambda x: DENSITY * thermal * (amplitude / np.cosh(x)) ** 2, 0, 40, epsrel=1e-12)[0]
    spectrum = quad(
        lambda x: 2 * np.exp(x) / (1 + (omega * np.exp(x)) ** 2) / log(high / low),
        log(low),
        log(high),
        epsrel=1e-12,
    )[0]
    area = SAMPLE["width"] * SAMPLE["length"]
    superfluid = ME / (E**2 * SQUARE_INDUCTANCE)
    expected = variance * spectrum * block**2 / area / superfluid**2
    got = fluctuator_density_noise(
        omega, **SYSTEMS, relaxation=LogUniform(low, high), **SAMPLE, convention="two-sided"
    )
    assert_allclose(got, expected, rtol=1e-10)


@pytest.mark.parametrize("energy", [0.0, 3e-25, -2e-24])
def test_one_telegraph_sums_to_its_variance(energy: float) -> None:
    """⟨(δN − ⟨δN⟩)²⟩ = 4a²p(1 − p) over both states, all of it at f > 0 where one-sided; 1/π: as printed."""
    system = {"amplitude": 3e14, "energy": energy, "temperature": 0.1, "relaxation_time": 2e-4}
    up = 1 / (1 + np.exp(2 * energy / (KB * 0.1)))
    variance = 4 * 3e14**2 * up * (1 - up)
    frequency = quad(lambda f: float(telegraph_noise(2 * pi * f, **system)), 0, np.inf, epsrel=1e-9)[0]
    assert_allclose(frequency, variance, rtol=1e-7)
    printed = 2e-4 * variance / (pi * (1 + (OMEGA * 2e-4) ** 2))
    assert_allclose(telegraph_noise(OMEGA, **system, convention="paper") / pi, printed, rtol=1e-12)


@pytest.mark.parametrize("convention", ["paper", "two-sided", "one-sided"])
def test_one_telegraph_makes_the_current_of_an_ensemble_of_one(convention: str) -> None:
    """δI = (ep̄_sξ²/mℓ_x)δÑ with δÑ = ±2mα/ξ²."""
    alpha, energy, tau, xi, momentum = -2e3, 4e-25, 3e-5, 8e-9, 5e-27
    system = {"energy": energy, "relaxation_time": tau, "temperature": 0.3, "convention": convention}
    density = telegraph_noise(OMEGA, amplitude=2 * ME * alpha / xi**2, **system)
    one = Ensemble(np.array([energy]), np.array([tau]), np.array([alpha]), np.zeros(1))
    current = ensemble_noise(
        one, OMEGA, temperature=0.3, momentum=momentum, length=3e-4, convention=convention
    )
    assert_allclose((E * momentum * xi**2 / (ME * 3e-4)) ** 2 * density, current, rtol=1e-12)


def test_printed_amplitude_is_four_pi_smaller() -> None:
    block = HBAR * DIFFUSIVITY / GAP
    density = (2 * pi / LAMBDA_F) ** 3 / (3 * pi**2)
    printed = density * THICKNESS * PATH / (HBAR * SPEED / GAP) / CONDUCTANCE**1.5
    assert_allclose(2 * ME * ALPHA / block / printed, 4 * pi, rtol=1e-12)


def test_ratio_to_equation_21_is_that_of_the_current_noise() -> None:
    """One-sided, chained, η = 4, log-uniform: 4π²/(3Λ)."""
    superfluid = ME / (E**2 * SQUARE_INDUCTANCE) / pi  # the printed form, which Γ wants
    inductance = SQUARE_INDUCTANCE * pi  # and the inductance that goes with it
    omega, current = 1e2, 3e-7
    gamma = noise_coefficient(nu=DENSITY, temperature=0.3, mean_free_path=PATH, superfluid_density=superfluid)
    volume = SAMPLE["width"] * SAMPLE["length"] * THICKNESS
    printed = one_over_f_noise(omega, gamma=gamma, bias_current=current, volume=volume)
    noise = fluctuator_density_noise(
        omega, **{**SYSTEMS, "kinetic_inductance": inductance}, relaxation=BROAD, **SAMPLE
    )
    assert_allclose(noise * current**2 / printed, 4 * pi**2 / (3 * log(1e20)), rtol=1e-8)


def test_one_over_f() -> None:
    def log_noise(x: jax.Array) -> jax.Array:
        return jnp.log(fluctuator_density_noise(jnp.exp(x), **SYSTEMS, relaxation=BROAD, **SAMPLE))

    assert_allclose(jax.grad(log_noise)(jnp.log(1e4)), -1.0, atol=1e-8)


def test_standing_wave_is_three_halves() -> None:
    """Independent slices of a λ/4 line, each weighted with sin²: Σw⁴/(Σw²)² against an even current."""
    x = (np.arange(4000) + 0.5) / 4000
    for current in (np.sin(pi * x / 2), np.sin(pi * x), np.sin(3 * pi * x / 2)):
        weight = current**2 / np.sum(current**2)
        factor = np.sum(weight**2) * 4000
        got = frequency_noise(2e-9, kinetic_fraction=0.4, profile="standing-wave")
        assert_allclose(got, factor * 0.2**2 * 2e-9, rtol=1e-6)
    even = frequency_noise(np.array([1e-9, 2e-9]), kinetic_fraction=0.4)
    assert_allclose(even, 0.04 * np.array([1e-9, 2e-9]), rtol=1e-13)
    assert frequency_noise(1.0) == 0.25


@pytest.mark.parametrize("profile", ["", "standing wave", "Uniform", None])
def test_unknown_profile_is_refused(profile: str) -> None:
    with pytest.raises(InputError, match="'uniform', 'standing-wave'") as caught:
        frequency_noise(1.0, profile=profile)
    assert "\n" not in str(caught.value)


def test_unknown_convention_is_refused() -> None:
    with pytest.raises(ValueError, match="two-sided"):
        fluctuator_density_noise(1.0, **SYSTEMS, relaxation=BROAD, **SAMPLE, convention="single")


def test_gradients_against_differences() -> None:
    values = jnp.array([1e4, DENSITY, ALPHA, SQUARE_INDUCTANCE, 0.3, 2e-6, 3e-4, 1e-6, 1e-3, 0.4])

    @jax.jit
    def log_noise(scale: jax.Array) -> jax.Array:
        omega, density, alpha, inductance, kelvin, width, length, low, high, fraction = values * scale
        noise = fluctuator_density_noise(
            omega,
            fluctuator_density=density,
            alpha=alpha,
            kinetic_inductance=inductance,
            relaxation=LogUniform(low, high),
            temperature=kelvin,
            width=width,
            length=length,
        )
        return jnp.log(frequency_noise(noise, kinetic_fraction=fraction))

    ones = jnp.ones(10)
    step = 1e-5
    shifted = [(log_noise(ones + step * e) - log_noise(ones - step * e)) / (2 * step) for e in np.eye(10)]
    assert_allclose(jax.grad(log_noise)(ones), np.array(shifted), rtol=1e-7, atol=1e-8)
    # powers: n_ε, α², L², T, 1/W, 1/ℓ, α_k²
    powers = jax.grad(log_noise)(ones)[jnp.array([1, 2, 3, 4, 5, 6, 9])]
    assert_allclose(powers, [1, 2, 2, 1, -1, -1, 2], rtol=1e-12)
