"""One two-level system, Eqs. 1–7, against numpy's diagonalisation and Boltzmann's distribution."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pint
import pytest
from jax.typing import ArrayLike
from numpy.testing import assert_allclose
from scipy.integrate import quad

from tlsjax.errors import InputError
from tlsjax.physics import two_level as tl

E, HBAR, K_B = 1.602176634e-19, 1.054571817646156e-34, 1.380649e-23
KELVIN = K_B  # energies in J, written in kelvin
POINTS = [(0.3, 0.1), (-0.3, 0.1 + 0.2j), (0.0, -0.4j), (1e-9, 2.0), (0.7, 0.0), (-0.7, 0.0), (-5.0, 1e-6j)]


@pytest.mark.parametrize(("epsilon", "t"), POINTS)
def test_energies_and_states_are_those_of_numpy(epsilon: float, t: complex) -> None:
    epsilon, t = epsilon * KELVIN, t * KELVIN
    matrix = np.array([[epsilon, t], [np.conj(t), -epsilon]])
    assert_allclose(tl.hamiltonian(epsilon, t), matrix, rtol=0)
    expected, vectors = np.linalg.eigh(matrix / KELVIN)
    assert_allclose(np.array(tl.energies(epsilon, t)) / KELVIN, expected, rtol=1e-13)
    assert_allclose(tl.full_splitting(epsilon, t) / KELVIN, expected[1] - expected[0], rtol=1e-13)
    states = np.asarray(tl.eigenstates(epsilon, t))
    assert_allclose(states.conj().T @ states, np.eye(2), atol=1e-15)
    assert_allclose(matrix / KELVIN @ states, states * expected, atol=1e-14 * expected[1])
    assert_allclose(np.abs(np.diag(states.conj().T @ vectors)), 1.0, rtol=1e-12)  # up to a phase


def test_arrays_broadcast() -> None:
    epsilon, t = np.array([0.1, -0.2, 0.3])[:, None] * KELVIN, np.array([0.05, 0.1j]) * KELVIN
    assert tl.hamiltonian(epsilon, t).shape == tl.eigenstates(epsilon, t).shape == (3, 2, 2, 2)
    upper = np.linalg.eigvalsh(np.asarray(tl.hamiltonian(epsilon, t)) / KELVIN)[..., 1]
    assert_allclose(tl.half_splitting(epsilon, t) / KELVIN, upper, rtol=1e-13)


def test_derivatives_of_the_energy() -> None:
    epsilon, t = 0.3, 0.4
    first = jax.grad(tl.half_splitting, argnums=(0, 1))(epsilon, t)
    assert_allclose(first, (0.6, 0.8), rtol=1e-14)
    # no tunnelling: ∂²E/∂t² = 1/|ε|, level repulsion
    second = jax.grad(jax.grad(tl.half_splitting, argnums=1), argnums=1)(-epsilon, 0.0)
    assert_allclose(second, 1 / epsilon, rtol=1e-14)
    # the longitudinal matrix element of the upper state is dE/dε = ε/E
    upper = np.asarray(tl.eigenstates(epsilon, t))[:, 1]
    assert_allclose(np.real(upper.conj() @ np.diag([1, -1]) @ upper), first[0], rtol=1e-14)


@pytest.mark.parametrize(("epsilon", "t"), POINTS)
@pytest.mark.parametrize("temperature", [0.02, 1.0, 30.0])
def test_thermal_averages_from_the_density_matrix(epsilon: float, t: complex, temperature: float) -> None:
    matrix = np.array([[epsilon, t], [np.conj(t), -epsilon]])
    values, vectors = np.linalg.eigh(matrix)
    weights = np.exp(-(values - values[0]) / temperature)
    weights /= weights.sum()
    lower, upper = tl.level_populations(epsilon * KELVIN, t * KELVIN, temperature=temperature)
    assert_allclose((lower, upper), weights, rtol=1e-11)
    density = vectors @ np.diag(weights) @ vectors.conj().T
    expected = np.real(density[0, 0] - density[1, 1])
    got = tl.polarisation(epsilon * KELVIN, tunnelling=t * KELVIN, temperature=temperature)
    assert_allclose(got, expected, rtol=1e-11, atol=1e-15)


def test_wells_without_tunnelling() -> None:
    epsilon = np.linspace(-2, 2, 9) * KELVIN
    up = tl.well_population(epsilon, temperature=0.7)
    assert_allclose(up, 1 / (1 + np.exp(2 * epsilon / (K_B * 0.7))), rtol=1e-14)
    mean = tl.polarisation(epsilon, temperature=0.7)
    assert_allclose(mean, 2 * up - 1, atol=1e-15)  # s = +1 in the well at +ε
    assert_allclose(mean, -np.tanh(epsilon / (K_B * 0.7)), rtol=1e-14)
    near = tl.polarisation(epsilon, temperature=0.7, tunnelling=1e-5 * KELVIN)
    assert_allclose(near, mean, atol=1e-9)
    assert_allclose(tl.polarisation(0.0, temperature=0.7, tunnelling=0.0), 0.0, atol=0)
    slope = jax.grad(lambda x: tl.polarisation(x, temperature=0.7, tunnelling=0.0))(0.0)
    assert_allclose(slope, -1 / (K_B * 0.7), rtol=1e-12)


def test_thermal_weight_is_the_slope_and_normalised() -> None:
    temperature = 0.7
    for epsilon in (-3.0, -0.4, 1e-3, 2.0):
        slope = jax.grad(lambda x: -tl.polarisation(x * KELVIN, temperature=temperature))(epsilon)
        weight = tl.thermal_weight(epsilon * KELVIN, temperature=temperature) * KELVIN
        assert_allclose(weight, slope, rtol=1e-9)
    total, _ = quad(
        lambda x: float(tl.thermal_weight(x * KELVIN, temperature=temperature)) * KELVIN, 0, 20, epsabs=1e-13
    )
    assert_allclose(total, 1.0, rtol=1e-12)
    assert tl.thermal_weight(1e6 * KELVIN, temperature=0.01) == 0.0


def field_and_system() -> dict[str, np.ndarray]:
    return {
        "dipole": np.array([1.0, -2.0, 0.5]) * 3.33564e-30,
        "momentum": np.array([3.0, 1.0, 0.0]) * 1e-27,
        "alpha": np.array(2.0e28),
    }


def modulation(form: Callable[[float], ArrayLike], omega: float) -> complex:
    """δε_ω of δε(t) = Re(δε_ω e^{−iωt}), by Fourier sums over a period."""
    times = np.arange(32) * 2 * np.pi / omega / 32
    values = np.array([float(jnp.asarray(form(time))) for time in times])
    return complex(np.sum(values * np.exp(1j * omega * times)) / 16)


def test_coupling_is_the_linearised_time_dependent_shift() -> None:
    omega, system = 2 * np.pi * 5e9, field_and_system()
    field = np.array([0.3 + 0.1j, -0.2, 0.05j])  # p₁ ≳ p̄_s: the fundamental is exact at any drive

    def shift(time: float) -> jax.Array:
        turn = np.exp(-1j * omega * time)
        flow = system["momentum"] + np.real(1j * E / omega * field * turn)
        return tl.dipole_shift(np.real(field * turn), system["dipole"]) + tl.superflow_shift(
            flow, system["alpha"]
        )

    exact = complex(tl.coupling(field, omega, **system))
    assert_allclose(exact, modulation(shift, omega), rtol=1e-9)
    # the printed Eq. 7 has half of the superflow's share
    printed = complex(tl.coupling(field, omega, **system, form="printed"))
    dipole = -system["dipole"] @ field
    assert_allclose(exact - dipole, 2 * (printed - dipole), rtol=1e-12)
    formula = -(system["dipole"] - 1j * E / omega * system["alpha"] * system["momentum"]) @ field
    assert_allclose(printed, formula, rtol=1e-13)


def test_coupling_without_bias_and_across_it() -> None:
    system = field_and_system()
    across = np.array([1.0, -3.0, 0.0])
    assert_allclose(tl.coupling(across, 1e10, **system), -across @ system["dipole"], rtol=1e-13)
    still = {**system, "momentum": np.zeros(3)}
    field = np.array([1.0, 2.0, 3.0])
    assert_allclose(tl.coupling(field, 1e10, **still), tl.dipole_shift(field, system["dipole"]), rtol=1e-15)
    # ω below which the superflow wins over the dipole: 2eα_s p̄_s/d
    omega = np.array([1e8, 1e9])
    along = tl.coupling(np.ones((2, 1)), omega, dipole=[0.0], alpha=1e28, momentum=[1e-27])
    assert_allclose(along, 2j * E * 1e28 * 1e-27 / omega, rtol=1e-14)


def test_momentum_from_phase_and_field() -> None:
    chi, potential = np.array([1e7, 0.0]), np.array([0.0, 2e-9])
    assert_allclose(tl.phase_momentum(chi, potential), [HBAR * 1e7 / 2, -E * 2e-9], rtol=1e-12)
    # ṗ_s = eE with E = −∂A/∂t
    rate = jax.jacfwd(lambda time: tl.phase_momentum(chi, potential - 0.7 * time))(0.0)
    assert_allclose(rate, E * 0.7 * np.ones(2), rtol=1e-12)
    assert_allclose(tl.momentum_amplitude([2.0], 3e9), [2j * E / 3e9], rtol=1e-14)


def test_dimensions() -> None:
    u = pint.UnitRegistry()
    charge, field, omega = 1 * u.elementary_charge, 1 * u.V / u.m, 1 / u.s
    momentum = charge * field / omega
    assert momentum.check("[mass] * [length] / [time]")
    assert (momentum**2 / u.kg).check("[energy]")
    assert (u.C * u.m * field).check("[energy]")
    got = complex(tl.momentum_amplitude([1.0], 1.0)[0])
    assert_allclose(got, 1j * momentum.to("kg m/s").magnitude, rtol=1e-12)


def test_gradients_against_differences() -> None:
    system = field_and_system()

    def size(scale: jax.Array) -> jax.Array:
        value = tl.coupling(
            jnp.array([1.0, 0.5, 0.0]),
            1e10 * scale[0],
            dipole=system["dipole"] * scale[1],
            alpha=system["alpha"] * scale[2],
            momentum=system["momentum"] * scale[3],
        )
        return jnp.abs(value / 1e-29) ** 2

    one = jnp.ones(4)
    steps = 1e-5 * jnp.eye(4)
    expected = [(size(one + step) - size(one - step)) / 2e-5 for step in steps]
    assert_allclose(jax.grad(size)(one), expected, rtol=1e-8)


def test_unknown_form_is_refused() -> None:
    with pytest.raises(InputError, match="'half' is none of 'exact', 'printed'"):
        tl.coupling([1.0], 1e9, dipole=[0.0], alpha=1.0, momentum=[0.0], form="half")
