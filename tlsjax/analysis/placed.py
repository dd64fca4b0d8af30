"""Points that could be measured, as arrays: where they lie, how well they would be known, what they cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.analysis.candidates import Between, Candidates, Measurement
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.asked import SETTINGS, asked
from tlsjax.fitting.density import constrain
from tlsjax.fitting.result import Result
from tlsjax.model.likelihood import Predicted, predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import Points

Array = NDArray[np.float64]
Conditions = Mapping[str, Array]

_ALONG = {0: 1, 1: 60, 2: 16, 3: 8}
"""Values looked at along each of so many ranges."""
_FEW = 5
_MOST = 20_000


class Error(NamedTuple):
    """Standard deviation of each point, (N,): a fraction of its value, or absolute."""

    fraction: jax.Array
    absolute: jax.Array


class Placed(NamedTuple):
    """N points.

    Attributes:
        observations: the same as arrays; nothing was measured.
        error: of each.
        cost: of each, (N,).
        which: number of the measurement that each belongs to, (N,).
        conditions: as chosen, (N,) each; NaN where a measurement does not choose.
        tables: of each measurement its rows, with all conditions and an empty column for what is measured.
    """

    observations: Observations
    error: Error
    cost: Array
    which: NDArray[np.int64]
    conditions: dict[str, Array]
    tables: tuple[Spectrum, ...]


def axes_of(measurement: Measurement) -> dict[str, Array]:
    """Values of a measurement's conditions: those listed, then some of each range.

    Raises:
        InputError: there are too many combinations.
    """
    ranges = [name for name, choice in measurement.conditions.items() if isinstance(choice, Between)]
    count = _ALONG.get(len(ranges), _FEW)
    listed = [name for name in measurement.conditions if name not in ranges]
    axes = {name: along(measurement.conditions[name], count) for name in (*listed, *ranges)}
    size = int(np.prod([len(axis) for axis in axes.values()], dtype=float))
    if size > _MOST:
        raise InputError(f"{size} combinations of conditions for {measurement.measure}: list fewer")
    return axes


def grid(measurement: Measurement) -> dict[str, Array]:
    """All combinations of a measurement's conditions, (N,) each; the last runs fastest."""
    axes = axes_of(measurement)
    mesh = np.meshgrid(*axes.values(), indexing="ij")
    return {name: values.ravel() for name, values in zip(axes, mesh, strict=True)}


def along(choice: Between | Sequence[float], count: int) -> Array:
    """Values of a condition: those listed, or so many over the range, evenly in its logarithm if positive."""
    if not isinstance(choice, Between):
        return np.array(choice, dtype=np.float64)
    space = np.geomspace if is_logarithmic(choice) else np.linspace
    return space(choice.low, choice.high, count)


def is_logarithmic(choice: Between) -> bool:
    """Whether a range is run through in its logarithm."""
    return choice.low > 0.0


def placed(result: Result, candidates: Candidates, chosen: Sequence[Conditions], device: str = "") -> Placed:
    """Points of every measurement at its chosen conditions; averaged periodograms last.

    Args:
        result: whose model predicts them.
        candidates: what could be measured.
        chosen: of each measurement, conditions of its points, (n,) each.
        device: of a fit of several.

    Raises:
        InputError: a condition is missing or out of place, or a point would scatter by nothing.
    """
    order = sorted(
        (k for k in range(len(chosen)) if len(next(iter(chosen[k].values()), ()))),
        key=lambda k: candidates.measurements[k].averages is not None,
    )
    tables: dict[int, Spectrum] = {}
    parts = []
    for k in order:
        one = candidates.measurements[k]
        scatter = {} if one.averages is None else {"averages": np.asarray(one.averages)}
        tables[k] = asked(result, one.measure, None, scatter, chosen[k]).rows
        _check_scatter(result, one)
        rows = np.arange(len(tables[k]))
        points = Points(-1, one.measure, rows, "normal" if one.averages is None else "gamma")
        parts.append(observe(tables[k], points, result.model.view))
    counts = [len(tables[k]) for k in order]

    def each(name: str) -> Array:
        return np.repeat([float(getattr(candidates.measurements[k], name)) for k in order], counts)

    names = [name for name in SETTINGS if any(name in chosen[k] for k in order)]
    blank = [np.full(count, np.nan) for count in counts]
    conditions = {
        name: np.concatenate([chosen[k].get(name, none) for k, none in zip(order, blank, strict=True)])
        for name in names
    }
    return Placed(
        join(parts),
        Error(jnp.asarray(each("error")), jnp.asarray(each("absolute_error"))),
        each("cost"),
        np.repeat(np.array(order), counts),
        conditions,
        tuple(_blank(tables[k], candidates.measurements[k].measure) for k in order),
    )


def _blank(table: Spectrum, quantity: str) -> Spectrum:
    return replace(table, columns={**table.columns, quantity: np.full(len(table), np.nan)})


def _check_scatter(result: Result, one: Measurement) -> None:
    scatters = any(f"{one.measure}_{kind}" in result.model.priors for kind in ("scatter", "floor"))
    own = result.draws.get(f"{one.measure}_scatter")
    inferred = scatters and own is not None and float(np.median(own)) > 0.0
    if one.averages is None and not (one.error or one.absolute_error or inferred):
        raise InputError(f"{one.measure}: say with which error it would be measured")


def with_errors(
    model: Model, values: Values, observations: Observations, error: Error
) -> tuple[Predicted, Observations]:
    """Distributions of the points, whose errors are fractions of what these parameters predict."""
    mean = model.mean(values, observations)
    stated = error.fraction * jnp.abs(mean) + error.absolute
    known = replace(observations, error=stated)
    return predict(model, values, known), known


def features(z: jax.Array, model: Model, device: str, observations: Observations, error: Error) -> jax.Array:
    """Root of what each point tells along every coordinate at z, (N, d): its Fisher matrix is uuᵀ.

    What a point tells by how far it scatters is left out.
    """
    counts = model.weights(observations)
    n = observations.normal

    def look(z: jax.Array) -> tuple[jax.Array, jax.Array]:
        predicted, _ = with_errors(model, model.of_device(constrain(z, model), device), observations, error)
        information = predicted.information
        return (
            jnp.concatenate([predicted.measured.loc, jnp.log(predicted.periodogram.mean)]),
            jnp.concatenate([information[:n], information[2 * n :]]),
        )

    slopes, information = jax.jacfwd(look, has_aux=True)(z)
    return jnp.sqrt(counts * information)[:, None] * slopes
