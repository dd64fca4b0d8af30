"""Coordinates of an f(τ) without a formula, once an optimum says which directions the data know."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, sampled_sites, unconstrain
from tlsjax.model.free_form import Anchor
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations
from tlsjax.model.sampling import roughness_name

_KNOWN = 1.5
"""Change of the data by one prior's standard deviation, in theirs, from which a direction is known."""


_CALM, _HELD = 0.2, 1e-6


def anchored(model: Model, optimum: jax.Array, observations: Observations) -> Model:
    """The model with a free form's innovations anchored at the optimum; the same prior in other coordinates.

    Args:
        model: not anchored so far.
        optimum: most probable point, shape (d,).
        observations: the data.
    """
    if model.smooth is None or model.family is None:
        return model
    values, sensitivity = _sensitivity(optimum, model, observations)
    block = np.asarray(sensitivity)[:, _places(model, "innovations")]
    _, sizes, directions = np.linalg.svd(block, full_matrices=False)
    known = directions[sizes > _KNOWN]
    anchor = Anchor(values["innovations"], values[roughness_name(model.family)], jnp.asarray(known.T @ known))
    return replace(model, smooth=replace(model.smooth, anchor=anchor))


def held(z: jax.Array, model: Model) -> jax.Array:
    """Prior draws (n, d) of one roughness: until it is anchored, its valley is bent and narrow."""
    where = _places(model, roughness_name(model.family)) if model.family else slice(0)
    middle = jnp.mean(z[:, where], 0)
    return z.at[:, where].set(middle + _HELD * (z[:, where] - middle))


def calmed(z: jax.Array, model: Model) -> jax.Array:
    """Prior draws (n, d) held, with innovations near rest: from wild ones no descent arrives."""
    return held(z, model).at[:, _places(model, "innovations")].multiply(_CALM)


def _places(model: Model, site: str) -> slice:
    """Where in z a site stands."""
    sizes = {name: int(np.prod(shape)) for name, shape in sampled_sites(model).items()}
    first = sum(size for name, size in sizes.items() if name < site)
    return slice(first, first + sizes[site])


def moved(z: jax.Array, before: Model, model: Model) -> jax.Array:
    """Points (n, d) of one model in the coordinates of another that has the same parameters."""
    return z if model.smooth is None else unconstrain(_values(z, before), model)


@quick_jit
def _values(z: jax.Array, model: Model) -> Values:
    return jax.vmap(lambda one: constrain(one, model))(z)


@quick_jit
def _sensitivity(
    z: jax.Array, model: Model, observations: Observations
) -> tuple[dict[str, jax.Array], jax.Array]:
    """Parameters, and the change of all data along z in their standard deviations, (n, d)."""

    def look(z: jax.Array) -> tuple[jax.Array, jax.Array]:
        predicted = predict(model, constrain(z, model), observations)
        return predicted.coordinates, predicted.information

    slopes, information = jax.jacfwd(look, has_aux=True)(z)
    counts = model.weights(observations)
    counts = jnp.concatenate([counts[: observations.normal], counts])
    return constrain(z, model), jnp.sqrt(counts * information)[:, None] * slopes
