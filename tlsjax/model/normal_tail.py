"""Logarithm of the normal distribution's tail, in few operations: it is compiled into every log density."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from scipy.special import erfcx

_TERMS = 28


def _erfcx_over_t(x: Any) -> Any:
    """ln(erfcx(z)/t) at t = 2/(2 + z) = (1 + x)/2, smooth on −1 < x < 1."""
    t = 0.5 * (1.0 + x)
    return np.log(erfcx(2.0 / t - 2.0) / t)


_COEFFICIENTS = np.polynomial.chebyshev.chebinterpolate(_erfcx_over_t, _TERMS - 1)


def _log_erfcx(z: jax.Array) -> jax.Array:
    """ln(erfc(z)·e^{z²}), z ≥ 0."""
    t = 2.0 / (2.0 + z)
    chebyshev = jnp.cos(jnp.arange(_TERMS) * jnp.arccos(2.0 * t - 1.0)[..., None])
    return jnp.log(t) + chebyshev @ jnp.asarray(_COEFFICIENTS, z.dtype)


@jax.custom_jvp
def log_tail(x: ArrayLike) -> jax.Array:
    """ln of the probability that a standard normal exceeds x, any shape."""
    z = jnp.asarray(x) / math.sqrt(2.0)
    beyond = math.log(0.5) + _log_erfcx(jnp.abs(z)) - z**2
    return jnp.where(z > 0.0, beyond, jnp.log1p(-jnp.exp(beyond)))


@jax.custom_jvp
def hazard(x: ArrayLike) -> jax.Array:
    """The standard normal's density at x over its tail beyond x, any shape."""
    z = jnp.asarray(x) / math.sqrt(2.0)
    log_erfcx = _log_erfcx(jnp.abs(z))
    tail = jnp.where(z > 0.0, 1.0, 2.0 * jnp.exp(z**2 - log_erfcx) - 1.0)
    return math.sqrt(2.0 / math.pi) * jnp.exp(-log_erfcx) / tail


@log_tail.defjvp
def _slope(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (dx,) = primals, tangents
    return log_tail(x), -hazard(x) * dx


@hazard.defjvp
def _bend(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (dx,) = primals, tangents
    here = hazard(x)
    return here, here * (here - x) * dx
