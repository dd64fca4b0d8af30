"""Mean photon number in a resonator from the power that arrives at it.

Beyond the paper. Amplitudes: |a|² = n photons in the mode, |s|² = P/ħω photons per second that arrive; on
resonance ȧ = −(κ/2)a + √κ_in s, with κ = ω/Q the rate at which the mode's energy decays in all, and κ_in the
part of it that goes to where the source is (time reversal makes both couplings one). The steady state is

n = 4κ_in/κ²·P/ħω = 4(κ_in/κ_c)·(Q²/Q_c)·P/ħω²,  1/Q = 1/Q_i + 1/Q_c,  κ_c = ω/Q_c to all ports together:

========================  ===========================================================  ========  ===========
geometry                  where the mode decays to                                     κ_in/κ_c  coefficient
========================  ===========================================================  ========  ===========
``"reflection"``          one port, where the source is                                1         4
``"hanger"``              both directions of a feedline alike, the source on one side  1/2       2
``"transmission"``        two equal ports, the source at one                           1/2       2
========================  ===========================================================  ========  ===========

Where the Q_c of a transmission resonator is meant per port, the Q_c here is half of it.
Source: Walls and Milburn 2008, chapter 7; Bruno et al. 2015 for a hanger; McRae et al. 2020.
"""

from collections.abc import Callable
from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import HBAR
from tlsjax.errors import InputError

Geometry = Literal["hanger", "reflection", "transmission"]

_COEFFICIENT = {"hanger": 2.0, "reflection": 4.0, "transmission": 2.0}
_WIDEST = 80.0
"""e-folds of n below that of a lossless resonator: Q_c/Q_i up to 1e17."""
_STEPS, _CLOSE = 60, 1e-4


def photon_number(
    power: ArrayLike,
    omega: ArrayLike,
    *,
    loss: ArrayLike,
    coupling_quality: ArrayLike,
    geometry: Geometry = "hanger",
) -> jax.Array:
    """n = c(Q²/Q_c)·P/ħω², dimensionless, with c = 2, 4, 2 for hanger, reflection, transmission.

    Args:
        power: P at the resonator's input, W, ≥ 0, on resonance; all arguments broadcast.
        omega: angular frequency, rad/s, > 0.
        loss: internal loss 1/Q_i ≥ 0, at that power.
        coupling_quality: Q_c of all ports together, > 0.
        geometry: how the resonator is coupled.

    Raises:
        InputError: the geometry is unknown.

    Limits: cQ_cP/ħω² for a lossless resonator; c(Q_i²/Q_c)P/ħω² for a weakly coupled one.
    Source: the module's text.
    """
    total = 1.0 / jnp.asarray(coupling_quality) + jnp.asarray(loss)
    lossless = lossless_photon_number(power, omega, coupling_quality=coupling_quality, geometry=geometry)
    return lossless / (jnp.asarray(coupling_quality) * total) ** 2


def self_consistent_photon_number(
    lossless: ArrayLike, *, loss: Callable[[jax.Array], jax.Array], coupling_quality: ArrayLike
) -> jax.Array:
    """n that solves n = n_lossless·(Q/Q_c)² with 1/Q = 1/Q_c + 1/Q_i(n): the loss at n is what lets n in.

    g(ln n) = ln n + 2 ln[1 + Q_c/Q_i(n)] − ln n_lossless goes from −∞ to ≥ 0 between n = 0 and the lossless
    number, so a root exists. Its slope is 1 + 2 d ln(1/Q)/d ln n, so the root is unique where the total loss
    falls more slowly than n^{−1/2}: always for saturation with β ≤ 1, spread or not, whatever constant or
    rising losses come on top. A steeper fall (β > 1) can make the resonator bistable, with three roots; then
    this is one of them.

    Args:
        lossless: :func:`lossless_photon_number`, ≥ 0.
        loss: internal loss 1/Q_i ≥ 0 as a function of n, elementwise on the shape that the other arguments
            broadcast to, differentiable. It is called many times: what does not depend on n belongs outside.
        coupling_quality: Q_c of all ports together, > 0.

    Returns:
        Dimensionless, of that shape; 0 where nothing arrives. Newton's method in ln n from the lossless
        number down, bisection where it leaves the bracket; derivatives up to the third in all that ``loss``
        is made of, by the implicit function theorem.

    Limits: :func:`photon_number` for a loss that does not depend on n.
    Source: the module's text.
    """
    lossless, coupling = jnp.broadcast_arrays(jnp.asarray(lossless), jnp.asarray(coupling_quality))
    driven = lossless > 0.0
    # a safe stand-in: the other branch of the condition is differentiated too
    log_lossless = jnp.log(jnp.where(driven, lossless, 1.0))

    def newton(log_n: jax.Array) -> tuple[jax.Array, jax.Array]:
        def excess(log_n: jax.Array) -> jax.Array:
            return log_n - log_lossless + 2.0 * jnp.log1p(coupling * loss(jnp.exp(log_n)))

        value, slope = jax.jvp(excess, (log_n,), (jnp.ones_like(log_n),))
        return value, log_n - value / slope

    # the search itself has no derivative, whatever the loss closes over
    start = jax.lax.stop_gradient(log_lossless)
    pure, closed_over = jax.closure_convert(newton, start)
    closed_over = jax.lax.stop_gradient(closed_over)

    def step(state: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        count, low, high, log_n, _ = state
        value, proposed = pure(log_n, *closed_over)
        low, high = jnp.where(value <= 0.0, log_n, low), jnp.where(value >= 0.0, log_n, high)
        inside = (proposed >= low) & (proposed <= high)
        new = jnp.where(inside, proposed, 0.5 * (low + high))
        return count + 1, low, high, new, jnp.max(jnp.abs(new - log_n), initial=0.0)

    first: tuple[jax.Array, ...] = (
        jnp.asarray(0),
        start - _WIDEST,
        start,
        start,
        jnp.asarray(jnp.inf, start.dtype),
    )
    # a step this small leaves its square for the two below
    *_, found, _ = jax.lax.while_loop(lambda s: (s[0] < _STEPS) & (s[-1] > _CLOSE), step, first)
    # two more steps carry the derivatives
    for _ in range(2):
        _, found = newton(found)
    return jnp.where(driven, jnp.exp(found), 0.0)


def lossless_photon_number(
    power: ArrayLike, omega: ArrayLike, *, coupling_quality: ArrayLike, geometry: Geometry = "hanger"
) -> jax.Array:
    """n = cQ_cP/ħω², dimensionless: what :func:`photon_number` tends to without internal loss.

    Args:
        power, omega, coupling_quality, geometry: as there.

    Raises:
        InputError: the geometry is unknown.

    Source: the module's text.
    """
    rate = jnp.asarray(power) / (HBAR * jnp.asarray(omega) ** 2)
    return coefficient(geometry) * jnp.asarray(coupling_quality) * rate


def coefficient(geometry: Geometry) -> float:
    """c of the geometry.

    Raises:
        InputError: the geometry is unknown.
    """
    if geometry not in get_args(Geometry):
        raise InputError(f"geometry {geometry!r} is none of {', '.join(map(repr, get_args(Geometry)))}")
    return _COEFFICIENT[geometry]
