"""Strong microwave drive: an ac superfluid momentum that is not small against the dc one."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE
from tlsjax.errors import InputError
from tlsjax.physics.conductivity import amplitude, conductivity
from tlsjax.physics.relaxation import Relaxation


def drive_momentum(field: ArrayLike, omega: ArrayLike) -> jax.Array:
    """p₁ = eE_ω/ω, kg m/s: peak ac superfluid momentum of a peak field E_ω (V/m) at ω (rad/s).

    Source: Liu, Andreev, Spivak 2025, Eq. 6.
    """
    return ELEMENTARY_CHARGE * jnp.asarray(field) / jnp.asarray(omega)


def driven_conductivity(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    drive_ratio: ArrayLike,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """σ₁(ω, E_ω) = e²νλ_F²{[ω² + ηω*²cos²θ]K(ω) + ηω*²(p₁/2p̄_s)²K(2ω)}, S: absorbed power over E_ω²/2.

    p_s² has a part p₁²sin²ωt, which moves the levels at 2ω whatever the directions.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.conductivity`; ω* at the dc momentum p̄_s > 0.
        drive_ratio: p₁/p̄_s, p₁ = eE_ω/ω the peak ac momentum (:func:`drive_momentum`).

    Returns:
        S, shape of the broadcast arguments.

    Limits: Eq. 15 for p₁ ≪ p̄_s; :func:`driven_conductivity_any_bias` for p̄_s = 0. For δε ≪ k_BT it holds
    level by level; summed over a density of ε that is flat beyond k_BT and δε, with τ that the drive does not
    change, it holds at any drive. In both p₁ is far below the depairing momentum and ħω ≪ k_BT.
    Source: Liu, Andreev, Spivak 2025, Eqs. 5 and 15. Beyond the paper: the term in K(2ω), the relaxation
    equation ṅ = −(n − n_eq(t))/τ solved with Eq. 5 unlinearised; the paper states that it does not depend
    on p̄_s.
    """
    star = jnp.asarray(omega_star)
    return driven_conductivity_any_bias(
        omega,
        nu=nu,
        lambda_f=lambda_f,
        omega_star=star,
        omega_star_drive=star * jnp.asarray(drive_ratio),
        eta=eta,
        relaxation=relaxation,
        angle=angle,
    )


def driven_conductivity_any_bias(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike = 0.0,
    omega_star_drive: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """As :func:`driven_conductivity`, in the form that holds without a bias too, S.

    σ₁ = e²νλ_F²{[ω² + ηω*²cos²θ]K(ω) + ¼ηω*(p₁)²K(2ω)}, ω*(p₁) = ω*·p₁/p̄_s.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.conductivity`; ω* = 0 is no bias.
        omega_star_drive: ω* that a dc momentum as large as the peak ac momentum p₁ would give, rad/s: ω* at
            any reference momentum times p₁ over that momentum.

    Returns:
        S, shape of the broadcast arguments.

    Limits, source: as :func:`driven_conductivity`.
    """
    linear = conductivity(
        omega, nu=nu, lambda_f=lambda_f, omega_star=omega_star, eta=eta, relaxation=relaxation, angle=angle
    )
    doubled = jnp.asarray(eta) * (0.5 * jnp.asarray(omega_star_drive)) ** 2
    return linear + amplitude(nu, lambda_f) * doubled * relaxation.kernel(2.0 * jnp.asarray(omega))


def crossover_drive_ratio(omega: ArrayLike, *, relaxation: Relaxation, angle: ArrayLike = 0.0) -> jax.Array:
    """p₁/p̄_s = 2|cosθ|√(K(ω)/K(2ω)): drive at which the term in K(2ω) equals the superflow term of Eq. 15.

    Args:
        omega: angular frequency, rad/s, > 0.
        relaxation: distribution f(τ).
        angle: angle θ between the ac field and the dc supercurrent, rad.

    Limits: 2 for ωτ ≪ 1, √8 for log-uniform f, 4 for ωτ ≫ 1 (θ = 0).
    Beyond the paper: see :func:`driven_conductivity`.
    """
    omega = jnp.asarray(omega)
    ratio = relaxation.kernel(omega) / relaxation.kernel(2.0 * omega)
    return 2.0 * jnp.abs(jnp.cos(jnp.asarray(angle))) * jnp.sqrt(ratio)


def absorbed_power(
    omega: ArrayLike,
    *,
    energy: ArrayLike,
    relaxation_time: ArrayLike,
    temperature: ArrayLike,
    momentum: ArrayLike,
    drive_momentum: ArrayLike,
    alpha: ArrayLike,
    dipole: ArrayLike = 0.0,
    field: ArrayLike | None = None,
    angle: ArrayLike = 0.0,
    harmonics: int = 256,
) -> jax.Array:
    """Mean power P = ⟨ε̇n⟩ that one two-level system of any drive strength takes up, W.

    δε(t) = α_s[|p̄_s + p₁ sin ωt|² − p̄_s²] − d∥E_ω cos ωt,  n_eq(t) = −tanh[(ε + δε(t))/k_BT],
    and the periodic solution of ṅ = −[n − n_eq(t)]/τ is n_k = n_eq,k/(1 − ikωτ), exactly.

    Args:
        omega: angular frequency of the drive, rad/s, > 0; all arguments broadcast.
        energy: ε at the dc momentum, half of the full splitting, J, of either sign; |t| ≪ |ε|.
        relaxation_time: τ, s, which the drive does not change.
        temperature: K, > 0.
        momentum: dc superfluid momentum p̄_s, kg m/s.
        drive_momentum: peak ac momentum p₁, kg m/s.
        alpha: α_s = dε/d(p_s²) of this system, 1/kg, of either sign.
        dipole: component d∥ of the dipole along the field, half of the moments' difference, C m.
        field: peak field E_ω, V/m; by default ωp₁/e, which p₁ implies.
        angle: angle θ between the ac field and the dc supercurrent, rad.
        harmonics: number of harmonics of n_eq that are kept, > 2 and far above δε/k_BT: what is left out
            falls as exp(−π·harmonics·k_BT/δε).

    Returns:
        W, ≥ 0, shape of the broadcast arguments; differentiable in all but ``harmonics``.

    Raises:
        InputError: ``harmonics`` is below 3.

    Limits: for δε ≪ k_BT (E_ω²/2k_BT)sech²(ε/k_BT){d∥²ω²K(ω) + e²α_s²[4p̄_s²cos²θK(ω) + p₁²K(2ω)]} with
    K(ω) = τ/(1+ω²τ²).
    Source: Liu, Andreev, Spivak 2025, Eqs. 3, 5 and 6. Beyond the paper: the harmonic balance, exact because
    the relaxation equation is linear in n.
    """
    if harmonics < 3:
        raise InputError(f"harmonics must be at least 3, not {harmonics}")
    omega, drive = jnp.asarray(omega), jnp.asarray(drive_momentum)
    thermal, alpha = BOLTZMANN * jnp.asarray(temperature), jnp.asarray(alpha)
    field = omega * drive / ELEMENTARY_CHARGE if field is None else jnp.asarray(field)
    # amplitudes in units of k_BT
    first = 2.0 * alpha * jnp.asarray(momentum) * drive * jnp.cos(jnp.asarray(angle)) / thermal
    second = alpha * drive * drive / thermal
    electric = jnp.asarray(dipole) * field / thermal
    rest = jnp.asarray(energy) / thermal
    turn = omega * jnp.asarray(relaxation_time)
    first, second, electric, rest, turn = (x[..., None] for x in (first, second, electric, rest, turn))

    phase = 2.0 * jnp.pi * jnp.arange(2 * harmonics) / (2 * harmonics)
    sin, cos = jnp.sin(phase), jnp.cos(phase)
    moved = first * sin + second * sin**2 - electric * cos
    rate = first * cos + second * 2.0 * sin * cos + electric * sin
    # numpy's transform counts e^{+ikωt}: the conjugate of the formula's sign
    equilibrium = jnp.fft.rfft(_tanh_change(rest, moved))
    followed = equilibrium / (1.0 + 1j * jnp.arange(harmonics + 1) * turn)
    population = -jnp.fft.irfft(followed, 2 * harmonics)
    return omega * thermal * jnp.mean(rate * population, -1)


def _tanh_change(start: jax.Array, change: jax.Array) -> jax.Array:
    """tanh(start + change) − tanh(start), without the loss of digits where the change is small."""
    # 2σ(2b)σ(−2a)(1 − e^{−2(b−a)}) for b > a, and its mirror image; each branch safe where it isn't taken
    low, high = 2.0 * start, 2.0 * (start + change)
    rises = change >= 0.0
    up, down = jnp.where(rises, change, 0.0), jnp.where(rises, 0.0, change)
    rise = -2.0 * jax.nn.sigmoid(high) * jax.nn.sigmoid(-low) * jnp.expm1(-2.0 * up)
    fall = 2.0 * jax.nn.sigmoid(low) * jax.nn.sigmoid(-high) * jnp.expm1(2.0 * down)
    return jnp.where(rises, rise, fall)
