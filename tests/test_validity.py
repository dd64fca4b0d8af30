"""The validity table and the typical materials."""

from math import pi, sqrt

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from tlsjax.errors import InputError
from tlsjax.physics.film import Film
from tlsjax.physics.materials import MATERIALS, film_of

E, HBAR, K_B, MASS = 1.602176634e-19, 1.054571817646156e-34, 1.380649e-23, 9.1093837139e-31
TYPICAL = {"critical_temperature": 10.0, "fermi_velocity": 1e6, "mean_free_path": 2e-9, "thickness": 10e-9}


def test_validity_table() -> None:
    film = Film(**TYPICAL)
    table = {row.name: row for row in film.validity()}
    assert {row.verdict for row in table.values()} <= {"holds", "marginal", "broken"}
    assert len(table) == 4
    assert table["lambda_F < L_z"].verdict == "holds"
    assert table["L_z < xi"].verdict == "marginal"  # 10 nm and 16.9 nm
    assert_allclose(table["l < xi"].ratio, film.mean_free_path / film.coherence_length, rtol=1e-12)

    rows = film.validity(
        frequency=[1e9, 5e9], temperature=0.1, bias_current=1e-6, width=1e-6, drive_field=1.0,
        areal_density=1e36, length=1e-3, log_span=20.0,
    )  # fmt: skip
    table = {row.name: row for row in rows}
    assert len(table) == 10
    assert_allclose(table["hbar omega << Delta"].ratio, 2 * pi * HBAR * 5e9 / film.gap, rtol=1e-9)
    assert_allclose(table["hbar omega < k_B T"].ratio, 2 * pi * HBAR * 5e9 / (K_B * 0.1), rtol=1e-9)
    assert table["hbar omega < k_B T"].verdict == "broken"
    assert_allclose(table["k_B T << Delta"].ratio, 0.1 / 17.64, rtol=1e-3)
    flow = film.momentum(1e-6, width=1e-6, depairing="usadel")
    assert_allclose(table["p_s << p_d"].ratio, flow / film.depairing_momentum, rtol=1e-12)
    # the worst of the two frequencies is the lower one here
    assert_allclose(table["e E/omega << p_s"].ratio, E / (2 * pi * 1e9) / flow, rtol=1e-9)
    active = 1e36 * K_B * 0.1 * 1e-9 / 20
    assert_allclose(table["1 << active systems per e-fold of tau"].ratio, 1 / active, rtol=1e-9)


@pytest.mark.parametrize(
    ("flow", "verdict"),
    [
        (0.0, "holds"),
        (0.09, "holds"),
        (-0.2, "marginal"),
        (0.34, "marginal"),
        (0.345, "broken"),
        (np.nan, "broken"),
    ],
)
def test_verdict_on_the_momentum(flow: float, verdict: str) -> None:
    rows = {row.name: row for row in Film(**TYPICAL).validity(ps_over_pd=flow)}
    assert rows["p_s << p_d"].verdict == verdict


def test_current_beyond_depairing_is_broken() -> None:
    film = Film(**TYPICAL)
    above = 1.1 * film.depairing_current(width=1e-6)
    rows = {row.name: row for row in film.validity(bias_current=above, width=1e-6)}
    assert rows["p_s << p_d"].verdict == "broken"
    with pytest.raises(InputError, match="width"):
        film.validity(bias_current=above)


@pytest.mark.parametrize("name", MATERIALS)
def test_materials(name: str) -> None:
    film, typical = film_of(name, thickness=20e-9), MATERIALS[name]
    given = (typical.mean_free_path, typical.resistivity, typical.penetration_depth)
    assert sum(value is not None for value in given) == 1
    assert typical.source.endswith(".")
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(film))
    resistivity = float(film.sheet_resistance) * 20e-9
    assert 1e-8 < resistivity < 1e-4
    measured = film_of(name, thickness=20e-9, sheet_resistance=100.0, critical_temperature=3.0)
    assert_allclose(measured.sheet_inductance, HBAR * 100 / (pi * 1.763876 * K_B * 3), rtol=1e-5)


def test_materials_agree_with_their_sources() -> None:
    # 2 states per eV and formula unit of NbN, a rock-salt cell of four
    states = 2 / E / (0.439e-9**3 / 4)
    k_fermi = sqrt(states * pi**2 * HBAR * 0.7e6)
    assert_allclose(MATERIALS["NbN"].fermi_wavelength, 2 * pi / k_fermi, rtol=5e-3)
    assert_allclose(MATERIALS["NbN"].mean_free_path, 0.7e6 * HBAR / (1.8 * E), rtol=5e-3)
    nitride = film_of("TiN", thickness=50e-9)
    assert_allclose(2 * pi / nitride.fermi_wavelength * nitride.mean_free_path, 8.7, rtol=0.01)
    # free electrons: ħk_F = mv_F
    for name in ("Al", "Nb"):
        assert_allclose(film_of(name, thickness=1e-8).mass, MASS, rtol=6e-3)


def test_validity_table_in_single_precision() -> None:
    """The same ratios: no product of ħ and another small number underflows on the way."""
    conditions = {
        "frequency": 5e9, "temperature": 0.05, "bias_current": 1e-6, "width": 1e-6, "drive_field": 1.0,
        "areal_density": 1e36, "length": 1e-3, "log_span": 20.0,
    }  # fmt: skip
    double = film_of("NbN", thickness=10e-9).validity(**conditions)
    with jax.enable_x64(False):
        single = film_of("NbN", thickness=10e-9).validity(**conditions)
    assert [row.name for row in single] == [row.name for row in double]
    assert_allclose([row.ratio for row in single], [row.ratio for row in double], rtol=1e-5)
