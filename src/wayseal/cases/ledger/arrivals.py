"""What is found beside detection's cases and wants a decision: a line each, once.

1. A canary that came out, with the accounts that it was shown to; and each account that read one that was made for
   others, with the number. They come into the queue by themselves.
2. A partner that breaks its contract, with its accounts and the ways in which it does. That it has none is no breach,
   and where it has none nothing is. That only our log has calls is one where that is far more than what partners
   forget: logs lose rows.
3. Each list of a review of rights of what can't be: reads after accounts were closed, or of such that `actors` doesn't
   know; actions that none of their rights permits; logins that several people use. A list is one line, with the
   accounts that have the most reads, up to `MOST_RIGHTS`; what a later review has beyond it comes to that line.
4. Numbers of ours that a seller has on offer, and a seller who is back, out of the market's record: a line for a
   seller, to which later numbers come. An offer is a text that sells, as it was learnt, or was kept by somebody. Ours
   beside a price are always looked at: those in other texts are one line together. Who asks where a parcel is, or found
   one, has mentioned a number: that stands in the record alone, and so does what somebody threw out. A canary among the
   numbers names itself: nobody but its accounts could know it.
5. A group of shipments without a parcel: its outlet, who collected them, and their numbers, a line for a group.
6. Reasons are codes, which pages put into words: what was found in one language is the same as in another, and what
   somebody puts in by hand is the same as what comes by itself.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wayseal.cases.decisions import Lead
from wayseal.cases.inbox import SELLER_BACK
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.detect.partners import Kind
from wayseal.model.times import DAY_US, clock_us, micros
from wayseal.trace.canary import RegisterState

if TYPE_CHECKING:
    from wayseal.market.log.reads import Reads
    from wayseal.market.log.views import Sighting
    from wayseal.parcels import GroupFinding

WHO = "wayseal"
"""Who puts them in, as the casebook names it."""
MOST_RIGHTS = 1000
MOST_BACKS = 50
TOUCHED, CAME_OUT = "canary_touch", "canary_hit"
_TOUCH_SCORE, _HIT_SCORE = 0.9, 0.95
"""No work leads to a canary; that one is on sale says that somebody pulls, and not yet who."""
_BREACH_SCORE, _RIGHTS_SCORE = 0.5, 0.3
_ON_OFFER_SCORE, _PRICED_SCORE, _BACK_SCORE = 0.6, 0.4, 0.4
ON_OFFER, PRICED, CANARY_ON_OFFER = "market_ours", "market_priced", "market_canary"
_FAR = 5
"""Standard errors from which on calls that only our log has are no rows that were lost."""
WITHOUT_PARCEL = "parcels_without"
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


def partner_leads(partners: Sequence[Mapping[str, Any]], name: str | None = None) -> tuple[Lead, ...]:
    """Partners that break their contracts (rule 2).

    Args:
        partners: What a check of partners says of each, as its JSON has it.
        name: Only this one.

    Returns:
        What wants a decision, a lead for a partner.
    """
    usual = _usual_share(partners)
    found = []
    for one in partners:
        if one["contract"] is None or not one["actors"] or name not in (None, one["partner"]):
            continue
        kinds = {Kind(row["kind"]): micros(row["first"]) for row in one["breaches"]}
        alone = one["calls"]["only_ours"] if one["calls"] else {}
        expected = usual * one["calls"]["ours"] if alone else 0.0
        if alone.get("first") and alone["calls"] > expected + _FAR * max(1.0, expected) ** 0.5:
            kinds[Kind.ONLY_OURS] = micros(alone["first"])
        found += [_partner_lead(one["actors"], kinds)] if kinds else []
    return tuple(found)


def _usual_share(partners: Sequence[Mapping[str, Any]]) -> float:
    """What share of calls partners forget: half of them forget less."""
    calls = [one["calls"] for one in partners if one["calls"] and one["calls"]["ours"]]
    return statistics.median(one["only_ours"]["calls"] / one["ours"] for one in calls) if calls else 0.0


def _partner_lead(actors: Sequence[str], kinds: Mapping[Kind, int]) -> Lead:
    reason = ", ".join(f"partners.kind_{kind}" for kind in kinds)
    return _lead(Source.PARTNER, tuple(map(_account, actors)), reason, _BREACH_SCORE, min(kinds.values()), 1)


def rights_lead(actors: Sequence[str], found: str, since: int) -> Lead:
    """Accounts of a list of a review of rights.

    Args:
        actors: The accounts.
        found: The list.
        since: When the review was made, microseconds since 1970.

    Returns:
        What is to be decided.
    """
    return _lead(Source.RIGHTS, tuple(map(_account, actors)), f"rights.{found}", _RIGHTS_SCORE, since, 0)


def rights_leads(lists: Mapping[str, Sequence[Mapping[str, Any]]], at: int) -> tuple[Lead, ...]:
    """What a review of rights finds that can't be (rule 3).

    Args:
        lists: Its lists, as its JSON has them.
        at: When it was made, microseconds since 1970.

    Returns:
        What wants a decision, a lead for a list.
    """
    found = {
        "dormant": [row for row in lists["dormant"] if row["why"] in _AFTER_THE_END],
        "beyond": lists["beyond"],
        "shared": lists["shared"],
    }
    leads = []
    for name, rows in found.items():
        by_reads = sorted(rows, key=lambda row: (-row.get("reads", 0), row["actor"]))
        accounts = [one for one in dict.fromkeys(str(row["actor"]) for row in by_reads) if one.isprintable()]
        leads += [rights_lead(accounts[:MOST_RIGHTS], name, at)] if accounts else []
    return tuple(leads)


def market_leads(reads: "Reads", since: int = 0) -> tuple[Lead, ...]:
    """Numbers of ours on offer, and sellers who are back (rule 4).

    Args:
        reads: Asks the market's record.
        since: Only what was found, or read anew, from this moment on, microseconds since 1970.

    Returns:
        What wants a decision: of each seller with numbers, each canary and each come-back one, and one of all
        that stands beside a price.
    """
    by_seller: dict[str, list[Sighting]] = {}
    priced, found = [], []
    for one in reads.sightings(since):
        if one.canary:
            things = (_number(one.waybill), *((_seller(one.seller),) if one.seller else ()))
            found.append(_lead(Source.CANARY, things, CANARY_ON_OFFER, _HIT_SCORE, one.at))
        elif one.sells:
            by_seller.setdefault(one.seller or one.shop, []).append(one)
        elif one.priced:
            priced.append(one)
    for seller, some in by_seller.items():
        things = (_seller(seller), *(_number(one.waybill) for one in some))
        found.append(_lead(Source.LISTING, things, ON_OFFER, _ON_OFFER_SCORE, some[0].at, 1))
    if priced:
        things = tuple(one for each in priced for one in (_number(each.waybill), _seller(each.seller or each.shop)))
        found.append(_lead(Source.LISTING, tuple(dict.fromkeys(things)), PRICED, _PRICED_SCORE, priced[0].at, 0))
    backs = (one for one in reads.backs(since=since, limit=MOST_BACKS) if one.seller)
    found += [_lead(Source.LISTING, (_seller(one.seller),), SELLER_BACK, _BACK_SCORE, one.at) for one in backs]
    return tuple(found)


def parcel_leads(groups: Sequence["GroupFinding"]) -> tuple[Lead, ...]:
    """Groups of shipments that probably never were (rule 5).

    Args:
        groups: As they were found.

    Returns:
        What wants a decision, a lead for a group.
    """
    found = []
    for one in groups:
        who = (_account(one.operator),) if one.operator.isprintable() and one.operator else ()
        place = (Observable(kind=ObservableKind.OUTLET, value=one.outlet),) if one.outlet else ()
        things = (*place, *who, *map(_number, one.parcels))
        if things:
            score, since = round(one.probability, 4), one.day * DAY_US - clock_us()
            found.append(_lead(Source.PARCELS, things, WITHOUT_PARCEL, score, since))
    return tuple(found)


def _seller(seller: str) -> Observable:
    return Observable(kind=ObservableKind.SELLER, value=seller)


def _lead(
    source: Source, things: tuple[Observable, ...], reason: str, score: float, since: int, about: int | None = None
) -> Lead:
    return Lead(source=source, things=things[:1000], reason=reason, score=score, since=since, about=about)


def _number(waybill: str) -> Observable:
    return Observable(kind=ObservableKind.NUMBER, value=waybill)


def _account(actor: str) -> Observable:
    return Observable(kind=ObservableKind.ACCOUNT, value=actor)
