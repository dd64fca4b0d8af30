"""What a fit compiles can be compiled for a GPU, as far as that can be seen without one."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import tlsjax as tls
from tlsjax.fitting import density, evidence, importance, information, predictive, sample, scoring
from tlsjax.fitting.fit import choose_model
from tlsjax.fitting.optimise import standard
from tlsjax.fitting.sample import Target
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points

EXAMPLES = Path(__file__).parent.parent / "data_examples"


@cache
def problem(name: str) -> tuple[Model, Observations]:
    if name == "budget":
        kelvin, photons = (x.ravel() for x in np.meshgrid([0.05, 0.5, 1.5], [1e2, 1e5]))
        columns = {
            "frequency": np.full(6, 6e9), "temperature": kelvin, "photon_number": photons,
            "loss": np.full(6, 1e-5), "frequency_shift": np.zeros(6), "frequency_shift_err": np.full(6, 1e-7),
        }  # fmt: skip
        table = tls.Spectrum(columns, {}, "chip.csv")
    else:
        (table,) = tls.read_tables(EXAMPLES / f"{name}.csv")
    model, _ = choose_model([table], None, None)
    return model, join([observe(table, p, model.view) for p in fitted_points([table], model.view)])


def programs(name: str) -> dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Functions as they are compiled, and what they are given."""
    model, observations = problem(name)
    d, key = density.dimension(model), jax.random.key(0)
    z, aim = jnp.zeros((8, d)), jnp.asarray(0.8)
    target = Target(standard(d), model, observations)
    start = key, jnp.asarray(0), jnp.zeros(d), aim, target, 150
    values, _ = density.prior_draws(key, model, 100)
    return {
        "prior": (density.prior_draws, (key, model, 100)),
        "density": (density._energies, (z, model, observations)),
        "slopes": (scoring._slopes, (z, jnp.asarray(3), jnp.ones(d), aim, model, observations, False)),
        "start": (sample._start, start),
        "advance": (sample._advance, (sample._start(*start), jnp.asarray(5), aim, target, 150)),
        "particles": (evidence.from_prior, (key, z, model, observations)),
        "weights": (importance._propose, (key, target, 512, 8.0)),
        "replicas": (predictive.replicate, (key, values, model, observations)),
        "information": (
            information._averages, (z, jnp.eye(d), model, observations, jnp.asarray(model.window.times))
        ),
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conductivity", "noise", "budget"])
def test_all_that_a_fit_compiles_lowers_for_cuda(name: str) -> None:
    """Libraries that are called are NVIDIA's, none of the CPU's."""
    for label, (program, arguments) in programs(name).items():
        traced, static = eqx.partition(arguments, eqx.is_array)
        bare = program.__wrapped__

        def run(traced: Any, bare: Any = bare, static: Any = static) -> Any:
            return bare(*eqx.combine(traced, static))

        text = jax.jit(run).trace(traced).lower(lowering_platforms=("cuda",)).as_text()
        called = re.findall(r"custom_call @(\w+)", text)
        assert all(library.startswith("cu") for library in called), (label, called)
        assert called or label != "slopes"  # which has an eigenvalue problem: the pattern finds what is there


def test_values_in_a_batch_are_those_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are computed on a GPU; more points than one call takes."""
    model, observations = problem("conductivity")
    _, z = density.prior_draws(jax.random.key(1), model, 600)
    alone = density.energies(np.asarray(z), model, observations)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    batched = jax.jit(density._energies.__wrapped__)(z, model, observations)  # type: ignore[attr-defined]
    # large values are sums of squares of differences
    np.testing.assert_allclose(batched[:, 0], alone[0], rtol=1e-9)
    np.testing.assert_allclose(batched[:, 1], alone[1], rtol=1e-12)
