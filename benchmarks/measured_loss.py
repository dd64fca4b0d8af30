"""How well loss budgets describe measured resonators: residuals, T_c, powers and points left out.

TLSJAX_MEASURED_DATA names the folder with nb_microstrip/q_sweep.csv, whose ``res`` column names resonators,
and nb_cpw/NNdBm.csv.

python benchmarks/measured_loss.py [cold] [warm] [solved] [left_out] [joint] [cpw] [--only RES-1] [--twice]
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.fitting.leave_out import leave_out  # noqa: E402
from tlsjax.fitting.predict import foretold  # noqa: E402

COLD = 1.3
PHOTONS = {80: 1.45466e8, 100: 1.43609e6, 120: 1.41391e4, 140: 138.34, 160: 1.35032}


def folder(name: str) -> Path:
    return Path(os.environ["TLSJAX_MEASURED_DATA"]) / name


def logarithms(result: tls.Result) -> list[tuple[str, np.ndarray]]:
    """ln(median prediction/measured) of every loss, table by table."""
    found = []
    for points in result.points:
        if points.quantity == "loss":
            table = result.spectra[points.table]
            mean, _ = foretold(result, table, points)
            found.append((table.source, np.log(np.median(mean, axis=0) / table.columns["loss"][points.rows])))
    return found


def report(label: str, fit: Callable[[], tls.Result]) -> tls.Result:
    start = time.perf_counter()
    result = fit()
    took = time.perf_counter() - start
    rms = np.sqrt(np.mean(np.concatenate([away for _, away in logarithms(result)]) ** 2))
    t_c = np.quantile(result.draws["critical_temperature"], (0.05, 0.5, 0.95))
    r = ", ".join(f"{name} {float(x):.2f}" for name, x in result.model.correlation.items())
    diverging = (
        result.tree["sample_stats"].get("diverging", np.zeros(1)) if "sample_stats" in result.tree else 0
    )
    print(
        f"{label}: rms {rms:.4f}, T_c {t_c[1]:.2f} ({t_c[0]:.2f}–{t_c[2]:.2f}) K, correlation {r}, "
        f"{took:.0f} s, divergences {int(np.sum(diverging))}, trusted: {result.verdict.ok} "
        f"{' '.join(result.verdict.reasons)}",
        flush=True,
    )
    return result


def fifths_left_out(table: tls.Spectrum, method: str) -> None:
    held: list[np.ndarray] = []
    for seed in range(2):
        left = np.random.default_rng(seed).random(len(table)) < 0.2
        result = tls.fit(table.rows(~left), budget=tls.LossBudget(), method=method)
        unseen = table.rows(left)
        new = result.predict("loss", with_photons(unseen, table))["measurement"]
        low, high = new.quantile([0.05, 0.95], "draw").to_numpy()
        held.append((unseen.columns["loss"] > low) & (unseen.columns["loss"] < high))
    shares = ", ".join(f"{100 * one.mean():.0f} %" for one in held)
    print(f"{table.device} a fifth left out, twice: 90 % intervals hold {shares}", flush=True)


def with_photons(table: tls.Spectrum, whole: tls.Spectrum) -> tls.Spectrum:
    """Photon numbers from the measured Q_i, as a fit of the whole table takes them."""
    from tlsjax.physics.photon_number import photon_number

    columns = dict(table.columns)
    columns["photon_number"] = np.asarray(
        photon_number(
            columns["power"],
            2 * np.pi * columns["frequency"],
            loss=columns["loss"],
            coupling_quality=np.median(whole.columns["coupling_quality_factor"]),
        )
    )
    return replace(table, columns=columns)


def microstrip(parts: list[str], only: str | None, method: str) -> None:
    default, solved = tls.LossBudget(), tls.LossBudget(photon_number="solved")
    every = tls.read_tables(folder("nb_microstrip") / "q_sweep.csv")
    chosen = [table for table in every if only in (None, table.device)]
    for both in chosen:
        table, name = both.measuring(("loss",)), both.device
        cold = table.rows(table.columns["temperature"] < COLD)
        if "cold" in parts:
            result = report(
                f"{name} below {COLD} K", lambda c=cold: tls.fit(c, budget=default, method=method)
            )
            if "left_out" in parts:
                missed = leave_out(result, "power", "laplace").missed
                print(f"{name} one power left out: rms {missed:.4f}", flush=True)
        if "warm" in parts:
            report(name, lambda t=table: tls.fit(t, budget=default, method=method))
        if "left_out" in parts:
            fifths_left_out(table, method)
        if "solved" in parts:
            label = f"{name} below {COLD} K, photon number solved for"
            report(label, lambda c=cold: tls.fit(c, budget=solved, method=method))
        if "joint" in parts:
            report(f"{name}, Q and shift", lambda b=both: tls.fit(b, budget=default, method=method))
    if "joint" in parts and len(chosen) > 1:
        report("both resonators, Q and shift", lambda: tls.fit(chosen, budget=default, method=method))


def cpw(step: bool, saturation: str, method: str) -> None:
    tables: list[tls.Spectrum] = []
    for power, photons in PHOTONS.items():
        known = {"photon_number": str(photons), "frequency": "5.61989 GHz"}
        if power == 160:
            known["power"] = "-160 dBm"  # its column is wrong
        run = ("temperature > 1.15 K",) if step else ()
        tables += tls.read_tables(folder("nb_cpw") / f"{power}dBm.csv", tls.ReadOptions(known, run=run))
    budget = tls.LossBudget(saturation=saturation)  # type: ignore[arg-type]
    label = f"cpw, saturation {saturation}, {'two runs' if step else 'one run'}"
    result = report(label, lambda: tls.fit(tables, budget=budget, method=method))
    away = logarithms(result)
    weights = [5 if "160dBm" in source else 1 for source, _ in away]
    errors = [np.abs(np.expm1(-one)).sum() for _, one in away]
    total = sum(weight * len(one) for weight, (_, one) in zip(weights, away, strict=True))
    print(f"  mean relative error of Q_i, -160 dBm counted 5 times: {np.dot(weights, errors) / total:.4f}")


def main() -> None:
    every = ["cold", "warm", "solved", "left_out", "joint", "cpw"]
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(every)}; all where none is named")
    parser.add_argument("--method", default="nuts")
    parser.add_argument("--only", help="one resonator of nb_microstrip")
    parser.add_argument(
        "--twice", action="store_true", help="again in the same process, once all is compiled"
    )
    arguments = parser.parse_args()
    parts = arguments.parts or every
    for _ in range(1 + arguments.twice):
        microstrip(parts, arguments.only, arguments.method)
        for saturation in ("spread", "A", "B") if "cpw" in parts else ():
            for step in (True, False):
                cpw(step, saturation, arguments.method)


if __name__ == "__main__":
    main()
