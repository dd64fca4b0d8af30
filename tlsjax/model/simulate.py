"""Synthetic tables: a known truth, measured with noise."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.constants import ELEMENTARY_CHARGE
from tlsjax.data.columns import CONDITIONS, CONSTANTS
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.model import prior
from tlsjax.model.likelihood import scattered
from tlsjax.model.microscopic import (
    MicroscopicFilm,
    expected_values,
    record_current,
    record_noise,
    sample_film,
)
from tlsjax.model.model import Model
from tlsjax.model.modelfile import ModelFile, Simulation
from tlsjax.model.observation import join, observe
from tlsjax.model.points import Points, View
from tlsjax.model.window import window_of
from tlsjax.physics.conductivity import amplitude, crossover
from tlsjax.physics.relaxation import Relaxation
from tlsjax.units import parse_quantity

Truth = dict[str, float]

# streams of random numbers beside those of the columns, which count from 0
_FILM, _RECORD = 1000, 1001


def simulate(
    file: ModelFile, seed: int | None = None, *, microscopic: bool = False
) -> tuple[Spectrum, Truth]:
    """The table that the ``[simulate]`` section of a model file describes, and the truth behind it.

    Every frequency is taken at every bias current, temperature and angle. Conductivity and loss scatter by
    the stated fractional error as the file's ``likelihood`` says, for ``student`` with the truth's
    ``freedom`` (5); a current noise is the mean of ``averages`` periodograms.

    Args:
        file: a model file with ``[truth]`` and ``[simulate]``.
        seed: instead of the file's own.
        microscopic: draw the two-level systems of one film, sum over them instead of taking Eq. 15, and take
            the noise from the simulated current. The same seed, truth, size and temperature give the same
            film. Frequencies of a noise are then those of bins around the wanted ones, and ``averages`` is
            the smallest number of a bin.

    Returns:
        the table in SI units, and every parameter in SI units, ``amplitude`` and ``omega_c`` included.

    Raises:
        InputError: a section or a parameter is missing, or a value is out of place.
    """
    plan = file.simulation
    if plan is None or file.family is None:
        missing = "[simulate]" if plan is None else 'relaxation = "..."'
        raise InputError(f"has no {missing}, which a simulation needs", source=file.source)
    if file.family.free:
        raise InputError("a free form has no parameters to simulate from: name a family", source=file.source)
    if file.devices is not None:
        raise InputError("a simulated table is of one device: leave [devices] out", source=file.source)
    truth = _truth(file, file.family)
    table = conditions(file, plan)
    key = jax.random.key(plan.seed if seed is None else seed)
    window = window_of([table], [Points(0, "", np.arange(len(table)), "normal")])
    model = Model(file.family, {}, prior.number(_reference(file, table)), window)
    values = {name: jnp.asarray(value) for name, value in truth.items()}
    film = _film(file, plan, truth, table, model.relaxation(values), key) if microscopic else None
    columns = dict(table.columns)
    if film is not None and "current" in plan.measure:
        record = _recorded(file, plan, film, table, model.view, key)
        constants = {**table.constants, "integration_time": float(record["time"][1])}
        return Spectrum(record, constants, file.source), truth
    if film is not None and "current_noise" in plan.measure:
        columns |= _recorded(file, plan, film, table, model.view, key)
    for number, name in enumerate(plan.measure):
        if name in columns:
            continue
        averaged = name == "current_noise" and plan.averages is not None
        points = Points(0, name, np.arange(len(table)), "gamma" if averaged else "normal")
        if averaged:
            columns["averages"] = np.full(len(table), float(plan.averages or 1))
        observation = observe(Spectrum(columns, table.constants, file.source), points, model.view)
        exact = (
            np.asarray(model.mean(values, join([observation])))
            if film is None
            else expected_values(film, observation)
        )
        own = jax.random.fold_in(key, number)
        if averaged:
            columns[name] = exact * np.asarray(jax.random.gamma(own, float(plan.averages or 1), exact.shape))
            columns[name] /= float(plan.averages or 1)
        else:
            spread = scattered(file.likelihood, exact, plan.error * exact, values.get("freedom"))
            columns[name] = np.asarray(spread.sample(own))
            # What an experimenter would state: a fraction of what was read.
            columns[f"{name}_err"] = plan.error * exact
        if not (columns[name] > 0).all():
            raise InputError(f"simulate.error = {plan.error} makes some {name} negative", source=file.source)
    return Spectrum(columns, table.constants, file.source), truth


def _film(
    file: ModelFile, plan: Simulation, truth: Truth, table: Spectrum, relaxation: Relaxation, key: jax.Array
) -> MicroscopicFilm:
    dipole = ELEMENTARY_CHARGE * truth["lambda_f"]
    if plan.dipole is not None:
        dipole = _parse(file, "simulate.dipole", plan.dipole, "C m")
        if not dipole > 0:
            raise InputError(f"simulate.dipole is {plan.dipole}; it must be positive", source=file.source)
    own = jax.random.fold_in(key, _FILM)
    size = {"amplitude": truth["amplitude"], "omega_c": truth["omega_c"]}
    return sample_film(own, table, relaxation, dipole=dipole, **size)


def _recorded(
    file: ModelFile,
    plan: Simulation,
    film: MicroscopicFilm,
    table: Spectrum,
    view: View,
    key: jax.Array,
) -> dict[str, NDArray[np.float64]]:
    """Columns of the recorded current, or of its noise for every row of the table."""
    if plan.averages is None:
        raise InputError("a recorded noise needs simulate.averages, such as 100", source=file.source)
    count = plan.frequency.points
    points = Points(0, "current_noise", np.arange(len(table)), "normal")
    asked = observe(table, points, view)
    momenta = np.asarray(asked.current_ratio * jnp.cos(asked.angle))[::count]
    temperatures = np.asarray(asked.temperature)[::count]
    frequency = table.columns["frequency"][:count]
    own = jax.random.fold_in(key, _RECORD)
    if "current" in plan.measure:
        if len(momenta) > 1 or len(plan.measure) > 1:
            raise InputError(
                "a record of the current is one column at one bias, temperature and angle", source=file.source
            )
        time, current = record_current(
            own, film, frequency, plan.averages,
            temperature=float(temperatures[0]), momentum=float(momenta[0]), source=file.source,
        )  # fmt: skip
        return {"time": time, "current": current}
    records = [
        record_noise(
            jax.random.fold_in(own, number),
            film,
            frequency,
            plan.averages,
            temperature=float(temperatures[number]),
            momentum=float(momenta[number]),
            source=file.source,
        )
        for number in range(len(momenta))
    ]
    found, density, averages = (np.concatenate(parts) for parts in zip(*records, strict=True))
    return {"frequency": found, "current_noise": density, "averages": averages}


def units(file: ModelFile) -> dict[str, str]:
    """The unit of each column and constant as the model file writes it, for writing the table likewise."""
    plan = file.simulation
    if plan is None:
        return {}
    found = {"frequency": _unit(plan.frequency.start)}
    for name in ("bias_current", "temperature", "angle"):
        values = getattr(plan, name)
        if values:
            found[name] = _unit(values[0])
    if file.reference_current is not None:
        found["reference_current"] = found.get("bias_current", "A")
    return found | {name: _unit(value) for name, value in plan.constants.items() if _unit(value)}


def _unit(text: str) -> str:
    return text.strip().partition(" ")[2].strip()


def _truth(file: ModelFile, family: type[Relaxation]) -> Truth:
    truth = dict(file.truth)
    needed = ["nu", "omega_star", "eta", "lambda_f", *(q.name for q in family.parameters())]
    if file.likelihood == "student":
        truth.setdefault("freedom", 5.0)
        needed.append("freedom")
    missing = [name for name in needed if name not in truth]
    if missing:
        raise InputError(f"[truth] lacks {', '.join(missing)}", source=file.source)
    for name in needed:
        if name != "exponent" and not truth[name] > 0:
            raise InputError(f"truth.{name} is {truth[name]:g}; it must be positive", source=file.source)
    truth["amplitude"] = float(amplitude(truth["nu"], truth["lambda_f"]))
    truth["omega_c"] = float(crossover(truth["omega_star"], truth["eta"]))
    return truth


def _reference(file: ModelFile, table: Spectrum) -> float:
    if file.reference_current is not None:
        return file.reference_current
    bias = table.condition("bias_current")
    return float("nan") if bias is None else float(np.abs(bias).max())


def conditions(file: ModelFile, plan: Simulation) -> Spectrum:
    """The table without measured columns: every frequency at every bias current, temperature and angle."""
    grid = plan.frequency
    start, stop = (
        _parse(file, f"simulate.frequency.{k}", v, "Hz") for k, v in (("from", grid.start), ("to", grid.stop))
    )
    if not 0 < start < stop:
        raise InputError("simulate.frequency: 0 < from < to is needed", source=file.source)
    space = np.geomspace if grid.spacing == "log" else np.linspace
    axes: dict[str, NDArray[np.float64]] = {}
    constants: dict[str, float] = {}
    for name in ("bias_current", "temperature", "angle"):
        values = [
            _parse(file, f"simulate.{name}", text, CONDITIONS[name].unit) for text in getattr(plan, name)
        ]
        if len(values) > 1:
            axes[name] = np.array(values)
        elif values:
            constants[name] = values[0]
    for name, text in plan.constants.items():
        if name not in CONSTANTS:
            raise InputError(
                f"simulate.constants.{name} is no constant (known: {', '.join(CONSTANTS)})",
                source=file.source,
            )
        constants[name] = _parse(file, f"simulate.constants.{name}", text, CONSTANTS[name].unit)
    if file.reference_current is not None:
        constants["reference_current"] = file.reference_current
    *outer, frequency = np.meshgrid(*axes.values(), space(start, stop, grid.points), indexing="ij")
    columns = {"frequency": frequency.ravel()}
    columns |= {name: values.ravel() for name, values in zip(axes, outer, strict=True)}
    return Spectrum(columns, constants, file.source)


def _parse(file: ModelFile, key: str, text: str, unit: str) -> float:
    try:
        return parse_quantity(text, target=unit)
    except ValueError as error:
        raise InputError(f"{key} = '{text}': {error}", source=file.source) from None


def truth_toml(truth: Mapping[str, float], seed: int, version: str) -> str:
    """The truth behind a simulated table, as the file beside it."""
    lines = ["# The truth behind the simulated table of the same name, SI units.", f"seed = {seed}"]
    lines += [f'version = "{version}"', "", "[truth]"]
    lines += [f"{name} = {value!r}" for name, value in truth.items()]
    return "\n".join(lines) + "\n"
