"""A density of any shape: straight lines between nodes spread evenly over ln τ."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, as_float
from tlsjax.quantity import Quantity, Typical

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def _hat() -> tuple[Any, Any]:
    """Where the hat 1 − |u| is looked at for |u| < 1, and with what weight."""
    u = 0.5 * (_NODES + 1.0)
    weight = 0.5 * _WEIGHTS * (1.0 - u)
    return np.concatenate([-u[::-1], u]), np.concatenate([weight[::-1], weight])


_PLACES, _SHARES = _hat()


ROUGHNESS = Quantity(
    "roughness", "σ", "1", "how far the slope of ln τf over ln τ strays from 0 where nothing is seen",
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
    depend on ω and the nodes alone. Their integrals are by Gauss and Legendre, to 1e-11 for steps h up to 2.

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
    free: ClassVar[bool] = True

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

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        hats = jnp.maximum(0.0, 1.0 - jnp.abs(self._distance(tau)))
        return jnp.sum(self.shares * hats, -1) / (self.step * jnp.asarray(tau))

    def basis(self, omega: ArrayLike) -> jax.Array:
        """H_i(ω) of every hat, complex, shape of ω (rad/s) and the nodes."""
        middle = jnp.log(omega)[..., None] + self._log_times
        y = middle[..., None] + self.step[..., None, None] * jnp.asarray(_PLACES, middle.dtype)
        shares = jnp.asarray(_SHARES, middle.dtype)
        falling = jnp.exp(-jnp.abs(y))
        # 1/(1 − ie^y), written so that it can't overflow
        imaginary = falling / (1.0 + falling * falling)
        return jax.nn.sigmoid(-2.0 * y) @ shares + 1j * (imaginary @ shares)

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
        first, last = (self._below(self._distance(tau)) for tau in (shortest, longest))
        return jnp.sum(self.shares * (last - first), -1)

    @staticmethod
    def _below(u: jax.Array) -> jax.Array:
        """Share of a hat below u."""
        u = jnp.clip(u, -1.0, 1.0)
        return jnp.where(u < 0.0, 0.5 * (1.0 + u) ** 2, 1.0 - 0.5 * (1.0 - u) ** 2)
