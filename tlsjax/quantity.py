"""What a physical quantity is called, its unit and where it may lie: said once, read everywhere."""

from dataclasses import dataclass
from typing import Literal

Support = Literal["positive", "non-negative", "real", "fraction"]
Anchor = Literal["absolute", "shortest", "middle", "longest"]


@dataclass(frozen=True)
class Typical:
    """Where a quantity lies before anything was measured.

    Attributes:
        centre: median.
        spread: one standard deviation; a factor for positive quantities, a difference for real ones.
        anchor: what ``centre`` counts in: its own unit, or for a time the shortest, middle or longest
            relaxation time 1/ω that the measured frequencies reach.
    """

    centre: float
    spread: float
    anchor: Anchor = "absolute"


@dataclass(frozen=True)
class Quantity:
    """A named physical quantity.

    Attributes:
        name: identifier, the same in priors, sample sites, files and reports.
        symbol: as printed in a table or on an axis.
        unit: SI unit of the stored number, in pint's spelling; ``"1"`` if it has none.
        description: one line for a reader who meets the name for the first time.
        source: author, year, equation.
        support: where the number may lie; a fraction, from 0 to 1.
        above: what a positive quantity must exceed.
        shown_unit: unit people read it in; SI where empty.
        shown_symbol: symbol that goes with ``shown_unit``, where it differs (ω/2π in GHz for ω in rad/s).
        shown_factor: number in ``shown_unit`` for one SI unit.
        typical: where it lies before anything was measured; None where no prior is ever needed.
    """

    name: str
    symbol: str
    unit: str
    description: str
    source: str = ""
    support: Support = "positive"
    above: float = 0.0
    shown_unit: str = ""
    shown_symbol: str = ""
    shown_factor: float = 1.0
    typical: Typical | None = None

    @property
    def label(self) -> str:
        """Axis label or table head in SI units, such as ``K (s)``."""
        return self.symbol if self.unit == "1" else f"{self.symbol} ({self.unit})"

    @property
    def shown_label(self) -> str:
        """Axis label in the unit people read, such as ``ω_c/2π (GHz)``."""
        unit = self.shown_unit or self.unit
        symbol = self.shown_symbol or self.symbol
        return symbol if unit == "1" else f"{symbol} ({unit})"
