"""A comparison of fits in words for a terminal."""

from math import isnan

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tlsjax.fitting.compare import Agreement, Comparison


def comparison_in_words(found: Comparison) -> RenderableType:
    """The ranking, and the winner or the tie in a line."""
    how = f"one value of {found.left_out} at a time" if found.left_out else "one point at a time"
    title = f"Left out {how}, predicted from the rest"
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("fit", overflow="fold")
    trouble = "untrusted\nrefits" if found.left_out else "k̂ >\n0.7"
    last = "missed\nby" if found.left_out else "weight"
    evidence = [one.evidence for one in found.ranked if one.evidence is not None]
    more = ("ln Z",) if evidence else ()
    for name in ("log\ndensity", "from the\nbest", last, trouble, "replicas\np", *more):
        table.add_column(name, justify="right")
    highest = max((one.log for one in evidence), default=0.0)
    for one in found.ranked:
        away = "" if one is found.ranked[0] else f"{one.difference:.1f} ± {one.standard_error:.1f}"
        share = f"{100 * one.missed:.1f} %" if found.left_out else f"{one.weight:.2f}"
        looks = "–" if isnan(one.replicas) else f"{one.replicas:.3f}"
        z = [f"{one.evidence.log - highest:.1f} ± {one.evidence.standard_error:.1f}"] if one.evidence else []
        table.add_row(escape(one.name), f"{one.elpd:.1f}", away, share, str(one.unreliable), looks, *z)
    return Group(table, Text(_verdict(found), style="bold"), *(Text(line) for line in _cautions(found)))


def _verdict(found: Comparison) -> str:
    best = found.best
    if len(best) > 1:
        return f"A tie: these data cannot tell {' from '.join(best)}."
    return f"{best[0]} predicts best, beyond chance."


def _cautions(found: Comparison) -> list[str]:
    lines = []
    if found.without:
        lines.append(
            f"Too few different draws to rank {', '.join(found.without)}: fit with more --draws or by "
            "--method nuts."
        )
    wrong = [one.name for one in found.ranked if not one.looks_right]
    if wrong:
        lines.append(f"What {', '.join(wrong)} would measure does not look like the data (replicas p).")
    doubtful = [one.name for one in found.ranked if one.unreliable]
    if doubtful and not found.left_out:
        lines.append(
            f"Some points decide too much ({', '.join(doubtful)}): check with --leave-out power or another "
            "condition."
        )
    elif doubtful:
        lines.append(f"Refits of {', '.join(doubtful)} could not all be trusted: try --method nuts.")
    if found.left_out and found.groups < 10:
        lines.append(f"Of only {found.groups} values, the errors of the differences are rough.")
    return lines


def agreement_in_words(found: tuple[Agreement, ...]) -> RenderableType:
    """What fits of different data say of the same parameters, and whether they agree."""
    table = Table(
        title="Fits of different data: the parameters they share, 90 % intervals", title_justify="left"
    )
    table.add_column("parameter", overflow="fold")
    names = list(dict.fromkeys(name for one in found for name in one.fits))
    pairs = len(names) > 2
    if pairs:
        table.add_column("fits", overflow="fold")
        table.add_column("first")
        table.add_column("second")
    else:
        for name in names:
            table.add_column(escape(name), overflow="fold")
    table.add_column("apart", justify="right")
    for one in found:
        cells = [
            f"{median:.4g} ({low:.4g} – {high:.4g})"
            for median, (low, high) in zip(one.medians, one.intervals, strict=True)
        ]
        which = [escape(" / ".join(one.fits))] if pairs else []
        table.add_row(escape(one.parameter), *which, *cells, f"{one.apart:.1f} σ" if one.determined else "–")
    judged = [one for one in found if one.determined]
    agree = ", ".join(dict.fromkeys(one.parameter for one in judged if one.agrees))
    differ = ", ".join(f"{one.parameter} ({one.apart:.1f} σ)" for one in judged if not one.agrees)
    open_ = ", ".join(dict.fromkeys(one.parameter for one in found if not one.determined))
    parts = [
        f"They do not agree on {differ}." if differ else "",
        f"They agree on {agree}." if agree else "",
        f"Not determined by the data of both: {open_}." if open_ else "",
    ]
    words = " ".join(filter(None, parts))
    return Group(table, Text(words, style="bold"))
