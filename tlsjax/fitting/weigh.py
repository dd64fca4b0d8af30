"""How much a point counts whose residual follows that of its neighbour."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model
from tlsjax.model.neighbours import correlation, residual
from tlsjax.model.observation import Observations
from tlsjax.model.prior import number

_LARGEST = 0.97
"""Replicas of a larger correlation would wander anywhere."""


def weigh(model: Model, optimum: jax.Array, observations: Observations) -> tuple[Model, tuple[str, ...]]:
    """The model with the correlations that the residuals at the optimum have, and what that means in words.

    The optimum hardly moves by it, the intervals widen. A likelihood of correlated residuals would let sweeps
    drift off the model: measured powers left out are then predicted worse.

    Args:
        model: what is fitted; correlations that it states already stay.
        optimum: most probable point, shape (d,).
        observations: the data.
    """
    unknown = [name for name, r in model.correlation.items() if np.isnan(float(r))]
    if not unknown:
        return model, ()
    found = {name: _at_most(float(r)) for name, r in _correlations(optimum, model, observations).items()}
    known = model.correlation | {name: number(found[name]) for name in unknown}
    weighed = replace(model, correlation=known)
    counts = counted(weighed, observations)
    words = [
        f"residuals of {name} follow their neighbours in a sweep (correlation {found[name]:.2f}): each "
        f"counts as {counts[observations.where(name)[0]]:.2g} of a point, which widens the intervals"
        for name in unknown
        if found[name] > 0.0
    ]
    return weighed, tuple(words)


def counted(model: Model, observations: Observations) -> NDArray[np.float64]:
    """What each point counts, (N,)."""
    return np.asarray(_counted(model, observations))


@quick_jit
def _counted(model: Model, observations: Observations) -> jax.Array:
    return model.weights(observations)


def _at_most(r: float) -> float:
    return float(np.clip(r, 0.0, _LARGEST)) if np.isfinite(r) else 0.0


@quick_jit
def _correlations(z: jax.Array, model: Model, observations: Observations) -> dict[str, jax.Array]:
    """Of each quantity that the model has one for."""
    predicted = predict(model, constrain(z, model), observations)
    n = observations.normal
    chain = jax.tree.map(lambda x: x[:n], observations.chain)
    away = residual(predicted.measured, observations.value[:n])
    found = {}
    for name in model.correlation:
        picked = observations.where(name)
        own = jnp.zeros(n).at[picked].set(away[picked])
        found[name] = correlation(own, chain)
    return found
