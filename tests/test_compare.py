"""Comparing fits: of the same data by what they predict, of different data by what they say."""

import re
from dataclasses import replace
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_allclose
from rich.console import Console
from scipy.optimize import minimize_scalar
from typer.testing import CliRunner

import tlsjax as tls
from tlsjax.cli import app
from tlsjax.errors import InputError
from tlsjax.fitting.compare import Agreement, Comparison, _error_of_sum, compare
from tlsjax.fitting.inference_data import leave_one_out, stacking_weights
from tlsjax.fitting.leave_out import leave_out
from tlsjax.model.neighbours import correlation
from tlsjax.model.observation import Chain
from tlsjax.report.comparison import agreement_in_words, comparison_in_words

TANGENT, CRITICAL, FLOOR, SCATTER = 2e-5, 1e3, 3e-7, 0.03
OMEGA = 2 * np.pi * 5e9
HBAR_OVER_KB = 7.638232577e-12


def resonator(seed: int, *, tangent: float = TANGENT) -> tls.Spectrum:
    """Resonant loss with one n_c, in form A with β = 1, at four powers."""
    kelvin, photons = (x.ravel() for x in np.meshgrid(np.geomspace(0.02, 0.6, 12), [1.0, 1e3, 1e5, 1e7]))
    exact = tangent * np.tanh(0.5 * HBAR_OVER_KB * OMEGA / kelvin) / np.sqrt(1 + photons / CRITICAL) + FLOOR
    noise = 1 + SCATTER * np.random.default_rng(seed).normal(size=len(exact))
    columns = {
        "frequency": np.full(len(exact), 5e9), "temperature": kelvin, "photon_number": photons,
        "loss": exact * noise,
    }  # fmt: skip
    return tls.Spectrum(columns, {}, f"seed{seed}.csv")


@cache
def fitted(
    seed: int, channels: str = "resonant,constant", fit_seed: int = 0, tangent: float = TANGENT
) -> tls.Result:
    budget = tls.LossBudget(channels.split(","), saturation="A", critical_number="constant")
    return tls.fit(resonator(seed, tangent=tangent), budget=budget, method="laplace", seed=fit_seed)


def ranking(**results: tls.Result) -> Comparison:
    found = compare(results)
    assert isinstance(found, Comparison)
    return found


def test_the_model_that_made_the_data_wins() -> None:
    found = ranking(wrong=fitted(0, "constant"), right=fitted(0))
    assert found.best == ("right",)
    right, wrong = found.ranked
    assert (right.name, right.difference) == ("right", 0.0)
    # a constant leaves all the variance of the logarithm, against that of the scatter
    logs = np.log(resonator(0).columns["loss"])
    assert_allclose(wrong.difference, -len(logs) * np.log(logs.std() / SCATTER), rtol=0.3)
    assert right.weight > 0.95
    assert right.unreliable == 0


def test_a_model_ties_with_itself() -> None:
    found = ranking(one=fitted(0), other=fitted(0, fit_seed=1))
    assert set(found.best) == {"one", "other"}


def test_stacking_weights_are_the_best_mixture() -> None:
    rng = np.random.default_rng(1)
    logs = {"a": rng.normal(-1.0, 1.0, 300), "b": rng.normal(-1.2, 1.0, 300)}

    def loss(weight: float) -> float:
        return -float(np.sum(np.log(weight * np.exp(logs["a"]) + (1 - weight) * np.exp(logs["b"]))))

    best = minimize_scalar(loss, bounds=(0, 1), method="bounded").x
    assert_allclose(stacking_weights(logs)["a"], best, atol=1e-3)


def autoregression(rng: np.random.Generator, r: float, shape: tuple[int, int]) -> np.ndarray:
    z = rng.normal(size=shape)
    for step in range(1, shape[1]):
        z[:, step] = r * z[:, step - 1] + np.sqrt(1 - r * r) * z[:, step]
    return z


def one_sweep(count: int) -> Chain:
    place = np.arange(count)
    return Chain(place, np.maximum(place - 1, 0), (place > 0).astype(float))


def test_error_of_a_sum_of_parts_that_follow_each_other() -> None:
    parts = autoregression(np.random.default_rng(2), 0.7, (400, 300))
    said = np.mean([_error_of_sum(one, one_sweep(300)) for one in parts])
    assert_allclose(said, parts.sum(1).std(), rtol=0.1)
    assert_allclose(_error_of_sum(np.arange(4.0), None), np.sqrt(4 * np.var(np.arange(4.0), ddof=1)))


def test_correlation_of_neighbours_is_that_of_the_series() -> None:
    parts = autoregression(np.random.default_rng(3), 0.7, (200, 300))
    found = [float(correlation(one, one_sweep(300))) for one in parts]
    assert_allclose(np.mean(found), 0.7, atol=0.02)


@pytest.mark.slow
def test_powers_left_out_are_foretold_by_the_right_model() -> None:
    found = compare({"right": fitted(0), "wrong": fitted(0, "constant")}, left_out="photon_number")
    assert isinstance(found, Comparison)
    assert (found.left_out, found.groups, found.ranked[0].name) == ("photon_number", 4, "right")
    right, wrong = found.ranked
    assert right.missed < 3 * SCATTER
    assert wrong.missed > 0.5
    # by hand: without the highest power, its points by a fit to the rest
    table = resonator(0)
    high = table.columns["photon_number"] > 1e6
    refit = tls.fit(table.rows(~high), fitted(0).model, method="laplace")
    rows = table.rows(high)
    mean = refit.predict("loss", rows)["loss"].to_numpy()
    spread = refit.draws["loss_scatter"].reshape(-1, 1) * mean
    each = np.exp(-0.5 * ((rows.columns["loss"] - mean) / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    by_hand = float(np.sum(np.log(each.mean(0))))
    assert_allclose(leave_out(fitted(0), "photon_number", "laplace").elpd[-1], by_hand, rtol=0.02)


def test_fits_of_different_data_agree_or_not() -> None:
    alike = compare({"one": fitted(0), "other": fitted(4)})
    assert isinstance(alike, tuple)
    by_name = {one.parameter: one for one in alike}
    assert set(by_name) == {"loss_tangent", "critical_photon_number", "saturation_exponent", "constant_loss"}
    tangent = by_name["loss_tangent"]
    assert isinstance(tangent, Agreement)
    assert tangent.agrees
    low, high = tangent.intervals[0]
    assert low < tangent.medians[0] < high
    apart = compare({"one": fitted(0), "larger": fitted(4, tangent=1.5 * TANGENT)})
    assert isinstance(apart, tuple)
    assert not {one.parameter: one for one in apart}["loss_tangent"].agrees


def test_priors_are_not_taken_for_disagreement() -> None:
    one, other = fitted(0), fitted(4, tangent=1.5 * TANGENT)
    seen = other.identified | {"loss_tangent": False}
    blind = replace(other, record=other.record | {"identified": seen})
    found = compare({"one": one, "blind": blind})
    assert isinstance(found, tuple)
    by_name = {each.parameter: each for each in found}
    assert not by_name["loss_tangent"].determined
    assert by_name["constant_loss"].determined
    written = StringIO()
    console = Console(width=300, file=written)
    console.print(agreement_in_words(found))
    words = written.getvalue()
    assert "They do not agree on" not in words
    assert "Not determined by the data of both: loss_tangent." in words


def test_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="at least two"):
        compare({"one": fitted(0)})
    with pytest.raises(InputError, match="different data"):
        compare({"one": fitted(0), "other": fitted(4)}, left_out="temperature")
    with pytest.raises(InputError, match="no 'power' is stated"):
        compare({"one": fitted(0), "other": fitted(0, "constant")}, left_out="power")
    with pytest.raises(InputError, match="one value only"):
        compare({"one": fitted(0), "other": fitted(0, "constant")}, left_out="frequency")


@pytest.mark.slow
def test_a_fit_of_one_draw_has_no_place() -> None:
    """Importance weights may all fall on copies of one draw."""
    draw = fitted(0)
    copies = draw.tree.copy()
    logs = draw.tree["log_likelihood"].to_dataset()
    copies["log_likelihood"] = xr.DataTree(logs.isel(draw=[0] * logs.sizes["draw"]))
    poor = replace(draw, tree=copies)
    found = compare({"wrong": fitted(0, "constant"), "poor": poor, "right": draw}, evidence=True)
    assert isinstance(found, Comparison)
    assert [one.name for one in found.ranked] == ["right", "wrong"]
    assert found.without == ("poor",)
    console = Console(file=StringIO(), width=80)
    console.print(comparison_in_words(found))
    assert "Too few different draws to rank poor" in console.file.getvalue()  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="poor: too few different draws"):
        compare({"poor": poor, "right": draw})


@pytest.mark.slow
def test_evidence_where_asked() -> None:
    results = {"wrong": fitted(0, "constant"), "right": fitted(0), "again": fitted(0, fit_seed=1)}
    assert all(one.evidence is None for one in ranking(**results).ranked)
    found = compare(results, evidence=True)
    assert isinstance(found, Comparison)
    each = {one.name: one.evidence for one in found.ranked}
    right, again, wrong = each["right"], each["again"], each["wrong"]
    assert right is not None
    assert again is not None
    assert wrong is not None
    assert right.log == again.log
    assert right.log - wrong.log > 20
    assert right.standard_error < 0.5
    with pytest.raises(InputError, match="no evidence can rank"):
        compare({"one": fitted(0), "other": fitted(4)}, evidence=True)


def test_the_command_names_the_winner(tmp_path: Path) -> None:
    for name, result in (("right", fitted(0)), ("wrong", fitted(0, "constant")), ("other", fitted(4))):
        result.save(tmp_path / f"{name}.nc")

    def said(*names: str) -> str:
        done = CliRunner().invoke(app, ["compare", *(str(tmp_path / f"{name}.nc") for name in names)])
        assert done.exit_code == 0, done.output
        return re.sub(r"\s+", " ", done.output)

    assert "right.nc predicts best, beyond chance." in said("wrong", "right")
    assert "They agree on" in said("right", "other")


@pytest.mark.parametrize("count", [1.0, 0.2])
def test_leave_one_out_is_that_of_the_exact_posterior(count: float) -> None:
    """Normal data of known variance whose points count as a share of one: all posteriors are known."""
    rng = np.random.default_rng(5)
    y = rng.normal(0.5, 1.0, 40)
    shape = (4, 5000)
    mean, sd = y.mean(), 1.0 / np.sqrt(count * y.size)
    theta = rng.normal(mean, sd, shape)
    logs = -0.5 * (y - theta[..., None]) ** 2 - 0.5 * np.log(2 * np.pi)
    tree = xr.DataTree.from_dict(
        {"log_likelihood": xr.Dataset({"observation_0": (("chain", "draw", "point"), logs)})}
    )
    found = leave_one_out(tree, np.full(y.size, count))
    assert found is not None
    others = (y.sum() - y) / (y.size - 1)
    variance = 1.0 + 1.0 / (count * (y.size - 1))
    exact = -0.5 * (y - others) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)
    assert_allclose(found.pointwise, exact, atol=0.02)
    assert_allclose(found.elpd, exact.sum(), atol=0.1)
