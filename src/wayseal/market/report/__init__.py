"""A week of the market for its readers: text, JSON, a page.

1. It names sellers and shops by their ids alone; no text of an offer, no handle and no waybill number stands in it, and
   what could be a person's in an id is masked.
2. Own numbers and canaries are counts.
3. What couldn't be seen stands beside what was: nothing is told as rare that nobody could look at.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from wayseal import __version__
from wayseal.market.drawn import draw_weeks, routes_of, spread
from wayseal.market.log import Market
from wayseal.market.log.queries import (
    WEEK,
    ActiveSeller,
    OwnCount,
    active_sellers,
    last_moment,
    overdue,
    own_count,
    visits_of,
    watched,
)
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import BackRow, SourceRow, Totals, Week
from wayseal.market.masks import mask_text
from wayseal.market.takedown import Outcome, Request
from wayseal.market.types import FLAGS
from wayseal.model.times import iso, time_at
from wayseal.page import Banner, Document, Report, Section, Table, numbers
from wayseal.page.charts import legend

__all__ = ["WeekResult", "gather_week", "render_week"]
MOST_SELLERS, MOST_BACKS = 12, 20
_ALL = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWeek:
    """A source and how it was seen in the week.

    Attributes:
        row: How it stands now.
        looks: Looks at it as a whole in the week.
        unseen: How many of them couldn't see, by why.
        overdue: Whether its next look should have been made more than an hour ago.
    """

    row: SourceRow
    looks: int
    unseen: Mapping[str, int]
    overdue: bool

    @property
    def blind(self) -> int:
        """Looks that couldn't see."""
        return sum(self.unseen.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Requests for removal. open: now; asked, removed, withdrawn: in the week."""

    open: int
    asked: int
    removed: int
    withdrawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekResult:
    """A week of the market, and the weeks before it.

    Attributes:
        wayseal: Version.
        lines: Lines of the record.
        root: Of their tree.
        since: When the week begins (µs).
        until: When it ends; the last moment belongs to it.
        weeks: Weeks that are drawn, the oldest first; the last one is the week.
        totals: All there is.
        sources: Every source, by name.
        sellers: Who stands out, at most `MOST_SELLERS`.
        backs: Come-backs of the week, the latest first.
        own: Numbers of the courier's own on offer in the week.
        own_ever: The same of all time.
        requests: Requests for removal.
    """

    wayseal: str
    lines: int
    root: bytes
    since: int
    until: int
    weeks: tuple[Week, ...]
    totals: Totals
    sources: tuple[SourceWeek, ...]
    sellers: tuple[ActiveSeller, ...]
    backs: tuple[BackRow, ...]
    own: OwnCount
    own_ever: OwnCount
    requests: Requests


def gather_week(market: Market, now: int, weeks: int) -> WeekResult:
    """The last week of a record; of a watch that stopped the week that ended with its last look.

    Args:
        market: The record.
        now: The time (µs).
        weeks: How many weeks are drawn, this one among them; at least 1.

    Returns:
        What there is to say.

    Raises:
        RecordError: The record can't be read.
    """
    tip, reads = market.tip(), Reads(market)
    sources = reads.sources()
    until = last_moment(sources, now)
    since = until - WEEK + 1
    return WeekResult(
        wayseal=__version__,
        lines=tip.size,
        root=tip.root,
        since=since,
        until=until,
        weeks=reads.weeks(until, weeks),
        totals=reads.totals(),
        sources=_sources(market, sources, (since, until), now),
        sellers=active_sellers(market, since, until, MOST_SELLERS),
        backs=tuple(one for one in reads.backs(since=since, limit=_ALL) if one.at <= until),
        own=own_count(market, since, until),
        own_ever=own_count(market, 0, until),
        requests=_requests(reads.requests(), since, until),
    )


def _sources(market: Market, rows: Iterable[SourceRow], span: tuple[int, int], now: int) -> tuple[SourceWeek, ...]:
    rows = tuple(rows)
    late, looks = overdue(rows, now), visits_of(market, *span)
    return tuple(
        SourceWeek(
            row=row,
            looks=sum(one.count for one in looks if one.source == row.source),
            unseen={one.hindrance: one.count for one in looks if one.source == row.source and one.hindrance},
            overdue=row.source in late,
        )
        for row in rows
    )


def _requests(rows: Iterable[Request], since: int, until: int) -> Requests:
    found = [one for one in rows if one.asked.at <= until]
    settled = [one for one in found if one.settled_at is not None and since <= one.settled_at <= until]
    removed = sum(one.outcome is Outcome.REMOVED for one in settled)
    return Requests(
        open=sum(one.outcome is Outcome.OPEN for one in found),
        asked=sum(one.asked.at >= since for one in found),
        removed=removed,
        withdrawn=len(settled) - removed,
    )


class _WeekReport(Report[WeekResult]):
    """Put a result into words by a translator."""

    texts, area = __package__, "week"

    def keys(self) -> Mapping[str, object]:
        r = self.r
        return {
            "wayseal": r.wayseal,
            "record": {"lines": r.lines, "root": r.root.hex()},
            "from": iso(r.since),
            "to": iso(r.until),
            "weeks": [_week_keys(week) for week in r.weeks],
            "totals": asdict(r.totals),
            "sources": [_source_keys(one) for one in r.sources],
            "sellers": [{**asdict(one), "last_at": iso(one.last_at)} for one in r.sellers],
            "backs": [
                {"at": iso(one.at), "seller": one.seller, "was": mask_text(one.was), "shop": mask_text(one.shop)}
                for one in r.backs
            ],
            "own": asdict(r.own),
            "own_ever": asdict(r.own_ever),
            "removals": asdict(r.requests),
        }

    def document(self) -> Document:
        r, say = self.r, self.say
        blind = any(one.blind or not one.looks for one in r.sources)
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=tuple(self._lede()),
            facts=tuple(self._facts()),
            sections=(
                self._kinds(),
                self._numbers(),
                self._sellers(),
                self._backs(),
                self._removals(),
                self._sources(),
            ),
            version=r.wayseal,
            origin=((say("record"), say("lines", n=r.lines)), (say("root"), self.translator.id(r.root.hex()))),
            command=f"wayseal market report MARKET --weeks {len(r.weeks)} --format html --out week.html",
            footer=say("footer"),
            banner=Banner(text=say("banner"), strength="weak") if blind else None,
            origin_note=say("origin_note"),
        )

    def _headline(self) -> str:
        r, day = self.r, _day(self.r.until)
        if not any(one.looks for one in r.sources):
            return self.say("headline_unseen", day=day)
        return self.say("headline", n=_flagged(r.weeks[-1]), day=day, backs=len(r.backs), own=r.own.numbers)

    def _lede(self) -> Iterator[str]:
        r = self.r
        if len(r.weeks) > 1:
            yield self.say("lede_before", n=_flagged(r.weeks[-2]))
        yield self.say("lede")
        blind = [one for one in r.sources if one.blind]
        if blind:
            looks, made = sum(one.blind for one in blind), sum(one.looks for one in blind)
            yield self.say("lede_blind", n=len(blind), all=len(r.sources), looks=looks, made=made)
        by_itself = {one.source for one in watched([one.row for one in r.sources])}
        if r.sources and all(one.overdue for one in r.sources if one.row.source in by_itself):
            yield self.say("lede_stopped")

    def _facts(self) -> Iterator[tuple[str, str]]:
        r, say = self.r, self.say
        yield say("since"), _day(r.since)
        yield say("until"), _day(r.until)
        yield say("new"), f"{_flagged(r.weeks[-1]):,}"
        yield say("waiting"), f"{r.totals.waiting:,}"
        yield say("sellers_all"), f"{r.totals.sellers:,}"
        yield say("backs"), f"{len(r.backs):,}"
        yield say("own"), f"{r.own.numbers:,}"
        yield say("canaries"), f"{r.own.canaries:,}"
        yield say("requests_open"), f"{r.requests.open:,}"
        seen = sum(one.looks > one.blind for one in r.sources)
        yield say("sources_seen"), say("of", n=seen, all=len(r.sources))

    def _kinds(self) -> Section:
        weeks, say, translator = self.r.weeks, self.say, self.translator
        chart = draw_weeks(weeks, lambda us: _day(us)[5:], translator.say)
        kinds = [(f"of {kind}", None, translator.say(f"market_kind.{kind}"), self._sum(kind)) for kind in FLAGS]
        backs = sum(week.backs for week in weeks)
        chart += legend([*kinds, ("back", None, translator.say("market.backs"), f"{backs:,}")])
        head = (say("week"), say("all"), *(translator.say(f"market_kind.{kind}") for kind in FLAGS), say("backs"))
        rows = tuple(
            (
                _day(week.at),
                f"{_flagged(week):,}",
                *(f"{week.offers.get(kind, 0):,}" for kind in FLAGS),
                f"{week.backs:,}",
            )
            for week in reversed(weeks)
        )
        table = Table(head=head, rows=rows, numbers=frozenset(range(1, len(head))))
        return Section(
            title=say("kinds"), note=say("kinds_note"), chart=chart, table=table, fold=translator.say("ui.as_table")
        )

    def _sum(self, kind: str) -> str:
        return f"{sum(week.offers.get(kind, 0) for week in self.r.weeks):,}"

    def _sellers(self) -> Section:
        say, r = self.say, self.r
        if not r.sellers:
            return Section(title=say("sellers"), note=say("no_sellers"))
        names = ("seller", "new_column", "offers", "shops", "sites", "with_ours", "back_column", "seen_last")
        rows = tuple(
            (
                self.translator.id(one.seller),
                *(f"{n:,}" for n in (one.fresh, one.offers, one.shops, one.sources, one.ours, one.backs)),
                _moment(one.last_at),
            )
            for one in r.sellers
        )
        table = Table(head=tuple(map(say, names)), rows=rows, numbers=frozenset(range(1, 7)))
        return Section(title=say("sellers"), note=say("sellers_note"), table=table)

    def _backs(self) -> Section:
        say, r = self.say, self.r
        if not r.backs:
            return Section(title=say("backs"), note=say("no_backs"))
        rows = tuple(
            (_moment(one.at), self._id(one.seller), self._id(one.was), self._id(one.shop))
            for one in r.backs[:MOST_BACKS]
        )
        table = Table(head=tuple(map(say, ("when", "seller", "was", "now"))), rows=rows)
        more = len(r.backs) - MOST_BACKS
        points = (say("backs_more", n=more),) if more > 0 else ()
        return Section(title=say("backs"), note=say("backs_note"), table=table, points=points)

    def _id(self, id_: str) -> str:
        return self.translator.id(mask_text(id_))

    def _numbers(self) -> Section:
        r, say = self.r, self.say
        week, ever = asdict(r.own), asdict(r.own_ever)
        points = (
            say("numbers_week", n=week.pop("numbers"), x=week.pop("by_chance"), **week),
            say("numbers_ever", n=ever.pop("numbers"), **ever),
        )
        return Section(title=say("numbers"), note=say("numbers_note"), points=points)

    def _removals(self) -> Section:
        say, found = self.say, self.r.requests
        points = (
            say("removals_week", asked=found.asked, removed=found.removed, withdrawn=found.withdrawn),
            say("removals_open", n=found.open),
        )
        return Section(title=say("removals"), points=points)

    def _sources(self) -> Section:
        say = self.say
        names = ("source", "kind", "looks", "blind", "there", "state")
        rows = tuple(
            (
                self._id(one.row.source),
                self.translator.say(f"market_source.{one.row.kind}"),
                f"{one.looks:,}",
                f"{one.blind:,}",
                f"{one.row.offers:,}",
                self._state(one),
            )
            for one in self.r.sources
        )
        table = Table(head=tuple(map(say, names)), rows=rows, numbers=frozenset({2, 3, 4}))
        told = [text for one in self.r.sources for text in self._not_seen(one)]
        points = (*(told or [say("blind_nothing")]), say("blind_always"))
        return Section(title=say("sources"), table=table, points=points)

    def _state(self, one: SourceWeek) -> str:
        if one.row.looked_at is None:
            return self.say("state_never")
        if one.overdue:
            return self.say("state_overdue")
        return self.say("state_seen") if one.row.hindrance is None else self._why(one.row.hindrance)

    def _why(self, hindrance: str) -> str:
        return self.translator.say(f"market_hindrance.{hindrance}")

    def _not_seen(self, one: SourceWeek) -> Iterator[str]:
        say, source = self.say, self._id(one.row.source)
        if not one.looks:
            yield say("blind_never", source=source)
        if one.blind:
            why = self.translator.all_of(
                self._why(name) for name in sorted(one.unseen, key=lambda name: -one.unseen[name])
            )
            parts = [say("blind_source", source=source, n=one.blind, all=one.looks, why=why)]
            if one.row.unseen_since is not None:
                parts.append(say("blind_since", at=iso(one.row.unseen_since)))
            yield self.translator.joined(parts, self.translator.say("unit.gap"))


render_week = _WeekReport.render


def _flagged(week: Week) -> int:
    return sum(week.offers.get(kind, 0) for kind in FLAGS)


def _moment(us: int) -> str:
    return numbers.clock(time_at(us))


def _day(us: int) -> str:
    return _moment(us)[:10]


def _week_keys(week: Week) -> dict[str, object]:
    return {
        "from": iso(week.at),
        "offers": dict(sorted(week.offers.items())),
        "prices": {unit or "none": _spread_keys(week.prices[unit]) for unit in sorted(week.prices)},
        "freshness": dict(sorted(week.freshness.items())),
        "routes": [{"from": a, "to": b, "offers": count} for (a, b), count in routes_of([week])],
        "backs": week.backs,
    }


def _spread_keys(prices: Sequence[float]) -> dict[str, float] | None:
    found = spread(prices)
    return None if found is None else asdict(found)


def _source_keys(one: SourceWeek) -> dict[str, object]:
    row = one.row
    return {
        "source": mask_text(row.source),
        "kind": row.kind,
        "looks": one.looks,
        "unseen": dict(one.unseen),
        "overdue": one.overdue,
        "sight": row.sight,
        "hindrance": row.hindrance,
        "unseen_since": None if row.unseen_since is None else iso(row.unseen_since),
        "offers": row.offers,
    }
