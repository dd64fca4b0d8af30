"""Whether an f(τ) without a formula ends sharply, which the data decide, and where.

Beyond the paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.fitting.optimise import Gaussian
from tlsjax.model.free_form import Smooth
from tlsjax.model.model import Model
from tlsjax.model.prior import number

_DECIDED = 8.0
"""ln of the odds from which on it ends. Of simulated sets of 25 points at 0.5 to 5 %, boxes had 4 to 36,
single times 15 to 46, broad smooth forms up to 3, narrow ones, for which ends are a good guess, up to 29."""


@dataclass(frozen=True)
class End:
    """A place at which f(τ) falls to nothing at once.

    Attributes:
        median, low, high: where, and the 95 % interval of it: relaxation time in s, or barrier in K.
        unit: of these, ``"s"`` or ``"K"``.
    """

    median: float
    low: float
    high: float
    unit: str


def ended(model: Model, search: Callable[[str, Model], Gaussian]) -> tuple[Model, Gaussian, tuple[str, ...]]:
    """The more probable of an f(τ) that runs on and one that ends, by their evidence, and what was decided.

    Both fitted at once would not mix: an end in a tail that nobody sees hides a curve that may do anything.

    Args:
        model: what is fitted; one whose f(τ) has a formula is left as it is.
        search: for the optimum of a model like it, with a name for the search.

    Returns:
        the model, its optimum, and a sentence where f(τ) ends.
    """
    if model.smooth is None:
        return model, search("optimum", model), ()
    running, sharp = (replace(model, smooth=replace(model.smooth, ends=number(one))) for one in (0.0, 1.0))
    plain, other = search("optimum", running), search("ended_optimum", sharp)
    gain = other.evidence() - plain.evidence()
    if gain < _DECIDED:
        return running, plain, ()
    return sharp, other, (f"the data ask for an f(τ) that ends sharply (ln of the odds {gain:.1f})",)


def ends_of(values: Mapping[str, ArrayLike], smooth: Smooth) -> list[dict[str, Any]]:
    """Ends inside what the data see, as records; none where f(τ) runs on.

    Args:
        values: draws of ``ends``, (draws, 2), and of the form's process's parameter.
        smooth: where its nodes are.
    """
    if not float(smooth.ends):
        return []
    first, last = smooth.cuts(jnp.asarray(values["ends"]))
    nodes = np.arange(len(smooth.curve))
    places = np.broadcast_to(np.log(smooth.places(values)), (len(first), len(nodes)))
    unit = "K" if smooth.over == "barrier" else "s"
    found = []
    for cut in (np.asarray(first), np.asarray(last)):
        where = np.exp([np.interp(at, nodes, own) for at, own in zip(cut, places, strict=True)])
        low, median, high = (float(q) for q in np.quantile(where, (0.025, 0.5, 0.975)))
        if float(smooth.marks[0]) < median < float(smooth.marks[-1]):
            found.append(asdict(End(median, low, high, unit)))
    return found
