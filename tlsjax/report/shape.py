"""What a fit without a formula for f(τ) says of it, in sentences."""

import numpy as np

from tlsjax.fitting.ends import End
from tlsjax.fitting.peaks import LEAST, Peak
from tlsjax.fitting.result import Result

_LITTLE = 0.01
"""Per cent below which an unseen share is not worth digits."""
_OF = {"time": "f(τ)", "barrier": "the barriers", "coupling": "f(τ) at the middle temperature"}


def shape_in_words(result: Result) -> tuple[str, ...]:
    """Its peaks and ends, and how much of it the data do not see; nothing where f(τ) has a formula."""
    if result.model.smooth is None:
        return ()
    of = _OF[result.model.smooth.over]
    every = [_peak(one, of) for one in result.peaks]
    none = f"No peak of {of} has a probability above {LEAST:.0%}"
    fall = "; a peak falls to half within a decade of τ on either side."
    ends = " and ".join(map(_place, result.ends))
    sharp = [f"Sharp end of {of} at {ends}."] if ends else []
    return ("; ".join(every or [none]) + fall, *sharp, _unseen(result))


def _place(one: Peak | End) -> str:
    return f"{one.median:.2g} {one.unit} (95 %: {one.low:.2g} to {one.high:.2g})"


def _peak(one: Peak, of: str) -> str:
    return f"Peak of {of} at {_place(one)} with probability {min(one.probability, 0.999):.3g}"


def _unseen(result: Result) -> str:
    draws, (low, high) = result.draws, result.window
    share = np.clip(100.0 * (1.0 - draws["amplitude_in_window"] / draws["amplitude"]), 0.0, 100.0)
    least, middle, most = np.quantile(share, (0.025, 0.5, 0.975))
    interval = f"{middle:.2g} % (95 %: {least:.2g} to {most:.2g} %)"
    much = interval if most > _LITTLE else f"less than {_LITTLE} %"
    model = result.model
    warm = model.family is not None and model.family.conditions()
    at = f" at {float(model.window.temperature):.2g} K" if warm else ""
    return (
        f"Of f(τ){at} {much} is unseen: outside {low:.2g} to {high:.2g} s, "
        "which the measured frequencies reach, only the prior speaks."
    )
