"""The record of outlets refuses what can't be, whoever writes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wayseal.cases.errors import CasebookChangedError, OutletError
from wayseal.cases.outlets.acts import RECORD, OutletRecord
from wayseal.model.times import micros

DAY = 86_400_000_000
NOW = micros("2026-11-20T10:00:00+08:00")


class Desk:
    """A record, with who does what as a word or two."""

    def __init__(self, folder: Path) -> None:
        self.record, self.folder = OutletRecord(folder), folder

    def add(
        self, kind: str, who: str = "ann", *, own: str = "", outlet: str = "o-1", at: int = NOW, **values: Any
    ) -> None:
        self.record.add(kind, outlet=outlet, own=own, at=NOW, who=who, **values)

    def thing(self, id_: str) -> Any:
        return self.record.state().things[id_]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "outlets")
    made.add("fault", day=day("2026-11-01"), why="labels in the bin")
    made.add("measure", "chen", what="fine", amount=500, why="again")
    return made


def day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def refused(what: Callable[[], None], said: str) -> None:
    with pytest.raises(OutletError, match=said):
        what()


def test_nobody_of_an_outlet_acts_on_it_and_nobody_else_objects(desk: Desk) -> None:
    """Rule 1."""
    refused(lambda: desk.add("audit", own="o-1", what="label", day=day("2026-11-02"), tried=5, failed=0), "own people")
    refused(lambda: desk.add("decided", "wu", own="o-1", of="m-1", why="no"), "own people")
    refused(lambda: desk.add("answered", own="o-1", of="o-1", why="no"), "own people")
    refused(lambda: desk.add("objection", about="m-1", why="not us"), "own people")
    refused(lambda: desk.add("objection", "mei", own="o-2", about="m-1", why="not us"), "own people")
    desk.add("audit", own="o-2", what="label", day=day("2026-11-02"), tried=5, failed=0)


def test_a_measure_takes_two_however_the_first_spells_the_name(desk: Desk) -> None:
    """Rule 2."""
    refused(lambda: desk.add("decided", " CHEN", of="m-1", why="yes"), "another person")
    assert not desk.thing("m-1").in_force(day("2026-11-20"))
    desk.add("decided", "wu", of="m-1", why="yes")
    assert desk.thing("m-1").in_force(day("2026-11-20"))
    refused(lambda: desk.add("decided", "ann", of="m-1", why="yes"), "done already")
    desk.add("ended", "chen", of="m-1", why="paid")
    assert not desk.thing("m-1").in_force(day("2026-11-20"))


def test_a_proposal_can_be_taken_back_alone_and_is_no_measure_then(desk: Desk) -> None:
    """Rule 2."""
    desk.add("decided", "chen", of="m-1", yes=False, why="a mistake")
    refused(lambda: desk.add("ended", "wu", of="m-1", why="x"), "can't be yet")


@pytest.mark.parametrize(
    "values", [{"what": "fine"}, {"what": "warning", "amount": 5}, {"what": "closing", "amount": 5}]
)
def test_a_fine_names_an_amount_and_a_warning_doesnt(desk: Desk, values: dict[str, Any]) -> None:
    """Rule 2."""
    refused(lambda: desk.add("measure", why="x", **values), "missing, or too much")


def test_a_measure_ends_by_itself_behind_its_last_day(desk: Desk) -> None:
    desk.add("measure", "chen", what="closing", until=day("2026-11-25"), why="a week")
    desk.add("decided", "wu", of="m-2", why="yes")
    assert [desk.thing("m-2").in_force(day(one)) for one in ("2026-11-25", "2026-11-26")] == [True, False]
    refused(lambda: desk.add("measure", what="closing", until=day("2026-11-19"), why="x"), "over")


def test_an_objection_is_answered_by_who_made_nothing_of_it(desk: Desk) -> None:
    """Rule 3."""
    desk.add("decided", "wu", of="m-1", why="yes")
    desk.add("objection", "mei", own="o-1", about="m-1", why="not us")
    refused(lambda: desk.add("objection", "mei", own="o-1", about="m-1", why="not us!"), "waits for an answer")
    for maker in ("chen", "Wu"):
        refused(lambda who=maker: desk.add("answered", who, of="o-1", why="no"), "didn't make it")  # type: ignore[misc]
    desk.add("answered", "ann", of="o-1", why="it was o-2")
    assert (desk.thing("m-1").ended.kind, desk.thing("m-1").in_force(day("2026-11-20"))) == ("answered", False)
    refused(lambda: desk.add("answered", "ann", of="o-1", yes=False, why="no"), "done already")


def test_an_objection_that_is_rejected_leaves_the_measure_and_can_be_made_again(desk: Desk) -> None:
    """Rule 3."""
    desk.add("decided", "wu", of="m-1", why="yes")
    desk.add("objection", "mei", own="o-1", about="m-1", why="not us")
    desk.add("answered", "ann", of="o-1", yes=False, why="it was")
    assert desk.thing("m-1").in_force(day("2026-11-20"))
    desk.add("objection", "mei", own="o-1", about="m-1", why="a witness came")
    desk.add("objection", "mei", own="o-1", about="2026-10", why="a new machine")


@pytest.mark.parametrize("about", ["2026-13", "m-9", "", "all", "o-1"])
def test_there_is_something_to_object_to(desk: Desk, about: str) -> None:
    """Rule 3."""
    desk.add("objection", "mei", own="o-1", about="2026-10", why="x")
    refused(lambda: desk.add("objection", "mei", own="o-1", about=about, why="x"), "nothing to object|missing")
    refused(lambda: desk.add("objection", "li", own="o-2", outlet="o-2", about="m-1", why="x"), "nothing to object")


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        ("audit", {"what": "label", "day": day("2026-11-02"), "tried": 2, "failed": 3}, "no more can fail"),
        ("audit", {"what": "label", "day": day("2026-11-21"), "tried": 2, "failed": 1}, "yet to come"),
        ("audit", {"what": "label", "tried": 2, "failed": 1}, "missing"),
        ("audit", {"what": "fine", "day": day("2026-11-02"), "tried": 2}, "one of the list"),
        ("audit", {"what": "label", "day": day("2026-11-02"), "tried": 2, "why": "x"}, "too much"),
        ("audit", {"what": "label", "day": day("2026-11-02"), "tried": -2}, "as it was typed"),
        ("fixed", {"of": "f-1", "day": day("2026-10-31"), "why": "x"}, "before it was found"),
        ("fixed", {"of": "f-1", "why": "x"}, "before it was found"),
        ("fixed", {"of": "m-1", "day": day("2026-11-02"), "why": "x"}, "no such thing"),
        ("fixed", {"of": "f-1", "day": day("2026-11-02"), "why": ""}, "as it was typed"),
        ("fixed", {"of": "f-1", "day": day("2026-11-02"), "why": "x", "outlet": "o-2"}, "no such thing"),
    ],
)
def test_what_was_counted_can_be(desk: Desk, kind: str, values: dict[str, Any], said: str) -> None:
    """Rule 4."""
    before = (desk.folder / RECORD).read_bytes()
    refused(lambda: desk.add(kind, **values), said)
    assert (desk.folder / RECORD).read_bytes() == before


def test_a_record_is_read_as_it_was_written_and_a_change_is_seen(desk: Desk) -> None:
    """Rule 6."""
    desk.add("fixed", of="f-1", day=day("2026-11-03"), why="seen")
    assert OutletRecord(desk.folder).state() == desk.record.state()
    path = desk.folder / RECORD
    path.write_text(path.read_text("utf-8").replace('"amount":500', '"amount": 5'), "utf-8")
    with pytest.raises(CasebookChangedError):
        OutletRecord(desk.folder).state()
