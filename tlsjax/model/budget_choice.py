"""Which channels a fit has: as a user says it, or as the tables suggest."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.model.budget import FILM, Budget
from tlsjax.model.channels import Channel, CriticalNumber, FilmResonant, Resonant, Saturation
from tlsjax.model.points import GEOMETRIES, PHOTON_SOURCES, PhotonSource
from tlsjax.physics.photon_number import Geometry

DEFAULT_CHANNELS = ("resonant", "phonons", "quasiparticles", "constant")


@dataclass(frozen=True)
class LossBudget:
    """A loss budget by names.

    Args:
        channels: ``film`` (Eq. 15 through the kinetic inductance), ``film_resonant``, ``resonant``,
            ``phonons``, ``quasiparticles``, ``kinetic_inductance``, ``drive``, ``constant``.
        saturation: of resonant systems; see :class:`tlsjax.model.channels.Resonant`.
        critical_number: how n_c goes with temperature; likewise.
        photon_number: where a photon number comes from that tables give as power: ``"measured"``: the
            measured Q_i, which flatters a fit of it; ``"solved"``: the predicted Q_i, self-consistently.
        geometry: how the resonator is coupled: ``"hanger"``, ``"reflection"``, ``"transmission"``.
        power_offset: powers are right but for an unknown factor, common to all tables: a parameter in dB.

    Raises:
        InputError: a name is unknown, or channels do not go together.
    """

    channels: Sequence[str] = DEFAULT_CHANNELS
    saturation: Saturation = "spread"
    critical_number: CriticalNumber = "lifetimes"
    photon_number: PhotonSource = "measured"
    geometry: Geometry = "hanger"
    power_offset: bool = False

    def __post_init__(self) -> None:
        names = (FILM, *Channel.known)
        object.__setattr__(self, "channels", tuple(self.channels))
        for name in self.channels:
            _known("channel", name, names)
        _known("saturation", self.saturation, get_args(Saturation))
        _known("critical_number", self.critical_number, get_args(CriticalNumber))
        _known("photon_number", self.photon_number, PHOTON_SOURCES)
        _known("geometry", self.geometry, GEOMETRIES)
        if not self.channels:
            raise InputError("a loss budget needs at least one channel")
        if len(set(self.channels)) < len(self.channels):
            raise InputError("a channel stands twice in the loss budget")
        if "film_resonant" in self.channels and not self.film:
            raise InputError("channel 'film_resonant' needs 'film' beside it, which has its ω_c")

    @property
    def film(self) -> bool:
        """Whether Eq. 15 is one of the channels."""
        return FILM in self.channels

    def budget(self) -> Budget | None:
        """The channels besides Eq. 15; None where that is all."""
        resonant = Resonant(self.saturation, self.critical_number)
        fields: dict[str, dict[str, Any]] = {
            "resonant": {"saturation": self.saturation, "critical_number": self.critical_number},
            FilmResonant.name: {"saturates": resonant},
        }
        found = tuple(Channel.known[name](**fields.get(name, {})) for name in self.channels if name != FILM)
        return Budget(found, self.photon_number, self.geometry, self.power_offset) if found else None


def choice_of(budget: Budget | None, *, film: bool) -> LossBudget | None:
    """What :meth:`LossBudget.budget` was made from; None for Eq. 15 alone."""
    if budget is None:
        return None
    saturating = [c for c in budget.channels if isinstance(c, Resonant)]
    saturating += [c.saturates for c in budget.channels if isinstance(c, FilmResonant)]
    law = saturating[0] if saturating else Resonant()
    names = ((FILM,) if film else ()) + tuple(channel.name for channel in budget.channels)
    return LossBudget(
        names, law.saturation, law.critical_number, budget.photons, budget.geometry, budget.power_offset
    )


def suggested(spectra: Sequence[Spectrum], notes: list[str]) -> LossBudget | None:
    """The budget that tables of a resonator suggest; None where they are for Eq. 15 alone."""
    measured = {name for spectrum in spectra for name in spectrum.measured}
    if not measured & {"loss", "frequency_shift"} or measured & {"conductivity", "current_noise"}:
        return None
    constants = ("kinetic_inductance", "kinetic_fraction")
    if any(s.condition(name) is not None for s in spectra for name in (*constants, "bias_current")):
        return None  # as Eq. 15 wants it, or meant so
    if any(spectrum.condition("temperature") is None for spectrum in spectra):
        return None
    kelvin = np.concatenate([_kelvin(spectrum) for spectrum in spectra])
    warmed = kelvin.max() > 1.2 * kelvin.min()
    named = DEFAULT_CHANNELS if warmed else ("resonant", "constant")
    notes.append(
        f"the tables state neither a bias current nor {' and '.join(constants)}, so this is the loss budget "
        f"of a resonator: {', '.join(named)} (another: --budget, or [budget] in a model file)"
    )
    return LossBudget(named)


def _kelvin(spectrum: Spectrum) -> np.ndarray:
    found = spectrum.condition("temperature")
    return np.zeros(0) if found is None else found


def _known(what: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        close = difflib.get_close_matches(str(name), names, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise InputError(f"unknown {what} '{name}' in the loss budget{hint} (known: {', '.join(names)})")
