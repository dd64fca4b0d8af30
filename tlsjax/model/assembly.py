"""From choices and tables to a model: everything in it that follows from the tables."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlsjax.data.spectrum import Spectrum
from tlsjax.model.budget import Budget, no_reach, reach_of
from tlsjax.model.channels import Reach
from tlsjax.model.devices import Devices, origins
from tlsjax.model.drive_level import drive_level
from tlsjax.model.free_form import smooth
from tlsjax.model.model import Likelihood, Model
from tlsjax.model.points import View, fitted_points
from tlsjax.model.prior import Prior, number
from tlsjax.model.window import no_window, window_of
from tlsjax.physics.relaxation import Relaxation


def assemble_model(
    spectra: Sequence[Spectrum],
    priors: Mapping[str, Prior],
    *,
    family: type[Relaxation] | None,
    budget: Budget | None,
    reference_current: float,
    likelihood: Likelihood,
    devices: Devices | None,
    correlation: Mapping[str, float] | None = None,
) -> Model:
    """The model of these choices with its window, reach and origins.

    Raises:
        InputError: a table holds nothing that the model predicts, or devices and tables do not go together.
    """
    view = view_of(family, budget, reference_current)
    points = fitted_points(spectra, view)
    window = no_window() if family is None else window_of(spectra, points)
    where = origins(spectra, devices, priors.keys(), apart=budget is not None)
    reach = no_reach() if budget is None else reach_for(spectra, view)
    runs = () if budget is None else runs_of(spectra)
    return Model(
        family, dict(priors), number(reference_current), window, likelihood, where, budget, reach, runs,
        {name: number(r) for name, r in (correlation or {}).items()},
        smooth(family, window, spectra, points, view, priors),
    )  # fmt: skip


def view_of(family: type[Relaxation] | None, budget: Budget | None, reference_current: float) -> View:
    """How a model of this structure looks at tables."""
    return Model(family, {}, number(reference_current), budget=budget).view


def runs_of(spectra: Sequence[Spectrum]) -> tuple[int, ...]:
    """Numbers of the runs that the tables are of; none where it is one."""
    stated = [spectrum.condition("run") for spectrum in spectra]
    numbers = {int(number) for runs in stated for number in (np.zeros(1) if runs is None else runs)}
    return tuple(sorted(numbers)) if len(numbers) > 1 else ()


def reach_for(spectra: Sequence[Spectrum], view: View) -> Reach:
    """What the tables reach, seen so."""
    lossy = [p for p in fitted_points(spectra, view) if p.quantity == "loss"]
    return reach_of(spectra, [drive_level(spectra[p.table], p.rows, view) for p in lossy])
