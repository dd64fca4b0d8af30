"""Imports run one way, and heavy packages stay where they belong."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tlsjax

ROOT = Path(tlsjax.__file__).parent
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
ORDER = ("base", "physics", "data", "model", "fitting", "analysis", "report", "cli")
BASE = {"constants", "units", "unit_text", "quantity", "errors"}
LAZY = {(f"fitting/{file}.py", "tlsjax.report") for file in ("result", "folder", "prior_predictive")}
"""Imports of a later layer that stand inside a function: file and module."""
HEAVY = ("arviz", "matplotlib", "numpyro", "pandas", "xarray", "pint")


@cache
def imports(file: str) -> tuple[tuple[str, bool], ...]:
    """Every module that a file imports, with whether it does so while it is loaded."""
    package = ["tlsjax", *file.split("/")[:-1]]

    def walk(node: ast.AST, at_load: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            inner = at_load and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            if isinstance(child, ast.Import):
                yield from ((name.name, at_load) for name in child.names)
            elif isinstance(child, ast.ImportFrom):
                parent = package[: len(package) - child.level + 1] if child.level else []
                module = ".".join([*parent, *([child.module] if child.module else [])])
                yield (module, at_load)
                if module.split(".")[0] == "tlsjax":
                    yield from ((f"{module}.{name.name}", at_load) for name in child.names)
            elif isinstance(child, ast.Call) and getattr(child.func, "id", "") in {
                "import_module",
                "__import__",
            }:
                if child.args and isinstance(child.args[0], ast.Constant):
                    yield (str(child.args[0].value), at_load)
                yield from walk(child, inner)
            else:
                yield from walk(child, inner)

    return tuple(walk(ast.parse((ROOT / file).read_text(encoding="utf-8")), True))


def layer(module: str) -> int | None:
    """Place in the order; None for the package itself."""
    parts = module.split(".")
    if len(parts) == 1:
        return None
    return ORDER.index("base") if parts[1] in BASE else ORDER.index(parts[1])


def module_of(file: str) -> str:
    return ".".join(["tlsjax", *file.removesuffix(".py").removesuffix("/__init__").split("/")])


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def users(package: str) -> set[str]:
    return {file for file in FILES if any(m.split(".")[0].split("_")[0] == package for m, _ in imports(file))}


def test_every_module_has_a_layer() -> None:
    known = {*ORDER, *BASE, "__init__"}
    assert {file.split("/")[0].removesuffix(".py") for file in FILES} <= known


@pytest.mark.parametrize("file", [file for file in FILES if file != "__init__.py"])
def test_no_layer_imports_a_later_one(file: str) -> None:
    own = layer(module_of(file))
    for module, at_load in imports(file):
        if module.split(".")[0] != "tlsjax":
            continue
        if not at_load and any(file == f and is_in(module, m) for f, m in LAZY):
            continue
        assert own is not None
        if module in {"tlsjax", "tlsjax.__version__"}:
            assert file.startswith("cli/"), "import the module that has it, not the package"
            continue
        assert layer(module) <= own, f"{file} imports {module}"


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("physics/")])
def test_physics_stands_alone(file: str) -> None:
    allowed = (
        "jax", "equinox", "numpy",
        "tlsjax.constants", "tlsjax.errors", "tlsjax.quantity", "tlsjax.physics",
    )  # fmt: skip
    for module, _ in imports(file):
        standard = module.split(".")[0] in sys.stdlib_module_names
        assert standard or any(is_in(module, name) for name in allowed), f"{file} imports {module}"


def test_arviz_in_one_file() -> None:
    assert len(users("arviz")) == 1


def test_matplotlib_only_in_the_report() -> None:
    assert users("matplotlib")
    assert all(file.startswith("report/") for file in users("matplotlib"))


def test_pint_only_at_the_boundary() -> None:
    assert users("pint") == {"units.py"}


def test_numpyro_begins_at_the_model() -> None:
    assert all(file.split("/")[0] in ORDER[ORDER.index("model") :] for file in users("numpyro"))


@pytest.mark.parametrize("file", FILES)
def test_library_code_never_prints(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert "print" not in {call.func.id for call in calls}


def test_package_is_typed() -> None:
    assert (ROOT / "py.typed").is_file()


def test_import_is_light() -> None:
    code = "import sys, tlsjax; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = [name for name in ran.stdout.split() if name.split("_")[0] in HEAVY]
    assert loaded == []


@pytest.mark.parametrize("name", tlsjax.__all__)
def test_public_names_resolve(name: str) -> None:
    assert getattr(tlsjax, name) is not None
    assert name in dir(tlsjax)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tlsjax.no_such_name
