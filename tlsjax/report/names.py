"""Names of what a report shows."""

from collections.abc import Mapping

from tlsjax.fitting.result import Result

DRAWN_BY: Mapping[str, str] = {
    "proposals": "independent proposals",
    "nuts": "Hamiltonian chains",
    "smc": "particles",
    "weights": "weighted draws",
}
"""Words for what drew a posterior."""


def of_observation(result: Result, index: int) -> str:
    """Its quantity, such as ``loss``; ``loss_2`` of the second observation of one quantity."""
    quantity = result.points[index].quantity
    number = [points.quantity for points in result.points[: index + 1]].count(quantity)
    return quantity if number == 1 else f"{quantity}_{number}"
