"""Two-level systems of dielectrics against mpmath, quadrature over single systems, and limits."""

from math import pi
from typing import Any

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from tlsjax import InputError, TunnellingPhonon
from tlsjax.physics.conductivity import biased_broad_limit, unbiased_broad_limit
from tlsjax.physics.relaxation import LogUniform
from tlsjax.physics.resonant_tls import (
    SaturationForm,
    critical_number_lifetimes,
    critical_number_power,
    digamma_excess,
    film_resonant_dissipation,
    film_resonant_reaction,
    phonon_loss,
    phonon_shift,
    resonant_loss,
    resonant_shift,
    saturation,
)

HBAR, KB = 6.62607015e-34 / (2 * pi), 1.380649e-23
OMEGA = 2 * pi * 5e9
KELVIN = HBAR * OMEGA / KB
"""Temperature of a photon."""


def test_resonant_loss_of_systems_one_by_one() -> None:
    """The golden rule summed over u, against tanδ₀ = πP₀d² (d along the field, ε = 1)."""
    # systems P₀dE du/(2u√(1−u)), coupled by √u: absorbed power over ωE²/2, u = sin²φ
    strength, _ = quad(lambda phi: pi * np.sin(phi), 0, pi / 2)
    for temperature in (0.01, 0.1, 3.0):
        boltzmann = np.exp(-HBAR * OMEGA / (KB * temperature))
        expected = 1e-4 * strength / pi * (1 - boltzmann) / (1 + boltzmann) * 0.3
        got = resonant_loss(OMEGA, temperature=temperature, loss_tangent=1e-4, saturation=0.3)
        assert_allclose(got, expected, rtol=1e-12)


def test_digamma_against_mpmath() -> None:
    y = np.logspace(-8, 6, 15)
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(digamma_excess)))(y)
    with mp.workdps(40):
        for point, got, got_slope in zip(y, value, slope, strict=True):
            z = mp.mpc(0.5, point)
            expected = mp.re(mp.psi(0, z)) - mp.log(mp.mpf(float(point)))
            assert abs(got - float(expected)) < 1e-14 * max(1.0, abs(float(expected)))
            assert_allclose(got, float(expected), rtol=1e-12)
            assert_allclose(got_slope, float(-mp.im(mp.psi(1, z)) - 1 / mp.mpf(float(point))), rtol=1e-12)


def test_shift_has_its_known_zero_and_minimum() -> None:
    def shift(x: float) -> float:
        """At ħω = xk_BT."""
        return float(resonant_shift(OMEGA, temperature=KELVIN / x, loss_tangent=1.0))

    assert_allclose(brentq(shift, 0.5, 2), 1.119, atol=5e-4)
    least = minimize_scalar(shift, bounds=(1.5, 4), method="bounded", options={"xatol": 1e-7})
    assert_allclose([least.x, least.fun], [2.2685, -0.0661], atol=5e-5)
    assert_allclose(shift(1e-5) - shift(1e-4), np.log(10) / pi, rtol=1e-7)
    assert_allclose(shift(1e4), -((2 * pi / 1e4) ** 2) / (24 * pi), rtol=1e-6)


def test_shift_is_the_hilbert_transform_of_the_loss() -> None:
    """δε′ between temperatures, from the loss at all frequencies by Kramers and Kronig."""
    cold, warm = 0.1, 0.4

    def change(x: float) -> float:
        """tanh(ħω′/2k_BT) between both, ω′ = xω."""
        return float(np.tanh(x * KELVIN / (2 * warm)) - np.tanh(x * KELVIN / (2 * cold)))

    # δε′/ε = (2/π)∫dx x δtanδ(x)/(x² − 1), principal value: the pole taken out by 1/(x² − 1) over (0, 2)
    near, _ = quad(lambda x: (x * change(x) / (x + 1) - change(1) / 2) / (x - 1), 0, 2, points=[1], limit=200)
    far, _ = quad(lambda x: x * change(x) / (x**2 - 1), 2, np.inf, limit=200)
    permittivity = 2 / pi * (near + far)
    shifts = resonant_shift(OMEGA, temperature=np.array([cold, warm]), loss_tangent=1.0)
    assert_allclose(shifts[1] - shifts[0], -0.5 * permittivity, rtol=1e-8)


@pytest.mark.parametrize(("form", "exponent"), [("A", 1.0), ("A", 1.7), ("B", 1.0), ("B", 0.6)])
@pytest.mark.parametrize("spread", [0.3, 2.0, 3.0])
def test_spread_saturation_against_quadrature(form: SaturationForm, exponent: float, spread: float) -> None:
    ratio = np.array([1e-3, 1.0, 30.0, 1e4])
    got = saturation(ratio, exponent=exponent, form=form, spread=spread)
    for point, value in zip(ratio, got, strict=True):

        def kept(z: float, r: float = point) -> float:
            r = r * np.exp(spread * z)
            bare = (1 + r) ** (-exponent / 2) if form == "A" else 1 / np.sqrt(1 + r**exponent)
            return float(bare * np.exp(-z * z / 2) / np.sqrt(2 * pi))

        assert_allclose(
            value, quad(kept, -9, 9, epsrel=1e-12, limit=400)[0], rtol=1e-7 if spread > 2 else 1e-10
        )


def test_saturation() -> None:
    ratio = np.array([0.0, 1e-9, 1.0, 1e8])
    assert_allclose(saturation(ratio), saturation(ratio, form="A"), rtol=1e-15)
    assert_allclose(saturation(ratio[[0, 2]]), [1.0, 1 / np.sqrt(2)], rtol=1e-15)
    for form in ("A", "B"):
        assert_allclose(saturation(1e12, exponent=0.8, form=form), 1e12**-0.4, rtol=1e-9)
        assert_allclose(saturation(2.0, form=form, spread=1e-6), saturation(2.0, form=form), rtol=1e-11)
        slopes = jax.grad(lambda r, b, form=form: saturation(r, exponent=b, form=form), (0, 1))(0.0, 0.7)
        assert np.all(np.isfinite(slopes))
    with pytest.raises(InputError, match="'C' is none of 'A', 'B'"):
        saturation(1.0, form="C")  # type: ignore[arg-type]


def test_critical_number() -> None:
    got = critical_number_power(np.array([0.1, 0.2]), number=30.0, exponent=3.0, reference_temperature=0.1)
    assert_allclose(got, [30.0, 240.0], rtol=1e-14)
    form = {"number": 30.0, "exponent": 2.0, "dephasing_temperature": 0.5}
    assert_allclose(critical_number_lifetimes(OMEGA, temperature=1e-4, **form), 15.0, rtol=1e-6)
    coth = 1 / np.tanh(KELVIN / (2 * 1.5))
    assert_allclose(
        critical_number_lifetimes(OMEGA, temperature=1.5, **form), 30 * coth * (coth / 2 + 9), rtol=1e-13
    )


def test_inside_the_film_relaxation_is_half_of_resonance() -> None:
    """The broad limits of Eqs. 18 and 19 with the same P₀ are half of the resonant absorption at T = 0."""
    nu, lambda_f, star, eta = 1e36, 1e-9, 3e11, 4.0
    tau = LogUniform(1e-18, 1e-3)
    film = {
        "amplitude": (1.602176634e-19 * lambda_f) ** 2 * nu, "log_span": np.log(1e15), "temperature": 1e-3,
    }  # fmt: skip
    biased = film | {"omega_c_squared": eta * star**2}
    bare = 2 * unbiased_broad_limit(OMEGA, nu=nu, lambda_f=lambda_f, relaxation=tau)
    superflow = 2 * biased_broad_limit(
        OMEGA, nu=nu, lambda_f=lambda_f, omega_star=star, eta=eta, relaxation=tau
    )
    assert_allclose(film_resonant_dissipation(OMEGA, **film), bare, rtol=1e-12)
    assert_allclose(film_resonant_dissipation(OMEGA, **biased), bare + superflow, rtol=1e-12)
    across = film_resonant_dissipation(OMEGA, **biased, angle=pi / 2, saturation=0.2)
    assert_allclose(across, 0.2 * bare, rtol=1e-12)


def test_inside_the_film_shift_and_loss_go_together() -> None:
    film = {"amplitude": 2e-20, "log_span": 30.0, "temperature": 0.3, "omega_c_squared": 4e22, "angle": 0.4}
    loss = resonant_loss(OMEGA, temperature=0.3, loss_tangent=1.0)
    shift = resonant_shift(OMEGA, temperature=0.3, loss_tangent=1.0)
    # with tanδ₀ = 1 the loss is α_kωL□σ₁ and the shift half of α_kωL□δσ₂
    ratio = 0.5 * film_resonant_reaction(OMEGA, **film) / film_resonant_dissipation(OMEGA, **film)
    assert_allclose(ratio, shift / loss, rtol=1e-12)


def test_relaxation_of_all_asymmetries() -> None:
    """½∫₀¹du √(1−u)/(u − ia) = c artanh(1/c) − 1, which the next test's reference rests on."""
    for a in (1e-2, 0.7, 40.0):
        # u = 1 − v²
        real, imaginary = (
            quad(lambda v, a=a, part=part: getattr(v * v / (1 - v * v - 1j * a), part), 0, 1, limit=200)[0]
            for part in ("real", "imag")
        )
        c = np.sqrt(1 - 1j * a)
        assert_allclose(c * np.arctanh(1 / c) - 1, real + 1j * imaginary, rtol=1e-8)


def relaxation_reference(turn: mp.mpf) -> mp.mpc:
    """∫dx sech²x [c artanh(1/c) − 1], c² = 1 − iωτ_min, ωτ_min = turn·tanh(x)/x³."""

    def over_splittings(log_x: mp.mpf) -> mp.mpc:
        x = mp.exp(log_x)
        c = mp.sqrt(1 - 1j * turn * mp.tanh(x) / x**3)
        return x * mp.sech(x) ** 2 * (c * mp.atanh(1 / c) - 1)

    middle = mp.log(turn) / 2
    ends = sorted({mp.mpf(e) for e in (-16, -8, -4, -2, 0, 1, 3)} | {middle - 1, middle + 1})
    return mp.quad(over_splittings, [e for e in ends if e <= 3], maxdegree=6)


@pytest.mark.parametrize("turn", [1e-4, 0.3, 1e3])
def test_relaxation_against_mpmath(turn: float) -> None:
    temperature, tangent = 0.7, 2e-4

    def both(rate: jax.Array) -> tuple[jax.Array, jax.Array]:
        known = {"temperature": temperature, "loss_tangent": tangent, "rate": rate}
        return phonon_loss(OMEGA, **known), phonon_shift(OMEGA, **known)

    rate = jnp.asarray(OMEGA / (turn * (2 * temperature) ** 3))
    (loss, shift), slopes = jax.jit(lambda r: jax.jvp(both, (r,), (r,)))(rate)
    with mp.workdps(25):
        step = mp.mpf("1e-4")
        low, middle, high = (complex(relaxation_reference(turn * mp.exp(k * step))) for k in (-1, 0, 1))
    slope = (low - high) / 2e-4
    assert_allclose([loss, shift], [2 / pi * tangent * middle.imag, -tangent / pi * middle.real], rtol=1e-10)
    assert_allclose(slopes, [2 / pi * tangent * slope.imag, -tangent / pi * slope.real], rtol=1e-7)


def test_relaxation_plateau_and_low_temperatures() -> None:
    known: dict[str, Any] = {"loss_tangent": 3e-4, "rate": 1e8}
    assert_allclose(phonon_loss(1.0, temperature=30.0, **known), 1.5e-4, rtol=1e-6)
    cold = np.array([0.003, 0.006])
    expected = 3e-4 * pi**3 * 1e8 * cold**3 / (12 * OMEGA)
    assert_allclose(phonon_loss(OMEGA, temperature=cold, **known), expected, rtol=1e-6)
    # slopes against ln T on the plateau: 1 from resonance, −3/2 from relaxation
    warm = np.array([20.0, 40.0])
    for function, extra, slope in ((resonant_shift, {}, 1.0), (phonon_shift, {"rate": 1e8}, -1.5)):
        shifts = function(1.0, temperature=warm, loss_tangent=1.0, **extra)
        assert_allclose((shifts[1] - shifts[0]) / np.log(2), slope / pi, rtol=1e-4)


def test_relaxation_is_that_of_the_family() -> None:
    """The same as a distribution f(τ) that reaches very slow systems."""
    temperature = np.array([0.1, 1.0, 8.0])

    @jax.jit
    def unnormalised(temperature: jax.Array) -> jax.Array:
        family = TunnellingPhonon(2e8, 1e13 / OMEGA, temperature)
        return family.weight * family.response(OMEGA)

    response = unnormalised(temperature)
    known = {"temperature": temperature, "loss_tangent": 1.0, "rate": 2e8}
    assert_allclose(phonon_loss(OMEGA, **known), 2 / pi * response.imag, rtol=1e-8)
    assert_allclose(phonon_shift(OMEGA, **known), -response.real / pi, rtol=1e-8)


def test_compiled_mapped_and_differentiated() -> None:
    def loss(log_values: jax.Array, temperature: jax.Array) -> jax.Array:
        tangent, n, number, rate, spread = jnp.exp(log_values)
        critical = critical_number_lifetimes(
            OMEGA, temperature=temperature, number=number, exponent=2.5, dephasing_temperature=0.4
        )
        kept = saturation(n / critical, exponent=0.9, spread=spread)
        return resonant_loss(
            OMEGA, temperature=temperature, loss_tangent=tangent, saturation=kept
        ) + phonon_loss(OMEGA, temperature=temperature, loss_tangent=tangent, rate=rate)

    at, temperature = jnp.log(jnp.array([1e-4, 1e3, 20.0, 1e8, 0.8])), jnp.array([0.05, 0.5, 2.0])
    values = jax.jit(jax.vmap(loss, (None, 0)))
    slopes = jax.jit(jax.vmap(jax.grad(loss), (None, 0)))(at, temperature)
    ends = [(values(at + 1e-4 * e, temperature), values(at - 1e-4 * e, temperature)) for e in jnp.eye(5)]
    moved = np.array([(up - down) / 2e-4 for up, down in ends]).T
    assert_allclose(slopes, moved, rtol=1e-6, atol=1e-13)


def test_what_a_fit_takes_is_close_enough() -> None:
    ratio, spread = np.geomspace(1e-8, 1e10, 60)[:, None], np.array([0.3, 1.0, 2.0, 3.0])
    for exponent in (0.3, 1.0):
        known = {"exponent": exponent, "form": "A", "spread": spread}
        assert_allclose(
            saturation(ratio, accuracy="fit", **known) / saturation(ratio, **known), 1.0, atol=2e-5
        )
    temperature = np.geomspace(0.01, 10, 20)[:, None]
    known = {"temperature": temperature, "loss_tangent": 1.0, "rate": np.geomspace(1e5, 1e11, 7)}
    for function in (phonon_loss, phonon_shift):
        quick, full = function(5e10, accuracy="fit", **known), function(5e10, **known)
        assert_allclose(quick, full, atol=1e-8)
