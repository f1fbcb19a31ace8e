"""A week of the market in words, as blocks that are shown as text or as a page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from markupsafe import Markup

from wayseal.market.drawn import (
    FRESH,
    draw_fresh,
    draw_prices,
    draw_weeks,
    price_text,
    routes_of,
    spread,
    units_of,
)
from wayseal.market.log.views import Week
from wayseal.market.masks import mask_text
from wayseal.market.report._gather import MOST_BACKS, SourceWeek, WeekResult
from wayseal.market.types import FLAGS
from wayseal.model.times import iso, time_at
from wayseal.page import Banner, Document, Report, Section, Table, numbers
from wayseal.page.charts import legend
from wayseal.page.svg import el
from wayseal.page.visible import shorten, visible

_UNITS, _ROUTES, _ROUTE_WEEKS, _CELL = 4, 10, 4, 44


class _WeekReport(Report[WeekResult]):
    """Says a result in a voice."""

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
        sections = (
            self._kinds(),
            self._prices(),
            self._fresh(),
            self._routes(),
            self._sellers(),
            self._backs(),
            self._numbers(),
            self._removals(),
            self._sources(),
        )
        return Document(
            title=say("title"),
            headline=self._headline(),
            lede=tuple(self._lede()),
            facts=tuple(self._facts()),
            sections=tuple(one for one in sections if one is not None),
            version=r.wayseal,
            origin=((say("record"), say("lines", n=r.lines)), (say("root"), self.voice.id(r.root.hex()))),
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
        if r.sources and all(one.overdue for one in r.sources):
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
        weeks, say, voice = self.r.weeks, self.say, self.voice
        chart = draw_weeks(weeks, _short_day, voice.say)
        kinds = [(f"of {kind}", None, voice.say(f"market_kind.{kind}"), self._sum(kind)) for kind in FLAGS]
        backs = sum(week.backs for week in weeks)
        chart += legend([*kinds, ("back", None, voice.say("market.backs"), f"{backs:,}")])
        head = (say("week"), say("all"), *(voice.say(f"market_kind.{kind}") for kind in FLAGS), say("backs"))
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
        return self._drawn(say("kinds"), say("kinds_note"), chart, table)

    def _sum(self, kind: str) -> str:
        return f"{sum(week.offers.get(kind, 0) for week in self.r.weeks):,}"

    def _prices(self) -> Section:
        weeks, say, voice = self.r.weeks, self.say, self.voice
        units = units_of(weeks)[:_UNITS]
        if not units:
            return Section(title=say("prices"), note=say("no_prices"))
        names = [voice.say(f"market_unit.{unit or 'none'}") for unit in units]
        chart = Markup().join(
            el("p", el("span", name), class_="columns-head") + draw_prices(weeks, unit, _short_day, voice.say)
            for name, unit in zip(names, units, strict=True)
        )
        rows = tuple((_day(week.at), *(self._price(week, unit) for unit in units)) for week in reversed(weeks))
        table = Table(head=(say("week"), *names), rows=rows, numbers=frozenset(range(1, len(units) + 1)))
        return self._drawn(say("prices"), voice.say("market.prices_desc"), chart, table)

    def _price(self, week: Week, unit: str) -> str:
        found = spread(week.prices.get(unit, ()))
        return numbers.DASH if found is None else self.say("price_cell", price=price_text(found), n=found.count)

    def _fresh(self) -> Section | None:
        weeks, say, voice = self.r.weeks, self.say, self.voice
        chart = draw_fresh(weeks, _short_day, voice.say)
        if chart is None:
            return None
        names = [voice.say(f"market_fresh.{one}") for one in FRESH]
        counts = [sum(week.freshness.get(one, 0) for week in weeks) for one in FRESH]
        chart += legend([(f"fresh {f}", None, name, f"{n:,}") for f, name, n in zip(FRESH, names, counts, strict=True)])
        rows = tuple((_day(week.at), *(f"{week.freshness.get(one, 0):,}" for one in FRESH)) for week in reversed(weeks))
        table = Table(head=(say("week"), *names), rows=rows, numbers=frozenset({1, 2, 3}))
        return self._drawn(say("fresh"), say("fresh_note"), chart, table)

    def _drawn(self, title: str, note: str, chart: Markup, table: Table) -> Section:
        return Section(title=title, note=note, chart=chart, table=table, fold=self.voice.say("ui.as_table"))

    def _routes(self) -> Section:
        say, some = self.say, self.r.weeks[-_ROUTE_WEEKS:]
        found = routes_of(some)[:_ROUTES]
        if not found:
            return Section(title=say("routes"), note=say("no_routes"))
        top = found[0][1]
        rows = tuple((self._end(a), self._end(b), f"{count:,}") for (a, b), count in found)
        table = Table(
            head=(say("origin"), say("destination"), say("offers")),
            rows=rows,
            numbers=frozenset({2}),
            bars=tuple(count / top for _, count in found),
        )
        return Section(title=say("routes"), note=say("routes_note", n=len(some)), table=table)

    def _end(self, place: str) -> str:
        return shorten(visible(place), _CELL) if place else self.say("anywhere")

    def _sellers(self) -> Section:
        say, r = self.say, self.r
        if not r.sellers:
            return Section(title=say("sellers"), note=say("no_sellers"))
        names = ("seller", "new_column", "offers", "shops", "sites", "with_ours", "back_column", "seen_last")
        rows = tuple(
            (
                self.voice.id(one.seller),
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
        return self.voice.id(mask_text(id_))

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
                self.voice.say(f"market_source.{one.row.kind}"),
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
        return self.voice.say(f"market_hindrance.{hindrance}")

    def _not_seen(self, one: SourceWeek) -> Iterator[str]:
        say, source = self.say, self._id(one.row.source)
        if not one.looks:
            yield say("blind_never", source=source)
        if one.blind:
            why = self.voice.all_of(self._why(name) for name in sorted(one.unseen, key=lambda name: -one.unseen[name]))
            parts = [say("blind_source", source=source, n=one.blind, all=one.looks, why=why)]
            if one.row.unseen_since is not None:
                parts.append(say("blind_since", at=iso(one.row.unseen_since)))
            yield self.voice.joined(parts, self.voice.say("unit.gap"))


render_week = _WeekReport.render


def _flagged(week: Week) -> int:
    return sum(week.offers.get(kind, 0) for kind in FLAGS)


def _moment(us: int) -> str:
    return numbers.clock(time_at(us))


def _day(us: int) -> str:
    return _moment(us)[:10]


def _short_day(us: int) -> str:
    return _moment(us)[5:10]


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
