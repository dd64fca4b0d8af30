"""Relaxation by phonons of the same two-level systems that absorb resonantly."""

from collections.abc import Callable
from typing import ClassVar

import jax

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Values, constantly
from tlsjax.model.channels.resonant import LOSS_TANGENT
from tlsjax.model.prior import LogNormal, number
from tlsjax.physics.resonant_tls import phonon_loss, phonon_shift
from tlsjax.quantity import Quantity

RATE = Parameter(
    Quantity(
        "phonon_rate", "γ", "1/(s K^3)", "rate of relaxation by one phonon over (E/k_B)³", "Jäckle 1972"
    ),
    lambda reach: LogNormal(number(1e8), number(10.0)),
)


class Phonons(Channel):
    """Tunnelling model: the F tanδ₀ of resonant absorption, plateau F tanδ₀/2, ∝ γT³ below; no saturation."""

    name: ClassVar[str] = "phonons"
    title: ClassVar[str] = "TLS relaxing by phonons"

    def parameters(self) -> tuple[Parameter, ...]:
        """F tanδ₀, shared with resonant absorption, and γ."""
        return LOSS_TANGENT, RATE

    def loss(self, values: Values, at: Place) -> Loss:
        """See :func:`tlsjax.physics.resonant_tls.phonon_loss`."""
        return constantly(values["loss_tangent"] * self._share(phonon_loss, values, at))

    def shift(self, values: Values, at: Place) -> jax.Array:
        """See :func:`tlsjax.physics.resonant_tls.phonon_shift`."""
        return values["loss_tangent"] * self._share(phonon_shift, values, at)

    def _share(self, of: Callable[..., jax.Array], values: Values, at: Place) -> jax.Array:
        """For F tanδ₀ = 1, once a cell."""
        cells = at.cells
        found = of(
            cells.omega,
            temperature=cells.temperature,
            loss_tangent=1.0,
            rate=values["phonon_rate"],
            accuracy="fit",
        )
        return found[cells.of_point]
