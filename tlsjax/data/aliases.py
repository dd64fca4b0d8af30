"""What other scripts call the known columns, where name and unit leave no doubt."""

import re
from collections.abc import Iterator, Mapping

from tlsjax.quantity import Quantity
from tlsjax.unit_text import parse_unit
from tlsjax.units import is_unit, to_si

ALIASES: Mapping[str, tuple[str, ...]] = {
    "frequency": ("f", "freq", "frequenz", "measurement_frequency", "messfrequenz"),
    "resonance_frequency": (
        "f0", "f_0", "fr", "f_r", "fres", "f_res", "res_freq", "resonance_freq", "resonant_frequency",
        "resonator_frequency", "resonanzfrequenz",
    ),
    "angular_frequency": ("omega", "w", "ω", "kreisfrequenz"),
    "temperature": (
        "t", "temp", "temperatur", "tbath", "t_bath", "bath_temperature", "t_sample", "sample_temperature",
        "t_mxc", "mxc_temperature",
    ),
    "time": ("t", "zeit", "time_stamp", "timestamp", "elapsed_time"),
    "current": ("i", "signal", "strom", "i_t", "di", "delta_i"),
    "bias_current": (
        "i", "ib", "idc", "i_dc", "ibias", "i_bias", "bias", "current", "dc_current", "strom", "gleichstrom",
    ),
    "photon_number": (
        "nph", "n_ph", "nbar", "n_bar", "n̄", "photons", "n_photon", "n_photons", "nphoton", "nphotons",
        "mean_photon_number", "average_photon_number", "photonenzahl",
    ),
    "coupling_quality_factor": (
        "qc", "q_c", "qext", "q_ext", "q_coupling", "coupling_q", "q_external", "external_q",
        "external_quality_factor", "koppelguete", "koppelgüte",
    ),
    "power": (
        "p", "pwr", "p_in", "pin", "leistung", "readout_power", "input_power", "microwave_power",
        "drive_power", "mikrowellenleistung",
    ),
    "angle": ("theta", "θ", "winkel"),
    "run": ("cooldown", "cool_down", "cooldown_number", "run_number", "run_no", "abkühlung", "abkuehlung"),
    "quality_factor": (
        "qi", "q_i", "qint", "q_int", "q_internal", "internal_q", "internal_quality_factor", "q_intrinsic",
        "intrinsic_q", "intrinsic_quality_factor", "guete", "güte", "interne_guete", "interne_güte",
        "innere_guete", "innere_güte",
    ),
    "loss": ("1/qi", "1/q_i", "1/qint", "1/q_int", "qi_inv", "q_i_inv", "inverse_qi", "internal_loss"),
    "conductivity": ("sigma", "sigma1", "sigma_1", "σ", "σ1", "σ₁", "leitfähigkeit", "leitfaehigkeit"),
    "current_noise": ("psd", "si", "s_i", "noise", "noise_psd", "stromrauschen"),
    "frequency_shift": (
        "df/f", "δf/f", "df/f0", "δf/f0", "df/fr", "dff", "df_f", "df_over_f", "freq_shift",
        "fractional_frequency_shift", "relative_frequency_shift", "frequenzverschiebung",
    ),
    "averages": ("n_avg", "navg", "n_averages", "number_of_averages"),
    "attenuation": ("att", "atten", "daempfung", "dämpfung"),
}  # fmt: skip
"""Names that are accepted; one letter only with a unit that decides, since 'T' may be a period."""

SPELLED = {"k": "K", "mk": "mK", "hz": "Hz", "a": "A", "w": "W", "ua": "uA", "na": "nA", "pa": "pA"}
"""Units whose capitals a script may have lost: no one has megakelvins."""

_ERROR = (
    "err",
    "error",
    "errors",
    "std",
    "unc",
    "uncertainty",
    "sigma",
    "stderr",
    "sd",
    "fehler",
    "unsicherheit",
)
_ERROR_BEHIND = re.compile(rf"(?P<value>.+)[\s_\-](?:{'|'.join(_ERROR)})\.?", re.IGNORECASE)
_ERROR_AHEAD = re.compile(rf"(?:{'|'.join(_ERROR)})[\s_\-](?:of[\s_\-])?(?P<value>.+)", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s_,/\-]+")


def plain_name(text: str) -> str:
    """Name in lower case with underscores: ``Bias Current`` and ``bias-current`` are ``bias_current``."""
    return re.sub(r"[\s\-_]+", "_", text.strip().strip("\"'").strip()).strip("_").casefold()


def accepted(
    text: str, unit: str | None, known: Mapping[str, Quantity]
) -> tuple[str, str | None] | tuple[None, None]:
    """Known name that a heading surely means, and its unit.

    Args:
        text: heading as written, without a unit in brackets; ``T_mK`` and ``T / mK`` spell one.
        unit: unit written in brackets or elsewhere; None if none.
        known: what may be meant, by name.

    Returns:
        name in ``known`` and unit; None for both where anything is left open.
    """
    direct = _direct(plain_name(text).replace(".", ""), unit, known)
    if direct is not None:
        return direct, unit
    error = _ERROR_BEHIND.fullmatch(text.strip()) or _ERROR_AHEAD.fullmatch(text.strip())
    if error is not None:
        value, of_value = accepted(error["value"], unit, known)
        if value is not None and f"{value}_err" in known:
            return f"{value}_err", of_value
    if unit is None:
        for name, spelled in spelled_units(text.strip()):
            found, _ = accepted(name, spelled, known)
            if found is not None and fits(spelled, known[found]):
                return found, spelled
    return None, None


def fits(unit: str | None, quantity: Quantity) -> bool:
    """Whether a written unit is one of this quantity; per cent is one of any uncertainty."""
    if quantity.name.endswith("_err") and unit == "%":
        return True
    try:
        to_si(1.0, unit or "", quantity.unit)
    except ValueError:
        return False
    return True


def _direct(name: str, unit: str | None, known: Mapping[str, Quantity]) -> str | None:
    """The one column that has this name or alias."""
    if name in known:
        return name
    meant = [column for column, others in ALIASES.items() if name in others and column in known]
    if len(name) == 1:
        meant = [
            column for column in meant if unit and known[column].unit != "1" and fits(unit, known[column])
        ]
    if "current" in meant:  # a recorded current; a bias beside it has a name of its own
        return "current"
    return meant[0] if len(meant) == 1 else None


def spelled_units(text: str) -> Iterator[tuple[str, str]]:
    """Ways to take a heading as a name and a unit behind it, the longest unit first."""
    for between in _BETWEEN.finditer(text):
        name, tail = text[: between.start()], text[between.end() :]
        unit = tail if is_unit(tail) else SPELLED.get(tail.casefold(), "")
        # what counts nothing, such as photons, is part of the name
        if (
            name
            and unit
            and unit not in ("1", "-")
            and (unit.casefold() in ("dbm", "dbw") or parse_unit(unit))
        ):
            yield name, unit
