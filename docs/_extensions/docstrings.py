"""Docstrings are written to be read as they are; this makes them reStructuredText, and signatures short."""

import re
import sys
from typing import Any

from sphinx.application import Sphinx

_ROLE = re.compile(r":(func|class|meth|attr|data|mod):`(\w[\w.]*)`")
_BAR = re.compile(r"(``.*?``)|\|")
_REMARK = re.compile(r"(Limits|Source|Beyond the paper): (.+)")
_ARRAY_LIKE = re.compile(r"~?\S*\bArray \| ~?numpy\.ndarray \| .*?\| complex\b")
_ARRAY = re.compile(r"~?numpy\.ndarray\[.*?dtype\[.*?\]\]")


def paragraphs(lines: list[str]) -> list[str]:
    """``Limits: …`` and its like as paragraphs of their own, whose lines may be indented as written."""
    found: list[str] = []
    inside = False
    for line in lines:
        if begins := _REMARK.match(line):
            found += ["", f"**{begins.group(1)}:** {begins.group(2)}"]
        else:
            found.append(line.lstrip() if inside else line)
        inside = bool(begins) or (inside and bool(line.strip()))
    return found


def readable(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Spell out where a short name lives, and keep | from being markup and a colon from being a type."""
    home = getattr(getattr(thing, "fget", thing), "__module__", None)
    names = vars(sys.modules[home]) if home in sys.modules else {}
    package = str(home).rpartition(".")[0]

    def full(match: re.Match[str]) -> str:
        role, short = match.groups()
        first, *inside = short.split(".")
        if first in names and (not inside or isinstance(names[first], type)):
            return f":{role}:`{short} <{home}.{short}>`"
        if inside and f"{package}.{first}" in sys.modules:
            return f":{role}:`{short} <{package}.{short}>`"
        return match.group()

    for index, line in enumerate(lines):
        lines[index] = _ROLE.sub(full, _BAR.sub(lambda m: m.group(1) or "∣", line))
    lines[:] = paragraphs(lines)
    if what in {"attribute", "data", "property"}:
        lines[:0] = ["..", ""]  # napoleon takes what stands before a colon in the first line for a type


def short(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """What JAX takes for an array is ArrayLike, in one word."""

    def said(text: str | None) -> str | None:
        text = text and _ARRAY.sub("~numpy.ndarray", _ARRAY_LIKE.sub("~jax.typing.ArrayLike", text))
        return text and text.replace("<factory>", "...")  # which is no Python

    return said(signature), said(returned)


def setup(app: Sphinx) -> dict[str, bool]:
    """Work before napoleon does."""
    app.connect("autodoc-process-docstring", readable, priority=100)
    app.connect("autodoc-process-signature", short)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
