"""The most probable point, and the Gaussian around it."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.anchor import calmed, held, moved, scale
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import potential
from tlsjax.fitting.scoring import (
    Floor,
    Slope,
    descend,
    floor_of,
    not_arrived,
    polish,
    slope,
    typical_information,
)
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

_STARTS = 8
_COOLED = 3
_SHARES = (1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 1.0)
_CANDIDATES = 512
_HOPELESS = 15.0
"""Difference of potential from which on an optimum is left out."""
_ARRIVED = 0.01
"""Potential that another Newton step would gain, below which the floor of a valley is reached."""
_FARTHER = 2.0
"""Variance of draws, over the expected, that few of them do not reach by chance."""
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

    def evidence(self) -> float:
        """ln of the probability of the data, as far as the posterior is this Gaussian, up to a constant."""
        return float(np.linalg.slogdet(np.asarray(self.shape))[1] - np.nanmin(np.asarray(self.energies)))

    def humps(self) -> NDArray[np.float64]:
        """Optima that are apart and not hopelessly less probable, the best first, in units of ``shape``."""
        found: list[NDArray[np.float64]] = [np.zeros(len(self.centre))]
        energies, optima = np.asarray(self.energies), np.asarray(self.optima)
        for number in np.argsort(energies):
            near = energies[number] < np.min(energies) + _HOPELESS
            if near and min(np.linalg.norm(optima[number] - one) for one in found) > _APART:
                found.append(optima[number])
        return np.stack(found)


def laplace(prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """Descend from several prior draws, and keep the best optimum and its curvature.

    Args:
        prior_z: draws from the prior, shape (draws, d).
        model, observations: what is fitted.
    """
    if model.smooth is None:
        return lowest(_starts(prior_z, model, observations), prior_z, model, observations)
    prior_z, calm = held(prior_z, model), calmed(prior_z, model)
    starts = _starts(calm, model, observations)
    starts = starts.at[_COOLED:].set(jnp.nan)
    return lowest(starts, prior_z, model, observations)


def again(
    gaussian: Gaussian, before: Model, prior_z: jax.Array, model: Model, observations: Observations
) -> Gaussian:
    """The same for a model that differs little from the one before, from the optima that were found."""
    humps = gaussian.humps()[:_STARTS]
    starts = np.full((_STARTS, len(gaussian.centre)), np.nan)  # as many as before: nothing compiles anew
    starts[: len(humps)] = gaussian.centre + humps @ gaussian.shape.T
    if model.smooth is None:
        return lowest(jnp.asarray(starts), prior_z, model, observations)
    points = moved(jnp.asarray(starts), before, model)
    found = around(points[:1], prior_z, model, observations)
    optima = jnp.linalg.solve(found.shape, (points - found.centre).T).T
    return found._replace(energies=_energies(points, model, observations), optima=optima)


def around(points: jax.Array, prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """The Gaussian about the mean of points (n, d), whose curvature is the information averaged over them."""
    unit = scale(prior_z, model)
    information = typical_information(points, unit, model, observations)
    curvature, axes = np.linalg.eigh(information)
    shape = unit[:, None] * (axes / np.sqrt(np.maximum(curvature, 0.25)))
    return standard(points.shape[1])._replace(centre=jnp.mean(points, 0), shape=shape)


@quick_jit
def _energies(points: jax.Array, model: Model, observations: Observations) -> jax.Array:
    return jax.lax.map(lambda z: potential(z, model, observations), points)


@quick_jit
def lowest(starts: jax.Array, prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """The lowest optimum to which a descent from these points leads, (starts, d) or NaN, and its curvature.

    All steps are taken in units of the prior's own standard deviations, where no curvature of the posterior
    is far below 1: what is, is a saddle or a round-off and is lifted, so that the map always exists.
    """
    mean, sd = jnp.mean(prior_z, 0), jnp.std(prior_z, 0)

    def at(v: jax.Array) -> Slope:
        return slope(mean + sd * v, sd, model, observations)

    def cooled(v: jax.Array) -> tuple[jax.Array, Slope]:
        """Without a formula precise data would lock any start in: they gain their weight by and by."""

        def stage(v: jax.Array, share: jax.Array) -> tuple[jax.Array, Slope]:
            return descend(lambda v: slope(mean + sd * v, sd, model, observations, share=share), v)

        point, there = jax.lax.scan(stage, v, jnp.asarray(_SHARES))
        return point, jax.tree.map(lambda x: x[-1], there)

    down_to = cooled if model.smooth is not None else partial(descend, at)
    points, there = jax.lax.map(down_to, (starts - mean) / sd)
    near = there.energy < jnp.min(there.energy) + _HOPELESS

    def down(start: tuple[jax.Array, Slope, jax.Array]) -> Floor:
        point, here, near = start
        if model.smooth is not None:
            return floor_of(point, slope(mean + sd * point, sd, model, observations, typical=True))
        newton = lambda: polish(at, point, here.information)  # noqa: E731
        return jax.lax.cond(near, newton, lambda: not_arrived(point, here.energy))

    ends = jax.lax.map(down, (points, there, near))
    best = jnp.argmin(ends.energy)
    curvature, axes = jnp.linalg.eigh(ends.curvature[best])
    scale = jnp.sqrt(jnp.maximum(curvature, 0.25))
    optima = jnp.where(ends.left[:, None] < _ARRIVED, (ends.point - ends.point[best]) @ axes * scale, jnp.nan)
    return Gaussian(mean + sd * ends.point[best], sd[:, None] * (axes / scale), ends.energy, optima)


@quick_jit
def _starts(prior_z: jax.Array, model: Model, observations: Observations) -> jax.Array:
    """Half of them the best prior draws, half spread over the better half of the prior."""
    candidates = prior_z[:_CANDIDATES]
    order = jnp.argsort(jax.lax.map(lambda z: potential(z, model, observations), candidates))
    half = _STARTS // 2
    picked = jnp.concatenate([jnp.arange(half), jnp.linspace(half, len(candidates) // 2, half).astype(int)])
    return candidates[order[picked]]


def drawn(z: NDArray[np.float64], gaussian: Gaussian) -> Gaussian:
    """The Gaussian with mean and covariance of draws (chains, draws, d).

    Those of ``gaussian`` count as d draws, so that few draws leave no direction flat.
    """
    shape = np.asarray(gaussian.shape)
    u = np.linalg.solve(shape, (z.reshape(-1, z.shape[-1]) - np.asarray(gaussian.centre)).T)
    d, count = u.shape
    known = count * np.atleast_2d(np.cov(u)) + d * np.eye(d)
    spread, axes = np.linalg.eigh(known / (count + d))
    centre = gaussian.centre + shape @ u.mean(axis=1)
    return standard(d)._replace(centre=centre, shape=jnp.asarray(shape @ (axes * np.sqrt(spread))))


def widened(z: NDArray[np.float64], gaussian: Gaussian) -> Gaussian:
    """The Gaussian, as wide as draws (n, d) in the directions in which they spread much farther.

    Information is that of the steepest places: of a plateau beside a wall it says too little.
    """
    centre, shape = np.asarray(gaussian.centre), np.asarray(gaussian.shape)
    u = np.linalg.solve(shape, (z - centre).T)
    d, count = u.shape
    spread, axes = np.linalg.eigh((count * np.cov(u) + d * np.eye(d)) / (count + d))
    spread = np.where(spread > _FARTHER, spread, 1.0)
    return gaussian._replace(shape=jnp.asarray(shape @ (axes * np.sqrt(spread))))


def standard(d: int) -> Gaussian:
    """The standard normal in d dimensions."""
    numbers = np.zeros(d), np.eye(d), np.zeros(_STARTS), np.zeros((_STARTS, d))
    return Gaussian(*map(jnp.asarray, numbers))
