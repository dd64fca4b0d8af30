"""What a finished fit says of any quantity that Eq. 15 gives, under conditions measured or not."""

from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.asked import asked, numbers
from tlsjax.fitting.beside import Beside, beside
from tlsjax.fitting.compile import quick_jit
from tlsjax.model.budget import FILM
from tlsjax.model.likelihood import predict as distribution
from tlsjax.model.model import Model, Values
from tlsjax.model.neighbours import measured_at, residual
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import Likelihood, Points, fitted_points

if TYPE_CHECKING:
    from tlsjax.fitting.result import Result

Array = NDArray[np.float64]

_NO_ROWS = np.zeros(0, np.int64)
_STAGE = 10
"""Number of this stage's stream of random numbers; those of a fit count from 0."""
# One compilation for any number of points, and bounded memory for families that integrate.
_CHUNK, _BATCH = 128, 100


def predict(
    result: "Result",
    quantity: str,
    table: Spectrum | None = None,
    *,
    error: ArrayLike | None = None,
    averages: ArrayLike | None = None,
    draws: int | None = None,
    device: str = "",
    fitted_table: int = -1,
    **conditions: ArrayLike,
) -> xr.Dataset:
    """Posterior draws of a quantity; what it takes and gives is told at :meth:`Result.predict`.

    ``fitted_table``: number of the table of whose device and under whose calibration the prediction is.
    """
    at = asked(result, quantity, table, _scatter(quantity, error, averages), conditions)
    rows = at.rows
    if device or fitted_table < 0:
        check_device(result, device)
    drawn, picked = pick(result, draws)
    values = result.model.of_device(drawn, device)
    likelihood: Likelihood = "gamma" if "averages" in rows.columns else "normal"
    spread = {"averages", f"{quantity}_err"} & rows.columns.keys()
    like = Points(fitted_table, quantity, _NO_ROWS, likelihood)
    near = _near(result, rows, like, device) if spread else None
    mean, new = _draws(result, rows, like, values, near, bool(spread))
    dims = ("draw", *at.dims)
    about = MEASURED[quantity]
    attributes = {"units": about.unit, "long_name": about.description, "symbol": about.symbol}
    data = {quantity: (dims, mean.reshape(-1, *at.shape), attributes)}
    if spread:
        attributes = attributes | {"long_name": f"new measurement of {about.description}"}
        data["measurement"] = (dims, new.reshape(-1, *at.shape), attributes)
    return xr.Dataset(data, {"draw": picked, **at.coordinates})


def _scatter(quantity: str, error: ArrayLike | None, averages: ArrayLike | None) -> dict[str, Array]:
    """How a new measurement scatters, under the names of a table's columns."""
    if error is not None and averages is not None:
        raise InputError("error and averages both say how a measurement scatters: give one of them")
    if error is not None:
        unit = MEASURED[quantity].unit if quantity in MEASURED else "1"
        return {f"{quantity}_err": numbers("error", error, positive=True, unit=unit)}
    if averages is None:
        return {}
    if quantity != "current_noise":
        raise InputError(f"averages are those of a current_noise: give error for {quantity}")
    return {"averages": numbers("averages", averages, positive=True, unit="1")}


def pick(result: "Result", draws: int | None) -> tuple[Values, NDArray[np.int64]]:
    """Evenly picked posterior draws, flat, and their places among all."""
    flat = {name: x.reshape(-1, *x.shape[2:]) for name, x in result.draws.items()}
    count = len(next(iter(flat.values())))
    wanted = count if draws is None else min(draws, count)
    if wanted < 1:
        raise InputError(f"draws is {draws}; it must be at least 1")
    picked = np.linspace(0, count - 1, wanted).astype(np.int64)
    return {name: jax.device_put(x[picked]) for name, x in flat.items()}, picked


def check_device(result: "Result", device: str) -> None:
    """Or InputError: a prediction is of one of the fitted devices where every one has its own loss."""
    if device and device not in result.model.devices:
        known = ", ".join(result.model.devices) or "the fit is of one device"
        raise InputError(f"'{device}' is no device of this fit ({known})")
    if result.model.budget is not None and result.model.devices and not device:
        raise InputError(
            f"every device has its own loss: say device=..., one of {', '.join(result.model.devices)}"
        )


def _draws(
    result: "Result",
    rows: Spectrum,
    like: Points,
    values: Values,
    near: tuple[Observations, Beside] | None,
    measured: bool,
) -> tuple[Array, Array]:
    """Expected values and, if wanted, new measurements, each of shape (draws, N); chunk by chunk.

    ``near``: measured points, and which of them are neighbours.
    """
    count = len(rows)
    key = jax.random.fold_in(jax.random.key(result.seed), _STAGE)
    mean, new = [], []
    # a new measurement is no neighbour of another
    alone = replace(result.model, correlation={})
    residuals = None if near is None else _residuals(values, alone, near[0])
    for start in range(0, count, _CHUNK):
        part = np.minimum(np.arange(start, start + _CHUNK), count - 1)
        points = like._replace(rows=part)
        observations = join([observe(rows, points, result.model.view)])
        expected = None
        if near is not None and residuals is not None:
            each = near[1].at(part)
            expected = (
                jnp.einsum("dnk,nk->dn", residuals[:, each.neighbours], each.weights),
                jnp.sqrt(each.left),
            )
        one, other = _chunk(jax.random.fold_in(key, start), values, alone, observations, expected, measured)
        mean.append(np.asarray(one))
        new.append(np.asarray(other))
    return np.concatenate(mean, 1)[:, :count], np.concatenate(new, 1)[:, :count]


@quick_jit
def _chunk(
    key: jax.Array,
    values: Values,
    model: Model,
    observations: Observations,
    near: tuple[jax.Array, jax.Array] | None,
    measured: bool,
) -> tuple[jax.Array, jax.Array]:
    """``near``: expected residuals, (draws, N), and how much of the scatter is left, (N,)."""

    def one(drawn: tuple[jax.Array, Values, jax.Array | None]) -> tuple[jax.Array, jax.Array]:
        key, values, expected = drawn
        predicted = distribution(model, values, observations)
        if not measured:
            return predicted.mean, predicted.mean
        if near is None or expected is None:
            return predicted.mean, predicted.sample(key)
        z = expected + near[1] * residual(predicted.measured, predicted.measured.sample(key))
        return predicted.mean, measured_at(predicted.measured, z)

    keys = jax.random.split(key, len(next(iter(values.values()))))
    each = keys, values, None if near is None else near[0]
    both: tuple[jax.Array, jax.Array] = jax.lax.map(one, each, batch_size=_BATCH)
    return both


def _near(result: "Result", rows: Spectrum, like: Points, device: str) -> tuple[Observations, Beside] | None:
    """Measured points whose residuals tell of new ones in their sweeps, where residuals are correlated."""
    model = result.model
    r = float(model.correlation.get(like.quantity, np.nan))
    if not r > 0.0 or like.likelihood != "normal":
        return None
    own = device or (model.origins[like.table].device if model.origins and like.table >= 0 else "")
    measured = [
        p
        for p in fitted_points(result.spectra, model.view)
        if p.quantity == like.quantity and (not model.origins or model.origins[p.table].device == own)
    ]
    found = beside(rows, result.spectra, measured, r)
    if not np.any(found.left < 1.0):
        return None
    return join([observe(result.spectra[p.table], p, model.view) for p in measured]), found


@quick_jit
def _residuals(values: Values, model: Model, observations: Observations) -> jax.Array:
    """Of measured points in units of their scatter, (draws, N)."""

    def one(values: Values) -> jax.Array:
        return residual(distribution(model, values, observations).measured, observations.value)

    found: jax.Array = jax.lax.map(one, values, batch_size=_BATCH)
    return found


def losses(
    result: "Result", rows: Spectrum, *, draws: int | None = None, fitted_table: int = -1, device: str = ""
) -> dict[str, Array]:
    """1/Q of each channel of the loss budget, shape (draws, N) each, at the rows of a table of conditions.

    Raises:
        InputError: the fit has no loss budget.
    """
    if result.model.budget is None:
        raise InputError("this fit has no loss budget")
    if device or fitted_table < 0:
        check_device(result, device)
    chosen = result.model.of_device(pick(result, draws)[0], device)
    count = len(rows)
    found: list[dict[str, jax.Array]] = []
    for start in range(0, count, _CHUNK):
        part = np.minimum(np.arange(start, start + _CHUNK), count - 1)
        points = Points(fitted_table, "loss", part, "normal")
        observations = join([observe(rows, points, result.model.view)])
        found.append(_channels(chosen, result.model, observations))
    names = (FILM, *(channel.name for channel in result.model.budget.channels))
    return {
        name: np.concatenate([np.asarray(x[name]) for x in found], 1)[:, :count]
        for name in names
        if name in found[0]
    }


@quick_jit
def _channels(values: Values, model: Model, observations: Observations) -> Values:
    return jax.lax.map(lambda one: model.losses(one, observations), values, batch_size=_BATCH)


def foretold(result: "Result", table: Spectrum, points: Points, *, draws: int = 1000) -> tuple[Array, Array]:
    """Expected values of measured points of a table, and log densities of what was measured, (draws, N) each.

    Args:
        result: a fit, to other data.
        table: with the measured values.
        points: which of them, and under which table of the fit.
        draws: number of posterior draws, evenly picked.
    """
    observations = join([observe(table, points, result.model.view)])
    values, _ = pick(result, draws)
    mean, log_density = _foretold(values, replace(result.model, correlation={}), observations)
    return np.asarray(mean), np.asarray(log_density)


@quick_jit
def _foretold(values: Values, model: Model, observations: Observations) -> tuple[jax.Array, jax.Array]:
    def one(values: Values) -> tuple[jax.Array, jax.Array]:
        predicted = distribution(model, values, observations)
        return predicted.mean, predicted.log_prob(observations.value)

    both: tuple[jax.Array, jax.Array] = jax.lax.map(one, values, batch_size=_BATCH)
    return both
