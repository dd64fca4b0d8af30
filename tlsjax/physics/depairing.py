"""Supercurrent against superfluid momentum up to the depairing current, dirty limit: all in reduced units.

x = p_s/p_d with p_d = √(ħΔ₀/D), y = j/j₀ with j₀ = p_d/(eL□), so that y = x for a small current.

Beyond the paper, which stays at p_s ≪ p_d. Sources: ``"usadel"``, T = 0, Maki 1969 and Kupriyanov, Lukichev
1980, in the form of Clem, Kogan 2012 (their slow experiment: Δ follows the current) and Kubo 2020;
``"ginzburg-landau"`` as in Tinkham 1996, section 4.4, with the initial slope and j_d of the former.
"""

from math import exp, pi, sqrt
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.errors import InputError

Depairing = Literal["none", "usadel", "ginzburg-landau"]
"""Law between current and momentum: linear, dirty limit at T = 0, cubic."""

# With s = Γ/Δ and r = √s: x = r e^{−πs/8}/√2 and y = r e^{−3πs/8}(1 − 4s/3π)/√2, both closed forms; y is
# largest where 3πs² − (12 + 9π²/4)s + 3π = 0, whose two roots have product 1.
_HALF_SUM = (12.0 + 2.25 * pi**2) / (6.0 * pi)
_S_MAX = _HALF_SUM - sqrt(_HALF_SUM**2 - 1.0)
MOMENTUM_AT_DEPAIRING = sqrt(_S_MAX / 2.0) * exp(-pi * _S_MAX / 8.0)
"""p_s/p_d at the depairing current, 0.3444."""
DEPAIRING_CURRENT = MOMENTUM_AT_DEPAIRING * exp(-pi * _S_MAX / 4.0) * (1.0 - 4.0 * _S_MAX / (3.0 * pi))
"""j_d/j₀ = 0.23736."""
GAPLESS_MOMENTUM = sqrt(0.5) * exp(-pi / 8.0)
"""p_s/p_d = 0.4775 where Γ = Δ: the closed forms end here, on the unstable branch."""
_GL_UNIT = 1.5 * sqrt(3.0) * DEPAIRING_CURRENT
"""p_s/p_d at q = 1, 0.6167: makes the initial slope 1."""


def current_law(momentum: ArrayLike, depairing: Depairing = "usadel") -> jax.Array:
    """y(x): j/j₀ at p_s/p_d.

    ``"usadel"``: x[Δ/Δ₀ − 4Γ/(3πΔ₀)], ln(Δ/Δ₀) = −πΓ/4Δ, Γ = 2Dp_s²/ħ; not a number beyond Γ = Δ, x = 0.4775.
    ``"ginzburg-landau"``: y_d(3√3/2)q(1 − q²), q = x/0.6167. ``"none"``: x.

    Args:
        momentum: x = p_s/p_d, either sign.
        depairing: the law.

    Raises:
        InputError: the law is unknown.

    Limits: x(1 − 2.4196x²) for small x (``"usadel"``); largest value 0.23736 (both); beyond it unstable.
    """
    x = jnp.asarray(momentum)
    if _known(depairing) == "none":
        return x
    if depairing == "ginzburg-landau":
        return x * (1.0 - (x / _GL_UNIT) ** 2)
    r = _root_of_momentum(_within(x, GAPLESS_MOMENTUM))
    return _current(r)


def momentum_law(current: ArrayLike, depairing: Depairing = "usadel") -> jax.Array:
    """x(y): p_s/p_d at j/j₀ on the stable branch, the inverse of :func:`current_law`.

    ``"ginzburg-landau"`` in closed form, q = (2/√3) sin(⅓ arcsin j/j_d); ``"usadel"`` by Newton's method on a
    concave function, with the implicit derivative.

    Args:
        current: y = j/j₀, either sign.
        depairing: the law.

    Returns:
        x; not a number above the depairing current, where no stationary state exists.

    Raises:
        InputError: the law is unknown.

    Limits: y for small y; dx/dy diverges at j_d.
    """
    y = jnp.asarray(current)
    if _known(depairing) == "none":
        return y
    if depairing == "ginzburg-landau":
        return _ginzburg_landau_momentum(y)
    return _momentum(_root_of_current(_within(y, DEPAIRING_CURRENT)))


def inductance_law(current: ArrayLike, depairing: Depairing = "usadel") -> jax.Array:
    """L(j)/L(0) = dx/dy at y = j/j₀: what a small ac current along a dc one meets, for ħω ≪ Δ.

    Args:
        current: y = j/j₀, either sign, below :data:`DEPAIRING_CURRENT`.
        depairing: the law.

    Raises:
        InputError: the law is unknown.

    Limits: 1 + c(j/j_d)² for small currents, c = 0.409 (``"usadel"``), 4/9 (``"ginzburg-landau"``), 0.
    """
    y = jnp.asarray(current)
    if _known(depairing) == "none":
        return jnp.ones_like(1.0 * y)
    if depairing == "ginzburg-landau":
        return 1.0 / (1.0 - 3.0 * (_ginzburg_landau_momentum(y) / _GL_UNIT) ** 2)
    r = _root_of_current(_within(y, DEPAIRING_CURRENT))
    return _momentum_slope(r) / _current_slope(r)


def _known(depairing: str) -> str:
    if depairing not in get_args(Depairing):
        known = ", ".join(map(repr, get_args(Depairing)))
        raise InputError(f"depairing law {depairing!r} is none of {known}")
    return depairing


def _within(value: jax.Array, largest: float) -> jax.Array:
    """The value, or not a number where it is larger than the largest that has a solution."""
    return jnp.where(jnp.abs(value) <= largest, value, jnp.nan)


def _ginzburg_landau_momentum(y: jax.Array) -> jax.Array:
    return _GL_UNIT * 2.0 / sqrt(3.0) * jnp.sin(jnp.arcsin(y / DEPAIRING_CURRENT) / 3.0)


def _momentum(r: jax.Array) -> jax.Array:
    return r * jnp.exp(-pi * r**2 / 8.0) * sqrt(0.5)


def _momentum_slope(r: jax.Array) -> jax.Array:
    return (1.0 - pi * r**2 / 4.0) * jnp.exp(-pi * r**2 / 8.0) * sqrt(0.5)


def _current(r: jax.Array) -> jax.Array:
    return r * jnp.exp(-3.0 * pi * r**2 / 8.0) * (1.0 - 4.0 * r**2 / (3.0 * pi)) * sqrt(0.5)


def _current_slope(r: jax.Array) -> jax.Array:
    # factored at its zero: no cancellation near the depairing current
    return (_S_MAX - r**2) * (1.0 / _S_MAX - r**2) * jnp.exp(-3.0 * pi * r**2 / 8.0) * sqrt(0.5)


@jax.custom_jvp
def _root_of_momentum(x: jax.Array) -> jax.Array:
    """r = √(Γ/Δ) at x: Newton's iterates rise to the root, as x(r) is concave and x ≤ r/√2."""
    r = sqrt(2.0) * x
    for _ in range(8):
        r = r - (_momentum(r) - x) / _momentum_slope(r)
    return r


@_root_of_momentum.defjvp
def _root_of_momentum_jvp(primals: tuple[Any], tangents: tuple[Any]) -> tuple[jax.Array, jax.Array]:
    r = _root_of_momentum(*primals)
    return r, tangents[0] / _momentum_slope(r)


@jax.custom_jvp
def _root_of_current(y: jax.Array) -> jax.Array:
    """r = √(Γ/Δ) at y on the stable branch; starts from the cubic law, a square root at j_d like this one."""
    largest = sqrt(_S_MAX)
    r = largest * 2.0 * jnp.sin(jnp.arcsin(y / DEPAIRING_CURRENT) / 3.0)
    flat = float(np.finfo(np.dtype(r.dtype)).eps) ** 0.5  # below it a step is rounding error only
    for _ in range(8):
        slope = _current_slope(r)
        step = (_current(r) - y) / jnp.where(slope > flat, slope, 1.0)
        r = jnp.clip(r - jnp.where(slope > flat, step, 0.0), -largest, largest)
    return r


@_root_of_current.defjvp
def _root_of_current_jvp(primals: tuple[Any], tangents: tuple[Any]) -> tuple[jax.Array, jax.Array]:
    r = _root_of_current(*primals)
    return r, tangents[0] / _current_slope(r)
