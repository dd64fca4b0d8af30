"""Smooth functions of one or two numbers, read from tables: what a fit asks for thousands of times."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

_POINTS = 6


def _basis() -> Array:
    """Polynomials that are 1 at one of six equidistant points and 0 at the others: (points, powers)."""
    places = np.arange(_POINTS) - 0.5 * (_POINTS - 1)
    others = [np.delete(places, i) for i in range(_POINTS)]
    return np.stack([np.poly(o)[::-1] / np.prod(x - o) for x, o in zip(places, others, strict=True)])


_BASIS = _basis()


@dataclass(frozen=True)
class Axis:
    """Equidistant places.

    Attributes:
        start: the first.
        step: from one to the next.
        count: how many.
    """

    start: float
    step: float
    count: int

    @property
    def places(self) -> Array:
        """All of them, shape (count,)."""
        return self.start + self.step * np.arange(self.count)

    def around(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The six places around x, and the weight of each in the polynomial through them, shape (…, 6).

        Beyond the ends x counts as the end.
        """
        position = jnp.clip((x - self.start) / self.step, 0.0, self.count - 1.0)
        first = jnp.clip(jnp.floor(position) - (_POINTS // 2 - 1), 0, self.count - _POINTS)
        distance = (position - first - 0.5 * (_POINTS - 1))[..., None]
        weights = jnp.zeros((*jnp.shape(x), _POINTS)) + _BASIS[:, -1]
        for power in range(_POINTS - 2, -1, -1):
            weights = weights * distance + _BASIS[:, power]
        return first.astype(int)[..., None] + np.arange(_POINTS), weights


def along(axis: Axis, values: Array, x: jax.Array) -> jax.Array:
    """A function of x from its values at the places of an axis, in the shape of x."""
    places, weights = axis.around(x)
    return jnp.sum(jnp.asarray(values)[places] * weights, -1)


def across(axes: tuple[Axis, Axis], values: Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """A function of x and y from its values at the places of two axes, in the shape of both."""
    (rows, row_weights), (columns, column_weights) = axes[0].around(x), axes[1].around(y)
    found = jnp.asarray(values)[rows[..., :, None], columns[..., None, :]]
    return jnp.sum(jnp.sum(found * row_weights[..., :, None], -2) * column_weights, -1)
