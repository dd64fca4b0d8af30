"""docs/equations.md against the docstrings: each equation has its functions, each function its equation."""

import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import tlsjax
import tlsjax.physics

PAGE = (Path(__file__).parents[1] / "docs" / "equations.md").read_text(encoding="utf-8")
NUMBERED, BEYOND = PAGE.split("\n## Beyond the paper\n")
EQUATIONS = range(1, 27)
ENTRIES = {
    int(number): text
    for number, text in re.findall(r"^\*\*Eq\. (\d+)\*\* (.*?)(?=^\*\*Eq\.|^## |\Z)", NUMBERED, re.M | re.S)
}
ITEM = r"\d+[a-z]?"


def names(text: str) -> list[str]:
    return re.findall(r"`(tlsjax\.[\w.]+)`", text)


def equations(doc: str | None) -> set[int]:
    """Numbers of the equations that a docstring names: "Eq. 9", "Eqs. 8 and 11a", "Eqs. 1–7, 15"."""
    item = rf"{ITEM}(?:\s*[–-]\s*{ITEM})?"
    found: set[int] = set()
    for many in re.findall(
        rf"\bEqs?\.\s+({item}(?:(?:,\s*(?:and\s+)?|\s+(?:and|or|to)\s+){item})*)", doc or ""
    ):
        for part in re.findall(item, many):
            first, *last = (int(number) for number in re.findall(r"\d+", part))
            found |= set(range(first, (last or [first])[0] + 1))
    return found


@cache
def resolved(name: str) -> tuple[object, ...]:
    """What a dotted name stands for, after all that it lies in: module, class, method."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        try:
            found: list[object] = [import_module(".".join(parts[:depth]))]
        except ModuleNotFoundError:
            continue
        for part in parts[depth:]:
            found.append(inspect.getattr_static(found[-1], part, None) or getattr(found[-1], part))
        return tuple(found)
    raise ModuleNotFoundError(name)


def docs(name: str) -> list[str]:
    """Docstrings of a function or class and, for a method, of its class."""
    return [found.__doc__ or "" for found in resolved(name)[1:]]


@cache
def public() -> dict[str, str]:
    """Every public function, class, method and property of tlsjax.physics with its docstring."""

    def of(module: str) -> Iterator[tuple[str, str]]:
        for name, member in vars(import_module(module)).items():
            if name.startswith("_") or not callable(member) or getattr(member, "__module__", None) != module:
                continue
            yield f"{module}.{name}", member.__doc__ or ""
            if inspect.isclass(member):
                for inner, part in vars(member).items():
                    own = getattr(getattr(part, "fget", part), "__module__", None) == module
                    if not inner.startswith("_") and own:
                        yield f"{module}.{name}.{inner}", part.__doc__ or ""

    modules = pkgutil.walk_packages(tlsjax.physics.__path__, "tlsjax.physics.")
    return dict(entry for module in modules for entry in of(module.name))


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("Source: Eq. 9.", {9}),
        ("Eq. 10, or", {10}),
        ("Eqs. 8 and 11a, of", {8, 11}),
        ("Eqs. 11b\n    and 12. Then", {11, 12}),
        ("Eqs. 1–7.", set(range(1, 8))),
        ("Eqs. 8–11 and 15; Eq. 25 has 1/π for 2", {8, 9, 10, 11, 15, 25}),
        ("Eqs. 7, 9, 15, 20 and of", {7, 9, 15, 20}),
        ("Eqs. 8–14, 22, and 23", {*range(8, 15), 22, 23}),
        ("2025; 3 equations", set()),
        (None, set()),
    ],
)
def test_reading_of_numbers(doc: str | None, expected: set[int]) -> None:
    assert equations(doc) == expected


def test_each_equation_has_its_entry_in_order() -> None:
    assert list(ENTRIES) == list(EQUATIONS)
    assert len(re.findall(r"^\*\*Eq\.", PAGE, re.M)) == len(ENTRIES)


@pytest.mark.parametrize("number", EQUATIONS)
def test_functions_of_an_equation_name_it(number: int) -> None:
    entry = ENTRIES[number]
    assert entry.startswith("$`"), "the equation as printed comes first"
    assert names(entry), "nothing computes it"
    for name in names(entry):
        assert any(number in equations(doc) for doc in docs(name)), f"{name} does not say Eq. {number}"


@pytest.mark.parametrize("name", sorted(set(names(PAGE))))
def test_names_resolve(name: str) -> None:
    assert resolved(name)[1:]


def test_functions_that_name_an_equation_are_on_the_page() -> None:
    named = {name for name, doc in public().items() if equations(doc)}
    assert len(named) > 40
    assert named - set(names(PAGE)) == set()


def goes_beyond(*docs: str | None) -> bool:
    return any("beyond the paper" in " ".join((doc or "").lower().split()) for doc in docs)


def test_what_goes_beyond_the_paper_is_on_the_page() -> None:
    assert {name for name, doc in public().items() if goes_beyond(doc)} - set(names(PAGE)) == set()
    for name in names(BEYOND):
        module, *inner = resolved(name)
        assert goes_beyond(*docs(name), module.__doc__ if len(inner) == 1 else ""), name


def test_formulas_are_whole() -> None:
    """Every formula in GitHub's $`…`$, which Markdown leaves alone, with its braces and fences in pairs."""
    formulas = re.findall(r"\$`(.*?)`\$", PAGE, re.S)
    assert PAGE.count("$") == 2 * len(formulas)
    for formula in formulas:
        assert formula.count("{") == formula.count("}"), formula
        assert len(re.findall(r"\\left\b", formula)) == len(re.findall(r"\\right\b", formula)), formula
        assert "\n" not in formula, formula
