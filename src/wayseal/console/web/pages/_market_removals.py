"""Requests for removal: what is due first, the letter to send, and what came of it, one by one and by site.

1. The console records, and writes letters; it sends nothing: a person does, in the site's own way.
2. Whoever is accused may answer, before and after the end; until somebody looked at it that is told first.
3. Only the watch settles a request, when it saw what it asks for gone; a person can withdraw it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES
from wayseal.console.web._ask import TO_DO, Ask, Pages, status_of
from wayseal.console.web._lists import table_file, with_query
from wayseal.console.web._market_view import frame, named, on_record, spot
from wayseal.console.web.pages._casework import me, number_given
from wayseal.market.errors import MarketError, NoSuchThingError, OvertakenError, RecordError, RemovalError
from wayseal.market.log import Market
from wayseal.market.log.acts import kind_of
from wayseal.market.log.reads import Reads
from wayseal.market.log.requests import MOST_TEXT, begin_request, checked_line, continue_request, find_target
from wayseal.market.takedown import (
    LANGS,
    RULES,
    Act,
    Answer,
    Due,
    Letter,
    Outcome,
    Removed,
    Request,
    count_by_source,
    find_due,
    write_letter,
)
from wayseal.model.messages import N_

PAGES = Pages(on_record)
_MANY = 100
_GROUPS = ("due", "open", "settled", "all")
_FIELDS = ("target", "rule", "address", "letter_lang", "captures", "why")
_LETTERS = ("request", "reminder")
_MISTAKES = (AccessError, OvertakenError, RemovalError, NoSuchThingError, RecordError)
_ACTS = ("heard", "reminded", "answered", "escalated", "accused", "withdrawn")
_DUE_ACTS = {"hear": "heard", "answer": "reminded", "remind": "reminded", "escalate": "escalated"}
"""Which act what is due waits for."""
_HEAD = (
    "request", "target", "source", "url", "rule:market_rule.", "sent_to", "requested:time", "who", "reminders",
    "answer:market_answer.", "outcome:market_outcome.", "settled:time", "days", "due:market_due.", "due_since:time",
)  # fmt: skip


@PAGES.get("/market/removals", CASE_ROLES)
def show_removals(ask: Ask, market: Market, error: MarketError | AccessError | None = None) -> Response:
    """Return what is due, the list, counts by site, and the form of a new request."""
    now, every = ask.access.now(), Reads(market).requests()
    due = {one.request: one for one in find_due(every, now)}
    group = ask.query.get("state", "")
    group = group if group in _GROUPS else "due" if due else "open"
    fits = [one for one in every if _fits(one, group, due)]
    if group in {"due", "open"}:
        places = {id_: place for place, id_ in enumerate(due)}
        fits.sort(key=lambda one: places.get(one.id, len(places)))
    start = _place(ask.query.get("after", ""))
    given = {name: ask.field(name) or ask.query.get(name, "")[:2000] for name in _FIELDS}
    given["letter_lang"] = given["letter_lang"] or ask.lang
    return ask.page(
        "market_removals",
        error=error,
        rows=[_line(one, now, due) for one in fits[start : start + _MANY]],
        after=start + _MANY if len(fits) > start + _MANY else 0,
        group=group,
        groups=_GROUPS,
        counts={one: sum(_fits(request, one, due) for request in every) for one in _GROUPS},
        sites=count_by_source(every),
        given=given,
        rules=RULES,
        letter_langs=LANGS,
        begun=bool(error) or bool(given["target"]),
        link=lambda **changes: with_query("/market/removals", {"state": group}, **changes),
        **frame(ask, "removals"),
    )


def _fits(request: Request, group: str, due: Mapping[str, Due]) -> bool:
    match group:
        case "due":
            return request.id in due
        case "open":
            return request.is_open
        case "settled":
            return not request.is_open
    return True


def _line(request: Request, now: int, due: Mapping[str, Due]) -> Mapping[str, Any]:
    """A request with how long it has run, what was last said, and what is due."""
    answers = request.answers
    return {
        "id": request.id,
        "asked": request.asked,
        "outcome": request.outcome.value,
        "days": request.days(now),
        "due": due.get(request.id),
        "answer": answers[-1].answer.value if answers else "",
        "reminders": request.reminders,
    }


@PAGES.get("/market/removals.csv", CASE_ROLES, recorded=True)
def list_removals(ask: Ask, market: Market) -> Response:
    """All requests as a file."""
    now, every = ask.access.now(), Reads(market).requests()
    due = {one.request: one for one in find_due(every, now)}

    def rows() -> Iterator[Sequence[object]]:
        for one in every:
            line, asked, todo = _line(one, now, due), one.asked, due.get(one.id)
            yield (
                one.id, asked.target, asked.source, asked.url, asked.rule, asked.address, asked.at, asked.who,
                line["reminders"], line["answer"], one.outcome.value,
                one.settled_at, f"{one.days(now):.1f}",
                *((None, None) if todo is None else (todo.todo.value, todo.since)),
            )  # fmt: skip

    return table_file(ask, "market-removals.csv", _HEAD, rows())


@PAGES.post("/market/removals", CASE_ROLES, again=show_removals, refusals=_MISTAKES)
def ask_removal(ask: Ask, market: Market) -> Response:
    """Records a new request."""
    asked = begin_request(
        market,
        target=ask.line("target"),
        rule=ask.field("rule"),
        address=ask.line("address"),
        lang=ask.field("letter_lang"),
        captures=ask.field("captures").split(),
        who=me(ask),
        why=ask.line("why"),
        at=ask.access.now(),
    )
    return ask.go(f"/market/removals/{asked.request}")


@PAGES.get("/market/removals/{removal}", CASE_ROLES)
def show_removal(ask: Ask, market: Market, error: MarketError | AccessError | None = None) -> Response:
    """One request."""
    size, request, now = market.size(), Reads(market).request(named(ask, "removal")), ask.access.now()
    due = {one.request: one for one in find_due([request], now)}
    line = _line(request, now, due)
    wanted = _DUE_ACTS[line["due"].todo.value] if line["due"] else ""
    letter_error, letter = None, None
    if request.is_open:
        try:
            letter = _letter(ask, request, now)
        except _MISTAKES as wrong:
            letter_error = wrong
    return ask.page(
        "market_removal",
        status=status_of(error or (letter_error if ask.form else None)),
        size=size,
        error=error,
        one=line,
        course=[_told(act) for act in (request.asked, *request.acts)],
        acts=[act for act in _ACTS if _can(request, act)],
        begun=ask.field("act") if error else wanted,
        wanted=wanted,
        unheard=request.unheard_notices,
        answers=tuple(Answer),
        most_text=MOST_TEXT,
        letter=letter,
        letter_error=letter_error if ask.form else None,
        letter_given=_given(ask, request, now),
        letters=_LETTERS,
        letter_langs=LANGS,
        back_again=_is_back(market, request),
        **frame(ask, "removals"),
    )


def _told(act: Act) -> Mapping[str, Any]:
    """A step of a request's course, as a page tells it."""
    return {
        "kind": kind_of(act).value,
        "at": act.at,
        "who": getattr(act, "who", ""),
        "why": getattr(act, "why", ""),
        "text": getattr(act, "text", ""),
        "answer": getattr(act, "answer", ""),
        "to": getattr(act, "to", ""),
        "shown": act.captures if isinstance(act, Removed) else (),
    }


def _can(request: Request, act: str) -> bool:
    """Return whether an act can follow now (rule 2)."""
    if act == "heard":
        return request.unheard > 0
    return act == "accused" or request.is_open


def _is_back(market: Market, request: Request) -> bool:
    """Return whether what was removed can be seen again: then it is asked for anew."""
    if request.outcome is not Outcome.REMOVED:
        return False
    try:
        return not find_target(market, request.asked.target).gone
    except NoSuchThingError:
        return False


@PAGES.post("/market/removals/{removal}", CASE_ROLES, again=show_removal, refusals=_MISTAKES)
def go_on(ask: Ask, market: Market) -> Response:
    """Records what happened since."""
    request, act = Reads(market).request(named(ask, "removal")), ask.choice("act", _ACTS, TO_DO)
    if act == "answered":
        ask.choice("answer", Answer, N_("choose what the site answered"))
    continue_request(
        market,
        request=request.id,
        kind=act,
        who=me(ask),
        why=ask.line("why"),
        at=ask.access.now(),
        answer=ask.field("answer"),
        text=ask.field("text"),
        to=ask.line("to"),
        seen=number_given(ask, "seen"),
    )
    return ask.go(f"/market/removals/{spot(request.id)}")


@PAGES.post("/market/removals/{removal}/letter", CASE_ROLES)
def write_out(ask: Ask, market: Market) -> Response:
    """The letter of a request or a reminder, shown, or as a file."""
    request, now = Reads(market).request(named(ask, "removal")), ask.access.now()
    if not ask.field("save"):
        return show_removal(ask, market)
    try:
        letter = _letter(ask, request, now)
    except _MISTAKES:
        return show_removal(ask, market)
    given = _given(ask, request, now)
    return Response(
        f"{letter.subject}\n\n{letter.body}",
        media_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{request.id}-{given["letter"]}.{given["letter_lang"]}.txt"'
        },
    )


def _given(ask: Ask, request: Request, now: int) -> Mapping[str, str]:
    """Which letter is meant: as a form says it, else what is to be sent next; who writes, and where answers go."""
    again = request.reminders > 0 or any(one.todo.value == "remind" for one in find_due([request], now))
    kind, lang = ask.field("letter"), ask.field("letter_lang")
    return {
        "letter": kind if kind in _LETTERS else _LETTERS[again],
        "letter_lang": lang if lang in LANGS else request.asked.lang,
        "name": ask.line("name") or ask.site.settings.unit,
        "contact": ask.line("contact") or ask.site.settings.contact,
    }


def _letter(ask: Ask, request: Request, now: int) -> Letter:
    """RemovalError: whoever writes, or where answers go, isn't said."""
    given = _given(ask, request, now)
    return write_letter(
        request.asked,
        name=checked_line(given["name"], "name"),
        contact=checked_line(given["contact"], "contact"),
        reminder=given["letter"] == _LETTERS[1],
        lang=given["letter_lang"],
    )


def _place(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 0
