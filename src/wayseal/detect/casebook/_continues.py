"""Which case an alert belongs to (rule 10)."""

from collections.abc import Iterable, Set

from wayseal.detect.casebook.types import Alert, RecordedCase

WEEKS_US = 28 * 86_400_000_000
"""Four weeks: so long an open case waits for a further alert."""


def find_continued_case(cases: Iterable[RecordedCase], alert: Alert, taken: Set[str]) -> RecordedCase | None:
    """The case that an alert belongs to; None where it is a case of its own. taken: cases that others have.

    cases: in the order in which they were made.
    """
    actors = frozenset(alert.actors)
    some = [case for case in cases if case.id not in taken and not actors.isdisjoint(case.actors)]
    waiting = [case for case in some if case.verdict is None and _near(case, alert.alerted_at)]
    if waiting:
        return max(waiting, key=lambda case: _likeness(actors, case))
    judged = [
        case
        for case in some
        if case.verdict is not None and actors.issubset(case.actors) and alert.alerted_at <= case.read_until
    ]
    return max(judged, key=lambda case: _likeness(actors, case), default=None)


def _near(case: RecordedCase, at: int) -> bool:
    return case.alerted_at - WEEKS_US <= at <= case.last_alerted_at + WEEKS_US


def _likeness(actors: frozenset[str], case: RecordedCase) -> float:
    """The share of accounts in common; of equal ones `max` takes the oldest."""
    return len(actors.intersection(case.actors)) / len(actors.union(case.actors))
