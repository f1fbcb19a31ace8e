"""Requests for removal: what a site was asked, under which rule and on which captures, what was answered, how it ended.

1. The console records and reminds; it sends nothing: a person does, in the site's own way.
2. Whoever is accused may answer, and the answer stands beside the request.
3. A site's time to removal is told with how many requests are open yet: what wasn't removed has no time.
"""

import hashlib
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.cases.errors import CasebookUsageError
from wayseal.cases.types import one_line
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, Page
from wayseal.console.web._ask import Ask
from wayseal.console.web._market_page import on_record
from wayseal.console.web._market_view import frame, named, spot
from wayseal.console.web.pages._desk import DAY_US, me, table_file, with_query
from wayseal.market.errors import NoSuchThingError
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.reads import Reads
from wayseal.market.log.views import RemovalRow
from wayseal.model.times import iso

OUTCOMES = ("removed", "refused", "no_answer", "withdrawn")
ANSWERERS = ("site", "accused")
_FIELDS = ("target", "source", "rule", "captures")
_MOST_CAPTURES, _MOST_ANSWER, _MANY = 20, 2000, 100
_REMIND_AFTER = 7 * DAY_US
_GROUPS = ("open", "closed", "all")
RULES = ("express", "personal_data", "notice", "platform")
"""What can be cited, as the texts of requests know it."""
_HEAD = ("removal", "target", "source", "rule", "asked_at", "who", "reminders", "outcome", "closed_at", "days")


def show_removals(ask: Ask, market: Market) -> Response:
    """The list, times by site, and the form of a new request."""
    return _list_page(ask, market)


def _list_page(ask: Ask, market: Market, error: Any = None) -> Response:
    reads, now = Reads(market), ask.access.now()
    every, group = reads.removals(), ask.query.get("state", "") or _GROUPS[0]
    fits = [one for one in every if group == "all" or (one.outcome is None) == (group == "open")]
    start = _place(ask.query.get("after", ""))
    given = {name: ask.query.get(name, "")[:300] for name in _FIELDS}
    return ask.page(
        "market_removals",
        status=200 if error is None else 400,
        error=error,
        rows=[_line(one, now) for one in fits[start : start + _MANY]],
        after=start + _MANY if len(fits) > start + _MANY else 0,
        group=group,
        groups=_GROUPS,
        counts={"open": sum(one.outcome is None for one in every), "all": len(every)},
        sites=_sites(every, now),
        sources=[one.source for one in reads.sources()],
        given={name: ask.field(name) or value for name, value in given.items()},
        why=ask.field("why"),
        rules=RULES,
        begun=bool(error) or any(given.values()),
        link=lambda **changes: with_query("/market/removals", {"state": group}, **changes),
        **frame(ask, "removals"),
    )


def list_removals(ask: Ask, market: Market) -> Response:
    """All requests as a file."""
    now = ask.access.now()

    def rows() -> Iterator[Sequence[object]]:
        for one in Reads(market).removals():
            head = (one.removal, one.target, one.source, one.rule, iso(one.asked_at), one.who, one.reminders)
            closed = iso(one.closed_at) if one.closed_at is not None else ""
            yield (*head, one.outcome or "", closed, f"{_days(one, now):.1f}")

    return table_file("market-removals.csv", _HEAD, rows())


def ask_removal(ask: Ask, market: Market) -> Response:
    """Records a new request."""
    try:
        body, why = _request(ask, market), one_line(ask.line("why"), "why")
    except (CasebookUsageError, AccessError) as error:
        return _list_page(ask, market, error)
    at = ask.access.now()
    made = "r-" + hashlib.sha256(f"{body['target']}\n{at}\n{me(ask)}".encode()).hexdigest()[:8]
    market.append([Line(kind=LineKind.ASKED, at=at, body={"removal": made, **body}, who=me(ask), why=why)])
    return ask.go(f"/market/removals/{made}")


def _request(ask: Ask, market: Market) -> dict[str, Any]:
    """What a form asks for. AccessError: a field that is missing, or names what isn't in the record."""
    reads = Reads(market)
    target, rule, source = (one_line(ask.line(name), name) for name in ("target", "rule", "source"))
    if rule not in RULES:
        raise AccessError("choose a rule of the list", key="rule")
    if source not in {one.source for one in reads.sources()}:
        raise AccessError("the watch knows no such source", key="source")
    captures = list(dict.fromkeys(ask.field("captures").split()))
    if not captures or len(captures) > _MOST_CAPTURES:
        raise AccessError("name from 1 to {most} captures that show it", key="captures", most=_MOST_CAPTURES)
    for capture in captures:
        try:
            reads.capture(capture)
        except NoSuchThingError:
            raise AccessError("the record has no such capture", key="captures") from None
    return {"target": target, "source": source, "rule": rule, "captures": captures}


def show_removal(ask: Ask, market: Market) -> Response:
    """One request."""
    return _removal_page(ask, market)


def _removal_page(ask: Ask, market: Market, error: Any = None) -> Response:
    row, now = _find(ask, market), ask.access.now()
    return ask.page(
        "market_removal",
        status=200 if error is None else 400,
        error=error,
        typed=ask.form,
        one=_line(row, now),
        row=row,
        outcomes=OUTCOMES,
        answerers=ANSWERERS,
        **frame(ask, "removals"),
    )


def go_on(ask: Ask, market: Market) -> Response:
    """Records a reminder, an answer, or how it ended."""
    row, act = _find(ask, market), ask.field("act")
    try:
        why = one_line(ask.line("why"), "why")
        if row.outcome is not None:
            raise AccessError("this request has ended: make a new one where it is needed", key="act")
        kind, body = _step(ask, act)
    except (CasebookUsageError, AccessError) as error:
        return _removal_page(ask, market, error)
    body = {"removal": row.removal, **body}
    market.append([Line(kind=kind, at=ask.access.now(), body=body, who=me(ask), why=why)])
    return ask.go(f"/market/removals/{spot(row.removal)}")


def _step(ask: Ask, act: str) -> tuple[LineKind, dict[str, Any]]:
    match act:
        case "remind":
            return LineKind.REMINDED, {}
        case "answer":
            text = ask.field("text").strip()
            if ask.field("by") not in ANSWERERS or not text or len(text) > _MOST_ANSWER:
                raise AccessError(
                    "say who answered, and what, in up to {most} characters", key="text", most=_MOST_ANSWER
                )
            return LineKind.ANSWERED, {"by": ask.field("by"), "text": text}
        case "close":
            if ask.field("outcome") not in OUTCOMES:
                raise AccessError("choose how it ended", key="outcome")
            return LineKind.CLOSED, {"outcome": ask.field("outcome")}
        case _:
            raise AccessError("choose what is to be done", key="act")


def _find(ask: Ask, market: Market) -> RemovalRow:
    wanted = named(ask, "removal")
    found = next((one for one in Reads(market).removals() if one.removal == wanted), None)
    if found is None:
        raise NoSuchThingError("there is no such request")
    return found


def _line(row: RemovalRow, now: int) -> Mapping[str, Any]:
    """A request with how long it has run, and whether a reminder is due."""
    last = max(row.asked_at, row.reminded_at or 0, *(one["at"] for one in row.answers), 0)
    return {"row": row, "days": _days(row, now), "due": row.outcome is None and now - last > _REMIND_AFTER}


def _days(row: RemovalRow, now: int) -> float:
    return ((now if row.closed_at is None else row.closed_at) - row.asked_at) / DAY_US


def _sites(rows: Sequence[RemovalRow], now: int) -> list[Mapping[str, Any]]:
    """Requests by site (rule 3)."""
    by: dict[str, list[RemovalRow]] = defaultdict(list)
    for row in rows:
        by[row.source].append(row)
    out: list[Mapping[str, Any]] = []
    for source, some in sorted(by.items()):
        removed = [_days(one, now) for one in some if one.outcome == "removed"]
        open_ = [_days(one, now) for one in some if one.outcome is None]
        out.append(
            {
                "source": source,
                "asked": len(some),
                "removed": len(removed),
                "median": statistics.median(removed) if removed else None,
                "open": len(open_),
                "oldest": max(open_, default=None),
            }
        )
    return out


def _place(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 0


PAGES = (
    Page(method="GET", path="/market/removals", act=on_record(show_removals), roles=CASE_ROLES),
    Page(method="GET", path="/market/removals.csv", act=on_record(list_removals), roles=CASE_ROLES),
    Page(method="POST", path="/market/removals", act=on_record(ask_removal), roles=CASE_ROLES),
    Page(method="GET", path="/market/removals/{removal}", act=on_record(show_removal), roles=CASE_ROLES),
    Page(method="POST", path="/market/removals/{removal}", act=on_record(go_on), roles=CASE_ROLES),
)
