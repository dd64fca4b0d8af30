"""Runs of a budget that differ by a constant, and powers that are right but for a factor."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.fit import choose_model
from tlsjax.fitting.methods import Lengths
from tlsjax.fitting.run import Run, as_data, of_data
from tlsjax.model.model import Model
from tlsjax.model.modelfile import ModelFile, to_toml
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points

HBAR_OVER_KB = 7.638232577e-12
OMEGA = 2 * np.pi * 5e9
BUDGET = tls.LossBudget(("resonant", "constant"), saturation="A", critical_number="constant")
FIRST, SECOND = 3e-7, 2e-6


def table(device: str = "", **more: np.ndarray) -> tls.Spectrum:
    """Two runs: the warmer half of the temperatures belongs to run 3."""
    kelvin, photons = (x.ravel() for x in np.meshgrid(np.geomspace(0.02, 0.6, 12), [1.0, 1e3, 1e5]))
    run = np.where(kelvin > 0.1, 3.0, 0.0)
    loss = 2e-5 * np.tanh(0.5 * HBAR_OVER_KB * OMEGA / kelvin) / np.sqrt(1 + photons / 1e3)
    loss = (loss + np.where(run > 0, SECOND, FIRST)) * (
        1 + 0.01 * np.random.default_rng(0).normal(size=loss.shape)
    )
    columns = {
        "frequency": np.full(len(loss), 5e9), "temperature": kelvin, "photon_number": photons, "run": run,
        "loss": loss, **more,
    }  # fmt: skip
    return tls.Spectrum(columns, {}, "chip.csv", device=device)


def assembled(*tables: tls.Spectrum, budget: tls.LossBudget = BUDGET) -> tuple[Model, Observations]:
    model, _ = choose_model(list(tables), None, None, budget=budget)
    return model, join([observe(tables[p.table], p, model.view) for p in fitted_points(tables, model.view)])


def test_every_run_has_its_own_constant() -> None:
    result = tls.fit(table(), budget=BUDGET, method="laplace", draws=500)
    assert "constant_loss[run 0]" in result.draws
    for name, truth in (("run 0", FIRST), ("run 3", SECOND)):
        low, high = np.quantile(result.draws[f"constant_loss[{name}]"], (0.005, 0.995))
        assert low < truth < high
        assert high < 3 * truth or name == "run 0"
    here = {"frequency": 5e9, "temperature": 0.1, "photon_number": 1e9}
    first, second = (result.predict("loss", run=run, **here)["loss"].median() for run in (0, 3))
    assert_allclose(second - first, SECOND - FIRST, rtol=0.2)
    with pytest.raises(InputError, match="needs 'run'"):
        result.predict("loss", **here)
    with pytest.raises(InputError, match=r"no run 1.*0, 3"):
        result.predict("loss", run=1, **here)


def test_runs_of_several_devices() -> None:
    shift = 1e-6 * np.ones(36)
    one, other = table("R1", frequency_shift=shift), table("R2", frequency_shift=shift)
    model, observations = assembled(one, other)
    every = {f"{name}[{device}][run {run}]" for name in ("constant_loss", "shift_offset")
             for device in ("R1", "R2") for run in (0, 3)}  # fmt: skip
    assert every <= set(model.priors)
    values = {name: jnp.asarray(1e-9) for name in model.priors}
    values |= {f"loss_tangent[{d}]": jnp.asarray(1e-30) for d in ("R1", "R2")}
    values |= {f"critical_photon_number[{d}]": jnp.asarray(1.0) for d in ("R1", "R2")}
    stated = {}
    for number, name in enumerate(sorted(every)):
        stated[name] = values[name] = jnp.asarray(1e-6 * (number + 1))
    mean = np.asarray(model.mean(values, observations))
    for place, quantity in enumerate(observations.quantities):
        part = observations.slices[place]
        name = {"loss": "constant_loss", "frequency_shift": "shift_offset"}[quantity]
        device = ("R1", "R2")[int(observations.table[part][0])]
        expected = [float(stated[f"{name}[{device}][run {int(run)}]"]) for run in observations.run[part]]
        assert_allclose(mean[part], expected, rtol=1e-12)


def test_runs_survive_a_file_and_a_kept_state(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model, _ = assembled(table())
    path = tmp_path / "model.toml"
    path.write_text(to_toml(model))
    again, _ = choose_model([table()], path, None)
    assert again.runs == model.runs == (0, 3)
    assert set(again.priors) == set(model.priors)
    run = Run((table(),), model, (), "nuts", 1, Lengths(2, 100, 100))
    assert of_data(*as_data(run)).model.runs == (0, 3)


def with_power(decibel: float) -> tls.Spectrum:
    power = 1e-15 * np.tile([1.0, 10.0, 100.0], 12) * 10 ** (0.1 * decibel)
    given = table(power=power, coupling_quality_factor=np.full(36, 1e4))
    columns = {name: x for name, x in given.columns.items() if name not in ("photon_number", "run")}
    return replace(given, columns=columns)


@pytest.mark.parametrize("photons", ["measured", "solved"])
def test_a_power_offset_is_so_much_more_power(photons: str) -> None:
    known = {"photon_number": photons, "saturation": "A", "critical_number": "constant"}
    offset = tls.LossBudget(("resonant", "constant"), power_offset=True, **known)  # type: ignore[arg-type]
    plain = tls.LossBudget(("resonant", "constant"), **known)  # type: ignore[arg-type]
    model, observations = assembled(with_power(0.0), budget=offset)
    assert "power_offset" in model.free
    values = {name: jnp.asarray(0.5) for name in model.priors} | {
        "loss_tangent": jnp.asarray(2e-5), "critical_photon_number": jnp.asarray(50.0),
        "constant_loss": jnp.asarray(1e-7), "power_offset": jnp.asarray(7.0),
    }  # fmt: skip
    other, louder = assembled(with_power(7.0), budget=plain)
    found = np.asarray(model.mean(values, observations))
    assert_allclose(found, np.asarray(other.mean(values, louder)), rtol=1e-6)
    assert (
        np.ptp(found / np.asarray(model.mean(values | {"power_offset": jnp.zeros(())}, observations))) > 0.01
    )


def test_a_power_offset_needs_a_power_and_stands_in_files(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="no table states one"):
        assembled(table(), budget=replace(BUDGET, power_offset=True))
    model, _ = assembled(with_power(0.0), budget=replace(BUDGET, power_offset=True))
    path = tmp_path / "model.toml"
    path.write_text(to_toml(model))
    assert ModelFile(path).budget == replace(BUDGET, power_offset=True)
