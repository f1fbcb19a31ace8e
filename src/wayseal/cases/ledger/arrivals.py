"""What is found beside detection's cases and wants a decision: it comes into the queue by itself, once each.

1. A canary that came out, with the accounts that it was shown to; and each account that read one that was made for
   others, with the number.
2. Each way in which a partner breaks its contract, with the partner's accounts. That it has none is no breach.
3. Accounts of which a review of rights finds what can't be: reads after they were closed, or that `actors` doesn't
   know; actions that none of their rights permits; a login that several people use. Up to `MOST_RIGHTS` of a review,
   those with the most reads first: the others stand on its page.
4. Numbers of ours that a seller has on offer, and a seller who is back, out of the market's record. A canary among the
   numbers names itself: nobody but its accounts could know it.
5. Reasons are codes, which pages put into words: what was found in one language is the same as in another, and what
   somebody puts in by hand is the same as what comes by itself.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wayseal.cases.inbox import SELLER_BACK
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.cases.views import Lead
from wayseal.detect.partners import Kind, PartnersResult
from wayseal.detect.rights import RightsResult
from wayseal.trace.canary import RegisterState

if TYPE_CHECKING:
    from wayseal.market.log.reads import Reads

WHO = "wayseal"
"""Who puts them in, as the casebook names it."""
MOST_RIGHTS = 50
MOST_BACKS = 50
TOUCHED, CAME_OUT = "canary_touch", "canary_hit"
_TOUCH_SCORE, _HIT_SCORE = 0.9, 0.95
"""No work leads to a canary; that one is on sale says that somebody pulls, and not yet who."""
_BREACH_SCORE, _RIGHTS_SCORE = 0.5, 0.3
_ON_OFFER_SCORE, _BACK_SCORE = 0.6, 0.4
ON_OFFER, CANARY_ON_OFFER = "market_ours", "market_canary"
_AFTER_THE_END = frozenset({"closed", "unlisted"})


def canary_leads(state: RegisterState, touches: Sequence[tuple[str, int, str]]) -> tuple[Lead, ...]:
    """Canaries that came out, and reads of them by accounts that they weren't made for (rule 1).

    Args:
        state: Of their register.
        touches: (account, µs, waybill) of such reads.

    Returns:
        What wants a decision.
    """
    found = []
    for canary in state.watch.canaries:
        answer = state.watch.answer(canary.id)
        if answer is not None and answer.kind == "hit":
            things = (_number(canary.waybill), *map(_account, canary.pool))
            found.append(_lead(Source.CANARY, things, CAME_OUT, _HIT_SCORE, answer.at))
    first: dict[tuple[str, str], int] = {}
    for account, at, waybill in touches:
        first[waybill, account] = min(at, first.get((waybill, account), at))
    for (waybill, account), at in sorted(first.items()):
        found.append(_lead(Source.CANARY, (_number(waybill), _account(account)), TOUCHED, _TOUCH_SCORE, at))
    return tuple(found)


def partner_leads(result: PartnersResult) -> tuple[Lead, ...]:
    """Breaches of contracts (rule 2).

    Args:
        result: What a check of partners says.

    Returns:
        What wants a decision.
    """
    return tuple(_partner_leads(result))


def _partner_leads(result: PartnersResult) -> Iterator[Lead]:
    for partner in result.partners:
        kinds = {one.kind: one.first for one in partner.breaches if one.kind is not Kind.NO_CONTRACT}
        alone = None if partner.calls is None else partner.calls.only_ours
        if alone is not None and alone.calls and alone.first is not None:
            kinds[Kind.ONLY_OURS] = alone.first
        for kind, first in kinds.items():
            if partner.actors:
                yield partner_lead(partner.actors, kind, first)


def partner_lead(actors: Sequence[str], kind: Kind, since: int) -> Lead:
    """A way in which a partner breaks its contract, or that it has none.

    Args:
        actors: The partner's accounts.
        kind: Which way.
        since: When it first did, microseconds since 1970.

    Returns:
        What is to be decided.
    """
    return _lead(Source.PARTNER, tuple(map(_account, actors)), f"partners.kind_{kind}", _BREACH_SCORE, since)


def rights_lead(actor: str, found: str, since: int) -> Lead:
    """An account of a list of a review of rights.

    Args:
        actor: The account.
        found: The list.
        since: When the review was made, microseconds since 1970.

    Returns:
        What is to be decided.
    """
    return _lead(Source.RIGHTS, (_account(actor),), f"rights.{found}", _RIGHTS_SCORE, since)


def rights_leads(result: RightsResult, at: int) -> tuple[Lead, ...]:
    """Accounts that a review of rights finds (rule 3).

    Args:
        result: What the review says.
        at: When it was made, microseconds since 1970.

    Returns:
        What wants a decision, the most reads first.
    """
    found = [(one.reads, one.actor, "dormant") for one in result.dormant if one.why in _AFTER_THE_END]
    found += [(one.reads, one.actor, "beyond") for one in result.beyond]
    found += [(0, one.actor, "shared") for one in result.shared]
    found.sort(key=lambda one: (-one[0], one[1], one[2]))
    leads = (rights_lead(actor, name, at) for _, actor, name in found)
    return tuple(dict.fromkeys(leads))[:MOST_RIGHTS]


def market_leads(reads: "Reads", since: int = 0) -> tuple[Lead, ...]:
    """Numbers of ours on offer, and sellers who are back (rule 4).

    Args:
        reads: Asks the market's record.
        since: Only what was found from this moment on, microseconds since 1970.

    Returns:
        What wants a decision: of each seller with numbers one, of each canary one, of each come-back one.
    """
    offered = [(one, seller or "") for one, seller, _ in reads.numbers_with_offers() if one.at >= since]
    by_seller: dict[str, list[tuple[str, int]]] = {}
    found = []
    for one, seller in offered:
        if one.canary:
            things = (_number(one.waybill), *((_seller(seller),) if seller else ()))
            found.append(_lead(Source.CANARY, things, CANARY_ON_OFFER, _HIT_SCORE, one.at))
        else:
            by_seller.setdefault(seller, []).append((one.waybill, one.at))
    for seller, some in by_seller.items():
        things = (*((_seller(seller),) if seller else ()), *(_number(waybill) for waybill, _ in some))
        found.append(_lead(Source.LISTING, things, ON_OFFER, _ON_OFFER_SCORE, min(at for _, at in some)))
    backs = (one for one in reads.backs(since=since, limit=MOST_BACKS) if one.seller)
    found += [_lead(Source.LISTING, (_seller(one.seller),), SELLER_BACK, _BACK_SCORE, one.at) for one in backs]
    return tuple(found)


def _seller(seller: str) -> Observable:
    return Observable(kind=ObservableKind.SELLER, value=seller)


def _lead(source: Source, things: tuple[Observable, ...], reason: str, score: float, since: int) -> Lead:
    return Lead(source=source, things=things[:1000], reason=reason, score=score, since=since)


def _number(waybill: str) -> Observable:
    return Observable(kind=ObservableKind.NUMBER, value=waybill)


def _account(actor: str) -> Observable:
    return Observable(kind=ObservableKind.ACCOUNT, value=actor)
