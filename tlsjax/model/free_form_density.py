"""What has no formula, at a few places that the data see, as numbers with names."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.model.free_form import Smooth
from tlsjax.model.model import Model
from tlsjax.quantity import Quantity

_WORDS = {
    "time": ("tau_density", "τ f(τ) at {:.2g} s", "s", "free form of f(τ), per unit of ln τ"),
    "barrier": ("barrier_density", "V g(V) at {:.2g} K", "K", "free form of the barriers, per unit of ln V"),
    "coupling": (
        "tau_density",
        "τ f(τ) at {:.2g} s",
        "s",
        "free form at the middle temperature, per unit of ln τ",
    ),
}

_NOTHING = 1e-4
"""Density per e-fold that counts as none: how much less there is, data cannot tell and chains need not."""


def density_quantities(model: Model) -> tuple[Quantity, ...]:
    """One a place, from one end of what is seen to the other; none where f(τ) has a formula."""
    if model.smooth is None:
        return ()
    _, symbol, _, words = _WORDS[model.smooth.over]
    return tuple(
        Quantity(name, symbol.format(float(place)), "1", words)
        for name, place in zip(_names(model.smooth), model.smooth.marks, strict=True)
    )


def densities(values: Mapping[str, ArrayLike], model: Model) -> dict[str, jax.Array]:
    """The densities at the same places by name, at least 10⁻⁴; of weights (..., nodes) shape (...)."""
    if model.smooth is None:
        return {}
    every = jnp.maximum(model.smooth.densities(values), _NOTHING)
    return dict(zip(_names(model.smooth), every, strict=True))


def _names(smooth: Smooth) -> list[str]:
    name, _, unit, _ = _WORDS[smooth.over]
    return [f"{name}[{float(place):.3g} {unit}]" for place in smooth.marks]
