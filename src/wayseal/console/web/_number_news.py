"""What is known of a number beside the ledger: whether it is a canary, and when it was on sale.

1. A canary is told to those who work on cases alone, one number at a time, and that it was told is an act of access:
   whoever asks number after number is seen by auditors. No list and no file says it.
2. On sale it was, at the latest, when somebody saw it there, or put its listing into the queue. Where only the day is
   known, that is the end of the day: a read on it may still lie before the sale.
3. A number that was taken out of a basket, or changed, isn't told as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wayseal.console.access.types import ActKind
from wayseal.console.reading import Canary
from wayseal.console.tracing import DAY_US
from wayseal.console.tracing.types import Sighting
from wayseal.console.web._ask import Ask
from wayseal.console.web._case_words import reason_of
from wayseal.console.web._trace_jobs import baskets_of
from wayseal.trace.canary import CanaryError


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryFlag:
    """What a page says of a number that is a canary. accounts: that it was made for, as they may be called.

    error: why nobody can say whether it is one; canary is None then.
    """

    canary: Canary | None = None
    accounts: tuple[str, ...] = ()
    error: CanaryError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleEvent:
    """Something about a sale. at: µs; day: only the day is known; code: of its text, with values; link: where from."""

    at: int
    code: str
    link: str
    values: Mapping[str, str] = field(default_factory=dict)
    day: bool = False

    @property
    def latest(self) -> int:
        """The end of what is known of its time (rule 2)."""
        return self.at + DAY_US if self.day else self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """What is known of a number's sale. events: by time; since: from when on it was on sale for sure; None: unknown."""

    events: tuple[SaleEvent, ...] = ()
    since: int | None = None


def flag_of(ask: Ask, number: str, name: Callable[[str], str]) -> CanaryFlag | None:
    """Whether a number is a canary (rule 1); None: it isn't, or no register is set. name: of an account."""
    if ask.site.canaries is None or not number:
        return None
    try:
        found = ask.site.canaries.find(number)
    except CanaryError as error:
        return CanaryFlag(error=error)
    if found is None:
        return None
    ask.access.note(ask.whose, ActKind.CANARY_SEEN)
    return CanaryFlag(canary=found, accounts=tuple(sorted(map(name, found.accounts))))


def sales_of(ask: Ask, number: str) -> Sales:
    """When a number was on sale, by baskets and by listings in the queue (rules 2 and 3)."""
    if not number:
        return Sales()
    events = [event for one in baskets_of(ask).sightings(number) for event in _events(one)]
    if ask.cases is not None:
        events += [
            SaleEvent(
                at=r.at, code="listed", link=f"/queue?at={r.id}", values={"item": r.id, "why": reason_of(r, ask.lang)}
            )
            for r in ask.cases.listings(number)
        ]
    return Sales(events=tuple(sorted(events, key=lambda one: (one.at, one.latest))), since=_since(events))


def _since(events: Sequence[SaleEvent]) -> int | None:
    return min((one.latest for one in events if one.code in ("seen", "listed")), default=None)


def _events(one: Sighting) -> list[SaleEvent]:
    number, link = one.number, f"/trace/baskets/{one.basket}"
    where = {"basket": one.name, "seller": number.seller or "", "found_by": number.found_by or ""}
    seen = SaleEvent(at=number.seen_at, day=number.seen_day, code="seen", link=link, values=where)
    more = (("ordered", number.asked_at), ("absent", number.absent_at))
    return [seen, *(SaleEvent(at=at, code=code, link=link, values=where) for code, at in more if at is not None)]
