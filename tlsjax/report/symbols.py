"""Symbols with their indices lowered, for HTML and for figures."""

import re

from markupsafe import Markup, escape

from tlsjax.quantity import Quantity
from tlsjax.report.numbers import power, raised

# Not in current_noise and other words that are names.
_INDEX = re.compile(r"(?<![a-z]{2})_([A-Za-z0-9]+)")


_POWER = re.compile(r"\^(?:\(([^()]*)\)|\{([^{}]*)\}|(−?(?:\d+(?:\.\d+)?|\w)))")


def html(symbol: str) -> Markup:
    """``ω_c^2`` → ω<sub>c</sub><sup>2</sup>; powers also in brackets, ``τ^(−p)`` or ``τ^{−p}``."""
    lowered = _INDEX.sub(r"<sub>\1</sub>", str(escape(symbol)))
    return Markup(_POWER.sub(lambda power: f"<sup>{next(filter(None, power.groups()), '')}</sup>", lowered))


def drawn(symbol: str) -> str:
    """The same for matplotlib."""
    return _INDEX.sub(r"$_\\mathrm{\1}$", symbol)


def symbol_of(quantity: Quantity) -> str:
    """Symbol that goes with the unit shown."""
    return quantity.shown_symbol or quantity.symbol


def unit_of(quantity: Quantity) -> str:
    """Unit shown; empty where there is none."""
    unit = quantity.shown_unit or quantity.unit
    return "" if unit == "1" else raised(unit)


def axis_label(quantity: Quantity, exponent: int = 0) -> str:
    """Axis label for matplotlib, with a power of ten taken out of the numbers."""
    return labelled(
        symbol_of(quantity), " ".join(filter(None, [power(exponent) if exponent else "", unit_of(quantity)]))
    )


def labelled(symbol: str, unit: str) -> str:
    """Axis label for matplotlib of a symbol and a unit."""
    return f"{drawn(symbol)} ({unit})" if unit else drawn(symbol)
