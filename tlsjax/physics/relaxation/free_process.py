"""What a process spreads, of any shape: one density of barriers or couplings for all temperatures."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Free, Relaxation, condition, parameter
from tlsjax.physics.relaxation.free_form import ROUGHNESS
from tlsjax.physics.relaxation.polygon import Polygon
from tlsjax.physics.relaxation.thermally_activated import attempt_time
from tlsjax.quantity import Quantity


class _Spread(Relaxation, family=False):
    """f(τ) where ln τ = start + stretch·x and x has a polygon for its density."""

    free_form: eqx.AbstractVar[Polygon]

    @classmethod
    def parameters(cls) -> tuple[Quantity, ...]:
        """Those of the process, and how rough the prior takes the density to be."""
        return (*super().parameters(), ROUGHNESS)

    @classmethod
    def made(cls, values: Mapping[str, Any]) -> Relaxation:
        """Of the parameters, the conditions and the ``free_form`` among the values."""
        names = [*(q.name for q in super().parameters()), *cls.conditions(), "free_form"]
        return cls(**{name: values[name] for name in names})

    @abc.abstractmethod
    def line(self) -> tuple[jax.Array, jax.Array]:
        """Start and stretch."""

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        start, stretch = self.line()
        return self.free_form.density((jnp.log(tau) - start) / stretch) / (stretch * jnp.asarray(tau))

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary = self.free_form.response(omega, *self.line())
        return real + 1j * imaginary

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self.free_form.response(omega, *self.line())[1] / jnp.asarray(omega)

    @property
    def mean(self) -> jax.Array:
        """τ̄, s."""
        start, stretch = self.line()
        factor, exponent = self.free_form.mean_exponential(stretch)
        return factor * jnp.exp(start + exponent)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s), in closed form."""
        start, stretch = self.line()
        first, last = ((jnp.log(tau) - start) / stretch for tau in (shortest, longest))
        return self.free_form.below(last) - self.free_form.below(first)


class FreeBarriers(_Spread):
    """Thermally activated systems, ln τ = ln τ_a + V/T, with a density g(V) of any shape.

    Args:
        attempt_time: τ_a, s, > 0.
        temperature: T, K, > 0: a condition, not a parameter of fits.
        free_form: g over the barriers V, K.

    Beyond the paper. Source: Dutta and Horn 1981; Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    attempt_time: jax.Array = attempt_time()
    temperature: jax.Array = condition("temperature")
    free_form: Polygon = eqx.field()
    free: ClassVar[Free | None] = "barrier"

    def line(self) -> tuple[jax.Array, jax.Array]:
        """ln τ_a and 1/T."""
        return jnp.log(self.attempt_time), 1.0 / self.temperature


class FreeCouplings(_Spread):
    """Systems whose rates all grow as Tⁿ, ln τ = x − n ln(T/1 K), with a density of any shape over x.

    x = ln τ at 1 K stands for the coupling to phonons. One phonon gives n = 3 where splittings near 2T do the
    absorbing: their τ ∝ 1/(uT³), with any density of u.

    Args:
        temperature_exponent: n.
        temperature: T, K, > 0: a condition, not a parameter of fits.
        free_form: density over x, ln of seconds.

    Beyond the paper. Source: Jäckle 1972; Phillips 1987; Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    temperature_exponent: jax.Array = parameter(
        "temperature_exponent", "n", "power of temperature with which all rates grow", centre=3.0, spread=1.5,
        source="Jäckle 1972",
    )  # fmt: skip
    temperature: jax.Array = condition("temperature")
    free_form: Polygon = eqx.field()
    free: ClassVar[Free | None] = "coupling"

    def line(self) -> tuple[jax.Array, jax.Array]:
        """−n ln T and 1."""
        start = -self.temperature_exponent * jnp.log(self.temperature)
        return start, jnp.ones_like(start)
