"""Tunnelling systems that relax by emitting and absorbing one phonon."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, condition, parameter

_PANELS, _DEGREE = 28, 16
_FARTHEST = 20.0
_SMALL = 0.05
_TERMS = 13


def _panels() -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights on 0 ≤ r ≤ 1 in equal panels, in float64."""
    nodes, weights = np.polynomial.legendre.leggauss(_DEGREE)
    starts = np.arange(_PANELS)[:, None]
    return ((starts + 0.5 * (nodes + 1.0)) / _PANELS).ravel(), np.tile(0.5 * weights / _PANELS, _PANELS)


_R, _W = _panels()


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
        weights, shortest = self._splittings(tau)
        inside = jnp.sqrt(jnp.maximum(1.0 - shortest / tau[..., None], 0.0))
        found = 0.5 * jnp.sum(weights * inside, -1) / (tau * self.weight)
        return jnp.where(tau <= self.tau_max, found, 0.0)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self.response(omega).imag / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        weights, shortest = self._splittings(self.tau_max)
        inner = _artanh_less_one(shortest / self.tau_max[..., None], jnp.asarray(omega)[..., None] * shortest)
        return jnp.sum(weights * inner, -1) / self.weight

    @property
    def weight(self) -> jax.Array:
        """M(T): systems that take part, n_ε = 2P₀L_zM."""
        return self._faster_than(self.tau_max)

    @property
    def mean(self) -> jax.Array:
        """τ̄ = ∫dx sech²x ½(τ_max w − τ_min artanh w)/M, s."""
        weights, shortest = self._splittings(self.tau_max)
        share = shortest / self.tau_max[..., None]
        w, artanh = _root(share), _artanh_less_one(share, jnp.zeros_like(share)).real + _root(share)
        inner = 0.5 * (w * self.tau_max[..., None] - shortest * artanh)
        return jnp.sum(weights * inner, -1) / self.weight

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s): M counts what is faster than its longest time."""
        fast, slow = (
            self._faster_than(jnp.minimum(jnp.asarray(time), self.tau_max)) for time in (shortest, longest)
        )
        return (slow - fast) / self.weight

    def _faster_than(self, longest: jax.Array) -> jax.Array:
        """∫dx sech²x [artanh w − w] with the given time in the place of τ_max."""
        weights, shortest = self._splittings(longest)
        share = shortest / longest[..., None]
        return jnp.sum(weights * _artanh_less_one(share, jnp.zeros_like(share)).real, -1)

    def _splittings(self, longest: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Along the last axis, weights of nodes x times sech²x, and τ_min there, where τ_min < ``longest``.

        In ln x = edge + length·r²: the integrands grow as a root from the edge, and are smooth over e-folds.
        """
        scale = self.rate * (2.0 * self.temperature) ** 3
        edge, length = jax.lax.stop_gradient(_edge(1.0 / (scale * longest)))
        x = jnp.exp(edge[..., None] + length[..., None] * jnp.asarray(_R**2))
        weights = length[..., None] * jnp.asarray(2.0 * _R * _W) * x / jnp.cosh(x) ** 2
        return weights, jnp.tanh(x) / (scale[..., None] * x**3)


def _edge(target: jax.Array) -> tuple[jax.Array, jax.Array]:
    """ln x at x³coth x = target, and how far it is from there to where sech² has vanished."""
    log_target = jnp.log(target)

    def newton(_: int, log_x: jax.Array) -> jax.Array:
        x = jnp.minimum(jnp.exp(log_x), 300.0)
        slope = 3.0 - 2.0 * x / jnp.sinh(2.0 * x)
        value = 3.0 * log_x - jnp.log(jnp.tanh(x))
        return log_x - (value - log_target) / slope

    log_x = jax.lax.fori_loop(0, 12, newton, jnp.where(log_target > 0.0, log_target / 3.0, log_target / 2.0))
    # beyond the splittings that are thermally there, only the tail just above the edge is left
    return log_x, jnp.log1p(_FARTHEST / jnp.exp(log_x))


def _root(share: jax.Array) -> jax.Array:
    """w = √(1−δ); its slope stays finite where rounding makes δ ≥ 1."""
    return jnp.sqrt(jnp.maximum(1.0 - share, 1e-30))


def _artanh_less_one(share: jax.Array, a: jax.Array) -> jax.Array:
    """c·artanh(w/c) − w with w = √(1−δ), c = √(1−ia), complex; by its series where w/c is small.

    artanh(w/c) = ln(c+w) − ½ln(δ−ia), which keeps the digits that the quotient loses.
    """
    w = _root(share)
    ratio = w * w / (1.0 - 1j * a)
    small = jnp.abs(ratio) < _SMALL
    few = jnp.where(small, ratio, 0.0)
    series = jnp.zeros_like(few)
    for n in range(_TERMS, 0, -1):
        series = few * (1.0 / (2 * n + 1) + series)
    safe_share, safe_a = jnp.where(small, 0.5, share), jnp.where(small, 0.0, a)
    c, safe_w = jnp.sqrt(1.0 - 1j * safe_a), _root(safe_share)
    closed = c * (jnp.log(c + safe_w) - 0.5 * jnp.log(safe_share - 1j * safe_a)) - safe_w
    return jnp.where(small, w * series, closed)
