"""A film two-level system by two-level system, and sums over it: its conductivity and its noise."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.constants import BOLTZMANN, ELEMENTARY_CHARGE
from tlsjax.physics.noise import Convention, fluctuation_dissipation
from tlsjax.physics.relaxation import Relaxation, Single

Orientation = Literal["isotropic", "aligned"]
"""Directions of the dipoles: uniform on the sphere, or along the current (either sense)."""
Array = NDArray[np.floating[Any]]


class Ensemble(eqx.Module):
    """N two-level systems: four arrays of shape (N,).

    Args:
        energy: ε, J, half the splitting.
        relaxation_time: τ, s, > 0.
        superflow_coupling: α_s of δε_s = α_s p_s², 1/kg.
        dipole: component d∥ of the dipole along the current, C m; 2d is the difference of the two states.

    Source: Liu, Andreev, Spivak 2025, Eqs. 1–7.
    """

    energy: jax.Array = eqx.field(converter=jnp.asarray)
    relaxation_time: jax.Array = eqx.field(converter=jnp.asarray)
    superflow_coupling: jax.Array = eqx.field(converter=jnp.asarray)
    dipole: jax.Array = eqx.field(converter=jnp.asarray)

    def __check_init__(self) -> None:
        shapes = [np.shape(leaf) for leaf in jax.tree.leaves(self)]
        if len(set(shapes)) != 1 or len(shapes[0]) != 1:
            raise ValueError(f"an ensemble holds four arrays of one length, not {shapes}")


@eqx.filter_jit
def _shares(relaxation: Relaxation, times: jax.Array) -> jax.Array:
    return jax.vmap(relaxation.mass)(times[:-1], times[1:])


def sample_times(key: jax.Array, relaxation: Relaxation, shape: tuple[int, ...]) -> jax.Array:
    """Relaxation times drawn from f(τ), s, by the inverse of its cumulative distribution over ln τ.

    The window that holds all of f but the rounding is sought from 1e-34 s to 1e34 s and cut into 4096 cells
    of equal ln τ, the outermost cut again. A cell's share is that of ``relaxation.mass``; within it ln τ is
    uniform.

    Args:
        key: JAX random key.
        relaxation: any family with one set of parameters.
        shape: shape of the result.

    Raises:
        ValueError: the family's parameters are arrays.

    Limits: τ₀ for ``Single``; the sharp ends of a family are kept to 1e-6 of its span of ln τ.
    """
    if jax.eval_shape(relaxation.mass, 1.0, 2.0).shape:
        raise ValueError("relaxation times are drawn from one set of parameters, not from arrays of them")
    if isinstance(relaxation, Single):
        return jnp.full(shape, relaxation.tau)

    def cells(low: float, high: float) -> tuple[Array, Array]:
        edges = np.linspace(low, high, 4097)
        found = np.asarray(_shares(relaxation, jnp.exp(jnp.asarray(edges))))
        return edges, np.where(found > 4.0 * np.finfo(found.dtype).eps, found, 0.0)

    low, high = -78.0, 78.0
    for _ in range(3):
        edges, masses = cells(low, high)
        inside = np.flatnonzero(masses)
        low, high = edges[inside[0]], edges[inside[-1] + 1]
    inner = (high - low) / 4096
    parts = cells(low, low + inner), cells(low + inner, high - inner), cells(high - inner, high)
    edges = np.concatenate([parts[0][0], parts[1][0][1:], parts[2][0][1:]])
    masses = np.concatenate([part[1] for part in parts])
    cumulative = np.cumsum([0.0, *masses]) / np.sum(masses)
    uniform = jax.random.uniform(key, shape)
    return jnp.exp(jnp.interp(uniform, jnp.asarray(cumulative), jnp.asarray(edges)))


def sample_ensemble(
    key: jax.Array,
    *,
    density: ArrayLike,
    width: ArrayLike,
    length: ArrayLike,
    temperature: ArrayLike,
    relaxation: Relaxation,
    superflow_coupling: ArrayLike,
    dipole: ArrayLike,
    orientation: Orientation = "isotropic",
    cutoff: float = 6.0,
) -> Ensemble:
    """Draw the two-level systems of one film, 0 < ε < cutoff·k_BT; their number is Poisson.

    ε is uniform and α_s normal. For many systems σ becomes Eq. 15 with A = e²νλ_F² = n_ε⟨d∥²⟩ and
    Aηω*² = 4n_εe²⟨α_s²⟩p̄_s².

    Args:
        key: JAX random key.
        density: n_ε, systems per area and per unit ε (half the splitting), J⁻¹ m⁻².
        width: width W of the film across the current, m.
        length: length ℓ_x along the current, m.
        temperature: K.
        relaxation: distribution f(τ), one set of parameters.
        superflow_coupling: rms of α_s, 1/kg; its mean is 0.
        dipole: magnitude d, C m.
        orientation: ``"isotropic"`` ⟨d∥²⟩ = d²/3, ``"aligned"`` d².
        cutoff: largest ε over k_BT; those above would add 1 − tanh(cutoff) of the dissipation, 1.2e-5.

    Raises:
        ValueError: unknown orientation, or a density, size, temperature or cut-off that is not positive.

    Limits: at a later temperature T′ of the simulation the cut-off is cutoff·T/T′. τ does not depend on ε,
    not even for a family (tunnelling model) whose f(τ) is an average over ε.
    Source: Liu, Andreev, Spivak 2025, Eqs. 8–11 and 15.
    """
    if orientation not in get_args(Orientation):
        raise ValueError(f"orientation {orientation!r} is none of 'isotropic', 'aligned'")
    sizes = positive_numbers(
        density=density, width=width, length=length, temperature=temperature, cutoff=cutoff
    )
    largest = BOLTZMANN * sizes[3] * sizes[4]
    keys = jax.random.split(key, 5)
    shape = (int(numpy_generator(keys[0]).poisson(math.prod(sizes) * BOLTZMANN)),)
    projection = jax.random.uniform(keys[1], shape, minval=-1.0, maxval=1.0)
    if orientation == "aligned":
        projection = jnp.where(projection < 0.0, -1.0, 1.0)
    return Ensemble(
        energy=largest * jax.random.uniform(keys[2], shape),
        relaxation_time=sample_times(keys[3], relaxation, shape),
        superflow_coupling=jnp.asarray(superflow_coupling) * jax.random.normal(keys[4], shape),
        dipole=jnp.asarray(dipole) * projection,
    )


@jax.jit
def ensemble_conductivity(
    ensemble: Ensemble,
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    momentum: ArrayLike,
    width: ArrayLike,
    length: ArrayLike,
    angle: ArrayLike = 0.0,
) -> jax.Array:
    """σ₁(ω) = Σ_i sech²(ε_i/k_BT)/(k_BT·Wℓ_x)·[d∥,i²ω² + 4e²α_i²p̄_s²cos²θ]·τ_i/(1 + ω²τ_i²), S per square.

    Args:
        ensemble: the two-level systems of the film.
        omega: angular frequency, rad/s; broadcasts with temperature, momentum and angle.
        temperature, momentum, length: as in :func:`simulate_telegraph`.
        width: width W of the film across the current, m.
        angle: angle θ between the ac field and the dc supercurrent, rad; ``dipole`` is then along the field.

    Limits: Eq. 15 for many systems, see :func:`sample_ensemble`.
    Source: Liu, Andreev, Spivak 2025, Eqs. 7 and 15, before the averages and with the exact coupling
    d − 2i(e/ω)α_s p̄_s, whose 2 Eq. 7 leaves out.
    """

    def one(point: tuple[jax.Array, ...]) -> jax.Array:
        omega, energy, along = point
        # scaled before it is squared, which single precision could not hold
        scale = 1.0 / (jnp.sqrt(energy) * size)
        superflow = 2.0 * ELEMENTARY_CHARGE * (along * ensemble.superflow_coupling)
        coupling = (omega * scale * ensemble.dipole) ** 2 + (scale * superflow) ** 2
        debye = ensemble.relaxation_time / (1.0 + (omega * ensemble.relaxation_time) ** 2)
        return jnp.sum(_variance(ensemble, energy) * coupling * debye)

    along = jnp.asarray(momentum) * jnp.cos(jnp.asarray(angle))
    size = jnp.sqrt(jnp.asarray(width) * jnp.asarray(length))
    return _point_by_point(one, omega, BOLTZMANN * jnp.asarray(temperature), along)


@partial(jax.jit, static_argnames="convention")
def ensemble_noise(
    ensemble: Ensemble,
    omega: ArrayLike,
    *,
    temperature: ArrayLike,
    momentum: ArrayLike,
    length: ArrayLike,
    convention: Convention = "one-sided",
    time_step: ArrayLike | None = None,
) -> jax.Array:
    """S_I(ω) = ½c Σ_i sech²(ε_i/k_BT)·|2ep̄_sα_i − iωd∥,i|²/ℓ_x²·2τ_i/(1 + ω²τ_i²), A²/Hz.

    Args:
        ensemble: the two-level systems of the film.
        omega: angular frequency, rad/s; broadcasts with temperature and momentum.
        temperature, momentum, length: as in :func:`simulate_telegraph`.
        convention: c = 1, 2 or 4, see :func:`tlsjax.physics.noise.fluctuation_dissipation`.
        time_step: Δt, s; given, the spectrum of a trace of :func:`simulate_telegraph`, all aliases included:
            with a = Δt/τ, φ = ωΔt/2, D = cosh a − 1 + 2sin²φ, the superflow's 2τ/(1 + ω²τ²) becomes
            (2Δt/a²)[a(cosh a − 1) − 2sin²φ(sinh a − a)]/D, the dipole's 2ω²τ/(1 + ω²τ²) 4sin²φ·sinh a/(ΔtD).

    Raises:
        ValueError: the convention is unknown.

    Limits: c·k_BT·Y of :func:`ensemble_conductivity` without ``time_step``.
    Source: Machlup 1954 (one telegraph); Liu, Andreev, Spivak 2025, Eqs. 24–26, whose Eq. 25 has 1/π for 2.
    """

    def one(point: tuple[jax.Array, ...]) -> jax.Array:
        omega, energy, momentum = point
        superflow = 2.0 * ELEMENTARY_CHARGE * (momentum * ensemble.superflow_coupling) / jnp.asarray(length)
        dipole = ensemble.dipole / jnp.asarray(length)
        tau = ensemble.relaxation_time
        if time_step is None:
            line = 2.0 * tau / (1.0 + (omega * tau) ** 2)
            both = superflow**2 * line + (omega * dipole) ** 2 * line
        else:
            mean, change = _sampled_lines(omega, tau, jnp.asarray(time_step))
            both = superflow**2 * mean + dipole**2 * change
        return jnp.sum(_variance(ensemble, energy) * both)

    two_sided = _point_by_point(one, omega, BOLTZMANN * jnp.asarray(temperature), momentum)
    # c/2 from c·k_BT·Y, which also refuses an unknown convention
    half = fluctuation_dissipation(0.5 / BOLTZMANN, temperature=1.0, convention=convention)
    return half * two_sided


def _sampled_lines(omega: jax.Array, tau: jax.Array, step: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Two-sided spectra of s averaged over each step, and of its change in a step over Δt."""
    a, sine2 = step / tau, jnp.sin(0.5 * omega * step) ** 2
    kept, lost = jnp.exp(-a), -jnp.expm1(-a)
    # e⁻ᵃ(sinh a − a)/a³, e⁻ᵃ(cosh a − 1)/a² and e⁻ᵃD
    series = (
        kept / 6.0 * (1.0 + a**2 / 20.0 * (1.0 + a**2 / 42.0 * (1.0 + a**2 / 72.0 * (1.0 + a**2 / 110.0))))
    )
    large = jnp.maximum(a, 0.5)
    cubic = jnp.where(
        a < 0.5, series, (0.5 * (1.0 - jnp.exp(-2.0 * large)) / large - jnp.exp(-large)) / large**2
    )
    square = 0.5 * (lost / a) ** 2
    divisor = 0.5 * lost**2 + 2.0 * kept * sine2
    mean = 2.0 * step * a * (square - 2.0 * sine2 * cubic) / divisor
    return mean, -2.0 * sine2 * jnp.expm1(-2.0 * a) / (step * divisor)


def _variance(ensemble: Ensemble, energy: jax.Array) -> jax.Array:
    """sech²(ε/k_BT), the variance of s."""
    small = jnp.exp(-2.0 * jnp.abs(ensemble.energy) / energy)
    return 4.0 * small / (1.0 + small) ** 2


def _point_by_point(one: Callable[[tuple[jax.Array, ...]], jax.Array], *arguments: ArrayLike) -> jax.Array:
    """Broadcast, and take the points one after another: memory is that of one."""
    points = jnp.broadcast_arrays(*(jnp.asarray(a, float) for a in arguments))
    return jax.lax.map(one, tuple(p.ravel() for p in points)).reshape(points[0].shape)


def positive_numbers(**values: ArrayLike) -> list[float]:
    """The values as floats; ValueError names the first that is not one positive number."""
    for name, value in values.items():
        if np.ndim(value) or not np.asarray(value) > 0:
            raise ValueError(f"{name} must be one positive number, not {value}")
    return [float(np.asarray(value)) for value in values.values()]


def numpy_generator(key: jax.Array) -> np.random.Generator:
    """NumPy's generator, seeded by a JAX key."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).ravel().tolist())
