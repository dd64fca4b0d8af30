"""Resonant two-level systems of dielectrics and of the film, and the same ones' relaxation by phonons.

Beyond the paper, which treats relaxation in the film. F is the share of the resonator's electric energy that
is in the dielectric with the systems, tanδ₀ = πP₀d²/3ε its loss tangent for ħω ≫ k_BT and no saturation.
"""

from functools import cache, partial
from typing import Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.constants import BOLTZMANN, HBAR
from tlsjax.errors import InputError
from tlsjax.physics.mattis_bardeen import Accuracy
from tlsjax.physics.relaxation.partials import with_partials
from tlsjax.physics.relaxation.tunnelling_phonon import artanh_less_one
from tlsjax.physics.tabulated import Axis, along

SaturationForm = Literal["A", "B"]
"""A: (1 + n/n_c)^{−β/2};  B: [1 + (n/n_c)^β]^{−1/2}."""

_SPREAD_RULES: dict[Accuracy, tuple[int, float]] = {"full": (48, 8.5), "fit": (24, 5.5)}
"""Nodes and how many standard deviations they reach."""
_SHIFTS = 8
_SERIES = (-1 / 24, 7 / 960, -31 / 8064, 127 / 30720, -511 / 67584, 1414477 / 67092480, -8191 / 98304)
"""B_{2k}(½)/2k from k = 1 on: ψ(½ + z) = ln z − Σ_k of them over z^{2k}."""
_NODES, _FARTHEST = 64, 20.0
"""Of the integral over splittings, and where it ends, which sech² does."""
_TURNS = Axis(-50.0, 0.1, 1001)
"""Logarithms of ω over the fastest rate."""

Parts = tuple[jax.Array, jax.Array]
"""Real and imaginary part."""


def resonant_loss(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    loss_tangent: ArrayLike,
    saturation: ArrayLike = 1.0,
) -> jax.Array:
    """1/Q_i = F tanδ₀·tanh(ħω/2k_BT)·S, dimensionless: absorption by systems that the field is resonant with.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        temperature: T, K, > 0.
        loss_tangent: F tanδ₀.
        saturation: S, 1 for a weak field (:func:`saturation`).

    Limits: F tanδ₀·S for k_BT ≪ ħω, ∝ 1/T above.
    Source: von Schickfus and Hunklinger 1977; Phillips 1987; Gao 2008 (thesis), chapter 5.
    """
    x = _half_photon(omega, temperature)
    return jnp.asarray(loss_tangent) * jnp.tanh(x) * jnp.asarray(saturation)


def resonant_shift(omega: ArrayLike, *, temperature: ArrayLike, loss_tangent: ArrayLike) -> jax.Array:
    """δf/f = (F tanδ₀/π){Re ψ(½ + ħω/2πik_BT) − ln(ħω/2πk_BT)}, dimensionless, relative to T = 0.

    Hardly saturates: it comes from systems of all splittings.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        temperature: T, K, > 0.
        loss_tangent: F tanδ₀.

    Limits: (F tanδ₀/π)ln(k_BT/ħω) + constant for k_BT ≫ ħω, −(F tanδ₀/24π)(2πk_BT/ħω)² for k_BT ≪ ħω;
    0 at ħω = 1.119k_BT; least at 2.2685k_BT, −0.0661F tanδ₀.
    Source: Phillips 1987; Gao 2008 (thesis), chapter 5; Pappas et al. 2011.
    """
    return jnp.asarray(loss_tangent) / jnp.pi * digamma_excess(_half_photon(omega, temperature) / jnp.pi)


def digamma_excess(y: ArrayLike) -> jax.Array:
    """Re ψ(½ + iy) − ln y for y > 0, to 1e-13: recurrence to Re z = 8, then the series of ψ(½ + z).

    Limits: −ln y − 1.96351 for small y, −1/24y² for large.
    Source: Abramowitz and Stegun 1964, 6.3.5 and 6.3.18.
    """
    y = jnp.asarray(y)
    half = np.arange(_SHIFTS) + 0.5
    lowered = jnp.sum(half / (half**2 + y[..., None] ** 2), -1)
    square = _SHIFTS**2 + y * y
    # 1/z² for z = 8 + iy; Horner's rule in real arithmetic
    real, imaginary = (_SHIFTS**2 - y * y) / square**2, -2.0 * _SHIFTS * y / square**2
    sums = jnp.zeros_like(y), jnp.zeros_like(y)
    for coefficient in reversed(_SERIES):
        a, b = sums[0] + coefficient, sums[1]
        sums = real * a - imaginary * b, real * b + imaginary * a
    return 0.5 * jnp.log1p((_SHIFTS / y) ** 2) - lowered - sums[0]


def saturation(
    ratio: ArrayLike,
    *,
    exponent: ArrayLike = 1.0,
    form: SaturationForm = "B",
    spread: ArrayLike | None = None,
    accuracy: Accuracy = "full",
) -> jax.Array:
    """S(n/n_c): share of the resonant absorption that a field of n photons leaves, 1 to 0.

    A: (1 + n/n_c)^{−β/2};  B: [1 + (n/n_c)^β]^{−1/2}. With a spread, S averaged over a log-normal n_c.

    Args:
        ratio: n/n_c ≥ 0, n_c the median where it is spread; all arguments broadcast.
        exponent: β > 0; 1 for one field and one kind of system, where both forms agree.
        form: ``"A"`` or ``"B"``.
        spread: standard deviation of ln n_c, > 0; None for one n_c. By 48 equal steps, to 1e-11 up to a
            spread of 2 and to 1e-7 up to 3 (β ≤ 2 in form A, ≤ 1 in B); Gauss–Hermite with as many nodes has
            a hundred times the error.
        accuracy: of the average over a spread; ``"fit"`` by half the nodes, for 1e-6 up to a spread of 2
            and 2e-5 up to 3.

    Raises:
        InputError: the form is unknown.

    Limits: 1 for n ≪ n_c; (n/n_c)^{−β/2} for n ≫ n_c.
    Source: Gao 2008 (thesis), chapter 5, for β = 1; McRae et al. 2020 for form B; β < 1 and the spread are
    what uneven fields and interacting systems look like.
    """
    if form not in get_args(SaturationForm):
        raise InputError(
            f"saturation form {form!r} is none of {', '.join(map(repr, get_args(SaturationForm)))}"
        )
    ratio, exponent = jnp.asarray(ratio), jnp.asarray(exponent)
    if spread is None:
        return _saturation(ratio, exponent, form)
    found: jax.Array = _spread[accuracy, form](*jnp.broadcast_arrays(ratio, exponent, jnp.asarray(spread)))
    return found


def _averaged(
    ratio: jax.Array, exponent: jax.Array, spread: jax.Array, rule: tuple[int, float], form: SaturationForm
) -> jax.Array:
    """⟨S⟩ over ln n_c, normal with this spread."""
    nodes, reach = rule
    z = np.linspace(-reach, reach, nodes)
    weights = np.exp(-0.5 * z * z) / np.sum(np.exp(-0.5 * z * z))
    ratio = ratio[..., None] * jnp.exp(spread[..., None] * z)
    return jnp.sum(weights * _saturation(ratio, exponent[..., None], form), -1)


_spread = {
    (accuracy, form): with_partials(partial(_averaged, rule=rule, form=form))
    for accuracy, rule in _SPREAD_RULES.items()
    for form in get_args(SaturationForm)
}


def critical_number_power(
    temperature: ArrayLike, *, number: ArrayLike, exponent: ArrayLike, reference_temperature: ArrayLike
) -> jax.Array:
    """n_c(T) = n_c(T_ref)·(T/T_ref)^m.

    Args:
        temperature: T, K, > 0; all arguments broadcast.
        number: n_c at the reference temperature.
        exponent: m; 0 for a constant n_c.
        reference_temperature: T_ref, K, inside the data, else ``number`` and m are one.

    Source: an empirical form; n_c ∝ 1/(T₁T₂), McRae et al. 2020.
    """
    share = jnp.asarray(temperature) / jnp.asarray(reference_temperature)
    return jnp.asarray(number) * share ** jnp.asarray(exponent)


def critical_number_lifetimes(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    number: ArrayLike,
    exponent: ArrayLike,
    dephasing_temperature: ArrayLike,
) -> jax.Array:
    """n_c(T) = n₀ coth x·[½coth x + (T/T₀)^m], x = ħω/2k_BT: n_c ∝ 1/(T₁T₂).

    1/T₁ ∝ coth x for one phonon at E = ħω; 1/T₂ = 1/2T₁ + a pure dephasing rate that goes as T^m, here in
    units of 1/T₁ at T = 0.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        temperature: T, K, > 0.
        number: n₀, twice n_c at T = 0.
        exponent: m > 0.
        dephasing_temperature: T₀, K, > 0, where the dephasing rate is 1/T₁(0).

    Limits: n₀/2 for T → 0; n₀ coth x (T/T₀)^m where dephasing dominates.
    Source: Phillips 1987 for T₁ and saturation by T₁T₂; Jäckle 1972 for the phonon rate.
    """
    thermal = 1.0 / jnp.tanh(_half_photon(omega, temperature))
    dephasing = (jnp.asarray(temperature) / jnp.asarray(dephasing_temperature)) ** jnp.asarray(exponent)
    return jnp.asarray(number) * thermal * (0.5 * thermal + dephasing)


def film_resonant_dissipation(
    omega: ArrayLike,
    *,
    amplitude: ArrayLike,
    log_span: ArrayLike,
    temperature: ArrayLike,
    omega_c_squared: ArrayLike = 0.0,
    angle: ArrayLike = 0.0,
    saturation: ArrayLike = 1.0,
) -> jax.Array:
    """σ₁ = π(A/Λ)ω tanh(ħω/2k_BT)[1 + (ω_c/ω)²cos²θ]·S, S per square: resonant systems inside the film.

    A/Λ = P₀L_z⟨d∥²⟩. The superflow couples to a system as its dipole does, so it enhances the resonant
    absorption by the factor of the relaxation, Eq. 15.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        amplitude: A = e²νλ_F² = n_ε⟨d∥²⟩, S·s (:func:`tlsjax.physics.conductivity.amplitude`).
        log_span: Λ, width of the log-uniform distribution of relaxation times that A counts.
        temperature: T, K, > 0.
        omega_c_squared: ω_c² = ηω*² at the bias current, rad²/s²; 0 without one.
        angle: angle θ between the ac field and the dc supercurrent, rad.
        saturation: S of :func:`saturation`.

    Limits: twice Eqs. 18 and 19 for k_BT ≪ ħω and S = 1.
    Beyond the paper: the golden rule for Eq. 7's coupling and the tunnelling model's P₀. Approximate where
    saturated, because each system has its own coupling and saturates at its own field.
    """
    omega = jnp.asarray(omega)
    coupling = _film_coupling(omega, amplitude, log_span, omega_c_squared, angle)
    return jnp.pi * coupling * jnp.tanh(_half_photon(omega, temperature)) * jnp.asarray(saturation)


def film_resonant_reaction(
    omega: ArrayLike,
    *,
    amplitude: ArrayLike,
    log_span: ArrayLike,
    temperature: ArrayLike,
    omega_c_squared: ArrayLike = 0.0,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """δσ₂ = 2(A/Λ)ω[1 + (ω_c/ω)²cos²θ]{Re ψ(½ + ħω/2πik_BT) − ln(ħω/2πk_BT)}, S per square, from T = 0 on.

    Goes with :func:`film_resonant_dissipation` as :func:`resonant_shift` with :func:`resonant_loss`.

    Args:
        omega, amplitude, log_span, temperature, omega_c_squared, angle: as there.

    Source: there; Kramers and Kronig.
    """
    omega = jnp.asarray(omega)
    coupling = _film_coupling(omega, amplitude, log_span, omega_c_squared, angle)
    return 2.0 * coupling * digamma_excess(_half_photon(omega, temperature) / jnp.pi)


def phonon_loss(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    loss_tangent: ArrayLike,
    rate: ArrayLike,
    accuracy: Accuracy = "full",
) -> jax.Array:
    """1/Q_i = F tanδ₀·(2/π)∫₀^∞dx sech²x Im[c artanh(1/c)], dimensionless: relaxation by one phonon.

    c² = 1 − iωτ_min, 1/τ_min = γE³coth(x), E = 2Tx in kelvin. The systems are those of
    :func:`resonant_loss`, with P₀du/(2u√(1−u)) of them per unit E, u = (|t|/√(ε²+|t|²))²; each has 1/τ =
    u/τ_min and couples as 1 − u. The integral over u is done:
    ½∫₀¹du √(1−u)/(u − iωτ_min) = c artanh(1/c) − 1.

    Args:
        omega: angular frequency, rad/s, > 0; all arguments broadcast.
        temperature: T, K, > 0.
        loss_tangent: F tanδ₀.
        rate: γ, s⁻¹K⁻³, > 0.
        accuracy: ``"fit"`` for 1e-8 of the plateau from a table.

    Limits: F tanδ₀/2 where ωτ_min ≪ 1, the plateau; F tanδ₀·π³γT³/12ω at low T.
    Source: Jäckle 1972; Phillips 1987.
    """
    return 2.0 / jnp.pi * jnp.asarray(loss_tangent) * _relaxation(omega, temperature, rate, accuracy)[1]


def phonon_shift(
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    loss_tangent: ArrayLike,
    rate: ArrayLike,
    accuracy: Accuracy = "full",
) -> jax.Array:
    """δf/f = −(F tanδ₀/π)∫₀^∞dx sech²x Re[c artanh(1/c) − 1], dimensionless, relative to T = 0.

    Args:
        omega, temperature, loss_tangent, rate, accuracy: as in :func:`phonon_loss`.

    Limits: −(3/2)(F tanδ₀/π)ln T on the plateau, so that with :func:`resonant_shift` the slope turns from +1
    to −½; 0 at low T. Source: as :func:`phonon_loss`.
    """
    return -jnp.asarray(loss_tangent) / jnp.pi * _relaxation(omega, temperature, rate, accuracy)[0]


def _relaxation(omega: ArrayLike, temperature: ArrayLike, rate: ArrayLike, accuracy: Accuracy) -> Parts:
    """∫dx sech²x [c artanh(1/c) − 1]: H of all systems, however slow, without its norm."""
    fastest = jnp.asarray(rate) * (2.0 * jnp.asarray(temperature)) ** 3
    turn = jnp.log(jnp.asarray(omega) / fastest)
    parts: Parts = _from_table(turn) if accuracy == "fit" else _over_splittings(turn)
    return parts


@cache
def _tables() -> tuple[NDArray[np.float64], ...]:
    """Both parts at the places of the axis."""
    with jax.ensure_compile_time_eval():
        return tuple(map(np.asarray, jax.jit(_integral)(jnp.asarray(_TURNS.places))))


@with_partials
def _from_table(log_turn: jax.Array) -> Parts:
    real, imaginary = (along(_TURNS, table, log_turn) for table in _tables())
    return real, imaginary


def _integral(log_turn: jax.Array) -> Parts:
    """The same with ωτ_min = e^{log_turn}·tanh(x)/x³.

    It turns where ωτ_min is 1, at x = e^{½log_turn} if that is small: equal steps of s in x = x₀ sinh s.
    """
    turn = jnp.exp(log_turn)[..., None]
    # where the nodes lie is for rounding, no derivative needs it
    unit = jax.lax.stop_gradient(jnp.minimum(jnp.sqrt(turn), 1.0))
    step = jnp.arcsinh(_FARTHEST / unit) / _NODES
    # at s = 0 nothing relaxes
    rising = jnp.exp(step * np.arange(1, _NODES + 1))
    x = 0.5 * unit * (rising - 1.0 / rising)
    weights = 2.0 * step * unit * (rising + 1.0 / rising) * jnp.exp(-2.0 * x) / (1.0 + jnp.exp(-2.0 * x)) ** 2
    real, imaginary = artanh_less_one(jnp.zeros_like(x), turn * jnp.tanh(x) / x**3)
    return jnp.sum(weights * real, -1), jnp.sum(weights * imaginary, -1)


_over_splittings = with_partials(_integral)


def _half_photon(omega: ArrayLike, temperature: ArrayLike) -> jax.Array:
    """x = ħω/2k_BT."""
    return 0.5 * HBAR * jnp.asarray(omega) / (BOLTZMANN * jnp.asarray(temperature))


def _saturation(ratio: jax.Array, exponent: jax.Array, form: str) -> jax.Array:
    if form == "A":
        return (1.0 + ratio) ** (-0.5 * exponent)
    # the power has no derivative at 0
    driven = ratio > 0.0
    raised = jnp.where(driven, jnp.where(driven, ratio, 1.0) ** exponent, 0.0)
    return 1.0 / jnp.sqrt(1.0 + raised)


def _film_coupling(
    omega: jax.Array, amplitude: ArrayLike, log_span: ArrayLike, omega_c_squared: ArrayLike, angle: ArrayLike
) -> jax.Array:
    along = jnp.asarray(omega_c_squared) * jnp.cos(jnp.asarray(angle)) ** 2
    return jnp.asarray(amplitude) / jnp.asarray(log_span) * (omega + along / omega)
