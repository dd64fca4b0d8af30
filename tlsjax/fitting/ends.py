"""Whether an f(τ) without a formula ends sharply, which the data decide, and where."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from tlsjax.fitting.optimise import Gaussian
from tlsjax.model.free_form import Smooth
from tlsjax.model.model import Model

_DECIDED = 8.0
"""ln of the odds from which on it ends: chains do not settle where fainter ends are, and need none."""


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


def with_ends(model: Model) -> Model:
    """The model of an f(τ) that ends sharply, in the same coordinates."""
    assert model.smooth is not None
    return replace(model, smooth=replace(model.smooth, ends=jnp.ones_like(model.smooth.ends)))


def ended(
    model: Model, gaussian: Gaussian, search: Callable[[Model], Gaussian]
) -> tuple[Model, Gaussian, tuple[str, ...]]:
    """The more probable of an f(τ) that runs on and one that ends, by their evidence, and what was decided.

    Both fitted at once would not mix: an end in a tail that nobody sees hides a curve that may do anything.

    Args:
        model, gaussian: of one that runs on, and its optimum.
        search: for the optimum of a model like it.
    """
    sharp = with_ends(model)
    other = search(sharp)
    gain = other.evidence() - gaussian.evidence()
    if gain < _DECIDED:
        return model, gaussian, ()
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
