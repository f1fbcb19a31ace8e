"""The mailbox: boxes, sealed letters and chunks of files, as the portal and the console's copy have them.

1. No clock: a row has a day at most. What came first inside a box is told by its letters' numbers; between boxes,
   nothing tells it.
2. No order: keys are random or hashes, no table has row numbers, and no number counts over all boxes. What pages keep
   of an order goes with `Database.shred`.
3. A report is whole or not there: its box, its letter and its files come in one transaction. Chunks come before it,
   and are nothing without it (`drop_orphans`).
4. The same row again changes nothing; another one under its key isn't taken, nor a reporter's letter that names a kind:
   it would be kept, or left out of the log, as staff's are.
5. Staff's notes (`Sender.INNER`) are in the console's copy alone, sealed to the team.
6. Of a box that is buried the tombstone stays: its days, digests and salts, and letters that prove or close.

All functions but `upgrade`'s chain work in the caller's transaction. The database is SQLite: PostgreSQL's log knows
when each row came.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from wayseal.cases.hotline.letters import ID, LetterKind, SealedLetter, Sender
from wayseal.database import Connection
from wayseal.database.migrations import Chain
from wayseal.database.raw import record_of

METADATA = sa.MetaData()
MAILBOX = Chain(name="mailbox", what="Boxes of sealed letters, with their files.", tables=(METADATA,), first=1)
KEPT = (LetterKind.PROOF.value, LetterKind.CLOSING.value)
"""Kinds of letters that a tombstone keeps."""


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, METADATA, *columns, sqlite_with_rowid=False)


def _bytes(name: str, *, key: bool = False, null: bool = False, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, primary_key=key, nullable=null, unique=unique)


def _whole(name: str, *, key: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=key, nullable=False, autoincrement=False)


boxes = _table(
    "boxes",
    _bytes("box", key=True),
    _bytes("lookup", null=True, unique=True),
    _bytes("public"),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("gone", sa.Date),
    sa.Column("rule", sa.Text),
)
letters = _table(
    "letters",
    _bytes("box", key=True),
    sa.Column("sender", sa.String(10), primary_key=True),
    _whole("place", key=True),
    sa.Column("day", sa.Date, nullable=False),
    _bytes("sealed", null=True),
    _bytes("digest"),
    _bytes("salt"),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("taken", sa.Boolean, nullable=False),
)
files = _table("files", _bytes("file", key=True), _bytes("box"), _whole("place"), _whole("chunks"))
chunks = _table("chunks", _bytes("file", key=True), _whole("n", key=True), _bytes("sealed"))
counts = _table(
    "counts",
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    _whole("n"),
)
pulse = _table("pulse", _whole("one", key=True), _bytes("noise"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A reporter's box.

    Attributes:
        box: 16 random bytes.
        public: The reporter's key, to which letters are sealed.
        day: On which it was made.
        lookup: By which its receipt finds it; the console's copy has none.
        gone: The day on which it was buried, by `rule`.
    """

    box: bytes
    public: bytes = field(repr=False)
    day: date
    lookup: bytes | None = field(default=None, repr=False)
    gone: date | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a reporter's letter: how many chunks it has, from 1 on, which may be taken already."""

    file: bytes
    box: bytes
    place: int
    chunks: int


def add_box(c: Connection, box: Box, letter: SealedLetter, with_files: Sequence[StoredFile] = ()) -> bool:
    """Adds a box, if it isn't there, and a letter of it (rule 3); False: another one is there."""
    there = box_of(c, box.box)
    if there is None:
        c.execute(sa.insert(boxes), _values(box))
    return (there is None or there.public == box.public) and add_letter(c, letter, with_files)


def add_letter(c: Connection, letter: SealedLetter, with_files: Sequence[StoredFile] = ()) -> bool:
    """Adds a letter with its files; False: another one stands at its place (rule 4)."""
    if letter.sender is Sender.REPORTER and letter.kind:
        return False
    there = find_letter(c, letter.box, letter.sender, letter.place)
    if there is not None:
        return there == replace(letter, taken=there.taken, sealed=there.sealed and letter.sealed)
    c.execute(sa.insert(letters), _values(letter))
    for one in with_files:
        c.execute(sa.insert(files).prefix_with("OR IGNORE"), _values(one))
    return True


def find_box(c: Connection, lookup: bytes) -> Box | None:
    """The box that a receipt finds."""
    return _box(c, boxes.c.lookup == lookup)


def box_of(c: Connection, box: bytes) -> Box | None:
    """The box with this id."""
    return _box(c, boxes.c.box == box)


def find_boxes(c: Connection, start: bytes) -> list[Box]:
    """Boxes whose ids begin so."""
    found = sa.select(boxes).where(boxes.c.box.between(start.ljust(16, b"\0"), start.ljust(16, b"\xff")))
    return [record_of(Box, row) for row in c.execute(found).mappings()]


def all_boxes(c: Connection) -> list[tuple[Box, list[SealedLetter]]]:
    """All boxes with their letters; of what is sealed no byte, but whether it is there."""
    found: dict[bytes, list[SealedLetter]] = {}
    columns = [one for one in letters.c if one is not letters.c.sealed]
    # The length of what is sealed is known without reading it.
    asked = sa.select(*columns, sa.func.length(letters.c.sealed).label("size"))
    for row in c.execute(asked.order_by(letters.c.place, letters.c.sender)).mappings():
        sealed = None if row["size"] is None else b""
        found.setdefault(row["box"], []).append(
            record_of(SealedLetter, row, sender=Sender(row["sender"]), sealed=sealed)
        )
    return [(record_of(Box, row), found.get(row["box"], [])) for row in c.execute(sa.select(boxes)).mappings()]


def has_boxes(c: Connection) -> bool:
    """Check whether there is any box: then the site's secret must be there, too."""
    return c.execute(sa.select(boxes.c.box).limit(1)).first() is not None


def letters_of(c: Connection, box: bytes) -> list[SealedLetter]:
    """All letters of a box, as they were written."""
    return select_letters(c, letters.c.box == box)


def select_letters(c: Connection, *conditions: sa.ColumnElement[bool]) -> list[SealedLetter]:
    """Letters that fit."""
    found = sa.select(letters).where(*conditions).order_by(letters.c.place, letters.c.sender, letters.c.box)
    return [_letter(row) for row in c.execute(found).mappings()]


def foreign_letters(c: Connection, known: Mapping[int, Iterable[bytes]]) -> list[tuple[bytes, int]]:
    """Box and place of reporters' letters that are sealed to others. known: ids of keys, by where they stand in one."""
    its = letters.c
    others = sa.or_(*(sa.func.substr(its.sealed, at + 1, ID).not_in(list(ids)) for at, ids in known.items()))
    return _keys(c, its.sender == Sender.REPORTER.value, its.sealed.is_not(None), others)


def find_letter(c: Connection, box: bytes, sender: Sender, place: int) -> SealedLetter | None:
    """The letter at a place."""
    row = c.execute(sa.select(letters).where(*_at(box, sender, place))).mappings().first()
    return None if row is None else _letter(row)


def files_of(c: Connection, box: bytes) -> list[StoredFile]:
    """The files of all letters of a box."""
    found = sa.select(files).where(files.c.box == box).order_by(files.c.place, files.c.file)
    return [record_of(StoredFile, row) for row in c.execute(found).mappings()]


def next_place(c: Connection, box: bytes) -> int:
    """The number of the next letter of a box, of either side; notes have numbers of their own: none shows outside."""
    of_box = letters.c.box == box, letters.c.sender != Sender.INNER.value
    found: int = c.execute(sa.select(sa.func.max(letters.c.place)).where(*of_box)).scalar() or 0
    return found + 1


def add_chunk(c: Connection, file: bytes, n: int, sealed: bytes) -> None:
    """Adds a chunk of a file, whose letter comes later; the same one again changes nothing."""
    c.execute(sa.insert(chunks).prefix_with("OR IGNORE"), {"file": file, "n": n, "sealed": sealed})


def find_chunk(c: Connection, file: bytes, n: int) -> bytes | None:
    """A chunk; None: there is none, or it was taken."""
    found: bytes | None = c.execute(sa.select(chunks.c.sealed).where(chunks.c.file == file, chunks.c.n == n)).scalar()
    return found


def drop_file(c: Connection, file: bytes) -> None:
    """Drops a file and its chunks: it broke off, or its reporter takes it back."""
    for table in (files, chunks):
        c.execute(sa.delete(table).where(table.c.file == file))


def drop_orphans(c: Connection) -> None:
    """Drops chunks that no letter has (rule 3); for a start, when nothing comes in."""
    c.execute(sa.delete(chunks).where(chunks.c.file.not_in(sa.select(files.c.file))))


def untaken(c: Connection, sender: Sender) -> list[tuple[bytes, int]]:
    """Box and place of letters of a side that the other side doesn't have; in no order that tells anything."""
    return _keys(c, letters.c.sender == sender.value, ~letters.c.taken)


def letters_for_reporters(c: Connection, *, whole: bool) -> list[tuple[bytes, int]]:
    """Box and place of staff's letters; whole: those alone of which more than a tombstone is there."""
    return _keys(c, letters.c.sender == Sender.STAFF.value, *([letters.c.sealed.is_not(None)] if whole else []))


def take(c: Connection, sender: Sender, which: Iterable[tuple[bytes, int]]) -> None:
    """Notes that the other side has these letters; chunks of a reporter's files go, since it has them, too."""
    for box, place in which:
        c.execute(sa.update(letters).where(*_at(box, sender, place)).values(taken=True))
        if sender is Sender.REPORTER:
            own = sa.select(files.c.file).where(files.c.box == box, files.c.place == place)
            c.execute(sa.delete(chunks).where(chunks.c.file.in_(own)))


def bury(c: Connection, box: bytes, day: date, rule: str) -> None:
    """Leaves the tombstone of a box (rule 6); the bytes themselves go with `Database.shred`."""
    c.execute(sa.delete(chunks).where(chunks.c.file.in_(sa.select(files.c.file).where(files.c.box == box))))
    c.execute(sa.delete(files).where(files.c.box == box))
    c.execute(sa.update(letters).where(letters.c.box == box, letters.c.kind.not_in(KEPT)).values(sealed=None))
    c.execute(sa.update(boxes).where(boxes.c.box == box, boxes.c.gone.is_(None)).values(gone=day, rule=rule))


def gone_boxes(c: Connection) -> list[Box]:
    """The boxes that were buried, but those to which somebody wrote since."""
    of = letters.c.box == boxes.c.box, letters.c.sender == Sender.REPORTER.value, letters.c.sealed.is_not(None)
    found = sa.select(boxes).where(boxes.c.gone.is_not(None), ~sa.exists().where(*of)).order_by(boxes.c.box)
    return [record_of(Box, row) for row in c.execute(found).mappings()]


def count(c: Connection, day: date, name: str) -> None:
    """Counts something of a day: that is all that is known of it."""
    c.execute(sa.insert(counts).prefix_with("OR IGNORE"), {"day": day, "name": name, "n": 0})
    c.execute(sa.update(counts).where(counts.c.day == day, counts.c.name == name).values(n=counts.c.n + 1))


def counts_of(c: Connection, day: date) -> dict[str, int]:
    """What was counted on a day."""
    return {row.name: row.n for row in c.execute(sa.select(counts).where(counts.c.day == day))}


def beat(c: Connection, noise: bytes) -> None:
    """Writes noise: the times of the database's files are those of the last beat, whoever came."""
    c.execute(sa.insert(pulse).prefix_with("OR REPLACE"), {"one": 1, "noise": noise})


def _box(c: Connection, condition: sa.ColumnElement[bool]) -> Box | None:
    row = c.execute(sa.select(boxes).where(condition)).mappings().first()
    return None if row is None else record_of(Box, row)


def _keys(c: Connection, *conditions: sa.ColumnElement[bool]) -> list[tuple[bytes, int]]:
    found = sa.select(letters.c.box, letters.c.place).where(*conditions).order_by(letters.c.box, letters.c.place)
    return [(row.box, row.place) for row in c.execute(found)]


def _letter(row: sa.RowMapping) -> SealedLetter:
    return record_of(SealedLetter, row, sender=Sender(row["sender"]))


def _at(box: bytes, sender: Sender, place: int) -> tuple[sa.ColumnElement[bool], ...]:
    return letters.c.box == box, letters.c.sender == sender.value, letters.c.place == place


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
