"""Histograms of draws, scaled to the same height."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch
from numpy.typing import NDArray

Array = NDArray[np.float64]


def histogram(
    axes: Axes, values: Array, *, logarithmic: bool, color: str, label: str = "", bins: int = 45
) -> None:
    """Draw the density of the draws (per ln x on a log axis), its largest value at 1.

    The outermost 0.1 % on either side are left out: a few far draws would make every bin wide.
    """
    values = values[np.isfinite(values) & ((values > 0) if logarithmic else True)]
    if not len(values):
        return
    low, high = np.quantile(values, (0.001, 0.999))
    if not high > low:
        axes.axvline(float(low), color=color, label=label)
        return
    edges = np.geomspace(low, high, bins + 1) if logarithmic else np.linspace(low, high, bins + 1)
    heights = np.histogram(values, edges)[0].astype(float)
    # what axes.stairs draws, without the search for limits that are set anyway
    shape = {"values": heights / heights.max(), "edges": edges, "color": color}
    for patch in (
        StepPatch(**shape, fill=True, alpha=0.3, linewidth=0),
        StepPatch(**shape, fill=False, linewidth=1.1, label=label),
    ):
        axes.add_artist(patch)
