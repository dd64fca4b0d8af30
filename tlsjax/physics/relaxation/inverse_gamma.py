"""A gamma distribution of the rate 1/τ."""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from tlsjax.physics.relaxation.base import Relaxation, parameter
from tlsjax.physics.relaxation.gamma import Averages, MeanIsParameter, averages, log_density


class InverseGamma(MeanIsParameter, Relaxation):
    """f(τ) = β^k τ^{−k−1}e^{−β/τ}/Γ(k), β = (k−1)τ̄: a power law to long times, a sharp fall to short ones.

    The rate 1/τ is gamma distributed with mean k/β, over which K and H are averages.

    A mean exists for k > 1 alone. For k ≤ 1 no distribution has the parameters, and every method gives NaN;
    fits keep k above 1. :class:`PowerLaw` describes heavier tails.

    Limits: k → ∞ is :class:`Single`; ln τ is √(ψ′(k)) wide, at most 1.28.

    Args:
        mean: mean relaxation time τ̄, s, > 0.
        shape: k, > 1.

    Source: Liu, Andreev, Spivak 2025, Eq. 15.
    """

    mean: jax.Array = parameter("mean", "τ̄", "mean relaxation time", unit="s", anchor="middle", spread=30.0)
    shape: jax.Array = parameter(
        "shape", "k", "shape of the gamma distribution of 1/τ, above 1", above=1.0, centre=3.0, spread=1.5
    )

    @property
    def _log_centre(self) -> jax.Array:
        """ln of the time β/k, the inverse of the mean rate; NaN for k ≤ 1."""
        above = jnp.where(self.shape > 1.0, self.shape - 1.0, jnp.nan)
        return jnp.log(self.mean) + jnp.log(above) - jnp.log(self.shape)

    def density(self, tau: ArrayLike) -> jax.Array:
        """f(τ) in 1/s."""
        tau = jnp.asarray(tau)
        return jnp.exp(log_density(self._log_centre - jnp.log(tau), self.shape)) / tau

    def kernel(self, omega: ArrayLike) -> jax.Array:
        """K(ω) in s, same shape as ω (rad/s); K → k/(βω²) for ωτ̄ ≫ 1."""
        return self._averages(omega)[1] / jnp.asarray(omega)

    def response(self, omega: ArrayLike) -> jax.Array:
        """H(ω), complex, same shape as ω (rad/s)."""
        _, imaginary, real = self._averages(omega)
        return real + 1j * imaginary

    def _averages(self, omega: ArrayLike) -> Averages:
        """Over v = 1/(ωτ), for which 1/(1 − iωτ) = (v² + iv)/(1 + v²)."""
        return averages(-jnp.log(jnp.asarray(omega)) - self._log_centre, self.shape)

    def mass(self, shortest: ArrayLike, longest: ArrayLike) -> jax.Array:
        """Share of f between two times, a difference of two incomplete gamma functions."""
        fast, slow = (
            jax.scipy.special.gammainc(self.shape, self.shape * jnp.exp(self._log_centre - jnp.log(t)))
            for t in (shortest, longest)
        )
        return fast - slow
