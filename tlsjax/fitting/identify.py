"""Which numbers the data determine, and which come from the prior alone."""

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations

_DRAWS = 32
# By how much the prior is widened to ask what the data say without it.
_WIDENED = 1e4
_NARROWED = 0.5


def identified(
    z: jax.Array,
    prior_z: jax.Array,
    prior_values: dict[str, NDArray[np.float64]],
    posterior_values: dict[str, NDArray[np.float64]],
    model: Model,
    observations: Observations,
    window: tuple[float, float],
) -> dict[str, bool]:
    """Whether each parameter and combination is determined by the data.

    It is when (a) the data alone would give it half the prior's spread or less: its Cramér–Rao bound, from
    the Fisher matrix averaged over the posterior, with the prior widened 10⁴ times so that directions which
    the data do not see stay open; and (b) the posterior is indeed half as wide as the prior or less. A
    parameter that is narrow only because another's prior is (ν through that of λ_F) fails (a).

    Args:
        z: posterior points, (draws, d).
        prior_z: prior points, (draws, d).
        prior_values, posterior_values: the same draws as parameters, arrays of any one shape.
        model, observations: what was fitted.
        window: shortest and longest relaxation time that the data reach, s.
    """
    picked = jnp.asarray(np.asarray(z)[np.linspace(0, len(z) - 1, _DRAWS).astype(int)])
    fisher, slopes = _information(picked, model, observations, jnp.asarray(window))
    spread = np.std(np.asarray(prior_z), 0)
    open_prior = np.diag(1.0 / (_WIDENED * spread) ** 2)
    covariance = np.linalg.pinv(np.asarray(fisher) + open_prior, rcond=1e-15, hermitian=True)
    found = {}
    for name, values in posterior_values.items():
        scale = _scale(model, name)
        before, after = np.std(scale(prior_values[name])), np.std(scale(values))
        gradient = np.asarray(slopes[name])
        alone = float(np.sqrt(gradient @ covariance @ gradient))
        found[name] = bool(before > 0 and alone <= _NARROWED * before and after <= _NARROWED * before)
    return found


def _scale(model: Model, name: str):  # type: ignore[no-untyped-def]
    real = {quantity.name for quantity in model.quantities if quantity.support == "real"}
    return np.asarray if name in real else lambda x: np.log(np.maximum(x, 1e-300))


@quick_jit
def _information(
    z: jax.Array, model: Model, observations: Observations, window: jax.Array
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Fisher matrix in z and slope of each (log) parameter along z, both averaged over the points z."""

    def moments(z: jax.Array) -> tuple[jax.Array, jax.Array]:
        predicted = predict(model, constrain(z, model), observations)
        return predicted.mean, predicted.variance

    def fisher(z: jax.Array) -> jax.Array:
        """Normal points of mean μ and variance v: μ'²/v + v'²/2v²; gamma with n averages: nμ'²/μ²."""
        _, variance = moments(z)
        weight = model.weights(observations)
        mean_slope, variance_slope = jax.jacfwd(moments)(z)
        relative = (variance_slope / variance[:, None])[: observations.normal]
        doubled = 0.5 * relative.T * weight[: observations.normal]
        return (mean_slope.T * weight / variance) @ mean_slope + doubled @ relative

    def logs(z: jax.Array) -> Values:
        values = model.derived(constrain(z, model), window)
        real = {quantity.name for quantity in model.quantities if quantity.support == "real"}
        return {name: x if name in real else jnp.log(jnp.maximum(x, 1e-300)) for name, x in values.items()}

    matrices = jax.lax.map(fisher, z)
    slopes = jax.lax.map(jax.jacfwd(logs), z)
    return jnp.mean(matrices, 0), jax.tree.map(lambda x: jnp.mean(x, 0), slopes)
