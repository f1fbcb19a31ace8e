"""The compiler's decorators, typed, so that kernels are checked like any other function.

The compiler itself (numba) is loaded when a kernel is first called: it costs more than half a second and 80 MB, which a
command that calls none saves.
"""

import pickle
from collections.abc import Callable
from functools import update_wrapper
from threading import RLock
from typing import Any, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., object])
_LOCK = RLock()


class _Deferred:
    """A function that is given to the compiler when it is first called."""

    def __init__(self, function: Callable[..., object], **options: Any) -> None:
        update_wrapper(self, function)
        self._function = function
        self._options = options
        self._compiled: Callable[..., object] | None = None

    def __call__(self, *arguments: Any) -> object:
        return (self._compiled or self.compile())(*arguments)

    def compile(self) -> Callable[..., object]:
        """The compiler's form of it. Kernels call each other by the names of their module, so those are put right."""
        with _LOCK:
            if self._compiled is None:
                from numba import njit

                compiled = njit(**self._options)(self._function)
                _forget_unreadable(compiled)
                self._compiled = cast("Callable[..., object]", compiled)
                names = self._function.__globals__
                for name, value in list(names.items()):
                    if isinstance(value, _Deferred):
                        names[name] = value.compile()
            return self._compiled


def _forget_unreadable(compiled: Any) -> None:
    """Empty the code kept on disk where it names what is gone.

    After an upgrade, it may have been kept by another version: numba reads the names of classes in it before it looks
    at whether the source has changed.
    """
    cache = getattr(compiled, "_cache", None)  # there is none where the compiler is switched off
    if cache is None:
        return
    try:
        cache._cache_file._load_index()
    except (AttributeError, ImportError, EOFError, pickle.UnpicklingError):
        cache.flush()


def kernel(function: _F) -> _F:
    """Compile `function` on its first call and keep the code on disk; it runs without the GIL."""
    return cast(_F, _Deferred(function, cache=True, nogil=True))


def part(function: _F) -> _F:
    """Compile `function` into every kernel that calls it, so that the vectoriser sees one piece."""
    return cast(_F, _Deferred(function, cache=True, nogil=True, inline="always"))
