"""The market's watch: how it stands and what changed, its sources, what was done by hand, and captures.

1. Whoever sees no offer sees counts, sources and acts: no text, no handle, no number, no seller, no reason.
2. What changed is told against the counts of the last visit; within a visit it stays told.
3. A proof goes out with the line that it proves, and what checks it: nobody has to ask us.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from wayseal.console.jobs.imports import is_market_installed
from wayseal.console.roles import CASE_ROLES, LEDGER_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._lanes_view import Clock
from wayseal.console.web._market_page import on_record
from wayseal.console.web._market_view import frame, long_unseen, named, say_of, works
from wayseal.console.web.pages._market_work import looking
from wayseal.market.drawn import FRESH, draw_fresh, draw_prices, draw_weeks, price_text, routes_of, spread, units_of
from wayseal.market.log import Market
from wayseal.market.log.lines import ORIGIN
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import SourceRow, Totals, Week
from wayseal.market.log.weekly import last_moment, overdue
from wayseal.market.log.work import acts
from wayseal.market.types import FLAGS
from wayseal.model.times import clock_hours

_SEEN = "market.seen"
_WEEKS, _UNITS, _FEW, _ROUTES = 12, 4, 6, 8
_MANY = 50
_STARTING = "-"


def show_market(ask: Ask, market: Market) -> Response:
    """How the market stands."""
    reads, now = Reads(market), ask.access.now()
    totals, sources = reads.totals(), reads.sources()
    weeks = reads.weeks(last_moment(sources, now), _WEEKS)
    mine = works(ask)
    return ask.page(
        "market",
        totals=totals,
        changes=_changes(ask, totals),
        unseen=[one for one in sources if one.unseen_since is not None],
        stale=_stale(sources, now),
        long_unseen=long_unseen(ask, sources),
        backs=reads.backs(limit=_FEW) if mine else (),
        numbers=reads.numbers(limit=_FEW) if mine else (),
        **_weeks(ask, weeks),
        **frame(ask, "overview"),
    )


def show_sources(ask: Ask, market: Market) -> Response:
    """What is looked at, how it is seen, and what is to be done where it isn't."""
    sources, now = Reads(market).sources(), ask.access.now()
    rows = sorted(sources, key=lambda one: (one.unseen_since is None, one.unseen_since or 0, one.source))
    return ask.page(
        "market_sources",
        rows=rows,
        late=overdue(sources, now),
        long_unseen=long_unseen(ask, sources),
        intervals=ask.site.unseen_intervals,
        looking=looking(ask),
        installed=is_market_installed(),
        **frame(ask, "sources"),
    )


def show_acts(ask: Ask, market: Market) -> Response:
    """What was done by hand (rule 1)."""
    after = ask.query.get("after", "") or None
    found = acts(market, after=after, limit=_MANY)
    return ask.page("market_acts", rows=found.rows, after=found.after, first=after is None, **frame(ask, "acts"))


def show_capture(ask: Ask, market: Market) -> Response:
    """What was kept of one answer, and how it is checked without us."""
    seq, capture = Reads(market).capture(named(ask, "capture"))
    return ask.page("market_capture", capture=capture, seq=seq, size=market.size(), **frame(ask, "offers"))


def take_proof(ask: Ask, market: Market) -> Response:
    """The proof that a capture's line stands in the record (rule 3)."""
    seq, capture = Reads(market).capture(named(ask, "capture"))
    proof = market.prove(seq)
    body = {
        "format": "wayseal-market-inclusion-1",
        "origin": ORIGIN,
        "capture": capture.id,
        "seq": proof.seq,
        "line": proof.text,
        "tree_size": proof.size,
        "root": proof.root.hex(),
        "path": [one.hex() for one in proof.path],
        "check": "RFC 9162, 2.1.3.2: the leaf is SHA-256 of a zero byte and the line in UTF-8",
    }
    text = json.dumps(body, ensure_ascii=False, indent=1)
    head = {"Content-Disposition": f'attachment; filename="capture-{capture.id[:12]}.proof.json"'}
    return Response(text, media_type="application/json", headers=head)


def _changes(ask: Ask, totals: Totals) -> Mapping[str, Any]:
    """By how much counts differ from those of the last visit (rule 2). since: when that was, 0 for never."""
    now, person = ask.access.now(), ask.whose.person.id
    counts = asdict(totals)
    kept = ask.access.marks.of(person, _SEEN).get((person, _SEEN), "")
    seen: dict[str, Any] = (
        json.loads(kept) if kept else {"session": _STARTING, "before": None, "last": {"at": now, "counts": counts}}
    )
    other = seen["session"] != ask.whose.id
    before = seen["last"] if other and kept else seen["before"]
    if other or seen["last"]["counts"] != counts:
        made = {"session": ask.whose.id, "before": before, "last": {"at": now, "counts": counts}}
        ask.access.marks.put(person, _SEEN, json.dumps(made))
    if before is None:
        return {"since": 0, "by": {}}
    differ = {name: counts[name] - before["counts"].get(name, 0) for name in counts}
    return {"since": before["at"], "by": {name: by for name, by in differ.items() if by}}


def _stale(sources: Sequence[SourceRow], now: int) -> int | None:
    """When anything was looked at last, where that is longer ago than a look of any source should be."""
    looked = [one.looked_at for one in sources if one.looked_at is not None]
    if not looked or not overdue(sources, now):
        return None
    return max(looked) if len(overdue(sources, now)) == len(sources) else None


def _weeks(ask: Ask, weeks: Sequence[Week]) -> Mapping[str, Any]:
    """The line of the market's weeks, drawn and as a table."""
    clock, say = Clock(clock_hours()), say_of(ask)
    units = units_of(weeks)[:_UNITS]

    def day(us: int) -> str:
        return clock.words(us, "%m-%d")

    there = any(week.offers or week.prices or week.backs for week in weeks)
    return {
        "weeks": [_week(week, units) for week in reversed(weeks)],
        "drawn": draw_weeks(weeks, day, say) if there else None,
        "units": units,
        "prices": [(unit, draw_prices(weeks, unit, day, say)) for unit in units],
        "fresh_drawn": draw_fresh(weeks, day, say),
        "kinds": FLAGS,
        "fresh": FRESH,
        "routes": routes_of(weeks[-4:])[:_ROUTES],
        "clock": clock,
    }


def _week(week: Week, units: Sequence[str]) -> Mapping[str, Any]:
    said = sum(week.freshness.values())
    return {
        "at": week.at,
        "offers": {kind: week.offers.get(kind, 0) for kind in FLAGS},
        "total": sum(week.offers.get(kind, 0) for kind in FLAGS),
        "prices": [price_text(spread(week.prices.get(unit, ()))) for unit in units],
        "fresh": {name: week.freshness.get(name, 0) / said for name in FRESH} if said else None,
        "backs": week.backs,
    }


_PROOF = "/market/captures/{capture}/proof"
PAGES = (
    Page(method="GET", path="/market", act=on_record(show_market), roles=LEDGER_ROLES),
    Page(method="GET", path="/market/sources", act=on_record(show_sources), roles=LEDGER_ROLES),
    Page(method="GET", path="/market/acts", act=on_record(show_acts), roles=LEDGER_ROLES),
    Page(method="GET", path="/market/captures/{capture}", act=on_record(show_capture), roles=CASE_ROLES),
    Page(method="GET", path=_PROOF, act=on_record(take_proof), roles=CASE_ROLES, recorded=True),
)
