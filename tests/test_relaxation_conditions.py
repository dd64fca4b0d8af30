"""Distributions that depend on temperature, and mixtures: against mpmath, their parts and their limits."""

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from jax.typing import ArrayLike
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.density import constrain, prior_draws
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.likelihood import predict
from tlsjax.model.observation import join, observe
from tlsjax.model.points import fitted_points
from tlsjax.physics.relaxation import (
    LogNormal,
    LogUniform,
    Mixture,
    PowerLaw,
    Relaxation,
    Single,
    ThermallyActivated,
    ThermallyActivatedUniform,
    TunnellingPhonon,
    mixture_of,
)

OMEGA = np.array([1e-2, 1.0, 1e3, 1e6, 1e9, 1e11])


def of(family: Relaxation, name: str, *arguments: ArrayLike) -> jax.Array:
    """A method or a property, compiled once for a shape."""
    return compiled(family, name, *map(jnp.asarray, arguments))


@eqx.filter_jit
def compiled(family: Relaxation, name: str, *arguments: jax.Array) -> jax.Array:
    found = getattr(family, name)
    return found(*arguments) if callable(found) else found


def exact_tunnelling(rate: float, tau_max: float, temperature: float, omega: float | None) -> mp.mpc:
    """∫dx sech²x ½∫_δ¹du √(1−u)/(u − ia) with its inner integral in mpmath's own artanh; M for no ω."""
    scale = mp.mpf(rate) * (2 * mp.mpf(temperature)) ** 3

    def shortest(x: mp.mpf) -> mp.mpf:
        return mp.tanh(x) / (scale * x**3)

    edge = mp.findroot(
        lambda y: mp.log(shortest(mp.e**y) / tau_max), (mp.mpf(-25), mp.mpf(3)), solver="anderson"
    )

    def integrand(r: mp.mpf) -> mp.mpc:
        x = mp.e ** (edge + r * r)
        share = shortest(x) / tau_max
        w = mp.sqrt(1 - share) if share < 1 else mp.mpf(0)
        c = mp.sqrt(1 - 1j * (0 if omega is None else omega) * shortest(x))
        return mp.sech(x) ** 2 * (c * mp.atanh(w / c) - w) * x * 2 * r

    return mp.quad(integrand, mp.linspace(0, mp.sqrt(mp.log(1 + 25 / mp.e**edge)), 16))


@pytest.mark.parametrize("values", [(1e8, 1e-3, 0.1), (1e9, 1e-6, 1.0), (1e7, 1e2, 0.02)])
def test_tunnelling_against_mpmath(values: tuple[float, float, float]) -> None:
    family = TunnellingPhonon(*values)
    with mp.workdps(25):
        weight = exact_tunnelling(*values, None).real
        assert float(of(family, "weight")) == pytest.approx(float(weight), rel=1e-12)
        for omega in (1e-2 / values[1], 1e4, 1e10):
            exact = complex(exact_tunnelling(*values, mp.mpf(omega)) / weight)
            got = complex(of(family, "response", omega))
            assert abs(got / exact - 1) < 1e-10
            assert float(of(family, "kernel", omega)) * omega == pytest.approx(exact.imag, rel=1e-10)


def test_tunnelling_density_is_normalised_and_gives_its_mean() -> None:
    family = TunnellingPhonon(1e8, 1e-3, 0.1)
    x = np.linspace(np.log(1e-14), np.log(1e-3) - 1e-12, 20_001)
    density = np.asarray(of(family, "density", np.exp(x))) * np.exp(x)
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=1e-6)
    assert np.trapezoid(density * np.exp(x), x) == pytest.approx(float(of(family, "mean")), rel=1e-3)
    assert float(of(family, "density", 2e-3)) == 0.0


def test_tunnelling_mass_is_the_integral_of_the_density() -> None:
    family = TunnellingPhonon(1e8, 1e-3, 0.1)
    for low, high in ((1e-12, 3e-9), (1e-7, 2e-5), (1e-5, 5e-3)):
        x = np.linspace(np.log(low), min(np.log(high), np.log(1e-3) - 1e-12), 40_001)
        expected = np.trapezoid(np.asarray(of(family, "density", np.exp(x))) * np.exp(x), x)
        assert float(of(family, "mass", low, high)) == pytest.approx(expected, rel=1e-6)
    assert float(of(family, "mass", 1e-20, 1.0)) == pytest.approx(1.0, abs=1e-12)


def test_tunnelling_plateau_and_cubic_law() -> None:
    """tanδ ∝ ωK·M(T): (π/2)C where relaxation is fast, (π⁴/12)Cγ(k_BT)³/ω where it is slow (Jäckle 1972)."""
    rate, tau_max = 1e8, 1e6

    def loss(omega: float, temperature: float) -> float:
        family = TunnellingPhonon(rate, tau_max, temperature)
        return float(omega * of(family, "kernel", omega) * of(family, "weight"))

    # tanδ = 2C·ωK·M with n_ε = 2P₀L_zM
    assert 2 * loss(1e2, 1.0) == pytest.approx(np.pi / 2, rel=2e-3)
    assert 2 * loss(1e12, 0.02) == pytest.approx(np.pi**4 / 12 * rate * 0.02**3 / 1e12, rel=2e-3)


def test_gradients_are_finite_and_right() -> None:
    @jax.jit
    def level(theta: jax.Array) -> jax.Array:
        return jnp.log(TunnellingPhonon(theta[0], theta[1], 0.1).kernel(jnp.asarray(1e9)))

    theta, step = jnp.array([1e8, 1e-3]), 1e-4
    slopes = jax.grad(level)(theta) * theta
    for k in range(2):
        far = [float(level(theta.at[k].mul(np.exp(sign * step)))) for sign in (1, -1)]
        assert float(slopes[k]) == pytest.approx((far[0] - far[1]) / (2 * step), rel=1e-6, abs=1e-9)


def test_activated_barriers_are_log_normal_and_log_uniform() -> None:
    attempt, temperature = 1e-12, jnp.array([0.5, 1.0, 2.0])
    gaussian = ThermallyActivated(attempt, 10.0, 3.0, temperature)
    uniform = ThermallyActivatedUniform(attempt, 1.0, 30.0, temperature)
    for i, t in enumerate((0.5, 1.0, 2.0)):
        known = LogNormal(attempt * np.exp(10.0 / t), 3.0 / t)
        flat = LogUniform(attempt * np.exp(1.0 / t), attempt * np.exp(30.0 / t))
        w = jnp.full(3, 1e9)
        assert_allclose(of(gaussian, "kernel", w)[i], of(known, "kernel", w)[0], rtol=1e-10)
        assert_allclose(of(uniform, "response", w)[i], of(flat, "response", w)[0], rtol=1e-12)


def test_dutta_and_horn() -> None:
    """−∂lnS/∂lnω = 1 − [∂lnS/∂lnT − 2]/ln(ωτ_a) for S ∝ T·K at a broad distribution of barriers."""
    attempt, omega, temperature = 1e-13, 2 * np.pi * 10.0, 1.0

    @jax.jit
    def log_noise(log_omega: float, log_t: float) -> jax.Array:
        family = ThermallyActivated(attempt, 25.0, 12.0, jnp.exp(log_t))
        return log_t + jnp.log(family.kernel(jnp.exp(log_omega)))

    by_omega, by_t = jax.grad(log_noise, (0, 1))(np.log(omega), np.log(temperature))
    assert -float(by_omega) == pytest.approx(1 - (float(by_t) - 2) / np.log(omega * attempt), abs=0.02)


def test_mixture_of_equals_is_the_component() -> None:
    one = LogUniform(1e-9, 1e-3)
    mixed = Mixture([0.3, 0.7], (one, one))
    for method in ("kernel", "response"):
        assert_allclose(of(mixed, method, OMEGA), of(one, method, OMEGA), rtol=1e-14)
    assert_allclose(mixed.density(jnp.asarray(1e-6)), one.density(jnp.asarray(1e-6)), rtol=1e-14)
    assert_allclose([mixed.mean, mixed.mass(1e-8, 1e-5)], [one.mean, one.mass(1e-8, 1e-5)], rtol=1e-14)


def test_mixture_is_linear_in_its_components() -> None:
    parts = (LogUniform(1e-9, 1e-3), Single(1e-6), PowerLaw(1.4, 1e-9, 1e-2))
    weights = np.array([1.0, 2.0, 5.0])
    expected = sum(
        w / 8 * np.asarray(of(one, "kernel", OMEGA)) for w, one in zip(weights, parts, strict=True)
    )
    assert_allclose(of(Mixture(weights, parts), "kernel", OMEGA), expected, rtol=1e-14)


def test_a_family_made_of_families() -> None:
    family = mixture_of(LogUniform, Single, Single)
    names = [q.name for q in family.parameters()]
    assert names == [
        "log_uniform_share", "single_1_share", "log_uniform_tau_min", "log_uniform_tau_max", "single_1_tau",
        "single_2_tau",
    ]  # fmt: skip
    assert family is mixture_of(LogUniform, Single, Single)
    assert family.ordered == (("log_uniform_tau_min", "log_uniform_tau_max"),)
    made = family(0.5, 0.4, 1e-9, 1e-3, 1e-6, 1e-4)
    plain = Mixture([0.5, 0.2, 0.3], (LogUniform(1e-9, 1e-3), Single(1e-6), Single(1e-4)))
    assert_allclose(of(made, "response", OMEGA), of(plain, "response", OMEGA), rtol=1e-14)
    assert relaxation_family("log-uniform + single + single") is family
    with pytest.raises(InputError, match="did you mean 'single'"):
        relaxation_family("log_uniform+singel")


def table(**columns: object) -> tls.Spectrum:
    frequency = np.geomspace(1e8, 1e10, 4)
    return tls.Spectrum(
        {"frequency": frequency, "conductivity": np.ones(4), "conductivity_err": np.full(4, 0.1), **columns},  # type: ignore[dict-item]
        {"bias_current": 1e-5}, "mine.csv",
    )  # fmt: skip


def test_a_fit_over_temperature_uses_each_point_s_own() -> None:
    """ν(T) follows the number of systems that take part, and each point sees f(τ) at its own temperature."""
    temperature = np.array([0.05, 0.1, 0.2, 0.4])
    spectrum = table(temperature=temperature)
    model, _ = build_model([spectrum], family=TunnellingPhonon)
    (points,) = fitted_points([spectrum])
    observations = join([observe(spectrum, points, model.view)])
    values = {"amplitude": 2.0, "omega_c": 1e10, "rate": 1e8, "tau_max": 1e-3}
    arrays = {name: jnp.asarray(x) for name, x in values.items()}
    got = jax.jit(lambda: predict(model, arrays, observations).mean)()
    middle = TunnellingPhonon(1e8, 1e-3, np.sqrt(0.05 * 0.4))
    for i, t in enumerate(temperature):
        omega = 2 * np.pi * spectrum.columns["frequency"][i]
        own = TunnellingPhonon(1e8, 1e-3, t)
        weight = of(own, "weight") / of(middle, "weight")
        expected = 2.0 * (omega**2 + 1e20) * float(of(own, "kernel", omega) * weight)
        assert float(got[i]) == pytest.approx(expected, rel=1e-12)


def test_a_family_that_needs_a_temperature_says_so() -> None:
    with pytest.raises(InputError, match=r"^mine\.csv: tunnelling_phonon depends on 'temperature'"):
        build_model([table()], family=TunnellingPhonon)


def test_a_share_stays_between_0_and_1() -> None:
    family = relaxation_family("log_uniform+single")
    model, _ = build_model([table()], family=family)
    assert model.priors["log_uniform_share"].kind == "uniform"
    for bad in (tls.prior.LogNormal(0.5, 2.0), tls.prior.Uniform(0.0, 2.0)):
        with pytest.raises(InputError, match="between 0 and 1"):
            build_model([table()], family=family, priors={"log_uniform_share": bad})


def test_barriers_keep_their_order() -> None:
    """V₂ is drawn from its prior above V₁, as any parameter that must exceed another."""
    model, _ = build_model([table(temperature=np.full(4, 0.3))], family=tls.ThermallyActivatedUniform)
    values, z = prior_draws(jax.random.key(0), model, 2000)
    assert (np.asarray(values["barrier_max"]) > np.asarray(values["barrier_min"])).all()
    back = constrain(z[0], model)
    for name in ("barrier_min", "barrier_max"):
        assert_allclose(back[name], values[name][0], rtol=1e-9)


def test_uniform_barriers_far_above_temperature_are_finite() -> None:
    """τ_a e^{V/T} beyond all numbers: K is that of cut-offs at 0 and ∞ over their true distance in ln τ."""
    cold = tls.ThermallyActivatedUniform(1e-12, 5.0, 3000.0, 0.1)
    omega = np.array([1e-20, 1e3, 1e9])
    expected = np.arctan2(1.0, omega * 1e-12 * np.exp(50.0)) / (omega * 29950.0)
    assert_allclose(cold.kernel(omega), expected, rtol=1e-9)
    slope = jax.grad(lambda v: tls.ThermallyActivatedUniform(1e-12, 5.0, v, 0.1).kernel(1e3))(3000.0)
    assert_allclose(slope, -expected[1] / 2995.0, rtol=1e-9)
    assert np.isinf(float(cold.mean))
