"""Thermally activated relaxation: barriers V with ln τ = ln τ_a + V/T."""

from typing import Any

import jax
import jax.numpy as jnp

from tlsjax.physics.relaxation.base import condition, parameter
from tlsjax.physics.relaxation.forwarding import Forwarding
from tlsjax.physics.relaxation.log_normal import LogNormal
from tlsjax.physics.relaxation.log_uniform import Evenly


def attempt_time() -> Any:
    """Declare the field τ_a."""
    return parameter(
        "attempt_time", "τ_a", "attempt time", unit="s", centre=1e-12, spread=10.0,
        source="Dutta and Horn 1981",
    )  # fmt: skip


class ThermallyActivated(Forwarding):
    """Barriers V normal around ``barrier``: log-normal τ with τ₀ = τ_a e^{V/T} and s = ``barrier_width``/T.

    Args:
        attempt_time: τ_a, s, > 0.
        barrier: mean barrier, K, > 0.
        barrier_width: standard deviation of the barriers, K, > 0.
        temperature: T, K, > 0: a condition, not a parameter of fits.

    Beyond the paper. Source: Dutta and Horn 1981.
    """

    attempt_time: jax.Array = attempt_time()
    barrier: jax.Array = parameter(
        "barrier", "V", "mean barrier over k_B", unit="K", centre=10.0, spread=5.0,
        source="Dutta and Horn 1981",
    )  # fmt: skip
    barrier_width: jax.Array = parameter(
        "barrier_width", "ΔV", "standard deviation of the barriers over k_B", unit="K", centre=3.0,
        spread=5.0, source="Dutta and Horn 1981",
    )  # fmt: skip
    temperature: jax.Array = condition("temperature")

    def equivalent(self) -> LogNormal:
        """Log-normal."""
        median = self.attempt_time * jnp.exp(self.barrier / self.temperature)
        return LogNormal(median, self.barrier_width / self.temperature)


class ThermallyActivatedUniform(Evenly):
    """Barriers uniform from ``barrier_min`` to ``barrier_max``: log-uniform τ, τ₁,₂ = τ_a e^{V/T}.

    Args:
        attempt_time: τ_a, s, > 0.
        barrier_min, barrier_max: lowest and highest barrier, K, > 0.
        temperature: T, K, > 0: a condition, not a parameter of fits.

    Beyond the paper. Source: Dutta and Horn 1981.
    """

    attempt_time: jax.Array = attempt_time()
    barrier_min: jax.Array = parameter(
        "barrier_min", "V₁", "lowest barrier over k_B", unit="K", centre=1.0, spread=10.0,
        source="Dutta and Horn 1981",
    )  # fmt: skip
    barrier_max: jax.Array = parameter(
        "barrier_max", "V₂", "highest barrier over k_B", unit="K", centre=30.0, spread=10.0,
        source="Dutta and Horn 1981",
    )  # fmt: skip
    temperature: jax.Array = condition("temperature")
    ordered = (("barrier_min", "barrier_max"),)

    @property
    def _ends(self) -> tuple[jax.Array, jax.Array]:
        start = jnp.log(self.attempt_time)
        return start + self.barrier_min / self.temperature, start + self.barrier_max / self.temperature
