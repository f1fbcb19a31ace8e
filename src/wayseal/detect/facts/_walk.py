"""From a ledger to facts: one pass over the reads, beside the scans, tickets and waybills of the same parcels.

Where a parcel was when it was read, where it comes from and since when there is one.

1. `scanned` is the outlet of the parcel's last scan at or before the read, `due` that of its first scan after it.
2. Of a parcel without a row in `waybills` ends and interface are not known; without scans nothing else is.
3. A parcel begins as it is issued, or where `waybills` doesn't know it with its first scan.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.explain import NOT_FIRST, OWN_TICKET, Reads, Routes, Rules, Scans, Staff, Tickets, explain
from wayseal.detect.facts import _tally
from wayseal.detect.facts._facts import (
    SCHEMAS,
    SUSPECTS,
    THREADS,
    Facts,
    add_up,
    is_among,
    merge_tables,
    newest_suspects,
    rows_of,
)
from wayseal.detect.facts._tally import ADDRESS, DEVICE, HOURS, WAYS, CounterTable, find_demoted
from wayseal.ledger.walk import WaybillPartition
from wayseal.model.arrays import Bytes, Flags, Longs, UInts
from wayseal.model.runtime import kernel
from wayseal.store.tables import microseconds

_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_ACTION_BITS = np.uint64(4)
_HOUR_US = 3_600_000_000


def hours_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account and hour. keys: of accounts by their place."""
    # An id has the account's place on top, which is in the order of keys.
    ids, cells = table.rows(ordered=True)
    return _table(SCHEMAS["hours"], [keys[ids[:, 0] >> _HALF], ids[:, 0] & _LOW, *cells.T])


def uses_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account, day and device or address."""
    ids, cells = table.rows()
    actor, day = keys[ids[:, 0] >> _HALF], (ids[:, 0] & _LOW) >> _ACTION_BITS
    made = []
    for kind, value in ((DEVICE, ids[:, 3]), (ADDRESS, ids[:, 4])):
        some = np.flatnonzero(value)
        columns = [actor[some], day[some], np.full(len(some), kind), value[some]]
        made.append(_table(SCHEMAS["uses"], [*columns, *cells[some].T]))
    return add_up("uses", made)


def shown_rows(table: CounterTable, keys: UInts) -> pa.Table:
    """Counts by account, day, action, purpose and fields."""
    ids, cells = table.rows()
    low = ids[:, 0] & _LOW
    columns = [keys[ids[:, 0] >> _HALF], low >> _ACTION_BITS, low & np.uint64(15), ids[:, 1], ids[:, 2], cells[:, 0]]
    return add_up("shown", [_table(SCHEMAS["shown"], columns)])


def moved_rows(reads: pa.RecordBatch, mandate: Flags) -> pa.Table:
    """Rows that take away first reads which are none any more."""
    none = np.zeros(reads.num_rows, np.int64)
    hour = reads["at"].view(pa.int64()).to_numpy() // _HOUR_US
    return _table(SCHEMAS["hours"], [reads["actor"].to_numpy(), hour, none, none - 1, -mandate.astype(np.int64)])


def _table(schema: pa.Schema, columns: Sequence[npt.NDArray[np.generic]]) -> pa.Table:
    pairs = zip(columns, schema, strict=True)
    made = [pa.array(np.ascontiguousarray(c).astype(f.type.to_pandas_dtype())) for c, f in pairs]
    return pa.table(made, schema=schema)


class Surroundings(NamedTuple):
    """Keys beside `Scans` and `Routes`, row by row: scan (outlet), route (n, 3) (origin, destination, channel)."""

    scan: UInts
    route: UInts


@kernel
def _find(
    key: UInts, at: Longs, scans: UInts, scan_at: Longs, outlet: UInts, routes: UInts, issued: Longs, route: UInts,
    out: UInts, begun: Longs,
) -> None:  # fmt: skip
    """Rules 1 to 3; all keys are sorted, and a parcel's scans by time."""
    s, r = 0, 0
    for i in range(len(key)):
        while s < len(scans) and scans[s] < key[i]:
            s += 1
        while r < len(routes) and routes[r] < key[i]:
            r += 1
        if s < len(scans) and scans[s] == key[i]:
            begun[i] = scan_at[s]
        k = s
        while k < len(scans) and scans[k] == key[i] and scan_at[k] <= at[i]:
            out[2, i] = outlet[k]
            k += 1
        if k < len(scans) and scans[k] == key[i]:
            out[3, i] = outlet[k]
        if r < len(routes) and routes[r] == key[i]:
            out[0, i], out[1, i], out[4, i] = route[r, 0], route[r, 1], route[r, 2]
            begun[i] = issued[r]


def find_surroundings(key: UInts, at: Longs, scans: Scans, routes: Routes, places: Surroundings) -> tuple[UInts, Longs]:
    """Of reads sorted by waybill: keys (5, n) of origin, destination, scanned, due, channel, and µs of its beginning.

    0: none.
    """
    out, begun = np.zeros((5, len(key)), np.uint64), np.zeros(len(key), np.int64)
    route = np.ascontiguousarray(places.route)
    _find(key, at, scans.key, scans.at, places.scan, routes.key, routes.issued, route, out, begun)
    return out, begun


READ_COLUMNS = ("at", "actor", "action", "ip", "device", "session", "purpose", "fields", "first")
TABLE_COLUMNS = {
    "waybills": ("issued_at", "channel", "origin_outlet", "destination_outlet"),
    "scans": ("at", "outlet"),
    "tickets": ("opened_at", "closed_at", "actor"),
}
_AS_SUSPECT = ("waybill", "actor", "at", "action", "device", "ip", "session")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationContext:
    """The rules that judge reads: staff, rules, how many of these are mandates, or strong; local time.

    own: how many come before those of the account's own tickets, which are the last strong ones.
    """

    staff: Staff
    rules: Rules
    mandates: int
    own: int
    strong: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedBefore:
    """The count before an increment: so many sources, and the suspects they left (sorted by waybill)."""

    sources: int
    suspects: pa.Table


@dataclass(slots=True, kw_only=True)
class _Counts:
    """The count of one thread. moved: rows of the hours' table that take away first reads that are none any more.

    firsts: (waybill, account) of new first reads and of suspects judged again.
    """

    tables: tuple[CounterTable, ...] = field(default_factory=lambda: tuple(CounterTable(s) for s in (HOURS, WAYS)))
    suspects: list[pa.Table] = field(default_factory=list)
    firsts: list[tuple[UInts, UInts]] = field(default_factory=list)
    moved: list[pa.Table] = field(default_factory=list)


class Counter:
    """Counts partitions; several threads may call it, each counts for itself. before: None for the whole ledger."""

    def __init__(self, context: ExplanationContext, before: CountedBefore | None = None) -> None:
        self._context, self._before = context, before
        self._free: list[_Counts] = []
        self._all: list[_Counts] = []

    def __call__(self, partition: WaybillPartition) -> int:
        """Counts the reads of a partition; returns how many there were."""
        try:
            counts = self._free.pop()
        except IndexError:
            counts = _Counts()
            self._all.append(counts)
        if self._before is None:
            tables = code_tables(partition, self._context.staff)
            read = sum(self._count(batch, tables, counts) for batch in partition.reads)
        else:
            read = self._increment(partition, self._before, counts)
        self._free.append(counts)
        return read

    def _increment(self, partition: WaybillPartition, before: CountedBefore, counts: _Counts) -> int:
        """Counts what came since, beside those rows of the tables that it needs."""
        fresh = [batch["source"].to_numpy() >= before.sources for batch in partition.reads]
        again = self._reopened(partition, before)
        keys = [key_column(batch, "waybill")[new] for batch, new in zip(partition.reads, fresh, strict=True)]
        wanted = np.unique(np.concatenate([key_column(again, "waybill"), *keys]))
        few = {name: rows_of(rows, wanted) for name, rows in partition.tables.items()}
        tables = code_tables(replace(partition, tables=few), self._context.staff)
        start = len(counts.firsts)
        read = 0
        for batch, new in zip(partition.reads, fresh, strict=True):
            self._take_back_marks(batch, new, tables, counts)
            read += self._count(batch.filter(pa.array(new)), tables, counts)
        self._rejudge(again, tables, counts, counts.firsts[start:])
        return read

    def _take_back_marks(self, batch: pa.RecordBatch, fresh: Flags, tables: "Tables", counts: _Counts) -> None:
        """Takes note of marks that moved from reads that were counted before to fresh ones."""
        if fresh.all() or not fresh.any():
            return
        lost = find_demoted(
            key_column(batch, "waybill"), key_column(batch, "actor"), _flag_column(batch, "first"), fresh
        )
        if len(lost):
            old = _as_first(batch.take(pa.array(lost)))
            _, why, _ = judge_reads(old, tables, self._context)
            counts.moved.append(moved_rows(old, why < self._context.mandates))

    def _count(self, batch: pa.RecordBatch, tables: "Tables", counts: _Counts) -> int:
        if not batch.num_rows:
            return 0
        context = self._context
        reads, why, early = judge_reads(batch, tables, context)
        self._tally(batch, reads, why, counts.tables)
        why = set_own_tickets_apart(why, context)
        odd = np.flatnonzero((why >= context.strong) & (why != NOT_FIRST))
        if len(odd):
            counts.suspects.append(suspect_rows(batch, tables, odd, why, early))
        if self._before is not None:
            first = np.flatnonzero(reads.first)
            counts.firsts.append((reads.key[first], key_column(batch, "actor")[first]))
        return len(why)

    def _tally(self, batch: pa.RecordBatch, reads: Reads, why: Bytes, tables: tuple[CounterTable, ...]) -> None:
        hours, ways = tables
        n, at, actor, action = len(why), reads.at, reads.actor, reads.action
        mandates, offset = self._context.mandates, self._context.offset
        _count_with_room(hours, lambda i, t: _tally.count_hours(i, at, actor, why, mandates, t.slots, t.room), n)
        purpose, fields, device, address = (key_column(batch, name) for name in ("purpose", "fields", "device", "ip"))
        _count_with_room(
            ways,
            lambda i, t: _tally.count_ways(
                i, at, actor, action, purpose, fields, device, address, offset, t.slots, t.room
            ),
            n,
        )

    def _reopened(self, partition: WaybillPartition, before: CountedBefore) -> pa.RecordBatch:
        """Suspects of before whose parcel has a new row (`_tally`, rule 2)."""
        named = [
            key_column(rows, "waybill")[rows["source"].to_numpy() >= before.sources]
            for rows in partition.tables.values()
        ]
        keys = before.suspects["waybill"].to_numpy()
        low = np.searchsorted(keys, np.uint64(partition.low))
        high = np.searchsorted(keys, np.uint64(partition.high), side="right")
        some = np.flatnonzero(np.isin(keys[low:high], np.concatenate(named))) + low
        taken = before.suspects.take(pa.array(some))
        return pa.RecordBatch.from_arrays([c.combine_chunks() for c in taken.columns], schema=taken.schema)

    def _rejudge(
        self, old: pa.RecordBatch, tables: "Tables", counts: _Counts, firsts: list[tuple[UInts, UInts]]
    ) -> None:
        """Judges suspects of before again, but for pairs read anew."""
        for pairs in firsts:
            if old.num_rows:
                old = old.filter(pa.array(~is_among((key_column(old, "waybill"), key_column(old, "actor")), pairs)))
        if not old.num_rows:
            return
        batch = _as_first(old.select(list(_AS_SUSPECT)))
        _, why, early = judge_reads(batch, tables, self._context)
        why = set_own_tickets_apart(why, self._context)
        counts.firsts.append((key_column(old, "waybill"), key_column(old, "actor")))
        if len(left := np.flatnonzero(why >= self._context.strong)):
            counts.suspects.append(suspect_rows(batch, tables, left, why, early))

    def facts(self) -> Facts:
        """The count; of an increment, less what moved."""
        keys = self._context.staff.actors.keys
        less = [table for c in self._all for table in c.moved]
        with ThreadPoolExecutor(THREADS) as pool:
            hours, uses, shown = (
                list(pool.map(partial(rows, keys=keys), [c.tables[k] for c in self._all]))
                for k, rows in ((0, hours_rows), (1, uses_rows), (1, shown_rows))
            )
        return Facts(
            hours=merge_tables("hours", [*hours, add_up("hours", less)]),
            uses=merge_tables("uses", uses),
            shown=merge_tables("shown", shown),
            suspects=newest_suspects([pa.concat_tables(s) for c in self._all if (s := c.suspects)]),
            offset=self._context.offset,
        )

    def rejudged_pairs(self) -> tuple[UInts, UInts]:
        """Of an increment, the pairs (waybill, account) of which suspects of before count no more."""
        parts = [pair for c in self._all for pair in c.firsts]
        none = np.zeros(0, np.uint64)
        waybills, actors = (np.concatenate([none, *(p[k] for p in parts)]) for k in (0, 1))
        return waybills, actors


Step = Callable[[int, CounterTable], tuple[int, int]]


def _count_with_room(table: CounterTable, step: Step, rows: int) -> None:
    """Runs a counting kernel to its end, with more room whenever it asks."""
    row = 0
    while row < rows:
        if table.room <= 0:
            table.grow()
        with np.errstate(over="ignore"):
            row, new = step(row, table)
        table.used += new


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The rows beside the reads of a partition."""

    scans: Scans
    routes: Routes
    tickets: Tickets
    places: Surroundings


def code_tables(partition: WaybillPartition, staff: Staff) -> Tables:
    """The tables of a partition, coded."""
    scans, routes, tickets = (partition.tables[name] for name in ("scans", "waybills", "tickets"))
    n = routes.num_rows
    outlet, ends = staff.outlets.places, ("origin_outlet", "destination_outlet")
    origin, destination = (outlet(key_column(routes, end)) for end in ends)
    customer = np.full(n, -1, np.int32)
    if "customer" in routes.schema.names:
        column = routes["customer"]
        customer = staff.customers.places(column.to_numpy() if column.type == pa.uint64() else staff.keys(column))
    return Tables(
        scans=Scans(
            key=key_column(scans, "waybill"), at=_time_column(scans, "at"), outlet=outlet(key_column(scans, "outlet"))
        ),
        routes=Routes(
            key=key_column(routes, "waybill"),
            issued=_time_column(routes, "issued_at"),
            channel=staff.channels.places(key_column(routes, "channel")),
            origin=origin,
            destination=destination,
            customer=customer,
        ),
        tickets=Tickets(
            key=key_column(tickets, "waybill"),
            opened=_time_column(tickets, "opened_at"),
            closed=microseconds(pa.chunked_array([tickets["closed_at"]])),
            actor=staff.actors.places(key_column(tickets, "actor")),
        ),
        places=Surroundings(
            scan=key_column(scans, "outlet"),
            route=np.column_stack([key_column(routes, name) for name in (*ends, "channel")]),
        ),
    )


def judge_reads(batch: pa.RecordBatch, tables: Tables, context: ExplanationContext) -> tuple[Reads, Bytes, Flags]:
    """Reads as arrays, why each first one was work (`explain`), and which unexplained ones came before any scan."""
    reads = Reads(
        key=key_column(batch, "waybill"),
        at=_time_column(batch, "at"),
        actor=context.staff.actors.places(key_column(batch, "actor")),
        first=_flag_column(batch, "first"),
        action=batch["action"].to_numpy(),
    )
    why, early = np.empty(len(reads.key), np.uint8), np.empty(len(reads.key), np.bool_)
    explain(reads, tables.scans, tables.routes, tables.tickets, context.staff.posts, context.rules, why, early)
    return reads, why, early


def suspect_rows(batch: pa.RecordBatch, tables: Tables, odd: Longs, why: Bytes, early: Flags) -> pa.Table:
    """Rows of the suspects' table for the reads at `odd`."""
    taken = batch.select(list(_AS_SUSPECT)).take(pa.array(odd))
    columns = [taken[n].cast(pa.int64()) if n == "at" else taken[n] for n in _AS_SUSPECT]
    places, begun = find_surroundings(
        key_column(taken, "waybill"), _time_column(taken, "at"), tables.scans, tables.routes, tables.places
    )
    around = [*(pa.array(place) for place in places), pa.array(begun)]
    return pa.table([*columns, pa.array(why[odd]), pa.array(early[odd]), *around], schema=SUSPECTS)


def set_own_tickets_apart(why: Bytes, c: ExplanationContext) -> Bytes:
    """The same, with OWN_TICKET for what only a template of own tickets explains: it is kept as suspects are."""
    return np.where((why >= c.own) & (why < c.strong), np.uint8(OWN_TICKET), why)


def _as_first(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same reads, each a first one."""
    there = [n for n in batch.schema.names if n != "first"]
    ones = pa.array(np.ones(batch.num_rows, np.bool_))
    return pa.RecordBatch.from_arrays([*(batch[n] for n in there), ones], names=[*there, "first"])


def key_column(batch: pa.RecordBatch, name: str) -> UInts:
    """A column of keys."""
    out: UInts = batch[name].to_numpy()
    return out


def _flag_column(batch: pa.RecordBatch, name: str) -> Flags:
    out: Flags = batch[name].to_numpy(zero_copy_only=False)
    return out


def _time_column(batch: pa.RecordBatch, name: str) -> Longs:
    column = batch[name]
    out: Longs = (column.view(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_numpy()
    return out
