"""The record, open: lines that are added, signed, proved and read (rules 1 to 3 and 5)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wayseal.market.errors import EntryError, RecordError
from wayseal.market.log._lines import leaf_of, read_text, to_text
from wayseal.market.log._open import FOLDER_MODE, opened_store
from wayseal.market.log._project import project, put_state
from wayseal.market.log._proofs import LineProof
from wayseal.market.log._rebuild import remake_tables
from wayseal.market.log._tables import (
    CAPTURES,
    CHECKPOINTS,
    LINES,
    OFFER_LINES,
    OFFERS,
    STATE,
    VERSION,
    make_record,
    make_tables,
)
from wayseal.market.log._tree import grow, tree_of
from wayseal.market.log._views import Views
from wayseal.market.log.types import Entry, EntryKind, Line
from wayseal.merkle import Checkpoint, SigningKey
from wayseal.store.statements import Connection, Store

FORMAT = 1
"""Version of the lines."""
_OURS = frozenset({EntryKind.BEGUN, EntryKind.PURGED})


class Market(Views):
    """An open record. Safe to use from many threads; other processes may write to it at the same time."""

    def __init__(self, store: Store, origin: str) -> None:
        super().__init__(store)
        self.origin = origin

    def append(self, entries: Sequence[Entry]) -> range:
        """Adds lines, and what they come to, in one transaction (rules 1 and 2).

        Args:
            entries: In their order.

        Returns:
            Their numbers.

        Raises:
            EntryError: One can't be a line; nothing is written.
            RecordBusyError: Another process writes for too long.
            RecordDiskError: The disk refuses.
        """
        if any(entry.kind in _OURS for entry in entries):
            raise EntryError("lines of this kind are written by the record itself")
        return self._store.write(lambda connection: add(connection, entries))

    def size(self) -> int:
        """How many lines there are."""
        return self._store.read(read_size)

    def lines(self, since: int = 0, most: int = 1000) -> list[Line]:
        """Lines from one on, without those that were purged."""
        text = f"SELECT line FROM {LINES} WHERE seq >= ? AND seq < ? AND line IS NOT NULL ORDER BY seq"
        rows = self._store.read(lambda connection: connection.rows(text, (since, since + most)))
        return [read_text(text) for (text,) in rows]

    def sign(self, key: SigningKey) -> str:
        """Signs the tree as it stands, and keeps the note. Notes are to be kept elsewhere, too (rule 4)."""

        def work(connection: Connection) -> str:
            size = read_size(connection)
            root = tree_of(connection, size).root()
            note = key.sign(Checkpoint(origin=self.origin, size=size, root=root).to_text())
            text = f"INSERT INTO {CHECKPOINTS} (size, note) VALUES (?, ?) ON CONFLICT (size, note) DO NOTHING"
            connection.run(text, [(size, note)])
            return note

        return self._store.write(work)

    def checkpoints(self) -> list[tuple[int, str]]:
        """(size, signed note) of all that were signed here."""
        text = f"SELECT size, note FROM {CHECKPOINTS} ORDER BY size, note"
        return [(int(size), str(note)) for size, note in self._store.read(lambda connection: connection.rows(text))]

    def prove(self, seq: int, size: int | None = None) -> LineProof:
        """Proves that a line stands in the record.

        Args:
            seq: Its number.
            size: In the record of so many lines; None: as it stands.

        Returns:
            The proof.

        Raises:
            RecordError: There is no such line, or it was purged: then only its leaf is there.
        """

        def work(connection: Connection) -> LineProof:
            whole = read_size(connection)
            wanted = whole if size is None else size
            found = connection.rows(f"SELECT line FROM {LINES} WHERE seq = ?", (seq,))
            if not found or found[0][0] is None or not 0 <= seq < wanted <= whole:
                raise RecordError("there is no such line in the market's record")
            tree = tree_of(connection, whole)
            path = tuple(tree.inclusion(seq, wanted))
            return LineProof(line=found[0][0], seq=seq, size=wanted, path=path, root=tree.root(wanted))

        return self._store.read(work)

    def prove_capture(self, id_: str, size: int | None = None) -> LineProof:
        """The same of the line of a capture. RecordError: there is none."""
        text = f"SELECT line FROM {CAPTURES.name} WHERE id = ?"
        found = self._store.read(lambda connection: connection.rows(text, (id_,)))
        if not found:
            raise RecordError("there is no such capture in the market's record")
        return self.prove(int(found[0][0]), size)

    def prove_growth(self, old: int, size: int | None = None) -> list[bytes]:
        """Proves that the first lines begin the record (RFC 9162, 2.1.4). MerkleError: it has fewer."""
        return self._store.read(lambda connection: tree_of(connection, read_size(connection)).consistency(old, size))

    def purge(self, before: int, *, at: int, who: str, why: str) -> int:
        """Takes out what was offered and was last seen before a time (rule 5).

        The text of those lines, and the offers' rows, are overwritten in the database's files; leaves stay.

        Args:
            before: A time.
            at: When this is done.
            who: By whom.
            why: Under which rule of retention.

        Returns:
            How many lines were emptied.
        """

        def work(connection: Connection) -> int:
            text = f"SELECT l.line FROM {OFFER_LINES.name} AS l JOIN {OFFERS.name} AS o ON o.offer = l.offer "
            found = [int(seq) for (seq,) in connection.rows(f"{text}WHERE o.last_at < ? ORDER BY l.line", (before,))]
            if found:
                add(connection, [Entry(at=at, kind=EntryKind.PURGED, who=who, body={"lines": found, "why": why})])
                connection.run(f"UPDATE {LINES} SET line = NULL WHERE seq = ?", [(seq,) for seq in found])
            return len(found)

        emptied = self._store.write(work)
        if emptied:
            self._store.shred((LINES, OFFERS.name))
        return emptied


def add(connection: Connection, entries: Sequence[Entry]) -> range:
    """Writes lines, their nodes, and what they come to."""
    size = read_size(connection)
    if not entries:
        return range(size, size)
    texts = [to_text(size + place, entry) for place, entry in enumerate(entries)]
    lines = [read_text(text) for text in texts]  # what is projected is what will be read again
    leaves = [leaf_of(text) for text in texts]
    grow(connection, size, leaves)
    rows = [(size + place, text, leaf.hex()) for place, (text, leaf) in enumerate(zip(texts, leaves, strict=True))]
    connection.run(f"INSERT INTO {LINES} (seq, line, leaf) VALUES (?, ?, ?)", rows)
    try:
        project(connection, lines)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise EntryError("a line of the market's record holds what its tables can't") from None
    put_state(connection, size + len(rows))
    return range(size, size + len(rows))


def read_size(connection: Connection) -> int:
    """How many lines there are. RecordError: the tables know others, or are of another version."""
    version, known = connection.rows(f"SELECT version, size FROM {STATE}")[0]
    last = connection.rows(f"SELECT coalesce(max(seq) + 1, 0) FROM {LINES}")[0][0]
    if (int(version), int(known)) != (VERSION, int(last)):
        raise RecordError("the tables of the market's record are not those of its lines: rebuild them")
    return int(last)


@contextmanager
def open_market(
    folder: Path, *, url: str | None = None, origin: str = "wayseal.market", at: int = 0, new: bool = True
) -> Iterator[Market]:
    """Opens a record, in a folder that is made where there is none.

    Args:
        folder: Where its database lies.
        url: The address of a PostgreSQL database that holds it instead; else what `database` in the folder says.
        origin: The name under which a new record's tree is signed.
        at: When a new record begins.
        new: It may be made; RecordError where it may not.

    Returns:
        The record, open until the `with` ends.

    Raises:
        RecordError: This is no record, or one of another version.
    """
    if new:
        folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    elif not folder.exists():
        raise RecordError("there is no record of a market here", file=folder)
    with opened_store(folder, url) as store:
        if not store.there() or not store.has_table(STATE):
            if not new:
                raise RecordError("there is no record of a market here", file=store.place)
            store.write(lambda connection: _begin(connection, origin, at))
        first = store.read(lambda connection: connection.rows(f"SELECT line FROM {LINES} WHERE seq = 0"))
        yield Market(store, _origin(first, store))


def _begin(connection: Connection, origin: str, at: int) -> None:
    """Makes a record, if nobody did meanwhile."""
    for text in make_record():
        connection.rows(text)
    if connection.rows(f"SELECT 1 FROM {STATE}"):
        return
    for text in make_tables():
        connection.rows(text)
    put_state(connection, 0)
    body = {"origin": origin, "version": FORMAT}
    add(connection, [Entry(at=at, kind=EntryKind.BEGUN, who="market", body=body)])


def _origin(first: Sequence[tuple[str | None]], store: Store) -> str:
    try:
        entry = read_text(first[0][0] or "").entry
    except (ValueError, IndexError):
        entry = None
    if entry is None or entry.kind is not EntryKind.BEGUN:
        raise RecordError("this is no record of a market", file=store.place)
    if entry.body.get("version") != FORMAT:
        raise RecordError("this record of a market is of another version", file=store.place)
    state = store.read(lambda connection: connection.rows(f"SELECT version FROM {STATE}"))
    if state and int(state[0][0]) != VERSION:
        store.write(remake_tables)
    return str(entry.body.get("origin"))
