"""The distribution of relaxation times that the data imply, and where they see it."""

from typing import Any

import jax
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tlsjax.fitting.compile import quick_jit
from tlsjax.fitting.result import Draws, Result
from tlsjax.physics.relaxation import Relaxation
from tlsjax.report.axes import linear, logarithmic
from tlsjax.report.histogram import histogram
from tlsjax.report.style import BLUE, GREY, Drawing, Picture, grid, name_axes, new_figure

Array = NDArray[np.float64]
_DRAWS = 2000
_POINTS = 600
_BEYOND, _BEYOND_FREE = 1e3, 10.0
"""How far beyond the window the axis goes; a form without a formula ends there."""
_WINDOW = "#e9f2e4"


def relaxation_figure(result: Result) -> Drawing:
    """τ f(τ), or where f has no density the posterior of its time."""
    low, high = result.window
    beyond = _BEYOND if result.model.smooth is None else _BEYOND_FREE
    speaks = "the family's shape and the prior" if result.model.smooth is None else "neighbours and the prior"
    family, warm = result.model.family, float(result.model.window.temperature)
    at = f" at {warm:.2g} K" if family is not None and family.conditions() else ""
    limits = low / beyond, high * beyond
    tau = np.geomspace(*limits, _POINTS)
    try:
        after = densities(result.relaxations, tau)
    except ValueError:
        return _one_time(result, limits)
    before = densities(_family(result, result.prior_draws), tau)
    figure, axes = banded(tau, before, after, (low, high))
    name_axes(axes, y="τ f(τ)", beside=0.46)
    mark_times(axes, limits, result.window)
    return Drawing(
        Picture(
            figure, "relaxation_times",
            "Posterior median and 95 % band of τ f(τ) against relaxation time τ, with the prior's 95 % band; "
            f"the data reach relaxation times from {low:.1e} s to {high:.1e} s.",
        ),
        f"The distribution of relaxation times{at}, per unit of ln τ. Trust the line inside the shaded "
        f"window, which the measured frequencies reach; outside it only {speaks} speak.",
    )  # fmt: skip


def banded(x: Array, before: Array, after: Array, window: tuple[float, float]) -> tuple[Figure, Axes]:
    """Bands of draws (draws, x) from prior and posterior, on an axis that shows what is in the window."""
    figure, axes = frame(3.0)
    band = np.quantile(after, (0.025, 0.5, 0.975), axis=0)
    prior = np.quantile(before, (0.025, 0.975), axis=0)
    for edge, label in zip(prior, ("prior, 95 %", None), strict=True):
        axes.plot(x, edge, color=GREY, linewidth=0.9, linestyle=(0, (1, 1.5)), label=label, zorder=1)
    axes.fill_between(x, band[0], band[2], color=BLUE, alpha=0.35, linewidth=0, label="posterior, 95 %")
    axes.plot(x, band[1], color=BLUE, label="posterior, median")
    top = float(band[2].max())
    inside = (x >= window[0]) & (x <= window[1]) & (band[1] > 0)
    seen = band[1][inside]
    if len(seen) and seen.max() > 30 * seen.min():
        logarithmic(axes, "y", max(float(seen.min()) / 30, 1e-6 * top), 20 * top)
    else:
        axes.set_ylim(0, 1.28 * top)
        linear(axes, "y", 9)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3)
    return figure, axes


def frame(height: float, below: float = 0.47) -> tuple[Figure, Axes]:
    """A figure and its one pair of axes, heights in inches."""
    figure = new_figure(height)
    return figure, figure.add_subplot(grid(figure, 1, 1, left=0.72, right=0.12, bottom=below, top=0.36)[0])


def densities(relaxations: Relaxation, tau: Array) -> Array:
    """τ f(τ) of evenly picked draws, shape (draws, len(tau))."""
    count = len(jax.tree.leaves(relaxations)[0])
    picked = np.linspace(0, count - 1, min(count, _DRAWS)).astype(int)
    few = jax.tree.map(lambda leaf: np.asarray(leaf)[picked], relaxations)
    return np.asarray(_density(few, jax.device_put(tau)))


@quick_jit
def _density(relaxations: Relaxation, tau: jax.Array) -> jax.Array:
    return jax.vmap(lambda one: tau * one.density(tau))(relaxations)


def _family(result: Result, draws: Draws) -> Relaxation:
    return result.model.relaxation({name: jax.device_put(x) for name, x in draws.items()})


def _one_time(result: Result, limits: tuple[float, float]) -> Drawing:
    before = np.asarray(jax.vmap(lambda one: one.mean)(_family(result, result.prior_draws)))
    after = np.asarray(jax.vmap(lambda one: one.mean)(result.relaxations))
    low, high = np.quantile(after, (0.025, 0.975))
    limits = min(limits[0], float(low) / 10), max(limits[1], float(high) * 10)
    figure, axes = frame(2.9)
    for values, color, label in ((before, GREY, "prior"), (after, BLUE, "posterior")):
        histogram(axes, values, logarithmic=True, color=color, label=label)
    axes.set_ylim(0, 1.35)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    mark_times(axes, limits, result.window)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=2)
    name_axes(axes, x="mean relaxation time τ̄ (s)")
    return Drawing(
        Picture(
            figure, "relaxation_times",
            "Posterior and prior of the mean relaxation time; the posterior lies from "
            f"{low:.2e} s to {high:.2e} s.",
        ),
        "A single relaxation time has no density to draw: prior and posterior of the mean relaxation time, "
        "each scaled to the same height. The shaded window is what the measured frequencies reach.",
    )  # fmt: skip


def mark_times(
    axes: Axes, limits: tuple[float, float], window: tuple[float, float], x: str = "τ (s)"
) -> None:
    """Relaxation times along x, or what else is spread, and which of it the data see."""
    logarithmic(axes, "x", *limits, most=9)
    name_axes(axes, x=x)
    axes.axvspan(*window, color=_WINDOW, zorder=-2, linewidth=0)
    for edge in window:
        axes.axvline(edge, color="#7d9a6b", linewidth=0.9, linestyle=(0, (4, 3)), zorder=-1)
    middle = np.sqrt(window[0] * window[1])
    at: dict[str, Any] = {
        "transform": axes.get_xaxis_transform(),
        "ha": "center",
        "va": "top",
        "fontsize": 8.5,
    }
    at["bbox"] = {"facecolor": "white", "alpha": 0.6, "linewidth": 0, "pad": 0.8}
    axes.text(middle, 0.98, "seen\nby the data", color="#3c5a2b", **at)
    for end, edge in zip(limits, window, strict=True):
        axes.text(np.sqrt(end * edge), 0.98, "not seen\nby the data", color="#666666", **at)
