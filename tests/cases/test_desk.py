"""Whom an act concerns, what came behind a line, and weeks of casework."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.making import DAY, NOW, alert, secret
from wayseal.cases import Cases, open_cases, verify
from wayseal.cases.inbox import SELLER_BACK, Concern
from wayseal.cases.types import CaseState, Observable, ObservableKind, Source, TaskContent, TaskState
from wayseal.cases.upkeep import rebuild
from wayseal.cases.writing import mentions_of

SELLER = Observable(kind=ObservableKind.SELLER, value="s-7")


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[Cases]:
    with open_cases(tmp_path / "detect", entropy=secret) as opened:
        opened.register([alert("u-1"), alert("u-2", "u-3")], NOW)
        yield opened


def told(cases: Cases, login: str, now: int = NOW + DAY, kind: Concern | None = None) -> list[tuple[str, str, str]]:
    return [(one.kind.value, one.what, one.id) for one in cases.inbox(login, 0, now, 50, kind)]


def test_an_inbox_is_what_acts_of_others_say(cases: Cases, tmp_path: Path) -> None:
    task = TaskContent(text="call", state=TaskState.TO_DO, owner="bo")
    item = cases.enqueue(Source.LISTING, [SELLER], "on offer", "ann", NOW + 1)
    cases.assign("c-1", "bo", "ann", NOW + 2)
    cases.assign("c-2", "ann", "ann", NOW + 3)
    cases.assign(item, "bo", "ann", NOW + 4)
    cases.add_task("c-2", task, "ann", NOW + 5)
    note = cases.add_note("c-1", "look at that, @chen and @bo.", "ann", NOW + 6)
    cases.edit_note("c-1", note, 1, "look at that, @chen and @dora", "bo", NOW + 7)
    cases.hear("c-1", "chen", "I helped", NOW + 8)
    cases.verdict("c-1", true=False, who="chen", why="work", at=NOW + 9)
    cases.set_state("c-1", CaseState.REOPENED, "ann", "more", NOW + 10)
    assert told(cases, "bo") == [
        ("back", "changed", "c-1"),
        ("answered", "verdict", "c-1"),
        ("answered", "heard", "c-1"),
        ("mentioned", "note", "c-1"),
        ("assigned", "task", "c-2"),
        ("assigned", "item_changed", item),
        ("assigned", "changed", "c-1"),
    ]
    assert (told(cases, "ann"), told(cases, "chen"), told(cases, "dora")) == (
        [],
        [("mentioned", "note", "c-1")],
        [("mentioned", "note", "c-1")],
    )
    assert told(cases, "bo", kind=Concern.ASSIGNED) == told(cases, "bo")[4:]
    assert told(cases, "bo", now=NOW + 2) == told(cases, "bo")[6:]
    # What was taken back concerns nobody; and the tables made anew say the same.
    cases.assign("c-1", "dora", "ann", NOW + 11)
    cases.undo("ann", NOW + 12)
    assert told(cases, "dora") == [("mentioned", "note", "c-1")]
    before = told(cases, "bo")
    assert verify(tmp_path / "detect").sound
    rebuild(tmp_path / "detect")
    assert told(cases, "bo") == before


def test_what_time_and_the_market_bring_back(cases: Cases) -> None:
    cases.assign("c-1", "bo", "bo", NOW + 1)
    cases.snooze("c-1", NOW + DAY, "bo", "later", NOW + 2)
    item = cases.enqueue(Source.LISTING, [SELLER], "on offer", "ann", NOW + 1)
    cases.assign(item, "bo", "bo", NOW + 1)
    cases.snooze(item, NOW + 2 * DAY, "bo", "later", NOW + 2)
    assert told(cases, "bo", NOW + DAY - 1) == []
    due = [("back", "snoozed", item), ("back", "snoozed", "c-1")]
    assert [told(cases, "bo", NOW + n * DAY, Concern.BACK) for n in (1, 2)] == [due[1:], due]
    cases.snooze("c-1", None, "bo", "now", NOW + 3)
    assert told(cases, "bo", NOW + 2 * DAY) == due[:1]
    cases.link("c-1", SELLER, "bo", "sells it", NOW + 4)
    back = cases.enqueue(Source.LISTING, [SELLER], SELLER_BACK, "wayseal", NOW + 5)
    assert told(cases, "bo", NOW + DAY) == [("back", "seller", back)]
    cases.register([alert("u-1", at=NOW + DAY)], NOW + DAY)
    assert told(cases, "bo", NOW + DAY)[0] == ("back", "alert", "c-1")
    assert told(cases, "ann", NOW + 9 * DAY) == []


def test_what_came_behind_a_line_is_counted(cases: Cases) -> None:
    line = cases.line()
    cases.assign("c-1", "bo", "ann", NOW)
    cases.add_note("c-1", "seen", "ann", NOW)
    cases.enqueue(Source.LISTING, [SELLER], "on offer", "ann", NOW)
    assert [cases.changed_behind(line, of) for of in ("cases", "queue", "c-1", "c-2")] == [1, 2, 2, 0]
    assert cases.changed_behind(cases.line(), "cases") == 0


def test_weeks_of_cases(cases: Cases) -> None:
    """Opened and closed, how long that took, and what was lost before and after a decision."""
    start = NOW - 6 * DAY
    cases.verdict("c-1", true=True, who="chen", why="sold", at=NOW + DAY, lacking=True)
    cases.set_state("c-2", CaseState.NO_CASE, "chen", "nothing", NOW + 3 * DAY)
    (again,) = cases.register([alert("u-1", at=NOW + 4 * DAY, parcels=10.0)], NOW + 4 * DAY)
    first, second = cases.weeks(start, 2, NOW + 6 * DAY)
    assert (first.opened, first.hours, dict(first.closed), first.losses) == (2, (), {}, ())
    assert (second.opened, second.hours, dict(second.closed)) == (1, (24.0, 72.0), {"true": 1, "no_case": 1})
    (loss,) = second.losses
    assert (loss.before, loss.after, loss.accounts, loss.detectors) == (100.0, 20.0, ("u-1",), ("first_reads",))
    cases.verdict(again, true=False, who="chen", why="work", at=NOW + 5 * DAY)
    cases.set_state("c-2", CaseState.REOPENED, "chen", "more", NOW + 5 * DAY)
    _, second = cases.weeks(start, 2, NOW + 6 * DAY)
    assert (second.losses[0].after, dict(second.closed)) == (0.0, {"true": 1, "false": 1})


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@ann, please", {"ann"}),
        ("请@ann看一下", {"ann"}),
        ("mail me: x@ann.cn", set()),
        ("(@li.wei) @bo@corp.cn.", {"li.wei", "bo@corp.cn"}),
        ("@ @A @-x", set()),
    ],
)
def test_mentions(text: str, logins: set[str]) -> None:
    assert set(mentions_of(text)) == logins
