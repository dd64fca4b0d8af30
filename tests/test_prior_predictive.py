"""What the priors expect: numbers against the formula, words, and pictures that anyone can open."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from test_report import Page, synthetic, table

import tlsjax as tls
from tlsjax.fitting.fit import fit
from tlsjax.fitting.prior_predictive import PriorPredictive, of_fit
from tlsjax.model import prior
from tlsjax.model.defaults import build_model
from tlsjax.model.points import fitted_points
from tlsjax.report.expectation import expectations

EXAMPLES = Path(__file__).parent.parent / "data_examples"
FIXED = {"omega_star": 1e11, "eta": 1.5, "lambda_f": 5e-10, "tau": 1e-10}
PNG = b"\x89PNG\r\n"


def drawn(measured, *, factor=10.0, source="t.csv", draws=2000):
    """A prior that expects 1 within a factor, against such measured values."""
    value = np.asarray(measured, dtype=float)
    spectrum = tls.Spectrum(
        {"frequency": np.geomspace(1e9, 1e10, len(value)), "conductivity": value}, {}, source
    )
    level = factor ** np.random.default_rng(1).normal(size=(draws, 1))
    points = fitted_points([spectrum])
    return PriorPredictive((spectrum,), points, (np.broadcast_to(level, (draws, len(value))),))


@pytest.fixture(scope="module")
def known():
    """One free parameter, to which every point is proportional."""
    spectrum = table(error=False)
    priors = {name: prior.Fixed(prior.number(x)) for name, x in FIXED.items()}
    priors["nu"] = prior.LogNormal(prior.number(1e37), prior.number(10.0))
    priors["conductivity_scatter"] = prior.Fixed(prior.number(1e-6))
    family = tls.Relaxation.families["single"]
    return spectrum, build_model([spectrum], family=family, priors=priors)[0]


def test_bands_are_those_of_the_formula(known):
    spectrum, model = known
    draws = 4000
    (replicas,) = tls.prior_predictive(spectrum, model, draws=draws).replicas
    assert replicas.shape == (draws, len(spectrum))
    middle = tls.conductivity(
        2 * np.pi * spectrum.columns["frequency"],
        nu=1e37,
        lambda_f=5e-10,
        omega_star=1e11 * spectrum.columns["bias_current"] / float(model.reference_current),
        eta=1.5,
        relaxation=tls.Single(1e-10),
    )
    decades = np.quantile(np.log10(replicas / np.asarray(middle)), (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    # standard error of the outer quantiles: 0.034 decades
    np.testing.assert_allclose(
        decades, np.array([-1.645, -0.674, 0.0, 0.674, 1.645])[:, None] + 0 * decades, atol=0.12
    )


def test_one_seed_one_picture(known, tmp_path):
    spectrum, model = known
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        tls.prior_predictive(spectrum, model, seed=seed, draws=50).picture(tmp_path / f"{name}.svg")
    a, b, c = ((tmp_path / f"{name}.svg").read_bytes() for name in "abc")
    assert a == b != c


def test_a_fit_kept_what_was_expected_before_it():
    spectrum = synthetic([table()]).spectra[0]
    result = fit(spectrum, relaxation="single", method="map", chains=2, warmup=100, draws=100, seed=5)
    before = tls.prior_predictive(spectrum, relaxation="single", seed=5)
    np.testing.assert_allclose(of_fit(result).replicas[0], before.replicas[0], rtol=1e-6)


@pytest.mark.parametrize(
    ("measured", "mark", "words"),
    [
        ([0.5, 1.0, 2.0], "good", "all 3 points are inside the prior's 90 % band: data like these"),
        ([3.0], "good", "the one point is inside"),
        ([1e2], "unsure", "the one point is above the prior's 90 % band (typically 100 times its median)"),
        ([1.0, 1.0, 1e9], "unsure", "1 of 3 points are above"),
        ([1e-9] * 4, "bad", "hardly allow these data: all 4 points are below the prior's 90 % band"),
        ([1e9, 1e-9], "bad", "1 of 2 points are above and 1 of 2 points are below"),
        ([-5.0] * 2, "bad", "hardly allow"),
    ],
)  # fmt: skip
def test_words_follow_the_data(measured, mark, words):
    (said,) = expectations(drawn(measured))
    assert (said.label, said.mark) == ("conductivity (t.csv)", mark)
    assert words in said.words


def test_draws_that_overflow_leave_bands(tmp_path):
    expected = drawn([1.0, 1.0, 1.0])
    replicas = expected.replicas[0].copy()
    replicas[:300], replicas[300:600] = np.nan, np.inf
    expected = PriorPredictive(expected.spectra, expected.points, (replicas,))
    expected.picture(tmp_path / "p.svg")
    assert "nan" not in re.findall(r' d="([^"]*)"', (tmp_path / "p.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "name", ["<script>alert(1)<b>.csv", "a_b$c$\\frac{1}{.csv", "\x1b[31m你.csv", "x" * 300]
)
@pytest.mark.parametrize("measured", [[1.0], [1.0, -1.0, 1e30]])
def test_pictures_stand_any_name_and_value(tmp_path, name, measured):
    expected = drawn(measured, source=name)
    for ending in ("png", "SVG"):
        expected.picture(tmp_path / f"p.{ending}")
    assert (tmp_path / "p.png").read_bytes().startswith(PNG)
    root = ET.fromstring((tmp_path / "p.SVG").read_text(encoding="utf-8"))
    assert not [e for e in root.iter() if e.tag.endswith("script")]


@pytest.mark.parametrize(
    ("name", "words"),
    [("p.pdf", ".png or .svg"), ("p", ".png or .svg"), ("none/p.png", "be written"), ("d.png", "be written")],
)  # fmt: skip
def test_a_path_that_cannot_be_is_refused(tmp_path, name, words):
    (tmp_path / "d.png").mkdir()
    with pytest.raises(tls.InputError, match=words) as raised:
        drawn([1.0]).picture(tmp_path / name)
    assert name in str(raised.value)
    assert [p.name for p in tmp_path.iterdir()] == ["d.png"]


def test_a_report_says_it_in_words_and_escapes_names(tmp_path):
    result = synthetic([table(source="<i>t</i>.csv"), table("loss", "l.csv")])
    result.report(tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<i>" not in text
    words = Page(text).words
    for one in expectations(of_fit(result)):
        assert f"{one.label}: {one.words}" in words
    assert "What the priors expected" in words


def test_check_draws_what_the_priors_expect(run, call, tmp_path):
    path = tmp_path / "p.png"
    done = run("check", EXAMPLES / "loss.csv", "--picture", path)
    assert done.returncode == 0, done.stderr
    assert "inside the prior's 90 % band" in " ".join(done.stdout.split())
    assert path.read_bytes().startswith(PNG)
    done = call("check", EXAMPLES / "loss.csv", "--picture", tmp_path / "p.txt")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert ".png or .svg" in line


def test_check_warns_of_data_that_the_priors_hardly_allow(call, tmp_path):
    # siemens where nanosiemens were meant
    path = tmp_path / "mine.csv"
    path.write_text("frequency [GHz],conductivity [S]\n1,300\n2,200\n4,100\n8,50\n")
    done = call("check", path, "--picture", tmp_path / "p.svg")
    assert done.returncode == 0, done.stderr
    assert "The priors hardly allow these data: all 4 points are above" in " ".join(done.stdout.split())
