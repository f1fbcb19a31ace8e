"""How watchers of the simulated market are run and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import pytest
from benchmarks.market._judge import judge
from benchmarks.market._parse import parse
from benchmarks.market._watch import (
    DAY,
    ExactHandles,
    Fetch,
    Outcome,
    Planned,
    Post,
    Run,
    TextHashes,
    Told,
    classes_at,
    watch,
)
from benchmarks.market.market_world import lines_of

from wayseal_sim.market import MarketPlan, Sites, generate_market
from wayseal_sim.market.parts import FORBIDDEN, TERMS, Answer, Comeback, MarketWorld, Spell, Trap

pytestmark = pytest.mark.once


@cache
def world() -> MarketWorld:
    return generate_market(MarketPlan(shops=150, days=16, spells=0.0, layouts=(), life_days=5.0), 4)


class Knowing:
    """A watcher that was told the truth: what can be reached at most, and what is wrong."""

    name = "knowing"

    def __init__(self, told: Sequence[Told], requests: int = 0) -> None:
        self._told, self._requests = told, requests
        self._due = list(range(world().plan.begins + DAY // 4, world().plan.ends, DAY // 4))

    def plan(self, now: int) -> Sequence[Planned]:
        due = [at for at in self._due if at <= now]
        self._due = self._due[len(due) :]
        return [Planned(site=site, at=at) for at in due for site in (*TERMS, "chats")]

    def look(self, planned: Planned, fetch: Fetch, posts: Sequence[Post]) -> Outcome:
        del posts
        for _ in range(self._requests if planned.site == "board" else 0):
            assert fetch("board", "/user/x", {}).status == 410
        told = [t for t in self._told if planned.at - DAY // 4 < t.at <= planned.at and t.after[0] == planned.site]
        return Outcome(planned=planned, hindrance="" if planned.site != "forum" else "login", told=tuple(told))


def noticed(back: Comeback, **changes: object) -> Told:
    old, new = world().shops[back.before], world().shops[back.after]
    told = {"at": back.back_at + 1, "before": (old.site, old.id), "after": (new.site, f"/x/{new.id}.html")} | changes
    return Told(**told)  # type: ignore[arg-type]


def backs(*, forbidden: bool) -> list[Comeback]:
    return [b for b in world().comebacks if (world().sellers[b.seller].trade in FORBIDDEN) == forbidden]


def test_who_knows_the_truth_finds_all_at_the_first_look() -> None:
    verdict = judge(world(), watch(world(), Knowing([noticed(back) for back in backs(forbidden=True)])))
    assert len(verdict.late) > 10
    assert (verdict.recall, verdict.precision, verdict.p95) == (1.0, 1.0, 1)
    assert set(verdict.notices) == {"right"}
    assert verdict.looks["login"] * 5 == verdict.looks["made"]


def test_wrong_notices_are_told_apart() -> None:
    one, other, *_, late = backs(forbidden=True)
    stranger = next(k for k, shop in enumerate(world().shops) if shop.seller not in (one.seller, other.seller))
    seller = world().shops[stranger]
    told = [
        noticed(one, before=(seller.site, seller.id)),
        noticed(one, before=("bazaar", "nobody")),
        noticed(late, at=late.gone_at - DAY // 2),
        noticed(backs(forbidden=False)[0]),
        noticed(other),
        noticed(other),
    ]
    verdict = judge(world(), watch(world(), Knowing(told)))
    assert verdict.notices == {"other_seller": 1, "unknown": 1, "not_gone": 1, "honest": 1, "right": 1}
    assert verdict.precision == 0.2
    assert sum(found for found, _ in verdict.findable.values()) == 1


def test_a_name_is_the_shop_that_bore_it() -> None:
    """Where a site knows names alone (rule 4): two shops of one name, one after the other."""
    back = next(one for one in backs(forbidden=True) if one.before != one.after)
    stranger = next(k for k, shop in enumerate(world().shops) if shop.seller != back.seller)
    told = Told(at=back.back_at + 1, before=("board", "一家"), after=("board", "一家"))
    for new, what in ((back.after, "right"), (stranger, "other_seller")):
        shops = list(world().shops)
        spans = shops[back.after].spans
        for place, held in ((back.before, shops[back.before].spans), (new, spans)):
            shops[place] = replace(shops[place], site="board", names=((0, "一家"),), spans=held)
        assert judge(replace(world(), shops=tuple(shops)), Run(told=[told])).notices == {what: 1}


def test_load_is_counted_where_it_arrives() -> None:
    verdict = judge(world(), watch(world(), Knowing([], requests=TERMS["board"].budget // 4 + 1)))
    assert verdict.over_budget >= world().plan.days - 1
    assert verdict.forbidden > 0
    assert verdict.too_soon == 0
    assert verdict.recall == 0.0


def test_simple_watchers_find_some_and_keep_within_their_terms() -> None:
    found = {}
    for make in (ExactHandles, TextHashes):
        verdict = judge(world(), watch(world(), make(world().plan.begins, classes_at(world()))))
        found[make.name] = verdict.recall
        assert verdict.expected - 6 <= sum(verdict.looks.values()) <= verdict.expected + 6
        assert (verdict.over_budget, verdict.too_soon, verdict.forbidden) == (0, 0, 0)
        assert [len(table.rows) for table in lines_of([(make.name, verdict)] * 2)] == [1, 1, 1]
    assert 0.3 < found["exact handles"] < 0.9
    assert found["text hashes"] < found["exact handles"]


def test_no_trap_makes_a_simple_watcher_take_shops_for_gone() -> None:
    begins = world().plan.begins
    plan = MarketPlan(shops=60, days=6, layouts=(), life_days=1_000.0, honest_life_days=1_000.0)
    for trap in Trap:
        spells = tuple(Spell(site=s, trap=trap, since=begins + DAY, until=begins + 3 * DAY) for s in TERMS)
        traps = MarketPlan(**{name: getattr(plan, name) for name in plan.__slots__} | {"spells": 0.0, "traps": spells})
        trapped = generate_market(traps, 2)
        run = watch(trapped, ExactHandles(begins, classes_at(trapped)))
        hindered = {outcome.planned.site for outcome in run.outcomes if outcome.hindrance}
        assert [t for t in run.told if t.before == t.after and t.before[0] != "chats"] == [], trap
        assert hindered or trap is Trap.ROBOTS, trap


def test_pages_are_parsed_by_classes() -> None:
    sites, at = Sites(world()), world().plan.begins + 5 * DAY
    classes: Mapping[str, str] = classes_at(world())("bazaar", at)
    parsed = parse("bazaar", sites.answer("bazaar", "/search?q=快递&page=1", {"Accept-Encoding": "gzip"}, at), classes)
    assert len(parsed.rows) > 10
    assert all(row.key and row.shop.startswith("/shop/") and row.title and row.name for row in parsed.rows)
    assert parse("bazaar", sites.answer("bazaar", "/shop/none", {}, at), classes).gone
    assert parse("bazaar", Answer(status=200, headers=(), body=b"<p>other</p>"), classes).hindrance == "changed"
