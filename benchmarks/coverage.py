"""Do the intervals hold the truth as often as they say? Each example simulated anew and fitted, many times.

Two questions, each with its binomial limits:
``fixed``  the example's own truth, other noise: what the data determine must be covered in proportion.
``prior``  a truth drawn from the fit's own prior: every parameter must be covered in proportion.

    python benchmarks/coverage.py [--repeats 40] [--truth fixed|prior] [--example NAME ...]
"""

import argparse
from pathlib import Path

import jax
import numpy as np
import scipy.stats

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.fitting.density import prior_draws  # noqa: E402
from tlsjax.model.defaults import build_model  # noqa: E402
from tlsjax.model.model import predict  # noqa: E402
from tlsjax.model.observation import fitted_points, join, observe  # noqa: E402

EXAMPLES = Path(__file__).parent.parent / "data_examples"
NAMES = ("nu", "omega_star", "eta", "lambda_f", "tau_min", "tau_max", "amplitude", "omega_c")


def fixed_truth(name: str, seed: int) -> tuple[tls.Spectrum, dict[str, float]]:
    return tls.simulate(tls.ModelFile(EXAMPLES / f"{name}.toml"), 1000 + seed)


def prior_truth(name: str, seed: int) -> tuple[tls.Spectrum, dict[str, float]]:
    """Conditions of the example, truth from the prior; stated errors are those of the simulation."""
    table = tls.read(EXAMPLES / f"{name}.csv")
    model, _ = build_model([table])
    (points,) = fitted_points([table])
    observations = join([observe(table, points, float(model.reference_current))])
    values, _ = prior_draws(jax.random.fold_in(jax.random.key(7), seed), model, 1)
    truth = {key: x[0] for key, x in values.items()}
    mean = np.asarray(predict(model, truth, observations).mean)
    columns = dict(table.columns)
    rng = np.random.default_rng(seed)
    if points.likelihood == "gamma":
        n = columns["averages"]
        columns[points.quantity] = mean * rng.gamma(n, 1 / n)
    else:
        error = mean * float(np.median(columns[f"{points.quantity}_err"] / columns[points.quantity]))
        columns[points.quantity] = mean + error * rng.normal(size=len(mean))
        columns[f"{points.quantity}_err"] = error
    return tls.Spectrum(columns, table.constants, name), {key: float(x) for key, x in truth.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--truth", choices=("fixed", "prior"), default="fixed")
    parser.add_argument("--example", nargs="*", default=["conductivity", "loss", "noise"])
    options = parser.parse_args()
    draw = fixed_truth if options.truth == "fixed" else prior_truth
    for name in options.example:
        inside: dict[str, list[bool]] = {key: [] for key in NAMES}
        seen: dict[str, int] = dict.fromkeys(NAMES, 0)
        trusted = 0
        for seed in range(options.repeats):
            table, truth = draw(name, seed)
            result = tls.fit(table, seed=seed)
            trusted += result.verdict.ok
            for key in NAMES:
                row = result.record["parameters"][key]
                inside[key].append(row["q025"] <= truth[key] <= row["q975"])
                seen[key] += result.identified[key]
        low, high = (int(scipy.stats.binom(options.repeats, 0.95).ppf(q)) for q in (0.005, 0.995))
        print(f"{name}, truth {options.truth}: 95 % intervals that hold it, of {options.repeats} "
              f"(99 % of binomial: {low} to {high}); trusted {trusted}", flush=True)  # fmt: skip
        for key in NAMES:
            note = f"identified in {seen[key]}"
            print(f"    {key:<12} {sum(inside[key]):4d}   {note}", flush=True)


if __name__ == "__main__":
    main()
