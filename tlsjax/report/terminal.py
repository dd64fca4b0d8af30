"""A fit, and tables, in words for a terminal."""

from collections.abc import Sequence
from io import StringIO

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tlsjax.data.describe import describe
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.prior_predictive import PriorPredictive
from tlsjax.fitting.result import Result
from tlsjax.model import prior
from tlsjax.model.model import Model
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity
from tlsjax.report.expectation import expectations

_NARROW = 78


def fit_in_words(result: Result, width: int) -> RenderableType:
    """Assumptions, parameters and verdict; the table drops columns where ``width`` is small."""
    return Group(
        priors_in_words(result.model, result.notes),
        _parameters(result, width),
        Text(),
        *_verdict(result),
    )


def priors_in_words(model: Model, notes: Sequence[str]) -> RenderableType:
    """What a fit assumes and its priors (median ×/÷ one standard deviation of the logarithm)."""
    others = ", ".join(sorted(set(Relaxation.families) - {model.family.name}))
    priors = (_prior(q, model.priors[q.name]) for q in model.quantities if q.name in model.priors)
    devices = (
        f"{q.symbol} of each device ({', '.join(model.devices)}) is log-normal around {q.symbol}"
        for q in model.varying
    )
    return Group(
        Text("Assumed", style="bold"),
        Text(f"• f(τ) is {model.family.name} (else: --relaxation {others}, or several joined by +)"),
        *(Text(f"• {note}") for note in notes),
        Text(),
        Text("Priors", style="bold"),
        *(Text(f"• {line}") for line in (*priors, *devices)),
        Text(),
    )


def expectations_in_words(expected: PriorPredictive) -> RenderableType:
    """Whether the priors expected the data."""
    styles = {"good": ("✓", "bold green"), "unsure": ("○", "bold yellow"), "bad": ("✗", "bold red")}
    lines = []
    for one in expectations(expected):
        mark, style = styles[one.mark]
        lines.append(Text.assemble((f"{mark} {one.label}", style), f": {one.words}"))
    return Group(*lines)


def spectrum_in_words(spectrum: Spectrum, width: int) -> RenderableType:
    """What was read from a table: every column and constant, and what was taken for what."""
    table = Table(title=f"{escape(spectrum.source)}\n{len(spectrum)} points", title_justify="left")
    columns = ("name", "role", "from", "to", "unit", "values")
    shown = columns if width >= _NARROW else ("name", "from", "to", "unit")
    for name in shown:
        table.add_column(name, overflow="fold", justify="right" if name in ("from", "to") else "left")
    for column in describe(spectrum):
        cells = {
            "name": column.name,
            "role": column.role,
            "from": f"{column.minimum:.4g}",
            "to": f"{column.maximum:.4g}",
            "unit": column.unit,
            "values": column.note
            or (f"{column.count} values" if not column.distinct else _list(column.distinct)),
        }
        table.add_row(*(escape(cells[name]) for name in shown))
    return Group(table, *(Text(f"• {note}") for note in spectrum.notes))


def _list(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)


def _prior(quantity: Quantity, own: prior.Prior) -> str:
    symbol, factor = quantity.shown_symbol or quantity.symbol, quantity.shown_factor
    unit = quantity.shown_unit or quantity.unit
    tail = "" if unit == "1" else f" {unit}"

    def number(value: object) -> str:
        return f"{float(np.asarray(value)) * factor:.3g}"

    if isinstance(own, prior.LogNormal):
        return f"{symbol} ~ {number(own.median)}{tail} ×/÷ {float(own.factor):.3g}"
    if isinstance(own, prior.Normal):
        return f"{symbol} ~ {number(own.mean)} ± {number(own.sd)}{tail}"
    if isinstance(own, prior.Fixed):
        return f"{symbol} = {number(own.value)}{tail}"
    if isinstance(own, prior.Tied):
        return f"{symbol} = {float(own.factor):.3g} × {own.to}"
    low, high = (number(getattr(own, name)) for name in ("low", "high"))
    return f"{symbol} from {low} to {high}{tail} ({own.kind})"


def _parameters(result: Result, width: int) -> Table:
    table = Table(title="Posterior (median and 95 % interval)", title_justify="left")
    wide = width >= _NARROW
    for name in (
        ("parameter", "median", "95 % interval", "unit", "R̂", "from") if wide else ("", "median", "95 %", "")
    ):
        table.add_column(name, overflow="fold")
    for quantity in result.quantities:
        own = result.model.priors.get(quantity.name)
        if isinstance(own, prior.Fixed) and quantity.name.endswith("_scatter"):
            continue
        row = result.record["parameters"][quantity.name]
        factor = quantity.shown_factor
        unit = quantity.shown_unit or quantity.unit
        median, low, high = (f"{row[key] * factor:.4g}" for key in ("median", "q025", "q975"))
        if isinstance(own, prior.Fixed):
            source, interval, style = "fixed", "", "dim"
        elif result.identified[quantity.name]:
            source, interval, style = "data", f"{low} – {high}", ""
        else:
            source, interval, style = "prior too", f"{low} – {high}", "dim"
        symbol = quantity.shown_symbol or quantity.symbol
        unit = "" if unit == "1" else unit
        if wide:
            rhat = "" if row["rhat"] is None else f"{row['rhat']:.3f}"
            table.add_row(f"{quantity.name} ({symbol})", median, interval, unit, rhat, source, style=style)
        else:
            mark = "" if source == "data" else f" [{source}]"
            table.add_row(Text(quantity.name + mark), median, interval, unit, style=style)
    return table


def _verdict(result: Result) -> list[Text]:
    verdict = result.verdict
    if verdict.ok:
        lines = [Text("✓ This fit can be trusted: every check is passed.", style="bold green")]
    else:
        lines = [Text("✗ Do not trust this fit:", style="bold red")]
        lines += [Text(f"  • {reason}") for reason in verdict.reasons]
    unseen = [
        q.name
        for q in result.model.quantities
        if q.name in result.model.free and not result.identified[q.name]
    ]
    if unseen:
        lines.append(Text(f"  Not determined by these data, their priors decide: {', '.join(unseen)}."))
    return lines


def as_text(renderable: RenderableType, width: int = 100) -> str:
    """The same as plain text, for a log file."""
    stream = StringIO()
    Console(width=width, file=stream, color_system=None).print(renderable)
    return stream.getvalue()
