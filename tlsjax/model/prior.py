"""Prior distributions in physical units."""

import abc
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.scipy.special import log_ndtr, ndtr, ndtri
from jax.typing import ArrayLike
from numpyro.distributions import constraints


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

    def above(self, bound: jax.Array) -> dist.Distribution:
        """The prior given that the parameter is larger than ``bound``."""
        return _LogNormalAbove(jnp.log(self.median), jnp.log(self.factor), bound)

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


class _LogNormalAbove(dist.Distribution):
    """A log-normal cut below at ``low``, with its norm: what NumPyro lacks for a bound that is sampled."""

    arg_constraints: ClassVar[dict[str, Any]] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "low": constraints.positive,
    }
    reparametrized_params: ClassVar[list[str]] = ["loc", "scale", "low"]

    def __init__(self, loc: jax.Array, scale: jax.Array, low: jax.Array) -> None:
        self.loc, self.scale, self.low = loc, scale, low
        shape = jnp.broadcast_shapes(jnp.shape(loc), jnp.shape(scale), jnp.shape(low))
        super().__init__(batch_shape=shape)

    @constraints.dependent_property(is_discrete=False, event_dim=0)  # type: ignore[untyped-decorator]
    def support(self) -> constraints.Constraint:
        return constraints.greater_than(self.low)

    def sample(self, key: jax.Array, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        # The upper tail keeps its digits where almost everything is cut off.
        cut = ndtr(-(jnp.log(self.low) - self.loc) / self.scale)
        tail = jax.random.uniform(key, sample_shape + self.batch_shape, minval=1e-12) * cut
        return jnp.maximum(jnp.exp(self.loc - self.scale * ndtri(tail)), self.low * (1.0 + 1e-12))

    def log_prob(self, value: jax.Array) -> jax.Array:
        z = (jnp.log(value) - self.loc) / self.scale
        norm = log_ndtr(-(jnp.log(self.low) - self.loc) / self.scale)
        return -0.5 * z**2 - 0.5 * jnp.log(2.0 * jnp.pi) - jnp.log(self.scale * value) - norm
