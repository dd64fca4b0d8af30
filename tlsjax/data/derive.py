"""Columns that follow from what a table has: frequency from ω or f_r, loss from Q_i, shift from f_r."""

from collections.abc import Callable
from math import pi

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import ANGULAR_FREQUENCY, QUALITY_FACTOR, RESONANCE_FREQUENCY

Array = NDArray[np.float64]

_LARGEST_SHIFT = 0.05
"""Fractional shift beyond which resonance frequencies are those of several resonators."""


def derive(
    columns: dict[str, Array],
    constants: dict[str, float],
    written: dict[str, str],
    notes: list[str],
    place: Callable[[int], str],
) -> None:
    """Replace, in place, what is read as something else.

    Args:
        columns: by known name, SI units, all of one length.
        constants: by known name, SI units.
        written: heading of each column, and place of each constant, in the file.
        notes: what was taken for what.
        place: says where a row stands in the file.
    """
    omega = ANGULAR_FREQUENCY.name
    if omega in columns:
        columns["frequency"] = columns.pop(omega) / (2.0 * pi)
        notes.append("angular_frequency read as frequency = ω/2π")
        written["frequency"] = written.pop(omega)
    if omega in constants:
        constants["frequency"] = constants.pop(omega) / (2.0 * pi)
        notes.append("angular_frequency read as frequency = ω/2π")
        written["frequency"] = written.pop(omega)
    if "frequency" in constants:
        rows = len(next(iter(columns.values())))
        columns["frequency"] = np.full(rows, constants.pop("frequency"))
        notes.append(f"frequency is {columns['frequency'][0]:.6g} Hz in every row")
    quality = QUALITY_FACTOR.name
    if quality in columns:
        factor = columns.pop(quality)
        columns["loss"] = 1.0 / factor
        notes.append("quality_factor read as loss = 1/Q_i")
        written["loss"] = written.pop(quality)
        if f"{quality}_err" in columns:
            columns["loss_err"] = columns.pop(f"{quality}_err") / factor**2
            notes.append("quality_factor_err read as loss_err = err/Q_i²")
            written["loss_err"] = written.pop(f"{quality}_err")
    if RESONANCE_FREQUENCY.name in columns:
        _from_resonance(columns, written, notes, place)


def _from_resonance(
    columns: dict[str, Array], written: dict[str, str], notes: list[str], place: Callable[[int], str]
) -> None:
    """Frequency where there is no other, and the shift relative to the coldest row."""
    name = RESONANCE_FREQUENCY.name
    resonance, error = columns.pop(name), columns.pop(f"{name}_err", None)
    heading, heading_err = written.pop(name), written.pop(f"{name}_err", "")
    if "frequency" not in columns:
        columns["frequency"] = resonance
        written["frequency"] = heading
        notes.append(f"{name} read as frequency")
    if "frequency_shift" in columns:
        notes.append(f"{name} gives no frequency_shift, since the table has a column of it")
        return
    measured = ~np.isnan(resonance)
    cold = columns.get("temperature", np.zeros(resonance.size))
    reference = int(np.argmin(np.where(measured, cold, np.inf)))
    shift = resonance / resonance[reference] - 1.0
    largest = float(np.nanmax(np.abs(shift)))
    if largest == 0.0:
        notes.append(f"{name} is the same in every row and gives no frequency_shift")
        return
    if largest > _LARGEST_SHIFT:
        notes.append(
            f"{name} varies by {100 * largest:.3g} %, more than that of one resonator does, and gives no "
            "frequency_shift"
        )
        return
    columns["frequency_shift"] = shift
    written["frequency_shift"] = heading
    if error is not None:
        columns["frequency_shift_err"] = error / resonance[reference]
        written["frequency_shift_err"] = heading_err
    first = "lowest temperature" if "temperature" in columns else "first row"
    notes.append(
        f"{name} read as frequency_shift = f_r/f_ref - 1 relative to its {first}, "
        f"f_ref = {resonance[reference]:.10g} Hz ({place(reference)}); a fit takes the offset as unknown"
    )
