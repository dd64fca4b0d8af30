"""Simulated telegraphs against theory: one system, then Eqs. 15 and 20 with no free factor."""

import warnings
from functools import cache
from math import cosh, exp, log, pi, sqrt, tanh

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from tlsjax import LogNormal, LogUniform, PowerLaw, Relaxation, Single, conductivity, fluctuation_dissipation
from tlsjax.data.periodogram import Periodogram, periodogram
from tlsjax.physics.ensemble import (
    Ensemble,
    ensemble_conductivity,
    ensemble_noise,
    sample_ensemble,
    sample_times,
)
from tlsjax.physics.telegraph import CurrentTrace, simulate_telegraph

E, KB, ME = 1.602176634e-19, 1.380649e-23, 9.1093837139e-31
TEMPERATURE, MOMENTUM, WIDTH, LENGTH = 0.2, 3e-28, 1e-6, 2e-5
ALPHA, DIPOLE, STEP = 4e29, 2e-29, 1e-6
FILM = {"temperature": TEMPERATURE, "momentum": MOMENTUM, "length": LENGTH}
SLOW = LogUniform(20 * STEP, 2e4 * STEP)


def one(ratio: float, tau: float, alpha: float = ALPHA, dipole: float = 0.0, count: int = 1) -> Ensemble:
    """Systems with ε/k_BT = ``ratio``."""
    values = (ratio * KB * TEMPERATURE, tau, alpha, dipole)
    return Ensemble(*(jnp.full(count, v) for v in values))


def film(key: int, expected: float, **changes: object) -> Ensemble:
    density = expected / (6.0 * KB * TEMPERATURE * WIDTH * LENGTH)
    arguments = {
        "density": density, "width": WIDTH, "length": LENGTH, "temperature": TEMPERATURE,
        "relaxation": SLOW, "superflow_coupling": ALPHA, "dipole": DIPOLE,
    }  # fmt: skip
    return sample_ensemble(jax.random.key(key), **{**arguments, **changes})


def only(ensemble: Ensemble, part: str) -> Ensemble:
    """One of the two couplings put to 0."""
    gone = "dipole" if part == "superflow" else "superflow_coupling"
    return eqx.tree_at(lambda e: getattr(e, gone), ensemble, jnp.zeros_like(getattr(ensemble, gone)))


def simulate(key: int, ensemble: Ensemble, samples: int, **changes: object) -> CurrentTrace:
    return simulate_telegraph(
        jax.random.key(key), ensemble, **{**FILM, "time_step": STEP, "samples": samples, **changes}
    )


@pytest.mark.parametrize(
    ("ratio", "tau", "chunk"),
    [
        (0.0, 1.0, 2**16), (0.3, 20.0, 2**16), (1.0, 0.5, 2**16), (-0.6, 3.0, 1),
        (1.5, 0.2, 7), (0.8, 1.0, 100),
    ],
)  # fmt: skip
def test_occupations_transitions_and_autocorrelation_of_one_system(
    ratio: float, tau: float, chunk: int
) -> None:
    samples = 20_000 if chunk == 1 else 200_000
    trace = simulate(1, one(ratio, tau * STEP, dipole=DIPOLE), samples, chunk=chunk)
    # the charge that a change of state moves tells the state at every nΔt
    state = np.cumsum(trace.dipole * STEP / (2 * DIPOLE / LENGTH)).round(6)
    assert np.unique(state).size == 2
    up = state == state.max()
    kept = exp(-1 / tau)
    p_up = 1 / (1 + exp(2 * ratio))
    error = sqrt(p_up * (1 - p_up) * (1 + kept) / (1 - kept) / samples)
    assert abs(up.mean() - p_up) < 4.5 * error
    # the chance to be found in the other state, whatever came before: exact binomials
    for now, other in ((up, 1 - p_up), (~up, p_up)):
        chance = (1 - kept) * other
        for before in (up, ~up):
            here = before[:-2] & now[1:-1]
            left = np.sum(here & (now[1:-1] != now[2:]))
            assert abs(left - chance * here.sum()) < 4.5 * sqrt(chance * (1 - chance) * here.sum()) + 1
    # means over a step: between the two states, and of this covariance
    mean = trace.superflow / (2 * E * MOMENTUM * ALPHA / LENGTH)
    assert np.all(np.abs(mean - tanh(ratio)) < 1 + 1e-9)
    variance = 1 / cosh(ratio) ** 2
    for lag in (0, 1, 2, 5, 20):
        blocks = (mean[: samples - lag] * mean[lag:])[: (samples - lag) // 40 * 40].reshape(40, -1).mean(1)
        smeared = ((1 - kept) * tau) ** 2 * kept ** (lag - 1) if lag else 2 * tau * (1 - tau * (1 - kept))
        assert abs(blocks.mean() - variance * smeared) < 4.5 * blocks.std() / sqrt(39) + 1e-12


def test_extremes_are_quiet() -> None:
    for ratio, tau in ((1e3, 1e-9), (-1e3, 1.0), (0.0, 1e30), (3.0, 1e-30), (400.0, 1e-30)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trace = simulate(2, one(ratio, tau, dipole=DIPOLE), 1000)
        assert np.all(np.isfinite(trace.total))
        if abs(ratio) > 100 or tau > 1:
            assert np.unique(trace.superflow).size == 1
            assert not np.any(trace.dipole)


def test_current_of_a_change_of_state() -> None:
    """δI = (ep̄_sξ²/mℓ_x)δÑ, δÑ = ±2mα/ξ², and charge d·Δs/ℓ_x: m and ξ have no effect."""
    mass, xi = 1.7 * ME, 11e-9
    trace = simulate(3, one(0.2, 100 * STEP, dipole=DIPOLE), 20_000)
    change = 2 * E * MOMENTUM * xi**2 / (mass * LENGTH) * 2 * mass * ALPHA / xi**2
    changed = np.flatnonzero(trace.dipole)[1:-1]
    alone = changed[1:-1][(np.diff(changed)[1:] > 2) & (np.diff(changed)[:-1] > 2)]
    assert alone.size > 30
    jump = trace.superflow[alone + 1] - trace.superflow[alone - 1]
    assert_allclose(np.abs(jump), change, rtol=1e-9)
    assert_allclose(trace.dipole[alone], np.sign(jump) * 2 * DIPOLE / LENGTH / STEP)
    # where in its step a change falls is uniform
    share = (trace.superflow[alone] - trace.superflow[alone - 1]) / jump
    assert np.all((share >= 0) & (share <= 1))
    assert abs(share.mean() - 0.5) < 4.5 / sqrt(12 * alone.size)
    assert_allclose(trace.total, trace.superflow + trace.dipole)
    assert trace.total.dtype == np.float64


def test_spectrum_of_one_system_is_lorentzian() -> None:
    tau, ratio, samples = 30 * STEP, 0.7, 2**21
    current = simulate(4, one(ratio, tau), samples).superflow
    found = periodogram(current, 1 / STEP, segments=64, bins_per_decade=5)
    x = 2 * pi * found.frequency * tau
    low = x < 6
    assert x[0] < 0.02
    carried = 2 * E * MOMENTUM * ALPHA / LENGTH
    lorentzian = 2 * carried**2 / cosh(ratio) ** 2 * 2 * tau / (1 + x**2)  # one-sided
    # one telegraph is no Gaussian process: some excess over the periodogram's own scatter
    error = 6 / np.sqrt(found.averages)
    assert np.all(np.abs(found.density / lorentzian - 1)[low] < error[low])
    assert error[low].min() < 0.06


def agrees(found: Periodogram, expected: np.ndarray) -> None:
    deviation = found.density / expected - 1
    weights = found.averages / found.averages.sum()
    assert abs(weights @ deviation) < 4 / sqrt(found.averages.sum())
    assert 0.4 < np.mean(deviation**2 * found.averages) < 1.9


@cache
def simulated() -> tuple[Ensemble, CurrentTrace]:
    ensemble = film(5, 3000.0)
    return ensemble, simulate(6, ensemble, 2**20)


@pytest.mark.parametrize("part", ["superflow", "dipole"])
def test_fluctuation_dissipation_with_no_free_factor(part: str) -> None:
    ensemble, trace = simulated()
    current = getattr(trace, part)
    found = periodogram(current, 1 / STEP, segments=40, bins_per_decade=8)
    low = 2 * pi * found.frequency * STEP < 0.15
    found = Periodogram(*(column[low] for column in found))
    sheet = ensemble_conductivity(only(ensemble, part), 2 * pi * found.frequency, width=WIDTH, **FILM)
    two_sided = 2 * KB * TEMPERATURE * np.asarray(sheet) * WIDTH / LENGTH
    assert found.averages.sum() > 1e4
    agrees(found._replace(density=found.density / 2), two_sided)


@pytest.mark.parametrize("part", ["superflow", "dipole", "total"])
def test_sampled_spectrum_at_every_frequency(part: str) -> None:
    fast = film(7, 2000.0, relaxation=LogUniform(0.05 * STEP, 1e3 * STEP), dipole=1e-22)
    # both parts alike in size
    trace = simulate(8, fast, 2**18)
    assert 0.1 < trace.dipole.std() / trace.superflow.std() < 10
    found = periodogram(getattr(trace, part), 1 / STEP, segments=64, bins_per_decade=12)
    chosen = fast if part == "total" else only(fast, part)
    agrees(found, np.asarray(ensemble_noise(chosen, 2 * pi * found.frequency, time_step=STEP, **FILM)))


@pytest.mark.parametrize("tau", [0.1, 0.7, 1.9, 2.1, 40.0])
def test_sampled_spectrum_is_the_sum_of_its_aliases(tau: float) -> None:
    ensemble = one(0.4, tau * STEP, dipole=3e-19)
    omega = np.array([1e4, 4e5, 3e6])
    alias = omega[:, None] + 2 * pi / STEP * np.arange(-40_000, 40_001)
    averaged = np.sinc(alias * STEP / 2 / pi) ** 2  # of an interval
    for part in ("superflow", "dipole"):
        lines = ensemble_noise(only(ensemble, part), alias, **FILM) * averaged
        sampled = ensemble_noise(only(ensemble, part), omega, time_step=STEP, **FILM)
        assert_allclose(lines.sum(1), sampled, rtol=3e-5)


@pytest.mark.parametrize("part", ["superflow", "dipole"])
def test_sampled_spectrum_of_slow_systems_is_that_of_continuous_time(part: str) -> None:
    for tau in (500.0, 1e5, 1e12):
        slow = only(one(0.4, tau * STEP, dipole=3e-19), part)
        got = ensemble_noise(slow, 1e3, time_step=STEP, **FILM)
        assert_allclose(got, ensemble_noise(slow, 1e3, **FILM), rtol=1e-5)


def test_fast_and_followed_systems_meet() -> None:
    """Second moments just above and below where Gaussian noise takes over."""
    for tau in (1 / 6.01, 1 / 5.99):
        trace = simulate(21, one(0.3, tau * STEP, dipole=DIPOLE, count=50), 2**17)
        mean = trace.superflow / (2 * E * MOMENTUM * ALPHA / LENGTH)
        scale = 50 / cosh(0.3) ** 2
        lags = [np.mean(mean[: mean.size - lag] * mean[lag:]) / scale for lag in (0, 1, 2, 3)]
        expected = [2 * tau * (1 - tau), tau**2, 0, 0]
        assert_allclose(lags, expected, atol=2e-3)
        changes = trace.dipole * STEP * LENGTH / DIPOLE
        lags = [np.mean(changes[: changes.size - lag] * changes[lag:]) / scale for lag in (0, 1, 2)]
        assert_allclose(lags, [2, -1, 0], atol=0.04)


@pytest.mark.parametrize("convention", ["paper", "two-sided", "one-sided"])
def test_noise_of_an_ensemble_is_that_of_its_conductivity(convention: str) -> None:
    ensemble, omega = film(9, 500.0), np.logspace(2, 9, 15)
    sheet = ensemble_conductivity(ensemble, omega, width=WIDTH, **FILM)
    noise = ensemble_noise(ensemble, omega, convention=convention, **FILM)
    conductance = sheet * WIDTH / LENGTH
    expected = fluctuation_dissipation(conductance, temperature=TEMPERATURE, convention=convention)
    assert_allclose(noise, expected, rtol=1e-12)


def test_unknown_convention_and_broadcasting() -> None:
    ensemble = film(9, 50.0)
    with pytest.raises(ValueError, match="two-sided"):
        ensemble_noise(ensemble, 1e3, convention="both", **FILM)
    grid = {**FILM, "temperature": np.array([[0.1], [0.2]])}
    omega = np.array([1e3, 1e5, 1e7])
    assert ensemble_noise(ensemble, omega, **grid).shape == (2, 3)
    got = ensemble_conductivity(ensemble, omega, width=WIDTH, **grid)
    assert_allclose(got[1], ensemble_conductivity(ensemble, omega, width=WIDTH, **FILM), rtol=1e-12)
    slope = jax.grad(lambda t: ensemble_noise(ensemble, 1e3, **{**FILM, "temperature": t}))(0.2)
    assert np.isfinite(slope)


@pytest.mark.parametrize(("orientation", "share"), [("isotropic", 1 / 3), ("aligned", 1.0)])
def test_conductivity_of_many_systems_is_equation_15(orientation: str, share: float) -> None:
    count, lambda_f, angle = 2e6, 3e-10, 0.6
    n_energy = count / (6.0 * KB * TEMPERATURE * WIDTH * LENGTH)
    ensemble = film(10, count, relaxation=LogUniform(1e-7, 1e-4), orientation=orientation)
    assert abs(ensemble.energy.size - count) < 5 * sqrt(count)
    # A = n_ε⟨d∥²⟩ and Aηω*² = 4n_ε e²⟨α²⟩p̄_s²
    amplitude = n_energy * share * DIPOLE**2
    star = sqrt(4 * n_energy / amplitude) * E * ALPHA * MOMENTUM
    omega = np.array([1e3, 1e6, 0.3 * star, 2 * star, 50 * star])
    got = ensemble_conductivity(ensemble, omega, width=WIDTH, angle=angle, **FILM)
    expected = conductivity(
        omega, nu=amplitude / (E * lambda_f) ** 2, lambda_f=lambda_f, omega_star=star,
        relaxation=LogUniform(1e-7, 1e-4), angle=angle,
    )  # fmt: skip
    # relative scatter √(4·3·⟨K²⟩/⟨K⟩²/N): a factor 4 from ε, 3 from α_s
    assert_allclose(got, expected, rtol=0.02)


CASES = [
    LogUniform(1e-9, 1e-3), LogUniform(1.0, 1.0001), LogUniform(1e-20, 1e20),
    LogNormal(1e-6, 4.0), LogNormal(1e3, 1e-3), PowerLaw(2.5, 1e-8, 1e-2), PowerLaw(0.2, 1e-8, 1e-2),
]  # fmt: skip


@pytest.mark.parametrize("relaxation", CASES, ids=lambda r: r.name)
def test_relaxation_times_follow_their_distribution(relaxation: Relaxation) -> None:
    count = 40_000
    times = np.sort(sample_times(jax.random.key(11), relaxation, (count,)))
    shares = jax.vmap(lambda t: relaxation.mass(1e-34, t))(times)
    # Kolmogorov and Smirnov: exceeded once in 1e4
    assert np.max(np.abs(shares - (np.arange(count) + 0.5) / count)) < 2.23 / sqrt(count)
    if not isinstance(relaxation, LogNormal):
        low, high = log(relaxation.tau_min), log(relaxation.tau_max)
        slack = 1e-6 * (high - low)
        assert low - slack < np.log(times[0]) < low + 0.3 * (high - low)
        assert np.log(times[-1]) < high + slack


def test_relaxation_times_that_are_all_one() -> None:
    assert_array_equal(sample_times(jax.random.key(12), Single(3e-6), (2, 3)), np.full((2, 3), 3e-6))
    with pytest.raises(ValueError, match="one set"):
        sample_times(jax.random.key(12), LogNormal(np.ones(2), 1.0), (2,))


def test_draws_are_repeatable_and_differ_with_the_key() -> None:
    ensemble = film(13, 100.0)
    assert_array_equal(ensemble.energy, film(13, 100.0).energy)
    first, again, other = (simulate(key, ensemble, 500).total for key in (1, 1, 2))
    assert_array_equal(first, again)
    assert np.any(first != other)
    legacy = simulate_telegraph(jax.random.PRNGKey(1), ensemble, time_step=STEP, samples=500, **FILM)
    assert_array_equal(legacy.total, first)


def test_double_precision_whatever_the_setting() -> None:
    ensemble = film(13, 100.0)
    expected = simulate(1, ensemble, 500).total
    with jax.enable_x64(False):
        got = simulate(1, ensemble, 500).total
    assert got.dtype == np.float64
    assert_array_equal(got, expected)


def test_no_system_no_current() -> None:
    nothing = Ensemble(*(jnp.zeros(0) for _ in range(4)))
    assert_array_equal(simulate(1, nothing, 10).total, np.zeros(10))
    assert ensemble_noise(nothing, 1.0, **FILM) == 0.0
    assert film(14, 1e-9).energy.shape == (0,)


@pytest.mark.parametrize(
    "change", [{"samples": 0}, {"temperature": -1.0}, {"time_step": 0.0}, {"chunk": 0}, {"length": np.nan}]
)
def test_arguments_that_are_not_positive(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(change))} must be"):
        simulate(1, one(0.0, STEP), **{"samples": 10, **change})
    with pytest.raises(ValueError, match="cutoff must be"):
        film(1, 10.0, cutoff=0.0)
    with pytest.raises(ValueError, match="isotropic"):
        film(1, 10.0, orientation="random")
    with pytest.raises(ValueError, match="one length"):
        Ensemble(jnp.zeros(2), jnp.zeros(2), jnp.zeros(3), jnp.zeros(2))
