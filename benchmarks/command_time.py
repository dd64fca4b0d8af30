"""How long a user waits: ``tlsjax fit`` as whole processes, in a fresh cache and again.

On each example, on all together, and on a joint fit of about 500 points: loss and noise at three currents and
three temperatures, eight parameters.

python benchmarks/command_time.py [TABLE ...]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402

EXAMPLES = Path(__file__).parent.parent / "data_examples"


def joint_tables(folder: str) -> list[str]:
    """Tables of loss and of noise, 28 frequencies at each of three biases and three temperatures."""
    rng = np.random.default_rng(5)
    film = {"lambda_f": 5e-10, "eta": 1.0, "relaxation": tls.LogUniform(1e-12, 1e-5)}
    bias, temperature = (x.ravel() for x in np.meshgrid([0.0, 2e-5, 5e-5], [0.02, 0.1, 0.3]))
    paths = []
    for name, low, high in (("loss", 1e9, 2e10), ("current_noise", 1e7, 3e9)):
        frequency = np.tile(np.geomspace(low, high, 28), len(bias))
        current, kelvin = np.repeat(bias, 28), np.repeat(temperature, 28)
        omega = 2 * np.pi * frequency
        omega_star = 2 * np.pi * 15e9 * current / 5e-5
        sigma = np.asarray(tls.conductivity(omega, nu=1e37, omega_star=omega_star, **film))
        columns = {"frequency": frequency, "bias_current": current, "temperature": kelvin}
        if name == "loss":
            exact = np.asarray(
                tls.resonator_loss(omega, sigma, kinetic_inductance=1e-10, kinetic_fraction=0.5)
            )
            constants = {"kinetic_inductance": 1e-10, "kinetic_fraction": 0.5}
            columns[name] = exact * (1 + 0.05 * rng.normal(size=len(exact)))
        else:
            exact = np.asarray(
                tls.fluctuation_dissipation(0.1 * sigma, temperature=kelvin, convention="one-sided")
            )
            constants = {"width": 1e-6, "length": 1e-5, "averages": 100.0, "calibration_error": 0.1}
            columns[name] = exact * rng.gamma(100.0, 0.01, size=len(exact))
        paths.append(f"{folder}/{name}.csv")
        tls.write(tls.Spectrum(columns, constants), paths[-1])
    return paths


def main() -> None:
    tables = sys.argv[1:]
    examples = [[str(EXAMPLES / f"{name}.csv")] for name in ("conductivity", "loss", "noise")]
    examples.append([str(path) for path in sorted(EXAMPLES.glob("*.csv"))])
    command = Path(sys.executable).with_name("tlsjax")
    with tempfile.TemporaryDirectory() as made:
        for group in [tables] if tables else [*examples, joint_tables(made)]:
            with tempfile.TemporaryDirectory() as folder:
                environment = {**os.environ, "XDG_CACHE_HOME": f"{folder}/cache"}
                environment.pop("JAX_COMPILATION_CACHE_DIR", None)
                for run in ("fresh", "second", "third"):
                    start = time.perf_counter()
                    done = subprocess.run(
                        [str(command), "fit", *group, "--out", f"{folder}/{run}"],
                        env=environment, capture_output=True, check=False,
                    )  # fmt: skip
                    seconds = time.perf_counter() - start
                    names = ", ".join(Path(name).name for name in group)
                    print(f"{names}: {run} run {seconds:.1f} s, exit status {done.returncode}", flush=True)


if __name__ == "__main__":
    main()
