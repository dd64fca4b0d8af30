"""What a report tells of posterior draws, and by which their convergence is judged."""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain
from tlsjax.model.free_form_density import densities
from tlsjax.model.model import Model, Values

Array = NDArray[np.float64]


def parameters(z: jax.Array, model: Model) -> Values:
    """Parameters and their combinations at points z of shape (draws, d)."""
    return _parameters(z, model, jnp.asarray(model.window.times))


@quick_jit
def _parameters(z: jax.Array, model: Model, window: jax.Array) -> Values:
    def one(z: jax.Array) -> Values:
        return model.derived(constrain(z, model), window)

    return jax.vmap(one)(z)


def reported(values: Values, model: Model) -> dict[str, Array]:
    """Those of a report's table, shape (draws,)."""
    return {q.name: np.asarray(values[q.name]) for q in model.reported}


def judged(values: Values, model: Model) -> dict[str, Array]:
    """Those that must have converged: of a report's table, and of a free form its band."""
    band = {name: np.asarray(x) for name, x in densities(values, model).items()}
    return reported(values, model) | band
