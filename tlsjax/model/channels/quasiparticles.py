"""The superconductor itself: quasiparticles, and kinetic inductance that grows with a bias."""

from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Reach, Values, constantly
from tlsjax.model.cut import Linear
from tlsjax.model.prior import Fixed, LogNormal, LogUniform, number
from tlsjax.model.window import Edge
from tlsjax.physics.mattis_bardeen import GAP_RATIO, quasiparticle_loss, quasiparticle_shift
from tlsjax.quantity import Quantity

_UNSEEN = 4.0
"""E-folds below the measured loss at which a share of it is no longer seen."""


def _at_warmest(values: Values, reach: Reach) -> Linear:
    """T_c at a given loss at the warmest temperature, about γα_k·e^{−Δ/k_BT}.

    Data forbid a loss above what they measured and do not care for one far below: a wall, then a plain.
    """
    shares = [jnp.log(x) for name, x in values.items() if name.partition("[")[0] == "kinetic_fraction"]
    share = sum(shares, jnp.zeros(())) / max(len(shares), 1)
    shift = (share - jnp.log(reach.loss)) / GAP_RATIO - 1.0
    return Linear(reach.warmest, shift=shift, edge=Edge(number(1.0), number(_UNSEEN), 1), rate=GAP_RATIO)


CRITICAL_TEMPERATURE = Parameter(
    Quantity("critical_temperature", "T_c", "K", "critical temperature of the superconductor"),
    lambda reach: LogNormal(number(4.0), number(2.5)),
    above=lambda reach: reach.warmest,
    linear=_at_warmest,
)
KINETIC_FRACTION = Parameter(
    Quantity(
        "kinetic_fraction", "γα_k", "1",
        "share of the inductance that is kinetic, times 1 for a thin film, ½ or ⅓ for a thick one",
        "Gao 2008, chapter 2", support="fraction",
    ),
    lambda reach: LogUniform(number(1e-4), number(1.0)),
    own=True,
)  # fmt: skip
RATIO = Parameter(
    Quantity(
        "gap_ratio", "Δ₀/k_B T_c", "1", "gap over critical temperature", "Bardeen, Cooper, Schrieffer 1957"
    ),
    lambda reach: Fixed(number(GAP_RATIO)),
)
NONLINEARITY_CURRENT = Parameter(
    Quantity(
        "nonlinearity_current", "I_*", "A", "bias at which the kinetic inductance would be doubled",
        "Zmuidzinas 2012", shown_unit="µA", shown_factor=1e6,
    ),
    lambda reach: LogNormal(number(1e-3), number(30.0)),
    own=True,
)  # fmt: skip


class Quasiparticles(Channel):
    """Mattis–Bardeen: 1/Q = γα_kσ₁/σ₂, δf/f = (γα_k/2)[σ₂(T) − σ₂(0)]/σ₂(0)."""

    name: ClassVar[str] = "quasiparticles"
    title: ClassVar[str] = "quasiparticles"

    def parameters(self) -> tuple[Parameter, ...]:
        """T_c, γα_k and Δ₀/k_BT_c, which is fixed unless freed."""
        return CRITICAL_TEMPERATURE, KINETIC_FRACTION, RATIO

    def loss(self, values: Values, at: Place) -> Loss:
        """See :func:`tlsjax.physics.mattis_bardeen.quasiparticle_loss`."""
        return constantly(values["kinetic_fraction"] * self._share(quasiparticle_loss, values, at))

    def shift(self, values: Values, at: Place) -> jax.Array:
        """See :func:`tlsjax.physics.mattis_bardeen.quasiparticle_shift`."""
        return values["kinetic_fraction"] * self._share(quasiparticle_shift, values, at)

    def _share(self, of: Callable[..., jax.Array], values: Values, at: Place) -> jax.Array:
        """For γα_k = 1, once a cell."""
        cells = at.cells
        own = {name: values[name] for name in ("critical_temperature", "gap_ratio")}
        found = of(cells.omega, temperature=cells.temperature, kinetic_fraction=1.0, accuracy="fit", **own)
        return found[cells.of_point]


class KineticInductance(Channel):
    """δf/f = −(γα_k/2)(I/I_*)²: the kinetic inductance grows with the supercurrent, and loses nothing."""

    name: ClassVar[str] = "kinetic_inductance"
    title: ClassVar[str] = "kinetic inductance under bias"
    needs: ClassVar[tuple[str, ...]] = ("bias_current",)

    def parameters(self) -> tuple[Parameter, ...]:
        """γα_k, shared with quasiparticles, and I_*."""
        return KINETIC_FRACTION, NONLINEARITY_CURRENT

    def shift(self, values: Values, at: Place) -> jax.Array:
        """See the class; I_* = I_d/√c, c = 0.409 at T = 0 in the dirty limit, I_d the depairing current."""
        return -0.5 * values["kinetic_fraction"] * (at.bias / values["nonlinearity_current"]) ** 2
