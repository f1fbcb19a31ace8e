"""The log of letters: days closed at once, in no order, with decoys; proofs, publication, and what `verify` names."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.cases.hotline.making import letter
from tests.cases.hotline.world import LI, World, a_world, over
from tests.vault.log.helpers import KEY
from wayseal.cases.errors import CasebookChangedError
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.acts import ReportState
from wayseal.cases.hotline.codes import redeem
from wayseal.cases.hotline.daylog import DAYLOG, DayLog, Leaf, Stands, account_for, days, leaves, verify_log
from wayseal.cases.hotline.letters import LetterKind, SealedLetter, Sender, spell_letter
from wayseal.cases.hotline.mailbox import Box
from wayseal.merkle import Checkpoint, SigningKey, verify_consistency
from wayseal.merkle.bulk import stacked
from wayseal.merkle.tiles import Tile, Tree, tiles
from wayseal.proofs import verify
from wayseal.proofs.reports import ProvenReport, ReportProof, checkpoint_of, leaf_of

UNIT = "某快递"
ONE = timedelta(days=1)


def random() -> Callable[[int], bytes]:
    count = itertools.count()
    return lambda size: hashlib.sha256(b"decoy %d" % next(count)).digest()[:size]


def log_of(world: World) -> DayLog:
    return DayLog(world.desk, KEY, UNIT, random=random())


@contextmanager
def logged(folder: Path) -> Iterator[tuple[World, DayLog]]:
    with a_world(folder, DAYLOG) as world:
        yield world, log_of(world)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[World, DayLog]]:
    with logged(tmp_path / "w") as made:
        yield made


def notes(world: World) -> list[Checkpoint]:
    found = world.database.read(lambda c: list(c.execute(sa.select(days.c.note).order_by(days.c.day)).scalars()))
    return [Checkpoint.open(one.encode(), [KEY.verify_key])[0] for one in found]


def proofs(world: World, id_: str, n: int = 1) -> list[dict[str, Any]]:
    """What a reporter finds of proofs, from all letters that have some."""
    return [one for kind, text in world.shown(id_, n) if kind == "proof" for one in json.loads(text)]


def change(world: World, statement: Any) -> None:
    assert world.database.write(lambda c: c.execute(statement).rowcount) > 0


def account(world: World, upto: date = date.max) -> list[Leaf]:
    return account_for(world.database, world.desk.record, upto)


def codes(world: World, *kept: bytes) -> list[tuple[str, str]]:
    named = [(f"notes/{n}", note) for n, note in enumerate(kept, start=1)]
    found = verify_log(world.database, world.desk.record, KEY.verify_key, named)
    return [(str(one.code).removeprefix("hotline-"), one.where) for one in found]


def test_a_day_without_reports_has_decoys_only(both: tuple[World, DayLog]) -> None:
    world, log = both
    assert log.close_days() == (world.today - ONE,)
    assert [one.stands for one in account(world)] == [Stands.DECOY] * 8
    (point,) = notes(world)
    assert point == checkpoint_of(UNIT, str(world.today - ONE), 8, point.root)
    assert log.close_days() == ()
    world.wait(3)
    assert len(log.close_days()) == 3
    assert [one.size for one in notes(world)] == [8, 16, 24, 32]
    assert codes(world) == []


def test_sizes_say_little(both: tuple[World, DayLog]) -> None:
    world, log = both
    sizes = [0]
    for many in (1, 8, 9):
        for n in range(many):
            world.report(many * 10 + n)
        world.wait(1)
        log.close_days()
        sizes.append(notes(world)[-1].size)
    assert [b - a for a, b in itertools.pairwise(sizes)] == [8, 8, 16]
    kinds = [(one.day, one.kind) for one in account(world)]
    assert [kind for _, kind in kinds].count("report") == 18
    assert codes(world) == []


def put(world: World, n: int) -> None:
    """A report with no randomness in it."""
    seed = bytes([n])
    box = Box(box=hashlib.sha256(seed).digest()[:16], public=bytes(32), day=world.today)
    stored = SealedLetter(
        box=box.box, sender=Sender.REPORTER, place=1, day=world.today, sealed=b"sealed", kind="",
        digest=hashlib.sha256(b"d" + seed).digest(), salt=hashlib.sha256(b"s" + seed).digest(),
    )  # fmt: skip
    assert world.database.write(mailbox.add_box, box, stored)


def test_the_order_of_arrival_is_in_no_tree(tmp_path: Path) -> None:
    found = set()
    for n, order in enumerate(([1, 2, 3, 4, 5], [5, 3, 1, 2, 4], [4, 5, 2, 1, 3])):
        with logged(tmp_path / str(n)) as (world, log):
            for one in order:
                put(world, one)
            world.wait(1)
            log.close_days()
            hashes = [one.hash for one in account(world)]
            assert hashes == sorted(hashes)
            assert [one.kind for one in account(world)].count("report") == 5
            found.add(notes(world)[0].root)
            # A key that can't be one holds up no day.
            assert world.database.read(mailbox.untaken, Sender.STAFF) == []
    assert len(found) == 1


def test_a_proof_holds_offline_also_once_the_report_is_gone_everywhere(both: tuple[World, DayLog]) -> None:
    world, log = both
    said = letter(day=world.today, text="他们在群里卖单号")
    id_ = world.report(said=said)
    world.desk.answer(id_, "thanks", LI, seen=1)
    world.desk.note(id_, "inner", LI)
    world.wait(1)
    log.close_days()
    assert world.desk.report(id_).seen == 2
    assert "opened" not in world.kinds()
    first, second = sorted(proofs(world, id_), key=lambda one: one["entry"]["kind"], reverse=True)
    assert (first["entry"]["kind"], second["entry"]["kind"]) == ("report", "answer")
    whole = json.dumps(first | {"letter": None})
    proof = ReportProof.from_json(whole.encode())
    # The reporter has the letter, and puts it in.
    held = type(proof)(
        content=proof.content, salt=proof.salt, index=proof.index, path=proof.path, note=proof.note,
        letter=spell_letter(said),
    )  # fmt: skip
    box = world.box(id_).box
    change(world, mailbox.letters.delete().where(mailbox.letters.c.box == box))
    change(world, mailbox.boxes.delete().where(mailbox.boxes.c.box == box))
    proven = verify(held.to_json().encode(), [KEY.verify_key])
    assert isinstance(proven, ProvenReport)
    assert proven.letter == json.loads(spell_letter(said))
    assert str(date.fromisoformat(proven.entry["day"])) == str(world.today - ONE)
    # And the company can't say that all is well.
    assert sorted(codes(world)) == sorted(("leaf", f"leaves/{one['index']}") for one in (first, second))


def test_a_deleted_report_is_accounted_for_and_keeps_its_proofs(both: tuple[World, DayLog]) -> None:
    world, log = both
    id_ = world.report()
    world.wait(1)
    log.close_days()
    over(world, id_)
    log.close_days()
    assert world.desk.remind_and_purge(world.cases)
    assert codes(world) == []
    (leaf,) = (one for one in account(world) if one.kind == "report")
    assert (leaf.stands, leaf.rule, leaf.gone) == (Stands.DELETED, "days", world.today)
    assert [one["entry"]["kind"] for one in proofs(world, id_)] == ["report", "state"]
    first = [one for one in account(world) if one.day == leaf.day]
    assert account(world, leaf.day)[-8:] == first


def test_a_letter_that_was_emptied_without_an_act_is_named(both: tuple[World, DayLog]) -> None:
    world, log = both
    id_ = world.report()
    world.wait(1)
    log.close_days()
    (leaf,) = (one for one in account(world) if one.kind == "report")
    box = world.box(id_).box
    change(world, mailbox.letters.update().where(mailbox.letters.c.sender == "reporter").values(sealed=None))
    assert codes(world) == [("leaf", f"leaves/{leaf.place}")]
    # A tombstone alone, without the act, is none either.
    change(world, mailbox.boxes.update().where(mailbox.boxes.c.box == box).values(gone=world.today, rule="days"))
    assert codes(world) == [("leaf", f"leaves/{leaf.place}")]


def a_leaf(n: int, place: int, day: date) -> dict[str, Any]:
    return {"place": place, "day": day, "kind": "none", "digest": bytes([n]) * 32, "salt": bytes([n]) * 32}


def test_what_is_added_changed_or_taken_behind_a_closed_day_is_named(tmp_path: Path) -> None:
    def add(world: World) -> None:
        change(world, leaves.insert().values(a_leaf(1, 16, world.today - ONE)))

    def swap(world: World) -> None:
        change(world, leaves.update().where(leaves.c.place == 3).values(digest=bytes(32)))

    def take(world: World) -> None:
        change(world, leaves.delete().where(leaves.c.place == 3))

    def node(world: World) -> None:
        nodes = DAYLOG.tables[0].tables["daylog_nodes"]
        change(world, nodes.update().where(nodes.c.place == 3).values(hash="00" * 32))

    def again(world: World) -> None:
        """The day is signed anew, over another leaf."""
        swap(world)
        found = world.database.read(lambda c: c.execute(sa.select(leaves).order_by(leaves.c.place)).mappings().all())
        hashes = [
            leaf_of({"v": 1, "kind": one["kind"], "day": str(one["day"]), "digest": one["digest"].hex()}, one["salt"])
            for one in found
        ]
        tree = Tree.of(stacked(hashes))
        nodes = DAYLOG.tables[0].tables["daylog_nodes"]
        change(world, nodes.update().where(nodes.c.place == 3).values(hash=hashes[3].hex()))
        for one in notes(world):
            day = one.more[0].removeprefix("day ")
            note = KEY.sign(checkpoint_of(UNIT, day, one.size, tree.root(one.size)).to_text())
            change(world, days.update().where(days.c.day == date.fromisoformat(day)).values(note=note))

    def other_key(world: World) -> None:
        note = SigningKey(name=KEY.name, seed=bytes(32)).sign(notes(world)[0].to_text())
        change(world, days.update().where(days.c.size == 8).values(note=note))

    def coin(world: World) -> None:
        change(world, redeem.insert().values(code="ab", amount=500, until=world.today))

    def forged(world: World) -> None:
        change(world, mailbox.letters.update().where(mailbox.letters.c.kind == "answer").values(digest=bytes(32)))

    wrong = {add: {"leaf"}, swap: {"act", "note", "tree"}, take: {"act", "leaf", "note", "tree"}, node: {"tree"},
             again: {"act"}, coin: {"codes"}, other_key: {"note"}, forged: {"leaf", "letter"}}  # fmt: skip
    for tamper, expected in wrong.items():
        with logged(tmp_path / tamper.__name__) as (world, log):
            log.close_days()
            id_ = world.report()
            world.desk.answer(id_, "thanks", LI, seen=1)
            world.wait(1)
            log.close_days()
            kept = [KEY.sign(one.to_text()).encode() for one in notes(world)]
            assert codes(world, *kept) == []
            tamper(world)
            assert {code for code, _ in codes(world)} == expected, tamper.__name__
            # What others kept names what was signed anew.
            named = [where for code, where in codes(world, *kept) if code == "note" and where.startswith("notes/")]
            assert bool(named) == (tamper in (swap, take, again))


def test_two_notes_for_one_day(both: tuple[World, DayLog]) -> None:
    world, log = both
    log.close_days()
    (point,) = notes(world)
    second = checkpoint_of(UNIT, str(world.today - ONE), 8, bytes(32))
    elsewhere = checkpoint_of("x", str(world.today - ONE), 8, point.root)
    kept = [KEY.sign(one.to_text()).encode() for one in (point, second, elsewhere)]
    assert codes(world, *kept, b"no note") == [("note", "notes/2"), ("note", "notes/3"), ("note", "notes/4")]


def test_a_letter_that_comes_late_stands_in_the_next_day(both: tuple[World, DayLog]) -> None:
    world, log = both
    id_ = world.report()
    world.wait(2)
    assert len(log.close_days()) == 1
    world.message(id_, day=world.today - 2 * ONE)
    world.message(id_, day=world.today + 5 * ONE)
    world.wait(1)
    log.close_days()
    kinds = {(one.kind, one.day) for one in account(world) if one.kind != "none"}
    assert kinds == {("report", world.today - 2 * ONE), ("message", world.today - ONE)}
    assert [one["entry"]["kind"] for one in proofs(world, id_)] == ["report", "message"]


def test_what_a_crash_left_out_comes_the_next_time(both: tuple[World, DayLog], monkeypatch: pytest.MonkeyPatch) -> None:
    world, log = both
    world.report()
    world.wait(1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("wayseal.journal.files.LockedJournal.add", full)
        with pytest.raises(OSError, match="No space"):
            log.close_days()
    assert len(notes(world)) == 1
    assert {code for code, _ in codes(world)} == {"act"}
    assert log_of(world).close_days() == ()
    assert codes(world) == []
    world.message(world.desk.reports()[0].id)
    world.wait(1)
    with monkeypatch.context() as patched:
        patched.setattr(mailbox, "add_letter", full)
        with pytest.raises(OSError, match="No space"):
            log.close_days()
    assert (len(notes(world)), len(account(world))) == (1, 8)
    assert len(log.close_days()) == 1
    assert codes(world) == []


def test_a_database_of_an_older_day_closes_none_anew(both: tuple[World, DayLog]) -> None:
    world, log = both
    log.close_days()
    world.wait(1)
    log.close_days()
    change(world, days.delete().where(days.c.size == 16))
    with pytest.raises(CasebookChangedError, match="lacks days"):
        log.close_days()
    assert len(notes(world)) == 1
    assert ("act", str(world.today - ONE)) in codes(world)


def test_many_letters_of_a_box_have_their_proofs_in_several(both: tuple[World, DayLog]) -> None:
    world, log = both
    id_ = world.report()
    for _ in range(70):
        world.message(id_)
    world.wait(1)
    log.close_days()
    found = proofs(world, id_)
    assert len(found) == 71
    assert [kind for kind, _ in world.shown(id_)] == ["proof", "proof"]
    for one in found[::10]:
        assert verify(json.dumps(one).encode(), [KEY.verify_key])


def test_what_is_published_leads_from_note_to_note(both: tuple[World, DayLog], tmp_path: Path) -> None:
    world, log = both
    folder = tmp_path / "published"
    for n in range(40):
        put(world, n)
        world.wait(1)
        log.close_days()
        if n % 7 == 0:
            log.publish(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    log.publish(folder)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before
    assert (folder / "key").read_text("utf-8").strip() == str(KEY.verify_key)
    points = [
        Checkpoint.open(path.read_bytes(), [KEY.verify_key])[0] for path in sorted((folder / "checkpoints").iterdir())
    ]
    assert points == notes(world)
    assert points[-1].size > 300

    def read(level: int, start: int, stop: int) -> Any:
        """Of files alone."""
        at = start // 256
        width = min(256, (points[-1].size >> 8 * level) - 256 * at)
        content = (folder / "tile" / Tile(level=level, index=at, width=width).path).read_bytes()
        rows = stacked([content[n : n + 32] for n in range(0, len(content), 32)])
        return rows[start - 256 * at : stop - 256 * at]

    tree = Tree(points[-1].size, read)
    assert tree.root() == points[-1].root
    for old, new in itertools.pairwise(points):
        assert verify_consistency(old.size, old.root, new.size, new.root, tree.consistency(old.size, new.size))
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in after)
    names = {(folder / "tile" / one.path) for one in tiles(points[-1].size)}
    assert names <= set(after)


def test_decoys_and_letters_look_alike(both: tuple[World, DayLog]) -> None:
    """Beside the kind, which is in no leaf that is published."""
    world, log = both
    world.report()
    world.wait(1)
    log.close_days()
    assert {len(one.digest) for one in account(world)} == {len(one.salt) for one in account(world)} == {32}
    assert len({one.digest for one in account(world)}) == 8


def test_the_states_that_are_told_are_in_the_log(both: tuple[World, DayLog]) -> None:
    world, log = both
    id_ = world.report()
    world.desk.set_state(id_, ReportState.CLOSED, LI, "done", seen=1)
    world.wait(1)
    log.close_days()
    assert sorted(one.kind for one in account(world) if one.kind != "none") == ["closing", "report"]
    assert LetterKind.PROOF not in {one.kind for one in account(world)}
