"""Every way to draw from a posterior, against exact posteriors and against each other."""

from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import tlsjax as tls
from tlsjax.fitting.evidence import evidence, from_prior
from tlsjax.fitting.importance import importance
from tlsjax.fitting.methods import METHODS
from tlsjax.fitting.optimise import laplace, standard
from tlsjax.fitting.sample import Target
from tlsjax.model.observation import join, observe
from tlsjax.model.points import View, fitted_points

EXAMPLES = Path(__file__).parent.parent / "data_examples"
MIDDLE, SIDE = 2 * np.pi * 1e9, 3.0
"""A Debye peak read at one frequency: ωτ = 3 and ωτ = 1/3 give the same value."""


def peak_table(error: float = 0.02) -> tls.Spectrum:
    level = SIDE / (1 + SIDE**2)
    frequency = MIDDLE / (2 * np.pi) * (1 + 1e-9 * np.arange(6))
    scatter = 1 + error * np.array([0.5, -0.5, 1.0, -1.0, 0.2, -0.2])
    value = MIDDLE * level * 1e-18 * scatter
    return tls.Spectrum(
        {"frequency": frequency, "conductivity": value, "conductivity_err": error * value},
        {"bias_current": 0.0},
    )


def peak_model() -> tls.Model:
    from tlsjax.model.defaults import build_model
    from tlsjax.physics.relaxation import Single

    charge = 1.602176634e-19 * 5e-10
    known = {"nu": 1e-18 / charge**2, "lambda_f": 5e-10, "omega_star": 1e9, "eta": 1.0}
    priors = {name: tls.prior.Fixed(value) for name, value in known.items()}
    priors["tau"] = tls.prior.LogNormal(1 / MIDDLE, 10.0)
    return build_model([peak_table()], family=Single, priors=priors)[0]


def shares(tau: np.ndarray) -> tuple[float, float]:
    """Share of the draws at ωτ > 1, and largest distance of ln(ωτ) from the nearer of the two solutions."""
    x = np.log(MIDDLE * np.asarray(tau).ravel())
    return float(np.mean(x > 0)), float(np.abs(np.abs(x) - np.log(SIDE)).max())


@cache
def two_humps() -> tls.Result:
    return tls.fit(peak_table(), peak_model(), method="nuts", seed=3, draws=500)


def test_two_humps_are_both_found_by_nuts_that_could_not_leave_one() -> None:
    result = two_humps()
    share, off = shares(result.draws["tau"])
    # symmetric in ln ωτ, prior included
    assert abs(share - 0.5) < 0.1
    assert off < 0.3
    assert result.verdict.ok, result.verdict.reasons
    assert "evidence" in {check.name for check in result.verdict.checks}


@pytest.mark.parametrize("method", ["laplace", "svi", "map"])
def test_one_gaussian_for_two_humps_does_not_pass(method: str) -> None:
    result = tls.fit(peak_table(), peak_model(), method=method, draws=500)
    assert not result.verdict.ok
    assert "another optimum" in " ".join(result.verdict.reasons)


@cache
def exact_evidence() -> float:
    """ln Z of the two humps by quadrature."""
    table = peak_table()
    x = np.linspace(-15, 15, 200_001)
    likelihood = np.zeros_like(x)
    for value, error in zip(table.columns["conductivity"], table.columns["conductivity_err"], strict=True):
        mean = 1e-18 * MIDDLE * np.exp(x) / (1 + np.exp(2 * x))
        likelihood += stats.norm.logpdf(value, mean, error)
    density = np.exp(likelihood - likelihood.max()) * stats.norm.pdf(x, 0, np.log(10.0))
    return float(np.log(np.trapezoid(density, x)) + likelihood.max())


def test_particles_find_a_posterior_known_by_quadrature() -> None:
    table, model = peak_table(), peak_model()
    observations = join([observe(table, p, View()) for p in fitted_points([table])])
    prior_z = np.log(1 / MIDDLE) + np.log(10.0) * jax.random.normal(jax.random.key(1), (2000, 1))
    found = from_prior(jax.random.key(0), prior_z, model, observations)
    assert abs(found.log_evidence - exact_evidence()) < 0.3
    assert found.idle < 0.01
    assert abs(shares(np.exp(found.x))[0] - 0.5) < 0.1


def test_evidence_and_its_error() -> None:
    found = evidence(two_humps(), {})
    assert found.standard_error < 0.2
    assert abs(found.log - exact_evidence()) < 4 * found.standard_error + 0.02


@cache
def by(method: str) -> tls.Result:
    return tls.fit(EXAMPLES / "conductivity.csv", method=method, seed=5, draws=500)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["laplace", "svi"])
def test_weighted_gaussians_agree_with_the_sampler(method: str) -> None:
    result, reference = by(method), by("nuts")
    assert result.verdict.ok, result.verdict.reasons
    for name in ("amplitude", "omega_c", "tau_min", "nu", "eta"):
        ours, theirs = np.log(result.draws[name]).ravel(), np.log(reference.draws[name]).ravel()
        error = theirs.std() / np.sqrt(400)
        assert abs(ours.mean() - theirs.mean()) < 5 * error, name
        assert ours.std() == pytest.approx(theirs.std(), rel=0.15), name


def test_curvature_alone_says_that_it_is_not_the_posterior() -> None:
    result = by("map")
    assert not result.verdict.ok
    assert any("--method laplace or nuts" in reason for reason in result.verdict.reasons)
    assert result.record["method"] == "map"


def test_weights_give_back_a_known_posterior() -> None:
    """A target with known moments: the log-normal prior, from a proposal that is off and too narrow."""
    table, model = peak_table(1e6), peak_model()
    observations = join([observe(table, p, View()) for p in fitted_points([table])])
    off = standard(1)._replace(centre=jnp.array([np.log(1 / MIDDLE) + 1.0]), shape=jnp.array([[1.8]]))
    found = importance(jax.random.key(2), Target(off, model, observations), sets=4, draws=2000)
    x = found.z.ravel() - np.log(1 / MIDDLE)
    assert found.pareto_k < 0.7
    error = np.log(10.0) / np.sqrt(min(found.effective, x.size))
    assert abs(x.mean()) < 4 * error
    assert x.std() == pytest.approx(np.log(10.0), rel=0.08)
    assert 0.3 < found.efficiency < 1


def test_optima_are_told_apart() -> None:
    table, model = peak_table(), peak_model()
    observations = join([observe(table, p, View()) for p in fitted_points([table])])
    prior_z = np.log(1 / MIDDLE) + np.log(10.0) * jax.random.normal(jax.random.key(1), (512, 1))
    humps = laplace(prior_z, model, observations).humps()
    assert humps.shape == (2, 1)
    assert np.all(humps[0] == 0)


def test_unknown_method_names_those_that_are() -> None:
    with pytest.raises(tls.InputError, match="auto, nuts, laplace, svi, map, smc"):
        tls.fit(peak_table(), peak_model(), method="mcmc")
    assert set(METHODS) == {"auto", "nuts", "laplace", "svi", "map", "smc"}
