"""Acts on requests for removal as lines of the record, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from wayseal.market.errors import RecordError
from wayseal.market.log.lines import Line, LineKind
from wayseal.market.takedown import (
    Act,
    Answer,
    Answered,
    ByHand,
    CounterNotice,
    CounterNoticeReviewed,
    Escalated,
    Filed,
    Reminded,
    Removed,
    Withdrawn,
)

ACTS: Mapping[LineKind, type[Act]] = {
    LineKind.ASKED: Filed,
    LineKind.REMINDED: Reminded,
    LineKind.ANSWERED: Answered,
    LineKind.ESCALATED: Escalated,
    LineKind.ACCUSED: CounterNotice,
    LineKind.HEARD: CounterNoticeReviewed,
    LineKind.WITHDRAWN: Withdrawn,
    LineKind.REMOVED: Removed,
}
_KINDS = {made: kind for kind, made in ACTS.items()}
_OF_LINES = frozenset({"at", "who", "why"})
"""What a line has beside its body."""


def kind_of(act: Act) -> LineKind:
    """The kind of line that an act is."""
    return _KINDS[type(act)]


def line_of(act: Act) -> Line:
    """An act as a line."""
    body = {one.name: getattr(act, one.name) for one in fields(act) if one.name not in _OF_LINES}
    if isinstance(act, ByHand):
        return Line(kind=kind_of(act), at=act.at, body=body, who=act.who, why=act.why)
    return Line(kind=kind_of(act), at=act.at, body=body)


def act_from(kind: str, at: int, who: str, why: str, body: Mapping[str, Any]) -> Act:
    """An act out of what a line says of it (`told`). RecordError: it is none."""
    try:
        made = ACTS[LineKind(kind)]
        said: dict[str, Any] = {**body, "at": at}
        if issubclass(made, ByHand):
            said |= {"who": who, "why": why}
        if "captures" in said:
            said["captures"] = tuple(said["captures"])
        if "answer" in said:
            said["answer"] = Answer(said["answer"])
        return made(**said)
    except (KeyError, TypeError, ValueError):
        raise RecordError("this is no act on a request for removal", key=kind) from None


def told(line: Line) -> Sequence[Any]:
    """Write a line of an act as JSON has it."""
    return [line.kind.value, line.at, line.who, line.why, dict(line.body)]
