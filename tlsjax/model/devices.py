"""Where each table of a fit comes from: which device, and which calibration its values share."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.model.parameters import calibration_name


@dataclass(frozen=True)
class Devices:
    """Several devices in one fit: they share every parameter but those that vary from one to the next.

    Each varying parameter has a population value, which keeps the parameter's name, a spread between devices
    (``nu_spread``: standard deviation of ln ν) and one value a device (``nu[R1]``), log-normal around it.

    Args:
        vary: names of positive parameters: ``nu``, ``omega_star``, those of f(τ). In a loss budget every
            device has its own scales of loss in any case.
        tables: file names by device; a table that is not named is a device of its own.
    """

    vary: tuple[str, ...] = ()
    tables: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Origin(NamedTuple):
    """Where a table comes from.

    Attributes:
        table: its label.
        device: name of its device; empty where a fit is of one.
        calibration: name of the factor that all its values share; empty where there is none.
    """

    table: str
    device: str
    calibration: str


def labels(spectra: Sequence[Spectrum]) -> tuple[str, ...]:
    """A short name for each table, no two alike: the file's, with the device's where it holds several.

    ``#2`` is added for the next of the same name.
    """
    found: list[str] = []
    plain = [_label(spectrum) for spectrum in spectra]
    for name in plain:
        copies = plain[: len(found)].count(name)
        found.append(f"{name}#{copies + 1}" if copies else name)
    return tuple(found)


def table_names(spectra: Sequence[Spectrum]) -> tuple[str, ...]:
    """The file of each table, with its folder or device where another table has the same."""
    sources = [spectrum.source for spectrum in spectra]
    files = [Path(source).name for source in sources]

    def name(file: str, source: str, label: str) -> str:
        if files.count(file) == 1:
            return file
        return source if sources.count(source) == 1 else label

    return tuple(map(name, files, sources, labels(spectra)))


def _label(spectrum: Spectrum) -> str:
    name = Path(spectrum.source).name
    return f"{name} {spectrum.device}".replace("/", "-") if spectrum.device else name


def device_names(
    spectra: Sequence[Spectrum], devices: Devices | None, *, apart: bool = False
) -> tuple[str, ...]:
    """The device of each table; empty names where a fit is of one.

    Args:
        spectra: the tables.
        devices: what the user says of them.
        apart: tables that name their devices are of several even where the user says nothing.

    Raises:
        InputError: the devices name a table that is not there, or one twice, or there is but one device.
    """
    named = len({spectrum.device for spectrum in spectra}) > 1
    if devices is None:
        told = apart and named
        return tuple(s.device or Path(s.source).stem if told else "" for s in spectra)
    return tuple(_devices(spectra, devices))


def origins(
    spectra: Sequence[Spectrum], devices: Devices | None, parameters: AbstractSet[str], *, apart: bool = False
) -> tuple[Origin, ...]:
    """The origin of each table, none where that makes no difference; calibrations are the model's parameters.

    Raises:
        InputError: as of :func:`device_names`, whose arguments are the same.
    """
    names = labels(spectra)
    calibrations = [calibration_name(name) for name in names]
    found = device_names(spectra, devices, apart=apart)
    if not any(found) and not parameters & set(calibrations):
        return ()
    return tuple(
        Origin(name, device, calibration if calibration in parameters else "")
        for name, device, calibration in zip(names, found, calibrations, strict=True)
    )


def _devices(spectra: Sequence[Spectrum], devices: Devices) -> list[str]:
    names = labels(spectra)
    owner: dict[str, str] = {}
    for device, files in devices.tables.items():
        for file in files:
            name = Path(file).name
            if name not in names:
                raise InputError(
                    f"device '{device}' has a table '{file}', which is not among {', '.join(names)}"
                )
            if name in owner:
                raise InputError(f"'{file}' belongs to two devices, '{owner[name]}' and '{device}'")
            owner[name] = device
    found = [
        owner.get(name, spectrum.device or Path(name).stem)
        for name, spectrum in zip(names, spectra, strict=True)
    ]
    if len(set(found)) < 2:
        raise InputError("parameters that vary between devices need tables of at least two devices")
    return found
