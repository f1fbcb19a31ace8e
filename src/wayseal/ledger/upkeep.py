"""Upkeep of a ledger: backups, ledgers made of backups, and the doctor, who mends until nothing more can be mended.

Mended is what is provably safe to mend, under the writer's lock, one thing after another, each noted.

1. A file takes the place of another only if its SHA-256 is the manifest's; a tile only if the root says so; the secret
   only if the manifest's check of it does; a manifest only if the ledger's own tiles are its tree.
2. Nothing is removed unless the manifest is certain, and then only what a sweep removes.

What is made of the rows must agree with them: marks of first reads, pairs, catalogue, counts.

D1. It is made again from the reads, scans and waybills that lie there, one range of keys after another; only sums are
   held, as many as an ingest holds.
D2. Pairs of outlets may be more than the rows show: a waybill's row that was replaced had its origin, too. A waybill's
   day is the one of its bucket, and nothing else can be said of it.
"""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._backup import CopyReport, Item, backup, copy_file, restore
from wayseal.ledger._counts import COUNTS, Sums, count_tables
from wayseal.ledger._diagnosis import SAFE, Affected, Diagnosis, Examination, Fault, Remedy, Severity
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._examine import (
    BESIDE,
    BackupFiles,
    Free,
    Inspection,
    disk_room,
    find_open_to_others,
    find_strangers,
    inspect,
    mode_of,
    summarize,
)
from wayseal.ledger._files import make_folder, storage_errors, sync_folders
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import CATALOGUE_SCHEMA, DAY_US, HOUR_US, ID_KINDS, KEYED, NO_DAY, PAIRS_SCHEMA
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import FileEntry, Manifest, refuse_backup, save_manifest
from wayseal.ledger._merge import sum_counts
from wayseal.ledger._part import column_values, ledger_order, mark_firsts, run_starts
from wayseal.ledger._salts import NAME as SECRET
from wayseal.ledger._sorted import SortedFile, join_batches, open_sorted, ranges, read_range
from wayseal.ledger._sweep import SCRATCH, sweep
from wayseal.ledger.errors import LedgerError
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.progress import Progress, silent
from wayseal.store.durable import replace_file

__all__ = [
    "SAFE",
    "Affected",
    "CopyReport",
    "Diagnosis",
    "Examination",
    "Fault",
    "Remedy",
    "Severity",
    "backup",
    "examine",
    "refuse_backup",
    "restore",
]

_READS = pa.schema(
    [
        ("waybill", pa.uint64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("actor", pa.uint64()),
        ("session", pa.uint64()),
        ("source", pa.int32()),
        ("row", pa.int64()),
        ("first", pa.bool_()),
    ]
)
_RANGE_ROWS = 1 << 20
_HALF = np.uint64(32)


def check_derived(ledger: Path, manifest: Manifest, progress: Progress) -> list[Diagnosis]:
    """Diagnose what doesn't agree, once a kind. All files must be what they were."""
    again = _Recomputed(ledger, manifest)
    files = again.files
    total = sum(int(f.rows.sum()) for f in files)
    for low, high in ranges(files, _RANGE_ROWS):
        again.take(low, high)
        progress("derived", min(again.rows, total), total)
    again.compare_counts()
    out = []
    for kind, rows in sorted(again.unlike.items()):
        path = next((f.path for f in manifest.files if f.kind == kind), "data")
        about = Affected(kind=kind, rows=sum(f.rows for f in manifest.files if f.kind == kind))
        values: dict[str, str | int] = {"kind": kind, "rows": rows}
        out.append(
            Diagnosis(fault=Fault.DERIVED, remedy=Remedy.REBUILD, where=ledger / path, affected=about, values=values)
        )
    return out


class _Recomputed:
    """Derived rows, made again; unlike: kind → rows that differ."""

    def __init__(self, ledger: Path, manifest: Manifest) -> None:
        finder = Finder(ledger, manifest)
        self._finder = finder
        self._codes = {k: _dictionary(finder, k, manifest.key_bits) for k in ID_KINDS}
        self._by_kind: dict[str, list[SortedFile]] = {}
        self._days: list[int] = []
        for entry in manifest.files:
            if entry.kind in _KINDS:
                self._by_kind.setdefault(entry.kind, []).append(open_sorted(ledger, entry))
                if entry.kind == "accesses":
                    self._days.append(NO_DAY if entry.day is None else entry.day)
        self._sums: dict[str, Sums] = {}
        self.unlike: Counter[str] = Counter()
        self.rows = 0

    @property
    def files(self) -> list[SortedFile]:
        """All that is sorted by waybill."""
        return [f for files in self._by_kind.values() for f in files]

    def take(self, low: int, high: int) -> None:
        """One range of keys."""
        catalogue = take_newest(self._range("catalogue", low, high, CATALOGUE_SCHEMA))
        seen = catalogue.filter(pa.array(column_values(catalogue, "day") != NO_DAY))
        self._take_reads(low, high, seen)
        self._take_places(low, high)
        for kind in _SEEN:
            keys = column_values(self._range(kind, low, high, pa.schema([("waybill", pa.uint64())])), "waybill")
            self._note("catalogue", len(np.setdiff1d(keys, column_values(seen, "waybill"))))

    def _range(self, kind: str, low: int, high: int, schema: pa.Schema) -> pa.RecordBatch:
        parts = read_range(self._by_kind.get(kind, []), low, high, schema)
        made = join_batches([*parts, pa.RecordBatch.from_pylist([], schema)], schema)
        self.rows += made.num_rows
        return made

    def _take_reads(self, low: int, high: int, seen: pa.RecordBatch) -> None:
        parts, days = [], []
        for file, day in zip(self._by_kind.get("accesses", []), self._days, strict=True):
            for batch in read_range([file], low, high, _READS):
                parts.append(batch)
                days.append(np.full(batch.num_rows, day, np.int64))
        if not parts:
            return
        rows = join_batches(parts, _READS)
        self.rows += rows.num_rows
        keys, at = column_values(rows, "waybill"), column_values(rows, "at")
        order = ledger_order(keys, at, column_values(rows, "source"), column_values(rows, "row"))
        rows = rows.take(pa.array(order))
        keys, at, bucket = keys[order], at[order], np.concatenate(days)[order]
        place = np.searchsorted(column_values(seen, "waybill"), keys)
        wanted = np.append(column_values(seen, "day").astype(np.int64), NO_DAY)
        known = np.append(column_values(seen, "waybill"), np.uint64(0))
        self._note("catalogue", len(np.unique(keys[(wanted[place] != bucket) | (known[place] != keys)])))
        self._marks_and_sums(rows, keys, at, low, high)

    def _marks_and_sums(self, rows: pa.RecordBatch, keys: UInts, at: Longs, low: int, high: int) -> None:
        starts = run_starts(keys)
        actor = self._codes["actor"].codes_of(column_values(rows, "actor"))
        session = self._codes["session"].codes_of(column_values(rows, "session"))
        none = np.zeros(len(keys), np.bool_)
        first = mark_firsts(starts, actor, none, none).first
        self._note("accesses", int((first != rows["first"].to_numpy(zero_copy_only=False)).sum()))
        pairs = self._range("pairs:actor", low, high, PAIRS_SCHEMA)
        self._note("pairs:actor", _unlike(keys[first], actor[first], pairs))
        one = np.ones(len(keys), np.int64)
        days = (at // DAY_US + (1 << 31)).astype(np.uint64) << _HALF
        self._add("volumes", days | actor, one, first.astype(np.int64), at)
        self._add("hours", (at // HOUR_US).astype(np.uint64), one, 0 * one, 0 * one)
        ids = np.where(session == 0, 0, session << _HALF | actor).astype(np.uint64)
        fresh: Flags = mark_firsts(starts, ids, none, none).fresh
        there = ids != 0
        self._add("sessions", ids[there], one[there], fresh[there].astype(np.int64), at[there])

    def _take_places(self, low: int, high: int) -> None:
        """Outlets and channels of waybills, by their rows (rule D2)."""
        waybills = take_newest(self._range("table:waybills", low, high, _COLUMNS["waybills"]))
        scans = self._range("table:scans", low, high, _COLUMNS["scans"])
        pairs = self._range("pairs:outlet", low, high, PAIRS_SCHEMA)
        keys = np.concatenate([column_values(waybills, "waybill"), column_values(scans, "waybill")])
        texts = np.concatenate([column_values(waybills, "origin_outlet"), column_values(scans, "outlet")])
        codes = self._codes["outlet"].codes_of(texts)
        self._note("pairs:outlet", _unlike(keys[codes != 0], codes[codes != 0], pairs, more=True))
        one = np.ones(waybills.num_rows, np.int64)
        channel = self._codes["channel"].codes_of(column_values(waybills, "channel"))
        self._add("channels", channel, one, 0 * one, 0 * one)
        one = np.ones(pairs.num_rows, np.int64)
        self._add("outlets", column_values(pairs, "code").astype(np.uint64), one, 0 * one, 0 * one)

    def _add(self, name: str, ids: UInts, first: Longs, second: Longs, at: Longs) -> None:
        self._sums.setdefault(name, Sums()).add(ids, first, second, at)

    def _note(self, kind: str, rows: int) -> None:
        if rows:
            self.unlike[kind] += rows

    def compare_counts(self) -> None:
        """The sums beside those that the ledger keeps."""
        made = count_tables(self._sums, self._codes)
        for kind, schema in COUNTS.items():
            right = made.get(kind)
            wanted = sum_counts(kind, pa.Table.from_batches([right] if right is not None else [], schema))
            there = sum_counts(kind, self._finder.whole(kind, schema))
            if not wanted.equals(there):
                same = sum(a == b for a, b in zip(wanted.to_pylist(), there.to_pylist(), strict=False))
                self._note(kind, max(len(wanted), len(there)) - same)


_SEEN = tuple(f"table:{n}" for n, t in KEYED.items() if t.seen and n != "accesses")
_KINDS = frozenset(("accesses", "catalogue", "pairs:actor", "pairs:outlet", *_SEEN))
_COLUMNS = {
    "waybills": pa.schema([(n, pa.uint64()) for n in ("waybill", "channel", "origin_outlet")]),
    "scans": pa.schema([(n, pa.uint64()) for n in ("waybill", "outlet")]),
}


def _dictionary(finder: Finder, kind: str, key_bits: int) -> Dictionary:
    there = finder.entries(f"dictionary:{kind}")
    return Dictionary(kind, Keyer(key_bits), finder.whole(f"dictionary:{kind}") if there else None)


def _unlike(keys: UInts, codes: UInts, pairs: pa.RecordBatch, *, more: bool = False) -> int:
    """How many pairs stand on one side only, or more than once among `pairs`; more: `pairs` may hold others too."""
    there = np.ones(len(keys) + pairs.num_rows, np.int64)
    there[: len(keys)] = 0
    key = np.concatenate([keys, column_values(pairs, "waybill")])
    code = np.concatenate([codes, column_values(pairs, "code").astype(np.uint64)])
    order = np.lexsort((code, key))
    key, code, there = key[order], code[order], there[order]
    if not len(key):
        return 0
    edge = np.flatnonzero(np.append(True, (key[1:] != key[:-1]) | (code[1:] != code[:-1])))
    kept = np.add.reduceat(there, edge)
    wanted = np.add.reduceat(1 - there, edge)
    wrong = (kept != 1) if more else (kept != 1) | (wanted == 0)
    return int(wrong.sum())


def repair_all(ledger: Path, found: Inspection, backup_files: BackupFiles) -> list[Diagnosis]:
    """Mends what of the findings can be mended now; a further look says what is left. OSError: the disk refuses."""
    some = [d for d in found.diagnoses if d.remedy in SAFE]
    return [d for d in some if _repair_one(ledger, found, backup_files, d)]


def _repair_one(ledger: Path, found: Inspection, backup_files: BackupFiles, diagnosis: Diagnosis) -> bool:
    """Mends one thing; says whether it did."""
    if diagnosis.remedy is Remedy.MODES:
        for path in list(find_open_to_others(ledger)):
            path.chmod(mode_of(path))
        return not any(find_open_to_others(ledger))
    manifest = found.manifest
    if manifest is None or not (found.certain or found.known):
        return False
    if diagnosis.fault in (Fault.MANIFEST_MISSING, Fault.MANIFEST_CHANGED):
        save_manifest(ledger, manifest)
        return True
    if diagnosis.fault is Fault.SECRET and backup_files.folder is not None:
        replace_file(ledger / SECRET, (backup_files.folder / SECRET).read_bytes())
        return True
    if diagnosis.remedy in (Remedy.BACKUP, Remedy.CUT):
        _restore_file(ledger, manifest, backup_files, diagnosis)
        return True
    return found.certain and _repair_by_tree(ledger, found, manifest, diagnosis)


def _restore_file(ledger: Path, manifest: Manifest, backup_files: BackupFiles, diagnosis: Diagnosis) -> None:
    """Puts the bytes of a file in its place, from a backup or from its own beginning (rule 1)."""
    path = diagnosis.where.relative_to(ledger).as_posix()
    entry = [f for f in manifest.files if f.path == path][-1]
    source = None if diagnosis.remedy is Remedy.CUT else backup_files.has(path, entry.sha256)
    _put_durably(ledger, source or diagnosis.where, entry)


def _put_durably(ledger: Path, source: Path, entry: FileEntry) -> None:
    """Puts the first bytes of a file under an entry's name, if they are what it says; durably."""
    copy_file(source, ledger, Item(path=entry.path, bytes=entry.bytes, sha256=entry.sha256))
    sync_folders((ledger / entry.path).parent, ledger)


def _repair_by_tree(ledger: Path, found: Inspection, manifest: Manifest, diagnosis: Diagnosis) -> bool:
    if diagnosis.fault is Fault.TILE:
        make_folder(diagnosis.where.parent, ledger)
        replace_file(diagnosis.where, found.tiles[diagnosis.where.relative_to(ledger).as_posix()])
        return True
    sweep(ledger, manifest)
    for name in BESIDE:
        (ledger / name).unlink(missing_ok=True)
    return diagnosis.where not in {p.parent for p in find_strangers(ledger, manifest)}


_MOST_ROUNDS = 8


def examine(
    ledger: Path,
    *,
    source: Path | None = None,
    repair: bool = False,
    deep: bool = False,
    progress: Progress = silent,
    free: Free = disk_room,
) -> Examination:
    """Examine a ledger, and with `repair` mend what can be mended.

    source: a backup to compare with and to take files from. deep: also compare derived files with the reads.
    LedgerError: there is no ledger, or one of another layout; with `repair`, LedgerBusyError: another process writes,
    BackupRefusedError: it is a backup, LedgerStorageError: the disk refuses.
    """
    if source is not None and not source.is_dir():
        raise LedgerError("there is no backup here", file=source)
    acts: list[Diagnosis] = []
    if repair and ledger.is_dir():
        with storage_errors(ledger), writer_lock(ledger):
            found = inspect(ledger, source, progress, writing=True)
            for _ in range(_MOST_ROUNDS):
                made = repair_all(ledger, found, BackupFiles(source))
                if not made:
                    break
                acts += made
                shutil.rmtree(ledger / SCRATCH, ignore_errors=True)
                found = inspect(ledger, source, progress, writing=True)
    else:
        found = inspect(ledger, source, progress, writing=False)
    deep = deep and _inspect_derived(ledger, found, progress)
    return replace(summarize(ledger, found, free(ledger), deep=deep), acts=tuple(acts))


def _inspect_derived(ledger: Path, found: Inspection, progress: Progress) -> bool:
    """Looks at derived files, unless other faults make that pointless; says whether it did."""
    if found.manifest is None or any(d.severity is Severity.ERROR for d in found.diagnoses):
        return False
    found.diagnoses += check_derived(ledger, found.manifest, progress)
    return True
