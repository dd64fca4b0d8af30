"""The model of a fit: priors of its parameters, and the NumPyro model that joins them to the data."""

from typing import Literal, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax.typing import ArrayLike

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.model import parameters, prior
from tlsjax.model.cut import CutLogNormal
from tlsjax.model.devices import Origin
from tlsjax.model.observation import Observations
from tlsjax.model.window import Window, no_window
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity

Values = dict[str, jax.Array]
"""Parameters by name, SI units."""

Likelihood = Literal["normal", "lognormal", "student"]
"""How values scatter around the prediction, other than averaged periodograms; see :func:`predict`."""
LIKELIHOODS: tuple[Likelihood, ...] = get_args(Likelihood)


class Model(eqx.Module):
    """Eq. 15 with one family of f(τ), and a prior for each of its parameters.

    Attributes:
        family: class of the distribution of relaxation times.
        priors: by name: ``nu``, ``omega_star``, ``eta``, ``lambda_f``, the family's own fields, and
            ``QUANTITY_scatter`` for each measured quantity, ``freedom`` of Student's t,
            ``calibration[FILE]``, and ``PARAMETER_spread`` for each that varies between devices.
        reference_current: bias current to which ω* refers, A; NaN where no table states a bias.
        window: relaxation times that the data reach; it only chooses coordinates.
        likelihood: how values scatter.
        origins: where each table comes from.
    """

    family: type[Relaxation] = eqx.field(static=True)
    priors: dict[str, prior.Prior]
    reference_current: jax.Array = eqx.field(converter=prior.number)
    window: Window = eqx.field(default_factory=no_window)
    likelihood: Likelihood = eqx.field(static=True, default="normal")
    origins: tuple[Origin, ...] = eqx.field(static=True, default=())

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every parameter's quantity, in the order of reports."""
        found = []
        for quantity in (*parameters.MATERIAL, *self.family.parameters()):
            found.append(quantity)
            if quantity in self.varying:
                found.append(parameters.spread(quantity))
                found += [parameters.of_device(quantity, device) for device in self.devices]
        measured = [name.removesuffix("_scatter") for name in self.priors if name.endswith("_scatter")]
        calibrated = [origin.calibration for origin in self.origins if origin.calibration]
        found += [*map(parameters.scatter, measured), parameters.FREEDOM]
        found += map(parameters.calibration, calibrated)
        each = {name for quantity in self.varying for name in self._of_each(quantity)}
        return tuple(quantity for quantity in found if quantity.name in self.priors or quantity.name in each)

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that are not fixed."""
        return tuple(
            q.name
            for q in self.quantities
            if not isinstance(self.priors.get(q.name), prior.Fixed | prior.Tied)
        )

    def is_tied(self, name: str) -> bool:
        """Whether a parameter is a multiple of another."""
        return isinstance(self.priors.get(name), prior.Tied)

    @property
    def devices(self) -> tuple[str, ...]:
        """Names of the devices; none where the fit is of one."""
        return tuple(dict.fromkeys(origin.device for origin in self.origins if origin.device))

    @property
    def varying(self) -> tuple[Quantity, ...]:
        """Parameters of which each device has its own."""
        own = (*parameters.MATERIAL, *self.family.parameters())
        return tuple(quantity for quantity in own if parameters.spread(quantity).name in self.priors)

    def _of_each(self, quantity: Quantity) -> tuple[str, ...]:
        return tuple(parameters.of_device(quantity, device).name for device in self.devices)

    def of_device(self, values: Values, device: str) -> Values:
        """The parameters with those of one device in the place of the population's; none where ''."""
        if not device:
            return values
        own = values | {q.name: values[parameters.of_device(q, device).name] for q in self.varying}
        more = {
            "amplitude": values["amplitude"] * own["nu"] / values["nu"],
            "omega_c": values["omega_c"] * own["omega_star"] / values["omega_star"],
        }
        return own | more

    def _of_points(self, values: Values, table: jax.Array) -> tuple[Values, jax.Array]:
        """Parameters at every point where devices differ, and the calibration factors, (N,) or scalar.

        A point of no table, −1, is of the population and has no calibration factor: last in either list.
        """
        if not self.origins:
            return values, jnp.ones(())
        factors = [values[o.calibration] if o.calibration else jnp.ones(()) for o in self.origins]
        factor = jnp.stack([*factors, jnp.ones(())])[table]
        if not self.varying:
            return values, factor
        several = [self.of_device(values, origin.device) for origin in self.origins] + [values]
        names = [quantity.name for quantity in self.varying] + ["amplitude", "omega_c"]
        return values | {name: jnp.stack([one[name] for one in several])[table] for name in names}, factor

    def relaxation(self, values: Values, temperature: jax.Array | None = None) -> Relaxation:
        """f(τ) at given parameters; where it depends on temperature, at that of the window unless given."""
        own = {quantity.name: values[quantity.name] for quantity in self.family.parameters()}
        if temperature is None and self.family.conditions():
            temperature = jnp.broadcast_to(self.window.temperature, jnp.shape(next(iter(own.values()))))
        return self.family(**own, **dict.fromkeys(self.family.conditions(), temperature))

    def mean(self, values: Values, observations: Observations) -> jax.Array:
        """Every point by Eq. 15, shape (N,); ν is that of the window's temperature."""
        own, factor = self._of_points(values, observations.table)
        here = self.relaxation(own, observations.temperature)
        amplitude = own["amplitude"]
        if self.family.conditions():
            amplitude = amplitude * here.weight / self.relaxation(own).weight
        return factor * observations.mean(amplitude=amplitude, omega_c=own["omega_c"], relaxation=here)


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
    for name in ("lambda_f", "eta"):
        values[name] = _sample(name, model.priors[name], values)
    for quantity in sorted(model.family.parameters(), key=lambda q: model.is_tied(q.name)):
        values[quantity.name] = _sample_shape(quantity, model, values)
    charge = ELEMENTARY_CHARGE * values["lambda_f"]
    root = jnp.sqrt(values["eta"])
    middle = model.window.omega_middle
    visible = middle * model.relaxation(values).kernel(middle)
    level = _sample("level", model.priors["nu"].scaled(charge**2 * visible), values)
    values["amplitude"] = numpyro.deterministic("amplitude", level / visible)
    values["omega_c"] = _sample("omega_c", model.priors["omega_star"].scaled(root), values)
    values["nu"] = numpyro.deterministic("nu", values["amplitude"] / charge**2)
    values["omega_star"] = numpyro.deterministic("omega_star", values["omega_c"] / root)
    for name in sorted(model.priors, key=lambda name: (model.is_tied(name), name)):
        if name.endswith(("_scatter", "_spread")) or name.startswith("calibration["):
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


def sites(model: Model, values: Values) -> Values:
    """Values at all sites of :func:`sample_parameters` for given parameters with ``amplitude``."""
    middle = model.window.omega_middle
    level = values["amplitude"] * middle * model.relaxation(values).kernel(middle)
    found = values | {"level": level}
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
        for lower, upper in model.family.ordered
        if name == upper and isinstance(model.priors[lower], prior.LogNormal)
    ]
    bound = quantity.above > 0.0
    if not isinstance(own, prior.LogNormal) or (edge is None and not below and not bound):
        return _sample(name, own, values)
    low = below[0] if below else jnp.asarray(quantity.above) if bound else None
    value: jax.Array = numpyro.sample(name, CutLogNormal(own, low, edge))
    return value


class Predicted(NamedTuple):
    """Distributions of all points at given parameters, in the order of the observations.

    Attributes:
        measured: of the points with an uncertainty or a fractional scatter.
        periodogram: of the averaged periodograms.
    """

    measured: dist.Distribution
    periodogram: dist.Gamma

    @property
    def mean(self) -> jax.Array:
        """Expected value of every point, shape (N,)."""
        return jnp.concatenate([self.measured.mean, self.periodogram.mean])

    @property
    def variance(self) -> jax.Array:
        """Variance of every point, shape (N,)."""
        return jnp.concatenate([self.measured.variance, self.periodogram.variance])

    def log_prob(self, value: jax.Array) -> jax.Array:
        """Log density of every point, shape (N,)."""
        split = self.measured.batch_shape[0]
        return jnp.concatenate(
            [self.measured.log_prob(value[:split]), self.periodogram.log_prob(value[split:])]
        )

    def sample(self, key: jax.Array) -> jax.Array:
        """One draw of every point, shape (N,)."""
        one, other = jax.random.split(key)
        return jnp.concatenate([self.measured.sample(one), self.periodogram.sample(other)])


def predict(model: Model, values: Values, observations: Observations) -> Predicted:
    """Distribution of every measured value at given parameters.

    Averaged periodograms are gamma distributed with as many degrees as averages (Whittle for one). All else
    scatters by s, the stated uncertainty and a fractional scatter of the prediction added in squares, around
    a mean that is the prediction: ``normal``; ``lognormal`` of the same mean and variance; ``student``, t of
    scale s with a free number of degrees of freedom, for which outliers count less.
    """
    mean = model.mean(values, observations)
    n = observations.normal
    scatter = observations.scatter(values)[:n] * mean[:n]
    spread = jnp.sqrt(observations.error[:n] ** 2 + scatter**2)
    averages = observations.averages[n:]
    measured = scattered(model.likelihood, mean[:n], spread, values.get("freedom"))
    return Predicted(measured, dist.Gamma(averages, averages / mean[n:]))


def scattered(
    likelihood: Likelihood, mean: ArrayLike, spread: ArrayLike, freedom: jax.Array | None
) -> dist.Distribution:
    """Distribution of measured values around their mean; see :func:`predict`."""
    if likelihood == "lognormal":
        variance = jnp.log1p((jnp.asarray(spread) / mean) ** 2)
        return dist.LogNormal(jnp.log(jnp.asarray(mean)) - 0.5 * variance, jnp.sqrt(variance))
    if likelihood == "student":
        return dist.StudentT(freedom, mean, spread)
    return dist.Normal(mean, spread)


def numpyro_model(model: Model, observations: Observations) -> None:
    """The NumPyro model, for this library's own fit and for anyone's sampler.

    Args:
        model: priors and family; a value changed in it recompiles nothing.
        observations: the data; their sites are ``measured`` and ``periodogram``.
    """
    predicted = predict(model, sample_parameters(model), observations)
    n = observations.normal
    for name, distribution, value in (
        ("measured", predicted.measured, observations.value[:n]),
        ("periodogram", predicted.periodogram, observations.value[n:]),
    ):
        if len(value):
            numpyro.sample(name, distribution.to_event(1), obs=value)
