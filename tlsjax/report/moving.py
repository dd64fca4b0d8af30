"""Which reported quantities are free, and which of them stand for the rest."""

import numpy as np

from tlsjax.fitting.result import Result
from tlsjax.model import prior
from tlsjax.quantity import Quantity

_AS_SAMPLED = {"nu": "amplitude", "omega_star": "omega_c"}
"""Parameters that are sampled as the combination the data see."""


def moves(result: Result, name: str) -> bool:
    """Whether the quantity differs from draw to draw."""
    draws = result.draws[name]
    return bool(np.ptp(draws) > 1e-12 * np.abs(draws).max())


def is_fixed(result: Result, name: str) -> bool:
    """Whether it was given, not inferred."""
    return isinstance(result.model.priors.get(name), prior.Fixed) or not moves(result, name)


def free(result: Result) -> tuple[Quantity, ...]:
    """Free parameters and combinations, in the order of reports."""
    return tuple(q for q in result.quantities if not is_fixed(result, q.name))


def sampled(result: Result) -> tuple[Quantity, ...]:
    """The coordinates that were sampled: A and ω_c for ν and ω*, the rest as it is."""
    known = {quantity.name: quantity for quantity in result.quantities}
    names = dict.fromkeys(_AS_SAMPLED.get(q.name, q.name) for q in result.model.quantities)
    return tuple(known[name] for name in names if moves(result, name))


def seen_coordinates(result: Result, most: int) -> tuple[Quantity, ...]:
    """Sampled coordinates that a spectrum can see: not λ_F and η, which stand in A and ω_c."""
    several = [quantity for quantity in sampled(result) if quantity.name not in ("lambda_f", "eta")]
    first = [quantity for quantity in several if result.identified.get(quantity.name, False)]
    kept = {q.name for q in [*first, *(q for q in several if q not in first)][:most]}
    return tuple(quantity for quantity in several if quantity.name in kept)
