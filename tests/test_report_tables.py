"""Tables of parameters for a paper: LaTeX that compiles anywhere, and the same numbers as CSV."""

import base64
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser
from test_report import HOSTILE, Page, synthetic, table

from tlsjax.model.modelfile import _quantities
from tlsjax.model.parameters import COMBINATIONS, of_device
from tlsjax.report import latex_text, numbers, symbols
from tlsjax.report.elasticity_figure import elasticity_map
from tlsjax.report.latex import _named, parameter_table
from tlsjax.report.style import printable

EVERY = [*_quantities(None).values(), *COMBINATIONS]


@pytest.fixture(scope="module")
def result():
    return synthetic([table(), table("current_noise", "n.csv", f=np.geomspace(1, 1e6, 20), error=False)])


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "r.html"
    result.report(path)
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("symbol", "written"),
    [
        ("ω*", r"\omega^{*}"),
        ("ω*²", r"\omega^{*2}"),
        ("λ_F", r"\lambda_\mathrm{F}"),
        ("τ₁", r"\tau_{1}"),
        ("ω_c/2π", r"\omega_\mathrm{c}/2\pi"),
        ("A_wω_c²", r"A_\mathrm{w}\omega_\mathrm{c}^{2}"),
        ("τ̄", r"\bar{\tau}"),
        ("F tanδ₀", r"F\ \tan\delta_{0}"),
        ("τ^(−p)", r"\tau^{-p}"),
        ("I_*", "I_{*}"),
        ("√η", r"\sqrt{\eta}"),
        ("δf/f", r"\delta f/f"),
    ],
)
def test_symbols_become_math(symbol, written):
    assert latex_text.math(symbol) == written


@pytest.mark.parametrize("quantity", EVERY, ids=lambda quantity: quantity.name)
def test_every_parameter_is_ascii_and_sound_math(quantity):
    unit = latex_text.unit(quantity.shown_unit or quantity.unit)
    symbol, meaning = _named(quantity)
    line = f"${symbol}$ {meaning} {unit}"
    assert line.isascii()
    for formula in re.findall(r"\$(.*?)\$", line):
        MathTextParser("path").parse(f"${formula}$")
    assert "\\\\" not in line


@pytest.mark.parametrize(
    ("words", "escaped"),
    [
        (r"50% of \frac{a_b}", r"50\% of \textbackslash{}frac\{a\_b\}"),
        ("& $x$ #1~^", r"\& \$x\$ \#1\textasciitilde{}\textasciicircum{}"),
        ("Ω-film", r"$\Omega$-film"),
        ("\N{REPLACEMENT CHARACTER}", "?"),
    ],
)  # fmt: skip
def test_names_are_escaped(words, escaped):
    assert latex_text.plain(words) == escaped


@pytest.mark.parametrize("device", ["chip_1", "a&b", "x^2 ω_c", "50 %", "τ₁"])
def test_a_device_is_nobodys_formula(device):
    quantity = of_device(next(q for q in EVERY if q.name == "omega_star"), device)
    symbol, meaning = _named(quantity)
    assert symbol == rf"\omega^{{*}}/2\pi(\mbox{{{latex_text.plain(device)}}})"
    assert meaning.endswith(f", of {latex_text.plain(device)}")


@pytest.mark.parametrize(
    ("numbers_in", "shown"),
    [
        ((1.234, 1.19, 1.275), ("1.23", "0.04", "0.04", 0)),
        ((1.9038e-12, 1.69e-12, 2.32e-12), ("1.90", "0.42", "0.21", -12)),
        ((-0.5, -0.62, -0.41), ("−0.50", "0.09", "0.12", 0)),
        ((123456.0, 120000.0, 127000.0), ("1.235", "0.035", "0.035", 5)),
        ((2.0, 2.0, 2.5), ("2.0", "0.5", "0.0", 0)),
    ],
)
def test_ways_to_both_ends_have_the_digits_of_the_shorter(numbers_in, shown):
    assert numbers.asymmetric(*numbers_in) == shown


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (6.12e-7, 0.31e-7, "(6.12 ± 0.31) × 10⁻⁷"),
        (14.653, 0.45, "14.7 ± 0.5"),
        (-0.5, 0.11, "−0.50 ± 0.11"),
        (2.0, 0.0, "2.000"),
    ],
)
def test_a_value_has_the_digits_of_its_error(value, error, shown):
    assert numbers.plus_minus(value, error) == shown


def test_the_table_has_every_parameter_with_its_numbers_and_marks(result):
    text = parameter_table(result)
    known = {quantity.name: quantity for quantity in result.quantities}
    rows = [line for line in text.splitlines() if line.count(" & ") == 3][1:]
    assert len(rows) == len(known) - 1  # the scatter that was switched off
    assert text.count(r"$^{\dagger}$ &") == 4
    assert "the prior has its part" in text
    nu = known["omega_c"]
    row = next(line for line in rows if rf"${latex_text.math(symbols.symbol_of(nu))}$" in line)
    found = re.search(r"\$(-?[\d.]+)\^\{\+([\d.]+)\}_\{-([\d.]+)\}", row)
    low, median, high = np.quantile(result.draws["omega_c"], (0.16, 0.5, 0.84)) * nu.shown_factor
    digit = 10.0 ** -len(found[1].partition(".")[2])
    told = [float(group) for group in found.groups()]
    np.testing.assert_allclose(told, [median, high - median, median - low], rtol=0, atol=0.51 * digit)


def test_rows_have_room_and_the_room_ends_with_the_table(result):
    lines = parameter_table(result).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(r"\begin{tabular}"))
    assert lines[begin - 1] == r"{\renewcommand{\arraystretch}{1.25}%"
    assert lines[-1] == r"\end{tabular}}"


def test_the_page_carries_both_tables(result, page):
    links = {a["download"]: a["href"] for tag, a in page.tags if tag == "a" and "download" in a}
    contents = {n: base64.b64decode(href.partition(",")[2]) for n, href in links.items()}
    assert contents["parameters.tex"].decode() == parameter_table(result)
    assert contents["parameters.csv"].decode() == result.summary().to_csv(index_label="name")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here to compile the table")
def test_the_table_compiles(result, tmp_path):
    hostile = (replace(one, source=name) for one, name in zip(result.spectra, HOSTILE[2:], strict=True))
    text = parameter_table(replace(result, spectra=tuple(hostile)))
    names = [latex_text.plain(printable(name)) for name in (*HOSTILE, "Ω & τ₁ °")]
    symbols_and_words = [f"${symbol}$ {words}" for symbol, words in map(_named, EVERY)]
    units = [latex_text.unit(q.shown_unit or q.unit) for q in EVERY]
    begin = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    whole = "\n\n".join([begin, text, *names, *symbols_and_words, *units, "\\end{document}"])
    (tmp_path / "t.tex").write_text(whole, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_powers_are_raised_on_the_page():
    assert symbols.html("T₀ ∝ s(ln n_c)^0.216.") == "T₀ ∝ s(ln n<sub>c</sub>)<sup>0.216</sup>."
    assert symbols.html("τ^{k−1}e^{−τ/θ}, τ^(−p), <^2") == (
        "τ<sup>k−1</sup>e<sup>−τ/θ</sup>, τ<sup>−p</sup>, &lt;<sup>2</sup>"
    )


def test_a_fit_of_one_device_of_a_file_has_its_elasticities():
    """Its table has a device, the model has none."""
    result = synthetic([table()])
    named = tuple(replace(spectrum, device="RES-1") for spectrum in result.spectra)
    found = elasticity_map(replace(result, spectra=named), 0)
    np.testing.assert_array_equal(found.values, elasticity_map(result, 0).values)
