"""What staff do with reports (`wayseal.cases.hotline.desk`): acts before words, two persons, and what is deleted."""

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cases.hotline.making import SECRET, letter, public_of, team
from tests.cases.hotline.world import CHEN, DAY_US, LI, WANG, World, a_world, mac, over
from wayseal.cases.errors import (
    CasebookChangedError,
    CasebookUsageError,
    CaseStateError,
    NoSuchCaseError,
    RewardError,
    StaleError,
)
from wayseal.cases.hotline import desk as desk_module
from wayseal.cases.hotline import mailbox
from wayseal.cases.hotline.acts import HotlineRecord, ReportState, Reward, TakenOut, Wanted
from wayseal.cases.hotline.codes import Code, codes_differ, find_code, pay_code, redeem
from wayseal.cases.hotline.errors import SealedError
from wayseal.cases.hotline.letters import READER, Fields, FileKind, ReportType, Sender, key_id
from wayseal.cases.hotline.mailbox import StoredFile
from wayseal.cases.hotline.rewards import load_rules, plain_of, read_code
from wayseal.cases.hotline.sealing import FileSealer, open_letter
from wayseal.cases.types import CaseState, ObservableKind, Source
from wayseal.cases.verdicts import GRANT_US, WAIT_US
from wayseal.cases.views import ItemFilter


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path / "w") as made:
        yield made


@contextmanager
def crashing(monkeypatch: pytest.MonkeyPatch, step: str) -> Iterator[None]:
    """The process ends at a step of the mailbox."""

    def crash(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(mailbox, step, crash)
        with pytest.raises(RuntimeError):
            yield


def texts(world: World, id_: str, who: str = LI) -> list[str | None]:
    return [one.letter.text if one.letter else None for one in world.desk.read(id_, who)[1]]


def test_a_report_is_there_without_an_act_and_unopened(world: World) -> None:
    id_ = world.report()
    (one,) = world.desk.reports()
    assert one == world.desk.report(id_)
    assert (one.id, one.state, one.type, one.owed, one.seen, one.upto) == (id_, ReportState.NEW, None, True, 1, 1)
    assert re.fullmatch("r-[0-9a-f]{12}", id_)
    assert world.kinds() == []
    assert not (world.folder / "hotline.jsonl").exists()


def test_opening_is_an_act_once_for_each_person_and_letter(world: World) -> None:
    id_ = world.report()
    assert texts(world, id_) == [letter().text]
    assert world.kinds() == ["opened", "type_found"]
    assert world.desk.report(id_).type is ReportType.SALE
    texts(world, id_)
    assert world.kinds() == ["opened", "type_found"]
    texts(world, id_, WANG)
    assert world.kinds() == ["opened", "type_found", "opened"]
    late = world.message(id_)
    texts(world, id_)
    assert world.desk.record.state().opened[world.box(id_).box, LI] == {one.digest for one in world.letters(id_)}
    assert world.kinds()[3:] == ["opened"]
    assert late.digest not in world.desk.record.state().opened[world.box(id_).box, WANG]


def test_a_journal_that_fails_shows_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither letter nor file nor name is decrypted, and nothing is written, where the act can't be."""
    file, stored = a_file(world)
    id_ = world.report(said=letter(day=world.today, files=(file,), identity=True), files=(stored,), secret=SECRET,
                       identity="Wu")  # fmt: skip
    proposal = world.desk.propose(id_, Wanted.IDENTITY, LI, "court")
    world.desk.reply(proposal, True, WANG)
    case = world.case()
    world.desk.link(id_, case, LI, "same seller", world.cases)
    before, opened = world.letters(id_), list[object]()
    for name in ("open_letter", "open_secret", "open_identity", "open_chunks"):
        monkeypatch.setattr(desk_module, name, lambda *what: opened.append(what))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("wayseal.journal.files.LockedJournal.add", full)
    desk, took = world.desk, bytes.fromhex(file.file)
    for act in (
        lambda: desk.read(id_, LI),
        lambda: desk.take_file(id_, took, LI),
        lambda: desk.open_name(proposal, LI),
        lambda: desk.answer(id_, "seen", LI, seen=1),
        lambda: desk.set_state(id_, ReportState.CLOSED, LI, "done", seen=1),
        lambda: desk.note(id_, "hm", LI),
        lambda: desk.excerpt(id_, case, "he says", LI, world.cases),
        lambda: desk.enqueue(id_, LI, world.cases),
    ):
        with pytest.raises(OSError, match="No space"):
            act()
    assert opened == []
    assert world.letters(id_) == before
    assert world.cases.note_versions(case, "n-1") == ()
    assert world.cases.queue(world.now + 1, ItemFilter(source=Source.REPORT)).rows == ()


def test_what_waits_for_an_answer_and_what_reopens(world: World) -> None:
    id_ = world.report()
    world.desk.answer(id_, "谢谢\nthank you", LI, seen=1)
    assert not world.desk.report(id_).owed
    assert world.shown(id_) == [("answer", "谢谢\nthank you")]
    world.message(id_)
    assert world.desk.report(id_).owed
    world.desk.set_state(id_, ReportState.WAITING, LI, "asked the outlet", seen=3)
    assert (world.desk.report(id_).state, world.desk.report(id_).owed) == (ReportState.WAITING, True)
    world.desk.set_state(id_, ReportState.CLOSED, LI, "done", seen=4)
    now = world.desk.report(id_)
    assert (now.state, now.owed) == (ReportState.CLOSED, False)
    assert [kind for kind, _ in world.shown(id_)] == ["answer", "state", "closing"]
    assert "We closed your report" in world.shown(id_)[-1][1]
    world.wait(1)
    world.message(id_)
    again = world.desk.report(id_)
    assert (again.state, again.owed, (again.kept - now.kept).days) == (ReportState.REOPENED, True, 1)
    for state in (ReportState.NUISANCE, ReportState.GONE, ReportState.NEW):
        with pytest.raises(CasebookUsageError):
            world.desk.set_state(id_, state, LI, "so", seen=6)


def test_two_officers_answer_at_once(world: World) -> None:
    id_, other = world.report(), world.another()
    outcomes: list[object] = []

    def answer(desk: Any, who: str) -> None:
        try:
            outcomes.append(desk.answer(id_, f"from {who}", who, seen=1))
        except StaleError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=answer, args=one) for one in ((world.desk, LI), (other, WANG))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (error,) = (one for one in outcomes if one)
    assert isinstance(error, StaleError)
    ((_, sent),) = world.shown(id_)
    assert {sent, error.mine} == {"from li", "from wang"}
    assert sent in error.theirs
    # Whoever was refused is on record as having opened what is shown to them.
    refused = error.mine.removeprefix("from ")
    assert world.letters(id_)[1].digest in world.desk.record.state().opened[world.box(id_).box, refused]


def test_a_reporter_who_wrote_meanwhile_is_read_first(world: World) -> None:
    id_ = world.report()
    world.desk.read(id_, LI)
    world.message(id_, "现在在门口")
    acts: tuple[Callable[[], object], ...] = (
        lambda: world.desk.answer(id_, "thank you", LI, seen=1),
        lambda: world.desk.set_state(id_, ReportState.CLOSED, LI, "thank you", seen=1),
    )
    for act in acts:
        with pytest.raises(StaleError) as caught:
            act()
        assert (caught.value.version, caught.value.theirs, caught.value.mine) == (2, "现在在门口", "thank you")
    assert world.shown(id_) == []
    world.desk.answer(id_, "thank you", LI, seen=2)


def test_an_answer_counts_once_its_letter_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.report()
    with crashing(monkeypatch, "add_letter"):
        world.desk.answer(id_, "one", LI, seen=1)
    assert world.kinds() == ["answered"]
    assert world.desk.report(id_).owed
    world.desk.answer(id_, "two", LI, seen=1)
    assert not world.desk.report(id_).owed
    assert world.shown(id_) == [("answer", "two")]


def test_notes_stay_among_staff_and_show_nothing_outside(world: World) -> None:
    id_ = world.report()
    world.desk.note(id_, "the same seller as in March", LI)
    (note,) = [one for one in world.letters(id_) if one.sender is Sender.INNER]
    own = world.reader(1)
    with pytest.raises(SealedError):
        open_letter(note, {key_id(READER, public_of(own)): own})
    assert world.desk.report(id_).seen == 1
    assert world.database.read(mailbox.untaken, Sender.STAFF) == []
    assert world.database.read(mailbox.next_place, world.box(id_).box) == 2
    assert texts(world, id_, WANG) == ["the same seller as in March", letter().text]
    assert world.shown(id_) == []
    assert "March" not in (world.folder / "hotline.jsonl").read_text("utf-8")
    world.desk.note(id_, "as in April", WANG, replaces=note.place)
    with pytest.raises(StaleError) as caught:
        world.desk.note(id_, "as in May", LI, replaces=note.place)
    assert (caught.value.theirs, caught.value.mine) == ("as in April", "as in May")
    with pytest.raises(NoSuchCaseError):
        world.desk.note(id_, "none", LI, replaces=9)
    # Of two notes no number shows outside.
    assert world.database.read(mailbox.next_place, world.box(id_).box) == 2
    world.desk.answer(id_, "thanks", LI, seen=1)
    assert [one.place for one in world.letters(id_) if one.sender is Sender.STAFF] == [2]


def a_file(world: World, content: bytes = b"%PDF-1.7") -> tuple[Any, StoredFile]:
    file = bytes([7]) * 16
    sealer = FileSealer(SECRET, file)
    chunks = [*sealer.write(content), *sealer.finish()]
    for n, chunk in enumerate(chunks, start=1):
        world.database.write(mailbox.add_chunk, file, n, chunk)
    box = hashlib.sha256(bytes([1])).digest()[:16]
    return sealer.described(FileKind.PDF, cleaned=False), StoredFile(file=file, box=box, place=1, chunks=len(chunks))


def test_a_file_is_taken_out_by_an_act_each_time(world: World) -> None:
    file, stored = a_file(world, b"%PDF-1.7" * 50_000)
    id_ = world.report(said=letter(day=world.today, files=(file,)), files=(stored,), secret=SECRET)
    for _ in range(2):
        assert b"".join(world.desk.take_file(id_, stored.file, LI)[1]) == b"%PDF-1.7" * 50_000
    assert world.kinds() == ["opened", "taken_out", "taken_out"]
    with pytest.raises(NoSuchCaseError):
        world.desk.take_file(id_, bytes(16), LI)


def test_a_name_is_opened_by_its_proposer_after_anothers_yes_for_a_day(world: World) -> None:
    id_ = world.report(said=letter(day=world.today, identity=True), identity="Wu, 138 0000 0000")
    proposal = world.desk.propose(id_, Wanted.IDENTITY, LI, "the court asks")
    for who in (LI, WANG):
        with pytest.raises(CaseStateError):
            world.desk.open_name(proposal, who)
    with pytest.raises(CaseStateError, match="another person"):
        world.desk.reply(proposal, True, " LI ")
    world.desk.reply(proposal, True, WANG)
    with pytest.raises(CaseStateError):
        world.desk.open_name(proposal, WANG)
    assert world.desk.open_name(proposal, LI) == world.desk.open_name(proposal, LI) == "Wu, 138 0000 0000"
    assert [one for one in world.kinds() if one == "taken_out"] == ["taken_out"] * 2
    assert "Wu" not in (world.folder / "hotline.jsonl").read_text("utf-8")
    world.now += GRANT_US
    with pytest.raises(CaseStateError):
        world.desk.open_name(proposal, LI)


def test_nuisance_takes_two(world: World) -> None:
    id_ = world.report()
    with pytest.raises(CasebookUsageError):
        world.desk.set_state(id_, ReportState.NUISANCE, LI, "rude", seen=1)
    proposal = world.desk.propose(id_, Wanted.NUISANCE, LI, "rude")
    with pytest.raises(CaseStateError):
        world.desk.propose(id_, Wanted.NUISANCE, WANG, "rude")
    with pytest.raises(CaseStateError, match="another person"):
        world.desk.reply(proposal, True, LI)
    assert world.desk.report(id_).state is ReportState.NEW
    world.desk.reply(proposal, True, WANG)
    one = world.desk.report(id_)
    assert (one.state, one.owed, (one.kept - world.today).days) == (ReportState.NUISANCE, False, 30)
    # The reporter sees what others see.
    assert [kind for kind, _ in world.shown(id_)] == ["closing"]
    assert "uisance" not in world.shown(id_)[0][1]
    world.message(id_)
    assert world.desk.report(id_).state is ReportState.REOPENED


def test_a_proposal_waits_three_days_and_can_be_declined_or_taken_back(world: World) -> None:
    id_ = world.report()
    for who in (LI, WANG):
        proposal = world.desk.propose(id_, Wanted.NUISANCE, LI, "rude")
        world.desk.reply(proposal, False, who, "not rude")
        with pytest.raises(CaseStateError, match="waits no more"):
            world.desk.reply(proposal, True, CHEN)
    late = world.desk.propose(id_, Wanted.NUISANCE, LI, "rude")
    world.now += WAIT_US + 10
    with pytest.raises(CaseStateError, match="waits no more"):
        world.desk.reply(late, True, WANG)
    assert world.desk.report(id_).state is ReportState.NEW
    with pytest.raises(NoSuchCaseError):
        world.desk.reply("p-77", True, WANG)


def test_a_purge_comes_after_a_reminder_that_deletes_nothing(world: World) -> None:
    id_ = world.report()
    world.desk.note(id_, "inner", LI)
    before = world.desk.report(id_)
    world.wait(90 + 40)
    assert world.desk.remind_and_purge(world.cases) == ()
    one = world.desk.report(id_)
    assert (one.reminded, one.kept, one.state) == (world.today, before.kept, ReportState.NEW)
    assert str(one.kept) in world.shown(id_)[0][1]
    assert texts(world, id_) == ["inner", letter().text, world.shown(id_)[0][1]]
    world.wait(13)
    assert world.desk.remind_and_purge(world.cases) == ()
    assert all(one.sealed for one in world.letters(id_))
    world.wait(1)
    assert [one.id for one in world.desk.remind_and_purge(world.cases)] == [id_]
    assert not any(one.sealed for one in world.letters(id_))
    assert world.desk.report(id_).state is ReportState.GONE
    assert (world.box(id_).gone, world.box(id_).rule) == (world.today, "days")
    assert world.desk.remind_and_purge(world.cases) == ()
    assert texts(world, id_) == [None, None, None]
    with pytest.raises(CaseStateError, match="deleted"):
        world.desk.answer(id_, "hello", LI, seen=2)


def test_a_closing_letter_stays_and_no_byte_of_the_others(world: World) -> None:
    id_ = world.report()
    world.desk.set_state(id_, ReportState.CLOSED, LI, "done", seen=1)
    content = world.letters(id_)[0].sealed
    assert content is not None
    over(world, id_)
    assert world.desk.remind_and_purge(world.cases)
    assert [one.kind for one in world.letters(id_) if one.sealed] == ["closing"]
    assert ["We closed" in (one or "") for one in texts(world, id_, CHEN)] == [False, True, False]
    assert not [one for one in world.folder.rglob("*") if one.is_file() and content[100:164] in one.read_bytes()]


def test_reopening_on_the_last_day_starts_the_time_anew(world: World) -> None:
    id_ = world.report()
    world.desk.set_state(id_, ReportState.CLOSED, LI, "done", seen=1)
    over(world, id_)
    world.now -= DAY_US
    world.message(id_)
    world.wait(1)
    assert world.desk.remind_and_purge(world.cases) == ()
    one = world.desk.report(id_)
    assert (one.state, one.reminded, (one.kept - world.today).days) == (ReportState.REOPENED, None, 89)
    assert all(one.sealed for one in world.letters(id_))
    world.wait(95)
    # The reminder of then is none for now.
    assert world.desk.remind_and_purge(world.cases) == ()
    assert all(one.sealed for one in world.letters(id_))


def test_an_open_case_holds_its_reports(world: World) -> None:
    id_, case = world.report(), world.case()
    world.desk.link(id_, case, LI, "same seller", world.cases)
    world.desk.link(id_, case, LI, "same seller", world.cases)
    assert world.kinds() == ["case_linked"]
    into = world.case()
    world.wait(200)
    world.desk.remind_and_purge(world.cases)
    assert world.desk.report(id_).reminded is None
    world.cases.merge(case, into, LI, "the same", world.now)
    world.desk.remind_and_purge(world.cases)
    assert world.desk.report(id_).reminded is None
    world.cases.set_state(into, CaseState.NO_CASE, LI, "nothing", world.now)
    world.desk.remind_and_purge(world.cases)
    assert world.desk.report(id_).reminded == world.today
    world.wait(15)
    assert len(world.desk.remind_and_purge(world.cases)) == 1


def test_what_a_crash_left_of_a_purge_is_deleted_the_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.report()
    over(world, id_)
    with crashing(monkeypatch, "bury"):
        world.desk.remind_and_purge(world.cases)
    assert world.desk.report(id_).state is ReportState.GONE
    assert any(one.sealed for one in world.letters(id_))
    assert len(world.desk.remind_and_purge(world.cases)) == 1
    assert not any(one.sealed for one in world.letters(id_))
    assert world.kinds().count("purged") == 1


def test_a_letter_that_comes_while_a_report_is_deleted_keeps_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.report()
    over(world, id_)
    write = world.database.write

    def late(work: Any, *values: Any) -> Any:
        monkeypatch.setattr(world.database, "write", write)
        world.message(id_)
        return write(work, *values)

    monkeypatch.setattr(world.database, "write", late)
    world.desk.remind_and_purge(world.cases)
    one = world.desk.report(id_)
    assert (one.state, one.owed, one.undeleted) == (ReportState.REOPENED, True, False)
    assert all(one.sealed for one in world.letters(id_))


def test_who_wrote_just_now_is_reminded_of_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = world.report()
    world.wait(80)
    (seen,) = world.desk.reports()
    monkeypatch.setattr(world.desk, "reports", lambda: (seen,))
    world.message(id_)
    world.desk.remind_and_purge(world.cases)
    assert world.kinds() == []


def test_words_go_into_a_case_that_the_report_is_linked_to(world: World) -> None:
    id_, case = world.report(), world.case()
    with pytest.raises(CaseStateError, match="isn't linked"):
        world.desk.excerpt(id_, case, "he sells at night", LI, world.cases)
    world.desk.link(id_, case, LI, "same seller", world.cases)
    world.desk.excerpt(id_, case, "he sells at night", LI, world.cases)
    (act,) = (one for one in world.desk.record.state().of(world.box(id_).box) if isinstance(one, TakenOut))
    assert (act.what, act.id) == ("words", case)
    assert world.cases.note_versions(case, "n-1")[0].text == "he sells at night"
    world.desk.link(id_, case, LI, "no", world.cases, on=False)
    assert world.desk.report(id_).cases == ()
    with pytest.raises(NoSuchCaseError):
        world.desk.link(id_, "c-99", LI, "so", world.cases)


def test_numbers_and_seller_go_into_the_queue_as_of_now(world: World) -> None:
    fields = Fields(numbers=("yt 123", "YT123", "-"), seller=" shop  7 ")
    id_ = world.report(said=letter(day=world.today, fields=fields))
    world.wait(3)
    world.desk.enqueue(id_, LI, world.cases)
    (item,) = world.cases.queue(world.now + 1, ItemFilter(source=Source.REPORT)).rows
    assert {(one.kind, one.name) for one in item.things} == {
        (ObservableKind.NUMBER, "YT123"),
        (ObservableKind.SELLER, "shop 7"),
    }
    assert world.now - item.since < 1000
    assert world.kinds() == ["opened", "type_found", "taken_out"]
    bare = world.report(2)
    with pytest.raises(CaseStateError, match="neither"):
        world.desk.enqueue(bare, LI, world.cases)


def test_reports_are_told_what_is_owed_first(world: World) -> None:
    first = world.report(1)
    world.wait(2)
    second, third = world.report(2), world.report(3)
    world.desk.answer(first, "thanks", LI, seen=1)
    world.desk.assign(third, WANG, LI)
    assert [one.id for one in world.desk.reports()] == [*sorted([second, third]), first]
    assert [one.owner for one in world.desk.reports() if one.id == third] == [WANG]
    world.desk.assign(third, None, WANG)
    assert world.desk.report(third).owner is None


def test_reports_that_arent_there(world: World) -> None:
    there = world.report()
    for id_ in ("r-", "r-0", "x", "", "r-" + "f" * 12, "r-" + "f" * 40, there[:-2], there.upper(), there + "00"):
        with pytest.raises(NoSuchCaseError):
            world.desk.report(id_)


def test_a_letter_that_doesnt_open_is_named_and_the_others_are_read(world: World) -> None:
    id_ = world.report()
    stored = world.message(id_)
    assert stored.sealed is not None
    box = world.box(id_).box
    broken = stored.sealed[:-1] + bytes([stored.sealed[-1] ^ 1])
    world.database.write(
        lambda c: c.execute(
            mailbox.letters.update()
            .where(mailbox.letters.c.box == box, mailbox.letters.c.place == 2)
            .values(sealed=broken)
        )
    )
    _, (first, second) = world.desk.read(id_, LI)
    assert first.letter is not None
    assert (second.letter, type(second.wrong).__name__) == (None, "SealedError")
    other = world.report(2, team=team(9).public)
    assert type(world.desk.read(other, LI)[1][0].wrong).__name__ == "NoKeyError"


def test_a_record_that_was_changed_shows_nothing(world: World) -> None:
    id_ = world.report()
    world.desk.read(id_, LI)
    path = world.folder / "hotline.jsonl"
    path.write_text(path.read_text("utf-8").replace(f'"who":"{LI}"', f'"who":"{WANG}"'), "utf-8")
    for desk in (world.desk, world.another()):
        with pytest.raises(CasebookChangedError):
            desk.read(id_, CHEN)


# Rewards


SALE = plain_of(load_rules(None), ReportType.SALE)
assert SALE is not None
REWARD = Reward(rules="2026-1", days=365, award=SALE)


def linked(world: World) -> str:
    id_ = world.report()
    world.desk.link(id_, world.case(), LI, "same seller", world.cases)
    return id_


def granted(world: World) -> tuple[str, str, str]:
    """A report with a reward, its proposal, and its code as the reporter reads it."""
    id_ = linked(world)
    proposal = world.desk.propose(id_, Wanted.REWARD, LI, "helped", reward=REWARD)
    world.desk.reply(proposal, True, WANG)
    found = re.search("[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", world.shown(id_)[-1][1])
    assert found
    return id_, proposal, found[0]


def mac_of(code: str) -> str:
    found = read_code(code.lower().replace("-", " "), mac)
    assert found
    return found


def test_a_reward_takes_two_and_comes_with_its_steps_and_code(world: World) -> None:
    bare = world.report(2)
    with pytest.raises(CaseStateError, match="linked to a case"):
        world.desk.propose(bare, Wanted.REWARD, LI, "helped", reward=REWARD)
    id_ = linked(world)
    proposal = world.desk.propose(id_, Wanted.REWARD, LI, "helped", reward=REWARD)
    with pytest.raises(CaseStateError, match="another person"):
        world.desk.reply(proposal, True, LI)
    assert codes_differ(world.database, world.desk.record) is None
    assert world.shown(id_) == []
    world.desk.reply(proposal, True, WANG)
    ((kind, text),) = world.shown(id_)
    assert kind == "reward"
    assert "500 yuan: 500 yuan for this type of report" in text
    assert str(world.today + timedelta(days=365)) in text
    assert codes_differ(world.database, world.desk.record) is None
    with pytest.raises(CaseStateError, match="none yet"):
        world.desk.propose(id_, Wanted.REWARD, LI, "again", reward=REWARD)


def test_a_code_is_paid_once_also_at_once_in_two_browsers(world: World) -> None:
    _, _, code = granted(world)
    outcomes: list[object] = []

    def pay(record: HotlineRecord, voucher: str) -> None:
        try:
            outcomes.append(pay_code(world.database, record, mac_of(code), voucher, "finance", world.clock()))
        except CaseStateError as error:
            outcomes.append(error)

    desks = world.desk, world.another()
    threads = [threading.Thread(target=pay, args=(one.record, f"v-{n}")) for n, one in enumerate(desks)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (paid,) = (one for one in outcomes if isinstance(one, Code))
    (refused,) = (one for one in outcomes if isinstance(one, CaseStateError))
    assert (paid.amount, paid.paid and paid.paid.voucher in str(refused)) == (500, True)
    assert str(world.today) in str(refused)
    assert find_code(world.database, world.desk.record, mac_of(code)) == paid


def test_codes_that_arent_payable(world: World) -> None:
    _, _, code = granted(world)
    record = world.desk.record
    with pytest.raises(RewardError, match="no such code"):
        pay_code(world.database, record, mac("0" * 16), "v-1", "finance", world.now)
    with pytest.raises(CasebookUsageError):
        pay_code(world.database, record, mac_of(code), " ", "finance", world.now)
    with pytest.raises(CaseStateError, match="up to"):
        pay_code(world.database, record, mac_of(code), "v-1", "finance", world.now + 366 * DAY_US)
    pay_code(world.database, record, mac_of(code), "v-1", "finance", world.now + 365 * DAY_US)


def test_a_lost_code_is_cancelled_by_two_and_granted_anew(world: World) -> None:
    id_, first, code = granted(world)
    cancel = world.desk.propose(id_, Wanted.CANCEL, LI, "lost", of=first)
    with pytest.raises(CaseStateError, match="another person"):
        world.desk.reply(cancel, True, LI)
    world.desk.reply(cancel, True, WANG)
    with pytest.raises(RewardError, match="no such code"):
        pay_code(world.database, world.desk.record, mac_of(code), "v-1", "finance", world.now)
    with pytest.raises(CaseStateError, match="no such reward"):
        world.desk.propose(id_, Wanted.CANCEL, LI, "lost", of=first)
    again = world.desk.propose(id_, Wanted.REWARD, LI, "anew", reward=REWARD)
    world.desk.reply(again, True, WANG)
    assert len([one for one, _ in world.shown(id_) if one == "reward"]) == 2
    assert codes_differ(world.database, world.desk.record) is None
    # Whoever agreed read the letter in which the code was: that is on record.
    assert world.letters(id_)[1].digest in world.desk.record.state().opened[world.box(id_).box, WANG]


def test_a_reward_that_was_paid_isnt_cancelled(world: World) -> None:
    id_, first, code = granted(world)
    cancel = world.desk.propose(id_, Wanted.CANCEL, LI, "lost", of=first)
    pay_code(world.database, world.desk.record, mac_of(code), "v-1", "finance", world.now)
    with pytest.raises(CaseStateError, match="was paid"):
        world.desk.reply(cancel, True, WANG)
    assert find_code(world.database, world.desk.record, mac_of(code)).paid


def test_no_column_and_no_act_joins_code_and_report(world: World) -> None:
    id_, _, code = granted(world)
    pay_code(world.database, world.desk.record, mac_of(code), "v-1", "finance", world.now)
    assert {column.name for column in redeem.columns} == {"code", "amount", "until"}
    values = world.database.read(lambda c: [tuple(row) for row in c.execute(redeem.select())])
    assert values == [(mac_of(code), 500, world.today + timedelta(days=365))]
    # Neither the code nor its MAC stands anywhere where a report does.
    for chain in (mailbox.MAILBOX,):
        for table in chain.tables[0].sorted_tables:
            for row in world.database.read(lambda c, t=table: [tuple(r) for r in c.execute(t.select())]):  # type: ignore[misc]
                assert mac_of(code) not in str(row)
    lines = (world.folder / "hotline.jsonl").read_text("utf-8").splitlines()
    assert [mac_of(code) in one for one in lines] == [False] * (len(lines) - 1) + [True]
    assert world.box(id_).box.hex() not in lines[-1]
    assert code.replace("-", "") not in "".join(lines).replace("-", "")


def test_a_reward_whose_letter_a_crash_took_is_named_and_can_be_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = linked(world)
    proposal = world.desk.propose(id_, Wanted.REWARD, LI, "helped", reward=REWARD)
    with crashing(monkeypatch, "add_letter"):
        world.desk.reply(proposal, True, WANG)
    assert codes_differ(world.database, world.desk.record) == (500, 0)
    cancel = world.desk.propose(id_, Wanted.CANCEL, LI, "lost in a crash", of=proposal)
    world.desk.reply(cancel, True, WANG)
    assert codes_differ(world.database, world.desk.record) is None
