"""The model of a fit when the user says little: sensible priors, and in words what was assumed."""

import difflib
from collections.abc import Mapping, Sequence

import numpy as np

from tlsjax.data.spectrum import Spectrum
from tlsjax.data.sweeps import sweeps
from tlsjax.errors import InputError
from tlsjax.model import parameters, prior
from tlsjax.model.assembly import assemble_model, reach_for, runs_of, view_of
from tlsjax.model.budget import FLOOR, OFFSET, Budget
from tlsjax.model.budget_choice import LossBudget, suggested
from tlsjax.model.channels import Parameter
from tlsjax.model.devices import Devices, device_names, labels
from tlsjax.model.drive_level import describe_level
from tlsjax.model.film_notes import FROM_TABLES, film_priors
from tlsjax.model.film_prior import FilmPrior
from tlsjax.model.model import LIKELIHOODS, Likelihood, Model
from tlsjax.model.points import Points, View, fitted_points
from tlsjax.model.prior_checks import check_order, check_support, check_ties
from tlsjax.model.window import window_of
from tlsjax.physics.relaxation import Relaxation, mixture_of
from tlsjax.quantity import Quantity

DEFAULT_RELAXATION = "log_uniform"
_PAIRS = 20
"""Neighbours from which on their correlation is found."""


def relaxation_family(name: str, source: str | None = None) -> type[Relaxation]:
    """The family of f(τ) by name; names joined by ``+`` are mixed.

    Raises:
        InputError: no family has this name.
    """
    names = [part.strip().lower().replace("-", "_") for part in name.split("+")]
    for key in names:
        if key not in Relaxation.families:
            close = difflib.get_close_matches(key, Relaxation.families, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            known = ", ".join(sorted(Relaxation.families))
            raise InputError(
                f"unknown relaxation '{key}'{hint} (known: {known}; or several joined by '+')", source=source
            )
    families = [Relaxation.families[key] for key in names]
    if sum(one.free is not None for one in families) > 1:
        raise InputError("two free forms in one f(τ) could not be told apart", source=source)
    return families[0] if len(families) == 1 else mixture_of(*families)


def build_model(
    spectra: Sequence[Spectrum],
    *,
    family: type[Relaxation] | None = None,
    priors: Mapping[str, prior.Prior] | None = None,
    film: FilmPrior | None = None,
    reference_current: float | None = None,
    likelihood: str = "normal",
    devices: Devices | None = None,
    budget: LossBudget | None = None,
    correlation: Mapping[str, float] | None = None,
) -> tuple[Model, tuple[str, ...]]:
    """The model for these tables, defaults filled in, and the assumptions made, in words.

    Args:
        spectra: tables of one device, or of those in ``devices``.
        family: class of f(τ); log-uniform (Eq. 17) by default.
        priors: the user's, by parameter; they go before the film, the tables and the defaults.
        film: what is known of the film; it gives the priors of ω*, η and λ_F. What it leaves open is taken
            from the tables' constants.
        reference_current: current to which ω* refers, A; by default what the tables say, else the largest.
        likelihood: how values scatter (:func:`~tlsjax.model.likelihood.predict`); periodograms stay gamma.
        devices: which parameters differ between devices, where the tables are of several.
        budget: channels of a loss budget; where neither this nor what Eq. 15 needs is said, tables of a
            resonator get the default one.
        correlation: of residuals with those before them in their sweep, by quantity, 0 to 1, or NaN for the
            fit to find it (:class:`~tlsjax.model.model.Model`). Of a loss budget it is found unless given.

    Raises:
        InputError: the tables contradict each other or the film, or a prior is for no parameter or outside
            its support.
        RuntimeError: there is a film, and JAX runs in single precision.
    """
    notes: list[str] = []
    if budget is None and family is None and film is None:
        budget = suggested(spectra, notes)
    channels = None if budget is None else budget.budget()
    if budget is None or budget.film:
        family = family or Relaxation.families[DEFAULT_RELAXATION]
    elif family is not None or film is not None:
        raise InputError("a relaxation or a film is for Eq. 15: add channel 'film' to the loss budget")
    own_priors = priors or {}
    reference = (
        float("nan") if _unbiased(family, spectra) else _reference_current(spectra, reference_current, notes)
    )
    view = view_of(family, channels, reference)
    points = fitted_points(spectra, view)
    chosen: dict[str, prior.Prior] = {}
    if family is not None:
        chosen |= _film_defaults(spectra, points, family, film, reference, own_priors, notes)
    for quantity in dict.fromkeys(p.quantity for p in points):
        _add_scatter(chosen, quantity, spectra, points, notes, always=channels is not None)
    scattered = _likelihood(chosen, likelihood, spectra, points)
    alike = _alike(spectra, points, correlation, always=channels is not None)
    _add_calibrations(chosen, own_priors, spectra)
    _add_spreads(chosen, family, devices)
    if channels is not None:
        _add_channels(chosen, channels, spectra, view, points, devices, notes)

    def model() -> Model:
        return assemble_model(
            spectra, chosen, family=family, budget=channels, reference_current=reference,
            likelihood=scattered, devices=devices, correlation=alike,
        )  # fmt: skip

    known = {q.name: q for q in model().quantities if q.name in chosen}
    for name, own in own_priors.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"prior for '{name}', which this model does not have{hint} ({', '.join(known)})")
        check_support(known[name], own)
        chosen[name] = own
    check_ties(family, channels, chosen)
    if family is not None:
        check_order(family, chosen)
    _note_unused(spectra, view, notes)
    return model(), tuple(notes)


def _unbiased(family: type[Relaxation] | None, spectra: Sequence[Spectrum]) -> bool:
    """Whether no bias current is in play."""
    return family is None and all(spectrum.condition("bias_current") is None for spectrum in spectra)


def _film_defaults(
    spectra: Sequence[Spectrum],
    points: Sequence[Points],
    family: type[Relaxation],
    film: FilmPrior | None,
    reference: float,
    own_priors: Mapping[str, prior.Prior],
    notes: list[str],
) -> dict[str, prior.Prior]:
    """Priors of Eq. 15's parameters."""
    window = window_of(spectra, points)
    _check_conditions(family, spectra)
    chosen: dict[str, prior.Prior] = {
        quantity.name: _typical(quantity, window.times)
        for quantity in (*parameters.MATERIAL, *family.parameters())
    }
    stated = _agreed(spectra, "lambda_f")
    if stated is not None and (film is None or film.fermi_wavelength is None):
        chosen["lambda_f"] = prior.Fixed(prior.number(stated))
        notes.append(f"λ_F is fixed at {stated * 1e9:.4g} nm, as the table says")
    if film is not None:
        constants = {name: _agreed(spectra, name) for name in FROM_TABLES.values()}
        found, words = film_priors(film, constants, reference, own_priors)
        chosen |= found
        notes += words
    return chosen


def _add_channels(
    chosen: dict[str, prior.Prior],
    channels: Budget,
    spectra: Sequence[Spectrum],
    view: View,
    points: Sequence[Points],
    devices: Devices | None,
    notes: list[str],
) -> None:
    """Priors of the budget's parameters, of each device where every device has its own."""
    if channels.power_offset and all(spectrum.condition("power") is None for spectrum in spectra):
        raise InputError("power_offset is of powers, and no table states one")
    reach = reach_for(spectra, view)
    names = tuple(dict.fromkeys(filter(None, device_names(spectra, devices, apart=True))))
    runs = runs_of(spectra)
    every: list[Parameter] = list(channels.parameters)
    if any(p.quantity == "frequency_shift" for p in points):
        every.append(OFFSET)
        chosen[FLOOR.quantity.name] = FLOOR.prior(reach)
    for one in every:
        own = one.prior(reach)
        kinetic = _agreed(spectra, "kinetic_fraction") if one.quantity.name == "kinetic_fraction" else None
        if kinetic is not None:
            own = prior.Fixed(prior.number(kinetic))
            notes.append(f"α_k is fixed at {kinetic:.4g}, as the table says")
        for quantity in one.each(names, runs):
            chosen[quantity.name] = own
    _note_photons(spectra, view, notes)


def _note_photons(spectra: Sequence[Spectrum], view: View, notes: list[str]) -> None:
    for spectrum in spectra:
        if "loss" not in spectrum.measured:
            continue
        told = describe_level(spectrum, view)
        notes.append(f"{spectrum.source}{f' ({spectrum.device})' if spectrum.device else ''}: {told}")


def _typical(quantity: Quantity, window: tuple[float, float]) -> prior.Prior:
    typical = quantity.typical
    if typical is None:
        raise ValueError(f"{quantity.name} has no typical value to make a prior from")
    shortest, longest = window
    unit = {"absolute": 1.0, "shortest": shortest, "longest": longest, "middle": np.sqrt(shortest * longest)}
    centre = typical.centre * unit[typical.anchor]
    if quantity.support == "real":
        return prior.Normal(prior.number(centre), prior.number(typical.spread))
    if quantity.support == "fraction":
        return prior.Uniform(prior.number(0.0), prior.number(1.0))
    return prior.LogNormal(prior.number(centre), prior.number(typical.spread))


def _reference_current(spectra: Sequence[Spectrum], own: float | None, notes: list[str]) -> float:
    currents = [spectrum.condition("bias_current") for spectrum in spectra]
    missing = [s.source for s, current in zip(spectra, currents, strict=True) if current is None]
    if len(missing) == len(spectra):
        notes.append(
            "no table states a bias current: all were taken as measured at one bias, to which ω* refers "
            "(add a line '# bias_current: 0 A' where there was none)"
        )
        return float("nan")
    if missing:
        raise InputError(
            "the bias current is missing here but stated in another table of this fit: "
            "add a line '# bias_current: 10 uA' with its value above the header (0 A for none)",
            source=missing[0],
        )
    stated = own if own is not None else _agreed(spectra, "reference_current")
    largest = max(float(np.abs(current).max()) for current in currents if current is not None)
    if stated is not None:
        if not stated > 0:
            raise InputError(f"reference_current is {stated} A; it must be positive")
        return stated
    if largest == 0.0:
        notes.append(
            "the bias current is 0 A throughout: ω* and η are seen by no point, only by their priors"
        )
        return float("nan")
    notes.append(f"ω* refers to the largest bias current, {largest * 1e6:.4g} µA")
    return largest


def _agreed(spectra: Sequence[Spectrum], name: str) -> float | None:
    """A constant that several tables may state, if they agree on it."""
    stated = [(s.source, s.constants[name]) for s in spectra if name in s.constants]
    if not stated:
        return None
    first = stated[0][1]
    for source, value in stated[1:]:
        if not np.isclose(value, first, rtol=1e-9, atol=0.0):
            raise InputError(
                f"{name} is {value:g} here but {first:g} in {stated[0][0]}; "
                "tables of one fit are of one device",
                source=source,
            )
    return first


def _add_scatter(
    chosen: dict[str, prior.Prior],
    quantity: str,
    spectra: Sequence[Spectrum],
    points: Sequence[Points],
    notes: list[str],
    *,
    always: bool,
) -> None:
    """A fractional scatter for each quantity: inferred where a table states no uncertainty, else 0.

    ``always``: of resonators it is always inferred, since stated errors of extracted Q are too small.
    """
    normal = [spectra[p.table] for p in points if p.quantity == quantity and p.likelihood == "normal"]
    bare = [spectrum.source for spectrum in normal if f"{quantity}_err" not in spectrum.columns]
    own = parameters.scatter(quantity)
    if bare or (always and normal):
        chosen[own.name] = _typical(own, (1.0, 1.0))
    elif normal:
        chosen[own.name] = prior.Fixed(prior.number(0.0))
    if bare:
        sources = ", ".join(dict.fromkeys(bare))
        notes.append(f"{sources}: {quantity} has no uncertainty; a fractional scatter is inferred")
    elif always and normal:
        notes.append(
            f"a fractional scatter of {quantity} is inferred beside its stated uncertainty: those of fits of "
            "resonances are known to be too small"
        )


def _alike(
    spectra: Sequence[Spectrum], points: Sequence[Points], own: Mapping[str, float] | None, *, always: bool
) -> dict[str, float]:
    """Correlation of neighbouring residuals, to be found by the fit where sweeps are long enough.

    ``always``: of resonators, whose extracted losses drift along a sweep: their ripple, their background.
    """
    found = {}
    for name in dict.fromkeys(p.quantity for p in points if p.likelihood == "normal") if always else ():
        every = [sweeps(spectra[p.table], p.rows)[0] for p in points if p.quantity == name]
        if sum(len(series) - len(np.unique(series)) for series in every) >= _PAIRS:
            found[name] = float("nan")
    return found | dict(own or {})


def _likelihood(
    chosen: dict[str, prior.Prior], name: str, spectra: Sequence[Spectrum], points: Sequence[Points]
) -> Likelihood:
    """The likelihood of this name, which the tables allow; its own parameters are added."""
    for likelihood in LIKELIHOODS:
        if likelihood == name:
            break
    else:
        raise InputError(f"unknown likelihood '{name}'; known: {', '.join(LIKELIHOODS)}")
    if likelihood == "student":
        chosen["freedom"] = _typical(parameters.FREEDOM, (1.0, 1.0))
    if likelihood == "lognormal":
        for one in points:
            spectrum = spectra[one.table]
            low = np.flatnonzero(spectrum.columns[one.quantity][one.rows] <= 0.0)
            if low.size:
                raise InputError(
                    f"{one.quantity} is not positive here, as a lognormal likelihood needs",
                    source=spectrum.source,
                    line=int(spectrum.lines[one.rows[low[0]]]),
                )
    return likelihood


def _add_calibrations(
    chosen: dict[str, prior.Prior], own: Mapping[str, prior.Prior], spectra: Sequence[Spectrum]
) -> None:
    """A common factor for each table that states how sure its calibration is, or has a prior for it."""
    for label, spectrum in zip(labels(spectra), spectra, strict=True):
        name, error = parameters.calibration_name(label), spectrum.constants.get("calibration_error")
        if name in own:
            chosen[name] = own[name]
        elif error is not None:
            chosen[name] = prior.LogNormal(prior.number(1.0), prior.number(1.0 + error))


def _add_spreads(
    chosen: dict[str, prior.Prior], family: type[Relaxation] | None, devices: Devices | None
) -> None:
    own_family = () if family is None else (parameters.NU, parameters.OMEGA_STAR, *family.parameters())
    known = {q.name: q for q in own_family}
    for name in () if devices is None else devices.vary:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"'{name}' cannot vary between devices{hint} ({', '.join(known)})")
        if known[name].support != "positive":
            raise InputError(f"'{name}' cannot vary between devices: only positive parameters can")
        own = parameters.spread(known[name])
        chosen[own.name] = _typical(own, (1.0, 1.0))


def _check_conditions(family: type[Relaxation], spectra: Sequence[Spectrum]) -> None:
    for name in family.conditions():
        for spectrum in spectra:
            if spectrum.condition(name) is None:
                raise InputError(
                    f"{family.name} depends on '{name}': add a line '# {name}: 100 mK' with its value above "
                    "the header, or a column",
                    source=spectrum.source,
                )


def _note_unused(spectra: Sequence[Spectrum], view: View, notes: list[str]) -> None:
    for spectrum in spectra:
        if "frequency_shift" in spectrum.measured and "frequency_shift" not in view.quantities:
            notes.append(
                f"{spectrum.source}: frequency_shift was read but is not part of this model "
                "(a loss budget with 'film' fits it)"
            )
        for name in () if view.channel_needs is not None else ("photon_number", "power", "run"):
            values = spectrum.condition(name)
            if values is not None and np.ptp(values) > 0:
                notes.append(f"{spectrum.source}: {name} varies, but this model does not depend on it")
