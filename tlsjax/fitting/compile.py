"""How functions are compiled: what runs once a fit should compile fast rather than run fast."""

from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import equinox as eqx
import jax

P = ParamSpec("P")
R = TypeVar("R")
Options = dict[str, bool | int | str]

_QUICK: Options = {"xla_backend_optimization_level": 1}
_QUICKER: Options = _QUICK | {"xla_cpu_use_fusion_emitters": False}
"""Densities are long lists of scalars, for which XLA's newer code generator takes twice as long."""
_MANY_MAPPINGS = 30_000
"""Linux lets a process map 65 530 pieces of memory and ends it beyond. A fit's code takes a few thousand."""


def make_room() -> None:
    """Let go of code compiled earlier where there is much of it: a long session must not end in a crash."""
    if _mappings() > _MANY_MAPPINGS:
        jax.clear_caches()


def _mappings() -> int:
    """Pieces of memory this process maps, where the system says."""
    try:
        return Path("/proc/self/maps").read_bytes().count(b"\n")
    except OSError:
        return 0


def quick_jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile without the expensive passes: a fraction of the wait, for code that runs only once."""

    @wraps(function)
    def compiled(*args: P.args, **kwargs: P.kwargs) -> R:
        return program()(*args, **kwargs)

    @cache
    def program() -> Callable[P, R]:
        # equinox passes what it does not know on to jax.jit, but its types do not say so
        jitted = eqx.filter_jit(function, compiler_options=_options())  # type: ignore[call-overload]
        return cast(Callable[P, R], jitted)

    return compiled


@cache
def _options() -> Options:
    """The quicker ones where this JAX has them."""
    try:
        jax.jit(lambda: 0, compiler_options=_QUICKER).lower().compile()
    except jax.errors.JaxRuntimeError:
        return _QUICK
    return _QUICKER
