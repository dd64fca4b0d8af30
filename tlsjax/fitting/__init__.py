"""Fitting: optimise, sample, judge, keep."""
