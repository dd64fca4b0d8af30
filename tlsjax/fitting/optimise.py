"""The most probable point, and the Gaussian around it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import potential
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

_STARTS = 8
_CANDIDATES = 512
_ADAM_STEPS = 200
_NEWTON_STEPS = 20


class Gaussian(NamedTuple):
    """A point and a linear map: z = centre + shape·u, with u near standard normal under the posterior.

    Attributes:
        centre: most probable point, shape (d,).
        shape: (d, d).
        energies: potential reached from each start, shape (starts,).
    """

    centre: jax.Array
    shape: jax.Array
    energies: jax.Array


@quick_jit
def laplace(prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """Descend from several prior draws by Adam, end by Newton steps, keep the best and its curvature.

    All steps are taken in units of the prior's own standard deviations, where no curvature of the posterior
    is far below 1: what is, is a saddle or a round-off and is lifted, so that the map always exists.
    Derivatives are taken forwards and points one after another: that compiles in half the time.

    Args:
        prior_z: draws from the prior, shape (draws, d).
        model, observations: what is fitted.
    """
    mean, sd = jnp.mean(prior_z, 0), jnp.std(prior_z, 0)

    def energy(v: jax.Array) -> jax.Array:
        return potential(mean + sd * v, model, observations)

    standard = (prior_z[:_CANDIDATES] - mean) / sd
    order = jnp.argsort(jax.lax.map(energy, standard))
    # Half of the starts are the best draws, half spread over the better half of the prior.
    half = _STARTS // 2
    picked = jnp.concatenate([jnp.arange(half), jnp.linspace(half, len(standard) // 2, half).astype(int)])
    near = _descend(energy, standard[order[picked]])
    ends, energies, curvatures = jax.lax.map(lambda v: _newton(energy, v), near)
    best = jnp.argmin(jnp.where(jnp.isfinite(energies), energies, jnp.inf))
    curvature, axes = jnp.linalg.eigh(curvatures[best])
    shape = axes / jnp.sqrt(jnp.maximum(curvature, 0.25))
    return Gaussian(mean + sd * ends[best], sd[:, None] * shape, energies)


def drawn(z: NDArray[np.float64]) -> Gaussian:
    """The Gaussian with mean and covariance of draws (chains, draws, d)."""
    flat = z.reshape(-1, z.shape[-1])
    spread, axes = np.linalg.eigh(np.atleast_2d(np.cov(flat, rowvar=False)))
    shape = axes * np.sqrt(np.maximum(spread, 1e-12 * spread.max()))
    return Gaussian(jnp.asarray(flat.mean(0)), jnp.asarray(shape), jnp.zeros(_STARTS))


def _descend(energy: optax.Params, starts: jax.Array) -> jax.Array:
    """Adam with a decaying step from every start at once, shape (starts, d): from anywhere to a valley."""
    solver = optax.adam(optax.cosine_decay_schedule(0.2, _ADAM_STEPS))

    def step(
        carry: tuple[jax.Array, optax.OptState], _: None
    ) -> tuple[tuple[jax.Array, optax.OptState], None]:
        v, state = carry
        gradient = jnp.nan_to_num(jax.lax.map(jax.jacfwd(energy), v))
        updates, state = solver.update(gradient, state, v)
        return (optax.apply_updates(v, updates), state), None

    (ends, _), _ = jax.lax.scan(step, (starts, solver.init(starts)), None, _ADAM_STEPS)
    return ends


def _newton(energy: optax.Params, start: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Damped Newton steps, from a valley to its floor: the point, its energy and second derivatives."""

    def at(v: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        def twice(v: jax.Array) -> tuple[jax.Array, jax.Array]:
            value = energy(v)
            return value, value

        def slope(v: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            gradient, value = jax.jacfwd(twice, has_aux=True)(v)
            return gradient, (value, gradient)

        hessian, (value, gradient) = jax.jacfwd(slope, has_aux=True)(v)
        return value, gradient, hessian

    def step(_: int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        v, proposed, value, gradient, hessian, damping = carry
        new = at(proposed)
        better = new[0] <= value
        v = jnp.where(better, proposed, v)
        value, gradient, hessian = (
            jnp.where(better, ours, theirs)
            for ours, theirs in zip(new, (value, gradient, hessian), strict=True)
        )
        damping = jnp.clip(jnp.where(better, damping / 5.0, damping * 4.0), 1e-12, 1e12)
        curvature, axes = jnp.linalg.eigh(hessian)
        step = axes @ ((axes.T @ gradient) / (jnp.abs(curvature) + damping * (1.0 + jnp.abs(curvature))))
        return v, v - step, value, gradient, hessian, damping

    d = len(start)
    initial = (start, start, jnp.asarray(jnp.inf), jnp.zeros(d), jnp.eye(d), jnp.asarray(1e-3))
    v, _, value, _, hessian, _ = jax.lax.fori_loop(0, _NEWTON_STEPS, step, initial)
    return v, value, hessian
