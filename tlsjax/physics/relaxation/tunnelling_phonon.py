"""Tunnelling systems that relax by emitting and absorbing one phonon."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, condition, parameter
from tlsjax.physics.relaxation.partials import with_partials

_STEP, _NODES_AT_ONCE = 0.115, 48
_FARTHEST = 22.0
"""Half-splitting over temperature beyond the edge at which sech² has vanished."""
_SMALL, _TERMS = 0.01, 6

Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""


class TunnellingPhonon(Relaxation):
    """Tunnelling model with one-phonon relaxation: 1/τ = u/τ_min(E), 1/τ_min = γE³coth(E/2T), τ ≤ τ_max.

    Averaged over the asymmetry u = (|t|/√(ε²+|t|²))² and over splittings E with sech²(E/2T):

    H = ∫dx sech²x [c·artanh(w/c) − w]/M,  M = ∫dx sech²x [artanh w − w],  x = E/2T,
    δ = τ_min/τ_max,  w = √(1−δ),  c = √(1−iωτ_min),  both integrals where δ < 1.

    Args:
        rate: γ, s⁻¹K⁻³, > 0.
        tau_max: longest relaxation time, s, > 0.
        temperature: T, K, > 0: a condition, not a parameter of fits.

    Beyond the paper. Source: Jäckle 1972; Phillips 1987; Liu, Andreev, Spivak 2025, Eq. 15 for K.
    """

    rate: jax.Array = parameter(
        "rate", "γ", "one-phonon rate, 1/τ = γE³coth(E/2T) with E in kelvin",
        unit="1/(s K^3)", centre=1e8, spread=10.0, source="Jäckle 1972",
    )  # fmt: skip
    tau_max: jax.Array = parameter(
        "tau_max", "τ₂", "longest relaxation time",
        unit="s", centre=1e3, spread=1e4, anchor="longest", source="Jäckle 1972",
    )  # fmt: skip
    temperature: jax.Array = condition("temperature")

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) = ∫dx sech²x √(1−τ_min/τ)/(2τM) in 1/s."""
        tau = jnp.asarray(tau)
        slow, slowest = self._in_units(tau), self._in_units(self.tau_max)
        share = jnp.exp(2.0 * (jnp.exp(_edge(slowest)) - jnp.exp(_edge(slow))))
        found = 0.5 * _roots(slow) * share / (tau * _count(slowest))
        return jnp.where(tau <= self.tau_max, found, 0.0)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self._parts(omega)[1] / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary = self._parts(omega)
        return real + 1j * imaginary

    @property
    def weight(self) -> jax.Array:
        """M(T): systems that take part, n_ε = 2P₀L_zM."""
        return _faster(self._in_units(self.tau_max))

    @property
    def mean(self) -> jax.Array:
        """τ̄ = ∫dx sech²x ½(τ_max w − τ_min artanh w)/M, s."""
        slowest = self._in_units(self.tau_max)
        return self.tau_max * _mean(slowest) / _count(slowest)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s): M counts what is faster than its longest time."""
        fast, slow = (
            _faster(self._in_units(jnp.minimum(jnp.asarray(time), self.tau_max)))
            for time in (shortest, longest)
        )
        return (slow - fast) / self.weight

    def _parts(self, omega: ArrayLike) -> Parts:
        """Re H and Im H."""
        slowest, omega_in_units = self._in_units(self.tau_max), -self._in_units(1.0 / jnp.asarray(omega))
        real, imaginary = _response(*jnp.broadcast_arrays(slowest, omega_in_units))
        count = _count(slowest)
        return real / count, imaginary / count

    def _in_units(self, time: ArrayLike) -> jax.Array:
        """ln of a time in units of 1/γ(2T)³."""
        return jnp.log(time * self.rate * (2.0 * self.temperature) ** 3)


def _faster(slowest: jax.Array) -> jax.Array:
    """∫dx sech²x [artanh w − w], without the factor."""
    return _count(slowest) * jnp.exp(-2.0 * jnp.exp(_edge(slowest)))


@with_partials
def _response(slowest: jax.Array, omega: jax.Array) -> Parts:
    """e^{2·edge}∫dx sech²x [c·artanh(w/c) − w] for logarithms of τ_max and ω."""
    faster, omega = jnp.exp(-slowest)[..., None], jnp.exp(omega)[..., None]
    real, imaginary = _over_splittings(slowest, lambda t: artanh_less_one(t * faster, t * omega))
    return real, imaginary


@with_partials
def _count(slowest: jax.Array) -> jax.Array:
    """e^{2·edge}∫dx sech²x [artanh w − w]."""
    faster = jnp.exp(-slowest)[..., None]
    (found,) = _over_splittings(slowest, lambda t: (_artanh_less_one_at_rest(t * faster),))
    return found


@with_partials
def _mean(slowest: jax.Array) -> jax.Array:
    """e^{2·edge}∫dx sech²x ½(w − δ artanh w)."""
    faster = jnp.exp(-slowest)[..., None]

    def inner(shortest: jax.Array) -> tuple[jax.Array]:
        share = shortest * faster
        return (0.5 * (_root(share) * (1.0 - share) - share * _artanh_less_one_at_rest(share)),)

    return _over_splittings(slowest, inner)[0]


@with_partials
def _roots(slowest: jax.Array) -> jax.Array:
    """e^{2·edge}∫dx sech²x w."""
    faster = jnp.exp(-slowest)[..., None]
    return _over_splittings(slowest, lambda t: (_root(t * faster),), first=-17.0)[0]


def _over_splittings(
    slowest: jax.Array, inner: Callable[[jax.Array], tuple[jax.Array, ...]], first: float = -11.0
) -> tuple[jax.Array, ...]:
    """e^{2·edge}∫dx sech²x of functions of τ_min = tanh(x)/x³ over the splittings x > edge, where τ_min is
    below the slowest; the factor keeps the integral finite where such splittings hardly occur.

    The integrands grow as a root of x from the edge and are smooth over e-folds: x = edge·(1 + e^t) and equal
    steps of t from ``first`` on, which converge geometrically.
    """
    # the nodes move with the edge, so that no derivative sees the root; how far they reach is for rounding
    edge = jnp.exp(_edge(slowest))[..., None]
    start, end = jax.lax.stop_gradient((first - jnp.log1p(edge), jnp.log1p(_FARTHEST / edge)))
    span = end - start
    rounds = jnp.ceil(jnp.max(span, initial=0.0) / (_STEP * _NODES_AT_ONCE)).astype(int)
    step = span / (_NODES_AT_ONCE * rounds)

    def add(i: jax.Array, sums: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        rise = jnp.exp(start + step * (_NODES_AT_ONCE * i + jnp.arange(_NODES_AT_ONCE)))
        x = edge * (1.0 + rise)
        weights = 4.0 * step * edge * rise * jnp.exp(-2.0 * edge * rise) / (1.0 + jnp.exp(-2.0 * x)) ** 2
        weights, shortest = _once(weights, jnp.tanh(x) / x**3)
        return tuple(s + jnp.sum(weights * y, -1) for s, y in zip(sums, inner(shortest), strict=True))

    zeros = tuple(jnp.zeros_like(slowest) for _ in jax.eval_shape(inner, edge))
    return jax.lax.fori_loop(0, rounds, add, zeros)


def _edge(slowest: jax.Array) -> jax.Array:
    """ln x at which ln(tanh(x)/x³) = ``slowest``."""
    target = -slowest

    def newton(log_x: jax.Array) -> jax.Array:
        x = jnp.minimum(jnp.exp(log_x), 300.0)
        slope = 3.0 - 2.0 * x / jnp.sinh(2.0 * x)
        return log_x - (3.0 * log_x - jnp.log(jnp.tanh(x)) - target) / slope

    start = jax.lax.stop_gradient(jnp.where(target > 0.0, target / 3.0, target / 2.0))
    found = jax.lax.fori_loop(0, 10, lambda _, log_x: jax.lax.stop_gradient(newton(log_x)), start)
    # the last two steps carry derivatives up to the third
    return newton(newton(jax.lax.stop_gradient(found)))


def _once(*arrays: jax.Array) -> tuple[jax.Array, ...]:
    """Kept in memory: XLA would compute them again for every sum that they enter."""
    return jax.lax.optimization_barrier(arrays)


def _root(share: jax.Array) -> jax.Array:
    """w = √(1−δ); its slope stays finite where rounding makes δ ≥ 1."""
    return jnp.sqrt(jnp.maximum(1.0 - share, 1e-30))


def _artanh_less_one_at_rest(share: jax.Array) -> jax.Array:
    """artanh w − w with w = √(1−δ)."""
    w = _root(share)
    square = w * w
    small = square < _SMALL
    few = jnp.where(small, square, 0.0)
    series = jnp.zeros_like(few)
    for n in range(_TERMS, 0, -1):
        series = few * (1.0 / (2 * n + 1) + series)
    delta = jnp.where(small, 0.5, share)
    safe_w = _root(delta)
    return jnp.where(small, w * series, jnp.log(1.0 + safe_w) - 0.5 * jnp.log(delta) - safe_w)


def artanh_less_one(share: jax.Array, a: jax.Array) -> Parts:
    """c·artanh(w/c) − w with w = √(1−δ), c = √(1−ia); by its series where w/c is small.

    artanh(w/c) = ln(c+w) − ½ln(δ−ia) keeps the digits that the quotient loses; its imaginary part is
    ½arctan(2 Im z/(1−|z|²)) at z = w/c. In real arithmetic: complex logarithms cost ten times as much.
    """
    w = _root(share)
    inverse = w * w / (1.0 + a * a)
    small = inverse * w * w < _SMALL**2
    z = jnp.where(small, inverse, 0.0), jnp.where(small, inverse * a, 0.0)
    series = jnp.zeros_like(z[0]), jnp.zeros_like(z[0])
    for n in range(_TERMS, 0, -1):
        real = series[0] + 1.0 / (2 * n + 1)
        series = z[0] * real - z[1] * series[1], z[0] * series[1] + z[1] * real
    delta, a = jnp.where(small, 0.5, share), jnp.where(small, 0.5, a)
    safe_w = _root(delta)
    # c = p − iq and |c|² = r
    r = jnp.sqrt(1.0 + a * a)
    p = jnp.sqrt(0.5 * (1.0 + r))
    q = 0.5 * a / p
    log = 0.5 * jnp.log((p + safe_w) ** 2 + q * q) - 0.25 * jnp.log(delta**2 + a * a)
    angle = 0.5 * jnp.arctan(2.0 * safe_w * q / (a * a / (1.0 + r) + delta))
    log, angle = _once(log, angle)
    return (
        jnp.where(small, w * series[0], p * log + q * angle - safe_w),
        jnp.where(small, w * series[1], p * angle - q * log),
    )
