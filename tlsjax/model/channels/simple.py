"""Losses without a theory: a constant, and one that rises with the drive."""

from typing import ClassVar

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Values, constantly
from tlsjax.model.prior import LogNormal, number
from tlsjax.quantity import Quantity

CONSTANT = Parameter(
    Quantity("constant_loss", "1/Q₀", "1", "loss that depends on nothing: radiation, vortices, the package"),
    lambda reach: LogNormal(number(1e-6), number(30.0)),
    own=True,
    per_run=True,
)
DRIVE = Parameter(
    Quantity("drive_loss", "a", "1", "loss that rises with the photon number, at the middle of its values"),
    lambda reach: LogNormal(number(1e-7), number(30.0)),
    own=True,
)
RISE = Parameter(
    Quantity("drive_exponent", "p", "1", "power of the photon number with which it rises"),
    lambda reach: LogNormal(number(0.5), number(1.5)),
)


class Constant(Channel):
    """1/Q₀."""

    name: ClassVar[str] = "constant"
    title: ClassVar[str] = "constant"
    needs: ClassVar[tuple[str, ...]] = ()

    def parameters(self) -> tuple[Parameter, ...]:
        """1/Q₀."""
        return (CONSTANT,)

    def loss(self, values: Values, at: Place) -> Loss:
        """See the class."""
        return constantly(values["constant_loss"])


class Drive(Channel):
    """1/Q = a(n/n_m)^p, n_m in the middle of the measured photon numbers: heating, weak links."""

    name: ClassVar[str] = "drive"
    title: ClassVar[str] = "rising with the drive"
    needs: ClassVar[tuple[str, ...]] = ()

    def parameters(self) -> tuple[Parameter, ...]:
        """a and p."""
        return DRIVE, RISE

    def loss(self, values: Values, at: Place) -> Loss:
        """See the class."""
        size, power, middle = values["drive_loss"], values["drive_exponent"], at.reach.photons
        return lambda photons: size * (photons / middle) ** power
