"""How fast numbers are issued, moved and looked up, beside bare INSERTs of the same rows in the same run.

    python -m benchmarks run numbers_speed --work FOLDER [--postgresql URL] [--numbers 50000]

Each move is what the service does with a request that it has read: the number is looked up, judged and changed by a
guarded update, an event and a link of the chain are written, and all of a batch is durable (SQLite: synchronous=FULL)
before the next batch begins. Orders' tags are made before (some 8 µs each). A bare INSERT writes the events alone, as
many a commit, into a table with the same columns, by executemany on SQLite and by COPY on PostgreSQL: nothing can be
faster. How long an fsync takes stands beside.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import harmonic_mean
from typing import TypeVar

from benchmarks.numbers._desk import HOLDER, fsync_seconds, moves_of, now, open_desk
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.database import execute, open_database, query
from wayseal.database.raw import run_many
from wayseal.numbers import tracking
from wayseal.numbers._store import EVENTS, add_rows
from wayseal.numbers.moves import BlockAsk, Numbers
from wayseal.numbers.rules import Move, MoveKind, Outcome

T = TypeVar("T")
LIFE = (MoveKind.BIND, MoveKind.SCAN, MoveKind.CLOSE)
SIZES = (100, 1_000, 10_000)
BLOCK = 10_000
RATE, BARE = "a second", "bare INSERTs a second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The databases, and how many numbers."""

    work: Path = option(text="folder for databases")
    postgresql: str | None = option(None, "a server, as postgresql://USER@HOST:PORT")
    numbers: int = option(50_000, "so many are issued and moved for each size of batches")


@benchmark(
    minutes=2,
    kept=[
        kept
        for name, least in (("SQLite", 25_000), ("PostgreSQL", 35_000))
        for kept in (
            Kept(f"numbers issued a second: {name}", f"{name}: issue, {BLOCK:,} a block", RATE, "a second"),
            *(
                Kept(
                    f"moves of numbers a second, {size:,} a commit: {name}",
                    f"{name}: a life's moves, {size:,} a commit",
                    RATE,
                    "a second",
                    least=least if size > SIZES[0] else None,
                    beside=("bare INSERTs", f"{name}: a life's moves, {size:,} a commit", BARE),
                )
                for size in SIZES
            ),
            Kept(f"first scans a second: {name}", f"{name}: scan, {SIZES[1]:,} a commit", RATE, "a second"),
            Kept(f"look-ups of a number a second: {name}", f"{name}: look-up", RATE, "a second"),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Issue, move and look up on each database."""
    options.work.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = []
    for name, place in (("SQLite", options.work), ("PostgreSQL", options.postgresql)):
        if place is not None:
            with _fresh(options, name) as url:
                rows += _measure(options, name, url)
    yield Table(("what", RATE, BARE), rows)
    yield f"An fsync of 4 KiB took {1e6 * fsync_seconds(options.work):,.0f} µs there."


@contextmanager
def _fresh(options: Options, name: str) -> Iterator[str]:
    made = f"numbers_{secrets.token_hex(4)}"
    if name == "SQLite":
        yield f"sqlite:///{options.work / made}.db"
        return
    with open_database(f"{options.postgresql}/postgres") as server:
        server.look(execute, f"CREATE DATABASE {made}", [()])
        try:
            yield f"{options.postgresql}/{made}"
        finally:
            server.look(execute, f"DROP DATABASE {made} WITH (FORCE)", [()])


def _measure(options: Options, name: str, url: str) -> Iterator[tuple[str, ...]]:
    folder = options.work / f"{name} {secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    with open_desk(url, folder) as numbers:
        some: list[str] = []
        for size in SIZES:
            block = BlockAsk(holder=HOLDER, channel="api", size=min(BLOCK, options.numbers))
            some = []
            asks = [block] * max(1, options.numbers // BLOCK)
            issued = _rate(asks, lambda ask: some.extend(numbers.issue(ask, now()).numbers), lambda ask: ask.size)  # noqa: B023
            if size == SIZES[0]:
                yield f"{name}: issue, {BLOCK:,} a block", f"{issued:,.0f}", "-"
            rates = []
            for kind in LIFE:
                every = moves_of(numbers, kind, some)
                parts = [every[start : start + size] for start in range(0, len(every), size)]
                rates.append(_rate(parts, lambda part: _move(numbers, part), len))
                bare = _bare(numbers, size, len(some))
                yield f"{name}: {kind}, {size:,} a commit", f"{rates[-1]:,.0f}", f"{bare:,.0f}"
            yield f"{name}: a life's moves, {size:,} a commit", f"{harmonic_mean(rates):,.0f}", f"{bare:,.0f}"
        asked = some[:2_000]
        found = _rate(asked, lambda one: numbers.database.look(tracking.find, one), lambda _: 1)
        yield f"{name}: look-up", f"{found:,.0f}", "-"


def _rate(parts: Sequence[T], act: Callable[[T], object], size: Callable[[T], int]) -> float:
    """How many a second."""
    start = time.perf_counter()
    for part in parts:
        act(part)
    return sum(map(size, parts)) / (time.perf_counter() - start)


def _move(numbers: Numbers, part: list[Move]) -> None:
    if any(one.outcome is not Outcome.DONE for one in numbers.move(part, now())):
        raise UnsoundError("a move wasn't done")


def _bare(numbers: Numbers, size: int, count: int) -> float:
    """The rows of the events alone, into a table of the same columns."""
    columns = ", ".join(f'"{one}"' for one in EVENTS)
    make = f"CREATE TABLE IF NOT EXISTS bare AS SELECT {columns} FROM number_events WHERE 1 = 0"
    numbers.database.write(run_many, make, [()])
    rows = numbers.database.read(query, f"SELECT {columns} FROM number_events ORDER BY seq DESC LIMIT ?", (count,))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return _rate(parts, lambda part: numbers.database.write(add_rows, "bare", EVENTS, part), len)
