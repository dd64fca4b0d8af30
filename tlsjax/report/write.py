"""Put the report together and write it."""

import os
import tempfile
from base64 import b64encode
from os import PathLike
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tlsjax.analysis.designed import Design
from tlsjax.errors import InputError
from tlsjax.fitting.prior_predictive import PriorPredictive
from tlsjax.fitting.result import Result
from tlsjax.model.modelfile import to_toml
from tlsjax.physics.relaxation import Relaxation
from tlsjax.report import reproduce, symbols, tables
from tlsjax.report.design import next_in_words
from tlsjax.report.drawings import draw
from tlsjax.report.expectation import expectations
from tlsjax.report.latex import parameter_table
from tlsjax.report.names import DRAWN_BY
from tlsjax.report.prior_predictive_figure import prior_predictive_figure
from tlsjax.report.shape import shape_in_words
from tlsjax.report.style import Picture, look, printable

_PICTURES = ("png", "svg")
"""Kinds of picture by the ending of their names."""


def write(result: Result, path: str | PathLike[str], design: Design | None = None) -> None:
    """See :func:`tlsjax.report.write_report`."""
    text = environment().get_template("report.html.j2").render(_context(result, design))
    replace_file(Path(path), text.encode("utf-8", "replace"))


def write_picture(expected: PriorPredictive, path: str | PathLike[str]) -> None:
    """See :meth:`tlsjax.fitting.prior_predictive.PriorPredictive.picture`."""
    goal = Path(path)
    ending = goal.suffix.casefold().removeprefix(".")
    if ending not in _PICTURES:
        raise InputError(f"a picture ends in .{' or .'.join(_PICTURES)}", source=str(path))
    with look():
        picture = Picture(prior_predictive_figure(expected, told=True), "prior_expectation", "")
    try:
        replace_file(goal, picture.content(ending, dpi=200))
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
    environment.filters |= {"printable": printable, "data_uri": _data_uri, "unbroken": _unbroken}
    # what tojson escapes stays safe inside a script; letters need not be
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment


def _unbroken(words: str) -> str:
    """With per cents on the line of their number."""
    return words.replace(" %", "\N{NO-BREAK SPACE}%")


def _data_uri(content: str | bytes, kind: str) -> str:
    """A file as a link of its own."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _context(result: Result, design: Design | None) -> dict[str, Any]:
    verdict, family = result.verdict, result.model.family
    rows = tables.parameter_rows(result)
    observations = tables.data_tables(result)
    drawings = draw(result, design)
    conditions = dict.fromkeys(name for table in observations for name, _ in table.conditions)
    return {
        "title": ", ".join(dict.fromkeys(table.file for table in observations)),
        "family": None if family is None else _family(family),
        "budget": result.model.budget is not None,
        "drawings": drawings,
        "free": len(result.model.free),
        "observations": observations,
        "points": sum(table.points for table in observations),
        "conditions": [(name, name.replace("_", " ")) for name in conditions],
        "has_constants": any(table.constants for table in observations),
        "verdict": verdict,
        "notes": _notes(result),
        "groups": [
            (key, title, [row for row in rows if row.origin == key])
            for key, title in (
                ("data", "From the data" if verdict.ok else "From the data, were this fit to be trusted"),
                ("prior", "Not determined by the data alone: the prior has its part in these numbers"),
                ("fixed", "Fixed: given, not inferred"),
            )
        ],
        "shape": shape_in_words(result),
        "expectations": expectations(drawings.expected),
        "next": None if design is None else next_in_words(design, {q.name: q for q in result.quantities}),
        "record": result.record,
        "drawn_by": DRAWN_BY,
        "date": str(result.tree["posterior"].attrs.get("created_at", ""))[:10],
        "latex": parameter_table(result),
        "csv": tables.parameters_as_csv(result),
        "archive": reproduce.archive(result),
        "digests": reproduce.digests(result),
        "toml": to_toml(result.model),
        "command": reproduce.command(result),
        "python": reproduce.python_call(result),
    }


def _notes(result: Result) -> list[tuple[str, list[str]]]:
    """What was assumed, with the table that it is of; nothing for what is of none."""
    sources = {f"{spectrum.source}: ": Path(spectrum.source).name for spectrum in result.spectra}
    sources["all tables: "] = "all tables"
    found: list[tuple[str, list[str]]] = []
    for note in result.notes:
        ahead = next((source for source in sources if note.startswith(source)), "")
        words, table = printable(note.removeprefix(ahead)), printable(sources.get(ahead, ""))
        if found and found[-1][0] == table:
            found[-1][1].append(words)
        else:
            found.append((table, [words]))
    return found


def _family(family: type[Relaxation]) -> dict[str, Any]:
    return {
        "name": family.name.replace("_", "-"),
        "formula": symbols.html((family.__doc__ or "").strip().splitlines()[0]),
        "symbols": [(symbols.html(q.symbol), q.description) for q in family.parameters()],
    }


def replace_file(path: Path, content: bytes) -> None:
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
