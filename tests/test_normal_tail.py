"""The logarithm of the normal distribution's tail against mpmath."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from tlsjax.model.normal_tail import log_tail


def exact(x: float) -> mp.mpf:
    return mp.log(mp.erfc(mp.mpf(x) / mp.sqrt(2)) / 2)


@pytest.mark.parametrize("x", [-37.0, -8.0, -1.0, -1e-9, 0.0, 0.3, 2.0, 10.0, 38.0, 500.0])
def test_value_and_slopes(x: float) -> None:
    with mp.workdps(50):
        value, slope, bend = (float(mp.diff(exact, x, order)) for order in (0, 1, 2))
    slope_of = jax.grad(log_tail)
    assert float(log_tail(x)) == pytest.approx(value, rel=1e-13, abs=1e-14)
    assert float(slope_of(x)) == pytest.approx(slope, rel=1e-11)
    assert float(jax.grad(slope_of)(x)) == pytest.approx(bend, rel=1e-12 + 1e-13 * x**2)  # h(h − x)


def test_shapes_and_ends() -> None:
    x = jnp.array([[-np.inf, -3.0, 0.0], [3.0, 50.0, np.inf]])
    np.testing.assert_allclose(log_tail(x)[0, 2], np.log(0.5), rtol=1e-15)
    assert log_tail(x).shape == x.shape
    assert log_tail(x)[0, 0] == 0.0
    assert log_tail(x)[1, 2] == -np.inf
