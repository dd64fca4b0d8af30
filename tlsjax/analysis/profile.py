"""Profiles: how probable the best point is at every value of one parameter.

Source: Raue et al. 2009 (profile likelihood); beyond the paper.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from tlsjax.errors import InputError
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, potential, prior_potential, unconstrain
from tlsjax.fitting.information import logarithm
from tlsjax.fitting.predict import pick
from tlsjax.fitting.result import Result
from tlsjax.fitting.scoring import Slope, descend, slope
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join

_STEPS = 6
"""Values on either side of the middle."""
_REACH = 3.0
"""How far they go, in standard deviations of the posterior."""
_DRAWS = 64
"""Of which the most probable is where the search begins."""
_HELD = 0.01
"""Standard deviations by which a held parameter may miss its value."""


class _Held(NamedTuple):
    """A parameter's place among the free ones (one-hot), where it is held, and how firmly."""

    which: jax.Array
    at: jax.Array
    firmness: jax.Array


def profiles(result: Result, parameters: tuple[str, ...] = ()) -> xr.Dataset:
    """The most probable point with one parameter held, over a range of its values.

    Args:
        result: a fit.
        parameters: of which; all free ones unless given.

    Returns:
        ``value`` (parameter, step), SI; ``posterior``: −2 ln of the largest posterior density (in the
        coordinates of the fit) there, less its minimum; ``data``: −2 ln likelihood at the same points, less
        its minimum. Where ``data`` is flat, the prior alone says what the parameter is.

    Raises:
        InputError: a parameter is not free.
    """
    model, free = result.model, result.model.free
    names = parameters or free
    for name in names:
        if name not in free:
            raise InputError(f"'{name}' is no free parameter of this fit: {', '.join(free)}")
    observations = join([result.observation(index) for index in range(len(result.points))])
    draws, _ = pick(result, None)
    logs = {name: np.asarray(logarithm(model, name, draws[name])) for name in names}
    z = np.asarray(unconstrain(draws, model))
    scale = np.maximum(z.std(0), 1e-12)
    some = jnp.asarray(z[np.linspace(0, len(z) - 1, _DRAWS).astype(int)])
    sd = {name: float(x.std()) for name, x in logs.items()}
    out = np.linspace(0.0, _REACH, _STEPS + 1)
    sequences = [
        (name, float(np.median(logs[name])) + sign * sd[name] * out) for name in names for sign in (-1.0, 1.0)
    ]
    which = np.stack([np.eye(len(free))[free.index(name)] for name, _ in sequences])
    firmness = np.array([1.0 / (_HELD * sd[name]) for name, _ in sequences])
    held = _Held(jnp.asarray(which), jnp.asarray([places for _, places in sequences]), jnp.asarray(firmness))
    energy, prior = (np.asarray(x) for x in _descents(some, jnp.asarray(scale), held, model, observations))
    both = {"posterior": 2.0 * energy, "data": 2.0 * (energy - prior)}
    found = {"value": np.array([places for _, places in sequences])} | both
    # a downward and an upward branch, which share the middle
    whole = {n: np.concatenate([x[::2, :0:-1], x[1::2]], axis=1) for n, x in found.items()}
    real = {q.name for q in result.quantities if q.support == "real"}
    whole["value"] = np.stack(
        [x if name in real else np.exp(x) for name, x in zip(names, whole["value"], strict=True)]
    )
    for name in both:
        whole[name] = whole[name] - whole[name].min()
    dims = ("parameter", "step")
    return xr.Dataset({n: (dims, x) for n, x in whole.items()}, {"parameter": list(names)})


@quick_jit
def _descents(
    draws: jax.Array, scale: jax.Array, held: _Held, model: Model, observations: Observations
) -> tuple[jax.Array, jax.Array]:
    """Potential and the prior's part of it along every sequence of values, (sequences, values)."""
    best = draws[jnp.argmin(jax.lax.map(lambda z: potential(z, model, observations), draws))]

    def place(v: jax.Array, which: jax.Array) -> jax.Array:
        values = constrain(best + scale * v, model)
        return which @ jnp.stack([logarithm(model, name, values[name]) for name in model.free])

    def along(sequence: _Held) -> tuple[jax.Array, jax.Array]:
        def step(v: jax.Array, at: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
            def here(v: jax.Array) -> Slope:
                found = slope(best + scale * v, scale, model, observations)
                there, gradient = jax.value_and_grad(place)(v, sequence.which)
                missed, firm = sequence.firmness * (there - at), sequence.firmness * gradient
                return Slope(
                    found.energy + 0.5 * missed**2,
                    found.gradient + missed * firm,
                    found.information + jnp.outer(firm, firm),
                )

            v, _ = descend(here, v)
            z = best + scale * v
            return v, (potential(z, model, observations), prior_potential(z, model))

        _, found = jax.lax.scan(step, jnp.zeros_like(scale), sequence.at)
        return found

    both: tuple[jax.Array, jax.Array] = jax.lax.map(along, held)
    return both
