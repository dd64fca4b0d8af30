"""Formulas as drawings, made at build time: pages load no script and no font from anywhere."""

from html import escape
from typing import Any

import ziamath
from docutils import nodes
from sphinx.application import Sphinx

ziamath.config.svg2 = False  # every drawing whole: identifiers of one would be those of all
ziamath.config.precision = 2
ziamath.config.math.color = "currentColor"
SIZE = 17


def drawn(tex: str, *, inline: bool) -> str:
    """A formula in the colour of the text around it, on its line."""
    several = not inline and "\\\\" in tex and r"\begin" not in tex
    source = rf"\begin{{aligned}}{tex}\end{{aligned}}" if several else tex
    small = inline and r"\displaystyle" not in tex
    formula = ziamath.Latex(source.replace(r"\displaystyle", ""), size=SIZE, inline=small)
    about = f'role="img" aria-label="{escape(tex.strip())}" style="vertical-align:{formula.getyofst():.2f}px"'
    return formula.svg().replace("<svg ", f"<svg {about} ", 1)


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(f'<span class="formula">{drawn(node.astext(), inline=True)}</span>')
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="formula">{drawn(node.astext(), inline=False)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer under the name ``drawn``."""
    app.add_html_math_renderer("drawn", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
