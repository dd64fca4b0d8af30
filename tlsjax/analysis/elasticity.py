"""By how many per cent a quantity moves when a parameter moves by one per cent."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jax.typing import ArrayLike

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.asked import asked
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.predict import check_device, pick
from tlsjax.fitting.result import Result
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import Points
from tlsjax.model.prior import Tied
from tlsjax.physics.conductivity import amplitude, crossover

_CHUNK = 128
_SCATTERS = ("_scatter", "_floor", "roughness")
"""Ends of names of what no expected value depends on."""


def elasticities(
    result: Result,
    quantity: str,
    table: Spectrum | None = None,
    *,
    parameters: tuple[str, ...] = (),
    draws: int = 50,
    device: str = "",
    **conditions: ArrayLike,
) -> xr.Dataset:
    """∂ ln E[y]/∂ ln θ of a quantity y along each free parameter θ, by exact derivatives, for every draw.

    Of a parameter that may be negative it is ∂ ln E[y]/∂θ; of a shift, which may be negative, ∂ ln |E[y]|. An
    f(τ) without a formula keeps its shape. Parameters tied to θ move with it.

    Args:
        result: a fit.
        quantity: such as ``loss``.
        table: whose rows say where, as for :meth:`Result.predict`.
        parameters: of which; all free ones that an expected value can depend on, unless given.
        draws: number of posterior draws, evenly picked.
        device: of which device, as for :meth:`Result.predict`.
        conditions: likewise, SI units.

    Returns:
        ``elasticity`` with dimensions ``draw``, ``parameter``, then those of the conditions.

    Raises:
        InputError: as :meth:`Result.predict`, or a parameter is not free.
    """
    names = parameters or tuple(n for n in result.model.free if not n.endswith(_SCATTERS))
    for name in names:
        if name not in result.model.free:
            raise InputError(f"'{name}' is no free parameter of this fit: {', '.join(result.model.free)}")
    at = asked(result, quantity, table, {}, conditions)
    check_device(result, device)
    values, picked = pick(result, draws)
    count, found = len(at.rows), []
    for start in range(0, count, _CHUNK):
        part = np.minimum(np.arange(start, start + _CHUNK), count - 1)
        points = Points(-1, quantity, part, "normal")
        observations = join([observe(at.rows, points, result.model.view)])
        found.append(np.asarray(_slopes(values, result.model, observations, names, device)))
    every = np.concatenate(found, -1)[..., :count].reshape(len(picked), len(names), *at.shape)
    about = {
        "long_name": f"elasticity of {MEASURED[quantity].description}",
        "symbol": f"∂ ln {MEASURED[quantity].symbol}/∂ ln θ",
        "units": "1",
    }
    coordinates = {"draw": picked, "parameter": list(names), **at.coordinates}
    return xr.Dataset({"elasticity": (("draw", "parameter", *at.dims), every, about)}, coordinates)


@quick_jit
def _slopes(
    values: Values, model: Model, observations: Observations, names: tuple[str, ...], device: str
) -> jax.Array:
    """(draws, parameters, N)."""

    def one(values: Values) -> jax.Array:
        def log_mean(steps: jax.Array) -> jax.Array:
            moved = stepped(values, model, dict(zip(names, steps, strict=True)))
            return jnp.log(jnp.abs(model.mean(model.of_device(moved, device), observations)))

        slopes: jax.Array = jax.jacfwd(log_mean)(jnp.zeros(len(names)))
        return slopes.T

    found: jax.Array = jax.lax.map(one, values, batch_size=25)
    return found


def stepped(values: Values, model: Model, steps: Values) -> Values:
    """Parameters after steps of ln θ, or of θ where it may be negative, and all that follows from them."""
    real = {quantity.name for quantity in model.quantities if quantity.support == "real"}
    moved = dict(values)
    for name, step in steps.items():
        moved[name] = values[name] + step if name in real else values[name] * jnp.exp(step)
    for name, own in model.priors.items():
        if isinstance(own, Tied):
            moved[name] = own.factor * moved[own.to]
    if model.family is not None:
        moved["amplitude"] = amplitude(moved["nu"], moved["lambda_f"])
        moved["omega_c"] = crossover(moved["omega_star"], moved["eta"])
    return moved
