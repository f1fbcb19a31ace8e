"""Judges what a watcher of the simulated market told, by the truth.

1. A come-back counts if it is of the trade, its old shop could be seen to go (a day or more after the beginning), and
   it came two days or more before the end. The same shop opened again within two looks doesn't: nobody who looks so
   often could tell that from a miss.
2. A notice is right if its old shop was gone and both are of one seller of the trade. One on an honest seller is wrong,
   and counted by itself. Several at one time on one shop are one.
3. A come-back is found by a right notice on its new shop; how late is counted in looks at its site since it was back.
4. Where a site knows shops by names alone, a name is the shop that bore it: the one that opened last is the new shop,
   the one that went last before that the old one. Two of one name that aren't one seller's are two.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.market._watch import CHAT_HOUR, DAY, HOUR, Run, Told, Where, id_in
from wayseal_sim.market.parts import FORBIDDEN, TERMS, Comeback, MarketWorld, Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a watcher is worth.

    Attributes:
        findable: How many were found of the come-backs that count, by way.
        kept: The same of all that kept anything but their style.
        late: Looks until each was found, and hours for which nothing was there before.
        notices: Notices by what they were: `right`, `honest`, `other_seller`, `not_gone`, `unknown`.
        looks: Looks at whole sites by outcome: `made`, and what hindered the others.
        targets: The same of looks at one shop or offer.
        expected: Looks at whole sites that the sources' intervals ask for.
        over_budget: Site days with more requests than the source's budget.
        too_soon: Sites at which a pause was shorter than the source's.
        forbidden: Requests that robots.txt forbids.
    """

    findable: Mapping[str, tuple[int, int]]
    kept: tuple[int, int]
    late: tuple[tuple[int, float], ...]
    notices: Mapping[str, int]
    looks: Mapping[str, int]
    targets: Mapping[str, int]
    expected: int
    over_budget: int
    too_soon: int
    forbidden: int

    @property
    def recall(self) -> float:
        """Of the come-backs that count, the share that was found."""
        pairs = self.findable.values()
        return sum(found for found, _ in pairs) / max(1, sum(many for _, many in pairs))

    @property
    def precision(self) -> float:
        """Of the notices, the share that was right."""
        return self.notices.get("right", 0) / max(1, sum(self.notices.values()))

    @property
    def p95(self) -> float:
        """Looks until 95 % of what was found was found."""
        return p95_of(self.late)


def p95_of(late: Sequence[tuple[int, float]], least_gap: float = 0.0) -> float:
    """Looks until 95 % of what was found was found; of come-backs after so many hours or more."""
    looks = sorted(many for many, gap in late if gap >= least_gap)
    return looks[math.ceil(0.95 * len(looks)) - 1] if looks else math.nan


def judge(world: MarketWorld, run: Run) -> Verdict:
    """Judges a run."""
    bearers = bearers_of(world)
    right: dict[int, list[int]] = {}
    notices: Counter[str] = Counter()
    once: set[tuple[str, object, int]] = set()
    for told in run.told:
        old, new = shops_of(world, bearers, told)
        what = what_is(world, old, new, told.at)
        one = (what, told.after if new is None else new, told.at)
        notices[what] += one not in once
        once.add(one)
        if what == "right" and new is not None:
            right.setdefault(new, []).append(told.at)
    findable: dict[str, tuple[int, int]] = {}
    late, kept = [], (0, 0)
    for back in _counted(world):
        until = next(span.until for span in world.shops[back.after].spans if span.since == back.back_at)
        when = next((at for at in sorted(right.get(back.after, ())) if back.back_at <= at <= until + DAY), None)
        found, many = findable.get(back.way, (0, 0))
        findable[back.way] = (found + (when is not None), many + 1)
        kept = (kept[0] + bool(back.kept and when), kept[1] + bool(back.kept))
        if when is not None:
            looks = _looks_until(run, world.shops[back.after].site, back.back_at, when)
            late.append((looks, (back.back_at - back.gone_at) / HOUR))
    sights = [
        Counter(o.hindrance or "made" for o in run.outcomes if bool(o.planned.target) == t) for t in (False, True)
    ]
    return Verdict(
        findable=findable,
        kept=kept,
        late=tuple(late),
        notices=notices,
        looks=sights[0],
        targets=sights[1],
        expected=_expected(world),
        over_budget=sum(many > TERMS[site].budget for (site, _), many in run.requests.items()),
        too_soon=sum(gap < TERMS[site].pause_s for site, gap in run.least_pause.items()),
        forbidden=run.forbidden,
    )


def _names(shop: Shop) -> Iterator[str]:
    """By what a shop may be called: its id, an offer's key, and where a site names nothing else, its names."""
    yield from (shop.id, shop.id.removeprefix("user"))
    yield from (offer.key for offer in shop.offers)
    if shop.site == "board":
        yield from (name for _, name in shop.names)


def _clean(where: Where) -> Where:
    """A site's name and an id, out of what a source and a path say."""
    site, name = where
    return ("chats" if site.startswith("chats") else site), id_in(name)


def _counted(world: MarketWorld) -> Iterator[Comeback]:
    plan = world.plan
    for back in world.comebacks:
        site = world.shops[back.after].site
        hours = TERMS[site].interval_h if site in TERMS else CHAT_HOUR
        missed = back.before == back.after and back.back_at - back.gone_at < 2 * hours * HOUR
        seen = back.gone_at >= plan.begins + DAY and back.back_at <= plan.ends - 2 * DAY
        if seen and not missed and world.sellers[back.seller].trade in FORBIDDEN:
            yield back


def bearers_of(world: MarketWorld) -> Mapping[Where, Sequence[int]]:
    """Shops by what they may be called."""
    out: dict[Where, list[int]] = {}
    for place, shop in enumerate(world.shops):
        for name in dict.fromkeys(_names(shop)):
            out.setdefault((shop.site, name), []).append(place)
    return out


def shops_of(world: MarketWorld, bearers: Mapping[Where, Sequence[int]], told: Told) -> tuple[int | None, int | None]:
    """Which shops a notice speaks of, the old and the new one (rule 4); None: there is no such shop."""
    opened = {k: _last(world.shops[k], told.at)[0] for k in bearers.get(_clean(told.after), ())}
    new = max(opened, key=opened.__getitem__, default=None)
    by = told.at if new is None else opened[new]
    went = {k: _last(world.shops[k], by)[1] for k in bearers.get(_clean(told.before), ())}
    return max(went, key=went.__getitem__, default=None), new


def _last(shop: Shop, at: int) -> tuple[int, int]:
    """When a shop opened last, and when it went last, by a time; 0: never."""
    opened = max((span.since for span in shop.spans if span.since <= at), default=0)
    return opened, max((span.until for span in shop.spans if span.until <= at), default=0)


def what_is(world: MarketWorld, before: int | None, after: int | None, at: int) -> str:
    """What a notice is (rule 2)."""
    if before is None or after is None:
        return "unknown"
    old, new = world.shops[before], world.shops[after]
    if old.seller != new.seller:
        return "other_seller"
    if world.sellers[new.seller].trade not in FORBIDDEN:
        return "honest"
    back = [span.since for span in new.spans if span.since <= at]
    gone = [span.until for span in old.spans if span.until <= at]
    return "right" if back and gone and min(gone) <= max(back) else "not_gone"


def _looks_until(run: Run, site: str, back_at: int, told_at: int) -> int:
    """Looks at a site from when a shop was back until it was told, the telling one included."""
    whole = (o.planned for o in run.outcomes if not o.planned.target)
    # A shop may open while the look goes on that tells of it.
    return max(1, sum(planned.site == site and back_at < planned.at <= told_at for planned in whole))


def _expected(world: MarketWorld) -> int:
    hours = world.plan.days * 24
    return sum(int(hours // terms.interval_h) for terms in TERMS.values()) + world.plan.days
