"""What a heading that nobody knows may mean: names that leave something open, and slips of the pen."""

from collections.abc import Mapping
from difflib import get_close_matches

from tlsjax.data.aliases import ALIASES, SPELLED, fits
from tlsjax.quantity import Quantity
from tlsjax.unit_text import shown
from tlsjax.units import is_unit

_OPEN: Mapping[str, tuple[str, ...]] = {
    "photon_number": ("n",),
    "quality_factor": ("q", "q_factor", "ql", "q_l"),
    "loss": ("tan_delta", "tand", "tanδ", "loss_tangent", "1/q", "inverse_q"),
    "frequency_shift": ("df", "shift", "δf", "delta_f"),
    "averages": ("avg",),
}
"""Names that may mean something else as well: another Q, a shift in Hz, an index."""
_SPELLED = {**SPELLED, "ghz": "GHz", "mhz": "MHz", "dbm": "dBm"}
_ERROR_ENDINGS = ("_error", "_errors", "_std", "_unc", "_uncertainty", "_sigma", "_stderr", "_sd")


def suggestion(name: str, unit: str | None, known: Mapping[str, Quantity]) -> str | None:
    """Closest known heading for an unknown one, with the unit that was written or is spelled in the name."""
    found, unit = meant(name, unit, known)
    return f"{found} [{shown(unit, 20)}]" if found and unit else found


def meant(
    name: str, unit: str | None, known: Mapping[str, Quantity]
) -> tuple[str, str | None] | tuple[None, None]:
    """Known name that is or may be meant, and the unit that was written or is spelled in the name."""
    base, _, tail = name.rpartition("_")
    spelled = _SPELLED.get(tail, tail)
    if base and is_unit(spelled) and tail != "1":
        found = _closest(base, spelled, known)
        if found:
            return found, spelled
    direct = _closest(name, unit, known)
    return (direct, unit) if direct else (None, None)


def _closest(name: str, unit: str | None, known: Mapping[str, Quantity]) -> str | None:
    """Known name that an unknown one may mean; of several, such as T and t, the one that has the unit."""
    if name in known:
        return name
    name = name.replace(".", "")
    for ending in _ERROR_ENDINGS:
        if name.endswith(ending) and f"{name.removesuffix(ending)}_err" in known:
            return f"{name.removesuffix(ending)}_err"
    base, error = (name.removesuffix("_err"), "_err") if name.endswith("_err") else (name, "")
    meant = [
        column + error
        for column in known
        if base in (*ALIASES.get(column, ()), *_OPEN.get(column, ())) and column + error in known
    ]
    if len(name) == 1 and unit:
        meant = [column for column in meant if fits(unit, known[column])]
    if meant:
        return next((column for column in meant if len(meant) > 1 and fits(unit, known[column])), meant[0])
    close = get_close_matches(name[:60], known, n=1, cutoff=0.66)
    return close[0] if close else None
