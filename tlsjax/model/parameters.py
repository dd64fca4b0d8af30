"""The parameters of Eq. 15 and the combinations of them that a spectrum determines."""

from collections.abc import Mapping
from dataclasses import replace
from math import pi

import jax

from tlsjax.data.columns import MEASURED
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity, Typical

_GHZ = 1e-9 / (2.0 * pi)

NU = Quantity(
    "nu", "ν", "1/(J m^2)", "areal density of two-level systems, in e²νλ_F²", "Eq. 15",
    shown_unit="1/(eV nm²)", shown_factor=1.602176634e-37, typical=Typical(1e36, 30.0),
)  # fmt: skip
LAMBDA_F = Quantity(
    "lambda_f", "λ_F", "m", "Fermi wavelength", "Eq. 15",
    shown_unit="nm", shown_factor=1e9, typical=Typical(5e-10, 1.3),
)  # fmt: skip
OMEGA_STAR = Quantity(
    "omega_star", "ω*", "rad/s", "crossover frequency at the reference current", "Eq. 13",
    shown_unit="GHz", shown_symbol="ω*/2π", shown_factor=_GHZ, typical=Typical(30.0 / _GHZ, 10.0),
)  # fmt: skip
ETA = Quantity("eta", "η", "1", "factor of order one in front of ω*²", "Eq. 15", typical=Typical(1.0, 3.0))
AMPLITUDE = Quantity("amplitude", "A", "S s", "A = e²νλ_F²: what a spectrum sees of ν and λ_F", "Eq. 15")
OMEGA_C = Quantity(
    "omega_c", "ω_c", "rad/s", "ω_c = √η ω* at the reference current: what a spectrum sees of η and ω*",
    "Eq. 15", shown_unit="GHz", shown_symbol="ω_c/2π", shown_factor=_GHZ,
)  # fmt: skip
SUPERFLOW = Quantity(
    "superflow", "Aω_c²", "S/s", "A·ω_c²: all that a strongly biased spectrum sees of A and ω_c", "Eq. 15"
)
AMPLITUDE_IN_WINDOW = Quantity(
    "amplitude_in_window", "A_w", "S s",
    "A times the share of f(τ) that the measured frequencies reach, 1/ω_max to 1/ω_min", "Eq. 15",
)  # fmt: skip
SUPERFLOW_IN_WINDOW = Quantity(
    "superflow_in_window", "A_wω_c²", "S/s", "A·ω_c² times the same share of f(τ)", "Eq. 15"
)

FREEDOM = Quantity(
    "freedom", "ν_t", "1", "degrees of freedom of Student's t: the fewer, the more outliers", above=2.0,
    typical=Typical(5.0, 2.0),
)  # fmt: skip

MATERIAL = (NU, OMEGA_STAR, ETA, LAMBDA_F)
"""Parameters of every model."""
COMBINATIONS = (AMPLITUDE, OMEGA_C, SUPERFLOW, AMPLITUDE_IN_WINDOW, SUPERFLOW_IN_WINDOW)
"""What is reported besides the single parameters."""


def scatter(measured: str) -> Quantity:
    """The fractional scatter of a measured quantity beyond its stated uncertainty."""
    return Quantity(
        f"{measured}_scatter", f"s({MEASURED[measured].symbol})", "1",
        f"fractional scatter of {measured} beyond its stated uncertainty",
        support="non-negative", shown_unit="%", shown_factor=100.0, typical=Typical(0.05, 3.0),
    )  # fmt: skip


def calibration_name(table: str) -> str:
    """Name of the factor that all values of a table share."""
    return f"calibration[{table}]"


def calibration(name: str) -> Quantity:
    """The factor that all values of a table share, by its name."""
    table = name.removeprefix("calibration[").removesuffix("]")
    return Quantity(name, f"c({table})", "1", f"common factor of all values in {table}")


def spread(quantity: Quantity) -> Quantity:
    """How far a parameter differs between devices."""
    return Quantity(
        f"{quantity.name}_spread", f"s({quantity.symbol})", "1",
        f"standard deviation of ln {quantity.symbol} between devices", typical=Typical(0.3, 2.0),
    )  # fmt: skip


def of_device(quantity: Quantity, device: str) -> Quantity:
    """A parameter of one device."""
    return replace(
        quantity, name=f"{quantity.name}[{device}]", symbol=f"{quantity.symbol}({device})",
        shown_symbol=quantity.shown_symbol and f"{quantity.shown_symbol}({device})",
        description=f"{quantity.description}, of {device}",
    )  # fmt: skip


def of_run(quantity: Quantity, run: int) -> Quantity:
    """A parameter of one run."""
    return of_device(quantity, f"run {run}")


def combine(
    values: Mapping[str, jax.Array], relaxation: Relaxation, window: jax.Array
) -> dict[str, jax.Array]:
    """What follows from the sampled parameters: A·ω_c² and the parts that the measured frequencies reach.

    Args:
        values: parameters with ``amplitude`` and ``omega_c``, SI units, scalars.
        relaxation: f(τ) at these parameters.
        window: shortest and longest relaxation time that the data reach, s, shape (2,).
    """
    share = relaxation.mass(window[0], window[1])
    superflow = values["amplitude"] * values["omega_c"] ** 2
    return {
        "superflow": superflow,
        "amplitude_in_window": values["amplitude"] * share,
        "superflow_in_window": superflow * share,
    }
