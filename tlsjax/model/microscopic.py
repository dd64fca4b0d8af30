"""Synthetic measurements on single two-level systems, not by the formula that fits them."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE
from tlsjax.data.periodogram import periodogram
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.model.observation import Observation
from tlsjax.physics.ensemble import Ensemble, ensemble_conductivity, sample_ensemble
from tlsjax.physics.relaxation import Relaxation
from tlsjax.physics.telegraph import FAST, simulate_telegraph

Array = NDArray[np.float64]

MOST_SYSTEMS = 5_000_000
MOST_CHANGES = 5e9
"""Changes of state that are drawn at most: minutes."""
MOST_SAMPLES = 2**26
"""Samples that are drawn at most, which is a question of memory."""
_OVERSAMPLING = 16.0
"""Sample rate over the highest frequency of a record: there the averaging over a sample takes 1.3 %."""
_BAND = 10.0**0.5
"""Highest over lowest frequency of one record."""


class MicroscopicFilm(NamedTuple):
    """The two-level systems of one film. Momenta are in units of that at the reference current.

    Attributes:
        ensemble: the systems; α_s is that times the reference momentum, for only the product is seen.
        width: W, m.
        length: ℓ_x, m.
    """

    ensemble: Ensemble
    width: float
    length: float


def sample_film(
    key: jax.Array,
    table: Spectrum,
    relaxation: Relaxation,
    *,
    amplitude: float,
    omega_c: float,
    dipole: float,
) -> MicroscopicFilm:
    """Draw a film whose mean over all films is Eq. 15: n_ε = 3A/d², rms(α_s)p̄_ref = ω_c·d/(2√3e), isotropic.

    Args:
        key: JAX random key.
        table: its constants ``width`` and ``length`` and its highest temperature.
        relaxation: f(τ).
        amplitude: A, S s.
        omega_c: √η ω* at the reference current, rad/s.
        dipole: d, C m.

    Raises:
        InputError: a size or the temperature is missing, or the number of systems is not manageable.
    """
    missing = [name for name in ("width", "length") if name not in table.constants]
    if missing:
        raise InputError(
            f"simulate.constants lacks {', '.join(missing)}, which decide how many systems there are",
            source=table.source,
        )
    temperature = table.condition("temperature")
    if temperature is None:
        raise InputError("simulate.temperature is missing, which occupies the states", source=table.source)
    hottest = float(temperature.max())
    if relaxation.conditions() and float(temperature.min()) < hottest:
        raise InputError(f"{relaxation.name} depends on temperature: give one only", source=table.source)
    width, length = table.constants["width"], table.constants["length"]
    density = 3.0 * amplitude / dipole**2
    expected = 6.0 * BOLTZMANN * hottest * density * width * length
    if not 1.0 <= expected <= MOST_SYSTEMS:
        few = "a larger film or a smaller dipole has more: at least 1"
        many = f"a smaller film or a larger dipole has fewer: at most {MOST_SYSTEMS:.0e}"
        raise InputError(
            f"about {expected:.1e} two-level systems; {few if expected < 1 else many}", source=table.source
        )
    ensemble = sample_ensemble(
        key, density=density, width=width, length=length, temperature=hottest, relaxation=relaxation,
        superflow_coupling=omega_c * dipole / (2.0 * np.sqrt(3.0) * ELEMENTARY_CHARGE), dipole=dipole,
    )  # fmt: skip
    return MicroscopicFilm(ensemble, width, length)


def expected_values(film: MicroscopicFilm, observation: Observation) -> Array:
    """What an observation of this very film would give without noise, shape (N,)."""
    sheet = ensemble_conductivity(
        film.ensemble, observation.omega, temperature=observation.temperature,
        momentum=observation.current_ratio, angle=observation.angle, width=film.width, length=film.length,
    )  # fmt: skip
    return np.asarray(observation.scale * sheet)


class Record(NamedTuple):
    """A recorded noise spectrum, arrays of shape (points,)."""

    frequency: Array
    """Hz."""
    density: Array
    """One-sided spectral density, A²/Hz."""
    averages: Array
    """Effective number of averaged periodograms."""


def record_noise(
    key: jax.Array, film: MicroscopicFilm, frequency: Array, averages: int, *,
    temperature: float, momentum: float, source: str,
) -> Record:  # fmt: skip
    """The film's current recorded and its spectrum taken, in several records as with a spectrum analyser.

    Args:
        key: JAX random key.
        film: the film.
        frequency: Hz, rising; what is returned lies in bins around each.
        averages: averaged periodograms of the lowest bin of each record, at least.
        temperature: K.
        momentum: p̄_s over that at the reference current.
        source: model file, for messages.

    Raises:
        InputError: too many changes of state would have to be drawn.
    """
    plans = _plan(frequency, averages, _BAND)
    _check_changes(film, plans, temperature, source)
    parts = []
    for number, plan in enumerate(plans):
        current = _current(jax.random.fold_in(key, number), film, plan, temperature, momentum)
        parts.append(periodogram(current, plan.rate, segment_length=plan.segment, edges=plan.edges))
    return Record(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def record_current(
    key: jax.Array, film: MicroscopicFilm, frequency: Array, averages: int, *,
    temperature: float, momentum: float, source: str,
) -> tuple[Array, Array]:  # fmt: skip
    """The film's current against time, s and A, from which all of these frequencies can be had; else alike.

    Each sample is the mean over its step.
    """
    (plan,) = _plan(frequency, averages, np.inf)
    _check_changes(film, [plan], temperature, source)
    current = _current(key, film, plan, temperature, momentum)
    return np.arange(plan.samples) / plan.rate, current


def _current(
    key: jax.Array, film: MicroscopicFilm, plan: "_Plan", temperature: float, momentum: float
) -> Array:
    trace = simulate_telegraph(
        key, film.ensemble, temperature=temperature, time_step=1.0 / plan.rate, samples=plan.samples,
        momentum=momentum, length=film.length,
    )  # fmt: skip
    return np.asarray(trace.total, np.float64)


class _Plan(NamedTuple):
    """One record: edges of its bins (Hz), sample rate (Hz), samples of a segment and of the whole."""

    edges: Array
    rate: float
    segment: int
    samples: int


def _plan(frequency: Array, averages: int, band: float) -> list[_Plan]:
    """Records that each reach over ``band``, highest over lowest frequency."""
    inner = np.sqrt(frequency[1:] * frequency[:-1])
    edges = np.concatenate([[frequency[0] ** 2 / inner[0]], inner, [frequency[-1] ** 2 / inner[-1]]])
    plans, begin = [], 0
    while begin < frequency.size:
        last = np.searchsorted(edges, band * edges[begin] * (1.0 + 1e-9), side="right") - 1
        end = max(int(last), begin + 1)
        own = edges[begin : end + 1]
        rate = _OVERSAMPLING * own[-1]
        resolution = min(own[0] / 3.0, float(np.diff(own).min()) / 1.01)
        segment = int(np.ceil(rate / resolution))
        # half-overlapping Hann windows: 19/18 segments an average
        segments = int(np.ceil(19.0 / 18.0 * averages)) + 1
        plans.append(_Plan(own, rate, segment, segment * (segments + 1) // 2))
        begin = end
    return plans


def _check_changes(film: MicroscopicFilm, plans: list[_Plan], temperature: float, source: str) -> None:
    samples = sum(plan.samples for plan in plans)
    changes = sum(plan.samples * _changes(film, temperature, 1.0 / plan.rate) for plan in plans)
    if changes > MOST_CHANGES or samples > MOST_SAMPLES:
        raise InputError(
            f"{changes:.0e} changes of state in {samples:.0e} samples would have to be drawn, at most "
            f"{MOST_CHANGES:.0e} in {MOST_SAMPLES:.0e} are: fewer averages, a smaller film or a narrower "
            "range of frequencies need fewer",
            source=source,
        )


def _changes(film: MicroscopicFilm, temperature: float, step: float) -> float:
    """Changes of state in one step, of the systems that are followed."""
    rate = step / film.ensemble.relaxation_time
    ratio = jnp.minimum(film.ensemble.energy / (BOLTZMANN * temperature), 300.0)
    return float(jnp.sum(jnp.where(rate > FAST, 0.0, 0.5 * rate / jnp.cosh(ratio) ** 2)))
