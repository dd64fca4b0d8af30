"""From tables to the arrays that a likelihood compares with a model."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.sweeps import sweeps
from tlsjax.errors import InputError
from tlsjax.model.drive_level import Level, drive_level, undriven
from tlsjax.model.points import Likelihood, Points, View
from tlsjax.physics.conductivity import dissipation
from tlsjax.physics.loss import resonator_loss
from tlsjax.physics.noise import fluctuation_dissipation
from tlsjax.physics.relaxation import Relaxation

Array = NDArray[np.float64]

_EXAMPLES = {
    "width": "2 um",
    "length": "200 um",
    "kinetic_inductance": "50 pH",
    "kinetic_fraction": "0.9",
    "temperature": "100 mK",
    "bias_current": "10 uA",
}


_ONE_FREQUENCY = 1e-4
"""Relative difference of frequencies below which slow functions of them are one."""


class Observation(eqx.Module):
    """The points of one measured quantity in one table; arrays of shape (N,), SI units.

    Attributes:
        quantity: name in :data:`tlsjax.data.columns.MEASURED`.
        likelihood: ``"gamma"`` for averaged periodograms, else ``"normal"``.
        omega: angular frequency, rad/s.
        bias: |I|, A; NaN where the table does not say.
        current_ratio: |I| over the reference current.
        angle: between ac field and supercurrent, rad.
        scale: measured quantity over sheet conductivity, so 1 S⁻¹ for a loss; NaN where the table does not
            say and no channel asks.
        value: what was measured.
        error: its stated absolute uncertainty, 0 where none is stated.
        averages: number of averaged periodograms, 1 where it does not apply.
        temperature: K, NaN where the table does not say.
        level: photon number, or what it follows from.
        table: which table of the fit; −1 for none of them.
        run: number of the run in which it was measured.
        series: number of the sweep that a point belongs to.
        swept: its place in that sweep.
    """

    quantity: str = eqx.field(static=True)
    likelihood: Likelihood = eqx.field(static=True)
    omega: jax.Array
    bias: jax.Array
    current_ratio: jax.Array
    angle: jax.Array
    scale: jax.Array
    value: jax.Array
    error: jax.Array
    averages: jax.Array
    temperature: jax.Array
    level: Level
    table: jax.Array
    run: jax.Array
    series: jax.Array
    swept: jax.Array


class Cells(eqx.Module):
    """Points of one table at one temperature and, but for its shift, one frequency: computed once.

    Attributes:
        omega: middle of their angular frequencies, rad/s, shape (C,).
        temperature: K, shape (C,).
        of_point: number of the cell of every point, shape (N,).
    """

    omega: jax.Array
    temperature: jax.Array
    of_point: jax.Array


class Chain(eqx.Module):
    """Sweeps end to end: which point stands before which.

    Attributes:
        order: points sweep after sweep, each sweep along its swept condition, shape (N,).
        before: the point before each in its sweep, itself where there is none, shape (N,).
        follows: 1 where there is one, else 0, shape (N,).
    """

    order: jax.Array
    before: jax.Array
    follows: jax.Array


class Observations(eqx.Module):
    """All observations of a fit end to end, normal ones first: one kernel and two likelihoods serve them all.

    Attributes:
        quantities: of each observation.
        counts: number of points of each.
        normal: number of points that are not averaged periodograms.
        solved: whether a photon number is to be solved for.
        omega, bias, current_ratio, angle, scale, value, error, averages, temperature, level, table, run:
            as in :class:`Observation`, shape (N,).
        cells: points that share temperature and frequency.
        chain: sweeps that the points belong to.
    """

    quantities: tuple[str, ...] = eqx.field(static=True)
    counts: tuple[int, ...] = eqx.field(static=True)
    normal: int = eqx.field(static=True)
    solved: bool = eqx.field(static=True)
    omega: jax.Array
    bias: jax.Array
    current_ratio: jax.Array
    angle: jax.Array
    scale: jax.Array
    value: jax.Array
    error: jax.Array
    averages: jax.Array
    temperature: jax.Array
    level: Level
    table: jax.Array
    run: jax.Array
    cells: Cells
    chain: Chain

    @property
    def slices(self) -> tuple[slice, ...]:
        """Where each observation stands."""
        ends = np.cumsum(self.counts)
        return tuple(slice(int(end - n), int(end)) for end, n in zip(ends, self.counts, strict=True))

    def where(self, *quantities: str) -> NDArray[np.int64]:
        """Places of all points of these quantities."""
        parts = [
            np.arange(part.start, part.stop)
            for part, quantity in zip(self.slices, self.quantities, strict=True)
            if quantity in quantities
        ]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def sheet(self, *, amplitude: jax.Array, omega_c: jax.Array, relaxation: Relaxation) -> jax.Array:
        """Every point by Eq. 15, shape (N,); ``omega_c`` at the reference current, rad/s."""
        sheet = dissipation(
            self.omega,
            amplitude=amplitude,
            omega_c_squared=(omega_c * self.current_ratio) ** 2,
            relaxation=relaxation,
            angle=self.angle,
        )
        return self.scale * sheet

    def _are(self, *quantities: str) -> NDArray[np.bool_]:
        """Whether each point is of one of these quantities."""
        return np.isin(np.arange(sum(self.counts)), self.where(*quantities))

    def under(self, conditions: Mapping[str, jax.Array], reference_current: jax.Array) -> "Observations":
        """The same points under other conditions; differentiable in them.

        Args:
            conditions: ``frequency``, ``bias_current``, ``temperature``, ``angle`` or ``photon_number``, (N,)
                each, SI units; ``decibel``, by how much more power.
            reference_current: of the model, A.
        """
        found: dict[str, Any] = {}
        level, scale, omega, temperature = self.level, self.scale, self.omega, self.temperature
        if "photon_number" in conditions:
            level = eqx.tree_at(lambda one: one.photons, level, conditions["photon_number"])
        if "decibel" in conditions:
            level = level.moved(conditions["decibel"])
        if "frequency" in conditions:
            omega = 2.0 * jnp.pi * conditions["frequency"]
            ratio = omega / self.omega
            scale = scale * jnp.where(self._are("loss", "frequency_shift"), ratio, 1.0)
            level = level.moved(-20.0 * jnp.log10(ratio))
        if "temperature" in conditions:
            temperature = conditions["temperature"]
            scale = scale * jnp.where(self._are("current_noise"), temperature / self.temperature, 1.0)
        if "bias_current" in conditions:
            bias = jnp.abs(conditions["bias_current"])
            found |= {"bias": bias, "current_ratio": bias / reference_current}
        if "angle" in conditions:
            found["angle"] = conditions["angle"]
        cells = Cells(omega, temperature, jnp.arange(len(omega)))
        found |= {"omega": omega, "temperature": temperature, "scale": scale, "level": level, "cells": cells}
        return replace(self, **found)

    def variance(self, values: Mapping[str, jax.Array], mean: jax.Array) -> jax.Array:
        """Variance of each point about its mean: stated error, fractional scatter and floor."""
        nothing = jnp.zeros(())
        parts = [
            self.error[part] ** 2
            + (values.get(f"{quantity}_scatter", nothing) * mean[part]) ** 2
            + values.get(f"{quantity}_floor", nothing) ** 2
            for quantity, part in zip(self.quantities, self.slices, strict=True)
        ]
        return jnp.concatenate(parts)


def join(observations: Sequence[Observation]) -> Observations:
    """Observations end to end, which must stand in the order of :func:`fitted_points`: normal ones first."""
    counts = tuple(len(one.omega) for one in observations)
    normal = sum(count for one, count in zip(observations, counts, strict=True) if one.likelihood == "normal")
    arrays = {
        name: jax.tree.map(
            lambda *parts: jnp.concatenate(parts), *(getattr(one, name) for one in observations)
        )
        for name in Observation.__dataclass_fields__
        if name not in ("quantity", "likelihood", "series", "swept")
    }
    solved = bool(np.isnan(arrays["level"].photons).any())
    quantities = tuple(one.quantity for one in observations)
    cells = _cells(*(np.asarray(arrays[name]) for name in ("omega", "temperature", "table")))
    return Observations(quantities, counts, normal, solved, **arrays, cells=cells, chain=_chain(observations))


def _chain(observations: Sequence[Observation]) -> Chain:
    order, before, follows, start = [], [], [], 0
    for one in observations:
        series, swept = np.asarray(one.series), np.asarray(one.swept)
        along = np.lexsort((swept, series))
        same = np.diff(series[along], prepend=-1) == 0
        last = np.where(same, np.roll(along, 1), along)
        order.append(start + along)
        before.append(start + last[np.argsort(along)])
        follows.append(same[np.argsort(along)])
        start += len(series)
    none = np.zeros(0, np.int64)
    parts = ((none, *order), (none, *before), (np.zeros(0), *follows))
    return Chain(*(jax.device_put(np.concatenate(part)) for part in parts))


def _cells(omega: Array, temperature: Array, table: Array) -> Cells:
    order = np.lexsort((omega, temperature, table))
    new = np.ones(len(order), dtype=bool)
    first = 0
    for place in range(1, len(order)):
        here, start = order[place], order[first]
        same = table[here] == table[start] and temperature[here] == temperature[start]
        new[place] = not (same and omega[here] <= omega[start] * (1.0 + _ONE_FREQUENCY))
        first = place if new[place] else first
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    count = np.bincount(number)
    middle = np.bincount(number, omega) / count
    return Cells(jax.device_put(middle), jax.device_put(temperature[order][new]), jax.device_put(number))


def observe(spectrum: Spectrum, points: Points, view: View) -> Observation:
    """The arrays of one observation.

    Args:
        spectrum: the table.
        points: which rows of it, and which table of the fit it is.
        view: of the model. Where no table states a bias, it is taken as the reference itself.

    Raises:
        InputError: the quantity is not one that the model predicts, or the table does not say a constant or
            condition that it needs.
    """
    name, rows = points.quantity, points.rows
    if name not in view.quantities:
        known = ", ".join(view.quantities)
        raise InputError(f"'{name}' is not what this model predicts: {known}", source=spectrum.source)
    for key in view.needs(name):
        _required(spectrum, key, name)
    count = len(rows)
    omega = 2.0 * np.pi * _required(spectrum, "frequency", name)[rows]
    averages = np.ones(len(spectrum))
    if points.likelihood == "gamma":
        averages = _required(spectrum, "averages", name)
    bias = spectrum.condition("bias_current")
    measured = spectrum.columns.get(name, np.full(len(spectrum), np.nan))
    error = spectrum.columns.get(f"{name}_err", np.zeros(len(spectrum)))
    series, swept = sweeps(spectrum, rows)
    return Observation(
        quantity=name,
        likelihood=points.likelihood,
        omega=jax.device_put(omega),
        bias=jax.device_put(np.full(count, np.nan) if bias is None else np.abs(bias[rows])),
        current_ratio=jax.device_put(_current_ratio(bias, view.reference_current, rows)),
        angle=_stated(spectrum, "angle", rows, 0.0),
        scale=jax.device_put(np.broadcast_to(_scale(spectrum, name, rows, omega), (count,))),
        value=jax.device_put(measured[rows]),
        error=jax.device_put(error[rows]),
        averages=jax.device_put(averages[rows]),
        temperature=_stated(spectrum, "temperature", rows, np.nan),
        level=drive_level(spectrum, rows, view) if name == "loss" else undriven(count),
        table=jax.device_put(np.full(count, points.table)),
        run=_stated(spectrum, "run", rows, 0.0),
        series=jax.device_put(series),
        swept=jax.device_put(swept),
    )


def _stated(spectrum: Spectrum, name: str, rows: NDArray[np.int64], unless: float) -> jax.Array:
    values = spectrum.condition(name)
    return jax.device_put(np.full(len(rows), unless) if values is None else values[rows])


def _current_ratio(bias: Array | None, reference_current: float, rows: NDArray[np.int64]) -> Array:
    if bias is None:
        return np.ones(len(rows))
    magnitude = np.abs(bias[rows])
    # Without any bias there is no reference current, and none is needed.
    return np.divide(magnitude, reference_current, out=np.zeros(len(rows)), where=magnitude > 0)


def _scale(spectrum: Spectrum, name: str, rows: NDArray[np.int64], omega: Array) -> Array:
    """Measured quantity over sheet conductivity; of a shift, twice that."""
    if name in ("loss", "frequency_shift"):
        inductance, fraction = map(spectrum.condition, ("kinetic_inductance", "kinetic_fraction"))
        if inductance is None or fraction is None:
            return np.full(len(rows), np.nan)
        found = resonator_loss(
            omega, 1.0, kinetic_inductance=inductance[rows], kinetic_fraction=fraction[rows]
        )
        return np.asarray(found)
    if name == "current_noise":
        need = {key: _required(spectrum, key, name)[rows] for key in ("width", "length", "temperature")}
        conductance = need["width"] / need["length"]
        return np.asarray(
            fluctuation_dissipation(conductance, temperature=need["temperature"], convention="one-sided")
        )
    return np.ones(len(rows))


def _required(spectrum: Spectrum, key: str, name: str) -> Array:
    found = spectrum.condition(key)
    if found is not None:
        return found
    raise InputError(
        f"{name} ({MEASURED[name].symbol}) needs '{key}': "
        f"add a line '# {key}: {_EXAMPLES.get(key, '1')}' with its value above the header",
        source=spectrum.source,
    )
