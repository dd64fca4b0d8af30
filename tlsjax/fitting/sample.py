"""No-U-turn sampling in coordinates where the posterior is nearly a standard normal."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from numpyro.infer.hmc import hmc
from numpyro.infer.hmc_util import euclidean_kinetic_energy
from numpyro.infer.util import ParamInfo

from tlsjax.fitting.checkpoint import Arrays, Stage
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import dimension, potential
from tlsjax.fitting.optimise import Gaussian, standard
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations

MAX_TREE_DEPTH = 10
CHUNK = 200
"""Most transitions in one compiled call: progress is told, and a run can be interrupted, between calls."""

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

    z: NDArray[np.float64]
    energy: NDArray[np.float64]
    potential: NDArray[np.float64]
    steps: NDArray[np.int64]
    acceptance: NDArray[np.float64]
    diverging: NDArray[np.bool_]
    step_size: NDArray[np.float64]


class Target(NamedTuple):
    """What is sampled: a posterior, and the Gaussian whose axes and widths are the unit of every step."""

    gaussian: Gaussian
    model: Model
    observations: Observations

    def energy(self, u: jax.Array) -> jax.Array:
        """Minus the log density at z = centre + shape·u."""
        return potential(self.gaussian.centre + self.gaussian.shape @ u, self.model, self.observations)


def nuts(
    key: jax.Array,
    target: Target,
    *,
    chains: int,
    warmup: int,
    draws: int,
    acceptance: float,
    progress: Progress,
    stage: Stage,
) -> Samples:
    """Run all chains, each on a core of its own as far as there are cores; only the step size is adapted.

    Where the optimiser found several humps, the chains start in different ones, and disagree if they stay.

    Args:
        key: random key.
        target: what is sampled.
        chains, warmup, draws: how many chains, and transitions of each.
        acceptance: mean acceptance probability to aim at; nearer to 1, shorter steps.
        progress: told after every chunk, in transitions of all chains together.
        stage: where the state is kept after every chunk, and from where an interrupted run goes on to the
            same numbers.
    """
    humps = target.gaussian.humps()
    aim, total = jnp.asarray(acceptance), warmup + draws
    with ThreadPoolExecutor(min(chains, os.cpu_count() or 1)) as pool:
        starts = [jnp.asarray(humps[chain % len(humps)]) for chain in range(chains)]
        numbers = map(jnp.asarray, range(chains))
        states = list(
            pool.map(lambda chain, at: _start(key, chain, at, aim, target, warmup), numbers, starts)
        )
        done, states, kept = (0, states, ()) if stage.kept is None else _restored(stage.kept, states)
        while done < total:
            end = warmup if done < warmup else total
            length = jnp.asarray(min(CHUNK, end - done))

            def advance(state: Any, length: jax.Array = length) -> tuple[Any, dict[str, NDArray[Any]]]:
                state, chunk = _advance(state, length, aim, target, warmup)
                return state, {name: np.asarray(values)[:length] for name, values in chunk.items()}

            advanced = list(pool.map(advance, states))
            states = [state for state, _ in advanced]
            if done >= warmup:
                rows = {name: np.stack([chunk[name] for _, chunk in advanced]) for name in advanced[0][1]}
                kept = (*kept, rows)
            done += int(length)
            words = f"{chains * done} of {chains * total} transitions"
            stage.keep(words, partial(_as_arrays, done, states, kept))
            progress("warm-up" if done <= warmup else "sampling", chains * done, chains * total)
    return Samples(**_joined(kept), step_size=np.array([state.adapt_state.step_size for state in states]))


def joined(one: Samples, other: Samples) -> Samples:
    """Every second draw of two runs of as many chains."""
    both = {
        name: np.concatenate([getattr(one, name), getattr(other, name)], axis=1)[:, ::2]
        for name in Samples._fields
        if name != "step_size"
    }
    return Samples(**both, step_size=other.step_size)


def _as_arrays(done: int, states: Sequence[Any], kept: Sequence[Arrays]) -> Arrays:
    """The state of all chains and what they left so far; leading axes are chains."""
    leaves = zip(*(map(_plain, jax.tree.leaves(state)) for state in states), strict=True)
    return (
        {"done": np.asarray(done)}
        | {f"state_{number}": np.stack(chains) for number, chains in enumerate(leaves)}
        | ({f"row_{name}": values for name, values in _joined(kept).items()} if kept else {})
    )


def _restored(arrays: Arrays, like: Sequence[Any]) -> tuple[int, list[Any], tuple[Arrays, ...]]:
    """What :func:`_as_arrays` was given; ``like`` are states of the same structure."""
    states = []
    for chain, state in enumerate(like):
        leaves, structure = jax.tree.flatten(state)
        plain = [jnp.asarray(arrays[f"state_{number}"][chain]) for number in range(len(leaves))]
        again = [
            jax.random.wrap_key_data(x) if jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key) else x
            for leaf, x in zip(leaves, plain, strict=True)
        ]
        states.append(jax.tree.unflatten(structure, again))
    rows = {name.removeprefix("row_"): x for name, x in arrays.items() if name.startswith("row_")}
    return int(arrays["done"]), states, (rows,) if rows else ()


def _plain(leaf: jax.Array) -> NDArray[Any]:
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if is_key else leaf)


def _joined(kept: Sequence[Arrays]) -> dict[str, NDArray[Any]]:
    """Arrays (chains, draws, …) of all parts."""
    return {name: np.concatenate([part[name] for part in kept], axis=1) for name in kept[0]}


def compile_nuts(model: Model, observations: Observations, warmup: int) -> None:
    """Compile what :func:`nuts` will call, so that it can be done beside other work."""
    d = dimension(model)
    target, aim = Target(standard(d), model, observations), jnp.asarray(0.5)
    state = _start(jax.random.key(0), jnp.asarray(0), jnp.asarray(np.zeros(d)), aim, target, warmup)
    _advance(state, jnp.asarray(0), aim, target, warmup)


def _kernel(target: Target, aim: jax.Array, warmup: int) -> tuple[Callable[..., Any], Callable[[Any], Any]]:
    """How to start a chain and how to make one transition."""
    init, step = hmc(potential_fn=target.energy, kinetic_fn=euclidean_kinetic_energy, algo="NUTS")

    def start(key: jax.Array, u: jax.Array, energy: jax.Array, gradient: jax.Array) -> Any:
        return init(
            ParamInfo(u, energy, gradient),
            warmup,
            step_size=0.5,
            adapt_mass_matrix=False,
            target_accept_prob=aim,
            max_tree_depth=MAX_TREE_DEPTH,
            rng_key=key,
        )

    return start, step


@quick_jit
def _start(
    key: jax.Array, chain: jax.Array, hump: jax.Array, aim: jax.Array, target: Target, warmup: int
) -> Any:
    """State of one chain, near a hump."""
    start, _ = _kernel(target, aim, warmup)
    key_start, key_run = jax.random.split(jax.random.fold_in(key, chain))
    u = hump + jax.random.normal(key_start, hump.shape)
    energy, gradient = jax.value_and_grad(target.energy)(u)
    return start(key_run, u, energy, gradient)


@quick_jit
def _advance(
    state: Any, length: jax.Array, aim: jax.Array, target: Target, warmup: int
) -> tuple[Any, dict[str, jax.Array]]:
    """Make ``length`` transitions; arrays of what they left have CHUNK rows, whatever the length."""
    start, step = _kernel(target, aim, warmup)
    # NumPyro's step function learns its settings from a start; this one is never run.
    nowhere = jnp.zeros_like(target.gaussian.centre)
    start(jax.random.key(0), nowhere, jnp.zeros(()), nowhere)

    def look(state: Any) -> dict[str, jax.Array]:
        return {
            "z": target.gaussian.centre + target.gaussian.shape @ state.z,
            "energy": state.energy,
            "potential": state.potential_energy,
            "steps": state.num_steps,
            "acceptance": state.accept_prob,
            "diverging": state.diverging,
        }

    def one(i: jax.Array, carry: tuple[Any, dict[str, jax.Array]]) -> tuple[Any, dict[str, jax.Array]]:
        state, rows = carry
        state = step(state)
        return state, {name: rows[name].at[i].set(value) for name, value in look(state).items()}

    rows = {name: jnp.zeros((CHUNK, *x.shape), x.dtype) for name, x in look(state).items()}
    return jax.lax.fori_loop(0, length, one, (state, rows))
