"""What a heading that nobody knows may mean: names that other scripts use, and slips of the pen."""

from collections.abc import Mapping
from difflib import get_close_matches

from tlsjax.quantity import Quantity
from tlsjax.unit_text import shown
from tlsjax.units import is_unit, to_si

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "frequency": ("f", "f0", "f_0", "fr", "f_r", "freq", "frequenz", "resonance_frequency"),
    "angular_frequency": ("omega", "w", "ω"),
    "temperature": ("t", "temp", "temperatur", "tbath", "t_bath", "temp_k"),
    "time": ("t", "zeit", "time_stamp", "timestamp", "elapsed_time"),
    "current": ("i", "signal", "strom", "i_t", "di", "delta_i"),
    "bias_current": ("i", "ib", "idc", "i_dc", "ibias", "i_bias", "bias", "current", "dc_current", "strom"),
    "photon_number": ("n", "nph", "n_ph", "nbar", "n_bar", "photons", "n̄"),
    "power": ("p", "pwr", "p_in", "leistung", "readout_power"),
    "angle": ("theta", "θ"),
    "quality_factor": ("q", "qi", "q_i", "qint", "q_int", "internal_q", "internal_quality_factor"),
    "loss": ("tan_delta", "tand", "tanδ", "loss_tangent", "1/q", "1/qi", "1/q_i", "qi_inv", "inverse_q"),
    "conductivity": ("sigma", "sigma1", "sigma_1", "σ", "σ1", "σ₁"),
    "current_noise": ("psd", "si", "s_i", "noise", "noise_psd"),
    "frequency_shift": ("df", "dff", "df/f", "δf/f", "shift", "freq_shift", "df_f"),
    "averages": ("n_avg", "navg", "avg"),
}
"""What other scripts call these columns: for suggestions only, since 'T' may be a period and 'n' an index."""
_SPELLED = {
    "k": "K",
    "mk": "mK",
    "hz": "Hz",
    "ghz": "GHz",
    "mhz": "MHz",
    "a": "A",
    "w": "W",
    "dbm": "dBm",
    "ua": "uA",
    "na": "nA",
    "pa": "pA",
}
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


def _fits(unit: str | None, quantity: Quantity) -> bool:
    """Whether a written unit is one of this quantity."""
    try:
        to_si(1.0, unit or "", quantity.unit)
    except ValueError:
        return False
    return True


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
        for column, others in _OTHER_NAMES.items()
        if base in others and column + error in known
    ]
    if meant:
        return next((column for column in meant if len(meant) > 1 and _fits(unit, known[column])), meant[0])
    close = get_close_matches(name[:60], known, n=1, cutoff=0.66)
    return close[0] if close else None
