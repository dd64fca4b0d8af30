"""A gamma distribution of τ, and the averages over it that its inverse needs too."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

_NODES = 200

Averages = tuple[jax.Array, jax.Array, jax.Array]
"""⟨1/(1+v²)⟩, ⟨v/(1+v²)⟩ and ⟨v²/(1+v²)⟩."""


@jax.custom_jvp
def averages(y: jax.Array, shape: jax.Array) -> Averages:
    """Averages over v = e^{y+x}, e^x distributed as gamma with mean 1 and the given shape."""
    e, (weights, *_) = _weighted_nodes(y, shape)
    return _summed(jnp.exp(y), e, weights)


@averages.defjvp
def _averages_jvp(
    primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
) -> tuple[Averages, Averages]:
    """A shift by y is by parts one of the density; the same nodes serve value and slopes."""
    y, shape = primals
    by_y, by_shape = tangents
    e, weights = _weighted_nodes(y, shape)
    value, shifted, reshaped = (_summed(jnp.exp(y), e, w) for w in weights)
    change = [by_y * s + by_shape * r for s, r in zip(shifted, reshaped, strict=True)]
    return value, (change[0], change[1], change[2])


def _weighted_nodes(y: jax.Array, shape: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
    """e^x at nodes of the trapezoid rule along the last axis; weights of the density g and of its slopes.

    ln g = k(1 + x − e^x) + const, so ∂ ln g/∂x = −k(e^x − 1). The weights' sum normalises them.
    """
    x, step = _nodes(y, shape)
    k, rise = shape[..., None], jnp.expm1(x)
    # Below the first node all integrands are e^{kx}: their sum to −∞ is that node's over 1 − e^{−kh}.
    first = jnp.arange(_NODES) == 0
    beyond = jnp.where(first, -jnp.log(-jnp.expm1(-k * step)), 0.0)
    weights = jax.nn.softmax(k * (x - rise) + beyond, -1)
    score = x - rise - jnp.where(first, step / jnp.expm1(k * step), 0.0)
    centred = score - jnp.sum(weights * score, -1, keepdims=True)
    return jnp.exp(x), [weights, weights * k * rise, weights * centred]


def _nodes(y: jax.Array, shape: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Nodes x and their distance h, which nothing depends on.

    The integrands are g·e^{nx}, n from −1 to 2, with 1/(1+v²) falling to the left of its step at v = 1. An
    e^{qx−ke^x} is e^{−37} of its peak at ln(q/k) where, with c = 37/q, d − 1 + e^{−d} = c below it and
    e^d − 1 − d = c above; the d used are bounds on the roots.
    """
    y, shape = lax.stop_gradient(y), lax.stop_gradient(shape)

    def reach(q: jax.Array) -> jax.Array:
        c = 37.0 / q
        return c + jnp.sqrt(2.0 * c)

    falling, rising = jnp.maximum(shape - 1.0, 1e-3), shape + 2.0
    far = jnp.maximum(jnp.max(y, initial=0.0), 0.0)
    low = jnp.maximum(jnp.log(falling / shape) - reach(falling), -far - 37.0 / (1.0 + shape))
    high = jnp.log(rising / shape) + jnp.log1p(reach(rising))
    step = ((high - low) / (_NODES - 1))[..., None]
    return low[..., None] + step * jnp.arange(_NODES), step


def _summed(scale: jax.Array, e: jax.Array, weights: jax.Array) -> Averages:
    v = scale[..., None] * e
    inverse = 1.0 / (1.0 + v * v)

    def over(w: jax.Array) -> jax.Array:
        # a matrix product where one grid serves all points, which is much faster
        return inverse @ w if w.ndim == 1 else jnp.sum(inverse * w, -1)

    first = over(weights)
    # the small one of the two is summed, not subtracted
    last = jnp.where(scale < 1.0, scale * (scale * over(weights * e * e)), jnp.sum(weights, -1) - first)
    return first, scale * over(weights * e), last


def log_normaliser(k: jax.Array) -> jax.Array:
    """k ln k − k − ln Γ(k), whose three terms cancel for large k, where Stirling's series is exact."""
    large = k > 16.0
    z = jnp.where(large, k, 16.0)
    series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * z * z)) / (z * z)) / (z * z)) / z
    small = jnp.where(large, 1.0, k)
    closed = small * jnp.log(small) - small - jax.lax.lgamma(small)
    return jnp.where(large, 0.5 * jnp.log(z / (2.0 * np.pi)) - series, closed)


def log_density(x: jax.Array, k: jax.Array) -> jax.Array:
    """ln g(x) for e^x distributed as gamma with mean 1 and shape k."""
    x = jnp.minimum(x, 80.0)
    return k * (x - jnp.expm1(x)) + log_normaliser(k)


class MeanIsParameter:
    """Lets a family's parameter be called ``mean`` as the base's property is."""

    mean: Any = None


class Gamma(MeanIsParameter, Relaxation):
    """f(τ) = τ^{k−1}e^{−τ/θ}/(Γ(k)θ^k), θ = τ̄/k: a sharp fall towards long times, a power law to short ones.

    K and H are integrated over ln τ by the trapezoid rule, which converges geometrically: to 1e-10 for ωτ̄
    from 1e-8 to 1e8 and shapes from 0.17 (ln τ 6 wide) on.

    Limits: k → ∞ is :class:`Single`; k = 1 is an exponential distribution of τ; ln τ is √(ψ′(k)) wide, 1/√k
    for k ≫ 1 and 1/k for k ≪ 1.

    Args:
        mean: mean relaxation time τ̄, s, > 0.
        shape: k, > 0.

    Source: Liu, Andreev, Spivak 2025, Eq. 15.
    """

    mean: jax.Array = parameter("mean", "τ̄", "mean relaxation time", unit="s", anchor="middle", spread=30.0)
    shape: jax.Array = parameter("shape", "k", "shape of the gamma distribution of τ", centre=2.0, spread=2.0)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        tau = jnp.asarray(tau)
        return jnp.exp(log_density(jnp.log(tau) - jnp.log(self.mean), self.shape)) / tau

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s); for ωτ̄ ≫ 1 ∝ 1/ω² if k > 1, else ∝ ω^{−k−1}."""
        return self._averages(omega)[1] / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary, _ = self._averages(omega)
        return real + 1j * imaginary

    def _averages(self, omega: ArrayLike) -> Averages:
        return averages(jnp.log(jnp.asarray(omega)) + jnp.log(self.mean), self.shape)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two incomplete gamma functions."""
        low, high = (
            jax.scipy.special.gammainc(self.shape, self.shape * jnp.asarray(t) / self.mean)
            for t in (shortest, longest)
        )
        return high - low
