"""What data that are only planned would say."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from tlsjax.errors import InputError
from tlsjax.fitting.calibrate import Plan, plan_of
from tlsjax.fitting.density import prior_draws, unconstrain
from tlsjax.fitting.information import Information, look
from tlsjax.model.model import Values
from tlsjax.model.modelfile import ModelFile
from tlsjax.physics.conductivity import amplitude, crossover

_PRIOR_DRAWS = 4000


class Planned(NamedTuple):
    """What planned data would say, and of which model and conditions."""

    information: Information
    plan: Plan


def planned(file: ModelFile, *, seed: int = 0) -> Planned:
    """What the data of ``[simulate]`` would say of each parameter, without simulating or fitting any.

    At the ``[truth]`` of the file; where it states none, averaged over the prior. The posterior's covariance
    is the expected one of normal posteriors.

    Args:
        file: a model file with ``[simulate]``.
        seed: of the prior's draws.

    Raises:
        InputError: as :func:`tlsjax.fitting.calibrate.plan_of`, or the truth lacks a parameter.
    """
    plan = plan_of(file)
    model = plan.model
    _, prior_z = prior_draws(jax.random.key(seed), model, _PRIOR_DRAWS)
    at = unconstrain(_truth(file, plan), model) if file.truth else prior_z
    return Planned(look(at, prior_z, model, plan.observations, model.window.times).information, plan)


def _truth(file: ModelFile, plan: Plan) -> Values:
    """The stated truth as one draw of all parameters."""
    known = {name: jnp.asarray([value]) for name, value in file.truth.items()}
    missing = [name for name in plan.model.free if name not in known]
    if missing:
        raise InputError(f"[truth] lacks {', '.join(missing)}", source=file.source)
    if plan.model.smooth is not None:
        raise InputError(
            "a free form has no parameters to state a truth in: leave [truth] out, or name a family",
            source=file.source,
        )
    # fixed and tied ones are no coordinates
    known = {name: jnp.ones(1) for name in plan.model.priors if name not in plan.model.free} | known
    if plan.model.family is not None:
        known["amplitude"] = amplitude(known["nu"], known["lambda_f"])
        known["omega_c"] = crossover(known["omega_star"], known["eta"])
    return known
