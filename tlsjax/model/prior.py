"""Prior distributions in physical units."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.typing import ArrayLike


def number(value: ArrayLike) -> jax.Array:
    """A scalar of the default precision, as priors and models hold them."""
    return jnp.asarray(value, dtype=float)


def _leaf() -> Any:
    return eqx.field(converter=number)


class Prior(eqx.Module):
    """What is known of one parameter before the data; its numbers are arrays, in the parameter's unit."""

    kinds: ClassVar[dict[str, type["Prior"]]] = {}
    """Every prior by the name that model files use."""
    kind: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.kind = cls.__name__.lower()
        Prior.kinds[cls.kind] = cls

    @abc.abstractmethod
    def scaled(self, factor: jax.Array) -> "Prior":
        """The prior of ``factor`` times the parameter, ``factor`` > 0."""

    @abc.abstractmethod
    def distribution(self) -> dist.Distribution:
        """The prior as a NumPyro distribution."""

    @property
    @abc.abstractmethod
    def lowest(self) -> jax.Array:
        """Lower end of the support, scalar; −∞ where it has none."""


class LogNormal(Prior):
    """ln x is normal around ``median``; ``factor`` is one standard deviation: 68 % within ×/÷ factor."""

    median: jax.Array = _leaf()
    factor: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "LogNormal":
        """The same factor around a scaled median."""
        return LogNormal(self.median * factor, self.factor)

    def distribution(self) -> dist.Distribution:
        """Log-normal."""
        return dist.LogNormal(jnp.log(self.median), jnp.log(self.factor))

    @property
    def lowest(self) -> jax.Array:
        """0."""
        return jnp.zeros(())


class LogUniform(Prior):
    """ln x is uniform between ``low`` and ``high``."""

    low: jax.Array = _leaf()
    high: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "LogUniform":
        """Both ends scaled."""
        return LogUniform(self.low * factor, self.high * factor)

    def distribution(self) -> dist.Distribution:
        """Log-uniform."""
        return dist.LogUniform(self.low, self.high)

    @property
    def lowest(self) -> jax.Array:
        """``low``."""
        return self.low


class Uniform(Prior):
    """Uniform between ``low`` and ``high``."""

    low: jax.Array = _leaf()
    high: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "Uniform":
        """Both ends scaled."""
        return Uniform(self.low * factor, self.high * factor)

    def distribution(self) -> dist.Distribution:
        """Uniform."""
        return dist.Uniform(self.low, self.high)

    @property
    def lowest(self) -> jax.Array:
        """``low``."""
        return self.low


class Normal(Prior):
    """Normal around ``mean`` with standard deviation ``sd``; only for parameters that may be negative."""

    mean: jax.Array = _leaf()
    sd: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "Normal":
        """Mean and standard deviation scaled."""
        return Normal(self.mean * factor, self.sd * factor)

    def distribution(self) -> dist.Distribution:
        """Normal."""
        return dist.Normal(self.mean, self.sd)

    @property
    def lowest(self) -> jax.Array:
        """−∞."""
        return jnp.asarray(-jnp.inf)


class Fixed(Prior):
    """Known exactly: not sampled."""

    value: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "Fixed":
        """The value scaled."""
        return Fixed(self.value * factor)

    def distribution(self) -> dist.Distribution:
        """A point mass."""
        return dist.Delta(self.value)

    @property
    def lowest(self) -> jax.Array:
        """``value``."""
        return self.value


class Tied(Prior):
    """Always ``factor`` times the parameter named ``to``: not sampled by itself."""

    to: str = eqx.field(static=True)
    factor: jax.Array = _leaf()

    def scaled(self, factor: jax.Array) -> "Tied":
        """The factor scaled."""
        return Tied(self.to, self.factor * factor)

    def distribution(self) -> dist.Distribution:
        """None of its own."""
        raise TypeError(f"tied to {self.to}: it has no distribution of its own")

    @property
    def lowest(self) -> jax.Array:
        """0."""
        return jnp.zeros(())
