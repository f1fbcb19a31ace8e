"""Taking out what some sources brought, so that they can be read again, in one commit with what comes for it.

1. Their rows go, and all else is made again from what is left, as an ingest makes it: as if they had never come. One
   walk over ranges of keys does it, so memory is bounded. Ids that nothing names any more go, too.
2. What is left verifies: tombstones stand where a page needs them, as after a purge.
3. Nothing is made anew from what isn't what was committed: files are compared with their SHA-256 first.
4. The sources' entries stay and say how many rows went; the tree binds both that and what they said before.
5. Nothing is saved here: the manifest is swapped once, with the commit that brings the new rows.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._commit import Gathered
from wayseal.ledger._encode import Encoder
from wayseal.ledger._generation import Generation
from wayseal.ledger._keys import Keyer
from wayseal.ledger._layout import KEYED, LOOSE_IDS, NUMBERS, NUMBERS_SCHEMA, Codes, Words, flight_schema
from wayseal.ledger._lookup import Finder
from wayseal.ledger._manifest import Manifest
from wayseal.ledger._merge import unite_schemas
from wayseal.ledger._part import Known, column_values
from wayseal.ledger._recount import look_up_words
from wayseal.ledger._report import IngestOptions
from wayseal.ledger._resolve import resolve_part
from wayseal.ledger._rewrite import require_unchanged
from wayseal.ledger._sorted import conform, join_batches, locate, open_sorted, ranges, read_range
from wayseal.ledger._text_lookup import DICTIONARY_SCHEMA
from wayseal.ledger._tree import append_commit
from wayseal.ledger.retention._purge_selector import rows_of_range
from wayseal.ledger.retention._tombstone_writer import TombstoneWriter
from wayseal.merkle.hashing import SIZE
from wayseal.store.tables import TABLES


def retire(ledger: Path, manifest: Manifest, sources: Collection[int], how: IngestOptions) -> tuple[Manifest, Encoder]:
    """The ledger's next generation without what these sources (by their places) brought, not saved; and its ids.

    LedgerError: rule 3.
    """
    for entry in (file for file in manifest.files if file.kind != "quarantine"):
        require_unchanged(ledger, entry)
    made = _Retirement(ledger, manifest, sources)
    made.walk(how)
    return made.close()


class _Ids:
    """The ids of a kind that something still names; they join the new dictionary as they are met."""

    def __init__(self, finder: Finder, kind: str, encoder: Encoder) -> None:
        self._entries = finder.whole(f"dictionary:{kind}", DICTIONARY_SCHEMA).sort_by("key")
        self._keys = self._entries["key"].to_numpy()
        self._codes = np.zeros(len(self._keys) + 1, np.uint32)
        self._to = encoder.dictionaries[kind]

    def codes(self, keys: Words) -> Codes:
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

    def close(self) -> tuple[Manifest, Encoder]:
        """Makes the files durable and the tree know of it (rule 4)."""
        for kind, dictionary in self._encoder.dictionaries.items():
            for batch in dictionary.added().to_batches():
                self._to.write(f"dictionary:{kind}", batch)
            dictionary.settle()
        files = (*(f for f in self._manifest.files if f.kind == "quarantine"), *self._to.close())
        self._to.sync()
        none: dict[str, int] = {}
        sources = tuple(
            replace(s, rows=0, rejected=none, repeated=0, dropped=0, emptied=none, replaced=s.replaced + self._went[n])
            if n in self._away
            else s
            for n, s in enumerate(self._manifest.sources)
        )
        now = replace(self._manifest, generation=self._to.number, files=files, sources=sources)
        return append_commit(self._ledger, now, [], 1, ()), self._encoder
