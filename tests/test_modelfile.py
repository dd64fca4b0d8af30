"""Model files: what is read, what is refused and in which words, and that written defaults read back."""

from pathlib import Path

import jax
import numpy as np
import pytest
from scipy import stats

import tlsjax as tls
from tlsjax.fitting.density import prior_draws
from tlsjax.model import prior
from tlsjax.model.defaults import build_model
from tlsjax.model.modelfile import to_toml


def write(folder: Path, text: str) -> Path:
    path = folder / "model.toml"
    path.write_text(text, encoding="utf-8")
    return path


def spectrum() -> tls.Spectrum:
    frequency = np.geomspace(1e8, 1e10, 5)
    return tls.Spectrum(
        {"frequency": frequency, "conductivity": 1e-9 / frequency}, {"bias_current": 1e-6, "temperature": 0.1}
    )


def test_values_are_read_in_the_units_people_write(tmp_path: Path) -> None:
    file = tls.ModelFile(
        write(
            tmp_path,
            """
            relaxation = "log_normal"
            reference_current = "40 uA"
            [priors.omega_star]
            kind = "lognormal"
            median = "12 GHz"
            factor = 3
            [priors.median]
            kind = "loguniform"
            low = "1 ps"
            high = "1 us"
            [priors.eta]
            kind = "fixed"
            value = 4
            [truth]
            lambda_f = "0.5 nm"
            """,
        )
    )
    assert file.family is tls.LogNormal
    assert file.reference_current == pytest.approx(40e-6, rel=1e-14)
    omega_star = file.priors["omega_star"]
    assert isinstance(omega_star, prior.LogNormal)
    # a frequency given for ω* is ω*/2π
    assert float(omega_star.median) == pytest.approx(2 * np.pi * 12e9, rel=1e-14)
    assert float(omega_star.factor) == 3.0
    median = file.priors["median"]
    assert isinstance(median, prior.LogUniform)
    assert (float(median.low), float(median.high)) == pytest.approx((1e-12, 1e-6), rel=1e-14)
    assert float(file.priors["eta"].lowest) == 4.0
    assert file.truth["lambda_f"] == pytest.approx(0.5e-9, rel=1e-14)


@pytest.mark.parametrize("family", sorted(tls.Relaxation.families))
def test_written_defaults_read_back_as_the_same_model(tmp_path: Path, family: str) -> None:
    model, _ = build_model([spectrum()], family=tls.Relaxation.families[family])
    file = tls.ModelFile(write(tmp_path, to_toml(model)))
    again, _ = build_model(
        [spectrum()], family=file.family, priors=file.priors, reference_current=file.reference_current
    )
    assert jax.tree.structure(model) == jax.tree.structure(again)
    for one, other in zip(jax.tree.leaves(model), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relaxation = = 1", ("not valid TOML", "line 1")),
        ('relaxation = "lognormal"', ("unknown relaxation 'lognormal'", "did you mean 'log_normal'")),
        ("relaxtion = 'single'", ("relaxtion", "unknown key")),
        ("[priors.nuu]\nkind='fixed'\nvalue=1.0", ("no parameter 'nuu'", "did you mean 'nu'")),
        ("[priors.nu]\nvalue=1.0", ("priors.nu", "needs kind")),
        ("[priors.nu]\nkind='lognormal'\nmedian=1e36", ("priors.nu.factor", "is missing")),
        ("[priors.nu]\nkind='lognormal'\nmedian=1e36\nfactor=0.5", ("priors.nu.factor", "greater than 1")),
        ("[priors.nu]\nkind='lognormal'\nmedian=-1.0\nfactor=2", ("priors.nu.median", "must be positive")),
        ("[priors.eta]\nkind='uniform'\nlow=2.0\nhigh=1.0", ("priors.eta", "must be below high")),
        ("[priors.lambda_f]\nkind='fixed'\nvalue='3 GHz'", ("priors.lambda_f.value = '3 GHz'",)),
        ("[truth]\ntau='5 ps'\nx=1.0", ("[truth] has no parameter 'x'",)),
    ],
)
def test_mistakes_are_one_line_that_says_where_and_what(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(tls.InputError) as caught:
        tls.ModelFile(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    for word in words:
        assert word in message


def test_folder_and_missing_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(tls.InputError, match="folder"):
        tls.ModelFile(tmp_path)
    with pytest.raises(tls.InputError, match="no such file"):
        tls.ModelFile(tmp_path / "none.toml")


def test_prior_outside_the_support_is_refused() -> None:
    with pytest.raises(tls.InputError, match=r"'eta' reaches -inf, .* is positive"):
        build_model([spectrum()], priors={"eta": prior.Normal(1.0, 0.5)})
    with pytest.raises(tls.InputError, match="must be the smaller"):
        build_model([spectrum()], priors={"tau_min": prior.Fixed(1.0), "tau_max": prior.Fixed(1e-3)})


def test_a_bound_holds_in_priors_and_in_draws() -> None:
    """The shape of an inverse gamma exceeds 1: a prior that reaches below is refused, a log-normal cut."""
    table = spectrum()
    family = tls.InverseGamma
    low = {"shape": tls.prior.Uniform(0.5, 3.0)}
    with pytest.raises(tls.InputError, match=r"reaches 0\.5, but shape .* must stay above 1"):
        build_model([table], family=family, priors=low)
    wide = {"shape": tls.prior.LogNormal(1.0, 3.0)}
    model, _ = build_model([table], family=family, priors=wide)
    values, z = prior_draws(jax.random.key(0), model, 4000)
    shape = np.asarray(values["shape"])
    assert shape.min() > 1
    # the upper half of the log-normal
    assert np.median(shape) == pytest.approx(3.0 ** stats.norm.ppf(0.75), rel=0.06)
    assert np.isfinite(np.asarray(values["nu"])).all()
    assert np.isfinite(np.asarray(z)).all()
