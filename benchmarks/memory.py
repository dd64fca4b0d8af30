"""Memory at the peak of a fit against what is expected of it: one process a number of points.

python benchmarks/memory.py [POINTS ...]
"""

import resource
import subprocess
import sys

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402
from tlsjax.fitting import memory  # noqa: E402


def fit(points: int) -> None:
    frequency = np.geomspace(1e8, 1e11, points)
    scatter = np.random.default_rng(0).normal(size=points)
    value = 1e-7 * (1 + 0.1 * scatter)
    columns = {"frequency": frequency, "conductivity": value, "conductivity_err": 0.1 * value}
    tls.fit(tls.Spectrum(columns, {}), method="laplace")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux
    need = memory.expected(points, 4000)
    print(f"{points:6d} points: {peak / 1e9:.2f} GB, expected {need / 1e9:.2f} GB", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        fit(int(sys.argv[2]))
        return
    for points in sys.argv[1:] or ("60", "3000", "10000"):
        subprocess.run([sys.executable, __file__, "--one", points], check=True)


if __name__ == "__main__":
    main()
