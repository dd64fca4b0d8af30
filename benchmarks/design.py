"""Does doing what ``tlsjax design`` says shrink an interval by what it said?

For each case a table is simulated and fitted, and a design asked for. Then outcomes of it are simulated, each
under parameters drawn from the posterior, and fitted together with the first table, as are outcomes of a uniform
grid of the same size. Run: ``python benchmarks/design.py [--outcomes N] [CASE...]``.
"""

import argparse
import tempfile
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np

import tlsjax as tls
from tlsjax.analysis.outcome import half_width
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.information import logarithm
from tlsjax.model.modelfile import to_toml

HEAD = """
relaxation = "{family}"
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
frequency = {{ from = "{low}", to = "{high}", points = 20 }}
bias_current = [{bias}]
temperature = ["50 mK"]
error = 0.03
constants = {{ width = "2 um", length = "200 um" }}
"""
FILM = {"temperature": (0.05,)}
CASES = {
    # a little more of the same: τ₁ by points at the upper end
    "more": (
        dict(
            family="log_uniform", low="0.1 GHz", high="20 GHz", bias='"1 uA", "2 uA", "4 uA"', tau_max="5 ms"
        ),
        lambda: tls.Candidates(
            (
                tls.Measurement(
                    "conductivity",
                    {"frequency": tls.Between(1e8, 2e10), "bias_current": (1e-6, 2e-6, 4e-6), **FILM},
                    error=0.03,
                ),
            ),
            targets=("tau_min",),
            budget=12,
        ),
    ),
    # a first look at a new condition: one strong bias says only a product, a sweep of the bias takes it apart
    "bias": (
        dict(family="log_uniform", low="0.1 GHz", high="5 GHz", bias='"4 uA"', tau_max="5 ms"),
        lambda: tls.Candidates(
            (
                tls.Measurement(
                    "conductivity",
                    {"frequency": tls.Between(1e8, 2e10), "bias_current": tls.Between(1e-7, 4e-6), **FILM},
                    error=0.03,
                ),
            ),
            targets=("omega_c",),
            budget=12,
        ),
    ),
    # two instruments: noise at low frequency beside conductivity, at different costs; τ₂ lies between
    "noise": (
        dict(family="log_uniform", low="0.1 GHz", high="20 GHz", bias='"4 uA"', tau_max="1 us"),
        lambda: tls.Candidates(
            (
                tls.Measurement(
                    "conductivity",
                    {"frequency": tls.Between(1e8, 2e10), "bias_current": (4e-6,), **FILM},
                    error=0.03,
                ),
                tls.Measurement(
                    "current_noise",
                    {
                        "frequency": tls.Between(1.0, 1e7),
                        "bias_current": (4e-6,),
                        **FILM,
                        "width": (2e-6,),
                        "length": (2e-4,),
                    },
                    averages=200,
                    cost=0.5,
                ),
            ),
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
        if not both.verdict.ok:
            print("    not trusted:", "; ".join(both.verdict.reasons))
        logs = [np.asarray(logarithm(both.model, n, both.draws[n].reshape(-1))) for n in names]
        widths.append([half_width(x) for x in logs])
    return np.array(widths)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--outcomes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print("case     target     now    said   done   done/said   evenly said   evenly done   by")
    for case in asked.cases or list(CASES):
        settings, candidates = CASES[case]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "truth.toml"
            path.write_text(HEAD.format(**settings))
            table, _ = tls.simulate(tls.ModelFile(path), seed=asked.seed)
            result = tls.fit(table, relaxation=settings["family"], seed=asked.seed)
            plan = tls.design(result, candidates())
            model = Path(folder) / "model.toml"
            model.write_text(to_toml(result.model))
            names = [target.name for target in plan.targets]
            done, even = (
                outcomes(result, tables, plan.candidates, names, asked.outcomes, model)
                for tables in (plan.tables(result), plan.tables(result, plan.even))
            )
        for k, target in enumerate(plan.targets):
            low, high = np.quantile(done[:, k], (0.1, 0.9))
            median, other = np.median(done[:, k]), np.median(even[:, k])
            print(
                f"{case:8} {target.name:9} {target.now:6.3f} {target.after:6.3f} {median:6.3f} "
                f"{median / target.after:9.2f} "
                f"[said {target.low:.3f}-{target.high:.3f}, done {low:.3f}-{high:.3f}] {target.evenly:12.3f} {other:12.3f}    {plan.reweighted:.2f}"
            )
        for point in plan.points:
            print("   ", point)


if __name__ == "__main__":
    main()
