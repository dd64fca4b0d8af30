"""Sharp ends of an f(τ) without a formula."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tlsjax as tls
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.density import prior_draws
from tlsjax.fitting.ends import ends_of
from tlsjax.fitting.fit import resume
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.free_form import Smooth
from tlsjax.report.shape import shape_in_words

FREQUENCY = np.geomspace(1e5, 1e9, 30)
SHORTEST, LONGEST = 2e-9, 2e-7


def table(conductivity: np.ndarray | None = None) -> Spectrum:
    exact = np.ones(len(FREQUENCY)) if conductivity is None else conductivity
    noise = 0.005 * np.random.default_rng(0).standard_normal(len(FREQUENCY))
    columns = {
        "frequency": FREQUENCY,
        "bias_current": np.full(len(FREQUENCY), 1e-6),
        "temperature": np.full(len(FREQUENCY), 0.5),
        "conductivity": exact * (1.0 + noise),
        "conductivity_err": 0.005 * exact,
    }
    return Spectrum(columns, {}, "made up")


def smooth_of(relaxation: str) -> Smooth:
    made, _ = build_model([table()], family=relaxation_family(relaxation))
    assert made.smooth is not None
    return made.smooth


@pytest.fixture(scope="module")
def smooth() -> Smooth:
    return smooth_of("free_form")


def test_without_ends_nothing_depends_on_them(smooth: Smooth) -> None:
    turns = jnp.asarray(np.random.default_rng(1).standard_normal(smooth.curve.shape[1]))
    weights = [smooth.weights(turns, 0.6, jnp.asarray(at)) for at in ([0.1, 0.9], [0.7, 0.2])]
    assert_allclose(weights[0], weights[1], rtol=1e-12)
    assert_allclose(jnp.sum(weights[0]), 1.0, rtol=1e-12)


@pytest.mark.parametrize("at", [(0.2, 0.5), (0.31, 0.013), (0.0, 1.0)])
def test_what_lies_beyond_an_end_is_left_out(smooth: Smooth, at: tuple[float, float]) -> None:
    """Each node keeps what its hat has between both ends, by quadrature."""
    sharp = replace(smooth, ends=jnp.ones(()))
    turns = jnp.asarray(np.random.default_rng(2).standard_normal(smooth.curve.shape[1]))
    whole = np.asarray(smooth.weights(turns, 0.6, jnp.asarray(at)))
    cut = np.asarray(sharp.weights(turns, 0.6, jnp.asarray(at)))
    first, last = (float(x) for x in sharp.cuts(jnp.asarray(at)))
    nodes = len(whole)
    assert_allclose(
        [first, last], [at[0] * (nodes + 1) - 1, nodes + (at[1] - 1) * (nodes - first)], rtol=1e-12
    )
    edge = np.linspace(-1.0, nodes, 40 * (nodes + 1) * 25 + 1)
    middle = 0.5 * (edge[1:] + edge[:-1])
    hats = np.maximum(0.0, 1.0 - np.abs(middle[:, None] - np.arange(nodes)))
    kept = (hats * ((middle > first) & (middle < last))[:, None]).mean(0) * (nodes + 1)
    assert_allclose(cut, whole * kept / np.sum(whole * kept), atol=2e-3 * cut.max())


def test_ends_are_anywhere_and_in_order(smooth: Smooth) -> None:
    made, _ = build_model([table()], family=relaxation_family("free_form"))
    values, _ = prior_draws(jax.random.key(0), made, 2000)
    first, last = (np.asarray(x) for x in smooth.cuts(values["ends"]))
    nodes = len(smooth.curve)
    assert np.all((first >= -1.0) & (last >= first) & (last <= nodes))
    # the first is spread evenly, the last evenly over what is left: P(last < x) = x + (1 − x) ln(1 − x)
    x = (last + 1.0) / (nodes + 1)
    for at in (0.3, 0.6, 0.9):
        assert_allclose(np.mean(x < at), at + (1.0 - at) * np.log(1.0 - at), atol=0.04)


@pytest.mark.parametrize(("relaxation", "unit"), [("free_form", "s"), ("free_barriers", "K")])
def test_ends_are_told_in_the_unit_of_their_axis(relaxation: str, unit: str) -> None:
    sharp = replace(smooth_of(relaxation), ends=jnp.ones(()))
    nodes = len(sharp.curve)
    places = np.asarray(sharp.places({"attempt_time": 1e-12}))
    seen = [int(np.argmin(np.abs(places - float(mark)))) for mark in sharp.marks[jnp.asarray([1, 3])]]
    # inside what is seen; and one of them at the last node but one, which nobody sees
    for (first, last), count in ((seen, 2), ((seen[0], nodes - 2), 1)):
        ends = np.array([(first + 1) / (nodes + 1), (last - first) / (nodes - first)])
        values = {"ends": np.tile(ends, (8, 1)), "attempt_time": np.full(8, 1e-12)}
        found = ends_of(values, sharp)
        assert {one["unit"] for one in found} == {unit}
        assert_allclose([one["median"] for one in found], places[[first, last][:count]], rtol=1e-6)
    assert ends_of({"ends": np.zeros((1, 2))}, smooth_of("free_form")) == []


@pytest.fixture(scope="module")
def box() -> Spectrum:
    truth = tls.LogUniform(SHORTEST, LONGEST)
    omega = 2.0 * np.pi * FREQUENCY
    return table(
        np.asarray(tls.conductivity(omega, nu=1e38, lambda_f=5e-10, omega_star=1e12, relaxation=truth))
    )


OPTIONS: dict[str, Any] = {"relaxation": "free_form", "seed": 0, "draws": 200}


@pytest.fixture(scope="module")
def fitted(box: Spectrum) -> tls.Result:
    return tls.fit(box, **OPTIONS)


@pytest.mark.slow
def test_the_ends_of_a_box_are_found(fitted: tls.Result) -> None:
    assert any("ends sharply" in note for note in fitted.notes)
    first, last = fitted.ends
    assert first.low < SHORTEST < first.high < 2.0 * first.low
    assert last.low < LONGEST < last.high < 2.0 * last.low
    _, sentence, unseen = shape_in_words(fitted)
    assert sentence.startswith("Sharp end of f(τ) at ")
    assert unseen.startswith("Of f(τ) less than 0.01 % is unseen")
    assert f"{first.median:.2g} s" in sentence
    assert f"{last.median:.2g} s" in sentence


@pytest.mark.slow
def test_ends_are_kept_in_the_file_of_a_result(fitted: tls.Result, tmp_path: Path) -> None:
    fitted.save(tmp_path / "posterior.nc")
    again = tls.load(tmp_path / "posterior.nc")
    assert again.ends == fitted.ends
    assert float(again.model.smooth.ends) == float(fitted.model.smooth.ends) == 1.0
    beyond = np.array([0.2 * SHORTEST, 5.0 * LONGEST])
    inside = np.array([3.0 * SHORTEST, LONGEST / 3.0])
    for tau in (*beyond, *inside):
        assert_array_equal(again.relaxations.density(tau), fitted.relaxations.density(tau))
    density = np.stack([tau * np.asarray(again.relaxations.density(tau)) for tau in (*beyond, *inside)])
    assert np.quantile(density[:2], 0.9) < 1e-3 < 0.1 < np.quantile(density[2:], 0.1)
    conditions = {"frequency": FREQUENCY, "bias_current": 1e-6, "temperature": 0.5}
    assert_array_equal(
        again.predict("conductivity", **conditions)["conductivity"],
        fitted.predict("conductivity", **conditions)["conductivity"],
    )


@pytest.mark.slow
def test_an_interrupted_fit_with_ends_goes_on_to_the_same_numbers(
    box: Spectrum, fitted: tls.Result, tmp_path: Path
) -> None:
    class Interrupted(Exception):  # noqa: N818
        pass

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "sampling":
            raise Interrupted

    with pytest.raises(Interrupted):
        tls.fit(box, **OPTIONS, progress=progress, checkpoint=tmp_path / "run")
    resumed = resume(tmp_path / "run")
    assert resumed.record == fitted.record
    for name, values in fitted.draws.items():
        assert_array_equal(resumed.draws[name], values)
