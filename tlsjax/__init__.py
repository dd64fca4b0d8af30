"""tlsjax: two-level systems in current-carrying superconductors.

The equations are here at once; what reads files and fits is loaded when first used, so that ``import tlsjax``
stays quick.
"""

from importlib import import_module
from importlib.metadata import version as _version
from typing import TYPE_CHECKING, Any

from tlsjax.errors import InputError
from tlsjax.physics.bias import omega_star_at, superfluid_momentum
from tlsjax.physics.conductivity import (
    biased_broad_limit,
    conductivity,
    low_frequency_limit,
    unbiased_broad_limit,
)
from tlsjax.physics.loss import resonator_loss
from tlsjax.physics.noise import current_noise, fluctuation_dissipation, noise_coefficient, one_over_f_noise
from tlsjax.physics.relaxation import LogNormal, LogUniform, PowerLaw, Relaxation, Single

if TYPE_CHECKING:
    from tlsjax.data import Spectrum, describe, read, write
    from tlsjax.fitting.fit import fit
    from tlsjax.fitting.result import Result, load
    from tlsjax.model import prior
    from tlsjax.model.model import Model, numpyro_model
    from tlsjax.model.modelfile import ModelFile
    from tlsjax.model.simulate import simulate

__version__ = _version("tlsjax")

_LATER = {
    "Model": "tlsjax.model.model",
    "ModelFile": "tlsjax.model.modelfile",
    "Result": "tlsjax.fitting.result",
    "Spectrum": "tlsjax.data",
    "describe": "tlsjax.data",
    "fit": "tlsjax.fitting.fit",
    "load": "tlsjax.fitting.result",
    "numpyro_model": "tlsjax.model.model",
    "read": "tlsjax.data",
    "simulate": "tlsjax.model.simulate",
    "write": "tlsjax.data",
}

__all__ = [
    "InputError",
    "LogNormal",
    "LogUniform",
    "Model",
    "ModelFile",
    "PowerLaw",
    "Relaxation",
    "Result",
    "Single",
    "Spectrum",
    "biased_broad_limit",
    "conductivity",
    "current_noise",
    "describe",
    "fit",
    "fluctuation_dissipation",
    "load",
    "low_frequency_limit",
    "noise_coefficient",
    "numpyro_model",
    "omega_star_at",
    "one_over_f_noise",
    "prior",
    "read",
    "resonator_loss",
    "simulate",
    "superfluid_momentum",
    "unbiased_broad_limit",
    "write",
]


def __getattr__(name: str) -> Any:
    if name == "prior":
        return import_module("tlsjax.model.prior")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'tlsjax' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
