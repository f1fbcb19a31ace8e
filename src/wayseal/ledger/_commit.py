"""Pass 2 and the commit: parts are settled by two threads, written in order, and become a generation."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from wayseal.ledger._counts import Sums, count_tables
from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._generation import Generation
from wayseal.ledger._intake import Intake
from wayseal.ledger._layout import KEYED, NUMBERS
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import FileEntry, Manifest, SourceEntry, save_manifest
from wayseal.ledger._merge import find_crowded, merge
from wayseal.ledger._pages import Pages, ReadHasher, choose_columns
from wayseal.ledger._parallel import THREADS, map_ahead
from wayseal.ledger._part import Known, ResolvedPart
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
    gathered = Gathered(intake.generation, intake.encoder.dictionaries["session"].unsettled)
    gathered.conflicts.update(intake.conflicts)
    parts = intake.spill.parts
    columns = choose_columns(intake.encoder.present["accesses"])
    for done, (resolved, pages) in enumerate(_settled(ledger, manifest, intake, columns)):
        gathered.take(resolved, pages)
        progress("settle", done + 1, parts)
        options.on_step("part")
    dictionaries = intake.encoder.dictionaries
    gathered.write_counts(dictionaries)
    for kind, dictionary in dictionaries.items():
        for batch in dictionary.added().to_batches():
            intake.generation.write(f"dictionary:{kind}", batch)
    new = intake.generation.close()
    options.on_step("written")
    sources = _sources(intake, gathered)
    new += intake.quarantine.close(intake.generation.number)
    files = _merged(intake.generation, [*manifest.files, *new], gathered.dirty, progress)
    intake.generation.sync()
    made = replace(
        manifest,
        generation=intake.generation.number,
        files=tuple(files),
        sources=(*manifest.sources, *sources),
        counts=dict(sorted((Counter(manifest.counts) + gathered.conflicts).items())),
    )
    made = append_commit(ledger, made, gathered.pages, parts, columns)
    sync_folder(ledger)
    options.on_step("durable")
    save_manifest(ledger, made)
    options.on_step("committed")
    for dictionary in dictionaries.values():
        dictionary.settle()
    return made, gathered.conflicts


def _settled(
    ledger: Path, manifest: Manifest, intake: Intake, columns: tuple[str, ...]
) -> Iterator[tuple[ResolvedPart, list[bytes]]]:
    """Yield each part settled and the pages of its reads, in the order of the parts; some are prepared ahead."""
    finder = Finder(ledger, manifest)
    known = Known(
        lookup=finder.rows,
        dictionaries=intake.encoder.dictionaries,
        present={n: frozenset(c) for n, c in intake.encoder.present.items()},
        hasher=ReadHasher(intake.encoder.dictionaries, columns, load_salts(ledger, manifest.secret)).on_their_way,
    )
    tables = (*KEYED, NUMBERS)

    def work(part: int) -> tuple[ResolvedPart, list[bytes]]:
        resolved = resolve_part({t: intake.spill.part(t, part) for t in tables}, known)
        pages = Pages(intake.generation.number)
        pages.add(part, resolved.hashes)
        pages.close()
        resolved.hashes = resolved.hashes[:0]
        return resolved, pages.leaves

    return map_ahead(work, range(intake.spill.parts), ahead=THREADS)


def _sources(intake: Intake, gathered: Gathered) -> list[SourceEntry]:
    """Entries of the step's sources, less the rows that pass 2 left out; refused rows go to quarantine."""
    refused: dict[int, list[int]] = {}
    for source, line in sorted(gathered.refused):
        refused.setdefault(source, []).append(line)
    out = []
    for number, entry in enumerate(intake.entries, intake.first_source):
        lines = refused.get(number, [])
        rejected = [Rejection(line=n, column="waybill", reason=Reason.SAME_KEY) for n in lines]
        intake.quarantine.add(entry.sha256, Path(entry.name), rejected)
        reasons = Counter(entry.rejected)
        if lines:
            reasons[Reason.SAME_KEY.value] += len(lines)
        repeated = gathered.repeated[number]
        out.append(
            replace(
                entry,
                rows=entry.rows - len(lines) - repeated,
                repeated=entry.repeated + repeated,
                rejected=dict(sorted(reasons.items())),
            )
        )
    return out


def _merged(generation: Generation, files: list[FileEntry], dirty: set[int], progress: Progress) -> list[FileEntry]:
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
