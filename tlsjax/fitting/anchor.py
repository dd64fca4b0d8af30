"""Coordinates of an f(τ) without a formula, once an optimum says which directions the data know."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.density import constrain, sampled_sites, unconstrain
from tlsjax.fitting.scoring import typical_information
from tlsjax.model.free_form import Anchor
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations
from tlsjax.model.sampling import roughness_name

_KNOWN = 1.0
"""Change of the data by one prior's standard deviation, in theirs, from which a direction is known."""
_CALM, _HELD = 0.2, 1e-6
"""Factors of the spread of innovations and roughness before a first optimum is known."""


def anchored(model: Model, points: jax.Array, prior_z: jax.Array, observations: Observations) -> Model:
    """The model with innovations anchored about some points: the same prior in other coordinates.

    Args:
        model: anchored anywhere.
        points: an optimum or draws, shape (n, d).
        prior_z: draws from the prior, shape (draws, d).
        observations: the data, whose information averaged over the points says what they know.
    """
    if model.smooth is None or model.family is None:
        return model
    where = _places(model, "innovations")
    roughness = jnp.exp(jnp.mean(jnp.log(_values(points, model)[roughness_name(model.family)])))
    knots = where.stop - where.start
    curves = _anchored_at(model, Anchor(jnp.zeros(knots), roughness, jnp.eye(knots)))
    points = moved(points, model, curves)
    information = typical_information(points, scale(prior_z, model), curves, observations)
    sizes, directions = np.linalg.eigh(information[where, where])
    known = jnp.asarray(directions[:, sizes > 1.0 + _KNOWN**2])
    anchor = Anchor(jnp.mean(points[:, where], 0), roughness, known @ known.T)
    seen = jnp.mean(_seen(points, curves, observations), 0)
    return replace(model, smooth=replace(model.smooth, anchor=anchor, seen=seen))


@quick_jit
def _seen(points: jax.Array, model: Model, observations: Observations) -> jax.Array:
    """Of every point, the mean of ωK(ω) that data know best, relative to what it is there: (n, ω)."""

    def one(z: jax.Array) -> jax.Array:
        assert model.smooth is not None
        values = constrain(z, model)
        predicted = predict(model, values, observations)
        film = predicted.mean - model.mean(values | {"amplitude": jnp.zeros(())}, observations)
        known = model.weights(observations) * film**2 / predicted.variance
        shifts = observations.where("frequency_shift")
        known = known.at[shifts].set(0.0) if len(shifts) < len(known) else jnp.ones_like(known)
        omega, temperature = model.smooth.omega, model.smooth.temperature
        there = observations.omega[:, None] == omega
        there &= (observations.temperature[:, None] == temperature) | (temperature == 0.0)
        each = known @ there.astype(known.dtype)
        return each / (jnp.sum(each) * omega * model.relaxation(values, temperature).kernel(omega))

    return jax.vmap(one)(points)


def scale(prior_z: jax.Array, model: Model) -> jax.Array:
    """Unit of every coordinate, (d,): the prior's deviation; 1 for innovations, whose tails are heavy."""
    deviations = jnp.std(prior_z, 0)
    return deviations if model.smooth is None else deviations.at[_places(model, "innovations")].set(1.0)


def _anchored_at(model: Model, anchor: Anchor) -> Model:
    smooth = model.smooth
    return model if smooth is None else replace(model, smooth=replace(smooth, anchor=anchor))


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
