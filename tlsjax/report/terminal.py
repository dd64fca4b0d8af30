"""A fit, and tables, in words for a terminal."""

from collections.abc import Collection, Sequence
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
from tlsjax.report.shape import shape_in_words

_NARROW, _WIDE = 78, 100


def fit_in_words(result: Result, width: int) -> RenderableType:
    """Assumptions, parameters and verdict; the table drops columns where ``width`` is small."""
    return Group(
        priors_in_words(result.model, result.notes),
        _parameters(result, width),
        *(Text(f"• {line}") for line in shape_in_words(result)),
        Text(),
        *_verdict(result),
    )


def priors_in_words(model: Model, notes: Sequence[str]) -> RenderableType:
    """What a fit assumes and its priors (median ×/÷ one standard deviation of the logarithm)."""
    priors = (_prior(q, model.priors[q.name]) for q in model.quantities if q.name in model.priors)
    devices = (
        f"{q.symbol} of each device ({', '.join(model.devices)}) is log-normal around {q.symbol}"
        for q in model.varying
    )
    return Group(
        Text("Assumed", style="bold"),
        *(Text(f"• {line}") for line in _physics(model)),
        *(Text(f"• {note}") for note in notes),
        Text(),
        Text("Priors", style="bold"),
        *(Text(f"• {line}") for line in (*priors, *devices)),
        Text(),
    )


def _physics(model: Model) -> list[str]:
    lines = []
    if model.family is not None:
        others = ", ".join(sorted(set(Relaxation.families) - {model.family.name}))
        lines.append(f"f(τ) is {model.family.name} (else: --relaxation {others}, or several joined by +)")
    if model.budget is not None:
        film = ["Eq. 15 in the film"] if model.family is not None else []
        lines.append(f"loss is the sum of: {', '.join([*film, *(c.title for c in model.budget.channels)])}")
    return lines


def expectations_in_words(expected: PriorPredictive) -> RenderableType:
    """Whether the priors expected the data."""
    styles = {"good": ("✓", "bold green"), "unsure": ("○", "bold yellow"), "bad": ("✗", "bold red")}
    lines = []
    for one in expectations(expected):
        mark, style = styles[one.mark]
        lines.append(Text.assemble((f"{mark} {one.label}", style), f": {one.words}"))
    return Group(*lines)


def spectrum_in_words(spectrum: Spectrum, width: int, said: Collection[str] = ()) -> RenderableType:
    """What was read from a table: which column was taken for what, every constant, and notes.

    Args:
        spectrum: the table.
        width: characters a line; the table drops columns where it is small.
        said: notes to leave out, such as those on another device of the same file.
    """
    device = f"device {spectrum.device}, " if spectrum.device else ""
    title = f"{escape(spectrum.source)}\n{escape(device)}{len(spectrum)} points"
    table = Table(title=title, title_justify="left")
    shown = ["in the file", "name", "rows", "from", "to", "unit"]
    if width >= _WIDE:
        shown += ["role", "values"]
    elif width < _NARROW:
        shown[3:] = ["range"]
    for name in shown:
        table.add_column(name, overflow="fold", justify="right" if name in ("rows", "from", "to") else "left")
    notes = []
    for column in describe(spectrum):
        unit = "" if column.unit == "1" else column.unit
        low, high = f"{column.minimum:.4g}", f"{column.maximum:.4g}"
        cells = {
            "in the file": column.written,
            "name": column.name,
            "role": column.role,
            "rows": "all" if column.role == "constant" else str(column.count),
            "from": low,
            "to": high,
            "range": f"{low if low == high else f'{low} – {high}'} {unit}",
            "unit": unit,
            "values": column.note
            or (f"{column.count} values" if not column.distinct else _list(column.distinct)),
        }
        table.add_row(*(escape(cells[name]) for name in shown))
        if width < _WIDE and column.note and column.role != "constant":
            notes.append(f"{column.name}: {column.note}")
    notes += [note for note in spectrum.notes if note not in said]
    return Group(table, *(Text(f"• {note}") for note in notes))


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
