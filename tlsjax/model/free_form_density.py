"""τ f(τ) of a free form at a few times of the data's window, as numbers with names."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.model.model import Model
from tlsjax.quantity import Quantity

_TIMES = 5


def density_quantities(model: Model) -> tuple[Quantity, ...]:
    """One a time, from one end of the window to the other; none where f(τ) has a formula."""
    return tuple(
        Quantity(_name(tau), f"τ f(τ) at {tau:.2g} s", "1", "free form of f(τ), per unit of ln τ")
        for tau in _times(model)
    )


def densities(values: Mapping[str, ArrayLike], model: Model) -> dict[str, jax.Array]:
    """τ f(τ) at the same times by name; of weights (..., nodes) shape (...)."""
    if model.smooth is None:
        return {}
    form = model.smooth.form(jnp.asarray(values["weights"]))
    return {_name(tau): tau * form.density(tau) for tau in _times(model)}


def _times(model: Model) -> NDArray[np.float64]:
    return np.geomspace(*model.window.times, 0 if model.smooth is None else _TIMES)


def _name(tau: float) -> str:
    return f"tau_density[{tau:.3g} s]"
