"""What pages and commands ask of the record's tables, each in a few statements whatever there is.

Lists go by key: a page ends with `after`, with which the next one begins.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from wayseal.database import Connection, query
from wayseal.journal.projection import Table
from wayseal.market.errors import NoSuchThingError, RecordError
from wayseal.market.log import Market
from wayseal.market.log import _tables as t
from wayseal.market.log.acts import act_from
from wayseal.market.log.views import (
    BackRow,
    JudgedRow,
    LearntRow,
    LinkRow,
    NumberRow,
    OfferRow,
    OfferView,
    Page,
    SellerRow,
    SellerView,
    ShopRow,
    Sighting,
    SourceRow,
    Totals,
    Week,
    names_of,
    place_of,
    row_of,
)
from wayseal.market.takedown import Outcome, Request, follow
from wayseal.market.types import FLAGGED, Capture, HandleKind

SELLS = 0.88
"""From here on a text sells a number of the courier's own: seven times as likely as that it mentions it."""
MOST = 200
"""Rows of a page."""
DAY = 86_400_000_000
R = TypeVar("R")


def select(c: Connection, row: type[R], table: Table, rest: str, values: Sequence[Any] = ()) -> tuple[R, ...]:
    """Rows of a table. rest: of the statement."""
    text = f"SELECT {names_of(row)} FROM {table.full_name} {rest}"
    return tuple(row_of(row, one) for one in query(c, text, values))


class Reads:
    """Asks a record."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def totals(self) -> Totals:
        """How much there is."""
        marks = ", ".join("?" * len(FLAGGED))
        text = (
            f"SELECT (SELECT count(*) FROM {t.SOURCES.full_name}), (SELECT count(unseen_since) FROM "
            f"{t.SOURCES.full_name}), count(*), "
            f"coalesce(sum(CASE WHEN state='new' AND kind IN ({marks}) THEN 1 ELSE 0 END), 0), "
            "coalesce(sum(CASE WHEN ours>0 THEN 1 ELSE 0 END), 0), count(DISTINCT seller), "
            f"(SELECT count(*) FROM {t.BACKS.full_name}), "
            f"(SELECT count(*) FROM {t.REQUESTS.full_name} WHERE outcome='open') FROM {t.OFFERS.full_name}"
        )
        row = self._market.read(lambda c: query(c, text, sorted(FLAGGED)))[0]
        return row_of(Totals, row)

    def sources(self) -> tuple[SourceRow, ...]:
        """All sources, by name."""
        return self._market.read(lambda c: select(c, SourceRow, t.SOURCES, "ORDER BY source"))

    def offers(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        source: str | None = None,
        seller: str | None = None,
        shop: str | None = None,
        flagged: bool = False,
        ours: bool = False,
        after: str | None = None,
        limit: int = 50,
    ) -> Page[OfferRow]:
        """Offers that fit all that is given, newest first.

        Args:
            state: How it was decided: `new`, `kept`, `dismissed`.
            kind: Kind of its text.
            source: Where it stands.
            seller: Whose it is.
            shop: In which shop it stands.
            flagged: Only kinds that somebody is to look at.
            ours: Only with numbers of the courier's own.
            after: Where the last part ended.
            limit: At most so many, up to `MOST`.

        Returns:
            A part of the list.

        Raises:
            RecordError: `after` is none.
        """
        given = {"state": state, "kind": kind, "source": source, "seller": seller, "shop": shop}
        parts: list[tuple[str, Any]] = [(f"{name}=?", value) for name, value in given.items() if value is not None]
        if after is not None:
            parts.append(("seq<?", place_of(after)))
        where = [part for part, _ in parts]
        values: list[Any] = [value for _, value in parts]
        if flagged:
            where.append(f"kind IN ({', '.join('?' * len(FLAGGED))})")
            values += sorted(FLAGGED)
        if ours:
            where.append("ours>0")
        most = max(1, min(limit, MOST))
        rest = f"{'WHERE ' if where else ''}{' AND '.join(where)} ORDER BY seq DESC LIMIT ?"
        rows = self._market.read(lambda c: select(c, OfferRow, t.OFFERS, rest, [*values, most + 1]))
        return Page(rows=rows[:most], after=str(rows[most - 1].seq) if len(rows) > most else None)

    def all_offers(self) -> Iterator[tuple[OfferRow, Mapping[str, Any], int]]:
        """Every offer by when it was first seen, with its body as it was recorded last, and its version."""
        text = f"SELECT {', '.join(t.OFFERS.names)} FROM {t.OFFERS.full_name} ORDER BY first_at, seq"
        for values in self._market.read(lambda c: query(c, text)):
            offer, body = _offer(values)
            yield offer, body, body["versions"]

    def offer(self, offer: str) -> OfferView:
        """An offer. NoSuchThingError."""

        def work(c: Connection) -> OfferView:
            found = query(c, f"SELECT {', '.join(t.OFFERS.names)} FROM {t.OFFERS.full_name} WHERE offer=?", (offer,))
            if not found:
                raise NoSuchThingError("there is no such offer")
            row, body = _offer(found[0])
            names = ("price", "posted_at", "reading", "pictures", "versions", "decided_by", "decided_at", "reason")
            return OfferView(
                row=row,
                **{name: body[name] for name in names},
                capture=_capture(c, body["capture"]),
                numbers=select(c, NumberRow, t.NUMBERS, "WHERE offer=? ORDER BY waybill", (offer,)),
            )

        return self._market.read(work)

    def capture(self, capture: str) -> tuple[int, Capture]:
        """A capture and its line's place. NoSuchThingError: there is none, or it was purged."""

        def work(c: Connection) -> tuple[int, Capture]:
            found = _capture(c, capture)
            if found is None:
                raise NoSuchThingError("there is no such capture any more")
            (seq,) = query(c, f"SELECT seq FROM {t.CAPTURES.full_name} WHERE capture=?", (capture,))[0]
            return seq, found

        return self._market.read(work)

    def file_digests(self) -> frozenset[str]:
        """SHA-256 of all files that were taken in, also of those whose time is over."""
        text = (
            f"SELECT sha256 FROM {t.CAPTURES.full_name} WHERE status=0 UNION "
            f"SELECT sha256 FROM {t.PURGED.full_name} WHERE sha256 IS NOT NULL"
        )
        return frozenset(row[0] for row in self._market.read(lambda c: query(c, text)))

    def sellers(self, *, after: str | None = None, limit: int = 50, most: str = "last_at") -> Page[SellerRow]:
        """Sellers with offers that somebody is to look at; `most` first: `last_at`, `flagged`, `shops` or `ours`."""
        if most not in {"last_at", "flagged", "shops", "ours"}:
            raise RecordError("sellers aren't sorted by this", key="most")
        place = int(after) if after is not None and after.isdecimal() and len(after) < 10 else 0
        if after is not None and not place:
            raise RecordError("this is no place in a list", key="after")
        size = max(1, min(limit, MOST))
        text = (
            f"{_SELLERS} WHERE seller IS NOT NULL GROUP BY seller HAVING {_FLAGGED_SUM}>0 ORDER BY {most} DESC, seller"
        )
        rows = self._market.read(lambda c: query(c, f"{text} LIMIT ? OFFSET ?", [*_KINDS, *_KINDS, size + 1, place]))
        return Page(
            rows=tuple(row_of(SellerRow, row) for row in rows[:size]),
            after=str(place + size) if len(rows) > size else None,
        )

    def search_sellers(self, text: str, limit: int) -> tuple[str, ...]:
        """Sellers by their id, a handle of theirs, or a part of a shop's name."""
        rest = f"SELECT DISTINCT seller FROM {t.OFFERS.full_name} WHERE seller IS NOT NULL AND"
        name = text.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        parts = (
            f"{rest} seller=? UNION {rest} offer IN (SELECT offer FROM {t.SAID.full_name} WHERE what IN "
            f"({', '.join('?' * len(_HANDLES))}) AND value=?) UNION {rest} shop IN (SELECT shop FROM "
            f"{t.SHOPS.full_name} WHERE lower(name) LIKE ? ESCAPE '!') LIMIT ?"
        )
        values = [text, *_HANDLES, text, f"%{name}%", limit]
        return tuple(seller for (seller,) in self._market.read(lambda c: query(c, parts, values)))

    def seller(self, seller: str) -> SellerView:
        """A seller. NoSuchThingError."""

        def work(c: Connection) -> SellerView:
            found = query(c, f"{_SELLERS} WHERE seller=? GROUP BY seller", [*_KINDS, seller])
            if not found:
                raise NoSuchThingError("there is no such seller")
            mine = f"SELECT offer FROM {t.OFFERS.full_name} WHERE seller=?"
            shops = f"WHERE shop IN (SELECT shop FROM {t.OFFERS.full_name} WHERE seller=?) ORDER BY first_at"
            latest, links = f"ORDER BY seq DESC LIMIT {MOST}", "ORDER BY weight DESC, a, b"
            one, both = (seller,), (seller, seller)
            return SellerView(
                row=row_of(SellerRow, found[0]),
                offers=select(c, OfferRow, t.OFFERS, f"WHERE seller=? {latest}", one),
                shops=select(c, ShopRow, t.SHOPS, f"{shops} LIMIT {MOST}", one),
                links=select(c, LinkRow, t.LINKS, f"WHERE a IN ({mine}) AND b IN ({mine}) {links} LIMIT {MOST}", both),
                backs=select(c, BackRow, t.BACKS, f"WHERE seller=? {latest}", one),
                judged=select(c, JudgedRow, t.WORDS_OF_PEOPLE, f"WHERE a IN ({mine}) OR b IN ({mine}) {latest}", both),
            )

        return self._market.read(work)

    def judged(self) -> tuple[JudgedRow, ...]:
        """All that people said of two offers and didn't take back, in its order."""
        rest = "WHERE undone_by IS NULL ORDER BY seq"
        return self._market.read(lambda c: select(c, JudgedRow, t.WORDS_OF_PEOPLE, rest))

    def shops(self) -> tuple[tuple[ShopRow, Mapping[str, Any]], ...]:
        """All shops, with what the watch remembers of each."""
        text = f"SELECT {names_of(ShopRow)}, memory FROM {t.SHOPS.full_name} ORDER BY shop"
        rows = self._market.read(lambda c: query(c, text))
        return tuple((row_of(ShopRow, row[:-1]), json.loads(row[-1])) for row in rows)

    def backs(self, *, since: int = 0, limit: int = 50) -> tuple[BackRow, ...]:
        """Come-backs, the latest first."""
        rest = "WHERE at>=? ORDER BY seq DESC LIMIT ?"
        return self._market.read(lambda c: select(c, BackRow, t.BACKS, rest, (since, limit)))

    def numbers(self, *, since: int = 0, limit: int = MOST) -> tuple[NumberRow, ...]:
        """Numbers of the courier's own that were on offer, each once, where it was seen last, the latest first."""
        later = "m.waybill=n.waybill AND (m.at>n.at OR (m.at=n.at AND m.offer>n.offer))"
        rest = (
            f"n WHERE at>=? AND NOT EXISTS (SELECT 1 FROM {t.NUMBERS.full_name} m WHERE {later}) "
            "ORDER BY at DESC, waybill LIMIT ?"
        )
        return self._market.read(lambda c: select(c, NumberRow, t.NUMBERS, rest, (since, limit)))

    def sightings(self, since: int = 0) -> Iterator[Sighting]:
        """Numbers of the courier's own in offers, whatever these say of them, as they were seen first.

        One of a seller comes once for offers that say the same of it, in however many views of a site it stands.

        Args:
            since: Only what was seen from this moment on, microseconds since 1970.

        Yields:
            Each.
        """
        seen = set()
        text = (
            "SELECT n.waybill, n.offer, coalesce(o.shop, n.offer), o.seller, n.at, n.canary, coalesce(o.kind, ''), "
            f"coalesce(o.state, ''), coalesce(o.price, ''), coalesce(o.reading, '{{}}') FROM {t.NUMBERS.full_name} n "
            f"LEFT JOIN {t.OFFERS.full_name} o ON o.offer=n.offer WHERE n.at>=? ORDER BY n.at, n.waybill"
        )
        for *number, kind, state, price, reading in self._market.read(lambda c: query(c, text, (since,))):
            said = json.loads(reading)
            sells = sells_own(kind, state, said)
            priced = state != "dismissed" and bool(price.strip() or said.get("prices"))
            if (once := (number[0], number[3] or number[1], sells, priced)) in seen:
                continue
            seen.add(once)
            routes = tuple((one["origin"], one["destination"]) for one in said.get("routes", ()))
            yield row_of(Sighting, (*number, sells, priced, routes))

    def on_offer(self) -> Iterator[Sighting]:
        """Numbers of the courier's own that are on offer, and not only mentioned: one of a seller once."""
        seen = set()
        for one in self.sightings():
            if one.on_offer and (once := (one.waybill, one.seller or one.offer)) not in seen:
                seen.add(once)
                yield one

    def requests(self, *, open_only: bool = False) -> tuple[Request, ...]:
        """Requests for removal, the latest first."""
        where = "WHERE outcome=? " if open_only else ""
        text = f"SELECT acts FROM {t.REQUESTS.full_name} {where}ORDER BY asked_at DESC, request"
        rows = self._market.read(lambda c: query(c, text, (Outcome.OPEN.value,) if open_only else ()))
        return tuple(_request(row[0]) for row in rows)

    def request(self, request: str) -> Request:
        """A request for removal. NoSuchThingError."""
        text = f"SELECT acts FROM {t.REQUESTS.full_name} WHERE request=?"
        found = self._market.read(lambda c: query(c, text, (request,)))
        if not found:
            raise NoSuchThingError("there is no such request")
        return _request(found[0][0])

    def words(self) -> tuple[tuple[str, str, str], ...]:
        """Words that people took into the dictionary: (word, kind, meaning)."""
        text = f"SELECT word, kind, meaning FROM {t.WORDS.full_name} WHERE state='accepted' ORDER BY word"
        return tuple((row[0], row[1], row[2]) for row in self._market.read(lambda c: query(c, text)))

    def learnt(self) -> LearntRow | None:
        """Find the lesson of decisions that is in force; None: nothing is."""
        rest = "WHERE undone_by IS NULL ORDER BY seq DESC LIMIT 1"
        return next(iter(self._market.read(lambda c: select(c, LearntRow, t.LEARNT, rest))), None)

    def weeks(self, now: int, count: int = 12) -> tuple[Week, ...]:
        """The market's last weeks, the oldest first; the last one ends now."""
        start = now - count * 7 * DAY + 1
        span = (start, now)

        def counted(c: Connection, table: Table, at: str, columns: str, where: str = "1=1") -> list[tuple[Any, ...]]:
            groups = "GROUP BY 1" + (f", {columns}" if columns else "")
            text = f"SELECT CAST(({at}-{start})/{7 * DAY} AS BIGINT), {columns + ', ' if columns else ''}count(*) "
            return query(c, f"{text}FROM {table.full_name} WHERE {where} AND {at}>=? AND {at}<=? {groups}", span)

        def work(c: Connection) -> tuple[Week, ...]:
            kinds = counted(c, t.OFFERS, "first_at", "kind")
            said = counted(c, t.SAID, "at", "what, value, number", "what IN ('price', 'route', 'freshness')")
            backs = counted(c, t.BACKS, "at", "")
            return tuple(_week(start + n * 7 * DAY, n, kinds, said, dict(backs)) for n in range(count))

        return self._market.read(work)


_HANDLES = tuple(f"handle.{kind.value}" for kind in HandleKind)
_KINDS = sorted(FLAGGED)
_FLAGGED_SUM = f"sum(CASE WHEN kind IN ({', '.join('?' * len(FLAGGED))}) THEN 1 ELSE 0 END)"
_SELLERS = (
    f"SELECT seller, count(*) AS offers, {_FLAGGED_SUM} AS flagged, count(DISTINCT shop) AS shops, "
    "count(DISTINCT source) AS sources, min(first_at) AS first_at, max(last_at) AS last_at, "
    "sum(CASE WHEN ours>0 THEN 1 ELSE 0 END) AS ours, "
    f"(SELECT count(*) FROM {t.BACKS.full_name} b WHERE b.seller={t.OFFERS.full_name}.seller) AS backs "
    f"FROM {t.OFFERS.full_name}"
)


def sells_own(kind: str, state: str, reading: Mapping[str, Any]) -> bool:
    """Tell whether an offer sells the courier's own numbers that stand in it: as somebody decided, else as it reads."""
    if state in ("kept", "dismissed"):
        return state == "kept"
    return kind in FLAGGED or float(reading.get("sells", 0.0)) >= SELLS


def _offer(values: Sequence[Any]) -> tuple[OfferRow, Mapping[str, Any]]:
    """An offer as a list has it, and all that its table has of it."""
    row = dict(zip(t.OFFERS.names, values, strict=True))
    made = OfferRow(**{name: row[name] for name in OfferRow.__slots__})
    return made, {**row, "reading": json.loads(row["reading"]), "pictures": json.loads(row["pictures"])}


def _request(acts: str) -> Request:
    (request,) = follow(act_from(*one) for one in json.loads(acts))
    return request


def _capture(c: Connection, capture: str) -> Capture | None:
    names = ("id", "source", "url", "at", "status", "media_type", "sha256", "size", "warc", "offset", "length")
    columns = "capture, source, url, at, status, media_type, sha256, size, warc, start, length"
    found = query(c, f"SELECT {columns} FROM {t.CAPTURES.full_name} WHERE capture=?", (capture,))
    return Capture(**dict(zip(names, found[0], strict=True))) if found else None


def _week(
    at: int,
    number: int,
    kinds: Sequence[tuple[Any, ...]],
    said: Sequence[tuple[Any, ...]],
    backs: Mapping[int, int],
) -> Week:
    mine = [(what, value, yuan, count) for week, what, value, yuan, count in said if week == number]
    prices: dict[str, list[float]] = {}
    for what, value, yuan, count in mine:
        if what == "price":
            prices.setdefault(value.partition(":")[0], []).extend([yuan] * count)
    routes = sorted(
        ((value, count) for what, value, _, count in mine if what == "route"), key=lambda one: (-one[1], one[0])
    )
    return Week(
        at=at,
        offers={kind: count for week, kind, count in kinds if week == number},
        prices={unit: tuple(sorted(found)) for unit, found in prices.items()},
        freshness={value: count for what, value, _, count in mine if what == "freshness"},
        routes=tuple(routes[:10]),
        backs=backs.get(number, 0),
    )
