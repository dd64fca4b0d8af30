"""The ``tlsjax`` command: thin, all work is the library's. Each is a file, listed as in the help."""

from tlsjax.cli import fit, check, compare, sensitivity, design, simulate, report, calibrate, traces  # noqa: I001
from tlsjax.cli.app import app, main

__all__ = [
    "app",
    "calibrate",
    "check",
    "compare",
    "design",
    "fit",
    "main",
    "report",
    "sensitivity",
    "simulate",
    "traces",
]
