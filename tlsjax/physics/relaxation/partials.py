"""Derivatives of costly elementwise functions, taken while the function itself is computed."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def with_partials(function: Callable[..., Any]) -> Callable[..., Any]:
    """An elementwise function of a few arrays whose derivatives are sums of its partial derivatives.

    Where f(x, y) sums over many nodes, reverse differentiation would keep every node of every point. Here f,
    ∂f/∂x and ∂f/∂y come from one forward pass, whatever asks for them, and so do higher derivatives.

    Args:
        function: takes arrays of one shape, returns any tree of arrays of that shape.
    """

    def with_slopes(*x: jax.Array) -> Any:
        directions = tuple(
            jnp.stack([jnp.full_like(one, float(i == j)) for i in range(len(x))]) for j, one in enumerate(x)
        )
        return jax.vmap(lambda *dx: jax.jvp(function, x, dx), out_axes=(None, 0))(*directions)

    @jax.custom_jvp
    def wrapped(*x: jax.Array) -> Any:
        return function(*x)

    @wrapped.defjvp
    def _(x: tuple[jax.Array, ...], dx: tuple[jax.Array, ...]) -> tuple[Any, Any]:
        value, slopes = with_partials(with_slopes)(*x)
        change = jax.tree.map(lambda slope: sum(s * d for s, d in zip(slope, dx, strict=True)), slopes)
        return value, change

    return wrapped
