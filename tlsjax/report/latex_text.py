"""Symbols, units and words as LaTeX that needs no package: ``ω_c²`` → ``\\omega_\\mathrm{c}^{2}``."""

import re

from tlsjax.report.numbers import LOWERED, RAISED

_MATH = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\epsilon", "ζ": r"\zeta",
    "η": r"\eta", "θ": r"\theta", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu", "µ": r"\mu", "ν": r"\nu",
    "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "φ": r"\phi", "χ": r"\chi",
    "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta", "Λ": r"\Lambda", "Σ": r"\Sigma",
    "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "ℓ": r"\ell", "·": r"\cdot", "×": r"\times", "±": r"\pm",
    "∝": r"\propto", "≪": r"\ll", "∥": r"\parallel", "⟨": r"\langle", "⟩": r"\rangle", "½": r"\frac{1}{2}",
    "⅓": r"\frac{1}{3}", "−": "-", "°": r"^{\circ}", "%": r"\%", "□": r"_\mathrm{sq}",
    "∞": r"\infty", "≤": r"\leq", "≥": r"\geq", "–": "-", " ": r"\ ",
}  # fmt: skip
_PLAIN = {raised: plain for plain, raised in zip("-0123456789", RAISED, strict=True)}
_PLAIN |= {lowered: plain for plain, lowered in zip("0123456789", LOWERED, strict=True)}
_FUNCTIONS = ("tan", "ln", "coth", "exp", "tanh", "sinh", "log", "max", "min")
_TOKEN = re.compile(
    rf"(?P<bar>.)\u0304|√(?P<root>.)|_(?P<index>[A-Za-z0-9*]+)|(?P<up>[*{RAISED}]+)|\^\((?P<power>[^)]*)\)|\^(?P<digits>-?\d+)"
    rf"|(?P<down>[{LOWERED}]+)|(?P<word>tan|coth|exp|ln|[A-Za-z]{{3,}})|(?P<one>.)",
    re.DOTALL,
)
_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''", "–": "--", "×": r"$\times$",
    "\N{NO-BREAK SPACE}": "~",
}  # fmt: skip
_MATHS = "√" + "".join(letter for letter in _MATH if not letter.isascii() and letter not in "–×µ°")
_FORMULA = re.compile(rf"[{_MATHS}{RAISED}{LOWERED}\u0304]|(?<![A-Za-z]{{2}})_[A-Za-z0-9*]")
"""Of a word that is none."""


def math(symbol: str) -> str:
    """A symbol or short formula, to stand between dollars."""
    parts = [_token(match) for match in _TOKEN.finditer(symbol)]
    # a command's name ends at the first character that is no letter
    return "".join(
        part + " " if re.search(r"\\[A-Za-z]+$", part) and after[:1].isalpha() else part
        for part, after in zip(parts, [*parts[1:], ""], strict=True)
    )


def _token(match: re.Match[str]) -> str:
    kind, text = match.lastgroup or "", match[match.lastgroup or 0]
    match kind:
        case "bar":
            return rf"\bar{{{math(text)}}}"
        case "root":
            return rf"\sqrt{{{math(text)}}}"
        case "index":
            return "_{*}" if text == "*" else rf"_\mathrm{{{text}}}"
        case "up":
            return f"^{{{_plain(text)}}}"
        case "down":
            return f"_{{{_plain(text)}}}"
        case "power" | "digits":
            return f"^{{{math(text)}}}"
        case "word":
            return f"\\{text}" if text in _FUNCTIONS else rf"\mathrm{{{text}}}"
    return _MATH.get(text) or _ESCAPED.get(text, text)


def _plain(digits: str) -> str:
    return "".join(_PLAIN.get(digit, digit) for digit in digits)


def unit(written: str) -> str:
    """A unit, upright, as math between dollars; empty where there is none."""
    if written in ("", "1"):
        return ""
    inner = math(written.replace("ohm", "Ω").replace(" ", "\N{THIN SPACE}"))
    inner = re.sub(r"\\mathrm\{(\w+)\}", r"\1", inner).replace("\N{THIN SPACE}", r"\,")
    return rf"$\mathrm{{{inner}}}$"


def text(words: str) -> str:
    """Words, with what LaTeX would take for a command escaped, and formulas among them as math."""
    return " ".join(_word(word) for word in words.split(" "))


def _word(word: str) -> str:
    inner = word.rstrip(",:;.")
    if not _FORMULA.search(word) and not (len(inner) == 1 and inner.isupper()):
        return plain(word)
    return f"${math(inner)}${word[len(inner) :]}"


def plain(words: str) -> str:
    """Words as they are, nothing among them taken for a formula: names of files and devices."""
    return "".join(_ESCAPED.get(letter) or _letter(letter) for letter in words)


def _letter(letter: str) -> str:
    """A Greek letter or a raised or lowered digit as math; what was no letter at all as a question mark."""
    if letter == "\N{REPLACEMENT CHARACTER}":
        return "?"
    known = not letter.isascii() and (letter in _MATH or letter in _PLAIN)
    return f"${math(letter)}$" if known else letter
