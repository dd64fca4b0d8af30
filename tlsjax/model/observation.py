"""From tables to the arrays that a likelihood compares with Eq. 15."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.physics.conductivity import dissipation
from tlsjax.physics.loss import resonator_loss
from tlsjax.physics.noise import fluctuation_dissipation
from tlsjax.physics.relaxation import Relaxation

_EXAMPLES = {
    "width": "2 um",
    "length": "200 um",
    "kinetic_inductance": "50 pH",
    "kinetic_fraction": "0.9",
    "temperature": "100 mK",
    "bias_current": "10 uA",
}
NEEDS: dict[str, tuple[str, ...]] = {
    "conductivity": (),
    "loss": ("kinetic_inductance", "kinetic_fraction"),
    "current_noise": ("width", "length", "temperature"),
}
"""What a table must say besides frequency and bias, for each quantity that can be fitted."""


Likelihood = Literal["normal", "gamma"]


class Observation(eqx.Module):
    """The points of one measured quantity in one table; arrays of shape (N,), SI units.

    Attributes:
        quantity: name in :data:`tlsjax.data.columns.MEASURED`.
        likelihood: ``"gamma"`` for averaged periodograms, else ``"normal"``.
        omega: angular frequency, rad/s.
        current_ratio: |I| over the reference current.
        angle: between ac field and supercurrent, rad.
        scale: measured quantity over sheet conductivity, so 1 S⁻¹ for a loss.
        value: what was measured.
        error: its stated absolute uncertainty, 0 where none is stated.
        averages: number of averaged periodograms, 1 where it does not apply.
        temperature: K, NaN where the table does not say.
        table: which table of the fit; −1 for none of them.
    """

    quantity: str = eqx.field(static=True)
    likelihood: Likelihood = eqx.field(static=True)
    omega: jax.Array
    current_ratio: jax.Array
    angle: jax.Array
    scale: jax.Array
    value: jax.Array
    error: jax.Array
    averages: jax.Array
    temperature: jax.Array
    table: jax.Array


class Observations(eqx.Module):
    """All observations of a fit end to end, normal ones first: one kernel and two likelihoods serve them all.

    Attributes:
        quantities: of each observation.
        counts: number of points of each.
        normal: number of points that are not averaged periodograms.
        omega, current_ratio, angle, scale, value, error, averages, temperature, table: as in
            :class:`Observation`, shape (N,).
    """

    quantities: tuple[str, ...] = eqx.field(static=True)
    counts: tuple[int, ...] = eqx.field(static=True)
    normal: int = eqx.field(static=True)
    omega: jax.Array
    current_ratio: jax.Array
    angle: jax.Array
    scale: jax.Array
    value: jax.Array
    error: jax.Array
    averages: jax.Array
    temperature: jax.Array
    table: jax.Array

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each observation stands."""
        ends = np.cumsum(self.counts)
        return tuple(slice(int(end - n), int(end)) for end, n in zip(ends, self.counts, strict=True))

    def mean(self, *, amplitude: jax.Array, omega_c: jax.Array, relaxation: Relaxation) -> jax.Array:
        """Every point by Eq. 15, shape (N,); ``omega_c`` at the reference current, rad/s."""
        sheet = dissipation(
            self.omega,
            amplitude=amplitude,
            omega_c_squared=(omega_c * self.current_ratio) ** 2,
            relaxation=relaxation,
            angle=self.angle,
        )
        return self.scale * sheet

    def scatter(self, values: Mapping[str, jax.Array]) -> jax.Array:
        """The fractional scatter of each point, shape (N,)."""
        parts = [
            jnp.broadcast_to(values.get(f"{quantity}_scatter", jnp.zeros(())), (count,))
            for quantity, count in zip(self.quantities, self.counts, strict=True)
        ]
        return jnp.concatenate(parts)


def join(observations: Sequence[Observation]) -> Observations:
    """Observations end to end, which must stand in the order of :func:`fitted_points`: normal ones first."""
    counts = tuple(len(one.omega) for one in observations)
    normal = sum(count for one, count in zip(observations, counts, strict=True) if one.likelihood == "normal")
    arrays = {
        name: jnp.concatenate([getattr(one, name) for one in observations])
        for name in Observation.__dataclass_fields__
        if name not in ("quantity", "likelihood")
    }
    return Observations(tuple(one.quantity for one in observations), counts, normal, **arrays)


class Points(NamedTuple):
    """Where the points of an observation stand: which table of the fit, which rows, and how they scatter.

    Table −1 is none of the fit: its points share no calibration and are of no device.
    """

    table: int
    quantity: str
    rows: NDArray[np.int64]
    likelihood: Likelihood


def fitted_points(spectra: Sequence[Spectrum]) -> tuple[Points, ...]:
    """All that can be fitted in the tables, observation by observation, normal likelihoods first.

    Raises:
        InputError: a table holds nothing that Eq. 15 predicts.
    """
    found = []
    for table, spectrum in enumerate(spectra):
        fitted = [name for name in spectrum.measured if name in NEEDS]
        if not fitted:
            raise InputError(
                f"nothing here can be fitted yet: found {', '.join(spectrum.measured)}, "
                f"a fit needs one of {', '.join(NEEDS)}",
                source=spectrum.source,
            )
        for name in fitted:
            rows = np.flatnonzero(~np.isnan(spectrum.columns[name]))
            found.append(Points(table, name, rows, _likelihood(spectrum, name)))
    return tuple(sorted(found, key=lambda points: points.likelihood == "gamma"))


def _likelihood(spectrum: Spectrum, name: str) -> Likelihood:
    averaged = "averages" in spectrum.columns or "averages" in spectrum.constants
    return (
        "gamma"
        if name == "current_noise" and averaged and f"{name}_err" not in spectrum.columns
        else "normal"
    )


def observe(spectrum: Spectrum, points: Points, reference_current: float) -> Observation:
    """The arrays of one observation.

    Args:
        spectrum: the table.
        points: which rows of it, and which table of the fit it is.
        reference_current: current to which ω* refers, A; NaN where no table states a bias, which then is
            taken as the reference itself.

    Raises:
        InputError: the quantity is not one that the model predicts, or the table does not say a constant or
            condition that it needs.
    """
    name, rows = points.quantity, points.rows
    if name not in NEEDS:
        raise InputError(f"'{name}' is not what Eq. 15 predicts: {', '.join(NEEDS)}", source=spectrum.source)
    columns = spectrum.columns
    count = len(rows)
    omega = 2.0 * np.pi * _required(spectrum, "frequency", name)[rows]
    bias = spectrum.condition("bias_current")
    angle = spectrum.condition("angle")
    temperature = spectrum.condition("temperature")
    error = columns.get(f"{name}_err")
    averages = np.ones(len(spectrum))
    if points.likelihood == "gamma":
        averages = _required(spectrum, "averages", name)
    return Observation(
        quantity=name,
        likelihood=points.likelihood,
        omega=jnp.asarray(omega),
        current_ratio=jnp.asarray(_current_ratio(bias, reference_current, rows)),
        angle=jnp.asarray(np.zeros(count) if angle is None else angle[rows]),
        scale=jnp.asarray(np.broadcast_to(_scale(spectrum, name, rows, omega), (count,))),
        value=jnp.asarray(columns[name][rows] if name in columns else np.full(count, np.nan)),
        error=jnp.asarray(np.zeros(count) if error is None else error[rows]),
        averages=jnp.asarray(averages[rows]),
        temperature=jnp.asarray(np.full(count, np.nan) if temperature is None else temperature[rows]),
        table=jnp.asarray(np.full(count, points.table)),
    )


def _current_ratio(
    bias: NDArray[np.float64] | None, reference_current: float, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    if bias is None:
        return np.ones(len(rows))
    magnitude = np.abs(bias[rows])
    # Without any bias there is no reference current, and none is needed.
    return np.divide(magnitude, reference_current, out=np.zeros(len(rows)), where=magnitude > 0)


def _scale(spectrum: Spectrum, name: str, rows: NDArray[np.int64], omega: NDArray[np.float64]) -> ArrayLike:
    """Measured quantity over sheet conductivity."""
    need = {key: _required(spectrum, key, name)[rows] for key in NEEDS[name]}
    if name == "loss":
        return resonator_loss(
            omega,
            1.0,
            kinetic_inductance=need["kinetic_inductance"],
            kinetic_fraction=need["kinetic_fraction"],
        )
    if name == "current_noise":
        conductance = need["width"] / need["length"]
        return fluctuation_dissipation(conductance, temperature=need["temperature"], convention="one-sided")
    return np.ones(())


def _required(spectrum: Spectrum, key: str, name: str) -> NDArray[np.float64]:
    if key in spectrum.columns:
        return spectrum.columns[key]
    if key in spectrum.constants:
        return np.full(len(spectrum), spectrum.constants[key])
    raise InputError(
        f"{name} ({MEASURED[name].symbol}) needs '{key}': "
        f"add a line '# {key}: {_EXAMPLES.get(key, '1')}' with its value above the header",
        source=spectrum.source,
    )
