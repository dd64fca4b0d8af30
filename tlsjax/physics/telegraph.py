"""A film two-level system by two-level system: its current against time.

Each system is a random telegraph s(t) = ±1 with relaxation time τ and thermal occupations. None of the
averages behind Eqs. 15 and 20 is taken: simulated currents check them, and are data from outside the model.
"""

from typing import Any, NamedTuple

import jax
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE
from tlsjax.physics.ensemble import Ensemble, numpy_generator, positive_numbers

Array = NDArray[np.floating[Any]]

FAST = 6.0
"""Δt/τ above which a system's mean over a step is drawn as Gaussian: after one step it has forgotten its past
but for e⁻⁶."""


class CurrentTrace(NamedTuple):
    """Current fluctuations against time, A: means over the steps nΔt to (n+1)Δt, both of shape (samples,)."""

    superflow: Array
    """Change of the superfluid density times p̄_s, less its thermal mean."""
    dipole: Array
    """Displacement current of the dipoles."""

    @property
    def total(self) -> Array:
        """Sum of the two, A."""
        return self.superflow + self.dipole


def simulate_telegraph(
    key: jax.Array,
    ensemble: Ensemble,
    *,
    temperature: ArrayLike,
    time_step: ArrayLike,
    samples: int,
    momentum: ArrayLike,
    length: ArrayLike,
    chunk: int = 2**16,
) -> CurrentTrace:
    """Current of an ensemble in equilibrium at fixed phase, averaged over each Δt as by a digitiser.

    superflow: Σ_i (2ep̄_s α_i/ℓ_x)(s_i − ⟨s_i⟩), that is (ep̄_sξ²/mℓ_x) Σ_i δÑ_i with δÑ_i = ±2mα_i/ξ², where m
    and ξ cancel;  dipole: Σ_i (d∥,i/ℓ_x) ṡ_i.

    s leaves a state at the rate p(other state)/τ; every change of state is drawn at its own instant. A system
    with τ < Δt/6 changes too often to be followed, or to be told from Gaussian noise of the same covariance
    from step to step, and is drawn as such.

    Args:
        key: JAX random key.
        ensemble: the two-level systems.
        temperature: K.
        time_step: Δt, s.
        samples: number of samples.
        momentum: p̄_s, kg m/s (:func:`tlsjax.physics.bias.superfluid_momentum`).
        length: length ℓ_x along the current, m.
        chunk: random numbers held at once.

    Raises:
        ValueError: temperature, step, samples, length or chunk not positive.

    Limits: spectrum of :func:`ensemble_noise` with the same ``time_step``, to e⁻⁶ of what fast systems add;
        2k_BT·Y for ωΔt ≪ 1.
    Source: Liu, Andreev, Spivak 2025, Eqs. 24–26. Beyond the paper: the 2 in δÑ_i, which the kinetic energy
    ½N_sp_s²/m demands, the occupations, the dipole current.
    """
    kelvin, step, extent, *_ = positive_numbers(
        temperature=temperature, time_step=time_step, length=length, samples=samples, chunk=chunk
    )
    energy, tau, alpha, dipole = (np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(ensemble))
    ratio = energy / (BOLTZMANN * kelvin)
    up, down = np.exp(-np.logaddexp(0.0, 2.0 * ratio)), np.exp(-np.logaddexp(0.0, -2.0 * ratio))
    # the two parts of the current that s = 1 carries; the second still lacks the time derivative
    carried = np.stack([2.0 * ELEMENTARY_CHARGE * float(np.asarray(momentum)) * alpha, dipole]) / extent
    rate = step / tau
    random = numpy_generator(key)
    fast = rate > FAST
    variance = 4.0 * up * down * carried**2
    superflow, displaced = _gaussian(random, samples, rate[fast], variance[:, fast])

    slow = np.flatnonzero(~fast)
    is_up = random.random(slow.size) < up[slow]
    state = np.where(is_up, 1.0, -1.0)
    # the rates at which the present and the other state are left
    hazard = rate[slow] * np.where(is_up, [down[slow], up[slow]], [up[slow], down[slow]])
    expected = 2.0 * rate[slow] * up[slow] * down[slow] * samples
    jumps = np.zeros((2, samples + 1))
    order = np.argsort(-expected)
    begin = 0
    while begin < order.size:
        # systems of alike numbers of changes together, so that few are drawn past the end
        most = expected[order[begin]]
        pairs = int(np.clip(0.5 * most + 2.5 * np.sqrt(most) + 1.0, 1, (chunk + 1) // 2))
        group = order[begin : begin + max(1, chunk // (2 * pairs))]
        begin += group.size
        _add_jumps(jumps, random, pairs, hazard[:, group], -2.0 * state[group] * carried[:, slow[group]])
    start = carried[0, slow] @ (state + np.tanh(ratio[slow]))
    superflow += start + np.cumsum(jumps[0, :-1])
    return CurrentTrace(superflow, (displaced + jumps[1, :-1]) / step)


def _gaussian(random: np.random.Generator, samples: int, rate: Array, variance: Array) -> tuple[Array, Array]:
    """Means over the steps, and changes from step to step, of systems that forget within a step."""
    left = -np.expm1(-rate)
    alone = variance[0] @ (2.0 * (rate - left) / rate**2)
    next_to = variance[0] @ (left / rate) ** 2
    # (a·g_n + b·g_{n+1}) has variance a² + b² and covariance ab
    both, apart = np.sqrt(alone + 2.0 * next_to), np.sqrt(alone - 2.0 * next_to)
    noise = random.standard_normal(samples + 1)
    mean = 0.5 * ((both + apart) * noise[:-1] + (both - apart) * noise[1:])
    return mean, np.diff(np.sqrt(np.sum(variance[1])) * random.standard_normal(samples + 1))


def _add_jumps(jumps: Array, random: np.random.Generator, pairs: int, hazard: Array, size: Array) -> None:
    """Add to ``jumps`` (2, samples + 1) every change of state of some systems.

    ``size`` (2, systems) is what the two currents change by as the present state is left. A change counts in
    the mean over its step as far as that step goes on, and fully in the next.
    """
    clock = np.zeros(hazard.shape[1])
    sign = np.tile([1.0, -1.0], pairs)
    superflow, displaced = jumps
    last = superflow.size - 1
    while clock.size:
        times = random.standard_exponential((clock.size, 2 * pairs))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            times[:, 0::2] /= hazard[0, :, None]
            times[:, 1::2] /= hazard[1, :, None]
        np.cumsum(times, axis=1, out=times)
        times += clock[:, None]
        seen = times < last
        within = times[seen]
        when = within.astype(np.intp)
        within -= when
        change = (size[0, :, None] * sign)[seen]
        np.add.at(superflow, when, change * (1.0 - within))
        np.add.at(superflow, when + 1, change * within)
        np.add.at(displaced, when, (size[1, :, None] * sign)[seen])
        unfinished = seen[:, -1]
        clock, hazard, size = times[unfinished, -1], hazard[:, unfinished], size[:, unfinished]
