"""Handover codes at a station: six digits that the recipient tells, and what happens when they are wrong.

1. A code is of one parcel, one station and the day on which it came there. Nothing else opens a handover: no digits of
   a phone, no name.
2. Three tries. Then no code is taken any more, the right one neither: the parcel goes back, or a supervisor who made
   none of these tries hands it over, which the vault's log says with the reason.
3. Every try is kept with who made it, in the commit that answers; what was handed over is handed over once.
4. Wrong codes are counted by station: far more of them today than its last four weeks make likely are an alarm.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.journal.record import same_person
from wayseal.model.times import DAY_US
from wayseal.vault.aliases import tables as t

TRIES = 3
_WEEKS = 28 * DAY_US
_FEWEST, _FAR = 5, 4.0
"""Wrong codes of a day that may be an alarm, and standard errors beyond what is expected."""
_PRIOR = (1.0, 20.0)
"""Wrong ones and tries of a station that nobody knows yet: one in twenty."""
_MOST_USUAL = 0.1
"""No station's habit is worse than this, so that guessing every day never becomes usual."""


class HandoverState(StrEnum):
    """How a handover stands."""

    OPEN = "open"
    LOCKED = "locked"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What came of a try. left: tries that are left."""

    accepted: bool
    state: HandoverState
    left: int


def check_code(
    connection: Connection, waybill: str, station: str, code: str, right: str, *, who: str, now: int
) -> tuple[Handover, bool]:
    """Takes a code (rules 1 to 3); what came of it, and whether the station's wrong ones are an alarm (rule 4).

    right: the one that opens it; now: µs.
    """
    before = _tries(connection, waybill, station)
    if _state(before) is not HandoverState.OPEN:
        return Handover(accepted=False, state=_state(before), left=0), False
    fits = hmac.compare_digest(code.strip().encode(), right.encode())
    made = _keep(connection, waybill, station, before, who, "right" if fits else "wrong", now)
    left = 0 if fits else TRIES - len(made)
    return Handover(accepted=fits, state=_state(made), left=left), not fits and _is_alarming(connection, station, now)


def override(connection: Connection, waybill: str, station: str, *, who: str, now: int) -> Handover | None:
    """Hands over without a code; None: nobody may, or not this one (rule 2)."""
    before = _tries(connection, waybill, station)
    if _state(before) is not HandoverState.LOCKED or any(same_person(one.who, who) for one in before):
        return None
    made = _keep(connection, waybill, station, before, who, "overridden", now)
    return Handover(accepted=True, state=_state(made), left=0)


def _tries(connection: Connection, waybill: str, station: str) -> Sequence[Any]:
    which = (t.tries.c.waybill == waybill) & (t.tries.c.station == station)
    return connection.execute(sa.select(t.tries).where(which).order_by(t.tries.c.place)).all()


def _keep(
    connection: Connection, waybill: str, station: str, before: Sequence[Any], who: str, outcome: str, now: int
) -> Sequence[Any]:
    row = {"waybill": waybill, "station": station, "place": len(before), "who": who, "outcome": outcome, "at": now}
    connection.execute(t.tries.insert(), row)
    return _tries(connection, waybill, station)


def _state(tries: Sequence[Any]) -> HandoverState:
    if any(one.outcome != "wrong" for one in tries):
        return HandoverState.HANDED_OVER
    return HandoverState.OPEN if len(tries) < TRIES else HandoverState.LOCKED


def _is_alarming(connection: Connection, station: str, now: int) -> bool:
    """Rule 4."""
    wrong = sa.func.coalesce(sa.func.sum(sa.case((t.tries.c.outcome == "wrong", 1), else_=0)), 0)
    counted = sa.select(wrong, sa.func.count()).where(t.tries.c.station == station)
    today = now - now % DAY_US
    failed, tried = connection.execute(counted.where(t.tries.c.at >= today)).one()
    past = counted.where((t.tries.c.at >= today - _WEEKS) & (t.tries.c.at < today))
    failed_before, tried_before = connection.execute(past).one()
    usual = min((failed_before + _PRIOR[0]) / (tried_before + _PRIOR[1]), _MOST_USUAL)
    expected = tried * usual
    return bool(failed >= _FEWEST and failed > expected + _FAR * expected**0.5)
