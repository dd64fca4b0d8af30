"""Resonant two-level systems inside the film, whose coupling the superflow enhances."""

from typing import ClassVar

import jax

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Values
from tlsjax.model.channels.resonant import Resonant
from tlsjax.model.prior import LogNormal, number
from tlsjax.physics.resonant_tls import film_resonant_dissipation, film_resonant_reaction
from tlsjax.quantity import Quantity

AMPLITUDE = Parameter(
    Quantity(
        "resonant_amplitude", "A/Λ", "S s",
        "P₀L_z⟨d∥²⟩: A of Eq. 15 a unit of ln τ, of the systems that absorb resonantly", "Eq. 15",
    ),
    lambda reach: LogNormal(number(1e-21), number(30.0)),
)  # fmt: skip
CRITICAL = Parameter(
    Quantity("film_critical_photon_number", "n_c(film)", "1", "critical photon number of those in the film"),
    lambda reach: LogNormal(reach.photons, number(1e3)),
    own=True,
)


class FilmResonant(Channel):
    """σ₁ = π(A/Λ)ω tanh(ħω/2k_BT)[1 + (ω_c/ω)²cos²θ]·S through the kinetic inductance, and its shift.

    ω_c is that of Eq. 15, which must be in the budget as ``film``. Approximate where saturated: every system
    has its own coupling.

    Attributes:
        saturates: how; its temperature law and spread are those of the dielectric's systems.
    """

    name: ClassVar[str] = "film_resonant"
    title: ClassVar[str] = "resonant TLS in the film"
    needs: ClassVar[tuple[str, ...]] = ("temperature", "kinetic_inductance", "kinetic_fraction")
    saturates: Resonant = Resonant()

    def parameters(self) -> tuple[Parameter, ...]:
        """A/Λ, n_c in the film, and the law of saturation."""
        own = ("loss_tangent", "critical_photon_number")
        law = (p for p in self.saturates.parameters() if p.quantity.name not in own)
        return AMPLITUDE, self.saturates.felt(CRITICAL), *law

    def loss(self, values: Values, at: Place) -> Loss:
        """See :func:`tlsjax.physics.resonant_tls.film_resonant_dissipation`."""
        weak = at.per_sheet * film_resonant_dissipation(at.omega, **self._own(values, at))
        share = self.saturates.saturating(values, at, values["film_critical_photon_number"])
        return lambda photons: weak * share(photons)

    def shift(self, values: Values, at: Place) -> jax.Array:
        """See :func:`tlsjax.physics.resonant_tls.film_resonant_reaction`."""
        return 0.5 * at.per_sheet * film_resonant_reaction(at.omega, **self._own(values, at))

    def _own(self, values: Values, at: Place) -> dict[str, jax.Array]:
        return {
            "amplitude": values["resonant_amplitude"],
            "log_span": number(1.0),
            "temperature": at.temperature,
            "omega_c_squared": (values["omega_c"] * at.current_ratio) ** 2,
            "angle": at.angle,
        }
