"""One generation of a ledger, to be asked; what is written meanwhile does not show."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import UNPACKED, Keyer
from wayseal.ledger._layout import CATALOGUE_SCHEMA, KEYED, NO_DAY, UNIQUE, kept_schema
from wayseal.ledger._lock import share_with_readers
from wayseal.ledger._lookup import (
    ACTION,
    DICTIONARY_KEYS,
    READS,
    READS_SCHEMA,
    Finder,
    TextLookup,
    decode_enum,
    null_key_zero,
)
from wayseal.ledger._manifest import Manifest, load_manifest
from wayseal.ledger._part import column_values
from wayseal.ledger._queries import read_queries
from wayseal.ledger._replay import States, build_states
from wayseal.ledger._select import Chooser
from wayseal.ledger._sorted import ensure_distinct, join_batches, one_batch, ranges, read_range
from wayseal.ledger._strata import StratumVolumes, count_sessions, find_views, read_counts, stratum_volumes
from wayseal.ledger.replay import POPULATION, Replay
from wayseal.ledger.summary import SAMPLE, Summary, summarise
from wayseal.ledger.walk import (
    SourceRange,
    Wanted,
    WaybillPartition,
    askers,
    between,
    places_of,
    walk_partitions,
    walk_source,
)
from wayseal.merkle import Checkpoint
from wayseal.model.arrays import Flags, UInts
from wayseal.model.predicate import Predicate
from wayseal.model.runtime import Closing
from wayseal.store.tables import microseconds

_ORDER = ("waybill", "at", "source", "row")
_THREADS = 2
_AT_ONCE = 64
"""Row groups of one small column that are read together."""
_T = TypeVar("_T")
_NULLABLE = tuple(sorted((*READS.ids, *READS.hashed)))


class Snapshot(Closing):
    """A ledger as one manifest describes it. A context manager; ids are 64-bit keys, 0 stands for none.

    Arrays of keys may come in any order, with repeats. Every answer is sorted, so equal ledgers give equal answers.
    Methods raise LedgerError, which names the file, where a file is missing, cut short or damaged.
    """

    def __init__(self, path: Path, manifest: Manifest, handle: int) -> None:
        self.path = path
        self.manifest = manifest
        self._handle = handle
        self._finder = Finder(path, manifest)
        self._keyer = Keyer(manifest.key_bits)
        self._text_lookup = TextLookup(self._finder)
        self._chooser = Chooser(self._finder, self._keyer, self.outlets)

    def close(self) -> None:
        """Lets go of all files, so that the writer may remove what later generations replaced. May be called again."""
        self._finder.release()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    @property
    def digest(self) -> str:
        """SHA-256 in hex; the same sources ingested in the same order give the same digest."""
        return self.manifest.digest

    @property
    def checkpoint(self) -> Checkpoint:
        """The present state of the tree, unsigned."""
        return Checkpoint(origin=self.manifest.origin, size=self.manifest.size, root=bytes.fromhex(self.manifest.root))

    @property
    def tables(self) -> frozenset[str]:
        """Tables of the contract that hold at least one row."""
        return frozenset(t for t in {s.table for s in self.manifest.sources} if self.manifest.rows(t))

    @property
    def sessions(self) -> int:
        """How many sessions reads and queries name."""
        return sum(entry.rows for entry in self._finder.entries("dictionary:session"))

    @property
    def devices(self) -> int:
        """How many devices reads name."""
        return sum(entry.rows for entry in self._finder.entries("dictionary:device"))

    def summary(self) -> Summary:
        """Summarize what is in it, from when to when, what is missing, how good it is."""
        sample = np.sort(self.control(SAMPLE))
        reads = self.reads(sample, ("waybill", "at"))
        return summarise(self.manifest, self._finder, self._text_lookup, self.actors(), sample, one_batch(reads))

    def keys(self, texts: Sequence[str]) -> UInts:
        """Key of each text (waybill numbers cleaned): a pure hash, whether or not the ledger knows it."""
        return self._keyer.of(texts)

    def hashed(self, texts: pa.Array) -> UInts:
        """The same of a string array, for millions; 0 for null and for empty text."""
        return self._keyer.keys(texts)

    def names(self, kind: str, keys: UInts | Sequence[int]) -> list[str]:
        """Text of each key. kind: waybill, actor, session, via, ip, device, purpose, fields, channel, outlet.

        "" for key 0 and for one that is unknown.
        """
        texts: list[str | None] = self.texts(kind, keys).to_pylist()
        return ["" if t is None else t for t in texts]

    def texts(self, kind: str, keys: UInts | Sequence[int]) -> pa.Array:
        """The same as `names` without leaving Arrow, for millions: null for key 0 and for one that is unknown."""
        return self._text_lookup.names(kind, np.asarray(keys, np.uint64))

    def find(self, waybill_keys: UInts) -> pa.Table:
        """(waybill u64, day i32) of those that were read, or stand in `waybills` or `scans`; day: their bucket."""
        rows = self._catalogue(waybill_keys)
        return pa.table({"waybill": rows["waybill"], "day": rows["day"]})

    def _catalogue(self, keys: UInts) -> pa.RecordBatch:
        wanted = ensure_distinct(keys)
        rows = take_newest(self._finder.rows("catalogue", wanted, CATALOGUE_SCHEMA))
        return rows.filter(pa.array(column_values(rows, "day") != NO_DAY))

    def numbers(self, waybill_keys: UInts) -> UInts:
        """Each waybill's number as an integer in the order of numbers of its form; 0 for what has no such form."""
        rows = take_newest(self._finder.rows("catalogue", ensure_distinct(waybill_keys), CATALOGUE_SCHEMA))
        none, words = np.zeros(1, np.uint64), column_values(rows, "word")
        known = np.append(column_values(rows, "waybill"), none)
        at = np.searchsorted(known[:-1], waybill_keys)
        packed = np.append(np.where(words < UNPACKED, words, none), none)
        out: UInts = np.where(known[at] == waybill_keys, packed[at], none)
        return out

    def reads(self, waybill_keys: UInts, columns: Sequence[str] | None = None) -> pa.Table:
        """All reads of some waybills, sorted by (waybill, at, source, row); of their columns these, or all.

        waybill u64, at, actor u64, action text, ids as u64 (null: none), source i32, row i64 (place in the source,
        from 1), first: whether it is the actor's first read of that waybill.
        """
        wanted = READS_SCHEMA.names if columns is None else columns
        schema = pa.schema([f for f in READS_SCHEMA if f.name in wanted or f.name in _ORDER])
        there = self._catalogue(waybill_keys)
        keys, days = column_values(there, "waybill"), column_values(there, "day")
        found = [self._finder.rows("accesses", keys[days == day], schema, day) for day in np.unique(days).tolist()]
        rows = pa.Table.from_batches(found, schema).sort_by([(n, "ascending") for n in _ORDER])
        names = [n for n in _NULLABLE if n in wanted]
        made = null_key_zero(one_batch(rows.select([n for n in schema.names if n in wanted])), names)
        if "action" in wanted:
            texts = decode_enum(ACTION, made["action"])
            made = made.set_column(made.schema.get_field_index("action"), pa.field("action", pa.string()), texts)
        return pa.Table.from_batches([made])

    def volumes(self) -> pa.Table:
        """(day i32 of the read, actor u64, reads i64, first i64), sorted."""
        return read_counts(self._finder, "volumes")

    def session_volumes(self, session_keys: UInts) -> pa.Table:
        """(session u64, actor u64, reads i64, first i64: distinct waybills, from, to) of some sessions, sorted."""
        return count_sessions(self._finder, ensure_distinct(session_keys))

    def channel_volumes(self) -> pa.Table:
        """(channel u64, waybills i64), sorted."""
        return read_counts(self._finder, "channels")

    def outlet_volumes(self) -> pa.Table:
        """(outlet u64, waybills i64): waybills that came from an outlet or were scanned there, sorted."""
        return read_counts(self._finder, "outlets")

    def activity(self) -> pa.Table:
        """(hour i64 since 1970, reads i64) of the hours that have any, sorted."""
        return read_counts(self._finder, "hours")

    def stratum_volumes(self, predicates: Sequence[Predicate]) -> list[StratumVolumes]:
        """For each predicate, its waybills and how many of them each actor read.

        Exact, but of a large ledger where only the waybills up to the key `last` are counted.
        """
        everything = self.size() if any(p.everything for p in predicates) else 0
        return stratum_volumes(self._finder, self._chooser, predicates, everything)

    def views(self, actor: int, predicates: Sequence[Predicate], limit: int) -> UInts:
        """Keys, sorted, of up to `limit` waybills that an actor (a key) read and that fit any of the predicates.

        A uniform sample: the first of the key space. Without predicates all waybills fit. Of a large ledger only so
        much is looked through as `ledger._strata` says.
        """
        return find_views(self._finder, self._chooser, actor, predicates, limit)

    def knows(self, kind: str, key: int) -> bool:
        """True if any row names an id (its key). kind: actor, session, device, channel, outlet."""
        return self._text_lookup.knows(kind, key)

    def source_ranges(
        self,
        kind: str,
        keys: UInts,
        columns: Sequence[str] = (),
        beside: Sequence[str] = (),
        rows: int | None = None,
    ) -> Iterator[SourceRange]:
        """Yield what a source read (actor, session, device), issued (channel) or passed on (outlet).

        columns: of reads, beside the usual ones. beside: tables that are read along by `between`. rows: of a key range.
        """
        return walk_source(self._finder, kind, ensure_distinct(keys), columns=columns, beside=beside, rows=rows)

    def between(self, name: str, low: int, high: int, columns: Sequence[str]) -> pa.Table:
        """Rows of a table that hangs on waybills, as they are kept, in a range of the key space (`walk.between`)."""
        return between(self._finder, name, low, high, columns)

    def askers(self, since: int, until: int) -> pa.Table:
        """(actor text, queries i64): logged queries of each account from one time (µs) to another, sorted."""
        return askers(self._finder, since, until)

    def waybill_partitions(
        self, wanted: Wanted, work: Callable[[WaybillPartition], _T]
    ) -> Iterator[tuple[_T, int, int]]:
        """Yield what `work` makes of each range of the key space, with (done, total); see `ledger.walk`."""
        return walk_partitions(self._finder, wanted, work)

    def ids(self, kind: str) -> UInts:
        """Keys of everything of a kind that any row names (actor, outlet, channel, …), in the order of their coming."""
        keys: UInts = self._finder.whole(f"dictionary:{kind}", DICTIONARY_KEYS)["key"].to_numpy()
        return keys

    def places(self, waybill_keys: UInts) -> pa.Table:
        """(waybill u64, outlet u64): where some waybills came from or were scanned, each pair once, by waybill."""
        return places_of(self._finder, ensure_distinct(waybill_keys))

    def kept(self, name: str, waybill_keys: UInts, columns: Sequence[str]) -> pa.Table:
        """Columns of a table that hangs on waybills as they are kept: keys for ids, codes for enums; by waybill.

        0 stands for no id. The last row of each waybill where there is one (`waybills`), else all rows.
        """
        layout = KEYED[name]
        schema = pa.schema([f for f in kept_schema(layout) if f.name in ("waybill", *columns)])
        rows = self._finder.rows(f"table:{name}", ensure_distinct(waybill_keys), schema)
        if layout.unique:
            rows = take_newest(rows)
        return pa.Table.from_batches([rows]).sort_by("waybill")

    def first_seen(self) -> pa.Table:
        """(day i32 since 1970, waybills i64): how many waybills were first seen on each day (UTC), sorted."""
        days = self._finder.whole("catalogue", pa.schema([CATALOGUE_SCHEMA.field("day")]))["day"].to_numpy()
        day, count = np.unique(days[days != NO_DAY], return_counts=True)
        return pa.table({"day": pa.array(day, pa.int32()), "waybills": pa.array(count, pa.int64())})

    def replay(self, column: str | None = None, text: str = "") -> Replay:
        """The logged queries, ready to be put to any waybills, as those stood then. Reads `queries` whole.

        column: "actor" or "session": only the queries of this one, and no others are kept in memory.
        """
        only = None if column is None else (column, text)
        queries = read_queries(self._finder, self._keyer, described="waybills" in self.tables, only=only)
        return Replay(queries, self._states, self.control(POPULATION), self.size())

    def _states(self, keys: UInts) -> States:
        """States of some waybills (sorted, distinct keys)."""
        numbers = self.names("waybill", keys)
        return build_states(keys, numbers, self.waybills(keys), self.table("changes", keys), self.outlets())

    def fitting(self, predicates: Sequence[Predicate]) -> UInts:
        """Keys, sorted, of the waybills that fit any of the predicates, as `waybills` has them."""
        return self._chooser.fitting(predicates)

    def sample(self, predicates: Sequence[Predicate], n: int) -> list[UInts]:
        """For each predicate up to `n` of its waybills (keys, sorted): a uniform sample, the first of the key space."""
        narrow = iter(self._chooser.first([p for p in predicates if not p.everything], n))
        return [self.control(n) if p.everything else next(narrow) for p in predicates]

    def size(self) -> int:
        """How many waybills were read or stand in `waybills` or `scans`."""
        schema = pa.schema([CATALOGUE_SCHEMA.field("day")])
        spans = [
            (place, range(start, min(start + _AT_ONCE, len(file.rows))))
            for place, file in enumerate(self._finder.files("catalogue"))
            for start in range(0, len(file.rows), _AT_ONCE)
        ]

        def work(span: tuple[int, range]) -> int:
            rows = self._finder.files("catalogue")[span[0]].read(span[1], schema)
            return int((column_values(rows, "day") != NO_DAY).sum())

        with ThreadPoolExecutor(_THREADS) as pool:
            return sum(pool.map(work, spans))

    def everything(self, rows: int) -> Iterator[UInts]:
        """Keys of all waybills that were read or stand in `waybills` or `scans`, about `rows` at a time, sorted."""
        files = self._finder.files("catalogue")
        for low, high in ranges(files, rows):
            if found := read_range(files, low, high, CATALOGUE_SCHEMA):
                there = take_newest(join_batches(found, CATALOGUE_SCHEMA))
                yield column_values(there, "waybill")[column_values(there, "day") != NO_DAY]

    def control(self, n: int) -> UInts:
        """A uniform sample: the first `n` waybills of the key space, sorted. Keys are hashes, so any range is one."""
        parts = []
        for file in self._finder.files("catalogue"):
            taken, total = [], 0
            for group in range(len(file.rows)):
                rows = file.read([group], CATALOGUE_SCHEMA)
                taken.append(rows)
                total += int((column_values(rows, "day") != NO_DAY).sum())
                if total >= n:
                    break
            parts += taken
        rows = take_newest(one_batch(pa.Table.from_batches(parts, CATALOGUE_SCHEMA)))
        keys: UInts = column_values(rows, "waybill")[column_values(rows, "day") != NO_DAY]
        return keys[:n]

    def waybills(self, keys: UInts) -> pa.Table:
        """Rows of `waybills` in the contract's form, one a waybill, sorted by key."""
        return self.table("waybills", keys)

    def scans(self, keys: UInts) -> pa.Table:
        """Rows of `scans` in the contract's form, sorted by (key, at)."""
        return self.table("scans", keys)

    def table(self, name: str, keys: UInts) -> pa.Table:
        """Rows of a table that hangs on waybills (waybills, changes, scans, tickets, partner_calls)."""
        layout = KEYED[name]
        schema = kept_schema(layout)
        wanted = ensure_distinct(keys)
        rows = self._finder.rows(f"table:{name}", wanted, schema)
        if layout.unique:
            rows = take_newest(rows)
        else:
            order = [
                ("waybill", "ascending"),
                (layout.time, "ascending"),
                ("source", "ascending"),
                ("row", "ascending"),
            ]
            rows = one_batch(pa.Table.from_batches([rows]).sort_by(order))
        return self._text_lookup.contract(layout, rows)

    def actors(self, at: datetime | None = None) -> pa.Table:
        """`actors` in the contract's form, the last row each, sorted by id. at: as they stood then (`history`)."""
        if at is None:
            return self._finder.once("actors", lambda: self.loose("actors"))
        rows = self.history("actors")
        held = pc.less_equal(rows["since"], pa.scalar(at, rows["since"].type))
        return _last(rows.filter(pc.fill_null(held, fill_value=True)).drop_columns("since"), "actor")

    def history(self, name: str) -> pa.Table:
        """Return what `actors` or `outlets` said of each id one after the other, sorted by id.

        since: when a row began to hold: its `valid_from` where that is another than before, else right after the newest
        read that the ledger had when the row came in; null for the first row of an id, which always held.
        """
        schema = store.arrow_schema(name).append(pa.field("source", pa.int32()))
        rows = self._finder.whole(f"table:{name}", schema)
        rows = rows.take(pc.sort_indices(rows[UNIQUE[name]]))  # equal ids as they came
        never = np.iinfo(np.int64).min
        logs = [s.last_at + 1 if s.table == "accesses" and s.last_at else never for s in self.manifest.sources]
        newest = np.maximum.accumulate(np.array([never, *logs], np.int64))
        since = newest[rows["source"].to_numpy()]
        if "valid_from" in rows.column_names:
            begun = microseconds(rows["valid_from"])
            since = np.where((begun != np.roll(begun, 1)) & (begun != never), begun, since)
        first = np.append(True, ~_same(rows[UNIQUE[name]])) if rows.num_rows else np.zeros(0, np.bool_)
        column = pa.array(since, pa.int64(), mask=first | (since == never)).cast(pa.timestamp("us", tz="UTC"))
        return rows.drop_columns("source").append_column("since", column)

    def outlets(self) -> pa.Table:
        """`outlets` in the contract's form, the last row each, sorted by id."""
        return self.loose("outlets")

    def assignments(self) -> pa.Table:
        """`assignments` in the contract's form, in the order in which they came."""
        return self.loose("assignments")

    def asked(self, column: str, text: str) -> pa.ChunkedArray:
        """Times of the logged queries of an account or a session (column: actor, session), in the ledger's order."""
        schema = pa.schema([f for f in store.arrow_schema("queries") if f.name in ("at", column)])
        groups = ((file, group) for file in self._finder.files("table:queries") for group in range(len(file.rows)))
        rows = (file.read([group], schema) for file, group in groups)
        mine = [batch["at"].filter(pc.equal(batch[column], text)) for batch in rows]
        return pa.chunked_array(mine, schema.field("at").type)

    def loose(self, name: str) -> pa.Table:
        """A table that does not hang on waybills (actors, outlets, queries, assignments)."""
        rows = self._finder.whole(f"table:{name}", store.arrow_schema(name))
        column = UNIQUE.get(name)
        return rows if column is None else _last(rows, column)


def _same(texts: pa.ChunkedArray) -> Flags:
    """True if each text but the first is the one before."""
    flat = texts.combine_chunks()
    same: Flags = pc.equal(flat[:-1], flat[1:]).to_numpy(zero_copy_only=False)
    return same


def _last(rows: pa.Table, column: str) -> pa.Table:
    """The last row of each id, sorted by id."""
    rows = rows.take(pc.sort_indices(rows[column]))  # equal ids as they came
    return rows.filter(pa.array(np.append(~_same(rows[column]), True))) if rows.num_rows else rows


def open_ledger(path: Path) -> Snapshot:
    """Opens the ledger's present generation for reading.

    Args:
        path: Folder of the ledger.

    Returns:
        The ledger; close it, or use it in a `with` statement.

    Raises:
        LedgerError: There is none, or it is damaged.
    """
    path = Path(path)
    handle = share_with_readers(path)
    try:
        return Snapshot(path, load_manifest(path), handle)
    except BaseException:
        if handle >= 0:
            os.close(handle)
        raise
