"""The posterior density of a model in unconstrained coordinates, one vector z a point."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import jax
import jax.numpy as jnp
from numpyro import handlers, validation_enabled
from numpyro.infer.util import constrain_fn, potential_energy, unconstrain_fn

from tlsjax.fitting.compile import quick_jit
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations
from tlsjax.model.sampling import numpyro_model, sample_parameters, sites

_lock = threading.RLock()


@contextmanager
def _tracing() -> Iterator[None]:
    """NumPyro keeps what it traces on one stack for all threads; checks of traced values check nothing."""
    with _lock, validation_enabled(False):
        yield


def site_names(model: Model) -> tuple[str, ...]:
    """Names of the sampled sites, the order of the coordinates in z."""
    names: list[str] = []

    def run(key: jax.Array) -> None:
        trace = handlers.trace(handlers.seed(sample_parameters, key)).get_trace(model)
        names.extend(name for name, site in trace.items() if site["type"] == "sample")

    with _tracing():
        jax.eval_shape(run, jax.random.key(0))  # nothing is computed for names alone
    return tuple(sorted(names))


# Compiled inside whatever is compiled around it: the model is then traced once, not at each of many calls.
@jax.jit
def potential(z: jax.Array, model: Model, observations: Observations) -> jax.Array:
    """Minus the log posterior density at z, shape (d,), up to a constant; prior's Jacobian included."""
    at = dict(zip(site_names(model), z, strict=True))
    with _tracing():
        energy: jax.Array = potential_energy(numpyro_model, (model, observations), {}, at)
    # A point where the density overflows is one the sampler must not go to.
    return jnp.where(jnp.isfinite(energy), energy, jnp.inf)


@jax.jit
def prior_potential(z: jax.Array, model: Model) -> jax.Array:
    """Minus the log prior density at z, shape (d,), Jacobian included; :func:`potential` without data."""
    at = dict(zip(site_names(model), z, strict=True))
    with _tracing():
        energy: jax.Array = potential_energy(sample_parameters, (model,), {}, at)
    return jnp.where(jnp.isfinite(energy), energy, jnp.inf)


@jax.jit
def constrain(z: jax.Array, model: Model) -> Values:
    """All parameters in SI units at one point z, shape (d,)."""
    at = dict(zip(site_names(model), z, strict=True))
    with _tracing():
        values: Values = constrain_fn(sample_parameters, (model,), {}, at, return_deterministic=True)
    return values


@quick_jit
def unconstrain(values: Values, model: Model) -> jax.Array:
    """Draws of all parameters as points z, shape (draws, d): the inverse of :func:`constrain`."""
    names = site_names(model)

    def one(values: Values) -> jax.Array:
        every = sites(model, values)
        free = unconstrain_fn(sample_parameters, (model,), {}, {name: every[name] for name in names})
        return jnp.stack([free[name] for name in names])

    with _tracing():
        return jax.vmap(one)(values)


@quick_jit
def prior_draws(key: jax.Array, model: Model, count: int) -> tuple[Values, jax.Array]:
    """Draws of all parameters from the prior, and the same as points z of shape (count, d)."""
    names = site_names(model)

    def one(key: jax.Array) -> tuple[Values, jax.Array]:
        trace = handlers.trace(handlers.seed(sample_parameters, key)).get_trace(model)
        values = {name: site["value"] for name, site in trace.items()}
        free = unconstrain_fn(sample_parameters, (model,), {}, {name: values[name] for name in names})
        return values, jnp.stack([free[name] for name in names])

    with _tracing():
        return jax.vmap(one)(jax.random.split(key, count))
