"""Every column and constant that a data table may have: unit, symbol, role and limits, once."""

from collections.abc import Mapping
from math import pi
from types import MappingProxyType

from tlsjax.quantity import Quantity


def _index(*quantities: Quantity) -> Mapping[str, Quantity]:
    return MappingProxyType({quantity.name: quantity for quantity in quantities})


CONDITIONS = _index(
    Quantity("frequency", "f", "Hz", "frequency of the point"),
    Quantity(
        "bias_current",
        "I",
        "A",
        "dc supercurrent through the film; 0 A is no bias",
        support="real",
        shown_unit="µA",
        shown_factor=1e6,
    ),
    Quantity("temperature", "T", "K", "temperature of the film"),
    Quantity("photon_number", "n̄", "1", "mean photon number in the resonator", support="non-negative"),
    Quantity("power", "P", "W", "microwave power at the device"),
    Quantity(
        "angle",
        "θ",
        "rad",
        "angle between the ac field and the dc supercurrent",
        support="real",
        shown_unit="°",
        shown_factor=180.0 / pi,
    ),
    Quantity("coupling_quality_factor", "Q_c", "1", "coupling quality factor of the resonator"),
    Quantity(
        "run",
        "run",
        "1",
        "number of the run, such as a cooldown, in which a row was measured",
        support="non-negative",
    ),
)
"""Under what a point was measured, by name."""

MEASURED = _index(
    Quantity("conductivity", "σ₁", "S", "dissipative sheet conductivity, per square", "Eq. 15"),
    Quantity("loss", "1/Q_i", "1", "internal loss of a resonator"),
    Quantity("frequency_shift", "δf/f", "1", "fractional frequency shift", support="real"),
    Quantity("current_noise", "S_I", "A^2/Hz", "spectral density of the current, one-sided per Hz", "Eq. 20"),
)
"""What was measured, by name."""

CONSTANTS = _index(
    Quantity("width", "W", "m", "width of the film across the current"),
    Quantity("length", "ℓ_x", "m", "length of the film along the current"),
    Quantity("thickness", "L_z", "m", "thickness of the film"),
    Quantity("kinetic_inductance", "L□", "H", "kinetic inductance per square"),
    Quantity("kinetic_fraction", "α_k", "1", "share of the resonator's inductance that is kinetic"),
    Quantity("lambda_f", "λ_F", "m", "Fermi wavelength", shown_unit="nm", shown_factor=1e9),
    Quantity("reference_current", "I_ref", "A", "bias current to which ω* refers"),
    Quantity(
        "calibration_error",
        "Δc",
        "1",
        "uncertainty of a factor that all values of the table share",
        shown_unit="%",
        shown_factor=100.0,
    ),
    Quantity(
        "attenuation",
        "a",
        "dB",
        "attenuation between where the power was stated and the device",
        support="non-negative",
    ),
)
"""What is one number for a whole table, by name. Every condition may be one as well."""

TIME_STREAM = _index(
    Quantity("time", "t", "s", "time of a sample", support="real"),
    Quantity("current", "I(t)", "A", "recorded current, or its fluctuation", support="real"),
)
"""What a recorded current is read from, by name; it becomes a noise spectrum."""

TIME_STREAM_CONSTANTS = _index(
    Quantity("bandwidth", "f_max", "Hz", "frequency up to which the record shows the film's noise"),
    Quantity("integration_time", "t_int", "s", "time over which each sample is the mean"),
    Quantity("mains", "f_m", "Hz", "mains frequency, whose harmonics are left out"),
)
"""What may be said about the recording, by name."""

ANGULAR_FREQUENCY = Quantity("angular_frequency", "ω", "rad/s", "angular frequency, read as ω/2π")
QUALITY_FACTOR = Quantity("quality_factor", "Q_i", "1", "internal quality factor, read as loss 1/Q_i")
RESONANCE_FREQUENCY = Quantity(
    "resonance_frequency", "f_r", "Hz", "resonance frequency, read as frequency and as its shift"
)
AVERAGES = Quantity("averages", "n_avg", "1", "number of averaged periodograms behind a noise point")
