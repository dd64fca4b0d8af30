"""How functions are compiled: what runs once a fit should compile fast rather than run fast."""

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar, cast

import equinox as eqx
import jax

P = ParamSpec("P")
R = TypeVar("R")
Options = dict[str, bool | int | str]

_QUICK: Options = {"xla_backend_optimization_level": 1}
_QUICKER: Options = _QUICK | {"xla_cpu_use_fusion_emitters": False}
"""Densities are long lists of scalars, for which XLA's newer code generator takes twice as long."""


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
