"""The posterior density of a model in unconstrained coordinates, one vector z a point."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from numpyro import handlers, validation_enabled
from numpyro.infer.util import constrain_fn, potential_energy, unconstrain_fn

from tlsjax.fitting.compile import quick_jit
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations
from tlsjax.model.sampling import numpyro_model, sample_parameters, sites

_lock = threading.RLock()
_ROWS = 512
"""Points in one compiled call."""


@contextmanager
def _tracing() -> Iterator[None]:
    """NumPyro keeps what it traces on one stack for all threads; checks of traced values check nothing."""
    with _lock, validation_enabled(False):
        yield


Sites = dict[str, tuple[int, ...]]


def sampled_sites(model: Model) -> Sites:
    """Shape of every sampled site by name; raveled, in this order, they are the coordinates in z."""
    with _tracing():
        found = jax.eval_shape(_sampled, jax.random.key(0), model)  # nothing is computed for names alone
    return {name: x.shape for name, x in sorted(found.items())}


@jax.jit
def _sampled(key: jax.Array, model: Model) -> Values:
    trace = handlers.trace(handlers.seed(sample_parameters, key)).get_trace(model)
    return {name: site["value"] for name, site in trace.items() if site["type"] == "sample"}


def dimension(model: Model) -> int:
    """Number d of coordinates in z."""
    return sum(prod(shape) for shape in sampled_sites(model).values())


def _apart(z: jax.Array, sites: Sites) -> Values:
    ends = np.cumsum([prod(shape) for shape in sites.values()])
    parts = jnp.split(z, ends[:-1])
    return {name: part.reshape(shape) for part, (name, shape) in zip(parts, sites.items(), strict=True)}


def _together(values: Values, sites: Sites) -> jax.Array:
    return jnp.concatenate([jnp.ravel(values[name]) for name in sites])


# Compiled inside whatever is compiled around it: the model is then traced once, not at each of many calls.
@jax.jit
def potential(z: jax.Array, model: Model, observations: Observations) -> jax.Array:
    """Minus the log posterior density at z, shape (d,), up to a constant; prior's Jacobian included."""
    at = _apart(z, sampled_sites(model))
    with _tracing():
        energy: jax.Array = potential_energy(numpyro_model, (model, observations), {}, at)
    # A point where the density overflows is one the sampler must not go to.
    return jnp.where(jnp.isfinite(energy), energy, jnp.inf)


@jax.jit
def prior_potential(z: jax.Array, model: Model) -> jax.Array:
    """Minus the log prior density at z, shape (d,), Jacobian included; :func:`potential` without data."""
    at = _apart(z, sampled_sites(model))
    with _tracing():
        energy: jax.Array = potential_energy(sample_parameters, (model,), {}, at)
    return jnp.where(jnp.isfinite(energy), energy, jnp.inf)


def energies(
    z: NDArray[np.float64], model: Model, observations: Observations
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """:func:`potential` and :func:`prior_potential` at points of shape (n, d), (n,) each."""
    rest = -len(z) % _ROWS  # one compilation for any number of points
    first, *others = np.concatenate([z, np.repeat(z[-1:], rest, axis=0)]).reshape(-1, _ROWS, z.shape[1])

    def some(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(_energies(jax.device_put(part), model, observations))

    found = [some(first)]  # compiles
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found += pool.map(some, others)
    both = np.concatenate(found)[: len(z)]
    return both[:, 0], both[:, 1]


@quick_jit
def _energies(z: jax.Array, model: Model, observations: Observations) -> jax.Array:
    def one(z: jax.Array) -> jax.Array:
        return jnp.stack([potential(z, model, observations), prior_potential(z, model)])

    # one by one on a CPU: in a batch every branch of a kernel would be computed for every point
    batch = None if jax.default_backend() == "cpu" else _ROWS
    found: jax.Array = jax.lax.map(one, z, batch_size=batch)
    return found


@jax.jit
def constrain(z: jax.Array, model: Model) -> Values:
    """All parameters in SI units at one point z, shape (d,)."""
    at = _apart(z, sampled_sites(model))
    with _tracing():
        values: Values = constrain_fn(sample_parameters, (model,), {}, at, return_deterministic=True)
    return values


@quick_jit
def unconstrain(values: Values, model: Model) -> jax.Array:
    """Draws of all parameters as points z, shape (draws, d): the inverse of :func:`constrain`."""
    names = sampled_sites(model)

    def one(values: Values) -> jax.Array:
        every = sites(model, values)
        free = unconstrain_fn(sample_parameters, (model,), {}, {name: every[name] for name in names})
        return _together(free, names)

    with _tracing():
        return jax.vmap(one)(values)


@quick_jit
def prior_draws(key: jax.Array, model: Model, count: int) -> tuple[Values, jax.Array]:
    """Draws of all parameters from the prior, and the same as points z of shape (count, d)."""
    names = sampled_sites(model)

    def one(key: jax.Array) -> tuple[Values, jax.Array]:
        trace = handlers.trace(handlers.seed(sample_parameters, key)).get_trace(model)
        values = {name: site["value"] for name, site in trace.items()}
        free = unconstrain_fn(sample_parameters, (model,), {}, {name: values[name] for name in names})
        return values, _together(free, names)

    with _tracing():
        return jax.vmap(one)(jax.random.split(key, count))
