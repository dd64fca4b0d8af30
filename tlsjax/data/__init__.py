"""Measured tables: what they may contain, reading and writing them."""

from tlsjax.data.describe import DescribedColumn, describe
from tlsjax.data.read import read
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.write import write

__all__ = ["DescribedColumn", "Spectrum", "describe", "read", "write"]
