"""Measured tables: what they may contain, reading and writing them."""

from tlsjax.data.describe import DescribedColumn, describe
from tlsjax.data.options import ReadOptions
from tlsjax.data.read import read, read_tables
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.words import Words, options_for
from tlsjax.data.write import write

__all__ = [
    "DescribedColumn",
    "ReadOptions",
    "Spectrum",
    "Words",
    "describe",
    "options_for",
    "read",
    "read_tables",
    "write",
]
