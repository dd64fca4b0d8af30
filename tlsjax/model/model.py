"""The model of a fit: its physics, and a prior for each of its parameters."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.model import parameters, prior
from tlsjax.model.budget import FILM, FLOOR, OFFSET, Budget, no_reach, place
from tlsjax.model.channels import Parameter, Reach
from tlsjax.model.devices import Origin
from tlsjax.model.free_form import Smooth
from tlsjax.model.observation import Observations
from tlsjax.model.points import View
from tlsjax.model.window import Window, no_window
from tlsjax.physics.complex_conductivity import reaction
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity

Values = dict[str, jax.Array]
"""Parameters by name, SI units."""

Likelihood = Literal["normal", "lognormal", "student"]
"""How values scatter around the prediction, other than averaged periodograms; see :func:`predict`."""
LIKELIHOODS: tuple[Likelihood, ...] = get_args(Likelihood)

_MOST_ALIKE = 0.8


class Model(eqx.Module):
    """Eq. 15 with one family of f(τ), a loss budget, or both, and a prior for each parameter.

    Attributes:
        family: class of the distribution of relaxation times; None where Eq. 15 is not in the model.
        priors: by name: ``nu``, ``omega_star``, ``eta``, ``lambda_f``, the family's own fields, those of the
            budget's channels, ``QUANTITY_scatter`` of each measured quantity, ``freedom`` of Student's t,
            ``calibration[FILE]``, ``PARAMETER_spread`` for each that varies between devices around a common
            value, and ``PARAMETER[DEVICE]`` for each that every device has for itself.
        reference_current: bias current to which ω* refers, A; NaN where no table states a bias.
        window: relaxation times that the data reach; it only chooses coordinates.
        likelihood: how values scatter.
        origins: where each table comes from.
        budget: the channels besides Eq. 15; None where there are none.
        reach: what the data reach of temperatures, photon numbers and shifts.
        runs: their numbers, where the tables are of several.
        correlation: r of a residual with the one before it in its sweep, by quantity; NaN until a fit finds
            it, which says what a point counts (:meth:`weights`).
        smooth: prior of an f(τ) without a formula; None where the family has one.
    """

    family: type[Relaxation] | None = eqx.field(static=True)
    priors: dict[str, prior.Prior]
    reference_current: jax.Array = eqx.field(converter=prior.number)
    window: Window = eqx.field(default_factory=no_window)
    likelihood: Likelihood = eqx.field(static=True, default="normal")
    origins: tuple[Origin, ...] = eqx.field(static=True, default=())
    budget: Budget | None = None
    reach: Reach = eqx.field(default_factory=no_reach)
    runs: tuple[int, ...] = eqx.field(static=True, default=())
    correlation: dict[str, jax.Array] = eqx.field(default_factory=dict)
    smooth: Smooth | None = None

    @property
    def view(self) -> View:
        """How this model looks at tables; of concrete numbers only."""
        reference, budget = float(self.reference_current), self.budget
        if budget is None:
            return View(reference)
        return View(reference, self.family is not None, budget.needs, budget.photons, budget.geometry)

    @property
    def material(self) -> tuple[Quantity, ...]:
        """Parameters of Eq. 15, where it is in the model."""
        return () if self.family is None else (*parameters.MATERIAL, *self.family.parameters())

    @property
    def channel_parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the budget, and of a measured shift."""
        found = () if self.budget is None else self.budget.parameters
        shifted = any(name.partition("[")[0] == OFFSET.quantity.name for name in self.priors)
        return (*found, OFFSET) if shifted else found

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every parameter's quantity, in the order of reports."""
        found = []
        for quantity in self.material:
            found.append(quantity)
            if quantity in self.varying:
                found.append(parameters.spread(quantity))
                found += [parameters.of_device(quantity, device) for device in self.devices]
        for one in self.channel_parameters:
            found += one.each(self.devices, self.runs)
        # sorted, as JAX sorts what it takes apart and puts together
        measured = sorted(name.removesuffix("_scatter") for name in self.priors if name.endswith("_scatter"))
        calibrated = [origin.calibration for origin in self.origins if origin.calibration]
        found += [*map(parameters.scatter, measured), FLOOR.quantity, parameters.FREEDOM]
        found += map(parameters.calibration, calibrated)
        each = {name for quantity in self.varying for name in self._of_each(quantity)}
        return tuple(quantity for quantity in found if quantity.name in self.priors or quantity.name in each)

    @property
    def reported(self) -> tuple[Quantity, ...]:
        """Every quantity of a report: parameters, then what follows from them."""
        return (*self.quantities, *(() if self.family is None else parameters.COMBINATIONS))

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
        """Parameters that differ between devices around a common value."""
        return tuple(q for q in self.material if parameters.spread(q).name in self.priors)

    def _of_each(self, quantity: Quantity) -> tuple[str, ...]:
        return tuple(parameters.of_device(quantity, device).name for device in self.devices)

    def of_device(self, values: Values, device: str) -> Values:
        """The parameters with those of one device in the place of the population's; none where ''."""
        if not device:
            return values
        own = values | {q.name: values[parameters.of_device(q, device).name] for q in self.varying}
        for one in self.channel_parameters:
            if one.own:
                shared, its = one.each((), self.runs), one.each((device,), self.runs)
                own |= {q.name: values[p.name] for q, p in zip(shared, its, strict=True)}
        if self.family is None:
            return own
        more = {
            "amplitude": values["amplitude"] * own["nu"] / values["nu"],
            "omega_c": values["omega_c"] * own["omega_star"] / values["omega_star"],
        }
        return own | more

    def _of_points(self, values: Values, observations: Observations) -> tuple[Values, jax.Array]:
        """Parameters at every point where devices or runs differ, and calibration factors, (N,) or scalar.

        A point of no table, −1, is of the population and has no calibration factor: last in either list.
        """
        table = observations.table
        if not self.origins:
            return values | self._of_runs([values], jnp.zeros_like(table), observations.run), jnp.ones(())
        factors = [values[o.calibration] if o.calibration else jnp.ones(()) for o in self.origins]
        factor = jnp.stack([*factors, jnp.ones(())])[table]
        own = [one for one in self.channel_parameters if one.own and self.devices]
        channels = [q.name for one in own for q in one.each((), self.runs)]
        names = [*(quantity.name for quantity in self.varying), *channels]
        several = [self.of_device(values, origin.device) for origin in self.origins]
        # without a device there is no own parameter of any: the first device's stands in its place
        several.append(several[0] | {name: values.get(name, several[0][name]) for name in names})
        if names and self.family is not None:
            names += ["amplitude", "omega_c"]
            several[-1] |= {name: values[name] for name in ("amplitude", "omega_c")}
        at_points = values | {name: jnp.stack([one[name] for one in several])[table] for name in names}
        return at_points | self._of_runs(several, table, observations.run), factor

    def _of_runs(self, several: Sequence[Values], table: jax.Array, run: jax.Array) -> Values:
        """What differs between runs at every point, from the parameters of each table."""
        found: Values = {}
        which = jnp.searchsorted(jnp.asarray(self.runs or (0,)), run)
        for one in self.channel_parameters:
            if one.per_run and self.runs:
                each = [[own[q.name] for q in one.each((), self.runs)] for own in several]
                found[one.quantity.name] = jnp.asarray(each)[table, which]
        return found

    def relaxation(self, values: Values, temperature: jax.Array | None = None) -> Relaxation:
        """f(τ) at given parameters; where it depends on temperature, at that of the window unless given.

        Raises:
            ValueError: Eq. 15 is not in the model.
        """
        if self.family is None:
            raise ValueError("this model has no distribution of relaxation times")
        own = {quantity.name: values[quantity.name] for quantity in self.family.parameters()}
        if temperature is None and self.family.conditions():
            temperature = jnp.broadcast_to(self.window.temperature, jnp.shape(next(iter(own.values()))))
        given: dict[str, Any] = dict.fromkeys(self.family.conditions(), temperature)
        if self.smooth is not None:
            given["free_form"] = self.smooth.form(values["weights"])
        return self.family.made(own | given)

    def derived(self, values: Values, window: jax.Array) -> Values:
        """The parameters with what follows from them; see :func:`tlsjax.model.parameters.combine`."""
        if self.family is None:
            return values
        return values | parameters.combine(values, self.relaxation(values), window)

    def mean(self, values: Values, observations: Observations) -> jax.Array:
        """Every point, shape (N,): Eq. 15, ν being that of the window's temperature, and the channels."""
        own, factor = self._of_points(values, observations)
        mean = self._film(own, observations)
        if self.budget is not None:
            mean = _add_losses(mean, self.budget, own, observations, self.reach)
            mean = _add_shifts(mean, self.budget, own, observations, self.reach)
        return factor * mean

    def correlations(self, observations: Observations) -> jax.Array:
        """r of every point with the one before it in its sweep, 0 where there is none, (N,)."""
        each = [
            jnp.broadcast_to(jnp.nan_to_num(self.correlation.get(quantity, jnp.zeros(()))), (count,))
            for quantity, count in zip(observations.quantities, observations.counts, strict=True)
        ]
        return jnp.concatenate(each)

    def weights(self, observations: Observations) -> jax.Array:
        """What each point counts, (N,): (1 − r)/(1 + r), for r up to 0.8.

        A mean over points whose residuals are an autoregression of first order has (1 + r)/(1 − r) times the
        variance of one over independent points. With larger r the model's shape is off, for which no weight
        makes up.
        """
        r = jnp.minimum(self.correlations(observations), _MOST_ALIKE)
        return (1.0 - r) / (1.0 + r)

    def losses(self, values: Values, observations: Observations) -> Values:
        """1/Q of every channel at every point, (N,) each, where all points are losses.

        Raises:
            ValueError: there is no loss budget.
        """
        if self.budget is None:
            raise ValueError("this model has no loss budget")
        own, _ = self._of_points(values, observations)
        film = self._film(own, observations)
        at = place(observations, observations.where("loss"), self.reach)
        each = self.budget.losses(own, at, observations.level, film, solve=observations.solved)
        return each if self.family is None else {FILM: film, **each}

    def _film(self, own: Values, observations: Observations) -> jax.Array:
        """Eq. 15 at every point; 0 where it is not in the model."""
        if self.family is None:
            return jnp.zeros_like(observations.omega)
        here = self.relaxation(own, observations.temperature)
        amplitude = own["amplitude"]
        if self.family.conditions():
            amplitude = amplitude * here.weight / self.relaxation(own).weight
        mean = observations.sheet(amplitude=amplitude, omega_c=own["omega_c"], relaxation=here)
        shifts = observations.where("frequency_shift")
        if not len(shifts):
            return mean
        moved = reaction(
            observations.omega,
            amplitude=amplitude,
            omega_c_squared=(own["omega_c"] * observations.current_ratio) ** 2,
            relaxation=here,
            angle=observations.angle,
        )
        return mean.at[shifts].set((0.5 * observations.scale * moved)[shifts])


def _at(own: Values, picked: NDArray[np.int64]) -> Values:
    """Parameters at the picked points; those that all points share stay scalars."""
    shared = ("innovations", "ends", "weights")
    return {name: x[picked] if jnp.ndim(x) and name not in shared else x for name, x in own.items()}


def _add_losses(
    mean: jax.Array, budget: Budget, own: Values, observations: Observations, reach: Reach
) -> jax.Array:
    picked = observations.where("loss")
    if not len(picked):
        return mean
    level = jax.tree.map(lambda x: x[picked], observations.level)
    at = place(observations, picked, reach)
    each = budget.losses(_at(own, picked), at, level, mean[picked], solve=observations.solved)
    return mean.at[picked].add(sum(each.values()))


def _add_shifts(
    mean: jax.Array, budget: Budget, own: Values, observations: Observations, reach: Reach
) -> jax.Array:
    picked = observations.where("frequency_shift")
    if not len(picked):
        return mean
    here = _at(own, picked)
    shift = budget.shift(here, place(observations, picked, reach)) + here["shift_offset"]
    return mean.at[picked].add(shift)
