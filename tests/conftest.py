"""Double precision, compiled code kept between runs in pytest's own cache, the command as a fixture."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure(config: pytest.Config) -> None:
    jax.config.update("jax_enable_x64", True)
    if config.pluginmanager.hasplugin("cacheprovider"):
        folder = str(config.cache.mkdir("jax"))
        # commands started by a test share it
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
        jax.config.update("jax_compilation_cache_dir", folder)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(scope="session")
def run() -> Run:
    """Run ``tlsjax`` with the given arguments and environment, as a user does."""

    def started(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("tlsjax")), *map(str, arguments)]
        environment = {"COLUMNS": "100", **os.environ, **environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return started
