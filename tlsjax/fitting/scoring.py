"""Down to an optimum by first derivatives alone, which compile in a fraction of the time of second ones."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, prior_potential
from tlsjax.model.free_form import FREEDOM
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

STEPS, _NEWTON_STEPS = 60, 20
_FLAT = 1e-4
"""Potential that another step would gain, below which a descent ends."""
_DIFFERENCE = 1e-3
"""Of two points between which a gradient's change is taken, in standard deviations."""


class Slope(NamedTuple):
    """The potential at a point, its gradient (d,), and information, the prior's included, (d, d)."""

    energy: jax.Array
    gradient: jax.Array
    information: jax.Array


class Floor(NamedTuple):
    """Where a descent ended: point, potential, second derivatives, and what a step more would gain."""

    point: jax.Array
    energy: jax.Array
    curvature: jax.Array
    left: jax.Array


At = Callable[[jax.Array], Slope]


def slope(
    z: jax.Array,
    scale: jax.Array,
    model: Model,
    observations: Observations,
    *,
    share: jax.Array | float = 1.0,
    typical: bool = False,
) -> Slope:
    """At z, with derivatives in units of ``scale``, (d,).

    ``share``: what the data count of themselves.

    ``typical``: the information of heavy tails is that of their typical draws, not of those at z.

    Information is JᵀWJ over locations and log scales of all values (:class:`Predicted`), as in Fisher
    scoring: positive, and exact where a model is linear.
    """
    weights = share * model.weights(observations)

    def look(v: jax.Array) -> tuple[tuple[jax.Array, ...], tuple[jax.Array, ...]]:
        at = z + scale * v
        values = constrain(at, model)
        predicted = predict(model, values, observations)
        likely = jnp.sum(weights * predicted.log_prob(observations.value))
        energy = prior_potential(at, model) - likely
        turns = values.get("innovations", jnp.zeros(0))
        return (energy, predicted.coordinates, turns), (energy, predicted.information, turns)

    here = jnp.zeros_like(z)
    (gradient, jacobian, turning), (energy, information, turns) = jax.jacfwd(look, has_aux=True)(here)
    n = observations.normal
    counts = jnp.concatenate([weights[:n], weights])
    known = jacobian.T @ ((counts * information)[:, None] * jacobian)
    if model.smooth is None:
        before = jax.jacfwd(jax.jacfwd(lambda v: prior_potential(z + scale * v, model)))(here)
    else:
        # Student's t by the normal distributions that touch it from above: second derivatives change sign
        touching = jnp.ones_like(turns) if typical else (FREEDOM + 1.0) / (FREEDOM + turns**2)
        before = turning.T @ (touching[:, None] * turning) + jnp.diag(jnp.sum(turning**2, 0) == 0.0)
    sound = jnp.isfinite(energy) & jnp.all(jnp.isfinite(known)) & jnp.all(jnp.isfinite(gradient))
    curvature, axes = jnp.linalg.eigh(jnp.nan_to_num(before))
    prior = (axes * jnp.maximum(jnp.abs(curvature), 0.1)) @ axes.T
    return Slope(
        jnp.where(sound, energy, jnp.inf),
        jnp.where(sound, gradient, 0.0),
        jnp.where(sound, known, 0.0) + prior,
    )


def typical_information(
    points: jax.Array, scale: jax.Array, model: Model, observations: Observations
) -> NDArray[np.float64]:
    """Information averaged over points (n, d), of typical draws where tails are heavy, per ``scale``."""

    def one(z: jax.Array) -> NDArray[np.float64]:
        return np.asarray(_typical(z, scale, model, observations))

    total = one(points[0])  # compiles
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.asarray((total + sum(pool.map(one, points[1:]))) / len(points))


@quick_jit
def _typical(z: jax.Array, scale: jax.Array, model: Model, observations: Observations) -> jax.Array:
    return slope(z, scale, model, observations, typical=True).information


def descend(at: At, start: jax.Array, steps: int = STEPS) -> tuple[jax.Array, Slope]:
    """Levenberg–Marquardt steps from anywhere to the floor of a valley, or nearly."""

    Carry = tuple[jax.Array, jax.Array, Slope, jax.Array, jax.Array, jax.Array]

    def goes_on(carry: Carry) -> jax.Array:
        point, *_, left, taken = carry
        return (taken < steps) & (left > _FLAT) & jnp.all(jnp.isfinite(point))

    def step(carry: Carry) -> Carry:
        point, proposed, here, damping, left, taken = carry
        new = at(proposed)
        better = new.energy <= here.energy
        point = jnp.where(better, proposed, point)
        here = jax.tree.map(lambda ours, theirs: jnp.where(better, ours, theirs), new, here)
        damping = jnp.clip(jnp.where(better, damping / 3.0, damping * 4.0), 1e-9, 1e12)
        held = here.information + damping * jnp.diag(jnp.diag(here.information))
        gain = 0.5 * here.gradient @ jnp.linalg.solve(here.information, here.gradient)
        left = jnp.where(better | (taken == 0), gain, left)
        return point, point - jnp.linalg.solve(held, here.gradient), here, damping, left, taken + 1

    d = len(start)
    nothing = Slope(jnp.asarray(jnp.inf), jnp.zeros(d), jnp.eye(d))
    first = (start, start, nothing, jnp.asarray(1e-2), jnp.asarray(jnp.inf), jnp.asarray(0))
    point, _, here, *_ = jax.lax.while_loop(goes_on, step, first)
    return point, here


def floor_of(point: jax.Array, here: Slope) -> Floor:
    """Where a descent ended, by information alone."""
    left = 0.5 * here.gradient @ jnp.linalg.solve(here.information, here.gradient)
    return Floor(point, here.energy, here.information, left)


def not_arrived(point: jax.Array, energy: jax.Array) -> Floor:
    """A point on no floor."""
    return Floor(point, energy, jnp.eye(len(point)), jnp.asarray(jnp.inf))


def polish(at: At, start: jax.Array, information: jax.Array) -> Floor:
    """Damped Newton steps from near a floor onto it, also along directions that information overlooks.

    Second derivatives are the change of the gradient along the axes of the information.
    """
    Carry = tuple[jax.Array, jax.Array, Floor, jax.Array, jax.Array]
    d = len(start)
    known, axes = jnp.linalg.eigh(information)
    apart = (_DIFFERENCE * axes / jnp.sqrt(known)).T
    around = jnp.concatenate([jnp.zeros((1, d)), apart, -apart])

    def goes_on(carry: Carry) -> jax.Array:
        _, _, floor, _, taken = carry
        return (taken < _NEWTON_STEPS) & (floor.left > _FLAT)

    def look(point: jax.Array) -> tuple[jax.Array, Floor]:
        every = jax.lax.map(lambda v: at(v)[:2], point + around)
        energy, gradient = every[0][0], every[1][0]
        ahead, behind = jnp.split(every[1][1:], 2)
        second = axes @ (jnp.sqrt(known)[:, None] * (ahead - behind) / (2.0 * _DIFFERENCE))
        second = 0.5 * (second + second.T)
        curvature, own = jnp.linalg.eigh(second)
        left = jnp.sum((own.T @ gradient) ** 2 / (2.0 * jnp.abs(curvature)))
        return gradient, Floor(point, energy, second, left)

    def step(carry: Carry) -> Carry:
        proposed, gradient, floor, damping, taken = carry
        its_gradient, new = look(proposed)
        better = new.energy <= floor.energy
        gradient = jnp.where(better, its_gradient, gradient)
        floor = jax.tree.map(lambda ours, theirs: jnp.where(better, ours, theirs), new, floor)
        damping = jnp.clip(jnp.where(better, damping / 5.0, damping * 4.0), 1e-12, 1e12)
        curvature, own = jnp.linalg.eigh(floor.curvature)
        held = jnp.abs(curvature) + damping * (1.0 + jnp.abs(curvature))
        return floor.point - own @ ((own.T @ gradient) / held), gradient, floor, damping, taken + 1

    nothing = not_arrived(start, jnp.asarray(jnp.inf))
    first = (start, jnp.zeros(d), nothing, jnp.asarray(1e-3), jnp.asarray(0))
    _, _, floor, *_ = jax.lax.while_loop(goes_on, step, first)
    return floor
