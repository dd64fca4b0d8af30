"""What data say of each parameter: the Fisher matrix in logarithms of the parameters, and point by point."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, sampled_sites
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations
from tlsjax.model.prior import Fixed

Array = NDArray[np.float64]
Numbers = TypeVar("Numbers", jax.Array, Array)

_DRAWS = 32
_TINY, _ROUND = 1e-300, 1e-12


class Information(NamedTuple):
    """What the data, the prior and both together say of the p free parameters.

    Coordinates are ln θ, and θ itself of those that may be negative. An f(τ) without a formula has more
    coordinates without a name, here marginalised with their prior.

    Attributes:
        names: of the parameters, in the order of reports, p of them.
        fisher: information F of the data: C⁻¹ − P⁻¹ for the prior's covariance P and the average C of
            (F_θ + P⁻¹)⁻¹ over the posterior, (p, p). An average of F_θ itself would be that of the few points
            that see the most.
        prior: covariance before, (p, p).
        posterior: covariance after, (p, p).
        elasticity: ∂ ln E[y]/∂ ln θ of every fitted point, likewise averaged, (N, p).
        quantities: all that a report tells but what is fixed, q of them.
        shares: −∂ ln V/∂ ln w for the variance V of each quantity g and the weight w of each point, (N, q):
            cᵀF_i c/V for c = C ∂g/∂θ and C = (Σ_i F_i + P⁻¹)⁻¹, likewise averaged. With ``prior_share`` they
            add up to 1, as V = cᵀC⁻¹c: whose share is large limits what is known of g.
        prior_share: the same for the weight of the prior, (q,).
    """

    names: tuple[str, ...]
    fisher: Array
    prior: Array
    posterior: Array
    elasticity: Array
    quantities: tuple[str, ...]
    shares: Array
    prior_share: Array

    def as_dataset(self) -> xr.Dataset:
        """For a file."""
        square = ("parameter", "other")
        arrays = {
            "fisher": (square, self.fisher),
            "prior_covariance": (square, self.prior),
            "posterior_covariance": (square, self.posterior),
            "elasticity": (("point", "parameter"), self.elasticity),
            "shares": (("point", "quantity"), self.shares),
            "prior_share": ("quantity", self.prior_share),
        }
        return xr.Dataset(arrays, {"parameter": list(self.names), "quantity": list(self.quantities)})

    @classmethod
    def of_dataset(cls, dataset: xr.Dataset) -> "Information":
        """From a file."""
        names, quantities = (tuple(map(str, dataset[one].values)) for one in ("parameter", "quantity"))
        square = ("fisher", "prior_covariance", "posterior_covariance", "elasticity")
        matrices = (dataset[name].to_numpy() for name in square)
        shares = (dataset[name].to_numpy() for name in ("shares", "prior_share"))
        fisher, prior, posterior, elasticity = matrices
        return cls(names, fisher, prior, posterior, elasticity, quantities, *shares)


class Seen(NamedTuple):
    """:class:`Information` with all coordinates, the nameless ones last, and what follows from them.

    Attributes:
        information: of the named ones.
        fisher: of all d, (d, d).
        prior: covariance of all, (d, d).
        slopes: of the quantities along all, (d,) each.
    """

    information: Information
    fisher: Array
    prior: Array
    slopes: Mapping[str, Array]


def look(
    z: jax.Array, prior_z: jax.Array, model: Model, observations: Observations, window: tuple[float, float]
) -> Seen:
    """Averages over a few of the posterior points; the posterior's covariance is the expected one, C.

    Args:
        z: points, (draws, d).
        prior_z: prior points, (draws, d).
        model, observations: what was fitted.
        window: shortest and longest relaxation time that the data reach, s.
    """
    names, quantities = model.free, _told(model)
    prior = covariance(prior_z, model)
    picked = jax.device_put(np.asarray(z)[np.linspace(0, len(z) - 1, min(_DRAWS, len(z))).astype(int)])
    precision = np.linalg.pinv(prior, hermitian=True)
    expected, elasticity, shares, slopes = jax.device_get(
        _averages(picked, jax.device_put(precision), model, observations, jnp.asarray(window))
    )
    p = len(names)
    before, after = prior[:p, :p], expected[:p, :p]
    fisher = _between(before, after)
    named = Information(names, fisher, before, after, elasticity[:, :p], quantities, shares[:-1], shares[-1])
    slopes = dict(zip(quantities, slopes, strict=True))
    return Seen(named, _between(prior, expected), prior, slopes)


def _between(before: Array, after: Array) -> Array:
    """C⁻¹ − P⁻¹ for covariances after and before, never negative, exact where nothing was learned.

    With P = RRᵀ it is R⁻ᵀ(Λ⁻¹ − 1)R⁻¹, where Λ ≤ 1 is R⁻¹CR⁻ᵀ.
    """
    spread = np.sqrt(np.diag(before))
    root = spread[:, None] * np.linalg.cholesky(
        before / np.outer(spread, spread) + _ROUND * np.eye(len(spread))
    )
    back = np.linalg.inv(root)
    left, axes = np.linalg.eigh(back @ after @ back.T)
    gained = 1.0 / np.clip(left, _TINY, 1.0) - 1.0
    along = back.T @ axes
    return np.asarray((along * gained) @ along.T)


def covariance(z: jax.Array, model: Model) -> Array:
    """Of the named coordinates, then those without a name, over points z of shape (draws, d)."""
    return np.atleast_2d(np.cov(np.asarray(_coordinates(z, model)).T))


def logarithm(model: Model, name: str, x: Numbers) -> Numbers:
    """ln x, or x of a quantity that may be negative."""
    real = name in {quantity.name for quantity in model.quantities if quantity.support == "real"}
    if real:
        return x
    log: Numbers = (
        np.log(np.maximum(x, _TINY)) if isinstance(x, np.ndarray) else jnp.log(jnp.maximum(x, _TINY))
    )
    return log


def _told(model: Model) -> tuple[str, ...]:
    """All that a report tells but what is fixed."""
    return tuple(q.name for q in model.reported if not isinstance(model.priors.get(q.name), Fixed))


def _named_and_nameless(z: jax.Array, model: Model) -> jax.Array:
    """ln of the free parameters, then what has no name of its own, (d,)."""
    values = constrain(z, model)
    named = jnp.stack([logarithm(model, name, values[name]) for name in model.free])
    sites, start, nameless = sampled_sites(model), 0, [named]
    for shape in sites.values():
        size = int(np.prod(shape))
        nameless += [z[start : start + size]] if shape else []
        start += size
    return jnp.concatenate(nameless)


@quick_jit
def _coordinates(z: jax.Array, model: Model) -> jax.Array:
    return jax.lax.map(lambda one: _named_and_nameless(one, model), z, batch_size=100)


@quick_jit
def _averages(
    z: jax.Array, precision: jax.Array, model: Model, observations: Observations, window: jax.Array
) -> tuple[jax.Array, ...]:
    """Expected covariance, elasticities, shares with the prior's last, and slopes of what is told."""
    n, counts = observations.normal, model.weights(observations)
    counts = jnp.concatenate([counts[:n], counts])

    def everything(z: jax.Array) -> tuple[tuple[jax.Array, ...], jax.Array]:
        values = constrain(z, model)
        predicted = predict(model, values, observations)
        derived = model.derived(values, window)
        told = jnp.stack([logarithm(model, name, derived[name]) for name in _told(model)])
        means = jnp.log(jnp.abs(predicted.mean))
        return (predicted.coordinates, means, _named_and_nameless(z, model), told), predicted.information

    def one(z: jax.Array) -> tuple[jax.Array, ...]:
        (locations, means, coordinates, told), information = jax.jacfwd(everything, has_aux=True)(z)
        back = jnp.linalg.inv(coordinates)
        weighted = jnp.sqrt(counts * information)[:, None] * (locations @ back)
        expected, slopes = jnp.linalg.inv(weighted.T @ weighted + precision), told @ back
        known = expected @ slopes.T
        spread = jnp.sum(slopes.T * known, 0)
        each = (weighted @ known) ** 2
        # a measured point has a location and a log scale
        points = jnp.concatenate([each[:n] + each[n : 2 * n], each[2 * n :]])
        prior = jnp.sum(known * (precision @ known), 0)
        # what does not depend on any parameter here is as the prior has it
        unseen = jnp.zeros((len(points) + 1, 1)).at[-1].set(1.0)
        shares = jnp.where(spread > 0.0, jnp.concatenate([points, prior[None]]) / spread, unseen)
        return expected, means @ back, shares, slopes

    found: tuple[jax.Array, ...] = jax.tree.map(lambda x: jnp.mean(x, 0), jax.lax.map(one, z))
    return found
