"""From a raw table to a spectrum: SI units, derived columns, and every check of the numbers."""

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import (
    ANGULAR_FREQUENCY,
    AVERAGES,
    CONDITIONS,
    MEASURED,
    QUALITY_FACTOR,
    RESONANCE_FREQUENCY,
)
from tlsjax.data.derive import derive
from tlsjax.data.headings import TWIN, Heading, known_columns, known_constants
from tlsjax.data.raw import RawTable
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.unknown import listed
from tlsjax.errors import InputError
from tlsjax.quantity import Support
from tlsjax.units import to_si

Array = NDArray[np.float64]

MIN_ROWS = 3
_WHOLE = "runs have whole numbers, 0, 1, 2 …"
_WANTED = {"positive": "it must be above zero", "non-negative": "it must not be below zero"}


def assemble(raw: RawTable) -> Spectrum:
    """Spectrum in SI units.

    Raises:
        InputError: too few rows, missing or contradictory columns, numbers out of their range, empty cells
            where a number is needed, repeated rows.
    """
    headings = {heading.name: heading for heading in raw.headings}
    notes = list(raw.notes)
    _check_presence(raw, headings)
    if len(raw) < MIN_ROWS:
        rows = "1 row" if len(raw) == 1 else f"{len(raw)} rows"
        rows += f" of device '{raw.device}'" if raw.device else ""
        raise raw.error(f"only {rows}; a spectrum needs at least {MIN_ROWS}")
    cells = {heading.name: values for heading, values in zip(raw.headings, raw.values, strict=True)}
    columns: dict[str, Array] = {}
    for heading in raw.headings:
        if not heading.name.endswith("_err"):
            columns[heading.name] = _value_column(raw, heading, cells[heading.name])
    for heading in raw.headings:
        if heading.name.endswith("_err"):
            value = columns[heading.name.removesuffix("_err")]
            columns[heading.name] = _error_column(raw, heading, cells[heading.name], value)
            if heading.percent:
                notes.append(f"column '{heading.written}' taken as per cent of the value")
    if "run" in columns and headings["run"].written != "--run":  # which has told
        numbers, counts = np.unique(columns["run"], return_counts=True)
        of_each = [f"{count} of run {number:.0f}" for number, count in zip(numbers, counts, strict=True)]
        notes.append(f"of {len(raw)} rows {listed(of_each, 200)}")
    _refuse_repeated_rows(raw, columns)
    constants = _constants(raw)
    written = _places(raw)
    derive(columns, constants, written, notes, raw.place)
    if not set(MEASURED) & set(columns):
        raise _no_measured(raw)
    order = {name: place for place, name in enumerate(_column_order())}
    return Spectrum(
        columns={name: columns[name] for name in sorted(columns, key=order.__getitem__)},
        constants=constants,
        source=raw.source,
        lines=raw.lines if len(raw.lines) else raw.rows,
        notes=tuple(notes),
        device=raw.device,
        written=written,
    )


def _places(raw: RawTable) -> dict[str, str]:
    """Where each column and constant stands in the file."""
    places = {heading.name: heading.written for heading in raw.headings}
    for name, constant in raw.constants.items():
        places[name] = "set" if constant.is_set else f"line {constant.line}" if constant.line else "attribute"
    return places


def _no_measured(raw: RawTable) -> InputError:
    names = "conductivity [S], loss, quality_factor, frequency_shift or current_noise [A^2/Hz]"
    return InputError(f"no measured column; add one of {names}", source=raw.source, line=raw.header_line)


def _column_order() -> list[str]:
    measured = [name for quantity in MEASURED for name in (quantity, f"{quantity}_err")]
    return [*CONDITIONS, *measured, AVERAGES.name]


def _check_presence(raw: RawTable, headings: dict[str, Heading]) -> None:
    for name, heading in headings.items():
        for given in (name, TWIN.get(name, name)):
            if given in raw.constants:
                line = raw.constants[given].line
                where = f" in line {line}" if line else ""
                raise raw.error(f"stands also as the constant '{given}'{where}; keep one", heading=heading)
    frequencies = {"frequency", ANGULAR_FREQUENCY.name}
    if frequencies <= set(raw.constants):
        raise raw.error("constants 'frequency' and 'angular_frequency' say the same; keep one")
    if not _stated_frequency(raw) and RESONANCE_FREQUENCY.name not in headings:
        message = (
            "no frequency; add a column 'frequency [GHz]' or a line such as '# frequency: 5 GHz' for all rows"
            ", or --set frequency='5 GHz'"
        )
        raise InputError(message, source=raw.source, line=raw.header_line)
    measured = {*MEASURED, QUALITY_FACTOR.name, RESONANCE_FREQUENCY.name}
    if not measured & set(headings):
        raise _no_measured(raw)
    for heading, values in zip(raw.headings, raw.values, strict=True):
        if heading.name in measured and len(raw) and np.isnan(values).all():
            of_device = f" for device '{raw.device}'" if raw.device else ""
            raise raw.error(f"the column is empty{of_device}; fill it or remove it", heading=heading)


def _stated_frequency(raw: RawTable) -> bool:
    """Whether the table says at which frequency its points were measured."""
    names = {heading.name for heading in raw.headings} | set(raw.constants)
    return bool(names & {"frequency", ANGULAR_FREQUENCY.name})


def _value_column(raw: RawTable, heading: Heading, values: Array) -> Array:
    """Condition, measured quantity or averages in SI units, with its range checked."""
    quantity = known_columns()[heading.name]
    empty = np.isnan(values)
    needed = {*CONDITIONS, ANGULAR_FREQUENCY.name, AVERAGES.name}
    if not _stated_frequency(raw):
        needed.add(RESONANCE_FREQUENCY.name)
    if heading.name in needed:
        for row in np.flatnonzero(empty)[:1]:
            message = (
                "the cell is empty; every row needs its condition (one for all rows: '# name: value unit')"
            )
            raise raw.error(message, int(row), heading)
    result = np.asarray(to_si(values, heading.unit, quantity.unit), dtype=np.float64)
    for row in np.flatnonzero(~np.isfinite(result) & ~empty)[:1]:
        raise raw.error(f"found {_said(values[row], heading)}, too large", int(row), heading)
    for row in np.flatnonzero(_outside(result, quantity.support))[:1]:
        message = f"found {_said(values[row], heading)}; {_WANTED[quantity.support]}"
        if heading.name == "power":
            message += " (write dBm as '[dBm]')"
        elif heading.name in MEASURED or heading.name == QUALITY_FACTOR.name:
            message += "; leave the cell empty if the point was not measured"
        raise raw.error(message, int(row), heading)
    if heading.name == "run":
        _check_runs(raw, heading, result)
    return result


def _check_runs(raw: RawTable, heading: Heading, runs: Array) -> None:
    """Whole numbers, and not another one in every row."""
    for row in np.flatnonzero(runs != np.round(runs))[:1]:
        raise raw.error(f"found {runs[row]:.6g}; {_WHOLE}", int(row), heading)
    if len(np.unique(runs)) == len(runs) and heading.written != "--run":
        message = "another number in every row, which numbers rows and no runs; --column"
        raise raw.error(f"{message} '{heading.written}=' passes over it", heading=heading)


def _error_column(raw: RawTable, heading: Heading, values: Array, value: Array) -> Array:
    """Uncertainty in the unit of its value, SI; NaN where the value was not measured."""
    quantity = known_columns()[heading.name]
    present = ~np.isnan(value)
    for row in np.flatnonzero(present & np.isnan(values))[:1]:
        message = "the uncertainty is empty beside a value; fill it, or empty the value too"
        raise raw.error(message, int(row), heading)
    if heading.percent:
        result = np.abs(value) * values / 100.0
        wrong = present & ~(values > 0.0)
    else:
        result = np.asarray(to_si(values, heading.unit, quantity.unit, difference=True), dtype=np.float64)
        wrong = present & ~(result > 0.0)
    for row in np.flatnonzero(wrong)[:1]:
        message = f"found {_said(values[row], heading)}; an uncertainty must be above zero"
        raise raw.error(message, int(row), heading)
    for row in np.flatnonzero(present & ~(np.isfinite(result) & (result > 0.0)))[:1]:
        message = f"found {_said(values[row], heading)}, which gives no uncertainty above zero here"
        raise raw.error(message, int(row), heading)
    return np.where(present, result, np.nan)


def _outside(values: Array, support: Support) -> NDArray[np.bool_]:
    if support == "positive":
        return values <= 0.0
    return values < 0.0 if support == "non-negative" else np.zeros(values.shape, dtype=np.bool_)


def _said(value: float, heading: Heading) -> str:
    unit = heading.unit if heading.unit not in {"", "1", "-"} else ""
    return f"{value:.6g} {unit}".strip()


def _constants(raw: RawTable) -> dict[str, float]:
    result = {}
    for name, constant in raw.constants.items():
        quantity = known_constants()[name]
        wanted = _WANTED.get(quantity.support, "")
        if bool(_outside(np.asarray([constant.value]), quantity.support)[0]):
            wanted = f"{name} is {constant.text}; {wanted}"
        elif name == "kinetic_fraction" and constant.value > 1.0:
            wanted = f"{name} is {constant.text}; a share lies between 0 and 1"
        elif name == "calibration_error" and not 0.0 < constant.value < 1.0:
            wanted = f"{name} is {constant.text}; it is a fraction, such as 0.1 or 10 %"
        elif name == "run" and not constant.value.is_integer():
            wanted = f"{name} is {constant.text}; {_WHOLE}"
        else:
            result[name] = constant.value
            continue
        raise InputError(wanted, source=raw.source, line=constant.line)
    return result


def _refuse_repeated_rows(raw: RawTable, columns: dict[str, Array]) -> None:
    """A row that repeats another cell by cell counts one point twice."""
    mixed = np.zeros(len(raw), dtype=np.uint64)
    for values in columns.values():
        bits = np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)
        mixed = (mixed ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    order = np.argsort(mixed, kind="stable")
    pairs = np.flatnonzero(mixed[order][1:] == mixed[order][:-1])
    for first, second in sorted(
        ((int(order[pair]), int(order[pair + 1])) for pair in pairs), key=lambda p: p[1]
    ):
        same = all(np.array_equal(v[first], v[second], equal_nan=True) for v in columns.values())
        if same:
            raise raw.error(f"this row repeats {raw.place(first)} in every cell; remove one of them", second)
