"""What a channel of a loss budget is, and what it is told of the points."""

import abc
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from tlsjax.model.cut import Linear
from tlsjax.model.observation import Cells
from tlsjax.model.parameters import of_device, of_run
from tlsjax.model.prior import Prior, number
from tlsjax.quantity import Quantity

Values = Mapping[str, jax.Array]
Loss = Callable[[jax.Array], jax.Array]
"""1/Q of the photon number, elementwise."""


class Reach(eqx.Module):
    """What the points of a fit reach; priors and reference points are taken from it. Scalars, SI units.

    Attributes:
        omega: geometric middle of the angular frequencies, rad/s.
        temperature: geometric middle of the temperatures, K.
        warmest: the highest of them, K.
        photons: geometric middle of the photon numbers; 1 where none is known.
        shift: largest |δf/f|; 1 where none was measured.
        loss: largest 1/Q; likewise.
    """

    omega: jax.Array = eqx.field(converter=number)
    temperature: jax.Array = eqx.field(converter=number)
    warmest: jax.Array = eqx.field(converter=number)
    photons: jax.Array = eqx.field(converter=number)
    shift: jax.Array = eqx.field(converter=number)
    loss: jax.Array = eqx.field(converter=number)


class Place(NamedTuple):
    """Where points lie, arrays of shape (N,), SI units.

    Attributes:
        omega: angular frequency, rad/s.
        temperature: K.
        bias: |I|, A; NaN where the table does not say.
        current_ratio: the same over the reference current.
        angle: between ac field and supercurrent, rad.
        per_sheet: 1/Q over sheet conductivity, α_kωL□, 1/S; NaN where the table does not say.
        cells: points at one temperature and frequency, for what is slow to compute.
        reach: of the whole fit.
    """

    omega: jax.Array
    temperature: jax.Array
    bias: jax.Array
    current_ratio: jax.Array
    angle: jax.Array
    per_sheet: jax.Array
    cells: Cells
    reach: Reach


class Parameter(NamedTuple):
    """One parameter of a channel.

    Attributes:
        quantity: what it is.
        prior: its prior, unless the user has another.
        own: whether each device has its own; else all share it.
        per_run: whether each run has its own, where tables are of several.
        above: what it must exceed, of the points.
        linear: the coordinate in which a log-normal prior is sampled, where the points feel the value itself
            rather than its logarithm; of parameters sampled before.
        factor: what times the parameter the points feel in their middle; that product is sampled.
        factors: names of the parameters of which ``factor`` is a function.
    """

    quantity: Quantity
    prior: Callable[[Reach], Prior]
    own: bool = False
    per_run: bool = False
    above: Callable[[Reach], jax.Array] | None = None
    linear: Callable[[Values, Reach], Linear] | None = None
    factor: Callable[[Values, Reach], jax.Array] | None = None
    factors: tuple[str, ...] = ()

    def each(self, devices: tuple[str, ...], runs: tuple[int, ...]) -> tuple[Quantity, ...]:
        """The quantity, or that of every device and run which has its own."""
        found: tuple[Quantity, ...] = (self.quantity,)
        if self.own and devices:
            found = tuple(of_device(one, device) for one in found for device in devices)
        if self.per_run and runs:
            found = tuple(of_run(one, run) for one in found for run in runs)
        return found


class Channel(eqx.Module):
    """One way in which a resonator loses energy and shifts. Fields are structure, parameters are values."""

    known: ClassVar[dict[str, type["Channel"]]] = {}
    """Every channel by the name that model files use."""
    name: ClassVar[str]
    title: ClassVar[str]
    """In words, for reports."""
    needs: ClassVar[tuple[str, ...]] = ("temperature",)
    """Conditions and constants that a table must state."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Channel.known[cls.name] = cls

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """What it depends on; channels may share a parameter."""

    def loss(self, values: Values, at: Place) -> Loss:
        """1/Q as a function of the photon number; what does not depend on that is computed once.

        Args:
            values: parameters by name, each scalar or (N,).
            at: the points.
        """
        none = jnp.zeros_like(at.omega)
        return lambda photons: none

    def shift(self, values: Values, at: Place) -> jax.Array:
        """δf/f relative to T = 0 without bias, shape (N,)."""
        return jnp.zeros_like(at.omega)


def constantly(loss: jax.Array) -> Loss:
    """A loss that does not depend on the photon number."""
    return lambda photons: loss
