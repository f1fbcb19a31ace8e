"""The vault's knowledge of work, as rows of the data contract that a ledger lacks.

1. Scans and tickets are what systems reported, actors are the directory. A parcel that was sealed with both ends is a
   route (`waybills`): issued when it was sealed, by the channel of whoever sealed it.
2. A partner or a service answers for the channel of its own name, as policies say by the relation `own`. An account
   answered for the outlet where it worked until the directory was told of another one: acts in the log say when.
3. What the vault doesn't keep isn't made up: cities and kinds of outlets, rights, duties. Rights stay as the ledger has
   them.
4. Reports come late and in any order, so that no position says what is new: all that the vault has is held against
   the ledger. Rows that a purge or the contract's bounds of time would turn away are left out.
5. Ids, codes and times alone: nothing that is sealed is read.
6. A row whose mark doesn't fit (`row_macs`) explains nothing: it is left out and counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from wayseal import store
from wayseal.database import Connection, Database
from wayseal.ledger import Snapshot
from wayseal.model.kinds import ActorKind, Scope
from wayseal.model.progress import Progress
from wayseal.store.tables import EARLIEST, LATEST
from wayseal.vault import tables as t
from wayseal.vault._sql import key_after
from wayseal.vault.log.entries import Entry, read_rows
from wayseal.vault.row_macs import RowMacs

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
    table: sa.Table
    columns: Mapping[str, str]
    time: str
    same: tuple[str, ...]
    which: sa.ColumnElement[bool]


_ENDS = t.waybills.c.origin_outlet.is_not(None) & t.waybills.c.destination_outlet.is_not(None)
_KEPT = (
    _Kept(
        name="waybills",
        table=t.waybills,
        columns={
            "waybill": "waybill", "issued_at": "sealed_at", "channel": "sealed_by",
            "origin_outlet": "origin_outlet", "destination_outlet": "destination_outlet",
        },
        time="issued_at",
        same=("waybill",),
        which=_ENDS,
    ),
    _Kept(
        name="scans",
        table=t.scans,
        columns={name: name for name in ("waybill", "at", "kind", "outlet")},
        time="at",
        same=("waybill", "at", "kind", "outlet"),
        which=sa.true(),
    ),
    _Kept(
        name="tickets",
        table=t.tickets,
        columns={name: name for name in ("ticket", "waybill", "opened_at", "actor", "closed_at", "kind")},
        time="opened_at",
        same=("ticket", "waybill", "opened_at", "actor", "closed_at", "kind"),
        which=sa.true(),
    ),
)  # fmt: skip
WORK_TABLES = ("actors", "assignments", *(kept.name for kept in _KEPT))
"""All tables of the contract that may come along."""


class KnownWork:
    """The work that a ledger has, and what acts in the log say beyond it; without a ledger nothing is known."""

    def __init__(self, snapshot: Snapshot | None, marks: RowMacs, people: Sequence[sa.Row[Any]]) -> None:
        """people: all rows of the directory."""
        self._snapshot = snapshot
        self.marks = marks
        self.unmarked = 0
        kept = self.marked(t.actors, people)
        self._people = [{name: _within(name, getattr(row, name)) for name in _PEOPLE} for row in kept]
        self._answering = {row["actor"] for row in self._people if row["kind"] in _SEALERS}
        boundary = None if snapshot is None else snapshot.manifest.boundary
        self.since = EARLIEST if boundary is None else max(EARLIEST, boundary * _DAY)
        self.generation = 0 if snapshot is None else snapshot.manifest.generation
        self._actors = {} if snapshot is None else {row["actor"]: row for row in _plain(snapshot.actors())}
        given = [] if snapshot is None else _plain(snapshot.assignments())
        self._given = {_spelled(row) for row in given}
        self._at = {actor: (row["outlet"], EARLIEST) for actor, row in self._actors.items()}
        self._left: list[Row] = []
        self._sealers: dict[str, int] = {}

    def marked(self, table: sa.Table, rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
        """Those of the rows that the vault wrote (rule 6)."""
        kept = self.marks.holding(table, rows)
        self.unmarked += len(rows) - len(kept)
        return kept

    def take_act(self, entry: Entry) -> None:
        """Hears of an administrator's act: where accounts worked before it (rule 2)."""
        if entry.more.get("act") != "actors_put":
            return
        for record in read_rows(entry.more):
            actor, outlet = record["actor"], record.get("outlet")
            before, since = self._at.get(actor, (outlet, entry.at))
            if before == outlet:
                self._at.setdefault(actor, (outlet, since))
                continue
            if before is not None:
                self._left.append(_assignment(actor, Scope.OUTLET, before, since, entry.at))
            self._at[actor] = (outlet, entry.at)

    def take_route(self, route: Row) -> None:
        """Hears of a route: who seals for itself, and since when (rule 2)."""
        channel, at = route["channel"], max(route["issued_at"], EARLIEST)
        if channel in self._answering:
            self._sealers[channel] = min(at, self._sealers.get(channel, at))

    def new_assignments(self) -> list[Row]:
        """Return the assignments that follow from all acts and routes, without those the ledger has (rule 2)."""
        sealers = [_assignment(who, Scope.CHANNEL, who, at, None) for who, at in sorted(self._sealers.items())]
        return [row for row in (*self._left, *sealers) if _spelled(row) not in self._given]

    def new_actors(self) -> list[Row]:
        """Those of whom the ledger says something else, or nothing; with the rights that it has (rule 3)."""
        before = [self._actors.get(row["actor"], {}) for row in self._people]
        return [
            {**row, "rights": old.get("rights")}
            for row, old in zip(self._people, before, strict=True)
            if any(old.get(name) != value for name, value in row.items())
        ]

    def without_known(self, kept: _Kept, rows: Sequence[Row]) -> list[Row]:
        """Rows of a table that the ledger hasn't got and would take (rule 4)."""
        rows = [row for row in rows if self.since <= row[kept.time] < LATEST]
        if self._snapshot is None or kept.name not in self._snapshot.tables:
            return rows
        numbers = list(dict.fromkeys(row["waybill"] for row in rows))
        there = _plain(self._snapshot.table(kept.name, self._snapshot.keys(numbers)).select(kept.same))
        have = {tuple(row.values()) for row in there}
        return [row for row in rows if tuple(row[name] for name in kept.same) not in have]


def directory_of(connection: Connection) -> Sequence[sa.Row[Any]]:
    """All rows of the directory, by id."""
    return connection.execute(sa.select(t.actors).order_by(t.actors.c.actor)).all()


def write_work(
    database: Database, folder: Path, known: KnownWork, stem: str, stop: int, progress: Progress
) -> dict[str, int]:
    """Writes what the ledger lacks (rules 1 to 6), a file a table; table → rows, of those that have any.

    stem, stop: how the log's sources are called, and how many entries it has.
    """
    tables = [("actors", _loose("actors", known.new_actors))]
    tables += [(kept.name, _new_rows(database, kept, known)) for kept in _KEPT]
    tables += [("assignments", _loose("assignments", known.new_assignments))]  # after the routes, which tell of some
    written: dict[str, int] = {}
    for done, (name, portions) in enumerate(tables):
        progress("work", done, len(tables))
        if (first := next(portions, None)) is not None:
            source = f"{stem}{name}-{stop}-{known.generation}.parquet"
            written[name] = write_source(folder, name, source, chain([first], portions))
    progress("work", len(tables), len(tables))
    return written


def _loose(name: str, new: Callable[[], list[Row]]) -> Iterator[pa.Table]:
    if rows := new():
        yield _table(name, rows)


def _new_rows(database: Database, kept: _Kept, known: KnownWork) -> Iterator[pa.Table]:
    for portion in _portions(database, kept):
        rows = [
            {name: _within(name, getattr(row, column)) for name, column in kept.columns.items()}
            for row in known.marked(kept.table, portion)
        ]
        if kept.table is t.waybills:
            for row in rows:
                known.take_route(row)
        if new := known.without_known(kept, rows):
            yield _table(kept.name, new)


def _portions(database: Database, kept: _Kept) -> Iterator[Sequence[sa.Row[Any]]]:
    """All rows of a table in the order of its key, some thousands at a time, without what is sealed (rule 5)."""
    every = sa.select(*(c for c in kept.table.c if c.name != "sealed")).where(kept.which)
    every = every.order_by(*kept.table.primary_key).limit(_AT_ONCE)
    some = every
    while rows := database.read(_rows, some):
        yield rows
        some = every.where(key_after(kept.table, rows[-1]))


def _rows(connection: Connection, some: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    return connection.execute(some).all()


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


def write_source(folder: Path, table: str, name: str, rows: Iterable[pa.Table]) -> int:
    """Writes a table as a file of a dataset under the name of a source; how many rows."""
    path = store.write_table(folder, table, rows, about={"wayseal": name})
    (folder / table).mkdir(exist_ok=True)
    return int(pq.read_metadata(path.rename(folder / table / name)).num_rows)
