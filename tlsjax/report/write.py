"""Put the report together and write it."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tlsjax.errors import InputError
from tlsjax.fitting.prior_predictive import PriorPredictive, of_fit
from tlsjax.fitting.result import Result
from tlsjax.model.modelfile import to_toml
from tlsjax.physics.relaxation import Relaxation
from tlsjax.report import symbols, tables
from tlsjax.report.budget_figure import budget_figures
from tlsjax.report.chain_figure import chain_figures
from tlsjax.report.data_figure import data_figures
from tlsjax.report.expectation import expectations
from tlsjax.report.pair_figure import pair_figure
from tlsjax.report.prior_figure import prior_figure
from tlsjax.report.prior_predictive_figure import prior_predictive_drawing, prior_predictive_figure
from tlsjax.report.relaxation_figure import relaxation_figure
from tlsjax.report.shape import shape_in_words
from tlsjax.report.spread_figure import spread_figure
from tlsjax.report.style import look, printable
from tlsjax.report.tells import find, tells

_PICTURES = {"png": {"Software": None}, "svg": dict.fromkeys(("Date", "Creator", "Format", "Type"))}
"""Kinds of picture by the ending of their names, without what would differ from day to day."""


def write(result: Result, path: str | PathLike[str]) -> None:
    """See :func:`tlsjax.report.write_report`."""
    text = environment().get_template("report.html.j2").render(_context(result))
    _replace(Path(path), text.encode("utf-8", "replace"))


def write_picture(expected: PriorPredictive, path: str | PathLike[str]) -> None:
    """See :meth:`tlsjax.fitting.prior_predictive.PriorPredictive.picture`."""
    goal = Path(path)
    ending = goal.suffix.casefold().removeprefix(".")
    if ending not in _PICTURES:
        raise InputError(f"a picture ends in .{' or .'.join(_PICTURES)}", source=str(path))
    buffer = BytesIO()
    with look():
        figure = prior_predictive_figure(expected, told=True)
        figure.savefig(buffer, format=ending, dpi=200, metadata=_PICTURES[ending])
    try:
        _replace(goal, buffer.getvalue())
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", source=str(path)) from None


def environment() -> Environment:
    """Templates of the reports; what comes from files is escaped."""
    environment = Environment(
        loader=PackageLoader("tlsjax.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["printable"] = printable
    return environment


def _context(result: Result) -> dict[str, Any]:
    verdict, family = result.verdict, result.model.family
    rows = tables.parameter_rows(result)
    observations = tables.data_tables(result)
    with look(), ThreadPoolExecutor(1) as pool:
        beside = pool.submit(find, result) if result.is_informed else None
        data = [data_figures(result, index) for index in range(len(result.points))]
        relaxation = None if family is None else relaxation_figure(result)
        spread = spread_figure(result)
        expected = of_fit(result)
        before = prior_predictive_drawing(expected)
        priors = prior_figure(result)
        pairs = pair_figure(result)
        chains = chain_figures(result)
        told = None if beside is None else tells(result, beside.result())
    conditions = dict.fromkeys(name for table in observations for name, _ in table.conditions)
    return {
        "title": ", ".join(dict.fromkeys(table.file for table in observations)),
        "family": None if family is None else _family(family),
        "budget": None if result.model.budget is None else budget_figures(result),
        "free": len(result.model.free),
        "observations": observations,
        "points": sum(table.points for table in observations),
        "conditions": [(name, name.replace("_", " ")) for name in conditions],
        "has_constants": any(table.constants for table in observations),
        "verdict": verdict,
        "notes": [printable(note) for note in result.notes],
        "groups": [
            (key, title, [row for row in rows if row.origin == key])
            for key, title in (
                ("data", "From the data"),
                ("prior", "Not identified: the data do not determine these, the numbers are the prior's"),
                ("fixed", "Fixed: given, not inferred"),
            )
        ],
        "data": data,
        "relaxation": relaxation,
        "spread": spread,
        "shape": shape_in_words(result),
        "expectations": expectations(expected),
        "before": before,
        "priors": priors,
        "pairs": pairs,
        "told": told,
        "chains": chains,
        "record": result.record,
        "date": str(result.tree["posterior"].attrs.get("created_at", ""))[:10],
        "toml": to_toml(result.model),
        "command": tables.command(result),
        "python": tables.python_call(result),
    }


def _family(family: type[Relaxation]) -> dict[str, Any]:
    return {
        "name": family.name.replace("_", "-"),
        "formula": symbols.html((family.__doc__ or "").strip().splitlines()[0]),
        "symbols": [(symbols.html(q.symbol), q.description) for q in family.parameters()],
    }


def _replace(path: Path, content: bytes) -> None:
    """Write beside and move over, so that no reader ever meets half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
