"""A number's life as the public gate reads it.

1. One statement, with the same work whether a number exists, was never scanned, or is live: where there is nothing to
   show, the life of the decoy is walked, and thrown away.
2. What comes out has no outlet, operator or order: of an event its kind, time and city.
"""

import json
from dataclasses import dataclass

from wayseal.database import Connection, query
from wayseal.numbers.tables import DECOY, NumberState

AFTER_CLOSE_US = 5 * 86_400_000_000
"""So long a closed parcel is shown."""
LONGEST_US = 60 * 86_400_000_000
"""So long after its first scan a parcel is shown that nobody closed."""
_FIND = """
WITH RECURSIVE found AS (
  SELECT n.number, n.state, n.verifier, n.scanned_at, n.closed_at, n.last, b.holder, b.channel
  FROM numbers n JOIN blocks b ON b.block = n.block
  WHERE n.number = COALESCE((SELECT number FROM numbers WHERE number = ?), '-')
), life(seq, previous, at, move, facts, place) AS (
  SELECT e.seq, e.previous, e.at, e.move, e.facts, 1 FROM number_events e WHERE e.seq = COALESCE(
    (SELECT last FROM found WHERE state IN ('scanned', 'closed')),
    (SELECT last FROM numbers WHERE number = '-'))
  UNION ALL
  SELECT e.seq, e.previous, e.at, e.move, e.facts, life.place + 1
  FROM life JOIN number_events e ON e.seq = life.previous WHERE life.place < 64
)
SELECT f.number, f.state, f.verifier, f.scanned_at, f.closed_at, f.holder, f.channel, life.at, life.move, life.facts
FROM found f CROSS JOIN life ORDER BY life.seq
"""
"""Rule 1; '-' is the decoy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedEvent:
    """What the public may know of an event. kind: pickup, delivered …; at: microseconds; city: None where unknown."""

    kind: str
    at: int
    city: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A number that exists.

    Attributes:
        number: It.
        state: How far it has come.
        verifier: By which its secret is checked (`codes.secret_fits`).
        holder: To whom its block was given.
        channel: By which.
        events: Its scans, oldest first; () before the first one.
        live_until: Until when it is shown, in microseconds since 1970; None: it isn't.
    """

    number: str
    state: NumberState
    verifier: bytes
    holder: str
    channel: str
    events: tuple[TrackedEvent, ...]
    live_until: int | None

    def is_live(self, now: int) -> bool:
        """Whether it is shown at a moment, in microseconds since 1970."""
        return self.live_until is not None and now < self.live_until


def find(connection: Connection, number: str) -> Tracked | None:
    """Find a number (rule 1). number: clean; None: there is no such number."""
    rows = query(connection, _FIND, (number,))
    events = tuple(event for row in rows if (event := _event(row)) is not None)
    head = rows[0]
    state, scanned_at, closed_at = NumberState(head[1]), head[3], head[4]
    until = {
        NumberState.SCANNED: (scanned_at or 0) + LONGEST_US,
        NumberState.CLOSED: (closed_at or 0) + AFTER_CLOSE_US,
    }.get(state)
    found = Tracked(
        number=head[0],
        state=state,
        verifier=bytes(head[2]),
        holder=head[5],
        channel=head[6],
        events=events if until is not None else (),
        live_until=until,
    )
    return None if found.number == DECOY else found


def _event(row: tuple[object, ...]) -> TrackedEvent | None:
    if row[8] != "scan":
        return None
    facts = json.loads(str(row[9] or "{}"))
    return TrackedEvent(kind=facts.get("kind", "pickup"), at=facts.get("claimed", row[7]), city=facts.get("city"))
