"""Work on two threads that slides over its pieces."""

import threading
from collections.abc import Iterator

import pytest

from wayseal.ledger._parallel import THREADS, map_ahead

SOON = 30
"""Seconds after which a thread that should have come is taken not to."""


def test_answers_come_in_order() -> None:
    assert list(map_ahead(lambda n: n * n, range(100))) == [n * n for n in range(100)]
    assert list(map_ahead(lambda n: n, [])) == []


def test_a_slow_piece_keeps_nobody_waiting() -> None:
    """While the first is worked on, the other thread goes through those after it."""
    later = threading.Event()

    def work(n: int) -> bool:
        if n == 3:
            later.set()
        return n > 0 or later.wait(SOON)

    assert list(map_ahead(work, range(8))) == [True] * 8
    assert THREADS == 2


def test_an_error_comes_out_and_ends_the_work() -> None:
    done: list[int] = []

    def work(n: int) -> int:
        done.append(n)
        if n == 1:
            raise ValueError("one")
        return n

    answers = map_ahead(work, range(1_000))
    assert next(answers) == 0
    with pytest.raises(ValueError, match="one"):
        next(answers)
    assert len(done) < 20


def test_whoever_stops_listening_ends_the_work() -> None:
    done: list[int] = []

    def pieces() -> Iterator[int]:
        yield from range(1_000)

    answers = map_ahead(done.append, pieces())
    next(answers)
    answers.close()
    assert len(done) < 20
