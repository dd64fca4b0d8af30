"""What a fit leaves: draws, verdict, summary; saved to and loaded from one NetCDF file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from tlsjax.data.options import ReadOptions
from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting import predict as prediction
from tlsjax.fitting.ends import End
from tlsjax.fitting.information import Information
from tlsjax.fitting.noise_ratio import NoiseRatio, noise_ratio
from tlsjax.fitting.peaks import Peak
from tlsjax.fitting.verdict import Check, Verdict
from tlsjax.model.assembly import assemble_model
from tlsjax.model.devices import table_names
from tlsjax.model.model import Model
from tlsjax.model.modelfile import ModelFile, to_toml
from tlsjax.model.observation import Observation, observe
from tlsjax.model.points import Points, fitted_points
from tlsjax.model.prior import number
from tlsjax.physics.relaxation import Relaxation
from tlsjax.quantity import Quantity

Draws = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Result:
    """A finished fit.

    Attributes:
        tree: ArviZ data tree: posterior, prior, posterior_predictive, log_likelihood, sample_stats,
            observed_data; and ``information``, see :attr:`information`.
        model: what was fitted.
        spectra: to which tables.
        record: what else there is of the run as plain data: seed, versions, notes, checks, summary numbers.
    """

    tree: xr.DataTree
    model: Model
    spectra: tuple[Spectrum, ...]
    record: Mapping[str, Any]

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every reported quantity in the order of reports: parameters, then combinations."""
        return self.model.reported

    @cached_property
    def draws(self) -> Draws:
        """Posterior draws by name, SI units, shape (chains, draws)."""
        return {str(name): values.to_numpy() for name, values in self.tree["posterior"].data_vars.items()}

    @cached_property
    def prior_draws(self) -> Draws:
        """Prior draws by name, SI units, shape (draws,)."""
        return {str(name): values.to_numpy()[0] for name, values in self.tree["prior"].data_vars.items()}

    @property
    def verdict(self) -> Verdict:
        """Whether the fit can be trusted, and why not."""
        return Verdict(tuple(Check(**check) for check in self.record["checks"]))

    @property
    def predictive_p(self) -> tuple[float, ...]:
        """Of the posterior-predictive checks: sizes of all observations, then trends of their residuals."""
        return tuple(self.record.get("predictive_p", ()))

    @property
    def peaks(self) -> tuple[Peak, ...]:
        """Peaks of f(τ) inside the window with their probability; of families with a formula none."""
        return tuple(Peak(**one) for one in self.record.get("peaks", ()))

    @property
    def ends(self) -> tuple[End, ...]:
        """Where an f(τ) without a formula ends sharply inside what the data see; none where it has one."""
        return tuple(End(**one) for one in self.record.get("ends", ()))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed, in words."""
        return tuple(self.record["notes"])

    @property
    def seed(self) -> int:
        """The user's seed."""
        return int(self.record["seed"])

    @property
    def identified(self) -> Mapping[str, bool]:
        """Whether the data determine each reported quantity; else it is the prior's."""
        return dict(self.record["identified"])

    @property
    def is_informed(self) -> bool:
        """Whether :attr:`information` was kept, which older versions did not."""
        return "information" in self.tree.children

    @cached_property
    def information(self) -> Information:
        """What data and prior say of each free parameter.

        Raises:
            InputError: it was not kept.
        """
        if not self.is_informed:
            raise InputError("this fit was kept without what its data say of each parameter: fit again")
        return Information.of_dataset(self.tree["information"].to_dataset())

    @cached_property
    def points(self) -> tuple[Points, ...]:
        """Where the points of each observation stand."""
        return fitted_points(self.spectra, self.model.view)

    @property
    def labels(self) -> tuple[str, ...]:
        """A name for each observation: quantity and file, with the device where a file holds several."""
        names = table_names(self.spectra)
        return tuple(f"{p.quantity} ({names[p.table]})" for p in self.points)

    @property
    def window(self) -> tuple[float, float]:
        """Shortest and longest relaxation time that the data reach, s."""
        return self.model.window.times

    @property
    def relaxations(self) -> Relaxation:
        """f(τ) of every draw: the family with one parameter a draw, each of shape (chains·draws,)."""
        flat = {n: jax.device_put(x.reshape(-1, *x.shape[2:])) for n, x in self.draws.items()}
        return self.model.relaxation(flat)

    def device(self, index: int) -> str:
        """Which of the fitted devices an observation is of; empty where the fit is of one."""
        origins = self.model.origins
        return origins[self.points[index].table].device if origins else ""

    def observation(self, index: int) -> Observation:
        """The arrays of one observation, as fitted."""
        points = self.points[index]
        return observe(self.spectra[points.table], points, self.model.view)

    def replicas(self, index: int) -> NDArray[np.float64]:
        """Posterior-predictive measurements of one observation, shape (draws, N)."""
        values = self.tree["posterior_predictive"][f"observation_{index}"].to_numpy()
        return np.asarray(values.reshape(-1, values.shape[-1]))

    def summary(self) -> pd.DataFrame:
        """One row a parameter: mean, sd, median, quantiles, ESS, R̂, unit, identified."""
        return pd.DataFrame.from_dict(dict(self.record["parameters"]), orient="index")

    def predict(
        self,
        quantity: str,
        table: Spectrum | None = None,
        *,
        error: ArrayLike | None = None,
        averages: ArrayLike | None = None,
        draws: int | None = None,
        device: str = "",
        **conditions: ArrayLike,
    ) -> xr.Dataset:
        """A quantity by Eqs. 15 and 20 under any conditions, for every posterior draw.

        It need not be one that was fitted: a fitted loss predicts the noise, and the noise the loss. For
        quantiles, ``result.predict(...).quantile([0.025, 0.5, 0.975], "draw")``.

        Args:
            quantity: ``conductivity``, ``loss`` or ``current_noise`` (one-sided, per Hz).
            table: whose rows say where; measured values are not read.
            error: standard deviation of a new measurement, in the quantity's unit; of a ``table``, its own.
            averages: number of averaged periodograms behind a new noise point; likewise.
            draws: number of posterior draws, evenly picked; all unless given.
            device: of which device of a fit of several; else of their population's central values.
            conditions: numbers or arrays that broadcast, SI units, before what the table says:
                ``frequency`` (Hz), ``bias_current`` (A), ``temperature`` (K), ``angle`` (rad), ``width`` and
                ``length`` (m), ``kinetic_inductance`` (H per square), ``kinetic_fraction``. What is needed
                and said nowhere is taken from the fitted tables where they agree.

        Returns:
            the quantity's expected value, dimensions ``draw`` and ``point`` (only ``draw`` for numbers,
            ``point_0``, ``point_1`` … for arrays of several axes); the conditions are coordinates, units
            attributes. Where ``error`` or ``averages`` are known, also ``measurement``: new measurements
            with their scatter, the fit's own fractional scatter included. Where residuals follow their
            neighbours, those of a point in a measured sweep are told by the points beside it there.

        Raises:
            InputError: no such quantity, a condition is missing, or out of place.
        """
        return prediction.predict(
            self, quantity, table, error=error, averages=averages, draws=draws, device=device,
            fitted_table=-1, **conditions,
        )  # fmt: skip

    def noise_ratio(self, table: Spectrum) -> NoiseRatio:
        """Whether a noise that was not fitted obeys the fluctuation-dissipation theorem, given the fit.

        See :func:`tlsjax.fitting.noise_ratio.noise_ratio`.
        """
        return noise_ratio(self, table)

    def save(self, path: str | PathLike[str]) -> None:
        """Write everything to one NetCDF file, from which :func:`load` gives the same result back."""
        tree = self.tree.copy()
        for index, spectrum in enumerate(self.spectra):
            tree[f"table_{index}"] = xr.DataTree(_table(spectrum))
        tree.attrs["tlsjax"] = json.dumps({"model": to_toml(self.model), "record": self.record})
        tree.to_netcdf(fspath(path), engine="h5netcdf")

    def report(self, path: str | PathLike[str]) -> None:
        """Write the report, one self-contained HTML file."""
        from tlsjax.report import write_report

        write_report(self, path)

    def figures(self, folder: str | PathLike[str]) -> tuple[Path, ...]:
        """Write every figure of the report as PDF and SVG, and the parameters as LaTeX and CSV.

        Args:
            folder: where they go; made where it is not there.

        Returns:
            the files.

        Raises:
            InputError: the folder cannot be written.
        """
        from tlsjax.report import write_figures

        return write_figures(self, folder)


def load(path: str | PathLike[str]) -> Result:
    """A result that :meth:`Result.save` wrote.

    Args:
        path: the file, or the folder of a fit, which holds it as ``posterior.nc``.

    Raises:
        InputError: it is not there or is not such a file.
    """
    if Path(path).suffix != ".nc":
        from tlsjax.fitting.folder import check_finished

        check_finished(path)
    file = Path(path)
    file = file / "posterior.nc" if file.is_dir() else file
    if not file.exists():
        raise InputError("no such file; 'tlsjax fit' leaves posterior.nc in its folder", source=str(file))
    try:
        tree = xr.load_datatree(file, engine="h5netcdf")
        own = json.loads(tree.attrs.pop("tlsjax"))
        with TemporaryDirectory() as folder:
            model_file = Path(folder) / "model.toml"
            model_file.write_text(own["model"], encoding="utf-8")
            read = ModelFile(model_file)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"is not a result of tlsjax: {error}", source=str(file)) from None
    spectra: list[Spectrum] = []
    while f"table_{len(spectra)}" in tree.children:
        spectra.append(_spectrum(tree[f"table_{len(spectra)}"].to_dataset()))
    for index in range(len(spectra)):
        del tree[f"table_{index}"]
    reference = float("nan") if read.reference_current is None else read.reference_current
    model = assemble_model(
        spectra,
        read.priors,
        family=read.family,
        budget=None if read.budget is None else read.budget.budget(),
        reference_current=reference,
        likelihood=read.likelihood,
        devices=read.devices,
        correlation=read.correlation,
    )
    if model.smooth is not None and own["record"].get("ended"):
        model = replace(model, smooth=replace(model.smooth, ends=number(1.0)))
    return Result(tree, model, tuple(spectra), own["record"])


def _table(spectrum: Spectrum) -> xr.Dataset:
    columns = {name: ("row", values) for name, values in spectrum.columns.items()}
    about = {"constants": dict(spectrum.constants), "source": spectrum.source, "notes": list(spectrum.notes)}
    about |= {"device": spectrum.device, "digest": spectrum.digest, "options": asdict(spectrum.options)}
    return xr.Dataset({**columns, "line": ("row", spectrum.lines)}, attrs={"table": json.dumps(about)})


def _spectrum(dataset: xr.Dataset) -> Spectrum:
    about = json.loads(dataset.attrs["table"])
    columns = {str(name): values.to_numpy() for name, values in dataset.data_vars.items()}
    lines = columns.pop("line")
    return Spectrum(
        columns, about["constants"], about["source"], lines, tuple(about["notes"]), about.get("device", ""),
        digest=about.get("digest", ""), options=ReadOptions(**about.get("options", {})),
    )  # fmt: skip


def checks_as_records(checks: tuple[Check, ...]) -> list[dict[str, Any]]:
    """Checks as plain data, for :attr:`Result.record`."""
    return [asdict(check) for check in checks]
