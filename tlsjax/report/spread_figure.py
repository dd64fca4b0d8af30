"""What a process spreads, where its density has no formula: barriers, or times at one temperature."""

import jax.numpy as jnp
import numpy as np

from tlsjax.fitting.result import Draws, Result
from tlsjax.model.free_form import Smooth
from tlsjax.report.relaxation_figure import Array, banded, mark_times
from tlsjax.report.style import Drawing, Picture, name_axes

_DRAWS, _POINTS = 1000, 400
_BEYOND = 2.0
"""How far beyond what is seen the axis goes."""
_AXES = {
    "barrier": ("V g(V)", "V (K)", "barriers V"),
    "coupling": ("τ f(τ)", "τ (s)", "relaxation times at the middle temperature"),
}


def spread_figure(result: Result) -> Drawing | None:
    """Median and 95 % band of the density; None where f(τ) has a formula or is itself what is spread."""
    smooth = result.model.smooth
    if smooth is None or smooth.over == "time":
        return None
    y, x, words = _AXES[smooth.over]
    seen = float(smooth.marks[0]), float(smooth.marks[-1])
    limits = seen[0] / _BEYOND, seen[1] * _BEYOND
    along = np.geomspace(*limits, _POINTS)
    before, after = (_densities(smooth, draws, along) for draws in (result.prior_draws, result.draws))
    figure, axes = banded(along, before, after, seen)
    name_axes(axes, y=y, beside=0.46)
    mark_times(axes, limits, seen, x)
    return Drawing(
        Picture(
            figure,
            f"{smooth.over}s",
            f"Posterior median and 95 % band of {y} against {x}, and the prior's band.",
        ),
        f"The distribution of {words}, one for all temperatures, per unit of the logarithm. Trust the line "
        "inside the shaded range, which some measured frequency reaches at some temperature; outside it only "
        "neighbours and the prior speak.",
    )


def _densities(smooth: Smooth, draws: Draws, along: Array) -> Array:
    """Of evenly picked draws, (draws, places)."""
    count = draws["weights"].reshape(-1, draws["weights"].shape[-1]).shape[0]
    picked = np.linspace(0, count - 1, min(count, _DRAWS)).astype(int)
    few = {
        "weights": draws["weights"].reshape(count, -1)[picked],
        smooth.process: draws[smooth.process].reshape(count)[picked],
    }
    return np.asarray(smooth.densities(few, jnp.asarray(along))).T
