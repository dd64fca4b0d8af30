"""What K(ω) costs: LogNormal(width 1).kernel and what a careful user would write, in one run on two cores.

Contenders at the same frequencies, which are in no order: numba with the 47-node trapezoid sum over ln τ that
is exact to 1e-11 at this width (and not at others), two threads; the same sum broadcast in JAX; scipy's
adaptive quadrature, one frequency after another; the closed form of the log-uniform distribution; one read
and one write. Repeats are interleaved, figures are medians of wall time over compiled calls. A few minutes.

    python benchmarks/kernel_speed.py [--repeats 15]
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
# numba would take this folder's coverage.py for the package of that name
sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numba  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from scipy.integrate import quad  # noqa: E402

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.fitting.density import potential, prior_draws  # noqa: E402
from tlsjax.model.defaults import build_model  # noqa: E402
from tlsjax.model.observation import join, observe  # noqa: E402
from tlsjax.model.points import fitted_points  # noqa: E402

Array = NDArray[np.float64]
Calls = dict[str, Callable[[], object]]
MEDIAN, WIDTH = 3e-11, 1.0
STEP, NODES = 0.35, 0.35 * (np.arange(47) - 23.0)
WIDTHS = (0.02, 0.1, 0.3, 1.0, 3.0, 6.0)
SIZES = (100, 1_000, 100_000, 1_000_000)
LOOPS = 200


def weighted_times() -> tuple[Array, Array]:
    """Nodes τ and weights for K = Σ w/(1 + ω²τ²)."""
    tau = MEDIAN * np.exp(WIDTH * NODES)
    return tau, STEP * np.exp(-0.5 * NODES**2) / np.sqrt(2 * np.pi) * tau


# without numba's own check of every division, which would keep it from using vector instructions
@numba.njit(parallel=True, fastmath=True, error_model="numpy")
def numba_kernel(omega: Array, squares: Array, weights: Array) -> Array:
    found = np.empty(omega.size)
    for i in numba.prange(omega.size):
        square, total = omega[i] * omega[i], 0.0
        for j in range(weights.size):
            total += weights[j] / (1.0 + square * squares[j])
        found[i] = total
    return found


@jax.jit
def broadcast_kernel(omega: jax.Array, tau: jax.Array, weights: jax.Array) -> jax.Array:
    return jnp.sum(weights / (1.0 + (omega[:, None] * tau) ** 2), -1)


def quadrature(omega: Array) -> list[float]:
    def integrand(x: float, w: float) -> float:
        tau = MEDIAN * np.exp(x)
        return np.exp(-0.5 * (x / WIDTH) ** 2) * tau / (1 + (w * tau) ** 2) / (np.sqrt(2 * np.pi) * WIDTH)

    return [quad(integrand, -10 * WIDTH, 10 * WIDTH, args=(w,), epsabs=0, epsrel=1e-10)[0] for w in omega]


def kernel(omega: jax.Array, median: jax.Array, width: jax.Array) -> jax.Array:
    return tls.LogNormal(median, width).kernel(omega)


def log_likelihood(theta: jax.Array, omega: jax.Array, measured: jax.Array) -> jax.Array:
    """Gaussian, of data scale·K in units of the median: median, width and scale."""
    residual = measured - theta[2] * kernel(omega, theta[0] * MEDIAN, theta[1]) / MEDIAN
    return -0.5 * jnp.sum(residual**2)


def medians(calls: Calls, repeats: int) -> dict[str, float]:
    """Seconds a call, of each."""
    counts = {}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        counts[name] = max(1, int(0.02 / (time.perf_counter() - start)))
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):  # interleaved, so that a busy machine slows all
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                call()
            seconds[name].append((time.perf_counter() - start) / counts[name])
    return {name: float(np.median(each)) for name, each in seconds.items()}


def contenders(size: int) -> Calls:
    """Each at ``size`` frequencies."""
    omega = np.random.default_rng(0).permutation(np.geomspace(1e8, 1e11, size))
    tau, weights = weighted_times()
    x, one, two = jnp.asarray(omega), jnp.asarray(MEDIAN), jnp.asarray(WIDTH)
    compiled, copy = jax.jit(kernel), jax.jit(lambda x: x + 1.0)
    closed = jax.jit(lambda x: tls.LogUniform(1e-12, 1e-9).kernel(x))
    np.testing.assert_allclose(compiled(x, one, two), numba_kernel(omega, tau**2, weights), rtol=1e-10)
    calls: Calls = {
        "tlsjax": lambda: compiled(x, one, two).block_until_ready(),
        "numba, 47 nodes, two threads": lambda: numba_kernel(omega, tau**2, weights),
        "jax, broadcast over 47 nodes": lambda: broadcast_kernel(x, tau, weights).block_until_ready(),
        "log-uniform, closed form": lambda: closed(x).block_until_ready(),
        "one read and one write": lambda: copy(x).block_until_ready(),
    }
    if size == SIZES[0]:
        calls["scipy, quad"] = lambda: quadrature(omega)
    return calls


def variations(size: int) -> tuple[Calls, Calls]:
    """The kernel at several widths, and a log-likelihood without and with its gradient."""
    x = jnp.asarray(np.random.default_rng(0).permutation(np.geomspace(1e8, 1e11, size)))
    compiled, one = jax.jit(kernel), jnp.asarray(MEDIAN)
    value, both = jax.jit(log_likelihood), jax.jit(jax.value_and_grad(log_likelihood))
    theta, measured = jnp.ones(3), compiled(x, one, jnp.asarray(WIDTH)) / one

    def at(width: float) -> Callable[[], object]:
        s = jnp.asarray(width)
        return lambda: compiled(x, one, s).block_until_ready()

    return {str(width): at(width) for width in WIDTHS}, {
        "value": lambda: value(theta, x, measured).block_until_ready(),
        "value and gradient": lambda: jax.block_until_ready(both(theta, x, measured)),
    }


def inside_a_fit() -> Calls:
    """LOOPS times value and gradient at 100 frequencies, of a fit's log density and of one kernel."""
    omega = 2 * np.pi * np.geomspace(1e8, 2e10, 100)
    level = np.asarray(tls.LogNormal(MEDIAN, WIDTH).kernel(omega))
    table = tls.Spectrum(
        {"frequency": omega / (2 * np.pi), "conductivity": 6e-20 * (omega**2 + 1e22) * level},
        {"bias_current": 1e-5, "lambda_f": 5e-10},
    )
    model, _ = build_model([table], family=tls.LogNormal)
    observations = join([observe(table, p, model.view) for p in fitted_points([table])])
    start = prior_draws(jax.random.key(0), model, 100)[1].mean(0)

    def log_kernel(z: jax.Array, omega: jax.Array) -> jax.Array:
        return jnp.sum(jnp.log(kernel(omega, MEDIAN * jnp.exp(z[0]), jnp.exp(z[1]))))

    def repeated(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
        def loop(z: jax.Array, *rest: object) -> jax.Array:
            def step(_: int, z: jax.Array) -> jax.Array:
                value, slope = jax.value_and_grad(function)(z, *rest)
                return z + 1e-15 * (slope + value)

            return jax.lax.fori_loop(0, LOOPS, step, z)

        return jax.jit(loop)

    fit, alone = repeated(potential), repeated(log_kernel)
    return {
        "log density": lambda: fit(start, model, observations).block_until_ready(),
        "kernel": lambda: alone(jnp.zeros(2), jnp.asarray(omega)).block_until_ready(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    numba.set_num_threads(min(2, numba.config.NUMBA_NUM_THREADS))
    found = {size: medians(contenders(size), repeats) for size in SIZES}
    columns = [f"{size:.0e}".replace("e+0", "e") for size in SIZES]
    shown = Table("ns a frequency", *columns, title="K(ω), log-normal, width 1")
    for name in found[SIZES[0]]:
        times = [found[size].get(name) for size in SIZES]
        cells = ["" if t is None else f"{1e9 * t / n:.3g}" for t, n in zip(times, SIZES, strict=True)]
        shown.add_row(name, *cells)
    Console().print(shown)
    many = found[100_000]
    at_widths, likelihood = (medians(calls, repeats) for calls in variations(100_000))
    fit = {name: 1e6 * t / LOOPS for name, t in medians(inside_a_fit(), repeats).items()}
    print(f"a. numba / tlsjax at 1e5: {many['numba, 47 nodes, two threads'] / many['tlsjax']:.2f}")
    print(
        f"b. value and gradient / value at 1e5: {likelihood['value and gradient'] / likelihood['value']:.2f}"
    )
    print(f"c. a frequency at 1e6 / at 1e5: {found[1_000_000]['tlsjax'] / many['tlsjax'] / 10:.2f}")
    print(f"   dearest / cheapest width, at 1e5: {max(at_widths.values()) / min(at_widths.values()):.2f}")
    print("   " + ", ".join(f"{width}: {1e4 * t:.3g} ns" for width, t in at_widths.items()))
    print(f"d. kernel / log density at 100 frequencies: {fit['kernel'] / fit['log density']:.2f}")
    print(
        f"   value and gradient, {fit['kernel']:.1f} and {fit['log density']:.1f} µs inside one compiled loop"
    )


if __name__ == "__main__":
    main()
