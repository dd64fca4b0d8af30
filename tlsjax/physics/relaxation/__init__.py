"""Distributions f(τ) of relaxation times, one small class each."""

from tlsjax.physics.relaxation.base import Relaxation
from tlsjax.physics.relaxation.cole_cole import ColeCole
from tlsjax.physics.relaxation.davidson_cole import DavidsonCole
from tlsjax.physics.relaxation.free_form import FreeForm
from tlsjax.physics.relaxation.free_process import FreeBarriers, FreeCouplings, TimesAt
from tlsjax.physics.relaxation.gamma import Gamma
from tlsjax.physics.relaxation.havriliak_negami import HavriliakNegami
from tlsjax.physics.relaxation.inverse_gamma import InverseGamma
from tlsjax.physics.relaxation.log_normal import LogNormal
from tlsjax.physics.relaxation.log_uniform import LogUniform
from tlsjax.physics.relaxation.mixture import Mixture, mixture_of
from tlsjax.physics.relaxation.polygon import Polygon
from tlsjax.physics.relaxation.power_law import PowerLaw
from tlsjax.physics.relaxation.single import Single
from tlsjax.physics.relaxation.thermally_activated import ThermallyActivated, ThermallyActivatedUniform
from tlsjax.physics.relaxation.tunnelling_phonon import TunnellingPhonon

__all__ = [
    "ColeCole",
    "DavidsonCole",
    "FreeBarriers",
    "FreeCouplings",
    "FreeForm",
    "Gamma",
    "HavriliakNegami",
    "InverseGamma",
    "LogNormal",
    "LogUniform",
    "Mixture",
    "Polygon",
    "PowerLaw",
    "Relaxation",
    "Single",
    "ThermallyActivated",
    "ThermallyActivatedUniform",
    "TimesAt",
    "TunnellingPhonon",
    "mixture_of",
]
