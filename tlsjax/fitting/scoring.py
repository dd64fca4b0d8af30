"""Down to an optimum by first derivatives alone, which compile in a fraction of the time of second ones.

Only the slope at a point is compiled; the descent itself is numpy, several points side by side.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, prior_potential
from tlsjax.fitting.information import logarithm
from tlsjax.model.free_form import FREEDOM
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

Array = NDArray[np.float64]
Numbers = TypeVar("Numbers", jax.Array, Array)
Given = jax.Array | NDArray[Any]

_STEPS, _NEWTON_STEPS = 60, 20
_FLAT = 1e-4
"""Potential that another step would gain, below which a descent ends."""
_DIFFERENCE = 1e-3
"""Of two points between which a gradient's change is taken, in standard deviations."""
_TOGETHER = 8
"""Points at most in one compiled call."""
_CORES = os.cpu_count() or 1
_WORTH_SHARING = 1000
"""Points times data from which on a second thread gains more than it costs."""


class Slope(NamedTuple, Generic[Numbers]):
    """The potential at points, by first derivatives in units of a landscape; leading axes are the points'.

    Attributes:
        energy: minus the log posterior density; infinite where it is not finite.
        prior: the prior's part of it.
        gradient: (d,).
        information: of data and prior, (d, d).
        named: ln of the p free parameters, or themselves where they may be negative, (p,).
        along: derivatives of these, (p, d).
    """

    energy: Numbers
    prior: Numbers
    gradient: Numbers
    information: Numbers
    named: Numbers
    along: Numbers


class Floor(NamedTuple):
    """Where descents ended: point, potential, second derivatives, and what a step more would gain."""

    point: Array
    energy: float
    curvature: Array
    left: float


@dataclass(frozen=True)
class Landscape:
    """The potential of a model over v, where z = middle + unit·v.

    Attributes:
        model, observations: what is fitted.
        middle, unit: (d,).
        share: what the data count of themselves.
        typical: the information of heavy tails is that of their typical draws, not of those at z.
    """

    model: Model
    observations: Observations
    middle: Array
    unit: Array
    share: float = 1.0
    typical: bool = False

    def at(self, v: Array, pool: Executor | None = None) -> Slope[Array]:
        """At points v (n, d); where they are many in a ``pool`` side by side, once called without."""
        shared = pool is not None and len(v) * len(self.observations.value) > _WORTH_SHARING
        parts = np.array_split(v, max(_CORES if shared else 1, -(-len(v) // _TOGETHER)))
        parts = [part for part in parts if len(part)]
        found = (pool.map if pool and shared else map)(self._some, parts)
        return Slope(*map(np.concatenate, zip(*found, strict=True)))

    def _some(self, v: Array) -> Slope[Array]:
        z = np.zeros((_TOGETHER, v.shape[1]))  # one compilation for any number of points
        z[: len(v)] = self.middle + self.unit * v
        count, share = np.asarray(len(v)), np.asarray(self.share)
        found = _slopes(z, count, self.unit, share, self.model, self.observations, self.typical)
        return Slope(*(np.array(x)[: len(v)] for x in found))


@quick_jit
def _slopes(
    z: Given,
    count: Given,
    unit: Given,
    share: Given,
    model: Model,
    observations: Observations,
    typical: bool,
) -> Slope[jax.Array]:
    """Of the first ``count`` points."""

    points, scale, counts = map(jnp.asarray, (z, unit, share))

    def one(number: jax.Array) -> Slope[jax.Array]:
        return slope(points[number], scale, counts, model, observations, typical)

    def fill(number: jax.Array, every: Slope[jax.Array]) -> Slope[jax.Array]:
        return jax.tree.map(lambda all_, own: all_.at[number].set(own), every, one(number))

    shapes = jax.eval_shape(one, jnp.asarray(0))
    empty = jax.tree.map(lambda x: jnp.zeros((len(z), *x.shape), x.dtype), shapes)
    every: Slope[jax.Array] = jax.lax.fori_loop(0, count, fill, empty)
    return every


# Compiled inside what is compiled around it: traced once for its shapes and its values.
@partial(jax.jit, static_argnames=("typical",))
def slope(
    z: jax.Array,
    unit: jax.Array,
    share: jax.Array,
    model: Model,
    observations: Observations,
    typical: bool = False,
) -> Slope[jax.Array]:
    """At one point z; the rest as of :class:`Landscape`.

    Information of the data is JᵀWJ over locations and log scales of all values (:class:`Predicted`), as in
    Fisher scoring: positive, and exact where a model is linear.
    """
    weights = share * model.weights(observations)

    def look(v: jax.Array) -> tuple[tuple[jax.Array, ...], tuple[jax.Array, ...]]:
        at = z + unit * v
        values = constrain(at, model)
        predicted = predict(model, values, observations)
        likely = jnp.sum(weights * predicted.log_prob(observations.value))
        prior = prior_potential(at, model)
        named = jnp.stack([logarithm(model, name, values[name]) for name in model.free])
        turns = values.get("innovations", jnp.zeros(0))
        first = prior - likely, predicted.coordinates, named, turns
        return first, (prior - likely, prior, predicted.information, named, turns)

    here = jnp.zeros_like(z)
    (gradient, jacobian, along, turning), (energy, prior, information, named, turns) = jax.jacfwd(
        look, has_aux=True
    )(here)
    n = observations.normal
    counts = jnp.concatenate([weights[:n], weights])
    known = jacobian.T @ ((counts * information)[:, None] * jacobian)
    if model.smooth is None:
        before = _prior_curvature(z, unit, model)
    else:
        # Student's t by the normal distributions that touch it from above: second derivatives change sign
        touching = jnp.ones_like(turns) if typical else (FREEDOM + 1.0) / (FREEDOM + turns**2)
        before = turning.T @ (touching[:, None] * turning) + jnp.diag(jnp.sum(turning**2, 0) == 0.0)
    curvature, axes = jnp.linalg.eigh(jnp.nan_to_num(before))
    before = (axes * jnp.maximum(jnp.abs(curvature), 0.1)) @ axes.T
    sound = jnp.isfinite(energy) & jnp.all(jnp.isfinite(known)) & jnp.all(jnp.isfinite(gradient))
    return Slope(
        jnp.where(sound, energy, jnp.inf),
        prior,
        jnp.where(sound, gradient, 0.0),
        jnp.where(sound, known, 0.0) + before,
        named,
        along,
    )


def _prior_curvature(z: jax.Array, unit: jax.Array, model: Model) -> jax.Array:
    """Second differences of values: exact ones take as long to compile as all else here together."""
    d = len(unit)
    first, second = np.triu_indices(d)
    directions = np.eye(d)[first] + np.eye(d)[second]
    steps = _DIFFERENCE * unit * directions
    at = jax.vmap(lambda step: prior_potential(z + step, model))(
        jnp.concatenate([steps, -steps, 0.0 * steps[:1]])
    )
    ahead, behind = jnp.split(at[:-1], 2)
    along = (ahead + behind - 2.0 * at[-1]) / _DIFFERENCE**2
    # of a sum of two axes: H_ii + H_jj + 2 H_ij
    own = along[first == second] / 4.0
    both = jnp.where(first == second, own[first], 0.5 * (along - own[first] - own[second]))
    upper = jnp.zeros((d, d)).at[first, second].set(both)
    return upper + jnp.triu(upper, 1).T


def typical_information(
    points: jax.Array, unit: jax.Array | Array, model: Model, observations: Observations
) -> Array:
    """Information averaged over points (n, d), of typical draws where tails are heavy, per ``unit``."""
    nowhere, scale = np.zeros(points.shape[1]), np.asarray(unit)
    ground = Landscape(model, observations, nowhere, scale, typical=True)
    v = np.asarray(points) / scale
    found = [ground.at(v[:_TOGETHER]).information]
    if len(v) > _TOGETHER:
        with _pool() as pool:
            found.append(ground.at(v[_TOGETHER:], pool).information)
    return np.asarray(np.mean(np.concatenate(found), axis=0))


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_CORES)


def descend(ground: Landscape, start: Array) -> tuple[Array, Slope[Array]]:
    """Levenberg–Marquardt steps from points anywhere, (n, d), to the floors of their valleys, or nearly."""
    ground.at(start[:1])  # compiles
    with _pool() as pool:
        return walk(lambda v, _: ground.at(v, pool), start)


def walk(at: Callable[[Array, NDArray[np.int64]], Slope[Array]], start: Array) -> tuple[Array, Slope[Array]]:
    """The same where ``at`` says what is at points (m, d), each of which came from the start of a number."""
    point, here = start.copy(), at(start, np.arange(len(start)))
    damping, left = np.full(len(start), 3e-3), _gain(here.information, here.gradient)
    for _ in range(_STEPS):
        going = np.flatnonzero((left > _FLAT) & np.all(np.isfinite(point), axis=1))
        if not len(going):
            break
        known, gradient = here.information[going], here.gradient[going]
        held = known * (1.0 + damping[going, None, None] * np.eye(start.shape[1]))
        proposed = point[going] - _solve(held, gradient)
        new = at(proposed, going)
        better = new.energy <= here.energy[going]
        moved = going[better]
        point[moved] = proposed[better]
        for ours, theirs in zip(here, new, strict=True):
            ours[moved] = theirs[better]
        left[moved] = _gain(here.information[moved], here.gradient[moved])
        damping[going] = np.clip(np.where(better, damping[going] / 3.0, damping[going] * 4.0), 1e-9, 1e12)
    return point, here


def floor_of(point: Array, here: Slope[Array]) -> Floor:
    """Where a descent ended, by information alone; ``here`` is of this point."""
    left = float(_gain(here.information, here.gradient))
    return Floor(point, float(here.energy), here.information, left)


def not_arrived(point: Array, energy: float) -> Floor:
    """A point on no floor."""
    return Floor(point, energy, np.eye(len(point)), np.inf)


def polish(ground: Landscape, start: Array, information: Array) -> Floor:
    """Damped Newton steps from near a floor onto it, also along directions that information overlooks.

    Second derivatives are the change of the gradient along the axes of the information.
    """
    known, axes = np.linalg.eigh(information)
    known = np.maximum(known, 1e-12 * known[-1])
    apart = (_DIFFERENCE * axes / np.sqrt(known)).T
    around = np.concatenate([np.zeros((1, len(start))), apart, -apart])

    def look(point: Array, pool: Executor) -> tuple[Array, Floor]:
        every = ground.at(point + around, pool)
        gradient = every.gradient[0]
        ahead, behind = np.split(every.gradient[1:], 2)
        second = axes @ (np.sqrt(known)[:, None] * (ahead - behind) / (2.0 * _DIFFERENCE))
        second = 0.5 * (second + second.T)
        curvature, own = np.linalg.eigh(second)
        left = np.sum((own.T @ gradient) ** 2 / (2.0 * np.abs(curvature)))
        return gradient, Floor(point, float(every.energy[0]), second, float(left))

    proposed, gradient, damping = start, np.zeros_like(start), 1e-3
    floor = not_arrived(start, np.inf)
    with _pool() as pool:
        for _ in range(_NEWTON_STEPS):
            its_gradient, new = look(proposed, pool)
            better = new.energy <= floor.energy
            if better:
                gradient, floor = its_gradient, new
            damping = float(np.clip(damping / 5.0 if better else damping * 4.0, 1e-12, 1e12))
            if floor.left <= _FLAT:
                break
            curvature, own = np.linalg.eigh(floor.curvature)
            held = np.abs(curvature) + damping * (1.0 + np.abs(curvature))
            proposed = floor.point - own @ ((own.T @ gradient) / held)
    return floor


def _gain(information: Array, gradient: Array) -> Array:
    """Of potential by a step, were it quadratic."""
    return np.asarray(0.5 * np.sum(gradient * _solve(information, gradient), axis=-1))


def _solve(matrix: Array, vector: Array) -> Array:
    """For one or many; NaN where there is no solution."""
    try:
        return np.asarray(np.linalg.solve(matrix, vector[..., None])[..., 0])
    except np.linalg.LinAlgError:
        if matrix.ndim == 2:
            return np.full_like(vector, np.nan)
        return np.stack([_solve(one, own) for one, own in zip(matrix, vector, strict=True)])
