"""The NumPyro model: how parameters are drawn, and how the data hang on them."""

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.model import parameters, prior
from tlsjax.model.budget import OFFSET
from tlsjax.model.channels import Parameter
from tlsjax.model.cut import CutLogNormal
from tlsjax.model.likelihood import predict
from tlsjax.model.model import Model, Values
from tlsjax.model.observation import Observations
from tlsjax.physics.relaxation import Relaxation
from tlsjax.physics.relaxation.free_form import ROUGHNESS
from tlsjax.quantity import Quantity

_COORDINATES = {"nu": "level", "omega_star": "omega_c"}
"""What is sampled in the place of a parameter."""


def sample_parameters(model: Model) -> Values:
    """Draw every parameter at its NumPyro site.

    What data determine is sampled itself: the level A·ω₀K(ω₀) of the spectrum in the middle of the measured
    frequencies and the crossover ω_c = √η ω*, each with the prior of ν or ω* carried over; λ_F, η and f(τ)
    keep their own, and ν, A and ω* follow. This is the same prior in other coordinates, and the posterior
    loses its long, thin and curved directions.
    """
    values: Values = {}
    level = jnp.ones(()) if model.family is None else _sample_film(model, model.family, values)
    _sample_channels(model, values)
    others = model.priors.keys() - values.keys() - {parameters.FREEDOM.name}
    for name in sorted(others, key=lambda name: (model.is_tied(name), name)):
        values[name] = _sample(name, model.priors[name], values)
    if "freedom" in model.priors:
        values["freedom"] = _sample_shape(parameters.FREEDOM, model, values)
    for quantity in model.varying:
        # each device's parameter in the coordinate of the population's
        site = _COORDINATES.get(quantity.name, quantity.name)
        centre = level if site == "level" else values[site]
        spread = values[parameters.spread(quantity).name]
        for device in model.devices:
            own = numpyro.sample(f"{site}[{device}]", dist.LogNormal(jnp.log(centre), spread))
            name = parameters.of_device(quantity, device).name
            if site != quantity.name:
                own = numpyro.deterministic(name, values[quantity.name] * own / centre)
            values[name] = own
    return values


def _sample_film(model: Model, family: type[Relaxation], values: Values) -> jax.Array:
    """Parameters of Eq. 15, added to the values; the level of its spectrum."""
    for name in ("lambda_f", "eta"):
        values[name] = _sample(name, model.priors[name], values)
    for quantity in sorted(family.parameters(), key=lambda q: model.is_tied(q.name)):
        values[quantity.name] = _sample_shape(quantity, model, values)
    if model.smooth is not None:
        roughness = values[roughness_name(family)]
        values["innovations"] = numpyro.sample("innovations", model.smooth.innovations(roughness))
        values["ends"] = numpyro.sample("ends", dist.Uniform(0.0, 1.0).expand([2]).to_event(1))
        weights = model.smooth.weights(values["innovations"], roughness, values["ends"])
        values["weights"] = numpyro.deterministic("weights", weights)
    charge = ELEMENTARY_CHARGE * values["lambda_f"]
    root = jnp.sqrt(values["eta"])
    visible = _visible(model, values)
    level = _sample("level", model.priors["nu"].scaled(charge**2 * visible), values)
    values["amplitude"] = numpyro.deterministic("amplitude", level / visible)
    values["omega_c"] = _sample("omega_c", model.priors["omega_star"].scaled(root), values)
    values["nu"] = numpyro.deterministic("nu", values["amplitude"] / charge**2)
    values["omega_star"] = numpyro.deterministic("omega_star", values["omega_c"] / root)
    return level


def _visible(model: Model, values: Values) -> jax.Array:
    """The level over A: ω₀K(ω₀), or with a free form what the data know best, a mean of ωK(ω)."""
    if model.smooth is not None:
        omega, there = model.smooth.omega, model.relaxation(values, model.smooth.temperature)
        return jnp.sum(model.smooth.seen * omega * there.kernel(omega))
    form = model.relaxation(values)
    return model.window.omega_middle * form.kernel(model.window.omega_middle)


def roughness_name(family: type[Relaxation]) -> str:
    """Of the parameter that scales the innovations of the family's free form."""
    return next(q.name for q in family.parameters() if q.name.endswith(ROUGHNESS.name))


def _sample_channels(model: Model, values: Values) -> None:
    """Parameters of the budget, added to the values."""
    where = model.devices, model.runs
    every = [(one, quantity.name) for one in model.channel_parameters for quantity in one.each(*where)]
    for one, name in sorted(every, key=lambda pair: (_rank(pair[0], pair[1], model), pair[1])):
        own = model.priors[name]
        if _is_product(one, name, model) and one.factor is not None:
            factor = one.factor(values, model.reach)
            felt = _sample(_felt(name), own.scaled(factor), values)
            values[name] = numpyro.deterministic(name, felt / factor)
        elif _is_pulled(one, name, model):
            far = _felt_far(model, values)
            assert isinstance(own, prior.Normal)
            felt = numpyro.sample(_felt(name), dist.Normal(own.mean + far, own.sd))
            values[name] = numpyro.deterministic(name, felt - far)
        elif one.linear is not None and isinstance(own, prior.LogNormal):
            low = None if one.above is None else one.above(model.reach)
            values[name] = numpyro.sample(name, CutLogNormal(own, low, one.linear(values, model.reach)))
        else:
            values[name] = _sample(name, own, values)


def _rank(one: Parameter, name: str, model: Model) -> int:
    """What others are sampled by goes before them."""
    if model.is_tied(name):
        return 3
    return 2 if _is_product(one, name, model) else int(one.linear is not None)


def _is_product(one: Parameter, name: str, model: Model) -> bool:
    """Whether it is sampled times its factor."""
    known = isinstance(model.priors[name], prior.Fixed | prior.Tied)
    return one.factor is not None and not known and not any(map(model.is_tied, one.factors))


def _is_pulled(one: Parameter, name: str, model: Model) -> bool:
    """Whether it is sampled with the film's shift at high frequency, which unseen slow systems have too."""
    return one is OFFSET and model.smooth is not None and isinstance(model.priors[name], prior.Normal)


def _felt_far(model: Model, values: Values) -> jax.Array:
    """Shift by the film far above all rates."""
    pull = jnp.zeros(()) if model.smooth is None else model.smooth.pull
    return pull * values["amplitude"] * values["omega_c"] ** 2


def _felt(name: str) -> str:
    return f"felt {name}"


def sites(model: Model, values: Values) -> Values:
    """Values at all sites of :func:`sample_parameters` for given parameters with ``amplitude``."""
    found = dict(values)
    for one in model.channel_parameters:
        for quantity in one.each(model.devices, model.runs):
            if _is_pulled(one, quantity.name, model):
                found[_felt(quantity.name)] = values[quantity.name] + _felt_far(model, values)
            if one.factor is not None and _is_product(one, quantity.name, model):
                found[_felt(quantity.name)] = values[quantity.name] * one.factor(values, model.reach)
    if model.family is None:
        return found
    found["level"] = values["amplitude"] * _visible(model, values)
    for quantity in model.varying:
        site = _COORDINATES.get(quantity.name, quantity.name)
        for device in model.devices:
            own = values[parameters.of_device(quantity, device).name] / values[quantity.name]
            found[f"{site}[{device}]"] = found[site] * own
    return found


def _sample(name: str, known: prior.Prior, values: Values) -> jax.Array:
    if isinstance(known, prior.Fixed):
        value: jax.Array = numpyro.deterministic(name, known.value)
    elif isinstance(known, prior.Tied):
        value = numpyro.deterministic(name, known.factor * values[known.to])
    else:
        value = numpyro.sample(name, known.distribution())
    return value


def _sample_shape(quantity: Quantity, model: Model, values: Values) -> jax.Array:
    """A parameter of f(τ): one that must exceed another is kept above it, a cut-off is eased off its edge."""
    own, name = model.priors[quantity.name], quantity.name
    edges = {"shortest": model.window.short, "longest": model.window.long}
    edge = edges.get(quantity.typical.anchor if quantity.typical else "")
    below = [
        values[lower]
        for lower, upper in (model.family.ordered if model.family else ())
        if name == upper and isinstance(model.priors[lower], prior.LogNormal)
    ]
    bound = quantity.above > 0.0
    if not isinstance(own, prior.LogNormal) or (edge is None and not below and not bound):
        return _sample(name, own, values)
    low = below[0] if below else jnp.asarray(quantity.above) if bound else None
    value: jax.Array = numpyro.sample(name, CutLogNormal(own, low, edge))
    return value


def numpyro_model(model: Model, observations: Observations) -> None:
    """The NumPyro model, for this library's own fit and for anyone's sampler.

    Args:
        model: priors and family; a value changed in it recompiles nothing.
        observations: the data; their sites are ``measured`` and ``periodogram``, scaled by what each point
            counts (:meth:`Model.weights`).
    """
    predicted = predict(model, sample_parameters(model), observations)
    n, weights = observations.normal, model.weights(observations)
    for name, distribution, part in (
        ("measured", predicted.measured, slice(0, n)),
        ("periodogram", predicted.periodogram, slice(n, None)),
    ):
        value = observations.value[part]
        if len(value):
            with numpyro.handlers.scale(scale=weights[part]):
                numpyro.sample(name, distribution, obs=value)
