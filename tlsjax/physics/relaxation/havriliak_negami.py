"""Power-law relaxation of glasses, symmetric, one-sided and both, all in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter

_PANELS, _TERMS = 24, 52


def _composite() -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights in equal panels of 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    inside = (np.arange(_PANELS)[:, None] + 0.5 * (nodes + 1.0)) / _PANELS
    return inside.ravel(), np.tile(weights / (2.0 * _PANELS), _PANELS)


_NODES, _WEIGHTS = _composite()


def _power(x: jax.Array, a: jax.Array) -> jax.Array:
    """ax, kept where the square of e^{ax} neither overflows nor vanishes."""
    exponent = a * x
    most = 0.45 * np.log(float(np.finfo(exponent.dtype).max))
    return jnp.clip(exponent, -most, most)


def _half_angle(a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """cos(πa/2) and sin(πa/2), the cosine exactly 0 at a = 1 and exact beside it."""
    return jnp.sin(0.5 * np.pi * (1.0 - a)), jnp.sin(0.5 * np.pi * a)


def _short_of_one(a: jax.Array, b: jax.Array) -> jax.Array:
    """1 − ab, exact where both are near 1."""
    return (1.0 - a) + a * (1.0 - b)


def _angle(x: jax.Array, a: jax.Array) -> jax.Array:
    """arg(1 + e^{ax+iπa}), rising from 0 to πa."""
    power, (cos, sin) = _power(x, a), _half_angle(a)
    r = jnp.exp(power)
    return jnp.arctan2(2.0 * sin * cos * r, 2.0 * cos * cos * r - jnp.expm1(power))


def _density(x: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """τf at τ = τ₀e^x; infinite at x = 0 where a = 1."""
    power, (cos, sin) = _power(x, a), _half_angle(a)
    r, beyond = jnp.exp(power), jnp.expm1(power)
    # |1 + re^{iπa}|² and, below x = 0, π − bφ from angles that are small there: nothing is subtracted
    square = beyond * beyond + 4.0 * r * cos * cos
    singular = square == 0.0
    # each form sees only its own side: the other's derivatives can be 0/0
    below = np.pi * _short_of_one(a, b) + b * _angle(jnp.where(x < 0.0, x, -1.0), a)
    rise = jnp.where((x < 0.0) | singular, 1.0, beyond)
    above = b * jnp.arctan2(2.0 * sin * cos, rise + 2.0 * cos * cos)
    sine = jnp.sin(jnp.where(x < 0.0, below, above))
    regular = jnp.exp(b * (power - 0.5 * jnp.log(jnp.where(singular, 1.0, square)))) * sine / np.pi
    return jnp.where(singular, jnp.inf, regular)


def _beta_share(log_r: jax.Array, b: jax.Array) -> jax.Array:
    """Regularised incomplete beta function I_r(b, 1−b) for r ≤ ½, by its series."""
    n = jnp.arange(1, _TERMS + 1)
    b_, r_ = b[..., None], jnp.exp(log_r)[..., None]
    terms = jnp.cumprod((b_ + n - 1.0) / n * r_, -1) / (n + b_)
    return jnp.exp(b * log_r) * (jnp.sinc(b) + jnp.sin(np.pi * b) / np.pi * jnp.sum(terms, -1))


def _one_sided_share(x: jax.Array, b: jax.Array) -> jax.Array:
    """Share of f below τ₀e^x for a = 1, each half of it by the series that converges there."""
    half, tiny = -np.log(2.0), float(np.finfo(x.dtype).tiny)
    low = jnp.clip(x, -1e30, half)
    high = jnp.log(jnp.clip(-jnp.expm1(jnp.clip(x, half, 0.0)), tiny, 0.5))
    b, low, high = jnp.broadcast_arrays(b, low, high)
    inside = jnp.where(x < half, _beta_share(low, b), 1.0 - _beta_share(high, 1.0 - b))
    return jnp.where(x < 0.0, inside, 1.0)


class HavriliakNegami(Relaxation):
    """H(ω) = [1 + (−iωτ₀)^a]^(−b): τf falls as τ^{ab} towards short and as τ^{−a} towards long times.

    τf = r^{ab} sin(bφ)/(π|1 + r^a e^{iπa}|^b), r = τ/τ₀, φ = arg(r^a + e^{iπa}).

    Limits: b = 1 is :class:`ColeCole`, a = 1 :class:`DavidsonCole`, both :class:`Single`.

    Args:
        tau: relaxation time τ₀, s, > 0.
        a: exponent towards long times, 0 < a ≤ 1.
        b: asymmetry, 0 < ab ≤ 1; beyond these bounds f is negative somewhere.

    Source: Havriliak and Negami 1967, Polymer 8, 161; in the conductivity Liu, Andreev, Spivak 2025, Eq. 15.
    """

    tau: jax.Array = parameter("tau", "τ₀", "relaxation time", unit="s", anchor="middle", spread=30.0)
    a: jax.Array = parameter(
        "a", "a", "exponent towards long times, at most 1", support="fraction", centre=0.8, spread=1.2
    )
    b: jax.Array = parameter(
        "b", "b", "asymmetry of ln τ, at most 1", support="fraction", centre=0.7, spread=1.3
    )

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s; for a = 1 infinite at τ₀ and 0 above."""
        tau = jnp.asarray(tau)
        # near the peak of a → 1 the distance itself, which the logarithms would round
        distance = (tau - self.tau) / self.tau
        near = jnp.abs(distance) < 0.5
        far = jnp.log(tau) - jnp.log(self.tau)
        x = jnp.where(near, jnp.log1p(jnp.where(near, distance, 0.0)), far)
        return _density(x, self.a, self.b) / tau

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s); K ∝ ω^{a−1} for ωτ₀ ≪ 1, ∝ ω^{−ab−1} for ωτ₀ ≫ 1."""
        return self._parts(omega)[1] / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary = self._parts(omega)
        return real + 1j * imaginary

    def _parts(self, omega: ArrayLike) -> tuple[jax.Array, jax.Array]:
        """Re H and Im H, from modulus and argument of 1 + z, z = (−iωτ₀)^a.

        The argument of H and its distance from π/2 are each a sum of positive terms.
        """
        power = _power(jnp.log(jnp.asarray(omega)) + jnp.log(self.tau), self.a)
        cos, sin = _half_angle(self.a)
        r = jnp.exp(power)
        modulus = jnp.exp(-0.5 * self.b * jnp.log1p(r * (2.0 * cos + r)))
        argument = self.b * jnp.arctan2(sin * r, 1.0 + cos * r)
        remaining = 0.5 * np.pi * _short_of_one(self.a, self.b) + self.b * jnp.arctan2(sin, r + cos)
        return modulus * jnp.sin(remaining), modulus * jnp.sin(argument)

    @property
    def mean(self) -> jax.Array:
        """bτ₀ for a = 1, s; infinite for a < 1."""
        return jnp.where(self.a < 1.0, jnp.inf, self.b * self.tau)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times.

        The branch points of f, at x = ln(τ/τ₀) = ±iπ(1−a)/a, near the real axis as a → 1: x = δ sinh t, with
        δ that distance, keeps the integrand smooth over t.
        """
        ends = [jnp.log(t) - jnp.log(self.tau) for t in (shortest, longest)]
        sharp = self.a == 1.0
        a = jnp.where(sharp, 0.5, self.a)
        scale = np.pi * (1.0 - a) / a
        # f beyond these ends is e^{−40}
        first, last = (
            jnp.arcsinh(jnp.clip(x, -40.0 / (a * self.b), 40.0 / a) / scale)[..., None] for x in ends
        )
        t, delta = first + (last - first) * jnp.asarray(_NODES), scale[..., None]
        density = _density(delta * jnp.sinh(t), a[..., None], self.b[..., None])
        smooth = jnp.sum(jnp.asarray(_WEIGHTS) * density * delta * jnp.cosh(t), -1) * (last - first)[..., 0]
        below, above = (_one_sided_share(x, jnp.where(sharp, self.b, 0.5)) for x in ends)
        return jnp.where(sharp, above - below, smooth)
