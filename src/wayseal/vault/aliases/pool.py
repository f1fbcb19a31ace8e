"""The pool of virtual numbers: free → bound → cooling → free, and who was given which for which parcel.

1. An alias belongs to one open pair of parcel and viewer. Where the pool is short (no more than one in `RESERVE` is
   free), a parcel that has one shares it among its viewers, and that is said; two parcels never do.
2. Every move is one guarded UPDATE, in one commit with its pair. Who asks twice at once gets the same pair.
3. What was shown cools for `COOLING` from the end of its last pair, and from every stranger's call in that time, before
   anybody else gets it: until then a call-back or a spammer reaches nobody. What was never shown is free at once.
4. Who was given an alias is known for `KEPT` after the end: calls are attributed by it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.model.times import DAY_US
from wayseal.vault._sql import keep
from wayseal.vault.aliases import tables as t

COOLING, KEPT = 30 * DAY_US, 180 * DAY_US
RESERVE = 10
_OPEN = t.pairs.c.ended_at.is_(None)


def add_aliases(connection: Connection, numbers: Iterable[str]) -> None:
    """Adds numbers that aren't in the pool."""
    keep(connection, t.aliases, [{"alias": one, "state": "free", "until": None} for one in numbers])


def open_pair(connection: Connection, waybill: str, viewer: str, pair: str, *, now: int, until: int) -> Any | None:
    """The row of the open pair of these two, or of a new one by the id `pair`; None: the pool is used up (1 to 3)."""
    thaw(connection, now)
    given = connection.execute(sa.select(t.pairs).where(_OPEN & (t.pairs.c.waybill == waybill))).all()
    if (mine := next((row for row in given if row.viewer == viewer), None)) is not None:
        return mine
    free = _count(connection, t.aliases.c.state == "free")
    short = free * RESERVE <= _count(connection, sa.true())
    alias = given[0].alias if given and short else _take(connection)
    if alias is None:
        return None
    row = {"pair": pair, "alias": alias, "waybill": waybill, "viewer": viewer, "opened_at": now, "until": until}
    connection.execute(t.pairs.insert(), row)
    return connection.execute(sa.select(t.pairs).where(t.pairs.c.pair == pair)).one()


def _take(connection: Connection) -> str | None:
    """A free alias, which is bound now."""
    free = sa.select(t.aliases.c.alias).where(t.aliases.c.state == "free").order_by(t.aliases.c.alias).limit(1)
    alias: str | None = connection.execute(free).scalar()
    return alias if alias is not None and _move(connection, alias, "free", "bound", None) else None


def _move(connection: Connection, alias: str, before: str, after: str, until: int | None) -> bool:
    """Rule 2."""
    which = (t.aliases.c.alias == alias) & (t.aliases.c.state == before)
    return connection.execute(t.aliases.update().where(which).values(state=after, until=until)).rowcount == 1


def mark_shown(connection: Connection, pair: str, *, now: int, until: int) -> int | None:
    """Says that the provider has bound a pair until then; how many share its alias. None: it was closed meanwhile."""
    values = {"shown_at": sa.func.coalesce(t.pairs.c.shown_at, now), "until": until}
    if connection.execute(t.pairs.update().where((t.pairs.c.pair == pair) & _OPEN).values(values)).rowcount != 1:
        return None
    alias = sa.select(t.pairs.c.alias).where(t.pairs.c.pair == pair).scalar_subquery()
    return connection.execute(sa.select(sa.func.count()).where(_OPEN & (t.pairs.c.alias == alias))).scalar_one()


def close_pair(connection: Connection, pair: str, now: int) -> None:
    """Ends a pair that the provider has unbound (rule 3)."""
    which = (t.pairs.c.pair == pair) & _OPEN
    if connection.execute(t.pairs.update().where(which).values(ended_at=now)).rowcount != 1:
        return
    alias = connection.execute(sa.select(t.pairs.c.alias).where(t.pairs.c.pair == pair)).scalar_one()
    held = connection.execute(sa.select(t.pairs).where(t.pairs.c.alias == alias)).all()
    if all(row.ended_at is not None for row in held):
        shown = any(row.shown_at is not None and row.ended_at > now - COOLING for row in held)
        _move(connection, alias, "bound", "cooling" if shown else "free", now + COOLING if shown else None)


def thaw(connection: Connection, now: int) -> None:
    """Frees what has cooled."""
    which = (t.aliases.c.state == "cooling") & (t.aliases.c.until <= now)
    connection.execute(t.aliases.update().where(which).values(state="free", until=None))


def cool(connection: Connection, strangers: Iterable[tuple[str, str, int]], now: int) -> None:
    """Has aliases (alias, _, µs) cool longer that strangers called (rule 3), and drops what ended long ago (rule 4)."""
    for alias, _, at in strangers:
        which = (t.aliases.c.alias == alias) & (t.aliases.c.state == "cooling") & (t.aliases.c.until < at + COOLING)
        connection.execute(t.aliases.update().where(which).values(until=at + COOLING))
    thaw(connection, now)
    for table, ended in ((t.pairs, "ended_at"), (t.stand_ins, "set_at"), (t.tries, "at"), (t.calls, "at")):
        connection.execute(table.delete().where(table.c[ended] < now - KEPT))


def ending_pairs(connection: Connection, before: int, unshown_before: int) -> Sequence[Any]:
    """Rows of open pairs that end before a time, or that were opened before another one and never shown."""
    late = t.pairs.c.shown_at.is_(None) & (t.pairs.c.opened_at < unshown_before)
    return connection.execute(sa.select(t.pairs).where(_OPEN & ((t.pairs.c.until < before) | late))).all()


def holders(connection: Connection, alias: str, at: int) -> tuple[str, tuple[str, ...]] | None:
    """The parcel for which an alias was given last before a time, and everybody who got it for that; None: nobody."""
    which = (t.pairs.c.alias == alias) & (t.pairs.c.shown_at <= at)
    rows = connection.execute(sa.select(t.pairs).where(which).order_by(t.pairs.c.shown_at.desc())).all()
    if not rows:
        return None
    return rows[0].waybill, tuple(sorted({row.viewer for row in rows if row.waybill == rows[0].waybill}))


def pool_size(connection: Connection) -> dict[str, int]:
    """How many aliases are free, bound and cooling, and how many pairs are open: so many would take one each."""
    states = ("free", "bound", "cooling")
    pairs = connection.execute(sa.select(sa.func.count()).select_from(t.pairs).where(_OPEN)).scalar_one()
    return {state: _count(connection, t.aliases.c.state == state) for state in states} | {"pairs": pairs}


def _count(connection: Connection, which: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(t.aliases).where(which)).scalar_one())
