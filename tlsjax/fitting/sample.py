"""No-U-turn sampling in coordinates where the posterior is nearly a standard normal."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from numpyro.infer.hmc import hmc
from numpyro.infer.hmc_util import euclidean_kinetic_energy
from numpyro.infer.util import ParamInfo

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import potential
from tlsjax.fitting.optimise import Gaussian
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

MAX_TREE_DEPTH = 10
TARGET_ACCEPTANCE = 0.9
CHUNK = 250
"""Transitions in one compiled call: progress is told, and a run can be interrupted, between calls."""

Progress = Callable[[str, int, int], None]
"""Called with the stage, how far it is and how far it goes."""


class Samples(NamedTuple):
    """What the sampler leaves; leading axes are chains and draws.

    Attributes:
        z: unconstrained coordinates, (chains, draws, d).
        energy: total energy, (chains, draws).
        potential: minus the log density, (chains, draws).
        steps: leapfrog steps, (chains, draws).
        acceptance: mean acceptance probability, (chains, draws).
        diverging: whether the trajectory ran away, (chains, draws).
        step_size: of each chain, (chains,).
    """

    z: jax.Array
    energy: jax.Array
    potential: jax.Array
    steps: jax.Array
    acceptance: jax.Array
    diverging: jax.Array
    step_size: jax.Array


def nuts(
    key: jax.Array,
    gaussian: Gaussian,
    model: Model,
    observations: Observations,
    *,
    chains: int,
    warmup: int,
    draws: int,
    progress: Progress,
) -> Samples:
    """Run all chains side by side.

    Args:
        key: random key.
        gaussian: where the posterior is and its shape.
        model, observations: what is sampled.
        chains, warmup, draws: how many chains, and transitions of each.
        progress: told after every chunk.
    """
    key_start, key_run = jax.random.split(key)
    starts = jax.random.normal(key_start, (chains, len(gaussian.centre)))
    state = _start(jax.random.split(key_run, chains), starts, gaussian, model, observations, warmup)
    kept, done = [], 0
    while done < warmup + draws:
        end = warmup if done < warmup else warmup + draws
        length = min(CHUNK, end - done)
        state, chunk = _advance(state, gaussian, model, observations, warmup, length)
        if done >= warmup:
            kept.append(chunk)
        done += length
        chunk["z"].block_until_ready()
        progress("warm-up" if done <= warmup else "sampling", done, warmup + draws)
    joined = jax.tree.map(lambda *parts: jnp.concatenate(parts, axis=1), *kept)
    return Samples(**joined, step_size=state.adapt_state.step_size)


def _kernel(
    gaussian: Gaussian, model: Model, observations: Observations, warmup: int
) -> tuple[Callable[..., Any], Callable[[jax.Array], jax.Array], Callable[[Any], Any]]:
    """How to start a chain, the potential it moves in, and how to make one transition."""

    def whitened(u: jax.Array) -> jax.Array:
        return potential(gaussian.centre + gaussian.shape @ u, model, observations)

    init, step = hmc(potential_fn=whitened, kinetic_fn=euclidean_kinetic_energy, algo="NUTS")

    def start(key: jax.Array, u: jax.Array, energy: jax.Array, gradient: jax.Array) -> Any:
        return init(
            ParamInfo(u, energy, gradient),
            warmup,
            step_size=0.5,
            dense_mass=True,
            target_accept_prob=TARGET_ACCEPTANCE,
            max_tree_depth=MAX_TREE_DEPTH,
            rng_key=key,
        )

    return start, whitened, step


@quick_jit
def _start(
    keys: jax.Array,
    starts: jax.Array,
    gaussian: Gaussian,
    model: Model,
    observations: Observations,
    warmup: int,
) -> Any:
    start, whitened, _ = _kernel(gaussian, model, observations, warmup)
    energies, gradients = jax.vmap(jax.value_and_grad(whitened))(starts)
    return jax.vmap(start)(keys, starts, energies, gradients)


@eqx.filter_jit
def _advance(
    state: Any,
    gaussian: Gaussian,
    model: Model,
    observations: Observations,
    warmup: int,
    length: int,
) -> tuple[Any, dict[str, jax.Array]]:
    start, _, step = _kernel(gaussian, model, observations, warmup)
    # NumPyro's step function learns its settings from a start; this one is never run.
    nowhere = jnp.zeros_like(gaussian.centre)
    start(jax.random.key(0), nowhere, jnp.zeros(()), nowhere)

    def one(state: Any, _: None) -> tuple[Any, dict[str, jax.Array]]:
        state = step(state)
        kept = {
            "z": gaussian.centre + gaussian.shape @ state.z,
            "energy": state.energy,
            "potential": state.potential_energy,
            "steps": state.num_steps,
            "acceptance": state.accept_prob,
            "diverging": state.diverging,
        }
        return state, kept

    return jax.vmap(lambda state: jax.lax.scan(one, state, None, length))(state)
