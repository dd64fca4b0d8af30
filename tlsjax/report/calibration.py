"""A calibration for people: one HTML page, and words for a terminal."""

from os import PathLike
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tlsjax.fitting.calibration import ALARM, LEVELS, SELECTION, Calibration, Coverage
from tlsjax.fitting.calibration_folder import replace_file
from tlsjax.report import symbols
from tlsjax.report.calibration_figure import calibration_figure
from tlsjax.report.names import DRAWN_BY
from tlsjax.report.numbers import significant
from tlsjax.report.style import look

# the page of a fit and this one share their surroundings
from tlsjax.report.write import environment

_WIDE = 90


def write_page(calibration: Calibration, folder: str | PathLike[str], title: str) -> None:
    """Write calibration.html, self-contained.

    Args:
        calibration: what was found.
        folder: where it goes.
        title: name of the model file.
    """
    with look():
        figure = calibration_figure(calibration)
    page = environment().get_template("calibration.html.j2")
    text = page.render(
        title=title,
        calibration=calibration,
        figure=figure,
        done=len(calibration.trials),
        drawn_by=drawn_by(calibration),
        levels=list(LEVELS),
        alarm=f"{100 * ALARM:g} %",
        selection=SELECTION,
        rows=[
            (symbols.html(q.symbol), q.name, symbols.html(q.description), calibration.scores[q.name])
            for q in calibration.quantities
        ],
        covered=covered,
        significant=significant,
    )
    replace_file(Path(folder) / "calibration.html", text)


def calibration_in_words(calibration: Calibration, width: int) -> RenderableType:
    """Coverage and p of every parameter, and the verdict; limits and 'all' only where ``width`` allows."""
    return Group(_table(calibration, width >= _WIDE), Text(), *_verdict(calibration))


def covered(one: Coverage, *, limits: bool) -> str:
    """Share of intervals that hold the truth in per cent, with its 95 % limits in brackets."""
    if one.share != one.share:
        return "–"
    return f"{one.share:.0%}" + (f" ({one.low * 100:.0f}–{one.high * 100:.0f})" if limits else "")


def drawn_by(calibration: Calibration) -> str:
    """What drew the posteriors, in words, with how many of them."""
    return ", ".join(f"{DRAWN_BY.get(name, name)} ({count})" for name, count in calibration.drawn_by.items())


def _table(calibration: Calibration, wide: bool) -> Table:
    table = Table(title="Intervals that hold the truth, trusted fits", title_justify="left")
    table.add_column("", overflow="fold")
    for level in LEVELS:
        table.add_column(level.replace(" ", ""), justify="right")
    for name in ("p", "p (all)") if wide else ("p",):
        table.add_column(name, justify="right")
    for name, scores in calibration.scores.items():
        score = scores["trusted"]
        shares = [covered(score.coverage[level], limits=wide) for level in LEVELS]
        chances = [f"{scores[which].p:.2g}" for which in (("trusted", "all") if wide else ("trusted",))]
        table.add_row(name, *shares, *chances, style="" if score.ok else "bold red")
    return table


def _verdict(calibration: Calibration) -> list[Text]:
    done, trusted = len(calibration.trials), calibration.trusted
    lines = [
        Text(f"{trusted} of {done} fits were trusted, and are what counts."),
        Text(f"Drawn by {drawn_by(calibration)}."),
        Text(f"p: chance of ranks as far from uniform; fails below {calibration.level:.2g}."),
    ]
    if trusted < done:
        found = ", ".join(f"{name} {count}" for name, count in calibration.complaints.items())
        lines.append(Text(f"Checks that the others failed: {found}."))
    if calibration.ok:
        return [*lines, Text("✓ Calibrated, as far as so many simulations can tell.", style="bold green")]
    lines.append(Text("✗ Not calibrated:", style="bold red"))
    return lines + [Text(f"  • {reason}") for reason in calibration.reasons]
