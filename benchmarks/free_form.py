"""An f(τ) without a formula against known ones, through `tls.fit`: error, cover and width of the band.

Loss and shift together at 81 frequencies from 10 mHz to 1 MHz, with noise of 0.5 % of |Z|:

    python benchmarks/free_form.py --cases two_cole_cole log_normal --seeds 0 1
"""

import argparse
import time
from collections.abc import Callable

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

import tlsjax as tls  # noqa: E402
from tlsjax.data.spectrum import Spectrum  # noqa: E402
from tlsjax.model import prior  # noqa: E402
from tlsjax.model.defaults import build_model, relaxation_family  # noqa: E402

FREQUENCY = np.logspace(6, -2, 81)
OMEGA = 2.0 * np.pi * FREQUENCY
TAU = np.exp(np.linspace(np.log(1.0 / OMEGA.max()), np.log(1.0 / OMEGA.min()), 401))
NOISE, OFFSET, TOTAL, LOSS = 0.005, 10.0, 100.0, 1e-7
INDUCTANCE = 1e-9

Truth = Callable[[], tls.Relaxation]
CASES: dict[str, Truth] = {
    "two_cole_cole": lambda: _halves(tls.ColeCole(1e-4, 0.8), tls.ColeCole(1e-1, 0.8)),
    "two_close": lambda: _halves(tls.ColeCole(1e-3, 0.8), tls.ColeCole(1e-2, 0.8)),
    "two_sharp": lambda: _halves(tls.ColeCole(1e-3, 0.9), tls.ColeCole(1e-2, 0.9)),
    "havriliak_negami": lambda: tls.HavriliakNegami(1e-2, 0.9, 0.5),
    "box": lambda: tls.LogUniform(1e-4, 1e-1),
    "log_normal": lambda: tls.LogNormal(1e-2, 1.0),
}


def _halves(one: tls.Relaxation, other: tls.Relaxation) -> tls.Relaxation:
    return tls.Mixture(jnp.asarray([0.5, 0.5]), (one, other))


def table(truth: tls.Relaxation, seed: int) -> Spectrum:
    """Loss and shift that are −Im Z and −Re Z/2, in units of ``LOSS``, of Z = 10 + 100·H*."""
    z = OFFSET + TOTAL * np.conj(np.asarray(truth.response(jnp.asarray(OMEGA))))
    error = NOISE * np.abs(z)
    noise = np.random.default_rng(seed).standard_normal((2, len(z)))
    z = z + error * (noise[0] + 1j * noise[1])
    columns = {
        "frequency": FREQUENCY,
        "bias_current": np.full(len(z), 1e-6),
        "loss": -LOSS * z.imag,
        "loss_err": LOSS * error,
        "frequency_shift": -0.5 * LOSS * z.real,
        "frequency_shift_err": 0.5 * LOSS * error,
    }
    return Spectrum(columns, {"kinetic_inductance": INDUCTANCE, "kinetic_fraction": 1.0}, f"seed {seed}")


def model(spectrum: Spectrum) -> tls.Model:
    """Eq. 15 so strongly biased that only Aω_c²K is seen, with stated errors alone."""
    known = {"lambda_f": 5e-10, "eta": 1.0, "omega_star": 1e12}
    nothing = ("constant_loss", "loss_scatter", "frequency_shift_scatter", "frequency_shift_floor")
    known |= dict.fromkeys(nothing, 1e-30)
    made, _ = build_model(
        [spectrum],
        family=relaxation_family("free_form"),
        budget=tls.LossBudget(channels=("film", "constant")),
        priors={name: prior.Fixed(prior.number(value)) for name, value in known.items()},
        correlation={},
    )
    return made


def densities(result: tls.Result) -> NDArray[np.float64]:
    """100·τf(τ) of every draw, (draws, 401)."""
    form = result.relaxations
    density = jax.jit(jax.vmap(lambda one: one.density(jnp.asarray(TAU)) * TAU))(form)
    total = result.draws["superflow"].reshape(-1) * INDUCTANCE / LOSS
    return np.asarray(density) * total[:, None]


def score(draws: NDArray[np.float64], truth: NDArray[np.float64]) -> tuple[float, float, float]:
    """Relative error of the mean; share of the truth in the 95 % band where it is seen; width of the band."""
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    error = np.sqrt(np.sum((draws.mean(0) - truth) ** 2) / np.sum(truth**2))
    seen = truth > 0.01 * truth.max()
    cover = np.mean(((truth >= low) & (truth <= high))[seen])
    return float(error), float(cover), float(np.mean(high - low) / truth.max())


def main() -> None:
    """Print one line a fit, and the mean of each case."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    options.add_argument("--seeds", nargs="+", type=int, default=list(range(10)))
    given = options.parse_args()
    for case in given.cases:
        truth, rows = CASES[case](), []
        known = TOTAL * np.asarray(truth.density(jnp.asarray(TAU))) * TAU
        for seed in given.seeds:
            spectrum = table(truth, seed)
            start = time.perf_counter()
            result = tls.fit(spectrum, model(spectrum), seed=seed)
            seconds = time.perf_counter() - start
            rows.append(score(densities(result), known))
            rhat = max(c["rhat"] or 1.0 for c in result.record["parameters"].values())
            diverged = int(result.tree["sample_stats"]["diverging"].sum())
            peaks = ", ".join(f"{one.probability:.2f}" for one in result.peaks) or "none"
            words = "L2 {:.3f}  cover {:.3f}  width {:.3f}".format(*rows[-1])
            more = f"R̂ {rhat:.3f}  {diverged} diverged  peaks {peaks}  {seconds:.0f} s"
            print(f"{case} {seed}: {words}  {more}", flush=True)
        print("{} mean: L2 {:.3f}  cover {:.3f}  width {:.3f}".format(case, *np.mean(rows, 0)), flush=True)


if __name__ == "__main__":
    main()
