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
from tlsjax.physics.relaxation import (
    ColeCole,
    DavidsonCole,
    FreeBarriers,
    FreeCouplings,
    FreeForm,
    Gamma,
    HavriliakNegami,
    InverseGamma,
    LogNormal,
    LogUniform,
    Mixture,
    Polygon,
    PowerLaw,
    Relaxation,
    Single,
    ThermallyActivated,
    ThermallyActivatedUniform,
    TimesAt,
    TunnellingPhonon,
    mixture_of,
)

if TYPE_CHECKING:
    from tlsjax.analysis.candidates import Between, Candidates, Measurement
    from tlsjax.analysis.design import design
    from tlsjax.analysis.designed import Design
    from tlsjax.analysis.directions import directions
    from tlsjax.analysis.elasticity import elasticities
    from tlsjax.analysis.influence import influence, outliers
    from tlsjax.analysis.planned import planned
    from tlsjax.analysis.profile import profiles
    from tlsjax.data import ReadOptions, Spectrum, describe, read, read_tables, write
    from tlsjax.data.periodogram import periodogram
    from tlsjax.data.resonance import Resonance, fit_resonance
    from tlsjax.data.touchstone import Trace, read_trace
    from tlsjax.fitting.fit import fit, resume
    from tlsjax.fitting.prior_predictive import prior_predictive
    from tlsjax.fitting.result import Result, load
    from tlsjax.model import prior
    from tlsjax.model.budget_choice import LossBudget
    from tlsjax.model.devices import Devices
    from tlsjax.model.film_prior import FilmPrior
    from tlsjax.model.model import Model
    from tlsjax.model.modelfile import ModelFile
    from tlsjax.model.simulate import simulate
    from tlsjax.physics.complex_conductivity import (
        complex_conductivity,
        conductivity_tensor,
        frequency_shift,
    )
    from tlsjax.physics.drive import driven_conductivity
    from tlsjax.physics.ensemble import Ensemble, ensemble_conductivity, ensemble_noise, sample_ensemble
    from tlsjax.physics.film import Film
    from tlsjax.physics.inductance_noise import frequency_noise, superfluid_density_noise
    from tlsjax.physics.local_current import local_current
    from tlsjax.physics.materials import film_of
    from tlsjax.physics.telegraph import simulate_telegraph
    from tlsjax.physics.validity import validity

__version__ = _version("tlsjax")

_LATER = {
    "Between": "tlsjax.analysis.candidates",
    "Candidates": "tlsjax.analysis.candidates",
    "Design": "tlsjax.analysis.designed",
    "Devices": "tlsjax.model.devices",
    "Ensemble": "tlsjax.physics.ensemble",
    "Film": "tlsjax.physics.film",
    "FilmPrior": "tlsjax.model.film_prior",
    "LossBudget": "tlsjax.model.budget_choice",
    "Measurement": "tlsjax.analysis.candidates",
    "Model": "tlsjax.model.model",
    "ModelFile": "tlsjax.model.modelfile",
    "ReadOptions": "tlsjax.data",
    "Resonance": "tlsjax.data.resonance",
    "Result": "tlsjax.fitting.result",
    "Spectrum": "tlsjax.data",
    "Trace": "tlsjax.data.touchstone",
    "averaged": "tlsjax.fitting.families",
    "compare": "tlsjax.fitting.compare",
    "complex_conductivity": "tlsjax.physics.complex_conductivity",
    "conductivity_tensor": "tlsjax.physics.complex_conductivity",
    "describe": "tlsjax.data",
    "design": "tlsjax.analysis.design",
    "directions": "tlsjax.analysis.directions",
    "driven_conductivity": "tlsjax.physics.drive",
    "elasticities": "tlsjax.analysis.elasticity",
    "ensemble_conductivity": "tlsjax.physics.ensemble",
    "ensemble_noise": "tlsjax.physics.ensemble",
    "film_of": "tlsjax.physics.materials",
    "fit": "tlsjax.fitting.fit",
    "fit_resonance": "tlsjax.data.resonance",
    "frequency_noise": "tlsjax.physics.inductance_noise",
    "frequency_shift": "tlsjax.physics.complex_conductivity",
    "influence": "tlsjax.analysis.influence",
    "load": "tlsjax.fitting.result",
    "local_current": "tlsjax.physics.local_current",
    "numpyro_model": "tlsjax.model.sampling",
    "outliers": "tlsjax.analysis.influence",
    "periodogram": "tlsjax.data.periodogram",
    "planned": "tlsjax.analysis.planned",
    "prior_predictive": "tlsjax.fitting.prior_predictive",
    "profiles": "tlsjax.analysis.profile",
    "read": "tlsjax.data",
    "read_tables": "tlsjax.data",
    "read_trace": "tlsjax.data.touchstone",
    "resume": "tlsjax.fitting.fit",
    "sample_ensemble": "tlsjax.physics.ensemble",
    "simulate": "tlsjax.model.simulate",
    "simulate_telegraph": "tlsjax.physics.telegraph",
    "superfluid_density_noise": "tlsjax.physics.inductance_noise",
    "validity": "tlsjax.physics.validity",
    "write": "tlsjax.data",
}

__all__ = [
    "Between",
    "Candidates",
    "ColeCole",
    "DavidsonCole",
    "Design",
    "Devices",
    "Ensemble",
    "Film",
    "FilmPrior",
    "FreeBarriers",
    "FreeCouplings",
    "FreeForm",
    "Gamma",
    "HavriliakNegami",
    "InputError",
    "InverseGamma",
    "LogNormal",
    "LogUniform",
    "LossBudget",
    "Measurement",
    "Mixture",
    "Model",
    "ModelFile",
    "Polygon",
    "PowerLaw",
    "ReadOptions",
    "Relaxation",
    "Resonance",
    "Result",
    "Single",
    "Spectrum",
    "ThermallyActivated",
    "ThermallyActivatedUniform",
    "TimesAt",
    "Trace",
    "TunnellingPhonon",
    "averaged",
    "biased_broad_limit",
    "compare",
    "complex_conductivity",
    "conductivity",
    "conductivity_tensor",
    "current_noise",
    "describe",
    "design",
    "directions",
    "driven_conductivity",
    "elasticities",
    "ensemble_conductivity",
    "ensemble_noise",
    "film_of",
    "fit",
    "fit_resonance",
    "fluctuation_dissipation",
    "frequency_noise",
    "frequency_shift",
    "influence",
    "load",
    "local_current",
    "low_frequency_limit",
    "mixture_of",
    "noise_coefficient",
    "numpyro_model",
    "omega_star_at",
    "one_over_f_noise",
    "outliers",
    "periodogram",
    "planned",
    "prior",
    "prior_predictive",
    "profiles",
    "read",
    "read_tables",
    "read_trace",
    "resonator_loss",
    "resume",
    "sample_ensemble",
    "simulate",
    "simulate_telegraph",
    "superfluid_density_noise",
    "superfluid_momentum",
    "unbiased_broad_limit",
    "validity",
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
