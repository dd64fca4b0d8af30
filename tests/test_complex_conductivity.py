"""σ₁ + iσ₂ by Kramers and Kronig, its limits, the tensor and the frequency shift."""

from collections.abc import Callable
from math import pi

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from tlsjax import InputError, LogNormal, LogUniform, PowerLaw, Relaxation, Single, conductivity
from tlsjax.physics.complex_conductivity import complex_conductivity, conductivity_tensor, frequency_shift

E = 1.602176634e-19
FILM = {"nu": 3.0e36, "lambda_f": 0.7e-9}
A = E**2 * FILM["nu"] * FILM["lambda_f"] ** 2
BIAS = {"omega_star": 4.0e10, "eta": 1.7}
SQUARED = 1.7 * 4e10**2
FAMILIES = [Single(1e-9), LogUniform(1e-12, 1e-5), LogNormal(1e-9, 2.0), PowerLaw(1.6, 1e-11, 1e-6)]
OMEGA = np.array([1e5, 3e7, 1e9, 2e10, 7e11])
Spectrum = Callable[[jax.Array], jax.Array]


def principal_value(difference: Callable[[jax.Array, jax.Array], jax.Array]) -> jax.Array:
    """∫₀^∞ du [g(ωe^u) − g(ωe^{−u})]/(2 sinh u) for each ω, by the midpoint rule, which never meets u = 0.

    That is ω·P∫₀^∞ g(ω')dω'/(ω'²−ω²) with ω' = ωe^{±u}.
    """
    u = jnp.arange(0.02, 60.0, 0.04)
    terms = difference(jnp.asarray(OMEGA)[:, None] * jnp.exp(u), jnp.asarray(OMEGA)[:, None] * jnp.exp(-u))
    return 0.04 * jnp.sum(terms / (2 * jnp.sinh(u)), -1)


def imaginary_from_real(real: Spectrum) -> jax.Array:
    """−(2ω/π)P∫ Re(ω')dω'/(ω'²−ω²)."""
    return -(2 / pi) * principal_value(lambda up, down: real(up) - real(down))


def real_from_imaginary(imaginary: Spectrum) -> jax.Array:
    """(2/π)P∫ ω'Im(ω')dω'/(ω'²−ω²)."""
    weighted = principal_value(lambda up, down: up * imaginary(up) - down * imaginary(down))
    return 2 / pi * weighted / OMEGA


@pytest.mark.parametrize("relaxation", FAMILIES)
def test_kramers_kronig_of_the_response_both_ways(relaxation: Relaxation) -> None:
    of = jax.jit(lambda omega: relaxation.response(omega))
    response = of(OMEGA)
    assert_allclose(imaginary_from_real(lambda w: of(w).real), response.imag, rtol=1e-9)
    assert_allclose(real_from_imaginary(lambda w: of(w).imag), response.real, rtol=1e-9)


@pytest.mark.parametrize("relaxation", FAMILIES)
def test_kramers_kronig_of_the_superflow_part_both_ways(relaxation: Relaxation) -> None:
    @jax.jit
    def part(omega: jax.Array) -> jax.Array:
        whole = complex_conductivity(omega, **FILM, **BIAS, relaxation=relaxation, angle=0.4)
        return whole - complex_conductivity(omega, **FILM, omega_star=0.0, relaxation=relaxation)

    @jax.jit
    def slow(omega: jax.Array) -> jax.Array:
        # as part, from H itself: the difference above loses digits where the dipole dominates
        along = A * SQUARED * np.cos(0.4) ** 2 / omega
        response = relaxation.response(omega)
        return along * (response.imag + 1j * (1 - response.real))

    sigma = slow(jnp.asarray(OMEGA))
    scale = jnp.abs(complex_conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation))
    assert_allclose((part(jnp.asarray(OMEGA)) - sigma) / scale, 0.0, atol=1e-12)
    # Re H is exact to 1e-13 (power law), σ₂ to that of the pole
    digits = 1e-13 * A * SQUARED / OMEGA
    found = imaginary_from_real(lambda w: slow(w).real)
    assert (abs(found - sigma.imag) < 1e-9 * sigma.imag + digits).all()
    found = real_from_imaginary(lambda w: slow(w).imag)
    assert (abs(found - sigma.real) < 1e-9 * sigma.real + digits).all()


@pytest.mark.parametrize("relaxation", FAMILIES)
def test_kramers_kronig_of_the_dipole_part_from_the_real_part(relaxation: Relaxation) -> None:
    @jax.jit
    def sigma(omega: jax.Array) -> jax.Array:
        return complex_conductivity(omega, **FILM, omega_star=0.0, relaxation=relaxation)

    got = sigma(jnp.asarray(OMEGA)).imag
    assert_allclose(imaginary_from_real(lambda w: sigma(w).real), got, rtol=1e-9)


@pytest.mark.parametrize("pole", [False, True])
@pytest.mark.parametrize("relaxation", FAMILIES)
def test_real_part_is_equation_15(relaxation: Relaxation, pole: bool) -> None:
    got = complex_conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation, angle=0.7, pole=pole)
    expected = conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation, angle=0.7)
    assert_allclose(got.real, expected, rtol=1e-15)
    assert (got.real > 0).all()


@pytest.mark.parametrize("angle", [0.0, 0.7, pi / 2])
def test_one_time_from_the_formula(angle: float) -> None:
    tau, along = 1e-9, SQUARED * np.cos(angle) ** 2
    response = 1 / (1 - 1j * OMEGA * tau)
    for pole in (False, True):
        got = complex_conductivity(OMEGA, **FILM, **BIAS, relaxation=Single(tau), angle=angle, pole=pole)
        reduced = response if pole else 1j * OMEGA * tau * response
        expected = A * (-1j / OMEGA) * (OMEGA**2 * response + along * reduced)
        assert_allclose(got / expected, np.ones(5), rtol=1e-12)


def test_log_uniform_against_mpmath() -> None:
    relaxation, omega, span = LogUniform(1e-12, 1e-5), 3e8, mp.log(mp.mpf(10) ** 7)
    with mp.workdps(30):
        edges = [mp.log(t) for t in (mp.mpf("1e-12"), mp.mpf("1e-10"), 1 / mp.mpf(omega), mp.mpf("1e-5"))]
        response = mp.quad(lambda x: 1 / (1 - 1j * omega * mp.exp(x)), edges) / span
        expected = complex(-1j / omega * (omega**2 * response + SQUARED * (response - 1)))
    got = complex_conductivity(omega, **FILM, **BIAS, relaxation=relaxation)
    assert_allclose(complex(got) / (A * expected), 1.0, rtol=1e-13)


def test_pole_is_the_static_reduction_of_the_superfluid() -> None:
    for relaxation in FAMILIES:
        with_pole, without = (
            complex_conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation, angle=0.5, pole=pole)
            for pole in (True, False)
        )
        pole = -A * SQUARED * np.cos(0.5) ** 2 / OMEGA
        assert_allclose((with_pole - without).imag, pole, rtol=1e-9)
        across = [
            complex_conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation, angle=pi / 2, pole=pole)
            for pole in (True, False)
        ]
        assert_allclose(across[0] / across[1], np.ones(5), rtol=1e-12)


def test_limits() -> None:
    """Followed: τ̄ + iω⟨τ²⟩ and a capacitance. Frozen: i/ω and ⟨1/τ⟩."""
    width, tau = 0.7, 1e-9
    relaxation = LogNormal(tau, width)
    mean, second, inverse = (tau**n * np.exp(0.5 * (n * width) ** 2) for n in (1, 2, -1))
    slow, fast = 1e6, 1e14

    def parts(omega: float) -> tuple[complex, complex]:
        dipole = complex(complex_conductivity(omega, **FILM, omega_star=0.0, relaxation=relaxation))
        given = {"omega_star": 1e6 * omega, "eta": 1.0}
        both = complex(complex_conductivity(omega, **FILM, **given, relaxation=relaxation))
        return dipole / A, both / (A * 1e12 * omega**2)

    dipole, superflow = parts(slow)
    assert_allclose([superflow.real, superflow.imag / slow], [mean, second], rtol=3e-5)
    assert_allclose([dipole.imag, dipole.real], [-slow, slow**2 * mean], rtol=1e-5)
    dipole, superflow = parts(fast)
    assert_allclose([superflow.imag, superflow.real], [1 / fast, inverse / fast**2], rtol=1e-8)
    assert_allclose(dipole.real, inverse, rtol=1e-8)


def test_slopes_of_the_dissipative_part() -> None:
    """−1 + (2/π)(1/ωτ₂ − ωτ₁) and +1 for log-uniform, 0 and +2 for one time."""

    def slope(relaxation: Relaxation, star: float, omega: float) -> float:
        def log_sigma(x: jax.Array) -> jax.Array:
            given = {"omega_star": star, "relaxation": relaxation}
            return jnp.log(complex_conductivity(jnp.exp(x), **FILM, **given).real)

        return float(jax.grad(log_sigma)(jnp.log(omega)))

    broad, omega = LogUniform(1e-12, 1.0), 1e4
    correction = (2 / pi) * (1 / omega - 1e-12 * omega)
    assert_allclose(slope(broad, 1e15, omega), -1 + correction, atol=3e-8)
    assert_allclose(slope(broad, 0.0, omega), 1 + correction, atol=3e-8)
    assert_allclose(slope(Single(1e-9), 1e15, omega), 0.0, atol=1e-9)
    assert_allclose(slope(Single(1e-9), 0.0, omega), 2.0, atol=1e-9)


@pytest.mark.parametrize("relaxation", FAMILIES)
def test_linear_in_the_squared_cosine(relaxation: Relaxation) -> None:
    angle = np.linspace(-pi, pi, 7)[:, None]
    given = {**FILM, **BIAS, "relaxation": relaxation}
    along, across = (complex_conductivity(OMEGA, **given, angle=a) for a in (0.0, pi / 2))
    got = complex_conductivity(OMEGA, **given, angle=angle)
    assert_allclose(got / (across + (along - across) * np.cos(angle) ** 2), np.ones((7, 5)), rtol=1e-11)


@pytest.mark.parametrize("part", ["dissipative", "complex"])
@pytest.mark.parametrize("pole", [False, True])
def test_tensor_seen_by_a_field(part: str, pole: bool) -> None:
    relaxation = LogUniform(1e-12, 1e-5)
    direction = np.array([0.0, 0.6, 2.1])[:, None]
    tensor = conductivity_tensor(
        OMEGA, **FILM, **BIAS, relaxation=relaxation, direction=direction, part=part, pole=pole
    )
    assert tensor.shape == (3, 5, 2, 2)
    assert_allclose(tensor, np.swapaxes(tensor, -1, -2), rtol=0)
    for field in (0.0, 0.9, pi / 2):
        unit = np.array([np.cos(field), np.sin(field)])
        seen = np.einsum("...ij,i,j->...", tensor, unit, unit)
        given = {**FILM, **BIAS, "relaxation": relaxation, "angle": field - direction}
        whole = complex_conductivity(OMEGA, **given, pole=pole)
        expected = whole if part == "complex" else whole.real
        assert_allclose(seen / expected, np.ones((3, 5)), rtol=1e-12)
    if part == "dissipative":
        assert not jnp.iscomplexobj(tensor)
        ends = [conductivity(OMEGA, **FILM, **BIAS, relaxation=relaxation, angle=a) for a in (pi / 2, 0.0)]
        expected = np.stack(ends, -1)
        scatter = np.linalg.eigvalsh(tensor) - expected
        assert (abs(scatter) < 1e-14 * expected[:, 1:]).all()


def test_tensor_without_bias_is_isotropic() -> None:
    tensor = conductivity_tensor(1e9, **FILM, omega_star=0.0, relaxation=Single(1e-9), direction=0.3)
    scalar = conductivity(1e9, **FILM, omega_star=0.0, relaxation=Single(1e-9))
    assert_allclose(tensor, scalar * np.eye(2), rtol=1e-14)


@pytest.mark.parametrize("part", ["", "Complex", "real", None])
def test_unknown_part_is_refused(part: str) -> None:
    with pytest.raises(InputError, match="'dissipative', 'complex'") as caught:
        conductivity_tensor(1e9, **FILM, omega_star=0.0, relaxation=Single(1e-9), part=part)
    assert "\n" not in str(caught.value)


def test_frequency_shift_is_that_of_the_circuit() -> None:
    """1/√(LC) with L = L_g + 1/(ω·Im(i/ωL_k + σ)) against the formula, to first order."""
    omega, kinetic, fraction = 3e10, 1e-11, 0.3
    sigma = 1e-5 / (omega * kinetic)
    changed = 1 / (omega * (1 / (omega * kinetic) + sigma))
    geometric = kinetic * (1 - fraction) / fraction
    exact = np.sqrt((geometric + kinetic) / (geometric + changed)) - 1
    got = frequency_shift(omega, sigma, kinetic_inductance=kinetic, kinetic_fraction=fraction)
    assert_allclose(got, exact, rtol=2e-5)
    assert_allclose(got, fraction / 2 * 1e-5, rtol=1e-13)
    full = frequency_shift(omega, sigma, kinetic_inductance=kinetic)
    assert_allclose(full, 0.5e-5, rtol=1e-13)


def test_frequency_shift_of_two_level_systems() -> None:
    """Followed populations lower the frequency against frozen ones by (α_k/2)L□Aηω*²; dipoles lower it."""
    tau, kinetic = 1e-9, 1e-11

    def shift(omega: float, **given: object) -> float:
        sigma = complex_conductivity(omega, **FILM, relaxation=Single(tau), **given)
        return float(frequency_shift(omega, sigma.imag, kinetic_inductance=kinetic))

    along = {"omega_star": 1e16}
    expected = 0.5 * kinetic * A * 1e32
    assert_allclose(shift(1e13, **along) - shift(1e5, **along), expected, rtol=1e-3)
    assert_allclose(shift(1e5, **along, pole=True), -expected, rtol=1e-7)
    dipole = shift(1e5, omega_star=0.0)
    assert_allclose(dipole, -0.5 * kinetic * A * 1e10, rtol=1e-7)


@pytest.mark.parametrize("pole", [False, True])
def test_gradients_against_differences(pole: bool) -> None:
    values = jnp.array([3e9, 3e36, 0.7e-9, 4e9, 1.7, 0.3, 1e-11, 1e-8])

    @jax.jit
    def parts(scale: jax.Array) -> jax.Array:
        omega, nu, lambda_f, star, eta, angle, low, high = values * scale
        sigma = complex_conductivity(
            omega,
            nu=nu,
            lambda_f=lambda_f,
            omega_star=star,
            eta=eta,
            relaxation=LogUniform(low, high),
            angle=angle,
            pole=pole,
        )
        return jnp.stack([sigma.real, sigma.imag])

    ones = jnp.ones(8)
    got = jax.jacobian(parts)(ones)
    step = 1e-5
    shifted = [(parts(ones + step * e) - parts(ones - step * e)) / (2 * step) for e in np.eye(8)]
    assert_allclose(got, np.stack(shifted, -1), rtol=1e-7, atol=1e-8 * float(jnp.max(jnp.abs(got))))


def test_gradient_without_bias_is_finite() -> None:
    def imaginary(star: float) -> jax.Array:
        return complex_conductivity(3e9, **FILM, omega_star=star, relaxation=Single(1e-9)).imag

    assert_allclose(jax.grad(imaginary)(0.0), 0.0, atol=0)
