"""Whether priors fit their parameters and each other; what does not is refused in one line."""

from collections.abc import Mapping

import numpy as np

from tlsjax.errors import InputError
from tlsjax.model import prior
from tlsjax.model.budget import OFFSET, Budget
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity


def check_support(quantity: Quantity, own: prior.Prior) -> None:
    """A prior stays where its parameter can be.

    Raises:
        InputError: it reaches beyond.
    """
    if quantity.support == "real" or isinstance(own, prior.Tied):
        return
    lowest = float(own.lowest)
    if quantity.support == "fraction":
        highest = float(getattr(own, "high", getattr(own, "value", np.inf)))
        if lowest < 0 or highest > 1:
            raise InputError(
                f"the prior of '{quantity.name}' must stay between 0 and 1 (uniform, loguniform or fixed)"
            )
        return
    if 0.0 <= lowest < quantity.above and not isinstance(own, prior.LogNormal):
        raise InputError(
            f"the prior of '{quantity.name}' reaches {lowest:g}, but {quantity.description} "
            f"must stay above {quantity.above:g}"
        )
    zero_allowed = isinstance(own, prior.LogNormal) or quantity.support == "non-negative"
    if lowest < 0 or (lowest == 0 and not zero_allowed):
        raise InputError(
            f"the prior of '{quantity.name}' reaches {lowest:g}, but {quantity.description} "
            f"is {quantity.support}"
        )


def check_ties(
    family: type[Relaxation] | None, channels: Budget | None, chosen: Mapping[str, prior.Prior]
) -> None:
    """Parameters of f(τ) may be tied to each other, scatters to each other, those of channels likewise.

    Raises:
        InputError: another tie is among them.
    """
    shape = set() if family is None else {quantity.name for quantity in family.parameters()}
    budget = {p.quantity.name for p in ((*channels.parameters, OFFSET) if channels else ())}
    loss = {name for name in chosen if name.partition("[")[0] in budget}
    scatter = {name for name in chosen if name.endswith("_scatter")}
    for name, own in chosen.items():
        if isinstance(own, prior.Tied):
            peers = next((group for group in (shape, scatter, loss) if name in group), set())
            allowed = sorted(one for one in peers if not isinstance(chosen[one], prior.Tied))
            if own.to not in allowed:
                raise InputError(
                    f"'{name}' cannot be tied to '{own.to}'; "
                    + (f"it can be to {' or '.join(allowed)}" if allowed else "nothing can: give it a prior")
                )


def check_order(family: type[Relaxation], chosen: Mapping[str, prior.Prior]) -> None:
    """Of two ends of f(τ), the one that must be the smaller stays below the other.

    Raises:
        InputError: their priors overlap the wrong way.
    """
    ends = {prior.LogUniform: "high", prior.Uniform: "high", prior.Fixed: "value"}
    for lower, upper in family.ordered:
        low, high = chosen[lower], chosen[upper]
        end = ends.get(type(low))
        if end is not None and type(high) in ends and float(getattr(low, end)) > float(high.lowest):
            raise InputError(
                f"the prior of '{lower}' reaches above where that of '{upper}' begins; "
                "the first must be the smaller"
            )
