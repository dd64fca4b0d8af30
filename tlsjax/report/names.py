"""Names of what a report shows."""

from tlsjax.fitting.result import Result


def of_observation(result: Result, index: int) -> str:
    """Its quantity, such as ``loss``; ``loss_2`` of the second observation of one quantity."""
    quantity = result.points[index].quantity
    number = [points.quantity for points in result.points[: index + 1]].count(quantity)
    return quantity if number == 1 else f"{quantity}_{number}"
