"""Distributions of relaxation times against quadrature of their definitions and against mpmath."""

import itertools
from collections.abc import Callable
from functools import cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pint
import pytest
from jax.typing import ArrayLike
from numpy.testing import assert_allclose

from tlsjax.physics.relaxation import LogNormal, LogUniform, PowerLaw, Relaxation, Single

FAMILIES = sorted(
    name for name, family in Relaxation.families.items() if not family.conditions() and not family.free
)
WITH_DENSITY = [name for name in FAMILIES if name != "single"]
OMEGA_TAU = np.logspace(-8, 8, 9)
# wide enough for the slowest power-law tail of the examples
EVER = (1e-60, 1e60)
NODES, WEIGHTS = (np.asarray(part, np.longdouble) for part in np.polynomial.legendre.leggauss(24))


def examples(name: str) -> list[tuple[float, ...]]:
    """Three sets of parameters from the metadata alone, so that a new family is tested as it appears."""
    family = Relaxation.families[name]
    sets = []
    for k in (-1.0, 0.0, 1.0):
        values = []
        for i, q in enumerate(family.parameters()):
            step = 0.3 * k * (-1) ** i
            real = q.support == "real"
            values.append(
                q.typical.centre + 3 * step * q.typical.spread
                if real
                else q.typical.centre * q.typical.spread**step
            )
        sets.append(tuple(values))
    return sets


def each(names: list[str]) -> pytest.MarkDecorator:
    cases = [(name, values) for name in names for values in examples(name)]
    return pytest.mark.parametrize(("name", "values"), cases, ids=lambda v: v if isinstance(v, str) else None)


def rule(low: float, high: float, *breaks: float, panel: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre nodes and weights in panels between ``low`` and ``high``, cut at ``breaks``."""
    edges = sorted({low, high, *(b for b in breaks if low < b < high)})
    xs, ws = [], []
    for start, stop in itertools.pairwise(edges):
        cuts = np.linspace(start, stop, int(np.ceil((stop - start) / panel)) + 1, dtype=np.longdouble)
        half = np.diff(cuts)[:, None] / 2
        xs.append((cuts[:-1, None] + half * (NODES + 1)).ravel())
        ws.append((half * WEIGHTS).ravel())
    return np.concatenate(xs), np.concatenate(ws)


def breaks_of(name: str, values: tuple[float, ...]) -> list[float]:
    quantities = Relaxation.families[name].parameters()
    return [float(np.log(v)) for q, v in zip(quantities, values, strict=True) if q.unit == "s"]


def over_density(
    name: str, values: tuple[float, ...], low: float, high: float
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes τ and weights f(τ)dτ of the family's own density."""
    if name == "davidson_cole":
        x, w = below_singularity(low, high, *map(np.longdouble, values))
    else:
        x, w = rule(low, high, *breaks_of(name, values))
    tau = np.exp(x).astype(float)
    return tau, w * tau * run(Relaxation.families[name](*values), "density", tau)


def below_singularity(
    low: float, high: float, tau: np.longdouble, b: np.longdouble
) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in ln τ for f ∝ (τ₀ − τ)^(−b) below τ₀ and 0 above: with x₀ − x = s^m, m = 1/(1−b), smooth in s.

    The weights make good the rounding of τ at the nodes.
    """
    top = np.log(tau)
    if low >= top:
        return np.array([low, high]), np.zeros(2)
    m = 1 / (1 - b)
    near = max(low, float(top) - 0.5)
    start = (top - high) ** (1 / m) if high < top else 0.0
    s, w = rule(float(start), float((top - near) ** (1 / m)), panel=0.05)
    distance = s**m
    x = top - distance
    rounded = np.log(np.exp(x).astype(float).astype(np.longdouble) / tau)
    w = w * m * s ** (m - 1) * (np.expm1(-rounded) / np.expm1(distance)) ** b
    inside = rounded < 0
    far, far_weights = rule(low, near) if near > low else (x[:0], w[:0])
    if high < near:
        return rule(low, high)
    return np.concatenate([far, x[inside]]), np.concatenate([far_weights, w[inside]])


@eqx.filter_jit
def compiled(family: Relaxation, methods: tuple[str, ...], x: jax.Array) -> dict[str, jax.Array]:
    return {method: getattr(family, method)(x) for method in methods}


def run(family: Relaxation, method: str, x: np.ndarray) -> np.ndarray:
    """A method at some numbers, compiled once for all that are no more than 128, or 2¹⁴ for the density."""
    methods, most = (("density",), 2**14) if method == "density" else (("kernel", "response"), 128)
    padded = np.pad(x, (0, most - x.size), constant_values=1.0)
    return np.asarray(compiled(family, methods, padded)[method])[: x.size]


@eqx.filter_jit
def compiled_mass(family: Relaxation, ends: jax.Array) -> jax.Array:
    return family.mass(ends[0], ends[1])


def mass(family: Relaxation, low: float, high: float) -> float:
    return float(compiled_mass(family, np.array([low, high])))


def relative(got: ArrayLike, expected: np.ndarray) -> float:
    """Largest relative error; a NaN counts as infinite."""
    error = np.abs(np.asarray(got) / np.asarray(expected) - 1)
    return float(np.max(np.where(np.isnan(error), np.inf, error)))


# References: Gauss–Legendre in extended precision, itself held to antiderivatives in mpmath.
def power_moment(
    p: float, low: float, high: float, omega: np.ndarray, power: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean m of τ^power/(1+ω²τ²) over τ^(−p), and ∂ ln m by p, ln low and ln high (rows).

    With m = N/D, N = ∫e^{qx}k dx, D = ∫e^{qx}dx: ∂ ln m/∂p = ⟨x⟩_D − ⟨x⟩_N, and an end adds its integrands.
    """
    ends = np.log(np.array([low, high], np.longdouble))
    x, w = rule(*ends)

    def integrands(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weight = np.exp((1 - np.longdouble(p)) * x)
        return weight * np.exp(power * x) / (1 + (omega[:, None] * np.exp(x)) ** 2), weight

    (top, bottom), (top_ends, bottom_ends) = integrands(x), integrands(ends)
    n, d = top @ w, bottom @ w
    by_ends = (top_ends / n[:, None] - bottom_ends / d) * np.array([-1, 1])
    return n / d, np.array([bottom @ (w * x) / d - top @ (w * x) / n, *by_ends.T])


def exact_power_kernel(p: float, low: float, high: float, omega: float) -> mp.mpf:
    """From ∫τ^(a−1)/(1+ω²τ²)dτ = (τ^a/a)·₂F₁(1, a/2; 1+a/2; −ω²τ²), a = 2 − p not 0, −2, …"""
    p, low, high, omega = mp.mpf(p), mp.mpf(low), mp.mpf(high), mp.mpf(omega)
    a, q = 2 - p, 1 - p

    def upto(tau: mp.mpf) -> mp.mpf:
        return tau**a / a * mp.hyp2f1(1, a / 2, 1 + a / 2, -((omega * tau) ** 2))

    return (upto(high) - upto(low)) / ((high**q - low**q) / q)


def uniform_kernel(low: float, high: float, omega: float) -> mp.mpf:
    with mp.workdps(80):
        low, high, omega = mp.mpf(low), mp.mpf(high), mp.mpf(omega)
        return (mp.atan(omega * high) - mp.atan(omega * low)) / (omega * mp.log(high / low))


def normal_moments(width: float, omega: np.ndarray, power: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of τ^power/(1+ω²τ²) for median 1, and its derivatives by ln median and by ln width."""
    reach = width**2 + 13 * width
    x, w = rule(-reach, reach, 0.0, panel=min(0.5, width))
    z = x / np.longdouble(width)
    gauss = w * np.exp(-z * z / 2) / (np.sqrt(2 * np.longdouble(np.pi)) * width)
    tau = np.exp(x)
    lorentz = tau**power / (1 + (omega[:, None] * tau) ** 2)
    return lorentz @ gauss, lorentz @ (gauss * z / width), lorentz @ (gauss * (z * z - 1))


@pytest.mark.parametrize("p", [-1.3, 0.25, 1.5, 4.5])
@pytest.mark.parametrize("span", [(0.1, 10.0), (1e-6, 1e27)])
def test_power_law_reference_is_exact(p: float, span: tuple[float, float]) -> None:
    with mp.workdps(160):
        for omega in (0.3 / span[1], 3.0, 40.0 / span[0]):
            got, slopes = power_moment(p, *span, np.array([omega]), 1)
            exact = exact_power_kernel(p, *span, omega)
            assert abs(float(mp.mpf(str(got[0])) / exact - 1)) < 1e-14
            by_p = mp.diff(lambda p, w=omega: mp.log(exact_power_kernel(p, *span, w)), p, h=mp.mpf(10) ** -30)
            assert_allclose(float(slopes[0, 0]), float(by_p), rtol=1e-12, atol=1e-14)
            if span == (0.1, 10.0):
                kernel = partial(exact_power_kernel, p, 0.1, omega=omega)
                by_high = mp.diff(lambda t, k=kernel: mp.log(k(t)), 10, h=mp.mpf(10) ** -30)
                assert_allclose(float(slopes[2, 0]), float(10 * by_high), rtol=1e-12)


def test_log_normal_reference_is_exact() -> None:
    with mp.workdps(30):
        cuts = [mp.mpf(-18) + 2 * i for i in range(19)]
        exact = mp.quad(lambda x: mp.exp(x - x * x / 2) / (1 + 9 * mp.exp(2 * x)), cuts) / mp.sqrt(2 * mp.pi)
    assert abs(normal_moments(1.0, np.array([3.0]), 1)[0][0] / np.longdouble(str(exact)) - 1) < 1e-15


@cache
def units() -> pint.UnitRegistry:
    return pint.UnitRegistry()


@pytest.mark.parametrize("name", FAMILIES)
def test_metadata_is_complete(name: str) -> None:
    family, registry = Relaxation.families[name], units()
    quantities = family.parameters()
    assert family.name == name
    assert quantities
    assert len({q.name for q in quantities}) == len(quantities)
    for q in quantities:
        assert q.name.isidentifier()
        assert q.symbol
        assert q.description
        assert q.support in {"positive", "non-negative", "real", "fraction"}
        assert q.typical is not None
        assert q.typical.spread > (0 if q.support == "real" else 1)
        if q.unit != "1":
            registry.Unit(q.unit)
    assert {name for pair in family.ordered for name in pair} <= {q.name for q in quantities}


@each(WITH_DENSITY)
def test_density_is_normalised_and_non_negative(name: str, values: tuple[float, ...]) -> None:
    tau, weights = over_density(name, values, -90.0, 90.0)
    assert abs(float(np.sum(weights)) - 1) < 1e-10
    assert np.all(run(Relaxation.families[name](*values), "density", tau) >= 0)


@each(WITH_DENSITY)
def test_kernel_and_response_are_the_integrals_over_the_density(name: str, values: tuple[float, ...]) -> None:
    family = Relaxation.families[name](*values)
    tau, weights = over_density(name, values, -90.0, 90.0)
    lorentz = 1 / (1 + (OMEGA_TAU[:, None] * tau) ** 2)
    assert relative(run(family, "kernel", OMEGA_TAU), (lorentz * tau) @ weights) < 1e-10
    response = lorentz @ weights + 1j * OMEGA_TAU * ((lorentz * tau) @ weights)
    assert relative(run(family, "response", OMEGA_TAU), response) < 1e-10
    if np.isfinite(family.mean):
        assert relative(family.mean, tau @ weights) < 1e-10
    else:
        assert np.all(np.diff(run(family, "kernel", np.logspace(-300, -1, 20))) < 0)


@each(FAMILIES)
def test_kernel_is_causal_positive_and_decreasing(name: str, values: tuple[float, ...]) -> None:
    family = Relaxation.families[name](*values)
    omega = np.logspace(-12, 12, 121)
    kernel, response = run(family, "kernel", omega), run(family, "response", omega)
    assert relative(kernel, response.imag / omega) < 1e-12
    assert np.all(kernel > 0)
    assert np.all(np.diff(kernel) <= 1e-12 * kernel[:-1])
    assert np.all(np.diff(omega**2 * kernel) >= -1e-12 * (omega**2 * kernel)[:-1])
    if np.isfinite(family.mean):
        assert_allclose(kernel[0], family.mean, rtol=1e-10)
    earlier = run(family, "response", np.array([1e-40]))
    assert_allclose(earlier, 1.0, atol=1e-9)


@each(FAMILIES)
def test_mass_is_additive_and_the_integral_of_the_density(name: str, values: tuple[float, ...]) -> None:
    family = Relaxation.families[name](*values)
    assert abs(mass(family, *EVER) - 1) < 1e-10
    thirds = ((EVER[0], 0.7), (0.7, 3.0), (3.0, EVER[1]))
    assert abs(sum(mass(family, *pair) for pair in thirds) - 1) < 1e-10
    for low, high in ((0.9, 1.1), (1e-3, 0.9), (0.5, 1e4), (1e-6, 1e6), (1e-25, 1e-22)):
        if name == "single":
            expected = float(low <= values[0] <= high)
        else:
            expected = float(np.sum(over_density(name, values, np.log(low), np.log(high))[1]))
        assert abs(mass(family, low, high) - expected) < 1e-10


@pytest.mark.parametrize("name", FAMILIES)
def test_parameters_broadcast_and_transform(name: str) -> None:
    family = Relaxation.families[name]
    columns = [jnp.array(column) for column in zip(*examples(name), strict=True)]
    omega = jnp.array([0.2, 1.0, 7.0])
    methods = ("kernel", "response", "density")[: 2 if name == "single" else 3]
    single = [family(*v) for v in zip(*columns, strict=True)]
    by_itself = [[compiled(f, methods, w) for w in omega] for f in single]
    along = compiled(family(*columns), methods, omega)
    across = compiled(family(*(c[:, None] for c in columns)), methods, omega)
    stacked = jax.jit(jax.vmap(lambda *v: compiled(family(*v), methods, omega)))(*columns)
    for method in methods:
        one = np.array([[found[method] for found in row] for row in by_itself])
        assert_allclose(along[method], np.diag(one), rtol=1e-12)
        assert_allclose(across[method], one, rtol=1e-12)
        assert_allclose(stacked[method], one, rtol=1e-12)
        assert jax.eval_shape(getattr(single[0], method), omega.reshape(3, 1)).shape == (3, 1)
    one = [mass(family(*v), 0.3, 2.0) for v in zip(*columns, strict=True)]
    assert_allclose(jax.jit(jax.vmap(lambda *v: family(*v).mass(0.3, 2.0)))(*columns), one, rtol=1e-12)
    assert_allclose(compiled_mass(family(*columns), np.array([0.3, 2.0])), one, rtol=1e-12)


@pytest.mark.parametrize("x64", [True, False])
@each(FAMILIES)
def test_single_precision(name: str, values: tuple[float, ...], x64: bool) -> None:
    exact = Relaxation.families[name](*values)
    kernel, response = run(exact, "kernel", OMEGA_TAU), run(exact, "response", OMEGA_TAU)
    expected_share = mass(exact, 1e-6, 1e6)
    with jax.enable_x64(x64):
        family = Relaxation.families[name](*(jnp.float32(v) for v in values))
        omega = OMEGA_TAU.astype(np.float32)
        assert relative(np.asarray(run(family, "kernel", omega), float), kernel) < 1e-4
        assert relative(np.asarray(run(family, "response", omega).real, float), response.real) < 1e-4
        share = float(compiled_mass(family, jnp.array([1e-6, 1e6], jnp.float32)))
        assert abs(share - expected_share) < 1e-4


@pytest.mark.parametrize("width", [0.02, 4.5, 6.0])
def test_log_normal_in_single_precision(width: float) -> None:
    with jax.enable_x64(False):
        family = LogNormal(jnp.float32(1), jnp.float32(width))
        got = run(family, "kernel", OMEGA_TAU.astype(np.float32))
    assert relative(np.asarray(got, float), normal_moments(width, OMEGA_TAU, 1)[0]) < 1e-4


@pytest.mark.parametrize("width", [0.02, 0.1, 0.3, 1, 2, 3, 4, 5, 6])
def test_log_normal_accuracy(width: float) -> None:
    family = LogNormal(1.0, width)
    assert relative(run(family, "kernel", OMEGA_TAU), normal_moments(width, OMEGA_TAU, 1)[0]) < 1e-10
    imaginary = OMEGA_TAU * normal_moments(width, OMEGA_TAU, 1)[0]
    response = normal_moments(width, OMEGA_TAU, 0)[0] + 1j * imaginary
    assert relative(run(family, "response", OMEGA_TAU), response) < 1e-10


@pytest.mark.parametrize("width", [0.02, 0.3, 1.0, 3.0, 6.0])
def test_log_normal_gradients(width: float) -> None:
    kernel, by_median, by_width = normal_moments(width, OMEGA_TAU, 1)
    slope = log_slopes(LogNormal, (1.0, width), OMEGA_TAU)
    assert_allclose(slope[0], (by_median / kernel).astype(float), rtol=1e-8, atol=1e-11)
    assert_allclose(slope[1], (by_width / kernel).astype(float), rtol=1e-8, atol=1e-11)


SPANS = [(1e-6, 1e27), (1e-9, 1e-3), (1.0, 1.5), (1.0, 1.0 + 1e-3)]


def around(low: float, high: float) -> np.ndarray:
    return np.array([w / tau for tau in (low, high) for w in OMEGA_TAU])


@pytest.mark.parametrize("p", [-2.0, -0.5, 0.0, 1.0, 1.0 + 1e-9, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("span", SPANS)
def test_power_law_accuracy(p: float, span: tuple[float, float]) -> None:
    omega = around(*span)
    family, swapped = PowerLaw(p, *span), PowerLaw(p, *span[::-1])
    kernel, response = run(family, "kernel", omega), run(family, "response", omega)
    assert relative(kernel, power_moment(p, *span, omega, 1)[0]) < 1e-10
    assert relative(response.real, power_moment(p, *span, omega, 0)[0]) < 1e-10
    assert_allclose(run(swapped, "kernel", omega), kernel, rtol=0, atol=0)
    tau = np.sqrt(span[0] * span[1])
    assert_allclose(swapped.density(tau), family.density(tau), rtol=1e-15)
    assert_allclose(swapped.mean, family.mean, rtol=1e-15)


@pytest.mark.parametrize("omega_tau", [1e-30, 1e-12, 1e12, 1e30])
@pytest.mark.parametrize("p", [-2.0, 1.0, 3.0])
def test_power_law_far_outside_the_cut_offs(p: float, omega_tau: float) -> None:
    omega = np.array([omega_tau])
    exact, slopes = power_moment(p, 1.0, 2.0, omega, 1)
    assert relative(run(PowerLaw(p, 1.0, 2.0), "kernel", omega), exact) < 1e-10
    assert_allclose(log_slopes(PowerLaw, (p, 1.0, 2.0), omega), slopes.astype(float), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("span", [*SPANS, (1.0, 1.0 + 1e-6)])
def test_log_uniform_accuracy(span: tuple[float, float]) -> None:
    omega, family, swapped = around(*span), LogUniform(*span), LogUniform(*span[::-1])
    exact = np.array([np.longdouble(str(uniform_kernel(*span, w))) for w in omega])
    assert relative(run(family, "kernel", omega), exact) < 1e-12
    x, w = rule(float(np.log(span[0])), float(np.log(span[1])))
    tau = np.exp(x)
    lorentz = 1 / (1 + (omega[:, None] * tau) ** 2) @ (w / np.sum(w))
    assert relative(run(family, "response", omega).real, lorentz) < 1e-10
    kernel = run(family, "kernel", omega)
    assert relative(run(PowerLaw(1.0, *span), "kernel", omega), kernel) < 1e-12
    middle = float(np.sqrt(span[0] * span[1]))
    for name, got, expected in (
        ("kernel", run(swapped, "kernel", omega), kernel),
        ("mean", swapped.mean, family.mean),
        ("density", swapped.density(middle), family.density(middle)),
        ("mass", mass(swapped, span[0] / 2, middle), mass(family, span[0] / 2, middle)),
    ):
        assert_allclose(got, expected, rtol=1e-14, err_msg=name)


@cache
def compiled_slopes(family: type[Relaxation], forward: bool) -> Callable[..., tuple[jax.Array, ...]]:
    def log_kernel(theta: tuple[jax.Array, ...], omega: jax.Array) -> jax.Array:
        return jnp.log(family(*theta).kernel(omega))

    return jax.jit(jax.jacfwd(log_kernel) if forward else jax.jacrev(log_kernel))


def log_slopes(
    family: type[Relaxation], values: tuple[float, ...], omega: np.ndarray, forward: bool = False
) -> np.ndarray:
    """∂ ln K/∂ ln θ for positive parameters θ, ∂ ln K/∂θ for the exponent; one row a parameter.

    Backwards unless asked otherwise, as the sampler differentiates.
    """
    rows = compiled_slopes(family, forward)(tuple(map(jnp.asarray, values)), jnp.asarray(omega))
    scale = [1.0 if family is PowerLaw and i == 0 else v for i, v in enumerate(values)]
    return np.array([np.asarray(row) * s for row, s in zip(rows, scale, strict=True)])


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("span", [(0.01, 30.0), (1.0, 1.5)])
@pytest.mark.parametrize("p", [None, -1.0, 1.0, 1.4, 2.0, 3.0])
def test_gradients_with_cut_offs(p: float | None, span: tuple[float, float], forward: bool) -> None:
    omega = np.array([1e-3, 0.01, 0.3, 1.7, 2e3])
    exact = power_moment(1.0 if p is None else p, *span, omega, 1)[1].astype(float)
    family, values = (LogUniform, span) if p is None else (PowerLaw, (p, *span))
    got = log_slopes(family, values, omega, forward)
    assert_allclose(got, exact[-len(values) :], rtol=1e-8, atol=1e-11)


def test_gradient_of_single() -> None:
    x = OMEGA_TAU**2
    assert_allclose(log_slopes(Single, (1.0,), OMEGA_TAU)[0], (1 - x) / (1 + x), rtol=1e-12)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-9, 1e-6])
@pytest.mark.parametrize("p", [None, 1.0, 2.0, 1.5, -2.0, 5.0])
def test_cut_offs_that_meet_are_one_relaxation_time(p: float | None, gap: float) -> None:
    family = LogUniform if p is None else PowerLaw
    values = (1.0, 1.0 + gap) if p is None else (p, 1.0, 1.0 + gap)
    omega = np.array([1e-3, 0.4, 1.0, 3.0, 1e4])
    meeting = family(*values)
    assert_allclose(run(meeting, "kernel", omega), Single(1.0).kernel(omega), rtol=2e-6)
    assert_allclose(run(meeting, "response", omega), Single(1.0).response(omega), rtol=2e-6)
    slopes = log_slopes(family, values, omega)
    assert np.all(np.isfinite(slopes))
    # Moving both together moves the one time; a single end is lost in rounding as the gap closes.
    expected = (1 - omega**2) / (1 + omega**2)
    assert_allclose(slopes[-2:].sum(0), expected, rtol=1e-5, atol=1e-5)
    if gap == 1e-6:
        assert_allclose(slopes[-2:], np.tile(0.5 * expected, (2, 1)), atol=1e-3)


@pytest.mark.parametrize("family", [LogUniform, PowerLaw])
@pytest.mark.parametrize("gap", [0.0, 1e-9, 1e-6])
def test_mass_and_mean_where_the_cut_offs_meet(family: type[Relaxation], gap: float) -> None:
    values = (1.0, 1.0 + gap) if family is LogUniform else (2.0, 1.0, 1.0 + gap)
    slopes = jax.grad(lambda v: family(*v).mean)(values)[-2:]
    assert_allclose(slopes, 0.5, rtol=3e-6)
    assert abs(mass(family(*values), 0.5, 2.0) - 1) < 1e-9


@pytest.mark.parametrize("p", [-1.3, 1.0, 3.2])
@pytest.mark.parametrize("omega", [1e4, 1.0])
def test_slopes_where_a_cut_off_meets_the_frequency(p: float, omega: float) -> None:
    """ωτ₁ = 1 or ωτ₂ = 1 exactly: central differences straddle the point."""
    values, step = (p, 1e-4, 1.0), 1e-5
    got = log_slopes(PowerLaw, values, np.array([omega]))[:, 0] * [p, 1.0, 1.0]
    for i, value in enumerate(values):
        shifted = [(*values[:i], value * (1 + sign * step), *values[i + 1 :]) for sign in (1, -1)]
        up, down = (float(np.log(run(PowerLaw(*v), "kernel", np.array([omega]))[0])) for v in shifted)
        assert_allclose(got[i], (up - down) / (2 * step), rtol=1e-6, atol=1e-9)
