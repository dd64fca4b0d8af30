"""Complex conductivity of a current-carrying superconductor, its tensor, and the shift of a resonance."""

from typing import Literal, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.errors import InputError
from tlsjax.physics.conductivity import amplitude, conductivity, dissipation
from tlsjax.physics.relaxation import Relaxation

Part = Literal["dissipative", "complex"]
"""What of the conductivity is wanted: σ₁ alone, or σ₁ + iσ₂."""


def reaction(
    omega: ArrayLike,
    *,
    amplitude: ArrayLike,
    omega_c_squared: ArrayLike,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
    pole: bool = False,
) -> jax.Array:
    """σ₂(ω) = −A{ω Re H + (ω_c²cos²θ/ω)[Re H − 1]} in S: what goes with :func:`conductivity.dissipation`.

    Args:
        omega, amplitude, omega_c_squared, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.dissipation`.
        pole: keep the superflow part's pole, [Re H − 1] → Re H; see :func:`complex_conductivity`.

    Beyond the paper: see :func:`complex_conductivity`.
    """
    omega, real = jnp.asarray(omega), relaxation.response(omega).real
    along = jnp.asarray(omega_c_squared) * jnp.cos(jnp.asarray(angle)) ** 2
    superflow = real if pole else real - 1.0
    return -jnp.asarray(amplitude) * (omega * real + along * superflow / omega)


def complex_conductivity(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    angle: ArrayLike = 0.0,
    pole: bool = False,
) -> jax.Array:
    """Sheet conductivity of the two-level systems σ₁ + iσ₂, S per square, for fields ∝ e^{−iωt}.

    σ(ω) = e²νλ_F²(−i/ω){ω²H(ω) + ηω*²cos²θ[H(ω) − 1]},  H(ω) = ∫dτ f(τ)/(1 − iωτ).

    The superflow part ∝ H has a pole −ie²νλ_F²ηω*²cos²θ/ω: populations that follow a slow momentum lower the
    superfluid density. A measured L□ contains that already, so by default it is taken out, H → H − 1.
    The dipole part keeps its H: −iωe²νλ_F²H has no pole, and is a polarisability that no inductance contains;
    H − 1 there would leave a negative capacitance at high frequency.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation, angle: as in
            :func:`tlsjax.physics.conductivity.conductivity`.
        pole: keep the pole, H in place of H − 1 (the conductivity as added to that of a film without
            two-level systems).

    Returns:
        σ₁ + iσ₂ in S, complex, shape of the broadcast arguments; σ₁ is that of Eq. 15 and does not depend on
        ``pole``. σ₂ is as exact as Re H, relative to the pole: where ωτ ≪ 1 takes nearly all of the pole
        away, what is left has fewer digits.

    Limits: superflow part e²νλ_F²ηω*²cos²θ·(τ̄ + iω⟨τ²⟩) for ωτ ≪ 1 and i/ω times its prefactor for ωτ ≫ 1
    (populations frozen); dipole part −iωe²νλ_F² for ωτ ≪ 1, a capacitance, and e²νλ_F²⟨1/τ⟩ for ωτ ≫ 1.
    Source: Liu, Andreev, Spivak 2025, Eqs. 7 and 15 for σ₁. Beyond the paper: σ₂ from the same relaxation
    equation ṅ = −(n − n_eq)/τ, equivalently from σ₁ by Kramers and Kronig (Debye, *Polar Molecules*;
    Lifshitz and Pitaevskii, *Statistical Physics*).
    """
    return _assemble(
        conductivity(
            omega,
            nu=nu,
            lambda_f=lambda_f,
            omega_star=omega_star,
            eta=eta,
            relaxation=relaxation,
            angle=angle,
        ),
        reaction(
            omega,
            amplitude=amplitude(nu, lambda_f),
            omega_c_squared=jnp.asarray(eta) * jnp.asarray(omega_star) ** 2,
            relaxation=relaxation,
            angle=angle,
            pole=pole,
        ),
    )


def conductivity_tensor(
    omega: ArrayLike,
    *,
    nu: ArrayLike,
    lambda_f: ArrayLike,
    omega_star: ArrayLike,
    eta: ArrayLike = 1.0,
    relaxation: Relaxation,
    direction: ArrayLike = 0.0,
    part: Part = "dissipative",
    pole: bool = False,
) -> jax.Array:
    """σ_ij(ω) = e²νλ_F²K(ω)[ω²δ_ij + ηω*²p̂_ip̂_j], S per square, in the plane of the film.

    Args:
        omega, nu, lambda_f, omega_star, eta, relaxation: as in
            :func:`tlsjax.physics.conductivity.conductivity`.
        direction: angle of the dc superfluid momentum from the x axis, rad: p̂ = (cos, sin).
        part: ``"dissipative"`` for σ₁, real; ``"complex"`` for σ₁ + iσ₂.
        pole: only for ``"complex"``, see :func:`complex_conductivity`.

    Returns:
        S, shape of the broadcast arguments with (2, 2) appended; symmetric. A field at angle φ sees
        Ê·σ·Ê, which is the conductivity at θ = φ − ``direction``.

    Raises:
        InputError: ``part`` is neither of the two.

    Limits: isotropic at ``omega_star = 0``; eigenvalues σ∥ along p̂ and σ⊥ across.
    Source: Liu, Andreev, Spivak 2025, Eqs. 7 and 15: the superflow couples to p̄_s·E alone, dipoles are
    isotropic. Beyond the paper: the imaginary part, see :func:`complex_conductivity`.
    """
    if part not in get_args(Part):
        raise InputError(f"part {part!r} is none of {', '.join(map(repr, get_args(Part)))}")
    a, squared = amplitude(nu, lambda_f), jnp.asarray(eta) * jnp.asarray(omega_star) ** 2

    def along(share: float) -> jax.Array:
        """The conductivity with ηω*² times the share."""
        real = dissipation(omega, amplitude=a, omega_c_squared=share * squared, relaxation=relaxation)
        if part == "dissipative":
            return real
        imaginary = reaction(
            omega, amplitude=a, omega_c_squared=share * squared, relaxation=relaxation, pole=pole
        )
        return _assemble(real, imaginary)

    across = along(0.0)
    superflow = along(1.0) - across
    c, s = jnp.cos(jnp.asarray(direction)), jnp.sin(jnp.asarray(direction))
    xx, xy, yy = across + superflow * c * c, superflow * c * s, across + superflow * s * s
    xx, xy, yy = jnp.broadcast_arrays(xx, xy, yy)
    return jnp.stack([jnp.stack([xx, xy], -1), jnp.stack([xy, yy], -1)], -2)


def frequency_shift(
    omega: ArrayLike,
    reactive_conductivity: ArrayLike,
    *,
    kinetic_inductance: ArrayLike,
    kinetic_fraction: ArrayLike = 1.0,
) -> jax.Array:
    """δf/f = (α_k/2)ωL□δσ₂(ω), dimensionless, for a film thinner than the penetration depth.

    Args:
        omega: angular frequency, rad/s.
        reactive_conductivity: change δσ₂ of the imaginary part of the sheet conductivity, S, real: of
            :func:`complex_conductivity` with the pole removed where L□ was measured with these two-level
            systems in it, with the pole where it is that of a film without them.
        kinetic_inductance: L□, H per square.
        kinetic_fraction: share α_k of the resonator's inductance that is kinetic, 0 to 1.

    Limits: valid for ωL□δσ₂ ≪ 1, where it is −(α_k/2)δL□/L□ with σ₂ = 1/(ωL□).
    Beyond the paper: first-order perturbation of a resonator (Zmuidzinas, Annu. Rev. Condens. Matter Phys. 3,
    169, 2012).
    """
    reactance = jnp.asarray(omega) * jnp.asarray(kinetic_inductance)
    return 0.5 * jnp.asarray(kinetic_fraction) * reactance * jnp.asarray(reactive_conductivity)


def _assemble(real: jax.Array, imaginary: jax.Array) -> jax.Array:
    return jax.lax.complex(*jnp.broadcast_arrays(real, imaginary))
