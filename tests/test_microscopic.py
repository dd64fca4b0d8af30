"""Tables from single two-level systems: Eqs. 15 and 20 in the mean over films, and each film its own."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tlsjax as tls
from tlsjax.model.microscopic import MicroscopicFilm, record_noise
from tlsjax.physics.ensemble import Ensemble

FILE = """
relaxation = "log_uniform"
reference_current = "4 uA"

[truth]
nu = "1e38 1/(J m^2)"
lambda_f = "0.5 nm"
omega_star = "30 GHz"
eta = 1.5
tau_min = "1 us"
tau_max = "5 ms"

[simulate]
measure = ["current_noise"]
frequency = { from = "10 Hz", to = "1 kHz", points = 12 }
bias_current = ["2 uA", "4 uA"]
temperature = ["100 mK"]
averages = 40

[simulate.constants]
width = "1 um"
length = "1 um"
kinetic_inductance = "1 nH"
kinetic_fraction = "0.9"
"""


def made(folder: Path, *changes: tuple[str, str], seed: int = 0) -> tls.Spectrum:
    text = FILE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "film.toml"
    path.write_text(text)
    return tls.simulate(tls.ModelFile(path), seed, microscopic=True)[0]


def formula(table: tls.Spectrum) -> np.ndarray:
    """Eqs. 15 and 20 at the points of the table, from the numbers in FILE."""
    bias = table.condition("bias_current")
    assert bias is not None
    angle = table.condition("angle")
    sheet = tls.conductivity(
        2 * np.pi * table.columns["frequency"], nu=1e38, lambda_f=5e-10, eta=1.5,
        omega_star=2 * np.pi * 3e10 * bias / 4e-6,
        relaxation=tls.LogUniform(1e-6, 5e-3), angle=0.0 if angle is None else angle,
    )  # fmt: skip
    return np.asarray(sheet)


@pytest.mark.slow
def test_recorded_noise_of_many_films_is_equation_20(tmp_path: Path) -> None:
    ratios, averages = [], []
    for seed in range(5):
        table = made(tmp_path, seed=seed)
        # Y = σ∥W/ℓ with a square film; one-sided
        ratios.append(table.columns["current_noise"] / (4 * 1.380649e-23 * 0.1 * formula(table)))
        averages.append(table.columns["averages"])
    ratio, weight = np.array(ratios), np.array(averages)
    # averaged over a sample, the top of each record is low by 1.3 %
    assert abs(np.average(ratio, weights=weight) - 1) < 0.02
    assert np.abs(ratio.mean(0) - 1).max() < 4 / np.sqrt(weight.sum(0).min()) + 0.03
    assert weight.min() > 40


def test_frequencies_are_the_wanted_ones_within_their_bins(tmp_path: Path) -> None:
    frequency = made(tmp_path).columns["frequency"].reshape(2, 12)
    wanted = np.geomspace(10, 1000, 12)
    np.testing.assert_array_equal(frequency[0], frequency[1])
    assert np.all(np.abs(np.log(frequency[0] / wanted)) < 0.5 * np.log(wanted[1] / wanted[0]))


@pytest.mark.parametrize(("quantity", "factor"), [("conductivity", 1.0), ("loss", 0.9e-9)])
def test_sums_over_a_large_film_are_equation_15(tmp_path: Path, quantity: str, factor: float) -> None:
    table = made(
        tmp_path,
        ("current_noise", quantity),
        ('"1 um"', '"20 um"'),
        ('["100 mK"]', '["50 mK", "100 mK"]\nangle = ["0 deg", "90 deg"]'),
        ("averages = 40", "error = 1e-6"),
        ('"10 Hz", to = "1 kHz"', '"10 Hz", to = "20 GHz"'),
    )
    scale = factor * (2 * np.pi * table.columns["frequency"] if quantity == "loss" else 1.0)
    assert len(table) == 96
    # about 1e6 systems at 100 mK: 1 %; at a high frequency only the shortest of them count
    np.testing.assert_allclose(table.columns[quantity], scale * formula(table), rtol=0.1)
    assert np.std(table.columns[quantity] / (scale * formula(table))) < 0.03


@pytest.mark.slow
def test_the_same_seed_is_the_same_film_and_small_films_differ(tmp_path: Path) -> None:
    one, again = (made(tmp_path, seed=3).columns["current_noise"] for _ in range(2))
    np.testing.assert_array_equal(one, again)
    loss = [("current_noise", "loss"), ("averages = 40", "error = 1e-6"), ('"1 um"', '"0.2 um"')]
    small = [made(tmp_path, *loss, seed=seed) for seed in range(6)]
    levels = np.log([table.columns["loss"] / formula(table) for table in small])
    assert levels.std(0).min() > 0.1
    # a table of noise and one of loss are of the same film: the fluctuators of one are those of the other
    both = made(tmp_path, ('["current_noise"]', '["current_noise", "conductivity"]'), ('"1 um"', '"0.2 um"'),
                ("averages = 40", "averages = 300\nerror = 1e-6"), seed=4)  # fmt: skip
    ratio = both.columns["current_noise"] / (4 * 1.380649e-23 * 0.1 * both.columns["conductivity"])
    assert np.abs(ratio - 1).max() < 0.35
    assert np.abs(both.columns["conductivity"] / formula(both) - 1).max() > 0.35


def test_one_fluctuator_is_a_lorentzian(tmp_path: Path) -> None:
    tau = 1 / (2 * np.pi * 300.0)
    film = MicroscopicFilm(Ensemble(*(jnp.array([x]) for x in (0.0, tau, 1e19, 0.0))), 1e-6, 1e-6)
    frequency = np.geomspace(10, 1e4, 40)
    record = record_noise(
        jax.random.key(0), film, frequency, 400, temperature=0.1, momentum=1.0, source="one.toml"
    )
    jump = 2 * 1.602176634e-19 * 1e19 / 1e-6
    lorentzian = 2 * jump**2 * 2 * tau / (1 + (record.frequency / 300.0) ** 2)
    # beyond 1 kHz a record holds few changes of the one system
    quiet = record.frequency < 1e3
    assert np.abs(record.density / lorentzian - 1)[quiet].max() < 5 / np.sqrt(400)
    assert abs(np.mean(record.density / lorentzian) - 1) < 0.06


def test_a_recorded_current_is_read_as_its_noise(tmp_path: Path) -> None:
    changes = [('["current_noise"]', '["current"]'), ('"2 uA", "4 uA"', '"4 uA"'), ('"10 Hz"', '"20 Hz"')]
    record = made(tmp_path, *changes)
    tls.write(record, tmp_path / "record.csv", units={"current": "nA"})
    table = tls.read(tmp_path / "record.csv")
    frequency = table.columns["frequency"]
    assert frequency[0] < 20 < 1000 < frequency[-1]
    sheet = tls.conductivity(2 * np.pi * frequency, nu=1e38, lambda_f=5e-10, eta=1.5, omega_star=6e10 * np.pi,
                             relaxation=tls.LogUniform(1e-6, 5e-3))  # fmt: skip
    ratio = table.columns["current_noise"] / (4 * 1.380649e-23 * 0.1 * sheet)
    # one film of 1200 systems: its own spectrum within some 10 %
    assert np.abs(ratio - 1).max() < 4 / np.sqrt(table.columns["averages"].min()) + 0.2
    assert abs(np.average(ratio, weights=table.columns["averages"]) - 1) < 0.2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([('width = "1 um"\n', "")], r"simulate\.constants lacks width"),
        ([('temperature = ["100 mK"]\n', "")], r"needs 'temperature'|simulate\.temperature is missing"),
        ([("averages = 40\n", "")], r"simulate\.averages, such as 100"),
        ([('["current_noise"]', '["current"]')], "one column at one bias"),
        ([('"1 um"', '"2 m"')], r"e\+\d+ two-level systems; a smaller film"),
        ([('"1 um"', '"1 nm"')], r"two-level systems; a larger film"),
        ([("averages = 40", "averages = 4000000")], "changes of state"),
        ([("averages = 40", 'averages = 40\ndipole = "1 m"')], r"simulate\.dipole = '1 m'"),
        ([("averages = 40", 'averages = 40\ndipole = "-1 debye"')], "must be positive"),
        (
            [
                ("log_uniform", "tunnelling_phonon"),
                ('tau_min = "1 us"', 'rate = "1e6 1/(s K^3)"'),
                ('["100 mK"]', '["50 mK", "100 mK"]'),
            ],
            "depends on temperature",
        ),
    ],
)  # fmt: skip
def test_mistakes_are_named(tmp_path: Path, changes: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(tls.InputError, match=words):
        made(tmp_path, *changes)


def test_measured_dipoles_are_many_more_systems(tmp_path: Path) -> None:
    """3 debye for eλ_F = 24 debye: 64 times the systems of the same Eq. 15."""
    changes = [("current_noise", "conductivity"), ("averages = 40", "error = 1e-6")]
    tables = [made(tmp_path, *changes, (extra, new), seed=5) for extra, new in (
        ("error = 1e-6", "error = 1e-6"), ("error = 1e-6", 'error = 1e-6\ndipole = "3 debye"'))]  # fmt: skip
    spread = [np.std(np.log(t.columns["conductivity"] / formula(t))) for t in tables]
    assert spread[1] < 0.5 * spread[0]
