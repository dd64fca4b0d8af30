"""Does a noise obey the fluctuation-dissipation theorem, given what was fitted?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tlsjax.data.spectrum import Spectrum
from tlsjax.errors import InputError
from tlsjax.fitting.density import constrain, potential, unconstrain
from tlsjax.fitting.tempering import temper
from tlsjax.model.likelihood import Predicted, predict
from tlsjax.model.model import Model
from tlsjax.model.observation import Observations, join, observe
from tlsjax.model.points import fitted_points

if TYPE_CHECKING:
    from tlsjax.fitting.result import Result

_STAGE = 11
_DRAWS = 1000
_SPREAD = float(np.log(1e4))
"""Prior standard deviation of ln R: nothing is known of it within four decades to each side."""
_SMALLEST_P = 0.005


@dataclass(frozen=True, eq=False)
class NoiseRatio:
    """The posterior of R = S_measured/S_FDT, one factor over all points.

    Attributes:
        median: of R.
        low, high: 95 % interval of R.
        sd: standard deviation of ln R.
        deviations: mean of ln R in standard deviations, so how far R is from 1.
        p_obeyed: share of replicas that scatter farther from the prediction than the noise does, at R = 1 and
            parameters that have seen the noise too. Small: the theorem and the noise's shape do not go
            together.
        p_shape: the same with R free. Small: the shape is wrong whatever the factor.
        predicted_by: what was fitted.
        draws: of R, shape (draws,).
    """

    median: float
    low: float
    high: float
    sd: float
    deviations: float
    p_obeyed: float
    p_shape: float
    predicted_by: tuple[str, ...]
    draws: NDArray[np.float64]

    @property
    def consistent(self) -> bool:
        """Whether 1 lies in the 95 % interval and the shape is the predicted one."""
        return self.low <= 1.0 <= self.high and min(self.p_obeyed, self.p_shape) >= _SMALLEST_P

    def in_words(self) -> str:
        """One sentence for a report."""
        fitted = " and ".join(self.predicted_by)
        verb = "predicts" if len(self.predicted_by) == 1 else "predict"
        head = (
            f"the noise is {self.median:.3g} ({self.low:.3g}–{self.high:.3g}) times what the {fitted} {verb}"
        )
        if self.p_shape < _SMALLEST_P:
            return f"{head}, but its shape is not the predicted one (p = {self.p_shape:.2g})"
        if self.consistent:
            return f"{head}: consistent with the FDT"
        if self.low <= 1.0 <= self.high:
            return f"{head}, but not with its shape at a factor of 1 (p = {self.p_obeyed:.2g})"
        return f"{head}: {abs(self.deviations):.1f} standard deviations from the FDT"


def noise_ratio(result: "Result", table: Spectrum) -> NoiseRatio:
    """Compare a noise that was not fitted with the prediction of Eq. 20, σ∥ from the fit.

    The noise's likelihood is that of a fit (gamma for averaged periodograms, else normal) around R·S_FDT,
    with R one factor whose prior is log-normal around 1 and 10⁴ wide. R and the model's parameters are drawn
    together, given the fitted data and the noise: where the fit left f(τ) open at the noise's frequencies,
    the noise's shape chooses among what it left, and its level goes into R.

    R ≠ 1 need not be a violation of the theorem. Other causes: width or length of the film (S ∝ W/ℓ_x); a
    temperature other than the stated one (S ∝ T; heating by the bias); gain, bandwidth or a two-sided
    spectrum of the analyser (factors of 2); another source of noise (amplifier, vortices, bias source), for
    R > 1; a loss with other channels than these two-level systems, for R < 1; a wrong L□ or α_k of the
    resonator; a family of f(τ) that does not hold from the fitted frequencies down to those of the noise.

    Args:
        result: a fit without this noise, of loss, conductivity, or another noise.
        table: with ``current_noise``, and ``averages`` or ``current_noise_err``.

    Raises:
        InputError: the table has no noise, is part of the fit, or lacks what the prediction or the likelihood
            needs; or the fit is of several devices.

    Limits: a noise twice as large has twice the R. Where the prediction is known exactly, 1/R is gamma
    distributed with as many degrees as there are averages in all.

    Source: Liu, Andreev, Spivak 2025, Eq. 20; the test goes beyond the paper.
    """
    noise = _observed(result, table)
    model = result.model
    fitted = join([result.observation(index) for index in range(len(result.points))])
    flat = {name: x.reshape(-1, *x.shape[2:]) for name, x in result.draws.items()}
    count = len(next(iter(flat.values())))
    picked = np.linspace(0, count - 1, min(_DRAWS, count)).astype(int)
    z = unconstrain({name: jnp.asarray(x[picked]) for name, x in flat.items()}, model)
    z = z[jnp.isfinite(z).all(axis=1)]
    key = jax.random.fold_in(jax.random.key(result.seed), _STAGE)
    ratios, p_shape = _compare(key, z, model, fitted, noise, jnp.ones(()))
    _, p_obeyed = _compare(key, z, model, fitted, noise, jnp.zeros(()))
    draws = np.asarray(ratios)
    low, median, high = (float(q) for q in np.quantile(draws, (0.025, 0.5, 0.975)))
    logarithm = np.log(draws)
    sd = float(logarithm.std())
    return NoiseRatio(
        median, low, high, sd, float(logarithm.mean()) / sd, float(p_obeyed), float(p_shape),
        tuple(dict.fromkeys(points.quantity for points in result.points)), draws,
    )  # fmt: skip


def _observed(result: "Result", table: Spectrum) -> Observations:
    """The noise as a likelihood sees it, refused where it could only mislead."""
    if "current_noise" not in result.model.view.quantities:
        raise InputError("the fit has no Eq. 15 in it, so it predicts no noise")
    found = [p for p in fitted_points([table], result.model.view) if p.quantity == "current_noise"]
    if not found:
        raise InputError("has no current_noise to compare", source=table.source)
    if result.model.devices:
        raise InputError("the fit is of several devices: compare with a fit of the one whose noise this is")
    measured = table.columns["current_noise"]
    for spectrum in result.spectra:
        if np.array_equal(spectrum.columns.get("current_noise", np.zeros(0)), measured, equal_nan=True):
            raise InputError(
                "is part of this fit: compare with a fit that has not seen it", source=table.source
            )
    stated = [spectrum.condition("bias_current") is not None for spectrum in (table, *result.spectra)]
    if stated[0] != any(stated[1:]):
        raise InputError(
            "the bias current must be stated both here and in the fitted tables: "
            "add a line '# bias_current: 10 uA' with its value above the header (0 A for none)",
            source=table.source,
        )
    one = observe(table, found[0]._replace(table=-1), result.model.view)
    if bool(jnp.isnan(one.current_ratio).any()):
        raise InputError(
            "the fit has seen no bias current, so it predicts no noise at one", source=table.source
        )
    known = one.likelihood == "gamma" or bool((one.error > 0).all())
    if not known and "current_noise_scatter" not in result.model.priors:
        raise InputError(
            "does not say how current_noise scatters: add a column 'averages' (number of averaged "
            "periodograms) or 'current_noise_err'",
            source=table.source,
        )
    return join([one])


@eqx.filter_jit
def _compare(
    key: jax.Array, z: jax.Array, model: Model, fitted: Observations, noise: Observations, free: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Draws of R (free = 1; else R is 1), and how often replicas scatter farther than the noise."""
    return ratio_draws(
        key,
        z,
        lambda z: -potential(z, model, fitted),
        lambda z, ratio: predict(model, constrain(z, model), _times(noise, ratio)),
        noise.value,
        free,
    )


def _times(noise: Observations, ratio: jax.Array) -> Observations:
    scaled: Observations = eqx.tree_at(lambda one: one.scale, noise, ratio * noise.scale)
    return scaled


def ratio_draws(
    key: jax.Array,
    z: jax.Array,
    log_density: Callable[[jax.Array], jax.Array],
    predicted: Callable[[jax.Array, jax.Array], Predicted],
    measured: jax.Array,
    free: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The comparison itself, for any posterior and any prediction.

    Args:
        key: random key.
        z: posterior draws of the parameters before the noise was seen, shape (draws, d).
        log_density: their log density up to a constant, at one z.
        predicted: distribution of the noise at one z and one R.
        measured: the noise, shape (N,).
        free: 1; or 0 for R = 1 throughout.

    Returns:
        draws of R, shape (draws,), and the share of replicas farther from the expected values than the noise,
        mean square in units of the variance.
    """
    start, moved, replicate = jax.random.split(key, 3)

    def at(x: jax.Array) -> Predicted:
        return predicted(x[:-1], jnp.exp(free * x[-1]))

    log_ratio = _SPREAD * jax.random.normal(start, (len(z), 1))
    x = temper(
        moved,
        jnp.concatenate([z, log_ratio], axis=1),
        lambda x: log_density(x[:-1]) - 0.5 * (x[-1] / _SPREAD) ** 2,
        lambda x: jnp.sum(at(x).log_prob(measured)),
    ).x

    def farther(key: jax.Array, x: jax.Array) -> jax.Array:
        here = at(x)
        drawn, data = (jnp.sum((y - here.mean) ** 2 / here.variance) for y in (here.sample(key), measured))
        return drawn >= data

    return jnp.exp(free * x[:, -1]), jnp.mean(jax.vmap(farther)(jax.random.split(replicate, len(x)), x))
