"""Acts as requests (rules 1, 2 and 5)."""

from collections.abc import Iterable
from dataclasses import replace

from wayseal.market.errors import RemovalError
from wayseal.market.removals.types import (
    AccusedAnswered,
    Act,
    Answered,
    Asked,
    Heard,
    Outcome,
    Reminded,
    Removed,
    Request,
    Withdrawn,
)


def follow(acts: Iterable[Act]) -> tuple[Request, ...]:
    """What acts come to.

    Args:
        acts: In the order in which they happened.

    Returns:
        Requests, by when they were made.

    Raises:
        RemovalError: An act is about a request that there is not, or that is settled, or asks for one again.
    """
    found: dict[str, Request] = {}
    for act in acts:
        if isinstance(act, Asked):
            if act.request in found:
                raise RemovalError("this request for removal was made already")
            if not act.captures:
                raise RemovalError("a request for removal needs a capture that shows what is meant")
            found[act.request] = Request(asked=act)
        elif act.request not in found:
            raise RemovalError("there is no such request for removal")
        else:
            found[act.request] = _after(found[act.request], act)
    return tuple(found.values())


def _after(request: Request, act: Act) -> Request:
    match act:
        case Answered():
            return replace(request, answers=(*request.answers, act))
        case AccusedAnswered():
            return replace(request, said=(*request.said, act), unheard=request.unheard + 1)
        case Heard():
            return replace(request, unheard=0)
    if request.outcome is not Outcome.OPEN:
        raise RemovalError("this request for removal is settled already")
    match act:
        case Reminded():
            return replace(request, reminded=(*request.reminded, act.at))
        case Removed():
            return replace(request, outcome=Outcome.REMOVED, settled_at=act.at)
        case Withdrawn():
            return replace(request, outcome=Outcome.WITHDRAWN, settled_at=act.at)
    raise RemovalError("this request for removal was made already")
