"""What a fit is of, as plain data: tables, model and options."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import jax
import numpy as np

from tlsjax.data.options import ReadOptions
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.checkpoint import Arrays
from tlsjax.fitting.methods import Lengths
from tlsjax.model import prior
from tlsjax.model.budget_choice import LossBudget, choice_of
from tlsjax.model.channels import Reach
from tlsjax.model.defaults import relaxation_family
from tlsjax.model.devices import Origin
from tlsjax.model.free_form import smooth
from tlsjax.model.model import Model
from tlsjax.model.points import fitted_points
from tlsjax.model.window import no_window

_LINES = "line"
"""As no column is called."""


class Run(NamedTuple):
    """All that the numbers of a fit depend on, besides versions.

    Attributes:
        spectra: the tables as read.
        model: what is fitted.
        notes: what was assumed, in words.
        method: name of the way to draw.
        seed: the user's seed.
        lengths: of the Markov chains.
        quantities: the measured ones that were chosen; None for all that there are.
    """

    spectra: tuple[Spectrum, ...]
    model: Model
    notes: tuple[str, ...]
    method: str
    seed: int
    lengths: Lengths
    quantities: tuple[str, ...] | None = None


def as_data(run: Run) -> tuple[dict[str, Any], Arrays]:
    """Plain data for JSON, and arrays; :func:`of_data` gives the same run back, to the last bit."""
    about = {
        "tables": [
            {
                "columns": list(s.columns),
                "constants": {name: float(value) for name, value in s.constants.items()},
                "source": s.source,
                "notes": list(s.notes),
                "device": s.device,
                "digest": s.digest,
                "options": asdict(s.options),
            }
            for s in run.spectra
        ],
        "model": {
            "relaxation": None if run.model.family is None else run.model.family.name,
            "budget": _as_data(run.model),
            "reference_current": float(run.model.reference_current),
            "priors": {
                name: {"kind": own.kind} | {field: np.asarray(x).tolist() for field, x in vars(own).items()}
                for name, own in run.model.priors.items()
            },
            "likelihood": run.model.likelihood,
            "origins": [list(origin) for origin in run.model.origins],
            "window": [float(number) for number in jax.tree.leaves(run.model.window)],
            "reach": [float(number) for number in jax.tree.leaves(run.model.reach)],
            "runs": list(run.model.runs),
            "correlation": {name: _or_none(float(r)) for name, r in run.model.correlation.items()},
        },
        "notes": list(run.notes),
        "method": run.method,
        "seed": run.seed,
        "lengths": run.lengths._asdict(),
        "quantities": run.quantities,
    }
    arrays = {
        f"{number}/{name}": np.asarray(values)
        for number, spectrum in enumerate(run.spectra)
        for name, values in {**spectrum.columns, _LINES: spectrum.lines}.items()
    }
    return about, arrays


def of_data(about: Mapping[str, Any], arrays: Arrays) -> Run:
    """The run that :func:`as_data` put into plain data."""
    spectra = tuple(
        Spectrum(
            {name: arrays[f"{number}/{name}"] for name in table["columns"]},
            table["constants"],
            table["source"],
            arrays[f"{number}/{_LINES}"],
            tuple(table["notes"]),
            table["device"],
            digest=table.get("digest", ""),
            options=ReadOptions(**table.get("options", {})),
        )
        for number, table in enumerate(about["tables"])
    )
    chosen = about.get("quantities")
    return Run(
        spectra, _model(about["model"], spectra), tuple(about["notes"]), about["method"], about["seed"],
        Lengths(**about["lengths"]), None if chosen is None else tuple(chosen),
    )  # fmt: skip


def _as_data(model: Model) -> dict[str, Any] | None:
    choice = choice_of(model.budget, film=model.family is not None)
    return None if choice is None else asdict(choice)


def _or_none(number: float) -> float | None:
    """JSON knows no NaN."""
    return number if number == number else None


def _model(data: Mapping[str, Any], spectra: tuple[Spectrum, ...]) -> Model:
    priors = {
        name: prior.Prior.kinds[own["kind"]](**{field: x for field, x in own.items() if field != "kind"})
        for name, own in data["priors"].items()
    }
    window = jax.tree.unflatten(jax.tree.structure(no_window()), map(prior.number, data["window"]))
    origins = tuple(Origin(*origin) for origin in data["origins"])
    family = None if data["relaxation"] is None else relaxation_family(data["relaxation"])
    budget = None if data["budget"] is None else LossBudget(**data["budget"]).budget()
    model = Model(
        family, priors, data["reference_current"], window, data["likelihood"], origins, budget,
        Reach(*data["reach"]), tuple(data["runs"]),
        {name: prior.number(float("nan") if r is None else r) for name, r in data["correlation"].items()},
    )  # fmt: skip
    points = fitted_points(spectra, model.view)
    return replace(model, smooth=smooth(family, window, spectra, points, model.view, priors))
