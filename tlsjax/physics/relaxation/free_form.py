"""A density of any shape: straight lines between nodes spread evenly over ln τ."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Free, Relaxation, as_float
from tlsjax.physics.relaxation.polygon import Parts, integrated_twice
from tlsjax.quantity import Quantity, Typical

_NARROW = 0.04
"""Half width of a hat up to which a few derivatives give 1e-10."""


def _wide_hat(y: jax.Array, h: jax.Array) -> Parts:
    """Re H and Im H of a hat of half width h in ln τ at y = ln ωτ: second differences of double integrals.

    Those are −Li₂(−e^{−2y})/4 and Ti₂(e^y), by series in e^{−2|y|}; of the latter's corner at y = 0 the
    difference is a hat.
    """

    places = zip(*(integrated_twice(y + turn * h) for turn in (-1.0, 0.0, 1.0)), strict=True)
    real, imaginary = ((before - 2.0 * here + after) / (h * h) for before, here, after in places)
    corner = 0.5 * np.pi * jnp.maximum(0.0, h - jnp.abs(y)) / (h * h)
    return real, imaginary + corner


def _narrow_hat(y: jax.Array, h: jax.Array) -> Parts:
    """The same by the first even derivatives, where differences would lose digits."""
    falling = jnp.exp(-jnp.abs(y))
    sech = 2.0 * falling / (1.0 + falling * falling)
    q, tanh = sech * sech, jnp.tanh(y)
    second, fourth = h * h / 12.0, h**4 / 360.0
    real = jax.nn.sigmoid(-2.0 * y) + tanh * q * (second + fourth * (4.0 - 12.0 * q))
    imaginary = 0.5 * sech * (1.0 + second * (1.0 - 2.0 * q) + fourth * (1.0 - 20.0 * q + 24.0 * q * q))
    return real, imaginary


def hat_below(u: jax.Array) -> jax.Array:
    """Share of a hat φ below u, any shape."""
    u = jnp.clip(u, -1.0, 1.0)
    return jnp.where(u < 0.0, 0.5 * (1.0 + u) ** 2, 1.0 - 0.5 * (1.0 - u) ** 2)


ROUGHNESS = Quantity(
    "roughness", "κ", "1", "how far the slope of ln τf over ln τ strays from 0 where nothing is seen",
    typical=Typical(0.6, 1.42),
)  # fmt: skip


class Basis(eqx.Module):
    """H_i(ω) of every node's hat at some angular frequencies.

    Attributes:
        omega: where, rad/s, rising, shape (n,).
        real, imag: of H_i, shape (n, nodes).
    """

    omega: jax.Array
    real: jax.Array
    imag: jax.Array


class FreeForm(Relaxation):
    """τf(τ) = Σ w_i φ((ln τ − ln τ_i)/h)/h, with hats φ(u) = max(0, 1 − |u|) on evenly spaced ln τ_i.

    Between the nodes τf is a straight line in ln τ, from 0 at one step h before the first to 0 at one step
    after the last. H is linear in the weights: H(ω) = Σ w_i H_i(ω), where :meth:`basis` gives H_i, which
    depend on ω and the nodes alone, in closed form (dilogarithms), to 1e-10 or better for any step h.

    Args:
        shortest: time τ of the first node, s, > 0.
        longest: time of the last, s, > 0; where it is the shorter, the nodes run downwards.
        weights: w_i ≥ 0, at least two, on the last axis; divided by their sum.
        known: H_i where they were worked out before, as by :meth:`tabulated`; other frequencies are as exact.

    A fit's prior for the weights, and the parameter ``roughness`` of it, are those of
    :class:`tlsjax.model.free_form.Smooth`.

    Raises:
        ValueError: fewer than two weights.

    Beyond the paper. Source: Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    shortest: jax.Array = eqx.field(converter=as_float)
    longest: jax.Array = eqx.field(converter=as_float)
    weights: jax.Array = eqx.field(converter=as_float)
    known: Basis | None = None
    free: ClassVar[Free | None] = "time"

    @classmethod
    def parameters(cls) -> tuple[Quantity, ...]:
        """How rough the prior takes f to be; f itself has none."""
        return (ROUGHNESS,)

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Relaxation:
        """The ``free_form`` among the values."""
        form: Relaxation = values["free_form"]
        return form

    def __check_init__(self) -> None:
        if not self.weights.ndim or self.weights.shape[-1] < 2:
            raise ValueError(f"weights of at least two nodes are needed, not of shape {self.weights.shape}")

    @property
    def shares(self) -> jax.Array:
        """Share of f in the hat of each node, shape of ``weights``."""
        return self.weights / jnp.sum(self.weights, -1, keepdims=True)

    @property
    def step(self) -> jax.Array:
        """Distance h of the nodes in ln τ."""
        return jnp.abs(jnp.log(self.longest) - jnp.log(self.shortest)) / (self.weights.shape[-1] - 1)

    @property
    def times(self) -> jax.Array:
        """τ_i of the nodes, s, last axis as long as ``weights``."""
        return jnp.exp(self._log_times)

    @property
    def _log_times(self) -> jax.Array:
        first, last = (jnp.log(end)[..., None] for end in (self.shortest, self.longest))
        return first + (last - first) * jnp.linspace(0.0, 1.0, self.weights.shape[-1], dtype=first.dtype)

    def _distance(self, tau: ArrayLike) -> jax.Array:
        """Of ln τ from every node, in steps, shape of τ and the nodes."""
        return (jnp.log(tau)[..., None] - self._log_times) / self.step[..., None]

    def with_weights(self, weights: jax.Array) -> "FreeForm":
        """The same nodes with other weights, (..., nodes)."""
        shape = weights.shape[:-1]
        first, last = (jnp.broadcast_to(end, shape) for end in (self.shortest, self.longest))
        return FreeForm(first, last, weights, None if shape else self.known)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        hats = jnp.maximum(0.0, 1.0 - jnp.abs(self._distance(tau)))
        return jnp.sum(self.shares * hats, -1) / (self.step * jnp.asarray(tau))

    def basis(self, omega: ArrayLike) -> jax.Array:
        """H_i(ω) of every hat, complex, shape of ω (rad/s) and the nodes."""
        h = self.step[..., None]
        y = jnp.log(omega)[..., None] + self._log_times
        wide, narrow = _wide_hat(y, h), _narrow_hat(y, h)
        real, imaginary = (jnp.where(h > _NARROW, w, n) for w, n in zip(wide, narrow, strict=True))
        return real + 1j * imaginary

    def tabulated(self, omega: ArrayLike) -> Basis:
        """The basis at these ω (rad/s), rising, shape (n,), for nodes that are the same everywhere."""
        basis = self.basis(omega)
        return Basis(jnp.asarray(omega), basis.real, basis.imag)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""

        def fresh() -> jax.Array:
            return jnp.sum(self.shares * self.basis(omega), -1)

        def looked_up(known: Basis, place: jax.Array) -> jax.Array:
            return (known.real @ self.shares + 1j * (known.imag @ self.shares))[place]

        return self._by(omega, looked_up, fresh)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        omega = jnp.asarray(omega)

        def fresh() -> jax.Array:
            return jnp.sum(self.shares * self.basis(omega).imag, -1)

        return self._by(omega, lambda known, place: (known.imag @ self.shares)[place], fresh) / omega

    def _by(self, omega: ArrayLike, looked_up: Callable[..., jax.Array], fresh: Any) -> jax.Array:
        """From what is known where that is of these very ω."""
        if self.known is None or self.weights.ndim > 1:
            return fresh()
        here, known = jnp.asarray(omega), self.known
        place = jnp.minimum(jnp.searchsorted(known.omega, here), len(known.omega) - 1)
        return jax.lax.cond(
            jnp.all(known.omega[place] == here), lambda: looked_up(known, place), lambda: fresh()
        )

    @property
    def mean(self) -> jax.Array:
        """τ̄ = Σ w_i τ_i [sinh(h/2)/(h/2)]², s."""
        half = 0.5 * self.step
        return jnp.sum(self.shares * self.times, -1) * (jnp.sinh(half) / half) ** 2

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s), in closed form."""
        first, last = (hat_below(self._distance(tau)) for tau in (shortest, longest))
        return jnp.sum(self.shares * (last - first), -1)
