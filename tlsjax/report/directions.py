"""What the data fix and leave open, in words."""

from collections.abc import Mapping

import numpy as np

from tlsjax.analysis.directions import Product, Way, directions
from tlsjax.fitting.information import Information
from tlsjax.quantity import Quantity
from tlsjax.report import numbers

_MANY = 0.35
"""Spread of a logarithm from which on it is told as a factor."""

Quantities = Mapping[str, Quantity]


def directions_in_words(information: Information, quantities: Quantities) -> tuple[str, ...]:
    """One sentence on what is fixed, and one on what is left to the prior, if any is.

    Args:
        information: what data and prior say.
        quantities: of the parameters, by name.
    """
    found = directions(information)
    fixed = ", ".join(_fixed(one, quantities) for one in found.fixed)
    lines = [f"The data fix {fixed}." if fixed else "The data fix no parameter and no product of them."]
    if found.open:
        ways = "; ".join(_open(one, quantities) for one in found.open)
        lines.append(f"They leave to the prior: {ways}.")
    return tuple(lines)


def _fixed(one: Product, quantities: Quantities) -> str:
    (name, *others) = one.powers
    if not others and quantities[name].support == "real":
        factor, unit = quantities[name].shown_factor, quantities[name].shown_unit
        return f"{_symbol(name, quantities)} to ±{one.after * factor:.2g} {unit}".rstrip()
    return f"{_product(one.powers, quantities)} {_size(one.after)}"


def _size(spread: float) -> str:
    return f"to {100.0 * spread:.2g} %" if spread < _MANY else f"within a factor of {np.exp(spread):.2g}"


def _product(powers: Mapping[str, float], quantities: Quantities) -> str:
    return "·".join(_power(_symbol(name, quantities), power) for name, power in powers.items())


def _open(one: Way, quantities: Quantities) -> str:
    symbols = {name: _symbol(name, quantities) for name in one.powers}
    if len(symbols) == 1:
        return next(iter(symbols.values()))
    (first, power), *others = one.powers.items()
    if len(others) == 1:
        ((other, its),) = others
        return f"{symbols[first]} ∝ {_power(symbols[other], power / its)}"
    together = ", ".join(f"{symbols[name]} as {_power('s', power)}" for name, power in one.powers.items())
    return f"a common change of {together}"


def _power(symbol: str, power: float) -> str:
    """``λ_F²``, ``√η``, ``τ^0.3``."""
    if np.isclose(abs(power), 0.5, rtol=1e-6):
        return f"{'√' if power > 0 else '1/√'}{symbol}"
    if np.isclose(power, round(power), rtol=1e-6):
        return symbol if round(power) == 1 else numbers.power(round(power), symbol)
    return f"{symbol}^{power:.3g}".replace("-", "−")


def _symbol(name: str, quantities: Quantities) -> str:
    return quantities[name].symbol
