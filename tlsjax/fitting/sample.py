"""No-U-turn sampling in coordinates where the posterior is nearly a standard normal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
CHUNK = 150
"""Transitions in one compiled call: progress is told, and a run can be interrupted, between calls."""

_GROUPS = 2

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
    acceptance: float,
    progress: Progress,
) -> Samples:
    """Run all chains side by side.

    Args:
        key: random key.
        gaussian: where the posterior is and its shape.
        model, observations: what is sampled.
        chains, warmup, draws: how many chains, and transitions of each.
        acceptance: mean acceptance probability to aim at; nearer to 1, shorter steps.
        progress: told after every chunk.
    """
    key_start, key_run = jax.random.split(key)
    starts = jax.random.normal(key_start, (chains, len(gaussian.centre)))
    keys, aim = jax.random.split(key_run, chains), jnp.asarray(acceptance)
    # Chains of a group run in step, so the longest trajectory sets the pace; groups run on their own cores.
    size = -(-chains // min(chains, _GROUPS))
    groups = [slice(first, first + size) for first in range(0, chains, size)]
    states = [
        _start(keys[group], starts[group], aim, gaussian, model, observations, warmup) for group in groups
    ]
    kept, done = [], 0
    with ThreadPoolExecutor(len(groups)) as pool:
        while done < warmup + draws:
            end = warmup if done < warmup else warmup + draws
            length = min(CHUNK, end - done)

            def advance(state: Any, length: int = length) -> tuple[Any, dict[str, jax.Array]]:
                advanced = _advance(state, aim, gaussian, model, observations, warmup, length)
                advanced[1]["z"].block_until_ready()
                return advanced

            first = advance(states[0]) if done == 0 else None  # compiles once, not once a thread
            rest = pool.map(advance, states[1:] if first else states)
            advanced = [*([first] if first else []), *rest]
            states = [state for state, _ in advanced]
            if done >= warmup:
                kept.append(_together([chunk for _, chunk in advanced], axis=0))
            done += length
            progress("warm-up" if done <= warmup else "sampling", done, warmup + draws)
    sizes = jnp.concatenate([state.adapt_state.step_size for state in states])
    return Samples(**_together(kept, axis=1), step_size=sizes)


def _together(parts: list[dict[str, jax.Array]], axis: int) -> dict[str, jax.Array]:
    return {name: jnp.concatenate([part[name] for part in parts], axis=axis) for name in parts[0]}


def _kernel(
    aim: jax.Array, gaussian: Gaussian, model: Model, observations: Observations, warmup: int
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
            target_accept_prob=aim,
            max_tree_depth=MAX_TREE_DEPTH,
            rng_key=key,
        )

    return start, whitened, step


@quick_jit
def _start(
    keys: jax.Array,
    starts: jax.Array,
    aim: jax.Array,
    gaussian: Gaussian,
    model: Model,
    observations: Observations,
    warmup: int,
) -> Any:
    start, whitened, _ = _kernel(aim, gaussian, model, observations, warmup)
    energies, gradients = jax.vmap(jax.value_and_grad(whitened))(starts)
    return jax.vmap(start)(keys, starts, energies, gradients)


@eqx.filter_jit
def _advance(
    state: Any,
    aim: jax.Array,
    gaussian: Gaussian,
    model: Model,
    observations: Observations,
    warmup: int,
    length: int,
) -> tuple[Any, dict[str, jax.Array]]:
    start, _, step = _kernel(aim, gaussian, model, observations, warmup)
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
