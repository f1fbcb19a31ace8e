"""Bringing sources into a ledger, step by step; each step ends in a commit.

1. Under the lock, files that no manifest names are removed.
2. Files that are in the ledger already (same table, same bytes) are left out; of those that have grown since, what
   was there (`_incremental`). What is to be read again is taken out first, in the same swap (`retention.retire`).
3. Pass 1 reads, checks and encodes rows and splits them by waybill key (`_intake`).
4. Pass 2 settles one part of the keys at a time and writes the new generation's files (`_resolve`).
5. Buckets whose marks moved, and kinds with too many files, are merged (`_merge`).
6. Everything is durable before the manifest is swapped; what was replaced is removed afterwards.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._commit import commit
from wayseal.ledger._encode import Encoder
from wayseal.ledger._files import FOLDER_MODE, storage_errors
from wayseal.ledger._incremental import InputFile, ReadSettings, digest_file
from wayseal.ledger._intake import Intake
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import ID_KINDS, ORDER, UNIQUE
from wayseal.ledger._lock import writer_lock
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import Manifest, SourceEntry, load_manifest
from wayseal.ledger._report import IngestOptions, IngestReport, Progress, Skipped, find_reject_jumps, silent
from wayseal.ledger._sweep import discard, refuse_foreign, start_writing, sweep
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.reserved import refuse_reserved
from wayseal.model.errors import disk_says
from wayseal.model.schema import readable
from wayseal.store.errors import StoreError
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
    pieces, skipped = _new_files(source, manifest, reading, progress, again=options.again)
    encoder = _encoder(ledger, manifest)
    notices: list[Notice] = list(source.notices)
    conflicts: dict[str, int] = {}
    before = manifest.sources
    for step in _split_steps(pieces, options.commit_bytes):
        gone = {place for piece in step for place in piece.replaces}
        if gone:
            from wayseal.ledger.retention.retire import retire  # noqa: PLC0415 (only where a file is read again)

            manifest, encoder = retire(ledger, manifest, gone, options)
        intake = Intake(ledger, manifest, encoder, options, source, reading)
        with intake.quarantine:
            intake.read(step, progress)
            _refuse_loss(step, intake.entries, before)
            options.on_step("read")
            manifest, changed = commit(ledger, manifest, intake, options, progress)
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
    """Each once: those that count rows come from every stretch of a file."""
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


def _new_files(
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
        known_as = before and (before.replaced or (not again and _is_in(piece, before, entries, reading)))
        if key in taken or known_as:
            skipped.append(Skipped(table=file.table, name=file.path.name))
        else:
            digests = ((file.table, digest) for digest in (piece.sha256, *(part.sha256 for part in piece.beginnings)))
            old = [there[each] for each in digests if each in there]
            other = tuple(n for n in old if entries[n].seen and (again or not reading.same(entries[n])))
            known[piece.sha256] = file.size
            new.append(replace(piece, replaces=other, beginnings=() if key in there else piece.beginnings))
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
