"""Several distributions at once."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from types import new_class
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, as_float, condition, parameter, parameter_like
from tlsjax.physics.relaxation.forwarding import Forwarding


class Mixture(Relaxation, family=False):
    """f(τ) = Σ w_i f_i(τ).

    Args:
        weights: w_i ≥ 0, last axis as long as ``components``; divided by their sum.
        components: the distributions f_i.

    Beyond the paper where the f_i differ in kind. Source: Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    weights: jax.Array = eqx.field(converter=as_float)
    components: tuple[Relaxation, ...] = eqx.field(converter=tuple)

    def _parts(self) -> list[jax.Array]:
        """w_i, times the share of each one's systems that take part at this temperature."""
        return [self.weights[..., i] * one.weight for i, one in enumerate(self.components)]

    def _sum(self, terms: Sequence[jax.Array]) -> jax.Array:
        parts = self._parts()
        total = sum(part * term for part, term in zip(parts, terms, strict=True))
        return jnp.asarray(total) / sum(parts)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        return self._sum([one.density(tau) for one in self.components])

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self._sum([one.kernel(omega) for one in self.components])

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        return self._sum([one.response(omega) for one in self.components])

    @property
    def mean(self) -> jax.Array:
        """τ̄ = Σ w_i τ̄_i, s."""
        return self._sum([one.mean for one in self.components])

    @property
    def weight(self) -> jax.Array:
        """Σ w_i times each one's own weight."""
        return jnp.asarray(sum(self._parts())) / jnp.sum(self.weights, -1)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s)."""
        return self._sum([one.mass(shortest, longest) for one in self.components])


@cache
def mixture_of(*families: type[Relaxation]) -> type[Relaxation]:
    """A family that mixes the given ones, for fits: its parameters are theirs, named after each.

    ``mixture_of(LogUniform, Single)`` has ``log_uniform_tau_min``, ``log_uniform_tau_max``, ``single_tau``
    and ``log_uniform_share``: the share of the systems that are of that kind (with more than two, of those
    that the kinds before it leave).
    """
    names = _names(families)
    body: dict[str, Any] = {}
    for name in names[:-1]:
        symbol, words = f"w[{name}]", f"share of {name.replace('_', ' ')} in f(τ)"
        body[f"{name}_share"] = parameter(
            f"{name}_share", symbol, words, support="fraction", centre=0.5, spread=0.3
        )
    for name, family in zip(names, families, strict=True):
        for own in family.parameters():
            body[f"{name}_{own.name}"] = parameter_like(
                replace(own, name=f"{name}_{own.name}", symbol=f"{own.symbol}[{name}]")
            )
    conditions = dict.fromkeys(which for family in families for which in family.conditions())
    body |= {which: condition(which) for which in conditions}
    free = [family.free for family in families if family.free]
    if len(free) > 1:
        raise ValueError("a mixture has one free form at most: two could not be told apart")
    if free:
        body["free_form"] = eqx.field()
    body["__annotations__"] = dict.fromkeys(body, Any)
    body["__doc__"] = "Mixture of " + ", ".join(name.replace("_", " ") for name in names) + "."
    body["ordered"] = tuple(
        (f"{name}_{low}", f"{name}_{high}")
        for name, family in zip(names, families, strict=True)
        for low, high in family.ordered
    )

    def mixture(self: Any) -> Mixture:
        left, weights, components = 1.0, [], []
        for name, family in zip(names, families, strict=True):
            share = getattr(self, f"{name}_share", 1.0)
            weights.append(left * share)
            left = left * (1.0 - share)
            given = {which: getattr(self, which) for which in (*conditions, *(["free_form"] if free else []))}
            own = {q.name: getattr(self, f"{name}_{q.name}") for q in family.parameters()}
            components.append(family.made(own | given))
        return Mixture(jnp.stack(jnp.broadcast_arrays(*map(jnp.asarray, weights)), -1), tuple(components))

    body["equivalent"] = mixture
    body["free"] = free[0] if free else None
    made: type[Relaxation] = new_class(
        "_".join(names), (Forwarding,), {"family": False}, lambda space: space.update(body)
    )
    made.name = "+".join(family.name for family in families)
    return made


def _names(families: Sequence[type[Relaxation]]) -> list[str]:
    """Of each component: its family's, numbered where it occurs twice."""
    plain = [family.name for family in families]
    return [
        name if plain.count(name) == 1 else f"{name}_{plain[: i + 1].count(name)}"
        for i, name in enumerate(plain)
    ]
