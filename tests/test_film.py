"""The film, Eqs. 8–14, 22 and 23."""

from collections.abc import Callable
from math import pi, sqrt

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pint
import pytest
from numpy.testing import assert_allclose

from tlsjax import LogUniform, biased_broad_limit, current_noise, noise_coefficient, one_over_f_noise
from tlsjax.errors import InputError
from tlsjax.physics.film import Film
from tlsjax.physics.materials import film_of

E, HBAR, K_B, MASS = 1.602176634e-19, 1.054571817646156e-34, 1.380649e-23, 9.1093837139e-31
TYPICAL = {"critical_temperature": 10.0, "fermi_velocity": 1e6, "mean_free_path": 2e-9, "thickness": 10e-9}
FILMS = [
    Film(**TYPICAL),
    Film(gap=2e-22, fermi_wavelength=0.5e-9, mean_free_path=1e-9, thickness=5e-9, density_constant=0.7),
    Film(gap=3e-23, fermi_velocity=2e6, mass=2e-30, thickness=20e-9, sheet_resistance=40.0,
         dipole_constant=0.1),
    Film(critical_temperature=4.0, fermi_velocity=7e5, fermi_wavelength=4e-10, thickness=8e-9,
         sheet_inductance=30e-12, coupling_constant=1.5, density_constant=2.0),
]  # fmt: skip


@pytest.mark.parametrize("film", FILMS)
def test_lengths_momenta_and_sheet_values(film: Film) -> None:
    assert_allclose(film.depairing_momentum * film.coherence_length, HBAR, rtol=1e-13)
    assert_allclose(film.depairing_momentum, sqrt(HBAR * film.gap / film.diffusion), rtol=1e-13)
    assert_allclose(film.fermi_wavelength * film.mass * film.fermi_velocity, 2 * pi * HBAR, rtol=1e-13)
    assert_allclose(film.sheet_inductance, HBAR * film.sheet_resistance / (pi * film.gap), rtol=1e-12)
    # dirty limit: ξ² = ξ₀ℓ/3
    assert_allclose(
        film.coherence_length**2, film.clean_coherence_length * film.mean_free_path / 3, rtol=1e-12
    )
    # Drude with a free-electron sphere has the same sheet resistance as Eq. 10
    time = film.mean_free_path / film.fermi_velocity
    drude = film.carrier_density * E**2 * time / film.mass * film.thickness
    assert_allclose(film.sheet_resistance, 1 / drude, rtol=1e-12)


@pytest.mark.parametrize("film", FILMS)
def test_chained_over_printed(film: Film) -> None:
    flow = np.array([0.0, 0.01, 0.05])
    ratio = film.density_constant / sqrt(8 * pi)
    assert_allclose(film.omega_star(flow, "chained"), ratio * film.omega_star(flow), rtol=1e-12)


@pytest.mark.parametrize("film", FILMS)
def test_chain_of_estimates(film: Film) -> None:
    flow = 0.04
    wave = film.fermi_energy * film.fermi_wavelength**3
    assert_allclose(
        film.splitting_rms(flow), film.coupling_constant * wave * film.density_rms(flow), rtol=1e-12
    )
    momentum = flow * film.depairing_momentum
    assert_allclose(film.splitting_rms(flow), film.alpha_rms * momentum**2, rtol=1e-12)
    order_one = film.coupling_constant * film.density_constant
    assert_allclose(
        film.splitting_rms(flow), order_one * film.gap / jnp.sqrt(film.conductance) * flow**2, rtol=1e-12
    )
    chained = E * film.alpha_rms * momentum / film.dipole
    assert_allclose(film.omega_star(flow, "chained"), chained, rtol=1e-13)


@pytest.mark.parametrize("film", FILMS)
@pytest.mark.parametrize("orientation", ["aligned", "isotropic"])
@pytest.mark.parametrize("form", ["printed", "chained"])
def test_eta_and_nu_are_the_microscopic_ones(film: Film, orientation: str, form: str) -> None:
    """Aηω*² = 4n_εe²⟨α_s²⟩p̄_s², without a dipole in it, and A = n_ε⟨d∥²⟩."""
    systems, flow = 1e36, 0.03
    amplitude = film.nu(systems, orientation) * (E * film.fermi_wavelength) ** 2
    share = 1.0 if orientation == "aligned" else 1 / 3
    assert_allclose(amplitude, systems * share * film.dipole**2, rtol=1e-12)
    superflow = amplitude * film.eta(form, orientation) * film.omega_star(flow, form) ** 2
    momentum = flow * film.depairing_momentum
    assert_allclose(superflow, 4 * systems * (E * film.alpha_rms * momentum) ** 2, rtol=1e-12)
    expected = 4.0 if form == "chained" else float(film.density_constant) ** 2 / (2 * pi)
    assert_allclose(film.eta(form, orientation), expected / share, rtol=1e-12)


def test_quoted_values_of_eta() -> None:
    film = FILMS[0]
    assert_allclose(film.eta("printed", "isotropic"), 0.477, atol=5e-4)
    assert film.eta("chained", "isotropic") == pytest.approx(12)


@pytest.mark.parametrize("film", FILMS)
def test_superfluid_density(film: Film) -> None:
    exact, printed = film.superfluid_density(), film.superfluid_density("printed")
    assert_allclose(exact / printed, pi, rtol=1e-12)
    assert_allclose(exact, film.mass / (E**2 * film.sheet_inductance), rtol=1e-13)
    for form in ("exact", "printed"):
        mean, conductance = film.superfluid_density(form), film.conductance
        assert_allclose(film.superfluid_density_rms(form), mean / conductance, rtol=1e-13)
        assert_allclose(film.single_system_density_rms(form), mean / conductance**1.5, rtol=1e-13)
    # Eq. 22's second form, Nλ_FΔ/ε_F, is larger by 8/3
    second = film.carrier_density * film.fermi_wavelength * film.gap / film.fermi_energy
    assert_allclose(film.superfluid_density_rms("printed") / second, 3 / 8, rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("index", [0, 2, 3])
def test_noise_of_eqs_19_and_21(index: int, scale: float) -> None:
    """Identities 2 and 16: chained ω*, C = k = k₁ = 1."""
    one = jnp.asarray(1.0)
    film = eqx.tree_at(
        lambda f: (f.density_constant, f.coupling_constant, f.dipole_constant), FILMS[index], (one, one, one)
    )
    film = eqx.tree_at(lambda f: f.thickness, film, film.thickness * scale)
    if film.measured_inductance is not None:
        film = eqx.tree_at(lambda f: f.measured_inductance, film, film.measured_inductance / scale)
    omega, temperature, width, length, nu = 1e4, 0.05, 1e-6, 1e-4, 1e36
    flow = 0.02
    star = film.omega_star(flow, "chained")
    momentum = flow * film.depairing_momentum
    # Eq. 21 has the paper's own j = e⟨N_s⟩p_s/m
    density = film.superfluid_density("printed")
    current = E * density * momentum / film.mass * width
    gamma = noise_coefficient(
        nu=nu, temperature=temperature, mean_free_path=film.mean_free_path, superfluid_density=density
    )
    volume = width * length * film.thickness
    paper = one_over_f_noise(omega, gamma=gamma, bias_current=current, volume=volume)
    scaling = K_B * temperature * E**2 * nu * (film.fermi_wavelength * star) ** 2 / omega * width / length
    assert_allclose(scaling / paper, pi / 6, rtol=1e-12)
    broad = LogUniform(1e-14, 1e8)
    whole = {"nu": nu, "lambda_f": film.fermi_wavelength, "omega_star": star, "relaxation": broad}
    noise = current_noise(
        omega, **whole, eta=film.eta("chained"), temperature=temperature, width=width, length=length
    )
    span = np.log(1e22)
    assert_allclose(noise / paper, 4 * pi**2 / (3 * span), rtol=1e-9)
    limit = biased_broad_limit(omega, **whole, eta=film.eta("chained"))
    assert_allclose(4 * K_B * temperature * limit * width / length, noise, rtol=1e-9)


def test_orders_of_magnitude() -> None:
    """Identity 17."""
    film = Film(**TYPICAL)
    assert_allclose(film.conductance, 317, atol=0.6)
    assert_allclose(film.sheet_resistance, 82, atol=1)
    assert_allclose(film.sheet_inductance, 11e-12, rtol=0.03)
    assert_allclose(film.omega_star(0.03) / (2 * pi), 73e9, rtol=0.01)
    assert_allclose(film.omega_star(0.03, "chained") / (2 * pi), 14.5e9, rtol=0.01)
    assert_allclose(film.gap, 1.764 * K_B * 10, rtol=1e-4)
    assert_allclose(film.mass, MASS, rtol=1e-13)


def test_measured_values_stand_in_for_the_rest() -> None:
    film = Film(**TYPICAL)
    rest = {key: TYPICAL[key] for key in ("critical_temperature", "fermi_velocity", "thickness")}
    again = [
        Film(**rest, sheet_resistance=film.sheet_resistance),
        Film(**rest, sheet_inductance=film.sheet_inductance),
        Film(**{**rest, "fermi_velocity": None}, fermi_wavelength=film.fermi_wavelength, mean_free_path=2e-9),
        Film(gap=film.gap, mass=MASS, fermi_velocity=1e6, mean_free_path=2e-9, thickness=10e-9),
    ]
    for other in again:
        for name in ("mean_free_path", "diffusion", "sheet_resistance", "sheet_inductance", "alpha_rms"):
            assert_allclose(getattr(other, name), getattr(film, name), rtol=1e-12)
    # both measured: R□ gives ℓ, L□ the current
    both = Film(**rest, sheet_resistance=film.sheet_resistance, sheet_inductance=1.3 * film.sheet_inductance)
    assert_allclose(both.mean_free_path, film.mean_free_path, rtol=1e-12)
    assert_allclose(both.momentum(1e-6, width=1e-6), 1.3 * film.momentum(1e-6, width=1e-6), rtol=1e-12)
    dense = Film(**TYPICAL, carrier_density=2 * film.carrier_density)
    assert_allclose(dense.superfluid_density("printed"), 2 * film.superfluid_density("printed"), rtol=1e-12)
    assert_allclose(dense.superfluid_density(), film.superfluid_density(), rtol=1e-12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"gap": 1e-22},
        {"critical_temperature": None},
        {"fermi_velocity": None},
        {"fermi_wavelength": 1e-9, "mass": 1e-30},
        {"mean_free_path": None},
        {"sheet_resistance": 10.0},
    ],
)
def test_too_much_or_too_little_is_refused(wrong: dict[str, float | None]) -> None:
    with pytest.raises(InputError, match="a film needs"):
        Film(**{**TYPICAL, **wrong})


def test_unknown_options_are_refused() -> None:
    film = FILMS[0]
    calls: list[Callable[[], object]] = [
        lambda: film.omega_star(0.1, "half"),
        lambda: film.eta("half"),
        lambda: film.eta("printed", "half"),
        lambda: film.nu(1.0, "half"),
        lambda: film.superfluid_density("half"),
        lambda: film.momentum(1e-6, width=1e-6, depairing="half"),
        lambda: film.current(1e-27, width=1e-6, depairing="half"),
        lambda: film.biased_inductance(1e-6, width=1e-6, depairing="half"),
        lambda: film_of("half", thickness=1e-8),
    ]
    for call in calls:
        with pytest.raises(InputError, match="'half' is none of '"):
            call()


def test_linear_momentum_needs_no_mass() -> None:
    film = FILMS[3]
    expected = E * 30e-12 * 2e-6 / 5e-7
    assert_allclose(film.momentum(2e-6, width=5e-7), expected, rtol=1e-12)
    # j = eN_sp/m with the exact N_s
    through_density = E * film.superfluid_density() * expected / film.mass * 5e-7
    assert_allclose(through_density, 2e-6, rtol=1e-12)
    limit = film.depairing_current(width=5e-7)
    unit = E * film.superfluid_density() * film.depairing_momentum / film.mass
    assert_allclose(limit, 0.23736 * unit * 5e-7, rtol=1e-5)
    shifted = film.biased_inductance(0.01 * limit, width=5e-7)
    assert_allclose(shifted / 30e-12 - 1, 0.409e-4, rtol=1e-3)


def test_gradients_through_the_film() -> None:
    def star(value: jax.Array) -> jax.Array:
        film = Film(
            critical_temperature=10 * value[0], fermi_velocity=1e6 * value[1], thickness=1e-8 * value[2],
            sheet_resistance=80 * value[3], density_constant=value[4],
        )  # fmt: skip
        momentum = film.momentum(20e-6, width=1e-6, depairing="usadel")
        return jnp.log(film.omega_star(momentum / film.depairing_momentum, "chained"))

    one, step = jnp.ones(5), 1e-5
    expected = [(star(one + step * row) - star(one - step * row)) / (2 * step) for row in jnp.eye(5)]
    assert np.all(np.isfinite(expected))
    assert_allclose(jax.grad(star)(one), expected, rtol=1e-7, atol=1e-9)


def test_numbers_are_leaves_and_never_recompile() -> None:
    count = 0

    @jax.jit
    def star(film: Film) -> jax.Array:
        nonlocal count
        count += 1
        return film.omega_star(0.1)

    film = Film(**TYPICAL)
    for thickness in (1e-8, 2e-8):
        changed = eqx.tree_at(lambda f: f.thickness, film, jnp.asarray(thickness))
        assert_allclose(star(changed), star(film) * sqrt(1e-8 / thickness), rtol=1e-12)
    assert count == 1
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(film))
    many = jax.vmap(lambda tc: Film(**{**TYPICAL, "critical_temperature": tc}).sheet_inductance)
    assert_allclose(many(jnp.array([5.0, 10.0])), film.sheet_inductance * np.array([2.0, 1.0]), rtol=1e-12)


def test_dimensions() -> None:
    u = pint.UnitRegistry()
    film = Film(**TYPICAL)
    hbar, charge = 1 * u.hbar, 1 * u.elementary_charge
    gap, diffusion = float(film.gap) * u.J, float(film.diffusion) * u.m**2 / u.s
    momentum = (hbar * gap / diffusion) ** 0.5
    assert_allclose(film.depairing_momentum, momentum.to("kg m/s").magnitude, rtol=1e-9)
    alpha = diffusion / hbar / float(film.conductance) ** 0.5
    assert_allclose(film.alpha_rms, alpha.to("1/kg").magnitude, rtol=1e-9)
    star = charge * alpha * momentum / (charge * float(film.fermi_wavelength) * u.m)
    assert_allclose(film.omega_star(1.0, "chained"), star.to("1/s").magnitude, rtol=1e-9)
    inductance = hbar * (float(film.sheet_resistance) * u.ohm) / (pi * gap)
    assert_allclose(film.sheet_inductance, inductance.to("H").magnitude, rtol=1e-9)
    current = momentum / (charge * inductance) * (1 * u.um)
    assert_allclose(film.current(film.depairing_momentum, width=1e-6), current.to("A").magnitude, rtol=1e-9)
