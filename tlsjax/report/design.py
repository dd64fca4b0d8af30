"""What to measure next, for a terminal and as rows for a report."""

from collections.abc import Mapping
from dataclasses import replace
from math import exp
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tlsjax.analysis.candidates import Candidates
from tlsjax.analysis.designed import Design, Target
from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.asked import SETTINGS
from tlsjax.quantity import Quantity
from tlsjax.report import numbers, symbols
from tlsjax.report.style import printable

_NARROW = 78
_PER_CENT = 0.25
"""Width of a logarithm up to which it is told in per cent, else as a factor."""
_NOTHING = 0.97
"""After over now above which nothing is told."""


class Row(NamedTuple):
    """Points to measure: which quantity, at which values of :attr:`Rows.heads`, and how often."""

    measure: str
    values: tuple[str, ...]
    times: int


class Rows(NamedTuple):
    """All points; conditions that are the same for all are said once."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    same: tuple[str, ...]


class Width(NamedTuple):
    """A target in words."""

    name: str
    symbol: str
    now: str
    after: str
    outcomes: str
    evenly: str


def kind(candidates: Candidates, number: int) -> str:
    """What is measured, and how well where the same could be measured in several ways."""
    one = candidates.measurements[number]
    if [other.measure for other in candidates.measurements].count(one.measure) == 1:
        return one.measure
    if one.averages is not None:
        return f"{one.measure} ({one.averages:g} averages)"
    if one.absolute_error:
        return f"{one.measure} (±{numbers.one(one.absolute_error, MEASURED[one.measure])})"
    return f"{one.measure} (±{numbers.trimmed(100.0 * one.error, 3)}\N{NO-BREAK SPACE}%)"


def point_rows(design: Design) -> Rows:
    """The points to measure."""
    heads, same = [], []
    for name in SETTINGS:
        stated = [point for point in design.points if name in point.conditions]
        kinds = {kind(design.candidates, point.measurement): None for point in stated}
        of_these = [p for p in design.points if kind(design.candidates, p.measurement) in kinds]
        values = {point.conditions[name] for point in stated}
        if len(values) > 1 or len(of_these) > len(stated):
            heads.append(name)
        elif values:
            told = f"{SETTINGS[name].symbol} = {numbers.one(values.pop(), SETTINGS[name])}"
            everywhere = len(stated) == len(design.points)
            same.append(told if everywhere else f"{told} for {', '.join(kinds)}")

    def text(name: str, value: float | None) -> str:
        return "" if value is None else numbers.one(value, SETTINGS[name])

    rows = (
        Row(
            kind(design.candidates, point.measurement),
            tuple(text(name, point.conditions.get(name)) for name in heads),
            point.times,
        )
        for point in design.points
    )
    return Rows(tuple(heads), tuple(rows), tuple(same))


def target_rows(design: Design, known: Mapping[str, Quantity]) -> tuple[Width, ...]:
    """How well every target is known, and would be."""
    return tuple(_width(target, known[target.name]) for target in design.targets)


def _width(target: Target, quantity: Quantity) -> Width:
    """In per cent, or as factors where one of them is large."""
    every = (target.now, target.after, target.low, target.high, target.evenly)

    def text(width: float) -> str:
        if quantity.support == "real":
            factor, unit = numbers.display(quantity, width)
            return f"±{numbers.with_unit(numbers.significant(width * factor), unit)}"
        if max(every) < _PER_CENT:
            return f"±{numbers.significant(100.0 * width)}\N{NO-BREAK SPACE}%"
        return f"×/÷\N{NO-BREAK SPACE}{_factor(width)}"

    now, after, low, high, evenly = map(text, every)
    return Width(target.name, quantity.symbol, now, after, f"{low} – {high}", evenly)


def _factor(width: float) -> str:
    """To two digits of what it is above 1."""
    factor = exp(min(width, 700.0))
    if factor >= 10.0:
        return numbers.significant(factor)
    return f"{factor:.{max(1, 1 - numbers.decade(factor - 1.0))}f}"


class Next(NamedTuple):
    """All that a page says of it."""

    aim: Markup
    points: Rows
    targets: tuple[Width, ...]
    said: tuple[Markup, ...]


def next_in_words(design: Design, known: Mapping[str, Quantity]) -> Next:
    """For a page; symbols of the targets are HTML."""
    aims = Markup(", ").join(symbols.html(known[name].symbol) for name in design.candidates.targets)
    of = Markup(" of {}").format(printable(design.device)) if design.device else ""
    rows = (one._replace(symbol=symbols.html(one.symbol)) for one in target_rows(design, known))
    points = point_rows(design)
    return Next(
        Markup("The points{} that would narrow {} most, for what they cost.").format(of, aims),
        points._replace(same=tuple(map(symbols.html, points.same))),
        tuple(rows),
        tuple(map(symbols.html, said(design, known))),
    )


def said(design: Design, known: Mapping[str, Quantity]) -> tuple[str, ...]:
    """What to know of the figures."""
    lines = [
        f"Cost: {design.cost:g} of {design.candidates.budget:g}.",
        "After: half the 68 % interval in the median over what may come out if the posterior is right, and "
        "where 80 % of the outcomes lie. Evenly: after points of the same cost, spread evenly. "
        "×/÷ 2: from half of it to twice.",
    ]
    if design.undefined:
        lines.append(
            f"{design.undefined} candidates were left out: there the model predicts no finite value for some "
            "of what the posterior allows."
        )
    if design.reweighted < 1.0:
        lines.append(
            f"{1.0 - design.reweighted:.0%} of the outcomes tell more than the draws can show; there, "
            "posteriors are taken as normal.".replace("%", " %", 1)
        )
    hopeless = [known[t.name].symbol for t in design.targets if t.after > _NOTHING * t.now]
    if hopeless:
        lines.append(f"Hardly told by any of these points: {', '.join(hopeless)}.")
    return tuple(lines)


def design_in_words(design: Design, known: Mapping[str, Quantity], width: int) -> RenderableType:
    """What to measure, and how well the targets would be known.

    Args:
        design: what to measure next.
        known: quantities of the fit, by name.
        width: characters a line; tables drop columns where it is small.
    """
    found = point_rows(design)
    points = Table(title="Measure next", title_justify="left")
    for head in ("quantity", *(SETTINGS[name].symbol for name in found.heads), "times"):
        points.add_column(head, overflow="fold")
    for row in found.rows:
        points.add_row(row.measure, *row.values, f"× {row.times}")
    wide = width >= _NARROW
    targets = Table(title="Half the 68 % interval", title_justify="left")
    for head in ("", "now", "after", *(("of outcomes", "evenly") if wide else ())):
        targets.add_column(head, overflow="fold")
    for one in target_rows(design, known):
        name = f"{one.name} ({one.symbol})" if wide else one.name
        more = (f"({one.outcomes})", one.evenly) if wide else ()
        targets.add_row(Text(name), one.now, one.after, *more)
    always = [Text(f"always at {', '.join(found.same)}")] if found.same else []
    return Group(points, *always, Text(), targets, *(Text(f"• {line}") for line in said(design, known)))


def to_fill_in(table: Spectrum) -> tuple[Spectrum, dict[str, str]]:
    """The table with what is one number said above it, and units that people write."""
    same = {
        name: float(values[0])
        for name, values in table.columns.items()
        if name in SETTINGS and name != "frequency" and np.ptp(values) == 0.0
    }
    columns = {name: values for name, values in table.columns.items() if name not in same}
    if same.get("angle") == 0.0:  # as a table means that does not say it
        del same["angle"]
    (measured,) = table.measured
    if "averages" not in columns:
        columns[f"{measured}_err"] = np.full(len(table), np.nan)
    return replace(table, columns=columns, constants=same), {
        name: _unit(SETTINGS[name], values)
        for name, values in (*columns.items(), *same.items())
        if name in SETTINGS
    }


def _unit(quantity: Quantity, values: object) -> str:
    size = float(np.max(np.abs(np.asarray(values))))
    if quantity.unit == "W":
        return "dBm"
    unit = numbers.display(quantity, size)[1].replace("µ", "u")
    return {"": "1", "°": "deg"}.get(unit, unit)
