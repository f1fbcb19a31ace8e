"""Bringing sources into a ledger, step by step; each step ends in a commit.

1. Under the lock, files that no manifest names are removed.
2. Files that are in the ledger already (same table, same bytes) are left out; of those that have grown since, what
   was there (`_input_files`). What is to be read again is taken out first, in the same swap.
3. Pass 1 reads, checks and encodes rows and splits them by waybill key (`_intake`).
4. Pass 2 settles one part of the keys at a time and writes the new generation's files (`_resolve`).
5. Buckets whose marks moved, and kinds with too many files, are merged (`_merge`).
6. Everything is durable before the manifest is swapped; what was replaced is removed afterwards.

What some sources brought is taken out (`retire`) in one commit with what comes for it:

7. Their rows go, and all else is made again from what is left, as an ingest makes it: as if they had never come. One
   walk over ranges of keys does it, so memory is bounded. Ids that nothing names any more go, too.
8. What is left verifies: tombstones stand where a page needs them, as after a purge.
9. Nothing is made anew from what isn't what was committed: files are compared with their SHA-256 first.
10. The sources' entries stay and say how many rows went; the tree binds both that and what they said before.
11. Nothing is saved by it: the manifest is swapped once, with the commit that brings the new rows.
"""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._commit import Gathered, commit
from wayseal.ledger._encode import Encoder
from wayseal.ledger._files import FOLDER_MODE, storage_errors
from wayseal.ledger._generation import Generation
from wayseal.ledger._input_files import InputFile, ReadSettings, digest_file
from wayseal.ledger._intake import Intake
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import ID_KINDS, KEYED, LOOSE_IDS, NUMBERS, NUMBERS_SCHEMA, ORDER, UNIQUE, flight_schema
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._lookup import DICTIONARY_SCHEMA, Finder
from wayseal.ledger._manifest import Manifest, SourceEntry, load_manifest, refuse_set
from wayseal.ledger._merge import unite_schemas
from wayseal.ledger._part import Known, column_values
from wayseal.ledger._purge_selector import rows_of_range
from wayseal.ledger._recount import look_up_words
from wayseal.ledger._report import IngestOptions, IngestReport, Skipped, find_reject_jumps
from wayseal.ledger._resolve import resolve_part
from wayseal.ledger._rewrite import require_unchanged
from wayseal.ledger._set_commit import commit_set
from wayseal.ledger._sorted import conform, join_batches, locate, open_sorted, ranges, read_range
from wayseal.ledger._sweep import discard, publish_shards, refuse_foreign, start_writing, sweep
from wayseal.ledger._tombstone_writer import TombstoneWriter
from wayseal.ledger._tree import append_commit
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.reserved import refuse_reserved
from wayseal.merkle.hashing import SIZE
from wayseal.model.arrays import Codes, UInts
from wayseal.model.errors import disk_says
from wayseal.model.progress import Progress, silent
from wayseal.model.schema import readable
from wayseal.store.errors import StoreError
from wayseal.store.tables import TABLES
from wayseal.store.types import Notice, Reason, Source, SourceFile


def ingest(
    source: Source,
    ledger: Path,
    *,
    progress: Progress = silent,
    options: IngestOptions | None = None,
) -> IngestReport:
    """Brings all files of a source into the ledger (made if need be), in one or several commits.

    Whatever is raised, the ledger is as the last commit left it; where there was none, none is left.

    Args:
        source: What is read; a file that is in the ledger already changes nothing.
        ledger: Folder of the ledger.
        progress: Called with a step's name, what is done and what there is in all.
        options: How to ingest; None: as usual.

    Returns:
        What it did.

    Raises:
        LedgerBusyError: Another process writes.
        LedgerStorageError: The disk refuses.
        StoreError: A file can't be read, or has a name that is kept for projections.
    """
    ledger, how = Path(ledger), options or IngestOptions()
    if ledger.is_file():
        raise LedgerError("this is a file; the ledger is a folder, and is named before what it takes in", file=ledger)
    if not how.projection:
        refuse_reserved(source.files)
    with storage_errors(ledger):
        new = not ledger.exists()
        ledger.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        refuse_foreign(ledger)
        with writer_lock(ledger):
            try:
                return _run(source, ledger, progress, how)
            except BaseException:
                _discard_unfinished(ledger, new)
                raise


def _discard_unfinished(ledger: Path, new: bool) -> None:
    """Frees the disk of what was half done, as far as that can be told; the next ingest does the rest.

    A ledger without any commit goes whole, its folder too if it is new.
    """
    with contextlib.suppress(OSError, LedgerError):
        manifest = load_manifest(ledger)
        if manifest.generation:
            sweep(ledger, manifest)
            return
        discard(ledger)
        if new:
            ledger.rmdir()


def _run(source: Source, ledger: Path, progress: Progress, options: IngestOptions) -> IngestReport:
    manifest = start_writing(ledger, options.key_bits, options.entropy)
    options.on_step("swept")
    reading = ReadSettings.of(source)
    pieces, skipped = new_files(source, manifest, reading, progress, again=options.again)
    encoder = _encoder(ledger, manifest)
    notices: list[Notice] = list(source.notices)
    conflicts: dict[str, int] = {}
    before = manifest.sources
    for step in _split_steps(pieces, options.commit_bytes):
        gone = {place for piece in step for place in piece.replaces}
        if gone:
            refuse_set(ledger, manifest)
            manifest, encoder = retire(ledger, manifest, gone, options)
        intake = Intake(ledger, manifest, encoder, options, source, reading)
        with intake.quarantine:
            intake.read(step, progress, parts=max(1, len(manifest.shards)))
            _refuse_loss(step, intake.entries, before)
            options.on_step("read")
            take_in = commit_set if manifest.shards else commit
            manifest, changed = take_in(ledger, manifest, intake, options, progress)
            publish_shards(ledger, manifest)
        notices.extend(intake.notices)
        for table, count in changed.items():
            conflicts[table] = conflicts.get(table, 0) + count
        sweep(ledger, manifest)
        options.on_step("cleaned")
    ingested = manifest.sources[len(before) :]
    return IngestReport(
        digest=manifest.digest,
        ingested=ingested,
        paths=tuple(piece.file.path for piece in pieces),
        skipped=tuple(skipped),
        replaced=tuple(before[place] for piece in pieces for place in piece.replaces),
        conflicts=conflicts,
        notices=_added_up(notices),
        jumps=find_reject_jumps(before, ingested),
    )


def _refuse_loss(step: Iterable[InputFile], made: Iterable[SourceEntry], before: Sequence[SourceEntry]) -> None:
    """Stops where a reading that rejects most, or keeps nothing, would take the place of one that was better."""
    for piece, entry in zip(step, made, strict=True):
        lost = sum(before[place].rows for place in piece.replaces)
        bad = sum(n for reason, n in entry.rejected.items() if reason != Reason.PURGED)
        if entry.rows < min(lost, bad) or (lost and not entry.rows + entry.repeated):
            raise StoreError("the new reading rejects {bad} rows and keeps {rows}; the {lost} of the earlier one stay",
                             file=piece.file.path, bad=bad, rows=entry.rows, lost=lost)  # fmt: skip


def _added_up(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Each once: those that count rows come from every range of a file."""
    rows: dict[tuple[object, ...], int] = {}
    first: dict[tuple[object, ...], Notice] = {}
    for notice in notices:
        key = (notice.code, notice.file, *((k, v) for k, v in notice.values.items() if k not in ("rows", "lines")))
        rows[key] = rows.get(key, 0) + int(notice.values.get("rows", 0))
        first.setdefault(key, notice)
    return tuple(
        replace(notice, values={**notice.values, "rows": rows[key]}) if "rows" in notice.values else notice
        for key, notice in first.items()
    )


def new_files(
    source: Source, manifest: Manifest, reading: ReadSettings, progress: Progress, *, again: bool
) -> tuple[list[InputFile], list[Skipped]]:
    """Files that are not in the ledger yet or are to be read again, tables that others lean on first; and the rest."""
    entries, taken = manifest.sources, set[tuple[str, str]]()
    there = {(s.table, s.sha256): n for n, s in enumerate(entries)}
    sizes: dict[str, dict[str, int]] = {}
    for entry in entries:
        sizes.setdefault(entry.table, {})[entry.sha256] = entry.bytes
    place = {name: n for n, name in enumerate(ORDER)}
    files = sorted(source.files, key=lambda f: place.get(f.table, len(ORDER)))
    new: list[InputFile] = []
    skipped: list[Skipped] = []
    for n, file in enumerate(files):
        progress("digest", n, len(files))
        known = sizes.setdefault(file.table, {})
        piece = _digest_file(file, {} if file.table in UNIQUE else known)
        key = (file.table, piece.sha256)
        before = entries[there[key]] if key in there else None
        known_as = (
            before
            and not before.withdrawn
            and (before.replaced or (not again and _is_in(piece, before, entries, reading)))
        )
        if key in taken or known_as:
            skipped.append(Skipped(table=file.table, name=file.path.name))
        else:
            digests = ((file.table, digest) for digest in (piece.sha256, *(part.sha256 for part in piece.beginnings)))
            old = [there[each] for each in digests if each in there]
            other = tuple(n for n in old if entries[n].seen and (again or not reading.same(entries[n])))
            known[piece.sha256] = file.size
            whole = before is not None and not before.withdrawn
            new.append(replace(piece, replaces=other, beginnings=() if whole else piece.beginnings))
        taken.add(key)
    progress("digest", len(files), len(files))
    return new, skipped


def _is_in(piece: InputFile, entry: SourceEntry, entries: Sequence[SourceEntry], reading: ReadSettings) -> bool:
    """True if the ledger says what a file says that came in as `entry`: read alike, and nothing newer in its place.

    Newer, for tables of one row an id, is what came later under its name; of staff and outlets, where its name is new,
    any other sheet.
    """
    table, mine = piece.file.table, readable(piece.file.path.name)
    later = [s for s in entries if s.table == table and s.name == mine]
    if not later and table in UNIQUE:
        later = [s for s in entries if s.table == table]
    newer = table in (*UNIQUE, "waybills") and later and later[-1].sha256 != piece.sha256
    return reading.same(entry) and not newer


def _digest_file(file: SourceFile, known: Mapping[str, int]) -> InputFile:
    try:
        return digest_file(file, known)
    except OSError as error:
        raise StoreError("can't be read ({reason})", file=file.path, reason=disk_says(error)) from error


def _encoder(ledger: Path, manifest: Manifest) -> Encoder:
    finder = Finder(ledger, manifest)
    kinds = [k for k in ID_KINDS if finder.entries(f"dictionary:{k}")]
    return Encoder(Keyer(manifest.key_bits), [(k, finder.whole(f"dictionary:{k}")) for k in kinds])


def _split_steps(pieces: Iterable[InputFile], most: int) -> Iterable[list[InputFile]]:
    """Pieces in portions of about `most` bytes; those of one file, which fills two tables, stay together."""
    step: list[InputFile] = []
    size = 0
    for piece in pieces:
        if step and size + piece.file.size > most and step[-1].sha256 != piece.sha256:
            yield step
            step, size = [], 0
        step.append(piece)
        size += piece.file.size
    if step:
        yield step


def retire(
    ledger: Path,
    manifest: Manifest,
    sources: Collection[int],
    how: IngestOptions,
    withdrawn: Mapping[str, str] | None = None,
) -> tuple[Manifest, Encoder]:
    """The ledger's next generation without what these sources (by their places) brought, not saved; and its ids.

    withdrawn: what their entries say of it, where nothing comes for them. LedgerError: rule 3.
    """
    for entry in (file for file in manifest.files if file.kind != "quarantine"):
        require_unchanged(ledger, entry)
    made = _Retirement(ledger, manifest, sources)
    made.walk(how)
    return made.close(withdrawn or {})


class _Ids:
    """The ids of a kind that something still names; they join the new dictionary as they are met."""

    def __init__(self, finder: Finder, kind: str, encoder: Encoder) -> None:
        self._entries = finder.whole(f"dictionary:{kind}", DICTIONARY_SCHEMA).sort_by("key")
        self._keys = self._entries["key"].to_numpy()
        self._codes = np.zeros(len(self._keys) + 1, np.uint32)
        self._to = encoder.dictionaries[kind]

    def codes(self, keys: UInts) -> Codes:
        place, found = locate(self._keys, keys)
        new = np.unique(place[found & (self._codes[place] == 0)])
        self._codes[new] = self._to.encode(self._entries["text"].take(pa.array(new)).combine_chunks().cast(pa.string()))
        return np.where(found, self._codes[place], np.uint32(0))


class _Retirement:
    def __init__(self, ledger: Path, manifest: Manifest, sources: Collection[int]) -> None:
        self._ledger, self._manifest, self._away = ledger, manifest, np.array(sorted(sources), np.int32)
        self._finder = Finder(ledger, manifest)
        self._to = Generation(ledger, manifest.generation + 1)
        self._encoder = Encoder(Keyer(manifest.key_bits))
        self._ids = {kind: _Ids(self._finder, kind, self._encoder) for kind in self._encoder.dictionaries}
        self._went: Counter[int] = Counter()

    def walk(self, how: IngestOptions) -> None:
        """Rules 1 and 2, range after range of keys, and then what hangs on no waybill."""
        kinds = {name: name if name == "accesses" else f"table:{name}" for name in KEYED}
        opened = {n: [open_sorted(self._ledger, f) for f in self._finder.kinds(kind)] for n, kind in kinds.items()}
        tables = {n: (files, unite_schemas(kinds[n], files)) for n, files in opened.items() if files}
        known = Known(
            lookup=lambda _kind, _keys, schema, _day: conform(schema.empty_table(), schema),
            dictionaries=self._encoder.dictionaries,
            present={n: frozenset(schema.names) for n, (_, schema) in tables.items()},
            hasher=lambda rows, _texts: np.zeros((rows.num_rows, SIZE), np.uint8),
        )
        ends = np.array([c.sources for c in self._manifest.commits], np.int64)
        commits = np.unique(np.searchsorted(ends, self._away, side="right")).tolist()
        writer = TombstoneWriter(self._ledger, self._manifest, self._finder, commits, self._to)
        walked = [file for files in opened.values() for file in files]
        gathered = Gathered(self._to, 0)
        for low, high in ranges(walked, rows_of_range(len(walked))):
            batches = {NUMBERS: read_range(self._finder.files(NUMBERS), low, high, NUMBERS_SCHEMA)}
            read = {name: read_range(files, low, high, schema) for name, (files, schema) in tables.items()}
            for name, parts in ((name, parts) for name, parts in read.items() if parts):
                rows = join_batches(parts, tables[name][1])
                left, stays = self._left(rows)
                if name == "accesses":
                    writer.add(rows, ~stays.to_numpy(zero_copy_only=False), low, high)
                batches[name] = [self._on_its_way(name, left, low, high)] if left.num_rows else []
            gathered.take(resolve_part(batches, known), [])
            how.on_step("range")
        writer.close()
        for name in (name for name in TABLES if name not in KEYED):
            for file in self._finder.files(f"table:{name}"):
                for group in range(len(file.rows)):
                    rows, _ = self._left(file.read([group], file.schema))
                    for column, kind in LOOSE_IDS.get(name, {}).items():
                        self._encoder.dictionaries[kind].encode(rows[column])
                    self._to.write(f"table:{name}", rows)
        gathered.write_counts(self._encoder.dictionaries)

    def _left(self, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.Array]:
        """The rows of other sources, and which they are; takes note of the others."""
        source = column_values(rows, "source")
        gone = np.isin(source, self._away)
        self._went.update(source[gone].tolist())
        stays = pa.array(~gone)
        return rows.filter(stays), stays

    def _on_its_way(self, name: str, rows: pa.RecordBatch, low: int, high: int) -> pa.RecordBatch:
        """Kept rows as they were when they came: codes for ids, and the packed forms of their numbers."""
        ids, keys = KEYED[name].ids, column_values(rows, "waybill")
        made = {
            n: pa.array(self._ids[ids[n]].codes(column_values(rows, n))) if n in ids else rows[n]
            for n in rows.schema.names
        }
        made["word"] = pa.array(look_up_words(self._finder.files("catalogue"), keys, low, high))
        schema = pa.schema([f for f in flight_schema(KEYED[name]) if f.name in made])
        return pa.RecordBatch.from_arrays([made[n] for n in schema.names], schema=schema)

    def close(self, withdrawn: Mapping[str, str]) -> tuple[Manifest, Encoder]:
        """Makes the files durable and the tree know of it (rule 4)."""
        for kind, dictionary in self._encoder.dictionaries.items():
            for batch in dictionary.added().to_batches():
                self._to.write(f"dictionary:{kind}", batch)
            dictionary.settle()
        files = (*(f for f in self._manifest.files if f.kind == "quarantine"), *self._to.close())
        self._to.sync()
        none: dict[str, int] = {}
        sources = tuple(
            replace(
                s,
                rows=0,
                rejected=none,
                repeated=0,
                dropped=0,
                emptied=none,
                replaced=s.replaced + self._went[n],
                withdrawn=withdrawn,
            )
            if n in self._away
            else s
            for n, s in enumerate(self._manifest.sources)
        )
        now = replace(self._manifest, generation=self._to.number, files=files, sources=sources)
        return append_commit(self._ledger, now, [], 1, ()), self._encoder
