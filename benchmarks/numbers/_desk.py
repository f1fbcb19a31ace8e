"""Numbers on a database of a benchmark's, with a key of its own."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wayseal.database import open_database
from wayseal.database.migrations import upgrade
from wayseal.numbers.bindings import Order, bind_move
from wayseal.numbers.codec import Series
from wayseal.numbers.codes import open_keys
from wayseal.numbers.moves import Numbers, mark_of
from wayseal.numbers.rules import Move, MoveKind
from wayseal.numbers.tables import CHAIN

HOLDER = "platform"


@contextmanager
def open_desk(url: str, folder: Path) -> Iterator[Numbers]:
    """Numbers at an address, their key in a folder; made where they aren't there yet."""
    with open_database(url) as database:
        upgrade(database, CHAIN)
        keys = open_keys(folder / "numbers.key", make=True)
        numbers = Numbers(database, keys, mark_of(folder / "numbers.key"))
        numbers.add_series(Series(prefix="YT"), now())
        yield numbers


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def moves_of(numbers: Numbers, kind: MoveKind, some: list[str]) -> list[Move]:
    """A move of each number, by its holder or by one of a hundred outlets, with the time that they claim."""
    if kind is MoveKind.BIND:
        orders = [Order(client=HOLDER, order=f"order {one}", phone=f"138{one[-8:]}", city="北京") for one in some]
        return [bind_move(numbers.keys, one, order) for one, order in zip(some, orders, strict=True)]
    at = now()
    return [
        Move(number=one, move=kind, by=f"gun {one[-2:]}", outlet=f"SH-{one[-2:]}", city="上海", at=at + place)
        for place, one in enumerate(some)
    ]


def fsync_seconds(folder: Path, times: int = 50) -> float:
    """Seconds that writing a page and an fsync take in a folder: the middle one."""
    took = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(times):
            start = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - start)
    (folder / "fsync").unlink()
    return sorted(took)[times // 2]
