"""Parameters that are multiples of others."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tlsjax as tls
from tlsjax.errors import InputError
from tlsjax.fitting.fit import choose_model
from tlsjax.fitting.methods import Lengths
from tlsjax.fitting.run import Run, as_data, of_data
from tlsjax.model import prior
from tlsjax.model.modelfile import to_toml
from tlsjax.report.terminal import as_text, priors_in_words

EXAMPLES = Path(__file__).parents[1] / "data_examples"
TIE = '[priors.tau_max]\nkind = "tied"\nto = "tau_min"\nfactor = 1e9\n'


def model_file(folder: Path, text: str) -> Path:
    file = folder / "model.toml"
    file.write_text('relaxation = "log_uniform"\n' + text)
    return file


@pytest.mark.slow
def test_a_fit_keeps_the_tie(tmp_path: Path) -> None:
    table = tls.read(EXAMPLES / "conductivity.csv")
    result = tls.fit(table, model_file(tmp_path, TIE), method="laplace", draws=200)
    assert_allclose(result.draws["tau_max"], 1e9 * result.draws["tau_min"], rtol=1e-12)
    assert "tau_max" not in result.model.free
    assert np.ptp(np.log(result.draws["tau_min"])) > 0
    assert "τ₂ = 1e+09 × tau_min" in as_text(priors_in_words(result.model, ()))
    result.save(tmp_path / "posterior.nc")
    again = tls.load(tmp_path / "posterior.nc").model.priors["tau_max"]
    assert isinstance(again, prior.Tied)
    assert (again.to, float(again.factor)) == ("tau_min", 1e9)


def test_written_and_kept(tmp_path: Path) -> None:
    table = tls.read(EXAMPLES / "conductivity.csv")
    model, notes = choose_model([table], model_file(tmp_path, TIE), None)
    same, _ = choose_model([table], model_file(tmp_path, to_toml(model).split("\n", 1)[1]), None)
    kept = of_data(*as_data(Run((table,), model, notes, "nuts", 1, Lengths(4, 150, 1000)))).model
    for other in (same, kept):
        tied = other.priors["tau_max"]
        assert isinstance(tied, prior.Tied)
        assert (tied.to, float(tied.factor)) == ("tau_min", 1e9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TIE.replace("tau_min", "nu"), "'tau_max' cannot be tied to 'nu'; it can be to tau_min"),
        (TIE.replace("tau_min", "tau_max"), "'tau_max' cannot be tied to 'tau_max'"),
        ('[priors.nu]\nkind = "tied"\nto = "eta"\n', "'nu' cannot be tied to 'eta'; nothing can"),
        (TIE.replace("1e9", "-1"), "factor"),
    ],
)
def test_what_cannot_be_tied(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_model([tls.read(EXAMPLES / "conductivity.csv")], model_file(tmp_path, text), None)
