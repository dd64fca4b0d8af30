"""What data tell of each parameter: against Jacobians of the public equations, and the facts of Eq. 15."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.analysis.directions import Directions
from tlsjax.fitting.information import Information
from tlsjax.report.directions import directions_in_words

TRUTH = {"nu": 1e38, "lambda_f": 5e-10, "omega_star": 2.0 * np.pi * 30e9, "eta": 1.5}
HEAD = """
relaxation = "single"
reference_current = "4 uA"
[priors]
tau = {{ kind = "fixed", value = "{tau}" }}
[truth]
nu = "1e38 1/(J m^2)"
lambda_f = "0.5 nm"
omega_star = "30 GHz"
eta = 1.5
tau = "{tau}"
[simulate]
measure = ["conductivity"]
frequency = {{ from = "{low}", to = "{high}", points = 12 }}
bias_current = [{bias}]
error = 0.02
"""


def plan(folder: Path, *, low: str, high: str, bias: str, tau: str = "1 ps") -> Information:
    path = folder / "plan.toml"
    currents = ", ".join(f'"{one} uA"' for one in bias.split())
    path.write_text(HEAD.format(low=low, high=high, bias=currents, tau=tau))
    return tls.planned(tls.ModelFile(path)).information


def products(found: Directions) -> list[dict[str, float]]:
    return [{name: round(power, 2) for name, power in one.powers.items()} for one in found.fixed]


def ways(found: Directions) -> list[dict[str, float]]:
    """With the first power 1."""
    every = [list(one.powers.items()) for one in found.open]
    return [{name: round(power / one[0][1], 2) for name, power in one} for one in every]


def test_first_and_second_fact_products_alone_are_seen(tmp_path: Path) -> None:
    """ν and λ_F enter only as νλ_F², η and ω* only as ηω*²."""
    found = tls.directions(plan(tmp_path, low="5 GHz", high="100 GHz", bias="1 2 4"))
    assert products(found) in (
        [{"omega_star": 2.0, "eta": 1.0}, {"nu": 1.0, "lambda_f": 2.0}],
        [{"nu": 1.0, "lambda_f": 2.0}, {"omega_star": 2.0, "eta": 1.0}],
    )
    assert {"nu": 1.0, "lambda_f": -0.5} in ways(found)
    assert {"omega_star": 1.0, "eta": -2.0} in ways(found)


def test_third_fact_far_below_the_crossover_one_product_is_left(tmp_path: Path) -> None:
    """One bias, ω ≪ √η ω*: only ν·ηω*²·λ_F²; a spectrum without bias sees ν apart."""
    one = tls.directions(plan(tmp_path, low="10 MHz", high="100 MHz", bias="4"))
    assert products(one) == [{"nu": 1.0, "omega_star": 2.0, "eta": 1.0, "lambda_f": 2.0}]
    assert len(one.open) == 3
    both = tls.directions(plan(tmp_path, low="10 MHz", high="100 MHz", bias="0 4"))
    assert sorted(map(sorted, products(both))) == [["eta", "omega_star"], ["lambda_f", "nu"]]


def test_fourth_fact_a_sweep_of_the_bias_separates_what_one_bias_does_not(tmp_path: Path) -> None:
    """ω* ∝ I: σ against I² has an intercept of A and a slope of Aω_c²."""
    narrow = {"low": "20 GHz", "high": "20.0001 GHz"}
    one = plan(tmp_path, bias="1", **narrow)
    swept = plan(tmp_path, bias="0.5 1 2 4", **narrow)
    assert [len(one) for one in products(tls.directions(one))] == [4]
    assert sorted(map(len, products(tls.directions(swept)))) == [2, 2]
    gradient = np.array([{"omega_star": 2.0, "eta": 1.0}.get(name, 0.0) for name in one.names])
    before, after = (float(gradient @ x.posterior @ gradient) for x in (one, swept))
    assert after < 0.01 * before


def test_words_of_the_facts(tmp_path: Path) -> None:
    quantities = {q.name: q for q in tls.planned(written(tmp_path)).plan.model.reported}
    fixed, left = directions_in_words(plan(tmp_path, low="5 GHz", high="100 GHz", bias="1 2 4"), quantities)
    assert "ν·λ_F² to " in fixed
    assert "ω*²·η to " in fixed
    assert "ν ∝ λ_F⁻²" in left
    assert "ω* ∝ 1/√η" in left
    (all_in_one, _) = directions_in_words(plan(tmp_path, low="10 MHz", high="100 MHz", bias="4"), quantities)
    assert "ν·ω*²·η·λ_F² to " in all_in_one


def written(folder: Path) -> tls.ModelFile:
    plan(folder, low="5 GHz", high="100 GHz", bias="1 2 4")
    return tls.ModelFile(folder / "plan.toml")


def slopes(names: tuple[str, ...], omega: np.ndarray, current: np.ndarray, tau: float) -> Any:
    """∂ ln σ/∂ ln θ by the public equation."""

    def log_sigma(steps: jax.Array) -> jax.Array:
        own = {name: TRUTH[name] * jnp.exp(step) for name, step in zip(names, steps, strict=True)}
        own["omega_star"] = own["omega_star"] * current / 4e-6
        return jnp.log(tls.conductivity(omega, relaxation=tls.Single(tau), **own))

    return np.asarray(jax.jacfwd(log_sigma)(jnp.zeros(len(names))))


def test_fisher_matrix_and_shares_are_those_of_the_equation(tmp_path: Path) -> None:
    """Values scatter by 2 % of the prediction: F = JᵀJ(1/s² + 2), J = ∂ ln σ/∂ ln θ."""
    found = plan(tmp_path, low="5 GHz", high="100 GHz", bias="1 4", tau="1 ps")
    omega = np.tile(2.0 * np.pi * np.geomspace(5e9, 100e9, 12), 2)
    current = np.repeat([1e-6, 4e-6], 12)
    j = slopes(found.names, omega, current, 1e-12)
    assert_allclose(found.elasticity, j, rtol=1e-9, atol=1e-12)
    fisher = j.T @ j * (1.0 / 0.02**2 + 2.0)
    assert_allclose(found.fisher, fisher, rtol=1e-6, atol=1e-9 * np.abs(fisher).max())
    assert_allclose(found.posterior, np.linalg.inv(fisher + np.linalg.inv(found.prior)), rtol=1e-6)
    assert_allclose(found.shares.sum(0) + found.prior_share, 1.0, rtol=1e-9)

    def variance(weights: jax.Array, column: int) -> jax.Array:
        """Of ln θ, were each point and the prior counted so often."""
        information = (j * weights[:-1, None]).T @ j * (1.0 / 0.02**2 + 2.0)
        whole = information + weights[-1] * jnp.linalg.inv(jnp.asarray(found.prior))
        return jnp.linalg.inv(whole)[column, column]

    for column, name in enumerate(found.names):
        ones = jnp.ones(len(j) + 1)
        slope = -np.asarray(jax.grad(lambda w, k=column: jnp.log(variance(w, k)))(ones))
        place = found.quantities.index(name)
        assert_allclose(found.shares[:, place], slope[:-1], rtol=1e-4, atol=1e-7)
        assert_allclose(found.prior_share[place], slope[-1], rtol=1e-4)


def test_over_the_prior_where_no_truth_is_stated(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    text = HEAD.format(low="5 GHz", high="100 GHz", bias='"1 uA", "4 uA"', tau="1 ps")
    start, end = text.index("[truth]"), text.index("[simulate]")
    path.write_text(text[:start] + text[end:])
    found = tls.planned(tls.ModelFile(path)).information
    assert np.all(np.linalg.eigvalsh(found.prior - found.posterior) > -1e-9 * np.trace(found.prior))
    assert_allclose(found.shares.sum(0) + found.prior_share, 1.0, rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("eta = 1.5\n", "", r"\[truth\] lacks eta"),
        ("[simulate]", "[nothing]", r"nothing|simulate"),
    ],
)
def test_a_plan_that_lacks_something(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "plan.toml"
    text = HEAD.format(low="5 GHz", high="100 GHz", bias='"1 uA"', tau="1 ps")
    path.write_text(text.replace(old, new))
    with pytest.raises(tls.InputError, match=words):
        tls.planned(tls.ModelFile(path))


def made_up(
    names: tuple[str, ...], fisher: np.ndarray, prior: np.ndarray, posterior: np.ndarray | None = None
) -> Information:
    after = np.linalg.inv(fisher + np.linalg.inv(prior)) if posterior is None else posterior
    none = np.zeros((0, len(names)))
    return Information(names, fisher, prior, after, none, names, none, np.ones(len(names)))


@pytest.mark.parametrize("powers", [(1.0, 2.0, 0.0), (1.0, 0.0, -1.0), (1.0, -2.0, 3.0), (1.0, 1.37, 0.0)])
def test_any_product_is_found(powers: tuple[float, ...]) -> None:
    """One direction of information: that product is fixed, and two ways are left that do not change it."""
    a = np.array(powers)
    found = tls.directions(made_up(("x", "y", "z"), 1e4 * np.outer(a, a), np.diag([9.0, 4.0, 1.0])))
    (product,) = found.fixed
    got = np.array([product.powers.get(name, 0.0) for name in "xyz"])
    assert_allclose(got / got[0], a / a[0], rtol=5e-3)
    assert_allclose(product.after, 0.01 * np.abs(got[0]), rtol=1e-3)
    assert len(found.open) == 2
    for way in found.open:
        assert (
            abs(sum(way.powers.get(name, 0.0) * power for name, power in zip("xyz", a, strict=True))) < 1e-3
        )


def test_a_parameter_narrow_through_anothers_prior_is_not_fixed() -> None:
    """x·y is seen and y known before: x is narrow, but not by the data."""
    a = np.array([1.0, 1.0])
    found = tls.directions(made_up(("x", "y"), 1e6 * np.outer(a, a), np.diag([9.0, 0.01])))
    assert [one.powers for one in found.fixed] == [{"x": 1.0, "y": 1.0}]
    assert [{k: round(v, 6) for k, v in one.powers.items()} for one in found.open] == [{"x": 1.0, "y": -1.0}]


def test_nothing_seen_and_all_seen() -> None:
    names, prior = ("x", "y"), np.diag([4.0, 1.0])
    blind = tls.directions(made_up(names, np.zeros((2, 2)), prior))
    assert blind.fixed == ()
    assert [list(one.powers) for one in blind.open] in ([["x"], ["y"]], [["y"], ["x"]])
    seeing = tls.directions(made_up(names, np.diag([1e4, 1e2]), prior))
    assert [list(one.powers) for one in seeing.fixed] == [["x"], ["y"]]
    assert seeing.open == ()


def test_directions_do_not_depend_on_the_order_of_parameters() -> None:
    rng = np.random.default_rng(3)
    names = np.array(list("abcde"))
    rows = np.array([[1.0, 2.0, 0, 0, 0], [0, 0, 2.0, 1.0, 0]])
    fisher, prior = 1e4 * rows.T @ rows, np.diag(rng.uniform(0.5, 4.0, 5))
    for order in (np.arange(5), *(rng.permutation(5) for _ in range(4))):
        part = np.ix_(order, order)
        found = tls.directions(made_up(tuple(names[order]), fisher[part], prior[part]))
        assert {tuple(sorted(one.powers)) for one in found.fixed} == {("a", "b"), ("c", "d")}
        assert {tuple(sorted(one.powers)) for one in found.open} == {("a", "b"), ("c", "d"), ("e",)}
