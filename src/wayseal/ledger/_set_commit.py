"""The commit of an ingest into a set of shards (`sharding`).

1. A task a shard settles the parts of its keys against that shard, and writes files that nothing names yet, marked by
   its attempt. It changes nothing that is there, so that it may be run twice, at once, or by a process that was
   forgotten: of each task one result is taken.
2. The driver alone names files, extends trees and writes manifests. It holds the set's lock.
3. The set's manifest is swapped once all is durable: that is the commit. It names what it keeps of the manifests of its
   shards; these are put into the shards' folders after it, and again by the next writer where a crash came between.
4. What hangs on no waybill is written once, and linked into the shards.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wayseal.ledger._commit import (
    Gathered,
    add_conflicts,
    merge_crowded,
    settle,
    settle_sources,
    swap_in,
    write_dictionaries,
)
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._files import FOLDER_MODE, make_folder
from wayseal.ledger._generation import Generation
from wayseal.ledger._intake import Arrivals, Intake
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import ID_KINDS, KEYED
from wayseal.ledger._manifest import (
    REWRITTEN,
    SHARD,
    SHARDS,
    FileEntry,
    Manifest,
    SourceEntry,
    hash_shard,
    load_kept,
    parse_manifest,
    shard_folder,
)
from wayseal.ledger._report import IngestOptions
from wayseal.ledger._sweep import SCRATCH
from wayseal.ledger._tree import append_commit
from wayseal.merkle.hashing import SIZE
from wayseal.model.progress import Progress, silent
from wayseal.model.tasks import run_here
from wayseal.store.durable import file_digest, sync_folder, write_file


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleTask:
    """A shard that is to take in its part of what was read. folder, manifest: its own, as the last commit left them.

    parts: those of its keys. dictionaries: kind → dictionary, or the folder in which these were saved.
    """

    folder: Path
    manifest: Manifest
    parts: range
    arrivals: Arrivals
    dictionaries: Mapping[str, Dictionary] | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a shard became. files: all that are its own, new ones by the names of this attempt, which end with `mark`.

    leaves: file of the hashes of its new pages. refused: (source, row). repeated, brought: source → rows.
    """

    files: tuple[FileEntry, ...]
    mark: str
    leaves: Path
    refused: tuple[tuple[int, int], ...]
    repeated: Mapping[int, int]
    brought: Mapping[int, int]
    conflicts: Mapping[str, int]


def settle_shard(task: SettleTask) -> Settled:
    """Settles a shard's part of what was read (rule 1)."""
    mark = f"-{secrets.token_hex(4)}"
    manifest, arrivals = task.manifest, task.arrivals
    generation = Generation(task.folder, arrivals.generation, mark=mark)
    dictionaries = task.dictionaries
    if isinstance(dictionaries, Path):
        saved, keyer = dictionaries, Keyer(manifest.key_bits)
        dictionaries = {kind: Dictionary.open(kind, keyer, saved) for kind in ID_KINDS}
    gathered = Gathered(generation, dictionaries["session"].unsettled // max(1, arrivals.parts // len(task.parts)))
    brought = np.zeros(0, np.int64)
    for resolved, pages in settle(task.folder, manifest, arrivals, dictionaries, task.parts):
        gathered.take(resolved, pages)
        more, less = sorted((brought, resolved.brought), key=len, reverse=True)
        brought = more.copy()
        brought[: len(less)] += less
    gathered.write_counts(dictionaries)
    own = [entry for entry in manifest.files if not is_common(entry)]
    files = merge_crowded(generation, [*own, *generation.close()], gathered.dirty, silent)
    leaves = generation.folder / f"leaves{mark}"
    write_file(leaves, b"".join(gathered.pages))
    generation.sync()
    return Settled(
        files=tuple(files), mark=mark, leaves=leaves, refused=tuple(gathered.refused), repeated=dict(gathered.repeated),
        brought={arrivals.first + n: rows for n, rows in enumerate(brought.tolist())}, conflicts=gathered.conflicts,
    )  # fmt: skip


def is_common(entry: FileEntry) -> bool:
    """True for files that are the same in a set and in its shards: what they hold hangs on no waybill."""
    return entry.kind not in (*REWRITTEN, "accesses", SHARD, "quarantine") and not entry.kind.startswith("counts:")


def commit_set(
    ledger: Path, manifest: Manifest, intake: Intake, options: IngestOptions, progress: Progress
) -> tuple[Manifest, Mapping[str, int]]:
    """Turns what was read into the set's next generation, as `commit` does for a ledger."""
    arrivals, dictionaries, generation = intake.arrivals, intake.encoder.dictionaries, intake.generation
    write_dictionaries(generation, dictionaries)
    mine = [e for e in manifest.files if not e.path.startswith(SHARDS) and e.kind != SHARD]
    common = merge_crowded(
        generation, [*(e for e in mine if is_common(e)), *generation.close()], set(), progress
    )  # fmt: skip
    generation.sync()
    shards = [load_kept(ledger, entry) for entry in manifest.shards]
    folders = [ledger / shard_folder(place) for place in range(len(shards))]
    each = arrivals.parts // len(shards)
    shared = _save(dictionaries, ledger / SCRATCH) if options.run else dictionaries
    tasks = [
        SettleTask(
            folder=folder, manifest=shard, arrivals=arrivals, dictionaries=shared,
            parts=range(place * each, (place + 1) * each),
        )
        for place, (folder, shard) in enumerate(zip(folders, shards, strict=True))
    ]  # fmt: skip
    settled = dict[int, Settled]()
    for place, one in (options.run or run_here)(settle_shard, tasks):
        settled[place] = one
        progress("shards", len(settled), len(tasks))
        options.on_step("shard")
    every = [settled[place] for place in range(len(tasks))]
    options.on_step("written")
    refused = [one for each in every for one in each.refused]
    repeated, conflicts = Counter[int](), Counter(intake.conflicts)
    for one in every:
        repeated.update(one.repeated)
        conflicts.update(one.conflicts)
    sources = settle_sources(intake, refused, repeated)
    contents = []
    for folder, shard, one in zip(folders, shards, every, strict=True):
        link_files(ledger, folder, [entry for entry in common if entry.generation == generation.number])
        made = _name_shard(folder, shard, one, arrivals, common, sources)
        contents.append(made.to_json().encode() + b"\n")
        options.on_step("named")
    rejected = (*(e for e in mine if e.kind == "quarantine"), *intake.quarantine.close(generation.number))
    files, leaves = bind_shards(generation, contents, (*common, *rejected))
    made = replace(
        manifest, generation=generation.number, files=files, sources=(*manifest.sources, *sources),
        counts=add_conflicts(manifest, conflicts),
    )  # fmt: skip
    made = append_commit(ledger, made, leaves, 1, ())
    swap_in(ledger, made, options)
    for dictionary in dictionaries.values():
        dictionary.settle()
    return made, conflicts


def _save(dictionaries: Mapping[str, Dictionary], scratch: Path) -> Path:
    folder = scratch / "dictionaries"
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    for dictionary in dictionaries.values():
        dictionary.save(folder)
    return folder


def _name_shard(
    folder: Path, shard: Manifest, one: Settled, arrivals: Arrivals, common: Sequence[FileEntry],
    sources: Sequence[SourceEntry],
) -> Manifest:  # fmt: skip
    """The manifest of a shard after what a task made of it, with its tree; new files get the names that stay."""
    files = [*common]
    for entry in one.files:
        path = entry.path.replace(f"{one.mark}.parquet", ".parquet")
        if path != entry.path:
            (folder / entry.path).replace(folder / path)
        files.append(replace(entry, path=path))
    none: dict[str, int] = {}
    refused = Counter(source for source, _ in one.refused)
    new = tuple(
        replace(
            entry, rejected=none, repeated=0, dropped=0, emptied=none,
            rows=one.brought.get(n, 0) - refused[n] - one.repeated.get(n, 0) if entry.table in KEYED else entry.rows,
        )
        for n, entry in enumerate(sources, arrivals.first)
    )  # fmt: skip
    sync_folder(folder / "data" / f"g{arrivals.generation:06d}")
    made = replace(shard, generation=arrivals.generation, files=tuple(files), sources=(*shard.sources, *new))
    hashes = one.leaves.read_bytes()
    pages = [hashes[start : start + SIZE] for start in range(0, len(hashes), SIZE)]
    return append_commit(folder, made, pages, arrivals.parts, arrivals.columns)


def link_files(ledger: Path, folder: Path, entries: Sequence[FileEntry]) -> None:
    """Puts files of a set into a shard (rule 4), by links where the disk has them; what a crash left there goes."""
    for entry in entries:
        path = folder / entry.path
        make_folder(path.parent, folder)
        path.unlink(missing_ok=True)
        try:
            path.hardlink_to(ledger / entry.path)
        except OSError:
            write_file(path, (ledger / entry.path).read_bytes())


def bind_shards(
    generation: Generation, contents: Sequence[bytes], own: Sequence[FileEntry]
) -> tuple[tuple[FileEntry, ...], list[bytes]]:
    """The files of a set and the leaves of its shards (`contents`: their manifests). own: files that are no shard's."""
    files, mine = [*own], {entry.path for entry in own}
    for place, content in enumerate(contents):
        name = shard_folder(place)
        path = generation.folder / f"{name.replace('/', '-')}.json"
        write_file(path, content)
        kept = FileEntry(
            kind=SHARD, path=path.relative_to(generation.ledger).as_posix(), generation=generation.number, rows=0,
            bytes=len(content), sha256=file_digest(path),
        )  # fmt: skip
        shard = parse_manifest(content, path)
        files.append(replace(kept, rows=shard.rows("accesses")))
        files += [replace(entry, path=f"{name}/{entry.path}") for entry in shard.files if entry.path not in mine]
    generation.sync()
    return tuple(files), [hash_shard(content) for content in contents]
