"""How exact K and H are: every family of f(τ) against mpmath, for ωτ from 1e-8 to 1e8.

References are closed forms or, where there are none, integrals over ln τ to 25 digits; slopes of them are
central differences. Widths of ln τ run from 0.02 to 6 where a family has one. Each figure is the largest
error of any case, over 17 frequencies alone and over the same among 4097, which may take another path. The
slopes are ∂ ln K/∂ ln θ of every parameter and condition θ, and their error is over |slope| + 1e-3. Minutes.

    python benchmarks/kernel_accuracy.py [--family NAME ...]
"""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

jax.config.update("jax_enable_x64", True)

import tlsjax as tls  # noqa: E402

mp.mp.dps = 30
Array = NDArray[np.float64]
Number = mp.mpf | mp.mpc
Values = tuple[float, ...]
Response = Callable[..., list[mp.mpc]]
"""H at several ω, for one set of parameters and conditions."""

MANY = np.logspace(-8, 8, 4097)
FEW = MANY[::256]
STEP = mp.mpf(10) ** -10


def closed(formula: Callable[..., mp.mpc]) -> Response:
    """A formula for one ω, with digits to lose."""

    def response(omegas: Sequence[mp.mpf], *theta: mp.mpf) -> list[mp.mpc]:
        with mp.workdps(120):
            return [formula(omega, *theta) for omega in omegas]

    return response


def summed(log_density: Callable[..., mp.mpf], span: Callable[..., tuple[mp.mpf, ...]]) -> Response:
    """∫dx g(x)/(1 − iωe^x) by the trapezoid rule, for ln g and the ends of x and the width of g's details."""

    def response(omegas: Sequence[mp.mpf], *theta: mp.mpf) -> list[mp.mpc]:
        low, high, width = span(*theta)
        step = min(width / 2, mp.mpf(1) / 7)
        x = [low + step * i for i in range(int((high - low) / step) + 2)]
        weights = [step * mp.exp(log_density(one, *theta)) for one in x]
        times = [mp.exp(one) for one in x]
        return [
            mp.fsum(w / mp.mpc(1, -omega * t) for w, t in zip(weights, times, strict=True))
            for omega in omegas
        ]

    return response


def normal(x: mp.mpf, median: mp.mpf, width: mp.mpf) -> mp.mpf:
    return -(((x - mp.log(median)) / width) ** 2) / 2 - mp.log(width * mp.sqrt(2 * mp.pi))


def normal_span(median: mp.mpf, width: mp.mpf) -> tuple[mp.mpf, ...]:
    reach = 2 * width**2 + 12 * width
    return mp.log(median) - reach, mp.log(median) + reach, width


def gamma(x: mp.mpf, mean: mp.mpf, shape: mp.mpf) -> mp.mpf:
    u = x - mp.log(mean)
    return shape * (u - mp.exp(u)) + shape * mp.log(shape) - mp.loggamma(shape)


def gamma_span(mean: mp.mpf, shape: mp.mpf) -> tuple[mp.mpf, ...]:
    middle, reach = mp.log(mean), 90 / shape + 15 / mp.sqrt(shape)
    return middle - reach, middle + mp.log1p(reach), 1 / mp.sqrt(shape)


def mean_rate(mean: mp.mpf, shape: mp.mpf) -> mp.mpf:
    return shape / ((shape - 1) * mean)


def inverse_gamma(x: mp.mpf, mean: mp.mpf, shape: mp.mpf) -> mp.mpf:
    return gamma(-x, mean_rate(mean, shape), shape)


def inverse_gamma_span(mean: mp.mpf, shape: mp.mpf) -> tuple[mp.mpf, ...]:
    low, high, width = gamma_span(mean_rate(mean, shape), shape)
    return -high, -low, width


def uniform(omega: mp.mpf, low: mp.mpf, high: mp.mpf) -> mp.mpc:
    def upto(tau: mp.mpf) -> mp.mpc:
        return mp.log(tau) - mp.log(mp.mpc(1, -omega * tau))

    return (upto(high) - upto(low)) / mp.log(high / low)


def power(omega: mp.mpf, exponent: mp.mpf, low: mp.mpf, high: mp.mpf) -> mp.mpc:
    q = 1 - exponent
    if q == 0:
        return uniform(omega, low, high)

    def upto(tau: mp.mpf) -> mp.mpc:
        return tau**q * mp.hyp2f1(1, q, 1 + q, mp.mpc(0, omega * tau))

    return (upto(high) - upto(low)) / (high**q - low**q)


def glass(omega: mp.mpf, tau: mp.mpf, a: mp.mpf, b: mp.mpf) -> mp.mpc:
    return (1 + mp.mpc(0, -omega * tau) ** a) ** -b


def tunnelling(omegas: Sequence[mp.mpf], rate: mp.mpf, tau_max: mp.mpf, temperature: mp.mpf) -> list[mp.mpc]:
    """∫dx sech²x [c·artanh(w/c) − w]/M from the edge x where τ_min = τ_max, over ln x = edge + r²."""
    scale = rate * (2 * temperature) ** 3

    def shortest(x: mp.mpf) -> mp.mpf:
        return mp.tanh(x) / (scale * x**3)

    edge = mp.findroot(lambda y: mp.log(shortest(mp.exp(y)) / tau_max), (-25, 3), solver="anderson")
    cuts = mp.linspace(0, mp.sqrt(mp.log(1 + 35 / mp.exp(edge))), 16)

    def integral(omega: Number) -> mp.mpc:
        def integrand(r: mp.mpf) -> mp.mpc:
            x = mp.exp(edge + r * r)
            w = mp.sqrt(max(1 - shortest(x) / tau_max, mp.mpf(0)))
            c = mp.sqrt(mp.mpc(1, -omega * shortest(x)))
            return mp.sech(x) ** 2 * (c * mp.atanh(w / c) - w) * x * 2 * r

        return mp.quad(integrand, cuts)

    everyone = integral(mp.mpf(0))
    return [integral(omega) / everyone for omega in omegas]


def activated(omegas: Sequence[mp.mpf], attempt: mp.mpf, *rest: mp.mpf) -> list[mp.mpc]:
    barrier, width, temperature = rest
    median = attempt * mp.exp(barrier / temperature)
    return REFERENCES["log_normal"].response(omegas, median, width / temperature)


def activated_uniform(omegas: Sequence[mp.mpf], attempt: mp.mpf, *rest: mp.mpf) -> list[mp.mpc]:
    *barriers, temperature = rest
    ends = [attempt * mp.exp(barrier / temperature) for barrier in barriers]
    return REFERENCES["log_uniform"].response(omegas, *ends)


class Reference(NamedTuple):
    """H, and the parameters and conditions at which it is compared; times are near 1 s."""

    response: Response
    cases: list[Values]


SPANS = [(1.0, 1.001), (0.2, 5.0), (1e-4, 1e4), (1e-12, 1.0)]
# shapes of gamma distributions whose ln τ are from 6 to 0.02 wide
SHAPES = (0.17, 0.5, 1.0, 2.0, 7.0, 40.0, 2500.0)
GLASSES = [(0.05, 0.7), (0.3, 1.0), (0.5, 2.0), (0.9, 0.4), (0.99, 1.0), (1.0, 0.3), (1.0, 1.0)]
REFERENCES = {
    "single": Reference(closed(lambda omega, tau: 1 / mp.mpc(1, -omega * tau)), [(1.0,)]),
    "log_uniform": Reference(closed(uniform), SPANS),
    "power_law": Reference(
        closed(power), [(p, *ends) for p in (-1.3, 0.25, 1.0, 1.5, 3.2) for ends in SPANS]
    ),
    "log_normal": Reference(
        summed(normal, normal_span), [(1.0, s) for s in (0.02, 0.1, 0.3, 0.6, 1.0, 2.0, 4.0, 6.0)]
    ),
    "gamma": Reference(summed(gamma, gamma_span), [(1.0, k) for k in SHAPES]),
    "inverse_gamma": Reference(
        summed(inverse_gamma, inverse_gamma_span), [(1.0, k) for k in (1.001, 1.5, *SHAPES[3:])]
    ),
    "cole_cole": Reference(
        closed(lambda omega, tau, a: glass(omega, tau, a, mp.mpf(1))),
        [(1.0, a) for a, b in GLASSES if b == 1],
    ),
    "davidson_cole": Reference(
        closed(lambda omega, tau, b: glass(omega, tau, mp.mpf(1), b)),
        [(1.0, b) for a, b in GLASSES if a == 1],
    ),
    "havriliak_negami": Reference(closed(glass), [(1.0, *ab) for ab in GLASSES]),
    "tunnelling_phonon": Reference(tunnelling, [(1e8, 1.0, 0.1), (1e5, 1.0, 0.02)]),
    "thermally_activated": Reference(activated, [(5e-5, 10.0, 0.5, 1.0), (2e-9, 4.0, 0.8, 0.2)]),
    "thermally_activated_uniform": Reference(
        activated_uniform, [(1e-6, 5.0, 20.0, 1.0), (1e-9, 1.0, 4.0, 0.2)]
    ),
}


def expected(response: Response, values: Values) -> tuple[Array, Array]:
    """H and ∂ ln K/∂ ln θ (one row a θ) at FEW."""
    omegas, theta = [mp.mpf(float(omega)) for omega in FEW], [mp.mpf(value) for value in values]
    slopes = []
    for i in range(len(theta)):
        up, down = (
            [one.imag for one in response(omegas, *theta[:i], theta[i] * (1 + step), *theta[i + 1 :])]
            for step in (STEP, -STEP)
        )
        slopes.append([float(mp.log(u / d) / (2 * STEP)) for u, d in zip(up, down, strict=True)])
    return np.array([complex(one) for one in response(omegas, *theta)]), np.array(slopes)


@eqx.filter_jit
def computed(
    family: type[tls.Relaxation], theta: jax.Array, omega: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """K, H and ∂ ln K/∂θ."""

    def log_kernel(theta: jax.Array) -> jax.Array:
        return jnp.log(family(*theta).kernel(omega))

    one = family(*theta)
    return one.kernel(omega), one.response(omega), jax.jacfwd(log_kernel)(theta)


def errors(family: type[tls.Relaxation], values: Values, exact: tuple[Array, Array]) -> Array:
    """Largest errors of K, H and the slopes."""
    response, slopes = exact
    worst = []
    for omega, seen in ((FEW, slice(None)), (MANY, slice(None, None, 256))):
        found = computed(family, jnp.array(values), jnp.asarray(omega))
        kernel, complex_response, slope = (np.asarray(one)[seen] for one in found)
        worst.append([
            np.max(np.abs(kernel * FEW / response.imag - 1)),
            np.max(np.abs(complex_response / response - 1)),
            np.max(np.abs(slope.T * np.array(values)[:, None] - slopes) / (np.abs(slopes) + 1e-3)),
        ])  # fmt: skip
    return np.max(worst, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", nargs="*", default=sorted(tls.Relaxation.families))
    shown = Table("family", "cases", "K", "H", "slopes", title="largest relative errors")
    for name in parser.parse_args().family:
        if name not in REFERENCES:
            shown.add_row(name, "no reference here")
            continue
        response, cases = REFERENCES[name]
        family = tls.Relaxation.families[name]
        worst = np.max([errors(family, values, expected(response, values)) for values in cases], 0)
        shown.add_row(name, str(len(cases)), *(f"{error:.0e}" for error in worst))
    Console().print(shown)


if __name__ == "__main__":
    main()
