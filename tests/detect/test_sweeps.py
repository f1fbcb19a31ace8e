"""Logged questions as a shop asks them: the rules of `_detect`."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.helpers import START, at, put, read, write
from wayseal.detect import Options, detect
from wayseal.detect._detect import count_route_sweeps, routes
from wayseal.ledger import open_ledger
from wayseal.model.times import EPOCH

HOUR_US = 3_600_000_000
CHINA, DAY = 8 * HOUR_US, 24 * 60


def asks(**filter_: Any) -> str:
    return json.dumps(filter_)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (asks(origin_city="A", destination_city="B"), {("city:A", "city:B")}),
        (asks(origin_city=["A", "C"], destination_city="B"), {("city:A", "city:B"), ("city:C", "city:B")}),
        (asks(origin_region="N", destination_outlet="o-1"), {("region:N", "outlet:o-1")}),
        (
            asks(origin_city="A", origin_region="N", destination_city="B"),
            {("city:A", "city:B"), ("region:N", "city:B")},
        ),
        (asks(origin_city="A"), set()),
        (asks(destination_city="B", channel="app"), set()),
        (asks(origin_city=None, destination_city="B"), set()),
        (asks(origin_city=[], destination_city="B"), set()),
        (asks(origin_city=[1, None, "A"], destination_city={"x": 1}), set()),
        (asks(), set()),
        ("[]", set()),
        ("7", set()),
        ("not JSON", set()),
        ("", set()),
        ("[" * 100_000, set()),
    ],
)
def test_1_which_routes_a_question_names(text: str, found: set[tuple[str, str]]) -> None:
    assert set(routes(text)) == found


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["origin_city", "destination_city", "destination_region"]), x)).map(json.dumps))  # fmt: skip
def test_any_filter_names_routes_or_none(text: str) -> None:
    for one, other in routes(text):
        assert one.startswith(("city:", "region:", "outlet:"))
        assert other.startswith(("city:", "region:", "outlet:"))


def asked(minutes: float, actor: str, filter_: str) -> dict[str, Any]:
    return {"at": at(minutes), "actor": actor, "filter": filter_, "request": f"{actor}-{minutes}"}


def route(one: str, other: str) -> str:
    return asks(origin_city=one, destination_city=other)


def test_2_different_routes_by_account_and_local_day(tmp_path: Path) -> None:
    rows = [
        asked(10, "a", route("A", "B")),
        asked(5, "a", route("C", "D")),
        asked(20, "a", route("A", "B")),
        asked(7, "b", route("A", "B")),
        asked(8, "b", asks(origin_city="A")),
        asked(15 * 60 + 59, "a", route("E", "F")),
        asked(16 * 60, "a", route("A", "B")),
    ]
    write(tmp_path / "d", "queries", rows)
    put(tmp_path / "d", tmp_path / "L")
    start = (START - EPOCH).total_seconds() * 1e6
    with open_ledger(tmp_path / "L") as snapshot:
        found = [(a, (t - start) / 60_000_000, n) for a, t, n in count_route_sweeps(snapshot, CHINA)]
        utc = [(a, n) for a, _, n in count_route_sweeps(snapshot, 0)]
    assert found == [("a", 5, 3), ("a", 16 * 60, 1), ("b", 7, 1)], "China's day ends at 16:00 UTC"
    assert utc == [("a", 3), ("b", 1)]


def test_an_account_that_asks_for_route_after_route_stands_out(tmp_path: Path) -> None:
    cities = [f"city-{k}" for k in range(12)]
    reads, queries = [], []
    for day in range(12):
        for k in range(8):
            who = f"u-{k}"
            reads += [read(day * DAY + 120 + k + n, who, f"YT{day:02d}{k}{n:03d}") for n in range(4)]
            queries.append(asked(day * DAY + 130 + k / 10, who, route(cities[k], cities[k + 1])))
        if day >= 6:
            pairs = [(a, b) for a in cities for b in cities if a != b]
            queries += [asked(day * DAY + 200 + n / 10, "u-3", route(*pair)) for n, pair in enumerate(pairs)]
    write(tmp_path / "d", "accesses", reads)
    write(tmp_path / "d", "queries", queries)
    put(tmp_path / "d", tmp_path / "L")
    with open_ledger(tmp_path / "L") as snapshot:
        result = detect(snapshot, Options())
    (case,) = result.cases
    assert case.actors == ("u-3",)
    (reason,) = case.people[0].reasons
    assert reason.detector == "route_sweeps"
    assert reason.value >= 132
    assert not [n for n in result.not_judged if n.values.get("detector") == "route_sweeps"]


@pytest.mark.parametrize("known", [False, True])
def test_an_account_that_only_asks_stands_out_as_well(tmp_path: Path, known: bool) -> None:
    """Lists of parcels, and not one of them opened: nothing of it stands in the reads, and no table need know it."""
    cities = [f"city-{k}" for k in range(12)]
    reads = [
        read(day * DAY + 120 + k + n, f"u-{k}", f"YT{day:02d}{k}{n:03d}")
        for day in range(12) for k in range(8) for n in range(4)
    ]  # fmt: skip
    pairs = [(a, b) for a in cities for b in cities if a != b]
    queries = [
        asked(day * DAY + 200 + n / 10, "u-lists", route(*pair))
        for day in range(12) for n, pair in enumerate(pairs if day >= 6 else pairs[:1])
    ]  # fmt: skip
    write(tmp_path / "d", "accesses", reads)
    write(tmp_path / "d", "queries", queries)
    if known:
        write(tmp_path / "d", "actors", [{"actor": "u-lists", "kind": "person", "role": "clerk", "outlet": "CQ-1"}])
    put(tmp_path / "d", tmp_path / "L")
    with open_ledger(tmp_path / "L") as snapshot:
        result = detect(snapshot, Options())
    (case,) = result.cases
    assert case.actors == ("u-lists",)
    assert (case.people[0].role, case.people[0].place) == (("clerk", "CQ-1") if known else ("", ""))
    assert [r.detector for r in case.people[0].reasons] == ["route_sweeps"]
    assert (case.reads, result.accounts) == (0, 8)
