"""Distributions f(τ) of relaxation times, one small class each."""

from tlsjax.physics.relaxation.base import Relaxation
from tlsjax.physics.relaxation.log_normal import *  # noqa: F403
from tlsjax.physics.relaxation.log_uniform import *  # noqa: F403
from tlsjax.physics.relaxation.power_law import *  # noqa: F403
from tlsjax.physics.relaxation.single import *  # noqa: F403

__all__ = ["LogNormal", "LogUniform", "PowerLaw", "Relaxation", "Single"]
