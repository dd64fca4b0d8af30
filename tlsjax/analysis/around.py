"""The posterior as it looks from some of its draws: normal there, by exact derivatives."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.analysis.candidates import Candidates
from tlsjax.analysis.choose import Field, Item, Known
from tlsjax.analysis.placed import Error, Placed, features
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, prior_draws, unconstrain
from tlsjax.fitting.information import logarithm
from tlsjax.fitting.predict import pick
from tlsjax.fitting.result import Result
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join

Array = NDArray[np.float64]

_DRAWS, _PRIOR_DRAWS = 64, 4000


class Around(NamedTuple):
    """M draws z of the posterior, and what data and prior say around each, along d coordinates.

    Attributes:
        numbers: which draws, (M,).
        z: of each, (M, d).
        known: precision around each: the data's Fisher matrix there plus the prior's inverse covariance.
        slopes: of the logarithms of q targets, (M, q, d).
    """

    numbers: NDArray[np.int64]
    z: jax.Array
    known: Known
    slopes: Array

    def field(self, model: Model, device: str, candidates: Candidates, points: Placed) -> Field:
        """Points as seen from the draws; one at which the model predicts no finite value tells nothing."""
        seen = np.asarray(_features(self.z, model, device, points.observations, points.error))
        defined = np.isfinite(seen).all((0, 2))
        items = _items(candidates, points)
        setup = {item: candidates.setup[item[0]] for one in items for item in one}
        features = np.where(defined[:, None], seen, 0.0)
        return Field(features, self.slopes, points.cost, items, setup, defined)


def around(result: Result, targets: tuple[str, ...]) -> Around:
    """Of a fit, for the targets named."""
    model = result.model
    values, _ = pick(result, None)
    z = unconstrain(values, model)
    numbers = np.linspace(0, len(z) - 1, min(_DRAWS, len(z))).astype(np.int64)
    some = z[numbers]
    _, prior_z = prior_draws(jax.random.key(result.seed), model, _PRIOR_DRAWS)
    prior = np.linalg.pinv(np.atleast_2d(np.cov(np.asarray(prior_z).T)), hermitian=True)
    observations = join([result.observation(index) for index in range(len(result.points))])
    precision = np.asarray(_precision(some, model, observations)) + prior
    slopes = _slopes(some, model, jnp.asarray(model.window.times), targets)
    return Around(numbers, some, Known(precision), np.asarray(slopes))


def _items(candidates: Candidates, points: Placed) -> tuple[frozenset[Item], ...]:
    """Settings that cost something, of each point, whether chosen or taken from the fit."""
    found: list[frozenset[Item]] = []
    for table in points.tables:
        columns = {
            n: table.columns[n] for n, cost in candidates.setup.items() if cost > 0 and n in table.columns
        }
        # a value written in two ways is one setting
        found += [
            frozenset((name, float(f"{column[row]:.10g}")) for name, column in columns.items())
            for row in range(len(table))
        ]
    return tuple(found)


@quick_jit
def _precision(z: jax.Array, model: Model, observations: Observations) -> jax.Array:
    """What the data tell around each draw, (M, d, d)."""
    n, counts = observations.normal, model.weights(observations)
    counts = jnp.concatenate([counts[:n], counts])

    def look(z: jax.Array) -> tuple[jax.Array, jax.Array]:
        predicted = predict(model, constrain(z, model), observations)
        return predicted.coordinates, predicted.information

    def one(z: jax.Array) -> jax.Array:
        slopes, information = jax.jacfwd(look, has_aux=True)(z)
        return slopes.T @ ((counts * information)[:, None] * slopes)

    return jax.lax.map(one, z)


@quick_jit
def _features(z: jax.Array, model: Model, device: str, observations: Observations, error: Error) -> jax.Array:
    return jax.lax.map(lambda one: features(one, model, device, observations, error), z)


@quick_jit
def _slopes(z: jax.Array, model: Model, window: jax.Array, targets: tuple[str, ...]) -> jax.Array:
    """∂ ln g/∂z of every target, (M, q, d)."""

    def told(z: jax.Array) -> jax.Array:
        values = model.derived(constrain(z, model), window)
        return jnp.stack([logarithm(model, name, values[name]) for name in targets])

    return jax.lax.map(jax.jacfwd(told), z)
