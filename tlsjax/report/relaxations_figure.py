"""The distributions of relaxation times of several fits, on one axis."""

from collections.abc import Iterable, Mapping

import jax
import numpy as np

from tlsjax.fitting.result import Result
from tlsjax.report.axes import logarithmic
from tlsjax.report.relaxation_figure import densities, frame, mark_times
from tlsjax.report.style import MARKERS, PALETTE, Drawing, Picture, name_axes

_POINTS = 400
_BEYOND = 10.0
"""How far beyond the window the axis goes."""
_WIDE = 90
"""Letters beside each other in a legend."""
_DEEP, _FLAT = 1e-4, 0.03
"""Smallest τf(τ) shown over the largest, at least and at most."""


def relaxations_figure(results: Mapping[str, Result]) -> Drawing:
    """Median of τ f(τ) of every fit and its 95 % band; of a single time its 95 % interval.

    Each is a share of the fit's own loss in the window, so that what lies outside it changes none.
    """
    windows = np.array([result.window for result in results.values()])
    window = float(windows[:, 0].min()), float(windows[:, 1].max())
    limits = window[0] / _BEYOND, window[1] * _BEYOND
    tau = np.geomspace(*limits, _POINTS)
    inside = (tau >= window[0]) & (tau <= window[1])
    step = np.log(tau[1] / tau[0])
    rows = -(-len(results) // _columns(results))
    figure, axes = frame(2.9 + 0.2 * rows, below=0.6 + 0.2 * rows)
    top, least, times = 0.0, np.inf, []
    for number, (name, result) in enumerate(results.items()):
        color = PALETTE[number % len(PALETTE)]
        dashes = ((), (5, 2), (1, 1.5))[number // len(PALETTE) % 3]
        try:
            every = densities(result.relaxations, tau)
        except ValueError:
            times.append((name, result, color, MARKERS[number % len(MARKERS)]))
            continue
        every = every / (step * every[:, inside].sum(1, keepdims=True))
        low, middle, high = np.quantile(every, (0.025, 0.5, 0.975), axis=0)
        axes.fill_between(tau, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(tau, middle, color=color, dashes=dashes, label=name)
        top = max(top, float(middle.max()))
        least = min(least, float(low[inside].min()))
    top = top or 1.0
    for name, result, color, marker in times:
        drawn = np.asarray(jax.vmap(lambda one: one.mean)(result.relaxations))
        low, middle, high = np.quantile(drawn, (0.025, 0.5, 0.975))
        axes.errorbar(
            [middle], [0.5 * top], xerr=[[middle - low], [high - middle]], color=color, marker=marker,
            linestyle="none", label=f"{name} (one time)",
        )  # fmt: skip
    logarithmic(axes, "y", float(np.clip(least / 3, _DEEP * top, _FLAT * top)), 6 * top)
    name_axes(axes, y="τ f(τ), of what the data see", beside=0.46)
    mark_times(axes, limits, window)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=_columns(results))
    return Drawing(
        Picture(figure, "relaxations", f"Median and 95 % band of τ f(τ) of {', '.join(results)}."),
        "The distribution of relaxation times by each fit, per unit of ln τ, with 95 % bands; each is 1 over "
        "the shaded window, which the measured frequencies reach.",
    )


def _columns(names: Iterable[str]) -> int:
    """Of a legend."""
    return max(1, min(4, _WIDE // (max(map(len, names)) + 8)))
