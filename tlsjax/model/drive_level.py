"""How strongly a resonator is driven: its photon number, or what that follows from."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.constants import HBAR
from tlsjax.data.spectrum import Spectrum
from tlsjax.model.points import View
from tlsjax.physics.photon_number import coefficient, lossless_photon_number, photon_number

Array = NDArray[np.float64]


class Level(eqx.Module):
    """Arrays of shape (N,).

    Attributes:
        photons: mean photon number, as stated, from the measured Q_i, or P/ħω² where no Q_c is known; 0 where
            neither photon number nor power is stated; NaN where it is to be solved for.
        lossless: what it would be without internal loss; NaN where not to be solved for.
        coupling_quality: Q_c, likewise.
        of_power: 1 where the photon number follows from a power, else 0.
    """

    photons: jax.Array
    lossless: jax.Array
    coupling_quality: jax.Array
    of_power: jax.Array

    def moved(self, decibel: jax.Array) -> "Level":
        """The level where all powers are so much larger."""
        factor = 10.0 ** (0.1 * decibel * self.of_power)

        def times(numbers: jax.Array) -> jax.Array:
            # what is not a number must not enter a product: its slope would be none either
            unknown = jnp.isnan(numbers)
            return jnp.where(unknown, numbers, jnp.where(unknown, 0.0, numbers) * factor)

        return Level(times(self.photons), times(self.lossless), self.coupling_quality, self.of_power)


def drive_level(spectrum: Spectrum, rows: NDArray[np.int64], view: View) -> Level:
    """The level of each row; a stated photon number goes before a power."""
    nothing = np.full(len(rows), np.nan)
    stated = spectrum.condition("photon_number")
    power = spectrum.condition("power")
    if stated is not None or power is None or view.channel_needs is None:
        photons = np.zeros(len(rows)) if stated is None else stated[rows]
        return _level(photons, nothing, nothing, of_power=False)
    lost = spectrum.condition("attenuation")
    arriving = power[rows] * (1.0 if lost is None else 10.0 ** (-0.1 * lost[rows]))
    frequency = spectrum.condition("frequency")
    omega = nothing if frequency is None else 2.0 * np.pi * frequency[rows]
    quality = spectrum.condition("coupling_quality_factor")
    if quality is None:
        return _level(arriving / (HBAR * omega**2), nothing, nothing)
    coupling = np.full(len(rows), np.median(quality))
    loss = spectrum.columns.get("loss")
    if view.photons == "measured" and loss is not None and not np.isnan(loss[rows]).any():
        found = photon_number(
            arriving, omega, loss=loss[rows], coupling_quality=coupling, geometry=view.geometry
        )
        return _level(np.asarray(found), nothing, nothing)
    lossless = lossless_photon_number(arriving, omega, coupling_quality=coupling, geometry=view.geometry)
    return _level(nothing, np.asarray(lossless), coupling)


def undriven(count: int) -> Level:
    """Of points that do not depend on it."""
    nothing = np.full(count, np.nan)
    return _level(np.zeros(count), nothing, nothing, of_power=False)


def _level(photons: Array, lossless: Array, coupling: Array, *, of_power: bool = True) -> Level:
    inferred = np.full(len(photons), float(of_power))
    return Level(*map(jax.device_put, (photons, lossless, coupling, inferred)))


def describe_level(spectrum: Spectrum, view: View) -> str:
    """Where the photon numbers of its losses come from, in words."""
    if spectrum.condition("photon_number") is not None:
        return "photon numbers as stated"
    if spectrum.condition("power") is None:
        return "neither photon_number nor power: as in a weak field, so that n_c is its prior's"
    quality = spectrum.condition("coupling_quality_factor")
    if quality is None:
        return (
            "no coupling_quality_factor: photon numbers are taken as P/ħω², known up to a constant factor, "
            "and so is n_c"
        )
    how = (
        "the measured Q_i, which stands on both sides of the fit (--photon-number solved takes the predicted)"
        if view.photons == "measured" and "loss" in spectrum.columns
        else "the predicted Q_i, self-consistently"
    )
    return (
        f"photon numbers from power by n = {coefficient(view.geometry):g}(Q²/Q_c)P/ħω² ({view.geometry}) "
        f"with the median Q_c = {np.median(quality):.4g} and {how}"
    )
