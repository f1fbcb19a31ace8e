"""What breaks the order of a number's life, and is kept with whoever asked for it.

1. A breach is kept once a kind, number, asker and day: a flood of the same is one row.
2. Nobody changes or deletes one; whoever can't read anything else may add one.
3. It holds names of accounts, clients and outlets, and no personal data of a parcel.

Writers follow one another (`database`, rule 2), so that whoever follows `id` misses none.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wayseal.database import Connection, execute, query
from wayseal.model.times import DAY_US


class BreachKind(StrEnum):
    """The kinds of breaches; what each means stands in docs/how-to/numbers.md."""

    READ_EARLY = "read_early"
    TRACKED_EARLY = "tracked_early"
    BULK_READ = "bulk_read"
    BOUND_LATE = "bound_late"
    REBOUND = "rebound"
    SECOND_ORDER = "second_order"
    SECOND_NUMBER = "second_number"
    BOUND_BY_OTHER = "bound_by_other"
    SCANNED_UNBOUND = "scanned_unbound"
    COVERAGE = "coverage"
    SCANNED_ELSEWHERE = "scanned_elsewhere"
    SCANNED_ENDED = "scanned_ended"
    NEVER_ISSUED = "never_issued"
    NEVER_SCANNED = "never_scanned"
    IDLE_BLOCK = "idle_block"
    OUT_OF_ORDER = "out_of_order"
    OTHER_STATE = "other_state"
    CLOCK_SKEW = "clock_skew"
    HANDOVER_GUESSED = "handover_guessed"
    ALIAS_CALLED = "alias_called"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One breach.

    Attributes:
        kind: What.
        number: Of which number, or `block N`; "" of none alone.
        at: When, in microseconds since 1970, by the server's clock.
        asker: Who did it: an account, client, partner or outlet; "" where nobody knows.
        holder: Who holds the number; "" for nobody.
        facts: What else is known: texts and numbers under short names.
    """

    kind: BreachKind
    number: str
    at: int
    asker: str = ""
    holder: str = ""
    facts: Mapping[str, str | int | float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBreach(Breach):
    """A breach as it is kept. id: its place."""

    id: int


_ADD = (
    "INSERT INTO breaches (kind, number, at, day, asker, holder, facts) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)


def add(connection: Connection, *some: Breach) -> None:
    """Keep breaches (rule 1). connection: within a transaction that may write."""
    rows = [
        (one.kind.value, one.number, one.at, one.at // DAY_US, one.asker, one.holder, json.dumps(dict(one.facts)))
        for one in some
    ]
    if rows:
        execute(connection, _ADD, rows)


def after(connection: Connection, place: int, limit: int = 1000) -> Sequence[KeptBreach]:
    """The breaches behind a place, oldest first."""
    rows = query(
        connection,
        "SELECT id, kind, number, at, asker, holder, facts FROM breaches WHERE id > ? ORDER BY id LIMIT ?",
        (place, limit),
    )
    return [
        KeptBreach(
            id=row[0],
            kind=BreachKind(row[1]),
            number=row[2],
            at=row[3],
            asker=row[4],
            holder=row[5],
            facts=json.loads(row[6]),
        )
        for row in rows
    ]


def read_place(connection: Connection, name: str) -> int:
    """How far whoever follows a table has come."""
    rows = query(connection, "SELECT place FROM places WHERE name = ?", (name,))
    return int(rows[0][0]) if rows else 0


def keep_place(connection: Connection, name: str, place: int) -> None:
    """Keep it."""
    text = "INSERT INTO places (name, place) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET place = excluded.place"
    execute(connection, text, [(name, place)])
