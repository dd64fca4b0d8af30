"""How well targets would be known after points are measured: over outcomes that the posterior expects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from tlsjax.analysis.placed import Error, Placed, with_errors
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.inference_data import smoothed_weights
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations

Array = NDArray[np.float64]

NORMAL = float(ndtri(0.84))
"""Half the 68 % interval of a standard normal."""
_RELIABLE = 0.7
"""Pareto k̂ up to which weights can be relied on."""
_BATCH = 50
_HALF = (0.16, 0.84)
_ENDS = (0.1, 0.9)


class Width(NamedTuple):
    """Half the 68 % interval of ln g, or of a g that may be negative: median, 10 and 90 % of outcomes."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Expected:
    """Widths by target, over outcomes.

    Attributes:
        widths: of each target.
        reweighted: share of the outcomes whose posterior was found by reweighting the draws. Where too few of
            them agree with an outcome, what normal posteriors gain is added to what is known.
    """

    widths: dict[str, Width]
    reweighted: float


def half_width(values: Array) -> float:
    """Half the 68 % interval."""
    low, high = np.quantile(values, _HALF)
    return float(0.5 * (high - low))


def expect(
    key: jax.Array,
    values: Values,
    logs: Mapping[str, Array],
    model: Model,
    device: str,
    points: Placed,
    truths: NDArray[np.int64],
    gained: Mapping[str, Array],
) -> Expected:
    """What to expect of the targets once the points are measured.

    Args:
        key: random key.
        values: S draws of all parameters.
        logs: of each target its logarithm (itself, where it may be negative) in every draw, (S,).
        model, device: what is fitted, and of which device.
        points: what is measured, each as often as it stands there.
        truths: numbers of the draws under which outcomes are simulated, (M,).
        gained: of each target 1/V′ − 1/V for its variances in normal posteriors around each truth, (M,).
    """
    own = model.of_device(values, device)
    keys = jax.random.split(key, len(truths))
    simulated = _simulated(
        keys, {n: x[truths] for n, x in own.items()}, model, points.observations, points.error
    )
    densities = np.nan_to_num(np.array(_densities(own, model, points.observations, *simulated)), nan=-np.inf)
    # a truth must not vouch for itself, nor may its copies where draws were resampled
    one = next(iter(logs.values()))
    densities[one[:, None] == one[truths]] = -np.inf
    weighed = [smoothed_weights(column) for column in densities.T]
    reliable = np.array([pareto_k <= _RELIABLE for _, pareto_k in weighed])
    widths = {}
    for name, x in logs.items():
        by_weights = np.array([_weighted_half_width(x, weights) for weights, _ in weighed])
        added = 1.0 / np.sqrt(half_width(x) ** -2 + gained[name] / NORMAL**2)
        widths[name] = _spread(np.where(reliable, by_weights, added))
    return Expected(widths, float(reliable.mean()))


def _spread(widths: Array) -> Width:
    low, high = np.quantile(widths, _ENDS)
    return Width(float(np.median(widths)), float(low), float(high))


def _weighted_half_width(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) - 0.5 * weights[order]
    low, high = np.interp(_HALF, share, values[order])
    return float(0.5 * (high - low))


@quick_jit
def _simulated(
    keys: jax.Array, truths: Values, model: Model, observations: Observations, error: Error
) -> tuple[jax.Array, jax.Array]:
    """One outcome of every truth, and its stated errors, which are fractions of the true values, (M, n)."""
    alone = replace(model, correlation={})

    def one(drawn: tuple[jax.Array, Values]) -> tuple[jax.Array, jax.Array]:
        predicted, known = with_errors(alone, drawn[1], observations, error)
        return predicted.sample(drawn[0]), known.error

    return jax.lax.map(one, (keys, truths), batch_size=_BATCH)


@quick_jit
def _densities(
    values: Values, model: Model, observations: Observations, measured: jax.Array, errors: jax.Array
) -> jax.Array:
    """Log density of every outcome under every draw, (S, M)."""
    counts = model.weights(observations)

    def one(values: Values) -> jax.Array:
        def log_density(y: jax.Array, error: jax.Array) -> jax.Array:
            return jnp.sum(counts * predict(model, values, replace(observations, error=error)).log_prob(y))

        return jax.vmap(log_density)(measured, errors)

    return jax.lax.map(one, values, batch_size=_BATCH)
