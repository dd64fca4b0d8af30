"""What every distribution f(τ) of relaxation times can do, and how its parameters are declared."""

import abc
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.quantity import Anchor, Quantity, Support, Typical

Free = Literal["time", "barrier", "coupling"]
"""What may have a density without a formula."""

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


def parameter(
    name: str,
    symbol: str,
    description: str,
    *,
    unit: str = "1",
    support: Support = "positive",
    above: float = 0.0,
    centre: float = 1.0,
    spread: float = 3.0,
    anchor: Anchor = "absolute",
    source: str = "Eq. 15",
) -> Any:
    """Declare a field of a family: one float array with its :class:`Quantity` beside it."""
    typical = Typical(centre, spread, anchor)
    return parameter_like(
        Quantity(name, symbol, unit, description, source, support=support, above=above, typical=typical)
    )


def parameter_like(quantity: Quantity) -> Any:
    """Declare a field of a family by its quantity."""
    return eqx.field(converter=as_float, metadata={"quantity": quantity})


def condition(name: str) -> Any:
    """Declare a field that is not a parameter but a condition of the measurement, such as ``temperature``."""
    return eqx.field(converter=as_float, metadata={"condition": name})


def as_float(value: ArrayLike) -> jax.Array:
    """An array of floats, whatever was given."""
    array = jnp.asarray(value)
    return array if jnp.issubdtype(array.dtype, jnp.inexact) else array.astype(float)


class Relaxation(eqx.Module):
    """A normalised distribution f(τ) of relaxation times, ∫f dτ = 1.

    A family is a subclass that declares its parameters with :func:`parameter` and writes
    ``density``, ``response`` and ``mean``; ``kernel`` where it can be had more exactly. That is all: it is
    then known by its name (``LogUniform`` → ``log_uniform``) to fits, model files and reports.

    Parameters broadcast against the argument, so a family may hold one parameter a point (as one that
    depends on temperature does).
    """

    families: ClassVar[dict[str, type["Relaxation"]]] = {}
    """Every family by name."""
    name: ClassVar[str]
    ordered: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Pairs of parameters of which the first is the smaller."""
    free: ClassVar[Free | None] = None
    """Over what a density without a formula is part of it, which a model makes and hands over."""

    def __init_subclass__(cls, family: bool = True, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        if family:
            Relaxation.families[cls.name] = cls

    @classmethod
    def parameters(cls) -> tuple[Quantity, ...]:
        """The family's parameters, in the order of its constructor."""
        return tuple(field.metadata["quantity"] for field in fields(cls) if "quantity" in field.metadata)

    @classmethod
    def conditions(cls) -> tuple[str, ...]:
        """Names of the conditions that the family needs besides its parameters."""
        return tuple(field.metadata["condition"] for field in fields(cls) if "condition" in field.metadata)

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> "Relaxation":
        """The distribution of these parameters, conditions and, where ``free``, of this ``free_form``."""
        names = [*(q.name for q in cls.parameters()), *cls.conditions(), *(["free_form"] if cls.free else [])]
        return cls(**{name: values[name] for name in names})

    @property
    def weight(self) -> jax.Array:
        """How many systems take part, relative to other conditions: 1 unless f depends on temperature."""
        return jnp.ones(())

    @abc.abstractmethod
    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s at relaxation times τ (s), same shape."""

    @abc.abstractmethod
    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω) = ∫dτ f(τ)/(1 − iωτ), complex, at angular frequencies ω > 0 (rad/s), same shape."""

    @property
    @abc.abstractmethod
    def mean(self) -> jax.Array:
        """Mean relaxation time τ̄ = ∫dτ f(τ)τ = K(0) of Eq. 16, s; infinite where the integral diverges."""

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) = ∫dτ f(τ)τ/(1+ω²τ²) = Im H(ω)/ω in s, at angular frequencies ω > 0 (rad/s), same shape.

        Limits: K → τ̄ for ωτ ≪ 1, K → ⟨1/τ⟩/ω² for ωτ ≫ 1.
        Source: Liu, Andreev, Spivak 2025, Eq. 15.
        """
        return self.response(omega).imag / jnp.asarray(omega)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times, ∫f dτ from ``shortest`` to ``longest`` (s), scalar."""
        low, high = jnp.log(shortest), jnp.log(longest)
        tau = jnp.exp(low + (high - low) * jnp.asarray((_NODES + 1.0) / 2.0))
        return jnp.sum(jnp.asarray(_WEIGHTS) * tau * self.density(tau)) * (high - low) / 2.0
