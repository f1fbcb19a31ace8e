"""The record of the market's watch: lines, their tree, and tables that are made of them, in one transaction (ADR 65).

What is recorded is a `Line` (`log.lines`); what pages and commands ask stands in `log.reads`.

1. What `append` returned for is durable, in its place, with its leaf and all that it changes; else nothing is.
2. Lines follow one another without a gap, whoever writes: writers of all processes wait for each other.
3. Tables of another version, or that lag behind the lines, are made anew when the record is opened.
4. Nothing is changed afterwards. Retention takes the text of lines out, and leaves their leaves.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from wayseal.database import Connection, Database, DatabaseError, execute, open_database, query, scratch
from wayseal.database.errors import DatabaseBusyError, ForeignDatabaseError
from wayseal.journal.projection import grow, read_batches, tables_differ, tree_of
from wayseal.market.errors import (
    MarketError,
    NoSuchThingError,
    OvertakenError,
    RecordBusyError,
    RecordChangedError,
    RecordDiskError,
    RecordError,
)
from wayseal.market.log._tables import BY_HAND, LINES, NODES, PROJECTION, TABLES, make_record, project
from wayseal.market.log.lines import ORIGIN, WATCH, Line, LineKind, read_line, write_line
from wayseal.merkle import Checkpoint, SigningKey
from wayseal.merkle.hashing import leaf_hash

__all__ = ["FILE", "WATCH", "Line", "LineKind", "Market", "Proof", "Verified", "open_market"]
FILE = "market.sqlite"
_AT_ONCE = 2000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That a line stands in the record. seq: its place; text: as it is hashed; path: hashes up to the root."""

    seq: int
    text: str
    size: int
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The record, found to hold. lines: how many; purged: of them without their text; root: of their tree."""

    lines: int
    purged: int
    root: bytes


class Market:
    """The record of a market's watch. Safe to use from many threads; see `open_market`."""

    def __init__(self, store: Database) -> None:
        self._store = store
        self._open()

    def append(self, lines: Sequence[Line], *, seen: int | None = None) -> tuple[int, ...]:
        """Records lines (rules 1 and 2).

        Args:
            lines: In the order in which they are to stand.
            seen: How many lines there were when whoever decides looked; None: it is no matter.

        Returns:
            Their places.

        Raises:
            RecordError: One can't be written.
            OvertakenError: Somebody decided about the same behind those that were seen.
            RecordBusyError: Others write for too long.
            RecordDiskError: The disk refuses.
        """

        def work(c: Connection) -> tuple[int, ...]:
            _check_seen(c, lines, seen)
            return _add(c, lines)

        return self._store.write(work) if lines else ()

    def check_seen(self, lines: Sequence[Line], seen: int) -> None:
        """OvertakenError: `append` would refuse them now."""
        self._store.read(lambda c: _check_seen(c, lines, seen))

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on one snapshot of the tables."""
        return self._store.read(work)

    def lines(self, kind: LineKind | None = None) -> Iterator[tuple[int, Line]]:
        """All lines that still have a text, in their order; of one kind."""
        after, wanted = -1, "" if kind is None else f" AND kind='{kind.value}'"
        text = f"SELECT seq, content FROM {LINES} WHERE seq>?{wanted} ORDER BY seq LIMIT ?"
        while found := self._store.read(query, text, (after, _AT_ONCE)):
            yield from ((seq, read_line(content)) for seq, content in found if content is not None)
            after = found[-1][0]

    def size(self) -> int:
        """How many lines there are."""
        return self._store.read(_size)

    def tip(self) -> Checkpoint:
        """Compute the size and root of the tree now."""

        def work(c: Connection) -> Checkpoint:
            size = _size(c)
            return Checkpoint(origin=ORIGIN, size=size, root=tree_of(c, NODES, size).root())

        return self._store.read(work)

    def checkpoint(self, key: SigningKey) -> str:
        """The same as a signed note that anybody keeps."""
        return key.sign(self.tip().to_text())

    def prove(self, seq: int) -> Proof:
        """That a line stands in the record as it is now. NoSuchThingError: there is none, or it was purged."""

        def work(c: Connection) -> Proof:
            size = _size(c)
            found = query(c, f"SELECT content FROM {LINES} WHERE seq=?", (seq,))
            if not found or found[0][0] is None:
                raise NoSuchThingError("the record has no such line, or no longer its text")
            tree = tree_of(c, NODES, size)
            return Proof(seq=seq, text=found[0][0], size=size, root=tree.root(), path=tuple(tree.inclusion(seq)))

        return self._store.read(work)

    def purge(self, at: int, captures: Sequence[str], offers: Sequence[str]) -> int:
        """Takes texts of captures' and offers' lines out (rule 4), and records that.

        Args:
            at: When.
            captures: Ids of captures whose bodies went.
            offers: Ids of offers that go with them.

        Returns:
            How many lines lost their text.

        Raises:
            RecordBusyError: Others write for too long.
            RecordDiskError: The disk refuses.
        """
        gone, wanted = frozenset(captures), frozenset(offers)
        files: dict[str, str] = {}
        lost = []
        for seq, line in self.lines():
            if line.kind is LineKind.CAPTURED and line.body["id"] in gone:
                lost.append(seq)
                if not line.body["status"]:
                    files[line.body["id"]] = line.body["sha256"]
            elif line.kind in (LineKind.OFFERED, LineKind.READ) and line.body.get("offer") in wanted:
                lost.append(seq)

        def work(c: Connection) -> None:
            _add(c, [Line(kind=LineKind.PURGED, at=at, body=body) for body in _purged_bodies(gone, wanted, files)])
            execute(c, f"UPDATE {LINES} SET content=NULL WHERE seq=?", [[seq] for seq in lost])

        self._store.write(work)
        self._store.shred([LINES])
        return len(lost)

    def verify(self) -> Verified:
        """Computes the tree anew from the lines and compares it and the tables with what is kept.

        Returns:
            What holds.

        Raises:
            RecordChangedError: A line, a node or a table isn't what was written; names which.
        """
        return self._store.read(_verify)

    def close(self) -> None:
        """Lets go of the database."""
        self._store.close()

    def _open(self) -> None:
        def fits(c: Connection) -> bool:
            return PROJECTION.fits(c, _size(c))

        def work(c: Connection) -> None:
            make_record(c)
            if not fits(c):
                _remake(c)

        if not (self._store.has_table(PROJECTION.state) and self._store.read(fits)):
            self._store.write(work)


def _add(c: Connection, lines: Sequence[Line]) -> tuple[int, ...]:
    first = _size(c)
    texts = [write_line(first + number, line) for number, line in enumerate(lines)]
    execute(
        c,
        f"INSERT INTO {LINES} (seq, kind, content) VALUES (?, ?, ?)",
        [[first + n, line.kind.value, texts[n]] for n, line in enumerate(lines)],
    )
    grow(c, NODES, first, [leaf_hash(text.encode()) for text in texts])
    for number, line in enumerate(lines):
        project(c, first + number, line)
    PROJECTION.advance(c, first + len(lines))
    return tuple(range(first, first + len(lines)))


def _check_seen(c: Connection, lines: Sequence[Line], seen: int | None) -> None:
    if seen is None:
        return
    since = query(c, f"SELECT content FROM {LINES} WHERE {BY_HAND} AND seq>=? ORDER BY seq", (seen,))
    theirs = [read_line(text) for (text,) in since if text is not None]
    if {_about(line) for line in theirs} & {_about(line) for line in lines}:
        raise OvertakenError("somebody decided about this meanwhile: look at what they did, and decide again")


def _about(line: Line) -> frozenset[str]:
    """Name what a decision is about."""
    names = ("a", "b") if "a" in line.body else ("offer", "request", "seq", "word")
    return frozenset(str(line.body[name]) for name in names if name in line.body)


def _purged_bodies(
    captures: Collection[str], offers: Collection[str], files: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Bodies of `purged` lines, none of them too long. files: SHA-256 of captures that were files."""
    gone, went = sorted(captures), sorted(offers)
    for start in range(0, max(len(gone), len(went)), _AT_ONCE):
        some = gone[start : start + _AT_ONCE]
        said = {one: files[one] for one in some if one in files}
        yield {"captures": some, "offers": went[start : start + _AT_ONCE], "files": said}


def _size(c: Connection) -> int:
    found = query(c, f"SELECT max(seq) FROM {LINES}")[0][0]
    return 0 if found is None else int(found) + 1


def _remake(c: Connection) -> None:
    PROJECTION.clear(c)
    for seq, _, text, _ in _kept(c):
        if text is not None:
            project(c, seq, read_line(text))
    PROJECTION.finish(c, _size(c))


def _kept(c: Connection) -> Iterator[tuple[int, str, str | None, bytes]]:
    """Place, kind, text and leaf of all lines; text None: it was purged."""
    text = (
        f"SELECT l.seq, l.kind, l.content, n.hash FROM {LINES} l LEFT JOIN {NODES.full_name} n "
        "ON n.level=0 AND n.place=l.seq WHERE l.seq>? ORDER BY l.seq LIMIT ?"
    )
    for batch in read_batches(c, text, _AT_ONCE):
        for seq, kind, content, leaf in batch:
            if leaf is None:
                raise RecordChangedError("line {number} has no leaf", number=seq)
            yield seq, kind, content, bytes.fromhex(leaf)


def _verify(c: Connection) -> Verified:
    purged, leaves = 0, list[bytes]()
    with scratch() as anew:
        make_record(anew)
        PROJECTION.clear(anew)
        for seq, kind, text, leaf in _kept(c):
            if seq != len(leaves):
                raise RecordChangedError("line {number} is missing", number=len(leaves))
            if text is None:
                purged += 1
            else:
                line = read_line(text)
                said = (leaf_hash(text.encode()), json.loads(text)["seq"], line.kind.value)
                if said != (leaf, seq, kind):
                    raise RecordChangedError("line {number} is not what was written", number=seq)
                project(anew, seq, line)
            leaves.append(leaf)
        grow(anew, NODES, 0, leaves)
        root = tree_of(anew, NODES, len(leaves)).root()
        if tree_of(c, NODES, len(leaves)).root() != root or tables_differ(c, anew, NODES):
            raise RecordChangedError("the tree is not that of the lines")
        for table in TABLES:
            if tables_differ(c, anew, table):
                raise RecordChangedError("table {table} is not what the lines make", table=table.name)
    return Verified(lines=len(leaves), purged=purged, root=root)


def _turn(error: DatabaseError) -> MarketError:
    match error:
        case DatabaseBusyError():
            return RecordBusyError("another process is writing to it", file=error.file)
        case ForeignDatabaseError():
            return RecordError("this is no such database", file=error.file)
        case _:
            return RecordDiskError(error.message, file=error.file)


@contextmanager
def open_market(folder: Path, url: str | None = None) -> Iterator[Market]:
    """The record that lies in a folder, made where there is none.

    Args:
        folder: Where SQLite's file lies.
        url: Address of a PostgreSQL database that holds it instead.

    Yields:
        It.

    Raises:
        MarketError: It can't be opened.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise RecordDiskError("the folder can't be made", file=folder) from None
    with _open_store(folder / FILE if url is None else url) as store:
        yield Market(store)


def _open_store(place: Path | str) -> Database:
    if isinstance(place, str) and not place.startswith("postgresql:"):
        raise RecordError("the address is no postgresql://...")
    try:
        return open_database(place, turn=_turn)
    except ModuleNotFoundError:
        raise RecordError("packages for PostgreSQL are not installed") from None
