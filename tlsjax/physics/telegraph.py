"""A film two-level system by two-level system: its current against time.

Each system is a random telegraph s(t) = ±1 with relaxation time τ and thermal occupations. None of the
averages behind Eqs. 15 and 20 is taken: simulated currents check them, and are data from outside the model.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE
from tlsjax.physics.ensemble import Ensemble, positive_numbers

Array = NDArray[np.floating[Any]]

FAST = 6.0
"""Δt/τ above which a system's mean over a step is drawn as Gaussian: after one step it has forgotten its past
but for e⁻⁶."""

_DRAWS = np.array([16, 128, 1024])
"""Changes of state drawn at once for a system that changes seldom, sometimes and often."""


class CurrentTrace(NamedTuple):
    """Current fluctuations against time, A: means over the steps nΔt to (n+1)Δt, both of shape (samples,)."""

    superflow: jax.Array
    """Change of the superfluid density times p̄_s, less its thermal mean."""
    dipole: jax.Array
    """Displacement current of the dipoles."""

    @property
    def total(self) -> jax.Array:
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

    Runs on JAX's default device, in float64 whatever JAX's own setting.

    Args:
        key: JAX random key.
        ensemble: the two-level systems.
        temperature: K.
        time_step: Δt, s.
        samples: number of samples.
        momentum: p̄_s, kg m/s (:func:`tlsjax.physics.bias.superfluid_momentum`).
        length: length ℓ_x along the current, m.
        chunk: changes of state drawn at once, rounded down to full rows of 1024; more of them suit a GPU.

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
    fast = rate > FAST
    with jax.enable_x64(True):
        start_key, fast_key, slow_key = jax.random.split(key, 3)
        is_up = np.asarray(jax.random.uniform(start_key, rate.shape)) < up
        state = np.where(is_up, 1.0, -1.0)
        # the rates at which the present and the other state are left
        hazard = rate * np.where(is_up, [down, up], [up, down])
        left = -2.0 * state * carried
        changes = 2.0 * rate * up * down * samples
        # alike numbers of changes side by side, so that few are drawn past the end
        slow = np.flatnonzero(~fast)
        slow = slow[np.argsort(-changes[slow])]
        # a power of two: programs are compiled for few lengths
        jumps = jnp.zeros((1 << int(samples).bit_length(), 3))
        kind = np.searchsorted(0.5 * _DRAWS[:-1], changes[slow])
        for number, draws in enumerate(_DRAWS):
            group = slow[kind == number]
            lanes = max(1, min(chunk // int(draws), 1 << max(group.size - 1, 0).bit_length()))
            for begin in range(0, group.size, lanes):
                some = group[begin : begin + lanes]
                # systems that never change fill the last row
                filled = ((0, 0), (0, lanes - some.size))
                rates, size = np.pad(hazard[:, some], filled), np.pad(left[:, some], filled)
                slow_key, own = jax.random.split(slow_key)
                jumps = _add_jumps(jumps, own, samples, int(draws), rates, size)
        start = carried[0, slow] @ (state + np.tanh(ratio))[slow]
        noise = _gaussian(rate[fast], 4.0 * (up * down)[fast] * carried[:, fast] ** 2)
        return _currents(jumps, fast_key, samples, step, start, *noise)


def _gaussian(rate: Array, variance: Array) -> tuple[Array, Array]:
    """Weights of neighbouring normal numbers in the means over a step and in their changes from step to step,
    of systems that forget within a step."""
    left = -np.expm1(-rate)
    alone = variance[0] @ (2.0 * (rate - left) / rate**2)
    next_to = variance[0] @ (left / rate) ** 2
    # (a·g_n + b·g_{n+1}) has variance a² + b² and covariance ab
    both, apart = np.sqrt(alone + 2.0 * next_to), np.sqrt(alone - 2.0 * next_to)
    return np.array([both + apart, both - apart]) / 2.0, np.array([-1.0, 1.0]) * np.sqrt(np.sum(variance[1]))


@partial(jax.jit, static_argnums=2)
def _currents(
    jumps: jax.Array,
    key: jax.Array,
    samples: int,
    step: ArrayLike,
    start: ArrayLike,
    mean: Array,
    change: Array,
) -> CurrentTrace:
    """The two currents of systems that were followed, with noise of those that were not."""
    jumps = jumps[:samples]
    noise = jax.random.normal(key, (2, samples + 1))
    superflow = start + jnp.cumsum(jumps[:, 0]) - jumps[:, 1]
    superflow += mean[0] * noise[0, :-1] + mean[1] * noise[0, 1:]
    dipole = jumps[:, 2] + change[0] * noise[1, :-1] + change[1] * noise[1, 1:]
    return CurrentTrace(superflow, dipole / step)


@partial(jax.jit, static_argnums=3, donate_argnums=0)
def _add_jumps(
    jumps: jax.Array, key: jax.Array, samples: int, draws: int, hazard: jax.Array, size: jax.Array
) -> jax.Array:
    """Add to ``jumps`` every change of state of some systems, ``draws`` of each at a time.

    ``size`` (2, systems) is what the two currents change by as the present state is left. Along the last axis
    of ``jumps``: changes of the first current, the part of them that falls outside the mean over their own
    step, changes of the second.
    """
    systems = hazard.shape[1]
    sign = jnp.tile(jnp.array([1.0, -1.0]), draws // 2)
    first, second = size[:, :, None] * sign

    def more(carry: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
        jumps, key, clock = carry
        key, own = jax.random.split(key)
        waits = jax.random.exponential(own, (systems, draws // 2, 2)) / hazard.T[:, None, :]
        times = clock[:, None] + jnp.cumsum(waits.reshape(systems, draws), axis=1)
        times = jnp.minimum(times, samples)
        when = times.astype(jnp.int32)
        change = jnp.stack([first, first * (times - when), second], axis=-1)
        return jumps.at[when].add(change), key, times[:, -1]

    def unfinished(carry: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        return jnp.any(carry[2] < samples)

    return jax.lax.while_loop(unfinished, more, (jumps, key, jnp.zeros(systems)))[0]
