"""Which numbers the data determine, and which come from the prior alone."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.information import Seen, logarithm
from tlsjax.model.model import Model

# By how much the prior is widened to ask what the data say without it.
_WIDENED = 1e4
NARROWED = 0.5
"""Share of the prior's spread up to which something is determined."""


def covariance_alone(fisher: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance by the data alone: with the prior's spread widened 10⁴ times, so that what they do not see
    stays open.

    Args:
        fisher: information of the data, (p, p).
        prior: covariance before, (p, p).
    """
    spread = np.sqrt(np.diag(prior))
    scaled = fisher * np.outer(spread, spread) + np.eye(len(spread)) / _WIDENED**2
    return np.asarray(np.linalg.pinv(scaled, rcond=1e-15, hermitian=True) * np.outer(spread, spread))


def identified(
    seen: Seen,
    prior_values: Mapping[str, NDArray[np.float64]],
    posterior_values: Mapping[str, NDArray[np.float64]],
    model: Model,
) -> dict[str, bool]:
    """Whether each parameter and combination is determined by the data.

    It is when (a) the data alone would give it half the prior's spread or less: its Cramér–Rao bound, from
    the Fisher matrix averaged over the posterior; and (b) the posterior is indeed half as wide as the prior
    or less. A parameter that is narrow only because another's prior is (ν through that of λ_F) fails (a).

    Args:
        seen: what the data say.
        prior_values, posterior_values: draws, arrays of any one shape.
        model: what was fitted.
    """
    covariance = covariance_alone(seen.fisher, seen.prior)
    found = {}
    for name, values in posterior_values.items():
        before, after = (float(np.std(logarithm(model, name, x))) for x in (prior_values[name], values))
        if name not in seen.slopes:
            found[name] = False
            continue
        slope = seen.slopes[name]
        alone = float(np.sqrt(slope @ covariance @ slope))
        found[name] = bool(before > 0 and alone <= NARROWED * before and after <= NARROWED * before)
    return found
