"""Families that are another distribution in other words."""

import abc

import jax
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation


class Forwarding(Relaxation, family=False):
    """A family that is, at given parameters and conditions, another distribution."""

    @abc.abstractmethod
    def equivalent(self) -> Relaxation:
        """The distribution that it is."""

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        return self.equivalent().density(tau)

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self.equivalent().kernel(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        return self.equivalent().response(omega)

    @property
    def mean(self) -> jax.Array:
        """τ̄, s."""
        return self.equivalent().mean

    @property
    def weight(self) -> jax.Array:
        """How many systems take part, relative to other conditions."""
        return self.equivalent().weight

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s)."""
        return self.equivalent().mass(shortest, longest)
