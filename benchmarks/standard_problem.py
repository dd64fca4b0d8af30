"""The standard problem: 60 frequencies, 5 parameters, 4000 draws; tlsjax against emcee and PyMC in one run.

Both sample the same posterior of one conductivity spectrum (log-normal f): A, ω_c, median, width and the
fractional scatter. emcee gets the log density in vectorised numpy with a 47-node trapezoid rule for K(ω), all
walkers at once, as a careful user would write it; PyMC gets the same in PyTensor and its own NUTS, whose time
is counted without its compilation. The figure is the smallest bulk ESS a second of wall time.

The same posterior is then compared with a reference of 128,000 draws of emcee after 4000 steps of burn-in:
by how many of their standard errors the means differ, and the ratio of the standard deviations.

    python benchmarks/standard_problem.py [--repeats 3] [--method nuts]
"""

import argparse
import time

import emcee
import jax
import numpy as np
import pymc as pm
import pytensor.tensor as pt
from arviz_stats import ess
from numpy.typing import NDArray

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.fitting import fit as stages  # noqa: E402
from tlsjax.fitting.checkpoint import opened  # noqa: E402
from tlsjax.fitting.density import constrain  # noqa: E402
from tlsjax.fitting.methods import METHODS, Lengths  # noqa: E402
from tlsjax.model import prior  # noqa: E402
from tlsjax.model.defaults import build_model  # noqa: E402
from tlsjax.model.observation import join, observe  # noqa: E402
from tlsjax.model.points import fitted_points  # noqa: E402

Array = NDArray[np.float64]
CHARGE, LAMBDA_F = 1.602176634e-19, 5e-10
TRUTH = {"amplitude": 6.4e-20, "omega_c": 2 * np.pi * 15e9, "median": 3e-11, "width": 1.0, "scatter": 0.03}
PRIORS = {
    "nu": (1e36, 30.0),
    "omega_star": (2 * np.pi * 30e9, 10.0),
    "median": (1e-10, 30.0),
    "width": (1.5, 2.0),
    "conductivity_scatter": (0.05, 3.0),
}


def spectrum() -> tls.Spectrum:
    frequency = np.geomspace(1e8, 20e9, 60)
    relaxation = tls.LogNormal(TRUTH["median"], TRUTH["width"])
    omega = 2 * np.pi * frequency
    exact = TRUTH["amplitude"] * (omega**2 + TRUTH["omega_c"] ** 2) * np.asarray(relaxation.kernel(omega))
    noise = np.random.default_rng(1).normal(size=60)
    constants = {"bias_current": 1e-5, "lambda_f": LAMBDA_F}
    return tls.Spectrum(
        {"frequency": frequency, "conductivity": exact * (1 + TRUTH["scatter"] * noise)}, constants
    )


def numpy_log_density(table: tls.Spectrum):
    """Log posterior of ln(A, ω_c, median, width, scatter), for an array of walkers (n, 5)."""
    omega, y = 2 * np.pi * table.columns["frequency"], table.columns["conductivity"]
    centre = np.log([PRIORS["nu"][0] * (CHARGE * LAMBDA_F) ** 2, *(PRIORS[k][0] for k in list(PRIORS)[1:])])
    spread = np.log([PRIORS[k][1] for k in PRIORS])
    unit = np.linspace(-1, 1, 47)

    def log_density(z: Array) -> Array:
        a, c, median, s, scatter = np.exp(z).T[:, :, None]
        reach = s * s + 7 * s
        x = unit * reach
        weights = (x[:, 1:2] - x[:, :1]) * np.exp(-0.5 * (x / s) ** 2) / (np.sqrt(2 * np.pi) * s)
        u = omega * (median * np.exp(x))[:, :, None]
        kernel = np.einsum("wn,wnf->wf", weights, u / (1 + u * u)) / omega
        mean = a * (omega**2 + c**2) * kernel
        sd = scatter * mean
        likelihood = -0.5 * ((y - mean) / sd) ** 2 - np.log(sd)
        return likelihood.sum(1) - 0.5 * (((z - centre) / spread) ** 2).sum(1)

    return log_density


def least_ess(draws: dict[str, Array]) -> float:
    return min(float(ess(x)) for x in draws.values())


def draw_tlsjax(table: tls.Spectrum, seed: int, method: str) -> dict[str, Array]:
    """Everything a fit does up to its draws: prior draws, optimisation, adaptation, sampling."""
    priors = {name: prior.LogNormal(*PRIORS[name]) for name in PRIORS} | {"eta": prior.Fixed(1.0)}
    model, _ = build_model([table], family=tls.LogNormal, priors=priors)
    observations = join([observe(table, p, model.view) for p in fitted_points([table])])
    key = jax.random.key(seed)
    _, prior_z = stages.prior_draws(key, model, 4000)
    gaussian = stages.laplace(prior_z, model, observations)
    target = stages.Target(gaussian, model, observations)
    with opened(None, "new") as keep:
        z = METHODS[method](key, target, prior_z, Lengths(4, 150, 1000), lambda *_: None, keep).z
    values = jax.vmap(jax.vmap(lambda one: constrain(one, model)))(z)
    names = {"conductivity_scatter": "scatter"}
    return {
        names.get(name, name): np.log(np.asarray(values[name]))
        for name in ("amplitude", "omega_c", "median", "width", "conductivity_scatter")
    }


def time_tlsjax(table: tls.Spectrum, seed: int, method: str) -> tuple[float, float]:
    start = time.perf_counter()
    draws = draw_tlsjax(table, seed, method)
    return least_ess(draws), time.perf_counter() - start


def time_emcee(table: tls.Spectrum, seed: int) -> tuple[float, float]:
    """32 walkers started at the truth, which spares emcee its search; 4000 kept draws after a burn-in."""
    log_density = numpy_log_density(table)
    rng = np.random.default_rng(seed)
    start_z = np.log(list(TRUTH.values())) + 0.05 * rng.normal(size=(32, 5))
    np.random.seed(seed)
    sampler = emcee.EnsembleSampler(32, 5, log_density, vectorize=True)
    start = time.perf_counter()
    sampler.run_mcmc(start_z, 1000 + 4000)
    seconds = time.perf_counter() - start
    chain = sampler.get_chain(discard=1000)
    # walkers are not independent, so they count as one ensemble: autocorrelation time as emcee recommends
    tau = emcee.autocorr.integrated_time(chain, quiet=True)
    return float(chain.shape[0] * chain.shape[1] / tau.max()), seconds


def time_pymc(table: tls.Spectrum, seed: int) -> tuple[float, float]:
    """Its own NUTS with its own tuning, four chains on two cores; compilation not counted."""
    omega, y = 2 * np.pi * table.columns["frequency"], table.columns["conductivity"]
    scale = (CHARGE * LAMBDA_F) ** 2
    unit = np.linspace(-1, 1, 47)
    with pm.Model():
        level = {
            name: pm.Normal(name, np.log(centre * (scale if name == "nu" else 1.0)), np.log(factor))
            for name, (centre, factor) in PRIORS.items()
        }
        a, c, median, s, scatter = (pt.exp(one) for one in level.values())
        x = unit * (s**2 + 7 * s)
        weights = (x[1] - x[0]) * pt.exp(-0.5 * (x / s) ** 2) / (np.sqrt(2 * np.pi) * s)
        u = omega[None, :] * (median * pt.exp(x))[:, None]
        kernel = pt.sum(weights[:, None] * u / (1 + u**2), axis=0) / omega
        mean = a * (omega**2 + c**2) * kernel
        pm.Normal("measured", mean, scatter * mean, observed=y)
        found = pm.sample(
            draws=1000, tune=1000, chains=4, cores=2, random_seed=seed, progressbar=False,
            compute_convergence_checks=False,
        )  # fmt: skip
    draws = {name: np.asarray(found.posterior[name]) for name in PRIORS}
    return least_ess(draws), float(found.posterior.attrs["sampling_time"])


def agreement(table: tls.Spectrum, seed: int, method: str) -> None:
    """Means and standard deviations against emcee's, of the logarithms."""
    rng = np.random.default_rng(seed)
    start = np.log(list(TRUTH.values())) + 0.05 * rng.normal(size=(32, 5))
    np.random.seed(seed)
    sampler = emcee.EnsembleSampler(32, 5, numpy_log_density(table), vectorize=True)
    sampler.run_mcmc(start, 4000 + 40_000)
    chain = sampler.get_chain(discard=4000)
    tau = emcee.autocorr.integrated_time(chain)
    thinned = chain[::10].reshape(-1, 5)
    for number, (name, ours) in enumerate(draw_tlsjax(table, seed, method).items()):
        reference = thinned[:, number]
        errors = (
            ours.std() / np.sqrt(float(ess(ours))),
            reference.std() / np.sqrt(chain[..., 0].size / tau[number]),
        )
        z = (ours.mean() - reference.mean()) / np.hypot(*errors)
        ratio = ours.std() / reference.std()
        print(f"ln {name:9s} z = {z:+.2f}, sd / reference's = {ratio:.3f} ({len(reference)} draws)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--method", default="auto", help="auto or nuts")
    arguments = parser.parse_args()
    repeats, method = arguments.repeats, arguments.method
    table = spectrum()
    start = time.perf_counter()
    time_tlsjax(table, 0, method)
    print(f"tlsjax, first fit with compilation: {time.perf_counter() - start:.1f} s")
    ours, theirs, pymc = [], [], []
    for seed in range(1, repeats + 1):  # interleaved, so that a busy machine slows both
        size, seconds = time_tlsjax(table, seed, method)
        ours.append(size / seconds)
        print(f"tlsjax  {size:7.0f} ESS in {seconds:6.2f} s: {ours[-1]:8.0f} ESS/s")
        size, seconds = time_emcee(table, seed)
        theirs.append(size / seconds)
        print(f"emcee   {size:7.0f} ESS in {seconds:6.2f} s: {theirs[-1]:8.0f} ESS/s")
        size, seconds = time_pymc(table, seed)
        pymc.append(size / seconds)
        print(f"PyMC    {size:7.0f} ESS in {seconds:6.2f} s: {pymc[-1]:8.0f} ESS/s", flush=True)
    print(f"ratio of medians, tlsjax / emcee: {np.median(ours) / np.median(theirs):.1f}")
    print(f"ratio of medians, tlsjax / PyMC: {np.median(ours) / np.median(pymc):.0f}")
    agreement(table, repeats + 1, method)


if __name__ == "__main__":
    main()
