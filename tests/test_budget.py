"""Loss budgets: channels that add, of one resonator or several, with photon numbers known or solved for."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.density import potential, prior_draws
from tlsjax.fitting.fit import choose_model
from tlsjax.fitting.methods import Lengths
from tlsjax.fitting.predict import losses
from tlsjax.fitting.run import Run, as_data, of_data
from tlsjax.model.model import Model, Values
from tlsjax.model.modelfile import ModelFile, to_toml
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points
from tlsjax.physics.mattis_bardeen import quasiparticle_loss, quasiparticle_shift
from tlsjax.physics.photon_number import photon_number
from tlsjax.physics.resonant_tls import (
    critical_number_lifetimes,
    phonon_loss,
    phonon_shift,
    resonant_loss,
    resonant_shift,
    saturation,
)
from tlsjax.report.prediction import with_photons

Array = NDArray[np.float64]
TRUE = {
    "loss_tangent": 4e-5,
    "critical_photon_number": 3e3,
    "dephasing_exponent": 2.0,
    "dephasing_temperature": 0.2,
    "critical_number_spread": 1.2,
    "saturation_exponent": 0.9,
    "phonon_rate": 3e7,
    "critical_temperature": 9.2,
    "kinetic_fraction": 0.1,
    "gap_ratio": 1.764,
    "constant_loss": 4e-7,
    "loss_scatter": 0.02,
}
F0, QC = 6e9, 3e4
OMEGA = 2 * np.pi * F0


def conditions(temperatures: int = 12) -> tuple[Array, Array]:
    kelvin, power = np.meshgrid(np.geomspace(0.03, 2.2, temperatures), [1e-17, 1e-15, 1e-13, 1e-11])
    return kelvin.ravel(), power.ravel()


@jax.jit
def loss_at(photons: Array, kelvin: Array, own: Mapping[str, float]) -> jax.Array:
    """The default channels one by one, at full accuracy."""
    tangent = {"temperature": kelvin, "loss_tangent": own["loss_tangent"]}
    critical = critical_number_lifetimes(
        OMEGA, temperature=kelvin, number=own["critical_photon_number"], exponent=own["dephasing_exponent"],
        dephasing_temperature=own["dephasing_temperature"],
    )  # fmt: skip
    share = saturation(
        photons / critical,
        form="B",
        exponent=own["saturation_exponent"],
        spread=own["critical_number_spread"],
    )
    total = resonant_loss(OMEGA, **tangent, saturation=share) + own["constant_loss"]
    total += phonon_loss(OMEGA, **tangent, rate=own["phonon_rate"])
    total += quasiparticle_loss(
        OMEGA, temperature=kelvin, critical_temperature=own["critical_temperature"],
        kinetic_fraction=own["kinetic_fraction"],
    )  # fmt: skip
    return total


@jax.jit
def shift_at(kelvin: Array, own: Mapping[str, float]) -> jax.Array:
    tangent = {"temperature": kelvin, "loss_tangent": own["loss_tangent"]}
    total = resonant_shift(OMEGA, **tangent) + phonon_shift(OMEGA, **tangent, rate=own["phonon_rate"])
    total += quasiparticle_shift(
        OMEGA, temperature=kelvin, critical_temperature=own["critical_temperature"],
        kinetic_fraction=own["kinetic_fraction"],
    )  # fmt: skip
    return total


def resonator(
    own: Mapping[str, float] = TRUE,
    *,
    scatter: float = 0.0,
    offset: float = 0.0,
    seed: int = 0,
    device: str = "",
) -> tls.Spectrum:
    """Photon numbers in balance with the loss, by fixed-point iteration."""
    kelvin, power = conditions()
    loss = np.full(len(kelvin), 1e-6)
    for _ in range(60):
        photons = np.asarray(photon_number(power, OMEGA, loss=loss, coupling_quality=QC))
        loss = np.sqrt(loss * np.asarray(loss_at(photons, kelvin, own)))
    random = np.random.default_rng(seed)
    columns = {
        "frequency": np.full(len(kelvin), F0), "temperature": kelvin, "power": power,
        "coupling_quality_factor": np.full(len(kelvin), QC),
        "loss": loss * (1 + scatter * random.normal(size=len(kelvin))),
        "frequency_shift": np.asarray(shift_at(kelvin, own)) + offset,
    }  # fmt: skip
    return tls.Spectrum(columns, {}, "chip.csv", device=device)


def without_shift(table: tls.Spectrum) -> tls.Spectrum:
    columns = {name: x for name, x in table.columns.items() if name != "frequency_shift"}
    return tls.Spectrum(columns, table.constants, table.source, device=table.device)


def assembled(tables: list[tls.Spectrum], **choices: object) -> tuple[Model, Observations]:
    model, _ = choose_model(tables, None, None, **choices)  # type: ignore[arg-type]
    points = fitted_points(tables, model.view)
    return model, join([observe(tables[p.table], p, model.view) for p in points])


@jax.jit
def mean_of(model: Model, values: Values, observations: Observations) -> jax.Array:
    return model.mean(values, observations)


@cache
def fitted() -> tls.Result:
    own = {**TRUE, "kinetic_fraction": 1e-12, "critical_number_spread": 1e-3, "constant_loss": 4e-6}
    budget = tls.LossBudget(("resonant", "phonons", "constant"), saturation="A")
    return tls.fit(without_shift(resonator(own, scatter=0.02)), budget=budget)


@pytest.mark.parametrize("photons", ["measured", "solved"])
def test_the_mean_is_the_sum_of_the_channels(photons: str) -> None:
    table = resonator(offset=3e-7)
    model, observations = assembled([table], budget=tls.LossBudget(photon_number=photons))  # type: ignore[arg-type]
    assert observations.solved == (photons == "solved")
    values = {name: jnp.asarray(x) for name, x in {**TRUE, "shift_offset": 3e-7}.items()}
    mean = np.asarray(mean_of(model, values, observations))
    loss, shift = mean[observations.where("loss")], mean[observations.where("frequency_shift")]
    assert_allclose(loss, table.columns["loss"], rtol=2e-6)
    # what a fit takes of σ₂ is good to 2e-8
    close = 1e-6 * TRUE["loss_tangent"] + 0.5 * TRUE["kinetic_fraction"] * 2e-8
    assert_allclose(shift, table.columns["frequency_shift"], atol=close)


def test_each_device_has_its_own_scales_and_shares_the_material() -> None:
    other = {**TRUE, "loss_tangent": 9e-5, "constant_loss": 1e-6, "kinetic_fraction": 0.3}
    tables = [resonator(device="R1"), resonator(other, offset=1e-6, device="R2")]
    model, observations = assembled(tables)
    names = {quantity.name for quantity in model.quantities}
    assert {"loss_tangent[R1]", "loss_tangent[R2]", "shift_offset[R2]", "critical_temperature"} <= names
    assert not {"loss_tangent", "critical_temperature[R1]"} & names
    own = ("loss_tangent", "critical_photon_number", "kinetic_fraction", "constant_loss")
    values = {name: jnp.asarray(x) for name, x in TRUE.items() if name not in own}
    for device, truth, offset in (("R1", TRUE, 0.0), ("R2", other, 1e-6)):
        values |= {f"{name}[{device}]": jnp.asarray(truth[name]) for name in own}
        values[f"shift_offset[{device}]"] = jnp.asarray(offset)
    mean = np.asarray(mean_of(model, values, observations))
    measured = np.concatenate([t.columns[name] for t in tables for name in ("loss", "frequency_shift")])
    assert_allclose(mean, measured, rtol=2e-6, atol=1e-9)


@pytest.mark.slow
def test_gradient_of_the_density_against_central_differences() -> None:
    for photons in ("measured", "solved"):
        budget = tls.LossBudget(("resonant", "phonons", "drive", "constant"), photon_number=photons)  # type: ignore[arg-type]
        model, observations = assembled([resonator()], budget=budget)
        _, points = prior_draws(jax.random.key(3), model, 20)
        z = 0.2 * points[1] + 0.8 * points.mean(0)
        density = jax.jit(lambda z, m=model, o=observations: potential(z, m, o))
        gradient, unit, h = jax.jit(jax.grad(density))(z), points.std(0), 1e-4
        for k in range(len(z)):
            step = jnp.zeros(len(z)).at[k].set(h * unit[k])
            near, far = (float(density(z + n * step) - density(z - n * step)) for n in (1, 2))
            expected = (8 * near - far) / (12 * h)
            noise = 1e-11 * abs(float(density(z))) / h
            assert float(gradient[k] * unit[k]) == pytest.approx(expected, rel=1e-5, abs=noise)


@pytest.mark.slow
def test_a_fit_finds_the_truth() -> None:
    result = fitted()
    assert result.verdict.ok, result.verdict.reasons
    truth = {**TRUE, "constant_loss": 4e-6}
    for name in ("loss_tangent", "phonon_rate", "saturation_exponent", "constant_loss", "loss_scatter"):
        draws = np.log(result.draws[name])
        assert abs(draws.mean() - np.log(truth[name])) < 3.5 * draws.std(), name
        assert result.identified[name]
    assert any("2(Q²/Q_c)P/ħω² (hanger)" in note for note in result.notes)


def test_channels_add_to_the_prediction_and_the_report_shows_them(tmp_path: Path) -> None:
    result = fitted()
    table = with_photons(result, 0)
    each = losses(result, table, draws=20, fitted_table=0)
    assert set(each) == {"resonant", "phonons", "constant"}
    whole = result.predict("loss", table, draws=20)["loss"].to_numpy()
    assert_allclose(sum(each.values()), whole, rtol=1e-9)
    result.save(tmp_path / "kept.nc")
    again = tls.load(tmp_path / "kept.nc")
    assert to_toml(again.model) == to_toml(result.model)
    assert jax.tree.structure(again.model) == jax.tree.structure(result.model)
    for one, other in zip(jax.tree.leaves(again.model), jax.tree.leaves(result.model), strict=True):
        assert_allclose(one, other, rtol=1e-15)
    again.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Loss budget" in page
    assert "TLS relaxing by phonons" in page
    assert "Distribution of relaxation times" not in page


def test_a_model_file_says_the_budget_and_gives_it_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[budget]\nchannels = ["resonant", "drive", "constant"]\nsaturation = "B"\n'
        'critical_number = "power"\nphoton_number = "solved"\ngeometry = "reflection"\n'
        '[priors.loss_tangent]\nkind = "lognormal"\nmedian = 1e-5\nfactor = 2\n'
    )
    table = without_shift(resonator())
    model, _ = choose_model([table], file, None)
    assert {q.name for q in model.quantities} == {
        "loss_tangent", "critical_photon_number", "critical_number_exponent", "saturation_exponent",
        "drive_loss", "drive_exponent", "constant_loss", "loss_scatter",
    }  # fmt: skip
    assert float(model.priors["loss_tangent"].factor) == 2.0
    file.write_text(to_toml(model))
    again = ModelFile(file)
    assert again.budget == tls.LossBudget(
        ("resonant", "drive", "constant"), "B", "power", "solved", "reflection"
    )
    kept = of_data(*as_data(Run((table,), model, (), "nuts", 0, Lengths(4, 150, 1000))))
    assert jax.tree.structure(kept.model) == jax.tree.structure(model)
    assert to_toml(kept.model) == to_toml(model)


def test_film_and_channels_add() -> None:
    kelvin, _ = conditions()
    columns = {
        "frequency": np.geomspace(1e9, 8e9, len(kelvin)),
        "temperature": kelvin,
        "loss": np.ones(len(kelvin)),
    }
    constants = {
        "kinetic_inductance": 1e-10,
        "kinetic_fraction": 0.5,
        "bias_current": 1e-5,
        "photon_number": 1.0,
    }
    table = tls.Spectrum({**columns, "frequency_shift": np.ones(len(kelvin))}, constants, "film.csv")
    budget = tls.LossBudget(("film", "film_resonant", "kinetic_inductance", "constant"))
    model, observations = assembled([table], budget=budget)
    values, _ = prior_draws(jax.random.key(0), model, 1)
    one = {name: x[0] for name, x in values.items()} | {"constant_loss": jnp.asarray(0.0)}
    film, _ = assembled([tls.Spectrum(columns, constants, "film.csv")])
    omega = 2 * np.pi * columns["frequency"]
    expected = tls.resonator_loss(
        omega,
        tls.conductivity(
            omega, nu=one["nu"], lambda_f=one["lambda_f"], omega_star=one["omega_star"], eta=one["eta"],
            relaxation=film.relaxation(one),
        ),
        kinetic_inductance=1e-10, kinetic_fraction=0.5,
    )  # fmt: skip
    mean = mean_of(model, {**one, "resonant_amplitude": jnp.asarray(0.0)}, observations)
    assert_allclose(mean[observations.where("loss")], expected, rtol=1e-10)
    moved = mean_of(model, {**one, "nonlinearity_current": jnp.asarray(1e-4)}, observations)
    still = mean_of(model, {**one, "nonlinearity_current": jnp.asarray(1e9)}, observations)
    change = (moved - still)[observations.where("frequency_shift")]
    # δf/f = −(α_k/2)(I/I_*)²
    assert_allclose(change, -0.5 * float(one["kinetic_fraction"]) * 0.01, rtol=1e-6)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"channels": ("resonnant",)}, "did you mean 'resonant'"),
        ({"channels": ()}, "at least one channel"),
        ({"channels": ("constant", "constant")}, "stands twice"),
        ({"channels": ("film_resonant",)}, "needs 'film' beside it"),
        ({"photon_number": "guessed"}, "unknown photon_number 'guessed'"),
        ({"geometry": "hangar"}, "did you mean 'hanger'"),
    ],
)
def test_what_is_no_budget(made: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tls.LossBudget(**made)  # type: ignore[arg-type]


def test_a_relaxation_without_eq_15_is_refused() -> None:
    with pytest.raises(InputError, match="add channel 'film'"):
        tls.fit(resonator(), relaxation="single", budget=tls.LossBudget())


def test_tables_for_eq_15_get_no_budget() -> None:
    film = tls.Spectrum(
        {"frequency": np.arange(1.0, 9.0), "loss": np.ones(8)},
        {"kinetic_inductance": 1e-10, "kinetic_fraction": 1.0, "temperature": 0.1},
    )
    assert assembled([film])[0].budget is None
    assert assembled([resonator()])[0].budget is not None


def test_without_coupling_quality_the_photon_number_is_known_up_to_a_factor() -> None:
    table = resonator()
    columns = {name: x for name, x in table.columns.items() if name != "coupling_quality_factor"}
    bare = tls.Spectrum(columns, {"attenuation": 20.0}, "bare.csv")
    model, notes = choose_model([bare], None, None)
    level = observe(bare, fitted_points([bare], model.view)[0], model.view).level
    hbar = 1.054571817e-34
    assert_allclose(level.photons, columns["power"] / 100 / (hbar * OMEGA**2), rtol=1e-9)
    assert any("known up to a constant factor" in note for note in notes)


def test_the_command_takes_a_budget(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "chip.csv"
    tls.write(without_shift(resonator()), path)
    done = call("check", path, "--budget", "resonant, constant", "--photon-number", "solved")
    assert done.returncode == 0
    assert "loss is the sum of: resonant TLS, constant" in done.stdout
    assert "the predicted Q_i, self-consistently" in " ".join(done.stdout.split())
    wrong = call("check", path, "--budget", "resonant;constant")
    assert wrong.returncode == 2
    assert "unknown channel" in wrong.stderr


def test_attenuation_and_photon_numbers_in_predictions() -> None:
    at = {"temperature": 0.1, "draws": 5}
    weak = fitted().predict("loss", power=1e-15, **at)["loss"]
    assert_allclose(fitted().predict("loss", power=1e-13, attenuation=20.0, **at)["loss"], weak, rtol=1e-12)
    assert not np.allclose(fitted().predict("loss", power=1e-13, **at)["loss"], weak, rtol=1e-3)
    with pytest.raises(InputError, match="photon_number must not be below zero"):
        fitted().predict("loss", photon_number=-1.0, **at)
