"""Quality factors from a complex trace over one resonance: circle fit with diameter correction."""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from tlsjax.errors import InputError

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Geometry = Literal["hanger", "reflection", "transmission"]
GEOMETRIES: tuple[Geometry, ...] = get_args(Geometry)

MIN_POINTS = 20
_MIN_ACROSS = 5
"""Points within a linewidth of the resonance; fewer do not show its shape."""
_EVIDENCE = 25.0
"""Gain in log likelihood over a trace without a resonance; noise alone reaches 15 in a thousand points."""
_WIDTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Linewidths to start from, in spans of the trace."""
_REFINED = 4
"""Starts that are followed to their optimum, of all."""


@dataclass(frozen=True)
class Resonance:
    """What a trace says of a resonator; each uncertainty is one standard deviation.

    Attributes:
        frequency: f_r, Hz, with ``frequency_err``.
        quality_factor: internal, Q_i, with ``quality_factor_err``.
        coupling_quality_factor: Q_c = 1/Re(1/Q̂_c), with ``coupling_quality_factor_err``.
        loaded_quality_factor: Q_l.
        asymmetry: phase of Q̂_c, rad.
        delay: of the cables, s.
        noise: standard deviation of the trace around the fit, of its real and of its imaginary part, relative
            to the trace far from the resonance (to its peak for a transmission).
        widened: factor by which uncertainties allow for neighbouring points that deviate alike; 1 if none do.
    """

    frequency: float
    frequency_err: float
    quality_factor: float
    quality_factor_err: float
    coupling_quality_factor: float
    coupling_quality_factor_err: float
    loaded_quality_factor: float
    asymmetry: float
    delay: float
    noise: float
    widened: float = 1.0


def fit_resonance(
    frequency: Array, trace: Complex, geometry: Geometry = "hanger", *, source: str = "trace"
) -> Resonance:
    """Fit S(f) = e^{−2πi(f − f₀)τ} [b + c/(1 + 2i Q_l (f/f_r − 1))] by least squares of the complex trace.

    Any amplitude, phase and cable delay is part of b, c and τ. The coupled share k = Q_l/Q_c is Re(−c/b) for
    a hanger (notch), half of that in reflection, and |c| for a transmission; then 1/Q_c = k/Q_l and
    1/Q_i = (1 − k)/Q_l. The real part is the diameter correction: an asymmetric coupling, of complex 1/Q̂_c,
    would make Q_i too high by the modulus. A transmission has b = 0: it cannot be told from a delay there.
    Uncertainties are those of the linearised fit; where neighbouring
    points deviate alike (ripple, a second resonance), they are widened.

    Args:
        frequency: of each point, Hz, shape (N,).
        trace: S₂₁ or S₁₁, complex, linear, shape (N,).
        geometry: how the resonator is coupled.
        source: file, for messages.

    Raises:
        InputError: too few or unreadable points, no resonance, one that the points do not resolve, or a Q_i
            that is not above zero.

    Limits: one resonance, linear (no bifurcation at high power), on a line whose transmission is constant but
        for its delay. A transmission must be calibrated and without leakage past the resonator: its height is
        taken as it is.
    Source: Khalil et al., J. Appl. Phys. 111, 054510 (2012); Probst et al., Rev. Sci. Instrum. 86, 024706
        (2015). Beyond the paper.
    """
    if geometry not in GEOMETRIES:
        raise InputError(f"'{geometry}' is no geometry; known: {', '.join(GEOMETRIES)}", source=source)
    f, s = _checked(np.asarray(frequency, np.float64), np.asarray(trace, np.complex128), source)
    leaks = geometry != "transmission"
    delays = _delays(f, s)
    found = min(
        (_refined(f, s, *one, leaks) for one in _starts(f, s, delays, leaks)), key=lambda fit: fit.cost
    )
    _check_resolved(f, s, found, delays, source)
    _, residual, jacobian = found.expanded(f, s)
    both = np.concatenate([residual.real, residual.imag])
    free = np.arange(7) if leaks else np.array([0, 1, 2, 5, 6])
    variance = float(both @ both) / (both.size - free.size)
    rows = np.concatenate([jacobian.real, jacobian.imag])[:, free]
    scale = np.linalg.norm(rows, axis=0)
    inverse = np.linalg.pinv(rows / scale)
    widened = _widening(residual)
    covariance = np.zeros((7, 7))
    covariance[np.ix_(free, free)] = widened**2 * variance * (inverse @ inverse.T) / np.outer(scale, scale)

    def error(quantity: Callable[[Array], float]) -> float:
        """By the gradient; each parameter moved by a thousandth of its own uncertainty."""
        gradient, at = np.zeros(7), found.parameters
        for place, move in enumerate(np.diag(1e-3 * np.sqrt(np.diag(covariance)))):
            if move[place] > 0.0:
                gradient[place] = (quantity(at + move) - quantity(at - move)) / (2.0 * move[place])
        return float(np.sqrt(gradient @ covariance @ gradient))

    def internal(p: Array) -> float:
        return (1.0 - _share(p, geometry)) / np.exp(p[1])

    def coupling(p: Array) -> float:
        return _share(p, geometry) / np.exp(p[1])

    loss, loss_err, coupled = internal(found.parameters), error(internal), coupling(found.parameters)
    if coupled <= 0.0:
        raise InputError(f"its circle has no coupling that a {geometry} could have", source=source)
    if loss <= 0.0:
        why = (
            "the coupling hides the loss"
            if loss + 3.0 * loss_err > 0.0
            else f"no {geometry}, or not calibrated"
        )
        message = f"1/Q_i is {loss:.2g} ± {loss_err:.1g}, not above zero: {why}"
        raise InputError(message, source=source)
    b, c = found.amplitudes
    return Resonance(
        frequency=float(found.parameters[0]),
        frequency_err=float(np.sqrt(covariance[0, 0])),
        quality_factor=1.0 / loss,
        quality_factor_err=loss_err / loss**2,
        coupling_quality_factor=1.0 / coupled,
        coupling_quality_factor_err=error(coupling) / coupled**2,
        loaded_quality_factor=float(np.exp(found.parameters[1])),
        asymmetry=0.0 if geometry == "transmission" else float(np.angle(-c / b)),
        delay=float(found.parameters[2]),
        noise=float(np.sqrt(variance)) / abs(c if geometry == "transmission" else b),
        widened=widened,
    )


@dataclass(frozen=True)
class _Fit:
    """Parameters f_r, ln Q_l, τ and the real and imaginary parts of b and c; and the squared residual."""

    parameters: Array
    cost: float

    @property
    def amplitudes(self) -> tuple[complex, complex]:
        b_re, b_im, c_re, c_im = (float(x) for x in self.parameters[3:])
        return complex(b_re, b_im), complex(c_re, c_im)

    def expanded(self, f: Array, s: Complex) -> tuple[Complex, Complex, Complex]:
        """Model, residual and Jacobian, shape (N, 7)."""
        b, c = self.amplitudes
        resonance, quality, delay = self.parameters[0], np.exp(self.parameters[1]), self.parameters[2]
        turned, shape = _turn(f, delay), _shape(f, resonance, quality)
        model = turned * (b + c * shape)
        slope = turned * c * -(shape**2) * 2j
        columns = (
            slope * quality * -f / resonance**2,
            slope * quality * (f / resonance - 1.0),
            -2j * pi * (f - f.mean()) * model,
            turned, 1j * turned, turned * shape, 1j * turned * shape,
        )  # fmt: skip
        return model, s - model, np.stack(columns, axis=1)


def _share(parameters: Array, geometry: Geometry) -> float:
    """Q_l/Q_c."""
    b, c = complex(*parameters[3:5]), complex(*parameters[5:7])
    if geometry == "transmission":
        return abs(c)
    return (-c / b).real / (2.0 if geometry == "reflection" else 1.0)


def _checked(f: Array, s: Complex, source: str) -> tuple[Array, Complex]:
    if f.ndim != 1 or f.shape != s.shape:
        raise InputError(f"frequencies {f.shape} and trace {s.shape} must have one length", source=source)
    if f.size < MIN_POINTS:
        points = "1 point" if f.size == 1 else f"{f.size or 'no'} points"
        raise InputError(f"{points}; a resonance needs at least {MIN_POINTS}", source=source)
    if not (np.isfinite(f).all() and np.isfinite(s).all()):
        raise InputError("a point of the trace is no finite number", source=source)
    order = np.argsort(f, kind="stable")
    f, s = f[order], s[order]
    if f[0] <= 0.0 or len(np.unique(f)) < MIN_POINTS:
        raise InputError(
            f"its frequencies must be above zero and at least {MIN_POINTS} of them", source=source
        )
    if np.abs(s).max() == 0.0 or np.ptp(s.real) + np.ptp(s.imag) == 0.0:
        raise InputError(f"S is {s[0]:.3g} at every frequency; there is no resonance in it", source=source)
    return f, s


def _turn(f: Array, delay: float) -> Complex:
    return np.asarray(np.exp(-2j * pi * (f - f.mean()) * delay), np.complex128)


def _shape(f: Array, resonance: float, quality: float) -> Complex:
    return np.asarray(1.0 / (1.0 + 2j * quality * (f / resonance - 1.0)), np.complex128)


def _linear(
    f: Array, s: Complex, resonance: float, quality: float, delay: float, leaks: bool
) -> tuple[complex, complex, Complex]:
    """Best b, zero unless the line leaks, and c, and what is left."""
    columns = np.stack([np.ones_like(f), _shape(f, resonance, quality)], axis=1)[:, 0 if leaks else 1 :]
    columns = _turn(f, delay)[:, None] * columns
    found = np.linalg.lstsq(columns, s, rcond=None)[0]
    return complex(found[0]) if leaks else 0j, complex(found[-1]), s - columns @ found


def _refined(f: Array, s: Complex, resonance: float, width: float, delay: float, leaks: bool) -> _Fit:
    """Least squares from a start; b and c are solved for at every step."""
    span = float(np.ptp(f))

    def unscaled(x: Array) -> tuple[float, float, float]:
        place = resonance + np.clip(x[0], -1e3, 1e3) * width
        return place, place / (width * np.exp(np.clip(x[1], -12.0, 12.0))), delay + x[2] / (2 * pi * span)

    def left(x: Array) -> Array:
        residual = _linear(f, s, *unscaled(x), leaks)[-1]
        return np.concatenate([residual.real, residual.imag])

    best = least_squares(left, np.zeros(3), method="lm", xtol=1e-12, ftol=1e-12, max_nfev=400)
    place, quality, found = unscaled(best.x)
    b, c, _ = _linear(f, s, place, quality, found, leaks)
    return _Fit(
        np.array([place, np.log(quality), found, b.real, b.imag, c.real, c.imag]), 2.0 * float(best.cost)
    )


def _delays(f: Array, s: Complex) -> tuple[float, ...]:
    """Cable delays to start from: of the trace's ends, of its usual step, and none."""
    edge = max(f.size // 10, 3)
    phase = np.unwrap(np.angle(s))
    ends = [np.polyfit(f[part], phase[part], 1)[0] for part in (slice(None, edge), slice(-edge, None))]
    apart = np.diff(f) > 0.0
    usual = np.median(np.diff(phase)[apart] / np.diff(f)[apart])
    return -float(np.mean(ends)) / (2 * pi), -float(usual) / (2 * pi), 0.0


def _starts(f: Array, s: Complex, delays: tuple[float, ...], leaks: bool) -> list[tuple[float, float, float]]:
    """Resonance, linewidth and delay of the starts that leave least."""
    span = float(np.ptp(f))
    edge = max(f.size // 10, 3)
    starts = []
    for delay in delays:
        turned = s / _turn(f, delay)
        base = np.mean(np.concatenate([turned[:edge], turned[-edge:]]))
        away = np.abs(np.convolve(turned - base, np.ones(3) / 3, mode="same")[1:-1])
        place = float(f[1:-1][away.argmax()])
        starts += [(place, width * span, delay) for width in _WIDTHS]

    def left(start: tuple[float, float, float]) -> float:
        place, width, delay = start
        return float(np.linalg.norm(_linear(f, s, place, place / width, delay, leaks)[-1]))

    return sorted(starts, key=left)[:_REFINED]


def _check_resolved(f: Array, s: Complex, found: _Fit, delays: tuple[float, ...], source: str) -> None:
    """That there is a resonance, within the trace, and points enough across it."""
    place, width = found.parameters[0], found.parameters[0] / np.exp(found.parameters[1])
    without = min(_flat_cost(f, s, delay) for delay in delays)
    gain = f.size * np.log(without / max(found.cost, 1e-30 * without))
    if not (f[0] < place < f[-1]) or gain < _EVIDENCE:
        raise InputError(f"no resonance between {f[0] / 1e9:.6g} and {f[-1] / 1e9:.6g} GHz", source=source)
    across = int(np.count_nonzero(np.abs(f - place) < width))
    if across < _MIN_ACROSS:
        message = f"only {across} points within a linewidth ({width:.3g} Hz) of {place / 1e9:.6g} GHz"
        raise InputError(f"{message}; at least {_MIN_ACROSS} are needed", source=source)
    if width > np.ptp(f):
        message = f"spans {np.ptp(f):.3g} Hz, less than the linewidth of {width:.3g} Hz"
        raise InputError(f"{message}; a wider trace is needed", source=source)


def _flat_cost(f: Array, s: Complex, delay: float) -> float:
    """Squared residual of a trace that is a delayed constant."""
    span = float(np.ptp(f))

    def left(x: Array) -> Array:
        turned = _turn(f, delay + x[0] / (2 * pi * span))
        residual = s - turned * np.vdot(turned, s) / f.size
        return np.concatenate([residual.real, residual.imag])

    return 2.0 * float(least_squares(left, np.zeros(1), method="lm", max_nfev=100).cost)


def _widening(residual: Complex) -> float:
    """√((1 + r)/(1 − r)), where r is how far a point's deviation is that of its neighbour."""
    power = float(np.vdot(residual, residual).real)
    r = float(np.vdot(residual[:-1], residual[1:]).real) / power if power > 0.0 else 0.0
    if r < 3.0 / np.sqrt(2.0 * residual.size):  # as white noise has by chance
        return 1.0
    return float(np.sqrt((1.0 + r) / (1.0 - min(r, 0.99))))
