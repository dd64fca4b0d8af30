"""Double precision, compiled code kept between runs in pytest's own cache, the command as fixtures."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import pytest

from tlsjax.cli import main
from tlsjax.fitting.compile import make_room

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


@pytest.fixture(scope="module", autouse=True)
def room() -> None:
    """The suite compiles more than one process may hold."""
    make_room()


@pytest.fixture(scope="session")
def run() -> Run:
    """Run ``tlsjax`` with the given arguments and environment, as a user does."""

    def started(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("tlsjax")), *map(str, arguments)]
        environment = {"COLUMNS": "100", **os.environ, **environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    return started


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``tlsjax`` likewise, but in this process, where all it needs is loaded and compiled already."""

    def called(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        words = ["tlsjax", *map(str, arguments)]
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", words)
            for name, value in {"COLUMNS": "100", **environment}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), *capsys.readouterr())

    return called
