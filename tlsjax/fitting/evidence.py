"""How probable a model makes the data before any parameter is known, by particles from its prior."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import potential, prior_draws, prior_potential
from tlsjax.fitting.result import Result
from tlsjax.fitting.tempering import MOVES, Tempered, temper
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join

_SETS, _PARTICLES, _MOVES = 4, 4000, 48


class Evidence(NamedTuple):
    """ln Z, with Z = ∫ p(data|θ) p(θ) dθ.

    Attributes:
        log: its estimate.
        standard_error: from the spread of independent sets of particles.
    """

    log: float
    standard_error: float


def evidence(result: Result, correlation: Mapping[str, float], seed: int = 0) -> Evidence:
    """Of a fit's model and data, by sequential Monte Carlo.

    Args:
        result: the fit; its draws are not used.
        correlation: of residuals in a sweep, by quantity, which says what points count: models are compared
            with the same.
        seed: same seed, version and machine give the same numbers.

    Limits: with an f(τ) without a formula the sets may differ by several units; the standard error says so.
    Source: Del Moral, Doucet and Jasra 2006.
    """
    model = replace(result.model, correlation={name: jnp.asarray(r) for name, r in correlation.items()})
    observations = join([result.observation(index) for index in range(len(result.points))])

    def one(key: jax.Array) -> float:
        start, run = jax.random.split(key)
        _, prior_z = prior_draws(start, model, _PARTICLES)
        return float(from_prior(run, prior_z, model, observations, _MOVES).log_evidence)

    first, *others = jax.random.split(jax.random.key(seed), _SETS)
    each = [one(first)]  # compiles
    with ThreadPoolExecutor(2) as pool:
        each += pool.map(one, others)
    highest = max(each)
    mean = highest + np.log(np.mean(np.exp(np.array(each) - highest)))
    return Evidence(float(mean), float(np.std(each, ddof=1) / np.sqrt(_SETS)))


@quick_jit
def from_prior(
    key: jax.Array,
    prior_z: jax.Array,
    model: Model,
    observations: Observations,
    moves: int = MOVES,
) -> Tempered:
    """Particles at the prior, shape (particles, d), brought to the posterior; ``moves`` at each step."""

    def prior(z: jax.Array) -> jax.Array:
        return -prior_potential(z, model)

    def likelihood(z: jax.Array) -> jax.Array:
        return prior_potential(z, model) - potential(z, model, observations)

    return temper(key, prior_z, prior, likelihood)
