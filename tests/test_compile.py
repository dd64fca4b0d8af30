"""Compiled code is let go before the system ends the process for it."""

import jax
import jax.numpy as jnp
import pytest
from numpy.testing import assert_allclose

from tlsjax.fitting import compile as compiling


def test_code_is_let_go_only_where_there_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    traced = []

    @jax.jit
    def twice(x: jax.Array) -> jax.Array:
        traced.append(x)
        return 2.0 * x

    def again() -> int:
        assert_allclose(twice(jnp.ones(3)), 2.0)
        return len(traced)

    assert again() == 1
    compiling.make_room()  # far below the limit of a fresh module
    assert again() == 1
    monkeypatch.setattr(compiling, "_MANY_MAPPINGS", -1)
    compiling.make_room()
    assert again() == 2


def test_mappings_are_counted_where_the_system_says() -> None:
    try:
        with open("/proc/self/maps") as file:
            lines = len(file.readlines())
    except OSError:
        lines = 0
    assert abs(compiling._mappings() - lines) < 50
