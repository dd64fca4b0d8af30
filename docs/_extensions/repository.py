"""Pages that are read on the repository's own site as well: their links, and their formulas $`…`$."""

import re
from pathlib import Path

from sphinx.application import Sphinx

PAGES = {
    "README.md": "quick-start.md",
    "benchmarks/README.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
_LINK = re.compile(r"\]\((?:\.\./)*(docs/|)((?:benchmarks/)?[\w-]+\.md)((?:#[^)]*)?)\)")
_FORMULA = re.compile(r"\$`(.*?)`\$")
_NAME = re.compile(r"(?<!`)`(tlsjax\.\w+\.[\w.]+)`")


def adapted(text: str) -> str:
    """The same page for this site; ``/`` begins a path from its root."""

    def link(match: re.Match[str]) -> str:
        within, target, anchor = match.groups()
        return f"](/{target if within else PAGES.get(target, target)}{anchor})"

    return _FORMULA.sub(r"$\1$", _LINK.sub(link, text))


def _page(app: Sphinx, name: str, content: list[str]) -> None:
    content[0] = adapted(content[0])
    if name == "equations":
        content[0] = _NAME.sub(r"{py:obj}`\1`", content[0])


def _included(app: Sphinx, path: Path, parent: str, content: list[str]) -> None:
    content[0] = adapted(content[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Adapt every page and every file that a page includes."""
    app.connect("source-read", _page)
    app.connect("include-read", _included)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
