"""What the vault knows of work, as rows of the data contract that a ledger lacks.

1. Scans and tickets are what systems reported, actors are the directory. A parcel that was sealed with both ends is a
   route (`waybills`): issued when it was sealed, by the channel of whoever sealed it.
2. A partner or a service answers for the channel of its own name, as policies say by the relation `own`. An account
   answered for the outlet where it worked until the directory was told of another one: acts in the log say when.
3. What the vault doesn't keep isn't made up: cities and kinds of outlets, rights, duties. Rights stay as the ledger has
   them.
4. Reports come late and in any order, so that no position says what is new: all that the vault has is held against
   the ledger. Rows that a purge or the contract's bounds of time would turn away are left out.
5. Ids, codes and times alone: nothing that is sealed is read.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from wayseal import store
from wayseal.ledger import Snapshot
from wayseal.model.kinds import ActorKind, Scope
from wayseal.store.database import Connection, Database
from wayseal.store.tables import EARLIEST, LATEST
from wayseal.vault import tables as t
from wayseal.vault.log._positions import write_source
from wayseal.vault.log.entries import Entry

__all__ = ["WORK_TABLES", "KnownWork", "Row", "directory_of", "write_work"]

Progress = Callable[[str, int, int], None]
Row = Mapping[str, Any]
_AT_ONCE = 16_384
_DAY = 86_400_000_000
_PEOPLE = tuple(name for name in store.TABLES["actors"].names if name != "rights")
_SEALERS = (ActorKind.PARTNER, ActorKind.SERVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A table of the vault as one of the contract.

    columns: name in the contract → the vault's. time: the column by which a purge judges it. same: the columns by which
    the ledger has a row already.
    """

    name: str
    columns: Mapping[str, sa.Column[Any]]
    time: str
    same: tuple[str, ...]
    which: sa.ColumnElement[bool]

    @property
    def key(self) -> list[str]:
        """The names of the primary key's columns."""
        return [name for name, column in self.columns.items() if column.primary_key]


_s, _t, _w = t.scans.c, t.tickets.c, t.waybills.c
_KEPT = (
    _Kept(
        name="waybills",
        columns={
            "waybill": _w.waybill, "issued_at": _w.sealed_at, "channel": _w.sealed_by,
            "origin_outlet": _w.origin_outlet, "destination_outlet": _w.destination_outlet,
        },
        time="issued_at",
        same=("waybill",),
        which=_w.origin_outlet.is_not(None) & _w.destination_outlet.is_not(None),
    ),
    _Kept(
        name="scans",
        columns={"waybill": _s.waybill, "at": _s.at, "kind": _s.kind, "outlet": _s.outlet},
        time="at",
        same=("waybill", "at", "kind", "outlet"),
        which=sa.true(),
    ),
    _Kept(
        name="tickets",
        columns={
            "ticket": _t.ticket, "waybill": _t.waybill, "opened_at": _t.opened_at, "actor": _t.actor,
            "closed_at": _t.closed_at, "kind": _t.kind,
        },
        time="opened_at",
        same=("ticket", "waybill", "opened_at", "actor", "closed_at", "kind"),
        which=sa.true(),
    ),
)  # fmt: skip


WORK_TABLES = ("actors", "assignments", *(kept.name for kept in _KEPT))
"""All tables of the contract that may come along."""


class KnownWork:
    """What a ledger has of work, and what acts in the log say beyond it; without a ledger nothing is known."""

    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot
        boundary = None if snapshot is None else snapshot.manifest.boundary
        self.since = EARLIEST if boundary is None else max(EARLIEST, boundary * _DAY)
        self.generation = 0 if snapshot is None else snapshot.manifest.generation
        self.actors = {} if snapshot is None else {row["actor"]: row for row in _plain(snapshot.actors())}
        given = [] if snapshot is None else _plain(snapshot.assignments())
        self._given = {_spelled(row) for row in given}
        self._at = {actor: (row["outlet"], EARLIEST) for actor, row in self.actors.items()}
        self.left: list[Row] = []

    def take_act(self, entry: Entry) -> None:
        """Hears of an administrator's act: where accounts worked before it (rule 2)."""
        if entry.more.get("act") != "actors_put":
            return
        for record in json.loads(str(entry.more["records"])):
            actor, outlet = record["actor"], record.get("outlet")
            before, since = self._at.get(actor, (outlet, entry.at))
            if before == outlet:
                self._at.setdefault(actor, (outlet, since))
                continue
            if before is not None:
                self.left.append(_assignment(actor, Scope.OUTLET, before, since, entry.at))
            self._at[actor] = (outlet, entry.at)

    def lacks(self, assignment: Row) -> bool:
        """Whether the ledger hasn't got an assignment."""
        return _spelled(assignment) not in self._given

    def without_known(self, kept: _Kept, rows: Sequence[Row]) -> list[Row]:
        """Rows of a table that the ledger hasn't got and would take (rule 4)."""
        rows = [row for row in rows if self.since <= row[kept.time] < LATEST]
        if self._snapshot is None or kept.name not in self._snapshot.tables:
            return rows
        numbers = list(dict.fromkeys(row["waybill"] for row in rows))
        there = _plain(self._snapshot.table(kept.name, self._snapshot.keys(numbers)).select(kept.same))
        have = {tuple(row.values()) for row in there}
        return [row for row in rows if tuple(row[name] for name in kept.same) not in have]


def directory_of(connection: Connection) -> list[Row]:
    """All actors as the contract has them, without rights."""
    columns = [t.actors.c[name] for name in _PEOPLE]
    rows = connection.execute(sa.select(*columns).order_by(t.actors.c.actor))
    return [{name: _within(name, value) for name, value in row._mapping.items()} for row in rows]


def write_work(
    database: Database, folder: Path, known: KnownWork, people: Sequence[Row], stem: str, stop: int, progress: Progress
) -> dict[str, int]:
    """Writes what the ledger lacks (rules 1 to 5), a file a table; table → rows, of those that have any.

    people: of `directory_of`. stem, stop: how the log's sources are called, and how many entries it has.
    """
    loose = {"actors": _new_actors(people, known), "assignments": _new_assignments(database, known)}
    tables = {name: iter([_table(name, rows)] if rows else []) for name, rows in loose.items()}
    tables |= {kept.name: _new_rows(database, kept, known) for kept in _KEPT}
    written: dict[str, int] = {}
    for done, (name, portions) in enumerate(tables.items()):
        progress("work", done, len(tables))
        if (first := next(portions, None)) is not None:
            source = f"{stem}{name}-{stop}-{known.generation}.parquet"
            written[name] = write_source(folder, name, source, chain([first], portions))
    progress("work", len(tables), len(tables))
    return written


def _new_actors(people: Sequence[Row], known: KnownWork) -> list[Row]:
    """Those of whom the ledger says something else, or nothing; with the rights that it has (rule 3)."""
    before = [known.actors.get(row["actor"], {}) for row in people]
    return [
        {**row, "rights": old.get("rights")}
        for row, old in zip(people, before, strict=True)
        if any(old.get(name) != value for name, value in row.items())
    ]


def _new_assignments(database: Database, known: KnownWork) -> list[Row]:
    """Rule 2."""
    sealers = [_assignment(actor, Scope.CHANNEL, actor, since, None) for actor, since in database.read(_sealers)]
    return [row for row in (*known.left, *sealers) if known.lacks(row)]


def _sealers(connection: Connection) -> list[tuple[str, int]]:
    """Partners and services that sealed parcels, and since when."""
    whose = (t.actors.c.actor == _w.sealed_by) & t.actors.c.kind.in_(_SEALERS)
    since = sa.func.min(_w.sealed_at)
    rows = connection.execute(
        sa.select(_w.sealed_by, since).join_from(t.waybills, t.actors, whose).group_by(_w.sealed_by)
    )
    return sorted((actor, max(at, EARLIEST)) for actor, at in rows)


def _new_rows(database: Database, kept: _Kept, known: KnownWork) -> Iterator[pa.Table]:
    for rows in _portions(database, kept):
        if new := known.without_known(kept, rows):
            yield _table(kept.name, new)


def _portions(database: Database, kept: _Kept) -> Iterator[list[Row]]:
    """All rows of a table in the order of its key, some thousands at a time."""
    key = sa.tuple_(*(kept.columns[name] for name in kept.key))
    every = sa.select(*(column.label(name) for name, column in kept.columns.items())).where(kept.which)
    every = every.order_by(*(kept.columns[name] for name in kept.key)).limit(_AT_ONCE)
    some = every
    while rows := database.read(_rows, some):
        yield [{name: _within(name, value) for name, value in row.items()} for row in rows]
        last = (sa.literal(rows[-1][name], kept.columns[name].type) for name in kept.key)
        some = every.where(key > sa.tuple_(*last))


def _rows(connection: Connection, some: sa.Select[Any]) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(some)]


_OPTIONAL_TIMES = frozenset(("valid_from", "valid_to", "trained_until", "closed_at"))


def _within(name: str, value: Any) -> Any:
    """A value as the contract holds it: a time beyond its bounds that may be left out is."""
    return None if name in _OPTIONAL_TIMES and value is not None and not EARLIEST <= value < LATEST else value


def _assignment(actor: str, scope: Scope, value: str, since: int, to: int | None) -> Row:
    return {"actor": actor, "scope": str(scope), "value": value, "from": since, "to": to}


def _spelled(assignment: Row) -> tuple[Any, ...]:
    return tuple(assignment[name] for name in ("actor", "scope", "value", "to"))


def _table(name: str, rows: Iterable[Row]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=store.arrow_schema(name))


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows with times in microseconds."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
