"""Which points of which tables a model fits, and what it needs to know of them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import MEASURED
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.physics.photon_number import Geometry

Likelihood = Literal["normal", "gamma"]
PhotonSource = Literal["measured", "solved"]
"""Where a photon number comes from that a table gives as power: the measured Q_i, or the predicted one."""
PHOTON_SOURCES: tuple[PhotonSource, ...] = get_args(PhotonSource)
GEOMETRIES: tuple[Geometry, ...] = get_args(Geometry)

FILM = ("conductivity", "loss", "current_noise")
BUDGET = ("loss", "frequency_shift")
_FILM_NEEDS: dict[str, tuple[str, ...]] = {
    "conductivity": (),
    "loss": ("kinetic_inductance", "kinetic_fraction"),
    "current_noise": ("width", "length", "temperature"),
    "frequency_shift": ("kinetic_inductance", "kinetic_fraction"),
}


class View(NamedTuple):
    """How a model looks at tables.

    Attributes:
        reference_current: to which ω* refers, A; NaN where no table states a bias.
        film: whether Eq. 15 is in the model.
        channel_needs: what the other channels of a loss budget need of a table; None where there are none.
        photons: where a photon number comes from.
        geometry: how the resonator is coupled.
    """

    reference_current: float = float("nan")
    film: bool = True
    channel_needs: tuple[str, ...] | None = None
    photons: PhotonSource = "measured"
    geometry: Geometry = "hanger"

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the model predicts, by name."""
        either = {*(FILM if self.film else ()), *(BUDGET if self.channel_needs is not None else ())}
        return tuple(name for name in MEASURED if name in either)

    def needs(self, quantity: str) -> tuple[str, ...]:
        """What a table must say besides frequency and bias, for a quantity to be predicted."""
        film = _FILM_NEEDS[quantity] if self.film else ()
        channels = (self.channel_needs or ()) if quantity in BUDGET else ()
        return tuple(dict.fromkeys((*film, *channels)))


EQUATION_15 = View()
"""Of a model that is Eq. 15 alone, as it looks at tables without a bias."""


class Points(NamedTuple):
    """Where the points of an observation stand: which table of the fit, which rows, and how they scatter.

    Table −1 is none of the fit: its points share no calibration and are of no device.
    """

    table: int
    quantity: str
    rows: NDArray[np.int64]
    likelihood: Likelihood


def fitted_points(spectra: Sequence[Spectrum], view: View = EQUATION_15) -> tuple[Points, ...]:
    """All that can be fitted in the tables, observation by observation, normal likelihoods first.

    Raises:
        InputError: a table holds nothing that the model predicts.
    """
    found = []
    for table, spectrum in enumerate(spectra):
        fitted = [name for name in spectrum.measured if name in view.quantities]
        if not fitted:
            raise InputError(
                f"nothing here can be fitted by this model: found {', '.join(spectrum.measured)}, "
                f"it predicts {', '.join(view.quantities)}",
                source=spectrum.source,
            )
        for name in fitted:
            rows = np.flatnonzero(~np.isnan(spectrum.columns[name]))
            found.append(Points(table, name, rows, _likelihood(spectrum, name)))
    return tuple(sorted(found, key=lambda points: points.likelihood == "gamma"))


def _likelihood(spectrum: Spectrum, name: str) -> Likelihood:
    averaged = "averages" in spectrum.columns or "averages" in spectrum.constants
    return (
        "gamma"
        if name == "current_noise" and averaged and f"{name}_err" not in spectrum.columns
        else "normal"
    )
