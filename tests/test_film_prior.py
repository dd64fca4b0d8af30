"""Priors from a film: against hand-made laws and Monte Carlo, in model files, and in a fit."""

from collections.abc import Callable
from math import exp, log, pi, sqrt
from pathlib import Path

import jax
import numpy as np
import pytest
import scipy.constants as si
from scipy.optimize import brentq

import tlsjax as tls
from tlsjax.fitting.fit import choose_model
from tlsjax.model import prior
from tlsjax.model.defaults import build_model
from tlsjax.model.modelfile import to_toml

MASS = si.m_e
EXACT = {"density_constant": 1.0, "coupling_constant": 1.0, "dipole_constant": 1.0}
CURRENT = 1e-5


def gap(critical_temperature: float) -> float:
    return pi * exp(-0.5772156649015329) * si.k * critical_temperature


def estimate(**inputs: object) -> dict[str, prior.Prior]:
    film = tls.FilmPrior(**{"depairing": "none", "width": 1e-6, **EXACT, **inputs})  # type: ignore[arg-type]
    return film.estimate(CURRENT).priors


def numbers(own: prior.Prior) -> tuple[float, float]:
    """Median and factor."""
    if isinstance(own, prior.Fixed):
        return float(own.value), 1.0
    assert isinstance(own, prior.LogNormal)
    return float(own.median), float(own.factor)


def from_resistance(v: dict[str, float]) -> float:
    """ω* printed with the electron's mass, all put in: (k/k₁)(I/W)(h/m)√(hR□/8π)/(πΔL_z)."""
    constants = v.get("coupling_constant", 1.0) / v.get("dipole_constant", 1.0)
    root = sqrt(si.h * v["sheet_resistance"] / (8 * pi))
    return (
        constants * CURRENT / v.get("width", 1e-6) * si.h / MASS * root
        / (pi * gap(v["critical_temperature"]) * v["thickness"])
    )  # fmt: skip


def from_both(v: dict[str, float]) -> float:
    """With L□ measured beside R□ the gap drops out: (L□I/ħW)(h/mL_z)√(h/8πR□)."""
    root = sqrt(si.h / (8 * pi * v["sheet_resistance"]))
    return v["sheet_inductance"] * CURRENT / (si.hbar * 1e-6) * si.h / (MASS * v["thickness"]) * root


def from_inductance(v: dict[str, float]) -> float:
    resistance = pi * gap(v["critical_temperature"]) * v["sheet_inductance"] / si.hbar
    return from_resistance({**v, "sheet_resistance": resistance})


def from_free_path(v: dict[str, float]) -> float:
    wavelength = si.h / (MASS * v["fermi_velocity"])
    conductance = 8 * pi / 3 * v["mean_free_path"] * v["thickness"] / wavelength**2
    return from_resistance({**v, "sheet_resistance": si.h / (si.e**2 * conductance)})


def from_resistivity(v: dict[str, float]) -> float:
    return from_resistance({**v, "sheet_resistance": v["resistivity"] / v["thickness"]})


def from_penetration_depth(v: dict[str, float]) -> float:
    return from_inductance({**v, "sheet_inductance": si.mu_0 * v["penetration_depth"] ** 2 / v["thickness"]})


LAWS = [
    (from_resistance, {"sheet_resistance": (80.0, 1.3, 0.5), "critical_temperature": (10.0, 1.1, -1.0),
                       "thickness": (1e-8, 1.2, -1.0), "width": (2e-6, 1.05, -1.0),
                       "coupling_constant": (0.8, 2.0, 1.0), "dipole_constant": (0.1, 1.5, -1.0)}),
    (from_resistance, {"sheet_resistance": (80.0, 1.0, 0.5), "critical_temperature": (10.0, 1.0, -1.0),
                       "thickness": (1e-8, 1.1, -1.0)}),
    (from_both, {"sheet_inductance": (3e-11, 1.2, 1.0), "sheet_resistance": (80.0, 1.3, -0.5),
                 "thickness": (1e-8, 1.2, -1.0), "critical_temperature": (10.0, 1.5, 0.0)}),
    (from_inductance, {"sheet_inductance": (3e-11, 1.2, 0.5), "critical_temperature": (10.0, 1.5, -0.5),
                       "thickness": (1e-8, 1.0, -1.0)}),
    (from_free_path, {"mean_free_path": (2e-9, 1.4, -0.5), "fermi_velocity": (1e6, 1.2, -1.0),
                      "thickness": (1e-8, 1.1, -1.5), "critical_temperature": (10.0, 1.0, -1.0)}),
    (from_resistivity, {"resistivity": (8e-7, 1.4, 0.5), "thickness": (1e-8, 1.2, -1.5),
                        "critical_temperature": (10.0, 1.0, -1.0)}),
    (from_penetration_depth, {"penetration_depth": (2e-7, 1.3, 1.0), "thickness": (1e-8, 1.2, -1.5),
                              "critical_temperature": (10.0, 1.1, -0.5)}),
]  # fmt: skip


@pytest.mark.parametrize(("law", "inputs"), LAWS)
def test_omega_star_follows_its_power_law(
    law: Callable[[dict[str, float]], float], inputs: dict[str, tuple[float, float, float]]
) -> None:
    """A product of powers of log-normals is log-normal: median of medians, ln factors add in squares."""
    median, factor = numbers(
        estimate(
            **{n: prior.LogNormal(m, f) if f > 1 else m for n, (m, f, _) in inputs.items()},
            **({} if "fermi_velocity" in inputs else {"fermi_velocity": 1e6}),
        )["omega_star"]
    )
    assert median == pytest.approx(law({name: m for name, (m, _, _) in inputs.items()}), rel=1e-8)
    spread = sqrt(sum((power * log(f)) ** 2 for _, f, power in inputs.values()))
    assert log(factor) == pytest.approx(spread, rel=0.02)


def test_order_of_magnitude() -> None:
    """T_c 10 K, ℓ 2 nm, L_z 10 nm, p̄_s = 0.03 p_d: R□ 82 Ω, L□ 11 pH, ω*/2π 73 GHz printed, 14.5 chained."""
    inputs = {
        "critical_temperature": 10.0, "fermi_velocity": 1e6, "mean_free_path": 2e-9, "thickness": 1e-8,
        "width": 1e-6, **EXACT,
    }  # fmt: skip
    film = tls.FilmPrior(**inputs).estimate(CURRENT).film
    current = float(film.current(0.03 * film.depairing_momentum, width=1e-6, depairing="usadel"))
    for form, expected in (("printed", 73.0), ("chained", 14.5)):
        found = tls.FilmPrior(form=form, **inputs).estimate(current)  # type: ignore[arg-type]
        median, factor = numbers(found.priors["omega_star"])
        assert median / (2e9 * pi) == pytest.approx(expected, abs=0.5)
        assert factor == 1.0
    assert float(film.sheet_resistance) == pytest.approx(82, abs=0.5)
    assert float(film.sheet_inductance) == pytest.approx(11e-12, abs=0.5e-12)


@pytest.mark.parametrize(("orientation", "share"), [("aligned", 1.0), ("isotropic", 1 / 3)])
def test_forms_differ_in_omega_star_and_eta_but_not_in_what_is_measured(
    orientation: str, share: float
) -> None:
    """Chained over printed is C/√8π; η is 4 and C²/2π, three times that if isotropic; √η ω* is the same."""
    common = {
        "critical_temperature": 10.0, "fermi_velocity": 1e6, "sheet_resistance": 80.0, "thickness": 1e-8,
        "density_constant": prior.LogNormal(0.7, 1.6), "coupling_constant": prior.LogNormal(1.0, 1.3),
        "orientation": orientation,
    }  # fmt: skip
    printed, chained = (estimate(form=form, **common) for form in ("printed", "chained"))
    (p, p_factor), (c, c_factor) = (numbers(one["omega_star"]) for one in (printed, chained))
    assert c / p == pytest.approx(0.7 / sqrt(8 * pi), rel=1e-9)
    assert log(p_factor) == pytest.approx(log(1.3), rel=1e-2)
    assert log(c_factor) == pytest.approx(sqrt(log(1.3) ** 2 + log(1.6) ** 2), rel=1e-2)
    (eta, eta_factor), (exact, one) = numbers(printed["eta"]), numbers(chained["eta"])
    assert (exact, one) == (pytest.approx(4 / share, rel=1e-12), 1.0)
    assert eta == pytest.approx(0.7**2 / (2 * pi * share), rel=1e-9)
    assert eta_factor == pytest.approx(1.6**2, rel=1e-3)
    assert sqrt(eta) * p == pytest.approx(sqrt(exact) * c, rel=1e-9)


def test_other_priors_are_summarised_by_mean_and_sd_of_the_logarithm() -> None:
    """Uniform, log-uniform and normal inputs against Monte Carlo with NumPy."""
    median, factor = numbers(
        estimate(
            critical_temperature=prior.Normal(10.0, 1.0), fermi_velocity=1e6,
            sheet_resistance=prior.LogUniform(50.0, 200.0), thickness=prior.Uniform(5e-9, 15e-9),
        )["omega_star"]
    )  # fmt: skip
    rng, n = np.random.default_rng(5), 400_000
    logs = 0.5 * rng.uniform(log(50), log(200), n) - np.log(rng.normal(10, 1, n))
    logs -= np.log(rng.uniform(5e-9, 15e-9, n))
    reference = from_resistance({"sheet_resistance": 1.0, "critical_temperature": 1.0, "thickness": 1.0})
    assert log(median / reference) == pytest.approx(logs.mean(), abs=2e-3)
    assert log(factor) == pytest.approx(logs.std(), rel=0.02)


NEAR = {
    "critical_temperature": 10.0, "fermi_velocity": 1e6, "sheet_resistance": 80.0, "thickness": 1e-8,
}  # fmt: skip


def depairing_current_per_width() -> tuple[float, float]:
    """j₀ = p_d/(eL□) and j_d = 0.23736 j₀, A/m, of the film above."""
    wavelength = si.h / (MASS * 1e6)
    free_path = 3 * si.h / (si.e**2 * 80.0) * wavelength**2 / (8 * pi * 1e-8)
    momentum = sqrt(si.hbar * gap(10.0) / (1e6 * free_path / 3))
    scale = momentum * pi * gap(10.0) / (si.e * si.hbar * 80.0)
    return scale, 0.23736 * scale


def test_near_depairing_the_momentum_rises_faster_than_the_current() -> None:
    """Against a root of Usadel's law at T = 0, ln Δ = −πΓ/4Δ, Γ = 2x², j = x(Δ − 4Γ/3π), in reduced units."""
    scale, limit = depairing_current_per_width()
    width = CURRENT / (0.9 * limit)

    def current(x: float) -> float:
        delta = brentq(lambda d: log(d) + pi * x**2 / (2 * d), 0.3, 1.0)
        return float(x * (delta - 8 * x**2 / (3 * pi)))

    x = brentq(lambda x: current(x) - CURRENT / (width * scale), 0.01, 0.3444)
    linear = numbers(estimate(**NEAR, width=width)["omega_star"])[0]
    usadel = numbers(estimate(**NEAR, width=width, depairing="usadel")["omega_star"])[0]
    assert usadel / linear == pytest.approx(x * width * scale / CURRENT, rel=1e-4)
    assert usadel > 1.15 * linear


def test_films_that_cannot_carry_the_current_are_left_out() -> None:
    """Monte Carlo: a width that is uncertain around what carries the current, Ginzburg–Landau's cubic law."""
    scale, limit = depairing_current_per_width()
    width = CURRENT / (0.8 * limit)
    film = tls.FilmPrior(
        **NEAR, **EXACT, width=prior.LogNormal(width, 1.3), depairing="ginzburg-landau"
    )  # fmt: skip
    found = film.estimate(CURRENT)
    drawn = width * np.exp(log(1.3) * np.random.default_rng(3).standard_normal(400_000))
    carried = drawn > CURRENT / limit
    assert found.carried == pytest.approx(carried.mean(), abs=0.01)
    momenta = np.array(
        [
            # smallest positive root of (3√3/2)q(1 − q²) = j/j_d
            min(q.real for q in np.roots([-1.5 * sqrt(3), 0, 1.5 * sqrt(3), -j]) if q.real > 0)
            for j in CURRENT / (drawn[carried][:20_000] * limit)
        ]
    )
    linear = from_resistance({**NEAR, "width": 1.0}) / (CURRENT / scale)
    logs = np.log(0.6167 * momenta * linear)
    median, factor = numbers(found.priors["omega_star"])
    assert log(median) == pytest.approx(logs.mean(), abs=0.01)
    assert log(factor) == pytest.approx(logs.std(), rel=0.05)


def test_current_above_depairing_is_refused_with_the_depairing_current() -> None:
    _, limit = depairing_current_per_width()
    width = CURRENT / (1.6 * limit)
    with pytest.raises(tls.InputError) as caught:
        estimate(**NEAR, width=prior.LogNormal(width, 1.1), depairing="usadel")
    assert str(caught.value) == (
        "the reference current 10 µA is above the depairing current of this film, about 6.2 µA"
    )


def test_order_one_constants_left_open_are_uncertain() -> None:
    film = tls.FilmPrior(**NEAR, width=1e-6, depairing="none")
    found = film.estimate(CURRENT).priors
    median, factor = numbers(found["omega_star"])
    assert median == pytest.approx(from_resistance(NEAR) / 0.3, rel=1e-8)
    assert log(factor) == pytest.approx(sqrt(log(2) ** 2 + log(3) ** 2), rel=0.02)
    assert numbers(found["eta"]) == pytest.approx((3 / (2 * pi), 4.0), rel=1e-3)
    # d = k₁eλ_F of 3 D at λ_F = 0.5 nm is within one standard deviation, the paper's k₁ ~ 1 nearly so
    lower, upper = (numbers(film.assumed["dipole_constant"])[0] * 3.0**sign for sign in (-1, 1))
    assert lower < 3 * 3.336e-30 / (si.e * 0.5e-9) < upper
    assert upper == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("material", "powers"),
    [
        ("NbN", {1.3: (2.0, 1.0, -1.0), 2.0: (-0.5,)}),  # λ_F, v_F, T_c; ℓ
        ("Al", {1.3: (1.0, 1.0, -0.5), 1.4: (1.0,)}),  # λ_F, v_F, T_c; λ
        ("TiN", {1.3: (1.0, 1.0, -1.0), 2.0: (0.5,)}),  # λ_F, v_F, T_c; ρ
    ],
)
def test_material_is_typical_until_something_is_stated(
    material: str, powers: dict[float, tuple[float, ...]]
) -> None:
    """Medians are those of film_of; each stated input takes its typical one, with its spread, away."""
    typical = tls.FilmPrior(material=material, thickness=1e-8, width=1e-6, depairing="none", **EXACT)
    film = tls.film_of(material, thickness=1e-8)
    flow = film.momentum(CURRENT, width=1e-6) / film.depairing_momentum
    median, factor = numbers(typical.estimate(CURRENT).priors["omega_star"])
    assert median == pytest.approx(float(film.omega_star(flow)), rel=1e-8)
    spread = sqrt(sum((power * log(f)) ** 2 for f, several in powers.items() for power in several))
    assert log(factor) == pytest.approx(spread, rel=0.02)
    assert numbers(typical.estimate(CURRENT).priors["lambda_f"]) == pytest.approx(
        (float(film.fermi_wavelength), 1.3)
    )
    stated = typical.completed(gap=1e-22, fermi_velocity=1e6, fermi_wavelength=5e-10, sheet_resistance=100.0)
    assert not stated.assumed
    assert numbers(stated.estimate(CURRENT).priors["omega_star"])[1] == 1.0


def test_single_precision_is_refused_with_the_remedy() -> None:
    with (
        jax.enable_x64(False),
        pytest.raises(RuntimeError, match=r"jax\.config\.update\('jax_enable_x64', True\)"),
    ):
        estimate(**NEAR)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"gap": 1e-22}, "either gap or critical_temperature, not both"),
        ({"mean_free_path": 1e-9}, "either mean_free_path or sheet_resistance, not both"),
        ({"material": "NbNN"}, "unknown material 'NbNN'; did you mean 'NbN'?"),
        ({"thickness": prior.Normal(1e-8, 5e-9)}, "film.thickness may be -.* must be positive"),
        ({"width": 0.0}, "film.width may be 0; it must be positive"),
        ({"thickness": None}, "needs its thickness: .*'# thickness: 10 nm'"),
        ({"width": None}, "needs its width: .*'# width: 2 um'"),
        ({"fermi_velocity": None}, "two of fermi_velocity"),
        ({"sheet_resistance": None}, "needs one of mean_free_path"),
        ({"form": "typed"}, "'typed' is none of 'printed', 'chained'"),
    ],
)
def test_mistakes_in_python(inputs: dict[str, object], words: str) -> None:
    with pytest.raises(tls.InputError, match=words):
        estimate(**{**NEAR, **inputs})


def table(bias: float | None = CURRENT, **constants: float) -> tls.Spectrum:
    frequency = np.geomspace(1e8, 1e10, 5)
    given = constants if bias is None else {"bias_current": bias, **constants}
    return tls.Spectrum({"frequency": frequency, "conductivity": 1e-9 / frequency}, given, "table.csv")


def test_what_the_film_leaves_open_comes_from_the_tables() -> None:
    constants = {"thickness": 1e-8, "width": 3e-6, "kinetic_inductance": 3e-11, "lambda_f": 4e-10}
    open_film = tls.FilmPrior(critical_temperature=10.0, fermi_velocity=1e6, depairing="none", **EXACT)
    closed = tls.FilmPrior(
        critical_temperature=10.0, fermi_velocity=1e6, depairing="none", **EXACT, thickness=1e-8, width=3e-6,
        sheet_inductance=3e-11, fermi_wavelength=4e-10,
    )  # fmt: skip
    model, notes = build_model([table(**constants)], film=open_film)
    expected = closed.estimate(CURRENT).priors
    for name in ("omega_star", "eta", "lambda_f"):
        assert numbers(model.priors[name]) == numbers(expected[name])
    (line,) = [note for note in notes if "taken from the tables" in note]
    assert "L_z = 10 nm, W = 3 µm, λ_F = 0.4 nm, L□ = 30 pH" in line
    # a measured inductance takes the place of what is typical of the material
    _, notes = build_model([table(**constants)], film=tls.FilmPrior(material="NbN", depairing="none"))
    (line,) = [note for note in notes if "assumed" in note]
    assert "T_c = 12 K ×/÷ 1.3, v_F = 7e+05 m/s ×/÷ 1.3, C = " in line


def test_what_the_film_states_goes_before_the_table_unless_both_are_exact() -> None:
    uncertain = {**NEAR, **EXACT, "width": 1e-6, "fermi_wavelength": prior.LogNormal(4e-10, 1.2)}
    model, notes = build_model([table(lambda_f=5e-10)], film=tls.FilmPrior(**uncertain))
    assert numbers(model.priors["lambda_f"]) == pytest.approx((4e-10, 1.2))
    assert not any("as the table says" in note for note in notes)
    with pytest.raises(tls.InputError, match=r"film.width is 1e-06 m, but a table states width 2e-06"):
        build_model([table(width=2e-6)], film=tls.FilmPrior(**NEAR, width=1e-6))


def test_the_users_priors_go_before_the_film_and_that_of_lambda_f_is_the_films() -> None:
    own = {
        "eta": prior.Fixed(2.0), "omega_star": prior.LogUniform(1e9, 1e12),
        "lambda_f": prior.LogNormal(6e-10, 1.1),
    }  # fmt: skip
    film = tls.FilmPrior(**NEAR, **EXACT, width=1e-6, depairing="none")
    model, notes = build_model([table()], film=film, priors=own)
    assert {name: model.priors[name] for name in own} == own
    assert not any("priors of the film" in note for note in notes)
    model, _ = build_model([table()], film=film, priors={"lambda_f": own["lambda_f"]})
    # ω* ∝ λ_F v_F at given R□
    median, factor = numbers(model.priors["omega_star"])
    assert median == pytest.approx(from_resistance(NEAR) * 6e-10 * MASS * 1e6 / si.h, rel=1e-8)
    assert log(factor) == pytest.approx(log(1.1), rel=1e-3)


def test_notes_say_what_the_film_gives_and_what_was_assumed() -> None:
    # 100 µA in 1 µm of this film is p̄_s = 0.03 p_d
    film = tls.FilmPrior(**{**NEAR, "width": 1e-6, "coupling_constant": 1.0, "dipole_constant": 1.0})
    _, notes = build_model([table(bias=1e-4)], film=film)
    (line,) = [note for note in notes if "priors of the film" in note]
    assert "at 100 µA, printed form: ω*/2π = " in line
    assert "η = 0.477 ×/÷ 4, λ_F = 0.727 nm" in line
    assert "of the film, not stated and assumed: C = 1 ×/÷ 2" in notes
    assert not any("not met by the film" in note for note in notes)
    _, notes = build_model([table(bias=1e-4)], film=tls.FilmPrior(**NEAR, width=5e-8, depairing="none"))
    (line,) = [note for note in notes if "not met by the film" in note]
    assert "p_s << p_d, the ratio is " in line


@pytest.mark.parametrize("bias", [None, 0.0])
def test_a_film_needs_a_bias_current(bias: float | None) -> None:
    with pytest.raises(tls.InputError, match=r"add a line '# bias_current: 10 uA'"):
        build_model([table(bias)], film=tls.FilmPrior(**NEAR, width=1e-6))


def write(folder: Path, text: str) -> Path:
    path = folder / "model.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_model_file_gives_the_same_model_as_python(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [film]
        material = "NbN"
        thickness = "10 nm"
        sheet_resistance = {median = "400 ohm", factor = 1.1}
        critical_temperature = {kind = "normal", mean = "11 K", sd = "0.2 K"}
        width = "1 um"
        dipole_constant = 0.1
        form = "chained"
        orientation = "aligned"
        depairing = "ginzburg-landau"
        """,
    )
    film = tls.FilmPrior(
        material="NbN", thickness=1e-8, sheet_resistance=prior.LogNormal(400.0, 1.1),
        critical_temperature=prior.Normal(11.0, 0.2), width=1e-6, dipole_constant=0.1, form="chained",
        orientation="aligned", depairing="ginzburg-landau",
    )  # fmt: skip
    read, notes = choose_model([table()], path, None)
    made, same_notes = choose_model([table()], None, None, film)
    assert notes == same_notes
    assert jax.tree.structure(read) == jax.tree.structure(made)
    for one, other in zip(jax.tree.leaves(read), jax.tree.leaves(made), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    # written out, the model needs no film
    again, _ = choose_model([table()], write(tmp_path, to_toml(read)), None)
    for one, other in zip(jax.tree.leaves(again), jax.tree.leaves(read), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("thicknes = '10 nm'", ("[film] has no parameter 'thicknes'", "did you mean 'thickness'")),
        ("thickness = '10 K'", ("film.thickness", "'K' is a temperature; expected a length")),
        ("thickness = {median = '10 nm'}", ("film.thickness.factor", "is missing")),
        ("thickness = {median = '10 nm', factor = 0.9}", ("film.thickness.factor", "greater than 1")),
        ("thickness = {kind = 'normal', mean = '10 nm', sd = '0 nm'}", ("film.thickness.sd", "positive")),
        ("thickness = {kind = 'normall', mean = '1 nm'}", ("film.thickness", "'normal'")),
        ("thickness = [1, 2]", ("film.thickness",)),
        ("form = 'typed'", ("film.form", "'printed' or 'chained'")),
        ("depairing = 'bcs'", ("film.depairing", "'usadel'")),
        ("material = 'niobium nitride'", ("[film]", "unknown material", "NbTiN")),
        ("gap = '1 meV'\ncritical_temperature = '6 K'", ("[film]", "either gap or critical_temperature")),
    ],
)
def test_mistakes_in_a_model_file(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    path = write(tmp_path, f"[film]\n{text}")
    with pytest.raises(tls.InputError) as caught:
        tls.ModelFile(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    for word in words:
        assert word in message


def test_a_film_is_given_once(tmp_path: Path) -> None:
    film = tls.FilmPrior(**NEAR, width=1e-6)
    with pytest.raises(tls.InputError, match=r"\[film\] already"):
        tls.fit(table(), write(tmp_path, "[film]\nmaterial = 'NbN'"), film=film)
    model, _ = build_model([table()])
    with pytest.raises(tls.InputError, match="whole model"):
        tls.fit(table(), model, film=film)


@pytest.mark.slow
def test_a_film_tells_eta_from_omega_star(tmp_path: Path) -> None:
    """√η ω* is what the table gives; given it, ln η is Gaussian, its mean and width known in closed form."""
    true_constant, median = 1.15, from_resistance({**NEAR, "width": 1e-7})
    true_eta, true_star = 3 * true_constant**2 / (2 * pi), 0.8 * median
    spectrum, _ = tls.simulate(
        tls.ModelFile(
            write(
                tmp_path,
                f"""
                relaxation = "log_uniform"
                [truth]
                nu = 1e38
                lambda_f = "0.727 nm"
                omega_star = {true_star!r}
                eta = {true_eta!r}
                tau_min = "2 ps"
                tau_max = "5 us"
                [simulate]
                measure = ["conductivity"]
                frequency = {{ from = "1 GHz", to = "200 GHz", points = 12 }}
                bias_current = ["5 uA", "10 uA"]
                """,
            )
        )
    )
    film = tls.FilmPrior(
        critical_temperature=10.0, fermi_velocity=1e6, thickness=prior.LogNormal(1e-8, 1.1),
        sheet_resistance=80.0, fermi_wavelength=prior.LogNormal(si.h / MASS / 1e6, 1.3), width=1e-7,
        density_constant=prior.LogNormal(1.0, 1.2), coupling_constant=prior.LogNormal(1.0, 1.2),
        dipole_constant=1.0, depairing="none",
    )  # fmt: skip
    spread = {"eta": 2 * log(1.2), "omega_star": sqrt(log(1.1) ** 2 + log(1.3) ** 2 + log(1.2) ** 2)}
    results = {
        key: tls.fit(spectrum, film=one, method="laplace") for key, one in (("with", film), ("without", None))
    }
    assert all(result.verdict.ok for result in results.values())
    after = {
        key: {name: np.log(result.draws[name].ravel()) for name in ("eta", "omega_star", "omega_c")}
        for key, result in results.items()
    }
    for name, true in (("eta", true_eta), ("omega_star", true_star)):
        one, other = after["with"][name], after["without"][name]
        assert one.std() < 0.5 * other.std()
        assert abs(one.mean() - log(true)) < 3 * one.std()
    s, t = spread["eta"], spread["omega_star"]
    gain = 0.5 * s**2 / (0.25 * s**2 + t**2)
    middle = log(3 / (2 * pi))
    seen = after["with"]["omega_c"].mean()
    expected = middle + gain * (seen - log(median) - 0.5 * middle)
    width = sqrt(s**2 - 0.5 * gain * s**2)
    assert after["with"]["eta"].std() == pytest.approx(width, rel=0.15)
    assert after["with"]["eta"].mean() == pytest.approx(expected, abs=0.2 * width)
