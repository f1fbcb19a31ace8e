"""From the ledger to evidence: candidates, reads, routes, posts, and what is left unknown."""

from pathlib import Path
from typing import Any

import numpy as np

from tests.trace.rim import World, leaks, number, opened, sale
from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import ACTOR, CHANNEL, KINDS, OUTLET, REGION, SESSION, Events
from wayseal.trace._exposures import LIFE_LEAST_H, MOMENTS, Exposures, gather
from wayseal.trace._leaks import match_leaks

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
