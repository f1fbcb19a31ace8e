"""Pass 2 and the commit: parts are settled by two threads, written in order, and become a generation."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from wayseal.ledger._counts import Sums, count_tables
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._generation import Generation
from wayseal.ledger._intake import Arrivals, Intake
from wayseal.ledger._layout import KEYED, NUMBERS
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import FileEntry, Manifest, SourceEntry, save_manifest
from wayseal.ledger._merge import find_crowded, merge
from wayseal.ledger._pages import Pages, ReadHasher
from wayseal.ledger._parallel import THREADS, map_ahead
from wayseal.ledger._part import Known, ResolvedPart, column_values
from wayseal.ledger._report import IngestOptions
from wayseal.ledger._resolve import resolve_part
from wayseal.ledger._salts import load_salts
from wayseal.ledger._tree import append_commit
from wayseal.model.progress import Progress
from wayseal.store.durable import sync_folder
from wayseal.store.types import Reason, Rejection


class Gathered:
    """The rows that all parts of an ingest become."""

    def __init__(self, generation: Generation, sessions: int) -> None:
        self.generation = generation
        self.sums = {"sessions": Sums(sessions)} if sessions else {}
        self.dirty: set[int] = set()
        self.refused: list[tuple[int, int]] = []
        self.repeated: Counter[int] = Counter()
        self.conflicts: Counter[str] = Counter()
        self.pages: list[bytes] = []

    def take(self, resolved: ResolvedPart, pages: list[bytes]) -> None:
        """Writes one part's rows and adds up its sums."""
        for day, rows in resolved.reads:
            self.generation.write("accesses", rows, day)
        for kind, rows in resolved.kept.items():
            self.generation.write(kind, rows)
        for name, portions in resolved.sums.items():
            total = self.sums.setdefault(name, Sums())
            for portion in portions:
                total.add(*portion)
        self.dirty |= resolved.dirty
        self.refused += resolved.refused
        self.repeated.update(resolved.repeated)
        self.conflicts.update(resolved.conflicts)
        self.pages += pages

    def write_counts(self, dictionaries: Mapping[str, Dictionary]) -> None:
        """Writes the sums, after the last part."""
        for kind, rows in count_tables(self.sums, dictionaries).items():
            self.generation.write(kind, rows)


def commit(
    ledger: Path, manifest: Manifest, intake: Intake, options: IngestOptions, progress: Progress
) -> tuple[Manifest, Mapping[str, int]]:
    """Turns what was read into the ledger's next generation; also returns the conflicts a table."""
    arrivals, dictionaries = intake.arrivals, intake.encoder.dictionaries
    gathered = Gathered(intake.generation, dictionaries["session"].unsettled)
    gathered.conflicts.update(intake.conflicts)
    for done, (resolved, pages) in enumerate(settle(ledger, manifest, arrivals, dictionaries, range(arrivals.parts))):
        gathered.take(resolved, pages)
        progress("settle", done + 1, arrivals.parts)
        options.on_step("part")
    gathered.write_counts(dictionaries)
    write_dictionaries(intake.generation, dictionaries)
    new = intake.generation.close()
    options.on_step("written")
    sources = settle_sources(intake, gathered.refused, gathered.repeated)
    new += intake.quarantine.close(intake.generation.number)
    files = merge_crowded(intake.generation, [*manifest.files, *new], gathered.dirty, progress)
    intake.generation.sync()
    made = replace(
        manifest,
        generation=intake.generation.number,
        files=tuple(files),
        sources=(*manifest.sources, *sources),
        counts=add_conflicts(manifest, gathered.conflicts),
    )
    made = append_commit(ledger, made, gathered.pages, arrivals.parts, arrivals.columns)
    swap_in(ledger, made, options)
    for dictionary in dictionaries.values():
        dictionary.settle()
    return made, gathered.conflicts


def swap_in(ledger: Path, made: Manifest, options: IngestOptions) -> None:
    """Makes a generation of which all is written the ledger's."""
    sync_folder(ledger)
    options.on_step("durable")
    save_manifest(ledger, made)
    options.on_step("committed")


def add_conflicts(manifest: Manifest, conflicts: Mapping[str, int]) -> dict[str, int]:
    """The totals of a ledger with those of a commit."""
    return dict(sorted((Counter(manifest.counts) + Counter(conflicts)).items()))


def write_dictionaries(generation: Generation, dictionaries: Mapping[str, Dictionary]) -> None:
    """Writes what joined them."""
    for kind, dictionary in dictionaries.items():
        for batch in dictionary.added().to_batches():
            generation.write(f"dictionary:{kind}", batch)


def settle(
    ledger: Path, manifest: Manifest, arrivals: Arrivals, dictionaries: Mapping[str, Dictionary], parts: range
) -> Iterator[tuple[ResolvedPart, list[bytes]]]:
    """Yield each part settled and the pages of its reads, in the order of the parts; some are prepared ahead."""
    finder = Finder(ledger, manifest)
    known = Known(
        lookup=finder.rows,
        dictionaries=dictionaries,
        present=arrivals.present,
        hasher=ReadHasher(dictionaries, arrivals.columns, load_salts(ledger, manifest.secret)).on_their_way,
    )
    tables = (*KEYED, NUMBERS)

    def work(part: int) -> tuple[ResolvedPart, list[bytes]]:
        batches = {t: arrivals.part(t, part) for t in tables}
        resolved = resolve_part(batches, known)
        sources = [column_values(b, "source") - arrivals.first for t in KEYED for b in batches[t]]
        resolved.brought = np.bincount(np.concatenate([np.zeros(0, np.int32), *sources]))
        pages = Pages(arrivals.generation)
        pages.add(part, resolved.hashes)
        pages.close()
        resolved.hashes = resolved.hashes[:0]
        return resolved, pages.leaves

    return map_ahead(work, parts, ahead=THREADS)


def settle_sources(
    intake: Intake, refused: Sequence[tuple[int, int]], repeated: Mapping[int, int]
) -> list[SourceEntry]:
    """Entries of the step's sources, less the rows that pass 2 left out; refused rows go to quarantine."""
    lines_of: dict[int, list[int]] = {}
    for source, line in sorted(refused):
        lines_of.setdefault(source, []).append(line)
    out = []
    for number, entry in enumerate(intake.entries, intake.first_source):
        lines = lines_of.get(number, [])
        rejected = [Rejection(line=n, column="waybill", reason=Reason.SAME_KEY) for n in lines]
        intake.quarantine.add(entry.sha256, Path(entry.name), rejected)
        reasons = Counter(entry.rejected)
        if lines:
            reasons[Reason.SAME_KEY.value] += len(lines)
        again = repeated.get(number, 0)
        out.append(
            replace(
                entry,
                rows=entry.rows - len(lines) - again,
                repeated=entry.repeated + again,
                rejected=dict(sorted(reasons.items())),
            )
        )
    return out


def merge_crowded(
    generation: Generation, files: list[FileEntry], dirty: set[int], progress: Progress
) -> list[FileEntry]:
    """The files of the new generation after merging what needs it."""
    groups = find_crowded(files, dirty)
    for done, group in enumerate(groups):
        made = merge(generation, group)
        place = files.index(group[-1])
        files[place] = made
        for entry in group[:-1]:
            files.remove(entry)
        progress("merge", done + 1, len(groups))
    return files
