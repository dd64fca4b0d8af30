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


class CurrentTrace(NamedTuple):
    """Current fluctuations against time, A, both of shape (samples,), in double precision."""

    superflow: Array
    """Change of the superfluid density times p̄_s, at the instants nΔt, less its thermal mean."""
    dipole: Array
    """Displacement current of the dipoles, the mean from nΔt to (n+1)Δt."""

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
    """Current of an ensemble in equilibrium at fixed phase, sampled every Δt; exact for any Δt/τ.

    superflow: Σ_i (2ep̄_s α_i/ℓ_x)(s_i − ⟨s_i⟩), that is (ep̄_sξ²/mℓ_x) Σ_i δÑ_i with δÑ_i = ±2mα_i/ξ², where m
    and ξ cancel;  dipole: Σ_i (d∥,i/ℓ_x) ṡ_i.

    s leaves a state in one step with probability (1 − e^{−Δt/τ})·p(other state): the steps spent in it are
    geometric, and only the N·samples·⟨½sech²(ε/k_BT)(1 − e^{−Δt/τ})⟩ changes of state are drawn.

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

    Limits: spectrum of :func:`ensemble_noise` with the same ``time_step``: 2k_BT·Y for ωΔt ≪ 1, Δt ≪ τ.
    Source: Liu, Andreev, Spivak 2025, Eqs. 24–26. Beyond the paper: the 2 in δÑ_i, which the kinetic energy
    ½N_sp_s²/m demands, the occupations, the dipole current.
    """
    kelvin, step, extent, *_ = positive_numbers(
        temperature=temperature, time_step=time_step, length=length, samples=samples, chunk=chunk
    )
    energy, tau, alpha, dipole = (np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(ensemble))
    ratio = energy / (BOLTZMANN * kelvin)
    up, down = np.exp(-np.logaddexp(0.0, 2.0 * ratio)), np.exp(-np.logaddexp(0.0, -2.0 * ratio))
    redrawn = -np.expm1(-step / tau)
    # the two parts of the current that s = 1 carries; the second still lacks the time derivative
    carried = np.stack([2.0 * ELEMENTARY_CHARGE * float(np.asarray(momentum)) * alpha, dipole]) / extent
    random = numpy_generator(key)
    is_up = random.random(energy.size) < up
    state = np.where(is_up, 1.0, -1.0)
    with np.errstate(divide="ignore"):
        # −ln of the chance to stay one step, in the present and in the other state
        hazard = -np.log1p(-redrawn * np.where(is_up, [down, up], [up, down]))
    jumps = np.zeros((2, samples + 1))
    expected = 2.0 * redrawn * up * down * samples
    order = np.argsort(-expected)
    begin = 0
    while begin < order.size:
        # systems of alike numbers of changes together, so that few are drawn past the end
        most = expected[order[begin]]
        pairs = int(np.clip(0.5 * most + 2.5 * np.sqrt(most) + 1.0, 1, (chunk + 1) // 2))
        group = order[begin : begin + max(1, chunk // (2 * pairs))]
        begin += group.size
        _add_jumps(jumps, random, pairs, hazard[:, group], -2.0 * state[group] * carried[:, group])
    start = carried[0] @ (state + np.tanh(ratio))
    return CurrentTrace(start + np.cumsum(jumps[0, :-1]), jumps[1, 1:] / step)


def _add_jumps(jumps: Array, random: np.random.Generator, pairs: int, hazard: Array, size: Array) -> None:
    """Add to ``jumps`` (2, samples + 1) every change of state of some systems.

    ``size`` (2, systems) is what the two currents change by as the present state is left.
    """
    clock = np.zeros(hazard.shape[1])
    sign = np.tile([1.0, -1.0], pairs)
    while clock.size:
        times = random.standard_exponential((clock.size, 2 * pairs))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            times[:, 0::2] /= hazard[0, :, None]
            times[:, 1::2] /= hazard[1, :, None]
        np.floor(times, out=times)
        times += 1.0
        np.cumsum(times, axis=1, out=times)
        times += clock[:, None]
        seen = times < jumps.shape[1]
        when = times[seen].astype(np.intp)
        for part, change in zip(jumps, size, strict=True):
            np.add.at(part, when, (change[:, None] * sign)[seen])
        unfinished = seen[:, -1]
        clock, hazard, size = times[unfinished, -1], hazard[:, unfinished], size[:, unfinished]
