"""Eq. 26: momentum and current around fluctuations of the superfluid density, and the points of Eq. 24."""

from math import pi

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from tlsjax import InputError, local_current
from tlsjax.physics.local_current import Held, LocalFlow, point_fluctuations

E, ME, HBAR = 1.602176634e-19, 9.1093837139e-31, 6.62607015e-34 / (2 * pi)
SIZE = {"length": 3e-6, "width": 2e-6}
MOMENTUM, DENSITY = 3e-27, 2e18
FILM = {"momentum": MOMENTUM, "superfluid_density": DENSITY, "mass": ME, **SIZE}
HELD: tuple[Held, ...] = ("phase", "current")
Array = NDArray[np.float64]


def grid(points_x: int, points_y: int) -> tuple[Array, Array]:
    x = SIZE["length"] * np.arange(points_x) / points_x
    y = SIZE["width"] * np.arange(points_y) / points_y
    return x[:, None], y


def rough(seed: int, shape: tuple[int, ...], strength: float = 1e-3) -> Array:
    return strength * DENSITY * np.random.default_rng(seed).standard_normal(shape)


def derivative(points: int, extent: float) -> Array:
    """Matrix: derivative of the trigonometric interpolant on an odd number of points (Trefethen 2000)."""
    assert points % 2
    between = np.subtract.outer(np.arange(points), np.arange(points))
    half = np.where(between == 0, 1.0, np.sin(pi * between / points))
    return np.where(between == 0, 0.0, pi / extent * (-1.0) ** between / half)


def divergence_and_curl(field: Array) -> tuple[Array, Array]:
    along = derivative(field.shape[0], SIZE["length"])
    across = derivative(field.shape[1], SIZE["width"])
    x, y = field[..., 0], field[..., 1]
    return along @ x + y @ across.T, along @ y - x @ across.T


@pytest.mark.parametrize("held", HELD)
def test_current_is_conserved_and_momentum_is_a_gradient(held: Held) -> None:
    change = rough(1, (31, 21))
    flow = local_current(change, **FILM, held=held)
    gradient = float(np.max(np.abs(derivative(31, SIZE["length"]))))
    divergence, _ = divergence_and_curl(np.asarray(flow.current))
    assert_allclose(divergence, 0.0, atol=1e-12 * gradient * np.max(np.abs(flow.current)))
    _, curl = divergence_and_curl(np.asarray(flow.momentum))
    assert_allclose(curl, 0.0, atol=1e-12 * gradient * np.max(np.abs(flow.momentum)))


@pytest.mark.parametrize("shape", [(12, 7), (7, 12), (8, 8)])
@pytest.mark.parametrize("held", HELD)
def test_the_two_fields_are_one_law(shape: tuple[int, int], held: Held) -> None:
    """δJ is eN_sp_s/m to first order, and each section of the film carries the same current, on any grid."""
    change = rough(2, shape)
    flow = local_current(change, **FILM, held=held)
    expected = E / ME * (change[..., None] * [MOMENTUM, 0.0] + DENSITY * np.asarray(flow.momentum))
    assert_allclose(flow.current, expected, atol=1e-13 * np.max(np.abs(flow.current)))
    sections = np.mean(flow.current[..., 0], axis=1)
    assert_allclose(sections, np.mean(sections), atol=1e-13 * np.max(np.abs(flow.current)))
    # and the same phase difference along each line, as curl δp = 0
    lines = np.mean(flow.momentum[..., 0], axis=0)
    assert_allclose(lines, np.mean(lines), atol=1e-13 * np.max(np.abs(flow.momentum)))


@pytest.mark.parametrize("waves", [(1, 0), (0, 1), (1, 1), (-2, 1), (3, -2), (4, 0), (0, 4), (4, 1), (4, 4)])
def test_one_wave(waves: tuple[int, int]) -> None:
    """The shortest wave that eight points hold included."""
    x, y = grid(8, 8)
    k = 2 * pi * np.array(waves) / [SIZE["length"], SIZE["width"]]
    phase = 0.0 if 4 in waves else 0.7
    wave = 1e-3 * DENSITY * np.cos(k[0] * x + k[1] * y + phase)
    # beyond the grid's reach, a wave and its mirror images are one at the points: their mean field is meant
    images = {(sx, sy) for sx in (1, -1 if waves[0] == 4 else 1) for sy in (1, -1 if waves[1] == 4 else 1)}
    mean = np.mean([k[0] * sx * k * [sx, sy] for sx, sy in images], axis=0) / np.sum(k**2)
    flow = local_current(wave, **FILM)
    momentum = -MOMENTUM / DENSITY * wave[..., None] * mean
    assert_allclose(flow.momentum, momentum, atol=1e-14 * 1e-3 * MOMENTUM)
    current = E / ME * MOMENTUM * wave[..., None] * ([1.0, 0.0] - mean)
    assert_allclose(flow.current, current, atol=1e-13 * 1e-3 * E / ME * MOMENTUM * DENSITY)


def test_in_series_and_side_by_side() -> None:
    along = np.broadcast_to(rough(3, (16, 1)), (16, 6))
    flow = local_current(along, **FILM, held="current")
    assert_allclose(flow.current, 0.0, atol=1e-13 * E / ME * MOMENTUM * 1e-3 * DENSITY)
    assert_allclose(flow.momentum[..., 0], -MOMENTUM * along / DENSITY, atol=1e-15 * MOMENTUM)
    across = np.broadcast_to(rough(4, (1, 6)), (16, 6))
    flow = local_current(across, **FILM)
    assert_allclose(flow.momentum, 0.0, atol=1e-16 * MOMENTUM)
    assert_allclose(flow.current[..., 0], E / ME * MOMENTUM * across, rtol=1e-12)


def test_total_current_at_fixed_phase_is_the_sum_over_systems() -> None:
    """δI = (ep̄_sξ²/mℓ_x) Σ_i δÑ_i, whatever the places."""
    rng = np.random.default_rng(5)
    xi, changes = 8e-9, 1e15 * rng.standard_normal((3, 40))
    places = rng.uniform(size=(40, 2)) * [SIZE["length"], SIZE["width"]]
    change = point_fluctuations(xi**2 * changes, places, shape=(20, 15), **SIZE)
    flow = local_current(change, **FILM)
    total = SIZE["width"] * np.mean(flow.current[..., 0], axis=-1)  # through each section, shape (3, 20)
    expected = E * MOMENTUM * xi**2 / (ME * SIZE["length"]) * np.sum(changes, axis=-1)
    scale = SIZE["width"] * np.max(np.abs(flow.current))
    assert_allclose(total, np.broadcast_to(expected[:, None], (3, 20)), atol=1e-13 * scale)
    assert_allclose(np.mean(flow.momentum, axis=(1, 2)), 0.0, atol=1e-14 * np.max(np.abs(flow.momentum)))


def test_phase_difference_at_fixed_current_is_that_of_the_inductance() -> None:
    change = rough(6, (14, 9)) + 2e-3 * DENSITY
    free, held = local_current(change, **FILM), local_current(change, **FILM, held="current")
    mean = np.mean(held.momentum, axis=(0, 1))
    assert_allclose(mean[0], -MOMENTUM * np.mean(change) / DENSITY, rtol=1e-13)
    current = np.mean(held.current, axis=(0, 1))
    assert_allclose(current, 0.0, atol=1e-14 * np.max(np.abs(free.current)))
    # the two differ by a uniform flow
    assert_allclose(held.momentum - free.momentum, np.broadcast_to(mean, (14, 9, 2)), atol=1e-16 * MOMENTUM)


def test_far_field_of_a_point_is_a_dipole() -> None:
    """With no mean field: in a square cell the images add half of p̄_sw/⟨N_s⟩ per area, and terms in r⁴."""
    points, weight, side = 240, 1e4, 2e-6
    size = {"length": side, "width": side}
    change = point_fluctuations(
        np.array([weight]),
        np.full((1, 2), side / 2),
        shape=(points, points),
        radius=2 * side / points,
        **size,
    )
    flow = local_current(change, **{**FILM, **size})
    r = side * np.array([10, 14, 18]) / points
    i = np.array([10, 14, 18]) + points // 2
    middle = points // 2
    dipole = MOMENTUM * weight / (2 * pi * DENSITY * r**2)
    images = MOMENTUM * weight / (2 * DENSITY * side**2)
    ahead, beside = flow.momentum[i, middle], flow.momentum[middle, i]
    assert_allclose(ahead[:, 0], dipole + images, rtol=1e-3)
    assert_allclose(beside[:, 0], -dipole + images, rtol=1e-3)
    assert_allclose(np.stack([ahead, beside])[..., 1], 0.0, atol=1e-9 * np.max(dipole))
    aslant = flow.momentum[i, i]
    assert_allclose(aslant[:, 1], dipole / 2, rtol=2e-3)
    assert_allclose(aslant[:, 0], images, atol=2e-3 * np.min(dipole))
    # where the film is uniform the current follows the momentum
    assert_allclose(flow.current[i, i], E * DENSITY / ME * aslant, rtol=1e-6)


def test_error_is_of_second_order() -> None:
    """Against ∇·[N(r)(p̄_s + ∇φ)] = 0, solved as linear equations by collocation."""
    shape = (15, 11)
    along = np.kron(derivative(shape[0], SIZE["length"]), np.eye(shape[1]))
    across = np.kron(np.eye(shape[0]), derivative(shape[1], SIZE["width"]))
    pattern, uniform = rough(7, shape, 1.0), np.array([MOMENTUM, 0.0])

    def error(strength: float) -> tuple[float, float]:
        density = DENSITY + strength * pattern.ravel()
        operator = along @ (density[:, None] * along) + across @ (density[:, None] * across)
        phase = np.linalg.lstsq(operator, -MOMENTUM * along @ density, rcond=1e-12)[0]
        momentum = np.stack([along @ phase, across @ phase], axis=-1).reshape(*shape, 2)
        current = E / ME * density.reshape(*shape, 1) * (momentum + uniform)
        change = current - E / ME * DENSITY * uniform
        flow = local_current(strength * pattern, **FILM)
        return (
            float(np.max(np.abs(flow.momentum - momentum)) / np.max(np.abs(momentum))),
            float(np.max(np.abs(flow.current - change)) / np.max(np.abs(change))),
        )

    # relative to a first-order field, a second-order error is ∝ δN
    strong, weak = np.array(error(2e-3)), np.array(error(1e-3))
    assert np.all(strong < 0.01)
    assert_allclose(strong / weak, 2.0, rtol=5e-3)


def test_mirror_image_makes_edges() -> None:
    """Beside its mirror image, no current crosses the line between the map and the image."""
    half = rough(8, (11, 6))
    change = np.concatenate([half, half[:, ::-1]], axis=1)
    flow = local_current(change, **{**FILM, "width": 2 * SIZE["width"]})
    across = flow.current[..., 1]
    assert_allclose(across[:, ::-1], -across, atol=1e-13 * np.max(np.abs(across)))


def test_a_system_on_the_grid_fills_one_cell() -> None:
    for shape in ((6, 5), (5, 6)):
        x, y = grid(*shape)
        got = point_fluctuations(np.array([3.0]), np.array([[x[2, 0], y[4]]]), shape=shape, **SIZE)
        expected = np.zeros(shape)
        expected[2, 4] = 3.0 * shape[0] * shape[1] / (SIZE["length"] * SIZE["width"])
        assert_allclose(got, expected, atol=1e-13 * expected[2, 4])


def test_a_radius_makes_a_gaussian() -> None:
    x, y = grid(60, 40)
    radius, place = 1.5e-7, np.array([1.41e-6, 0.93e-6])
    got = point_fluctuations(np.array([2.0]), place[None], shape=(60, 40), radius=radius, **SIZE)
    square = (x - place[0]) ** 2 + (y - place[1]) ** 2
    expected = 2.0 * np.exp(-square / (2 * radius**2)) / (2 * pi * radius**2)
    assert_allclose(got, expected, atol=1e-8 * np.max(expected))


def test_a_batch_is_map_by_map_under_jit() -> None:
    change = rough(9, (2, 3, 6, 5))
    whole = jax.jit(lambda d: local_current(d, **FILM))(change)
    assert isinstance(whole, LocalFlow)
    assert whole.momentum.shape == whole.current.shape == (2, 3, 6, 5, 2)
    one = local_current(change[1, 2], **FILM)
    for part, single in zip(whole, one, strict=True):
        assert_allclose(part[1, 2], single, atol=1e-13 * np.max(np.abs(single)))


def test_derivatives() -> None:
    """∂δI/∂δN is the same in every cell; a system's place counts by itself."""
    change = jnp.asarray(rough(10, (6, 5)))

    def total(change: jax.Array, momentum: float) -> jax.Array:
        flow = local_current(change, **{**FILM, "momentum": momentum})
        return jnp.mean(flow.current[..., 0]) * SIZE["width"]

    got = jax.grad(total)(change, MOMENTUM)
    assert_allclose(got, np.full((6, 5), E * MOMENTUM / ME * SIZE["width"] / 30), rtol=1e-12)
    assert_allclose(jax.grad(total, 1)(change, MOMENTUM), total(change, 1.0), rtol=1e-12)

    @jax.jit
    def at_corner(place: jax.Array) -> jax.Array:
        points = point_fluctuations(jnp.array([1e3]), place[None], shape=(9, 8), **SIZE)
        return local_current(points, **FILM).current[0, 0, 0]

    place, step = jnp.array([1.3e-6, 0.8e-6]), 1e-11
    differences = [(at_corner(place + d) - at_corner(place - d)) / (2 * step) for d in step * np.eye(2)]
    assert_allclose(jax.grad(at_corner)(place), np.array(differences), rtol=1e-6)


@pytest.mark.parametrize("held", ["", "Phase", "voltage", None])
def test_unknown_condition_is_refused(held: Held) -> None:
    with pytest.raises(InputError, match="'phase', 'current'") as caught:
        local_current(np.zeros((3, 3)), **FILM, held=held)
    assert "\n" not in str(caught.value)


def test_what_is_no_map_is_refused() -> None:
    with pytest.raises(InputError, match="map"):
        local_current(np.zeros(4), **FILM)
    for weights, places in ((np.ones(3), np.ones((2, 2))), (np.ones(2), np.ones((2, 3))), (1.0, np.ones(2))):
        with pytest.raises(InputError, match="positions"):
            point_fluctuations(weights, places, shape=(4, 4), **SIZE)
