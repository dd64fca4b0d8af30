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
_HOPELESS = 15.0
"""Difference of potential from which on an optimum is left out."""
_ARRIVED = 0.01
"""Potential that another Newton step would gain, below which the floor of a valley is reached."""
_APART = 3.0
"""Distance, in standard deviations, from which on two optima are two."""


class Gaussian(NamedTuple):
    """A point and a linear map: z = centre + shape·u, with u near standard normal under the posterior.

    Attributes:
        centre: most probable point, shape (d,).
        shape: (d, d).
        energies: potential reached from each start, shape (starts,).
        optima: where, in units of ``shape`` from the centre, shape (starts, d); NaN where the descent did not
            reach an optimum.
    """

    centre: jax.Array
    shape: jax.Array
    energies: jax.Array
    optima: jax.Array

    def humps(self) -> NDArray[np.float64]:
        """Optima that are apart and not hopelessly less probable, the best first, in units of ``shape``."""
        found: list[NDArray[np.float64]] = [np.zeros(len(self.centre))]
        energies, optima = np.asarray(self.energies), np.asarray(self.optima)
        for number in np.argsort(energies):
            near = energies[number] < np.min(energies) + _HOPELESS
            if near and min(np.linalg.norm(optima[number] - one) for one in found) > _APART:
                found.append(optima[number])
        return np.stack(found)


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
    ends, energies, curvatures, left = jax.lax.map(lambda v: _newton(energy, v), near)
    best = jnp.argmin(jnp.where(jnp.isfinite(energies), energies, jnp.inf))
    curvature, axes = jnp.linalg.eigh(curvatures[best])
    scale = jnp.sqrt(jnp.maximum(curvature, 0.25))
    optima = jnp.where(left[:, None] < _ARRIVED, (ends - ends[best]) @ axes * scale, jnp.nan)
    return Gaussian(mean + sd * ends[best], sd[:, None] * (axes / scale), energies, optima)


def drawn(z: NDArray[np.float64]) -> Gaussian:
    """The Gaussian with mean and covariance of draws (chains, draws, d)."""
    flat = z.reshape(-1, z.shape[-1])
    spread, axes = np.linalg.eigh(np.atleast_2d(np.cov(flat, rowvar=False)))
    shape = axes * np.sqrt(np.maximum(spread, 1e-12 * spread.max()))
    return standard(flat.shape[1])._replace(centre=jnp.asarray(flat.mean(0)), shape=jnp.asarray(shape))


def standard(d: int) -> Gaussian:
    """The standard normal in d dimensions."""
    numbers = np.zeros(d), np.eye(d), np.zeros(_STARTS), np.zeros((_STARTS, d))
    return Gaussian(*map(jnp.asarray, numbers))


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


def _newton(energy: optax.Params, start: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Damped Newton steps, from a valley to its floor.

    Returns:
        the point, its energy, the second derivatives, and how much deeper another step would lead.
    """

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
    v, _, value, gradient, hessian, _ = jax.lax.fori_loop(0, _NEWTON_STEPS, step, initial)
    curvature, axes = jnp.linalg.eigh(hessian)
    left = jnp.sum((axes.T @ gradient) ** 2 / (2.0 * jnp.abs(curvature)))
    return v, value, hessian, left
