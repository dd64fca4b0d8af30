"""Which NUTS: NumPyro's kernel, which tlsjax uses, against BlackJAX's, on the same whitened posterior.

Both get the same log density in the same coordinates, four chains on two threads, 150 transitions in which
only the step size is adapted and 1000 that are kept, compiled with the same options. The figures are seconds
with compilation, and the smallest bulk ESS a second once compiled.

    python benchmarks/sampler_kernel.py [--repeats 5]
"""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from blackjax.adaptation.step_size import dual_averaging_adaptation
from standard_problem import PRIORS, least_ess, spectrum

import tlsjax as tls
from tlsjax.fitting.checkpoint import opened
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import prior_draws
from tlsjax.fitting.optimise import laplace
from tlsjax.fitting.sample import MAX_TREE_DEPTH, Target, nuts
from tlsjax.model import prior
from tlsjax.model.defaults import build_model
from tlsjax.model.observation import join, observe
from tlsjax.model.points import fitted_points

CHAINS, WARMUP, DRAWS, ACCEPTANCE = 4, 150, 1000, 0.8


def whitened() -> Target:
    table = spectrum()
    priors = {name: prior.LogNormal(*PRIORS[name]) for name in PRIORS} | {"eta": prior.Fixed(1.0)}
    model, _ = build_model([table], family=tls.LogNormal, priors=priors)
    observations = join([observe(table, p, model.view) for p in fitted_points([table])])
    _, prior_z = prior_draws(jax.random.key(0), model, 4000)
    return Target(laplace(prior_z, model, observations), model, observations)


def numpyro_draws(target: Target, seed: int) -> np.ndarray:
    with opened(None, "new") as keep:
        samples = nuts(
            jax.random.key(seed), target, chains=CHAINS, warmup=WARMUP, draws=DRAWS, acceptance=ACCEPTANCE,
            progress=lambda *_: None, stage=keep.stage("nuts"),
        )  # fmt: skip
    return samples.z


@quick_jit
def blackjax_chain(key: jax.Array, target: Target) -> jax.Array:
    def density(u: jax.Array) -> jax.Array:
        return -target.energy(u)

    step = blackjax.nuts.build_kernel()
    unit = jnp.ones_like(target.gaussian.centre)
    begin, update, final = dual_averaging_adaptation(ACCEPTANCE)
    key_start, key_draw = jax.random.split(key)
    state = blackjax.nuts.init(jax.random.normal(key_start, unit.shape), density)

    def transition(state, key, size):
        return step(key, state, density, size, unit, max_num_doublings=MAX_TREE_DEPTH)

    # one loop for both phases: the transition is then compiled once
    def one(carry, at):
        state, adaptation, best = carry
        number, key = at
        size = jnp.where(number < WARMUP, jnp.exp(adaptation.log_step_size), best)
        state, info = transition(state, key, size)
        adaptation = update(adaptation, info.acceptance_rate)
        best = jnp.where(number < WARMUP, final(adaptation), best)
        return (state, adaptation, best), target.gaussian.centre + target.gaussian.shape @ state.position

    keys = jax.random.split(key_draw, WARMUP + DRAWS)
    carry = state, begin(0.5), jnp.asarray(0.5)
    _, z = jax.lax.scan(one, carry, (jnp.arange(WARMUP + DRAWS), keys))
    return z[WARMUP:]


def blackjax_draws(target: Target, seed: int) -> np.ndarray:
    keys = jax.random.split(jax.random.key(seed), CHAINS)
    with ThreadPoolExecutor(2) as pool:
        return np.stack(list(pool.map(lambda key: np.asarray(blackjax_chain(key, target)), keys)))


def measure(draw, target: Target, seed: int) -> tuple[float, float]:
    start = time.perf_counter()
    z = draw(target, seed)
    seconds = time.perf_counter() - start
    return least_ess({str(k): z[..., k] for k in range(z.shape[-1])}), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    target = whitened()
    kernels = {
        "NumPyro": partial(measure, numpyro_draws, target),
        "BlackJAX": partial(measure, blackjax_draws, target),
    }
    rates: dict[str, list[float]] = {name: [] for name in kernels}
    for name, run in kernels.items():
        print(f"{name:9s} first, with compilation: {run(0)[1]:5.1f} s", flush=True)
    for seed in range(1, repeats + 1):  # interleaved, so that a busy machine slows both
        for name, run in kernels.items():
            size, seconds = run(seed)
            rates[name].append(size / seconds)
            print(f"{name:9s} {size:6.0f} ESS in {seconds:5.2f} s: {rates[name][-1]:7.0f} ESS/s", flush=True)
    ours, theirs = (np.median(rates[name]) for name in kernels)
    print(f"ratio of medians, NumPyro / BlackJAX: {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
