"""A ledger set: shards, each an ordinary ledger of a range of keys, and one manifest above them.

1. A shard is a range of the 64-bit key, as wide as each other; there are a power of two of them, in `shards/0000` and
   on. Keys are hashes, so shards are alike in size, and all of a waybill lies in one. Whatever opens, verifies or
   proves from a ledger does so from a shard.
2. The set's manifest is a ledger's whose files are those of the shards: what reads a ledger reads a set, by the same
   code, and says the same. Dictionaries and tables that hang on no waybill are the same files in the set and in each
   shard, by links where the disk has them: codes mean the same everywhere.
3. The set keeps each shard's manifest. Its tree has at each commit a leaf a shard, the hash of that manifest, before
   the leaf of the commit: a checkpoint of the set binds the roots of all its shards.
4. Only whole numbers are added up across shards.
5. Shards are made by whatever runs tasks, in a folder beside the target, which takes the target's name when all of it
   is durable. A task changes nothing that is there and writes into a folder of its attempt, so that it may be run twice
   or at once: of each one result is taken.
"""

import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wayseal.ledger._files import FOLDER_MODE, make_folder, storage_errors
from wayseal.ledger._generation import Generation
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import KEYED
from wayseal.ledger._lock import READERS
from wayseal.ledger._lookup import DICTIONARY_KEYS, Finder
from wayseal.ledger._manifest import (
    NAME,
    REWRITTEN,
    SHARDS,
    CommitEntry,
    FileEntry,
    Manifest,
    SourceEntry,
    load_manifest,
    save_manifest,
    shard_folder,
)
from wayseal.ledger._merge import combine, unite_schemas
from wayseal.ledger._pages import choose_columns
from wayseal.ledger._part import column_values
from wayseal.ledger._purge_selector import rows_of_range
from wayseal.ledger._recount import recount
from wayseal.ledger._report import IngestOptions
from wayseal.ledger._rewrite import require_unchanged
from wayseal.ledger._salts import load_salts
from wayseal.ledger._set_commit import bind_shards, is_common, link_files
from wayseal.ledger._snapshot import open_ledger
from wayseal.ledger._sorted import EVERY_KEY, SortedFile, join_batches, one_batch, ranges, read_range
from wayseal.ledger._sweep import start_writing, sweep
from wayseal.ledger._tree import append_commit, new_manifest
from wayseal.ledger.errors import LedgerError
from wayseal.ledger.retention.counts import CountChange
from wayseal.model.progress import Progress, silent
from wayseal.model.tasks import Run, run_here
from wayseal.store.durable import MODE, sync_folder, write_file

MOST_SHARDS = 1024
READS_OF_PART = 1 << 19
"""About so many reads of a part are hashed again to prove one of them."""
BESIDE = ".making"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardTask:
    """A part of the key space, from `low` to `high`, both included, that is to become a ledger. File names travel.

    ledger, manifest: of which. folder: where. common: what lies there already, in `beside` the same files are.
    parts: into how many its reads are cut for proofs.
    """

    ledger: Path
    manifest: Manifest
    folder: Path
    low: int
    high: int
    common: tuple[FileEntry, ...]
    beside: Path
    parts: int


def split_ledger(
    ledger: Path, target: Path, shards: int, *, run: Run = run_here, progress: Progress = silent
) -> Manifest:
    """Make a set of a ledger, which stays as it is.

    Args:
        ledger: A ledger, or a set, whose shards are cut anew.
        target: The set's folder; it isn't there yet.
        shards: How many; a power of two.
        run: Runs the tasks, one a shard.
        progress: As everywhere.

    Returns:
        The set's manifest.

    Raises:
        LedgerError: The number can't be, the target is there, a file of the ledger was changed, or reads were purged.
        LedgerStorageError: The disk refuses.
    """
    if not 1 < shards <= MOST_SHARDS or shards & (shards - 1):
        raise LedgerError("{shards} shards: it takes 2, 4, 8 … {most}", file=target, shards=shards, most=MOST_SHARDS)
    width = (EVERY_KEY + 1) // shards

    def make(before: Manifest, folder: Path) -> None:
        common = _copy_common(before, ledger, folder)
        names = [shard_folder(place) for place in range(shards)]
        tasks = [
            ShardTask(
                ledger=ledger, manifest=before, folder=folder / name, low=place * width, high=(place + 1) * width - 1,
                common=common, beside=folder, parts=max(shards, _parts(before)),
            )
            for place, name in enumerate(names)
        ]  # fmt: skip
        for done, (place, made) in enumerate(run(make_shard, tasks), 1):
            made.rename(folder / names[place])
            progress("shards", done, shards)
        for attempt in set((folder / SHARDS).iterdir()) - {folder / name for name in names}:
            shutil.rmtree(attempt, ignore_errors=True)
        _make_set(before, folder, names, common)

    return _made_beside(ledger, target, progress, make)


def make_set(target: Path, shards: int) -> Manifest:
    """Make a set that holds nothing, or see that one of so many shards is there.

    Args:
        target: The set's folder.
        shards: How many; a power of two.

    Returns:
        The set's manifest.

    Raises:
        LedgerError: The number can't be, or a ledger, or a set of another number, is there.
        LedgerStorageError: The disk refuses.
    """
    if (target / NAME).exists():
        there = load_manifest(target)
        if len(there.shards) != shards:
            raise LedgerError(
                "this has {there} shards, not {shards}: `wayseal ledger split` cuts a ledger or a set anew",
                file=target, there=len(there.shards), shards=shards,
            )  # fmt: skip
        return there
    with storage_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent) as empty:
            start_writing(Path(empty), IngestOptions().key_bits, os.urandom)
            return split_ledger(Path(empty), target, shards)


def merge_set(ledger_set: Path, target: Path, *, progress: Progress = silent) -> Manifest:
    """Make one ledger of a set, which stays as it is.

    Args:
        ledger_set: The set.
        target: The ledger's folder; it isn't there yet.
        progress: As everywhere.

    Returns:
        The ledger's manifest.

    Raises:
        LedgerError: It is no set, the target is there, or a file of the set was changed.
        LedgerStorageError: The disk refuses.
    """

    def make(before: Manifest, folder: Path) -> None:
        if not before.shards:
            raise LedgerError("this is one ledger already", file=ledger_set)
        common = _copy_common(before, ledger_set, folder)
        task = ShardTask(
            ledger=ledger_set, manifest=before, folder=folder, low=0, high=EVERY_KEY,
            common=common, beside=folder, parts=_parts(before),
        )  # fmt: skip
        _make_ledger(task, folder, progress)

    return _made_beside(ledger_set, target, progress, make)


def _made_beside(
    ledger: Path, target: Path, progress: Progress, make: Callable[[Manifest, Path], None]
) -> Manifest:  # fmt: skip
    """Rule 5. make: of the ledger's manifest, in a folder."""
    if target.exists() and (target.is_file() or any(target.iterdir())):
        raise LedgerError("this is there already, and nothing is put into it", file=target)
    folder = target.with_name(target.name + BESIDE)
    with open_ledger(ledger) as snapshot, storage_errors(target):
        before = snapshot.manifest
        if before.gone_reads:
            raise LedgerError(
                "reads of it were purged or replaced: sets don't carry what stands for these", file=ledger
            )
        for done, entry in enumerate(before.files, 1):
            require_unchanged(ledger, entry)
            progress("files", done, len(before.files))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(FOLDER_MODE, parents=True)
        try:
            make(before, folder)
            made = load_manifest(folder)
            if target.exists():
                target.rmdir()
            folder.rename(target)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        sync_folder(target.parent)
    return made


def _parts(manifest: Manifest) -> int:
    reads = manifest.rows("accesses")
    return 1 << max(0, (reads // READS_OF_PART).bit_length())


def _copy_common(manifest: Manifest, ledger: Path, folder: Path) -> tuple[FileEntry, ...]:
    """Copies what hangs on no waybill; its entries, quarantined rows among them."""
    common = [entry for entry in manifest.files if is_common(entry) or entry.kind == "quarantine"]
    for entry in common:
        path = folder / entry.path
        make_folder(path.parent, folder)
        write_file(path, (ledger / entry.path).read_bytes())
    return tuple(common)


def make_shard(task: ShardTask) -> Path:
    """Make a ledger of a part of another's key space, in a folder of this attempt; the folder."""
    folder = task.folder.with_name(f"{task.folder.name}-{secrets.token_hex(4)}")
    folder.mkdir(FOLDER_MODE, parents=True)
    link_files(task.beside, folder, [entry for entry in task.common if entry.kind != "quarantine"])
    _make_ledger(task, folder, silent)
    return folder


def _make_ledger(task: ShardTask, folder: Path, progress: Progress) -> None:
    """The same where what is common lies already."""
    whole = folder == task.beside
    (folder / READERS).touch(MODE)
    number = max(1, task.manifest.generation)
    rows = _Rows(task, Generation(folder, number))
    rows.copy(progress)
    common = [entry for entry in task.common if entry.kind != "quarantine" or whole]
    files = (*common, *rows.generation.close())
    rows.generation.sync()
    made = replace(
        new_manifest(folder, task.manifest.key_bits, os.urandom),
        generation=number,
        files=files,
        sources=task.manifest.sources if whole else rows.sources(),
        counts=task.manifest.counts if whole else {},
    )
    commit = CommitEntry(
        generation=number, parts=task.parts, columns=rows.columns, pages=0, sources=len(made.sources), digest=""
    )
    pages = recount(folder, made, [commit], load_salts(folder, made.secret), silent).pages[0].leaves
    made = append_commit(folder, made, pages, task.parts, rows.columns)
    save_manifest(folder, made)
    sweep(folder, made)


class _Rows:
    """Rows of a part of the key space on their way from files to a new generation, as they are kept."""

    def __init__(self, task: ShardTask, generation: Generation) -> None:
        self.generation, self._task = generation, task
        finder = Finder(task.ledger, task.manifest)
        days = sorted({e.day for e in finder.kinds("accesses") if e.day is not None})
        self._files: dict[tuple[str, int | None], list[SortedFile]]
        self._files = {(kind, None): finder.files(kind) for kind in REWRITTEN if finder.entries(kind)}
        self._files |= {("accesses", day): finder.files("accesses", day) for day in days}
        self._schemas = {
            kind: unite_schemas(kind, [f for (k, _), files in self._files.items() if k == kind for f in files])
            for kind in dict.fromkeys(kind for kind, _ in self._files)
        }
        names = finder.whole("dictionary:outlet", DICTIONARY_KEYS)["key"].to_numpy()
        self._counts = CountChange(np.concatenate([np.zeros(1, np.uint64), names]), 1)
        self._of_source: Counter[int] = Counter()

    @property
    def columns(self) -> tuple[str, ...]:
        """The optional columns of reads that are hashed."""
        return choose_columns(set(self._schemas["accesses"].names) if "accesses" in self._schemas else set())

    def copy(self, progress: Progress) -> None:
        """Writes them, range after range, and what is counted of them."""
        files = [file for some in self._files.values() for file in some]
        low, high = self._task.low, self._task.high
        spans = [s for s in ranges(files, rows_of_range(len(files))) if s[0] <= high and s[1] >= low]
        for done, (start, stop) in enumerate(spans, 1):
            self._range(max(start, low), min(stop, high))
            progress("reads", done, len(spans))
        for kind, table in self._counts.tables().items():
            self.generation.write(kind, one_batch(table))

    def _range(self, low: int, high: int) -> None:
        reads = []
        for (kind, day), files in self._files.items():
            parts = [rows for rows in read_range(files, low, high, self._schemas[kind]) if rows.num_rows]
            if not parts:
                continue
            rows = combine(kind, join_batches(parts, self._schemas[kind]))
            self.generation.write(kind, rows, day)
            if "source" in rows.schema.names:
                self._of_source.update(column_values(rows, "source").tolist())
            if kind == "accesses":
                reads.append(rows)
            elif kind == "table:waybills":
                self._counts.waybills(take_newest(rows))
            elif kind == "pairs:outlet":
                self._counts.outlets(column_values(rows, "code"))
        if reads:
            self._counts.reads(join_batches(reads, self._schemas["accesses"]))

    def sources(self) -> tuple[SourceEntry, ...]:
        """The sources, with as many rows as lie here of them; what became of others the set says."""
        none: dict[str, int] = {}
        return tuple(
            replace(
                one, rows=self._of_source[place] if one.table in KEYED else one.rows,
                rejected=none, repeated=0, dropped=0, emptied=none,
            )
            for place, one in enumerate(self._task.manifest.sources)
        )  # fmt: skip


def _make_set(before: Manifest, folder: Path, names: Sequence[str], common: Sequence[FileEntry]) -> None:
    """The manifest above the shards (rules 2 and 3)."""
    number = max(1, before.generation)
    contents = [(folder / name / NAME).read_bytes() for name in names]
    files, leaves = bind_shards(Generation(folder, number), contents, common)
    made = replace(
        new_manifest(folder, before.key_bits, os.urandom),
        generation=number, files=files, sources=before.sources, counts=before.counts,
    )  # fmt: skip
    (folder / READERS).touch(MODE)
    made = append_commit(folder, made, leaves, 1, ())
    save_manifest(folder, made)
    sweep(folder, made)
