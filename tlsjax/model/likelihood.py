"""How measured values scatter around a model's prediction."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from jax.typing import ArrayLike

from tlsjax.model.model import Likelihood, Model, Values
from tlsjax.model.neighbours import Scattered, residual, sample_sweeps
from tlsjax.model.observation import Chain, Observations


class Predicted(NamedTuple):
    """Distributions of all points at given parameters, in the order of the observations.

    Attributes:
        measured: of the points with an uncertainty or a fractional scatter.
        periodogram: of the averaged periodograms.
        chain: sweeps of the former; None where they scatter independently.
        correlation: of the former's residuals with those before them in their sweeps, (n,); likewise.
    """

    measured: Scattered
    periodogram: dist.Gamma
    chain: Chain | None = None
    correlation: jax.Array | None = None

    @property
    def mean(self) -> jax.Array:
        """Expected value of every point, shape (N,)."""
        return jnp.concatenate([self.measured.mean, self.periodogram.mean])

    @property
    def variance(self) -> jax.Array:
        """Variance of every point, shape (N,)."""
        return jnp.concatenate([self.measured.variance, self.periodogram.variance])

    @property
    def coordinates(self) -> jax.Array:
        """Location and log scale of the n measured, then log mean of the m periodograms, (2n + m,)."""
        return jnp.concatenate(
            [self.measured.loc, jnp.log(self.measured.scale), jnp.log(self.periodogram.mean)]
        )

    @property
    def information(self) -> jax.Array:
        """Expected second derivative of −ln p in each of :attr:`coordinates`, (2n + m,); mixed ones are 0."""
        location, scale = jnp.ones(()), 2.0 * jnp.ones(())
        if isinstance(self.measured, dist.StudentT):
            df = self.measured.df
            location, scale = (df + 1.0) / (df + 3.0), 2.0 * df / (df + 3.0)
        squared = jnp.square(self.measured.scale)
        return jnp.concatenate(
            [location / squared, jnp.broadcast_to(scale, squared.shape), self.periodogram.concentration]
        )

    def log_prob(self, value: jax.Array) -> jax.Array:
        """Log density of every point, shape (N,)."""
        split = self.measured.batch_shape[0]
        return jnp.concatenate(
            [self.measured.log_prob(value[:split]), self.periodogram.log_prob(value[split:])]
        )

    def tails(self, value: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Probability of less and of more at every point, shape (N,)."""
        split = self.measured.batch_shape[0]
        z = residual(self.measured, value[:split])
        standard = dist.Normal()
        if isinstance(self.measured, dist.StudentT):
            standard = dist.StudentT(self.measured.df)
        shape, scaled = self.periodogram.concentration, self.periodogram.rate * value[split:]
        # symmetric: so far above that 1 − p has no digits, the other side's p has
        below = jnp.concatenate([standard.cdf(z), jax.scipy.special.gammainc(shape, scaled)])
        above = jnp.concatenate([standard.cdf(-z), jax.scipy.special.gammaincc(shape, scaled)])
        return below, above

    def sample(self, key: jax.Array) -> jax.Array:
        """One draw of every point, shape (N,)."""
        one, other = jax.random.split(key)
        if self.chain is None or self.correlation is None:
            drawn = self.measured.sample(one)
        else:
            drawn = sample_sweeps(self.measured, one, self.chain, self.correlation)
        return jnp.concatenate([drawn, self.periodogram.sample(other)])


def predict(model: Model, values: Values, observations: Observations) -> Predicted:
    """Distribution of every measured value at given parameters.

    Averaged periodograms are gamma distributed with as many degrees as averages (Whittle for one). All else
    scatters by s, the stated uncertainty and a fractional scatter of the prediction added in squares, around
    a mean that is the prediction: ``normal``; ``lognormal`` of the same mean and variance; ``student``, t of
    scale s with a free number of degrees of freedom, for which outliers count less.
    """
    mean = model.mean(values, observations)
    n = observations.normal
    # a periodogram has none, and no slope of its root
    spread = jnp.sqrt(observations.variance(values, mean)[:n])
    averages = observations.averages[n:]
    measured = scattered(model.likelihood, mean[:n], spread, values.get("freedom"))
    periodogram = dist.Gamma(averages, averages / mean[n:])
    if not model.correlation:
        return Predicted(measured, periodogram)
    chain = jax.tree.map(lambda x: x[:n], observations.chain)
    return Predicted(measured, periodogram, chain, model.correlations(observations)[:n])


def scattered(
    likelihood: Likelihood, mean: ArrayLike, spread: ArrayLike, freedom: jax.Array | None
) -> Scattered:
    """Distribution of measured values around their mean; see :func:`predict`."""
    if likelihood == "lognormal":
        variance = jnp.log1p((jnp.asarray(spread) / mean) ** 2)
        return dist.LogNormal(jnp.log(jnp.asarray(mean)) - 0.5 * variance, jnp.sqrt(variance))
    if likelihood == "student":
        return dist.StudentT(freedom, mean, spread)
    return dist.Normal(mean, spread)
