"""Where the nodes of an f(τ) without a formula stand: what the data reach, and a decade more."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.model import prior
from tlsjax.model.window import Window
from tlsjax.physics.relaxation import FreeForm, Polygon, Relaxation, TimesAt

Array = NDArray[np.float64]

_BEYOND = np.log(10.0)
"""How far the nodes go beyond what is seen: an f that ended there would pile up at its edges."""
_MARKS = 5
_FEWEST = 3.0
"""e-folds of τ over the attempt time, at least."""


class Span(NamedTuple):
    """What has a density.

    Attributes:
        length: from the first node to the last, in e-folds of τ.
        nodes: a form of equal weights, of that many nodes.
        marks: a few places from one end of what is seen to the other; s, or K for barriers.
    """

    length: float
    nodes: Callable[[int], FreeForm | TimesAt]
    marks: Array


def span(
    family: type[Relaxation],
    window: Window,
    omega: Array,
    temperature: Array,
    priors: Mapping[str, prior.Prior],
) -> Span:
    """For frequencies (rad/s) and temperatures (K) of the points, shape (n,) each."""
    if family.free == "time":
        return _times(window)
    own = priors[process_parameter(family)]
    if family.free == "barrier":
        return _barriers(-np.log(omega), temperature, *_known(own, priors))
    return _couplings(-np.log(omega), temperature, _known(own, priors)[0])


def process_parameter(family: type[Relaxation]) -> str:
    """Name of what says how a density without a formula moves with temperature; "" where nothing does."""
    ends = {"barrier": "attempt_time", "coupling": "temperature_exponent"}.get(family.free or "")
    return next((q.name for q in family.parameters() if ends and q.name.endswith(ends)), "")


def _times(window: Window) -> Span:
    low, high = (np.log(time) + sign * _BEYOND for time, sign in zip(window.times, (-1, 1), strict=True))

    def nodes(count: int) -> FreeForm:
        return FreeForm(prior.number(np.exp(low)), prior.number(np.exp(high)), jnp.ones(count))

    return Span(high - low, nodes, np.geomspace(*window.times, _MARKS))


def _middle(temperature: Array) -> float:
    """T₀ about which stretches T₀/T are balanced."""
    return float(1.0 / np.mean(1.0 / temperature))


def _barriers(log_time: Array, temperature: Array, attempt_time: float, factor: float) -> Span:
    """Evenly over ln V: at any temperature, what is seen lies many e-folds above the attempt time."""
    middle = _middle(temperature)
    above = np.maximum(log_time - np.log(attempt_time), _FEWEST)
    beyond = _BEYOND + np.log(factor)
    low = np.min(temperature * np.maximum(above - beyond, 1.0))
    high = np.max(temperature * (above + beyond))

    def nodes(count: int) -> TimesAt:
        step = np.log(high / low) / (count - 1)
        barriers = low * np.exp(step * np.arange(-1, count + 1))
        places = np.log(attempt_time) + barriers / middle
        return TimesAt(prior.number(middle), Polygon(jnp.asarray(places), jnp.ones(count)))

    seen = temperature * above
    marks = np.geomspace(seen.min(), seen.max(), _MARKS)
    return Span(float(np.median(above) * np.log(high / low)), nodes, marks)


def _couplings(log_time: Array, temperature: Array, exponent: float) -> Span:
    middle = _middle(temperature)
    seen = log_time + exponent * np.log(temperature / middle)
    low, high = seen.min() - _BEYOND, seen.max() + _BEYOND

    def nodes(count: int) -> TimesAt:
        step = (high - low) / (count - 1)
        places = low + step * np.arange(-1, count + 1)
        return TimesAt(prior.number(middle), Polygon(jnp.asarray(places), jnp.ones(count)))

    return Span(float(high - low), nodes, np.exp(np.linspace(seen.min(), seen.max(), _MARKS)))


def _known(own: prior.Prior, priors: Mapping[str, prior.Prior]) -> tuple[float, float]:
    """Median of a prior, and its standard deviation as a factor."""
    if isinstance(own, prior.Tied):
        median, factor = _known(priors[own.to], priors)
        return float(own.factor) * median, factor
    if isinstance(own, prior.Fixed):
        return float(own.value), 1.0
    if isinstance(own, prior.LogNormal):
        return float(own.median), float(own.factor)
    draws = np.log(np.asarray(own.distribution().sample(jax.random.key(0), (2000,))))
    return float(np.exp(np.median(draws))), float(np.exp(np.std(draws)))
