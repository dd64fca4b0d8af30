"""What a fit says of the memory it takes, and that its batches do not grow with the table."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tlsjax.data import Spectrum
from tlsjax.fitting import memory
from tlsjax.fitting.density import constrain, dimension
from tlsjax.fitting.predictive import replicate
from tlsjax.model.defaults import build_model, relaxation_family
from tlsjax.model.observation import join, observe
from tlsjax.model.points import fitted_points


def test_small_fits_say_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        memory.say(500, 4000)


def test_large_fits_say_how_large() -> None:
    with pytest.warns(UserWarning, match=r"about 3\.8 GB of memory for 25000 points and 4000 draws"):
        memory.say(25_000, 4000)


def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_machine", lambda: 1e9)
    with pytest.warns(UserWarning, match=r"this machine has 1\.0 GB: take fewer draws, or thin the tables"):
        memory.say(10_000, 4000)


@pytest.mark.parametrize(("family", "points"), [("tunnelling_phonon", 60), ("log_normal", 4000)])
def test_replicas_are_made_in_bounded_batches(family: str, points: int) -> None:
    value = np.full(points, 1e-8)
    columns = {"frequency": np.geomspace(1e8, 1e11, points), "conductivity": value, "conductivity_err": value}
    spectra = (Spectrum(columns, {"temperature": 0.1}),)
    model, _ = build_model(spectra, family=relaxation_family(family))
    observations = join([observe(spectra[0], p, model.view) for p in fitted_points(spectra)])
    z = jnp.zeros((4000, dimension(model)))
    draws = jax.eval_shape(jax.vmap(lambda one: constrain(one, model)), z)
    compiled = jax.jit(replicate.__wrapped__).lower(jax.random.key(0), draws, model, observations).compile()  # type: ignore[attr-defined]
    needs = compiled.memory_analysis()
    assert needs.output_size_in_bytes == pytest.approx(2 * 8 * 4000 * points, rel=0.01)
    assert needs.temp_size_in_bytes < 3e8 + needs.output_size_in_bytes
