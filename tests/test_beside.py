"""New points in measured sweeps: what residuals of their neighbours tell."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_misfit import BUDGET, model_of, resonator

import tlsjax as tls
from tlsjax.fitting.beside import beside
from tlsjax.model.points import fitted_points

R = 0.8


def table(kelvin: list[float], photons: list[float]) -> tls.Spectrum:
    columns = {
        "frequency": np.full(len(kelvin), 5e9), "temperature": np.array(kelvin),
        "photon_number": np.array(photons), "loss": np.full(len(kelvin), 1e-5),
    }  # fmt: skip
    return tls.Spectrum(columns, {}, "chip.csv")


def test_weights_are_those_of_the_joint_normal() -> None:
    """Of an autoregression at 0.1, 0.2 … 0.5 K, at points between, conditioned by its covariance matrix."""
    kelvin = [0.1, 0.2, 0.3, 0.4, 0.5]
    measured = table([*kelvin, *kelvin], [10.0] * 5 + [1e4] * 5)
    new_at = [0.25, 0.45, 0.55, 0.58]
    new = table([*new_at, 0.3], [1e4] * 4 + [1e6])
    points = [p for p in fitted_points([measured], model_of(0.0).view) if p.quantity == "loss"]
    found = beside(new, [measured], points, R)
    order = np.array(kelvin)
    for index, x in enumerate(new_at):
        cross = R ** (np.abs(x - order) / 0.1)
        within = R ** (np.abs(order[:, None] - order) / 0.1)
        weights = np.linalg.solve(within, cross)
        assert found.left[index] == pytest.approx(1 - cross @ weights, rel=1e-9)
        ours = np.zeros(10)
        np.add.at(ours, found.neighbours[index], found.weights[index])
        assert_allclose(ours[5:], weights, atol=1e-9)
        assert_allclose(ours[:5], 0.0)
    assert found.left[4] == 1.0  # of no measured sweep
    assert_allclose(found.weights[4], 0.0)


def test_a_point_measured_before_is_not_known_for_certain() -> None:
    """On top of a measured point and close to one: never less left than halfway between two."""
    measured = table([0.1, 0.2, 0.3], [10.0] * 3)
    points = [p for p in fitted_points([measured], model_of(0.0).view) if p.quantity == "loss"]
    found = beside(table([0.15, 0.2, 0.201, 0.299], [10.0] * 4), [measured], points, R)
    assert np.all(found.left >= found.left[0])
    assert found.left[0] == pytest.approx((1 - R) / (1 + R))


def test_a_lone_point_tells_nothing() -> None:
    measured = table([0.1, 0.2, 0.3, 0.2], [10.0] * 3 + [1e6])
    points = [p for p in fitted_points([measured], model_of(0.0).view) if p.quantity == "loss"]
    assert np.all(beside(table([0.2, 0.9], [1e6] * 2), [measured], points, R).left == 1.0)


def test_many_new_powers_leave_the_sweep_what_it_was() -> None:
    """Predictions at more powers than there were temperatures are no sweep of power."""
    kelvin = [0.1, 0.2, 0.3]
    measured = table(kelvin * 2, [10.0] * 3 + [1e6] * 3)
    points = [p for p in fitted_points([measured], model_of(0.0).view) if p.quantity == "loss"]
    photons = list(np.logspace(1.5, 5.5, 40))
    found = beside(table([0.2] * 40, photons), [measured], points, R)
    assert np.all(found.left == 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("r", [0.0, 0.8])
def test_intervals_hold_points_left_out(r: float) -> None:
    """90 % of them over simulated sets, and narrower ones where neighbours tell."""
    inside, widths = [], []
    for seed in range(8):
        whole = resonator(seed, r)
        out = np.random.default_rng(seed).random(len(whole)) < 0.2
        result = tls.fit(whole.rows(~out), budget=BUDGET, method="map", draws=250)
        left = whole.rows(out)
        low, high = (
            result.predict("loss", left, error=1e-12)["measurement"].quantile([0.05, 0.95], "draw").values
        )
        inside.append((left.columns["loss"] > low) & (left.columns["loss"] < high))
        widths.append(np.mean((high - low) / left.columns["loss"]))
    share, count = np.mean(np.concatenate(inside)), sum(map(len, inside))
    # five standard errors where points were independent, of which there are fewer
    assert abs(share - 0.9) < 5 * np.sqrt(0.09 / count) + 0.02
    scatter = 2 * 1.645 * 0.03
    assert np.mean(widths) < 0.8 * scatter if r else np.mean(widths) > 0.9 * scatter
