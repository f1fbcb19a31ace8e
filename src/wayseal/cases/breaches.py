"""Breaches of the numbers' order, as what wants a decision.

An entry is about whoever broke it: more numbers of the same kind come to the entry that stands in the queue. How far
the numbers' table was followed is kept there once the casebook has it, so that after a crash some come again, which
the queue knows, and none is lost.
"""

from collections.abc import Mapping

from wayseal.cases._cases import Cases
from wayseal.cases.decisions import Lead
from wayseal.cases.types import Observable, ObservableKind, Source
from wayseal.database import Database
from wayseal.numbers import breaches
from wayseal.numbers.breaches import Breach, BreachKind

WHO = "wayseal"
_USUAL = 0.5
_OF_OUTLETS = frozenset({BreachKind.COVERAGE, BreachKind.HANDOVER_GUESSED})
_SCORES: Mapping[BreachKind, float] = {
    BreachKind.READ_EARLY: 0.9,
    BreachKind.TRACKED_EARLY: 0.8,
    BreachKind.BULK_READ: 0.95,
    BreachKind.SECOND_ORDER: 0.8,
    BreachKind.BOUND_LATE: 0.7,
    BreachKind.BOUND_BY_OTHER: 0.8,
    BreachKind.COVERAGE: 0.3,
    BreachKind.OTHER_STATE: 0.2,
    BreachKind.CLOCK_SKEW: 0.1,
}
"""How likely there is something in it, by judgement: the strongest is a number in use before its parcel."""


def breach_lead(breach: Breach) -> Lead:
    """A breach as a lead: whoever asked, the number, and the holder where that is another."""
    asker = ObservableKind.OUTLET if breach.kind in _OF_OUTLETS else ObservableKind.ACCOUNT
    named = (asker, breach.asker), (ObservableKind.NUMBER, breach.number), (ObservableKind.ACCOUNT, breach.holder)
    things = dict.fromkeys(Observable(kind=kind, value=value) for kind, value in named if value)
    return Lead(
        source=Source.NUMBERS,
        things=tuple(things),
        reason=f"numbers_{breach.kind}",
        score=_SCORES.get(breach.kind, _USUAL),
        since=breach.at,
        about=1,
    )


def queue_breaches(database: Database, cases: Cases, follower: str, now: int) -> int:
    """Put the breaches that are new into the queue.

    Args:
        database: The numbers'.
        cases: The casebook.
        follower: Under which name its place is kept.
        now: Microseconds since 1970.

    Returns:
        How many they were.
    """
    place = database.read(breaches.read_place, follower)
    some = database.read(breaches.after, place)
    if some:
        cases.enqueue_or_find([breach_lead(one) for one in some], WHO, now)
        database.write(breaches.keep_place, follower, some[-1].id)
    return len(some)
