"""A loss budget: channels that add, and what they say of every point."""

from collections.abc import Callable, Mapping, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.model.channels import Channel, Parameter, Place, Reach
from tlsjax.model.drive_level import Level
from tlsjax.model.observation import Observations
from tlsjax.model.points import PhotonSource
from tlsjax.model.prior import LogNormal, Normal, number
from tlsjax.physics.photon_number import Geometry, self_consistent_photon_number
from tlsjax.quantity import Quantity

FILM = "film"
"""Eq. 15 through the kinetic inductance, by the name that it has among channels."""

OFFSET = Parameter(
    Quantity(
        "shift_offset", "δ₀", "1", "δf/f at T = 0 without bias, relative to the table's reference frequency",
        support="real",
    ),
    lambda reach: Normal(number(0.0), 3.0 * reach.shift),
    own=True,
    per_run=True,
)  # fmt: skip
FLOOR = Parameter(
    Quantity(
        "frequency_shift_floor", "s₀(δf/f)", "1",
        "scatter of δf/f beyond its stated uncertainty, where it is small",
    ),
    lambda reach: LogNormal(0.01 * reach.shift, number(10.0)),
)  # fmt: skip

POWER_OFFSET = Parameter(
    Quantity(
        "power_offset", "ΔP", "1", "power at the device beyond what tables say, in dB", support="real",
        shown_unit="dB",
    ),
    lambda reach: Normal(number(0.0), number(10.0)),
)  # fmt: skip


class Budget(eqx.Module):
    """Channels besides Eq. 15, and how the drive is known.

    Attributes:
        channels: in the order of reports.
        photons: where a photon number comes from that tables give as power.
        geometry: how the resonator is coupled.
        power_offset: whether powers are right but for a common factor, which is a parameter.
    """

    channels: tuple[Channel, ...]
    photons: PhotonSource = eqx.field(static=True, default="measured")
    geometry: Geometry = eqx.field(static=True, default="hanger")
    power_offset: bool = eqx.field(static=True, default=False)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Of all channels, each once."""
        every = {p.quantity.name: p for channel in self.channels for p in channel.parameters()}
        return (*every.values(), *((POWER_OFFSET,) if self.power_offset else ()))

    @property
    def needs(self) -> tuple[str, ...]:
        """What a table must state."""
        return tuple(dict.fromkeys(name for channel in self.channels for name in channel.needs))

    def losses(
        self, values: Mapping[str, jax.Array], at: Place, level: Level, film: jax.Array, *, solve: bool
    ) -> dict[str, jax.Array]:
        """1/Q of every channel by name, (N,) each.

        Args:
            values: parameters, each scalar or (N,).
            at: the points.
            level: how strongly they are driven.
            film: 1/Q by Eq. 15, which belongs to the sum that lets photons in.
            solve: whether the level leaves any photon number to be solved for.
        """
        each = {channel.name: channel.loss(values, at) for channel in self.channels}
        if self.power_offset:
            level = level.moved(values["power_offset"])
        photons = level.photons
        if solve:
            photons = _solved(level, lambda n: film + sum(one(n) for one in each.values()))
        return {name: jnp.broadcast_to(one(photons), film.shape) for name, one in each.items()}

    def shift(self, values: Mapping[str, jax.Array], at: Place) -> jax.Array:
        """δf/f of all channels together, (N,)."""
        nothing = jnp.zeros_like(at.omega)
        return sum((channel.shift(values, at) for channel in self.channels), nothing)


def _solved(level: Level, loss: Callable[[jax.Array], jax.Array]) -> jax.Array:
    """Photon numbers as known, else those at which the loss lets as many photons in."""
    known = jnp.isfinite(level.photons)
    lossless, coupling = (jnp.where(known, 1.0, x) for x in (level.lossless, level.coupling_quality))
    found = self_consistent_photon_number(lossless, loss=loss, coupling_quality=coupling)
    return jnp.where(known, jnp.where(known, level.photons, 0.0), found)


def place(observations: Observations, picked: NDArray[np.int64], reach: Reach) -> Place:
    """Where the picked points lie."""
    o = observations
    arrays = (o.omega, o.temperature, o.bias, o.current_ratio, o.angle, o.scale)
    omega, temperature, bias, ratio, angle, scale = (x[picked] for x in arrays)
    cells = eqx.tree_at(lambda cells: cells.of_point, o.cells, o.cells.of_point[picked])
    return Place(omega, temperature, bias, ratio, angle, scale, cells, reach)


def reach_of(spectra: Sequence[Spectrum], levels: Sequence[Level]) -> Reach:
    """What the tables reach; ``levels`` are those of the losses."""
    warm = _every(spectra, "temperature")
    photons = np.concatenate([np.zeros(0), *(np.asarray(level.photons) for level in levels)])
    lossless = np.concatenate([np.zeros(0), *(np.asarray(level.lossless) for level in levels)])
    photons = np.where(np.isnan(photons), lossless, photons)
    photons = photons[np.isfinite(photons) & (photons > 0.0)]
    omega = _middle(2.0 * np.pi * _every(spectra, "frequency"), float("nan"))
    temperature, warmest = _middle(warm, float("nan")), warm.max(initial=0.0)
    largest = (_largest(spectra, name) for name in ("frequency_shift", "loss"))
    return Reach(*map(number, (omega, temperature, warmest, _middle(photons, 1.0), *largest)))


def no_reach() -> Reach:
    """Where there are no data."""
    return Reach(*map(number, (float("nan"), float("nan"), 0.0, 1.0, 1.0, 1.0)))


def _every(spectra: Sequence[Spectrum], name: str) -> NDArray[np.float64]:
    stated = [values for values in (s.condition(name) for s in spectra) if values is not None]
    return np.concatenate([np.zeros(0), *stated])


def _largest(spectra: Sequence[Spectrum], name: str) -> float:
    sizes = np.abs(np.concatenate([np.zeros(0), *(s.columns[name] for s in spectra if name in s.columns)]))
    return float(np.nanmax(sizes)) if np.any(sizes > 0) else 1.0


def _middle(values: NDArray[np.float64], unless: float) -> float:
    return float(np.sqrt(values.min() * values.max())) if len(values) else unless
