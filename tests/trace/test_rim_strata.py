"""Strata: what the leaks are compared with, by the numbered rules of `_strata`."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.trace.rim import World, at, leaks, number, opened, sale
from wayseal.ledger import Snapshot
from wayseal.model.predicate import Predicate, parse_predicate
from wayseal.trace import _strata
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, REGION, SESSION
from wayseal.trace._leaks import LeakSet, match_leaks
from wayseal.trace._strata import Sources, Strata, count_strata, lookup, stratify


def stratified(snapshot: Snapshot, found: LeakSet) -> Strata:
    return stratify(snapshot, found, snapshot.waybills(found.key))


def network() -> World:
    """Sixty parcels: three outlets by three destinations, a day of issue for each twenty; u-0 reads what o-0 sends.

    o-0 and o-1 lie in city A and region north, o-2 in B and south; destinations d-0 … in C, D, E.
    """
    world = World()
    for name, city, region in (("o-0", "A", "north"), ("o-1", "A", "north"), ("o-2", "B", "south")):
        world.outlet(name, city, region)
    for name, city in (("d-0", "C"), ("d-1", "D"), ("d-2", "E")):
        world.outlet(name, city, "far")
    for place in range(60):
        waybill, origin = number(place), f"o-{place % 3}"
        world.issue(24 * (place // 20) + 8, waybill, origin, f"d-{place // 3 % 3}", channel=f"ch-{place % 2}")
        world.scan(24 * (place // 20) + 10, waybill, "pickup", origin)
        if place % 3 == 0:
            world.read(24 * (place // 20) + 9, "u-0", waybill, session=f"s-{place % 2}")
    return world


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    with opened(network(), tmp_path_factory.mktemp("network")) as there:
        yield there


def asked(**conditions: Any) -> str:
    return json.dumps(conditions)


def strata_of(snapshot: Snapshot, folder: Path, rows: list[tuple[int, str | None]]) -> Strata:
    bought = [sale(number(place), 80, asked=text) for place, text in rows]
    return stratified(snapshot, match_leaks(snapshot, leaks(folder, bought)))


def volumes(strata: Strata) -> list[int]:
    return [v.waybills for v in strata.volumes[: len(strata.predicates)]]


def test_leaks_that_were_asked_for_alike_share_a_stratum(snapshot: Snapshot, tmp_path: Path) -> None:
    north, south = asked(origin_city="A"), asked(origin_city="B")
    again = asked(origin_city=["A"], limit=5)
    strata = strata_of(snapshot, tmp_path, [(0, north), (2, south), (1, again), (3, None), (4, asked())])
    assert len(strata.predicates) == 3
    assert strata.of[0] == strata.of[2]  # a row limit narrows nothing
    assert strata.of[0] != strata.of[1]
    assert strata.of[3] == strata.of[4]
    assert strata.mismatched == 0


CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("channel", {"channel": "ch-0"}, True),
    ("other channel", {"channel": "ch-1"}, False),
    ("one of two", {"origin_outlet": ["o-9", "o-0"]}, True),
    ("nothing permitted", {"origin_outlet": []}, False),
    ("city", {"origin_city": "A"}, True),
    ("region", {"origin_region": "north", "destination_region": "far"}, True),
    ("other region", {"origin_region": "south"}, False),
    ("destination", {"destination_city": "C"}, True),
    ("unknown place", {"destination_city": "Z"}, False),
    ("the number itself", {"waybill": " yt-2000000 "}, True),
    ("customer that waybills leaves out", {"customer": "c"}, False),
    ("from the day", {"issued_from": "2026-03-02T00:00:00Z"}, True),
    ("at its time", {"issued_from": "2026-03-02T08:00:00Z"}, True),
    ("after its time", {"issued_from": "2026-03-02T08:00:01Z"}, False),
    ("before the end", {"issued_to": "2026-03-02T08:00:01Z"}, True),
    ("at the end, which is excluded", {"issued_to": "2026-03-02T08:00:00Z"}, False),
]


@pytest.mark.parametrize(("conditions", "fits"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_what_fits_a_question(snapshot: Snapshot, tmp_path: Path, conditions: dict[str, Any], fits: bool) -> None:
    """Rule 2: parcel 0 goes from o-0 (A, north) to d-0 (C, far) by ch-0, issued at eight of the first day."""
    strata = strata_of(snapshot, tmp_path, [(0, asked(**conditions))])
    assert strata.mismatched == int(not fits)
    [predicate] = strata.predicates
    if not fits:
        assert predicate.any_of == {}
        assert volumes(strata) == [20]


def test_the_ledger_counts_what_the_rules_call_fitting(snapshot: Snapshot, tmp_path: Path) -> None:
    """`_fits` here and the ledger's selection are two tellings of one rule: they agree on every parcel."""
    every = match_leaks(snapshot, leaks(tmp_path, [sale(number(place), 80) for place in range(60)]))
    rows = {row["waybill"]: row for row in snapshot.waybills(every.key).to_pylist()}
    outlets = {row["outlet"]: row for row in snapshot.outlets().to_pylist()}
    for _, conditions, _ in CASES:
        predicate = parse_predicate(asked(**conditions))
        [counted] = snapshot.stratum_volumes([predicate])
        assert counted.waybills == sum(_strata._fits(predicate, row, outlets) for row in rows.values()), conditions


def test_a_parcel_that_waybills_does_not_know_fits_nothing(tmp_path: Path) -> None:
    world = network()
    world.read(12, "u-1", "ZZ1")
    with opened(world, tmp_path) as there:
        strata = strata_of(there, tmp_path, [(0, asked(origin_city="A")), (3, asked(origin_city="A"))])
        assert strata.mismatched == 0
        bought = [sale("ZZ1", 80, asked=asked(origin_city="A")), sale(number(0), 80)]
        mixed = stratified(there, match_leaks(there, leaks(tmp_path, bought)))
    assert mixed.mismatched == 1
    # Without a time of issue there is no window either: ZZ1 is compared with everything, parcel 0 with its day.
    assert volumes(mixed)[mixed.of[0]] == 61
    assert volumes(mixed)[mixed.of[1]] == 20


def test_the_window_is_the_days_of_issue_of_the_leaks(snapshot: Snapshot, tmp_path: Path) -> None:
    """Rule 3."""
    assert volumes(strata_of(snapshot, tmp_path, [(0, None)])) == [20]
    assert volumes(strata_of(snapshot, tmp_path, [(0, None), (25, None)])) == [40]
    assert volumes(strata_of(snapshot, tmp_path, [(0, None), (45, None)])) == [60]
    [predicate] = strata_of(snapshot, tmp_path, [(25, None)]).predicates
    assert (predicate.issued_from, predicate.issued_to) == (at(24), at(48))


def test_the_window_and_the_question_are_both_kept(snapshot: Snapshot, tmp_path: Path) -> None:
    text = asked(issued_from="2026-03-02T06:00:00Z", issued_to="2026-03-09T00:00:00Z")
    [predicate] = strata_of(snapshot, tmp_path, [(0, text)]).predicates
    assert (predicate.issued_from, predicate.issued_to) == (at(6), at(24))


def test_without_waybills_everything_is_the_stratum(tmp_path: Path) -> None:
    world = World(tables={"accesses": network().tables["accesses"]})
    with opened(world, tmp_path) as there:
        strata = strata_of(there, tmp_path, [(0, None), (3, asked(origin_city="A"))])
    assert volumes(strata) == [20]
    assert strata.predicates == (Predicate(),)
    assert strata.mismatched == 1
    assert strata.member.tolist() == [[True], [True]]


def sources(snapshot: Snapshot, pairs: list[tuple[int, int]], passed: list[tuple[int, int]]) -> Sources:
    """u-0 at o-0, its session s-0, an account everywhere, one nobody knows, ch-0, o-0, north."""
    actors = ["u-0", "boss", "stranger"]
    key = np.zeros(7, np.uint64)
    key[:3] = snapshot.keys(actors)
    key[3] = snapshot.keys(["s-0"])[0]
    return Sources(
        kind=np.array([ACTOR, ACTOR, ACTOR, SESSION, CHANNEL, OUTLET, REGION], np.uint8),
        name=(*actors, "s-0", "ch-0", "o-0", "north"),
        key=key,
        home=("o-0", "", None, None, None, None, None),
        read=np.array(pairs, np.int32).reshape(-1, 2).T,
        passed=np.array(passed, np.int32).reshape(-1, 2).T,
    )


def test_leaks_are_left_out_of_their_own_counts(snapshot: Snapshot, tmp_path: Path) -> None:
    """Rule 4, on everything of the first day: 20 parcels, 7 from o-0, 7 from o-1, 10 by ch-0."""
    strata = strata_of(snapshot, tmp_path, [(0, None), (3, None)])
    pairs = [(0, 0), (0, 1), (3, 0)]
    counts = count_strata(snapshot, strata, sources(snapshot, pairs, [(4, 0), (5, 0), (5, 1), (6, 0), (6, 1)]))
    assert counts.size.tolist() == [18 + 1]
    # u-0 read all 7 that o-0 sends; two of them are the leaks, and one is added.
    assert counts.volume[0, 0] == 7 - 2 + 1
    assert counts.volume[1:3, 0].tolist() == [1, 1]
    # s-0 holds 10 of u-0's 20 reads: half of 7, less its one leak.
    assert counts.volume[3, 0] == pytest.approx(3.5 - 1 + 1)
    assert counts.touch_volume[4:, 0].tolist() == [10 - 1 + 1, 7 - 2 + 1, 14 - 2 + 1]
    # Accounts by their outlet, everywhere, and unknown.
    assert counts.touch_volume[:3, 0].tolist() == [7 + 1, 18 + 1, 1]
    assert counts.overall[:4].tolist() == [20, 0, 0, 10]
    assert counts.overall_size == 60


def test_a_narrow_question_leans_on_the_wider_ones(snapshot: Snapshot, tmp_path: Path) -> None:
    """Rule 5: of the first day, the route o-0 to d-0 has 3 parcels, all read by u-0; its ends 7 and 8."""
    route = asked(origin_outlet="o-0", destination_outlet="d-0")
    strata = strata_of(snapshot, tmp_path, [(0, route)])
    [route_parcels] = volumes(strata)
    [parents] = strata.wider
    ends = [strata.volumes[p].waybills for p in parents]
    assert [sorted(strata.questions[p].any_of) for p in parents] == [["destination_outlet"], ["origin_outlet"]]
    counts = count_strata(snapshot, strata, sources(snapshot, [(0, 0)], []))
    read = route_parcels - 1  # all but the leak
    by_destination = (read + 1) / (ends[0] - 1 + 1)
    by_origin = (ends[1] - 1 + 1) / (ends[1] - 1 + 1)
    assert by_origin > by_destination  # the safer side is the wider share of the two
    assert counts.volume[0, 0] == pytest.approx(read + 1 + _strata.WIDER * by_origin)
    assert counts.size[0] == pytest.approx(route_parcels - 1 + 1 + _strata.WIDER)
    assert counts.volume[1, 0] == pytest.approx(1 + _strata.WIDER * max(1 / ends[0], 1 / ends[1]))


def test_wider_questions_that_are_asked_themselves_are_counted_once(snapshot: Snapshot, tmp_path: Path) -> None:
    route, origin = asked(origin_outlet="o-0", destination_outlet="d-0"), asked(origin_outlet="o-0")
    strata = strata_of(snapshot, tmp_path, [(0, route), (3, origin)])
    assert len(strata.predicates) == 2
    assert len(strata.questions) == 3
    assert sorted(map(len, strata.wider)) == [0, 2]
    assert strata.member.sum(axis=0).tolist() == [
        sum(strata.volumes[q].waybills > 0 and fit for fit in strata.member[:, q]) for q in range(3)
    ]


def test_too_many_questions_keep_their_first_condition(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_strata, "MOST_QUESTIONS", 2)
    rows = [
        (0, asked(origin_outlet="o-0", destination_outlet="d-0")),
        (3, asked(origin_outlet="o-0", destination_outlet="d-1")),
        (1, asked(origin_outlet="o-1")),
        (2, None),
    ]
    strata = strata_of(snapshot, tmp_path, rows)
    assert {tuple(p.any_of) for p in strata.predicates} == {("destination_outlet",), ("origin_outlet",), ()}
    assert strata.mismatched == 0
    assert all(parents == () for parents in strata.wider)


def test_a_region_counts_at_most_everything(tmp_path: Path) -> None:
    """Rule 6: parcels that pass two outlets of a region count twice, but never above the stratum."""
    world = network()
    for place in range(20):
        world.scan(20, number(place), "arrive", "o-1")
        world.scan(21, number(place), "arrive", "o-0")
    with opened(world, tmp_path) as there:
        strata = strata_of(there, tmp_path, [(0, None)])
        counts = count_strata(there, strata, sources(there, [], []))
    assert counts.touch_volume[6, 0] == 19 + 1


def test_no_leak_at_all_leaves_one_empty_question(snapshot: Snapshot, tmp_path: Path) -> None:
    bought = leaks(tmp_path, [sale("ZZ1", 80)])
    strata = stratified(snapshot, match_leaks(snapshot, bought))
    assert strata.predicates == (Predicate(),)
    assert strata.member.shape == (0, 1)
    assert len(strata.of) == 0


def test_lookup_of_nothing() -> None:
    empty = pa.table({"actor": pa.array([], pa.uint64()), "waybills": pa.array([], pa.int64())})
    assert lookup(empty, np.array([3, 4], np.uint64)).tolist() == [0, 0]
    some = pa.table({"actor": pa.array([2, 5], pa.uint64()), "waybills": pa.array([7, 9], pa.int64())})
    assert lookup(some, np.array([1, 2, 5, 6], np.uint64)).tolist() == [0, 7, 9, 0]


def test_the_window_is_in_utc_days() -> None:
    low, high = _strata._window([at(23.5), None, at(24.5)]) or (None, None)
    assert (low, high) == (at(0), at(0) + timedelta(days=2))
    assert _strata._window([None]) is None
