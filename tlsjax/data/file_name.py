"""A power in a file's name, as measuring scripts write it there, against the power that its table has."""

import re
from pathlib import PurePath

import numpy as np

from tlsjax.data.spectrum import Spectrum
from tlsjax.units import from_si

_POWER = re.compile(r"(?P<sign>[-−+]|(?<![^\W\d_])m)?(?P<number>\d+(?:[.,]\d+)?)[\s_]*dBm(?![^\W\d_])", re.I)
_SAME = 0.05
"""Decibels by which two powers differ that count as the same."""


def notes_on_power(spectrum: Spectrum) -> list[str]:
    """What to tell a user whose file's name states a power that its table does not have.

    A name with several powers says nothing of one table. Whether '160dBm' has lost its minus nobody knows, so
    magnitudes are compared.
    """
    found = list(_POWER.finditer(PurePath(spectrum.source).stem))
    if len(found) != 1 or spectrum.written.get("power") == "set":
        return []
    number = float(found[0]["number"].replace(",", "."))
    power = spectrum.condition("power")
    levels = None if power is None else np.unique(from_si(power, "dBm", "W"))
    if levels is not None and (np.abs(np.abs(levels) - number) < _SAME).any():
        return []
    # a device takes less than a milliwatt
    positive = found[0]["sign"] == "+" or (levels is not None and not found[0]["sign"] and levels.min() > 0.0)
    setting = f'--set power="{"" if positive else "-"}{number:g} dBm"'
    said = f"the file's name says {found[0]['number']} dBm"
    if levels is None:
        return [f"{said}, its table no power: {setting} sets it"]
    span = f"{levels[0]:.4g}" if len(levels) == 1 else f"{levels[0]:.4g} to {levels[-1]:.4g}"
    span = span.replace("-", "−")
    place = "column" if "power" in spectrum.columns else "comment"
    return [f"{said}, its power {place} {span} dBm: the {place} is used; {setting} says otherwise"]
