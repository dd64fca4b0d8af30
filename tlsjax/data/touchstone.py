"""Traces of a network analyser in Touchstone files, through scikit-rf."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlsjax.data.columns import CONDITIONS
from tlsjax.data.comments import Constant
from tlsjax.data.options import set_constants
from tlsjax.data.resonance import GEOMETRIES, Geometry, Resonance, fit_resonance
from tlsjax.data.spectrum import Spectrum
from tlsjax.data.words import options_for
from tlsjax.errors import InputError
from tlsjax.unit_text import shown

MAX_BYTES = 100_000_000
_PORTS = {".s1p": 1, ".s2p": 2}


@dataclass(frozen=True, eq=False)
class Trace:
    """A complex trace.

    Attributes:
        frequency: Hz, shape (N,).
        values: the S parameter, linear, shape (N,).
        parameter: which, such as ``S21``.
        source: file, for messages.
    """

    frequency: NDArray[np.float64]
    values: NDArray[np.complex128]
    parameter: str
    source: str


def geometry_of(path: str | os.PathLike[str], asked: str | None = None) -> Geometry:
    """How the resonator of a trace is coupled: as asked, else a reflection of one port and a hanger of two.

    Raises:
        InputError: an unknown geometry.
    """
    for known in GEOMETRIES:
        if asked == known:
            return known
    if asked is not None:
        raise InputError(f"'{shown(asked)}' is no geometry; known: {', '.join(GEOMETRIES)}")
    return "reflection" if Path(os.fspath(path)).suffix.casefold() == ".s1p" else "hanger"


def read_trace(path: str | os.PathLike[str], geometry: Geometry | None = None) -> Trace:
    """Read a trace: the only S parameter of a ``.s1p``; of a ``.s2p`` S11 for a reflection and else S21.

    Args:
        path: the file.
        geometry: how the resonator is coupled; as :func:`geometry_of` where None.

    Raises:
        InputError: no such file, not Touchstone of one or two ports, no point in it, or scikit-rf is missing.
    """
    source = shown(os.fsdecode(path), 300)
    ports = _PORTS.get(Path(os.fspath(path)).suffix.casefold())
    if ports is None:
        raise InputError("a trace is a Touchstone file, named .s1p or .s2p", source=source)
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise InputError(f"more than the {MAX_BYTES // 10**6} MB that are read", source=source)
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot be read ({reason})", source=source) from None
    try:
        from skrf import Network
    except ImportError:
        message = "reading it needs scikit-rf; install it with: pip install 'tlsjax[touchstone]'"
        raise InputError(message, source=source) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            network = Network()
            network.read_touchstone(os.fspath(path))  # Network(path) would unpickle what a stranger sent
        frequency, values = np.asarray(network.f, np.float64), np.asarray(network.s, np.complex128)
    except Exception as error:  # what scikit-rf raises on a broken file ranges from IndexError to ValueError
        what = shown(" ".join(str(error).split()), 120) or type(error).__name__
        raise InputError(f"not a readable Touchstone file ({what})", source=source) from None
    if not frequency.size:
        raise InputError("no point in it", source=source)
    if values.shape != (frequency.size, ports, ports):
        raise InputError(
            f"holds S parameters of shape {values.shape[1:]}, not of {ports} ports", source=source
        )
    row = 0 if ports == 1 or (geometry or geometry_of(path)) == "reflection" else 1
    return Trace(frequency, values[:, row, 0], f"S{row + 1}1", source)


def sweep_of_traces(
    paths: Sequence[str], geometry: str | None = None, settings: Sequence[str] = ()
) -> tuple[Spectrum, tuple[Resonance, ...]]:
    """One row a trace: resonance frequency, Q_i and Q_c, and the conditions that are set.

    Args:
        paths: Touchstone files of one resonator.
        geometry: as :func:`geometry_of`.
        settings: each ``NAME=VALUE``, or ``FILE:NAME=VALUE`` for one of the traces.

    Returns:
        table to write and fit, and what each trace says.

    Raises:
        InputError: as :func:`read_trace` and :func:`tlsjax.data.resonance.fit_resonance`; a condition that is
            set for some of the traces only; a constant that differs between them.
    """
    conditions = [set_constants(options_for(path, settings, tables=paths), path) for path in paths]
    columns, constants = _told(paths, conditions)
    found = []
    for path in paths:
        chosen = geometry_of(path, geometry)
        trace = read_trace(path, chosen)
        found.append(fit_resonance(trace.frequency, trace.values, chosen, source=trace.source))
    measured = {
        "resonance_frequency": [one.frequency for one in found],
        "resonance_frequency_err": [one.frequency_err for one in found],
        "quality_factor": [one.quality_factor for one in found],
        "quality_factor_err": [one.quality_factor_err for one in found],
        "coupling_quality_factor": [one.coupling_quality_factor for one in found],
    }
    table = {name: np.array(values) for name, values in (*columns.items(), *measured.items())}
    return Spectrum(table, constants, source="traces"), tuple(found)


def _told(
    paths: Sequence[str], conditions: Sequence[Mapping[str, Constant]]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """What is set: as columns where it differs between traces, else as constants."""
    columns: dict[str, list[float]] = {}
    constants: dict[str, float] = {}
    for name in dict.fromkeys(name for one in conditions for name in one):
        if name in ("frequency", "angular_frequency", "coupling_quality_factor"):
            raise InputError(f"--set {name}: it is taken from the traces")
        for path, one in zip(paths, conditions, strict=True):
            if name not in one:
                raise InputError(f"--set says {name} of other traces, not of this one", source=path)
        values = [one[name].value for one in conditions]
        if len(set(values)) == 1:
            constants[name] = values[0]
        elif name in CONDITIONS:
            columns[name] = values
        else:
            raise InputError(f"--set {name}: it is one number for a table, and differs between these traces")
    return columns, constants
