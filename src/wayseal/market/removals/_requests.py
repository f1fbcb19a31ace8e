"""Acts as requests (rules 1, 2, 4 and 5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wayseal.market.errors import RemovalError
from wayseal.market.removals.types import (
    LANGS,
    RULES,
    Accused,
    Act,
    Asked,
    Heard,
    Outcome,
    Removed,
    Request,
    Withdrawn,
)

_ALWAYS = (Accused, Heard)
"""The accused can answer before and after the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many requests a source has ("": all have), and how many of them were removed or are open."""

    source: str
    requests: int
    removed: int
    open: int


def count_by_source(requests: Iterable[Request]) -> tuple[Counts, ...]:
    """Counts of all requests, and then of each source by its name (rule 4)."""
    some = [(one.asked.source, one.outcome) for one in requests]
    of = {"": [outcome for _, outcome in some]}
    for source, outcome in sorted(some):
        of.setdefault(source, []).append(outcome)
    return tuple(
        Counts(source=source, requests=len(all_), removed=all_.count(Outcome.REMOVED), open=all_.count(Outcome.OPEN))
        for source, all_ in of.items()
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
            found[act.request] = _begun(act)
        elif act.request not in found:
            raise RemovalError("there is no such request for removal")
        else:
            found[act.request] = _after(found[act.request], act)
    return tuple(found.values())


def _begun(act: Asked) -> Request:
    if not act.captures:
        raise RemovalError("a request for removal needs a capture that shows what is meant", key="captures")
    if act.rule not in RULES or act.lang not in LANGS:
        raise RemovalError("there is no text for this rule in this language", key="rule")
    return Request(asked=act)


def _after(request: Request, act: Act) -> Request:
    settled = request.outcome is not Outcome.OPEN
    if settled and isinstance(act, Removed):
        return request  # the watch saw what is so; whoever withdrew the request meanwhile ended it first
    if settled and not isinstance(act, _ALWAYS):
        raise RemovalError("this request for removal is settled already")
    if isinstance(act, Heard) and not request.unheard:
        raise RemovalError("nothing of the accused waits to be heard")
    changed = replace(request, acts=(*request.acts, act))
    match act:
        case Accused():
            return replace(changed, unheard=request.unheard + 1)
        case Heard():
            return replace(changed, unheard=0)
        case Removed() | Withdrawn():
            outcome = Outcome.REMOVED if isinstance(act, Removed) else Outcome.WITHDRAWN
            return replace(changed, outcome=outcome, settled_at=act.at)
    return changed
