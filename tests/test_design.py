"""Designs: choice against brute force, gradients against a search, promises against fits that keep them."""

from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize
from numpy.testing import assert_allclose
from typer.testing import CliRunner

import tlsjax as tls
from tlsjax.analysis.around import around
from tlsjax.analysis.choose import Field, Known, choose
from tlsjax.analysis.designed import load_design
from tlsjax.analysis.even import evenly
from tlsjax.analysis.outcome import half_width
from tlsjax.analysis.placed import features, grid, placed
from tlsjax.cli import app
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.density import constrain
from tlsjax.fitting.result import Result
from tlsjax.model.drive_level import Level
from tlsjax.model.modelfile import to_toml
from tlsjax.model.observation import join, observe
from tlsjax.model.points import Points, View

EXAMPLES = Path(__file__).parent.parent / "data_examples"
BAND = tls.Between(1e8, 2e10)
BIASES = (1e-6, 2e-6, 4e-6)


@pytest.fixture(scope="module")
def fitted() -> Result:
    return tls.fit(EXAMPLES / "conductivity.csv", method="laplace", seed=1)


def conductivity(error: float = 0.03, **more: object) -> tls.Measurement:
    conditions = {"frequency": BAND, "bias_current": BIASES, "temperature": (0.05,)} | more
    return tls.Measurement("conductivity", conditions, error=error)


def linear(
    seed: int, count: int = 7, d: int = 3, q: int = 1, draws: int = 2, **settings: object
) -> tuple[Field, Known]:
    """Candidates of a random linear model."""
    rng = np.random.default_rng(seed)
    items = (frozenset(),) * count
    features, slopes = rng.normal(size=(draws, count, d)), rng.normal(size=(draws, q, d))
    field = Field(features, slopes, np.ones(count), items, {}, np.ones(count, bool))
    root = rng.normal(size=(draws, d, d))
    return replace(field, **settings), Known(root @ root.transpose(0, 2, 1) + np.eye(d))


def log_variance(field: Field, known: Known, taken: tuple[int, ...] | list[int]) -> float:
    """Σ ½ ln V on average, from the definition."""
    total = 0.0
    for m, precision in enumerate(known.precision):
        matrix = precision + sum((np.outer(field.features[m, k], field.features[m, k]) for k in taken), 0.0)
        total += sum(0.5 * np.log(c @ np.linalg.solve(matrix, c)) for c in field.slopes[m])
    return total / len(known.precision)


def test_gains_are_those_of_the_definition() -> None:
    field, known = linear(0, q=2)
    now = log_variance(field, known, [])
    assert_allclose(known.gains(field), [now - log_variance(field, known, [k]) for k in range(7)])
    both = known.after(field, [2, 5])
    assert_allclose(np.log(both.spreads(field)).sum(1).mean(), log_variance(field, known, [2, 5]))


@pytest.mark.parametrize("seed", range(20))
def test_choice_is_the_best_of_all_or_nearly(seed: int) -> None:
    field, known = linear(seed, q=1 + seed % 3)
    now = log_variance(field, known, [])
    every = [now - log_variance(field, known, one) for one in combinations_with_replacement(range(7), 4)]
    taken = choose(field, known, 4.0)
    assert len(taken) == 4
    assert now - log_variance(field, known, taken) > 0.99 * max(every)


def test_cheap_points_come_before_dear_ones() -> None:
    """Two that tell the same: as many of the cheap one as the budget allows."""
    field, known = linear(1, count=2)
    field.features[:, 1] = field.features[:, 0]
    field = replace(field, cost=np.array([1.0, 0.4]))
    assert choose(field, known, 2.0) == [1] * 5


def test_a_setting_is_made_where_several_points_together_are_worth_it() -> None:
    """One point at a new temperature is not worth 3, four are."""
    field, known = linear(2, count=2, d=2, draws=1)
    field.features[:] = [[[0.3, 0.0], [0.0, 2.0]]]
    field.slopes[:] = [[[0.05, 1.0]]]
    field = replace(field, items=(frozenset(), frozenset({("temperature", 1.0)})))
    field = replace(field, setup={("temperature", 1.0): 3.0})
    taken = choose(field, known, 8.0)
    assert taken.count(1) == 5
    assert field.price(taken) == 8.0
    assert choose(replace(field, setup={("temperature", 1.0): 7.5}), known, 8.0) == [0] * 8


def test_choice_is_nearly_the_best_where_costs_and_settings_differ() -> None:
    """Against all multisets of up to five of seven candidates within the budget, over random problems."""
    shares = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        field, known = linear(seed)
        setting = frozenset({("temperature", 1.0)})
        items = tuple(setting if rng.random() < 0.5 else frozenset() for _ in range(7))
        field = replace(field, cost=rng.uniform(0.8, 2.5, 7), items=items, setup={("temperature", 1.0): 1.2})
        now = log_variance(field, known, [])
        every = (one for n in range(1, 6) for one in combinations_with_replacement(range(7), n))
        best = max(now - log_variance(field, known, one) for one in every if field.price(one) <= 4.0)
        taken = choose(field, known, 4.0)
        assert field.price(taken) <= 4.0 + 1e-9
        shares.append((now - log_variance(field, known, taken)) / best)
    assert min(shares) > 0.9
    assert np.mean(shares) > 0.99


def test_what_the_model_cannot_predict_is_not_chosen() -> None:
    field, known = linear(4)
    field.features[:, 3] = 0.0
    field = replace(field, defined=np.arange(7) != 3)
    assert 3 not in choose(field, known, 6.0)
    assert 3 not in evenly(field, np.zeros(7, int), [(7,)], 6.0)


def test_even_points_run_through_all_candidates() -> None:
    field, _ = linear(3, count=600)
    which = np.zeros(600, int)
    # ten biases, sixty frequencies: ten points must not all be at one frequency
    taken = np.array(evenly(field, which, [(10, 60)], 10.0))
    assert len(taken) == 10
    assert len(set(taken // 60)) >= 8
    assert_allclose(np.sort(taken % 60), np.arange(10) * 6 + 3)
    dear = replace(field, cost=np.where(np.arange(600) % 60 < 30, 20.0, 1.0))
    assert len(evenly(dear, which, [(10, 60)], 10.0)) == 10
    assert evenly(dear, which, [(10, 60)], 0.5) == []


def test_features_are_jacobians_of_the_public_equation(fitted: Result) -> None:
    candidates = tls.Candidates((conductivity(frequency=(2e8, 2e10)),))
    points = placed(fitted, candidates, [grid(one) for one in candidates.measurements])
    model = fitted.model
    here = around(fitted, ("tau_min",))
    z = here.z[7]
    found = features(z, model, "", points.observations, points.error)

    def expected(z: jax.Array) -> jax.Array:
        values = constrain(z, model)
        ratio = points.conditions["bias_current"] / float(model.reference_current)
        return jnp.log(
            tls.conductivity(
                2.0 * np.pi * points.conditions["frequency"], nu=values["nu"], lambda_f=values["lambda_f"],
                omega_star=values["omega_star"] * ratio, eta=values["eta"],
                relaxation=tls.LogUniform(values["tau_min"], values["tau_max"]),
            )
        )  # fmt: skip

    assert_allclose(found, jax.jacfwd(expected)(z) / 0.03, rtol=1e-9, atol=1e-9)


WIRE = {"kinetic_inductance": 1e-9, "kinetic_fraction": 0.9, "width": 2e-6, "length": 1e-5}


@pytest.mark.parametrize("quantity", ["conductivity", "loss", "frequency_shift", "current_noise"])
def test_points_under_other_conditions_are_those_of_a_table_there(quantity: str) -> None:
    view = View(4e-6, channel_needs=())

    def table(scale: float) -> Spectrum:
        conditions = {
            "frequency": 1e9,
            "bias_current": 1e-6,
            "temperature": 0.05,
            "angle": 0.3,
            "power": 1e-12,
        }
        columns = {name: value * scale * np.array([1.0, 2.0, 5.0]) for name, value in conditions.items()}
        return Spectrum(columns | {quantity: np.full(3, np.nan)}, WIRE, "table")

    def observed(scale: float) -> object:
        points = Points(-1, quantity, np.arange(3), "normal")
        return join([observe(table(scale), points, view)])

    here, there = observed(1.0), observed(1.3)
    conditions = {name: jnp.asarray(x) for name, x in table(1.3).columns.items() if name != quantity}
    decibel = 10.0 * jnp.log10(conditions.pop("power") / table(1.0).columns["power"])
    moved = here.under(conditions | {"decibel": decibel}, jnp.asarray(4e-6))
    for name in ("omega", "bias", "current_ratio", "temperature", "angle", "scale"):
        assert_allclose(getattr(moved, name), getattr(there, name), rtol=1e-12, err_msg=name)
    assert_allclose(moved.level.photons, there.level.photons, rtol=1e-12)
    assert_allclose(moved.cells.omega[moved.cells.of_point], there.omega)


def test_unknown_photon_numbers_leave_slopes_defined() -> None:
    """Where they are solved for, the level has none, and more power must still have a slope."""
    nothing = jnp.array([jnp.nan, 3.0])
    level = Level(nothing, nothing[::-1], jnp.array([1e4, jnp.nan]), jnp.ones(2))

    def total(decibel: jax.Array) -> jax.Array:
        moved = level.moved(decibel)
        return jnp.where(jnp.isnan(moved.photons), 0.0, moved.photons).sum() + moved.lossless[0]

    assert_allclose(total(jnp.asarray(10.0)), 60.0)
    assert_allclose(jax.grad(total)(jnp.asarray(10.0)), 60.0 * 0.1 * np.log(10.0))


def test_points_stay_inside_their_ranges(fitted: Result) -> None:
    band = tls.Between(1e9, 1.236e10)
    found = tls.design(fitted, tls.Candidates((conductivity(frequency=band),), ("tau_min",), 4))
    assert max(point.conditions["frequency"] for point in found.points) == 1.236e10


def test_settings_that_the_fit_fills_in_cost_as_well(fitted: Result) -> None:
    noise = tls.Measurement(
        "current_noise",
        {"frequency": tls.Between(1e6, 1e8), "width": (2e-6,), "length": (1e-5,), "bias_current": (4e-6,)},
        averages=50.0,
    )  # fmt: skip
    candidates = tls.Candidates((noise,), ("tau_max",), 8.0, {"temperature": 3.0})
    found = tls.design(fitted, candidates)
    assert sum(point.times for point in found.points) == 5
    assert found.cost == 8.0
    with pytest.raises(tls.InputError, match=r"\[setup\]: no candidate is at any power"):
        tls.design(fitted, replace(candidates, setup={"power": 1.0}))


def test_gradients_find_the_best_place_between(fitted: Result) -> None:
    """The frequency of one point, and of one repeated, against a search over the same criterion."""
    candidates = tls.Candidates((conductivity(bias_current=(1e-6,)),), targets=("omega_c",), budget=1)
    (point,) = tls.design(fitted, candidates).points
    here = around(fitted, ("omega_c",))

    def gain(log_frequency: float) -> float:
        chosen = [{"frequency": np.exp([log_frequency]), "bias_current": np.array([1e-6])}]
        at = placed(fitted, candidates, [chosen[0] | {"temperature": np.array([0.05])}])
        return -float(here.known.gains(here.field(fitted.model, "", candidates, at))[0])

    best = scipy.optimize.minimize_scalar(gain, bounds=np.log([1e8, 2e10]), method="bounded")
    assert_allclose(gain(np.log(point.conditions["frequency"])), best.fun, rtol=1e-3)
    assert 1.5e8 < point.conditions["frequency"] < 1.5e10


def test_what_the_candidates_are_where_none_are_named(fitted: Result) -> None:
    found = tls.design(fitted, targets=("tau_min",), budget=2)
    (only,) = found.candidates.measurements
    assert only.measure == "conductivity"
    assert only.error == 0.03
    assert only.conditions["frequency"] == BAND
    assert_allclose(only.conditions["bias_current"], BIASES)
    assert_allclose(only.conditions["temperature"], [0.05])


def test_a_design_says_what_it_costs_and_is_kept(fitted: Result, tmp_path: Path) -> None:
    candidates = tls.Candidates(
        (
            replace(conductivity(frequency=(1e9, 2e10)), cost=2.0),
            tls.Measurement(
                "current_noise",
                {"frequency": (1e6, 1e7), "bias_current": (4e-6,), "temperature": (0.05,),
                 "width": (2e-6,), "length": (1e-5,)},
                averages=50.0, cost=0.5,
            ),
        ),
        targets=("tau_max", "tau_min"), budget=9.0, setup={"bias_current": 1.0},
    )  # fmt: skip
    found = tls.design(fitted, candidates)
    used = {point.conditions["bias_current"] for point in found.points}
    each = [2.0, 0.5]
    cost = sum(each[point.measurement] * point.times for point in found.points) + len(used)
    assert_allclose(found.cost, cost)
    assert 8.0 < found.cost <= 9.0
    assert {point.measurement for point in found.points} == {0, 1}
    found.save(tmp_path / "design.json")
    assert load_design(tmp_path / "design.json") == found
    tables = found.tables(fitted)
    assert [table.measured for table in tables] == [("conductivity",), ("current_noise",)]
    assert sum(map(len, tables)) == sum(point.times for point in found.points)
    (tmp_path / "design.json").write_text("{}")
    with pytest.raises(tls.InputError, match="is no design"):
        load_design(tmp_path / "design.json")


@pytest.mark.slow
def test_doing_what_it_says_shrinks_the_interval_by_what_it_said(fitted: Result, tmp_path: Path) -> None:
    """Outcomes at six draws, each fitted with the old data; likewise as many points spread evenly."""
    found = tls.design(fitted, tls.Candidates((conductivity(),), targets=("tau_min",), budget=12))
    (target,) = found.targets
    (tmp_path / "model.toml").write_text(to_toml(fitted.model))

    def done(table: Spectrum) -> float:
        expected = fitted.predict("conductivity", table)["conductivity"].to_numpy()
        widths = []
        for number, draw in enumerate(np.linspace(0, len(expected) - 1, 8)[1:-1].astype(int)):
            noise = 0.03 * np.random.default_rng(number).normal(size=len(table))
            new = {"conductivity": expected[draw] * (1.0 + noise), "conductivity_err": 0.03 * expected[draw]}
            data = [*fitted.spectra, Spectrum({**table.columns, **new}, source="new.csv")]
            both = tls.fit(data, model=tmp_path / "model.toml", method="laplace", seed=number)
            widths.append(half_width(np.log(both.draws["tau_min"].reshape(-1))))
        return float(np.median(widths))

    (table,), (even,) = found.tables(fitted), found.tables(fitted, found.even)
    narrow, wide = done(table), done(even)
    assert_allclose(narrow, target.after, rtol=0.2)
    assert_allclose(wide, target.evenly, rtol=0.2)
    assert narrow < 0.7 * wide
    assert target.after < 0.7 * target.now


FILE = """
budget = 3
targets = ["tau_min"]
[setup]
temperature = 0.5
[[candidates]]
measure = "conductivity"
error = "3 %"
frequency = { from = "0.1 GHz", to = "20 GHz" }
bias_current = ["1 uA", "4 uA"]
temperature = "50 mK"
"""


def test_a_file_of_candidates_is_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "candidates.toml"
    path.write_text(FILE)
    found = tls.Candidates.read(path)
    (only,) = found.measurements
    assert only.conditions == {"frequency": BAND, "bias_current": (1e-6, 4e-6), "temperature": (0.05,)}
    assert (only.error, found.budget, found.targets, found.setup) == (
        0.03,
        3,
        ("tau_min",),
        {"temperature": 0.5},
    )
    odd = tls.Measurement(
        "loss", {"frequency": (1.23456789e9, 2e9), "power": (1e-8, 1e-7)}, absolute_error=2e-8
    )
    several = replace(found, measurements=(only, odd))
    path.write_text(several.to_toml())
    again = tls.Candidates.read(path)
    assert again.measurements[0] == only
    assert_allclose(again.measurements[1].conditions["frequency"], [1.23456789e9, 2e9], rtol=1e-12)
    assert again.measurements[1].absolute_error == 2e-8


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"conductivity"', '"conductivty"', "did you mean 'conductivity'"),
        ("bias_current", "bias_curent", r"no condition 'bias_curent'; did you mean 'bias_current'\?"),
        ('"20 GHz"', '"20 GHx"', "frequency = '20 GHx'"),
        ('"20 GHz"', '"0.01 GHz"', "must be below"),
        ('{ from = "0.1 GHz", to = "20 GHz" }', "[]", "finite numbers are needed"),
        ('{ from = "0.1 GHz", to = "20 GHz" }', '{ form = "1 GHz" }', "frequency: write a value, a list"),
        ("measure", "mesure", "measure: is missing"),
        ("[[candidates]]", "[candidates]", "write \\[\\[candidates\\]\\], in double brackets"),
        ("budget = 3", "budget = true", "budget: write a number"),
        ('error = "3 %"', "error = [0.1]", "error: write a number"),
        ('error = "3 %"', "error = -0.1", "error is -0.1; it must be positive"),
        ('error = "3 %"', 'error = "3 %"\naverages = 3', "averages are those of a current_noise"),
        ("budget = 3", "budget = 0", "budget is 0"),
        ("budget = 3", "bugdet = 3", "bugdet: unknown key"),
        ("temperature = 0.5", "frequency = 0.5", "list the ones to choose from"),
        ("temperature = 0.5", "temprature = 0.5", "did you mean 'temperature'"),
        ('["1 uA", "4 uA"]', "['1 uA'", "is not valid TOML"),
    ],
)
def test_a_bad_file_gets_one_line(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace(old, new, 1))
    with pytest.raises(tls.InputError, match=words) as raised:
        tls.Candidates.read(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"targets": ("tau_mx",)}, "did you mean 'tau_max'"),
        ({"targets": ("conductivity_scatter",)}, "not what this fit leaves open"),
        ({"budget": 0.5}, "no candidate is affordable with a budget of 0.5"),
        ({"budget": -1.0}, "must be positive"),
        ({"device": "B"}, "no device"),
        ({"candidates": tls.Candidates((conductivity(0.0),))}, "say with which error"),
        ({"candidates": tls.Candidates((tls.Measurement("loss", {"frequency": (1e9,)}, error=0.1),))},
         "needs 'kinetic_inductance'"),
        ({"candidates": tls.Candidates((conductivity(temperature=tuple(np.linspace(0.1, 1, 500))),))},
         "combinations of conditions"),
    ],
)  # fmt: skip
def test_what_cannot_be_designed_gets_one_line(asked: dict[str, object], words: str, fitted: Result) -> None:
    with pytest.raises(tls.InputError, match=words):
        tls.design(fitted, **asked)


@pytest.fixture(scope="module")
def folder(fitted: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit")
    fitted.save(path / "posterior.nc")
    return path


def test_the_command_says_what_to_measure_and_leaves_tables(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for width in (60, 110):
        monkeypatch.setenv("COLUMNS", str(width))
        where = tmp_path / f"next{width}"
        run = CliRunner().invoke(app, ["design", str(folder), "--for", "tau_min", "--tables", str(where)])
        assert run.exit_code == 0, run.output
        assert max(map(len, run.output.splitlines())) <= width
        words = " ".join(run.output.split())
        assert "20 GHz" in words
        assert "Cost: 10 of 10." in words
    page = (folder / "report.html").read_text()
    assert "What to measure next" in page
    assert 'data-name="next_points"' in page
    assert "would narrow τ₁ most" in page
    assert CliRunner().invoke(app, ["report", str(folder)]).exit_code == 0
    assert (folder / "report.html").read_text() == page
    assert (folder / "candidates.toml").exists()
    assert tls.Candidates.read(folder / "candidates.toml").targets == ("tau_min",)
    table = where / "next_conductivity.csv"
    lines = table.read_text().splitlines()
    assert sum(line.endswith(",,") for line in lines) == 10
    numbered = (line.replace(",,", f",1.{number}e-8,1e-9") for number, line in enumerate(lines))
    table.write_text("\n".join(numbered))
    filled = tls.read(table)
    assert np.all((filled.columns["conductivity"] > 1e-8) & (filled.columns["conductivity"] < 2e-8))
    assert_allclose(filled.columns["frequency"], 2e10)
    assert filled.constants["temperature"] == pytest.approx(0.05)
    again = CliRunner().invoke(app, ["design", str(folder), "--for", "tau_min", "--tables", str(where)])
    assert isinstance(again.exception, tls.InputError)
    assert "may have been filled in" in str(again.exception)
    assert ",1e-9" in table.read_text()
