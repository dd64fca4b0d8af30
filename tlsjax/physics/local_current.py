"""Local superfluid momentum and current around fluctuations of the superfluid density, Eqs. 24 and 26.

Maps lie on a grid of n_x × n_y points over ℓ_x × W, the current along x, both directions periodic: the last
two axes of an array are x and y, any before them (time) are a batch; vectors have their components last.
"""

from functools import partial
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.errors import InputError

Held = Literal["phase", "current"]
"""What the surroundings hold fixed: the phase difference along the film, or the total current."""


class LocalFlow(NamedTuple):
    """Change of the flow from place to place, Eq. 26: shape (…, n_x, n_y, 2), components along x and y."""

    momentum: jax.Array
    """δp_s(r), kg m/s."""
    current: jax.Array
    """δJ_s(r), A/m; averaged over the map, times W, its x component is the change of the total current."""


@partial(jax.jit, static_argnames="held")
def local_current(
    density_change: ArrayLike,
    *,
    momentum: ArrayLike,
    superfluid_density: ArrayLike,
    mass: ArrayLike,
    length: ArrayLike,
    width: ArrayLike,
    held: Held = "phase",
) -> LocalFlow:
    """δp_k = −k(k·p̄_s)δN_k/(k²⟨N_s⟩), δJ = (e/m)[δN p̄_s + ⟨N_s⟩δp]: solves ∇·δJ = 0, curl δp = 0.

    To first order in δN/⟨N_s⟩. The wave k = 0 is the boundary condition: at a fixed phase difference δp has
    none, and the total current changes by (ep̄_s/m)·W·mean(δN) = (ep̄_sξ²/mℓ_x) Σ_i δÑ_i; at a fixed total
    current δp_0 = −p̄_s·mean(δN)/⟨N_s⟩, and the phase difference changes by (2/ħ)ℓ_xδp_0.

    Args:
        density_change: δN_s(r) = N_s − ⟨N_s⟩ on the grid, m⁻², shape (…, n_x, n_y); its mean need not vanish.
        momentum: p̄_s along x, kg m/s.
        superfluid_density: ⟨N_s⟩ per area, m⁻².
        mass: m, kg.
        length: ℓ_x along the current, m.
        width: W, m.
        held: ``"phase"`` or ``"current"``.

    Raises:
        InputError: ``density_change`` is not a map, or ``held`` is neither.

    Limits: δJ is uniform for δN(x), in series, and 0 at a fixed current; δp is uniform for δN(y), side by
    side, and 0 at a fixed phase. Around one point ⟨N_s⟩δp = (p̄_sw/2πr²)(cos 2θ, sin 2θ), w = ∫δN. The error
    is of second order in δN/⟨N_s⟩. Scales above ξ; a film narrower than the Pearl length, so that its own
    magnetic field does not count. Edges that no current crosses: the map beside its mirror image, width 2W.
    Source: Liu, Andreev, Spivak 2025, Eq. 26. Beyond the paper: the boundary conditions.
    """
    change = jnp.asarray(density_change)
    if change.ndim < 2:
        raise InputError(f"density_change is a map of shape (..., n_x, n_y), not {change.shape}")
    if held not in get_args(Held):
        raise InputError(f"held {held!r} is none of {', '.join(map(repr, get_args(Held)))}")
    average, momentum = jnp.asarray(superfluid_density), jnp.asarray(momentum)
    points_x, points_y = change.shape[-2:]
    # k in units of 2π/ℓ_x: only its direction counts
    k_x = jnp.fft.fftfreq(points_x, 1.0 / points_x)[:, None]
    k_y = jnp.fft.rfftfreq(points_y, 1.0 / points_y)
    aspect = jnp.asarray(length) / jnp.asarray(width)
    square = k_x**2 + (aspect * k_y) ** 2
    product = aspect * _signed(k_x, points_x) * _signed(k_y, points_y)
    projection = jnp.stack([k_x**2 + 0.0 * k_y, product]) / jnp.where(square > 0.0, square, 1.0)
    if held == "current":
        projection = projection.at[0, 0, 0].set(1.0)
    relative = change / average
    waves = projection * jnp.fft.rfft2(relative)[..., None, :, :]
    lost = jnp.moveaxis(jnp.fft.irfft2(waves, s=(points_x, points_y)), -3, -1)
    gained = relative[..., None] * jnp.asarray([1.0, 0.0])
    uniform = ELEMENTARY_CHARGE / jnp.asarray(mass) * average * momentum
    return LocalFlow(momentum=-momentum * lost, current=uniform * (gained - lost))


def point_fluctuations(
    weights: ArrayLike,
    positions: ArrayLike,
    *,
    shape: tuple[int, int],
    length: ArrayLike,
    width: ArrayLike,
    radius: ArrayLike = 0.0,
) -> jax.Array:
    """δN_s(r) = Σ_i w_i δ(r − r_i), w_i = δÑ_iξ², m⁻²: a map for :func:`local_current`.

    The delta functions are those of the waves that the grid carries, so that a position may lie between
    points and can be differentiated, and the mean of the map is Σ_i w_i/(Wℓ_x) exactly.

    Args:
        weights: w_i, superfluid electrons that system i adds, shape (…, systems): ±2mα_i in its two states.
        positions: r_i, m, shape (systems, 2), components along x and y.
        shape: (n_x, n_y), points of the grid, at (iℓ_x/n_x, jW/n_y).
        length: ℓ_x along the current, m.
        width: W, m.
        radius: standard deviation of a Gaussian in place of the delta function, m: from about one grid
            spacing on it does not ring, and outside a few radii its field is that of the point.

    Returns:
        m⁻², shape (…, n_x, n_y).

    Raises:
        InputError: ``positions`` does not fit ``weights``.

    Limits: w_i over the area of a cell, at one point, for a system on the grid and no radius.
    Source: Liu, Andreev, Spivak 2025, Eq. 24. Beyond the paper: the radius, and the exact w_i, which the
    kinetic energy ½N_sp_s²/m demands.
    """
    weights, positions = jnp.atleast_1d(weights), jnp.asarray(positions)
    if positions.shape != (*weights.shape[-1:], 2):
        raise InputError(
            f"positions has shape ({weights.shape[-1]}, 2) for as many weights, not {positions.shape}"
        )

    def spread(points: int, extent: ArrayLike, centre: jax.Array) -> jax.Array:
        """A periodic delta function of one coordinate at each centre, 1/m, shape (points, systems)."""
        wave = 2.0 * jnp.pi * jnp.fft.fftfreq(points, 1.0 / points)[:, None] / jnp.asarray(extent)
        spectrum = jnp.exp(-1j * wave * centre - 0.5 * (wave * jnp.asarray(radius)) ** 2)
        return jnp.fft.ifft(spectrum, axis=0).real * points / jnp.asarray(extent)

    x, y = (spread(*side, positions[:, i]) for i, side in enumerate(zip(shape, (length, width), strict=True)))
    return jnp.einsum("...i,xi,yi->...xy", weights, x, y)


def _signed(waves: jax.Array, points: int) -> jax.Array:
    """Whole waves along a side where their sign counts: the shortest that an even grid holds has none."""
    return jnp.where(2.0 * jnp.abs(waves) < points, waves, 0.0)
