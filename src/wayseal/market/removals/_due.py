"""What somebody has to do now (rules 3 and 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wayseal.market.removals.types import DAY, Accused, Answer, Answered, Escalated, Outcome, Reminded, Request

ANSWER_DAYS, HANDED_DAYS, REMINDERS = 3.0, 30.0, 3


class Todo(StrEnum):
    """What is to be done with a request."""

    HEAR = "hear"
    """The accused said something."""
    ANSWER = "answer"
    """The site asks for more."""
    REMIND = "remind"
    ESCALATE = "escalate"
    """Reminders did nothing, the site refused, or whoever it was handed on to is silent: somebody else decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that is due. since: since when."""

    request: str
    todo: Todo
    since: int


_ORDER = {todo: place for place, todo in enumerate(Todo)}


def find_due(
    requests: Iterable[Request],
    now: int,
    *,
    days: float = ANSWER_DAYS,
    reminders: int = REMINDERS,
    handed: float = HANDED_DAYS,
) -> tuple[Due, ...]:
    """What is due, the accused first.

    Args:
        requests: As they stand.
        now: The time.
        days: So long a site has for an answer, and again after each reminder.
        reminders: After so many somebody else has to decide.
        handed: So long whoever it was handed on to has.

    Returns:
        At most one for each request.
    """
    found = (_due(request, now, days, reminders, handed) for request in requests)
    return tuple(sorted((one for one in found if one), key=lambda due: (_ORDER[due.todo], due.since, due.request)))


def _due(request: Request, now: int, days: float, reminders: int, handed: float) -> Due | None:
    if request.unheard:
        return Due(request=request.id, todo=Todo.HEAR, since=request.of(Accused)[-request.unheard].at)
    if request.outcome is not Outcome.OPEN:
        return None
    last = next(
        (one for one in reversed(request.acts) if isinstance(one, Reminded | Answered | Escalated)), request.asked
    )
    if isinstance(last, Answered) and last.answer in _AT_ONCE:
        return Due(request=request.id, todo=_AT_ONCE[last.answer], since=last.at)
    since = last.at + int((handed if isinstance(last, Escalated) else days) * DAY)
    if now < since:
        return None
    patient = not isinstance(last, Escalated) and _reminded(request) < reminders
    return Due(request=request.id, todo=Todo.REMIND if patient else Todo.ESCALATE, since=since)


_AT_ONCE = {Answer.MORE: Todo.ANSWER, Answer.REFUSED: Todo.ESCALATE}


def _reminded(request: Request) -> int:
    """How often the site was reminded since it was handed on last."""
    count = 0
    for act in request.acts:
        count = 0 if isinstance(act, Escalated) else count + isinstance(act, Reminded)
    return count
