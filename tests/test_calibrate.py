"""Calibration: the test of ranks against closed forms, toys that are right and wrong, the command."""

import json
import logging
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
import scipy.stats

import tlsjax as tls
from tlsjax.fitting.calibrate import Sampler, _ranked, _truth, calibrate, plan_of, settings_of
from tlsjax.fitting.calibration import LEVELS, Calibration, Trial
from tlsjax.fitting.calibration_folder import earlier_trials, write_state
from tlsjax.fitting.fit import fit
from tlsjax.fitting.uniformity import band, below, p_value, rank
from tlsjax.model.free_form_density import density_quantities
from tlsjax.model.modelfile import ModelFile
from tlsjax.model.parameters import MATERIAL
from tlsjax.report.calibration import calibration_in_words, write_page
from tlsjax.report.terminal import as_text

Run = Callable[..., "subprocess.CompletedProcess[str]"]
TINY = """
relaxation = "single"
reference_current = "4 uA"
[priors]
eta = { kind = "fixed", value = 1.0 }
lambda_f = { kind = "fixed", value = "0.5 nm" }
omega_star = { kind = "fixed", value = "30 GHz" }
nu = { kind = "lognormal", median = "1e38 1/(J m^2)", factor = 2.0 }
tau = { kind = "lognormal", median = "20 ps", factor = 2.0 }
[simulate]
measure = ["conductivity"]
frequency = { from = "1 GHz", to = "20 GHz", points = 6 }
bias_current = ["4 uA"]
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


def test_one_rank_has_the_closed_form() -> None:
    """N = 1: the farthest point is beside the rank itself, p = 2·min(r + 1, 100 − r)/100."""
    for r in range(100):
        assert p_value(np.array([r])) == pytest.approx(min(1.0, 2 * min(r + 1, 100 - r) / 100), abs=1e-12)


def test_two_ranks_against_all_pairs() -> None:
    pairs = np.stack(np.meshgrid(np.arange(100), np.arange(100)), -1).reshape(-1, 2)
    edges = np.arange(1, 100)
    counts = (pairs[:, :, None] < edges).sum(1)
    binomial = scipy.stats.binom(2, edges / 100)
    statistic = 2 * np.minimum(binomial.cdf(counts), binomial.sf(counts - 1)).min(1)
    for at in (0, 101, 2750, 4321, 5049, 9999):
        expected = np.mean(statistic <= statistic[at] * (1 + 1e-9))
        assert p_value(pairs[at]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [7, 100])
def test_band_is_left_as_often_as_it_says_and_where_p_says(count: int) -> None:
    rng, level = np.random.default_rng(0), 0.05
    limits = band(count, level)
    sets = rng.integers(0, 100, (4000, count))
    counts = np.array([below(one) for one in sets])
    left = ((counts < limits.low) | (counts > limits.high)).any(1)
    # 4000 sets: five standard deviations are 0.017; a level that counts cannot reach exactly is undercut
    assert 0.5 * level < left.mean() < level + 0.017
    for at in [*np.flatnonzero(left)[:20], *np.flatnonzero(~left)[:20]]:
        assert (p_value(sets[at]) <= level) == left[at]


def test_ranks_of_extremes_and_of_ties() -> None:
    rng, draws = np.random.default_rng(0), np.arange(1000.0)
    assert rank(draws, -1.0, rng) == 0
    assert rank(draws, 1e4, rng) == 99
    assert rank(draws, 500.5, rng) == 50
    lots = [rank(np.zeros(200), 0.0, rng) for _ in range(2000)]
    assert scipy.stats.chisquare(np.bincount(lots, minlength=100)).pvalue > 1e-3


def test_of_a_free_form_the_band_is_ranked(tmp_path: Path) -> None:
    path = tmp_path / "free.toml"
    lines = [line for line in TINY.splitlines() if not line.startswith("tau = ")]
    path.write_text("\n".join(lines).replace('"single"', '"free_form"'))
    plan = plan_of(ModelFile(path))
    names = [quantity.name for quantity in density_quantities(plan.model)]
    low, high = plan.model.window.times
    assert [float(name[12:-3]) for name in names] == pytest.approx(np.geomspace(low, high, 5), rel=0.01)
    assert set(names) < {quantity.name for quantity in _ranked(plan.model, 0)}
    truth = _truth(plan.model, jax.random.key(0))
    form = plan.model.relaxation(truth)
    for name, tau in zip(names, np.geomspace(low, high, 5), strict=True):
        assert float(truth[name]) == pytest.approx(tau * float(form.density(tau)), rel=1e-12)


def conjugate(count: int, seed: int, *, shift: float = 0.0, width: float = 1.0, lost: int = 0) -> Calibration:
    """μ ~ N(0, 1), y ~ N(μ, 1): the posterior is N(y/2, 1/2), here shifted and widened in its own sd."""
    rng = np.random.default_rng(seed)
    quantities, sd = MATERIAL[:2], np.sqrt(0.5)
    half = {level: width * sd * scipy.stats.norm.ppf((1 + share) / 2) for level, share in LEVELS.items()}
    trials = []
    for index in range(count):
        truth, ranks, held = {}, {}, {}
        for quantity in quantities:
            true = rng.normal()
            centre = (true + rng.normal()) / 2
            draws = centre + shift * sd + width * sd * rng.normal(size=400)
            name = quantity.name
            truth[name], ranks[name] = true, rank(draws, true, rng)
            held[name] = {k: bool(abs(true - centre - shift * sd) <= h) for k, h in half.items()}
        complaints = {"R̂": "the chains <b>disagree</b>"} if index < lost else {}
        by = "nuts" if index % 3 else "<b>unheard of"
        trials.append(Trial(index, index, by, complaints, truth, ranks, held))
    settings = {"model": "<i>", "seed": 0, "sampler": {"method": "nuts"}, "versions": {"tlsjax": "0"}}
    return Calibration(settings, count, quantities, tuple(trials))


def test_a_right_posterior_passes() -> None:
    """It fails at most once in 100: two failures in 12 would come once in 150 times."""
    several = [conjugate(100, seed) for seed in range(12)]
    assert sum(one.ok for one in several) >= 11
    held = sum(s["all"].coverage["90 %"].held for one in several for s in one.scores.values())
    assert abs(held - 2160) < 4 * np.sqrt(2400 * 0.9 * 0.1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"width": 0.5}, "too narrow"),
        ({"width": 2.0}, "too wide"),
        ({"shift": 1.0}, "too high"),
        ({"shift": -1.0}, "too low"),
    ],
)
def test_a_wrong_posterior_fails_and_it_says_how(wrong: dict[str, float], words: str) -> None:
    """By simulation of the test's power at 100 ranks: each of these is found out in more than 97 of 100."""
    several = [conjugate(100, seed, **wrong) for seed in range(5)]
    assert sum(not one.ok for one in several) >= 4
    assert all(words in reason for one in several for reason in one.reasons)


def test_few_trusted_fits_cannot_pass_and_none_breaks_nothing(tmp_path: Path) -> None:
    assert conjugate(20, 0, lost=9).ok
    found = conjugate(20, 0, lost=11)
    assert found.reasons == (
        "only 9 of 20 fits can be trusted, fewer than half: run them longer (--draws) or narrow the priors",
    )
    assert found.scores["nu"]["trusted"].fits == 9
    assert found.scores["nu"]["all"].fits == 20
    none = conjugate(3, 0, lost=3)
    assert not none.ok
    write_state(none, tmp_path)
    write_page(none, tmp_path, "none.toml")
    assert as_text(calibration_in_words(none, 60), 60)


def test_page_escapes_and_words_fit_a_narrow_window(tmp_path: Path) -> None:
    found = conjugate(30, 0, width=0.4, lost=4)
    write_page(found, tmp_path, "<b>&.toml")
    page = (tmp_path / "calibration.html").read_text()
    assert "&lt;b&gt;&amp;.toml" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<svg" in page
    assert "drawn by Hamiltonian chains (20), &lt;b&gt;unheard of (10)." in page
    words = as_text(calibration_in_words(found, 60), 60)
    assert max(map(len, words.splitlines())) <= 60
    for expected in (
        "26 of 30 fits were trusted", "Drawn by Hamiltonian chains (20)", "R̂ 4", "Not calibrated",
        "nu has too narrow posteriors",
    ):  # fmt: skip
        assert expected in words


def test_truths_come_from_the_prior_and_data_from_the_likelihood(tiny: Path) -> None:
    """Against the priors in the file, and Eq. 15 by hand with 3 % of noise."""
    from tlsjax.fitting.calibrate import _keys, _measured, _truth

    plan = plan_of(ModelFile(tiny))
    omega = 2 * np.pi * plan.table.columns["frequency"]
    logs, residuals = [], []
    for keys in (_keys(0, index) for index in range(60)):
        truth = _truth(plan.model, keys["truth"])
        nu, tau = float(truth["nu"]), float(truth["tau"])
        logs += [np.log2(nu / 1e38), np.log2(tau / 20e-12)]
        amplitude = (1.602176634e-19 * 5e-10) ** 2 * nu
        mean = amplitude * (omega**2 + (2 * np.pi * 30e9) ** 2) * tau / (1 + (omega * tau) ** 2)
        values = _measured(keys["data"], truth, plan.model, plan.observations)
        residuals.append((np.asarray(values) / mean - 1) / 0.03)
    assert scipy.stats.kstest(logs, "norm").pvalue > 1e-3
    assert scipy.stats.kstest(np.concatenate(residuals), "norm").pvalue > 1e-3


def test_nothing_is_compiled_again(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    plan = plan_of(ModelFile(tiny))
    sampler = Sampler(draws=250)

    def traced() -> list[str]:
        return [message for message in caplog.messages if "racing" in message or "ompil" in message]

    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        first = calibrate(plan, 1, sampler=sampler)
        assert traced()
        caplog.clear()
        again = calibrate(plan, 3, sampler=sampler, done=first.trials)
    assert traced() == []
    assert len(again.trials) == 3
    assert {q.name for q in again.quantities}.isdisjoint({"eta", "lambda_f", "omega_star", "omega_c"})
    assert set(again.trials[0].ranks) == {q.name for q in again.quantities} >= {"nu", "tau", "amplitude"}


def test_command_and_its_continuation(tiny: Path, tmp_path: Path, run: Run, call: Run) -> None:
    out = tmp_path / "out"
    for command, count in ((run, 1), (call, 3)):
        done = command(
            "calibrate", tiny, "--simulations", count, "--draws", 250, "--seed", 3, "--out", out, COLUMNS="60"
        )
        assert done.returncode in (0, 1), done.stderr
        assert max(map(len, done.stdout.splitlines()[:-1])) <= 60
    assert {path.name for path in out.iterdir()} == {
        f"calibration.{kind}" for kind in ("json", "csv", "html")
    }
    content = json.loads((out / "calibration.json").read_text())
    assert done.returncode == (0 if content["verdict"]["ok"] else 1)
    assert (content["done"], len(content["simulations"])) == (3, 3)
    assert (out / "calibration.csv").read_text().count("\n") == 1 + len(content["parameters"])

    plan, sampler = plan_of(ModelFile(tiny)), Sampler(draws=250)
    whole = calibrate(plan, 3, seed=3, sampler=sampler)
    write_state(whole, tmp_path)
    assert (tmp_path / "calibration.json").read_bytes() == (out / "calibration.json").read_bytes()

    assert earlier_trials(out, settings_of(plan, 3, sampler), 7) == whole.trials
    for words, other in (
        (r"another calibration \(seed differ", settings_of(plan, 4, sampler)),
        (r"another calibration \(sampler differ", settings_of(plan, 3, Sampler(draws=500))),
    ):
        with pytest.raises(tls.InputError, match=words):
            earlier_trials(out, other, 7)
    with pytest.raises(tls.InputError, match="holds 3 simulations already"):
        earlier_trials(out, settings_of(plan, 3, sampler), 2)


def test_checks_of_different_simulations_are_counted_together(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a check of a table ends in the table's name."""

    def complaining(table: tls.Spectrum, *args: Any, **settings: Any) -> SimpleNamespace:
        found = fit(table, *args, **settings)
        check = SimpleNamespace(name=f"trend of conductivity ({table.source})", ok=False, reason="it runs on")
        verdict = SimpleNamespace(checks=(check,))
        return SimpleNamespace(draws=found.draws, record=found.record, verdict=verdict)

    monkeypatch.setattr("tlsjax.fitting.calibrate.fit", complaining)
    found = calibrate(plan_of(ModelFile(tiny)), 2, sampler=Sampler(draws=250))
    assert found.complaints == {"trend of conductivity": 2}
    assert found.drawn_by == {"proposals": 2}


def test_a_folder_that_holds_something_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(tls.InputError, match="not empty"):
        earlier_trials(tmp_path, {}, 3)
    (tmp_path / "calibration.json").write_text('{"simulations": [{"index": 0}]}')
    with pytest.raises(tls.InputError, match=r"calibration\.json: is no calibration of tlsjax"):
        earlier_trials(tmp_path, {}, 3)
    assert earlier_trials(tmp_path / "new", {}, 3) == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"conductivity"', '"frequency_shift"', "nothing here can be fitted by this model"),
        ('"conductivity"', '"conductivity", "sigma"', "simulate.measure: 'sigma' is not what a fit predicts"),
        ('"conductivity"', '"loss"', "kinetic_inductance"),
        ("1 GHz", "1 parsec", "simulate.frequency.from"),
    ],
)
def test_a_bad_model_file_is_one_line(tiny: Path, old: str, new: str, words: str) -> None:
    tiny.write_text(TINY.replace(old, new))
    with pytest.raises(tls.InputError) as refused:
        plan_of(ModelFile(tiny))
    assert str(refused.value).startswith(f"{tiny}: ")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_unknown_methods_and_priors_without_bounds_are_refused(tiny: Path) -> None:
    with pytest.raises(tls.InputError, match="unknown method 'mcmc'"):
        calibrate(plan_of(ModelFile(tiny)), 1, sampler=Sampler("mcmc"))
    tiny.write_text(TINY.replace('1/(J m^2)", factor = 2.0', '1/(J m^2)", factor = 1e300'))
    with pytest.raises(tls.InputError, match=f"{tiny}: simulation .* is no finite number: narrow the priors"):
        calibrate(plan_of(ModelFile(tiny)), 3)


def test_a_model_file_without_conditions_ends_with_status_2(tiny: Path, tmp_path: Path, call: Run) -> None:
    tiny.write_text(TINY[: TINY.index("[simulate]")])
    done = call("calibrate", tiny, "--out", tmp_path / "out")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line == f"tlsjax: {tiny}: has no [simulate] section, which a calibration needs"
    assert not (tmp_path / "out").exists()
