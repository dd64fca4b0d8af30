"""Resonant two-level systems of dielectrics and interfaces, which a strong field saturates."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.numpy as jnp

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Reach, Values
from tlsjax.model.cut import Linear
from tlsjax.model.prior import LogNormal, Prior, number
from tlsjax.physics.resonant_tls import (
    SaturationForm,
    critical_number_lifetimes,
    critical_number_power,
    resonant_loss,
    resonant_shift,
    saturation,
)
from tlsjax.quantity import Quantity

Saturation = Literal["spread", "A", "B"]
"""How loss falls with photon number: a log-normal spread of n_c, or one n_c in form A or B."""
CriticalNumber = Literal["lifetimes", "power", "constant"]
"""How n_c goes with temperature: as 1/T₁T₂, as a power, or not at all."""

LOSS_TANGENT = Parameter(
    Quantity(
        "loss_tangent", "F tanδ₀", "1",
        "loss tangent times its share of the electric energy, cold and in a weak field", "Phillips 1987",
    ),
    lambda reach: LogNormal(number(1e-5), number(30.0)),
    own=True,
)  # fmt: skip


def _about_middle(reach: Reach) -> Prior:
    return LogNormal(reach.photons, number(1e3))


CRITICAL = Parameter(
    Quantity(
        "critical_photon_number", "n_c", "1",
        "photon number that halves the absorbed power, at the scale of its temperature law",
        "Gao 2008, chapter 5",
    ),
    _about_middle,
    own=True,
)  # fmt: skip
EXPONENT = Parameter(
    Quantity("saturation_exponent", "β", "1", "exponent of saturation; 1 for one field and one kind"),
    lambda reach: LogNormal(number(0.8), number(1.5)),
)
SPREAD = Parameter(
    Quantity("critical_number_spread", "s(ln n_c)", "1", "standard deviation of ln n_c between systems"),
    lambda reach: LogNormal(number(1.0), number(1.5)),
    linear=lambda values, reach: Linear(number(1.0), 2.0),
)
DEPHASING_EXPONENT = Parameter(
    Quantity("dephasing_exponent", "m", "1", "power of temperature with which dephasing grows"),
    lambda reach: LogNormal(number(2.0), number(1.5)),
)
DEPHASING_TEMPERATURE = Parameter(
    Quantity(
        "dephasing_temperature", "T₀", "K", "temperature at which the dephasing rate is 1/T₁(0)",
        shown_unit="mK", shown_factor=1e3,
    ),
    lambda reach: LogNormal(reach.temperature, number(3.0)),
    linear=lambda values, reach: Linear(0.25 * reach.temperature),
)  # fmt: skip
POWER = Parameter(
    Quantity("critical_number_exponent", "m_c", "1", "power of temperature with which n_c grows"),
    lambda reach: LogNormal(number(1.5), number(2.0)),
)


def _at_middle(values: Values, reach: Reach) -> jax.Array:
    return critical_number_lifetimes(
        reach.omega,
        temperature=reach.temperature,
        number=1.0,
        exponent=values["dephasing_exponent"],
        dephasing_temperature=values["dephasing_temperature"],
    )


class Resonant(Channel):
    """1/Q = F tanδ₀·tanh(ħω/2k_BT)·S(n/n_c), and its shift, which does not saturate.

    Attributes:
        saturation: ``"spread"``: ⟨[1 + (n/n_c)^β]^{−1/2}⟩ over log-normal n_c; ``"B"``: the same with one
            n_c; ``"A"``: (1 + n/n_c)^{−β/2}.
        critical_number: ``"lifetimes"``: n_c ∝ coth x·[½coth x + (T/T₀)^m], x = ħω/2k_BT; ``"power"``:
            n_c ∝ T^m_c, at the middle of the measured temperatures; ``"constant"``.
    """

    name: ClassVar[str] = "resonant"
    title: ClassVar[str] = "resonant TLS"
    saturation: Saturation = eqx.field(static=True, default="spread")
    critical_number: CriticalNumber = eqx.field(static=True, default="lifetimes")

    def parameters(self) -> tuple[Parameter, ...]:
        """F tanδ₀, n_c and its temperature law, β, and the spread where there is one."""
        law = {
            "lifetimes": (DEPHASING_EXPONENT, DEPHASING_TEMPERATURE),
            "power": (POWER,),
            "constant": (),
        }[self.critical_number]
        spread = (SPREAD,) if self.saturation == "spread" else ()
        return LOSS_TANGENT, self.felt(CRITICAL), *law, *spread, EXPONENT

    def felt(self, critical: Parameter) -> Parameter:
        """n_c's scale, sampled as n_c in the middle of the temperatures where its law has a scale too."""
        if self.critical_number != "lifetimes":
            return critical
        law = DEPHASING_EXPONENT.quantity.name, DEPHASING_TEMPERATURE.quantity.name
        return critical._replace(factor=_at_middle, factors=law)

    def loss(self, values: Values, at: Place) -> Loss:
        """See the class."""
        weak = resonant_loss(at.omega, temperature=at.temperature, loss_tangent=values["loss_tangent"])
        share = self.saturating(values, at, values["critical_photon_number"])
        return lambda photons: weak * share(photons)

    def shift(self, values: Values, at: Place) -> jax.Array:
        """(F tanδ₀/π){Re ψ(½ + ħω/2πik_BT) − ln(ħω/2πk_BT)}."""
        return resonant_shift(at.omega, temperature=at.temperature, loss_tangent=values["loss_tangent"])

    def saturating(self, values: Values, at: Place, number: jax.Array) -> Loss:
        """S of the photon number, n_c being ``number`` at the scale of its temperature law."""
        critical = self._critical(values, at, number)
        spread = values["critical_number_spread"] if self.saturation == "spread" else None
        form: SaturationForm = "A" if self.saturation == "A" else "B"
        exponent = values["saturation_exponent"]
        return lambda photons: saturation(
            photons / critical, exponent=exponent, form=form, spread=spread, accuracy="fit"
        )

    def _critical(self, values: Values, at: Place, number: jax.Array) -> jax.Array:
        if self.critical_number == "lifetimes":
            return critical_number_lifetimes(
                at.omega,
                temperature=at.temperature,
                number=number,
                exponent=values["dephasing_exponent"],
                dephasing_temperature=values["dephasing_temperature"],
            )
        if self.critical_number == "power":
            return critical_number_power(
                at.temperature,
                number=number,
                exponent=values["critical_number_exponent"],
                reference_temperature=at.reach.temperature,
            )
        return jnp.broadcast_to(number, at.omega.shape)
