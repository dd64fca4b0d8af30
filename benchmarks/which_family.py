"""Does `compare` name the family of f(τ) that the data came from, or tie it with the winner?

Sets of conductivities with 2 % noise, each from another f(τ) of the family. Those of processes that depend on
temperature are at four temperatures, the others under two bias currents:

    python benchmarks/which_family.py --truths log_normal cole_cole --sets 100
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402
from numpy.random import Generator  # noqa: E402

import tlsjax as tls  # noqa: E402
from tlsjax.data.spectrum import Spectrum  # noqa: E402
from tlsjax.fitting.compare import Comparison, Ranked, compare  # noqa: E402
from tlsjax.fitting.families import sensible  # noqa: E402
from tlsjax.fitting.verdict import predictive_ok  # noqa: E402
from tlsjax.model.modelfile import ModelFile  # noqa: E402
from tlsjax.model.simulate import simulate  # noqa: E402

LOWEST, HIGHEST = 1e7, 2e10
SHORT, LONG = (1.0 / (2.0 * np.pi * f) for f in (HIGHEST, LOWEST))
FIXED_TEMPERATURE = """
frequency = { from = "10 MHz", to = "20 GHz", points = 24 }
bias_current = ["1 uA", "4 uA"]
temperature = ["50 mK"]
"""
TEMPERATURES = """
frequency = { from = "10 MHz", to = "20 GHz", points = 16 }
bias_current = ["4 uA"]
temperature = ["0.4 K", "0.7 K", "1.2 K", "2 K"]
"""
FILE = """
relaxation = "{family}"
reference_current = "4 uA"
[truth]
nu = "1e38 1/(J m^2)"
lambda_f = "0.5 nm"
omega_star = "30 GHz"
eta = 1.5
{parameters}
[simulate]
measure = ["conductivity"]
seed = {seed}
error = 0.02
{conditions}
"""

Draw = Callable[[Generator], dict[str, float | str]]
TRUTHS: dict[str, Draw] = {
    "single": lambda rng: {"tau": _inside(rng)},
    "log_uniform": lambda rng: {"tau_min": _early(rng), "tau_max": _late(rng)},
    "power_law": lambda rng: {
        "tau_min": _early(rng), "tau_max": _late(rng), "exponent": rng.uniform(0.4, 1.6)
    },
    "log_normal": lambda rng: {"median": _inside(rng), "width": rng.uniform(0.5, 2.0)},
    "gamma": lambda rng: {"mean": _inside(rng), "shape": rng.uniform(0.5, 3.0)},
    "inverse_gamma": lambda rng: {"mean": _inside(rng), "shape": rng.uniform(1.5, 4.0)},
    "cole_cole": lambda rng: {"tau": _inside(rng), "a": rng.uniform(0.6, 0.9)},
    "davidson_cole": lambda rng: {"tau": _inside(rng), "b": rng.uniform(0.3, 0.8)},
    "havriliak_negami": lambda rng: {
        "tau": _inside(rng), "a": rng.uniform(0.6, 0.9), "b": rng.uniform(0.3, 0.8)
    },
    "thermally_activated": lambda rng: {
        "attempt_time": f"{rng.uniform(0.5, 2.0)} ps",
        "barrier": f"{rng.uniform(3.0, 6.0)} K",
        "barrier_width": f"{rng.uniform(0.5, 1.5)} K",
    },
    "thermally_activated_uniform": lambda rng: {
        "attempt_time": f"{rng.uniform(0.5, 2.0)} ps",
        "barrier_min": f"{rng.uniform(1.0, 3.0)} K",
        "barrier_max": f"{rng.uniform(6.0, 10.0)} K",
    },
    "tunnelling_phonon": lambda rng: {
        "rate": f"{10.0 ** rng.uniform(8.0, 9.5)} 1/(s K^3)", "tau_max": _late(rng)
    },
}  # fmt: skip


def _inside(rng: Generator) -> str:
    return f"{np.exp(rng.uniform(np.log(3.0 * SHORT), np.log(LONG / 3.0)))} s"


def _early(rng: Generator) -> str:
    return f"{SHORT * rng.uniform(1.0, 6.0)} s"


def _late(rng: Generator) -> str:
    return f"{LONG / rng.uniform(1.0, 6.0)} s"


def table(family: str, seed: int) -> Spectrum:
    """The data of one set."""
    drawn = TRUTHS[family](np.random.default_rng([seed, *family.encode()]))
    lines = [f'{name} = "{x}"' if isinstance(x, str) else f"{name} = {x}" for name, x in drawn.items()]
    warm = tls.Relaxation.families[family].conditions()
    text = FILE.format(
        family=family, parameters="\n".join(lines), seed=seed,
        conditions=TEMPERATURES if warm else FIXED_TEMPERATURE,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "set.toml"
        path.write_text(text, encoding="utf-8")
        return simulate(ModelFile(path))[0]


def place(truth: str, seed: int) -> tuple[Ranked, Ranked, tuple[str, ...], list[str]]:
    """The true family as ranked, the first, all that tie, and whose fits cannot be trusted.

    Formulas alone: with all of them in the list, a fit without one takes most of the time and wins nothing.
    """
    spectrum = table(truth, seed)
    results = {}
    for name in dict.fromkeys([*sensible([spectrum]), truth]):
        if tls.Relaxation.families[name].free:
            continue
        found = tls.fit(spectrum, relaxation=name, method="laplace", draws=500)
        if not found.verdict.ok and predictive_ok(found.predictive_p):
            found = tls.fit(spectrum, relaxation=name, draws=500)
        results[name] = found
    ranking = compare(results)
    assert isinstance(ranking, Comparison)
    own = next(one for one in ranking.ranked if one.name == truth)
    doubtful = [name for name, one in results.items() if not one.verdict.ok]
    return own, ranking.ranked[0], ranking.best, doubtful


def main() -> None:
    """Print one line a set, and for each family how often it was first or within its standard error."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--truths", nargs="+", default=list(TRUTHS), choices=list(TRUTHS))
    options.add_argument("--sets", type=int, default=100)
    given = options.parse_args()
    for truth in given.truths:
        first = within = tied = 0
        for seed in range(given.sets):
            own, best, ties, doubtful = place(truth, seed)
            first += own.name == best.name
            within += -own.difference <= own.standard_error
            tied += truth in ties
            away = f"{own.difference:.2f} ± {own.standard_error:.2f}"
            words = f"{away} from {best.name}; {len(ties)} tie; untrusted: {', '.join(doubtful) or 'none'}"
            print(f"{truth} {seed}: {words}", flush=True)
        print(f"{truth}: first {first}, within its error {within}, tied {tied} of {given.sets}", flush=True)


if __name__ == "__main__":
    main()
