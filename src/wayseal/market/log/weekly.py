"""What is counted of a stretch of time, for pages and reports: each is one statement, and names nobody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wayseal.database import query
from wayseal.market.log import _tables as t
from wayseal.market.log._market import Market
from wayseal.market.log.views import SourceRow
from wayseal.market.types import FLAGS
from wayseal.model.times import HOUR_US

WEEK = 7 * 24 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Looks at a whole source that saw alike. hindrance: why they couldn't see; "" where they could."""

    source: str
    hindrance: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCount:
    """Numbers of the courier's own on offer: how many, canaries among them, in how many offers, hits due to chance."""

    numbers: int
    canaries: int
    offers: int
    by_chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSeller:
    """A seller who was seen in a stretch of time, by offers that somebody is to look at.

    Attributes:
        seller: The id.
        fresh: Offers that were new in that time.
        offers: All that were ever seen.
        shops: Shops and accounts.
        sources: Sites.
        ours: Offers with numbers of the courier's own.
        backs: Come-backs in that time.
        last_at: When an offer was seen last (µs).
    """

    seller: str
    fresh: int
    offers: int
    shops: int
    sources: int
    ours: int
    backs: int
    last_at: int


def last_moment(sources: Collection[SourceRow], now: int) -> int:
    """Where a line of weeks ends: now, or with the last look of a watch that stopped more than a week ago."""
    last = max((one.looked_at or 0 for one in sources), default=0)
    return last if 0 < last < now - WEEK else now


def overdue(sources: Collection[SourceRow], now: int) -> frozenset[str]:
    """Sources whose next look is overdue by more than an hour: nobody watches."""
    return frozenset(one.source for one in sources if one.next_at is not None and now - one.next_at > HOUR_US)


def looks_of(market: Market, since: int, until: int) -> tuple[Looks, ...]:
    """Count looks at whole sources in some time, by source and hindrance; both ends belong to it."""
    text = (
        f"SELECT source, coalesce(hindrance, ''), count(*) FROM {t.LOOKS.full_name} WHERE target='' AND at>=? AND "
        "at<=? GROUP BY source, coalesce(hindrance, '') ORDER BY 1, 2"
    )
    rows = market.read(lambda c: query(c, text, (since, until)))
    return tuple(Looks(source=source, hindrance=hindrance, count=count) for source, hindrance, count in rows)


def own_count(market: Market, since: int, until: int) -> OwnCount:
    """Numbers of the courier's own that were seen on offer in a stretch of time."""
    within = f"FROM {t.NUMBERS.full_name} WHERE at>=? AND at<=?"
    text = (
        "SELECT count(DISTINCT waybill), count(DISTINCT CASE WHEN canary=1 THEN waybill END), count(DISTINCT offer), "
        f"coalesce((SELECT sum(expected) FROM (SELECT max(expected_false) AS expected {within} GROUP BY offer) AS o), "
        f"0) {within}"
    )
    row = market.read(lambda c: query(c, text, (since, until, since, until)))[0]
    return OwnCount(numbers=row[0], canaries=row[1], offers=row[2], by_chance=float(row[3]))


def active_sellers(market: Market, since: int, until: int, most: int) -> tuple[ActiveSeller, ...]:
    """Sellers who were seen in a stretch of time: those with the courier's own numbers first, then who was back."""
    names = ("seller", "fresh", "offers", "shops", "sources", "ours", "backs", "last_at")
    offers, marks = t.OFFERS.full_name, ", ".join("?" * len(FLAGS))
    text = (
        "SELECT seller, sum(CASE WHEN first_at>=? THEN 1 ELSE 0 END) AS fresh, count(*) AS offers, "
        "count(DISTINCT shop) AS shops, count(DISTINCT source) AS sources, "
        "sum(CASE WHEN ours>0 THEN 1 ELSE 0 END) AS ours, "
        f"(SELECT count(*) FROM {t.BACKS.full_name} b WHERE b.seller={offers}.seller AND b.at>=? AND b.at<=?) AS "
        f"backs, max(last_at) AS last_at FROM {offers} WHERE seller IS NOT NULL AND kind IN ({marks}) AND first_at<=? "
        "GROUP BY seller HAVING max(last_at)>=? ORDER BY ours DESC, backs DESC, fresh DESC, seller LIMIT ?"
    )
    values: Sequence[int | str] = (since, since, until, *FLAGS, until, since, most)
    rows = market.read(lambda c: query(c, text, values))
    made = (dict(zip(names, row, strict=True)) for row in rows)
    return tuple(ActiveSeller(**{**one, "fresh": int(one["fresh"]), "ours": int(one["ours"])}) for one in made)
