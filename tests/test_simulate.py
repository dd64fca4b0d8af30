"""Simulated tables have the mean and the scatter that they state."""

from pathlib import Path

import numpy as np
import pytest

import tlsjax as tls

EXAMPLES = Path(__file__).parent.parent / "data_examples"


def exact(name: str, table: tls.Spectrum, truth: dict[str, float]) -> np.ndarray:
    omega = 2 * np.pi * table.columns["frequency"]
    given = {
        "nu": truth["nu"], "lambda_f": truth["lambda_f"], "eta": truth["eta"],
        "omega_star": truth["omega_star"] * np.abs(table.columns["bias_current"]) / 4e-6,
        "relaxation": tls.LogUniform(truth["tau_min"], truth["tau_max"]),
    }  # fmt: skip
    if name == "noise":
        return np.asarray(tls.current_noise(omega, **given, temperature=0.2, width=2e-6, length=1e-5))
    sigma = tls.conductivity(omega, **given)
    if name == "loss":
        return np.asarray(tls.resonator_loss(omega, sigma, kinetic_inductance=1e-9, kinetic_fraction=0.9))
    return np.asarray(sigma)


@pytest.mark.parametrize(
    ("name", "quantity", "scatter"),
    [
        ("conductivity", "conductivity", 0.03),
        ("loss", "loss", 0.05),
        ("noise", "current_noise", 1 / np.sqrt(50)),
    ],
)
def test_mean_and_scatter(name: str, quantity: str, scatter: float) -> None:
    file = tls.ModelFile(EXAMPLES / f"{name}.toml")
    residuals = []
    for seed in range(30):
        table, truth = tls.simulate(file, seed)
        residuals.append(table.columns[quantity] / exact(name, table, truth) - 1)
    pooled = np.concatenate(residuals)
    assert abs(pooled.mean()) < 4 * scatter / np.sqrt(pooled.size)
    assert pooled.std() == pytest.approx(scatter, rel=4 / np.sqrt(2 * pooled.size))


@pytest.mark.parametrize(
    ("likelihood", "skew", "outliers"),
    [("normal", 0.0, 0.0027), ("lognormal", 0.15, 0.0030), ("student", 0.0, 0.03)],
)
def test_values_scatter_as_the_file_says(
    tmp_path: Path, likelihood: str, skew: float, outliers: float
) -> None:
    text = (EXAMPLES / "loss.toml").read_text().replace("points = 8", "points = 2000")
    path = tmp_path / "model.toml"
    path.write_text(f'likelihood = "{likelihood}"\n{text}')
    table, truth = tls.simulate(tls.ModelFile(path))
    pull = (table.columns["loss"] / exact("loss", table, truth) - 1) / 0.05
    # of 10,000 points: mean of cubes of a log-normal of width 0.05; t of 5 degrees of freedom beyond 3
    assert np.mean(np.clip(pull, -5, 5) ** 3) == pytest.approx(skew, abs=0.15)
    assert np.mean(np.abs(pull) > 3) == pytest.approx(outliers, rel=0.25, abs=0.0015)
    assert truth.get("freedom") == (5.0 if likelihood == "student" else None)


def test_same_seed_same_table() -> None:
    file = tls.ModelFile(EXAMPLES / "loss.toml")
    one, other, third = (tls.simulate(file, seed)[0].columns["loss"] for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[truth]", "[priors]", "truth"),
        ('tau_min = "2 ps"\n', "", r"\[truth\] lacks tau_min"),
        ('to = "12 GHz"', 'to = "1 MHz"', "0 < from < to"),
        ('"1 nH"', '"1 K"', r"simulate\.constants\.kinetic_inductance = '1 K'"),
        ("kinetic_inductance", "inductance", r"simulate\.constants\.inductance is no constant"),
        ('measure = ["loss"]', 'measure = ["lss"]', "lss"),
        ("[truth]", '[devices]\nvary = ["nu"]\n\n[truth]', r"of one device: leave \[devices\] out"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (EXAMPLES / "loss.toml").read_text()
    assert old in text
    path = tmp_path / "model.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(tls.InputError, match=words):
        tls.simulate(tls.ModelFile(path))
