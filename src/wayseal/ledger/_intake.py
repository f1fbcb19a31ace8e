"""Pass 1: reading sources through `store`, encoding rows, and splitting them by waybill key."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.ledger._encode import Encoder, join_lists
from wayseal.ledger._generation import Generation
from wayseal.ledger._incremental import InputFile, NewRows, ReadSettings, count_known_lines
from wayseal.ledger._layout import DAY_US, KEYED, LOOSE_TIMES, NUMBERS, SEPARATOR, UNIQUE, Flags
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import Manifest, SourceEntry
from wayseal.ledger._parallel import read_ahead
from wayseal.ledger._part import column_values
from wayseal.ledger._quarantine import Quarantine
from wayseal.ledger._report import IngestOptions, Progress
from wayseal.ledger._resolve import find_differing
from wayseal.ledger._sorted import one_batch
from wayseal.ledger._spill import Spill, count_parts
from wayseal.ledger._sweep import SCRATCH
from wayseal.model.schema import readable
from wayseal.store.errors import StoreError
from wayseal.store.formats import Format
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


def _known_by_content(rows: pa.RecordBatch, name: str, said: Counter[str]) -> pa.RecordBatch:
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
        self.spill = Spill(ledger / SCRATCH, 1, options.memory)
        self.first_source = len(manifest.sources)
        self.conflicts: Counter[str] = Counter()
        self._finder = Finder(ledger, manifest)
        self._registers: dict[str, Register] = {}
        self._scratch = ledger / SCRATCH
        self._options = options
        self._source = source
        self._reading = reading
        self._known = manifest.sources
        self._boundary = None if manifest.boundary is None else manifest.boundary * DAY_US

    def read(self, pieces: list[InputFile], progress: Progress) -> None:
        """Reads all pieces."""
        total = sum(p.file.size for p in pieces)
        keyed = sum(p.file.size for p in pieces if p.file.table in KEYED)
        parts = self._options.parts or count_parts(keyed)
        self.spill = Spill(self._scratch, parts, self._options.memory)
        done = 0
        for number, piece in enumerate(pieces, self.first_source):
            before = piece.file.content.stat()
            after = count_known_lines(piece, (*self._known, *self.entries))
            rest = NewRows(piece.file.path, after)
            with read_ahead(self._batches(piece)) as batches:
                taken = _Taken()
                for batch in batches:
                    self._take(piece, number, rest.of(batch), taken)
                    progress("read", done + batch.bytes_read, total)
                    self._options.on_step("batch")
            now = piece.file.content.stat()
            if (before.st_size, before.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
                raise StoreError("the file changed while it was read", file=piece.file.path)
            rest.check()
            self.entries.append(taken.entry(piece, after, self._reading))
            done += piece.file.size
        progress("read", total, total)

    def _batches(self, piece: InputFile) -> Iterator[Batch]:
        said: Counter[str] = Counter()
        for batch in store.read_batches(
            piece.file,
            mapping=self._source.mapping,
            options=self._source.options,
            keep_rejected=self._options.keep_rejected,
        ):
            sheet = piece.file.format is Format.XLSX and piece.file.table == "accesses"
            yield replace(batch, rows=_known_by_content(batch.rows, piece.file.path.name, said)) if sheet else batch

    def _take(self, piece: InputFile, number: int, batch: Batch, taken: "_Taken") -> None:
        table = piece.file.table
        batch = self._after_purges(table, batch)
        taken.see(table, batch)
        self.quarantine.add(piece.sha256, piece.file.path, batch.rejected)
        self.notices += (*batch.notices, *(one.notice(piece.file) for one in batch.emptied if len(one.lines)))
        if table in KEYED:
            made = self.encoder.encode(KEYED[table], batch.rows, batch.line, number)
            if made.rows.num_rows:
                self.spill.add(table, made.rows)
            if made.numbers is not None:
                self.spill.add(NUMBERS, made.numbers)
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

    def entry(self, piece: InputFile, after: int, reading: ReadSettings) -> SourceEntry:
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
        )
