"""What a move does to a number, and what it breaks. Pure: no clock, no database.

1. issued → bound → scanned → closed → retired; aside voided and expired. A move that isn't allowed from where a number
   stands changes no state, and is a breach with its asker.
2. The same move again is answered as done, and is no breach: callers repeat what they weren't answered.
3. A scan is a fact about a parcel. One of a number without an order is refused, but noted, so that an order that comes
   later is bound after a scan.
4. A number is bound once, by its holder, to one order; an order has one number.
5. The server's clock and the order of commits count. What a source says of the time is kept beside, and shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wayseal.numbers.breaches import BreachKind
from wayseal.numbers.tables import NumberState as State


class MoveKind(StrEnum):
    """What can be done with a number that was issued."""

    BIND = "bind"
    SCAN = "scan"
    CLOSE = "close"
    RETIRE = "retire"
    VOID = "void"
    EXPIRE = "expire"


class Outcome(StrEnum):
    """What came of a move."""

    DONE = "done"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move that is asked for.

    Attributes:
        number: Of which number, clean.
        move: What.
        by: Who asks: an account, client or outlet.
        at: When it happened by the source's clock, in microseconds since 1970; None: it doesn't say.
        kind: Of a scan: pickup, arrive, delivered …
        outlet: Of a scan.
        city: Of a scan, as the public may see it.
        order_tag: Of a bind: keyed hash of client and order.
        commitment: Of a bind: keyed hash of number, order, phone and city.
    """

    number: str
    move: MoveKind
    by: str
    at: int | None = None
    kind: str = "pickup"
    outlet: str | None = None
    city: str | None = None
    order_tag: bytes | None = None
    commitment: bytes | None = None


class Standing(NamedTuple):
    """A number as it stands. outlet: where its block is meant for; last: its newest event; others: as in the table.

    A tuple, since one is made of each row.
    """

    number: str
    state: str
    block: int
    holder: str
    outlet: str | None
    last: int
    order_tag: bytes | None = None
    commitment: bytes | None = None
    scanned_at: int | None = None
    closed_at: int | None = None


class Judged(NamedTuple):
    """What comes of a move. after: the number afterwards, None: as it was; breach: what was broken."""

    outcome: Outcome
    after: Standing | None = None
    breach: BreachKind | None = None


_FROM: Mapping[MoveKind, tuple[State, frozenset[State]]] = {
    MoveKind.CLOSE: (State.CLOSED, frozenset({State.SCANNED})),
    MoveKind.RETIRE: (State.RETIRED, frozenset({State.CLOSED, State.VOIDED, State.EXPIRED})),
    MoveKind.VOID: (State.VOIDED, frozenset({State.ISSUED, State.BOUND})),
    MoveKind.EXPIRE: (State.EXPIRED, frozenset({State.ISSUED})),
}


def judge(now: int, move: Move, found: Standing | None, taken: bool) -> Judged:
    """Judge a move.

    Args:
        now: The server's time, in microseconds since 1970 (rule 5).
        move: It.
        found: The number; None: there is none.
        taken: Another number has the order.

    Returns:
        What comes of it.
    """
    if found is None:
        return _refused(BreachKind.NEVER_ISSUED)
    if move.move is MoveKind.BIND:
        return _judge_bind(move, found, taken)
    if move.move is MoveKind.SCAN:
        return _judge_scan(now, move, found)
    to, allowed = _FROM[move.move]
    if found.state == to:
        return Judged(outcome=Outcome.SAME)
    if found.state not in allowed:
        return _refused(BreachKind.OTHER_STATE)
    closed = now if to is State.CLOSED else found.closed_at
    return Judged(outcome=Outcome.DONE, after=found._replace(state=to, closed_at=closed))


def _refused(breach: BreachKind, after: Standing | None = None) -> Judged:
    return Judged(outcome=Outcome.REFUSED, after=after, breach=breach)


def _judge_bind(move: Move, found: Standing, taken: bool) -> Judged:
    """Rule 4."""
    if move.by != found.holder:
        return _refused(BreachKind.BOUND_BY_OTHER)
    if found.order_tag is not None:
        if found.order_tag != move.order_tag:
            return _refused(BreachKind.SECOND_ORDER)
        same = found.commitment == move.commitment
        return Judged(outcome=Outcome.SAME) if same else _refused(BreachKind.REBOUND)
    if found.state != State.ISSUED:
        return _refused(BreachKind.OTHER_STATE)
    if found.scanned_at is not None:
        return _refused(BreachKind.BOUND_LATE)
    if taken:
        return _refused(BreachKind.SECOND_NUMBER)
    after = found._replace(state=State.BOUND, order_tag=move.order_tag, commitment=move.commitment)
    return Judged(outcome=Outcome.DONE, after=after)


def _judge_scan(now: int, move: Move, found: Standing) -> Judged:
    """Rule 3."""
    if found.state == State.SCANNED:
        return Judged(outcome=Outcome.DONE, after=found)
    if found.state == State.BOUND:
        elsewhere = found.outlet is not None and move.outlet != found.outlet
        after = found._replace(state=State.SCANNED, scanned_at=now)
        return Judged(outcome=Outcome.DONE, after=after, breach=BreachKind.SCANNED_ELSEWHERE if elsewhere else None)
    if found.state == State.ISSUED:
        first = found._replace(scanned_at=now) if found.scanned_at is None else None
        return _refused(BreachKind.SCANNED_UNBOUND, first)
    return _refused(BreachKind.SCANNED_ENDED)
