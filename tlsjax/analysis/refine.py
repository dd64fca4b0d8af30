"""Points moved along continuous conditions to where they tell most, by gradients."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from tlsjax.analysis.candidates import Between, Candidates
from tlsjax.analysis.choose import Known
from tlsjax.analysis.placed import Error, Placed, features, is_logarithmic
from tlsjax.fitting.compile import quick_jit
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

Array = NDArray[np.float64]

_STEPS, _RATE = 60, 0.03
_DIGITS = 3
_NEAR = 0.03
"""Of a logarithm, or of a range, that is one place."""


class Ranges(NamedTuple):
    """Where each point may lie along one condition, (n,) each; where it is not free, low is high.

    Attributes:
        low, high: ends, in the logarithm where ``logarithmic``.
        logarithmic: whether it is run through in its logarithm.
    """

    low: jax.Array
    high: jax.Array
    logarithmic: jax.Array

    def value(self, place: jax.Array) -> jax.Array:
        """At a place from 0 to 1."""
        at = self.low + (self.high - self.low) * place
        return jnp.where(self.logarithmic, jnp.exp(jnp.where(self.logarithmic, at, 0.0)), at)


def refine(
    z: jax.Array,
    known: Known,
    slopes: Array,
    model: Model,
    device: str,
    candidates: Candidates,
    points: Placed,
    counts: NDArray[np.int64],
) -> tuple[dict[str, Array], NDArray[np.int64]]:
    """Conditions of the points, (n,) each, moved within their ranges; to three digits.

    Args:
        z: draws of the posterior, (M, d).
        known: around each of them.
        slopes: of the targets, (M, q, d).
        model, device: what is fitted, and of which device.
        candidates: with the ranges.
        points: where to begin.
        counts: how often each is measured, (n,).

    Returns:
        conditions, and how often: points that met count as one.
    """
    ranges = {
        name: _ranges(name, candidates, points)
        for name in points.conditions
        if any(isinstance(m.conditions.get(name), Between) for m in candidates.measurements)
    }
    if not ranges:
        return points.conditions, counts
    begin = {name: jnp.asarray(_place(ranges[name], points.conditions[name])) for name in ranges}
    power = jnp.asarray(points.conditions.get("power", np.full(len(points.cost), np.nan)))
    found = _descend(
        begin, ranges, z, jnp.asarray(known.precision), jnp.asarray(slopes), model, device,
        points.observations, points.error, jnp.asarray(counts), power,
    )  # fmt: skip
    moved = {name: np.asarray(ranges[name].value(place)) for name, place in found.items()}
    settled, times = _settled(candidates, points, moved, counts)
    return points.conditions | settled, times


def _settled(
    candidates: Candidates, points: Placed, moved: Mapping[str, Array], counts: NDArray[np.int64]
) -> tuple[dict[str, Array], NDArray[np.int64]]:
    """To three digits and inside the ranges; points that have all but met are one, and the others 0 times."""
    settled = {name: points.conditions[name].copy() for name in moved}
    times, firsts = counts.copy(), list[int]()
    for row, k in enumerate(points.which):
        first = next((other for other in firsts if _met(candidates, points, moved, row, other)), row)
        if first == row:
            firsts.append(row)
        else:
            times[first] += times[row]
            times[row] = 0
        for name, choice in candidates.measurements[k].conditions.items():
            if isinstance(choice, Between):
                rounded = float(f"{moved[name][first]:.{_DIGITS - 1}e}")
                settled[name][row] = min(max(rounded, choice.low), choice.high)
    return settled, times


def _met(candidates: Candidates, points: Placed, moved: Mapping[str, Array], one: int, other: int) -> bool:
    """Whether two points are of one measurement and nearly at one place."""
    if points.which[one] != points.which[other]:
        return False
    return all(
        _apart(moved[name][one], moved[name][other], choice) < _NEAR
        if isinstance(choice, Between)
        else points.conditions[name][one] == points.conditions[name][other]
        for name, choice in candidates.measurements[points.which[one]].conditions.items()
    )


def _apart(one: float, other: float, choice: Between) -> float:
    """Distance of two values, in the logarithm or in the length of their range."""
    if is_logarithmic(choice):
        return abs(float(np.log(one / other)))
    return abs(one - other) / (choice.high - choice.low)


def _ranges(name: str, candidates: Candidates, points: Placed) -> Ranges:
    low, high = points.conditions[name].copy(), points.conditions[name].copy()
    logarithmic = np.zeros(len(low), dtype=bool)
    for k, one in enumerate(candidates.measurements):
        choice, own = one.conditions.get(name), points.which == k
        if isinstance(choice, Between):
            logarithmic[own] = is_logarithmic(choice)
            ends = np.array([choice.low, choice.high])
            low[own], high[own] = np.log(ends) if is_logarithmic(choice) else ends
    return Ranges(*map(jnp.asarray, (low, high, logarithmic)))


def _place(ranges: Ranges, values: Array) -> Array:
    low, high, logarithmic = map(np.asarray, ranges)
    at = np.where(logarithmic, np.log(np.where(logarithmic, values, 1.0)), values)
    width = high - low
    return np.clip(np.divide(at - low, width, out=np.zeros_like(at), where=width > 0), 0.0, 1.0)


@quick_jit
def _descend(
    begin: Mapping[str, jax.Array],
    ranges: Mapping[str, Ranges],
    z: jax.Array,
    precision: jax.Array,
    slopes: jax.Array,
    model: Model,
    device: str,
    observations: Observations,
    error: Error,
    counts: jax.Array,
    power: jax.Array,
) -> dict[str, jax.Array]:
    """Places from 0 to 1 where Σ ln V over targets is least on average over the draws."""

    def spread(places: Mapping[str, jax.Array]) -> jax.Array:
        conditions = {name: one.value(places[name]) for name, one in ranges.items()}
        if "power" in conditions:
            more = 10.0 * jnp.log10(conditions.pop("power") / power)
            conditions["decibel"] = jnp.nan_to_num(more)
        here = observations.under(_kept(conditions, observations), model.reference_current)

        def one(draw: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
            z, precision, slopes = draw
            u = jnp.sqrt(counts)[:, None] * features(z, model, device, here, error)
            known = jnp.linalg.solve(precision + u.T @ u, slopes.T)
            return jnp.sum(jnp.log(jnp.maximum(jnp.sum(slopes.T * known, 0), 1e-300)))

        return jnp.mean(jax.lax.map(one, (z, precision, slopes)))

    optimiser = optax.adam(optax.cosine_decay_schedule(_RATE, _STEPS))

    def step(state: Any, _: None) -> tuple[Any, None]:
        places, moments, best, least = state
        value, gradient = jax.value_and_grad(spread)(places)
        better = value < least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), places, best)
        # a point that a derivative cannot follow stays
        gradient = jax.tree.map(jnp.nan_to_num, gradient)
        change, moments = optimiser.update(gradient, moments)
        places = jax.tree.map(lambda x, dx: jnp.clip(x + dx, 0.0, 1.0), places, change)
        return (places, moments, best, jnp.minimum(value, least)), None

    places = dict(begin)
    (_, _, best, _), _ = jax.lax.scan(
        step, (places, optimiser.init(places), places, jnp.inf), None, length=_STEPS
    )
    return best


def _kept(conditions: Mapping[str, jax.Array], observations: Observations) -> dict[str, jax.Array]:
    """The same, but as they are at points of measurements that do not state them."""
    there = {
        "frequency": observations.omega / (2.0 * jnp.pi),
        "bias_current": observations.bias,
        "temperature": observations.temperature,
        "angle": observations.angle,
        "photon_number": observations.level.photons,
    }
    return {
        name: value if name not in there else jnp.where(jnp.isnan(value), there[name], value)
        for name, value in conditions.items()
    }
