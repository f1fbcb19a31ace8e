"""Two cores at once: reading ahead in a thread, and work that never waits for a slow neighbour."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

THREADS = 2
_A = TypeVar("_A")
_B = TypeVar("_B")
_END = object()


@contextmanager
def read_ahead(items: Iterator[_A], depth: int = 2) -> Iterator[Iterator[_A]]:
    """Yields an iterator over `items` that are made in a thread, at most `depth` of them waiting."""

    def take() -> Iterator[_A]:
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(pool.submit(next, items, _END))
            yield cast(_A, item)

    with ThreadPoolExecutor(1) as pool:
        waiting = deque[Future[_A | object]](pool.submit(next, items, _END) for _ in range(depth + 1))
        try:
            yield take()
        finally:
            for future in waiting:
                future.cancel()


def map_ahead(work: Callable[[_A], _B], pieces: Iterable[_A], *, ahead: int = 4) -> Generator[_B]:
    """Yield what `work`, called by THREADS threads, makes of each piece, in order; at most `ahead` answers wait."""
    waiting: deque[Future[_B]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
