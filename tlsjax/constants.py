"""Physical constants in SI units, exact by definition (BIPM, SI Brochure, 9th edition, 2019)."""

from math import pi

ELEMENTARY_CHARGE = 1.602176634e-19
"""Elementary charge e, C."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant k_B, J/K."""
PLANCK = 6.62607015e-34
"""Planck constant h, J s."""
HBAR = PLANCK / (2.0 * pi)
"""Reduced Planck constant ħ, J s."""
