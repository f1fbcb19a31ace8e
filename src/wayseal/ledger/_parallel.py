"""Two cores at once: reading ahead in a thread, and work that never waits for a slow neighbour."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class _Failure:
    """An error on its way to the reader."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


class _End:
    """Nothing more comes."""


class _Ahead(Generic[T]):
    def __init__(self, items: Iterator[T], depth: int) -> None:
        self._items = items
        self._queue: queue.Queue[T | _Failure | _End] = queue.Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:
            self._put(_Failure(error))

    def _put(self, item: "T | _Failure | _End") -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[T]:
        while True:
            item = self._queue.get()
            if isinstance(item, _Failure):
                raise item.error
            if isinstance(item, _End):
                return
            yield item

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def read_ahead(items: Iterator[T], depth: int = 2) -> Iterator[Iterator[T]]:
    """Yields an iterator over `items` that are made in a thread, at most `depth` of them waiting."""
    made = _Ahead(items, depth)
    try:
        yield iter(made)
    finally:
        made.stop()


THREADS = 2
_A = TypeVar("_A")
_B = TypeVar("_B")


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
