"""Pass 1: reading sources through `store`, encoding rows, and splitting them by waybill key.

1. Of a log that has grown since it was ingested what is new is read, and nothing else (`_input_files`).
2. What was read in another way, with another mapping or offset, is read again, and what it brought goes
   (`_ingest.retire`); so it is with every beginning of it, and on demand. Of a table of one row an id a file has no
   beginnings: all of it is read, and what says nothing new is left out.
3. Where tasks are run elsewhere, a file of a keyed table is read by one, or a large one by several, with dictionaries
   of their own (`read_piece`). They are united in order, so that codes are those that one reader gives. A file whose
   ids clash is read once more by this process: which row is refused hangs on what came before.
"""

import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import feather

from wayseal import store
from wayseal.ledger._encode import Encoder, join_lists
from wayseal.ledger._files import FOLDER_MODE
from wayseal.ledger._generation import Generation
from wayseal.ledger._input_files import InputFile, NewRows, ReadSettings, count_known_lines, stamp_of
from wayseal.ledger._kernels import COLLISION
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import DAY_US, KEYED, LOOSE_TIMES, NUMBERS, SEPARATOR, UNIQUE
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import FileEntry, Manifest, SourceEntry
from wayseal.ledger._pages import choose_columns
from wayseal.ledger._parallel import read_ahead
from wayseal.ledger._part import column_values
from wayseal.ledger._quarantine import Quarantine
from wayseal.ledger._report import IngestOptions, no_step
from wayseal.ledger._resolve import find_differing
from wayseal.ledger._sorted import one_batch
from wayseal.ledger._spill import Spill, count_parts
from wayseal.ledger._sweep import SCRATCH
from wayseal.model.arrays import Flags
from wayseal.model.progress import Progress
from wayseal.model.schema import readable
from wayseal.model.tasks import Run
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format
from wayseal.store.row_groups import cut_file
from wayseal.store.types import Batch, Notice, Reason, Rejection, Source


class Register:
    """The last row of each id of one table. before: what the ledger holds of it, in the order in which it came."""

    def __init__(self, table: str, before: pa.Table) -> None:
        self._column = UNIQUE[table]
        self._last = _plain(before.schema.empty_table())
        self.take(before)

    def take(self, rows: pa.Table) -> tuple[Flags, int]:
        """Takes rows, in their order; which say something new of their id, and how many replace what was said of it."""
        known = self._last.num_rows
        both = one_batch(pa.concat_tables([self._last, _plain(rows.select(self._names()))]))
        ids = both[self._column].dictionary_encode().indices.to_numpy()
        order = np.argsort(ids, kind="stable")
        again = np.flatnonzero(ids[order][1:] == ids[order][:-1])
        before, now = order[again], order[again + 1]
        last = np.delete(order, again)
        self._last = pa.Table.from_batches([both.take(pa.array(np.sort(last)))])
        differs = find_differing(both.take(pa.array(before)), both.take(pa.array(now)))
        new = np.ones(len(ids), np.bool_)
        new[now[~differs]] = False
        return new[known:], int(differs.sum())

    def _names(self) -> list[str]:
        names: list[str] = self._last.schema.names
        return names


def _plain(rows: pa.Table) -> pa.Table:
    """The same rows with one text for each list, since lists can't be compared."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_list(field.type):
            rows = rows.set_column(place, pa.field(field.name, pa.string()), join_lists(rows[field.name]))
    return rows


def known_by_content(rows: pa.RecordBatch, name: str, said: Counter[str]) -> pa.RecordBatch:
    """Reads of a sheet with an `access` id where none is given: the sheet's name, what the read says, the how manieth.

    A workbook is saved anew with rows changed, added or gone anywhere: those that are left count once.
    """
    columns = _plain(pa.Table.from_batches([rows])).columns
    texts = pc.binary_join_element_wise(*(c.cast(pa.string()) for c in columns), SEPARATOR, null_handling="replace")
    said_before = []
    for text in texts.to_pylist():
        said_before.append(f"{name}{SEPARATOR}{said[text]}{SEPARATOR}{text}")
        said[text] += 1
    ids = pc.coalesce(rows["access"], pa.array(said_before, pa.string()))
    return rows.set_column(rows.schema.get_field_index("access"), rows.schema.field("access"), ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Rows of keyed tables on their way, for whoever settles them.

    spills: in the order of their files. present: table → columns that any of its rows has. first: number of the first
    source. generation: that they become.
    """

    spills: tuple[Spill, ...]
    present: Mapping[str, frozenset[str]]
    first: int
    generation: int

    @property
    def parts(self) -> int:
        """Into how many parts their keys are cut."""
        return self.spills[0].parts

    @property
    def columns(self) -> tuple[str, ...]:
        """The optional columns of reads that are hashed."""
        return choose_columns(self.present["accesses"])

    def part(self, table: str, part: int) -> list[pa.RecordBatch]:
        """Rows of one table in one part."""
        return [rows for spill in self.spills for rows in spill.part(table, part)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTask:
    """A file, or a part of one, to be read by a task (rule 3). folder: for what it makes. number: of the source.

    manifest: the ledger's, without its files. after: lines that are known. source: without its files.
    """

    folder: Path
    manifest: Manifest
    piece: InputFile
    number: int
    after: int
    parts: int
    options: IngestOptions
    source: Source
    reading: ReadSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceRead:
    """What came of it, in `folder`: its source's entry, its rows, and in a file a kind of id its texts, as `texts`."""

    folder: Path
    entry: SourceEntry
    spill: Spill
    present: Mapping[str, frozenset[str]]
    texts: Mapping[str, Path]
    notices: tuple[Notice, ...]
    rejected: tuple[FileEntry, ...]
    clashes: bool


def read_piece(task: ReadTask) -> PieceRead:
    """Reads a file with dictionaries of its own. What another attempt writes has other names."""
    folder = task.folder / secrets.token_hex(8)
    folder.mkdir(FOLDER_MODE, parents=True)
    encoder = Encoder(Keyer(task.manifest.key_bits))
    intake = Intake(folder, task.manifest, encoder, task.options, task.source, task.reading)
    spill = Spill(folder, task.parts, task.options.memory)
    with intake.quarantine:
        entry = intake.read_one(task.piece, task.number, task.after, spill, lambda _read: None)
        rejected = tuple(intake.quarantine.close(task.manifest.generation + 1))
    spill.share({})
    texts = {kind: folder / f"{kind}.feather" for kind, ids in encoder.dictionaries.items() if len(ids)}
    for kind, path in texts.items():
        feather.write_feather(encoder.dictionaries[kind].added(), path, compression="uncompressed")
    return PieceRead(
        folder=folder, entry=entry, spill=spill, present={n: frozenset(c) for n, c in encoder.present.items()},
        texts=texts, notices=tuple(intake.notices), rejected=rejected, clashes=intake.clashes,
    )  # fmt: skip


class Intake:
    """Rows of one step: the keyed tables split into parts, the others written as they come."""

    def __init__(
        self, ledger: Path, manifest: Manifest, encoder: Encoder, options: IngestOptions,
        source: Source, reading: ReadSettings,
    ) -> None:  # fmt: skip
        self.encoder = encoder
        self.generation = Generation(ledger, manifest.generation + 1)
        self.quarantine = Quarantine(ledger, {f.path for f in manifest.files}, raw=options.keep_rejected)
        self.notices: list[Notice] = []
        self.entries: list[SourceEntry] = []
        self.clashes = False
        self._spills: list[Spill] = []
        self.first_source = len(manifest.sources)
        self.conflicts: Counter[str] = Counter()
        self._finder = Finder(ledger, manifest)
        self._registers: dict[str, Register] = {}
        self._scratch = ledger / SCRATCH
        self._options = options
        self._source = source
        self._reading = reading
        self._manifest = manifest
        self._boundary = None if manifest.boundary is None else manifest.boundary * DAY_US

    @property
    def arrivals(self) -> Arrivals:
        """What it read of keyed tables."""
        present = {name: frozenset(columns) for name, columns in self.encoder.present.items()}
        return Arrivals(
            spills=tuple(self._spills), present=present, first=self.first_source, generation=self.generation.number
        )

    def read(self, pieces: Sequence[InputFile], progress: Progress, *, parts: int = 1) -> None:
        """Reads all pieces. parts: into how many parts keys are cut at least."""
        total = sum(p.file.size for p in pieces)
        keyed = sum(p.file.size for p in pieces if p.file.table in KEYED)
        parts = self._options.parts or max(parts, count_parts(keyed))
        self._spills = [Spill(self._scratch, parts, self._options.memory)]
        run = self._options.run
        read = self._run_tasks(run, pieces, parts, progress) if run else {}
        done = sum(pieces[number - self.first_source].file.size for number in read)

        for number, piece in enumerate(pieces, self.first_source):
            some = read.get(number, ())
            if some and self._unite(piece, some):
                continue
            start = done

            def say(size: int, start: int = start) -> None:
                progress("read", start + size, total)
                self._options.on_step("batch")

            if read:
                self._spills.append(Spill(self._scratch / str(number), parts, self._options.memory))
            after = count_known_lines(piece, (*self._manifest.sources, *self.entries))
            self.entries.append(self.read_one(piece, number, after, self._spills[-1], say))
            if read:
                self._spills[-1].share({})
            done += 0 if some else piece.file.size
        progress("read", total, total)

    def read_one(
        self, piece: InputFile, number: int, after: int, spill: Spill, say: Callable[[int], None]
    ) -> SourceEntry:  # fmt: skip
        """Reads a piece. number: of its source. after: lines that are known. say: is told the bytes that were read."""
        rest = NewRows(piece.file.path, after)
        with read_ahead(self._batches(piece)) as batches:
            taken = _Taken()
            for batch in batches:
                self._take(piece, number, rest.of(batch), taken, spill)
                say(batch.bytes_read)
        if stamp_of(piece.file) != piece.stamp:
            raise StoreError("the file changed while it was read", file=piece.file.path)
        rest.check()
        return taken.entry(piece, after, self._reading, self._options)

    def _run_tasks(
        self, run: Run, pieces: Sequence[InputFile], parts: int, progress: Progress
    ) -> dict[int, list[PieceRead]]:  # fmt: skip
        """What tasks read, by the numbers of the sources, in the order of their rows."""
        tasks, total = list(self._read_tasks(pieces, parts)), sum(p.file.size for p in pieces)
        cuts = Counter(task.number for task in tasks)
        found, done = dict[int, PieceRead](), 0
        for place, one in run(read_piece, tasks):
            found[place] = one
            done += tasks[place].piece.file.size // cuts[tasks[place].number]
            progress("read", done, total)
        read: dict[int, list[PieceRead]] = {}
        for place, task in enumerate(tasks):
            read.setdefault(task.number, []).append(found[place])
        return read

    def _read_tasks(self, pieces: Sequence[InputFile], parts: int) -> Iterator[ReadTask]:
        """Tasks for what hangs on no other piece of this step."""
        known, times = {s.sha256 for s in self._manifest.sources}, Counter(p.sha256 for p in pieces)
        options = replace(self._options, run=None, on_step=no_step, entropy=os.urandom)
        light = replace(self._manifest, files=(), sources=(), commits=())
        source = replace(self._source, files=(), notices=())
        for number, piece in enumerate(pieces, self.first_source):
            if (
                piece.file.table not in KEYED or times[piece.sha256] > 1 or piece.file.laid_out
                or not all(one.sha256 in known for one in piece.beginnings)
            ):  # fmt: skip
                continue
            task = ReadTask(
                folder=self._scratch, manifest=light, piece=piece, number=number, parts=parts, options=options,
                after=count_known_lines(piece, self._manifest.sources), source=source, reading=self._reading,
            )  # fmt: skip
            for groups in cut_file(piece.file, source.options, options.piece_rows):
                yield replace(task, source=replace(source, options=replace(source.options, groups=groups)))

    def _unite(self, piece: InputFile, some: Sequence[PieceRead]) -> bool:
        """Takes what tasks read of a file for its own; False where it must be read again (rule 3)."""
        if any(one.clashes for one in some):
            return False
        for one in some:
            codes = {}
            for kind, path in one.texts.items():
                encode = self.encoder.dictionaries[kind].encode
                made = [encode(texts.cast(pa.string())) for texts in feather.read_table(path)["text"].chunks]
                codes[kind] = path.with_suffix(".npy")
                np.save(codes[kind], np.concatenate([np.zeros(1, np.uint32), *made]))
                if any((code == COLLISION).any() for code in made):
                    return False
            one.spill.share(codes)
        for one in some:
            self._spills.append(one.spill)
            for table, columns in one.present.items():
                self.encoder.present[table] |= columns
            self.notices += one.notices
            self.quarantine.adopt(piece.sha256, one.folder, one.rejected)
        self.entries.append(_join_entries([one.entry for one in some]))
        return True

    def _batches(self, piece: InputFile) -> Iterator[Batch]:
        said: Counter[str] = Counter()
        for batch in store.read_batches(
            piece.file,
            mapping=self._source.mapping,
            options=self._source.options,
            keep_rejected=self._options.keep_rejected,
        ):
            sheet = piece.file.format is Format.XLSX and piece.file.table == "accesses"
            yield replace(batch, rows=known_by_content(batch.rows, piece.file.path.name, said)) if sheet else batch

    def _take(self, piece: InputFile, number: int, batch: Batch, taken: "_Taken", spill: Spill) -> None:
        table = piece.file.table
        batch = self._after_purges(table, batch)
        taken.see(table, batch)
        self.quarantine.add(piece.sha256, piece.file.path, batch.rejected)
        self.notices += (*batch.notices, *(one.notice(piece.file) for one in batch.emptied if len(one.lines)))
        if table in KEYED:
            made = self.encoder.encode(KEYED[table], batch.rows, batch.line, number)
            if made.rows.num_rows:
                spill.add(table, made.rows)
            if made.numbers is not None:
                spill.add(NUMBERS, made.numbers)
        else:
            made = self.encoder.register(table, batch.rows, batch.line, number)
            rows = made.rows
            if table in UNIQUE:
                new, changed = self._register(table).take(pa.Table.from_batches([rows]))
                self.conflicts[table] += changed
                taken.repeat(int((~new).sum()))
                rows = rows.filter(pa.array(new))
            self.generation.write(f"table:{table}", rows)
        refused = [Rejection(line=line, column=column, reason=Reason.SAME_KEY) for line, column in made.refused]
        self.clashes |= bool(refused)
        self.quarantine.add(piece.sha256, piece.file.path, refused)
        taken.refuse(refused)

    def _after_purges(self, table: str, batch: Batch) -> Batch:
        """The batch without rows that are older than what was purged: they are turned away, their text is not kept."""
        time = KEYED[table].time if table in KEYED else LOOSE_TIMES.get(table)
        if self._boundary is None or time is None:
            return batch
        old = column_values(batch.rows, time) < self._boundary
        if not old.any():
            return batch
        turned = [Rejection(line=n, column=time, reason=Reason.PURGED) for n in batch.line[old].tolist()]
        rows, line = batch.rows.filter(pa.array(~old)), batch.line[~old]
        return replace(batch, rows=rows, line=line, rejected=(*batch.rejected, *turned))

    def _register(self, table: str) -> Register:
        if table not in self._registers:
            before = self._finder.whole(f"table:{table}", store.arrow_schema(table))
            self._registers[table] = Register(table, before)
        return self._registers[table]


def _join_entries(parts: Sequence[SourceEntry]) -> SourceEntry:
    """The entry of a file that was read in parts."""
    rejected, emptied = Counter[str](), Counter[str]()
    for part in parts:
        rejected.update(part.rejected)
        emptied.update(part.emptied)
    return replace(
        parts[0],
        rows=sum(part.rows for part in parts),
        rejected=dict(sorted(rejected.items())),
        dropped=sum(part.dropped for part in parts),
        emptied=dict(sorted(emptied.items())),
        first_at=min((part.first_at for part in parts if part.first_at is not None), default=None),
        last_at=max((part.last_at for part in parts if part.last_at is not None), default=None),
    )


class _Taken:
    """Counts what one file brought."""

    def __init__(self) -> None:
        self._rows = 0
        self._dropped = 0
        self._repeated = 0
        self._rejected: Counter[str] = Counter()
        self._emptied: Counter[tuple[str, str]] = Counter()
        self._least: list[int] = []
        self._greatest: list[int] = []

    def see(self, table: str, batch: Batch) -> None:
        self._rows += batch.rows.num_rows
        self._dropped += len(batch.dropped)
        self._rejected.update(r.reason.value for r in batch.rejected)
        for one in batch.emptied:
            self._emptied[one.column, one.reason.value] += len(one.lines)
        time = KEYED[table].time if table in KEYED else None
        if time is not None and batch.rows.num_rows:
            bounds = pc.min_max(batch.rows[time].view(pa.int64())).as_py()
            self._least.append(bounds["min"])
            self._greatest.append(bounds["max"])

    def repeat(self, rows: int) -> None:
        self._rows -= rows
        self._repeated += rows

    def refuse(self, refused: list[Rejection]) -> None:
        self._rows -= len(refused)
        self._rejected.update(r.reason.value for r in refused)

    def entry(self, piece: InputFile, after: int, reading: ReadSettings, options: IngestOptions) -> SourceEntry:
        return SourceEntry(
            table=piece.file.table,
            name=readable(piece.file.path.name),
            sha256=piece.sha256,
            bytes=piece.file.size,
            rows=self._rows,
            rejected=dict(sorted(self._rejected.items())),
            repeated=self._repeated,
            dropped=self._dropped,
            emptied={f"{column} {reason}": n for (column, reason), n in sorted(self._emptied.items()) if n},
            first_at=min(self._least, default=None),
            last_at=max(self._greatest, default=None),
            after=after,
            mapping=reading.mapping,
            offset=reading.offset,
            came_at=options.at,
            came_by=options.who,
        )
