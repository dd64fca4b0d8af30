"""The report: complete, self-contained, safe against hostile names, and readable in a browser."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import equinox as eqx
import jax
import numpy as np
import pytest

import tlsjax as tls
from tlsjax.fitting.inference_data import build_tree
from tlsjax.fitting.result import Result
from tlsjax.model.defaults import build_model
from tlsjax.model.observation import observe
from tlsjax.model.parameters import COMBINATIONS, combine
from tlsjax.model.points import fitted_points
from tlsjax.report import numbers, symbols
from tlsjax.report.series import layout

HOSTILE = (
    "<script>alert(1)</script>.csv",
    "a_b$c$.csv",
    'x" onload="alert(2)".csv',
    "\\frac{1}{\x1b[31m.csv",
)
CHAINS, DRAWS = 2, 150
MANY = np.linspace(1e-6, 4e-5, 15)
TRUTH = {
    "nu": 1e37, "lambda_f": 5e-10, "omega_star": 2 * np.pi * 12e9, "eta": 1.5,
    "tau": 1e-10, "tau_min": 2e-12, "tau_max": 5e-3, "exponent": 1.1, "median": 1e-9, "width": 2.0,
    "conductivity_scatter": 0.05, "loss_scatter": 0.05, "current_noise_scatter": 0.05,
}  # fmt: skip


conductivity = eqx.filter_jit(tls.conductivity)


@eqx.filter_jit
def combinations(values, model, window):
    return jax.vmap(lambda one: combine(one, model.relaxation(one), window))(values)


def synthetic(spectra, relaxation="single", *, ok=True, unidentified=("nu", "omega_star", "eta", "lambda_f")):
    """A result as a fit leaves it, its draws scattered by hand around the truth: nothing is sampled."""
    random = np.random.default_rng(5)
    family = tls.Relaxation.families[relaxation]
    model, notes = build_model(spectra, family=family)
    points = fitted_points(spectra)
    names = [q.name for q in model.quantities]

    def draws(count, spread):
        values = {
            n: TRUTH[n] * np.exp(spread * random.normal(size=count))
            if n in model.free
            else np.full(count, float(model.priors[n].value))
            for n in names
        }
        values["amplitude"] = values["nu"] * (1.602176634e-19 * values["lambda_f"]) ** 2
        values["omega_c"] = np.sqrt(values["eta"]) * values["omega_star"]
        window = np.array([1e-11, 1e-3])
        more = combinations(values, model, window)
        return values | {name: np.asarray(x) for name, x in more.items()}

    after, before = draws(CHAINS * DRAWS, 0.05), draws(500, 1.0)
    first = {name: x[0] for name, x in after.items()}
    filled, observed = [], {}
    for p in points:
        o = observe(spectra[p.table], p, model.view)
        mean = np.asarray(
            o.scale
            * conductivity(
                o.omega,
                nu=first["nu"],
                lambda_f=first["lambda_f"],
                omega_star=first["omega_star"] * o.current_ratio,
                eta=first["eta"],
                relaxation=model.relaxation(first),
                angle=o.angle,
            )
        )
        measured = mean * (1 + 0.05 * random.normal(size=len(mean)))
        columns = {**spectra[p.table].columns, p.quantity: measured}
        if f"{p.quantity}_err" in columns:
            columns[f"{p.quantity}_err"] = 0.05 * mean
        filled.append(tls.Spectrum(columns, spectra[p.table].constants, spectra[p.table].source))
        observed[len(observed)] = (measured, mean)
    by_index = {f"observation_{i}": mean for i, (_, mean) in observed.items()}
    tree = build_tree(
        {
            "posterior": {n: x.reshape(CHAINS, DRAWS) for n, x in after.items()},
            "prior": {n: x[None] for n, x in before.items()},
            "posterior_predictive": {
                n: mean * (1 + 0.05 * random.normal(size=(CHAINS, DRAWS, len(mean))))
                for n, mean in by_index.items()
            },
        }
    )
    label = f"conductivity ({spectra[0].source})"
    record = {
        "seed": 7,
        "method": "auto",
        "sampler": {"chains": CHAINS, "warmup": 100, "draws": DRAWS},
        "notes": [f"{spectra[0].source}: taken as it is", *notes],
        "checks": [
            {"name": "R̂", "figure": "1.0010 at most (nu)", "ok": True, "reason": ""},
            {
                "name": f"scatter of {label}",
                "figure": "p = 0.000",
                "ok": ok,
                "reason": f"{label} scatters too much",
            },
        ],
        "identified": {q.name: q.name not in unidentified for q in (*model.quantities, *COMBINATIONS)},
        "elpd_loo": {"estimate": 12.3, "se": 4.5, "pareto_k_above_0.7": 0 if ok else 3},
        "versions": {"tlsjax": "0.1.0"},
        "parameters": {
            n: {"rhat": 1.001, "ess_bulk": 500.0, "ess_tail": 400.0}
            if np.ptp(x)
            else dict.fromkeys(("rhat", "ess_bulk", "ess_tail"))
            for n, x in after.items()
        },
    }
    return Result(tree, model, tuple(filled), record)


def table(quantity="conductivity", source="t.csv", *, f=None, current=(1e-5, 4e-5), error=True, **more):
    """Conditions of every combination; the measured column is filled in by :func:`synthetic`."""
    f = np.geomspace(1e8, 1e10, 12) if f is None else np.atleast_1d(f)
    grids = np.meshgrid(f, current, *more.values(), indexing="ij")
    names = ["frequency", "bias_current", *more]
    columns = {n: g.ravel() for n, g in zip(names, grids, strict=True)}
    columns[quantity] = np.ones(columns["frequency"].size)
    if error:
        columns[f"{quantity}_err"] = np.ones(columns["frequency"].size)
    constants = {
        "loss": {"kinetic_inductance": 5e-11, "kinetic_fraction": 0.9},
        "current_noise": {"width": 2e-6, "length": 2e-4, "temperature": 0.05},
    }.get(quantity, {})
    constants = {k: v for k, v in constants.items() if k not in more}
    return tls.Spectrum(columns, constants, source)


class Page(HTMLParser):
    """Elements and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self):
        return " ".join("".join(self.text).split())


def drawings(text):
    return re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)


def data_drawings(text):
    return [svg for svg in drawings(text) if re.search(r'id="data_', svg)]


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")

    def one(result, name):
        path = folder / f"{name}.html"
        result.report(path)
        return path

    return one


@pytest.fixture(scope="module")
def joint(write):
    spectra = [
        table("conductivity"),
        table("loss", "l.csv", current=(0.0, 1e-5, 4e-5)),
        table("current_noise", "n.csv", f=np.geomspace(1, 1e6, 20), error=False),
    ]
    result = synthetic(spectra, "log_uniform")
    return result, write(result, "joint")


@pytest.fixture(scope="module")
def hostile(write):
    spectra = [table(source=name) for name in HOSTILE]
    result = synthetic(spectra, ok=False)
    return result, write(result, "hostile")


def test_every_observation_has_a_figure_that_says_what_it_is(joint):
    result, path = joint
    found = data_drawings(path.read_text(encoding="utf-8"))
    assert len(found) == len(result.points) == 3
    for label, svg in zip(result.labels, found, strict=True):
        assert label in ET.fromstring(svg).attrib["aria-label"]


def test_every_figure_is_xml_with_alt_text_caption_and_own_ids(joint):
    _, path = joint
    text = path.read_text(encoding="utf-8")
    found = drawings(text)
    assert len(found) >= 7
    seen = set()
    for svg in found:
        root = ET.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 30
        ids = [e.attrib["id"] for e in root.iter() if "id" in e.attrib]
        assert len(ids) == len(set(ids))
        assert not seen & set(ids)
        seen |= set(ids)
        for use in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg):
            assert next(filter(None, use)) in ids
    assert text.count("<figure data-name=") == text.count("<figcaption>") == len(found)


def test_all_parameters_appear_with_their_origin(joint):
    result, path = joint
    text = path.read_text(encoding="utf-8")
    for quantity in result.quantities:
        present = f"<code>{quantity.name}</code>" in text
        switched_off = quantity.name in ("conductivity_scatter", "loss_scatter")
        assert present is not switched_off, quantity.name
    words = Page(text).words
    assert words.count("○ prior too") == 4
    assert words.count("● from the data") == sum(result.identified.values()) - 2
    assert "fractional scatter is inferred" in words


def test_verdict_is_in_words_before_any_number(joint, hostile):
    for (result, path), said, other in (
        (joint, "✓ This fit can be trusted", "Do not trust this fit"),
        (hostile, "✗ Do not trust this fit", "This fit can be trusted"),
    ):
        words = Page(path.read_text(encoding="utf-8")).words
        assert said in words
        assert other not in words
        assert words.index(said) < words.index("Parameters")
        for reason in result.verdict.reasons:
            assert reason in words or "\x1b" in reason


def test_unreliable_elpd_is_said(joint, hostile):
    assert "Pareto k̂ above 0.7 at 3 points" in Page(hostile[1].read_text(encoding="utf-8")).words
    assert "Pareto k̂ below 0.7 at every point" in Page(joint[1].read_text(encoding="utf-8")).words


def test_hostile_names_stay_text(hostile):
    _, path = hostile
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert not [attrs for tag, attrs in page.tags if tag in ("iframe", "object", "img")]
    scripts = [attrs for tag, attrs in page.tags if tag == "script"]
    assert scripts == [{"type": "application/json"}] * len(HOSTILE) + [{}]
    assert not [a for _, attrs in page.tags for a in attrs if a.startswith("on")]
    assert "<script>alert(1)</script>.csv" in page.words
    assert "a_b$c$.csv" in page.words
    assert "\x1b" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    assert len(data_drawings(text)) == len(HOSTILE)
    for svg in drawings(text):
        ET.fromstring(svg)


def test_tables_of_one_name_are_told_apart(write):
    result = synthetic([table(f=5e9, source=f"{folder}/data.csv") for folder in ("left", "right")])
    words = Page(write(result, "folders").read_text(encoding="utf-8")).words
    assert "fit of left/data.csv, right/data.csv" in words


def test_nothing_comes_from_elsewhere(joint):
    _, path = joint
    text = path.read_text(encoding="utf-8")
    for tag, attrs in Page(text).tags:
        assert tag not in ("link", "img", "base", "iframe")
        assert tag != "script" or "src" not in attrs
        for name, value in attrs.items():
            if name in ("src", "href", "xlink:href"):
                assert value.startswith(("#", "data:"))
    assert not re.search(r"url\((?!#)", text)
    assert "@import" not in text
    assert path.stat().st_size < 4e6


def test_styles_for_the_dark_and_for_paper(joint):
    text = joint[1].read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "break-inside: avoid" in text


def test_model_and_seed_are_there_to_repeat_it(joint):
    result, path = joint
    words = Page(path.read_text(encoding="utf-8")).words
    assert "seed=7, chains=2, warmup=100, draws=150" in words
    assert "--seed 7 --chains 2 --warmup 100 --draws 150" in words
    for quantity in result.model.quantities:
        assert f"[priors.{quantity.name}]" in words


def test_same_result_same_file_whatever_the_user_set(joint, tmp_path):
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 3.0, "text.usetex": True}):
        before = dict(mpl.rcParams)
        joint[0].report(tmp_path / "r.html")
        assert dict(mpl.rcParams) == before
    assert (tmp_path / "r.html").read_bytes() == joint[1].read_bytes()


def test_matplotlib_waits_and_pyplot_is_never_touched():
    code = (
        "import sys, tlsjax.report; assert 'matplotlib' not in sys.modules;"
        "import tlsjax.report.write; assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_failed_report_leaves_the_old_one(tmp_path, monkeypatch):
    result = CASES["one_point"]()
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        result.report(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("spectrum", "x", "colour", "levels", "panels"),
    [
        (table(), "frequency", "bias_current", 2, 1),
        (table(f=5e9, current=np.linspace(0, 4e-5, 30)), "bias_current", None, 0, 1),
        (table(f=[4e9, 6e9], current=np.linspace(-4e-5, 4e-5, 21)), "bias_current", "frequency", 2, 1),
        (table(current=MANY, f=np.geomspace(1e8, 1e10, 25)), "frequency", "bias_current", 15, 1),
        (table(angle=np.array([0.0, np.pi / 2])), "frequency", "bias_current", 2, 2),
        (table(f=5e9, current=[1e-5], temperature=np.linspace(0.01, 0.5, 9)), "temperature", None, 0, 1),
    ],
)  # fmt: skip
def test_layout_follows_what_was_swept(spectrum, x, colour, levels, panels):
    arranged = layout(spectrum, fitted_points([spectrum])[0])
    assert (arranged.x, arranged.colour) == (x, colour)
    assert (len(arranged.levels), len(arranged.panels)) == (levels, panels)
    rows = np.concatenate([c.rows for p in arranged.panels for c in p.curves])
    assert sorted(rows) == list(range(len(spectrum)))


def test_read_back_noise_makes_no_conditions():
    spectrum = table()
    random = np.random.default_rng(0)
    columns = dict(spectrum.columns)
    columns["bias_current"] = columns["bias_current"] * (1 + 1e-3 * random.normal(size=len(spectrum)))
    columns["temperature"] = 0.05 * (1 + 5e-3 * random.normal(size=len(spectrum)))
    noisy = tls.Spectrum(columns, {}, "t.csv")
    arranged = layout(noisy, fitted_points([noisy])[0])
    assert (arranged.x, arranged.colour, len(arranged.levels)) == ("frequency", "bias_current", 2)
    assert len(arranged.panels) == 1


CASES = {
    "one_point": lambda: synthetic([table(f=5e9, current=[4e-5])]),
    "many_currents": lambda: synthetic([table(current=np.linspace(0, 4e-5, 15))]),
    "bias_sweep": lambda: synthetic([table("loss", f=5e9, current=np.linspace(-4e-5, 4e-5, 31))]),
    "six_angles": lambda: synthetic([table(angle=np.linspace(0, np.pi / 2, 6))], "log_normal"),
    "no_bias": lambda: synthetic([table(current=[0.0])], "power_law"),
    "no_uncertainty": lambda: synthetic([table(error=False)]),
    "temperatures": lambda: synthetic(
        [table("current_noise", f=np.geomspace(1, 1e6, 20), temperature=np.array([0.02, 0.1, 0.4]))]
    ),
    "crowd": lambda: synthetic([table("current_noise", f=np.geomspace(1, 1e6, 8000), error=False)]),
}


@pytest.mark.parametrize("case", list(CASES))
def test_unusual_tables_have_sound_reports(case, write):
    result = CASES[case]()
    path = write(result, case)
    text = path.read_text(encoding="utf-8")
    expected = 2 if case == "six_angles" else 1
    assert len(data_drawings(text)) == expected
    for svg in drawings(text):
        ET.fromstring(svg)
        assert "nan" not in re.findall(r' d="([^"]*)"', svg)
    assert path.stat().st_size < 4e6


@pytest.mark.parametrize(
    ("numbers_in", "shown"),
    [
        ((14.653, 14.21, 15.12), ("14.7", "14.2", "15.1", "")),
        ((1.9038e-12, 1.69e-12, 2.12e-12), ("1.90", "1.69", "2.12", " × 10⁻¹²")),
        ((0.905, 0.33, 2.6), ("0.91", "0.33", "2.6", "")),
        ((-0.5, -0.62, -0.41), ("−0.50", "−0.62", "−0.41", "")),
        ((548.83, 545.8, 552.0), ("548.8", "545.8", "552.0", "")),
        ((123456.0, 120000.0, 127000.0), ("1.235", "1.200", "1.270", " × 10⁵")),
    ],
)
def test_digits_follow_the_interval(numbers_in, shown):
    assert numbers.interval(*numbers_in) == shown


@pytest.mark.parametrize(
    ("symbol", "lowered"),
    [
        ("ω_c/2π", "ω<sub>c</sub>/2π"),
        ("A_wω_c²", "A<sub>w</sub>ω<sub>c</sub>²"),
        ("scatter of current_noise", "scatter of current_noise"),
        ("<b>_x", "&lt;b&gt;<sub>x</sub>"),
    ],
)
def test_indices_are_lowered_and_names_are_not(symbol, lowered):
    assert symbols.html(symbol) == lowered


def test_numbers_over_many_decades_keep_their_own_power():
    assert numbers.interval(5.2e-13, 3.6e-17, 2.4e-12) == ("5.2 × 10⁻¹³", "3.6 × 10⁻¹⁷", "2.4 × 10⁻¹²", "")


CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to render the page")


def chromium(tmp_path, *arguments):
    flags = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--allow-file-access-from-files",
    )
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    run = subprocess.run(
        [CHROMIUM, *flags, profile, *arguments], capture_output=True, timeout=120, check=True
    )
    return run.stdout.decode("utf-8", "replace")


@browser
def test_page_is_drawn(joint, tmp_path):
    from matplotlib.image import imread

    target = tmp_path / "page.png"
    chromium(tmp_path, f"--screenshot={target}", "--window-size=1280,4000", joint[1].as_uri())
    pixels = imread(target)[..., :3]
    assert pixels.shape[:2] == (4000, 1280)
    busy = (pixels.reshape(40, -1, 3).std(axis=1) > 0.02).any(axis=1)
    assert busy.mean() > 0.9


@browser
def test_paper_has_the_verdict_and_the_tables_first(joint, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    target = tmp_path / "page.pdf"
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={target}", joint[1].as_uri())
    pages = pypdf.PdfReader(target).pages
    assert 4 <= len(pages) <= 12
    first = " ".join(pages[0].extract_text().split())
    assert "This fit can be trusted" in first
    assert "Fermi wavelength" in first
    for page in pages:
        assert page.extract_text().strip() or page.images or "/XObject" in page.get("/Resources", {})


@browser
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("which", ["joint", "hostile"])
def test_page_never_scrolls_sideways(which, width, tmp_path, request):
    _, path = request.getfixturevalue(which)
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="page" style="border:0;width:{width}px;height:900px" src="{path.as_uri()}"></iframe>'
        '<pre id="found"></pre><script>document.getElementById("page").onload = e => {'
        "const d = e.target.contentDocument.documentElement;"
        'document.getElementById("found").textContent = d.scrollWidth + " of " + d.clientWidth;}</script>',
        encoding="utf-8",
    )
    dom = chromium(tmp_path, "--virtual-time-budget=8000", "--dump-dom", frame.as_uri())
    found = re.search(r"(\d+) of (\d+)", dom)
    assert found, "the page could not be measured"
    assert int(found[1]) <= int(found[2]) == width
