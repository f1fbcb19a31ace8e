"""What reads showed, and what partners say they read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from wayseal.store import open_source, read_batches
from wayseal_sim import generate, preset, simulate
from wayseal_sim.world import World

Row = dict[str, Any]


@pytest.fixture(scope="module")
def logged() -> World:
    return generate(preset("watch", accesses=80_000, outlets=60), seed=8)


def partner_reads(world: World) -> Iterator[Row]:
    actors, reads = world.tables["actors"], world.tables["accesses"]
    partners = actors.filter(pc.equal(actors["kind"], "partner"))["actor"]
    yield from reads.filter(pc.is_in(reads["actor"], partners)).to_pylist()


def test_every_read_says_what_it_showed(logged: World) -> None:
    assert logged.tables["accesses"]["fields"].null_count == 0
    plain = generate(preset("watch", accesses=30_000, outlets=60, bought=0, fields=False, partner_log=False), seed=8)
    assert plain.tables["accesses"]["fields"].null_count == len(plain.tables["accesses"])
    assert plain.tables["accesses"]["request"].null_count == len(plain.tables["accesses"])
    assert "partner_calls" not in plain.tables


def test_both_logs_agree_on_nearly_all_calls(logged: World) -> None:
    calls = list(partner_reads(logged))
    ours = {r["request"]: r for r in calls}
    assert None not in ours
    assert len(ours) == len(calls)
    theirs = {r["request"]: r for r in logged.tables["partner_calls"].to_pylist()}
    assert len(theirs) == len(logged.tables["partner_calls"])
    both = ours.keys() & theirs.keys()
    clocks: Any = logged.truth["partner_clocks_fast_s"]
    for request in both:
        a, b = ours[request], theirs[request]
        assert (a["actor"], a["waybill"], a["ip"], a["fields"]) == (b["partner"], b["waybill"], b["ip"], b["fields"])
        fast = timedelta(seconds=clocks[b["partner"]])
        assert abs(b["at"] - a["at"] - fast) < timedelta(seconds=1.51)
        assert b["operation"] == ("order" if b["partner"].endswith("order") else "track")
    assert all(60 <= abs(clock) <= 8 * 60 for clock in clocks.values())
    only_theirs = len(theirs) - len(both)
    assert 0.01 < only_theirs / len(theirs) < 0.06


def test_what_breaks_the_contract_is_not_in_the_partners_log(logged: World) -> None:
    told: Any = logged.truth["insiders"]
    nth = next(k for k, row in enumerate(told) if row["kind"] == "partner")
    pulled = {(r["waybill"], r["at"]) for r in logged.pulled.to_pylist() if r["insider"] == nth}
    theirs = set(logged.tables["partner_calls"]["request"].to_pylist())
    hidden = [r for r in partner_reads(logged) if r["request"] not in theirs]
    assert {(r["waybill"], r["at"]) for r in hidden} >= pulled
    forgotten = len(hidden) - len(pulled)
    assert 0 < forgotten < 0.02 * len(theirs)


def test_calls_stand_in_order_and_are_all_there(logged: World) -> None:
    at = logged.tables["partner_calls"]["at"].to_pylist()
    assert at == sorted(at)
    first, last = at[0], at[-1]
    assert last - first > timedelta(days=13, hours=20)


def test_lists_and_calls_read_back(tmp_path: Path) -> None:
    scenario = preset("watch", accesses=30_000, outlets=60, bought=0)
    paths = simulate(tmp_path, scenario, seed=8)
    source = open_source(paths.dataset)
    assert source.notices == ()
    shown: list[Any] = []
    for file in source.files:
        for batch in read_batches(file, options=source.options):
            assert batch.rejected == ()
            if file.table == "accesses":
                shown += batch.rows["fields"].to_pylist()
    assert shown == generate(scenario, seed=8).tables["accesses"]["fields"].to_pylist()
