"""A prior for an f(τ) without a formula: smooth in ln τ, but for few sharp turns anywhere.

ln τf is a curve whose slope is remembered over a few e-folds (an Ornstein–Uhlenbeck process); of barriers it
is ln Vg, over as many e-folds as they make of τ. What moves the slope between knots are innovations with
Student's t: most are small, a few as large as a peak or an edge needs, so the data decide where the curve is
rough. The scale of all of them is the parameter ``roughness``. Where the data ask for it, f ends sharply at
two places of its own: no smooth curve falls so fast.

Beyond the paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
from jax.typing import ArrayLike
from numpy.typing import NDArray
from numpyro.distributions import biject_to, constraints
from numpyro.distributions.transforms import Transform

from tlsjax.data.spectrum import Spectrum
from tlsjax.model.free_nodes import process_parameter, span
from tlsjax.model.observation import observe
from tlsjax.model.points import Points, View
from tlsjax.model.prior import Prior, number
from tlsjax.model.window import Window
from tlsjax.physics.relaxation import FreeForm, Relaxation, TimesAt
from tlsjax.physics.relaxation.base import Free
from tlsjax.physics.relaxation.free_form import hat_below

FREEDOM = 3.0
"""Of Student's t."""
_KNOTS = 0.3
"""Distance of the knots in ln τ; a step more of nodes stands between two."""
_MOST_KNOTS = 70
"""Of a span so long that they would be more, they stand farther apart."""
_MEMORY = 2.7
"""e-folds of τ over which a slope is forgotten."""
_NEAR = 2.0
"""e-folds about the window's middle that say how large an f is."""
_TINY = 1e-30
"""Share left of what lies beyond an end: something is left wherever the ends are."""
_DEEPEST = -80.0
"""ln of the smallest weight over the largest: what is less would be slow denormal numbers."""


class Anchor(eqx.Module):
    """Coordinates x of the innovations e in which what data know stays put when the roughness σ changes.

    e = (σ₀/σ)(e₀ + Px) + (1 − P)x: at e₀ and in the directions of P, which the data know, σe is that at the
    reference whatever σ; in all others x is e, which the prior knows.

    Attributes:
        innovations: e₀, (knots,).
        roughness: σ₀.
        projector: P, (knots, knots).
    """

    innovations: jax.Array
    roughness: jax.Array
    projector: jax.Array

    def innovations_at(self, x: jax.Array, roughness: jax.Array) -> jax.Array:
        """e at x."""
        ratio, inside = self.roughness / roughness, self.projector @ x
        return ratio * (self.innovations + inside) + x - inside

    def coordinates(self, e: jax.Array, roughness: jax.Array) -> jax.Array:
        """x at e."""
        away = e - self.roughness / roughness * self.innovations
        return away + (roughness / self.roughness - 1.0) * (self.projector @ away)

    def log_det(self, roughness: jax.Array) -> jax.Array:
        """ln |de/dx|."""
        return jnp.trace(self.projector) * jnp.log(self.roughness / roughness)


class Smooth(eqx.Module):
    """The prior of a free form's weights.

    Attributes:
        over: what has a density.
        nodes: the form, of equal weights.
        process: name of the parameter that says how it moves with temperature; "" where it does not.
        step: from node to node, in e-folds of τ.
        curve: ln τf at the nodes for unit innovations, up to a constant, (nodes, knots).
        marks: where the density is reported, (marks,); s, or K for barriers.
        omega, temperature: what was measured at, rad/s and K, (n,) each.
        seen: what ωK(ω) at these counts in the level that is sampled, (n,).
        anchor: coordinates of the innovations.
        pull: δf/f far above all rates over Aω_c²; 0 where no shift is fitted.
        ends: 1 where f ends sharply, 0 where it runs on over all nodes.
    """

    over: Free = eqx.field(static=True)
    nodes: FreeForm | TimesAt
    process: str = eqx.field(static=True)
    step: jax.Array
    curve: jax.Array
    marks: jax.Array
    omega: jax.Array
    temperature: jax.Array
    seen: jax.Array
    anchor: Anchor
    pull: jax.Array
    ends: jax.Array

    def weights(self, innovations: jax.Array, roughness: jax.Array, ends: jax.Array) -> jax.Array:
        """Of the nodes, adding up to 1.

        Args:
            innovations: (knots,).
            roughness: their scale.
            ends: the first as a share of all nodes, the last as one of those beyond the first, (2,).
        """
        shares = jax.nn.softmax(self.heights(innovations, roughness)) * (self._kept(ends) + _TINY)
        return shares / jnp.sum(shares)

    def _kept(self, ends: jax.Array) -> jax.Array:
        """Share of every node's hat between both ends, (nodes,)."""
        (first, last), number = self.cuts(ends), jnp.arange(len(self.curve))
        inside = hat_below(last - number) - hat_below(first - number)
        return 1.0 - self.ends * (1.0 - inside)

    def cuts(self, ends: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Both ends (..., 2), in steps from the first node."""
        nodes = len(self.curve)
        first = ends[..., 0] * (nodes + 1) - 1.0
        return first, first + ends[..., 1] * (nodes - first)

    def heights(self, innovations: jax.Array, roughness: jax.Array) -> jax.Array:
        """ln τf at every node but for a factor, which makes its mean about the window's middle 1."""
        height = roughness * (self.curve @ innovations)
        return jnp.maximum(height, jax.lax.stop_gradient(jnp.max(height)) + _DEEPEST)

    def innovations(self, roughness: jax.Array) -> "Innovations":
        """Their prior, independent of the roughness; only the coordinates depend on it."""
        return Innovations(self.anchor, roughness)

    def form(self, weights: jax.Array) -> FreeForm | TimesAt:
        """The density of these weights, (..., nodes)."""
        return self.nodes.with_weights(weights)

    def places(self, values: Mapping[str, ArrayLike]) -> jax.Array:
        """Of the nodes, as those of the marks: (..., nodes) for parameters of shape (...), or (nodes,)."""
        if isinstance(self.nodes, FreeForm):
            return self.nodes.times
        x = self.nodes.polygon.places[1:-1]
        if self.over == "coupling":
            return jnp.exp(x)
        start = jnp.log(jnp.asarray(values[self.process]))[..., None]
        return self.nodes.temperature * (x - start)

    def densities(self, values: Mapping[str, ArrayLike], places: jax.Array | None = None) -> jax.Array:
        """Per unit of ln τ or ln V at places like the marks, at these unless given.

        Args:
            values: with the form's ``weights``, (..., nodes), and the process's parameter, (...).
            places: s, or K for barriers, (places,).

        Returns:
            shape (places, ...).
        """
        form = self.form(jnp.asarray(values["weights"]))
        places = self.marks if places is None else places
        if isinstance(form, FreeForm):
            return jax.vmap(lambda tau: tau * form.density(tau))(places)
        if self.over == "coupling":
            return jax.vmap(lambda tau: form.polygon.density(jnp.log(tau)))(places)
        start = jnp.log(jnp.asarray(values[self.process]))

        def barriers(place: jax.Array) -> jax.Array:
            above = place / form.temperature
            return above * form.polygon.density(start + above)

        return jax.vmap(barriers)(places)


def smooth(
    family: type[Relaxation] | None,
    window: Window,
    spectra: Sequence[Spectrum],
    points: Sequence[Points],
    view: View,
    priors: Mapping[str, Prior],
) -> Smooth | None:
    """For what the data reach and the priors say of a process; None where the family has no free form."""
    if family is None or family.free is None:
        return None
    omega, temperature = _measured_at(family, spectra, points)
    length, nodes_of, marks = span(family, window, omega, temperature, priors)
    knots = min(round(length / _KNOTS) + 1, _MOST_KNOTS)
    curve = _curve(length, knots)
    nodes = nodes_of(len(curve))
    if isinstance(nodes, FreeForm):
        known = np.unique(np.append(omega, np.asarray(window.omega_middle)))
        nodes = replace(nodes, known=nodes.tabulated(known))
    nothing = Anchor(jnp.zeros(knots), number(1.0), jnp.zeros((knots, knots)))
    return Smooth(
        over=family.free,
        nodes=nodes,
        process=process_parameter(family),
        step=number(length / (len(curve) - 1)),
        curve=jnp.asarray(curve),
        marks=jnp.asarray(marks),
        omega=jnp.asarray(omega),
        temperature=jnp.asarray(temperature),
        seen=jnp.full(len(omega), 1.0 / len(omega)),
        anchor=nothing,
        pull=_pull(spectra, points, view),
        ends=number(0.0),
    )


def _measured_at(
    family: type[Relaxation], spectra: Sequence[Spectrum], points: Sequence[Points]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every ω with its temperature, which is 0 where f(τ) does not depend on it."""
    found = []
    for one in points:
        frequency = spectra[one.table].condition("frequency")
        kelvin = spectra[one.table].condition("temperature") if family.conditions() else None
        if frequency is not None:
            warm = np.zeros(len(one.rows)) if kelvin is None else kelvin[one.rows]
            found.append(np.stack([2.0 * np.pi * frequency[one.rows], warm], 1))
    every = np.unique(np.concatenate(found), axis=0)
    omega, temperature = every[every[:, 0] > 0.0].T
    return omega, temperature


def _pull(spectra: Sequence[Spectrum], points: Sequence[Points], view: View) -> jax.Array:
    shifts = [observe(spectra[p.table], p, view) for p in points if p.quantity == "frequency_shift"]
    each = [0.5 * o.scale / o.omega * (o.current_ratio * jnp.cos(o.angle)) ** 2 for o in shifts]
    return number(jnp.nan_to_num(jnp.mean(jnp.concatenate(each))) if each else 0.0)


def _curve(length: float, knots: int) -> NDArray[np.float64]:
    """ln τf at knots and midway for innovations at the knots, its slope a straight line between them.

    The first is that of a stationary slope, the others keep its variance.
    """
    step = length / (knots - 1)
    keep = np.exp(-step / _MEMORY)
    before = np.subtract.outer(np.arange(knots), np.arange(knots))
    slope = np.where(before >= 0, keep ** np.maximum(before, 0), 0.0)
    slope[:, 1:] *= np.sqrt(1.0 - keep**2)
    middle = 0.5 * (slope[1:] + slope[:-1])
    fine = np.empty((2 * knots - 1, knots))
    fine[::2], fine[1::2] = slope, middle
    areas = 0.25 * step * (fine[1:] + fine[:-1])
    curve = np.concatenate([np.zeros((1, knots)), np.cumsum(areas, 0)])
    place = length * np.linspace(-0.5, 0.5, len(curve))
    near = np.exp(-0.5 * (place / _NEAR) ** 2)
    return np.asarray(curve - near @ curve / near.sum())


class Innovations(dist.Distribution):
    """Independent Student's t of each, in the coordinates of an anchor."""

    arg_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(self, anchor: Anchor, roughness: ArrayLike) -> None:
        self.anchor, self.roughness = anchor, jnp.asarray(roughness)
        super().__init__(event_shape=self.anchor.innovations.shape, validate_args=False)

    @constraints.dependent_property(is_discrete=False, event_dim=1)  # type: ignore[untyped-decorator]
    def support(self) -> constraints.Constraint:
        """Any, with the anchor's coordinates."""
        return _Anchored(self.anchor, self.roughness)

    def sample(self, key: jax.Array, sample_shape: tuple[int, ...] = ()) -> jax.Array:
        """Draws."""
        return jax.random.t(key, FREEDOM, sample_shape + self.event_shape)

    def log_prob(self, value: jax.Array) -> jax.Array:
        """Log density."""
        return jnp.sum(dist.StudentT(FREEDOM).log_prob(value), -1)


class _Anchored(constraints.Constraint):
    """Any real vector."""

    def __init__(self, anchor: Anchor, roughness: jax.Array) -> None:
        self.anchor, self.roughness = anchor, roughness

    @property
    def event_dim(self) -> int:
        return 1

    def __call__(self, value: jax.Array) -> jax.Array:
        return jnp.all(jnp.isfinite(value), -1)

    def feasible_like(self, prototype: jax.Array) -> jax.Array:
        return jnp.zeros_like(prototype)

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], dict[str, Any]]]:
        return (self.anchor, self.roughness), (("anchor", "roughness"), {})


@biject_to.register(_Anchored)
class _FromAnchor(Transform):
    """e at x."""

    def __init__(self, support: _Anchored) -> None:
        self.at = support

    @property
    def domain(self) -> constraints.Constraint:
        return constraints.real_vector

    @property
    def codomain(self) -> constraints.Constraint:
        return self.at

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.at.anchor.innovations_at(x, self.at.roughness)

    def _inverse(self, e: jax.Array) -> jax.Array:
        return self.at.anchor.coordinates(e, self.at.roughness)

    def log_abs_det_jacobian(self, x: jax.Array, e: jax.Array, intermediates: Any = None) -> jax.Array:
        return self.at.anchor.log_det(self.at.roughness)

    def tree_flatten(self) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], dict[str, Any]]]:
        return (self.at,), (("at",), {})
