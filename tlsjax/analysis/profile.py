"""Profiles: how probable the best point is at every value of one parameter.

Source: Raue et al. 2009 (profile likelihood); beyond the paper.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tlsjax.errors import InputError
from tlsjax.fitting.density import energies, unconstrain
from tlsjax.fitting.information import logarithm
from tlsjax.fitting.predict import pick
from tlsjax.fitting.result import Result
from tlsjax.fitting.scoring import Landscape, Slope, walk
from tlsjax.model.observation import join

Array = NDArray[np.float64]

_STEPS = 6
"""Values on either side of the middle."""
_REACH = 3.0
"""How far they go, in standard deviations of the posterior."""
_DRAWS = 64
"""Of which the most probable is where the search begins."""
_HELD = 0.01
"""Standard deviations by which a held parameter may miss its value."""


class _Held(NamedTuple):
    """For each sequence: a parameter's place among the free ones, where it is held, and how firmly."""

    which: NDArray[np.int64]
    at: Array
    firmness: Array


def profiles(result: Result, parameters: tuple[str, ...] = ()) -> xr.Dataset:
    """The most probable point with one parameter held, over a range of its values.

    Args:
        result: a fit.
        parameters: of which; all free ones unless given.

    Returns:
        ``value`` (parameter, step), SI; ``posterior``: −2 ln of the largest posterior density (in the
        coordinates of the fit) there, less its minimum; ``data``: −2 ln likelihood at the same points, less
        its minimum. Where ``data`` is flat, the prior alone says what the parameter is.

    Raises:
        InputError: a parameter is not free.
    """
    model, free = result.model, result.model.free
    names = parameters or free
    for name in names:
        if name not in free:
            raise InputError(f"'{name}' is no free parameter of this fit: {', '.join(free)}")
    observations = join([result.observation(index) for index in range(len(result.points))])
    draws, _ = pick(result, None)
    logs = {name: logarithm(model, name, np.asarray(draws[name])) for name in names}
    z = np.asarray(unconstrain(draws, model))
    some = z[np.linspace(0, len(z) - 1, _DRAWS).astype(int)]
    best = some[np.argmin(energies(some, model, observations)[0])]
    ground = Landscape(model, observations, best, np.maximum(z.std(0), 1e-12))
    sd = {name: float(x.std()) for name, x in logs.items()}
    out = np.linspace(0.0, _REACH, _STEPS + 1)
    sequences = [
        (name, float(np.median(logs[name])) + sign * sd[name] * out) for name in names for sign in (-1.0, 1.0)
    ]
    held = _Held(
        np.array([free.index(name) for name, _ in sequences]),
        np.array([places for _, places in sequences]),
        np.array([1.0 / (_HELD * sd[name]) for name, _ in sequences]),
    )
    energy, prior = _descents(ground, held)
    both = {"posterior": 2.0 * energy, "data": 2.0 * (energy - prior)}
    found = {"value": held.at} | both
    # a downward and an upward branch, which share the middle
    whole = {n: np.concatenate([x[::2, :0:-1], x[1::2]], axis=1) for n, x in found.items()}
    real = {q.name for q in result.quantities if q.support == "real"}
    whole["value"] = np.stack(
        [x if name in real else np.exp(x) for name, x in zip(names, whole["value"], strict=True)]
    )
    for name in both:
        whole[name] = whole[name] - whole[name].min()
    dims = ("parameter", "step")
    return xr.Dataset({n: (dims, x) for n, x in whole.items()}, {"parameter": list(names)})


def _descents(ground: Landscape, held: _Held) -> tuple[Array, Array]:
    """Potential and the prior's part of it along every sequence of values, (sequences, values)."""
    rows, d = np.arange(len(held.which)), len(ground.middle)
    v, energy, prior = np.zeros((len(rows), d)), [], []
    ground.at(v[:1])  # compiles

    def missed(there: Slope[Array], numbers: NDArray[np.int64], step: int) -> Array:
        named = there.named[np.arange(len(numbers)), held.which[numbers]]
        return np.asarray(held.firmness[numbers] * (named - held.at[numbers, step]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for step in range(held.at.shape[1]):

            def at(v: Array, numbers: NDArray[np.int64], step: int = step) -> Slope[Array]:
                found = ground.at(v, pool)
                off = missed(found, numbers, step)
                along = found.along[np.arange(len(numbers)), held.which[numbers]]
                firm = held.firmness[numbers, None] * along
                return found._replace(
                    energy=found.energy + 0.5 * off**2,
                    gradient=found.gradient + off[:, None] * firm,
                    information=found.information + firm[:, :, None] * firm[:, None, :],
                )

            v, there = walk(at, v)
            energy.append(there.energy - 0.5 * missed(there, rows, step) ** 2)
            prior.append(there.prior)
    return np.stack(energy, axis=1), np.stack(prior, axis=1)
