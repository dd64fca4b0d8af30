"""Residuals that follow their neighbours: what they cost, and whether intervals allow for it."""

from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from numpyro import distributions as dist

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.density import potential, prior_draws, prior_potential
from tlsjax.fitting.fit import choose_model
from tlsjax.model.model import Model
from tlsjax.model.modelfile import ModelFile, to_toml
from tlsjax.model.neighbours import correlation, sample_sweeps
from tlsjax.model.observation import Chain, Observations, join, observe
from tlsjax.model.points import fitted_points

HBAR_OVER_KB = 7.638232577e-12
OMEGA = 2 * np.pi * 5e9
TANGENT, FLOOR, SCATTER = 2e-5, 3e-6, 0.03
SWEEPS, PLACES = 4, 30
BUDGET = tls.LossBudget(("resonant", "constant"), saturation="A", critical_number="constant")


def resonator(seed: int, r: float) -> tls.Spectrum:
    """Weak-field resonant loss along sweeps of temperature whose scatter is an autoregression."""
    kelvin = np.tile(np.geomspace(0.02, 1.0, PLACES), SWEEPS)
    photons = np.repeat(10.0 ** np.arange(SWEEPS), PLACES)
    share = 1 / np.sqrt(1 + photons / 30.0)
    exact = TANGENT * np.tanh(0.5 * HBAR_OVER_KB * OMEGA / kelvin) * share + FLOOR
    z = np.random.default_rng(seed).normal(size=(SWEEPS, PLACES))
    for place in range(1, PLACES):
        z[:, place] = r * z[:, place - 1] + np.sqrt(1 - r * r) * z[:, place]
    columns = {
        "frequency": np.full(len(exact), 5e9), "temperature": kelvin, "photon_number": photons,
        "loss": exact * (1 + SCATTER * z.ravel()),
    }  # fmt: skip
    return tls.Spectrum(columns, {}, "chip.csv")


@cache
def model_of(stated: float) -> Model:
    model, _ = choose_model([resonator(0, 0.0)], None, None, budget=BUDGET)
    return replace(model, correlation={"loss": jnp.asarray(stated)})


def holds(seed: int, stated: float) -> tuple[bool, float]:
    """Whether the 90 % interval of F tanδ₀ + 1/Q₀, the loss in the cold, holds the truth; and r."""
    result = tls.fit(resonator(seed, 0.7), model_of(stated), method="map", draws=250)
    cold = (result.draws["loss_tangent"] + result.draws["constant_loss"]).ravel()
    low, high = np.quantile(cold, (0.05, 0.95))
    return bool(low < TANGENT + FLOOR < high), float(result.model.correlation["loss"])


@pytest.mark.slow
def test_intervals_allow_for_residuals_that_follow_each_other() -> None:
    seeds = range(60)
    inside, found = zip(*(holds(seed, float("nan")) for seed in seeds), strict=True)
    naive = [holds(seed, 0.0)[0] for seed in seeds]
    # 90 % of 60 within the binomial's 99 %; counted as independent they miss far more often
    assert 47 <= sum(inside) <= 60
    assert sum(naive) < 45
    assert_allclose(np.mean(found), 0.7, atol=0.08)


def test_independent_scatter_costs_nothing() -> None:
    result = tls.fit(resonator(1, 0.0), model_of(float("nan")), method="map", draws=250)
    assert float(result.model.correlation["loss"]) < 0.2


def assembled(stated: float) -> tuple[Model, Observations]:
    table, model = resonator(2, 0.7), model_of(stated)
    return model, join([observe(table, p, model.view) for p in fitted_points([table], model.view)])


def test_each_point_counts_less_of_one() -> None:
    alone, observations = assembled(0.0)
    _, z = prior_draws(jax.random.key(0), alone, 3)
    for r, share in ((0.5, 1 / 3), (0.8, 1 / 9), (0.95, 1 / 9)):
        weighed, _ = assembled(r)
        for point in z:
            prior = prior_potential(point, alone)
            whole = potential(point, alone, observations) - prior
            part = potential(point, weighed, observations) - prior
            assert_allclose(part, share * whole, rtol=1e-10)


def test_neighbours_are_those_of_one_sweep() -> None:
    table = resonator(3, 0.0)
    mixed = np.random.default_rng(0).permutation(len(table))
    shuffled = replace(table, columns={name: x[mixed] for name, x in table.columns.items()})
    model = model_of(0.0)
    chain = join([observe(shuffled, p, model.view) for p in fitted_points([shuffled], model.view)]).chain
    kelvin, photons = (shuffled.columns[name] for name in ("temperature", "photon_number"))
    before, follows = np.asarray(chain.before), np.asarray(chain.follows) > 0
    assert follows.sum() == SWEEPS * (PLACES - 1)
    assert (photons[before] == photons).all()
    step = 50.0 ** (1 / (PLACES - 1))
    assert_allclose(kelvin[follows] / kelvin[before][follows], step)


@pytest.mark.parametrize("kind", ["normal", "lognormal", "student"])
def test_sweeps_are_drawn_with_their_correlation(kind: str) -> None:
    count, r = 6, 0.6
    loc, scale = jnp.full(count, 0.3), jnp.full(count, 0.2)
    scattered = {
        "normal": dist.Normal(loc, scale),
        "lognormal": dist.LogNormal(loc, scale),
        "student": dist.StudentT(8.0, loc, scale),
    }[kind]
    # two sweeps of three, told in another order
    order = jnp.asarray([2, 0, 4, 1, 5, 3])
    before = jnp.asarray([2, 1, 2, 5, 0, 1])
    follows = jnp.asarray([1.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    chain = Chain(order, before, follows)
    keys = jax.random.split(jax.random.key(1), 40_000)
    drawn = jax.vmap(lambda key: sample_sweeps(scattered, key, chain, jnp.full(count, r)))(keys)
    values = np.asarray(jnp.log(drawn) if kind == "lognormal" else drawn)
    found = np.corrcoef(values.T)
    distance = {(2, 0): 1, (0, 4): 1, (2, 4): 2, (1, 5): 1, (5, 3): 1, (1, 3): 2}
    for one in range(count):
        for other in range(one):
            steps = distance.get((one, other)) or distance.get((other, one))
            assert_allclose(found[one, other], r**steps if steps else 0.0, atol=0.03)
    sd = 0.2 * np.sqrt(8 / 6) if kind == "student" else 0.2
    assert_allclose(values.std(0), sd, rtol=0.03)
    assert_allclose(float(correlation(jnp.asarray((values - 0.3)[0] * 0 + 1.0), chain)), 1.0)


def test_the_correlation_is_kept_and_can_be_stated(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "model.toml"
    for stated in (0.25, float("nan")):
        path.write_text(to_toml(model_of(stated)))
        assert_allclose(ModelFile(path).correlation["loss"], stated)
    for text, message in (
        ("[correlation]\nlos = 0.5\n", "no quantity 'los'; did you mean 'loss'"),
        ("[correlation]\nloss = 1.5\n", "correlation.loss"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            ModelFile(path)
    path.write_text(to_toml(model_of(0.0)).replace("loss = 0.0", "loss = 0.5"))
    result = tls.fit(resonator(5, 0.0), path, method="map", draws=250)
    assert float(result.model.correlation["loss"]) == 0.5
    result.save(tmp_path / "fit.nc")
    assert float(tls.load(tmp_path / "fit.nc").model.correlation["loss"]) == 0.5
