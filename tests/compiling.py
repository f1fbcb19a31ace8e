"""Kernels are compiled by one worker and read by the others: where nothing was kept yet, all begin with the same."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from tests.once import CACHE

_LOCK, _DEPTH = RLock(), [0]


@contextmanager
def _alone() -> Iterator[None]:
    """No other worker compiles meanwhile. Kernels that a kernel calls are compiled within."""
    with _LOCK:
        if _DEPTH[0]:
            yield
            return
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "kernels.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _DEPTH[0] += 1
            try:
                yield
            finally:
                _DEPTH[0] -= 1


def compile_in_turns() -> None:
    """From now on. What another worker has compiled meanwhile, the compiler finds on disk."""
    loaded = sys.modules.get("numba.core.dispatcher")
    if loaded is None:
        return
    dispatcher: Any = loaded.Dispatcher
    compile_ = dispatcher.compile

    def compile_alone(self: Any, *given: Any) -> Any:
        with _alone():
            return compile_(self, *given)

    dispatcher.compile = compile_alone
