"""What people who work on offers ask of the record, on both databases."""

from pathlib import Path

import pytest

from tests.market.log.lines_of import START, act, offered, reading, whole
from wayseal.database import Connection, query
from wayseal.market.errors import RecordError
from wayseal.market.log import WATCH, LineKind, Market, open_market
from wayseal.market.log.queries import ActRow, acts, readings


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
    assert subjects[LineKind.TAKEN_BACK] == (("16",), "")
    for wrong in ("x", "-1", "9" * 19):
        with pytest.raises(RecordError):
            acts(market, after=wrong)


def test_acts_are_found_without_a_look_at_every_line(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        market.append(whole())
        asked: list[str] = []

        def plan(c: Connection) -> None:
            from wayseal.market.log._tables import BY_HAND, LINES

            text = f"EXPLAIN QUERY PLAN SELECT seq FROM {LINES} WHERE {BY_HAND} AND seq<? ORDER BY seq DESC LIMIT 5"
            asked.extend(str(row[-1]) for row in query(c, text, (99,)))

        market.read(plan)
        assert any("of_people" in step for step in asked), asked


def test_readings_come_for_those_that_are_there(market: Market) -> None:
    market.append([offered("a", START, reading=reading("insider")), offered("b", START)])
    found = readings(market, ["a", "none"])
    assert {name: one["kind"] for name, one in found.items()} == {"a": "insider"}
    assert readings(market, []) == {}
    market.append([act(LineKind.TRIAGED, offer="a", state="kept")])
    assert market.verify().lines == 3
