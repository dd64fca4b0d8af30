"""From a recorded current to a noise spectrum with the number of averages that its likelihood needs."""

from typing import Any, NamedTuple

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray
from scipy import signal

Array = NDArray[np.floating[Any]]


_HARMONICS, _SKIRT, _DRIFT = 50, 4.0, 1e-3
"""Lines of the mains, bins of a line's skirt either side, share by which the mains drifts."""


class Periodogram(NamedTuple):
    """Averaged periodogram, arrays of shape (bins,)."""

    frequency: Array
    """Hz; of a logarithmic bin the harmonic mean, with which white and 1/f noise stay unbiased."""
    density: Array
    """One-sided spectral density, A²/Hz."""
    averages: Array
    """Effective number M of averages, 1: density = S·Gamma(M, 1/M), of variance S²/M."""


def periodogram(
    current: ArrayLike,
    sample_rate: float,
    *,
    segments: int | None = None,
    segment_length: int | None = None,
    window: str = "hann",
    overlap: float = 0.5,
    bins_per_decade: float | None = None,
    edges: ArrayLike | None = None,
    mains: float | None = None,
) -> Periodogram:
    """Welch's averaged periodogram and the variance of its bins.

    S(f_k) = (2/f_s Σw²)·mean over segments of |Σ_n w_n (I_n − Ī) e^{−2πikn/L}|². For a spectrum that is
    smooth over the window's resolution the covariance of segments j steps and bins q apart is S²·ρ(j, q),

    ρ(j, q) = |Σ_n w_n w_{n+jD} e^{−2πiqn/L}|²/(Σw²)²,   1/M = mean of ρ over all pairs of averaged values.

    Args:
        current: evenly sampled current, A, shape (samples,).
        sample_rate: f_s, Hz.
        segments: number of segments, whose length follows; or
        segment_length: samples L of a segment. One of the two, no more.
        window: any window that :func:`scipy.signal.get_window` knows by name.
        overlap: share of a segment that the next one covers, 0 ≤ overlap < 1.
        bins_per_decade: logarithmic bins a decade, at most; or
        edges: edges of the bins, Hz, rising; what lies outside is dropped. Without either every bin is kept.
        mains: frequency whose lines are dropped before anything is averaged, Hz: at each of its first 50
            harmonics, four bins and 0.1 % of the frequency either side.

    Returns:
        Frequencies, densities and averages. Dropped are zero frequency, Nyquist's, and the bins that the
        window mixes with these (one for ``hann``): they are biased by the mean's removal, or not circular.

    Raises:
        ValueError: the current is no finite vector, too few samples, neither or both of ``segments`` and
            ``segment_length``, both of ``bins_per_decade`` and ``edges``, an overlap outside its range, or
            segments too short to tell the lines of the mains apart.

    Limits: M = segments without overlap; 36/19·M for half-overlapping hann windows of twice the number.
        Single bins of a window other than ``boxcar`` are correlated with their neighbours (4/9 for hann): a
        likelihood that takes them as independent is too narrow by up to √1.94; logarithmic bins count this.
        Where lines are dropped, a logarithmic bin counts what is left as adjacent: M is a little too small.
    Source: Welch 1967; Percival and Walden 1993, Sec. 6.17, for one bin. Beyond the paper.
    """
    values = np.asarray(current, np.float64)
    if values.ndim != 1 or not np.all(np.isfinite(values)):
        raise ValueError("the current must be a vector of finite numbers")
    if not 0.0 <= overlap < 1.0:
        raise ValueError(f"overlap {overlap} is outside 0 ≤ overlap < 1")
    if not sample_rate > 0.0 or (bins_per_decade is not None and not bins_per_decade > 0.0):
        raise ValueError("sample_rate and bins_per_decade must be positive")
    if (segments is None) == (segment_length is None):
        raise ValueError("give either segments or segment_length")
    if bins_per_decade is not None and edges is not None:
        raise ValueError("give either bins_per_decade or edges")
    if segments is not None:
        segment_length = int(values.size / (1.0 + (segments - 1) * (1.0 - overlap))) if segments > 0 else 0
    assert segment_length is not None
    if not 8 <= segment_length <= values.size:
        raise ValueError(f"{values.size} samples cannot give segments of {segment_length}, at least 8")
    # what scipy takes is the overlap in samples
    shared = min(int(overlap * segment_length), segment_length - 1)
    count = (values.size - shared) // (segment_length - shared)
    taper = signal.get_window(window, segment_length)
    frequency, density = signal.welch(
        values, sample_rate, window=taper, noverlap=shared, nperseg=segment_length, detrend="constant"
    )
    correlation = _correlation(taper, segment_length - shared, count)
    reach = _reach(taper)
    kept = slice(1 + reach, frequency.size - reach - (segment_length % 2 == 0))
    frequency, density = frequency[kept], density[kept]
    if not frequency.size:
        raise ValueError(f"segments of {segment_length} samples leave no bin with the window {window!r}")
    if mains is not None:
        quiet = ~_on_a_line(frequency, sample_rate / segment_length, mains)
        frequency, density = frequency[quiet], density[quiet]
    if edges is not None:
        place = np.searchsorted(edges, frequency, side="right")
        inside = (place > 0) & (place < np.size(edges))
        frequency, density, place = frequency[inside], density[inside], place[inside]
    elif bins_per_decade is not None:
        place = np.floor(np.log10(frequency / frequency[0]) * bins_per_decade + 1e-9)
    else:
        place = np.arange(frequency.size)
    group = np.unique(place, return_inverse=True)[1]
    size = np.bincount(group)
    return Periodogram(
        frequency=size / np.bincount(group, 1.0 / frequency),
        density=np.bincount(group, density) / size,
        averages=1.0 / _relative_variance(correlation, size),
    )


def _on_a_line(frequency: Array, spacing: float, mains: float) -> NDArray[np.bool_]:
    """Whether a bin holds power of the mains: on a line, its skirts, or where it drifts to."""
    if not mains > 4.0 * _SKIRT * spacing:
        raise ValueError(
            f"segments tell frequencies {spacing:.3g} Hz apart, too coarse to drop lines every {mains:g} Hz"
        )
    harmonic = np.clip(np.round(frequency / mains), 1, _HARMONICS)
    found: NDArray[np.bool_] = np.abs(frequency - harmonic * mains) <= _SKIRT * spacing + _DRIFT * frequency
    return found


def _correlation(taper: Array, step: int, count: int) -> Array:
    """Σ over pairs of segments of ρ(j, q), over their number count², for bins q = 0 … L/2 apart."""
    length, total = taper.size, np.zeros(taper.size // 2 + 1)
    for lag in range(min(count, -(-length // step))):
        product = taper[: length - lag * step] * taper[lag * step :]
        pairs = count if lag == 0 else 2 * (count - lag)
        total += pairs * np.abs(np.fft.rfft(product, length)) ** 2
    return total / (count * np.sum(taper**2)) ** 2


def _relative_variance(correlation: Array, size: NDArray[np.integer[Any]]) -> Array:
    """Variance over mean² of the mean of ``size`` adjacent bins."""
    once, weighted = np.cumsum(correlation), np.cumsum(np.arange(correlation.size) * correlation)
    # Σ over pairs = size·ρ(0) + 2 Σ_{q<size} (size − q)·ρ(q)
    last = size - 1
    pairs = size * (2.0 * once[last] - correlation[0]) - 2.0 * weighted[last]
    found: Array = pairs / size**2
    return found


def _reach(taper: Array) -> int:
    """Bins beside zero frequency that hold more than 1e-3 of the window's power response."""
    response = np.abs(np.fft.rfft(taper)) ** 2
    return int(np.flatnonzero(response > 1e-3 * response[0])[-1])
