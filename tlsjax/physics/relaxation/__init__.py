"""Distributions f(τ) of relaxation times, one small class each."""

from tlsjax.physics.relaxation.base import Relaxation
from tlsjax.physics.relaxation.log_normal import LogNormal
from tlsjax.physics.relaxation.log_uniform import LogUniform
from tlsjax.physics.relaxation.power_law import PowerLaw
from tlsjax.physics.relaxation.single import Single

__all__ = ["LogNormal", "LogUniform", "PowerLaw", "Relaxation", "Single"]
