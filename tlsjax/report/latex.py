"""The table of parameters for a paper, as LaTeX."""

import numpy as np

from tlsjax.fitting.result import Result
from tlsjax.quantity import Quantity
from tlsjax.report import latex_text, numbers
from tlsjax.report.style import printable
from tlsjax.report.symbols import symbol_of
from tlsjax.report.tables import Row, data_tables, parameter_rows

_NOTES = {
    "data": ("", ""),
    "prior": (r"~$^{\dagger}$", "not determined by the data alone: the prior has its part"),
    "fixed": (r"~$^{\ddagger}$", "fixed, not inferred"),
}
"""Mark and its note, by where a number comes from."""


def parameter_table(result: Result) -> str:
    """Symbol, meaning, median with its 68 % interval and unit of every reported quantity.

    A ``tabular`` in the style of booktabs, the only package that it needs; it marks what is not the data's.
    """
    rows = sorted(parameter_rows(result), key=lambda row: list(_NOTES).index(row.origin))
    known = {quantity.name: quantity for quantity in result.quantities}
    files = ", ".join(dict.fromkeys(table.file for table in data_tables(result)))
    version = result.record.get("versions", {}).get("tlsjax", "")
    marked = [_NOTES[key] for key in ("prior", "fixed") if any(row.origin == key for row in rows)]
    note = "; ".join(f"{mark.removeprefix('~')}~{words}" for mark, words in marked)
    doubt = () if result.verdict.ok else ("NOT TRUSTED: this fit did not pass its checks.",)
    notes = [*(rf"\textbf{{{words}}}" for words in doubt), *([note] if note else [])]
    return "\n".join(
        [
            *(f"% {words} {reason}" for words in doubt for reason in map(printable, result.verdict.reasons)),
            f"% Fit of {files} by tlsjax {version}, seed {result.seed}: median and 68 % interval.",
            r"% Needs \usepackage{booktabs}",
            r"{\renewcommand{\arraystretch}{1.25}%",  # else the intervals of neighbouring rows touch
            r"\begin{tabular}{@{}lp{0.36\linewidth}ll@{}}",
            r"\toprule",
            r"Symbol & Meaning & Median (68\,\%) & Unit \\",
            r"\midrule",
            *(_line(result, known[row.name], row) for row in rows),
            r"\bottomrule",
            *(rf"\multicolumn{{4}}{{@{{}}l}}{{\footnotesize {words}}} \\" for words in notes),
            r"\end{tabular}}",
            "",
        ]
    )


def _line(result: Result, quantity: Quantity, row: Row) -> str:
    symbol, meaning = _named(quantity)
    draws = result.draws[quantity.name].reshape(-1) * quantity.shown_factor
    value = _value(draws) + _NOTES[row.origin][0]
    unit = latex_text.unit(quantity.shown_unit or quantity.unit)
    return rf"${symbol}$ & {meaning} & {value} & {unit} \\"


def _named(quantity: Quantity) -> tuple[str, str]:
    """Symbol and meaning; the name of a device or table that they hold is nobody's formula."""
    symbol, meaning = symbol_of(quantity), quantity.description
    owner = quantity.name.partition("[")[2].removesuffix("]")
    if not owner:
        return latex_text.math(symbol), latex_text.text(meaning)
    told = latex_text.plain(printable(owner))
    return (
        rf"{latex_text.math(symbol.removesuffix(f'({owner})'))}(\mbox{{{told}}})",
        f"{latex_text.text(meaning.removesuffix(owner))}{told}",
    )


def _value(draws: np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    low, median, high = (float(q) for q in np.quantile(draws, (0.16, 0.5, 0.84)))
    if high == low or not np.isfinite(high - low):
        return f"${latex_text.math(numbers.significant(median, 4))}$"
    text, above, below, exponent = numbers.asymmetric(median, low, high)
    times = rf" \times 10^{{{exponent}}}" if exponent else ""
    return f"${text}^{{+{above}}}_{{-{below}}}{times}$".replace("−", "-")
