"""Barriers and couplings of any shape: against dilogarithms, quadrature, other families and differences."""

import itertools

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad

from tlsjax import (
    FreeBarriers,
    FreeCouplings,
    FreeForm,
    Polygon,
    ThermallyActivated,
    ThermallyActivatedUniform,
    TimesAt,
)

PLACES = np.array([2.0, 2.4, 3.5, 3.6, 5.0, 9.0])
WEIGHTS = np.array([0.3, 2.0, 0.0, 1.2])
GAUSS = Polygon(PLACES, WEIGHTS)
ATTEMPT = 1e-12


def barriers(temperature: object) -> FreeBarriers:
    return FreeBarriers(ATTEMPT, temperature, at(0.7, GAUSS))


def at(middle: float, barriers: Polygon) -> TimesAt:
    """Barriers as times at a middle temperature."""
    return TimesAt(middle, Polygon(np.log(ATTEMPT) + barriers.places / middle, barriers.weights))


def integral(weight: object, form: Polygon = GAUSS) -> float:
    density = jax.jit(lambda x: form.density(x))
    return sum(
        quad(lambda x: float(density(x)) * weight(x), a, b, epsabs=0, epsrel=1e-12)[0]  # type: ignore[operator]
        for a, b in itertools.pairwise(np.asarray(form.places))
    )


def test_a_polygon_is_normalised_and_has_the_weights_in_its_hats() -> None:
    assert_allclose(integral(lambda x: 1.0), 1.0, rtol=1e-12)
    assert_allclose(GAUSS.density(PLACES[[0, -1]]), 0.0, atol=1e-15)
    assert_allclose(GAUSS.density([1.0, 9.5]), 0.0, atol=1e-15)
    heights = 2.0 * WEIGHTS / WEIGHTS.sum() / (PLACES[2:] - PLACES[:-2])
    assert_allclose(GAUSS.density(PLACES[1:-1]), heights, rtol=1e-12, atol=1e-15)
    assert_allclose(GAUSS.density(4.3), 0.5 * (heights[2] + heights[3]), rtol=1e-12)


def test_mass_below_is_the_integral_of_the_density() -> None:
    assert_allclose(GAUSS.below([1.0, 9.0, 20.0]), [0.0, 1.0, 1.0], atol=1e-14)
    for x in (2.2, 3.55, 4.9, 7.0):
        points = [one for one in PLACES if one < x]
        exact = quad(lambda v: float(GAUSS.density(v)), 2.0, x, points=points, limit=200)[0]
        assert_allclose(GAUSS.below(x), exact, rtol=1e-9)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 2.0])
def test_response_is_a_sum_of_dilogarithms(temperature: float) -> None:
    """F″ = 1/(1 − ie^y) twice integrated by mpmath, at every change of the slope."""
    omega = np.logspace(-3, 11, 15)
    found = np.asarray(barriers(temperature).response(omega))
    heights = [0.0, *np.asarray(GAUSS.density(PLACES[1:-1])), 0.0]
    slopes = [0.0, *(np.diff(heights) / np.diff(PLACES)), 0.0]
    with mp.workdps(60):
        for row, w in enumerate(omega):
            exact = mp.mpc(0)
            for place, turn in zip(PLACES, np.diff(slopes), strict=True):
                y = mp.log(mp.mpf(w)) + mp.log(mp.mpf(ATTEMPT)) + mp.mpf(place) / mp.mpf(temperature)
                exact += mp.mpf(turn) * (y**2 / 2 + mp.polylog(2, mp.mpc(0, mp.exp(y))))
            exact *= mp.mpf(temperature) ** 2
            assert_allclose(found[row].real, float(exact.real), atol=1e-10, rtol=0)
            assert_allclose(found[row].imag, float(exact.imag), atol=1e-10, rtol=0)


def test_kernel_mean_and_mass_are_integrals_over_barriers() -> None:
    cold = barriers(0.5)
    times = lambda v: ATTEMPT * np.exp(v / 0.5)  # noqa: E731
    assert_allclose(cold.mean, integral(times), rtol=1e-9)
    for omega in (1e2, 1e6, 1e9):
        exact = integral(lambda v, w=omega: times(v) / (1.0 + (w * times(v)) ** 2))
        assert_allclose(cold.kernel(omega), exact, rtol=1e-8)
    assert_allclose(cold.mass(times(2.2), times(4.5)), GAUSS.below(4.5) - GAUSS.below(2.2), rtol=1e-12)
    tau = times(np.array([2.2, 4.0]))
    assert_allclose(cold.density(tau) * tau, 0.5 * GAUSS.density([2.2, 4.0]), rtol=1e-12)


def test_uniform_barriers_are_flat_polygons() -> None:
    places = np.linspace(2.0, 8.0, 4001)
    flat = FreeBarriers(ATTEMPT, 0.4, at(0.5, Polygon(places, np.ones(3999))))
    omega = np.logspace(4, 11, 8)
    uniform = ThermallyActivatedUniform(ATTEMPT, 2.0, 8.0, 0.4)
    assert_allclose(flat.response(omega), uniform.response(omega), rtol=2e-3)


def test_a_finer_form_comes_nearer_to_normal_barriers_at_every_temperature() -> None:
    omega, temperature = np.logspace(4, 9, 6), np.array([0.2, 0.25, 0.3, 0.4, 0.5, 0.7])
    exact = ThermallyActivated(ATTEMPT, 5.0, 0.4, temperature).response(omega)

    def error(nodes: int) -> float:
        inner = np.geomspace(2.5, 9.0, nodes)
        ratio = inner[1] / inner[0]
        places = np.concatenate([[inner[0] / ratio], inner, [inner[-1] * ratio]])
        weights = inner * np.exp(-0.5 * ((inner - 5.0) / 0.4) ** 2)
        form = FreeBarriers(ATTEMPT, temperature, at(0.4, Polygon(places, weights)))
        return float(np.abs(np.asarray(form.response(omega) - exact)).max())

    coarse, fine = error(65), error(129)
    assert fine < 2e-3
    assert 3.5 < coarse / fine < 4.5


def test_couplings_at_their_temperature_are_a_free_form_and_move_with_temperature() -> None:
    x = np.linspace(np.log(1e-7), np.log(1e-5), 5)
    step = x[1] - x[0]
    places = np.concatenate([[x[0] - step], x, [x[-1] + step]])
    weights = np.array([0.3, 0.0, 2.0, 1.1, 0.4])
    omega = np.logspace(2, 9, 8)
    for kelvin in (0.5, 0.1):
        factor = (kelvin / 0.5) ** -3.0
        plain = FreeForm(1e-7 * factor, 1e-5 * factor, weights)
        found = FreeCouplings(3.0, kelvin, TimesAt(0.5, Polygon(places, weights)))
        assert_allclose(found.response(omega), plain.response(omega), rtol=1e-9, atol=1e-11)
        assert_allclose(found.mean, plain.mean, rtol=1e-10)
        assert_allclose(found.mass(1e-7, 1e-3), plain.mass(1e-7, 1e-3), rtol=1e-10)


def _looked_at(theta: jax.Array) -> jax.Array:
    places = np.log(ATTEMPT) + jnp.asarray(PLACES) * theta[1]
    form = TimesAt(0.4 * theta[1], Polygon(places, jnp.exp(theta[2:])))
    process = FreeBarriers(jnp.exp(theta[0]), theta[1] * jnp.array([0.2, 0.5]), form)
    omega = jnp.array([1e5, 1e7])
    return jnp.concatenate([jnp.log(process.kernel(omega)), process.response(omega).real])


def test_gradients_forward_and_reverse_are_differences() -> None:
    theta = jnp.asarray([np.log(ATTEMPT), 1.1, 0.2, -0.3, 0.6, 0.1])
    forward = jax.jit(jax.jacfwd(_looked_at))(theta)
    step, value = 1e-5, jax.jit(_looked_at)
    differences = np.stack(
        [(value(theta + step * e) - value(theta - step * e)) / (2 * step) for e in np.eye(6)]
    )
    assert_allclose(forward, differences.T, rtol=1e-6, atol=1e-8)
    assert_allclose(jax.jit(jax.jacrev(_looked_at))(theta), forward, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("places", "weights"), [([1.0, 2.0], []), ([1.0, 2.0, 3.0], [1.0, 1.0]), (1.0, 1.0)])
def test_places_and_weights_must_fit(places: object, weights: object) -> None:
    with pytest.raises(ValueError, match="two fewer weights"):
        Polygon(places, weights)
