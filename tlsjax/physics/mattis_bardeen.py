"""Quasiparticles of a BCS superconductor: gap, Mattis–Bardeen conductivity, loss and shift of a resonator.

Beyond the paper. Inside, energies are counted in Δ, and every integral is brought to one with branch points
only away from its path: E − Δ = a sinh²θ takes two of the four square roots of the densities of states.
"""

from functools import cache
from math import log, pi
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, HBAR
from tlsjax.physics.relaxation.partials import with_partials
from tlsjax.physics.tabulated import Axis, across, along

GAP_RATIO = 1.764
"""Δ(0)/k_BT_c of weak coupling."""

_EULER = 0.5772156649015329
_LOG_RATIO = log(pi) - _EULER
"""ln Δ(0)/k_BT_c, exactly."""
_COLD = 0.02
"""T/T_c below which Δ is Δ(0) in every digit."""
_TERMS = 64
_FROZEN = 1.0 / 600.0
"""k_BT/Δ below which e^{−Δ/k_BT} is 0 for all purposes; it need not underflow."""
_NODES = 64
_HALVED = np.where(np.arange(_NODES + 1) == 0, 0.5, 1.0)
"""Weights of the trapezoid rule over half of an even function."""

Accuracy = Literal["full", "fit"]
"""Of integrals: all digits, or the 1e-6 that a fit needs, from a table or by fewer nodes."""

_STEPS, _REACH, _GAUSS = 64, 40.0, 48
"""Equal steps, the exponent at which they end, and Gauss–Legendre nodes."""
_PHOTON, _THERMAL = Axis(-14.0, 0.07, 280), Axis(log(1.0 / 600.0), 0.07, 159)
"""ln[ħω/(2Δ − ħω)], which stretches what happens near 2Δ, and ln k_BT/Δ."""
_HIGHEST = 1.98
"""ħω/Δ up to which there is a table."""
_NEAREST = 1e-12
"""Least distance of ħω from 2Δ, relative: at 0 the integrals' logarithm has no number."""

FloatArray = np.ndarray[Any, np.dtype[np.floating[Any]]]
Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""


def gap_share(temperature: ArrayLike, critical_temperature: ArrayLike) -> jax.Array:
    """Δ(T)/Δ(0) from the weak-coupling gap equation ln(Δ/Δ₀) = −2∫₀^∞dx/[exp(Δ cosh x/k_BT) + 1].

    Args:
        temperature: T, K, ≥ 0; broadcasts with T_c.
        critical_temperature: T_c, K, > 0.

    Returns:
        Dimensionless, 1 to 0; exactly 0 from T_c on, with derivative 0 there.

    Limits: 1 − √(2πk_BT/Δ₀)e^{−Δ₀/k_BT} for T ≪ T_c; 1.7367√(1 − T/T_c) near T_c, where ∂Δ/∂T diverges.
    Source: Bardeen, Cooper and Schrieffer 1957; Tinkham 1996, section 3.6.
    """
    t = jnp.asarray(temperature) / jnp.asarray(critical_temperature)
    inside = (t > _COLD) & (t < 1.0)
    t_inside = jnp.where(inside, t, 0.5)
    found = jnp.sqrt(_smooth_share(t_inside) * (1.0 - t_inside))
    return jnp.where(inside, found, jnp.where(t < 1.0, 1.0, 0.0))


def superconducting_gap(
    temperature: ArrayLike, *, critical_temperature: ArrayLike, gap_ratio: ArrayLike = GAP_RATIO
) -> jax.Array:
    """Δ(T) = (Δ₀/k_BT_c)·k_BT_c·[Δ(T)/Δ₀], J: half of the gap for pairs.

    Args:
        temperature: T, K, ≥ 0; all arguments broadcast.
        critical_temperature: T_c, K, > 0.
        gap_ratio: Δ₀/k_BT_c, dimensionless; stronger coupling scales the gap at all T.

    Limits: as :func:`gap_share`. Source: there; for other ratios Padamsee, Neighbor and Shiffman 1973.
    """
    zero = jnp.asarray(gap_ratio) * BOLTZMANN * jnp.asarray(critical_temperature)
    return zero * gap_share(temperature, critical_temperature)


def mattis_bardeen(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    critical_temperature: ArrayLike,
    gap_ratio: ArrayLike = GAP_RATIO,
    accuracy: Accuracy = "full",
) -> Parts:
    """σ₁/σ_n and σ₂/σ_n of a superconductor in the dirty or the extreme anomalous limit, dimensionless.

    σ₁/σ_n = (2/ħω)∫_Δ^∞dE [f(E) − f(E+ħω)]·g + (1/ħω)∫_Δ^{ħω−Δ}dE [1 − f(E) − f(ħω−E)]·g′
    σ₂/σ_n = (1/ħω)∫dE [1 − 2f(E+ħω)]·(E² + Δ² + Eħω)/{√(Δ²−E²)√[(E+ħω)²−Δ²]},  max(Δ−ħω, −Δ) < E < Δ
    g = (E² + Δ² + Eħω)/{√(E²−Δ²)√[(E+ħω)²−Δ²]},  g′ = [E(ħω−E) − Δ²]/{√(E²−Δ²)√[(ħω−E)²−Δ²]}

    with f(E) = 1/(e^{E/k_BT}+1); the second part of σ₁, pair breaking, where ħω > 2Δ.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        temperature: T, K, ≥ 0.
        critical_temperature: T_c, K, > 0.
        gap_ratio: Δ₀/k_BT_c, dimensionless.
        accuracy: ``"fit"`` for 2e-8 from a table, ħω from 2e-6 to 1.98 Δ(T) and k_BT to 100Δ(T). Above
            1.98Δ(T) it gives what holds from T_c on: no resonator is there.

    Returns:
        σ₁/σ_n ≥ 0 and σ₂/σ_n ≥ 0 for σ = σ₁ + iσ₂ and fields ∝ e^{−iωt}, each of the broadcast shape;
        1 and 0 from T_c on. Relative accuracy 1e-12 for ħω from 1e-7 to 1000 Δ(T), down to e^{−Δ/k_BT} =
        1e-130 and up to k_BT = 2Δ(T) (3e-10 at 60Δ(T) and ħω = 1e-7Δ(T)); slopes 1e-9, but they diverge as
        ħω → 2Δ(T) and as T → T_c.

    Limits: k_BT, ħω ≪ Δ: σ₁/σ_n = (4Δ/ħω)e^{−Δ/k_BT}sinh(x)K₀(x), σ₂/σ_n = (πΔ/ħω)[1 −
    2e^{−Δ/k_BT}e^{−x}I₀(x)], x = ħω/2k_BT; T = 0: complete elliptic integrals.
    Source: Mattis and Bardeen 1958, Eqs. 3.9 and 3.10.
    """
    omega, temperature = jnp.asarray(omega), jnp.asarray(temperature)
    gap = superconducting_gap(temperature, critical_temperature=critical_temperature, gap_ratio=gap_ratio)
    quick = accuracy == "fit"
    open_ = gap > (HBAR * omega / _HIGHEST if quick else 0.0)
    closed = HBAR * omega if quick else 1e-3 * BOLTZMANN * jnp.asarray(critical_temperature)
    gap = jnp.where(open_, gap, closed)
    photon, thermal = jnp.broadcast_arrays(HBAR * omega / gap, BOLTZMANN * temperature / gap)
    real, imaginary = (_from_table if quick else _conductivity)(photon, jnp.maximum(thermal, _FROZEN))
    return jnp.where(open_, real, 1.0), jnp.where(open_, imaginary, 0.0)


def quasiparticle_loss(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    critical_temperature: ArrayLike,
    kinetic_fraction: ArrayLike,
    gap_ratio: ArrayLike = GAP_RATIO,
    exponent: ArrayLike = 1.0,
    accuracy: Accuracy = "full",
) -> jax.Array:
    """1/Q_i = γα_kσ₁/σ₂, dimensionless.

    The surface impedance goes as (σ₁ + iσ₂)^{−γ}: γ = 1 for a film thinner than the penetration depth (local
    limit), 1/2 for a thick one in the local limit, 1/3 in the extreme anomalous limit. First order in σ₁/σ₂.

    Args:
        omega, temperature, critical_temperature, gap_ratio, accuracy: as in :func:`mattis_bardeen`.
        kinetic_fraction: share α_k of the resonator's inductance that is kinetic at T, 0 to 1.
        exponent: γ.

    Returns:
        Broadcast shape; infinite from T_c on, where σ₂ = 0.

    Limits: as :func:`mattis_bardeen`; 0 at T = 0 for ħω < 2Δ.
    Source: Gao 2008 (thesis), chapter 2; Zmuidzinas 2012.
    """
    known = {"critical_temperature": critical_temperature, "gap_ratio": gap_ratio}
    real, imaginary = mattis_bardeen(omega, temperature=temperature, accuracy=accuracy, **known)
    return jnp.asarray(exponent) * jnp.asarray(kinetic_fraction) * real / imaginary


def quasiparticle_shift(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    critical_temperature: ArrayLike,
    kinetic_fraction: ArrayLike,
    gap_ratio: ArrayLike = GAP_RATIO,
    exponent: ArrayLike = 1.0,
    accuracy: Accuracy = "full",
) -> jax.Array:
    """δf/f = (γα_k/2)[σ₂(T) − σ₂(0)]/σ₂(0), dimensionless, relative to T = 0; first order in δσ₂/σ₂.

    Args:
        omega, temperature, critical_temperature, gap_ratio, accuracy: as in :func:`mattis_bardeen`.
        kinetic_fraction: α_k at T = 0, 0 to 1.
        exponent: γ, as in :func:`quasiparticle_loss`.

    Limits: −(α_k/2)e^{−Δ/k_BT}[√(2πk_BT/Δ₀) + 2e^{−x}I₀(x)], x = ħω/2k_BT, for k_BT, ħω ≪ Δ and γ = 1.
    Source: as :func:`quasiparticle_loss`.
    """
    known = {"critical_temperature": critical_temperature, "gap_ratio": gap_ratio}
    _, now = mattis_bardeen(omega, temperature=temperature, accuracy=accuracy, **known)
    _, cold = mattis_bardeen(omega, temperature=0.0, accuracy=accuracy, **known)
    return 0.5 * jnp.asarray(exponent) * jnp.asarray(kinetic_fraction) * (now - cold) / cold


def _interpolation() -> FloatArray:
    """Chebyshev coefficients of (Δ/Δ₀)²/(1 − T/T_c), smooth from 0 to T_c.

    At the nodes, with y = Δ/k_BT, ln(T/T_c) = ln(Δ₀/k_BT_c) − ln y − G(y) by Newton's method in y².
    """
    nodes = np.cos(pi * (np.arange(_TERMS) + 0.5) / _TERMS)
    share = 0.5 * (1.0 + nodes)
    t = np.maximum(share, _COLD)
    square = (np.exp(_LOG_RATIO) / t * np.tanh(1.736 * np.sqrt(1.0 / t - 1.0))) ** 2
    for _ in range(6):
        y = np.sqrt(square)
        log_gap, superfluid = _depletion(y)
        # concave in y² with a start close by
        square = square * (1.0 - 2.0 * (np.log(y * t) - _LOG_RATIO - log_gap) / superfluid)
    gap = np.exp(_depletion(np.sqrt(square))[0])
    return np.polynomial.chebyshev.chebfit(nodes, gap**2 / (1.0 - share), _TERMS - 1)


def _depletion(y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """ln Δ/Δ₀ = −G(y), G = 2∫₀^∞dx f(y cosh x), and the superfluid's share 1 + yG′(y), by equal steps."""
    step = np.arccosh(1.0 + 42.0 / y[:, None]) / _NODES
    energy = y[:, None] * np.cosh(step * np.arange(_NODES + 1))
    occupied = 2.0 * step * _HALVED / (1.0 + np.exp(energy))
    return -np.sum(occupied, -1), 1.0 - np.sum(occupied * energy / (1.0 + np.exp(-energy)), -1)


_SHARES = Axis(0.0, 2.0**-10, 1025)
_SMOOTH = np.polynomial.chebyshev.chebval(2.0 * _SHARES.places - 1.0, _interpolation())


def _smooth_share(t: jax.Array) -> jax.Array:
    """(Δ/Δ₀)²/(1 − T/T_c)."""
    return along(_SHARES, _SMOOTH, t)


def _parts(photon: jax.Array, thermal: jax.Array) -> Parts:
    """σ₁/σ_n and σ₂/σ_n for ħω and k_BT in units of Δ."""
    photon, thermal = photon[..., None], thermal[..., None]
    real = _thermal(photon, thermal) + _pair_breaking(photon, thermal)
    return real, _reactive(photon, thermal)


_conductivity = with_partials(_parts)


@cache
def _tables() -> tuple[FloatArray, FloatArray]:
    """ln[e^{Δ/k_BT}σ₁/σ_n] and ln[(ħω/Δ)σ₂/σ_n] at the places of both axes."""
    photon, thermal = np.meshgrid(
        2.0 / (1.0 + np.exp(-_PHOTON.places)), np.exp(_THERMAL.places), indexing="ij"
    )
    with jax.ensure_compile_time_eval():
        real, imaginary = map(np.asarray, jax.jit(_parts)(jnp.asarray(photon), jnp.asarray(thermal)))
    return np.log(real) + 1.0 / thermal, np.log(imaginary * photon)


@with_partials
def _from_table(photon: jax.Array, thermal: jax.Array) -> Parts:
    """As :func:`_parts`, up to the highest photon energy of the table."""
    place = jnp.log(photon / (2.0 - photon)), jnp.log(thermal)
    real, imaginary = (across((_PHOTON, _THERMAL), table, *place) for table in _tables())
    return jnp.exp(real - 1.0 / thermal), jnp.exp(imaginary) / photon


def _thermal(photon: jax.Array, thermal: jax.Array) -> jax.Array:
    """Absorption by quasiparticles. In d = E − Δ the square root is of d(d+a)(d+b)(d+a+b), a, b = ħω, 2Δ.

    d = a sinh²θ with the smaller of both: even in θ and cut off doubly exponentially, thus equal steps.
    """
    a, b = jnp.minimum(photon, 2.0), jnp.maximum(photon, 2.0)
    # how far the nodes reach is for rounding, no derivative needs it
    step = jax.lax.stop_gradient(jnp.arcsinh(jnp.sqrt(_REACH * thermal / a))) / _STEPS
    d = a * _sinh_squared(step * np.arange(_STEPS + 1))
    # f(E) − f(E+ħω), without cancellation
    low, jump = jnp.exp(-(1.0 + d) / thermal), -photon / thermal
    change = low * -jnp.expm1(jump) / ((1.0 + low) * (1.0 + low * jnp.exp(jump)))
    coherence = (d * (d + a + b) + a + b) / jnp.sqrt((d + b) * (d + a + b))
    return 4.0 * jnp.sum(step * _HALVED[: _STEPS + 1] * change * coherence, -1) / photon[..., 0]


def _pair_breaking(photon: jax.Array, thermal: jax.Array) -> jax.Array:
    """Absorption by breaking pairs, twice the lower half of w = ħω − 2Δ; d = E − Δ = 2Δ sinh²θ."""
    breaks = photon > 2.0
    w = jnp.where(breaks, photon - 2.0, 1.0)
    theta, weights = _nodes(jnp.arcsinh(jnp.sqrt(0.25 * w)), _GAUSS)
    d = 2.0 * _sinh_squared(theta)
    filled = _filled(1.0 + d, thermal) + _filled(1.0 + w - d, thermal)
    coherence = (w + d * (w - d)) / jnp.sqrt((w - d) * (w - d + 2.0))
    found = 2.0 * jnp.sum(weights * filled * coherence, -1) / photon[..., 0]
    return jnp.where(breaks[..., 0], found, 0.0)


def _reactive(photon: jax.Array, thermal: jax.Array) -> jax.Array:
    """σ₂/σ_n. From the lower end on, 0 < d < a, the square root is of d(d+c)(a−d)(b+d), a and b as above and
    c = b − a = |ħω − 2Δ|. Lower half d = c sinh²θ, upper half a − d = as²/2: both smooth.
    """
    a, b = jnp.minimum(photon, 2.0), jnp.maximum(photon, 2.0)
    c = jnp.maximum(b - a, _NEAREST)

    def smooth(d: jax.Array) -> jax.Array:
        """[1 − 2f(E+ħω)](E² + Δ² + Eħω) over the root that never vanishes."""
        upper = 1.0 + d + jnp.maximum(photon - 2.0, 0.0)
        return _filled(upper, thermal) * (d * (d + c) + 2.0 - photon) / jnp.sqrt(d + b)

    theta, lower = _nodes(jnp.arcsinh(jnp.sqrt(0.5 * a / c)), _GAUSS)
    d = c * _sinh_squared(theta)
    total = jnp.sum(2.0 * lower * smooth(d) / jnp.sqrt(a - d), -1)
    s, upper = _nodes(jnp.ones_like(a), _GAUSS)
    d = a * (1.0 - 0.5 * s * s)
    total += jnp.sum(jnp.sqrt(2.0 * a) * upper * smooth(d) / jnp.sqrt(d * (d + c)), -1)
    return total / photon[..., 0]


def _nodes(end: jax.Array, count: int) -> Parts:
    """Gauss–Legendre from 0 to ``end``."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return 0.5 * end * (1.0 + nodes), 0.5 * end * weights


def _filled(energy: jax.Array, thermal: jax.Array) -> jax.Array:
    """1 − 2f(E)."""
    occupied = jnp.exp(-energy / thermal)
    return (1.0 - occupied) / (1.0 + occupied)


def _sinh_squared(theta: jax.Array) -> jax.Array:
    rising = jnp.exp(theta)
    return 0.25 * (rising - 1.0 / rising) ** 2
