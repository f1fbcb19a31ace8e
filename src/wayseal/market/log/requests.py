"""Requests for removal in the record: what can be asked for, and acts as its lines.

1. What is asked for is a shop of the record, an offer of it, or the address of one: the watch then sees whether it is
   gone. Where it stands and what shows it are the record's own words.
2. A shop that is gone, or that a site was asked about and that is open yet, isn't asked for.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wayseal.database import Connection, query
from wayseal.market.errors import NoSuchThingError, RemovalError
from wayseal.market.log import Market
from wayseal.market.log import _tables as t
from wayseal.market.log.acts import line_of
from wayseal.market.log.reads import Reads
from wayseal.market.shops import AWAY
from wayseal.market.takedown import (
    Act,
    Answer,
    Answered,
    CounterNotice,
    CounterNoticeReviewed,
    Escalated,
    Filed,
    Reminded,
    Withdrawn,
)

MOST_CAPTURES = 20
MOST_LINE, MOST_TEXT = 500, 5000
"""Characters of a line, and of what a site or the accused says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A thing that a site can be asked to remove.

    Attributes:
        id: The shop or the offer, as the record names it.
        source: The source that shows it.
        url: Where it stands.
        capture: The newest capture that shows it.
        gone: Whether it was seen to be gone.
    """

    id: str
    source: str
    url: str
    capture: str
    gone: bool


def find_target(market: Market, name: str) -> Target:
    """The shop or offer that an id or an address means (rule 1).

    Args:
        market: The record.
        name: A shop's or offer's id, or an offer's address, which means its shop.

    Returns:
        It.

    Raises:
        NoSuchThingError: There is none.
    """

    def work(c: Connection) -> Target | None:
        newest = f"SELECT source, shop, offer, url, capture, gone_at FROM {t.OFFERS.full_name} WHERE "
        for id_, column in ((1, "shop"), (2, "offer"), (1, "url")):
            text = f"{newest}{column}=? ORDER BY gone_at IS NULL DESC, last_at DESC, offer LIMIT 1"
            for row in query(c, text, (name,)):
                return _target(c, row, row[id_])
        return None

    found = market.read(work) if name else None
    if found is None:
        raise NoSuchThingError("the watch knows no such shop or offer", key="target")
    return found


def _target(c: Connection, row: Sequence[str | None], id_: str | None) -> Target:
    source, shop, _, url, capture, gone_at = row
    states = query(c, f"SELECT state FROM {t.SHOPS.full_name} WHERE shop=?", (shop,))
    gone = bool(states) and states[0][0] in AWAY
    if id_ != shop:
        gone = gone or gone_at is not None
    return Target(id=str(id_), source=str(source), url=str(url), capture=str(capture), gone=gone)


def begin_request(
    market: Market,
    *,
    target: str,
    rule: str,
    address: str,
    lang: str,
    captures: Sequence[str] = (),
    who: str,
    why: str,
    at: int,
) -> Filed:
    """Asks for a removal, and records that.

    Args:
        market: The record.
        target: What a site is asked to remove (`find_target`).
        rule: What is cited.
        address: Where the request goes: a mail address, a form.
        lang: The letter's language.
        captures: What shows it; none: its newest capture.
        who: Who asks.
        why: For what reason.
        at: When.

    Returns:
        What was asked.

    Raises:
        NoSuchThingError: The record has no such shop, offer or capture.
        RemovalError: It can't be asked for (rule 2), or a line is missing or too long; names which.
    """
    reads, found = Reads(market), find_target(market, target)
    if found.gone:
        raise RemovalError("it was seen to be gone already", key="target")
    for one in reads.requests(open_only=True):
        if one.asked.target == found.id:
            raise RemovalError("request {request} asks for it already", key="target", request=one.id)
    asked = Filed(
        request=_name(found.id, at, who),
        at=at,
        who=who,
        why=checked_line(why, "why"),
        source=found.source,
        target=found.id,
        url=found.url,
        address=checked_line(address, "address"),
        rule=rule,
        captures=_checked_captures(reads, captures) or (found.capture,),
        lang=lang,
    )
    record_act(market, asked)
    return asked


def _checked_captures(reads: Reads, captures: Sequence[str]) -> tuple[str, ...]:
    """Captures, each once. RemovalError: they are too many, or the record has one no longer."""
    shown = tuple(dict.fromkeys(captures))
    if len(shown) > MOST_CAPTURES:
        raise RemovalError("name up to {most} captures", key="captures", most=MOST_CAPTURES)
    for capture in shown:
        try:
            reads.capture(capture)
        except NoSuchThingError:
            raise RemovalError("the record has no such capture", key="captures") from None
    return shown


_BARE: Mapping[str, type[Reminded | CounterNoticeReviewed | Withdrawn]] = {
    "reminded": Reminded,
    "heard": CounterNoticeReviewed,
    "withdrawn": Withdrawn,
}
"""Acts of which nothing is said but why."""


def continue_request(
    market: Market,
    *,
    request: str,
    kind: str,
    who: str,
    why: str,
    at: int,
    answer: str = "",
    text: str = "",
    to: str = "",
    seen: int | None = None,
) -> Act:
    """Records what happened to a request since.

    Args:
        market: The record.
        request: Its id.
        kind: "reminded", "answered", "escalated", "accused", "heard" or "withdrawn".
        who: Who did it, or says that it happened.
        why: Why, or how it came.
        at: When.
        answer: Of "answered", what it comes to (`Answer`).
        text: Of "answered" and "accused", what was said.
        to: Of "escalated", to whom it was handed on.
        seen: How far the record was seen by whoever decides; None: it doesn't matter.

    Returns:
        The act.

    Raises:
        RemovalError: A line or text is missing or too long, or the act can't be now.
        OvertakenError: As `Market.append` has it.
    """
    by_hand: dict[str, Any] = {"request": request, "at": at, "who": who, "why": checked_line(why, "why")}
    act: Act
    match kind:
        case "answered":
            act = Answered(**by_hand, answer=Answer(answer), text=checked_text(text, "text"))
        case "escalated":
            act = Escalated(**by_hand, to=checked_line(to, "to"))
        case "accused":
            act = CounterNotice(**by_hand, text=checked_text(text, "text"))
        case _:
            act = _BARE[kind](**by_hand)
    record_act(market, act, seen=seen)
    return act


def record_act(market: Market, act: Act, *, seen: int | None = None) -> None:
    """Records what was done. RemovalError: the request is settled, there is none, or the act can't be.

    OvertakenError: as `Market.append` has it.
    """
    market.append([line_of(act)], seen=seen)


def checked_line(text: str, key: str) -> str:
    """A line that is needed. RemovalError: it is none, or too long; names the field."""
    if not text.strip() or len(text) > MOST_LINE or not text.isprintable():
        raise RemovalError("one line of up to {most} characters", key=key, most=MOST_LINE)
    return text.strip()


def checked_text(text: str, key: str) -> str:
    """A text that is needed. RemovalError: it is empty, or too long; names the field."""
    if not text.strip() or len(text) > MOST_TEXT:
        raise RemovalError("a text of up to {most:,} characters", key=key, most=MOST_TEXT)
    return text.strip()


def _name(target: str, at: int, who: str) -> str:
    """The id of a new request: short enough to be said, and another one for each."""
    return "r-" + hashlib.sha256(f"{target}\n{at}\n{who}".encode()).hexdigest()[:8]
