"""Column headings as people write them: which known column is meant, in what unit."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache

from tlsjax.data.columns import (
    ANGULAR_FREQUENCY,
    AVERAGES,
    CONDITIONS,
    CONSTANTS,
    MEASURED,
    QUALITY_FACTOR,
)
from tlsjax.errors import InputError
from tlsjax.quantity import Quantity
from tlsjax.unit_text import normalised, shown
from tlsjax.units import example_unit, is_unit, to_si

_HEADING = re.compile(r"\s*(?P<name>[^\[(]*?)[\s_]*(?:[\[(](?P<unit>.*)[\])])?\s*")
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "frequency": ("f", "f0", "f_0", "fr", "f_r", "freq", "frequenz", "resonance_frequency"),
    "angular_frequency": ("omega", "w", "ω"),
    "temperature": ("t", "temp", "temperatur", "tbath", "t_bath", "temp_k"),
    "bias_current": ("i", "ib", "idc", "i_dc", "ibias", "i_bias", "bias", "current", "dc_current", "strom"),
    "photon_number": ("n", "nph", "n_ph", "nbar", "n_bar", "photons", "n̄"),
    "power": ("p", "pwr", "p_in", "leistung", "readout_power"),
    "angle": ("theta", "θ"),
    "quality_factor": ("q", "qi", "q_i", "qint", "q_int", "internal_q", "internal_quality_factor"),
    "loss": ("tan_delta", "tand", "tanδ", "loss_tangent", "1/q", "1/qi", "1/q_i", "qi_inv", "inverse_q"),
    "conductivity": ("sigma", "sigma1", "sigma_1", "σ", "σ1", "σ₁"),
    "current_noise": ("psd", "si", "s_i", "noise", "noise_psd"),
    "frequency_shift": ("df", "dff", "df/f", "δf/f", "shift", "freq_shift", "df_f"),
    "averages": ("n_avg", "navg", "avg"),
}
"""What other scripts call these columns: for suggestions only, since 'T' may be a period and 'n' an index."""
_SPELLED = {
    "k": "K",
    "mk": "mK",
    "hz": "Hz",
    "ghz": "GHz",
    "mhz": "MHz",
    "a": "A",
    "w": "W",
    "dbm": "dBm",
    "ua": "uA",
}
_ERROR_ENDINGS = ("_error", "_errors", "_std", "_unc", "_uncertainty", "_sigma", "_stderr", "_sd")


@dataclass(frozen=True)
class Heading:
    """One column's heading.

    Attributes:
        name: known name, such as ``loss_err``.
        written: heading as the file has it, escaped and shortened, for messages.
        unit: unit as written; empty for a plain number.
        percent: an uncertainty in per cent of the value.
    """

    name: str
    written: str
    unit: str
    percent: bool = False


@cache
def known_columns() -> Mapping[str, Quantity]:
    """Every column that may stand in a table, by name; the uncertainty of NAME as ``NAME_err``."""
    measured = {**MEASURED, QUALITY_FACTOR.name: QUALITY_FACTOR}
    errors = {f"{name}_err": replace(quantity, name=f"{name}_err") for name, quantity in measured.items()}
    return {
        **CONDITIONS,
        ANGULAR_FREQUENCY.name: ANGULAR_FREQUENCY,
        **measured,
        **errors,
        AVERAGES.name: AVERAGES,
    }


@cache
def known_constants() -> Mapping[str, Quantity]:
    """Everything that may be one number for the whole table, by name."""
    return {
        **CONDITIONS,
        ANGULAR_FREQUENCY.name: ANGULAR_FREQUENCY,
        **CONSTANTS,
        AVERAGES.name: AVERAGES,
    }


def plain_name(text: str) -> str:
    """Name in lower case with underscores: ``Bias Current`` and ``bias-current`` are ``bias_current``."""
    return re.sub(r"[\s\-_]+", "_", text.strip().strip("\"'").strip()).strip("_").casefold()


def split_heading(text: str) -> tuple[str, str | None]:
    """Name and unit of ``Bias Current [uA]`` as ``("bias_current", "uA")``; None where no unit is written."""
    found = _HEADING.fullmatch(text)
    if found is None:
        return plain_name(text), None
    unit = found["unit"]
    return plain_name(found["name"]), None if unit is None else unit.strip()


def suggestion(name: str, unit: str | None, known: Collection[str]) -> str | None:
    """Closest known heading for an unknown one, with the unit that was written or is spelled in the name."""
    base, _, tail = name.rpartition("_")
    spelled = _SPELLED.get(tail, tail)
    if base and is_unit(spelled) and tail != "1":
        found = base if base in known else _closest(base, known)
        if found:
            return f"{found} [{spelled}]"
    direct = _closest(name, known)
    return f"{direct} [{shown(unit, 20)}]" if direct and unit else direct


def read_headings(
    cells: Iterable[tuple[str, str | None]],
    *,
    source: str,
    line: int | None = None,
    ignored: Collection[str] = (),
) -> list[Heading | None]:
    """Recognise headings.

    Args:
        cells: heading as written, and its unit where that stands elsewhere (NetCDF); None where the unit, if
            any, is in the heading.
        source: file, for messages.
        line: line of the header, 1-based.
        ignored: plain names to pass over.

    Returns:
        one heading a cell; None for one that is to be passed over.

    Raises:
        InputError: unknown, repeated or contradictory column; unit that is missing or of the wrong dimension.
    """
    result: list[Heading | None] = []
    units: list[str | None] = []
    unknown: list[tuple[str, str, str | None]] = []
    seen: dict[str, str] = {}
    for text, elsewhere in cells:
        name, unit = split_heading(text)
        unit = unit if elsewhere is None else elsewhere
        written = shown(" ".join(text.split()), 60)
        if name in ignored or plain_name(text) in ignored:
            result.append(None)
        elif name not in known_columns():
            unknown.append((written, name, unit))
            result.append(None)
        else:
            if name in seen:
                message = f"this column stands twice, also as '{seen[name]}'; keep one"
                raise InputError(message, source=source, line=line, column=written)
            seen[name] = written
            result.append(Heading(name, written, unit or "", percent=_is_percent(name, unit)))
        units.append(unit)
    if unknown:
        written, name, unit = unknown[0]
        message = _unknown_message(name, unit, written)
        if len(unknown) > 1:
            message += "; also unknown: " + ", ".join(_unknown_too(*other) for other in unknown[1:8])
        raise InputError(message, source=source, line=line, column=written)
    _refuse_contradictions(seen, source, line)
    return _with_units(result, units, source, line)


def _unknown_too(written: str, name: str, unit: str | None) -> str:
    close = suggestion(name, unit, known_columns())
    return f"'{written}' ({close}?)" if close else f"'{written}'"


def _unknown_message(name: str, unit: str | None, written: str) -> str:
    if not name:
        return "the heading is empty; name the column or remove it (from pandas: to_csv(..., index=False))"
    if name in CONSTANTS:
        unit = unit or example_unit(CONSTANTS[name].unit)
        value = "0.5" if CONSTANTS[name].unit == "1" else f"1 {shown(unit, 20)}"
        return f"this is one number for the whole table; write it above the header as '# {name}: {value}'"
    known = known_columns()
    if name.endswith("_err") and name.removesuffix("_err") in known:
        return (
            f"uncertainties are read of measured quantities only; remove it, or add a line '# ignore: {name}'"
        )
    close = suggestion(name, unit, known)
    columns = ", ".join(column for column in known if not column.endswith("_err"))
    if close:
        return f"unknown column; did you mean '{close}'? Known: {columns} and NAME_err"
    return f"unknown column; a line '# ignore: {written}' passes over it. Known: {columns} and NAME_err"


def _refuse_contradictions(seen: Mapping[str, str], source: str, line: int | None) -> None:
    for one, other in (("frequency", "angular_frequency"), ("loss", "quality_factor")):
        if one in seen and other in seen:
            message = f"says the same as column '{seen[one]}'; keep one of the two"
            raise InputError(message, source=source, line=line, column=seen[other])
    for name, written in seen.items():
        value = name.removesuffix("_err")
        if value != name and value not in seen:
            message = f"an uncertainty without its value; add a column '{value}' or remove this one"
            raise InputError(message, source=source, line=line, column=written)


def _with_units(
    headings: Sequence[Heading | None], units: Sequence[str | None], source: str, line: int | None
) -> list[Heading | None]:
    """Check every unit; an uncertainty without one has the unit of its value."""
    values = {heading.name: heading for heading in headings if heading}
    result: list[Heading | None] = []
    for heading, unit in zip(headings, units, strict=True):
        if heading is None:
            result.append(None)
            continue
        quantity = known_columns()[heading.name]
        value = values.get(heading.name.removesuffix("_err"))
        if not unit and value is not None and value is not heading:
            if _is_percent("_err", value.unit):
                message = (
                    f"no unit; '{value.written}' is in per cent, so say which: '{heading.name} [1]' or '[%]'"
                )
                raise InputError(message, source=source, line=line, column=heading.written)
            heading = replace(heading, unit=value.unit)
        if not heading.unit and quantity.unit != "1":
            message = f"no unit; write '{heading.name} [{example_unit(quantity.unit)}]'"
            raise InputError(message, source=source, line=line, column=heading.written)
        if not heading.percent:
            try:
                to_si(1.0, heading.unit, quantity.unit, difference=heading.name.endswith("_err"))
            except ValueError as error:
                raise InputError(str(error), source=source, line=line, column=heading.written) from None
        result.append(heading)
    return result


def _is_percent(name: str, unit: str | None) -> bool:
    return name.endswith("_err") and normalised(unit or "").casefold() in {"%", "percent"}


def _closest(name: str, known: Collection[str]) -> str | None:
    name = name.replace(".", "")
    for ending in _ERROR_ENDINGS:
        if name.endswith(ending) and f"{name.removesuffix(ending)}_err" in known:
            return f"{name.removesuffix(ending)}_err"
    base, error = (name.removesuffix("_err"), "_err") if name.endswith("_err") else (name, "")
    for column, others in _OTHER_NAMES.items():
        if base in others and column + error in known:
            return column + error
    close = get_close_matches(name[:60], known, n=1, cutoff=0.66)
    return close[0] if close else None
