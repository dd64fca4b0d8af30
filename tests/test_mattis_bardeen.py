"""Gap and Mattis–Bardeen integrals against the Matsubara sum, mpmath's quadrature and closed forms."""

from math import pi

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ellipe, ellipk, i0e, k0e

from tlsjax.physics.mattis_bardeen import (
    Accuracy,
    gap_share,
    mattis_bardeen,
    quasiparticle_loss,
    quasiparticle_shift,
    superconducting_gap,
)

HBAR, KB = 6.62607015e-34 / (2 * pi), 1.380649e-23
CRITICAL = 9.2
GAP = 1.764 * KB * CRITICAL


COMPILED = jax.jit(lambda omega, t: mattis_bardeen(omega, temperature=t, critical_temperature=CRITICAL))


def matsubara_residual(share: float, t: float) -> float:
    """ln t + Σ_n {1/(n+½) − 1/√[(n+½)² + (Δ/2πk_BT)²]}, 0 at the solution: no integral over energies."""
    strength = (share * pi * mp.exp(-mp.euler) / (2 * pi * t)) ** 2
    half = mp.mpf(1) / 2
    return float(
        mp.log(t) + mp.nsum(lambda n: 1 / (n + half) - 1 / mp.sqrt((n + half) ** 2 + strength), [0, mp.inf])
    )


@pytest.mark.parametrize("t", [0.3, 0.6, 0.95, 0.9999])
def test_gap_solves_the_gap_equation(t: float) -> None:
    share = float(gap_share(t * CRITICAL, CRITICAL))
    # d residual/d ln Δ = 2(1 − t) near T_c
    assert abs(matsubara_residual(share, t)) < 1e-11 * (1 - t)


def test_gap_at_both_ends() -> None:
    t = np.array([0.0, 1e-3, 0.0199, 0.0201, 0.1, 1.0, 1.2])
    ratio = float(pi * np.exp(-np.euler_gamma))
    expected = [1.0, 1.0, 1.0, 1.0, 1 - np.sqrt(2 * pi * 0.1 / ratio) * np.exp(-ratio / 0.1), 0.0, 0.0]
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(gap_share), (0, None)))(t, 1.0)
    assert_allclose(value, expected, atol=2e-9)
    assert np.all(np.isfinite(slope))
    assert_allclose(np.asarray(slope)[[0, 1, -2, -1]], 0.0, atol=0)
    near = gap_share(1 - 1e-9, 1.0)
    assert_allclose(near, np.sqrt(8 / (7 * float(mp.zeta(3)))) * pi / ratio * 1e-9**0.5, rtol=1e-7)
    joules = superconducting_gap(0.0, critical_temperature=CRITICAL, gap_ratio=2.0)
    assert_allclose(joules, 2 * KB * CRITICAL, rtol=1e-15)


def test_gap_derivatives() -> None:
    for t in (0.2, 0.5, 0.9):
        # dlnΔ/dlnt from the slopes of the Matsubara sum in both
        share, h = float(gap_share(t, 1.0)), 1e-5
        by_gap = (matsubara_residual(share * (1 + h), t) - matsubara_residual(share * (1 - h), t)) / (2 * h)
        by_t = (matsubara_residual(share, t * (1 + h)) - matsubara_residual(share, t * (1 - h))) / (2 * h)
        assert_allclose(jax.grad(gap_share)(t, 1.0), -by_t / by_gap * share / t, rtol=1e-6)
        assert_allclose(jax.grad(gap_share, 1)(t, 1.0), by_t / by_gap * share, rtol=1e-6)


def reference(photon: mp.mpf, thermal: mp.mpf) -> tuple[mp.mpf, mp.mpf]:
    """σ₁/σ_n and σ₂/σ_n, energies in Δ, as Mattis and Bardeen print them; at the ends E = end ± v²."""

    def over(end: mp.mpf, length: mp.mpf, sign: int, integrand: object, scales: list[mp.mpf]) -> mp.mpf:
        inner = sorted({mp.sqrt(s * k) for s in scales for k in (0.01, 0.2, 1, 4) if s * k < length})
        path = [mp.mpf(0), *inner, mp.sqrt(length)]
        return mp.quadgl(lambda v: 2 * v * integrand(end + sign * v * v), path)  # type: ignore[operator]

    def fermi(energy: mp.mpf) -> mp.mpf:
        return 1 / (mp.exp(energy / thermal) + 1)

    def coherence(energy: mp.mpf) -> mp.mpf:
        roots = abs(energy**2 - 1) * abs((energy + photon) ** 2 - 1)
        return (energy**2 + 1 + energy * photon) / mp.sqrt(roots)

    large = mp.exp(1 / thermal)  # quad's tolerance is absolute
    scales = [photon, thermal, mp.mpf(2), abs(photon - 2)]
    real = over(
        mp.mpf(1), 60 * thermal, 1,
        lambda e: large * (fermi(e) - fermi(e + photon)) * coherence(e), scales,
    ) * 2 / (photon * large)  # fmt: skip
    if photon > 2:
        # both halves of Δ − ħω < E < −Δ are alike; the root of E² − Δ² is negative there
        real -= 2 / photon * over(
            mp.mpf(-1), photon / 2 - 1, -1,
            lambda e: (1 - fermi(-e) - fermi(e + photon)) * coherence(e), scales,
        )  # fmt: skip
    low = max(1 - photon, mp.mpf(-1))
    half = (1 - low) / 2
    imaginary = sum(
        over(end, half, sign, lambda e: (1 - 2 * fermi(e + photon)) * coherence(e), scales)
        for end, sign in ((low, 1), (mp.mpf(1), -1))
    )
    return real, imaginary / photon


def given(photon: float, t: float) -> tuple[float, float, mp.mpf, mp.mpf]:
    """ω, T and both energies in Δ(T) as the code has them."""
    gap = float(superconducting_gap(t * CRITICAL, critical_temperature=CRITICAL))
    omega = photon * gap / HBAR
    return omega, t * CRITICAL, mp.mpf(HBAR * omega) / gap, mp.mpf(KB * t * CRITICAL) / gap


@pytest.mark.parametrize(
    ("photon", "t"),
    [
        (1e-4, 0.01),
        (0.02, 0.2),
        (0.1, 0.9),
        (1.0, 0.03),
        (1.999, 0.5),
        (2.0001, 0.4),
        (3.0, 0.99),
        (40.0, 0.7),
    ],
)
def test_integrals_against_mpmath(photon: float, t: float) -> None:
    omega, temperature, *energies = given(photon, t)
    got = COMPILED(omega, temperature)
    with mp.workdps(25):
        expected = [float(part) for part in reference(*energies)]
    assert_allclose(got, expected, rtol=1e-12)


def logarithmic(log_omega: jax.Array, log_t: jax.Array) -> jax.Array:
    parts = mattis_bardeen(jnp.exp(log_omega), temperature=jnp.exp(log_t), critical_temperature=CRITICAL)
    return jnp.stack(parts)


# compiled once for all points
FORWARD = jax.jit(lambda *x: jnp.stack(jax.jacfwd(logarithmic, (0, 1))(*x), -1))
REVERSE = jax.jit(lambda *x: jnp.stack(jax.jacrev(logarithmic, (0, 1))(*x), -1))


@pytest.mark.parametrize(("photon", "t"), [(0.02, 0.2), (1.9, 0.6), (2.5, 0.9)])
def test_derivatives_against_mpmath(photon: float, t: float) -> None:
    """In ω and T, with the gap that follows T, against differences of the reference."""
    omega, temperature, *_ = given(photon, t)
    step = 1e-4

    def moved(by_omega: float, by_t: float) -> np.ndarray:
        warmer = temperature * np.exp(by_t)
        gap = float(superconducting_gap(warmer, critical_temperature=CRITICAL))
        with mp.workdps(20):
            photon, thermal = mp.mpf(HBAR * omega * np.exp(by_omega)) / gap, mp.mpf(KB * warmer) / gap
            return np.array([float(part) for part in reference(photon, thermal)])

    slopes = np.array(FORWARD(np.log(omega), np.log(temperature)))
    expected = np.stack([(moved(h, k) - moved(-h, -k)) / (2 * step) for h, k in ((step, 0), (0, step))], -1)
    assert_allclose(slopes, expected, rtol=2e-5)
    assert_allclose(REVERSE(np.log(omega), np.log(temperature)), slopes, rtol=1e-11)


def test_cold_limit() -> None:
    """Both low-temperature forms, with Δ(T): wrong by the order of k_BT/Δ and ħω/Δ."""
    temperature, omega = 0.004 * CRITICAL, 0.002 * GAP / HBAR
    x, boltzmann = HBAR * omega / (2 * KB * temperature), np.exp(-GAP / (KB * temperature))
    real, imaginary = mattis_bardeen(omega, temperature=temperature, critical_temperature=CRITICAL)
    bare = 4 * GAP / (HBAR * omega) * boltzmann * np.sinh(x) * k0e(x) * np.exp(-x)
    assert_allclose(real, bare, rtol=3e-3)
    assert_allclose(imaginary, pi * GAP / (HBAR * omega), rtol=1e-6)
    known = {"critical_temperature": CRITICAL, "kinetic_fraction": 0.3}
    loss = quasiparticle_loss(omega, temperature=temperature, **known, exponent=0.5)
    assert_allclose(loss, 0.5 * 0.3 * real / imaginary, rtol=1e-14)
    # where the shift has digits
    warm = 0.08 * CRITICAL
    x, boltzmann = HBAR * omega / (2 * KB * warm), np.exp(-GAP / (KB * warm))
    expected = -0.15 * boltzmann * (np.sqrt(2 * pi * KB * warm / GAP) + 2 * i0e(x))
    assert_allclose(quasiparticle_shift(omega, temperature=warm, **known), expected, rtol=2e-2)


@pytest.mark.parametrize("photon", [0.5, 1.99999, 2.3, 20.0])
def test_at_zero_temperature_elliptic_integrals(photon: float) -> None:
    omega = photon * GAP / HBAR
    real, imaginary = mattis_bardeen(omega, temperature=0.0, critical_temperature=CRITICAL)
    k = abs(2 - photon) / (2 + photon)
    rest = 1 - k * k
    expected = 0.5 * ((2 / photon + 1) * ellipe(rest) + (2 / photon - 1) * ellipk(rest))
    assert_allclose(imaginary, expected, rtol=1e-10)
    pairs = (1 + 2 / photon) * ellipe(k * k) - 4 / photon * ellipk(k * k)
    assert_allclose(real, pairs if photon > 2 else 0.0, rtol=1e-10, atol=1e-200)
    known = {"critical_temperature": CRITICAL, "kinetic_fraction": 0.3}
    assert quasiparticle_shift(omega, temperature=0.0, **known) == 0.0


def test_normal_state_and_its_edge() -> None:
    omega = 2 * pi * 6e9

    def loss(temperature: jax.Array) -> jax.Array:
        return quasiparticle_loss(
            omega, temperature=temperature, critical_temperature=CRITICAL, kinetic_fraction=0.3
        )

    value, slope = jax.jit(jax.vmap(jax.value_and_grad(loss)))(jnp.array([0.0, 0.05, 4.0, 9.1999]))
    assert np.all(np.isfinite(slope))
    assert np.all(np.diff(value) >= 0)
    parts = mattis_bardeen(
        omega, temperature=np.array([9.2 - 1e-7, 9.2, 12.0]), critical_temperature=CRITICAL
    )
    assert_allclose(parts[0], [1.0, 1.0, 1.0], rtol=0.02)
    assert_allclose(parts[1], [0.0, 0.0, 0.0], atol=0.02)
    assert np.isinf(loss(jnp.asarray(12.0)))


def test_what_a_fit_takes_is_close_enough() -> None:
    photon, thermal = np.geomspace(3e-6, 1.97, 40)[:, None], np.geomspace(0.0021, 90, 43)
    gap = GAP * float(gap_share(1.0, CRITICAL))
    # at fixed T/T_c, so that Δ is known: k_BT/Δ by the gap ratio
    ratio = KB * 1.0 / (KB * CRITICAL * thermal * float(gap_share(1.0, CRITICAL)))
    known = {"temperature": 1.0, "critical_temperature": CRITICAL, "gap_ratio": ratio}
    omega = photon * ratio / 1.764 * gap / HBAR
    full = mattis_bardeen(omega, **known)
    quick = mattis_bardeen(omega, accuracy="fit", **known)
    for one, other in zip(quick, full, strict=True):
        assert_allclose(one, other, rtol=2e-8)


def test_slopes_of_what_a_fit_takes() -> None:
    kelvin = np.array([0.05, 0.4, 1.1, 3.0, 8.0])

    def log_loss(critical: jax.Array, accuracy: Accuracy) -> jax.Array:
        known = {"temperature": kelvin, "critical_temperature": critical, "kinetic_fraction": 1.0}
        return jnp.log(quasiparticle_loss(4e10, accuracy=accuracy, **known))

    for slope, atol in ((jax.jacfwd(log_loss), 1e-8), (jax.jacfwd(jax.jacfwd(log_loss)), 2e-6)):
        quick, full = (jax.jit(slope, static_argnums=1)(9.2, accuracy) for accuracy in ("fit", "full"))
        assert_allclose(quick, full, rtol=1e-6, atol=atol)


def test_a_fit_takes_no_resonator_above_twice_the_gap() -> None:
    known = {"critical_temperature": 1.0, "kinetic_fraction": 1.0}
    at = 1.99 * 1.764 * KB / HBAR
    assert np.isinf(quasiparticle_loss(at, temperature=0.1, accuracy="fit", **known))
    assert np.isfinite(quasiparticle_loss(0.98 * at, temperature=0.1, accuracy="fit", **known))
