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

from tlsjax.analysis.designed import Design, Target
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


def point_rows(design: Design) -> Rows:
    """The points to measure."""
    names = [n for n in SETTINGS if any(n in point.conditions for point in design.points)]
    columns = {n: {point.conditions[n] for point in design.points if n in point.conditions} for n in names}
    heads = [name for name in names if len(columns[name]) > 1]
    same = tuple(
        f"{SETTINGS[name].symbol} = {numbers.one(value, SETTINGS[name])}"
        for name in names
        for value in columns[name]
        if name not in heads
    )

    def text(name: str, value: float | None) -> str:
        return "" if value is None else numbers.one(value, SETTINGS[name])

    rows = (
        Row(
            design.candidates.measurements[point.measurement].measure,
            tuple(text(name, point.conditions.get(name)) for name in heads),
            point.times,
        )
        for point in design.points
    )
    return Rows(tuple(heads), tuple(rows), same)


def target_rows(design: Design, known: Mapping[str, Quantity]) -> tuple[Width, ...]:
    """How well every target is known, and would be."""
    return tuple(_width(target, known[target.name]) for target in design.targets)


def _width(target: Target, quantity: Quantity) -> Width:
    def text(width: float) -> str:
        if quantity.support == "real":
            factor, unit = numbers.display(quantity, width)
            return f"±{numbers.with_unit(numbers.significant(width * factor), unit)}"
        return f"±{numbers.significant(100.0 * width)} %" if width < _PER_CENT else f"×/÷ {_factor(width)}"

    outcomes = f"{text(target.low)} – {text(target.high)}"
    return Width(
        target.name, quantity.symbol, text(target.now), text(target.after), outcomes, text(target.evenly)
    )


def _factor(width: float) -> str:
    return numbers.significant(exp(min(width, 700.0)))


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
        "After: the median over what may come out if the posterior is right, beside it 10 to 90 % of it; "
        "evenly: the median after as costly points, spread evenly over the candidates.",
    ]
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
    unit = numbers.display(quantity, size)[1].replace("µ", "u")
    return {"": "1", "°": "deg"}.get(unit, unit)
