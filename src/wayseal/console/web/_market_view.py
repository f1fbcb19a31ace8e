"""What pages of the market share: ids in addresses, texts with reasons marked, what they say without a record.

1. Bystanders' numbers are hidden in all that is shown (`market.masks`), but for an investigator whose look is on
   record (`seen_whole`).
2. Whether a number is a canary is said nowhere here: the page of a waybill says it, on record.
3. Places of a reading are code points of what was read: the title, a line's end, the text; without a title the text.
4. Where no record is set, or none lies yet, each page says so, and what to do; nothing can be sent there.
5. What keeps a record from being read is said with what to do about it; a form that couldn't be kept is in the answer,
   to be sent again.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from starlette.responses import Response

from wayseal.console.roles import CASE_ROLES, OPENERS
from wayseal.console.web._ask import Ask
from wayseal.console.web._drafts import draft_of, resend_page
from wayseal.console.web._render import translator_of
from wayseal.market.errors import (
    MarketError,
    NoSuchThingError,
    RecordBusyError,
    RecordChangedError,
    RecordDiskError,
    RecordError,
)
from wayseal.market.log import Market
from wayseal.market.log.views import OfferRow, SourceRow
from wayseal.market.masks import mask_text
from wayseal.market.types import HandleKind, Kind
from wayseal.model.messages import N_
from wayseal.model.times import SECOND_US

STATES = ("new", "kept", "dismissed")
KINDS = tuple(kind.value for kind in Kind)
TABS = ("overview", "offers", "sellers", "sources", "words", "removals", "acts")
_OF_ALL = frozenset({"overview", "sources", "acts"})
"""What also those see who see nothing of an offer."""
_FIRST = 3
_LOOK = "offer "
_OF_A_PARCEL = re.compile("收件|收货|寄件|发件|收方|寄方|姓名|客户|样品|样本")
_NEAR = 24
"""Signs before a phone within which such a word says whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text. weight: of the reason that it is, None where it is none."""

    text: str = field(repr=False)
    weight: float | None = None


def works(ask: Ask) -> bool:
    """Return whether they see offers at all."""
    return ask.whose.person.role in CASE_ROLES


def spot(id_: str) -> str:
    """An id as a part of a path, whatever stands in it: a slash in an address would be one of ours."""
    return quote(quote(id_, safe=""), safe="")


def named(ask: Ask, name: str) -> str:
    """The id that stands in a path."""
    return unquote(ask.names[name])


def frame(ask: Ask, here: str) -> dict[str, Any]:
    """Return what all pages of the market have."""
    tabs = TABS if works(ask) else tuple(tab for tab in TABS if tab in _OF_ALL)
    return {"here": here, "tabs": tabs, "spot": spot, "hide": mask_text, "works": works(ask), "now": ask.access.now()}


def long_unseen(ask: Ask, sources: Iterable[SourceRow]) -> list[tuple[str, int]]:
    """Sources that weren't seen for longer than so many of their intervals, and since when; the longest first.

    Whether they can't be seen or nobody looks; files are looked at when there are some.
    """
    now, times = ask.access.now(), ask.site.settings.market_unseen_intervals
    found = []
    for one in sources:
        every, late = one.settings.get("every"), bool(one.settings.get("start")) and one.next_at is not None
        since = one.unseen_since if one.unseen_since is not None else one.next_at if late else None
        if since is not None and isinstance(every, int) and now - since > times * every * SECOND_US:
            found.append((one.source, one.unseen_since or one.looked_at or one.since))
    return sorted(found, key=lambda one: (one[1], one[0]))


def look_key(offer: str) -> str:
    """Under what a session keeps that somebody looks at an offer's whole text."""
    return _LOOK + offer


def seen_whole(ask: Ask, offer: str) -> bool:
    """Tell whether the whole text is shown: asked for, by whom it is for, and on record in this session (rule 1)."""
    if "whole" not in ask.query or ask.whose.person.role not in OPENERS:
        return False
    return ask.whose.look(look_key(offer), ask.access.now()) is not None


def own_handles(reading: Mapping[str, Any], text: str) -> list[Mapping[str, Any]]:
    """The seller's handles: a phone behind a word such as 收件人 is of a parcel, and a bystander's."""
    return [one for one in reading.get("handles", ()) if not _is_a_bystanders(one, text)]


def _is_a_bystanders(handle: Mapping[str, Any], text: str) -> bool:
    at = handle.get("at")
    if handle["kind"] != HandleKind.PHONE or not at:
        return False
    return _OF_A_PARCEL.search(text[max(0, at[0] - _NEAR) : at[0]]) is not None


def stays(reading: Mapping[str, Any], text: str) -> tuple[str, ...]:
    """Return what nothing hides: the sellers' handles, and waybill numbers."""
    handles = [str(one["value"]) for one in own_handles(reading, text)]
    return (*handles, *(str(one["number"]) for one in reading.get("numbers", ())))


def pieces(text: str, reasons: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """A text cut at its reasons, the heaviest of those that overlap. Places that aren't in it are left out."""
    taken: list[tuple[int, int, float]] = []
    for reason in sorted(reasons, key=lambda one: -abs(one["weight"])):
        begin, end = reason["at"]
        if 0 <= begin < end <= len(text) and all(end <= a or b <= begin for a, b, _ in taken):
            taken.append((begin, end, reason["weight"]))
    out, at = [], 0
    for begin, end, weight in sorted(taken):
        if at < begin:
            out.append(Piece(text=text[at:begin]))
        out.append(Piece(text=text[begin:end], weight=weight))
        at = end
    return [*out, Piece(text=text[at:])] if at < len(text) else out


def chances(reading: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Kinds with their probabilities, the likeliest first."""
    given = reading.get("probabilities") or {reading["kind"]: reading["probability"]}
    pairs = given.items() if isinstance(given, Mapping) else given
    return sorted(((str(kind), float(share)) for kind, share in pairs), key=lambda one: (-one[1], one[0]))


def in_a_line(ask: Ask, reading: Mapping[str, Any] | None) -> str:
    """Why an offer is what it is taken for, and what it asks, in one line."""
    if reading is None:
        return ""
    say = translator_of(ask.lang, html=False).say
    heavy = [one for one in reading.get("reasons", ()) if one["weight"] > 0 and len(one["text"].strip()) > 1][:_FIRST]
    parts = [mask_text(one["text"]) for one in heavy]
    parts += [price_words(say, one) for one in list(reading.get("prices", ()))[:2]]
    if fresh := reading.get("freshness"):
        parts.append(say(f"market_fresh.{fresh}"))
    if count := len(reading.get("numbers", ())):
        parts.append(say("market.numbers_in", n=count))
    return " · ".join(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))


def price_words(say: Callable[..., str], price: Mapping[str, Any]) -> str:
    """A price: ¥1.5 for a label."""
    return say(f"market_price.{price.get('unit') or 'none'}", yuan=f"{price['yuan']:g}")


def first_words(row: OfferRow, most: int = 80) -> str:
    """Return what a list calls an offer: its title, or how its text begins."""
    text = " ".join(mask_text(row.title or row.text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def shop_called(row: OfferRow) -> str:
    """Return what a shop is called: as it is shown, else by the site's id."""
    return mask_text(row.shop_name) or row.shop or row.source


def pairs_by_shop(rows: Sequence[OfferRow]) -> Mapping[str, str]:
    """Offer → the shop that it stands in, or itself where the source knows none."""
    return {row.offer: row.shop or row.offer for row in rows}


NOT_SET = N_(
    "No market is watched here: start the console with `WAYSEAL_CONSOLE_MARKET`, the folder in which the watch "
    "keeps its record."
)
_NOTHING_YET = N_(
    "The watch has no record yet. It begins with the first source: `wayseal market add`, then `wayseal market "
    "watch`, or with what is brought in here. This page shows it as soon as it is there."
)
MarketAct = Callable[[Ask, Market], Response]
_HINTS: Mapping[type[Exception], str] = {
    RecordChangedError: N_(
        "The record isn't what was written. Stop the watch, keep the files as they are, and restore the record of"
        " the last backup beside them; other pages go on."
    ),
    RecordBusyError: N_("The watch is writing a lot just now. Nothing is lost: try again in a moment."),
    RecordDiskError: N_("The record's disk can't be read or written. Look at the disk and at rights; nothing is lost."),
    MarketError: N_("The record can't be read. Look at the folder that `WAYSEAL_CONSOLE_MARKET` names."),
}


def on_record(act: MarketAct) -> Callable[[Ask], Response]:
    """A page that stands on the record, and says what is wrong with it where something is (rule 6)."""

    def answer(ask: Ask) -> Response:
        try:
            market = None if ask.site.market is None else ask.site.market.look()
            if market is not None:
                return act(ask, market)
        except MarketError as error:
            return _say_what_broke(ask, error)
        if ask.form:
            return ask.refuse(404)
        watched = ask.site.market is not None
        return ask.page("market_none", told=_NOTHING_YET if watched else NOT_SET, watched=watched)

    return answer


def on_record_alone(act: Callable[[Ask], Response]) -> Callable[[Ask], Response]:
    """The same of a page that asks for the record itself (`the_market`)."""
    return on_record(lambda ask, _market: act(ask))


def the_market(ask: Ask) -> Market:
    """The record of a page that stands on it. RecordDiskError: it was just taken away."""
    market = None if ask.site.market is None else ask.site.market.look()
    if market is None:
        raise RecordDiskError("it can't be read or written")
    return market


def _say_what_broke(ask: Ask, error: MarketError) -> Response:
    if isinstance(error, NoSuchThingError):
        return ask.refuse(404)
    if isinstance(error, RecordError) and error.key is not None:
        return ask.refuse(400, error=error)
    if ask.form and isinstance(error, RecordBusyError | RecordDiskError):
        return resend_page(ask, draft_of(ask), status=503, away=True)
    hint = next(hint for kind, hint in _HINTS.items() if isinstance(error, kind))
    return ask.refuse(503, error=error, hint=hint)
