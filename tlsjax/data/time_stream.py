"""A recorded current against time as a table of its noise spectrum."""

from math import ceil, log10

import numpy as np
from numpy.typing import NDArray
from scipy.fft import prev_fast_len

from tlsjax.data.columns import AVERAGES, CONDITIONS, MEASURED, TIME_STREAM, TIME_STREAM_CONSTANTS
from tlsjax.data.comments import Constant
from tlsjax.data.describe import in_words
from tlsjax.data.headings import Heading, known_columns
from tlsjax.data.periodogram import periodogram
from tlsjax.data.raw import Array, RawTable
from tlsjax.errors import InputError
from tlsjax.unit_text import shown
from tlsjax.units import to_si

SEGMENTS = 11
POINTS_PER_DECADE = 12
_LINES = (2.5, 4.5, 6.5, 8.5, 10.5)
"""Edges of the lowest points, in lines of a segment's spectrum. Below them a hann window lifts 1/f noise by
more than 5 %; two lines a point correlate neighbours by 0.2 instead of 4/9. From 10.5 on a twelfth of a
decade holds two lines by itself."""
_LEAST = 12.5
"""Lines that a spectrum must reach."""
_USED = 1.0 / 8.0
"""Share of the sample rate up to which a record is used that states no bandwidth."""
_STEADY = 0.01
"""Change of a condition, and share of the record by which its clock is off, that count as none."""
_EXTREME = 1e100
"""Numbers beyond it, or below its inverse, are slips of a unit; their squares may not be numbers at all."""


def noise_table(raw: RawTable) -> RawTable:
    """Noise spectrum of a recorded current.

    Welch's averaged periodogram of 11 half-overlapping hann segments in logarithmic bins, 12 a decade and at
    least two lines each, with the effective number of averages that their scatter has
    (:func:`tlsjax.data.periodogram.periodogram`); the lowest point has about 15.

    The highest frequency is an eighth of the sample rate, because the amplifier's filter, the digitiser and
    aliases shape what lies above; the constant ``bandwidth`` moves it, to half the sample rate at most. Where
    each sample is the mean over a time t, the constant ``integration_time`` says so, and the spectrum is
    divided by sinc²(ft) = [sin(πft)/πft]². The constant ``mains`` leaves out the lines of a power grid.

    Args:
        raw: columns ``time`` [s] and ``current`` [A] of shape (N,), in their written units, and conditions
            that are constant within 1 %.

    Returns:
        table with ``frequency`` [Hz], ``current_noise`` [A²/Hz] (one-sided) and ``averages`` [1], without
        lines of the file.

    Raises:
        InputError: no current, an empty cell, times that do not rise evenly, a condition that varies, a
            bandwidth or an integration time that the sample rate does not allow, too few samples, no noise.

    Limits: times may be rounded, by less than half a step, and their clock may drift, by up to 1 % of the
        record. The division by sinc² takes out the mean alone; what that folds down from above half the
        sample rate stays. Up to an eighth of the sample rate that is below 0.6 % of 1/f noise; in white noise
        that no filter has cut it makes up for all that the mean takes, and ``integration_time`` is not to be
        given. The lowest point is too high by 2 % for 1/f noise, by 15 % for 1/f², which its averages hide.
    Source: Welch 1967. Beyond the paper.
    """
    headings = {heading.name: heading for heading in raw.headings}
    columns = {name: _numbers(raw, heading) for name, heading in headings.items()}
    if "current" not in columns:
        raise raw.error("no current beside it; add a column 'current [A]'", heading=headings["time"])
    time, current = columns.pop("time"), columns.pop("current")
    _check_size(raw, 0.5 if "bandwidth" in raw.constants else _USED)
    conditions = {name: _one_value(raw, headings[name], values) for name, values in columns.items()}
    steps_off = _check_even(raw, headings["time"], time)
    rate = (time.size - 1) / float(time[-1] - time[0])
    spread = float(np.ptp(current))
    if spread == 0.0:
        message = f"{current[0]:.6g} A in every row; there is no noise in it"
        raise raw.error(message, heading=headings["current"])
    if min(rate, spread) < 1.0 / _EXTREME or rate > _EXTREME:
        raise raw.error(f"{rate:.3g} samples a second that vary by {spread:.3g} A; are the units right?")
    bandwidth = _within(raw, "bandwidth", rate / 2.0, "half the sample rate")
    averaged = _within(raw, "integration_time", 1.0 / rate, "the time between samples")
    highest = bandwidth or _USED * rate
    _check_size(raw, highest / rate)
    mains = _within(raw, "mains", highest, "the highest frequency that is used")
    length = 2 * prev_fast_len(time.size // (SEGMENTS + 1))
    try:
        found = periodogram(
            current, rate, segment_length=length, edges=_edges(rate / length, highest), mains=mains or None
        )
    except ValueError as error:
        raise InputError(f"mains: {error}", source=raw.source, line=raw.constants["mains"].line) from None
    density = found.density / np.sinc(found.frequency * averaged) ** 2
    spectrum = (CONDITIONS["frequency"], MEASURED["current_noise"], AVERAGES)
    notes = [
        f"time stream of {_grouped(time.size)} samples at {_hertz(rate)} read as a noise spectrum: Welch, "
        f"{2 * time.size // length - 1} half-overlapping segments, {POINTS_PER_DECADE} points a decade from "
        f"{_hertz(found.frequency[0])} to {_hertz(found.frequency[-1])}, "
        f"{found.averages.min():.0f} to {found.averages.max():.0f} averages",
        f"its mean, {in_words(TIME_STREAM['current'], float(current.mean()))}, taken out",
    ]
    if bandwidth:
        notes.append(f"nothing used above the bandwidth, {_hertz(highest)}")
    else:
        notes.append(
            f"nothing used above an eighth of the sample rate, {_hertz(highest)}: filters and aliases shape "
            "what lies there (a line such as '# bandwidth: 4 kHz' sets another limit)"
        )
    if mains:
        notes.append(f"lines of the mains left out: {_hertz(mains)} and its harmonics up to the 50th")
    if averaged:
        duration = in_words(TIME_STREAM_CONSTANTS["integration_time"], averaged)
        notes.append(f"divided by sinc²(f·{duration}), each sample being the mean over that time")
    if steps_off > 0.5:
        notes.append(f"times off an even clock by up to {steps_off:.3g} steps, taken as even")
    return RawTable(
        headings=tuple(Heading(quantity.name, quantity.name, quantity.unit) for quantity in spectrum),
        values=tuple(
            np.asarray(values, dtype=np.float64) for values in (found.frequency, density, found.averages)
        ),
        source=raw.source,
        header_line=raw.header_line,
        constants=conditions | {k: v for k, v in raw.constants.items() if k not in TIME_STREAM_CONSTANTS},
        notes=(*raw.notes, *notes),
        device=raw.device,
    )


def _numbers(raw: RawTable, heading: Heading) -> Array:
    """One column in SI units, with a finite number in every row."""
    values = raw.values[raw.headings.index(heading)]
    for row in np.flatnonzero(np.isnan(values))[:1]:
        message = (
            "the cell is empty; a time stream needs every sample, so keep a stretch without gaps, such as by "
            f"--where '{raw.counted} < {raw.numbers[row]}'"
        )
        raise raw.error(message, int(row), heading)
    quantity = known_columns(time_stream=True)[heading.name]
    result = np.asarray(to_si(values, heading.unit, quantity.unit), dtype=np.float64)
    for row in np.flatnonzero(~(np.abs(result) < _EXTREME))[:1]:
        raise raw.error(f"found {values[row]:.6g} {heading.unit}, too large", int(row), heading)
    return result


def _one_value(raw: RawTable, heading: Heading, values: Array) -> Constant:
    """The condition that a whole record has."""
    if heading.name in raw.constants:
        raise raw.error("stands also as a constant; keep one", heading=heading)
    changed = np.abs(values - values[0]) > _STEADY * np.abs(values[0])
    for row in np.flatnonzero(changed)[:1]:
        quantity = CONDITIONS[heading.name]
        before, here = (in_words(quantity, float(value)) for value in (values[0], values[row]))
        message = f"changes from {before} to {here} within one record; keep one value, such as by"
        raise raw.error(f"{message} --where '{raw.counted} < {raw.numbers[row]}'", int(row), heading)
    mean = float(values.mean())
    return Constant(mean, in_words(CONDITIONS[heading.name], mean), raw.header_line)


def _check_size(raw: RawTable, share: float) -> None:
    """Enough samples for a spectrum up to this share of the sample rate."""
    needed = (SEGMENTS + 1) * ceil(_LEAST / (2.0 * share) - 1e-6)
    if len(raw) < needed:
        samples = "1 sample" if len(raw) == 1 else f"{_grouped(len(raw))} samples"
        message = f"only {samples}; a noise spectrum up to {share:.3g} of the sample rate"
        raise raw.error(f"{message} needs at least {_grouped(needed)}")


def _check_even(raw: RawTable, heading: Heading, time: Array) -> float:
    """How far the times are off an even clock at most, in steps.

    Raises:
        InputError: they do not rise evenly; it names the first row that does not follow the one before.
    """
    steps = np.diff(time)
    wrong = steps <= 0.0
    if not wrong.all():
        rising = steps[~wrong]
        # rounding makes two steps of one, and the median is either of them
        usual = float(np.mean(rising[rising < 1.6 * np.median(rising)]))
        wrong |= np.abs(steps - usual) >= 0.5 * usual
    stretch = _longest_stretch(raw, heading, wrong) if wrong.any() else ""
    for found, why in (
        (steps < 0.0, "the time goes back"),
        (steps == 0.0, "the time of the row before (if it is only rounded, write more digits)"),
        (wrong, "not one usual step after the row before"),
    ):
        for row in np.flatnonzero(found)[:1]:
            raise raw.error(f"{why}; keep one unbroken stretch, {stretch}", int(row) + 1, heading)
    off = np.abs(time - np.linspace(time[0], time[-1], time.size))
    worst = int(off.argmax())
    if off[worst] > max(_STEADY * (time[-1] - time[0]), 0.5 * usual):
        found = f"{off[worst] / usual:.3g} steps off an even clock"
        message = f"{found}; keep a stretch of one rate, such as by --where '{raw.counted} < 1000'"
        raise raw.error(message, worst, heading)
    return float(off[worst] / usual)


def _longest_stretch(raw: RawTable, heading: Heading, broken: NDArray[np.bool_]) -> str:
    """Where the longest run of rows stands of which each follows the one before, and what keeps it alone."""
    ends = np.concatenate([[0], np.flatnonzero(broken) + 1, [len(raw)]])
    longest = int(np.diff(ends).argmax())
    first, last = int(ends[longest]), int(ends[longest + 1]) - 1
    found = f"the longest is {raw.counted}s {raw.numbers[first]} to {raw.numbers[last]}"
    time = raw.values[raw.headings.index(heading)]
    inside = time[first : last + 1]
    low, high = float(inside.min()), float(inside.max())
    before = float(time[time < low].max(initial=-np.inf))
    after = float(time[time > high].min(initial=np.inf))
    if np.count_nonzero((time >= low) & (time <= high)) == inside.size:
        unit = shown(heading.unit, 20)
        conditions = [
            f"'time {sign} {_between(*limits)} {unit}'"
            for sign, limits in ((">", (before, low)), ("<", (high, after)))
            if np.isfinite(limits).all()
        ]
    else:  # times that stand in other rows as well
        limits = (first > 0, f">= {raw.numbers[first]}"), (last + 1 < len(raw), f"<= {raw.numbers[last]}")
        conditions = [f"'{raw.counted} {text}'" for needed, text in limits if needed]
    return f"{found}: {' '.join(f'--where {condition}' for condition in conditions)}"


def _between(low: float, high: float) -> str:
    """The shortest number between two."""
    middle = low + 0.5 * (high - low)
    texts = (f"{middle:.{digits}g}" for digits in range(1, 18))
    return next((text for text in texts if low < float(text) < high), f"{middle!r}")


def _within(raw: RawTable, name: str, largest: float, what: str) -> float:
    """A constant of the recording, which has an upper limit; 0 where it is not stated."""
    constant = raw.constants.get(name)
    if constant is None:
        return 0.0
    if not 0.0 < constant.value <= 1.001 * largest:  # the sample rate is as exact as the times are written
        limit = in_words(TIME_STREAM_CONSTANTS[name], largest)
        message = f"{name} is {constant.text}; it must be above zero and at most {limit}, {what}"
        raise InputError(message, source=raw.source, line=constant.line)
    return constant.value


def _edges(spacing: float, highest: float) -> Array:
    """Edges of the points, Hz: at the lowest lines of this spacing by count, above evenly on a log scale."""
    low = np.multiply(_LINES, spacing)
    decades = log10(highest / low[-1])
    above = np.geomspace(low[-1], highest * (1.0 + 1e-9), ceil(POINTS_PER_DECADE * decades) + 1)
    return np.concatenate([low[:-1], above])


def _hertz(frequency: float) -> str:
    return in_words(CONDITIONS["frequency"], frequency)


def _grouped(count: int) -> str:
    return f"{count:_}".replace("_", " ")
