"""Work on two cores that never waits for a slow neighbour: as soon as one piece is done the next one begins."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = 2
_A = TypeVar("_A")
_B = TypeVar("_B")


def sliding(work: Callable[[_A], _B], pieces: Iterable[_A], *, ahead: int = 4) -> Generator[_B]:
    """What `work`, called by THREADS threads, makes of each piece, in order; at most `ahead` answers wait."""
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
