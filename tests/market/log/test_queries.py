"""What single purposes ask of the record, on both databases: a stretch of time, and people who work on offers."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.market.log.lines_of import DAY, START, act, offered, reading, whole
from wayseal.database import Connection, query
from wayseal.market.errors import RecordError
from wayseal.market.log import WATCH, LineKind, Market, open_market, queries
from wayseal.market.log.queries import (
    WEEK,
    ActiveSeller,
    ActRow,
    OwnCount,
    VisitCount,
    active_sellers,
    acts,
    last_moment,
    overdue,
    own_count,
    readings,
    visits_of,
)
from wayseal.market.log.reads import Reads

pytestmark = pytest.mark.once


def test_a_stretch_of_time_is_counted_with_both_its_ends(market: Market) -> None:
    market.append(whole())
    until = START + 2 * DAY
    seen, unseen = (
        VisitCount(source="site-a", hindrance="", count=2),
        VisitCount(source="site-a", hindrance="captcha", count=1),
    )
    assert visits_of(market, START, until) == (seen, unseen)
    assert visits_of(market, START + 1, until - 1) == (replace(seen, count=1),)
    assert own_count(market, 0, until) == OwnCount(numbers=1, canaries=1, offers=1, by_chance=0.001)
    assert own_count(market, until, until).numbers == 0
    (one,) = active_sellers(market, START, until, 5)
    assert one == ActiveSeller(
        seller="seller-1", fresh=2, offers=2, shops=2, sources=1, ours=1, backs=1, last_at=START + DAY
    )
    assert active_sellers(market, START + DAY, until, 5) == (replace(one, fresh=0),)
    assert not active_sellers(market, START + DAY + 1, until, 5)


def test_a_watch_that_stopped_ends_its_weeks_with_its_last_look(market: Market) -> None:
    market.append(whole())
    sources = Reads(market).sources()
    last = START + 2 * DAY
    assert last_moment(sources, last + WEEK) == last + WEEK
    assert last_moment(sources, last + WEEK + 1) == last
    assert overdue(sources, last + DAY + DAY) == {"site-a"}
    assert not overdue(sources, last + DAY)


def test_acts_go_by_pages_and_are_those_of_people(market: Market) -> None:
    market.append(whole())
    by_hand = [(seq, line) for seq, line in market.lines() if line.who != WATCH][::-1]
    found: list[ActRow] = []
    after = None
    for _ in range(20):
        page = acts(market, after=after, limit=2)
        found += page.rows
        after = page.after
        if after is None:
            break
    assert [(one.seq, one.kind, one.who, one.why) for one in found] == [
        (seq, line.kind, line.who, line.why) for seq, line in by_hand
    ]
    subjects = {one.kind: (one.subjects, one.state) for one in found}
    assert subjects[LineKind.TRIAGED] == (("c",), "dismissed")
    assert subjects[LineKind.SPLIT] == (("a", "b"), "")
    assert subjects[LineKind.ANSWERED] == (("R1",), "other")
    assert subjects[LineKind.TAKEN_BACK] == (("17",), "")
    for wrong in ("x", "-1", "9" * 19):
        with pytest.raises(RecordError):
            acts(market, after=wrong)


def test_acts_are_found_without_a_look_at_every_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def explained(c: Connection, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        steps.extend(str(row[-1]) for row in query(c, f"EXPLAIN QUERY PLAN {text}", values))
        return query(c, text, values)

    with open_market(tmp_path) as market:
        market.append(whole())
        monkeypatch.setattr(queries, "query", explained)
        assert acts(market, after="99").rows
    assert any("of_people" in step for step in steps), steps


def test_readings_come_for_those_that_are_there(market: Market) -> None:
    market.append([offered("a", START, reading=reading("insider")), offered("b", START)])
    found = readings(market, ["a", "none"])
    assert {name: one["kind"] for name, one in found.items()} == {"a": "insider"}
    assert readings(market, []) == {}
    market.append([act(LineKind.TRIAGED, offer="a", state="kept")])
    assert market.verify().lines == 3
