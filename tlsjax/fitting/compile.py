"""How functions are compiled: what runs once a fit should compile fast rather than run fast."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import equinox as eqx

P = ParamSpec("P")
R = TypeVar("R")


def quick_jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile without LLVM's expensive passes: a third of the wait, for code that runs only once."""
    options = {"xla_backend_optimization_level": 1}
    # equinox passes what it does not know on to jax.jit, but its types do not say so
    compiled = eqx.filter_jit(function, compiler_options=options)  # type: ignore[call-overload]
    return cast(Callable[P, R], compiled)
