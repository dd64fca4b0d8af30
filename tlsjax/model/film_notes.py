"""A film's part in the model of a fit: what the tables add to it, the priors it gives, and both in words."""

from collections.abc import Mapping
from math import isclose, isnan

from tlsjax.errors import InputError
from tlsjax.model import parameters, prior
from tlsjax.model.film_prior import Estimate, FilmPrior
from tlsjax.quantity import Quantity

FROM_TABLES = {
    "thickness": "thickness",
    "width": "width",
    "sheet_inductance": "kinetic_inductance",
    "fermi_wavelength": "lambda_f",
}
"""The film's inputs that a table may state, and the table's constant for each."""


def film_priors(
    film: FilmPrior,
    constants: Mapping[str, float | None],
    reference_current: float,
    own: Mapping[str, prior.Prior],
) -> tuple[dict[str, prior.Prior], tuple[str, ...]]:
    """The priors that a film gives, those that the user gives left out, and what was assumed, in words.

    Args:
        film: the film.
        constants: of the tables, by the tables' names; None where not stated.
        reference_current: A; NaN where there is none.
        own: the user's priors; that of λ_F is also the film's.

    Raises:
        InputError: no bias current, or the film contradicts the tables or itself.
    """
    if isnan(reference_current):
        raise InputError(
            "a film gives ω* at a bias current: add a line '# bias_current: 10 uA' with its value above the "
            "table's header (where that is 0 A throughout, state reference_current)"
        )
    for name, constant in FROM_TABLES.items():
        here, there = film.stated.get(name), constants[constant]
        if not isinstance(here, prior.Fixed) or there is None:
            continue
        if not isclose(float(here.value), there, rel_tol=1e-9):
            raise InputError(
                f"film.{name} is {float(here.value):.6g} {FilmPrior.inputs()[name].unit}, but a table states "
                f"{constant} {there:.6g}"
            )
    known = {name: constants[constant] for name, constant in FROM_TABLES.items()}
    whole = film.completed(**known | ({"fermi_wavelength": own["lambda_f"]} if "lambda_f" in own else {}))
    estimate = whole.estimate(reference_current)
    found = {name: one for name, one in estimate.priors.items() if name not in own}
    return found, _notes(film, whole, estimate, found, reference_current)


def _notes(
    film: FilmPrior,
    whole: FilmPrior,
    estimate: Estimate,
    found: Mapping[str, prior.Prior],
    reference_current: float,
) -> tuple[str, ...]:
    at = f"at {reference_current * 1e6:.4g} µA"
    material = {quantity.name: quantity for quantity in parameters.MATERIAL}
    notes = [f"priors of the film {at}, {film.form} form: {_list(found, material)}"] if found else []
    inputs = FilmPrior.inputs()
    added = {name: one for name, one in whole.stated.items() if name not in film.stated}
    if added:
        notes.append(f"of the film, taken from the tables and priors: {_list(added, inputs)}")
    if whole.assumed:
        notes.append(f"of the film, not stated and assumed: {_list(whole.assumed, inputs)}")
    if estimate.carried < 0.995:
        notes.append(
            f"{1 - estimate.carried:.0%} of the films that its inputs allow cannot carry the reference "
            "current and were left out"
        )
    table = estimate.film.validity(
        bias_current=reference_current, width=estimate.width, depairing=film.depairing
    )
    notes += [
        f"not met by the film {at}: {row.name}, the ratio is {row.ratio:.2g} ({row.reason})"
        for row in table
        if row.verdict == "broken"
    ]
    return tuple(notes)


def _list(priors: Mapping[str, prior.Prior], quantities: Mapping[str, Quantity]) -> str:
    return ", ".join(_in_words(quantities[name], own) for name, own in priors.items())


def _in_words(quantity: Quantity, own: prior.Prior) -> str:
    symbol = quantity.shown_symbol or quantity.symbol
    unit = quantity.shown_unit or ("" if quantity.unit == "1" else quantity.unit)
    if isinstance(own, prior.LogNormal):
        value, spread = own.median, f" ×/÷ {float(own.factor):.2g}"
    elif isinstance(own, prior.Fixed):
        value, spread = own.value, ""
    else:
        return f"{symbol} ({own.kind})"
    return f"{symbol} = {float(value) * quantity.shown_factor:.3g} {unit}".rstrip() + spread
