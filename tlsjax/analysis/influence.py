"""What every measured point does: how much it tells of each quantity, how far it pulls, if it stands out."""

from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
import xarray as xr
from scipy.special import ndtri

from tlsjax.data.columns import CONDITIONS
from tlsjax.errors import InputError
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.inference_data import left_out
from tlsjax.fitting.predict import pick
from tlsjax.fitting.result import Result
from tlsjax.fitting.weigh import counted
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations, join

_DRAWS, _BATCH, _TINY = 1000, 100, 1e-300
_ONCE = 0.05
"""Probability that any point at all stands out by chance."""


@dataclass(frozen=True)
class Outlier:
    """A point where the others do not expect it.

    Attributes:
        source, line: file and 1-based line.
        quantity: what was measured.
        conditions: where, SI units, by name.
        value: what was measured, SI.
        deviation: from what the other points expect, in standard deviations of a normal with the same tail.
    """

    source: str
    line: int
    quantity: str
    conditions: dict[str, float]
    value: float
    deviation: float


def influence(result: Result) -> xr.Dataset:
    """Every fitted point, in the order of the fit: observation after observation.

    Variables, with coordinates that say source, line, quantity and conditions of every point:

    - ``share`` (point, quantity): −∂ ln V/∂ ln w for the variance V of a quantity and the point's weight w;
      with the prior's, ``prior_share`` (quantity), they add up to 1.
    - ``elasticity`` (point, parameter): ∂ ln E[y]/∂ ln θ there.
    - ``pull`` (point, quantity): by how many standard deviations the posterior's mean (of the logarithm,
      where positive) moves when the point is there.
    - ``deviation`` (point): of the measured value from what all others expect, in standard deviations of a
      normal with the same tail.
    - ``pareto_k`` (point): above 0.7, pull and deviation cannot be relied on.

    Args:
        result: a fit.

    Raises:
        InputError: too few different draws to leave points out.

    Source: Vehtari, Gelman and Gabry 2017 (leaving out by weights).
    """
    model, information = result.model, result.information
    observations = join([result.observation(index) for index in range(len(result.points))])
    found = left_out(result.tree, counted(model, observations))
    if found is None:
        raise InputError("too few different draws to say what each point does: sample more")
    values, picked = pick(result, _DRAWS)
    weights = np.exp(found.log_weights)
    some = weights[:, picked] / weights[:, picked].sum(axis=1, keepdims=True)
    below, above = (np.asarray(x) for x in _tails(values, model, observations))
    less, more = (np.maximum(np.sum(some * x.T, axis=1), _TINY) for x in (below, above))
    deviation = np.where(less < more, ndtri(less), -ndtri(more))
    real = {quantity.name for quantity in result.quantities if quantity.support == "real"}
    pull = np.zeros((len(weights), len(information.quantities)))
    for column, name in enumerate(information.quantities):
        draws = result.draws[name].reshape(-1)
        draws = draws if name in real else np.log(np.maximum(draws, _TINY))
        pull[:, column] = (draws.mean() - weights @ draws) / draws.std()
    return xr.Dataset(
        {
            "share": (("point", "quantity"), information.shares),
            "prior_share": ("quantity", information.prior_share),
            "elasticity": (("point", "parameter"), information.elasticity),
            "pull": (("point", "quantity"), pull),
            "deviation": ("point", deviation),
            "pareto_k": ("point", found.pareto_k),
            "value": ("point", np.asarray(observations.value)),
        },
        {"quantity": list(information.quantities), "parameter": list(information.names)} | _places(result),
    )


def outliers(found: xr.Dataset) -> tuple[Outlier, ...]:
    """Points so far from what all others expect that 95 % of good data have none, the farthest first.

    Args:
        found: from :func:`influence`.
    """
    far = -ndtri(0.5 * _ONCE / found.sizes["point"])
    deviation = found["deviation"].to_numpy()
    named = [name for name in CONDITIONS if name in found.coords]
    every = np.flatnonzero(np.abs(deviation) > far)
    return tuple(
        Outlier(
            source=str(found["source"].values[i]),
            line=int(found["line"].values[i]),
            quantity=str(found["measured"].values[i]),
            conditions={n: float(x) for n in named if np.isfinite(x := found[n].values[i])},
            value=float(found["value"].values[i]),
            deviation=float(deviation[i]),
        )
        for i in every[np.argsort(-np.abs(deviation[every]))]
    )


def _places(result: Result) -> dict[str, tuple[str, object]]:
    """Coordinates of every point."""
    tables = [result.spectra[one.table] for one in result.points]
    pairs = list(zip(tables, result.points, strict=True))
    found: dict[str, tuple[str, object]] = {
        "source": ("point", [Path(table.source).name for table, one in pairs for _ in one.rows]),
        "line": ("point", np.concatenate([table.lines[one.rows] for table, one in pairs])),
        "measured": ("point", [one.quantity for _, one in pairs for _ in one.rows]),
    }
    for name in CONDITIONS:
        stated = [table.condition(name) for table in tables]
        if any(x is not None for x in stated):
            each = [
                np.full(len(one.rows), np.nan) if x is None else x[one.rows]
                for x, one in zip(stated, result.points, strict=True)
            ]
            found[name] = ("point", np.concatenate(each))
    return found


@quick_jit
def _tails(values: Values, model: Model, observations: Observations) -> tuple[jax.Array, jax.Array]:
    def one(values: Values) -> tuple[jax.Array, jax.Array]:
        return predict(model, values, observations).tails(observations.value)

    both: tuple[jax.Array, jax.Array] = jax.lax.map(one, values, batch_size=_BATCH)
    return both
