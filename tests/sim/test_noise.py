"""Work noise: reads that no work explains, in the share that is asked for; tickets and hand-overs."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest

from tests.effort import DEEP
from wayseal_sim import generate, preset
from wayseal_sim.world import World

pytestmark = pytest.mark.once

Make = Callable[..., World]
Row = dict[str, Any]
KINDS = {"misdialled": 0.4, "helping": 0.35, "tests": 0.05, "curious": 0.2}
BURST, AGAIN = (5, 40), (4, 12)
ACCESSES = 120_000 if DEEP else 60_000
CLEAN = {"lost_rows": 0.0, "lost_outlet_days": 0.0, "insiders": "none"}


@cache
def noisy(**changes: Any) -> World:
    base = {"accesses": ACCESSES, "outlets": 60, "fields": False, "partner_log": False, "missing_tickets": 0.0}
    return generate(preset("watch", **(base | CLEAN | changes)), seed=6)


def counts(world: World) -> dict[str, int]:
    told: Any = world.truth["noise"]
    return dict(told)


def first_reads(world: World) -> set[tuple[str, str]]:
    rows = world.tables["accesses"]
    return set(zip(rows["actor"].to_pylist(), rows["waybill"].to_pylist(), strict=True))


def reads(world: World) -> list[Row]:
    """Who read which waybill when."""
    out: list[Row] = world.tables["accesses"].select(["actor", "waybill", "at"]).to_pylist()
    return out


@cache
def strange(noise: float, browsing: float | None = None) -> list[Row]:
    """Reads of people of a place that the waybill doesn't touch, in a world with so much noise."""
    world = noisy(noise=noise) if browsing is None else noisy(noise=noise, browsing=browsing)
    place = {r["actor"]: r for r in world.tables["actors"].to_pylist()}
    outlets = {r["outlet"]: r for r in world.tables["outlets"].to_pylist()}
    ends = {r["waybill"]: (r["origin_outlet"], r["destination_outlet"]) for r in world.tables["waybills"].to_pylist()}
    out = []
    for r in reads(world):
        actor = place[r["actor"]]
        if actor["kind"] != "person" or actor["region"] is None:
            continue
        regions = {outlets[end]["region"] for end in ends[r["waybill"]]}
        if actor["outlet"] is None or outlets[actor["outlet"]]["kind"] == "hub":
            touched = actor["region"] in regions
        else:
            touched = actor["outlet"] in ends[r["waybill"]]
        if not touched:
            out.append(r | {"role": actor["role"], "home": actor["outlet"], "ends": ends[r["waybill"]]})
    return out


@pytest.mark.parametrize("noise", [0.03, 0.1])
def test_so_large_a_share_of_first_reads_has_no_work_behind_it(noise: float) -> None:
    w = noisy(noise=noise)
    told = counts(w)
    first = sum(told[kind] for kind in KINDS)
    assert first / len(first_reads(w)) == pytest.approx(noise, rel=0.06)
    seen = {(r["actor"], r["waybill"]) for r in strange(noise)}
    # Hubs are told by region here, so a little of the noise of sorters looks like work.
    assert 0.85 * first < len(seen) <= first
    assert len(w.tables["accesses"]) == pytest.approx(ACCESSES, rel=0.03)


def test_without_noise_every_such_read_is_work() -> None:
    w = noisy(noise=0.0, browsing=0.0)
    assert strange(0.0, 0.0) == []
    assert sum(counts(w)[kind] for kind in KINDS) == 0


def test_kinds_come_in_their_shares() -> None:
    told = counts(noisy(noise=0.1))
    total = sum(told[kind] for kind in KINDS)
    for kind, share in KINDS.items():
        assert told[kind] / total == pytest.approx(share, abs=0.06)


def test_people_differ_in_it() -> None:
    by = Counter(r["actor"] for r in strange(0.1))
    values = np.array(list(by.values()))
    # Were all alike, variance and mean would be about equal.
    assert values.var() > 5 * values.mean()


def test_a_helper_reads_a_burst_at_one_outlet_on_one_day() -> None:
    days: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for r in strange(0.1):
        if r["role"] in ("clerk", "courier"):
            days[(r["actor"], r["ends"][0], (r["at"] + timedelta(hours=8)).date())].add(r["waybill"])
    bursts = sorted(len(seen) for seen in days.values() if len(seen) >= BURST[0])
    assert len(bursts) > 50
    # Now and then somebody helps out twice, or is curious besides.
    assert bursts[len(bursts) * 19 // 20] <= BURST[1]


def test_a_misdialled_number_is_close_to_the_next_one() -> None:
    w = noisy(noise=0.1)
    mine = defaultdict(list)
    for r in reads(w):
        mine[r["actor"]].append(r)
    wrong = {(r["actor"], r["waybill"]) for r in strange(0.1)}
    close = 0
    for actor, rows in mine.items():
        for a, b in pairwise(rows):
            near = 0 < abs(int(a["waybill"][2:]) - int(b["waybill"][2:])) < 10
            close += near and (actor, a["waybill"]) in wrong and b["at"] - a["at"] < timedelta(seconds=41)
    assert close > 0.7 * counts(w)["misdialled"]


def test_who_tests_looks_at_the_same_waybills_again() -> None:
    again = Counter((r["actor"], r["waybill"]) for r in strange(0.1))
    often = [n for n in again.values() if n >= AGAIN[0]]
    assert 0.7 * counts(noisy(noise=0.1))["tests"] < len(often) < 1.3 * counts(noisy(noise=0.1))["tests"]


def test_a_share_of_the_tickets_was_never_written() -> None:
    whole, holed = noisy(), noisy(missing_tickets=0.4)
    written = {r["ticket"] for r in holed.tables["tickets"].to_pylist()}
    every = {r["ticket"] for r in whole.tables["tickets"].to_pylist()}
    assert written < every
    assert len(written) / len(every) == pytest.approx(0.6, abs=0.06)
    assert counts(holed)["missing_tickets"] == len(every) - len(written)
    assert holed.tables["accesses"].equals(whole.tables["accesses"])


def test_another_agent_of_the_region_goes_on_with_an_inquiry() -> None:
    w = noisy(noise=0.0, browsing=0.0, handovers=1.0)
    region = {r["actor"]: (r["role"], r["region"]) for r in w.tables["actors"].to_pylist()}
    readers = defaultdict(set)
    accesses = w.tables["accesses"].select(["actor", "waybill", "purpose"])
    for r in accesses.filter(pc.equal(accesses["purpose"], "inquiry")).to_pylist():
        readers[r["waybill"]].add(r["actor"])
    old = [r for r in w.tables["tickets"].to_pylist() if r["closed_at"] is not None]
    handed = [r for r in old if readers[r["waybill"]] - {r["actor"]}]
    assert len(handed) > 0.95 * len(old)
    for r in handed:
        for other in readers[r["waybill"]]:
            assert region[other] == region[r["actor"]]
    assert counts(w)["handovers"] >= len(handed)


def test_scans_go_missing_in_the_share_that_is_asked_for(world: Make) -> None:
    whole, holed = world(missing_scans=0.0), world(missing_scans=0.5)
    kinds, left = (Counter(w.tables["scans"]["kind"].to_pylist()) for w in (whole, holed))
    assert left["arrive"] / kinds["arrive"] == pytest.approx(0.5, abs=0.03)
    assert left["pickup"] == pytest.approx(kinds["pickup"], rel=0.02)
    assert left["delivered"] == pytest.approx(kinds["delivered"], rel=0.02)
