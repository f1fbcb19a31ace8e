"""What tamper evidence costs: hashing reads beside hashlib, a tree of a million leaves, and its share of an ingest.

    python -m benchmarks run merkle [--source DATASET --work FOLDER]

With `--source` that dataset is ingested twice, and each time the processor seconds that threads spend on hashing are
taken apart from the rest; then the ledger is verified. Without it only the first two tables are made.
"""

import hashlib
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal import ledger, store
from wayseal.ledger import _commit, _dictionary, _resolve, integrity
from wayseal.ledger._pages import Pages, Rows, hash_rows, size_of
from wayseal.ledger._salts import Salts
from wayseal.merkle import Tree, verify_inclusion
from wayseal.merkle.bulk import Messages
from wayseal.proofs.reads import COLUMNS

ROWS = 1 << 18
LEAVES = 1_000_000
FEW, MANY = 8, 200_000
TIMES = 5


HASHLIB, HERE, WHOLE = "hashlib, ns", "here, ns", "whole read, ns"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A dataset whose ingest and verification is measured, too."""

    source: Path | None = option(None, "a dataset; without it only what needs none")
    work: Path = option(Path("merkle-bench"), "folder for its ledger; emptied first")


@benchmark(
    minutes=1,
    kept=[
        Kept(
            "SHA-256 of a read with four columns",
            "actor, access, via, session",
            HERE,
            "ns",
            beside=("hashlib", "actor, access, via, session", HASHLIB),
        ),
        Kept("a read with its salt and its page, all columns", "all columns", WHOLE, "ns"),
        Kept(
            "root of a million leaves",
            "root, here",
            "seconds",
            "s",
            most=10,
            beside=("hashlib", "root, hashlib", "seconds"),
        ),
        Kept("hashing beside the rest of an ingest", "second run", "of the rest", most=0.3),
        Kept("`ledger verify` of ten million reads", "verify", "CPU s", "CPU s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Measure reads, leaves, and an ingest if there is a dataset."""
    yield Table(("reads", "bytes", HASHLIB, HERE, WHOLE), map(reads, widths()))
    yield leaves()
    if options.source is not None:
        yield from shares(options.source, options.work)


def widths() -> list[tuple[str, ...]]:
    """Columns of a bare log, of a usual one and of one that has everything."""
    return [(), ("access", "via", "session"), COLUMNS]


def reads(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Nanoseconds a read: hashlib and our kernel on the same bytes, and all that is done for a read."""
    rng = np.random.default_rng(1)
    ordered = tuple(c for c in COLUMNS if c in columns)
    made = Messages(4096, size_of(ordered))
    made.rows[:] = rng.integers(0, 256, made.rows.shape, np.uint8)
    plain = [row.tobytes() for row in made.rows]
    ours = best(lambda: made.hashes(4096)) / 4096
    theirs = best(lambda: [hashlib.sha256(row).digest() for row in plain]) / 4096
    if made.hashes(4096)[7].tobytes() != hashlib.sha256(plain[7]).digest():
        raise SystemExit("the hashes differ")
    rows, salts = random_rows(rng, ordered), Salts(bytes(32))

    def whole() -> None:
        pages = Pages(1)
        pages.add(0, hash_rows(rows, ordered, salts.of(rows.source, rows.row)))
        pages.close()

    name = ", ".join(("actor", *ordered)) if len(ordered) < FEW else "all columns"
    return (name, str(size_of(ordered)), f"{theirs:.0f}", f"{ours:.0f}", f"{best(whole) / ROWS:.0f}")


def random_rows(rng: np.random.Generator, columns: tuple[str, ...]) -> Rows:
    """Reads with ids of many different texts."""
    hashed = {c: rng.integers(0, 1 << 62, ROWS).astype(np.uint64) for c in ("access", "request")}
    digests = rng.integers(0, 256, (MANY + 1, 32), np.uint8)
    return Rows(
        word=rng.integers(0, 1 << 62, ROWS).astype(np.uint64),
        text=None,
        at=rng.integers(0, 1 << 50, ROWS),
        source=np.zeros(ROWS, np.int32),
        row=np.arange(ROWS),
        action=np.ones(ROWS, np.uint8),
        ids={
            c: (rng.integers(0, MANY, ROWS).astype(np.uint32), digests) for c in ("actor", *columns) if c not in hashed
        },
        hashed=hashed,
    )


def best(work: Callable[[], object]) -> float:
    """Least nanoseconds of processor time of some runs."""
    work()
    found = []
    for _ in range(TIMES):
        begun = time.thread_time_ns()
        work()
        found.append(time.thread_time_ns() - begun)
    return min(found)


def leaves() -> Table:
    """Return seconds for the root of a million leaves, and for a proof."""
    made = np.random.default_rng(2).integers(0, 256, (LEAVES, 32), np.uint8)
    begun = time.perf_counter()
    tree = Tree.of(made)
    root = tree.root()
    seconds = time.perf_counter() - begun
    path = tree.inclusion(123_456)
    begun = time.perf_counter()
    if not verify_inclusion(made[123_456].tobytes(), 123_456, LEAVES, path, root):
        raise SystemExit("a proof doesn't hold")
    one = time.perf_counter() - begun
    begun = time.perf_counter()
    level = [row.tobytes() for row in made]
    while len(level) > 1:
        level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + level[
            len(level) // 2 * 2 :
        ]
    plain = time.perf_counter() - begun
    if level[0] != root:
        raise SystemExit("the roots differ")
    rows = [
        ("root, here", f"{seconds:.2f}"),
        ("root, hashlib", f"{plain:.2f}"),
        ("one proof", f"{one:.6f}"),
    ]
    return Table((f"{LEAVES:,} leaves", "seconds"), rows)


class Clock:
    """Processor seconds that functions take, whatever thread runs them."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Counts the time of a function from now on."""
        function = getattr(owner, name)

        def timed(*args: Any, **more: Any) -> Any:
            begun = time.thread_time()
            try:
                return function(*args, **more)
            finally:
                with self._lock:
                    self.spent[label] += time.thread_time() - begun

        setattr(owner, name, timed)


def shares(source: Path, work: Path) -> Iterator[Table]:
    """The share of hashing in an ingest, and the seconds of a verification."""
    clock = Clock()
    clock.watch(_resolve, "_hash", "reads")
    clock.watch(Pages, "add", "pages")
    clock.watch(Pages, "close", "pages")
    clock.watch(_dictionary.Dictionary, "digests", "ids")
    clock.watch(_commit, "append_commit", "tree")
    rows = []
    for name in ("first run", "second run"):
        shutil.rmtree(work, ignore_errors=True)
        clock.spent.clear()
        begun = time.process_time()
        report = ledger.ingest(store.open_source(source), work)
        whole = time.process_time() - begun
        own = sum(clock.spent.values())
        parts = ", ".join(f"{k} {v:.2f}" for k, v in sorted(clock.spent.items()))
        rows.append((name, f"{report.rows:,}", f"{whole:.1f}", f"{own:.2f} ({parts})", f"{own / (whole - own):.1%}"))
    yield Table(("ingest", "rows", "CPU s", "hashing", "of the rest"), rows)
    begun, spent = time.perf_counter(), time.process_time()
    found = integrity.verify(work, [], [], lambda _stage, _done, _total: None)
    if found.findings:
        raise SystemExit("the ledger doesn't verify")
    seconds, cpu = time.perf_counter() - begun, time.process_time() - spent
    row = ("verify", f"{found.rows:,}", str(found.files), f"{found.size:,}", f"{seconds:.1f}", f"{cpu:.1f}")
    yield Table(("step", "reads", "files", "leaves", "seconds", "CPU s"), [row])
