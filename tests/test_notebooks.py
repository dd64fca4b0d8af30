"""Every notebook beside the script it is paired with, and each from top to bottom."""

import importlib
import json
from pathlib import Path

import pytest

import tlsjax

FOLDER = Path(tlsjax.__file__).parents[1] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))
SECONDS_A_CELL = 600

pytestmark = pytest.mark.skipif(not SCRIPTS, reason="the notebooks are not installed with the package")
each = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def test_every_notebook_has_its_script() -> None:
    names = {path.stem for path in FOLDER.glob("*.ipynb")}
    assert names == {path.stem for path in SCRIPTS}


@each
def test_notebook_and_script_say_the_same(script: Path) -> None:
    jupytext = pytest.importorskip("jupytext")
    one, other = (jupytext.read(path) for path in (script, script.with_suffix(".ipynb")))
    cells = [[(cell.cell_type, cell.source.strip()) for cell in book.cells] for book in (one, other)]
    assert cells[0] == cells[1], f"run: jupytext --sync notebooks/{script.name}"


@each
def test_notebook_keeps_no_outputs(script: Path) -> None:
    cells = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


@each
def test_notebook_begins_with_its_title(script: Path) -> None:
    first = json.loads(script.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).startswith("# ")


@pytest.mark.slow
@each
def test_notebook_runs_to_its_end(script: Path) -> None:
    for package in ("ipykernel", "nbformat", "nbclient"):
        pytest.importorskip(package)
    nbclient, nbformat = (importlib.import_module(name) for name in ("nbclient", "nbformat"))
    book = nbformat.read(script.with_suffix(".ipynb"), as_version=4)
    where = {"metadata": {"path": str(FOLDER)}}
    nbclient.NotebookClient(book, timeout=SECONDS_A_CELL, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    said = "".join(output.text for output in outputs if output.get("name") == "stdout")
    complaints = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not complaints
    assert "trusted: True" in said
    assert "trusted: False" not in said  # of fits that are meant to fail it is said otherwise
