"""What single purposes ask of the record beyond lists, each in a statement or a few.

1. What is counted of a stretch of time, for pages and reports, names nobody.
2. What people who work on offers ask: readings, words, and what was done by hand.
3. What retention asks: which captures are evidence, and what stands on which.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wayseal.database import Connection, query
from wayseal.market.log import Market
from wayseal.market.log import _tables as t
from wayseal.market.log.lines import LineKind, read_line
from wayseal.market.log.reads import MOST, Reads, select
from wayseal.market.log.views import Page, SourceRow, WordRow, place_of, row_of
from wayseal.market.types import FLAGS, read_text
from wayseal.model.times import HOUR_US

WEEK = 7 * 24 * HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCount:
    """Visits of a whole source that saw alike. hindrance: why they couldn't see; "" where they could."""

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


def watched(sources: Collection[SourceRow]) -> Collection[SourceRow]:
    """Sources by whose looks is known whether anybody watches: what is brought in by hand says nothing of others."""
    return [one for one in sources if one.settings.get("start")] or sources


def last_moment(sources: Collection[SourceRow], now: int) -> int:
    """Where a line of weeks ends: now, or with the last look of a watch that stopped more than a week ago."""
    last = max((one.looked_at or 0 for one in watched(sources)), default=0)
    return last if 0 < last < now - WEEK else now


def overdue(sources: Collection[SourceRow], now: int) -> frozenset[str]:
    """Sources whose next look is overdue by more than an hour: nobody watches."""
    return frozenset(one.source for one in sources if one.next_at is not None and now - one.next_at > HOUR_US)


def visits_of(market: Market, since: int, until: int) -> tuple[VisitCount, ...]:
    """Count looks at whole sources in some time, by source and hindrance; both ends belong to it."""
    text = (
        f"SELECT source, coalesce(hindrance, ''), count(*) FROM {t.LOOKS.full_name} WHERE target='' AND at>=? AND "
        "at<=? GROUP BY source, coalesce(hindrance, '') ORDER BY 1, 2"
    )
    return tuple(row_of(VisitCount, row) for row in market.read(lambda c: query(c, text, (since, until))))


def own_count(market: Market, since: int, until: int) -> OwnCount:
    """Numbers of the courier's own that were seen on offer in a stretch of time."""
    within = f"FROM {t.NUMBERS.full_name} WHERE at>=? AND at<=?"
    text = (
        "SELECT count(DISTINCT waybill), count(DISTINCT CASE WHEN canary=1 THEN waybill END), count(DISTINCT offer), "
        f"coalesce((SELECT sum(expected) FROM (SELECT max(expected_false) AS expected {within} GROUP BY offer) AS o), "
        f"0) {within}"
    )
    return row_of(OwnCount, market.read(lambda c: query(c, text, (since, until, since, until)))[0])


def active_sellers(market: Market, since: int, until: int, most: int) -> tuple[ActiveSeller, ...]:
    """Sellers who were seen in a stretch of time: those with the courier's own numbers first, then who was back."""
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
    return tuple(row_of(ActiveSeller, row) for row in market.read(lambda c: query(c, text, values)))


_SUBJECTS = ("offer", "request", "seq", "word")
_DECIDED = ("kept", "dismissed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActRow:
    """Something that was done by hand.

    Attributes:
        seq: The line's place.
        kind: What it was.
        at: When.
        who: Whose act it is.
        why: The reason that was given.
        subjects: Ids of what it is about.
        state: What became of it, where the act says so: an offer's state, a site's answer.
    """

    seq: int
    kind: LineKind
    at: int
    who: str
    why: str = field(repr=False)
    subjects: tuple[str, ...]
    state: str


def acts(market: Market, *, after: str | None = None, limit: int = 50) -> Page[ActRow]:
    """List what was done by hand, the latest first.

    Args:
        market: The record.
        after: Where the last part ended.
        limit: At most so many.

    Returns:
        A part of the list.

    Raises:
        RecordError: `after` is none.
    """
    most = max(1, min(limit, MOST))
    before = (1 << 62) if after is None else place_of(after)
    text = f"SELECT seq, content FROM {t.LINES} WHERE {t.BY_HAND} AND seq<? ORDER BY seq DESC LIMIT ?"
    found = market.read(lambda c: query(c, text, (before, most + 1)))
    rows = tuple(_act(seq, content) for seq, content in found[:most] if content is not None)
    return Page(rows=rows, after=str(found[most - 1][0]) if len(found) > most else None)


def readings(market: Market, offers: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """How offers were read, by their ids; those that aren't there are left out."""
    if not offers:
        return {}
    marks = ", ".join("?" * len(offers))
    text = f"SELECT offer, reading FROM {t.OFFERS.full_name} WHERE offer IN ({marks})"
    return {row[0]: json.loads(row[1]) for row in market.read(lambda c: query(c, text, list(offers)))}


def read_by(market: Market) -> str:
    """By what all offers were read again last; "": by nothing but what comes with Wayseal."""
    text = f"SELECT content FROM {t.LINES} WHERE kind=? AND content IS NOT NULL ORDER BY seq DESC LIMIT 1"
    found = market.read(lambda c: query(c, text, (LineKind.READ.value,)))
    return str(read_line(found[0][0]).body["by"]) if found else ""


def words(market: Market) -> tuple[WordRow, ...]:
    """Words that people decided on, the latest first; those that were taken back are left out."""
    return market.read(lambda c: select(c, WordRow, t.WORDS, "WHERE state<>'new' ORDER BY at DESC, word"))


def decided(market: Market) -> tuple[tuple[tuple[str, str, str, bool], ...], int]:
    """List people's decisions on offers, as offers were at that time.

    Returns:
        Ids, sellers (shops where none is known), texts, and whether they were kept; how many have lost their text.
    """
    last = {line.body["offer"]: (seq, line.body["state"]) for seq, line in market.lines(LineKind.TRIAGED)}
    wanted = {offer: seq for offer, (seq, state) in last.items() if state in _DECIDED}
    texts: dict[str, str] = {}
    for seq, line in market.lines(LineKind.OFFERED):
        if seq < wanted.get(line.body["offer"], 0):
            texts[line.body["offer"]] = read_text(line.body["title"], line.body["text"])
    text = f"SELECT offer, coalesce(seller, shop) FROM {t.OFFERS.full_name}"
    sellers = dict(market.read(lambda c: query(c, text)))
    there = [offer for offer in wanted if offer in texts and offer in sellers]
    rows = tuple((offer, sellers[offer], texts[offer], last[offer][1] == "kept") for offer in there)
    return rows, len(wanted) - len(rows)


def _act(seq: int, content: str) -> ActRow:
    line = read_line(content)
    body = line.body
    pair = tuple(str(body[name]) for name in ("a", "b") if name in body)
    one = tuple(str(body[name]) for name in _SUBJECTS if name in body)
    state = str(body.get("state") or body.get("answer") or "")
    return ActRow(
        seq=seq, kind=line.kind, at=line.at, who=line.who, why=line.why, subjects=pair or one[:1], state=state
    )


_EVIDENCE = "(state='kept' OR ours>0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The evidence. files: files of captures, as day and name; offers: ids; targets: what requests are about."""

    files: frozenset[str]
    offers: frozenset[str]
    targets: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOffer:
    """An offer as retention sees it. there: whether its capture is still kept; retention: its source's (s)."""

    offer: str
    shop: str
    capture: str
    there: bool
    last_at: int
    retention: int


def held(market: Market) -> Held:
    """Find the evidence of decisions, cases and requests."""
    requests = Reads(market).requests()

    def work(c: Connection) -> Held:
        offers = query(c, f"SELECT offer, capture, pictures FROM {t.OFFERS.full_name} WHERE {_EVIDENCE}")
        wanted = {capture for _, capture, _ in offers}
        wanted |= {one["capture"] for *_, pictures in offers for one in json.loads(pictures)}
        wanted |= {capture for one in requests for capture in one.captures}
        wanted |= {row[0] for row in query(c, f"SELECT capture FROM {t.NUMBERS.full_name}")}
        files = query(c, f"SELECT capture, warc FROM {t.CAPTURES.full_name}")
        return Held(
            files=frozenset(warc for capture, warc in files if capture in wanted),
            offers=frozenset(row[0] for row in offers),
            targets=frozenset(one.asked.target for one in requests),
        )

    return market.read(work)


def kept_files(market: Market) -> Mapping[str, Mapping[str, str]]:
    """Captures by the file that holds them, each with the SHA-256 of the file that it is of; "" for an answer."""
    text = f"SELECT warc, capture, CASE WHEN status=0 THEN sha256 ELSE '' END FROM {t.CAPTURES.full_name}"
    found: dict[str, dict[str, str]] = {}
    for warc, capture, sha256 in market.read(lambda c: query(c, text)):
        found.setdefault(warc, {})[capture] = sha256
    return found


def kept_offers(market: Market) -> tuple[KeptOffer, ...]:
    """All offers."""
    text = (
        f"SELECT o.offer, o.shop, o.capture, c.capture IS NOT NULL, o.last_at, s.settings FROM {t.OFFERS.full_name} o "
        f"LEFT JOIN {t.CAPTURES.full_name} c ON c.capture=o.capture "
        f"LEFT JOIN {t.SOURCES.full_name} s ON s.source=o.source"
    )
    return tuple(
        row_of(KeptOffer, (*row, json.loads(settings or "{}").get("retention", 0)))
        for *row, settings in market.read(lambda c: query(c, text))
    )
