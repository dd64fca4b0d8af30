"""Circle fits: the truth of synthetic traces lies where the intervals say, whatever cable and coupling."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import tlsjax as tls
from tlsjax.data.resonance import GEOMETRIES, Geometry, fit_resonance

F_R = 5e9
Trace = tuple[NDArray[np.float64], NDArray[np.complex128]]


def made(
    internal: float = 2e5,
    coupling: float = 1e5,
    asymmetry: float = 0.0,
    *,
    geometry: Geometry = "hanger",
    delay: float = 0.0,
    amplitude: complex = 0.1 * np.exp(0.7j),
    noise: float = 0.0,
    widths: float = 12.0,
    points: int = 401,
    seed: int = 0,
) -> Trace:
    """As Probst et al., Eqs. 1 and 2: 1/Q_l = 1/Q_i + cos φ/|Q_c|, of either geometry."""
    loaded = 1 / (1 / internal + np.cos(asymmetry) / coupling)
    f = F_R * (1 + np.linspace(-0.5, 0.5, points) * widths / loaded)
    dip = loaded / coupling * np.exp(1j * asymmetry) / (1 + 2j * loaded * (f / F_R - 1))
    ideal = {"hanger": 1 - dip, "reflection": 1 - 2 * dip, "transmission": dip}[geometry]
    rng = np.random.default_rng(seed)
    scatter = noise * (rng.normal(size=points) + 1j * rng.normal(size=points))
    return f, amplitude * np.exp(-2j * np.pi * f * delay) * (ideal + scatter)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("delay", [0.0, 50e-9, -3e-9])
@pytest.mark.parametrize(("internal", "coupling"), [(2e5, 1e5), (3e4, 3e5), (1e6, 2e4), (900.0, 700.0)])
def test_without_noise_the_truth_comes_back(
    geometry: Geometry, delay: float, internal: float, coupling: float
) -> None:
    one = 1.0 if geometry == "transmission" else 0.1 * np.exp(0.7j)
    f, s = made(internal, coupling, geometry=geometry, delay=delay, amplitude=one)
    found = fit_resonance(f, s, geometry)
    assert found.frequency == pytest.approx(F_R, rel=1e-9)
    assert found.quality_factor == pytest.approx(internal, rel=1e-5)
    assert found.coupling_quality_factor == pytest.approx(coupling, rel=1e-5)
    assert found.loaded_quality_factor == pytest.approx(1 / (1 / internal + 1 / coupling), rel=1e-5)


@pytest.mark.parametrize("geometry", ["hanger", "reflection"])
@pytest.mark.parametrize("asymmetry", [-0.9, -0.3, 0.3, 0.6])
def test_an_asymmetric_coupling_leaves_the_internal_quality_factor(
    geometry: Geometry, asymmetry: float
) -> None:
    found = fit_resonance(*made(asymmetry=asymmetry, geometry=geometry, delay=20e-9), geometry)
    assert found.quality_factor == pytest.approx(2e5, rel=1e-6)
    assert found.coupling_quality_factor == pytest.approx(1e5 / np.cos(asymmetry), rel=1e-6)
    assert found.asymmetry == pytest.approx(asymmetry, abs=1e-6)


def test_cable_and_order_of_points_change_nothing() -> None:
    f, s = made(asymmetry=0.4, noise=0.01)
    plain = fit_resonance(f, s)
    order = np.random.default_rng(1).permutation(len(f))
    cable = 0.03 * np.exp(2j) * np.exp(-2j * np.pi * f * 40e-9)
    for other in (fit_resonance(f[order], s[order]), fit_resonance(f, s * cable)):
        for name in ("frequency", "quality_factor", "quality_factor_err", "coupling_quality_factor"):
            assert getattr(other, name) == pytest.approx(getattr(plain, name), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "geometry"),
    [
        ({"asymmetry": 0.5, "delay": 50e-9, "noise": 0.02, "widths": 8.0}, "hanger"),
        ({"internal": 3e4, "coupling": 1.5e5, "asymmetry": -0.4, "noise": 0.01, "delay": 30e-9}, "hanger"),
        ({"internal": 5e5, "coupling": 5e4, "asymmetry": -0.3, "noise": 0.01}, "reflection"),
        ({"amplitude": 1.0, "noise": 0.01, "delay": 10e-9}, "transmission"),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(options: dict[str, Any], geometry: Geometry) -> None:
    """Of 150 traces about 68 % lie within one standard deviation, and the deviations are normal ones."""
    internal, coupling = options.get("internal", 2e5), options.get("coupling", 1e5)
    deviations = []
    for seed in range(150):
        found = fit_resonance(*made(**options, geometry=geometry, seed=seed), geometry)
        loss_err = found.quality_factor_err / found.quality_factor**2
        coupled_err = found.coupling_quality_factor_err / found.coupling_quality_factor**2
        coupled = np.cos(options.get("asymmetry", 0.0)) / coupling
        deviations.append((
            (1 / found.quality_factor - 1 / internal) / loss_err,
            (1 / found.coupling_quality_factor - coupled) / coupled_err,
            (found.frequency - F_R) / found.frequency_err,
        ))  # fmt: skip
    for one in np.transpose(deviations):
        inside = int(np.count_nonzero(np.abs(one) < 1))
        assert stats.binomtest(inside, 150, 0.6827).pvalue > 1e-3
        assert stats.kstest(one, "norm").pvalue > 1e-3


def test_the_noise_is_that_of_the_trace() -> None:
    found = fit_resonance(*made(noise=0.02, points=2001))
    assert found.noise == pytest.approx(0.02, rel=0.05)
    assert found.widened == 1.0


def test_ripple_widens_the_uncertainties() -> None:
    f, s = made(noise=1e-3, widths=30.0)
    rippled = s * (1 + 0.01 * np.cos(2 * np.pi * (f - f[0]) / np.ptp(f) * 4))
    found = fit_resonance(f, rippled)
    assert found.widened > 3
    assert abs(1 / found.quality_factor - 1 / 2e5) < 3 * found.quality_factor_err / found.quality_factor**2


def flat(points: int = 401, noise: float = 0.0, seed: int = 0, delay: float = 50e-9) -> Trace:
    f, _ = made(points=points)
    rng = np.random.default_rng(seed)
    scatter = noise * (rng.normal(size=points) + 1j * rng.normal(size=points))
    return f, np.exp(-2j * np.pi * f * delay) * (0.3 + scatter)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_resonance(seed: int) -> None:
    with pytest.raises(tls.InputError, match=r"no resonance between|points within a linewidth|spans"):
        fit_resonance(*flat(noise=0.05, seed=seed, points=(101, 401, 1601)[seed % 3]))


def changed(trace: Trace, place: int, value: complex) -> Trace:
    trace[1][place] = value
    return trace


@pytest.mark.parametrize(
    ("trace", "geometry", "message"),
    [
        ((np.zeros(0), np.zeros(0, complex)), "hanger", "no points; a resonance needs at least 20"),
        ((np.arange(1.0, 6.0), np.ones(5, complex)), "hanger", "5 points; a resonance needs at least 20"),
        ((np.arange(1.0, 31.0), np.ones(29, complex)), "hanger", "must have one length"),
        ((np.arange(30.0), np.ones(30, complex)), "hanger", "above zero"),
        ((np.ones(30), np.arange(30) + 0j), "hanger", "at least 20 of them"),
        ((np.arange(1.0, 31.0), np.ones(30, complex)), "hanger", "no resonance in it"),
        ((np.arange(1.0, 31.0), np.zeros(30, complex)), "hanger", "no resonance in it"),
        (changed(made(), 7, np.nan), "hanger", "a point of the trace is no finite number"),
        (flat(), "hanger", "no resonance between 4.99955 and 5.00045 GHz"),
        (made(widths=0.4, noise=1e-4), "hanger", "less than the linewidth"),
        (made(widths=1000.0, noise=1e-3), "hanger", "points within a linewidth"),
        (made(coupling=-1e5, internal=4e4, noise=1e-3), "hanger", "no coupling that a hanger could have"),
        (
            made(geometry="reflection", coupling=5e4, noise=1e-3),
            "hanger",
            "not above zero: no hanger, or not",
        ),
        (made(geometry="transmission", amplitude=5.0, noise=1e-3), "transmission", "or not calibrated"),
        (made(internal=1e9, coupling=1e4, noise=0.05, seed=2), "hanger", ""),
        (made(), "notch", "'notch' is no geometry; known: hanger, reflection, transmission"),
    ],
)
def test_what_cannot_be(trace: Trace, geometry: Any, message: str) -> None:
    with pytest.raises(tls.InputError) as caught:
        fit_resonance(*trace, geometry, source="a.s2p")
    assert message in caught.value.message
    assert str(caught.value).startswith("a.s2p: ")
    assert str(caught.value).isprintable()
