"""Offers: the list that somebody goes through, one offer with why it is what it is taken for, and what is decided.

1. A decision has its reason, is a line of the record, and leads on to the next offer of the same list.
2. What goes into the queue of cases is put there once, whoever presses how often, and is kept in the record then.
3. Whoever decided last can take it back within a minute, by a line of its own.
4. A text is seen whole by investigators alone, after a fresh proof, and once that look is on record.
5. Own numbers on offer go into a basket, to be traced: all of the seller, if one is known, with when each was found.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from wayseal.cases.decisions import Lead
from wayseal.cases.types import UNDO_US, Observable, ObservableKind, Source
from wayseal.cases.writing import one_line
from wayseal.console.access.types import LOOK_US, ActKind
from wayseal.console.errors import AccessError
from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.tracing import MOST
from wayseal.console.tracing.types import Number
from wayseal.console.web._ask import Ask, Pages
from wayseal.console.web._lists import every_page, table_file, with_query
from wayseal.console.web._market_view import (
    KINDS,
    STATES,
    chances,
    first_words,
    frame,
    in_a_line,
    look_key,
    named,
    on_record,
    own_handles,
    pieces,
    price_words,
    seen_whole,
    shop_called,
    spot,
    stays,
)
from wayseal.console.web._render import translator_of
from wayseal.console.web._trace_view import collect
from wayseal.console.web.pages._casework import me, number_given
from wayseal.market.errors import NoSuchThingError
from wayseal.market.log import Line, LineKind, Market
from wayseal.market.log.queries import readings
from wayseal.market.log.reads import Reads, sells_own
from wayseal.market.log.views import OfferRow, OfferView
from wayseal.market.masks import mask_text
from wayseal.market.types import FLAGS
from wayseal.model import clean_waybill
from wayseal.model.kinds import FoundBy
from wayseal.model.messages import N_

PAGES = Pages(on_record)
_MANY, _AT_ONCE, _LONGEST, _NAME = 50, 200, 200, 60
_FILTERS = ("state", "kind", "source", "seller", "shop", "ours", "flagged")
_DECIDED = {"keep": "kept", "dismiss": "dismissed"}
_TAKEN_BACK = "taken back"
_HEAD = (
    "offer", "source", "shop", "kind:market_kind.", "probability", "state:market_state.", "first_seen:time",
    "last_seen:time", "gone:time", "seller", "own_numbers", "title", "why",
)  # fmt: skip


@PAGES.get("/market/offers", CASE_ROLES)
def show_offers(ask: Ask, market: Market) -> Response:
    """The list."""
    reads, given = Reads(market), _given(ask.query)
    page = reads.offers(**_wanted(given), after=ask.query.get("after", "") or None, limit=_MANY)
    read = readings(market, [row.offer for row in page.rows])
    return ask.page(
        "market_offers",
        rows=[_line(ask, row, read.get(row.offer), given) for row in page.rows],
        after=page.after,
        first=not ask.query.get("after"),
        given=given,
        link=lambda **changes: with_query("/market/offers", given, **changes),
        totals=reads.totals(),
        sources=[one.source for one in reads.sources()],
        done=_done(ask, reads),
        states=STATES,
        kinds=KINDS,
        flags=FLAGS,
        **frame(ask, "offers"),
    )


@PAGES.get("/market/offers.csv", CASE_ROLES, recorded=True)
def list_offers(ask: Ask, market: Market) -> Response:
    """The list as a file; bystanders' numbers are hidden in it."""
    reads, given = Reads(market), _given(ask.query)

    def rows() -> Iterator[Sequence[object]]:
        for page in every_page(lambda after: reads.offers(**_wanted(given), after=after, limit=_AT_ONCE)):
            read = readings(market, [row.offer for row in page.rows])
            yield from (_cells(ask, row, read.get(row.offer)) for row in page.rows)

    return table_file(ask, "market-offers.csv", _HEAD, rows())


@PAGES.get("/market/offers/{offer}", CASE_ROLES)
def show_offer(ask: Ask, market: Market, error: Any = None) -> Response:
    """One offer."""
    reads, given, size = Reads(market), _given({**ask.query, **ask.form}), market.size()
    view = reads.offer(named(ask, "offer"))
    whole = seen_whole(ask, view.row.offer)
    ahead = reads.offers(**_wanted(given), after=str(view.row.seq), limit=1).rows
    return ask.page(
        "market_offer",
        error=error,
        given=given,
        ahead=ahead[0].offer if ahead else "",
        back=with_query("/market/offers", given),
        here_with=lambda path, **more: with_query(path, given, **more),
        done=_done(ask, reads),
        undoable=_undoable(ask, view),
        seq=None if view.capture is None else reads.capture(view.capture.id)[0],
        size=size,
        may_open=ask.whose.person.role in OPENERS,
        whole=whole,
        whole_until=(ask.whose.look(look_key(view.row.offer), ask.access.now()) or 0) + LOOK_US,
        can_queue=ask.site.cases is not None,
        **_told(ask, view, whole=whole),
        **frame(ask, "offers"),
    )


def _told(ask: Ask, view: OfferView, *, whole: bool) -> Mapping[str, Any]:
    """Return what the page says of an offer."""
    reading, say = view.reading, translator_of(ask.lang, html=False).say
    text = view.row.said
    shown = text if whole else mask_text(text, stays(reading, text))
    reasons = reading.get("reasons", ())
    return {
        "view": view,
        "row": view.row,
        "reading": reading,
        "called": first_words(view.row),
        "shop": shop_called(view.row),
        "text": pieces(shown, reasons),
        "differs": shown != text,
        "reasons": [
            {"text": one["text"] if whole else mask_text(one["text"]), "weight": one["weight"]} for one in reasons
        ],
        "heaviest": max((abs(one["weight"]) for one in reasons), default=1.0) or 1.0,
        "chances": chances(reading),
        "handles": _handles(reading, text, whole=whole),
        "prices": [price_words(say, one) for one in reading.get("prices", ())],
        "own": frozenset(one.waybill for one in view.numbers),
        "expected": max((one.expected_false for one in view.numbers), default=0.0),
        "candidates": _candidates(view),
        "line": in_a_line(ask, reading),
    }


def _handles(reading: Mapping[str, Any], text: str, *, whole: bool) -> list[tuple[str, str]]:
    """Contacts as (kind, value); a bystander's phone is hidden."""
    own = own_handles(reading, text)
    every = reading.get("handles", ())
    return [(one["kind"], one["value"] if whole or one in own else mask_text(one["value"])) for one in every]


def _candidates(view: OfferView) -> list[tuple[str, float, str]]:
    """Numbers in text and pictures: (number, the probability that this is what is written, where it stands)."""
    found: dict[str, tuple[str, float, str]] = {}
    for where, rows in (
        ("text", view.reading.get("numbers", ())),
        ("picture", [one for picture in view.pictures for one in picture.get("numbers", ())]),
    ):
        for one in rows:
            number, chance = str(one["number"]), float(one.get("probability", 1.0))
            if number not in found or found[number][1] < chance:
                found[number] = (number, chance, where)
    return sorted(found.values(), key=lambda one: (-one[1], one[0]))


@PAGES.post("/market/offers/{offer}", CASE_ROLES, again=show_offer)
def decide(ask: Ask, market: Market) -> Response:
    """Keeps an offer, dismisses it, puts it into the queue of cases, or takes that back (rules 1 to 3)."""
    reads, act = Reads(market), ask.field("act")
    view = reads.offer(named(ask, "offer"))
    if act == "undo":
        return _take_back(ask, market, view)
    why = one_line(ask.line("why"), "why")
    if act == "queue":
        return _enqueue(ask, market, view, why)
    if act not in _DECIDED:
        raise AccessError("choose what is to be done", key="act")
    market.append([_triaged(ask, view.row.offer, _DECIDED[act], why)], seen=number_given(ask, "seen"))
    given = _given(ask.form)
    ahead = reads.offers(**_wanted(given), after=str(view.row.seq), limit=1).rows
    path = f"/market/offers/{spot(ahead[0].offer)}" if ahead else "/market/offers"
    return ask.go(with_query(path, given, done=view.row.offer))


def _take_back(ask: Ask, market: Market, view: OfferView) -> Response:
    if not _undoable(ask, view):
        raise AccessError("a decision can be taken back within a minute, by whoever made it", key="act")
    market.append([_triaged(ask, view.row.offer, "new", _TAKEN_BACK)])
    return ask.go(with_query(f"/market/offers/{spot(view.row.offer)}", _given(ask.form)))


def _enqueue(ask: Ask, market: Market, view: OfferView, why: str) -> Response:
    """Rule 2: the queue knows what has the same source, reason and things."""
    if ask.site.cases is None:
        raise AccessError("no ledger is set: there is no queue to put it into")
    row, now = view.row, ask.access.now()
    score = row.probability if not view.numbers else max(row.probability, 0.95)
    times = {"since": row.first_at, "until": row.last_at}
    lead = Lead(source=Source.LISTING, things=_things(view), reason=why, score=min(score, 1.0), **times)
    kept, seen = [_triaged(ask, row.offer, "kept", why)], number_given(ask, "seen")
    market.check_seen(kept, seen)
    made = ask.site.cases.need().enqueue_once([lead], me(ask), now)
    market.append(kept, seen=seen)
    return ask.go(f"/queue?at={made[0]}&said=enqueue" if made else "/queue?source=listing")


@PAGES.post("/market/offers/{offer}/basket", CASE_ROLES, again=show_offer)
def collect_numbers(ask: Ask, market: Market) -> Response:
    """Puts an offer's own numbers, and those of its seller, into a basket (rule 5); one that holds them all serves."""
    reads = Reads(market)
    view = reads.offer(named(ask, "offer"))
    row, found = view.row, {one.waybill: min(one.at, view.posted_at or one.at) for one in view.numbers}
    for one in reads.on_offer() if row.seller else ():
        if one.seller == row.seller:
            found.setdefault(one.waybill, one.at)
    if not found:
        raise AccessError("no number of ours is on offer here")
    by, listed = row.seller or row.shop or None, FoundBy.LISTING.value
    numbers = [Number(waybill=one, seen_at=at, found_by=listed, seller=by) for one, at in found.items()][:MOST]
    name = first_words(row, _NAME) or row.offer
    return ask.go(f"/trace/baskets/{collect(ask, numbers, name if name.isprintable() else row.offer)}")


def _things(view: OfferView) -> tuple[Observable, ...]:
    """The seller, its handles, and the courier's own numbers, else those that were read."""
    reading = view.reading
    sellers = [view.row.seller] if view.row.seller else []
    handles = [f"{one['kind']}:{one['value']}" for one in own_handles(reading, view.row.said)]
    own = [one.waybill for one in view.numbers]
    numbers = own or [clean_waybill(str(one["number"])) for one in reading.get("numbers", ())]
    things = [Observable(kind=ObservableKind.SELLER, value=one) for one in (*sellers, *handles)]
    things += [Observable(kind=ObservableKind.NUMBER, value=one) for one in numbers]
    if not things:
        things.append(Observable(kind=ObservableKind.SELLER, value=view.row.shop or view.row.offer))
    return tuple(dict.fromkeys(one for one in things if one.value.isprintable() and one.value.strip()))


def _triaged(ask: Ask, offer: str, state: str, why: str) -> Line:
    body = {"offer": offer, "state": state}
    return Line(kind=LineKind.TRIAGED, at=ask.access.now(), body=body, who=me(ask), why=why)


@PAGES.post("/market/offers/{offer}/whole", OPENERS, again=show_offer, confirmed=True)
def look_whole(ask: Ask, market: Market) -> Response:
    """Records that somebody sees an offer's whole text, and goes on to it (rule 4)."""
    offer, why = Reads(market).offer(named(ask, "offer")).row.offer, one_line(ask.line("why"), "why")
    ask.access.note(ask.whose, ActKind.MARKET_TEXT_SEEN, offer=offer, why=why)
    ask.access.sessions.note_look(ask.whose, look_key(offer), ask.access.now())
    return ask.go(with_query(f"/market/offers/{spot(offer)}", _given(ask.form), whole="1"))


def _undoable(ask: Ask, view: OfferView) -> int:
    """Seconds for which the decision can be taken back yet (rule 3)."""
    if view.row.state == "new" or view.decided_by != me(ask) or view.decided_at is None:
        return 0
    return max(0, (view.decided_at + UNDO_US - ask.access.now()) // 1_000_000)


def _done(ask: Ask, reads: Reads) -> Mapping[str, Any] | None:
    """Return what was just decided, as long as it can be taken back."""
    offer = ask.query.get("done", "")
    if not offer:
        return None
    try:
        view = reads.offer(offer)
    except NoSuchThingError:
        return None
    seconds = _undoable(ask, view)
    told = {"offer": offer, "called": first_words(view.row, 40), "state": view.row.state, "seconds": seconds}
    return told if seconds else None


def _given(query: Mapping[str, str]) -> dict[str, str]:
    """Return what of an address or a form says which offers are meant."""
    return {name: query[name][:_LONGEST] for name in _FILTERS if query.get(name)}


def _wanted(given: Mapping[str, str]) -> dict[str, Any]:
    """The same, as the record takes it: without more, what waits for a decision. AccessError: a choice that isn't."""
    state, kind = given.get("state", "new"), given.get("kind")
    for name, value, known in (("state", state, (*STATES, "all")), ("kind", kind, (*KINDS, None))):
        if value not in known:
            raise AccessError(N_("choose one of the list"), key=name)
    return {
        "state": None if state == "all" else state,
        "kind": kind,
        "source": given.get("source"),
        "seller": given.get("seller"),
        "shop": given.get("shop"),
        "flagged": kind is None and given.get("flagged") != "no",
        "ours": given.get("ours") == "1",
    }


def _line(ask: Ask, row: OfferRow, reading: Mapping[str, Any] | None, given: Mapping[str, str]) -> Mapping[str, Any]:
    return {
        "row": row,
        "called": first_words(row),
        "shop": shop_called(row),
        "why": in_a_line(ask, reading),
        "href": with_query(f"/market/offers/{spot(row.offer)}", given),
        "sells": sells_own(row.kind, row.state, reading or {}),
    }


def _cells(ask: Ask, row: OfferRow, reading: Mapping[str, Any] | None) -> Sequence[object]:
    head = (row.offer, row.source, row.shop, row.kind, f"{row.probability:.4f}", row.state)
    times = row.first_at, row.last_at, row.gone_at
    return *head, *times, row.seller, row.ours, first_words(row, 200), in_a_line(ask, reading)
