"""Strong drive: harmonic balance against direct integration in time, and the closed form against it."""

from itertools import pairwise
from math import pi

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from tlsjax import InputError, LogNormal, LogUniform, Relaxation, Single, conductivity
from tlsjax.physics.drive import (
    absorbed_power,
    crossover_drive_ratio,
    drive_momentum,
    driven_conductivity,
    driven_conductivity_any_bias,
)

E, KB = 1.602176634e-19, 1.380649e-23
FILM = {"nu": 3.0e36, "lambda_f": 0.7e-9}
A = E**2 * FILM["nu"] * FILM["lambda_f"] ** 2
FAMILIES = [Single(1e-9), LogUniform(1e-12, 1e-5), LogNormal(1e-9, 2.0)]
OMEGA, TEMPERATURE, BIAS, ALPHA = 2 * pi * 5e9, 0.1, 3e-26, 4e26
"""α_s p̄_s² is a quarter of k_BT."""
DEBYE = 3.33564e-30


def system(**changes: object) -> dict[str, object]:
    """A dipole of 20 D, so that it weighs something beside the superflow."""
    return {
        "energy": 0.4 * KB * TEMPERATURE,
        "relaxation_time": 0.7 / OMEGA,
        "temperature": TEMPERATURE,
        "momentum": BIAS,
        "drive_momentum": BIAS,
        "alpha": ALPHA,
        "dipole": 20 * DEBYE,
        "angle": 0.5,
        **changes,
    }


def integrated_power(**given: float) -> float:
    """⟨ε̇n⟩ from dn/dt = −(n − n_eq(t))/τ over one period, from the value that comes back after it."""
    g = {**system(), **given}
    field = g.get("field", OMEGA * g["drive_momentum"] / E)
    thermal, turn = KB * g["temperature"], OMEGA * g["relaxation_time"]
    vector = np.array([np.cos(g["angle"]), np.sin(g["angle"])])

    def splitting(phase: float) -> float:
        momentum = np.array([g["momentum"], 0.0]) + g["drive_momentum"] * np.sin(phase) * vector
        moved = g["alpha"] * (momentum @ momentum - g["momentum"] ** 2)
        return (g["energy"] + moved - g["dipole"] * field * np.cos(phase)) / thermal

    def rate(phase: float) -> float:
        momentum = np.array([g["momentum"], 0.0]) + g["drive_momentum"] * np.sin(phase) * vector
        turned = 2 * g["alpha"] * g["drive_momentum"] * np.cos(phase) * (momentum @ vector)
        return (turned + g["dipole"] * field * np.sin(phase)) / thermal

    def motion(phase: float, y: np.ndarray) -> list[float]:
        return [-(y[0] + np.tanh(splitting(phase))) / turn, rate(phase) * y[0]]

    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14}
    after = solve_ivp(motion, (0, 2 * pi), [0.0, 0.0], **options).y[0, -1]
    start = after / -np.expm1(-2 * pi / turn)
    solution = solve_ivp(motion, (0, 2 * pi), [start, 0.0], **options).y
    assert_allclose(solution[0, -1], start, rtol=1e-9)
    return float(solution[1, -1] / (2 * pi) * OMEGA * thermal)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"energy": -0.9 * KB * TEMPERATURE, "angle": 2.5},
        {"relaxation_time": 30 / OMEGA},
        {"relaxation_time": 0.02 / OMEGA, "drive_momentum": 3 * BIAS},
        {"drive_momentum": 6 * BIAS},  # δε of some 13 k_BT
        {"alpha": -ALPHA, "drive_momentum": 4 * BIAS},
        {"momentum": 0.0, "dipole": 0.0},
        {"alpha": 0.0},
        {"angle": pi / 2, "field": 3e4},
    ],
)
def test_harmonic_balance_against_integration_in_time(given: dict[str, float]) -> None:
    got = absorbed_power(OMEGA, **system(**given))
    assert got > 0
    assert_allclose(got, integrated_power(**given), rtol=1e-9)


def weak(**given: float) -> float:
    """Section 7's closed form for one system."""
    g = {**system(), **given}
    tau, thermal, p1 = g["relaxation_time"], KB * g["temperature"], g["drive_momentum"]
    field = OMEGA * p1 / E

    def kernel(omega: float) -> float:
        return tau / (1 + (omega * tau) ** 2)

    along = 4 * (g["momentum"] * np.cos(g["angle"])) ** 2
    sigma = (g["dipole"] * OMEGA) ** 2 * kernel(OMEGA)
    sigma += (E * g["alpha"]) ** 2 * (along * kernel(OMEGA) + p1**2 * kernel(2 * OMEGA))
    return 0.5 * field**2 * sigma / np.cosh(g["energy"] / thermal) ** 2 / thermal


@pytest.mark.parametrize("energy", [0.0, 0.4, -0.4, 3.0, -12.0])
@pytest.mark.parametrize("strength", [1e-2, 1e-3, 1e-6])
@pytest.mark.parametrize("momentum", [0.0, BIAS])
def test_weak_drive_is_the_closed_form(energy: float, strength: float, momentum: float) -> None:
    given = {"energy": energy * KB * TEMPERATURE, "drive_momentum": strength * BIAS, "momentum": momentum}
    if momentum == 0.0:
        given["dipole"] = 0.0  # else the term in K(2ω) is nothing beside it
    got = absorbed_power(OMEGA, **system(**given))
    # corrections are of the order (δε/k_BT)² with a bias and δε/k_BT without: p₁² both
    assert_allclose(got, weak(**given), rtol=strength**2 + 1e-11)


def test_weak_drive_below_the_bias_is_equation_15() -> None:
    given = system(drive_momentum=1e-5 * BIAS, energy=0.0)
    field = OMEGA * given["drive_momentum"] / E
    # one system a unit area at ε = 0: A = d²/k_BT, Aηω*² = 4e²α²p̄²/k_BT
    nu = given["dipole"] ** 2 / (KB * TEMPERATURE * E**2)
    star = 2 * E * ALPHA * BIAS / given["dipole"]
    sigma = conductivity(
        OMEGA, nu=nu, lambda_f=1.0, omega_star=star, relaxation=Single(given["relaxation_time"]), angle=0.5
    )
    assert_allclose(2 * absorbed_power(OMEGA, **given) / field**2, sigma, rtol=1e-8)


@pytest.mark.parametrize("strength", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("momentum", [0.0, BIAS])
def test_flat_density_of_systems_follows_the_closed_form_at_any_drive(
    strength: float, momentum: float
) -> None:
    """∫dε tanh shifted by δε is 2δε exactly, so that no saturation is left."""
    thermal, drive = KB * TEMPERATURE, strength * BIAS
    energy, step = np.linspace(-60, 60, 961, retstep=True)
    given = system(energy=energy * thermal, drive_momentum=drive, momentum=momentum)
    total = 0.5 * jnp.sum(absorbed_power(OMEGA, **given)) * step * thermal  # n_ε = 1: half for each sign
    nu = (given["dipole"] / E) ** 2
    stars = {
        name: 2 * E * ALPHA * p / given["dipole"]
        for name, p in (("omega_star", momentum), ("omega_star_drive", drive))
    }
    relaxation = Single(given["relaxation_time"])
    sigma = driven_conductivity_any_bias(
        OMEGA, nu=nu, lambda_f=1.0, **stars, relaxation=relaxation, angle=0.5
    )
    assert_allclose(total, 0.5 * (OMEGA * drive / E) ** 2 * sigma, rtol=1e-10)


@pytest.mark.parametrize("relaxation", FAMILIES)
def test_driven_conductivity_from_the_formula(relaxation: Relaxation) -> None:
    omega = np.logspace(6, 12, 5)
    given = {**FILM, "omega_star": 4e10, "eta": 1.7, "relaxation": relaxation, "angle": 0.4}
    got = driven_conductivity(omega, **given, drive_ratio=1.3)
    along = (omega**2 + 1.7 * 4e10**2 * np.cos(0.4) ** 2) * relaxation.kernel(omega)
    expected = A * (along + 1.7 * (4e10 * 1.3 / 2) ** 2 * relaxation.kernel(2 * omega))
    assert_allclose(got, expected, rtol=1e-12)
    assert_allclose(driven_conductivity(omega, **given, drive_ratio=0.0), conductivity(omega, **given))
    other = driven_conductivity_any_bias(omega, **given, omega_star_drive=1.3 * 4e10)
    assert_allclose(got, other, rtol=1e-14)


def test_extra_term_does_not_depend_on_the_bias_or_its_direction() -> None:
    omega, relaxation = 1e8, LogUniform(1e-12, 1e-3)
    base = {**FILM, "eta": 1.7, "relaxation": relaxation}
    alone = driven_conductivity_any_bias(omega, **base, omega_star_drive=3e12)
    linear = conductivity(omega, **base, omega_star=0.0)
    for star, angle in ((1e11, 0.0), (3e12, 1.0), (3e13, pi / 2)):
        driven = driven_conductivity(omega, **base, omega_star=star, drive_ratio=3e12 / star, angle=angle)
        extra = driven - conductivity(omega, **base, omega_star=star, angle=angle)
        assert_allclose(extra, alone - linear, rtol=1e-9)


def test_crossover_is_two_and_the_root_of_eight() -> None:
    assert_allclose(crossover_drive_ratio(1e3, relaxation=Single(1e-9)), 2.0, rtol=1e-11)
    assert_allclose(crossover_drive_ratio(1e14, relaxation=Single(1e-9)), 4.0, rtol=1e-9)
    broad = LogUniform(1e-15, 1e5)
    assert_allclose(crossover_drive_ratio(1e5, relaxation=broad), np.sqrt(8), rtol=1e-9)
    for relaxation in FAMILIES:
        ratio = crossover_drive_ratio(1e8, relaxation=relaxation, angle=0.3)
        given = {**FILM, "omega_star": 1e12, "relaxation": relaxation, "angle": 0.3}
        driven = driven_conductivity(1e8, **given, drive_ratio=ratio)
        linear, dipole = (conductivity(1e8, **{**given, "omega_star": s}) for s in (1e12, 0.0))
        assert_allclose(driven - linear, linear - dipole, rtol=1e-10)


def test_slopes_under_strong_drive() -> None:
    """−1 + (2/π)(1/2ωτ₂ − 2ωτ₁) for log-uniform, 0 for one time, at given p₁ ≫ p̄_s."""

    def slope(relaxation: Relaxation, omega: float) -> float:
        def log_sigma(x: jax.Array) -> jax.Array:
            given = {**FILM, "omega_star_drive": 1e16, "relaxation": relaxation}
            return jnp.log(driven_conductivity_any_bias(jnp.exp(x), **given))

        return float(jax.grad(log_sigma)(jnp.log(omega)))

    omega = 1e4
    expected = -1 + (2 / pi) * (0.5 / omega - 2e-12 * omega)
    assert_allclose(slope(LogUniform(1e-12, 1.0), omega), expected, atol=3e-8)
    assert_allclose(slope(Single(1e-9), omega), 0.0, atol=1e-9)


def test_drive_momentum() -> None:
    assert_allclose(drive_momentum(np.array([0.0, 10.0]), 3e10), [0.0, E * 10 / 3e10], rtol=1e-14)
    # the default field is the one that the momentum implies
    implied = OMEGA * BIAS / E
    assert_allclose(drive_momentum(implied, OMEGA), BIAS, rtol=1e-14)
    both = [absorbed_power(OMEGA, **system(**given)) for given in ({}, {"field": implied})]
    assert_allclose(both[0], both[1], rtol=1e-13)


def test_power_is_even_where_symmetry_says_so() -> None:
    power = absorbed_power(OMEGA, **system())
    # both signs of ε and α_s exchanged, of the bias and the direction, of the drive
    flipped = system(energy=-0.4 * KB * TEMPERATURE, alpha=-ALPHA, dipole=-20 * DEBYE)
    assert_allclose(absorbed_power(OMEGA, **flipped), power, rtol=1e-12)
    assert_allclose(absorbed_power(OMEGA, **system(momentum=-BIAS, angle=0.5 + pi)), power, rtol=1e-12)
    assert_allclose(absorbed_power(OMEGA, **system(drive_momentum=-BIAS)), power, rtol=1e-12)
    assert absorbed_power(OMEGA, **system(drive_momentum=0.0)) == 0


def test_harmonics_converge_as_promised() -> None:
    given, power = system(drive_momentum=6 * BIAS), jax.jit(absorbed_power, static_argnames="harmonics")
    exact = power(OMEGA, **given, harmonics=2048)
    assert_allclose(power(OMEGA, **given), exact, rtol=1e-12)
    errors = [abs(power(OMEGA, **given, harmonics=h) / exact - 1) for h in (8, 16, 32, 64)]
    assert all(later < earlier / 3 for earlier, later in pairwise(errors))
    with pytest.raises(InputError, match="at least 3"):
        absorbed_power(OMEGA, **given, harmonics=2)


def test_power_broadcasts_and_compiles() -> None:
    energy, drive = np.array([0.1, 0.5]) * KB * TEMPERATURE, np.array([0.5, 1.0, 2.0])[:, None] * BIAS
    grid = absorbed_power(OMEGA, **system(energy=energy, drive_momentum=drive))
    assert grid.shape == (3, 2)
    one = absorbed_power(OMEGA, **system(energy=energy[1], drive_momentum=drive[2, 0]))
    assert one.shape == ()
    assert_allclose(grid[2, 1], one, rtol=1e-13)
    compiled = jax.jit(lambda e: absorbed_power(OMEGA, **system(energy=e)))
    assert_allclose(compiled(energy[1]), absorbed_power(OMEGA, **system(energy=energy[1])), rtol=1e-12)


@pytest.mark.parametrize("strength", [1e-4, 0.7, 5.0])
def test_gradients_of_the_power_against_differences(strength: float) -> None:
    names = (
        "energy",
        "relaxation_time",
        "temperature",
        "momentum",
        "drive_momentum",
        "alpha",
        "dipole",
        "angle",
    )
    base = system(drive_momentum=strength * BIAS)
    values = jnp.array([float(base[name]) for name in names])
    unit = absorbed_power(OMEGA, **base)

    @jax.jit
    def power(scale: jax.Array) -> jax.Array:
        given = dict(zip(names, values * scale[1:], strict=True))
        return absorbed_power(OMEGA * scale[0], **given) / unit

    ones = jnp.ones(9)
    step = 1e-5
    shifted = [(power(ones + step * e) - power(ones - step * e)) / (2 * step) for e in np.eye(9)]
    assert_allclose(jax.grad(power)(ones), np.array(shifted), rtol=1e-6, atol=1e-7)


def test_gradients_of_the_driven_conductivity_against_differences() -> None:
    values = jnp.array([3e9, 3e36, 0.7e-9, 4e9, 1.7, 1.3, 0.3, 1e-11, 1e-8])

    @jax.jit
    def log_sigma(scale: jax.Array) -> jax.Array:
        omega, nu, lambda_f, star, eta, ratio, angle, low, high = values * scale
        return jnp.log(
            driven_conductivity(
                omega,
                nu=nu,
                lambda_f=lambda_f,
                omega_star=star,
                eta=eta,
                drive_ratio=ratio,
                relaxation=LogUniform(low, high),
                angle=angle,
            )
        )

    ones = jnp.ones(9)
    step = 1e-5
    shifted = [(log_sigma(ones + step * e) - log_sigma(ones - step * e)) / (2 * step) for e in np.eye(9)]
    assert_allclose(jax.grad(log_sigma)(ones), np.array(shifted), rtol=1e-7, atol=1e-8)
