"""Draws by proposals that learn: against distributions known exactly, and what happens where they fail."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from test_methods import peak_model, peak_table, shares

import tlsjax as tls
from tlsjax.fitting import independent as module
from tlsjax.fitting import methods
from tlsjax.fitting.independent import Independent, _accepted
from tlsjax.fitting.inference_data import convergence
from tlsjax.fitting.mixture import Mixture, learned
from tlsjax.fitting.optimise import standard
from tlsjax.fitting.sample import Target

EXAMPLES = Path(__file__).parent.parent / "data_examples"
Array = NDArray[np.float64]
Energy = Callable[[Array], Array]


def drawn(
    monkeypatch: pytest.MonkeyPatch, energy: Energy, prior: Energy, prior_z: Array, seed: int = 0
) -> Independent | None:
    """Of a density known in closed form, whose optimum is at 0 and its curvature 1."""
    monkeypatch.setattr(module, "energies", lambda z, *_: (energy(z), prior(z)))
    nothing: Any = None
    target = Target(standard(prior_z.shape[1]), nothing, nothing)
    return module.independent(jax.random.key(seed), target, prior_z, chains=4, draws=1000)


def wide_prior(d: int) -> tuple[Energy, Array]:
    prior_z = 5.0 * np.random.default_rng(1).standard_normal((4000, d))
    return lambda z: -stats.norm.logpdf(z, scale=5.0).sum(1), prior_z


def test_skewed_density_is_found_to_its_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five coordinates, each ln of a gamma variate: skewed, with one heavy tail, and known quantiles."""
    shape = np.array([1.0, 2.0, 3.0, 5.0, 10.0])

    def of(z: Array) -> Array:
        return shape * np.exp(z / np.sqrt(shape))

    def energy(z: Array) -> Array:
        return np.sum(of(z) - shape * np.log(of(z)), axis=1)

    found = drawn(monkeypatch, energy, *wide_prior(5))
    assert found is not None
    assert found.pareto_k <= 0.4
    assert found.accepted > 0.4
    for k, own in enumerate(shape):
        ranks = stats.gamma.cdf(of(found.z)[..., k].ravel(), own)
        for q in (0.05, 0.25, 0.5, 0.75, 0.95):
            # 2000 independent draws at least, and four standard errors
            assert np.mean(ranks < q) == pytest.approx(q, abs=4 * np.sqrt(q * (1 - q) / 2000)), (own, q)


def test_narrow_second_hump_is_found_through_the_prior(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far from the one optimum that a search found, and with a quarter of the probability."""

    def energy(z: Array) -> Array:
        first = np.log(0.75) + stats.norm.logpdf(z).sum(1)
        second = np.log(0.25) + stats.norm.logpdf(z, 8.0, 0.5).sum(1)
        return -np.logaddexp(first, second)

    found = drawn(monkeypatch, energy, *wide_prior(1))
    assert found is not None
    assert np.mean(found.z > 4.0) == pytest.approx(0.25, abs=0.05)


def test_funnel_is_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neal's: no few Student's t cover widths between e⁻⁶ and e⁶."""

    def energy(z: Array) -> Array:
        wide = stats.norm.logpdf(z[:, 0], scale=3.0)
        return -wide - stats.norm.logpdf(z[:, 1:], scale=np.exp(z[:, :1] / 2)).sum(1)

    found = drawn(monkeypatch, energy, *wide_prior(8))
    assert found is None


def test_ridge_that_proposals_hardly_meet_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fifth of the probability lies along a thin ridge that leaves a normal blob.

    Weights of proposals do not show it; draws that walk from the blob do. Whoever passes must be right.
    """

    def energy(z: Array) -> Array:
        x, rest = z[:, 0], z[:, 1:]
        blob = np.log(0.8) + stats.norm.logpdf(z).sum(1)
        along = stats.expon.logpdf(x, scale=6.0)
        ridge = np.log(0.2) + along + stats.norm.logpdf(rest, scale=0.6).sum(1)
        return -np.logaddexp(blob, ridge)

    true = 0.2 * np.exp(-4.0 / 6.0)
    for seed in range(6):
        found = drawn(monkeypatch, energy, *wide_prior(10), seed=seed)
        if found is not None:
            assert np.mean(found.z[..., 0] > 4.0) == pytest.approx(true, abs=0.03), seed


@pytest.mark.parametrize("seed", [2, 6, 7, 11])
def test_chain_that_sits_on_one_proposal_is_refused(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A sliver that few proposals hit, each with a weight of a hundred others.

    With this check off, one draw of seed 6 is there 49 times in a row, and R̂ and ESS would pass it.
    """

    def energy(z: Array) -> Array:
        return -stats.norm.logpdf(z).sum(1) - 5.5 * (np.abs(z[:, 0] - 1.0) < 2e-4)

    def longest(found: Independent) -> int:
        moves = np.diff(found.z[..., 0], axis=1, prepend=np.inf, append=-np.inf) != 0.0
        return max(int(np.max(np.diff(np.flatnonzero(own)))) for own in moves)

    found = drawn(monkeypatch, energy, *wide_prior(2), seed=seed)
    monkeypatch.setattr(module, "_LONGEST", 100_000)
    otherwise = drawn(monkeypatch, energy, *wide_prior(2), seed=seed)
    assert otherwise is not None
    # of three proposals one is kept
    assert (found is None) == (longest(otherwise) > 50 / 3), longest(otherwise)
    if seed == 6:
        assert longest(otherwise) == 49
        (own,) = convergence({"first": otherwise.z[..., 0]}).values()
        assert own.rhat < 1.005
        assert min(own.ess_bulk, own.ess_tail) > 1000


def test_same_seed_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    prior, prior_z = wide_prior(2)
    first, again, other = (
        drawn(monkeypatch, lambda z: 0.5 * np.sum(z**2, axis=1), prior, prior_z, seed) for seed in (0, 0, 1)
    )
    assert first is not None
    assert again is not None
    assert other is not None
    np.testing.assert_array_equal(first.z, again.z)
    assert np.all(first.z[0, -1] != other.z[0, -1])


def test_chain_visits_by_weight() -> None:
    """Proposals are one of five, alike; their weights are the probabilities of the chain."""
    rng = np.random.default_rng(0)
    weight = np.array([0.05, 0.1, 0.15, 0.3, 0.4])
    proposed = rng.integers(5, size=60_000)
    path = _accepted(np.log(weight[proposed]), np.log(rng.random(len(proposed))))
    seen = np.bincount(proposed[path], minlength=5) / len(path)
    np.testing.assert_allclose(seen, weight, atol=0.01)


def test_mixture_is_drawn_from_its_density() -> None:
    """The mean of g/q over draws of q is 1 for every normalised g inside it."""
    rng = np.random.default_rng(3)
    roots = np.array([np.diag([1.0, 2.0, 0.5]), np.tril(np.ones((3, 3)))])
    mixture = Mixture(np.array([0.5, 0.3]), np.array([[0.0, 0.0, 0.0], [3.0, 1.0, -2.0]]), roots)
    prior_u = 3.0 * rng.standard_normal((100_000, 3))
    u = mixture.draw(40_000, prior_u, rng)
    prior = stats.norm.logpdf(u, scale=3.0).sum(1)
    q = mixture.log_density(u, prior)
    for middle, width in ((0.0, 0.5), (1.0, 1.0), (-4.0, 1.0)):
        ratio = np.exp(stats.norm.logpdf(u, middle, width).sum(1) - q)
        assert ratio.mean() == pytest.approx(1.0, abs=4 * ratio.std() / np.sqrt(len(u))), middle


def test_mixture_learns_two_clouds() -> None:
    """Centres, shares and widths, in three coordinates."""
    rng = np.random.default_rng(5)
    clouds = (rng.standard_normal((3000, 3)), 8.0 + 0.5 * rng.standard_normal((1000, 3)))
    found = learned(np.concatenate(clouds), 2, rng)
    order = np.argsort(found.centres[:2, 0])
    np.testing.assert_allclose(found.centres[order], [[0.0] * 3, [8.0] * 3], atol=0.1)
    relative = found.shares[order] / found.shares[:2].sum()
    np.testing.assert_allclose(relative, [0.75, 0.25], atol=0.01)
    widths = [np.sqrt(np.diag(found.roots[k] @ found.roots[k].T)).mean() for k in order]
    # tails of Student's t count for less; d points of the whole width are added to each
    assert 0.75 < widths[0] < 1.0
    assert 1.6 < widths[0] / widths[1] < 2.0


def test_two_humps_of_a_peak_are_both_drawn() -> None:
    result = tls.fit(peak_table(), peak_model(), seed=3, draws=500)
    share, off = shares(result.draws["tau"])
    assert result.record["drawn_by"] == "proposals"
    assert result.verdict.ok, result.verdict.reasons
    assert abs(share - 0.5) < 0.1  # symmetric in ln ωτ, prior included
    assert off < 0.3


def test_where_proposals_do_not_cover_chains_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "independent", lambda *_, **__: None)
    settings = {"draws": 100, "warmup": 100, "chains": 2}
    ours, theirs = (tls.fit(EXAMPLES / "noise.csv", method=m, **settings) for m in ("auto", "nuts"))
    assert ours.record["drawn_by"] == "nuts"
    assert ours.record["method"] == "auto"
    np.testing.assert_array_equal(ours.draws["nu"], theirs.draws["nu"])


@pytest.mark.slow
@pytest.mark.parametrize("names", [("conductivity",), ("noise",), ("conductivity", "loss", "noise")])
def test_proposals_agree_with_chains(names: tuple[str, ...]) -> None:
    """Means and 5, 50 and 95 % points of every free parameter, within four standard errors."""
    tables = [EXAMPLES / f"{name}.csv" for name in names]
    ours, theirs = (tls.fit(tables, method=m, seed=4, draws=2000) for m in ("auto", "nuts"))
    assert ours.record["drawn_by"] == "proposals"
    assert theirs.record["drawn_by"] == "nuts"
    for parameter in ours.model.free:
        own, other = (np.log(r.draws[parameter]).ravel() for r in (ours, theirs))
        sizes = [r.record["parameters"][parameter]["ess_bulk"] for r in (ours, theirs)]
        error = other.std() * np.hypot(*(1 / np.sqrt(size) for size in sizes))
        assert abs(own.mean() - other.mean()) < 4 * error, parameter
        tails = [r.record["parameters"][parameter]["ess_tail"] for r in (ours, theirs)]
        for q in (0.05, 0.5, 0.95):
            below = np.mean(own < np.quantile(other, q))
            assert abs(below - q) < 4 * np.sqrt(q * (1 - q) * sum(1 / size for size in tails)), (parameter, q)
