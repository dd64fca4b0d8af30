"""The prior of an f(τ) without a formula: its coordinates, its curve, and that no prior changes."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.data.spectrum import Spectrum
from tlsjax.fitting.anchor import anchored
from tlsjax.fitting.density import constrain, prior_draws, prior_potential, sampled_sites, unconstrain
from tlsjax.model import prior
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.free_form import Anchor, Innovations
from tlsjax.model.model import Model
from tlsjax.model.observation import join, observe
from tlsjax.model.points import fitted_points

FREQUENCY = np.geomspace(1e5, 1e8, 12)


def table() -> Spectrum:
    shift = 1e-6 * np.linspace(1.0, -1.0, len(FREQUENCY))
    columns = {
        "frequency": FREQUENCY,
        "bias_current": np.full(len(FREQUENCY), 1e-6),
        "temperature": np.resize([0.3, 1.0, 0.6], len(FREQUENCY)),
        "loss": np.full(len(FREQUENCY), 1e-6),
        "loss_err": np.full(len(FREQUENCY), 1e-8),
        "frequency_shift": shift,
        "frequency_shift_err": np.full(len(FREQUENCY), 1e-8),
    }
    return Spectrum(columns, {"kinetic_inductance": 1e-9, "kinetic_fraction": 1.0}, "made up")


def model(relaxation: str = "free_form", spectrum: Spectrum | None = None) -> Model:
    made, _ = build_model(
        [spectrum or table()],
        family=relaxation_family(relaxation),
        budget=tls.LossBudget(channels=("film", "constant")),
        correlation={},
    )
    return made


@pytest.fixture
def anchor() -> Anchor:
    draw = np.random.default_rng(0)
    axes, _ = np.linalg.qr(draw.standard_normal((7, 3)))
    return Anchor(jnp.asarray(draw.standard_normal(7)), jnp.asarray(0.6), jnp.asarray(axes @ axes.T))


@pytest.mark.parametrize("roughness", [0.2, 0.6, 1.9])
def test_an_anchor_is_a_change_of_variables(anchor: Anchor, roughness: float) -> None:
    x = jnp.asarray(np.random.default_rng(1).standard_normal(7))
    at = lambda x: anchor.innovations_at(x, jnp.asarray(roughness))  # noqa: E731
    assert_allclose(anchor.coordinates(at(x), jnp.asarray(roughness)), x, rtol=1e-12)
    sign, size = np.linalg.slogdet(np.asarray(jax.jacfwd(at)(x)))
    assert sign == 1.0
    assert_allclose(anchor.log_det(jnp.asarray(roughness)), size, rtol=1e-12, atol=1e-12)


def test_what_data_know_stays_put(anchor: Anchor) -> None:
    x = anchor.projector @ jnp.asarray(np.random.default_rng(2).standard_normal(7))
    curves = [s * anchor.innovations_at(x, jnp.asarray(s)) for s in (0.2, 0.6, 1.9)]
    assert_allclose(curves[0], curves[1], rtol=1e-12)
    assert_allclose(curves[2], curves[1], rtol=1e-12)


def test_innovations_are_student_t(anchor: Anchor) -> None:
    own = Innovations(anchor, 0.4)
    draws = own.sample(jax.random.key(0), (4000,))
    assert scipy.stats.kstest(np.ravel(draws), scipy.stats.t(3.0).cdf).pvalue > 1e-3
    assert_allclose(own.log_prob(draws[0]), scipy.stats.t(3.0).logpdf(draws[0]).sum(), rtol=1e-12)


def test_the_slope_is_stationary() -> None:
    smooth = model().smooth
    assert smooth is not None
    curve = np.asarray(smooth.curve)
    step = np.log(float(smooth.nodes.longest / smooth.nodes.shortest)) / (len(curve) - 1)
    slope = np.diff(curve, axis=0) / step
    # means of both halves between two knots, of a straight line: the slope at the first of them
    knots = 1.5 * slope[::2] - 0.5 * slope[1::2]
    apart = 2.0 * step * np.abs(np.subtract.outer(np.arange(len(knots)), np.arange(len(knots))))
    assert_allclose(knots @ knots.T, np.exp(-apart / 2.7), rtol=1e-9)


def test_the_nodes_go_a_decade_beyond_the_window() -> None:
    made = model()
    assert made.smooth is not None
    low, high = made.window.times
    assert_allclose(made.smooth.nodes.shortest, low / 10.0, rtol=1e-12)
    assert_allclose(made.smooth.nodes.longest, high * 10.0, rtol=1e-12)


@pytest.mark.parametrize("relaxation", ["free_barriers", "free_couplings"])
def test_nodes_of_a_process_go_a_decade_beyond_every_frequency_at_its_temperature(relaxation: str) -> None:
    made = model(relaxation)
    assert made.smooth is not None
    values = {"attempt_time": 1e-12, "temperature_exponent": 3.0}
    assert isinstance(made.smooth.nodes, tls.TimesAt)
    places = np.asarray(made.smooth.nodes.polygon.places)
    temperature = np.resize([0.3, 1.0, 0.6], len(FREQUENCY))
    for omega, kelvin in zip(2.0 * np.pi * FREQUENCY, temperature, strict=True):
        given = values | {"temperature": kelvin, "free_form": made.smooth.form(jnp.ones(len(places) - 2))}
        start, stretch = tls.Relaxation.families[relaxation].made(given).line()  # type: ignore[attr-defined]
        first, last = (float(start + stretch * place) for place in places[[1, -2]])
        assert first <= -np.log(omega) - np.log(10.0) + 1e-9
        assert last >= -np.log(omega) + np.log(10.0) - 1e-9


def test_barriers_are_as_fine_as_relaxation_times() -> None:
    """A step in barriers is one of few tenths in ln τ at any temperature, and so is what is remembered."""
    made = model("free_barriers")
    assert made.smooth is not None
    places = np.asarray(made.smooth.places({"attempt_time": 1e-12}))
    assert_allclose(np.diff(np.log(places)), np.log(places[1] / places[0]), rtol=1e-9)
    seen = np.asarray(made.smooth.marks)
    steps = seen * np.log(places[1] / places[0]) / np.array([0.3, 0.3, 0.6, 1.0, 1.0])
    assert np.all(steps < 0.6)
    assert_allclose(np.median(steps), float(made.smooth.step), rtol=0.5)


def test_known_frequencies_give_the_same_response() -> None:
    made = model()
    assert made.smooth is not None
    weights = jnp.asarray(np.random.default_rng(3).random(len(made.smooth.curve)))
    known = made.smooth.form(weights)
    fresh = tls.FreeForm(known.shortest, known.longest, weights)
    assert known.known is not None
    for omega in (2.0 * np.pi * FREQUENCY[::3], 2.0 * np.pi * 1.234e6):
        assert_allclose(known.response(omega), fresh.response(omega), rtol=1e-12)
        assert_allclose(known.kernel(omega), fresh.kernel(omega), rtol=1e-12)


@pytest.mark.parametrize(
    "relaxation",
    ["free_form", "log_uniform+free_form", "free_barriers", "free_couplings", "single+free_barriers"],
)
def test_coordinates_are_undone(relaxation: str) -> None:
    made = model(relaxation)
    values, z = prior_draws(jax.random.key(1), made, 16)
    assert_allclose(unconstrain(values, made), z, rtol=1e-6, atol=1e-6)
    again = jax.vmap(lambda one: constrain(one, made))(z)
    assert_allclose(again["weights"], values["weights"], rtol=1e-9, atol=1e-30)
    assert sampled_sites(made)["innovations"] == values["innovations"].shape[1:]


@pytest.mark.slow
@pytest.mark.parametrize("relaxation", ["free_form", "log_normal+free_form", "free_barriers"])
def test_what_the_level_counts_changes_no_prior(relaxation: str) -> None:
    made = model(relaxation)
    assert made.smooth is not None
    seen = jnp.asarray(np.random.default_rng(5).random(made.smooth.seen.shape))
    other = replace(made, smooth=replace(made.smooth, seen=seen))
    _, z = prior_draws(jax.random.key(3), made, 8)

    def over(one: jax.Array) -> jax.Array:
        return unconstrain(jax.tree.map(lambda x: x[None], constrain(one, made)), other)[0]

    for one in z:
        _, size = np.linalg.slogdet(np.asarray(jax.jacfwd(over)(one)))
        assert_allclose(prior_potential(over(one), other) - size, prior_potential(one, made), rtol=1e-6)


def test_data_say_which_frequencies_the_level_counts() -> None:
    """Loss known a thousand times better below 3 MHz than above: only the former counts."""
    error = np.where(FREQUENCY < 3e6, 1e-8, 1e-5)
    columns = table().columns | {"loss_err": error}
    del columns["frequency_shift"], columns["frequency_shift_err"]
    spectrum = Spectrum(columns, table().constants, "made up")
    made = model(spectrum=spectrum)
    observations = join([observe(spectrum, one, made.view) for one in fitted_points([spectrum], made.view)])
    _, z = prior_draws(jax.random.key(4), made, 500)
    found = anchored(made, jnp.median(z, 0)[None], z, observations).smooth
    assert found is not None
    share = np.asarray(found.seen * found.omega / jnp.max(found.seen * found.omega))
    assert np.all(share[found.omega > 2.0 * np.pi * 3e6] < 0.05)
    assert np.sum(share > 0.05) >= 4


def test_a_shift_offset_keeps_its_prior() -> None:
    made = model()
    own = made.priors["shift_offset"]
    assert isinstance(own, prior.Normal)
    values, _ = prior_draws(jax.random.key(2), made, 4000)
    drawn = scipy.stats.norm(float(own.mean), float(own.sd))
    assert scipy.stats.kstest(np.asarray(values["shift_offset"]), drawn.cdf).pvalue > 1e-3


def test_two_free_forms_are_one_too_many() -> None:
    with pytest.raises(tls.InputError, match="two free forms"):
        relaxation_family("free_form+free_form")
