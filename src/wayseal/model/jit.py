"""The compiler's decorators, typed, so that kernels are checked like any other function."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

_F = TypeVar("_F", bound=Callable[..., object])


def kernel(function: _F) -> _F:
    """Compile `function` on its first call and keep the code on disk; it runs without the GIL."""
    return cast(_F, njit(cache=True, nogil=True)(function))


def part(function: _F) -> _F:
    """Compile `function` into every kernel that calls it, so that the vectoriser sees one piece."""
    return cast(_F, njit(cache=True, nogil=True, inline="always")(function))
