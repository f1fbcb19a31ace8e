"""Rules 14 to 19: what people do with cases and the queue, and what is refused."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cases.making import DAY, NOW, alert, lines, secret
from wayseal.cases import Cases, open_cases, verify
from wayseal.cases.decisions import BulkAction, Decision
from wayseal.cases.errors import (
    CasebookError,
    CasebookUsageError,
    CaseStateError,
    NoSuchCaseError,
    StaleError,
    UndoError,
)
from wayseal.cases.types import (
    CHANGES,
    CLOSED_STATES,
    OPEN_STATES,
    CaseState,
    Observable,
    ObservableKind,
    PackStep,
    Priority,
    ReadMark,
    Source,
    TaskContent,
    TaskState,
)
from wayseal.cases.views import CaseFilter, ItemFilter, Pack
from wayseal.cases.writing import mentions_of

SECOND = 1_000_000
S = CaseState
TASK = TaskContent(text="call the outlet", state=TaskState.TO_DO, owner="Wang", due="2026-06-01")


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    """Two cases: c-1 of u-1 and u-2, c-2 of u-3."""
    with open_cases(tmp_path / "detect", entropy=secret) as opened:
        opened.register([alert("u-1", "u-2", score=0.9), alert("u-3")], NOW)
        yield opened
    assert verify(tmp_path / "detect").sound


def state(cases: Cases, case: str = "c-1") -> CaseState:
    return cases.dossier(case).row.state


def thing(kind: ObservableKind, value: str) -> Observable:
    return Observable(kind=kind, value=value)


def test_every_state_to_every_other(tmp_path: Path) -> None:
    """The table is the rule: here by hand what it has to say of each pair."""
    assert set(CHANGES) == set(CaseState)
    for before in CaseState:
        for after in CaseState:
            if before in OPEN_STATES:
                may = after in {S.IN_PROGRESS, S.WAITING, S.DUPLICATE, S.NO_CASE} and after is not before
            else:
                may = before in CLOSED_STATES and after is S.REOPENED
            assert (after in CHANGES[before]) == may, (before, after)


def test_a_case_through_its_states(cases: Cases) -> None:
    cases.set_state("c-1", S.IN_PROGRESS, "Li", "looks bad", NOW)
    cases.open("c-1", "Li", "complaint", NOW)
    assert state(cases) is S.IN_PROGRESS, "a look at names doesn't take it back"
    cases.set_state("c-1", S.WAITING, "Li", "outlet asked", NOW)
    cases.verdict("c-1", False, "Li", "was work", NOW + 1)
    assert [v.true for v in cases.book.verdicts] == [False]
    cases.set_state("c-1", S.REOPENED, "Wang", "new numbers", NOW + 2)
    assert cases.book.verdicts == (), "what is open again teaches nothing"
    with pytest.raises(CaseStateError, match="c-1 is reopened, and can't become true"):
        cases.set_state("c-1", S.TRUE, "Wang", "no", NOW)
    cases.set_state("c-1", S.DUPLICATE, "Wang", "as c-2", NOW + 3)
    assert cases.register([alert("u-1", at=NOW - DAY)], NOW) == ("c-1",), "the same reads don't come again"
    assert cases.register([alert("u-1", at=NOW + DAY)], NOW) == ("c-3",)
    assert cases.find("c-1").closed_at == NOW + 3
    assert cases.counts().states == {"duplicate": 1, "new": 2}
    assert [act.told["after"] for act in cases.timeline("c-1").rows if act.act == "changed"][::-1] == [
        "in_progress", "waiting", "reopened", "duplicate",
    ]  # fmt: skip


def test_a_note_that_two_people_write(cases: Cases) -> None:
    note = cases.add_note("c-1", "first", "Li", NOW)
    assert cases.edit_note("c-1", note, 1, "second", "Wang", NOW + 1) == 2
    with pytest.raises(StaleError, match="n-1 was changed meanwhile and is at version 2") as stale:
        cases.edit_note("c-1", note, 1, "my own", "Li", NOW + 2)
    assert (stale.value.version, stale.value.theirs, stale.value.mine) == (2, "second", "my own")
    assert "second" not in str(stale.value)
    assert cases.edit_note("c-1", note, 2, "", "Li", NOW + 3) == 3
    (kept,) = cases.dossier("c-1").notes
    assert (kept.version, kept.text, kept.first_who, kept.who) == (3, "", "Li", "Li")
    told = [act.told["text"] for act in cases.timeline("c-1").rows if act.act == "note"]
    assert told == ["", "second", "first"], "every version stays"
    assert cases.add_note("c-1", "another", "Li", NOW) == "n-2"


def test_two_edits_at_the_same_moment(tmp_path: Path) -> None:
    with open_cases(tmp_path / "detect") as cases:
        cases.register([alert("u-1")], NOW)
        note = cases.add_note("c-1", "first", "Li", NOW)
        told: list[object] = []
        ready = threading.Barrier(4)

        def edit(who: str) -> None:
            ready.wait()
            try:
                told.append(cases.edit_note("c-1", note, 1, f"by {who}", who, NOW))
            except StaleError as stale:
                told.append(stale.theirs)

        threads = [threading.Thread(target=edit, args=(f"w-{n}",)) for n in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        (kept,) = cases.dossier("c-1").notes
        assert kept.version == 2
        assert sorted(map(str, told)) == sorted(["2", *[kept.text] * 3])


def test_tasks(cases: Cases) -> None:
    task = cases.add_task("c-1", TASK, "Li", NOW)
    done = TaskContent(text=TASK.text, state=TaskState.DONE, owner="Wang")
    assert [(t.case, t.id, t.content) for t in cases.tasks("Wang")] == [("c-1", "t-1", TASK)]
    assert cases.counts().tasks == {"Wang": 1}
    cases.set_task("c-1", task, TASK, done, "Wang", NOW)
    assert (cases.tasks("Wang"), cases.counts().tasks) == ((), {})
    with pytest.raises(StaleError):
        cases.set_task("c-1", task, TASK, done, "Li", NOW)
    assert cases.dossier("c-1").tasks[0].content == done


def test_merging_and_taking_apart_lose_nothing(cases: Cases) -> None:
    cases.open("c-2", "Li", "complaint", NOW)
    cases.link("c-2", thing(ObservableKind.DEVICE, "d-1"), "Li", "seen", NOW)
    before = cases.dossier("c-2", names=True), cases.dossier("c-1", names=True)
    cases.merge("c-2", "c-1", "Li", "one ring", NOW)
    into = cases.dossier("c-1", names=True)
    assert into.merged == ("c-2",)
    assert {(t.name, t.via) for t in into.things if not t.hidden} == {("u-3", "c-2")}, "others were not shown"
    assert "complaint" in [act.why for act in into.timeline.rows], "its acts are seen here"
    assert cases.find("c-1").actors == ("u-1", "u-2", "u-3")
    for refused in (
        lambda: cases.verdict("c-2", True, "Li", "x", NOW, lacking=True),
        lambda: cases.merge("c-2", "c-1", "Li", "x", NOW),
        lambda: cases.merge("c-1", "c-1", "Li", "x", NOW),
        lambda: cases.set_state("c-2", S.WAITING, "Li", "x", NOW),
    ):
        with pytest.raises(CaseStateError):
            refused()
    cases.hear("c-1", "Li", "all of us", NOW, actor="u-3")
    assert cases.register([alert("u-3", at=NOW + 1)], NOW) == ("c-1",)
    cases.unmerge("c-2", "Wang", "two matters after all", NOW + 90 * SECOND)
    after = cases.dossier("c-2", names=True), cases.dossier("c-1", names=True)
    assert [d.row.state for d in after] == [d.row.state for d in before] == [S.OPENED, S.NEW]
    assert after[0].things == before[0].things
    assert {t.name for t in after[1].things} > {t.name for t in before[1].things}, "u-3 came with the later alert"
    assert [act.act for act in after[0].timeline.rows][:2] == ["merge", "merge"]
    with pytest.raises(CaseStateError, match="went into no other case"):
        cases.unmerge("c-2", "Li", "x", NOW)


def test_splitting(cases: Cases) -> None:
    alias = cases.pseudonyms.of("u-2")
    assert cases.split("c-1", [thing(ObservableKind.ACCOUNT, alias)], "Li", "another matter", NOW) == "c-3"
    assert (cases.find("c-1").actors, cases.find("c-3").actors) == (("u-1",), ("u-2",))
    assert cases.find("c-3").alerts[0].score == 0.9
    with pytest.raises(CaseStateError, match="an account to stay"):
        cases.split("c-1", [thing(ObservableKind.ACCOUNT, "u-1")], "Li", "x", NOW)
    with pytest.raises(CasebookError, match="no such thing"):
        cases.split("c-1", [thing(ObservableKind.ACCOUNT, "u-2")], "Li", "x", NOW)


def test_taking_back(cases: Cases) -> None:
    cases.assign("c-1", "Li", "Li", NOW)
    cases.assign("c-2", "Wang", "Wang", NOW + SECOND)
    count = len(cases.timeline("c-1").rows)
    assert cases.undo("Li", NOW + 60 * SECOND) == "c-1"
    assert (cases.dossier("c-1").row.owner, cases.dossier("c-2").row.owner) == (None, "Wang")
    assert len(cases.timeline("c-1").rows) == count + 1, "both stay"
    with pytest.raises(UndoError, match="what Li did last can't be taken back"):
        cases.undo("Li", NOW + 60 * SECOND)
    with pytest.raises(UndoError, match="for a minute"):
        cases.undo("Wang", NOW + 62 * SECOND)
    with pytest.raises(UndoError, match="for a minute"):
        cases.undo("Wang", NOW)
    cases.set_state("c-2", S.WAITING, "Wang", "asked", NOW)
    cases.set_state("c-2", S.IN_PROGRESS, "Zhao", "answered", NOW)
    with pytest.raises(UndoError, match="somebody changed c-2 since"):
        cases.undo("Wang", NOW)
    cases.open("c-2", "Zhao", "complaint", NOW)
    with pytest.raises(UndoError, match="what Zhao did last"):
        cases.undo("Zhao", NOW)


UNDONE: list[tuple[str, Callable[[Cases], object], Callable[[Cases], object]]] = [
    ("verdict", lambda c: c.verdict("c-1", True, "Li", "x", NOW, lacking=True), state),
    ("no case", lambda c: c.set_state("c-1", S.NO_CASE, "Li", "x", NOW), lambda c: (state(c), c.counts())),
    ("note", lambda c: c.add_note("c-1", "x", "Li", NOW), lambda c: [n.text for n in c.dossier("c-1").notes if n.text]),
    ("task", lambda c: c.add_task("c-1", TASK, "Li", NOW), lambda c: (c.dossier("c-1").tasks, c.counts())),
    (
        "link",
        lambda c: c.link("c-1", thing(ObservableKind.OUTLET, "o"), "Li", "x", NOW),
        lambda c: c.dossier("c-1").things,
    ),
    ("file", lambda c: c.name_file("c-1", "a" * 64, "f", 1, "Li", "x", NOW), lambda c: c.dossier("c-1").files),
    ("merge", lambda c: c.merge("c-1", "c-2", "Li", "x", NOW), lambda c: (state(c), c.dossier("c-2").things)),
    ("priority", lambda c: c.prioritise("c-1", Priority.LOW, "Li", NOW), lambda c: c.dossier("c-1").row.priority),
    ("snooze", lambda c: c.snooze("c-1", NOW + DAY, "Li", "x", NOW), lambda c: [i.id for i in c.queue(NOW).rows]),
    ("title", lambda c: c.rename("c-1", "t", "Li", NOW), lambda c: c.dossier("c-1").row.title),
    ("dismiss", lambda c: c.dismiss("q-1", "Li", "x", NOW), lambda c: ([i.id for i in c.queue(NOW).rows], c.counts())),
]


@pytest.mark.parametrize("number", range(len(UNDONE)))
def test_what_was_taken_back_is_as_it_was(cases: Cases, number: int) -> None:
    _, act, look = UNDONE[number]
    cases.enqueue(Source.TRACE, [thing(ObservableKind.ACCOUNT, "u-9")], "a trace", "Wang", NOW)
    before = look(cases)
    act(cases)
    assert look(cases) != before
    cases.undo("Li", NOW + SECOND)
    assert look(cases) == before


def test_the_queue(cases: Cases) -> None:
    assert [item.id for item in cases.queue(NOW).rows] == ["c-1", "c-2"]
    things = [
        thing(ObservableKind.ACCOUNT, "u-1"),
        thing(ObservableKind.SELLER, "shop"),
        thing(ObservableKind.NUMBER, "YT1"),
    ]
    assert cases.enqueue(Source.LISTING, things, "¥1 each", "Li", NOW, score=0.7, since=NOW - DAY) == "q-1"
    assert cases.enqueue(Source.CANARY, [], "canary hit", "Li", NOW, score=0.95) == "q-2"
    assert [item.id for item in cases.queue(NOW).rows] == ["q-2", "c-1", "q-1", "c-2"]
    assert cases.counts().queue == {"detection": 2, "listing": 1, "canary": 1}
    cases.snooze("q-2", NOW + DAY, "Li", "next week", NOW)
    assert "q-2" not in [item.id for item in cases.queue(NOW).rows]
    assert [item.id for item in cases.queue(NOW, ItemFilter(snoozed=True)).rows] == ["q-2"]
    assert "q-2" in [item.id for item in cases.queue(NOW + DAY).rows]
    cases.assign("q-1", "Li", "Wang", NOW)
    assert [item.id for item in cases.queue(NOW, ItemFilter(owner="Li")).rows] == ["q-1"]
    assert cases.promote("q-1", "Li", "worth it", NOW) == "c-3"
    made = cases.find("c-3")
    assert (made.actors, made.state, made.alerts[0].detectors) == (("u-1",), S.NEW, ("listing",))
    assert [(t.kind, t.name) for t in cases.dossier("c-3").things[1:]] == [
        (ObservableKind.SELLER, "shop"), (ObservableKind.NUMBER, "YT1"),
    ]  # fmt: skip
    assert [act.act for act in cases.timeline("q-1").rows] == ["promoted", "item_changed", "item"]
    assert cases.promote("c-1", "Li", "worth it", NOW) == "c-1"
    cases.dismiss("c-2", "Li", "a known project", NOW)
    cases.dismiss("q-2", "Li", "ours", NOW)
    assert cases.queue(NOW + 2 * DAY).rows == ()
    assert (state(cases, "c-1"), state(cases, "c-2")) == (S.IN_PROGRESS, S.NO_CASE)
    for late in (lambda: cases.promote("q-1", "Li", "x", NOW), lambda: cases.dismiss("c-1", "Li", "x", NOW)):
        with pytest.raises(CaseStateError, match="waits for no decision"):
            late()
    with pytest.raises(CasebookError, match="becomes a case by itself"):
        cases.enqueue(Source.DETECTION, [], "x", "Li", NOW)


def test_a_case_that_was_opened_by_an_act_leaves_the_queue(cases: Cases) -> None:
    cases.open("c-1", "Li", "complaint", NOW)
    assert [item.id for item in cases.queue(NOW).rows] == ["c-2"]


def test_similar_cases_name_what_is_shared(cases: Cases) -> None:
    cases.link("c-1", thing(ObservableKind.DEVICE, "d-1"), "Li", "x", NOW)
    cases.link("c-2", thing(ObservableKind.DEVICE, "d-1"), "Li", "x", NOW)
    cases.link("c-1", thing(ObservableKind.SELLER, "shop"), "Li", "x", NOW)
    cases.enqueue(Source.LISTING, [thing(ObservableKind.SELLER, "shop")], "again", "Li", NOW)
    told = {s.id: [(t.kind, t.name, t.hidden) for t in s.shared] for s in cases.dossier("c-1").similar}
    assert told == {
        "c-2": [(ObservableKind.DEVICE, cases.pseudonyms.of("d-1", "device"), True)],
        "q-1": [(ObservableKind.SELLER, "shop", False)],
    }
    assert state(cases, "c-2") is S.NEW, "nothing is merged by itself"


REFUSED: list[tuple[Callable[[Cases], object], str]] = [
    (lambda c: c.set_state("c-1", S.WAITING, "Li", "", NOW), "why: one line"),
    (lambda c: c.set_state("c-1", S.WAITING, "", "x", NOW), "who: one line"),
    (lambda c: c.set_state("c-9", S.WAITING, "Li", "x", NOW), "no case c-9"),
    (lambda c: c.set_state("c-1", S.OPENED, "Li", "x", NOW), "can't become opened"),
    (lambda c: c.add_note("c-1", " ", "Li", NOW), "note: a text"),
    (lambda c: c.add_note("c-9", "x", "Li", NOW), "no case c-9"),
    (lambda c: c.edit_note("c-1", "n-1", 1, "x", "Li", NOW), "has no note"),
    (lambda c: c.add_task("c-1", TaskContent(text="x", state=TaskState.DONE, due="soon"), "Li", NOW), "due: "),
    (lambda c: c.set_task("c-1", "t-1", TASK, TASK, "Li", NOW), "has no task"),
    (lambda c: c.link("c-1", thing(ObservableKind.CASE, "c-9"), "Li", "x", NOW), "no case c-9"),
    (lambda c: c.link("c-1", thing(ObservableKind.ACCOUNT, "u-1"), "Li", "x", NOW, on=False), "accounts of c-1 stay"),
    (lambda c: c.link("c-1", thing(ObservableKind.OUTLET, "a\nb"), "Li", "x", NOW), "thing: one line"),
    (lambda c: c.merge("c-1", "c-9", "Li", "x", NOW), "no case c-9"),
    (lambda c: c.snooze("q-9", NOW, "Li", "x", NOW), "no q-9 in the queue"),
    (lambda c: c.assign("c-1", "", "Li", NOW), "owner: one line"),
    (lambda c: c.enqueue(Source.TRACE, [], "x", "Li", NOW, score=2), "a score from 0 to 1"),
    (lambda c: c.undo("Nobody", NOW), "can't be taken back"),
    (lambda c: c.timeline("c-1", before="x"), "before: "),
    (lambda c: c.cases(after="x"), "after: "),
    (lambda c: c.dossier("c-9"), "no case c-9"),
]


def test_what_is_refused_writes_nothing(cases: Cases, tmp_path: Path, subtests: pytest.Subtests) -> None:
    before = lines(tmp_path / "detect")
    for number, (act, message) in enumerate(REFUSED):
        with subtests.test(str(number)):
            with pytest.raises(CasebookError, match=message) as caught:
                act(cases)
            assert "u-1" not in str(caught.value)
            assert lines(tmp_path / "detect") == before
    cases.assign("c-1", None, "Li", NOW)
    cases.link("c-1", thing(ObservableKind.OUTLET, "o"), "Li", "x", NOW, on=False)
    assert lines(tmp_path / "detect") == before, "what is so already is no act"


def test_names_in_answers(cases: Cases) -> None:
    """Rule 20: only where they were asked for and an act on record shows them."""
    cases.link("c-1", thing(ObservableKind.ADDRESS, "10.0.0.7"), "Li", "x", NOW)
    cases.hear("c-1", "Li", "it was me, u-2", NOW, actor="u-2")
    cases.enqueue(Source.TRACE, [thing(ObservableKind.ACCOUNT, "u-1")], "x", "Li", NOW)
    hidden = {"u-1", "u-2", "u-3", "10.0.0.7"}

    def said(names: bool) -> set[str]:
        everything = repr(
            [
                cases.dossier("c-1", names=names), cases.timeline("c-1", names=names), cases.cases(names=names),
                cases.queue(NOW, names=names), cases.changed_since(0, names=names), cases.dossier("c-2", names=names),
                cases.cases(CaseFilter(thing=cases.pseudonyms.of("u-1")), names=names),
                cases.timeline("q-1", names=names)
            ]
        )  # fmt: skip
        return {name for name in hidden if f"'{name}'" in everything or f"me, {name}" in everything}

    assert said(False) == said(True) == set()
    cases.show_reads("c-1", "Li", "complaint", NOW, actor="u-1")
    assert (said(False), said(True)) == (set(), {"u-1"})
    cases.open("c-1", "Li", "complaint", NOW)
    assert (said(False), said(True)) == (set(), {"u-1", "u-2", "10.0.0.7"})
    cases.verdict("c-1", False, "Li", "was work", NOW)
    assert (said(False), said(True)) == (set(), set())


def test_packs_of_evidence(cases: Cases) -> None:
    """Rule 21."""
    case, other = "c-1", "c-2"
    pack = Pack(seal="5" * 64, digest="d" * 64, size=7, items=2)
    with pytest.raises(NoSuchCaseError):
        cases.hold_pack(case, pack.seal, PackStep.COPIED, "Li", "to read it", NOW)
    cases.seal_pack(case, pack, "Li", "notice 7", NOW, to="the police")
    with pytest.raises(NoSuchCaseError):
        cases.hold_pack(other, pack.seal, PackStep.COPIED, "Li", "to read it", NOW)
    for to, why in (("", "receipt"), ("two\nlines", "receipt"), ("the police", " ")):
        with pytest.raises(CasebookUsageError):
            cases.hold_pack(case, pack.seal, PackStep.HANDED_OVER, "Li", why, NOW, to=to)
    assert cases.hold_pack(case, pack.seal, PackStep.HANDED_OVER, "Li", "receipt", NOW + 1, to="Wang") == pack
    told = [(act.step, act.who, act.why, act.to, act.at) for act in cases.packs(case)]
    assert told == [
        (PackStep.HANDED_OVER, "Li", "receipt", "Wang", NOW + 1),
        (PackStep.SEALED, "Li", "notice 7", "the police", NOW),
    ]
    assert cases.packs(other) == ()
    assert cases.timeline(case).rows[0].told["step"] == "handed_over"
    with pytest.raises(UndoError):
        cases.undo("Li", NOW + 2)
    with pytest.raises(NoSuchCaseError):
        cases.packs("c-99")


def test_a_read_is_starred_and_commented_on_from_what_was_seen(cases: Cases) -> None:
    star, both = ReadMark(starred=True, comment=""), ReadMark(starred=True, comment="the seller's first")
    none = ReadMark(starred=False, comment="")
    cases.mark_read("c-1", "3:1042", "YT1", None, star, "Li", NOW)
    cases.mark_read("c-1", "3:1042", "another", star, both, "Wang", NOW + 1)
    found = cases.marked_reads("c-1")["3:1042"]
    assert (found.mark, found.waybill, found.who) == (both, "YT1", "Wang"), "the waybill stays that of the first mark"
    assert cases.find("c-1").marked == (found,)
    before = cases.head
    cases.mark_read("c-1", "3:1042", "YT1", both, both, "Li", NOW + 2)
    cases.mark_read("c-1", "3:1", "YT2", None, none, "Li", NOW + 2)
    assert cases.head == before, "the same again is nothing"
    with pytest.raises(StaleError) as caught:
        cases.mark_read("c-1", "3:1042", "YT1", star, none, "Li", NOW + 2)
    assert caught.value.theirs == "the seller's first"
    for comment in ("two\nlines", "x" * 501):
        with pytest.raises(CasebookUsageError, match="comment"):
            cases.mark_read("c-1", "3:2", "YT2", None, ReadMark(starred=True, comment=comment), "Li", NOW)
    with pytest.raises(NoSuchCaseError):
        cases.mark_read("c-9", "3:2", "YT2", None, star, "Li", NOW)
    assert cases.undo("Wang", NOW + 3) == "c-1"
    assert cases.marked_reads("c-1")["3:1042"].mark == star
    cases.mark_read("c-1", "3:1042", "YT1", star, none, "Li", NOW + 4)
    assert not cases.marked_reads("c-1")
    cases.undo("Li", NOW + 5)
    assert cases.marked_reads("c-1")["3:1042"].mark == star


def test_tags_have_one_spelling_and_are_found(cases: Cases) -> None:
    for tag in ("#Night  Reads", "night reads", "Ｎight reads", "夜间"):
        cases.tag("c-1", tag, "Li", NOW)
    cases.tag("c-2", "夜间", "Li", NOW)
    assert cases.dossier("c-1").row.tags == ("night reads", "夜间")
    assert cases.counts().tags == {"night reads": 1, "夜间": 2}
    assert [row.id for row in cases.cases(CaseFilter(tag="夜间", thing=cases.pseudonyms.of("u-3"))).rows] == ["c-2"]
    assert [row.id for row in cases.cases(CaseFilter(tag="night reads")).rows] == ["c-1"]
    for bad in ("", "#", "a,b", "x" * 41, "a\u202eb"):
        with pytest.raises(CasebookUsageError, match="tag"):
            cases.tag("c-1", bad, "Li", NOW)
    cases.undo("Li", NOW + 1)
    assert cases.counts().tags == {"night reads": 1, "夜间": 1}
    done = cases.decide_all(["c-1", "c-2"], Decision(action=BulkAction.TAG, tag="Shop 9"), 1 << 40, "Li", NOW + 2)
    assert (done.done, done.refused) == (("c-1", "c-2"), ())
    cases.decide_all(["c-1", "c-2"], Decision(action=BulkAction.UNTAG, tag="shop 9"), 1 << 40, "Li", NOW + 3)
    assert cases.counts().tags == {"night reads": 1, "夜间": 1}
    with pytest.raises(CasebookUsageError, match="tag"):
        cases.decide_all(["c-1"], Decision(action=BulkAction.TAG), 1 << 40, "Li", NOW)
    for number in range(18):
        cases.tag("c-1", f"t{number}", "Li", NOW + 4)
    with pytest.raises(CaseStateError, match="20 tags"):
        cases.tag("c-1", "one more", "Li", NOW + 4)


def test_tasks_come_together_and_a_case_knows_when_the_first_is_due(cases: Cases) -> None:
    some = [replace(TASK, text=text, due=due) for text, due in (("a", "2026-06-03"), ("b", None), ("c", "2026-06-01"))]
    assert cases.add_tasks("c-1", some, "Wang", NOW) == 3
    assert cases.add_tasks("c-1", [*some, replace(TASK, text="d", due=None)], "Wang", NOW + 1) == 1
    assert [task.content.text for task in cases.tasks("Wang")] == ["c", "a", "b", "d"]
    assert cases.dossier("c-1").row.due == "2026-06-01"
    cases.set_task("c-1", "t-3", some[2], replace(some[2], state=TaskState.DONE), "Wang", NOW + 2)
    assert cases.dossier("c-1").row.due == "2026-06-03"
    lines_of = [entry.line for entry in cases.timeline("c-1").rows if entry.act == "task" and entry.at == NOW]
    with pytest.raises(UndoError):
        cases.undo("Wang", NOW + 3, lines_of)
    cases.undo("Wang", NOW + 3)
    cases.undo("Wang", NOW + 3, lines_of)
    assert [task.content.text for task in cases.tasks("Wang")] == ["d"]
    assert cases.dossier("c-1").row.due is None
    for due in ("2026-02-30", "20260601", "tomorrow", "2006-01-01", "2126-01-01"):
        with pytest.raises(CasebookUsageError, match="due"):
            cases.add_task("c-1", replace(TASK, due=due), "Li", NOW)


def test_whom_a_text_mentions() -> None:
    text = "请@bo看, @ann: see @li.wang@corp.cn. a@bo.cn @Bo @@x @c @ann"
    assert mentions_of(text) == ("bo", "ann", "li.wang@corp.cn")
