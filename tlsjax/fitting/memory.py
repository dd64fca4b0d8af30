"""How much memory a fit will take, said before it takes it."""

import os
import warnings

_ALWAYS = 0.6e9
"""Bytes: the interpreter, its libraries and the compiled programs."""
_EACH = 32.0
"""Bytes a point and a draw: a replica and a log likelihood, each twice on the way into the result.

All else is computed in batches of a fixed size, or, as proposals, takes about a kilobyte a draw.
"""
_WORTH_SAYING = 2e9


def expected(points: int, draws: int) -> float:
    """Bytes at the peak of a fit, within a factor of about 1.5.

    Args:
        points: measured values, of all tables.
        draws: kept draws, of all chains.
    """
    return _ALWAYS + _EACH * points * draws


def say(points: int, draws: int) -> None:
    """Warn of a fit that will take much memory, or more than there is."""
    need, there = expected(points, draws), _machine()
    if need < min(_WORTH_SAYING, there):
        return
    words = f"this fit will take about {need / 1e9:.1f} GB of memory for {points} points and {draws} draws"
    if need > there:
        words += f", and this machine has {there / 1e9:.1f} GB: take fewer draws, or thin the tables"
    warnings.warn(words, stacklevel=2)


def _machine() -> float:
    """Bytes of memory, where the system says."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return float("inf")
