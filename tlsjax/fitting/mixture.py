"""A mixture of Student's t and of draws from the prior, which learns from points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Array = NDArray[np.float64]

_FREEDOM = 6.0
"""Degrees of freedom, for tails longer than most posteriors'."""
_WIDE, _WIDER, _FROM_PRIOR = 0.1, 2.5, 0.03
"""Share that reaches beyond the others, how much wider it is, and share of the prior's draws."""
_ITERATIONS = 12
_ROWS = 16384
"""Points whose density is computed together, which bounds the memory."""


class Mixture(NamedTuple):
    """Of k Student's t: shares (k,), centres (k, d), lower roots of their scale matrices (k, d, d).

    What is left to 1 of the shares is of the prior.
    """

    shares: Array
    centres: Array
    roots: Array

    def draw(self, count: int, prior: Array, rng: np.random.Generator) -> Array:
        """Points (count, d); ``prior`` are draws from the prior, (n, d)."""
        d = self.centres.shape[1]
        left = 1.0 - self.shares.sum()
        which = rng.choice(len(self.shares) + 1, size=count, p=np.append(self.shares, left))
        points = prior[rng.integers(len(prior), size=count)]
        stretch = np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, size=(count, 1)))
        noise = stretch * rng.standard_normal((count, d))
        for number, (centre, root) in enumerate(zip(self.centres, self.roots, strict=True)):
            own = which == number
            points[own] = centre + noise[own] @ root.T
        return np.asarray(points)

    def log_density(self, points: Array, log_prior: Array) -> Array:
        """At points (n, d), where the prior's is ``log_prior``, (n,)."""
        left = 1.0 - self.shares.sum()
        found = []
        for start in range(0, len(points), _ROWS):
            part = slice(start, start + _ROWS)
            logs, _ = self._student(points[part])
            every = np.vstack([np.log(self.shares)[:, None] + logs, np.log(left) + log_prior[part]])
            found.append(np.logaddexp.reduce(every, axis=0))
        return np.concatenate(found)

    def _student(self, points: Array) -> tuple[Array, Array]:
        """ln density and squared distance, of each distribution at each point: (k, n)."""
        d = points.shape[1]
        away = (points - self.centres[:, None]) @ np.linalg.inv(self.roots).swapaxes(1, 2)
        distance = np.sum(away**2, axis=2)
        volume = np.sum(np.log(np.diagonal(self.roots, axis1=1, axis2=2)), axis=1)
        level = gammaln(0.5 * (_FREEDOM + d)) - gammaln(0.5 * _FREEDOM) - 0.5 * d * np.log(_FREEDOM * np.pi)
        logs = level - volume[:, None] - 0.5 * (_FREEDOM + d) * np.log1p(distance / _FREEDOM)
        return logs, distance


def around(humps: Array) -> Mixture:
    """About points (n, d), each as wide as a standard normal."""
    count, d = humps.shape
    every = Mixture(np.full(count, 1.0 / count), humps, np.tile(np.eye(d), (count, 1, 1)))
    return _with_wide(every, humps.mean(axis=0), np.eye(d) + np.atleast_2d(np.cov(humps.T, bias=True)))


def learned(points: Array, count: int, rng: np.random.Generator) -> Mixture:
    """Of ``count`` Student's t, by expectation and maximisation of the probability of points (n, d)."""
    n, d = points.shape
    whole = np.atleast_2d(np.cov(points.T)) + 1e-9 * np.eye(d)
    found = Mixture(
        np.full(count, 1.0 / count),
        points[rng.choice(n, count, replace=False)],
        np.tile(np.linalg.cholesky(whole) / count ** (1.0 / d), (count, 1, 1)),
    )
    for _ in range(_ITERATIONS):
        logs, distance = found._student(points)
        logs += np.log(found.shares)[:, None]
        member = np.exp(logs - np.logaddexp.reduce(logs, axis=0))
        pull = member * (_FREEDOM + d) / (_FREEDOM + distance)
        centres = (pull @ points + points.mean(axis=0)) / (pull.sum(axis=1)[:, None] + 1.0)
        away = points - centres[:, None]
        spread = (pull[..., None] * away).swapaxes(1, 2) @ away
        # those of all count as d points, so that few points leave no direction flat
        size = member.sum(axis=1)
        covariance = (spread + d * whole) / (size + d)[:, None, None]
        found = Mixture((size + 1.0) / (size + 1.0).sum(), centres, np.linalg.cholesky(covariance))
    return _with_wide(found, points.mean(axis=0), whole)


def _with_wide(mixture: Mixture, centre: Array, covariance: Array) -> Mixture:
    """With one more that reaches beyond them, and a share of the prior."""
    shares = np.append(mixture.shares * (1.0 - _WIDE), _WIDE) * (1.0 - _FROM_PRIOR)
    wide = _WIDER * np.linalg.cholesky(covariance)
    return Mixture(shares, np.vstack([mixture.centres, centre]), np.vstack([mixture.roots, wide[None]]))
