"""The documentation site: ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

import os
import sys
from pathlib import Path

import tlsjax

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

project = "tlsjax"
copyright = "the tlsjax authors"
version = release = tlsjax.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "_extensions.docstrings",
    "_extensions.formulas",
    "_extensions.public_names",
    "_extensions.repository",
]
exclude_patterns = ["_build", "_extensions", "**.ipynb_checkpoints", "notebooks/*.md"]
nitpicky = True

html_theme = "furo"
html_title = f"tlsjax {version}"
html_math_renderer = "drawn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
python_maximum_signature_line_length = 88
add_module_names = False

# Notebooks are run where they lie, so that paths in them hold. Every build runs them and fails as they do.
nb_execution_mode = "force"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
os.environ.setdefault("PYTHONWARNINGS", "ignore:IProgress not found")  # of tqdm, which is not asked
link, notebooks = HERE / "notebooks", HERE.parent / "notebooks"
if notebooks.is_dir() and not link.exists():
    link.symlink_to(os.path.relpath(notebooks, HERE), target_is_directory=True)
suppress_warnings = ["myst-nb.lexer"]  # a notebook that is not run does not say its language
