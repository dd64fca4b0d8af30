"""Several devices in one fit: what they share, and what each has for itself."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.fit import choose_model
from tlsjax.model.devices import Devices, labels, origins
from tlsjax.model.modelfile import to_toml
from tlsjax.report.prediction import look_at

TRUE = {"lambda_f": 5e-10, "omega_star": 2e11, "tau_min": 1e-12, "tau_max": 1e-3}
NU = {"R1": 0.7e36, "R2": 1e36, "R3": 1.6e36}


def spectrum(device: str, seed: int, points: int = 25) -> tls.Spectrum:
    frequency = np.tile(np.logspace(5, 10, points), 2)
    bias = np.repeat([0.0, 1e-5], points)
    exact = tls.conductivity(
        2 * np.pi * frequency, nu=NU[device], lambda_f=TRUE["lambda_f"],
        omega_star=TRUE["omega_star"] * (bias > 0),
        relaxation=tls.LogUniform(TRUE["tau_min"], TRUE["tau_max"]),
    )  # fmt: skip
    exact = np.asarray(exact)
    value = exact * (1 + 0.03 * np.random.default_rng(seed).normal(size=exact.shape))
    columns = {
        "frequency": frequency, "bias_current": bias, "conductivity": value, "conductivity_err": 0.03 * exact,
    }  # fmt: skip
    constants = {"lambda_f": TRUE["lambda_f"], "reference_current": 1e-5}
    return tls.Spectrum(columns, constants, f"chip/{device}.csv")


def chip() -> list[tls.Spectrum]:
    return [spectrum(device, seed) for seed, device in enumerate(NU)]


@cache
def fitted() -> tls.Result:
    return tls.fit(chip(), devices=Devices(("nu",)), draws=500)


@pytest.mark.slow
def test_each_device_has_its_own_value_and_the_rest_is_shared() -> None:
    result = fitted()
    assert result.verdict.ok
    assert result.model.devices == ("R1", "R2", "R3")
    nu = {device: np.log(result.draws[f"nu[{device}]"]) for device in NU}
    # ratios are what several spectra of one f(τ) tell best
    for device in ("R1", "R3"):
        ratio = nu[device] - nu["R2"]
        assert abs(ratio.mean() - np.log(NU[device] / NU["R2"])) < 3 * ratio.std()
        assert ratio.std() < 0.02
    # population: three devices bound its centre by their spread
    spread = result.draws["nu_spread"]
    centre = np.log(result.draws["nu"]) - (nu["R1"] + nu["R2"] + nu["R3"]) / 3
    assert centre.std() == pytest.approx(np.sqrt(np.mean(spread**2) / 3), rel=0.25)
    # shared parameters are better known than from one device
    alone = tls.fit(spectrum("R2", 1), method="laplace", draws=500)
    assert alone.verdict.ok
    assert result.draws["omega_c"].std() < 0.8 * alone.draws["omega_c"].std()


def test_predictions_of_a_device_and_of_the_population() -> None:
    result = fitted()
    where = {"frequency": 1e7, "bias_current": 0.0}
    each = {d: result.predict("conductivity", device=d, **where)["conductivity"].to_numpy() for d in NU}
    assert np.median(each["R3"] / each["R1"]) == pytest.approx(1.6 / 0.7, rel=0.05)
    middle = result.predict("conductivity", **where)["conductivity"].to_numpy()
    assert np.log(middle).std() > 3 * np.log(each["R2"]).std()
    with pytest.raises(InputError, match=r"'R4' is no device of this fit \(R1, R2, R3\)"):
        result.predict("conductivity", device="R4", **where)


def test_a_report_shows_each_table_with_its_own_device() -> None:
    for index in range(3):
        seen = look_at(fitted(), index)
        assert np.abs(seen.residual).max() < 5
        assert seen.residual.std() == pytest.approx(1.0, abs=0.4)


def test_noise_is_compared_with_a_fit_of_its_own_device() -> None:
    noise = tls.Spectrum(
        {"frequency": np.array([1e5, 1e6, 1e7]), "current_noise": np.full(3, 1e-24)},
        {"bias_current": 0.0, "width": 1e-6, "length": 1e-5, "temperature": 0.1, "averages": 50.0}, "n.csv",
    )  # fmt: skip
    with pytest.raises(InputError, match="the fit is of several devices"):
        fitted().noise_ratio(noise)


def test_saved_loaded_and_written_as_a_model_file(tmp_path: Path) -> None:
    result = fitted()
    result.save(tmp_path / "posterior.nc")
    assert tls.load(tmp_path / "posterior.nc").model.origins == result.model.origins
    file = tmp_path / "model.toml"
    file.write_text(to_toml(result.model), encoding="utf-8")
    model, _ = choose_model(chip(), file, None)
    assert model.origins == result.model.origins
    assert model.free == result.model.free
    assert {"nu", "nu_spread", "nu[R1]", "nu[R2]", "nu[R3]"} <= set(model.free)


@pytest.mark.slow
def test_crossover_and_relaxation_may_vary_too(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text(
        '[devices]\nvary = ["omega_star", "tau_max"]\n[devices.tables]\nleft = ["R1.csv", "R3.csv"]\n'
        '[priors.tau_max_spread]\nkind = "lognormal"\nmedian = 0.1\nfactor = 1.5\n'
    )
    model, _ = choose_model(chip(), file, None)
    assert model.devices == ("left", "R2")
    assert float(model.priors["tau_max_spread"].median) == 0.1  # type: ignore[attr-defined]
    result = tls.fit(chip()[1:], file_of_two(tmp_path), method="laplace", draws=200)
    ratio = np.log(result.draws["omega_star[R3]"] / result.draws["omega_star[R2]"])
    # their ν differ, which this model lays on ω*² where the bias term rules
    assert ratio.std() < 0.1


def file_of_two(folder: Path) -> Path:
    file = folder / "two.toml"
    file.write_text('[devices]\nvary = ["omega_star", "tau_max"]\n')
    return file


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (Devices(("nuu",)), "'nuu' cannot vary between devices; did you mean 'nu'"),
        (Devices(("lambda_f",)), "'lambda_f' cannot vary between devices"),
        (Devices(("nu",), {"A": ["R9.csv"]}), "device 'A' has a table 'R9.csv', which is not among R1.csv"),
        (Devices(("nu",), {"A": ["R1.csv"], "B": ["R1.csv"]}), "belongs to two devices, 'A' and 'B'"),
        (Devices(("nu",), {"A": ["R1.csv", "R2.csv", "R3.csv"]}), "at least two devices"),
    ],
)
def test_what_cannot_be(devices: Devices, message: str) -> None:
    with pytest.raises(InputError, match=message):
        tls.fit(chip(), devices=devices)


def test_tables_of_one_name_are_told_apart() -> None:
    tables: Sequence[tls.Spectrum] = [spectrum("R1", 0), spectrum("R1", 1), spectrum("R2", 2)]
    assert labels(tables) == ("R1.csv", "R1.csv#2", "R2.csv")
    assert origins(tables, None, set()) == ()
