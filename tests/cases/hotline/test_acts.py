"""The record of the hotline's acts: all come back as they were written, and what can't be isn't in it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cases.making import NOW
from tests.tables import each
from wayseal.cases.errors import CasebookChangedError
from wayseal.cases.hotline import acts
from wayseal.cases.hotline.acts import (
    Answered,
    Assigned,
    CaseLinked,
    DayClosed,
    HotlineRecord,
    HotlineState,
    Noted,
    Opened,
    Paid,
    Proposed,
    Purged,
    Reminded,
    Replied,
    ReportState,
    Reward,
    StateSet,
    TakenOut,
    TypeFound,
    Wanted,
    Written,
)
from wayseal.cases.hotline.letters import ReportType
from wayseal.cases.hotline.rewards import load_rules, plain_of
from wayseal.cases.verdicts import GRANT_US, WAIT_US

BOX, OTHER, DIGEST = bytes(range(16)), bytes(16), bytes(range(32))
DAY = date(2026, 3, 2)
LETTER = Written(place=2, digest=DIGEST)
AWARD = plain_of(load_rules(None), ReportType.SALE)
assert AWARD is not None
REWARD = Reward(rules="2026-1", days=365, award=AWARD)


def by(who: str = "li", at: int = NOW, box: bytes = BOX, **more: Any) -> dict[str, Any]:
    return {"at": at, "who": who, "box": box, **more}


def proposed(id_: str = "p-1", what: Wanted = Wanted.IDENTITY, **more: Any) -> Proposed:
    return Proposed(**by(), id=id_, what=what, why="so", **more)


def replied(id_: str = "p-1", who: str = "wang", yes: bool = True, **more: Any) -> Replied:
    given = by(who, NOW + 1) | more
    return Replied(**given, id=id_, yes=yes)


GRANTED = (proposed("p-2", Wanted.REWARD, reward=REWARD), replied("p-2", letter=LETTER, upto=1))
ALL: tuple[Any, ...] = (
    Opened(**by(), letters=(DIGEST,)),
    TypeFound(**by(), type=ReportType.SALE),
    Answered(**by(), upto=1, letter=LETTER),
    Noted(**by(), letter=LETTER),
    Noted(**by(), letter=LETTER, replaces=2),
    StateSet(**by(), state=ReportState.CLOSED, upto=1, why="done", letter=LETTER),
    Assigned(**by(), owner=None),
    CaseLinked(**by(), case="c-1", on=True, why="same"),
    proposed(),
    replied(),
    TakenOut(**by(at=NOW + 2), what="name", id="p-1"),
    *GRANTED,
    proposed("p-3", Wanted.CANCEL, of="p-2"),
    replied("p-3"),
    Reminded(**by(), until=DAY, letter=LETTER),
    Purged(**by(), rule="days", upto=1),
    Paid(at=NOW, who="finance", code="ab", voucher="v-1", amount=500),
    DayClosed(at=NOW, who="wayseal", day=DAY, size=8, root=DIGEST),
)


def test_all_acts_come_back_as_they_were_written(tmp_path: Path) -> None:
    record = HotlineRecord(tmp_path / "r")
    for act in ALL:
        with record.writing() as (_, write):
            write(act)
    again = HotlineRecord(tmp_path / "r").state()
    assert again == record.state()
    assert again.of(BOX) == tuple(one for one in ALL if hasattr(one, "box"))
    assert {type(one) for one in ALL} == set(acts.AnyAct.__args__)
    lines = (tmp_path / "r/hotline.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["wayseal"] == "hotline"
    assert len(lines) == len(ALL) + 1


@each(
    ("before", "act"),
    [
        ((ALL[1],), ALL[1]),
        ((), Noted(**by(), letter=LETTER, replaces=2)),
        ((), StateSet(**by(), state=ReportState.NUISANCE, upto=1, why="so", letter=LETTER)),
        ((), replied()),
        ((proposed(),), proposed()),
        ((proposed(),), replied(who="li")),
        ((proposed(),), replied(who=" LI ")),
        ((proposed(),), replied(box=OTHER)),
        ((proposed(),), replied(at=NOW + WAIT_US + 1)),
        ((proposed(),), replied(letter=LETTER)),
        ((proposed(), replied()), replied(who="chen")),
        ((proposed(), replied(yes=False)), replied()),
        ((proposed("p-2", Wanted.NUISANCE),), replied("p-2")),
        ((), proposed(reward=REWARD)),
        ((), proposed(what=Wanted.REWARD)),
        ((), proposed(of="p-2")),
        ((), proposed(what=Wanted.CANCEL, of="p-2")),
        ((GRANTED[0],), proposed(what=Wanted.CANCEL, of="p-2")),
        (
            (*GRANTED, proposed("p-3", Wanted.CANCEL, of="p-2"), replied("p-3")),
            proposed("p-4", Wanted.CANCEL, of="p-2"),
        ),
        ((proposed(),), TakenOut(**by(at=NOW + 2), what="name", id="p-1")),
        ((proposed(), replied(yes=False)), TakenOut(**by(at=NOW + 2), what="name", id="p-1")),
        ((proposed(), replied()), TakenOut(**by("wang", NOW + 2), what="name", id="p-1")),
        ((proposed(), replied()), TakenOut(**by(box=OTHER), what="name", id="p-1")),
        ((proposed(), replied()), TakenOut(**by(at=NOW + 2 + GRANT_US), what="name", id="p-1")),
        (GRANTED, TakenOut(**by(at=NOW + 2), what="name", id="p-2")),
        ((), Purged(**by(), rule="days", upto=1)),
        ((Reminded(**by(box=OTHER), until=DAY, letter=LETTER),), Purged(**by(), rule="days", upto=1)),
        ((ALL[-2],), ALL[-2]),
        ((ALL[-1],), ALL[-1]),
        ((ALL[-1],), DayClosed(at=NOW, who="wayseal", day=date(2026, 3, 1), size=16, root=DIGEST)),
        ((ALL[-1],), DayClosed(at=NOW, who="wayseal", day=date(2026, 3, 3), size=8, root=DIGEST)),
    ],
)
def test_what_cant_be_is_in_no_record(tmp_path_factory: pytest.TempPathFactory, before: Any, act: Any) -> None:
    record = HotlineRecord(tmp_path_factory.mktemp("r") / "r")
    with record.writing() as (_, write):
        for one in before:
            write(one)
        known = record.state()
        with pytest.raises(ValueError, match="act"):
            write(act)
    assert record.state() == known


def test_a_record_with_what_cant_be_is_not_read(tmp_path: Path) -> None:
    """Whoever wrote it: a sound chain isn't enough."""
    record = HotlineRecord(tmp_path / "r")
    with record.writing() as (_, write):
        write(proposed())
    with record._record.writing() as add, pytest.raises(ValueError, match="act"):
        add(replied(who="li"))
    with pytest.raises(CasebookChangedError) as caught:
        HotlineRecord(tmp_path / "r").state()
    assert caught.value.line == 3


def test_a_state_that_was_given_out_stays_as_it_is(tmp_path: Path) -> None:
    record = HotlineRecord(tmp_path / "r")
    assert record.state() == HotlineState()
    with record.writing() as (_, write):
        write(ALL[0])
        first = record.state()
        write(Assigned(**by(), owner="wang"))
    assert first.of(BOX) == (ALL[0],)
