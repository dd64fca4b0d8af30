"""How well loss budgets describe measured resonators: residuals, critical temperature, points left out.

TLSJAX_MEASURED_DATA names the folder with nb_microstrip/q_sweep.csv, whose ``res`` column names resonators.

python benchmarks/measured_loss.py [--method nuts] [--solved] [--only RES-1]
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.physics.photon_number import photon_number  # noqa: E402

Rows = NDArray[np.bool_]
COLD = 1.3


def rows_of(table: tls.Spectrum, kept: Rows) -> tls.Spectrum:
    columns = {name: x[kept] for name, x in table.columns.items() if not name.startswith("frequency_shift")}
    return replace(table, columns=columns, lines=table.lines[kept])


def with_photons(table: tls.Spectrum) -> tls.Spectrum:
    """Photon numbers from the measured Q_i, as a fit takes them."""
    columns = dict(table.columns)
    columns["photon_number"] = np.asarray(
        photon_number(
            columns["power"],
            2 * np.pi * columns["frequency"],
            loss=columns["loss"],
            coupling_quality=np.median(columns["coupling_quality_factor"]),
        )
    )
    return replace(table, columns=columns)


def missed(result: tls.Result, table: tls.Spectrum) -> float:
    """rms of ln(median prediction/measured)."""
    predicted = result.predict("loss", table, draws=400)["loss"].median("draw").to_numpy()
    return float(np.sqrt(np.mean(np.log(predicted / table.columns["loss"]) ** 2)))


def report(
    label: str, fit: Callable[[tls.Spectrum], tls.Result], table: tls.Spectrum, *, solved: bool
) -> None:
    start = time.perf_counter()
    result = fit(table)
    t_c = np.quantile(result.draws["critical_temperature"], (0.05, 0.5, 0.95))
    rms = missed(result, table if solved else with_photons(table))
    scatter = 100 * float(np.median(result.draws["loss_scatter"]))
    print(
        f"{label}: {len(table)} points, rms {rms:.4f}, scatter {scatter:.1f} %, T_c {t_c[1]:.2f} "
        f"({t_c[0]:.2f}–{t_c[2]:.2f}) K, {time.perf_counter() - start:.0f} s, "
        f"divergences {int(np.sum(result.tree['sample_stats'].get('diverging', np.zeros(1))))}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", default="nuts")
    parser.add_argument("--solved", action="store_true", help="photon numbers from the predicted Q_i")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    path = Path(os.environ["TLSJAX_MEASURED_DATA"]) / "nb_microstrip" / "q_sweep.csv"
    budget = tls.LossBudget(photon_number="solved" if arguments.solved else "measured")

    def fit(table: tls.Spectrum, method: str = arguments.method) -> tls.Result:
        return tls.fit(table, budget=budget, method=method)

    for table in tls.read_tables(path):
        if arguments.only not in (None, table.device):
            continue
        kelvin, power = table.columns["temperature"], table.columns["power"]
        cold = rows_of(table, kelvin < COLD)
        report(f"{table.device} below {COLD} K", fit, cold, solved=arguments.solved)
        report(f"{table.device}", fit, rows_of(table, kelvin > 0), solved=arguments.solved)
        if arguments.solved:
            continue
        squares = []
        for level in np.unique(power):
            left = (kelvin < COLD) & (power == level)
            result = fit(rows_of(table, (kelvin < COLD) & ~left), "laplace")
            squares.append(missed(result, with_photons(rows_of(table, left))) ** 2)
        print(f"{table.device} one power left out: rms {np.sqrt(np.mean(squares)):.4f}", flush=True)
        left = np.random.default_rng(0).random(len(table)) < 0.2
        result = fit(rows_of(table, ~left))
        unseen = with_photons(rows_of(table, left))
        new = result.predict("loss", unseen)["measurement"].quantile([0.05, 0.95], "draw").to_numpy()
        inside = (unseen.columns["loss"] > new[0]) & (unseen.columns["loss"] < new[1])
        print(f"{table.device} a fifth left out: 90 % intervals hold {100 * inside.mean():.0f} %", flush=True)


if __name__ == "__main__":
    main()
