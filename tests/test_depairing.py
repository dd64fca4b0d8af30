"""Depairing against the Usadel equation itself, root finders and differences."""

from collections.abc import Callable
from math import pi, sqrt

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from tlsjax.physics.depairing import (
    DEPAIRING_CURRENT,
    GAPLESS_MOMENTUM,
    MOMENTUM_AT_DEPAIRING,
    Depairing,
    current_law,
    inductance_law,
    momentum_law,
)
from tlsjax.physics.film import Film

LAWS: tuple[Depairing, ...] = ("none", "usadel", "ginzburg-landau")
DIRTY = ("usadel", "ginzburg-landau")


def usadel_reference(x: float) -> float:
    """j/j₀ of the Usadel equation at T = 0, the integrals over Matsubara frequencies done by quadrature.

    ω/Δ = u − (Γ/Δ)u/√(1+u²), j ∝ p∫dω/(1+u²), and the gap equation ∫dω[1/√(ω²+Δ₀²) − (1/Δ)/√(1+u²)] = 0.
    """
    strength = 2 * x**2  # Γ/Δ₀

    def matsubara(u: float, ratio: float) -> float:
        return u - ratio * u / sqrt(1 + u**2)

    def slope(u: float, ratio: float) -> float:
        return 1 - ratio / (1 + u**2) ** 1.5

    def gap_equation(gap: float) -> float:
        ratio = strength / gap

        def integrand(log_u: float) -> float:
            u = np.exp(log_u)
            omega = gap * matsubara(u, ratio)
            bare = 1 / np.hypot(omega, 1.0)
            return float((bare - 1 / (gap * np.hypot(1, u))) * gap * slope(u, ratio) * u)

        return quad(integrand, -40, 30, limit=400, epsabs=1e-12)[0]

    gap = brentq(gap_equation, max(strength, 0.45), 1.0 + 1e-9, xtol=1e-13)
    ratio = strength / gap
    total = quad(lambda u: slope(u, ratio) / (1 + u**2), 0, np.inf, epsabs=1e-13)[0]
    return float(x * gap * total * 2 / pi)


@pytest.mark.parametrize("x", [0.01, 0.1, 0.25, 0.34, 0.42])
def test_current_law_is_the_usadel_equation(x: float) -> None:
    assert_allclose(current_law(x), usadel_reference(x), rtol=1e-8)


def test_depairing_numbers() -> None:
    assert_allclose(MOMENTUM_AT_DEPAIRING, 0.3444, atol=5e-5)
    assert_allclose(DEPAIRING_CURRENT, 0.23736, atol=5e-6)
    best = minimize_scalar(
        lambda x: -float(current_law(x)), bounds=(0.2, 0.45), method="bounded", options={"xatol": 1e-9}
    )
    assert_allclose(best.x, MOMENTUM_AT_DEPAIRING, rtol=1e-7)
    assert_allclose(-best.fun, DEPAIRING_CURRENT, rtol=1e-13)
    x = 1e-3
    assert_allclose((1 - current_law(x) / x) / x**2, pi / 2 + 8 / (3 * pi), rtol=1e-5)
    assert_allclose(pi / 2 + 8 / (3 * pi), 2.4196, atol=5e-5)
    # cubic law: the same slope and the same largest value, at q = 1/√3
    top = 0.6167 / sqrt(3)
    assert_allclose(current_law(top, "ginzburg-landau"), DEPAIRING_CURRENT, rtol=1e-8)
    assert_allclose(jax.grad(lambda x: current_law(x, "ginzburg-landau"))(0.0), 1.0, rtol=1e-14)


def test_what_the_linear_law_misses() -> None:
    """Against the linear law p̄_s is 3.8 % larger at I_d/2 and 20 % at 0.9 I_d."""
    share = np.array([0.5, 0.9])
    excess = momentum_law(share * DEPAIRING_CURRENT) / (share * DEPAIRING_CURRENT) - 1
    assert_allclose(excess, [0.0385, 0.1965], atol=5e-5)


@pytest.mark.parametrize(
    ("law", "coefficient"), [("usadel", 0.409), ("ginzburg-landau", 4 / 9), ("none", 0.0)]
)
def test_inductance_shift(law: Depairing, coefficient: float) -> None:
    share = 1e-3
    shift = inductance_law(share * DEPAIRING_CURRENT, law) - 1
    assert_allclose(shift / share**2, coefficient, atol=1e-4)
    for current in (-0.2, 0.05, 0.2):
        assert_allclose(
            inductance_law(current, law), jax.grad(lambda y: momentum_law(y, law))(current), rtol=1e-13
        )


@pytest.mark.parametrize("law", LAWS)
def test_momentum_and_current_invert_each_other(law: Depairing) -> None:
    share = np.array([-1, -0.9, -1e-9, 0.0, 1e-12, 1e-3, 0.5, 0.99, 1 - 1e-6, 1 - 1e-12, 1.0])
    current = share * DEPAIRING_CURRENT
    assert_allclose(current_law(momentum_law(current, law), law), current, rtol=2e-15, atol=1e-300)
    x = np.linspace(-0.95, 0.95, 21) * MOMENTUM_AT_DEPAIRING
    assert_allclose(momentum_law(current_law(x, law), law), x, rtol=1e-13, atol=1e-16)
    film = Film(critical_temperature=4.0, fermi_velocity=7e5, sheet_inductance=30e-12, thickness=8e-9)
    carried = 0.6 * film.depairing_current(width=2e-6)
    momentum = film.momentum(carried, width=2e-6, depairing=law)
    assert_allclose(film.current(momentum, width=2e-6, depairing=law), carried, rtol=1e-13)


@pytest.mark.parametrize("law", DIRTY)
def test_momentum_against_a_root_finder(law: Depairing) -> None:
    top = MOMENTUM_AT_DEPAIRING if law == "usadel" else 0.35605  # where y(x) is largest
    for share in (0.01, 0.5, 0.9, 0.999):
        current = share * DEPAIRING_CURRENT
        root = brentq(
            lambda x, target=current: float(current_law(x, law)) - target, 0, top, xtol=1e-14, rtol=1e-14
        )
        assert_allclose(momentum_law(current, law), root, rtol=1e-10)


@pytest.mark.parametrize("law", DIRTY)
def test_no_state_beyond_depairing(law: Depairing) -> None:
    assert np.isnan(momentum_law(1.0001 * DEPAIRING_CURRENT, law))
    assert np.isfinite(momentum_law(DEPAIRING_CURRENT, law))
    assert_allclose(momentum_law(DEPAIRING_CURRENT), MOMENTUM_AT_DEPAIRING, rtol=1e-6)


def test_unstable_branch_ends_where_the_gap_closes() -> None:
    x = np.array([MOMENTUM_AT_DEPAIRING, 0.4, 0.47])
    assert np.all(np.diff(current_law(x)) < 0)
    assert np.isnan(current_law(1.001 * GAPLESS_MOMENTUM))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("function", [momentum_law, current_law])
def test_derivatives_against_differences(law: Depairing, function: Callable[..., jax.Array]) -> None:
    def value(x: jax.Array) -> jax.Array:
        return function(x, law)

    slope = jax.jit(jax.vmap(jax.grad(value)))
    points, step = jnp.array([-0.15, 1e-3, 0.1, 0.2]), 1e-6
    assert_allclose(slope(points), (value(points + step) - value(points - step)) / (2 * step), rtol=1e-8)
    # second derivatives, too: Fisher matrices and Hessians need them
    curvature = (slope(points + step) - slope(points - step)) / (2 * step)
    assert_allclose(jax.vmap(jax.grad(jax.grad(value)))(points), curvature, rtol=1e-6, atol=1e-9)
    assert_allclose(jax.vmap(jax.jacfwd(value))(points), slope(points), rtol=1e-14)
    assert_allclose(jax.grad(value)(0.0), 1.0, rtol=1e-14)
