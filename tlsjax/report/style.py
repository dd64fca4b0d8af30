"""How figures look, and how they become SVG inside a page."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

WIDTH = 6.8
"""Width of every figure, inches: the text width of an A4 page."""

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000",
)  # fmt: skip
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, BLACK)
"""Okabe and Ito, without the yellow that white paper swallows."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#8a8a8a"
FAINT = "#d9d9d9"

_LOOK = {
    "font.family": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.0,
    "errorbar.capsize": 0.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "tlsjax",
    # letters as outlines of the font, not as bitmaps, which journals refuse
    "pdf.fonttype": 42,
}
# The rest is matplotlib's default, whatever the user's own matplotlibrc says; these are not about looks.
_NO_DATE = {
    "png": {"Software": None},
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
}
"""Metadata without what would differ from day to day, by the ending of a file's name."""
_NOT_LOOKS = ("backend", "interactive", "toolbar", "timezone", "date.epoch", "webagg", "docstring")


@dataclass(frozen=True)
class Picture:
    """A figure with what a page or a file of its own asks of it.

    Attributes:
        figure: what is drawn.
        name: an identifier, unique on a page: name of the file, and ahead of inner references.
        alt: what it shows, for those who don't see it; plain text.
    """

    figure: Figure
    name: str
    alt: str

    @cached_property
    def svg(self) -> Markup:
        """As an element of a page, drawn when first asked for."""
        text = self.content("svg", dpi=160).decode("utf-8")
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        # it would hold for the whole page; report.css says it for figures, report.js for those saved
        text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
        text = re.sub(r'\bid="', f'id="{self.name}-', text)
        text = text.replace('href="#', f'href="#{self.name}-').replace("url(#", f"url(#{self.name}-")
        width, height = self.figure.get_size_inches()
        style = f"--w:{width:.2f};--h:{height:.2f}"
        head = f'<svg role="img" aria-label="{escape(printable(self.alt))}" style="{style}"'
        text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
        text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
        return Markup(f"{head} {text.removeprefix('<svg').strip()}")

    def content(self, ending: str, *, dpi: float = 300) -> bytes:
        """As a file.

        Args:
            ending: of the file's name: ``svg``, ``pdf`` or ``png``.
            dpi: of what is drawn as a bitmap, as large clouds of points are.
        """
        buffer = io.BytesIO()
        with look():
            self.figure.savefig(buffer, format=ending, dpi=dpi, metadata=_NO_DATE[ending])
        return buffer.getvalue()


@dataclass(frozen=True)
class Drawing:
    """A finished figure.

    Attributes:
        picture: the drawing.
        caption: how to read it, one sentence or two.
        heading: what it shows; may hold a user's file name, plain text.
        points: what is said of single points under the pointer, and which curves can be switched, as plain
            data for the page's script; empty where nothing is.
    """

    picture: Picture
    caption: str
    heading: str = ""
    points: Mapping[str, Any] = field(default_factory=dict)

    @property
    def svg(self) -> Markup:
        """The drawing, to stand inside a page."""
        return self.picture.svg


@contextmanager
def look() -> Iterator[None]:
    """The style of all figures, for as long as they are drawn."""
    default = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith(_NOT_LOOKS)}
    with mpl.rc_context({**default, **_LOOK}), warnings.catch_warnings():
        # a file's name in letters that the font has not is drawn as boxes
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        yield


def new_figure(height: float) -> Figure:
    """An empty figure of the common width; height in inches."""
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasSVG(figure)
    return figure


def grid(
    figure: Figure,
    rows: int,
    columns: int,
    *,
    left: float,
    right: float,
    bottom: float,
    top: float,
    across: float = 0.0,
    down: float = 0.0,
) -> GridSpec:
    """Places for axes; margins and the gaps between axes in inches.

    Searching for margins by drawing, as matplotlib's layouts do, would take longer than the drawing.
    """  # fmt: skip
    width, height = figure.get_size_inches()
    cell = (
        (width - left - right - (columns - 1) * across) / columns,
        (height - top - bottom - (rows - 1) * down) / rows,
    )
    return figure.add_gridspec(
        rows, columns, left=left / width, right=1 - right / width, bottom=bottom / height,
        top=1 - top / height, wspace=across / cell[0], hspace=down / cell[1],
    )  # fmt: skip


def name_axes(axes: Axes, *, x: str = "", y: str = "", below: float = 0.27, beside: float = 0.42) -> None:
    """Labels of the axes, their distance from them in inches: so that they align over a column or row."""
    inch = axes.get_figure(root=True).dpi  # type: ignore[union-attr]
    width, height = (side / inch for side in axes.bbox.size)
    if x:
        axes.set_xlabel(x)
        axes.xaxis.set_label_coords(0.5, -below / height)
    if y:
        axes.set_ylabel(y)
        axes.yaxis.set_label_coords(-beside / width, 0.5)


def width_of(text: Text) -> float:
    """Width of drawn text, inches."""
    width, _, _ = text_to_path.get_text_width_height_descent(
        text.get_text(), text.get_fontproperties(), False
    )
    return float(width) / 72


def printable(text: str) -> str:
    """Without control characters, which neither XML nor a reader can take; spaces that do not break stay."""
    spaces = ("\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}")
    return "".join(c if c.isprintable() or c in spaces else "\N{REPLACEMENT CHARACTER}" for c in text)
