"""Verifying a record: each line, its tree, its checkpoints, and each row of its tables (rules 1, 4 and 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from wayseal.market.errors import RecordError
from wayseal.market.log._lines import leaf_of, read_text
from wayseal.market.log._open import opened_store
from wayseal.market.log._project import project
from wayseal.market.log._rebuild import BATCH, read_rows, remake_tables
from wayseal.market.log._tables import CHECKPOINTS, LINES, NODES, STATE, TABLES, Table, make_tables
from wayseal.market.log._tree import decode
from wayseal.market.log.types import EntryKind, Line
from wayseal.merkle import Checkpoint, MerkleError, Tree, VerifyKey
from wayseal.merkle.bulk import Digests, stacked
from wayseal.merkle.tiles import grown
from wayseal.store.statements import Connection, Store, scratch


class Code(StrEnum):
    """What can be wrong."""

    CHANGED = "changed"
    """A line isn't what its leaf says."""
    MISSING = "missing"
    """Before this line one is missing, or one was moved or put in."""
    UNREADABLE = "unreadable"
    """A line says what can't be."""
    EMPTY = "empty"
    """A line is empty, and no later one says why."""
    TREE = "tree"
    """The nodes that are stored are not those of the lines."""
    TABLES = "tables"
    """Tables say something else than the lines."""
    CHECKPOINT = "checkpoint"
    """The lines are not those that were signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong. line: at which one, or the size of a checkpoint; None: at none."""

    code: Code
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What verifying found.

    Attributes:
        size: How many lines there are.
        root: Root of the tree over them, made anew.
        purged: How many of them are empty.
        checkpoints: How many signed checkpoints fit.
        faults: What is wrong, in the order of lines.
    """

    size: int
    root: bytes
    purged: int
    checkpoints: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def verify(
    folder: Path, *, url: str | None = None, keys: Sequence[VerifyKey] = (), notes: Sequence[bytes] = ()
) -> Verification:
    """Looks at every line of a record, at its tree and its tables, as of one moment.

    Args:
        folder: Where it lies.
        url: As for `open_market`.
        keys: Keys whose checkpoints are trusted; without, only what hangs together by itself can be found.
        notes: Signed checkpoints that were kept elsewhere: whoever could write to the database can't have changed them.

    Returns:
        What is wrong.

    Raises:
        RecordError: There is no record.
    """
    with opened_store(folder, url) as store:
        _need(store)
        return store.read(lambda connection: _verify_within(connection, keys, notes))


def rebuild(folder: Path, *, url: str | None = None) -> int:
    """Makes the tables anew; how many lines there are. RecordError: there are none, or one is damaged."""
    with opened_store(folder, url) as store:
        _need(store)
        try:
            return store.write(remake_tables)
        except ValueError:
            raise RecordError("a line of the market's record is damaged", file=store.place) from None


def _need(store: Store) -> None:
    if not store.there() or not store.has_table(STATE):
        raise RecordError("there is no record of a market here", file=store.place)


def _verify_within(connection: Connection, keys: Sequence[VerifyKey], notes: Sequence[bytes]) -> Verification:
    with scratch() as made:
        return _verify(connection, made, keys, notes)


def _verify(
    connection: Connection, made: Connection, keys: Sequence[VerifyKey], notes: Sequence[bytes]
) -> Verification:
    for text in make_tables():
        made.rows(text)
    walk = _Walk(connection, made)
    leaves = walk.go()
    faults = list(walk.faults)
    faults += _check_tree(connection, leaves)
    tree = Tree.of(leaves)
    kept = [str(note).encode() for (note,) in connection.rows(f"SELECT note FROM {CHECKPOINTS}")]
    fitting, wrong = _check_notes(tree, [*kept, *notes], keys)
    faults += wrong
    if not walk.faults and not _tables_agree(connection, made, len(leaves)):
        faults.append(Fault(code=Code.TABLES))
    return Verification(
        size=len(leaves), root=tree.root(), purged=walk.empty, checkpoints=fitting, faults=tuple(faults)
    )


class _Walk:
    """One pass over all lines; tables are made of them on the way."""

    def __init__(self, connection: Connection, made: Connection) -> None:
        self._connection, self._made = connection, made
        self.faults: list[Fault] = []
        self.empty = 0
        self._allowed: set[int] = set()
        self._empties: list[int] = []

    def go(self) -> Digests:
        leaves: list[bytes] = []
        for rows in read_rows(self._connection):
            lines = []
            for seq, text, stored in rows:
                if seq != len(leaves):
                    self.faults.append(Fault(code=Code.MISSING, line=seq))
                leaf, line = self._look(seq, text, stored)
                leaves.append(leaf)
                lines += [line] if line else []
            self._project(lines)
        self.empty = len(self._empties)
        gone = sorted(set(self._empties) - self._allowed)
        self.faults += [Fault(code=Code.EMPTY, line=seq) for seq in gone]
        return stacked(leaves) if leaves else np.zeros((0, 32), np.uint8)

    def _project(self, lines: Sequence[Line]) -> None:
        for line in lines if not self.faults else ():
            try:
                project(self._made, [line])
            except (KeyError, TypeError, ValueError):
                self.faults.append(Fault(code=Code.UNREADABLE, line=line.seq))
                return

    def _look(self, seq: int, text: str | None, stored: str) -> tuple[bytes, Line | None]:
        known = decode([stored])
        if text is None:
            self._empties.append(seq)
            if known is None:
                self.faults.append(Fault(code=Code.CHANGED, line=seq))
                return bytes(32), None
            return bytes(known[0]), None
        leaf = leaf_of(text)
        if known is None or bytes(known[0]) != leaf:
            self.faults.append(Fault(code=Code.CHANGED, line=seq))
            return leaf, None
        try:
            line = read_text(text)
        except ValueError:
            line = None
        if line is None or line.seq != seq:
            self.faults.append(Fault(code=Code.UNREADABLE, line=seq))
            return leaf, None
        if line.entry.kind is EntryKind.PURGED:
            self._allowed |= {one for one in line.entry.body["lines"] if one < seq}
        return leaf, line


def _check_tree(connection: Connection, leaves: Digests) -> list[Fault]:
    levels = grown([], leaves)
    for level, nodes in enumerate(levels[1:], start=1):
        text = f"SELECT node FROM {NODES} WHERE level = ? ORDER BY place"
        stored = decode([node for (node,) in connection.rows(text, (level,))])
        if stored is None or not np.array_equal(stored, nodes):
            return [Fault(code=Code.TREE)]
    count = connection.rows(f"SELECT count(*) FROM {NODES}")[0][0]
    return [Fault(code=Code.TREE)] if count != sum(len(nodes) for nodes in levels[1:]) else []


def _check_notes(tree: Tree, notes: Sequence[bytes], keys: Sequence[VerifyKey]) -> tuple[int, list[Fault]]:
    """How many checkpoints fit, and which don't; those of others' keys prove nothing."""
    fitting, wrong = 0, []
    for note in notes:
        try:
            checkpoint = Checkpoint.open(note, keys)[0] if keys else Checkpoint.claimed(note)
        except MerkleError:
            wrong.append(Fault(code=Code.CHECKPOINT))
            continue
        if checkpoint.size > tree.size or tree.root(checkpoint.size) != checkpoint.root:
            wrong.append(Fault(code=Code.CHECKPOINT, line=checkpoint.size))
        else:
            fitting += 1
    return fitting, wrong


def _tables_agree(connection: Connection, made: Connection, size: int) -> bool:
    known = connection.rows(f"SELECT size FROM {STATE}")
    if not known or known[0][0] != size or connection.rows(f"SELECT count(*) FROM {LINES}")[0][0] != size:
        return False
    for table in TABLES:
        count = f"SELECT count(*) FROM {table.name}"
        if connection.rows(count)[0][0] != made.rows(count)[0][0]:
            return False
        if any(there != wanted for there, wanted in _parts(connection, made, table, size)):
            return False
    return True


def _parts(
    connection: Connection, made: Connection, table: Table, size: int
) -> Iterator[tuple[list[tuple[object, ...]], list[tuple[object, ...]]]]:
    """Rows as they are and as they should be, some at a time."""
    text = f"SELECT {table.names} FROM {table.name} WHERE line >= ? AND line < ?"
    for start in range(0, size, BATCH):
        yield (
            sorted(connection.rows(text, (start, start + BATCH)), key=repr),
            sorted(made.rows(text, (start, start + BATCH)), key=repr),
        )
