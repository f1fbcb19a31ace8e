"""The work of a purge: files without what goes, range after range of keys; tombstones; counts; dictionaries.

Everything is sorted by key, so one walk over the key space rewrites catalogue, pairs and tables, and finds what is to
be taken off the counts. Buckets younger than the boundary are not rewritten; of those that hold reads of a commit that
loses some, the order is read.

What a purge does to what hangs on no waybill: counts, queries, and ids that nothing names any more.

C1. Counts are sums by id, so what goes is summed up and taken off. From when to when a session read is no sum: for
   sessions of which reads went and reads are left it is looked up in those that are left.
C2. Ids of accounts and outlets stay, since pairs point to them by their place; so do the short lists of interfaces,
   purposes, fields and channels. Sessions, addresses and devices go with the last read or query that names them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from wayseal.ledger._counts import COUNTS
from wayseal.ledger._generation import Generation
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import DAY_US
from wayseal.ledger._lookup import DICTIONARY_SCHEMA, Finder
from wayseal.ledger._manifest import GONE, REWRITTEN, TOMBSTONES, FileEntry, Manifest
from wayseal.ledger._merge import combine, sum_counts, unite_schemas
from wayseal.ledger._part import column_values
from wayseal.ledger._purge_selector import PurgeSelection, PurgeSelector, rows_of_range
from wayseal.ledger._rewrite import Hooks, require_unchanged
from wayseal.ledger._sorted import SortedFile, contains, join_batches, open_sorted, ranges, read_range, sort_unique
from wayseal.ledger._strata import read_counts
from wayseal.ledger._tombstone_writer import TombstoneWriter
from wayseal.ledger.errors import LedgerChangedError
from wayseal.ledger.retention.counts import CountChange
from wayseal.model.arrays import Flags, Longs, UInts

_TIME = pa.timestamp("us", tz="UTC")
_AT_ONCE = 16
_NEVER = np.iinfo(np.int64).max


def reduce_counts(kind: str, before: pa.Table, reduction: pa.Table) -> pa.Table:
    """Counts less what goes; of sessions that are left in part the times are open (`fill_times`)."""
    made = sum_counts(kind, pa.concat_tables([before, reduction]))
    if kind != "counts:sessions":
        return made
    part = contains(sort_unique(reduction["session"].to_numpy()), made["session"].to_numpy())
    for name, nothing in (("from", _NEVER), ("to", -_NEVER)):
        values = np.where(part, nothing, made[name].cast(pa.int64()).to_numpy())
        made = made.set_column(made.column_names.index(name), name, pa.array(values).cast(_TIME))
    return made


def find_open_sessions(sessions: pa.Table) -> UInts:
    """Sessions whose times are open."""
    left_open = sessions["from"].cast(pa.int64()).to_numpy() == _NEVER
    return sort_unique(sessions["session"].to_numpy()[left_open])


def fill_times(sessions: pa.Table, reads: Sequence[SortedFile]) -> pa.Table:
    """Counts of sessions with the times that reads in these files say."""
    wanted = find_open_sessions(sessions)
    kind = "counts:sessions"
    found = [_times(rows, wanted) for rows in _columns(reads, ("session", "actor", "at"))] if len(wanted) else []
    return sum_counts(kind, pa.concat_tables([sessions, *found])) if found else sessions


def _times(rows: pa.RecordBatch, wanted: UInts) -> pa.Table:
    some = pa.Table.from_batches([rows.filter(pa.array(contains(wanted, column_values(rows, "session"))))])
    none = pa.array(np.zeros(some.num_rows, np.int64))
    columns = [some["session"], some["actor"], none, none, some["at"], some["at"]]
    made = pa.Table.from_arrays(columns, schema=COUNTS["counts:sessions"])
    names = ["session", "actor", "reads", "first", "from", "to"]
    sums = [("reads", "sum"), ("first", "sum"), ("from", "min"), ("to", "max")]
    return made.group_by(names[:2], use_threads=False).aggregate(sums).rename_columns(names).cast(made.schema)


def find_referenced(reads: Sequence[SortedFile], kind: str, ids: UInts) -> UInts:
    """Which of some ids (sorted) reads in these files still name."""
    portions = _columns([f for f in reads if kind in f.names], (kind,)) if len(ids) else ()
    there = np.zeros(len(ids), np.bool_)
    for rows in portions:
        keys = column_values(rows, kind)
        there[np.searchsorted(ids, keys[contains(ids, keys)])] = True
    return ids[there]


def _columns(reads: Sequence[SortedFile], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    types = {"at": _TIME}
    schema = pa.schema([(n, types.get(n, pa.uint64())) for n in names])
    for file in reads:
        for start in range(0, len(file.rows), _AT_ONCE):
            yield file.read(range(start, min(start + _AT_ONCE, len(file.rows))), schema)


_QUERIES = pa.schema([("at", pa.timestamp("us", tz="UTC")), ("session", pa.string())])
Counts: TypeAlias = Mapping[str, pa.Table]
"""Kind of file → counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySelection:
    """Queries: how many go, and the sessions (keys) of those that go and of those that stay."""

    gone: int
    sessions: UInts
    left: UInts


def select_queries(selector: PurgeSelector, keyer: Keyer) -> QuerySelection:
    """Select the queries that go."""
    limit = selector.boundary.day * DAY_US
    count, gone, left = 0, [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for rows in selector.queries(_QUERIES):
        old = column_values(rows, "at") < limit
        keys = keyer.keys(rows["session"])
        count += int(old.sum())
        gone.append(sort_unique(keys[old]))
        left.append(sort_unique(keys[~old]))
    return QuerySelection(gone=count, sessions=_some(gone), left=_some(left))


def _some(keys: Sequence[UInts]) -> UInts:
    """Keys, sorted, once each, without that of none."""
    every = sort_unique(np.concatenate(keys))
    some: UInts = every[every != 0]
    return some


def read_kept_queries(selector: PurgeSelector) -> Iterator[pa.RecordBatch]:
    """The queries that stay, in their order."""
    for rows in selector.queries():
        yield rows.filter(pa.array(column_values(rows, "at") >= selector.boundary.day * DAY_US))


def recompute_counts(finder: Finder, reduction: Counts, reads: Sequence[SortedFile]) -> dict[str, pa.Table]:
    """The counts that change, as they are afterwards. reads: the files of those that are left."""
    out = {}
    for kind, table in reduction.items():
        made = reduce_counts(kind, read_counts(finder, kind.removeprefix("counts:")), table)
        out[kind] = fill_times(made, reads) if kind == "counts:sessions" else made
    return out


def find_unreferenced(
    finder: Finder,
    reduction: Counts,
    now: Counts,
    asked_: QuerySelection,
    ids: Mapping[str, UInts],
    reads: Sequence[SortedFile],
) -> dict[str, UInts]:
    """Kind of dictionary → ids that went and that nothing names any more. ids: of reads that go, but for sessions."""
    kind = "counts:sessions"
    went = reduction.get(kind, COUNTS[kind].empty_table())["session"].to_numpy()
    gone = _some([went, asked_.sessions])
    left = _some([now.get(kind, read_counts(finder, "sessions"))["session"].to_numpy(), asked_.left])
    out = {"session": gone[~contains(left, gone)]}
    for name, keys in ids.items():
        some = _some([keys])
        out[name] = some[~contains(find_referenced(reads, name, some), some)]
    return {name: keys for name, keys in out.items() if len(keys)}


def read_kept_entries(finder: Finder, kind: str, gone: UInts) -> Iterator[pa.RecordBatch]:
    """The entries of a dictionary without some ids (sorted), in their order."""
    for file in finder.files(f"dictionary:{kind}"):
        for group in range(len(file.rows)):
            rows = file.read([group], DICTIONARY_SCHEMA)
            yield rows.filter(pa.array(~contains(gone, column_values(rows, "key"))))


_ORDER = pa.schema(
    [("waybill", pa.uint64()), ("at", pa.timestamp("us", tz="UTC")), ("source", pa.int32()), ("row", pa.int64())]
)
_SOURCE = pa.schema([_ORDER.field("source")])


class Removal:
    """Writes the files of a purge. After `run`: rows removed by table, reads, waybills, held."""

    def __init__(self, ledger: Path, manifest: Manifest, selector: PurgeSelector, generation: Generation) -> None:
        self._ledger, self._manifest, self._selector, self._to = ledger, manifest, selector, generation
        self._finder = Finder(ledger, manifest)
        self._kinds = {k: files for k in REWRITTEN if (files := self._finder.files(k))}
        self._ends = np.array([c.sources for c in manifest.commits], np.int64)
        self._replaced = {*selector.entries, *(f for f in manifest.files if f.kind in (*self._kinds, TOMBSTONES, GONE))}
        self._new: list[FileEntry] = []
        outlets = [np.zeros(1, np.uint64)]
        outlets += [
            column_values(f.read(range(len(f.rows)), _KEY), "key") for f in self._finder.files("dictionary:outlet")
        ]
        self._reduction = CountChange(np.concatenate(outlets), -1)
        self.rows: Counter[str] = Counter()
        self.reads = self.waybills = self.held = 0

    def run(self, hooks: Hooks) -> None:
        """Does all of it."""
        for entry in sorted(self._replaced, key=lambda f: f.path):
            require_unchanged(self._ledger, entry)
        commits = self._find_commits()
        self._writer = TombstoneWriter(self._ledger, self._manifest, self._finder, commits, self._to)
        self._beside = self._younger(commits)
        walked = [*(f for files in self._kinds.values() for f in files), *(f for _, f in self._selector.old)]
        walked += self._beside
        total, done = sum(int(f.rows.sum()) for f in walked), 0
        size = rows_of_range(len(walked))
        for low, high in ranges(walked, size):
            self._range(low, high)
            done += size
            hooks.progress("purge", min(done, total), total)
            hooks.on_step("range")
        self._writer.close()
        self._new += self._to.close()
        self._rest()

    def files(self) -> list[FileEntry]:
        """The ledger's files after it, those that it made behind the others."""
        return [*(f for f in self._manifest.files if f not in self._replaced), *self._new]

    def _commits_of(self, files: Sequence[SortedFile]) -> Longs:
        """Places of the commits whose reads lie in some files."""
        there = np.zeros(len(self._ends) + 1, np.bool_)
        for file in files:
            for group in range(len(file.rows)):
                source = column_values(file.read([group], _SOURCE), "source")
                there[np.searchsorted(self._ends, source, side="right")] = True
        return np.flatnonzero(there)

    def _find_commits(self) -> list[int]:
        """Commits that may lose reads. LedgerChangedError: reads of no commit."""
        commits = self._commits_of([f for _, f in self._selector.old]).tolist()
        if len(self._ends) in commits:
            raise LedgerChangedError("reads of no commit: run `wayseal ledger verify`", file=self._ledger)
        return list(commits)

    def _younger(self, commits: Sequence[int]) -> list[SortedFile]:
        """Files of younger buckets that hold reads of some commits."""
        old, out = set(self._selector.entries), []
        for entry in self._manifest.files:
            if entry.kind == "accesses" and entry not in old:
                file = open_sorted(self._ledger, entry)
                if np.isin(self._commits_of([file]), commits).any():
                    require_unchanged(self._ledger, entry)
                    out.append(file)
        return out

    def _range(self, low: int, high: int) -> None:
        selected = self._selector.of(low, high)
        self.waybills += len(selected.keys)
        self.held += len(selected.held)
        self._purge_reads(low, high, selected)
        for kind, files in self._kinds.items():
            schema = unite_schemas(kind, files)
            parts = read_range(files, low, high, schema)
            if parts:
                rows = join_batches(parts, schema)
                goes = contains(selected.keys, column_values(rows, "waybill"))
                self._note(kind, rows, goes)
                self._to.write(kind, combine(kind, rows.filter(pa.array(~goes))))

    def _note(self, kind: str, rows: pa.RecordBatch, goes: Flags) -> None:
        """Takes note of what goes of a kind of file."""
        if not goes.any():
            return
        if kind.startswith("table:"):
            self.rows[kind.removeprefix("table:")] += int(goes.sum())
        if kind == "table:waybills":
            self._reduction.waybills(take_newest(rows.filter(pa.array(goes))))
        elif kind == "pairs:outlet":
            self._reduction.outlets(column_values(rows, "code")[goes])

    def _purge_reads(self, low: int, high: int, selected: PurgeSelection) -> None:
        """Reads of one range of keys: those that go are counted off and hashed, those that are held are kept."""
        schema = unite_schemas("accesses", [f for _, f in self._selector.old]) if self._selector.old else _ORDER
        parts: list[pa.RecordBatch] = []
        for day in dict.fromkeys(d for d, _ in self._selector.old):
            mine = read_range([f for d, f in self._selector.old if d == day], low, high, schema)
            parts += mine
            if mine and len(selected.held):
                rows = join_batches(mine, schema)
                held = rows.filter(pa.array(contains(selected.held, column_values(rows, "waybill"))))
                self._to.write("accesses", combine("accesses", held), day)
        going = [r.filter(pa.array(contains(selected.keys, column_values(r, "waybill")))) for r in parts]
        if parts and (gone := join_batches(going, schema)).num_rows:
            self.reads += gone.num_rows
            self._reduction.reads(gone)
        parts += read_range(self._beside, low, high, _ORDER)
        if parts:
            rows = join_batches(parts, schema)
            self._writer.add(rows, contains(selected.keys, column_values(rows, "waybill")), low, high)

    def _rest(self) -> None:
        """Rewrite what doesn't hang on waybills: queries, counts, ids that nothing names any more."""
        to = Generation(self._ledger, self._to.number)
        reduction = self._reduction.tables()
        reads = [open_sorted(self._ledger, f) for f in self.files() if f.kind == "accesses"]
        questions = select_queries(self._selector, Keyer(self._manifest.key_bits))
        if questions.gone:
            self.rows["queries"] += questions.gone
            self._write(to, "table:queries", read_kept_queries(self._selector))
        now = recompute_counts(self._finder, reduction, reads)
        for kind, table in now.items():
            self._write(to, kind, table.combine_chunks().to_batches())
        for name, gone in find_unreferenced(
            self._finder, reduction, now, questions, self._reduction.ids, reads
        ).items():
            self._write(to, f"dictionary:{name}", read_kept_entries(self._finder, name, gone))
        self._new += to.close()

    def _write(self, to: Generation, kind: str, portions: Iterable[pa.RecordBatch]) -> None:
        """Writes a kind anew, after a look whether what it is made of is what was committed."""
        entries = self._finder.entries(kind)
        for entry in entries:
            require_unchanged(self._ledger, entry)
        self._replaced.update(entries)
        for rows in portions:
            to.write(kind, rows)


_KEY = pa.schema([("key", pa.uint64())])
