"""The tables of a report, as text."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tlsjax.data.columns import CONDITIONS, CONSTANTS, MEASURED
from tlsjax.fitting.result import Result
from tlsjax.model import prior
from tlsjax.model.devices import table_names
from tlsjax.quantity import Quantity
from tlsjax.report import numbers, symbols
from tlsjax.report.moving import is_fixed
from tlsjax.report.style import printable


@dataclass(frozen=True)
class Table:
    """One measured quantity of one file."""

    file: str
    quantity: str
    symbol: Markup
    points: int
    conditions: tuple[tuple[str, str], ...]
    constants: Markup


def data_tables(result: Result) -> tuple[Table, ...]:
    """What was fitted, one row an observation."""
    rows = []
    for points in result.points:
        spectrum = result.spectra[points.table]
        measured = MEASURED[points.quantity]
        conditions = []
        for name in ("frequency", "bias_current", "temperature", "angle", "photon_number", "power", "run"):
            values = spectrum.condition(name)
            if values is not None:
                conditions.append((name, numbers.span(values[points.rows], CONDITIONS[name])))
        constants = Markup(", ").join(
            Markup("{}&nbsp;=&nbsp;{}").format(
                symbols.html(quantity.symbol), numbers.one(spectrum.constants[name], quantity)
            )
            for name, quantity in CONSTANTS.items()
            if name in spectrum.constants
        )
        rows.append(
            Table(
                printable(_file(result, points.table)),
                measured.description,
                symbols.html(symbols.symbol_of(measured)),
                len(points.rows),
                tuple(conditions),
                constants,
            )
        )
    return tuple(rows)


def _file(result: Result, table: int) -> str:
    """Its name, and the device that it names."""
    name, device = table_names(result.spectra)[table], result.spectra[table].device
    return name if device in name else f"{name}, {device}"


@dataclass(frozen=True)
class Row:
    """One parameter.

    Attributes:
        origin: ``"data"``, ``"prior"`` or ``"fixed"``.
        inner, outer: 68 % and 95 % interval; empty where fixed.
        times: power of ten and unit that multiply all numbers of the row.
    """

    name: str
    symbol: Markup
    meaning: Markup
    median: str
    inner: str
    outer: str
    times: str
    rhat: str
    ess: str
    origin: str


def parameter_rows(result: Result) -> tuple[Row, ...]:
    """Every reported quantity; scatters that were switched off are left out."""
    shown = (q for q in result.quantities if not _switched_off(result, q.name))
    return tuple(_row(result, quantity) for quantity in shown)


def _switched_off(result: Result, name: str) -> bool:
    own = result.model.priors.get(name)
    return name.endswith("_scatter") and isinstance(own, prior.Fixed) and float(own.value) == 0.0


def _row(result: Result, quantity: Quantity) -> Row:
    name, unit = quantity.name, symbols.unit_of(quantity)
    draws = result.draws[name].reshape(-1) * quantity.shown_factor
    symbol, meaning = symbols.html(symbols.symbol_of(quantity)), symbols.html(quantity.description)
    if is_fixed(result, name):
        text = numbers.significant(float(draws[0]), 4)
        return Row(name, symbol, meaning, text, "", "", unit, "", "", "fixed")
    q025, q16, median, q84, q975 = (float(q) for q in np.quantile(draws, (0.025, 0.16, 0.5, 0.84, 0.975)))
    texts = numbers.interval(median, q16, q84, q025, q975)
    about = result.record["parameters"][name]
    rhat, bulk, tail = (about.get(key) for key in ("rhat", "ess_bulk", "ess_tail"))
    return Row(
        name,
        symbol,
        meaning,
        texts[0],
        f"{texts[1]} – {texts[2]}",
        f"{texts[3]} – {texts[4]}",
        f"{texts[5].removeprefix(' × ')} {unit}".strip(),
        "–" if rhat is None else f"{rhat:.3f}",
        "–" if bulk is None or tail is None else f"{bulk:.0f} / {tail:.0f}",
        "data" if result.identified.get(name, False) else "prior",
    )


def parameters_as_csv(result: Result) -> str:
    """All numbers of all parameters, SI units: the content of ``summary.csv``."""
    return result.summary().to_csv(index_label="name")
