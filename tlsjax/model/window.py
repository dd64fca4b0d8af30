"""How far into f(τ) the measured frequencies reach, and coordinates for times that lie beyond."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.model.points import Points
from tlsjax.model.prior import number

_SLOPE = 0.15
_TYPICAL_ERROR = 0.05


class Edge(eqx.Module):
    """One end of the window, and a coordinate v for a time τ beyond it that the data bound on one side only.

    With l = ±ln(τ/edge) the e-folds beyond the edge: l and v run alike outside and deep inside the window.
    Between, where the data go from not caring to strictly forbidding, v is stretched, so that a step of the
    prior's size does not run into a wall.

    Attributes:
        time: relaxation time at the edge, s.
        depth: e-folds beyond it at which the data still feel the cut-off.
        sign: 1 at the long end, −1 at the short one.
    """

    time: jax.Array
    depth: jax.Array
    sign: int = eqx.field(static=True)

    @property
    def _length(self) -> jax.Array:
        """Of the stretch, in v."""
        return (self.depth + 1.0) / _SLOPE

    def log_time(self, v: jax.Array) -> jax.Array:
        """ln τ at the coordinate v."""
        ends = jnp.stack([v + self._length, v])
        # softplus, in fewer operations than JAX's
        upper, lower = jnp.maximum(ends, 0.0) + jnp.log1p(jnp.exp(-jnp.abs(ends)))
        dip = upper - lower
        beyond = self.depth + v + (1.0 - _SLOPE) * (self._length - dip)
        return jnp.log(self.time) + self.sign * beyond

    def log_slope(self, v: jax.Array) -> jax.Array:
        """ln |d ln τ/dv|."""
        inside = jax.nn.sigmoid(v + self._length) - jax.nn.sigmoid(v)
        return jnp.log1p(-(1.0 - _SLOPE) * inside)

    def coordinate(self, log_time: jax.Array) -> jax.Array:
        """v at ln τ, by bisection: the inverse of :meth:`log_time`."""
        target = self.sign * (log_time - jnp.log(self.time))
        middle = target - self.depth
        low, high = middle - self._length - 1.0, middle + 1.0

        def halve(_: int, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            low, high = ends
            v = 0.5 * (low + high)
            below = self.sign * (self.log_time(v) - jnp.log(self.time)) < target
            return jnp.where(below, v, low), jnp.where(below, high, v)

        low, high = jax.lax.fori_loop(0, 60, halve, (low, high))
        return 0.5 * (low + high)


class Window(eqx.Module):
    """The relaxation times that the data reach.

    Attributes:
        short, long: its ends, 1/ω_max and 1/ω_min.
        temperature: (geometric) middle of the temperatures of the data, K; NaN where none is stated.
    """

    short: Edge
    long: Edge
    temperature: jax.Array

    @property
    def times(self) -> tuple[float, float]:
        """Shortest and longest relaxation time, s."""
        return float(self.short.time), float(self.long.time)

    @property
    def omega_middle(self) -> jax.Array:
        """Angular frequency in the (geometric) middle of the data, rad/s."""
        return 1.0 / jnp.sqrt(self.short.time * self.long.time)


def no_window() -> Window:
    """Where there are no data."""
    one = number(1.0)
    return Window(Edge(one, one, -1), Edge(one, one, 1), number(float("nan")))


def window_of(spectra: Sequence[Spectrum], points: Sequence[Points]) -> Window:
    """The window of all fitted points together."""
    omega = np.concatenate([_omega(spectra[p.table], p) for p in points])
    error = np.concatenate([_fractional_error(spectra[p.table], p) for p in points])
    seen = omega > 0
    omega, error = omega[seen], error[seen]
    # a cut-off τ at ωτ ≫ 1 changes K by 2/πωτ of itself, one at ωτ ≪ 1 by 2ωτ/π
    short, long = (
        0.5 * np.log(np.sum((2.0 / np.pi * ratio / error) ** 2))
        for ratio in (omega / omega.max(), omega.min() / omega)
    )
    depths = np.clip([short, long], 1.0, 15.0)
    short_edge = Edge(number(1.0 / omega.max()), number(depths[0]), -1)
    long_edge = Edge(number(1.0 / omega.min()), number(depths[1]), 1)
    return Window(short_edge, long_edge, number(_middle_temperature(spectra)))


def _middle_temperature(spectra: Sequence[Spectrum]) -> float:
    stated = [t for t in (spectrum.condition("temperature") for spectrum in spectra) if t is not None]
    if not stated:
        return float("nan")
    every = np.concatenate(stated)
    return float(np.sqrt(every.min() * every.max()))


def _omega(spectrum: Spectrum, points: Points) -> NDArray[np.float64]:
    frequency = spectrum.condition("frequency")
    return np.zeros(len(points.rows)) if frequency is None else 2.0 * np.pi * frequency[points.rows]


def _fractional_error(spectrum: Spectrum, points: Points) -> NDArray[np.float64]:
    """Roughly; it only chooses coordinates."""
    if points.likelihood == "gamma":
        averages = spectrum.condition("averages")
        return 1.0 / np.sqrt(np.ones(len(points.rows)) if averages is None else averages[points.rows])
    stated = spectrum.columns.get(f"{points.quantity}_err")
    if stated is None:
        return np.full(len(points.rows), _TYPICAL_ERROR)
    size = np.maximum(np.abs(spectrum.columns[points.quantity][points.rows]), 1e-300)
    return np.asarray(stated[points.rows] / size).clip(1e-4, 10.0)
