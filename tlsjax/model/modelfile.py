"""Model files: what a user says of a model in TOML, read and written."""

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tlsjax.data.columns import MEASURED
from tlsjax.errors import InputError
from tlsjax.model import parameters, prior
from tlsjax.model.budget import FLOOR, OFFSET, POWER_OFFSET
from tlsjax.model.budget_choice import DEFAULT_CHANNELS, LossBudget, choice_of
from tlsjax.model.channels import Channel, Resonant
from tlsjax.model.defaults import relaxation_family
from tlsjax.model.devices import Devices
from tlsjax.model.film_prior import FilmPrior
from tlsjax.model.model import Likelihood, Model
from tlsjax.model.read_section import ReadSection
from tlsjax.physics.depairing import Depairing
from tlsjax.physics.film import OmegaStarForm, Orientation
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity
from tlsjax.units import parse_quantity

_Number = float | str
_STRICT = ConfigDict(extra="forbid", frozen=True)


class _Lognormal(BaseModel):
    model_config = _STRICT
    kind: Literal["lognormal"]
    median: _Number
    factor: Annotated[float, Field(gt=1)]


class _Range(BaseModel):
    model_config = _STRICT
    kind: Literal["loguniform", "uniform"]
    low: _Number
    high: _Number


class _Normal(BaseModel):
    model_config = _STRICT
    kind: Literal["normal"]
    mean: _Number
    sd: _Number


class _Fixed(BaseModel):
    model_config = _STRICT
    kind: Literal["fixed"]
    value: _Number


class _Tied(BaseModel):
    model_config = _STRICT
    kind: Literal["tied"]
    to: str
    factor: Annotated[float, Field(gt=0)] = 1.0


_AnyPrior = Annotated[_Lognormal | _Range | _Normal | _Fixed | _Tied, Field(discriminator="kind")]


def _spelled_out(value: object) -> object:
    """What a film may leave out: a bare value is exact, a table without a kind is a lognormal."""
    return {"kind": "lognormal", **value} if isinstance(value, dict) else {"kind": "fixed", "value": value}


class _Film(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Annotated[_AnyPrior, BeforeValidator(_spelled_out)]]
    material: str | None = None
    form: OmegaStarForm | None = None
    orientation: Orientation | None = None
    depairing: Depairing | None = None


class _Devices(BaseModel):
    model_config = _STRICT
    vary: list[str] = []
    tables: dict[str, list[str]] = {}


class _Budget(BaseModel):
    model_config = _STRICT
    channels: list[str] = list(DEFAULT_CHANNELS)
    saturation: str = "spread"
    critical_number: str = "lifetimes"
    photon_number: str = "measured"
    geometry: str = "hanger"
    power_offset: bool = False


_Correlation = Annotated[float, Field(ge=0.0, lt=1.0)] | Literal["infer"]


class _Grid(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    start: Annotated[str, Field(alias="from")]
    stop: Annotated[str, Field(alias="to")]
    points: Annotated[int, Field(ge=3, le=1_000_000)]
    spacing: Literal["log", "linear"] = "log"


class Simulation(BaseModel):
    """The ``[simulate]`` section: what a simulated table holds, values as written."""

    model_config = _STRICT
    measure: list[str]
    frequency: _Grid
    seed: int = 0
    error: Annotated[float, Field(gt=0, lt=1)] = 0.03
    averages: Annotated[int, Field(ge=1)] | None = None
    dipole: str | None = None
    bias_current: list[str] = []
    temperature: list[str] = []
    angle: list[str] = []
    constants: dict[str, str] = {}


class _File(BaseModel):
    model_config = _STRICT
    relaxation: str | None = None
    reference_current: str | None = None
    likelihood: Likelihood = "normal"
    priors: dict[str, _AnyPrior] = {}
    correlation: dict[str, _Correlation] = {}
    devices: _Devices | None = None
    film: _Film | None = None
    budget: _Budget | None = None
    read: ReadSection = ReadSection()
    truth: dict[str, _Number] = {}
    simulate: Simulation | None = None


class ModelFile:
    """A model file, checked and in SI units.

    Attributes:
        source: its name, for messages.
        family: class of f(τ); None where the file leaves the choice to the default.
        reference_current: A; None where not stated.
        likelihood: how values scatter.
        priors: by parameter.
        correlation: of neighbouring residuals, by quantity; NaN where a fit is to find it.
        devices: what the ``[devices]`` section says of several devices, if any.
        film: what the ``[film]`` section says of the film, if any.
        budget: the channels of loss that ``[budget]`` names, if any.
        read: what ``[read]`` says of tables; the commands ``fit`` and ``check`` read them so.
        truth: parameters from which to simulate, by name.
        simulation: the ``[simulate]`` section, if any.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.source = fspath(path)
        content = _parse(Path(path))
        self.family: type[Relaxation] | None = None
        if content.relaxation is not None:
            self.family = relaxation_family(content.relaxation, self.source)
        self._known = _quantities(self.family)
        self.reference_current: float | None = None
        if content.reference_current is not None:
            self.reference_current = self._number("reference_current", content.reference_current, "A")
        self.priors = {
            name: self._prior(f"priors.{name}", entry, self._quantity("priors", name))
            for name, entry in content.priors.items()
        }
        self.likelihood: Likelihood = content.likelihood
        self.correlation = {name: self._correlation(name, r) for name, r in content.correlation.items()}
        own = content.devices
        self.devices = None if own is None else Devices(tuple(own.vary), own.tables)
        self.film = None if content.film is None else self._film(content.film)
        self.budget = None if content.budget is None else self._budget(content.budget)
        self.truth = {
            name: self._number(f"truth.{name}", value, self._quantity("truth", name).unit)
            for name, value in content.truth.items()
        }
        self.simulation = content.simulate
        self.read = content.read.words(self.source)

    def _quantity(self, section: str, name: str, known: Mapping[str, Quantity] | None = None) -> Quantity:
        known = self._known if known is None else known
        if section == "priors" and name.startswith("calibration["):
            return parameters.calibration(name)
        if name in known:
            return known[name]
        base, bracket, device = name.partition("[")
        if bracket and base in known and device.endswith("]"):
            return parameters.of_device(known[base], device.removesuffix("]"))
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise InputError(
            f"[{section}] has no parameter '{name}'{hint} (known: {', '.join(known)})",
            source=self.source,
        )

    def _correlation(self, name: str, value: float | str) -> float:
        if name not in MEASURED:
            close = difflib.get_close_matches(name, MEASURED, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"[correlation] has no quantity '{name}'{hint}", source=self.source)
        return float("nan") if isinstance(value, str) else value

    def _number(self, key: str, value: _Number, unit: str) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_quantity(value, target=unit)
        except ValueError as error:
            raise InputError(f"{key} = '{value}': {error}", source=self.source) from None

    def _prior(self, key: str, entry: _AnyPrior, quantity: Quantity) -> prior.Prior:
        if isinstance(entry, _Tied):
            return prior.Tied(entry.to, prior.number(entry.factor))
        fields = entry.model_dump(exclude={"kind"})
        numbers = {
            field: value if field == "factor" else self._number(f"{key}.{field}", value, quantity.unit)
            for field, value in fields.items()
        }
        _check_prior(self.source, key, numbers)
        return prior.Prior.kinds[entry.kind](**numbers)

    def _budget(self, content: _Budget) -> LossBudget:
        try:
            return LossBudget(**content.model_dump())
        except InputError as error:
            raise InputError(f"[budget]: {error.message}", source=self.source) from None

    def _film(self, content: _Film) -> FilmPrior:
        inputs: dict[str, Any] = {
            name: self._prior(f"film.{name}", entry, self._quantity("film", name, FilmPrior.inputs()))
            for name, entry in (content.__pydantic_extra__ or {}).items()
        }
        options = content.model_dump(include=set(_Film.model_fields), exclude_unset=True)
        try:
            return FilmPrior(**options, **inputs)
        except InputError as error:
            raise InputError(f"[film]: {error.message}", source=self.source) from None


def _parse(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except IsADirectoryError:
        raise InputError("is a folder; name a model file (TOML)", source=str(path)) from None
    except FileNotFoundError:
        raise InputError("no such file", source=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as text: {error}", source=str(path)) from None
    try:
        return _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not valid TOML: {error}", source=str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        tags = {"lognormal", "loguniform", "uniform", "normal", "fixed", "tied"}
        place = ".".join(str(part) for part in first["loc"] if part not in tags)
        raise InputError(f"{place}: {_words(first)}", source=str(path)) from None


def _words(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "unknown key"
    if error["type"] == "union_tag_not_found":
        return "needs kind = 'lognormal', 'loguniform', 'uniform', 'normal', 'fixed' or 'tied'"
    return str(error["msg"]).replace("Field required", "is missing")


def _check_prior(source: str, key: str, numbers: Mapping[str, float]) -> None:
    for field in ("median", "sd"):
        if field in numbers and not numbers[field] > 0:
            raise InputError(f"{key}.{field} is {numbers[field]:g}; it must be positive", source=source)
    if "low" in numbers and not numbers["low"] < numbers["high"]:
        raise InputError(
            f"{key}: low ({numbers['low']:g}) must be below high ({numbers['high']:g})", source=source
        )


def _quantities(family: type[Relaxation] | None) -> dict[str, Quantity]:
    families = [family] if family is not None else list(Relaxation.families.values())
    own = [quantity for one in families for quantity in one.parameters()]
    scatters = [parameters.scatter(name) for name in MEASURED]
    channels = [p.quantity for channel in Channel.known.values() for p in channel().parameters()]
    # of the other law of n_c
    channels += [parameter.quantity for parameter in Resonant("B", "power").parameters()]
    spreads = [parameters.spread(quantity) for quantity in (*parameters.MATERIAL, *own)]
    every = (
        *parameters.MATERIAL, *own, *channels, OFFSET.quantity, POWER_OFFSET.quantity, *scatters,
        FLOOR.quantity, parameters.FREEDOM, *spreads,
    )  # fmt: skip
    return {quantity.name: quantity for quantity in every}


def to_toml(model: Model) -> str:
    """The model with every default written out, as a model file that gives back the same model."""
    lines = [] if model.family is None else [f'relaxation = "{model.family.name}"']
    reference = float(model.reference_current)
    if reference == reference:
        lines.append(f'reference_current = "{reference!r} A"')
    if model.likelihood != "normal":
        lines.append(f'likelihood = "{model.likelihood}"')
    for quantity in model.quantities:
        own = model.priors.get(quantity.name)
        if own is None:
            continue
        key = f"[priors.{_string(quantity.name)}]" if "[" in quantity.name else f"[priors.{quantity.name}]"
        lines += ["", f"# {_comment(quantity.symbol)}: {_comment(quantity.description)}", key]
        lines.append(f'kind = "{own.kind}"')
        for field, number in vars(own).items():
            if isinstance(number, str):
                lines.append(f"{field} = {_string(number)}")
                continue
            unit = "" if field == "factor" or quantity.unit == "1" else quantity.unit
            value = repr(float(number))
            shown = _shown(quantity, float(number)) if unit else ""
            lines.append(f'{field} = "{value} {unit}"{shown}' if unit else f"{field} = {value}")
    lines += _correlation_lines(model)
    lines += _budget_lines(choice_of(model.budget, film=model.family is not None))
    if model.devices:
        lines += ["", "[devices]", f"vary = {_strings(q.name for q in model.varying)}", "[devices.tables]"]
        for device in model.devices:
            files = (origin.table for origin in model.origins if origin.device == device)
            lines.append(f"{_string(device)} = {_strings(files)}")
    return "\n".join(lines) + "\n"


def _correlation_lines(model: Model) -> list[str]:
    if not model.correlation:
        return []
    known = {name: float(r) for name, r in model.correlation.items()}
    return ["", "[correlation]", *(f"{name} = {_found(r)}" for name, r in known.items())]


def _found(correlation: float) -> str:
    return repr(correlation) if correlation == correlation else '"infer"'


def _budget_lines(choice: LossBudget | None) -> list[str]:
    if choice is None:
        return []
    lines = ["", "[budget]", f"channels = {_strings(choice.channels)}"]
    options = ("saturation", "critical_number", "photon_number", "geometry")
    lines += [f"{name} = {_string(getattr(choice, name))}" for name in options]
    return [*lines, "power_offset = true"] if choice.power_offset else lines


def _string(text: str) -> str:
    """A TOML basic string, which is a JSON one."""
    return json.dumps(text)


def _strings(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, texts))}]"


def _comment(text: str) -> str:
    """On one line."""
    return "".join(c if c.isprintable() else " " for c in text)


def _shown(quantity: Quantity, value: float) -> str:
    if not quantity.shown_unit:
        return ""
    symbol = quantity.shown_symbol or quantity.symbol
    return f"  # {symbol} = {value * quantity.shown_factor:.4g} {quantity.shown_unit}"
