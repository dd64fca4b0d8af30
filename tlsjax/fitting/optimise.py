"""The most probable point, and the Gaussian around it."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.anchor import calmed, held, moved, scale
from tlsjax.fitting.density import energies
from tlsjax.fitting.scoring import (
    Floor,
    Landscape,
    Slope,
    descend,
    floor_of,
    not_arrived,
    polish,
    typical_information,
)
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

Array = NDArray[np.float64]

_STARTS = 8
_COOLED = 3
_SHARES = (1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 1.0)
_CANDIDATES = 512
_HOPELESS = 15.0
"""Difference of potential from which on an optimum is left out."""
_ARRIVED = 0.01
"""Potential that another Newton step would gain, below which the floor of a valley is reached."""
_MET = 0.3
"""Distance, in standard deviations, below which two points of about the same potential are one."""
_FARTHER = 2.0
"""Variance of draws, over the expected, that few of them do not reach by chance."""
_APART = 3.0
"""Distance, in standard deviations, from which on two optima are two."""


class Gaussian(NamedTuple):
    """A point and a linear map: z = centre + shape·u, with u near standard normal under the posterior.

    Attributes:
        centre: most probable point, shape (d,).
        shape: (d, d).
        energies: potential reached by each descent, shape (starts,).
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
    starts = _starts(calmed(prior_z, model), model, observations)
    return lowest(starts[:_COOLED], held(prior_z, model), model, observations)


def again(
    gaussian: Gaussian, before: Model, prior_z: jax.Array, model: Model, observations: Observations
) -> Gaussian:
    """The same for a model that differs little from the one before, from the optima that were found."""
    humps = gaussian.humps()[:_STARTS]
    starts = np.asarray(gaussian.centre) + humps @ np.asarray(gaussian.shape).T
    if model.smooth is None:
        return lowest(starts, prior_z, model, observations)
    points = moved(jnp.asarray(starts), before, model)
    found = around(points[:1], prior_z, model, observations)
    optima = np.linalg.solve(np.asarray(found.shape), np.asarray(points - found.centre).T).T
    energies_there, _ = energies(np.asarray(points), model, observations)
    return found._replace(energies=jnp.asarray(energies_there), optima=jnp.asarray(optima))


def around(points: jax.Array, prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """The Gaussian about the mean of points (n, d), whose curvature is the information averaged over them."""
    unit = np.asarray(scale(prior_z, model))
    information = typical_information(points, unit, model, observations)
    curvature, axes = np.linalg.eigh(information)
    shape = unit[:, None] * (axes / np.sqrt(np.maximum(curvature, 0.25)))
    return standard(points.shape[1])._replace(centre=jnp.mean(points, 0), shape=jnp.asarray(shape))


def lowest(starts: Array, prior_z: jax.Array, model: Model, observations: Observations) -> Gaussian:
    """The lowest optimum to which descents from points (starts, d) lead, and its curvature.

    All steps are taken in units of the prior's own standard deviations, where no curvature of the posterior
    is far below 1: what is, is a saddle or a round-off and is lifted, so that the map always exists.
    """
    ground = landscape(prior_z, model, observations)
    middle, unit = ground.middle, ground.unit
    v = (np.asarray(starts) - middle) / unit
    # without a formula precise data would lock any start in: they gain their weight by and by
    for share in (1.0,) if model.smooth is None else _SHARES:
        v, there = descend(replace(ground, share=share), v)
    floors = _floors(ground, v, there)
    energies_there = np.array([floor.energy for floor in floors])
    best = floors[int(np.argmin(energies_there))]
    curvature, axes = np.linalg.eigh(best.curvature)
    deviation = np.sqrt(np.maximum(curvature, 0.25))
    arrived = np.array([floor.left < _ARRIVED for floor in floors])
    optima = (np.stack([floor.point for floor in floors]) - best.point) @ axes * deviation
    optima[~arrived] = np.nan
    found = middle + unit * best.point, unit[:, None] * (axes / deviation), energies_there, optima
    return Gaussian(*map(jax.device_put, found))


def compile_search(d: int, model: Model, observations: Observations) -> None:
    """Compile what a search in d coordinates will call, so that it can be done beside other work."""
    one = np.zeros((1, d))
    Landscape(model, observations, one[0], one[0] + 1.0).at(one)
    energies(one, model, observations)


def landscape(prior_z: jax.Array, model: Model, observations: Observations) -> Landscape:
    """In units of the deviations of draws from the prior, (draws, d)."""
    middle, unit = np.mean(np.asarray(prior_z), axis=0), np.std(np.asarray(prior_z), axis=0)
    return Landscape(model, observations, middle, unit)


def _floors(ground: Landscape, points: Array, there: Slope[Array]) -> list[Floor]:
    """Where Newton's steps lead from the ends of descents, (n, d), in any order.

    They are spared to what has no chance, and to what has met another.
    """
    if ground.model.smooth is not None:
        typical = replace(ground, typical=True).at(points)
        return [floor_of(v, Slope(*(x[i] for x in typical))) for i, v in enumerate(points)]
    floors: list[Floor] = []
    order = np.argsort(there.energy)
    for i in order:
        point, energy = points[i], float(there.energy[i])
        met = next((floor for floor in floors if _at_floor(floor, point, energy)), None)
        if met is None and energy < there.energy[order[0]] + _HOPELESS:
            met = polish(ground, point, there.information[i])
        floors.append(met or not_arrived(point, energy))
    return floors


def _at_floor(floor: Floor, point: Array, energy: float) -> bool:
    apart = point - floor.point
    return abs(energy - floor.energy) < _ARRIVED and float(apart @ floor.curvature @ apart) < _MET**2


def _starts(prior_z: jax.Array, model: Model, observations: Observations) -> Array:
    """Half of them the best prior draws, half spread over the better half of the prior."""
    candidates = np.asarray(prior_z)[:_CANDIDATES]
    order = np.argsort(energies(candidates, model, observations)[0])
    half = _STARTS // 2
    picked = np.concatenate([np.arange(half), np.linspace(half, len(candidates) // 2, half).astype(int)])
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
