"""Channels of a loss budget: ways in which a resonator loses energy and shifts. They add."""

from tlsjax.model.channels.base import Channel, Loss, Parameter, Place, Reach
from tlsjax.model.channels.film_resonant import FilmResonant
from tlsjax.model.channels.phonons import Phonons
from tlsjax.model.channels.quasiparticles import KineticInductance, Quasiparticles
from tlsjax.model.channels.resonant import CriticalNumber, Resonant, Saturation
from tlsjax.model.channels.simple import Constant, Drive

__all__ = [
    "Channel",
    "Constant",
    "CriticalNumber",
    "Drive",
    "FilmResonant",
    "KineticInductance",
    "Loss",
    "Parameter",
    "Phonons",
    "Place",
    "Quasiparticles",
    "Reach",
    "Resonant",
    "Saturation",
]
