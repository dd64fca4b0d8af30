"""How long a user waits: ``tlsjax fit`` on the examples, in a fresh cache and again, as whole processes.

python benchmarks/command_time.py [TABLE ...]
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "data_examples"


def main() -> None:
    tables = sys.argv[1:]
    single = [[str(EXAMPLES / f"{name}.csv")] for name in ("conductivity", "loss", "noise")]
    groups = [tables] if tables else [*single, [str(path) for path in sorted(EXAMPLES.glob("*.csv"))]]
    command = Path(sys.executable).with_name("tlsjax")
    for group in groups:
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
