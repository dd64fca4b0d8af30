"""Peaks of an f(τ) without a formula: known shapes have theirs, a flat box has none."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tlsjax as tls
from tests.test_free_form_prior import model
from tlsjax.fitting.peaks import peaked, peaks_of
from tlsjax.model.free_form import Smooth
from tlsjax.model.free_form_density import densities
from tlsjax.model.model import Model

STEP = 0.15
DECADE = 15
X = STEP * np.arange(-60, 61)


def places(values: np.ndarray) -> list[float]:
    return X[peaked(values[None], DECADE)[0]].tolist()


def bump(centre: float, width: float) -> np.ndarray:
    return np.exp(-0.5 * ((X - centre) / width) ** 2)


def test_a_bump_is_a_peak_and_a_broad_one_is_none() -> None:
    assert_allclose(places(bump(0.0, 1.0)), [0.0], atol=1e-12)
    assert places(bump(0.0, 3.0)) == []


def test_a_flat_box_with_ripples_has_none() -> None:
    box = np.where(np.abs(X) < 3.45, 1.0, 0.0)
    assert places(box) == []
    ripples = 1.0 + 0.05 * np.random.default_rng(0).standard_normal(len(X))
    assert places(box * ripples) == []


def test_two_bumps_are_two_where_half_the_height_lies_between() -> None:
    assert_allclose(places(bump(-1.5, 0.6) + 0.8 * bump(1.5, 0.6)), [-1.5, 1.5], atol=1e-12)
    assert_allclose(places(bump(-0.75, 0.9) + bump(0.75, 0.9)), [-0.15], atol=0.2)


def test_a_shoulder_and_the_edge_of_a_rise_are_none() -> None:
    assert_allclose(places(bump(0.0, 0.8) + 0.3 * bump(1.35, 0.8)), [0.0], atol=0.16)
    assert places(np.exp(X)) == [X[-1]]  # falls to nothing beyond the nodes: outside any window
    assert places(np.zeros_like(X)) == []


@pytest.fixture(scope="module")
def free() -> Model:
    return model()


def smooth_of(free: Model) -> Smooth:
    assert free.smooth is not None
    return free.smooth


def test_probability_is_the_share_of_draws_that_have_it(free: Model) -> None:
    smooth = smooth_of(free)
    x = np.log(np.asarray(smooth.places({})))
    first, second = np.log(float(smooth.marks[1])), np.log(float(smooth.marks[3]))
    rng = np.random.default_rng(1)
    at = first + 0.2 * rng.standard_normal(400)
    draws = np.exp(-0.5 * ((x - at[:, None]) / 0.7) ** 2)
    draws[:100] += np.exp(-0.5 * ((x - second) / 0.7) ** 2)
    found = peaks_of({"weights": draws}, smooth)
    assert [one["probability"] for one in found] == [1.0, 0.25]
    assert_allclose(found[0]["median"], np.exp(first), rtol=0.08)  # half a step
    assert_allclose(np.log(found[0]["high"] / found[0]["low"]), 4 * 0.2, rtol=0.3)
    assert_allclose(found[1]["median"], np.exp(second), rtol=0.1)
    assert {one["unit"] for one in found} == {"s"}


def test_what_lies_outside_the_window_is_no_peak(free: Model) -> None:
    smooth = smooth_of(free)
    x = np.log(np.asarray(smooth.places({})))
    outside = np.log(float(smooth.marks[0])) - 1.0
    assert peaks_of({"weights": np.exp(-0.5 * ((x - outside) / 0.5) ** 2)[None]}, smooth) == []


def test_reported_densities_are_those_of_the_form(free: Model) -> None:
    weights = np.random.default_rng(2).random((3, len(np.asarray(smooth_of(free).places({})))))
    found = densities({"weights": weights}, free)
    nodes = smooth_of(free).nodes
    assert isinstance(nodes, tls.FreeForm)
    for row, draw in enumerate(weights):
        form = tls.FreeForm(nodes.shortest, nodes.longest, draw)
        exact = [mark * form.density(mark) for mark in np.asarray(smooth_of(free).marks)]
        assert_allclose([values[row] for values in found.values()], exact, rtol=1e-12)
