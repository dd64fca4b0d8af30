"""Systems of any f(τ) at one temperature, whose process says what it is at all others."""

import abc
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Free, Relaxation, as_float, condition, parameter
from tlsjax.physics.relaxation.free_form import ROUGHNESS
from tlsjax.physics.relaxation.polygon import Polygon
from tlsjax.physics.relaxation.thermally_activated import attempt_time
from tlsjax.quantity import Quantity


class TimesAt(eqx.Module):
    """The density of x = ln(τ/1 s) at one temperature.

    Attributes:
        temperature: T₀, K, > 0.
        polygon: of x.
    """

    temperature: jax.Array = eqx.field(converter=as_float)
    polygon: Polygon

    def with_weights(self, weights: jax.Array) -> "TimesAt":
        """The same places with other weights, (..., nodes)."""
        temperature = jnp.broadcast_to(self.temperature, weights.shape[:-1])
        return TimesAt(temperature, self.polygon.with_weights(weights))


class _Process(Relaxation, family=False):
    """f(τ) where ln τ = start + stretch·x."""

    free_form: eqx.AbstractVar[TimesAt]

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
        x = (jnp.log(tau) - start) / stretch
        return self.free_form.polygon.density(x) / (stretch * jnp.asarray(tau))

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        real, imaginary = self.free_form.polygon.response(omega, *self.line())
        return real + 1j * imaginary

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s)."""
        return self.free_form.polygon.response(omega, *self.line())[1] / jnp.asarray(omega)

    @property
    def mean(self) -> jax.Array:
        """τ̄, s."""
        start, stretch = self.line()
        factor, exponent = self.free_form.polygon.mean_exponential(stretch)
        return factor * jnp.exp(start + exponent)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two relaxation times (s), in closed form."""
        start, stretch = self.line()
        first, last = ((jnp.log(tau) - start) / stretch for tau in (shortest, longest))
        return self.free_form.polygon.below(last) - self.free_form.polygon.below(first)


class FreeBarriers(_Process):
    """Thermally activated systems, ln τ = ln τ_a + V/T, with barriers V of any density g.

    It is given by x = ln τ at T₀, so that V = T₀(x − ln τ_a) and ln τ = (1 − T₀/T) ln τ_a + (T₀/T)x: what
    is seen about T₀ then hardly depends on τ_a, which the other temperatures tell.

    Args:
        attempt_time: τ_a, s, > 0.
        temperature: T, K, > 0: a condition, not a parameter of fits.
        free_form: the density at T₀; times below τ_a there would be barriers below 0.

    Beyond the paper. Source: Dutta and Horn 1981; Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    attempt_time: jax.Array = attempt_time()
    temperature: jax.Array = condition("temperature")
    free_form: TimesAt = eqx.field()
    free: ClassVar[Free | None] = "barrier"

    def line(self) -> tuple[jax.Array, jax.Array]:
        """(1 − T₀/T) ln τ_a and T₀/T."""
        stretch = self.free_form.temperature / self.temperature
        return (1.0 - stretch) * jnp.log(self.attempt_time), stretch


class FreeCouplings(_Process):
    """Systems whose rates all grow as Tⁿ, ln τ = x − n ln(T/T₀), with any density of x = ln τ at T₀.

    It stands for the couplings to phonons. One phonon gives n = 3 where splittings near 2T do the absorbing:
    their τ ∝ 1/(uT³), with any density of u.

    Args:
        temperature_exponent: n.
        temperature: T, K, > 0: a condition, not a parameter of fits.
        free_form: the density at T₀.

    Beyond the paper. Source: Jäckle 1972; Phillips 1987; Liu, Andreev, Spivak 2025, Eq. 15, linear in f.
    """

    temperature_exponent: jax.Array = parameter(
        "temperature_exponent", "n", "power of temperature with which all rates grow", centre=3.0, spread=1.5,
        source="Jäckle 1972",
    )  # fmt: skip
    temperature: jax.Array = condition("temperature")
    free_form: TimesAt = eqx.field()
    free: ClassVar[Free | None] = "coupling"

    def line(self) -> tuple[jax.Array, jax.Array]:
        """−n ln(T/T₀) and 1."""
        start = -self.temperature_exponent * jnp.log(self.temperature / self.free_form.temperature)
        return start, jnp.ones_like(start)
