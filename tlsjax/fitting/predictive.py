"""Does the fitted model look like the data? Posterior-predictive checks."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from tlsjax.fitting.compile import quick_jit
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations


class Replicas(NamedTuple):
    """What the posterior says of the measured points.

    Attributes:
        values: replicated measurements, (draws, N).
        log_likelihood: of the measured values, (draws, N).
        size: for each observation, share of draws whose replica lies farther from the prediction than the
            data, mean square.
        trend: likewise, whose replica's residuals follow their neighbours more closely than the data's.
    """

    values: jax.Array
    log_likelihood: jax.Array
    size: jax.Array
    trend: jax.Array


_AT_ONCE = 20_000
"""Draws times points computed together; more would only take more memory."""


@quick_jit
def replicate(key: jax.Array, values: Values, model: Model, observations: Observations) -> Replicas:
    """Replicate the data once a posterior draw and compare.

    Small ``size``: the data scatter more than the model allows. Size near 1: less than stated. Small
    ``trend``: the residuals run in trains, so the model's shape is wrong even if a free scatter hides it.

    Args:
        key: random key.
        values: posterior draws, each of shape (draws,).
        model, observations: what was fitted.
    """
    measured = observations.value
    chain = observations.chain

    def one(key: jax.Array, values: Values) -> tuple[jax.Array, ...]:
        predicted = predict(model, values, observations)
        replica = predicted.sample(key)
        spread = jnp.sqrt(predicted.variance)
        size, trend = [], []
        for part in observations.slices:
            drawn, data = (((y - predicted.mean) / spread)[part] for y in (replica, measured))
            size.append(jnp.sum(drawn**2) >= jnp.sum(data**2))
            before, follows = chain.before[part] - part.start, chain.follows[part]
            trend.append(_follows(drawn, before, follows) >= _follows(data, before, follows))
        return replica, predicted.log_prob(measured), jnp.stack(size), jnp.stack(trend)

    count = len(next(iter(values.values())))
    keys = jax.random.split(key, count)
    batch = _divisor(count, _AT_ONCE // len(measured))
    replica, likelihood, size, trend = jax.lax.map(lambda at: one(*at), (keys, values), batch_size=batch)
    return Replicas(replica, likelihood, jnp.mean(size, 0), jnp.mean(trend, 0))


def _divisor(count: int, most: int) -> int:
    """The largest divisor of ``count`` up to ``most``: batches without a rest, which would compile again."""
    return max(size for size in range(1, max(most, 1) + 1) if count % size == 0)


def _follows(residual: jax.Array, before: jax.Array, follows: jax.Array) -> jax.Array:
    """Correlation of residuals with those before them."""
    return jnp.sum(follows * residual * residual[before]) / jnp.sum(residual**2)
