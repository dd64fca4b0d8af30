"""Does doing what ``tlsjax design`` says shrink an interval by what it said?

For each case a table is simulated and fitted, and a design asked for. Then outcomes of it are simulated, each
under parameters drawn from the posterior, and fitted together with the first table, as are outcomes of a uniform
grid of the same size. Run: ``python benchmarks/design.py [--outcomes N] [CASE...]``.
"""  # noqa: E501

import argparse
import tempfile
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402

import tlsjax as tls  # noqa: E402
from tlsjax.analysis.outcome import half_width  # noqa: E402
from tlsjax.data.spectrum import Spectrum  # noqa: E402
from tlsjax.fitting.information import logarithm  # noqa: E402
from tlsjax.model.modelfile import to_toml  # noqa: E402

HEAD = """
relaxation = "log_uniform"
reference_current = "4 uA"
[truth]
nu = "1e38 1/(J m^2)"
lambda_f = "0.5 nm"
omega_star = "30 GHz"
eta = 1.5
tau_min = "2 ps"
tau_max = "{tau_max}"
[simulate]
measure = ["conductivity"]
frequency = {{ from = "0.1 GHz", to = "{high}", points = 20 }}
bias_current = [{bias}]
temperature = ["50 mK"]
error = 0.03
"""
BAND, COLD = tls.Between(1e8, 2e10), {"temperature": (0.05,)}
STRONG = {"bias_current": (4e-6,)} | COLD
WIRE = {"width": (2e-6,), "length": (2e-4,)}


def conductivity(**conditions):
    return tls.Measurement("conductivity", {"frequency": BAND} | conditions, error=0.03)


def noise(**conditions):
    return tls.Measurement("current_noise", conditions, averages=200, cost=0.5)


CASES = {
    # more of the same kind
    "more": (
        {"high": "20 GHz", "bias": '"1 uA", "2 uA", "4 uA"', "tau_max": "5 ms"},
        tls.Candidates(
            (conductivity(bias_current=(1e-6, 2e-6, 4e-6), **COLD),), targets=("tau_min",), budget=12
        ),
    ),
    # one strong bias tells only a product, a sweep of the bias takes it apart
    "bias": (
        {"high": "5 GHz", "bias": '"4 uA"', "tau_max": "5 ms"},
        tls.Candidates(
            (conductivity(bias_current=tls.Between(1e-7, 4e-6), **COLD),), targets=("omega_c",), budget=12
        ),
    ),
    # noise at low frequency or conductivity, at different costs
    "noise": (
        {"high": "20 GHz", "bias": '"4 uA"', "tau_max": "1 us"},
        tls.Candidates(
            (conductivity(**STRONG), noise(frequency=tls.Between(1.0, 1e7), **STRONG, **WIRE)),
            targets=("tau_max", "tau_min"),
            budget=10,
            setup={"bias_current": 1.0},
        ),
    ),
}


def outcomes(result, tables, candidates, names, count, model):
    """Half widths of the targets' 68 % intervals over simulated outcomes, (count, targets)."""
    errors = {one.measure: one.error for one in candidates.measurements}
    draws = np.linspace(0, result.draws["nu"].size - 1, count + 2)[1:-1].astype(int)
    widths = []
    for number, draw in enumerate(draws):
        new = []
        for table in tables:
            (quantity,) = table.measured
            expected = result.predict(quantity, table)
            columns = dict(table.columns)
            if "averages" in columns:
                measured = expected["measurement"].to_numpy()[draw]
            else:
                true = expected[quantity].to_numpy()[draw]
                columns[f"{quantity}_err"] = errors[quantity] * true
                noise = np.random.default_rng([number, len(table)]).standard_normal(len(table))
                measured = true * (1.0 + errors[quantity] * noise)
            new.append(Spectrum(columns | {quantity: measured}, source=f"new {quantity}"))
        both = tls.fit([*result.spectra, *new], model=model, seed=100 + number)
        logs = [np.asarray(logarithm(both.model, n, both.draws[n].reshape(-1))) for n in names]
        widths.append([half_width(x) for x in logs])
    return np.array(widths)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--outcomes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print("Half the 68 % interval of ln of the target; 10 to 90 % of outcomes in brackets\n")
    print("| case | target | now | said | done | done/said | evenly: said | done | by weights |")
    print("|---|---|---|---|---|---|---|---|---|")
    for case in asked.cases or list(CASES):
        settings, candidates = CASES[case]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "truth.toml"
            path.write_text(HEAD.format(**settings))
            table, _ = tls.simulate(tls.ModelFile(path), seed=asked.seed)
            result = tls.fit(table, relaxation="log_uniform", seed=asked.seed)
            plan = tls.design(result, candidates)
            model = Path(folder) / "model.toml"
            model.write_text(to_toml(result.model))
            names = [target.name for target in plan.targets]
            done, even = (
                outcomes(result, tables, plan.candidates, names, asked.outcomes, model)
                for tables in (plan.tables(result), plan.tables(result, plan.even))
            )
        for k, target in enumerate(plan.targets):
            (low, high), median = np.quantile(done[:, k], (0.1, 0.9)), np.median(done[:, k])
            columns = [case, target.name, f"{target.now:.3g}"]
            columns.append(f"{target.after:.2g} ({target.low:.2g}–{target.high:.2g})")
            columns += [f"{median:.2g} ({low:.2g}–{high:.2g})", f"{median / target.after:.2f}"]
            columns += [f"{target.evenly:.2g}", f"{np.median(even[:, k]):.2g}", f"{plan.reweighted:.0%}"]
            print(f"| {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
