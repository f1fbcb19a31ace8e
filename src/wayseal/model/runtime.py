"""What Python leaves to each program: when compiler and modules are loaded, what a `with` closes, the collector.

The compiler (numba) is loaded when a kernel is first called, as it costs more than half a second and 80 MB, and modules
of a package when they are asked for, so that a command pays only for what it uses. The decorators of kernels are typed,
so that these are checked like any other function.
"""

import gc
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import update_wrapper
from importlib import import_module
from threading import RLock
from types import CodeType, FunctionType, TracebackType
from typing import Any, Self, TypeVar, cast

_F = TypeVar("_F", bound=Callable[..., object])
_LOCK = RLock()


class _Deferred:
    """A function that is given to the compiler when it is first called."""

    def __init__(self, function: Callable[..., object], **options: Any) -> None:
        update_wrapper(self, function)
        self._function = function
        self._options = options
        self._dispatcher: Callable[..., object] | None = None
        self._compiled: Callable[..., object] | None = None

    def __call__(self, *arguments: Any) -> object:
        if self._compiled is None:
            _compile(self)
        return cast("Callable[..., object]", self._compiled)(*arguments)

    def make_dispatcher(self) -> Callable[..., object]:
        """The compiler's form of the function; what it calls must be in that form, too, before it is called."""
        if self._dispatcher is None:
            from numba import njit

            try:
                made = njit(**self._options)(self._function)
            except RuntimeError:
                # There is nowhere to keep the code: neither beside the source nor in the user's home.
                made = njit(**self._options | {"cache": False})(self._function)
            _forget_unreadable(made)
            self._dispatcher = cast("Callable[..., object]", made)
        return self._dispatcher

    @property
    def names(self) -> dict[str, Any]:
        """The names of its module, by which it calls other kernels."""
        return self._function.__globals__

    @property
    def code(self) -> CodeType:
        """The code that the interpreter would run."""
        return self._function.__code__

    def finish(self) -> None:
        """From now on it may be called."""
        self._compiled = self._dispatcher


def _compile(wanted: _Deferred) -> None:
    """Give a kernel, and all that it can reach, to the compiler.

    Kernels call each other by the names of their modules, so those are put right: what is called before what calls it,
    and a module's names all at once, since other threads may call any of them meanwhile.
    """
    modules: dict[int, dict[str, Any]] = {}

    def visit(names: dict[str, Any]) -> None:
        if id(names) in seen:
            return
        seen.add(id(names))
        for value in list(names.values()):
            if isinstance(value, _Deferred):
                visit(value.names)
        modules[id(names)] = names

    with _LOCK:
        seen: set[int] = set()
        visit(wanted.names)
        reached = {wanted}
        for names in modules.values():
            kernels = {name: value for name, value in list(names.items()) if isinstance(value, _Deferred)}
            reached |= set(kernels.values())
            names.update({name: value.make_dispatcher() for name, value in kernels.items()})
        wanted.make_dispatcher()
        for value in reached:
            value.finish()


def _forget_unreadable(compiled: Any) -> None:
    """Empty the code kept on disk where it names what is gone.

    After an upgrade, it may have been kept by another version: numba reads the names of classes in it before it looks
    at whether the source has changed.
    """
    import pickle

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


def compiler_loaded() -> bool:
    """Return whether something else has paid for the compiler already, so that a kernel is the cheaper way."""
    return "numba" in sys.modules


def plainly(function: _F) -> _F:
    """A kernel as the interpreter runs it, with those of its module: sooner done, for little, than the compiler loads.

    To be called where the module is loaded, behind its kernels.
    """
    names = dict(cast(_Deferred, function).names)
    for name, value in list(names.items()):
        if isinstance(value, _Deferred):
            names[name] = FunctionType(value.code, names, name)
    return cast(_F, names[function.__name__])


def load_when_asked(room: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """Make the `__getattr__` of a package whose parts are loaded when they are asked for (PEP 562).

    Args:
        room: The room's `__name__`.
        homes: Exported name → the module of the room that defines it.

    Returns:
        A function that imports that module and gives the name out of it.

    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{homes[name]}"), name)

    return load


class Closing(ABC):
    """Something that `close` lets go of; the end of a `with` statement calls it."""

    __slots__ = ()

    @abstractmethod
    def close(self) -> None:
        """Lets go of what it has."""

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without the cycle collector, for work that leaves no cycles and makes many small objects that stay.

    Looking through them again and again, and through all that is loaded, takes up to two thirds of such work's time.
    It is on again afterwards if it was on before.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
