"""Whatever is changed in the log's tables is found, and named."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.effort import DEEP
from tests.tables import each
from tests.vault.log.helpers import KEY, KINDS, MARKS, ORIGIN, START, database, entry, filled, signed
from wayseal.database import Connection, Database, DatabaseError
from wayseal.merkle import Checkpoint, SigningKey, verify_consistency
from wayseal.merkle.hashing import leaf_hash
from wayseal.vault import tables as t
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import EntryKind, append, erase_entries
from wayseal.vault.log.entries import encode
from wayseal.vault.log.integrity import Code, Note, Verification, verified, verify

SIZE = 600
Change = Callable[[Connection], object]


class Undo(Exception):  # noqa: N818 (nothing went wrong)
    """Takes back what a test changed."""


def silent(_stage: str, _done: int, _total: int) -> None:
    pass


def looked(made: Database, *notes: Note, keys: Sequence[SigningKey] = (KEY,)) -> Verification:
    return verify(made, notes, [k.verify_key for k in keys], silent)


def after(made: Database, *changes: Change, notes: Sequence[Note] = ()) -> Verification:
    """A verification of the log after changes, which are taken back."""
    found: list[Verification] = []

    def work(connection: Connection) -> None:
        for change in changes:
            change(connection)
        found.append(verified(connection, notes, [KEY.verify_key], silent))
        raise Undo

    with pytest.raises(Undo):
        made.write(work)
    return found[0]


def named(found: Verification) -> set[tuple[str, str]]:
    return {(str(f.code), f.where) for f in found.findings}


@pytest.fixture(scope="module", params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A log with checkpoints within a tile, at the end of one, and in the last one; two of its entries are erased."""
    with database(request.param, tmp_path_factory.mktemp("log")) as made:
        filled(made, 300)
        signed(made, START + 1)
        filled(made, 212, first=300)
        signed(made, START + 2)
        made.write(erase_entries, MARKS, [7, 401], entry(2, EntryKind.ADMIN))
        filled(made, SIZE - 513, first=513)
        signed(made, START + 3)
        yield made


def test_a_log_as_it_was_written(log: Database) -> None:
    found = looked(log)
    assert (found.findings, found.exit_code, found.size, found.erased, found.nodes) == ((), 0, SIZE, 2, 2)
    assert [(k.size, k.at, k.proof) for k in found.checkpoints] == [
        (300, START + 1, ()), (512, START + 2, ()), (SIZE, START + 3, ()),
    ]  # fmt: skip
    shown = log.read(lambda c: c.execute(sa.select(t.entries.c.entry)).scalars().all())
    assert found.disclosed == sum(b'"kind":"disclosed"' in bytes(e) for e in shown if e)


def flips(log: Database, step: int, *keys: tuple[sa.Table, list[int]]) -> Iterator[tuple[str, sa.Update, bool]]:
    """Bytes of each column of some rows, changed in one bit: name of the row, change, whether its key changes."""
    for table, some in keys:
        key = table.c.place if table is t.nodes else next(iter(table.primary_key))
        rows = sa.select(table).where(key.in_(some))
        for row in log.read(Connection.execute, rows).all():
            which = sa.and_(*(c == row._mapping[c.name] for c in table.primary_key))
            name = "/".join((table.name, *(str(row._mapping[c.name]) for c in table.primary_key)))
            # Marks are looked at with the other tables.
            for column in (c for c in table.c if c.name != "mark"):
                values = flipped(row._mapping[column.name], 30 if column.name == "level" else 62)
                for value in islice(values, None, None, step):
                    yield name, table.update().where(which).values({column.name: value}), column.primary_key


def flipped(value: Any, bits: int) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (value ^ (1 << bit) for bit in range(3, bits, 8))
        yield -1 - value
    elif isinstance(value, str):
        yield from (value[:n] + chr(ord(value[n]) ^ 1) + value[n + 1 :] for n in range(len(value)))
    else:
        content = bytes(value)
        yield from (content[:n] + bytes([content[n] ^ 1 << n % 8]) + content[n + 1 :] for n in range(len(content)))
        yield from (content[:-1], content + b"\0", b"")


@pytest.mark.parametrize(("kind", "step"), [("sqlite", 1 if DEEP else 9), ("postgresql", 31)])
def test_each_changed_byte_is_found_and_its_row_named(kind: str, step: int, tmp_path: Path) -> None:
    with database(kind, tmp_path) as small:
        filled(small, 10)
        signed(small, START + 1)
        filled(small, 20, first=10)
        signed(small, START + 2)
        changes = list(flips(small, step, (t.entries, [9, 29]), (t.checkpoints, [10, 30])))
        assert len(changes) > 1000 / step
        assert sum(found_by_name(small, *change) for change in changes) > len(changes) * 0.9
        filled(small, 240, first=30)
        signed(small, START + 3)
        for change in flips(small, 11 if DEEP else 33, (t.entries, [255]), (t.nodes, [0])):
            found_by_name(small, *change)


def found_by_name(log: Database, name: str, statement: sa.Update, moved: bool) -> bool:
    """Asserts that a change is found, and by this name; False where the table doesn't take it."""
    taken = True

    def change(connection: Connection) -> None:
        nonlocal taken
        try:
            connection.execute(statement)
        except sa.exc.IntegrityError:
            taken = False
            raise Undo from None

    try:
        found = after(log, change)
    except IndexError:
        assert not taken
        return False
    wheres = {f.where for f in found.findings}
    assert found.exit_code in (7, 8, 9), name
    if moved and name not in wheres:  # then where it is now, or that there is none any more
        assert any(w.startswith(name.partition("/")[0]) for w in wheres), (name, found.findings)
    else:
        assert name in wheres, (name, found.findings)
    assert name.startswith("nodes") or not any(w.startswith("nodes") for w in wheres), (name, found.findings)
    return True


def put(table: sa.Table, which: sa.ColumnElement[bool], **values: object) -> Change:
    return lambda c: c.execute(table.update().where(which).values(values))


def gone(table: sa.Table, which: sa.ColumnElement[bool]) -> Change:
    return lambda c: c.execute(table.delete().where(which))


def rewritten(seq: int, n: int = 3) -> Change:
    """An entry that fits its leaf and is another one than was written."""
    content = encode(entry(n))
    return put(t.entries, t.entries.c.seq == seq, entry=content, salt=bytes(32), leaf=leaf_hash(bytes(32) + content))


SEQ, PLACE = t.entries.c.seq, t.nodes.c.place
ALL_AFTER = {("checkpoint-history", f"checkpoints/{n}") for n in (300, 512, SIZE)}
CASES: dict[str, tuple[list[Change], set[tuple[str, str]]]] = {
    "an entry": ([put(t.entries, SEQ == 9, entry=b"{}")], {("entry", "entries/9")}),
    "its leaf": ([put(t.entries, SEQ == 9, leaf=bytes(32))], {("entry", "entries/9")}),
    "its salt alone gone": ([put(t.entries, SEQ == 9, salt=None)], {("entry", "entries/9")}),
    "leaf of the last tile": ([put(t.entries, SEQ == 599, leaf=bytes(range(32)))], {("entry", "entries/599")}),
    "leaf of an erased one": ([put(t.entries, SEQ == 7, leaf=b"x" * 32)], {("entries-rewritten", "entries/0")}),
    "an entry rewritten": ([rewritten(300)], {("entries-rewritten", "entries/256")}),
    "one rewritten before a checkpoint in its tile": ([rewritten(299)], {
        ("entries-rewritten", "entries/256"), ("checkpoint-history", "checkpoints/300")}),
    "one rewritten in the first tile": ([rewritten(3)], {("entries-rewritten", "entries/0")}),
    "one rewritten in the last": ([rewritten(590)], {("checkpoint-history", "checkpoints/600")}),
    "two rewritten with their node": ([rewritten(3), put(t.nodes, PLACE == 0, hash=bytes(32))],
                                      {("node", "nodes/1/0"), *ALL_AFTER}),
    "no entry": ([put(t.entries, SEQ == 590, entry=b"{}", salt=b"", leaf=leaf_hash(b"{}"))],
                 {("entry-unreadable", "entries/590"), ("checkpoint-history", "checkpoints/600")}),
    "erased unseen": ([put(t.entries, SEQ.between(20, 22), entry=None, salt=None)],
                      {("entry-erased", "entries/20")}),
    "what names erased ones erased": ([put(t.entries, SEQ == 512, entry=None, salt=None)],
                                      {("entry-erased", f"entries/{n}") for n in (7, 401, 512)}),
    "a row gone": ([gone(t.entries, SEQ == 30)], {("entry-missing", "entries/30")}),
    "the first gone": ([gone(t.entries, SEQ < 2)], {("entry-missing", "entries/0")}),
    "one of the last tile gone": ([gone(t.entries, SEQ == 530)], {("entry-missing", "entries/530")}),
    "a row gone and no node": ([gone(t.entries, SEQ == 30), gone(t.nodes, PLACE == 0)],
                               {("entry-missing", "entries/30"), ("node-missing", "nodes/1/0"),
                                *(ALL_AFTER)}),
    "cut back": ([gone(t.entries, SEQ >= 550)], {("checkpoint-ahead", "checkpoints/600")}),
    "cut back over a tile": ([gone(t.entries, SEQ >= 400)],
                             {("checkpoint-ahead", "checkpoints/600"), ("checkpoint-ahead", "checkpoints/512"),
                              ("node-extra", "nodes/1/1"), ("entry-erased", "entries/7")}),
    "rows far away": ([lambda c: c.execute(t.entries.insert(), [
        {"seq": n, "leaf": b"", "salt": b"", "entry": b""} for n in (-4, 1 << 40, (1 << 63) - 1)])],
        {("entry-extra", f"entries/{n}") for n in (-4, 1 << 40, (1 << 63) - 1)}),
    "a node": ([put(t.nodes, PLACE == 1, hash=bytes(32))], {("node", "nodes/1/1")}),
    "a short node": ([put(t.nodes, PLACE == 1, hash=bytes(31))], {("node", "nodes/1/1")}),
    "a node gone": ([gone(t.nodes, PLACE == 1)], {("node-missing", "nodes/1/1")}),
    "nodes too many": ([lambda c: c.execute(t.nodes.insert(), [
        {"level": n, "place": p, "hash": bytes(32)} for n, p in ((0, 0), (1, 2), (2, 0), (1, -1), (-1, 0))])],
        {("node-extra", f"nodes/{n}") for n in ("0/0", "1/2", "2/0", "1/-1", "-1/0")}),
    "everything gone": ([gone(t.entries, SEQ >= 0), gone(t.nodes, PLACE >= 0)],
                        {("checkpoint-ahead", f"checkpoints/{n}") for n in (300, 512, 600)}),
    "a checkpoint's time": ([put(t.checkpoints, t.checkpoints.c.size == 300, at=5)],
                            {("checkpoint-row", "checkpoints/300")}),
    "a checkpoint by somebody": ([put(t.checkpoints, t.checkpoints.c.size == 300, note=SigningKey(
        name="other", seed=bytes(32)).sign(Checkpoint(origin=ORIGIN, size=300, root=bytes(32)).to_text()))],
        {("checkpoint-key", "checkpoints/300")}),
    "a checkpoint of another log": ([put(t.checkpoints, t.checkpoints.c.size == 300, note=KEY.sign(
        Checkpoint(origin="other", size=300, root=bytes(32)).to_text()))],
        {("checkpoint-origin", "checkpoints/300")}),
}  # fmt: skip


@each("case", CASES)
def test_case_table_of_changes(log: Database, case: str) -> None:
    changes, expected = CASES[case]
    assert named(after(log, *changes)) == expected


def test_all_that_is_wrong_is_named_at_once(log: Database) -> None:
    found = after(log, *CASES["an entry"][0], *CASES["a node"][0], *CASES["a checkpoint's time"][0])
    assert named(found) == CASES["an entry"][1] | CASES["a node"][1] | CASES["a checkpoint's time"][1]
    assert {f.where: f.values.get("column") for f in found.findings if f.code is Code.ENTRY} == {"entries/9": "entry"}


def test_which_column_was_changed_is_said(log: Database) -> None:
    found = after(log, put(t.entries, SEQ == 9, leaf=b"x" * 32), put(t.entries, SEQ == 599, entry=b"x"))
    assert {f.where: f.values.get("column") for f in found.findings} == {"entries/9": "leaf", "entries/599": "entry"}


def test_a_key_is_needed_for_any_checkpoint(log: Database) -> None:
    found = looked(log, keys=())
    assert {str(f.code) for f in found.findings} == {"checkpoint-key"}
    assert (found.exit_code, found.checkpoints) == (9, ())


def test_given_checkpoints_hold_with_a_proof(log: Database) -> None:
    notes = log.read(lambda c: c.execute(sa.select(t.checkpoints).order_by(t.checkpoints.c.size)).all())
    given = [(f"c{n}", row.note.encode()) for n, row in enumerate(notes)]
    found = looked(log, *given, ("bad", b"nothing"))
    assert named(found) == {("checkpoint-unreadable", "bad")}
    found = looked(log, *given)
    kept = [k for k in found.checkpoints if k.where.startswith("c") and "/" not in k.where]
    assert [k.size for k in kept] == [300, 512, SIZE]
    for one in kept:
        assert verify_consistency(one.size, one.root, found.size, bytes.fromhex(found.root), one.proof)


def test_a_log_made_anew_fits_itself_and_no_given_checkpoint(log: Database) -> None:
    note = log.read(lambda c: c.execute(sa.select(t.checkpoints.c.note).limit(1)).scalar_one()).encode()

    def anew(connection: Connection) -> None:
        for table in (t.entries, t.nodes, t.checkpoints):
            connection.execute(table.delete())
        append(connection, MARKS, [entry(n) for n in range(SIZE)])

    assert after(log, anew).findings == ()
    assert named(after(log, anew, notes=[("kept", note)])) == {("checkpoint-history", "kept")}


def test_an_empty_log_and_one_without_an_origin(log: Database) -> None:
    def emptied(connection: Connection) -> None:
        for table in (t.entries, t.nodes, t.checkpoints, t.facts):
            connection.execute(table.delete())

    found = after(log, emptied)
    assert (found.findings, found.size, found.origin) == ((), 0, None)
    assert after(log, lambda c: c.execute(t.facts.delete())).origin == ORIGIN


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE entries SET leaf = 'text' WHERE seq = 599", {("entry", "entries/599")}),
        ("UPDATE entries SET salt = 7 WHERE seq = 599", {("entry", "entries/599")}),
        ("UPDATE nodes SET hash = 7 WHERE place = 1", {("node", "nodes/1/1")}),
        ("UPDATE nodes SET place = 1.5 WHERE place = 1",
         {("node-missing", "nodes/1/1"), ("node-extra", "nodes/1/1.5")}),
        ("UPDATE checkpoints SET note = CAST(x'ff00' AS TEXT) WHERE size = 512",
         {("checkpoint-unreadable", "checkpoints/512")}),
    ],
)  # fmt: skip
def test_what_only_sqlite_lets_stand_in_a_column(
    log: Database, statement: str, expected: set[tuple[str, str]]
) -> None:  # fmt: skip
    assert named(after(log, lambda c: c.exec_driver_sql(statement))) == expected


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", ["'x'", "598.5"])
def test_a_place_is_a_whole_number_on_sqlite_too(log: Database, place: str) -> None:
    with pytest.raises(DatabaseError, match="take a value"):
        after(log, lambda c: c.exec_driver_sql(f"UPDATE entries SET seq = {place} WHERE seq = 599"))


def test_erased_entries_are_named_by_an_entry_that_stays(log: Database) -> None:
    act = entry(2, EntryKind.ADMIN)
    found = after(log, lambda c: erase_entries(c, MARKS, [*range(30, 600, 2)][:200], act))
    assert (found.findings, found.erased, found.size) == ((), 202, SIZE + 1)
    for seqs, words in (([601], "no entry"), ([-1], "no entry"), ([512], "names erased")):
        with pytest.raises(VaultError, match=words):
            log.write(erase_entries, MARKS, seqs, act)
    assert after(log, lambda c: erase_entries(c, MARKS, range(500, 512), act), rewritten(3)).exit_code == 7


def test_nothing_is_named_before_it_stands(log: Database) -> None:
    act = replace(entry(2, EntryKind.ADMIN), more={"act": "erased_entries", "entries": f"3-{SIZE + 5}"})
    drop = put(t.entries, SEQ.in_([3, SIZE + 1]), entry=None, salt=None)
    found = after(log, lambda c: append(c, MARKS, [act, entry(0)]), drop)
    assert named(found) == {("entry-erased", f"entries/{SIZE + 1}")}


def test_an_entry_that_names_erased_ones_must_be_readable(log: Database) -> None:
    odd = entry(2, EntryKind.ADMIN)
    bad = replace(odd, more={"act": "erased_entries", "entries": "9-"})
    assert named(after(log, lambda c: append(c, MARKS, [bad]))) == {("entry-unreadable", f"entries/{SIZE}")}
    with pytest.raises(LogChangedError):
        log.write(lambda c: (put(t.entries, SEQ == 3, entry=b"x")(c), erase_entries(c, MARKS, [3], odd)))
