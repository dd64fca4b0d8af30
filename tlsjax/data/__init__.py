"""Measured tables: what they may contain, reading and writing them."""
