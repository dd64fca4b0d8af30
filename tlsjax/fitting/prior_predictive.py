"""What a model with its priors expects of tables before it sees their measured values."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

import jax
import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import prior_draws
from tlsjax.fitting.fit import Data, choose_model, require_double_precision, tables_of
from tlsjax.fitting.result import Result
from tlsjax.model.budget_choice import LossBudget
from tlsjax.model.devices import Devices, table_names
from tlsjax.model.film_prior import FilmPrior
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import Points, fitted_points

Array = NDArray[np.float64]
_DRAWS = 1000
_STAGE = 11
"""Number of this stage's stream of random numbers; those of a fit and of its predictions come before."""
# Bounded memory for families that integrate.
_BATCH = 100


@dataclass(frozen=True, eq=False)
class PriorPredictive:
    """Measurements drawn from the priors alone, at the conditions of real ones.

    Attributes:
        spectra: the tables.
        points: where the points of each observation (a measured quantity of a table) stand.
        replicas: of each observation, shape (draws, N), SI; column j belongs to row ``points[i].rows[j]``.
    """

    spectra: tuple[Spectrum, ...]
    points: tuple[Points, ...]
    replicas: tuple[Array, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each observation: quantity and file, with the device where a file holds several."""
        names = table_names(self.spectra)
        return tuple(f"{p.quantity} ({names[p.table]})" for p in self.points)

    def measured(self, index: int) -> Array:
        """The measured values of one observation, shape (N,), SI."""
        points = self.points[index]
        return self.spectra[points.table].columns[points.quantity][points.rows]

    def rank(self, index: int) -> Array:
        """Share of the replicas below each measured value, shape (N,); 0 and 1 are beyond all of them."""
        return np.asarray(np.mean(self.replicas[index] < self.measured(index), axis=0))

    def picture(self, path: str | PathLike[str]) -> None:
        """Draw the prior's bands with the data on top.

        Args:
            path: a file that ends in .png or .svg.

        Raises:
            InputError: another ending, or the file cannot be written.
        """
        from tlsjax.report import write_picture

        write_picture(self, path)


def prior_predictive(
    data: Data | Sequence[Data],
    model: Model | str | PathLike[str] | None = None,
    *,
    relaxation: str | None = None,
    film: FilmPrior | None = None,
    likelihood: str | None = None,
    devices: Devices | None = None,
    budget: LossBudget | None = None,
    seed: int = 0,
    draws: int = _DRAWS,
) -> PriorPredictive:
    """What a fit of these tables would expect before it sees their values; nothing is fitted.

    Args:
        data, model, relaxation, film, likelihood, devices, budget: as for :func:`tlsjax.fit`.
        seed: same seed, version and machine give the same numbers.
        draws: how many times to draw all parameters, and then all points.

    Raises:
        InputError: bad data or model.
        RuntimeError: JAX runs in single precision.
    """
    require_double_precision()
    spectra = tables_of(data)
    chosen, _ = choose_model(spectra, model, relaxation, film, likelihood, devices, budget)
    # the stream from which a fit draws its priors: the report of a fit then shows the same picture
    values, _ = prior_draws(jax.random.fold_in(jax.random.key(seed), 0), chosen, draws)
    return _drawn(values, chosen, spectra, seed)


def of_fit(result: Result) -> PriorPredictive:
    """The same from the prior draws that a fit keeps."""
    values = {name: jax.device_put(x[:_DRAWS]) for name, x in result.prior_draws.items()}
    return _drawn(values, result.model, result.spectra, result.seed)


def _drawn(values: Values, model: Model, spectra: tuple[Spectrum, ...], seed: int) -> PriorPredictive:
    view = model.view
    points = fitted_points(spectra, view)
    observations = join([observe(spectra[p.table], p, view) for p in points])
    key = jax.random.fold_in(jax.random.key(seed), _STAGE)
    drawn = np.asarray(_measure(key, values, model, observations))
    ends = np.cumsum([len(p.rows) for p in points])[:-1]
    return PriorPredictive(spectra, points, tuple(np.split(drawn, ends, axis=1)))


@quick_jit
def _measure(key: jax.Array, values: Values, model: Model, observations: Observations) -> jax.Array:
    """One measurement of every point for each draw of the parameters, shape (draws, N)."""

    def one(drawn: tuple[jax.Array, Values]) -> jax.Array:
        return predict(model, drawn[1], observations).sample(drawn[0])

    keys = jax.random.split(key, len(next(iter(values.values()))))
    measured: jax.Array = jax.lax.map(one, (keys, values), batch_size=_BATCH)
    return measured
