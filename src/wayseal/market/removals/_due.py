"""What somebody has to do now (rules 3 and 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from wayseal.market.removals.types import DAY, Answer, Outcome, Request


class Todo(StrEnum):
    """What is to be done with a request."""

    HEAR = "hear"
    """The accused said something."""
    ANSWER = "answer"
    """The site asks for more."""
    REMIND = "remind"
    ESCALATE = "escalate"
    """Reminders did nothing, or the site refused: somebody else has to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something that is due. since: since when."""

    request: str
    todo: Todo
    since: int


_ORDER = {todo: place for place, todo in enumerate(Todo)}


def find_due(requests: Iterable[Request], now: int, *, days: float = 3.0, reminders: int = 3) -> tuple[Due, ...]:
    """What is due, the accused first.

    Args:
        requests: As they stand.
        now: The time.
        days: So long a site has for an answer, and again after each reminder.
        reminders: After so many somebody else has to decide.

    Returns:
        At most one for each request.
    """
    found = (_due(request, now, days, reminders) for request in requests)
    return tuple(sorted((one for one in found if one), key=lambda due: (_ORDER[due.todo], due.since, due.request)))


def _due(request: Request, now: int, days: float, reminders: int) -> Due | None:
    id_ = request.asked.request
    if request.unheard:
        return Due(request=id_, todo=Todo.HEAR, since=request.said[-request.unheard].at)
    if request.outcome is not Outcome.OPEN:
        return None
    last = request.answers[-1] if request.answers else None
    touched = max((request.asked.at, *request.reminded))
    if last is not None and last.at >= touched:
        if last.answer is Answer.MORE:
            return Due(request=id_, todo=Todo.ANSWER, since=last.at)
        if last.answer is Answer.REFUSED:
            return Due(request=id_, todo=Todo.ESCALATE, since=last.at)
        touched = last.at
    since = touched + int(days * DAY)
    if now < since:
        return None
    todo = Todo.REMIND if len(request.reminded) < reminders else Todo.ESCALATE
    return Due(request=id_, todo=todo, since=since)
