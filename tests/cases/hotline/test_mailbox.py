"""The mailbox: what is whole, what is taken, what stays, and what its file tells (`wayseal.cases.hotline.mailbox`)."""

import ast
import hashlib
import inspect
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.schema import CreateTable

from tests.cases.hotline.making import BOX, CHEAP, DAY, READS, SECRET, TEAM, letter, sealed
from tests.effort import examples
from tests.tables import each
from wayseal.cases.hotline import letters, mailbox, receipts, sealing
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.letters import LetterKind, SealedLetter, Sender
from wayseal.cases.hotline.mailbox import MAILBOX, METADATA, Box, StoredFile
from wayseal.cases.hotline.receipts import Receipt, SiteSecret, derive
from wayseal.cases.hotline.sealing import open_letter
from wayseal.database import Database, DatabaseError, open_database
from wayseal.database.migrations import upgrade

LATER = date(2026, 3, 9)
FILE = bytes([7]) * 16


def opened(path: Path) -> Database:
    database = open_database(path)
    upgrade(database, MAILBOX)
    return database


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path / "portal.sqlite") as database:
        yield database


def a_box(n: int = 0, **more: Any) -> Box:
    given = {"box": bytes([n]) * 16, "lookup": bytes([n, 1]) * 8, "public": bytes([n, 2]) * 16, "day": DAY}
    return Box(**{**given, **more})


def lookup_of(n: int) -> bytes:
    found = a_box(n).lookup
    assert found is not None
    return found


def row(n: int = 0, sender: Sender = Sender.REPORTER, place: int = 1, **more: Any) -> SealedLetter:
    """A letter as it is stored, without sealing one."""
    seed = bytes([n, sender is Sender.STAFF, place])
    given: dict[str, Any] = {
        "box": bytes([n]) * 16,
        "sender": sender,
        "place": place,
        "day": DAY,
        "sealed": hashlib.sha256(seed).digest() * 130,
        "digest": hashlib.sha256(b"d" + seed).digest(),
        "salt": hashlib.sha256(b"s" + seed).digest(),
        "kind": "" if sender is Sender.REPORTER else "answer",
    }
    return SealedLetter(**{**given, **more})


def file_of(n: int, chunks: int = 2, place: int = 1) -> StoredFile:
    return StoredFile(file=bytes([n, place]) * 8, box=bytes([n]) * 16, place=place, chunks=chunks)


def put(database: Database, n: int, *, files: int = 1) -> None:
    """A report with its files, as the portal takes it."""
    for file in [file_of(n)][:files]:
        for chunk in range(1, file.chunks + 1):
            database.write(mailbox.add_chunk, file.file, chunk, hashlib.sha256(file.file).digest() * 200)
    assert database.write(mailbox.add_box, a_box(n), row(n), [file_of(n)][:files])


def rows(database: Database) -> dict[str, list[Any]]:
    """All that stands in it."""
    return {
        table.name: database.read(lambda c, t=table: [tuple(r) for r in c.execute(t.select())])  # type: ignore[misc]
        for table in METADATA.sorted_tables
    }


def test_a_box_is_found_by_its_receipt_and_has_its_letters(box: Database) -> None:
    put(box, 1)
    put(box, 2, files=0)
    found = box.read(mailbox.find_box, lookup_of(1))
    assert found == a_box(1)
    assert box.read(mailbox.find_box, bytes(16)) is None
    assert box.read(mailbox.box_of, a_box(2).box) == a_box(2)
    assert box.read(mailbox.letters_of, a_box(1).box) == [row(1)]
    assert box.read(mailbox.files_of, a_box(1).box) == [file_of(1)]
    assert box.read(mailbox.find_chunk, file_of(1).file, 1) is not None
    assert box.read(mailbox.find_chunk, file_of(1).file, 3) is None


def test_letters_of_a_box_stand_in_the_order_in_which_they_were_written(box: Database) -> None:
    put(box, 1)
    for sender in (Sender.STAFF, Sender.REPORTER, Sender.STAFF):
        place = box.read(mailbox.next_place, a_box(1).box)
        assert box.write(mailbox.add_letter, row(1, sender, place))
    # Both sides may write at once.
    assert box.write(mailbox.add_letter, row(1, Sender.STAFF, 3))
    found = box.read(mailbox.letters_of, a_box(1).box)
    assert [(one.sender.value, one.place) for one in found] == [
        ("reporter", 1),
        ("staff", 2),
        ("reporter", 3),
        ("staff", 3),
        ("staff", 4),
    ]
    assert box.read(mailbox.next_place, a_box(1).box) == 5
    assert box.read(mailbox.next_place, bytes(16)) == 1


def test_the_same_again_changes_nothing_and_another_isnt_taken(box: Database) -> None:
    assert not box.read(mailbox.has_boxes)
    put(box, 1)
    assert box.read(mailbox.has_boxes)
    box.write(mailbox.take, Sender.REPORTER, [(a_box(1).box, 1)])
    before = rows(box)
    assert box.write(mailbox.add_box, a_box(1), row(1), [file_of(1)])
    for other in (
        row(1, sealed=b"other"),
        row(1, digest=bytes(32)),
        row(1, salt=bytes(32)),
        row(1, day=LATER),
        row(1, kind="answer"),
    ):
        assert not box.write(mailbox.add_letter, other)
    assert not box.write(mailbox.add_box, a_box(1, public=bytes(32)), row(1, place=2))
    assert rows(box) == before


def test_a_reporters_letter_names_no_kind(box: Database) -> None:
    for kind in LetterKind:
        assert not box.write(mailbox.add_box, a_box(1), row(1, kind=kind.value))
    assert box.write(mailbox.add_letter, row(1))


def test_boxes_are_found_by_how_their_ids_begin(box: Database) -> None:
    for n in (1, 2):
        put(box, n, files=0)
    other = a_box(1, box=bytes([1]) * 15 + b"\2", lookup=bytes(16))
    assert box.write(mailbox.add_box, other, row(1, box=other.box))
    for start, found in ((b"", 3), (bytes([1]), 2), (bytes([1]) * 16, 1), (bytes([2]) * 3, 1), (b"\3", 0)):
        assert len(box.read(mailbox.find_boxes, start)) == found
    all_ = {one.box: some for one, some in box.read(mailbox.all_boxes)}
    assert all_[other.box] == [row(1, box=other.box, sealed=b"")]
    box.write(mailbox.bury, other.box, LATER, "days")
    assert [some[0].sealed for one, some in box.read(mailbox.all_boxes) if one.box == other.box] == [None]


def test_a_receipt_that_is_taken_makes_no_second_box(box: Database) -> None:
    put(box, 1)
    before = rows(box)
    with pytest.raises(DatabaseError):
        box.write(mailbox.add_box, a_box(2, lookup=a_box(1).lookup), row(2))
    assert rows(box) == before


def test_a_report_is_whole_or_not_there(box: Database) -> None:
    before = rows(box)

    def work(c: Any) -> None:
        mailbox.add_box(c, a_box(1), row(1), [file_of(1)])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        box.write(work)
    assert rows(box) == before


def test_chunks_without_a_letter_go_and_others_stay(box: Database) -> None:
    put(box, 1)
    before = rows(box)
    box.write(mailbox.add_chunk, FILE, 1, b"half")
    assert rows(box) != before
    box.write(mailbox.drop_orphans)
    assert rows(box) == before
    box.write(mailbox.add_chunk, FILE, 1, b"half")
    box.write(mailbox.drop_file, FILE)
    assert rows(box) == before
    box.write(mailbox.drop_file, file_of(1).file)
    assert not rows(box)["files"]
    assert not rows(box)["chunks"]


def test_what_is_taken_leaves_its_files_and_stays_readable(box: Database) -> None:
    put(box, 1)
    put(box, 2)
    assert box.write(mailbox.add_letter, row(1, Sender.STAFF, 2))
    assert box.read(mailbox.untaken, Sender.REPORTER) == [(a_box(1).box, 1), (a_box(2).box, 1)]
    assert box.read(mailbox.untaken, Sender.STAFF) == [(a_box(1).box, 2)]
    box.write(mailbox.take, Sender.REPORTER, [(a_box(1).box, 1)])
    assert box.read(mailbox.untaken, Sender.REPORTER) == [(a_box(2).box, 1)]
    assert box.read(mailbox.find_letter, a_box(1).box, Sender.REPORTER, 1) == row(1, taken=True)
    assert box.read(mailbox.find_chunk, file_of(1).file, 1) is None
    assert box.read(mailbox.find_chunk, file_of(2).file, 1) is not None
    assert box.read(mailbox.files_of, a_box(1).box) == [file_of(1)]
    box.write(mailbox.take, Sender.STAFF, [(a_box(1).box, 2)])
    assert box.read(mailbox.untaken, Sender.STAFF) == []


def test_files_of_another_letter_of_the_box_stay(box: Database) -> None:
    put(box, 1)
    second = file_of(1, place=2)
    box.write(mailbox.add_chunk, second.file, 1, b"sealed")
    assert box.write(mailbox.add_letter, row(1, place=2), [second])
    assert box.write(mailbox.add_letter, row(1, Sender.STAFF, 2))
    box.write(mailbox.take, Sender.STAFF, [(a_box(1).box, 2)])
    box.write(mailbox.take, Sender.REPORTER, [(a_box(1).box, 1)])
    assert box.read(mailbox.find_chunk, file_of(1).file, 1) is None
    assert box.read(mailbox.find_chunk, second.file, 1) == b"sealed"


def test_of_a_buried_box_the_tombstone_stays(box: Database) -> None:
    put(box, 1)
    put(box, 2)
    kept = [row(1, Sender.STAFF, 3, kind="proof"), row(1, Sender.STAFF, 4, kind="closing")]
    for one in (row(1, Sender.STAFF, 2), *kept):
        assert box.write(mailbox.add_letter, one)
    box.write(mailbox.bury, a_box(1).box, LATER, "days")
    box.write(mailbox.bury, a_box(1).box, date(2027, 1, 1), "again")
    assert box.read(mailbox.find_box, lookup_of(1)) == a_box(1, gone=LATER, rule="days")
    gone = [row(1, sealed=None), row(1, Sender.STAFF, 2, sealed=None)]
    assert box.read(mailbox.letters_of, a_box(1).box) == [*gone, *kept]
    assert box.read(mailbox.files_of, a_box(1).box) == []
    assert box.read(mailbox.find_chunk, file_of(1).file, 1) is None
    assert box.read(mailbox.letters_of, a_box(2).box) == [row(2)]
    assert box.read(mailbox.find_chunk, file_of(2).file, 1) is not None
    # What comes once more doesn't bring back what was deleted.
    assert box.write(mailbox.add_letter, row(1))
    assert box.read(mailbox.letters_of, a_box(1).box) == [*gone, *kept]


def test_what_was_buried_is_in_no_file_after_a_shredding(box: Database, tmp_path: Path) -> None:
    put(box, 1)
    content = row(1).sealed
    assert content is not None
    box.write(mailbox.bury, a_box(1).box, LATER, "days")
    box.shred([])
    assert not [one for one in tmp_path.iterdir() if content[:32] in one.read_bytes()]


def test_days_are_counted(box: Database) -> None:
    for day, name in ((DAY, "reports"), (DAY, "faults"), (DAY, "reports"), (LATER, "reports")):
        box.write(mailbox.count, day, name)
    assert box.read(mailbox.counts_of, DAY) == {"reports": 2, "faults": 1}
    assert box.read(mailbox.counts_of, LATER) == {"reports": 1}


def test_a_beat_changes_the_file_whoever_came(box: Database, tmp_path: Path) -> None:
    path, seen = tmp_path / "portal.sqlite", set()
    for n in range(3):
        box.write(mailbox.beat, bytes([n]) * 32)
        assert box.empty_log()
        seen.add(hashlib.sha256(path.read_bytes()).digest())
        assert (tmp_path / "portal.sqlite-wal").stat().st_size == 0
    assert len(seen) == 3
    assert rows(box)["pulse"] == [(1, bytes([2]) * 32)]


def test_no_table_has_row_numbers_or_a_time(box: Database, tmp_path: Path) -> None:
    for table in METADATA.sorted_tables:
        assert "WITHOUT ROWID" in str(CreateTable(table).compile(dialect=_sqlite()))
    with sqlite3.connect(f"file:{tmp_path / 'portal.sqlite'}?mode=ro", uri=True) as raw:
        named = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='table'")}
        assert named == {*METADATA.tables, "version_of_mailbox"}
        for name in METADATA.tables:
            with pytest.raises(sqlite3.OperationalError, match="rowid"):
                raw.execute(f"SELECT rowid FROM {name}")
    raw.close()
    days = {column.name for t in METADATA.sorted_tables for column in t.columns if "DATE" in str(column.type)}
    assert days == {"day", "gone"}
    assert not [c for t in METADATA.sorted_tables for c in t.columns if "TIME" in str(c.type)]


def _sqlite() -> Any:
    from sqlalchemy.dialects import sqlite

    return sqlite.dialect()


def shredded(folder: Path, order: Sequence[int], waits: int = 0) -> bytes:
    """The bytes of a mailbox in which reports came in an order, but for counts of changes in the file's head."""
    folder.mkdir()
    with opened(folder / "m") as database:
        for n in order:
            put(database, n)
        for n in reversed(order):
            assert database.write(mailbox.add_letter, row(n, Sender.STAFF, 2))
        for _ in range(waits):
            database.write(mailbox.beat, bytes(32))
        database.write(mailbox.beat, bytes(32))
        database.shred([])
    content = bytearray((folder / "m").read_bytes())
    assert len(content) > 100_000
    for start, end in ((24, 28), (40, 44), (92, 96)):
        content[start:end] = bytes(end - start)
    return bytes(content)


@given(st.permutations(range(1, 12)), st.integers(0, 3))
@examples(10, 4)
def test_the_file_doesnt_tell_in_which_order_reports_came(order: list[int], waits: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        first = shredded(Path(folder, "a"), range(1, 12))
        assert shredded(Path(folder, "b"), order, waits) == first


def test_what_is_asked_for_tells_no_order(tmp_path: Path) -> None:
    told = set()
    for n, order in enumerate(permutations((3, 1, 2))):
        with opened(tmp_path / str(n)) as database:
            for one in order:
                put(database, one)
            told.add(tuple(database.read(mailbox.untaken, Sender.REPORTER)))
    assert len(told) == 1


@each("module", [letters, mailbox, receipts, sealing])
def test_no_clock_is_read(module: Any) -> None:
    """Two files that are equal in tests may have been made within a second."""
    names = {"time", "now", "today", "utcnow", "now_us", "clock_us", "monotonic", "datetime", "getrandom"}
    tree = ast.parse(inspect.getsource(module))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    used |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    used |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    assert not used & names


def test_a_stolen_mailbox_finds_and_opens_nothing_under_another_pepper(box: Database) -> None:
    receipt, salt = Receipt("1234567890123456"), bytes(16)
    found = derive(receipt, SiteSecret(salt=salt, pepper=bytes(32)), CHEAP)
    stored = sealed(letter(), reader=found.private, secret=b"")
    mine = Box(box=BOX, lookup=found.lookup, public=found.public, day=DAY)
    assert box.write(mailbox.add_box, mine, stored)
    assert box.read(mailbox.find_box, found.lookup) == mine
    # The thief has the receipt itself, the salt, and each key that lies in the database.
    stolen = derive(receipt, SiteSecret(salt=salt, pepper=bytes([1]) * 32), CHEAP)
    assert box.read(mailbox.find_box, stolen.lookup) is None
    (kept,) = box.read(mailbox.letters_of, BOX)
    for keys in (stolen.keys, dict.fromkeys(found.keys, stolen.private), READS, {}):
        with pytest.raises(SealedError):
            open_letter(kept, keys)
    assert open_letter(kept, found.keys) == letter()


def test_what_is_stored_is_what_was_sealed(box: Database) -> None:
    said = letter(kind=LetterKind.ANSWER)
    stored = sealed(said, sender=Sender.STAFF, place=2)
    assert box.write(mailbox.add_letter, stored)
    (kept,) = box.read(mailbox.letters_of, BOX)
    assert kept == stored
    assert open_letter(kept, READS, TEAM.public) == said
    moved = replace(kept, box=bytes(16))
    assert box.write(mailbox.add_letter, moved)
    with pytest.raises(SealedError):
        open_letter(box.read(mailbox.letters_of, bytes(16))[0], READS)


def test_no_secret_stands_in_a_repr() -> None:
    shown = repr((a_box(65), row(65), SECRET[:0]))
    assert "AAAA" in shown  # the id of the box, which is none
    for secret in (a_box(65).lookup, a_box(65).public, row(65).sealed, row(65).salt):
        assert secret is not None
        assert repr(secret)[2:14] not in shown
