"""Figures for a paper: every one as PDF and SVG, all or none, and drawn as on the page."""

import os
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from test_report import Page, synthetic, table

import tlsjax as tls
from tlsjax.model.modelfile import _quantities
from tlsjax.report.chain_figure import chain_figures
from tlsjax.report.data_figure import data_figures
from tlsjax.report.hover import MOST_TOLD
from tlsjax.report.pair_figure import _signed, pair_figure
from tlsjax.report.points_figure import points_figure
from tlsjax.report.style import look

EVERY = [q for q in _quantities(None).values() if q.unit]


@pytest.fixture(scope="module")
def result():
    spectra = [
        table("loss", "l.csv", current=(0.0, 1e-5, 4e-5)),
        table("loss", "m.csv", current=(0.0, 1e-5)),
        table("current_noise", "n.csv", f=np.geomspace(1, 1e6, 20), error=False),
    ]
    return synthetic(spectra, "log_uniform")


@pytest.fixture(scope="module")
def files(result, tmp_path_factory):
    return result.figures(tmp_path_factory.mktemp("figures") / "deep" / "in")


def test_every_figure_of_the_report_is_there_twice(result, files, tmp_path):
    result.report(tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    names = [attrs["data-name"] for tag, attrs in page.tags if tag == "figure"]
    assert len(set(names)) == len(names) >= 7
    written = {path.name for path in files}
    assert written == {f"{name}.{ending}" for name in names for ending in ("pdf", "svg")} | {
        "parameters.tex",
        "parameters.csv",
    }
    assert {"data_loss.pdf", "data_loss_2.svg", "data_current_noise.pdf", "relaxation_times.pdf"} <= written
    assert {path.name for path in files[0].parent.iterdir()} == written


def test_they_are_sound_and_print_in_outlines(files):
    pypdf = pytest.importorskip("pypdf")
    for path in files:
        if path.suffix == ".svg":
            root = ET.fromstring(path.read_bytes())
            assert root.attrib["width"] == "489.6pt"
            assert b"fill: #ffffff" in path.read_bytes()
        if path.suffix == ".pdf":
            reader = pypdf.PdfReader(path)
            (one,) = reader.pages
            assert float(one.mediabox.width) == pytest.approx(489.6, abs=0.1)
            for font in one["/Resources"]["/Font"].values():
                assert font.get_object()["/Subtype"] != "/Type3"


def test_same_result_same_files(result, files, tmp_path):
    for path in result.figures(tmp_path):
        assert path.read_bytes() == (files[0].parent / path.name).read_bytes(), path.name


def test_a_folder_that_cannot_be_written_is_one_line(result, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    drawn = []
    monkeypatch.setattr("tlsjax.report.figures.draw", lambda one: drawn.append(one))
    with pytest.raises(tls.InputError, match="cannot be written"):
        result.figures(tmp_path / "taken")
    assert not drawn


def test_no_file_is_left_half_written(result, tmp_path, monkeypatch):
    replace, count = os.replace, [0]

    def fails_later(*paths):
        count[0] += 1
        if count[0] == 4:
            raise OSError(28, "No space left on device")
        replace(*paths)

    monkeypatch.setattr("os.replace", fails_later)
    with pytest.raises(tls.InputError, match="No space left on device"):
        result.figures(tmp_path)
    left = list(tmp_path.iterdir())
    assert len(left) == 3
    for path in left:
        assert path.suffix != ".part"
        assert path.read_bytes().rstrip().endswith((b"%%EOF", b"</svg>"))


def test_the_command_writes_them(result, tmp_path, call):
    result.save(tmp_path / "posterior.nc")
    done = call("report", tmp_path, "--figures", tmp_path / "figures")
    assert done.returncode == 0
    assert "figures" in done.stdout
    assert (tmp_path / "figures" / "profiles.pdf").exists() is result.is_informed
    assert not (tmp_path / "report.html").exists()
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused = call("report", tmp_path, "--figures", tmp_path / "file")
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_points_are_told_where_they_are_drawn(result):
    """The words' places are those of the markers in the SVG."""
    with look():
        (drawing,) = data_figures(result, 0)
    assert len(drawing.points["points"]) == 36
    switches = [words.split() for words, _ in drawing.points["switches"]]
    assert switches == [["I", "=", current, "µA"] for current in ("0", "10", "40")]
    for level in range(3):
        opening = rf'<g id="data_loss-level{level}-points.*?\n   </g>'
        group = re.search(opening, str(drawing.svg), flags=re.DOTALL)
        marks = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"', group[0])
        told = [(x, y) for x, y, _, own, _ in drawing.points["points"] if own == level]
        np.testing.assert_allclose(told, np.array(marks, dtype=float), atol=0.06)


def test_the_words_say_what_the_table_says(result):
    with look():
        (drawing,) = data_figures(result, 0)
    told = drawing.points
    assert told["file"] == "l.csv"
    spectrum = result.spectra[0]
    for *_, words in told["points"]:
        line, current = re.match(r"line (\d+): f = .*Hz, I = ([\d.]+)\N{NO-BREAK SPACE}µA\n", words).groups()
        row = int(line) - 1
        assert float(current) == pytest.approx(1e6 * spectrum.columns["bias_current"][row])
        value = re.search(r"measured \(([\d.]+) ± ([\d.]+)\) × 10([⁻\d⁰¹²³⁴⁵⁶⁷⁸⁹]+)", words)
        power = int(value[3].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
        assert float(value[1]) * 10.0**power == pytest.approx(spectrum.columns["loss"][row], rel=0.02)
        assert float(value[2]) * 10.0**power == pytest.approx(spectrum.columns["loss_err"][row], rel=0.1)
        assert re.search(r"predicted [\d.]+ × 10[⁻\d⁰¹²³⁴⁵⁶⁷⁸⁹]+\nresidual −?[\d.]+ σ$", words)


def test_a_crowd_is_not_told(tmp_path):
    count = MOST_TOLD // 2 + 1
    result = synthetic([table("current_noise", f=np.geomspace(1, 1e6, count), error=False)])
    result.report(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "application/json" not in text.partition("<script>\n")[0]
    assert "Too many points to read each under the pointer." in text


def overlapping(figure):
    """Pairs of texts of a figure that touch, and those that reach into axes that are not their own."""
    every = [
        (axes, text) for axes in figure.axes for text in (*axes.texts, axes.xaxis.label, axes.yaxis.label)
    ]
    boxes = [(axes, text.get_text(), text.get_window_extent()) for axes, text in every if text.get_text()]
    touching = [(a, b) for (_, a, one), (_, b, other) in combinations(boxes, 2) if one.overlaps(other)]
    into = [
        text
        for own, text, box in boxes
        for axes in figure.axes
        if axes is not own and box.overlaps(axes.get_window_extent())
    ]
    return touching + into


@pytest.mark.parametrize("count", [2, 4, 6, 8])
@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_neighbouring_pairs_do_not_touch(monkeypatch, count, seed):
    random = np.random.default_rng(seed)
    quantities = EVERY[:count]
    draws = {}
    for number, quantity in enumerate(quantities):
        centre = random.uniform(0.7, 40.0) * 10.0 ** random.integers(-1, 2) / quantity.shown_factor
        width = (0.02, 0.15, 0.6, 1.5)[(number + seed) % 4]  # from three digits to decades
        draws[quantity.name] = centre * np.exp(width * random.normal(size=(2, 300)))
    monkeypatch.setattr("tlsjax.report.pair_figure.seen_coordinates", lambda result, most: quantities)
    with look():
        figure = pair_figure(SimpleNamespace(draws=draws)).picture.figure
        assert not overlapping(figure)
        numbered = [len(axes.texts) for axes in figure.axes]
    assert sum(numbered) >= 2 * (2 * count - 1) - 2


@pytest.mark.parametrize("share", [6e-4, 0.05])
def test_numbers_of_shares_do_not_touch_the_neighbour(result, share):
    names = [q.name for q in result.quantities][:6]
    count = sum(len(points.rows) for points in result.points)
    found = xr.Dataset(
        {
            "share": (("point", "quantity"), np.full((count, 6), share)),
            "prior_share": ("quantity", np.zeros(6)),
        },
        {"quantity": names},
    )
    with look():
        figure = points_figure(result, found, 0).picture.figure
        assert not overlapping(figure)
    assert figure.axes[1].get_position().y0 == figure.axes[0].get_position().y0


def test_correlations_have_two_decimals():
    assert [_signed(value) for value in (0.0, -0.003, -0.03, 0.5)] == ["0.00", "0.00", "−0.03", "+0.50"]


@pytest.mark.parametrize("record", [{"drawn_by": "weights"}, {"drawn_by": "", "method": "svi"}])
def test_without_chains_none_are_drawn(result, record, tmp_path):
    other = replace(result, record={**result.record, **record})
    assert chain_figures(other) == ()
    if record["drawn_by"]:
        other.report(tmp_path / "r.html")
        assert "<h2>Chains</h2>" not in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_sets_of_particles_are_not_called_chains(result):
    with look():
        drawings = chain_figures(replace(result, record={**result.record, "drawn_by": "smc"}))
    assert "chain" not in drawings[0].caption
    assert "chain" not in drawings[0].picture.alt


def test_on_a_page_no_figure_styles_another(result, files, tmp_path):
    result.report(tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.count("<style") == 1
    assert ".card svg * { stroke-linejoin: round; stroke-linecap: butt; }" in page
    for path in files:
        if path.suffix == ".svg":
            assert b"<style" in path.read_bytes()
