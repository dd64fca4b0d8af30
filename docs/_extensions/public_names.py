"""One place a name: what ``tlsjax`` offers stands under that name, and all of it stands somewhere.

A docstring may name anything that exists. What has no page stays text; what does not exist is a warning.
"""

import builtins
import re
from importlib import import_module
from inspect import getattr_static
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.addnodes import literal_emphasis, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import tlsjax

_ARRAY = re.compile(r"jax\..*\bArray")  # as it calls itself
LOGGER = logging.getLogger(__name__)
THINGS = {name: getattr(tlsjax, name) for name in tlsjax.__all__}
PUBLIC = {id(x): x.__name__ if isinstance(x, ModuleType) else f"tlsjax.{name}" for name, x in THINGS.items()}


def found(name: str) -> tuple[Any, list[str]] | None:
    """What a dotted name says in its module, and what is left of the name inside of that."""
    parts = name.split(".")
    for depth in range(len(parts) - 1, 0, -1):
        try:
            module = import_module(".".join(parts[:depth]))
        except ImportError:
            continue
        return (getattr(module, parts[depth]), parts[depth + 1 :]) if hasattr(module, parts[depth]) else None
    return (getattr(builtins, name), []) if hasattr(builtins, name) else None


def exists(thing: Any, inside: list[str]) -> bool:
    """Whether an attribute, method or field of that path exists."""
    for part in inside:
        if part in getattr(thing, "__dataclass_fields__", {}):
            return True
        thing = getattr_static(thing, part, None)
        if thing is None:
            return False
    return True


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Link a name to the page where ``tlsjax`` offers it."""
    if node.get("refdomain") != "py":
        return None
    if _ARRAY.fullmatch(node["reftarget"]):
        return literal_emphasis("", "jax.Array") if "." in content.astext() else content
    target, module, outer = node["reftarget"], node.get("py:module"), node.get("py:class")
    for prefix in (f"{module}.{outer}", module, ""):
        name = f"{prefix}.{target}" if prefix else target
        if (known := found(name)) is None or not exists(*known):
            continue
        thing, inside = known
        if id(thing) in PUBLIC:
            public = ".".join([PUBLIC[id(thing)], *inside])
            domain = env.domains.python_domain
            link = domain.resolve_xref(env, node["refdoc"], app.builder, "obj", public, node, content)
            return link or content
        return content
    return None


def skip_public(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out of a module's page what stands on the page of ``tlsjax`` itself."""
    return True if what == "module" and id(thing) in PUBLIC else None


def all_there(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of public names that no page documents."""
    objects = env.domains.python_domain.objects
    for name in PUBLIC.values():
        if name not in objects:
            LOGGER.warning("%s is on no page of the reference", name)


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect to what Sphinx asks."""
    app.connect("missing-reference", resolve)
    app.connect("autodoc-skip-member", skip_public)
    app.connect("env-check-consistency", all_there)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
