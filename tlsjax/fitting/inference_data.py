"""The only file that knows ArviZ: builds its data tree and asks it for diagnostics.

ArviZ ≥ 1 is made of arviz-base and arviz-stats; on Python 3.11, ``arviz[preview]`` installs the same two.
Imported from there, one code serves both. They take as long to import as a chain to run, so they are
imported where they are used, and beside the sampler.
"""

import threading
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp

Arrays = Mapping[str, NDArray[np.float64]]
_STACKING_STEPS = 3000


class Convergence(NamedTuple):
    """Split R̂ and effective sample sizes of one parameter."""

    rhat: float
    ess_bulk: float
    ess_tail: float

    def at_most(self, effective: float) -> "Convergence":
        """The same with no more effective draws than that."""
        return Convergence(self.rhat, min(self.ess_bulk, effective), min(self.ess_tail, effective))


class Loo(NamedTuple):
    """Expected log predictive density by PSIS leave-one-out.

    Attributes:
        elpd: its estimate.
        standard_error: of it.
        pointwise: the parts of it, one a point, observations end to end, shape (N,).
        pareto_k: of each point.
    """

    elpd: float
    standard_error: float
    pointwise: NDArray[np.float64]
    pareto_k: NDArray[np.float64]

    @property
    def unreliable(self) -> int:
        """Number of points whose Pareto k̂ is above 0.7."""
        return int(np.sum(self.pareto_k > 0.7))


def load_beside() -> None:
    """Import ArviZ in a thread of its own."""
    threading.Thread(target=import_module, args=("arviz_stats",), daemon=True).start()


def build_tree(groups: Mapping[str, Arrays]) -> xr.DataTree:
    """An ArviZ data tree of groups of arrays; draws have leading axes (chain, draw)."""
    import arviz_base

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree: xr.DataTree = arviz_base.from_dict({name: dict(arrays) for name, arrays in groups.items()})
    return tree


def convergence(draws: Arrays) -> dict[str, Convergence]:
    """R̂ and effective sample sizes by parameter; a parameter that never moves has none (NaN, 0, 0)."""
    import arviz_stats

    moving = {name: values for name, values in draws.items() if np.ptp(values) > 1e-12 * np.abs(values).max()}
    dataset = xr.Dataset({name: (("chain", "draw"), np.asarray(x)) for name, x in moving.items()})
    rhat = arviz_stats.rhat(dataset)
    bulk, tail = (arviz_stats.ess(dataset, method=method) for method in ("bulk", "tail"))
    found = {name: Convergence(float(rhat[name]), float(bulk[name]), float(tail[name])) for name in moving}
    return {name: found.get(name, Convergence(float("nan"), 0.0, 0.0)) for name in draws}


def bfmi(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bayesian fraction of missing information, one number a chain, from energies (chains, draws)."""
    change = np.mean(np.diff(energy, axis=1) ** 2, axis=1)
    return np.asarray(change / np.var(energy, axis=1))


def smoothed_weights(log_weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Pareto-smoothed importance weights that sum to 1, and their k̂, from log weights (draws,)."""
    from arviz_stats.base import array_stats

    relative = np.maximum(np.nan_to_num(log_weights - np.max(log_weights), nan=-np.inf), -1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # it takes log likelihoods of points left out, whose weights are their inverse
        try:
            smoothed, pareto_k = array_stats.psislw(-relative)
        except ValueError:  # one draw outweighs all others together
            smoothed, pareto_k = relative, np.inf
    if not np.isfinite(smoothed).all():  # the largest are copies of one draw
        smoothed = relative
    weights = np.exp(smoothed - np.max(smoothed))
    return np.asarray(weights / weights.sum()), float(pareto_k)


class LeftOut(NamedTuple):
    """Posteriors with one point left out each, as weights of the draws of the whole one.

    Attributes:
        log_weights: of point and draw, normalised, (N, draws).
        pareto_k: of each point; above 0.7 its weights cannot be relied on, (N,).
        logs: log density of each point under each draw, (N, draws).
    """

    log_weights: NDArray[np.float64]
    pareto_k: NDArray[np.float64]
    logs: NDArray[np.float64]


def left_out(tree: xr.DataTree, counts: NDArray[np.float64]) -> LeftOut | None:
    """Every point of all observations left out in turn, by PSIS; None for too few different draws.

    A point that counts as w of one entered the posterior as p(y|θ)^w, so leaving it out weighs draws by
    p(y|θ)^−w.

    Args:
        tree: with the group ``log_likelihood``.
        counts: w of every point, observations end to end, shape (N,).

    Source: Vehtari, Gelman and Gabry 2017; Vehtari et al. 2024.
    """
    from arviz_stats.base import array_stats

    parts = [values.to_numpy() for values in tree["log_likelihood"].data_vars.values()]
    logs = np.concatenate([part.reshape(part.shape[0] * part.shape[1], -1) for part in parts], axis=1).T
    with warnings.catch_warnings():
        # It warns of large k̂, which is counted here instead.
        warnings.simplefilter("ignore")
        try:
            log_weights, pareto_k = array_stats.psislw(counts[:, None] * logs)
        except ValueError:  # the largest weights are copies of one draw
            return None
    return LeftOut(np.asarray(log_weights), np.asarray(pareto_k, dtype=np.float64), logs)


def leave_one_out(tree: xr.DataTree, counts: NDArray[np.float64]) -> Loo | None:
    """PSIS-LOO over all points of all observations; None for too few different draws.

    Args:
        tree, counts: as for :func:`left_out`.
    """
    found = left_out(tree, counts)
    if found is None:
        return None
    pointwise = logsumexp(found.log_weights + found.logs, axis=1)
    if not np.isfinite(pointwise).all():  # likewise
        return None
    error = float(np.sqrt(pointwise.size * np.var(pointwise)))
    return Loo(float(pointwise.sum()), error, pointwise, found.pareto_k)


def stacking_weights(pointwise: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Shares with which the models' predictions together do best (Yao, Vehtari, Simpson, Gelman 2018).

    The largest Σ_i ln Σ_k w_k p_ik, by expectation and maximisation: it is concave in the weights.
    """
    logs = np.stack(list(pointwise.values()), axis=1)
    densities = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.full(logs.shape[1], 1.0 / logs.shape[1])
    for _ in range(_STACKING_STEPS):
        shares = weights * densities
        weights = np.mean(shares / shares.sum(axis=1, keepdims=True), axis=0)
    return dict(zip(pointwise, weights.tolist(), strict=True))
