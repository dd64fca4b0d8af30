"""A log-normal prior cut below; of a relaxation time, in a coordinate that suits the data's window."""

import math
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.scipy.special import ndtr, ndtri
from numpyro.distributions import biject_to, constraints
from numpyro.distributions.transforms import Transform

from tlsjax.model.normal_tail import log_tail
from tlsjax.model.prior import LogNormal
from tlsjax.model.window import Edge

_SMALL, _LINEAR, _FARTHEST = -30.0, 4.0, 300.0


class Linear(eqx.Module):
    """A coordinate that is tᵖ about its scale, and ln t far below and above: tᵖ = a·sᵖ·sinh[ln(1 + eᵛ)/a].

    A quasiparticle's loss goes as e^{−Δ/k_BT}, so its prefactor's logarithm and T_c lie on a line, not on a
    bent ridge; the prior's long tails want a logarithm.

    Attributes:
        time: the scale s.
        power: p.
        shift: added to v.
        edge: off whose edge v is eased before, in units of ``rate``; None for none.
        rate: of e-folds of the edge a unit of v.
    """

    time: jax.Array
    power: float = 1.0
    shift: jax.Array | float = 0.0
    edge: Edge | None = None
    rate: float = 1.0

    def log_time(self, v: jax.Array) -> jax.Array:
        """ln t at v."""
        return jnp.log(self.time) + self._log_relative(self._eased(v)) / self.power

    def log_slope(self, v: jax.Array) -> jax.Array:
        """ln(d ln t/dv)."""
        eased = self._eased(v)
        length = jnp.minimum(jax.nn.softplus(eased) / _LINEAR, _FARTHEST)
        slope = jnp.log(jnp.cosh(length)) + jax.nn.log_sigmoid(eased) - self._log_relative(eased)
        own = 0.0 if self.edge is None else self.edge.log_slope(v)
        return slope + own - jnp.log(self.power * self.rate)

    def coordinate(self, log_time: jax.Array) -> jax.Array:
        """v at ln t."""
        relative = self.power * (log_time - jnp.log(self.time))
        small = relative < _SMALL
        length = _LINEAR * jnp.arcsinh(jnp.exp(jnp.where(small, 0.0, relative)) / _LINEAR)
        eased = jnp.where(small, relative, length + jnp.log(-jnp.expm1(-length))) - self.shift
        return eased * self.rate if self.edge is None else self.edge.coordinate(eased * self.rate)

    def _eased(self, v: jax.Array) -> jax.Array:
        return (v if self.edge is None else self.edge.log_time(v)) / self.rate + self.shift

    def _log_relative(self, v: jax.Array) -> jax.Array:
        """ln (t/s)ᵖ."""
        small = v < _SMALL
        length = jax.nn.softplus(jnp.where(small, 0.0, v))
        beyond = jnp.log(_LINEAR * jnp.sinh(jnp.minimum(length / _LINEAR, _FARTHEST)))
        return jnp.where(small, v, beyond)


class CutLogNormal(dist.Distribution):
    """The prior given that the value is above ``low``, with its norm.

    Args:
        own: the prior.
        low: bound, in the prior's unit; None for none.
        edge: whose coordinate it is sampled in, an end of the window or linear; None: ln(value − low).
    """

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, own: LogNormal, low: jax.Array | None, edge: Edge | Linear | None) -> None:
        self.loc, self.scale = jnp.log(own.median), jnp.log(own.factor)
        self.is_cut = low is not None
        self.low, self.edge = jnp.zeros(()) if low is None else low, edge
        shape = jnp.broadcast_shapes(jnp.shape(self.loc), jnp.shape(self.low))
        super().__init__(batch_shape=shape, validate_args=False)

    @constraints.dependent_property(is_discrete=False, event_dim=0)  # type: ignore[untyped-decorator]
    def support(self) -> constraints.Constraint:
        """Above ``low``, with the coordinate of ``edge``."""
        return constraints.greater_than(self.low) if self.edge is None else _Above(self.low, self.edge)

    def sample(self, key: jax.Array, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        """Draws, by the inverse distribution function."""
        shape = sample_shape + self.batch_shape
        if not self.is_cut:
            return jnp.exp(self.loc + self.scale * jax.random.normal(key, shape))
        # The upper tail keeps its digits where almost everything is cut off.
        cut = ndtr(-self._standard(self.low))
        tail = jax.random.uniform(key, shape, minval=1e-12) * cut
        return jnp.maximum(jnp.exp(self.loc - self.scale * ndtri(tail)), self.low * (1.0 + 1e-12))

    def log_prob(self, value: jax.Array) -> jax.Array:
        """Log density, shape of ``value``."""
        whole = -0.5 * self._standard(value) ** 2 - jnp.log(math.sqrt(2.0 * math.pi) * self.scale * value)
        return whole - log_tail(self._standard(self.low)) if self.is_cut else whole

    def _standard(self, value: jax.Array) -> jax.Array:
        return (jnp.log(value) - self.loc) / self.scale


class _Above(constraints.Constraint):
    """Times above ``low``."""

    def __init__(self, low: jax.Array, edge: Edge | Linear) -> None:
        self.low, self.edge = low, edge

    def __call__(self, value: jax.Array) -> jax.Array:
        return value > self.low

    def feasible_like(self, prototype: jax.Array) -> jax.Array:
        return jnp.broadcast_to(self.low + self.edge.time, jnp.shape(prototype))

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], dict[str, Any]]]:
        return (self.low, self.edge), (("low", "edge"), {})


@biject_to.register(_Above)
class _FromEdge(Transform):
    """τ = low + e^{ln τ(v)}."""

    def __init__(self, support: _Above) -> None:
        self.above = support

    @property
    def codomain(self) -> constraints.Constraint:
        return self.above

    def __call__(self, v: jax.Array) -> jax.Array:
        return self.above.low + jnp.exp(self.above.edge.log_time(v))

    def _inverse(self, value: jax.Array) -> jax.Array:
        return self.above.edge.coordinate(jnp.log(value - self.above.low))

    def log_abs_det_jacobian(self, v: jax.Array, value: jax.Array, intermediates: Any = None) -> jax.Array:
        return self.above.edge.log_time(v) + self.above.edge.log_slope(v)

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], dict[str, Any]]]:
        return (self.above,), (("above",), {})
