"""Rules 1 to 3 of looking, on the simulated market: the whole room but for sockets."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from benchmarks.market._judge import judge
from benchmarks.market._room import Room
from benchmarks.market._watch import DAY, HOUR, Run, watch

from wayseal.market.crawling import Watch
from wayseal.market.log import Line, LineKind
from wayseal.market.log.acts import line_of
from wayseal.market.log.reads import Reads
from wayseal.market.takedown import Filed, Outcome, Removed, Withdrawn
from wayseal_sim.market import MarketPlan, Sites, generate_market
from wayseal_sim.market.parts import MarketWorld

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def world() -> MarketWorld:
    return generate_market(MarketPlan(shops=40, days=8), 5)


@pytest.fixture(scope="module")
def ran(world: MarketWorld) -> Iterator[tuple[Room, Run]]:
    room = Room(world)
    yield room, watch(world, room)
    room.close()


def test_every_look_is_recorded_and_the_record_verifies(ran: tuple[Room, Run]) -> None:
    room, run = ran
    market = room.watch._parts.market
    looks = [line.body for _, line in market.lines(LineKind.LOOKED)]
    assert [(one["source"], one["planned_at"], one["target"]) for one in looks] == [
        (one.planned.site, one.planned.at, one.planned.target) for one in run.outcomes
    ]
    assert {one["hindrance"] or "" for one in looks} == {one.hindrance for one in run.outcomes}
    assert any(one.hindrance for one in run.outcomes)
    market.verify()


def test_load_stays_within_what_sources_say(world: MarketWorld, ran: tuple[Room, Run]) -> None:
    verdict = judge(world, ran[1])
    assert (verdict.over_budget, verdict.too_soon, verdict.forbidden) == (0, 0, 0)
    assert sum(verdict.looks.values()) >= 0.99 * verdict.expected


def test_who_starts_anew_knows_what_was_known(ran: tuple[Room, Run]) -> None:
    room, _ = ran
    before = room.watch._state
    after = Watch(room.watch._parts)._state
    assert {name: (one.digest, one.version, one.seller) for name, one in after.offers.items()} == {
        name: (one.digest, one.version, one.seller) for name, one in before.offers.items()
    }
    assert {name: replace(one.memory, last_at=0, missed_at=None) for name, one in after.shops.items()} == {
        name: replace(one.memory, last_at=0, missed_at=None) for name, one in before.shops.items()
    }
    assert after.told == before.told
    before.relink(0)
    assert {frozenset(one.shops) for one in after.sellers.all()} == {
        frozenset(one.shops) for one in before.sellers.all()
    }


def test_what_was_not_seen_is_not_gone(world: MarketWorld, ran: tuple[Room, Run]) -> None:
    """Every shop that is said to be gone was closed in truth (rule 3)."""
    room, _ = ran
    closed = {(shop.site, shop.id) for shop in world.shops if any(span.until < world.plan.ends for span in shop.spans)}
    gone = [row for row, _ in Reads(room.watch._parts.market).shops() if row.gone_at is not None]
    assert gone
    for row in gone:
        name = row.shop.rpartition("/")[2].removeprefix("store-").removesuffix(".htm")
        assert (row.source, name) in closed or row.source == "board"


def test_offers_are_read_and_linked(world: MarketWorld, ran: tuple[Room, Run]) -> None:
    reads = Reads(ran[0].watch._parts.market)
    rows = reads.offers(flagged=True, limit=200).rows
    assert len(rows) > 20
    assert all(row.seller for row in rows)
    *_, week = reads.weeks(world.plan.begins + 8 * DAY + HOUR)
    assert sum(week.offers.values()) > 20
    assert week.prices


def test_a_request_is_settled_once_what_it_asks_for_is_gone() -> None:
    """What was asked for and closed in truth is removed, by the watch's own line; what is open stays asked for."""
    world = generate_market(MarketPlan(shops=40, days=8, life_days=3.0, spells=0.0, layouts=()), 9)
    room = Room(world)
    market = room.watch._parts.market
    sites = Sites(world)
    asked = False
    for now in range(world.plan.begins + HOUR, world.plan.ends, HOUR):
        for planned in room.plan(now):
            room.look(planned, partial(sites.answer, at=now), ())
        if not asked and now > world.plan.begins + DAY:
            asked = True
            here = [row.shop for row, _ in Reads(market).shops() if row.state == "seen" and row.source == "arcade"]
            rows = Reads(market).offers(source="bazaar").rows
            targets = [*here, *(row.offer for row in rows if row.gone_at is None)]
            market.append([request(number, target, now) for number, target in enumerate(targets)])
            market.append([line_of(Withdrawn(request="R1", at=now, who="li", why="a mistake"))])
    withdrawn, *requests = sorted(Reads(market).requests(), key=lambda one: one.id != "R1")
    states = {row.shop: row.state for row, _ in Reads(market).shops()}
    shop_of = {row.offer: row.shop for row in Reads(market).offers(source="bazaar", limit=200).rows}
    assert withdrawn.outcome is Outcome.WITHDRAWN
    assert states[withdrawn.asked.target] not in {"asked", "removed"}
    assert {one.outcome for one in requests} == {Outcome.OPEN, Outcome.REMOVED}
    assert {one.outcome for one in requests if one.asked.target in shop_of} == {Outcome.OPEN, Outcome.REMOVED}
    for one in requests:
        removed, offer = one.of(Removed), one.asked.target in shop_of
        state = states[shop_of.get(one.asked.target, one.asked.target)]
        assert bool(removed) == (state == ("gone" if offer else "removed")), one.asked.target
        assert removed or offer or state in {"asked", "missed"}
        for act in removed:
            (shown,) = act.captures
            Reads(market).capture(shown)
    market.verify()
    room.close()


def request(number: int, target: str, at: int) -> Line:
    asked = Filed(
        request=f"R{number}",
        at=at,
        who="li",
        why="sells labels",
        source=target.partition("/")[0],
        target=target,
        url="https://site.example",
        address="abuse@site.example",
        rule="express",
        captures=("0" * 64,),
        lang="zh",
    )
    return line_of(asked)
