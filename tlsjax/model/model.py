"""The model of a fit: priors of its parameters, and the NumPyro model that joins them to the data."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.model import parameters, prior
from tlsjax.model.cut import CutLogNormal
from tlsjax.model.observation import Observations
from tlsjax.model.window import Window, no_window
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity

Values = dict[str, jax.Array]
"""Parameters by name, SI units."""


class Model(eqx.Module):
    """Eq. 15 with one family of f(τ), and a prior for each of its parameters.

    Attributes:
        family: class of the distribution of relaxation times.
        priors: by name: ``nu``, ``omega_star``, ``eta``, ``lambda_f``, the family's own fields, and
            ``QUANTITY_scatter`` for each measured quantity.
        reference_current: bias current to which ω* refers, A; NaN where no table states a bias.
        window: relaxation times that the data reach; it only chooses coordinates.
    """

    family: type[Relaxation] = eqx.field(static=True)
    priors: dict[str, prior.Prior]
    reference_current: jax.Array = eqx.field(converter=prior.number)
    window: Window = eqx.field(default_factory=no_window)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every parameter's quantity, in the order of reports."""
        measured = [name.removesuffix("_scatter") for name in self.priors if name.endswith("_scatter")]
        own = (*parameters.MATERIAL, *self.family.parameters(), *map(parameters.scatter, measured))
        return tuple(quantity for quantity in own if quantity.name in self.priors)

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that are not fixed."""
        return tuple(q.name for q in self.quantities if not isinstance(self.priors[q.name], prior.Fixed))

    def relaxation(self, values: Values, temperature: jax.Array | None = None) -> Relaxation:
        """f(τ) at given parameters; where it depends on temperature, at that of the window unless given."""
        own = {quantity.name: values[quantity.name] for quantity in self.family.parameters()}
        if temperature is None:
            temperature = jnp.broadcast_to(self.window.temperature, jnp.shape(next(iter(own.values()))))
        return self.family(**own, **dict.fromkeys(self.family.conditions(), temperature))

    def mean(self, values: Values, observations: Observations) -> jax.Array:
        """Every point by Eq. 15, shape (N,); ν is that of the window's temperature."""
        here = self.relaxation(values, observations.temperature)
        amplitude = values["amplitude"]
        if self.family.conditions():
            amplitude = amplitude * here.weight / self.relaxation(values).weight
        return observations.mean(amplitude=amplitude, omega_c=values["omega_c"], relaxation=here)


def sample_parameters(model: Model) -> Values:
    """Draw every parameter at its NumPyro site.

    What data determine is sampled itself: the level A·ω₀K(ω₀) of the spectrum in the middle of the measured
    frequencies and the crossover ω_c = √η ω*, each with the prior of ν or ω* carried over; λ_F, η and f(τ)
    keep their own, and ν, A and ω* follow. This is the same prior in other coordinates, and the posterior
    loses its long, thin and curved directions.
    """
    values: Values = {}
    for name in ("lambda_f", "eta"):
        values[name] = _sample(name, model.priors[name])
    for quantity in model.family.parameters():
        values[quantity.name] = _sample_shape(quantity, model, values)
    charge = ELEMENTARY_CHARGE * values["lambda_f"]
    root = jnp.sqrt(values["eta"])
    middle = model.window.omega_middle
    visible = middle * model.relaxation(values).kernel(middle)
    level = _sample("level", model.priors["nu"].scaled(charge**2 * visible))
    values["amplitude"] = numpyro.deterministic("amplitude", level / visible)
    values["omega_c"] = _sample("omega_c", model.priors["omega_star"].scaled(root))
    values["nu"] = numpyro.deterministic("nu", values["amplitude"] / charge**2)
    values["omega_star"] = numpyro.deterministic("omega_star", values["omega_c"] / root)
    for name in sorted(model.priors):
        if name.endswith("_scatter"):
            values[name] = _sample(name, model.priors[name])
    return values


def _sample(name: str, known: prior.Prior) -> jax.Array:
    if isinstance(known, prior.Fixed):
        value: jax.Array = numpyro.deterministic(name, known.value)
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
        for lower, upper in model.family.ordered
        if name == upper and isinstance(model.priors[lower], prior.LogNormal)
    ]
    bound = quantity.above > 0.0
    if not isinstance(own, prior.LogNormal) or (edge is None and not below and not bound):
        return _sample(name, own)
    low = below[0] if below else jnp.asarray(quantity.above, float)
    value: jax.Array = numpyro.sample(name, CutLogNormal(own, low, edge))
    return value


class Predicted(NamedTuple):
    """Distributions of all points at given parameters, in the order of the observations.

    Attributes:
        normal: of the points with an uncertainty or a fractional scatter.
        periodogram: of the averaged periodograms.
    """

    normal: dist.Normal
    periodogram: dist.Gamma

    @property
    def mean(self) -> jax.Array:
        """Expected value of every point, shape (N,)."""
        return jnp.concatenate([self.normal.mean, self.periodogram.mean])

    @property
    def variance(self) -> jax.Array:
        """Variance of every point, shape (N,)."""
        return jnp.concatenate([self.normal.variance, self.periodogram.variance])

    def log_prob(self, value: jax.Array) -> jax.Array:
        """Log density of every point, shape (N,)."""
        split = self.normal.batch_shape[0]
        return jnp.concatenate(
            [self.normal.log_prob(value[:split]), self.periodogram.log_prob(value[split:])]
        )

    def sample(self, key: jax.Array) -> jax.Array:
        """One draw of every point, shape (N,)."""
        one, other = jax.random.split(key)
        return jnp.concatenate([self.normal.sample(one), self.periodogram.sample(other)])


def predict(model: Model, values: Values, observations: Observations) -> Predicted:
    """Distribution of every measured value at given parameters.

    Averaged periodograms are gamma distributed with as many degrees as averages (Whittle for one); all else
    is normal, with the stated uncertainty and a fractional scatter of the prediction added in squares.
    """
    mean = model.mean(values, observations)
    n = observations.normal
    scatter = observations.scatter(values)[:n] * mean[:n]
    spread = jnp.sqrt(observations.error[:n] ** 2 + scatter**2)
    averages = observations.averages[n:]
    return Predicted(dist.Normal(mean[:n], spread), dist.Gamma(averages, averages / mean[n:]))


def numpyro_model(model: Model, observations: Observations) -> None:
    """The NumPyro model, for this library's own fit and for anyone's sampler.

    Args:
        model: priors and family; a value changed in it recompiles nothing.
        observations: the data; their sites are ``measured`` and ``periodogram``.
    """
    predicted = predict(model, sample_parameters(model), observations)
    n = observations.normal
    for name, distribution, value in (
        ("measured", predicted.normal, observations.value[:n]),
        ("periodogram", predicted.periodogram, observations.value[n:]),
    ):
        if len(value):
            numpyro.sample(name, distribution.to_event(1), obs=value)
