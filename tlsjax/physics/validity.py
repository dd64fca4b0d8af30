"""Where the theory holds: each of its assumptions as a ratio that must be small, with a verdict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE, PLANCK
from tlsjax.errors import InputError
from tlsjax.physics.depairing import MOMENTUM_AT_DEPAIRING, Depairing

if TYPE_CHECKING:
    from tlsjax.physics.film import Film

Verdict = Literal["holds", "marginal", "broken"]

_MUCH_LESS = (0.1, 1.0)
_LESS = (0.5, 1.0)
_BCS = 1.0 / 1.764


@dataclass(frozen=True)
class Condition:
    """One assumption and how well it is met.

    Attributes:
        name: the inequality.
        reason: what is lost where it fails.
        ratio: left side over right side, the largest over all points given.
        verdict: ``"holds"`` below ``marginal_from``, ``"broken"`` from ``broken_from`` on.
        marginal_from: ratio from which the assumption is marginal.
        broken_from: ratio from which it fails.
    """

    name: str
    reason: str
    ratio: float
    verdict: Verdict
    marginal_from: float
    broken_from: float


def validity(
    film: "Film",
    *,
    frequency: ArrayLike | None = None,
    temperature: ArrayLike | None = None,
    ps_over_pd: ArrayLike | None = None,
    bias_current: ArrayLike | None = None,
    width: ArrayLike | None = None,
    depairing: Depairing = "usadel",
    drive_field: ArrayLike | None = None,
    areal_density: ArrayLike | None = None,
    length: ArrayLike | None = None,
    log_span: ArrayLike | None = None,
) -> tuple[Condition, ...]:
    """The table of assumptions for a film and whatever conditions are given; the rest is left out.

    "≪" holds below 0.1, "<" below 0.5, and both are broken where the inequality itself fails; p̄_s ≪ p_d is
    broken at depairing, 0.344, and k_BT ≪ Δ at T_c, 1/1.764. A ratio that is not a number (no state carries
    the current) is broken.

    Args:
        film: the film.
        frequency: f, Hz.
        temperature: K.
        ps_over_pd: p̄_s/p_d; or ``bias_current`` and ``width`` in its place.
        bias_current: I, A.
        width: W, m.
        depairing: law from the current to p̄_s, see :func:`tlsjax.physics.depairing.momentum_law`.
        drive_field: peak ac field E_ω, V/m; needs ``frequency`` and p̄_s.
        areal_density: n_ε, two-level systems per area and unit |ε|, J⁻¹ m⁻²; with it ``width``, ``length``,
            ``log_span`` and ``temperature``.
        length: ℓ_x along the current, m.
        log_span: Λ = ln(τ₂/τ₁).

    Raises:
        InputError: both ``ps_over_pd`` and ``bias_current`` are given, or a current without its width.

    Source: Liu, Andreev, Spivak 2025, the conditions of Eqs. 7, 9, 15, 20 and of the last remarks. Beyond the
    paper: the thresholds, k_BT ≪ Δ as a row, and the count of thermally active systems.
    """
    xi = film.coherence_length
    rows = [
        _row("lambda_F < l", "diffusive metal", film.fermi_wavelength / film.mean_free_path, _LESS),
        _row("l < xi", "dirty limit", film.mean_free_path / xi, _LESS),
        _row("lambda_F < L_z", "three-dimensional metal", film.fermi_wavelength / film.thickness, _LESS),
        _row("L_z < xi", "two-dimensional superconductor, Eq. 9", film.thickness / xi, _LESS),
    ]
    photon = None if frequency is None else PLANCK * jnp.asarray(frequency)
    thermal = None if temperature is None else BOLTZMANN * jnp.asarray(temperature)
    if photon is not None:
        rows.append(
            _row("hbar omega << Delta", "the splitting follows p_s at once", photon / film.gap, _MUCH_LESS)
        )
    if photon is not None and thermal is not None:
        rows.append(_row("hbar omega < k_B T", "classical noise, Eq. 20", photon / thermal, _LESS))
    if thermal is not None:
        rows.append(_row("k_B T << Delta", "no quasiparticles", thermal / film.gap, (0.1, _BCS)))

    if bias_current is not None:
        if ps_over_pd is not None or width is None:
            raise InputError("validity needs either ps_over_pd, or bias_current (A) and width (m) together")
        momentum = film.momentum(bias_current, width=width, depairing=depairing)
        ps_over_pd = momentum / film.depairing_momentum
    if ps_over_pd is not None:
        flow = jnp.abs(jnp.asarray(ps_over_pd))
        rows.append(_row("p_s << p_d", "shift quadratic in p_s, Eq. 5", flow, (0.1, MOMENTUM_AT_DEPAIRING)))
        if drive_field is not None and frequency is not None:
            swing = (
                ELEMENTARY_CHARGE * jnp.abs(jnp.asarray(drive_field)) / (2 * jnp.pi * jnp.asarray(frequency))
            )
            ratio = swing / (flow * film.depairing_momentum)
            rows.append(_row("e E/omega << p_s", "linear response, Eq. 7", ratio, _MUCH_LESS))
    if not (areal_density is None or thermal is None or width is None or length is None or log_span is None):
        area = jnp.asarray(width) * jnp.asarray(length)
        count = jnp.asarray(areal_density) * thermal * area / jnp.asarray(log_span)
        rows.append(_row("1 << active systems per e-fold of tau", "smooth f(tau)", 1.0 / count, _MUCH_LESS))
    return tuple(rows)


def _row(name: str, reason: str, ratio: ArrayLike, limits: tuple[float, float]) -> Condition:
    largest = float(jnp.max(jnp.asarray(ratio)))  # max keeps a nan
    verdict: Verdict = "broken"
    if largest < limits[0]:
        verdict = "holds"
    elif largest < limits[1]:
        verdict = "marginal"
    return Condition(name, reason, largest, verdict, *limits)
