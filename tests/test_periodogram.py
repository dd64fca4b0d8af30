"""Averaged periodograms: their normalisation, and their scatter by Monte Carlo."""

from math import sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from tlsjax.data.periodogram import periodogram

RATE = 250.0


def white(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def test_one_sided_density() -> None:
    noise = 3.0 * white(1, 2**18)
    found = periodogram(noise, RATE, segments=500)
    assert_allclose(found.density.mean(), 2 * 9.0 / RATE, rtol=0.01)
    whole = periodogram(noise, RATE, segments=1, window="boxcar")
    assert_allclose(whole.density.sum() * RATE / noise.size, noise.var(), rtol=1e-3)
    time = np.arange(2**12) / RATE
    tone = periodogram(5.0 * np.sin(2 * np.pi * 40.0 * time), RATE, segments=3)
    assert abs(tone.frequency[tone.density.argmax()] - 40.0) < 0.2
    assert_allclose(tone.density.sum() * (tone.frequency[1] - tone.frequency[0]), 12.5, rtol=1e-3)


@pytest.mark.parametrize(
    ("window", "overlap", "bins_per_decade"),
    [
        ("hann", 0.5, None), ("hann", 0.0, None), ("hann", 0.75, None), ("boxcar", 0.0, None),
        ("boxcar", 0.5, None), ("blackman", 0.66, None), ("hann", 0.5, 6), ("hann", 0.75, 6),
        ("boxcar", 0.0, 6), ("boxcar", 0.5, 6), ("blackman", 0.5, 10),
    ],
)  # fmt: skip
def test_scatter_of_white_noise_is_that_of_the_averages(
    window: str, overlap: float, bins_per_decade: float | None
) -> None:
    count, length = 500, 101 if overlap == 0.66 else 128
    runs = [
        periodogram(
            noise,
            RATE,
            segment_length=length,
            window=window,
            overlap=overlap,
            bins_per_decade=bins_per_decade,
        )
        for noise in white(2, count, 900)
    ]
    density = np.array([run.density for run in runs])
    relative = density.var(0, ddof=1) / (2 / RATE) ** 2 * runs[0].averages
    # of one bin: scatter √((2 + 6/M)/count) of its variance; every other bin is independent
    error = sqrt((2 + 6 / runs[0].averages[0]) / count)
    assert_allclose(density.mean(), 2 / RATE, rtol=0.005)
    assert_allclose(relative, 1.0, atol=5 * error)
    assert_allclose(relative.mean(), 1.0, atol=4.5 * error / sqrt(relative.size / 2))
    assert np.all(np.diff(runs[0].frequency) > 0)
    if bins_per_decade is None:
        assert np.ptp(runs[0].averages) == 0.0


@pytest.mark.parametrize("bins_per_decade", [None, 5])
def test_distribution_is_gamma(bins_per_decade: float | None) -> None:
    runs = [periodogram(x, RATE, segments=5, bins_per_decade=bins_per_decade) for x in white(3, 600, 512)]
    for index in (0, 3, -1):
        found = np.array([run.density[index] for run in runs]) * RATE / 2
        shape = runs[0].averages[index]
        assert stats.kstest(found, stats.gamma(shape, scale=1 / shape).cdf).pvalue > 1e-4


def test_averages_known_in_closed_form() -> None:
    noise = white(4, 40_000)
    assert_allclose(periodogram(noise, RATE, segments=10, overlap=0.0).averages, 10.0, rtol=1e-12)
    # half-overlapping hann windows: ρ = (1/6)² for neighbours
    count = periodogram(noise, RATE, segments=199).averages[0]
    assert_allclose(count, 199 / (1 + 2 * (1 - 1 / 199) / 36), rtol=0.01)
    # bins of a boxcar are independent: averages add
    wide = periodogram(noise, RATE, segments=10, overlap=0.0, window="boxcar", bins_per_decade=4)
    fine = periodogram(noise, RATE, segments=10, overlap=0.0, window="boxcar")
    assert_allclose(wide.averages.sum(), fine.averages.sum(), rtol=1e-10)
    # those of hann are not, however wide the bin: Σw⁴·L/(Σw²)² = 35/18
    wide = periodogram(noise, RATE, segments=10, overlap=0.0, bins_per_decade=1)
    fine = periodogram(noise, RATE, segments=10, overlap=0.0)
    assert_allclose(fine.averages.sum() / wide.averages.sum(), 35 / 18, rtol=0.01)


def test_logarithmic_bins_keep_white_and_one_over_f() -> None:
    fine = periodogram(white(5, 2**14), RATE, segments=1)
    wide = periodogram(white(5, 2**14), RATE, segments=1, bins_per_decade=7)
    assert wide.frequency.size <= 7 * np.log10(fine.frequency[-1] / fine.frequency[0]) + 1
    first = np.searchsorted(fine.frequency, wide.frequency[-1] * 0.8)
    assert first > 0
    slope = np.cumsum(white(6, 2**16))  # 1/f²
    found = periodogram(slope, RATE, segments=8, bins_per_decade=10)
    model = 2 / RATE / (4 * np.sin(np.pi * found.frequency / RATE) ** 2)
    inside = (found.frequency > 2 * found.frequency[0]) & (found.averages > 20)
    assert np.all(np.abs(found.density / model - 1)[inside] < 5 / np.sqrt(found.averages[inside]) + 0.02)


def test_an_offset_is_no_noise() -> None:
    noise = white(7, 5000)
    plain, offset = (periodogram(noise + mean, RATE, segments=9) for mean in (0.0, 1e5))
    assert_allclose(offset.density, plain.density, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segments": None}, "either"), ({"segment_length": 10}, "either"), ({"segments": 0}, "segments of"),
        ({"segments": 900}, "segments of"), ({"overlap": 1.0}, "overlap"), ({"overlap": -0.1}, "overlap"),
        ({"segments": None, "segment_length": 1001}, "segments of"), ({"bins_per_decade": 0.0}, "positive"),
    ],
)  # fmt: skip
def test_refusals(change: dict[str, float | None], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        periodogram(white(8, 1000), RATE, **{"segments": 4, **change})


def test_currents_that_are_none() -> None:
    for bad in (white(9, 10, 100), np.array([1.0, np.nan] * 100)):
        with pytest.raises(ValueError, match="vector of finite"):
            periodogram(bad, RATE, segments=2)
    with pytest.raises(ValueError, match="positive"):
        periodogram(white(9, 100), 0.0, segments=2)
