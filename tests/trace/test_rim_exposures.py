"""From the ledger to evidence: candidates, reads, routes, posts, and the strata that leaks are compared with."""

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
from wayseal.model.kinds import SourceKind
from wayseal.model.predicate import Predicate, parse_predicate
from wayseal.trace import _strata
from wayseal.trace._evidence import ACTOR, CHANNEL, KINDS, OUTLET, REGION, SESSION, Events
from wayseal.trace._exposures import LIFE_LEAST_H, MOMENTS, Exposures, gather
from wayseal.trace._leaks import LeakSet, match_leaks
from wayseal.trace._strata import Sources, Strata, count_strata, lookup, stratify

pytestmark = pytest.mark.once

EPOCH = 30
"""Hour of the first sale in these tests: times of the evidence count from it."""


def gathered(world: World, folder: Path, places: range, **more: Any) -> Exposures:
    bought = leaks(folder, [sale(number(place), EPOCH + turn, **more) for turn, place in enumerate(places)])
    with opened(world, folder) as snapshot:
        return gather(snapshot, match_leaks(snapshot, bought))


def told(exposures: Exposures, events: Events, kind: int) -> set[tuple[str, int, float]]:
    """(name, leak, hour of the world) of the events of one kind of source."""
    mine = exposures.evidence.kind[events.source] == kind
    rows = zip(events.source[mine], events.leak[mine], events.at[mine], strict=True)
    return {(exposures.name[source], int(leak), round(float(at) + EPOCH, 6)) for source, leak, at in rows}


def names(exposures: Exposures, kind: int) -> set[str]:
    return {name for name, k in zip(exposures.name, exposures.evidence.kind, strict=True) if k == kind}


def shop() -> World:
    """Three leaks (0 to 2) and other parcels from o-0 to o-1, which only outlets and scans tell about."""
    world = World()
    for outlet, region in (("o-0", "north"), ("o-1", "south"), ("o-2", "south")):
        world.outlet(outlet, outlet.upper(), region)
    for place in range(8):
        world.issue(1 + place, number(place), "o-0", "o-1", channel=f"ch-{place % 2}")
        world.scan(5 + place, number(place), "pickup", "o-0")
        world.scan(20 + place, number(place), "arrive", "o-1")
        world.scan(25 + place, number(place), "delivered", "o-1")
    world.read(10, "a", number(0), session="s-1")
    world.read(11, "a", number(1), session="s-1")
    world.read(12, "a", number(0), session="s-2")
    world.read(13, "b", number(1))
    world.read(40, "b", number(0))
    world.read(14, "elsewhere", number(7), session="s-9")
    return world


def stay(since: float, until: float) -> list[float]:
    """Hours that stand for a stay: the beginnings of its quarters, so its first sign is one of them."""
    return [since + (until - since) * quarter / MOMENTS for quarter in range(MOMENTS)]


FIRST, SECOND = (
    {(leak, hour) for leak in range(3) for hour in stay(since + leak, until + leak)}
    for since, until in ((5, 20), (20, 25))
)
"""(leak, hour) of the stays at o-0 and at o-1."""


def test_candidates_are_those_that_had_a_leak(tmp_path: Path) -> None:
    exposures = gathered(shop(), tmp_path, range(3))
    assert names(exposures, ACTOR) == {"a", "b"}
    assert names(exposures, SESSION) == {"s-1"}  # s-2 had one leak only, s-9 none
    assert names(exposures, CHANNEL) == {"ch-0", "ch-1"}
    assert names(exposures, OUTLET) == {"o-0", "o-1"}
    assert names(exposures, REGION) == {"north", "south"}
    evidence = exposures.evidence
    assert evidence.universe == {
        SourceKind.ACTOR: 3,
        SourceKind.SESSION: 3,
        SourceKind.DEVICE: 0,
        SourceKind.CHANNEL: 2,
        SourceKind.OUTLET: 3,
        SourceKind.REGION: 2,
    }
    assert set(evidence.universe) == set(KINDS)


def test_reads_stand_with_their_times_also_after_the_sale(tmp_path: Path) -> None:
    exposures = gathered(shop(), tmp_path, range(3))
    evidence = exposures.evidence
    assert told(exposures, evidence.reads, ACTOR) == {
        ("a", 0, 10), ("a", 1, 11), ("a", 0, 12), ("b", 1, 13), ("b", 0, 40),
    }  # fmt: skip
    assert told(exposures, evidence.reads, SESSION) == {("s-1", 0, 10), ("s-1", 1, 11)}
    assert evidence.parent[exposures.name.index("s-1")] == exposures.name.index("a")
    assert (evidence.parent[evidence.kind != SESSION] == -1).all()


def test_routes_stand_with_moments_of_every_stay(tmp_path: Path) -> None:
    exposures = gathered(shop(), tmp_path, range(3))
    touches = exposures.evidence.touches
    assert told(exposures, touches, CHANNEL) == {("ch-0", 0, 1), ("ch-1", 1, 2), ("ch-0", 2, 3)}
    for kind, names_of in ((OUTLET, ("o-0", "o-1")), (REGION, ("north", "south"))):
        expected = {(name, *when) for name, stays in zip(names_of, (FIRST, SECOND), strict=True) for when in stays}
        assert told(exposures, touches, kind) == expected


def test_two_outlets_of_a_region_are_two_stays(tmp_path: Path) -> None:
    world = shop()
    world.scan(18, number(0), "arrive", "o-2")
    exposures = gathered(world, tmp_path, range(1))
    south = {hour for name, _, hour in told(exposures, exposures.evidence.touches, REGION) if name == "south"}
    assert south == {*stay(18, 20), *stay(20, 25)}


def test_a_stay_counts_until_the_sale_at_most(tmp_path: Path) -> None:
    """Sold at 30; at o-0 since 5 and there still, at o-1 only after the sale."""
    world = World()
    world.scan(5, number(0), "pickup", "o-0")
    world.scan(50, number(1), "pickup", "o-1")
    exposures = gathered(world, tmp_path, range(2))
    assert told(exposures, exposures.evidence.touches, OUTLET) == {
        *(("o-0", 0, hour) for hour in stay(5, EPOCH)),
        ("o-1", 1, 50),
    }


def test_first_signs_and_the_length_of_a_life(tmp_path: Path) -> None:
    evidence = gathered(shop(), tmp_path, range(3)).evidence
    np.testing.assert_allclose(evidence.born, [1 - EPOCH, 2 - EPOCH, 3 - EPOCH])
    # Leak 0 was read last at 40; 1 and 2 were last seen at the last of the moments of their stay at o-1.
    assert evidence.life_h == max(hour for _, hour in SECOND) - 3
    only = World()
    only.read(10, "a", number(0))
    only.issue(9, number(1), "o-0", "o-1")
    short = gathered(only, tmp_path / "only", range(2)).evidence
    assert short.life_h == LIFE_LEAST_H


def test_posts_and_what_accounts_could_have_read(tmp_path: Path) -> None:
    """Rule 3: an account at an outlet could have read what passed it, one without an outlet everything."""
    world = shop()
    world.actor("a", "o-1", role="courier")
    world.actor("b", None, role="auditor")
    world.read(15, "c", number(2))
    exposures = gathered(world, tmp_path, range(3))
    place = {name: c for c, name in enumerate(exposures.name)}
    assert [exposures.role[place[n]] for n in ("a", "b", "c")] == ["courier", "auditor", None]
    assert [exposures.outlet[place[n]] for n in ("a", "b", "c")] == ["o-1", "", None]
    assert all(exposures.role[c] is None for c in range(len(place)) if exposures.evidence.kind[c] != ACTOR)
    touched = told(exposures, exposures.evidence.touches, ACTOR)
    assert touched == {
        *(("a", *when) for when in SECOND),
        *(("b", leak, 1 + leak) for leak in range(3)),
    }
    assert exposures.evidence.group[[place[n] for n in ("a", "b", "c")]].tolist() == [0, -1, -1]


def test_without_scans_the_origin_is_the_route(tmp_path: Path) -> None:
    world = shop()
    del world.tables["scans"]
    world.actor("a", "o-0")
    world.actor("b", None)
    exposures = gathered(world, tmp_path, range(2))
    assert told(exposures, exposures.evidence.touches, OUTLET) == {("o-0", 0, 1), ("o-0", 1, 2)}
    assert names(exposures, REGION) == {"north"}
    # Nothing shows where a parcel was, so nothing is said of accounts that work everywhere.
    assert told(exposures, exposures.evidence.touches, ACTOR) == {("a", 0, 1), ("a", 1, 2)}


def test_only_reads(tmp_path: Path) -> None:
    world = World(tables={"accesses": shop().tables["accesses"]})
    exposures = gathered(world, tmp_path, range(2))
    assert set(exposures.evidence.kind) == {ACTOR, SESSION}
    assert len(exposures.evidence.touches) == 0
    assert exposures.evidence.universe[SourceKind.OUTLET] == 0


def test_an_outlet_that_outlets_does_not_know_has_no_region(tmp_path: Path) -> None:
    world = shop()
    world.scan(17, number(0), "arrive", "o-new")
    exposures = gathered(world, tmp_path, range(1))
    assert "o-new" in names(exposures, OUTLET)
    assert names(exposures, REGION) == {"north", "south"}


def test_a_shared_session_belongs_to_whom_read_most_in_it(tmp_path: Path) -> None:
    world = World()
    for place, actor in enumerate(("b", "a", "b")):
        world.read(10 + place, actor, number(place), session="shared")
    exposures = gathered(world, tmp_path, range(3))
    place = exposures.name.index("shared")
    assert exposures.name[exposures.evidence.parent[place]] == "b"


def test_no_leak_that_the_ledger_knows(tmp_path: Path) -> None:
    bought = leaks(tmp_path, [sale("ZZ1", 20)])
    with opened(shop(), tmp_path) as snapshot:
        exposures = gather(snapshot, match_leaks(snapshot, bought))
    assert exposures.name == ()
    assert exposures.evidence.leaks == 0
    assert exposures.evidence.life_h == LIFE_LEAST_H


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
