"""From rows on their way, or rows out of segments, to the arrays of which `_pages` makes hashes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._digests import digests
from wayseal.ledger._hash import UNPACKED
from wayseal.ledger._layout import KEYED, OPTIONAL
from wayseal.ledger._pages import Rows, row_hashes
from wayseal.ledger._part import Values, numbers
from wayseal.ledger._salts import Salts
from wayseal.ledger._types import Words
from wayseal.merkle.hashing import SIZE, Digests

_LAYOUT = KEYED["accesses"]


def columns_of(present: frozenset[str] | set[str]) -> tuple[str, ...]:
    """The optional columns that are hashed, of those that a commit's reads have."""
    return tuple(n for n in OPTIONAL if n in present)


class ReadHasher:
    """Hashes reads of one commit, from several threads; `columns`: the optional ones."""

    def __init__(self, dictionaries: Mapping[str, Dictionary], columns: tuple[str, ...], salts: Salts) -> None:
        self._columns = columns
        self._salts = salts
        self._dictionaries = dictionaries
        kinds = {c: _LAYOUT.ids[c] for c in ("actor", *columns) if c in _LAYOUT.ids}
        self._kinds = kinds
        self._digests = {c: dictionaries[kind].digests() for c, kind in kinds.items()}

    def on_their_way(self, rows: pa.RecordBatch, texts: Sequence[pa.RecordBatch]) -> Digests:
        """Hashes of reads on their way, in the order in which they came; texts: numbers without a packed form."""
        columns = {n: _values(rows, n) for n in (*self._always(), "word", "waybill")}
        return self._hashes(columns, {n: _values(rows, n) for n in self._kinds}, texts)

    def kept(self, rows: pa.RecordBatch, words: Words, texts: Sequence[pa.RecordBatch]) -> Digests:
        """Hashes of reads as segments hold them; words: packed form of each one's number."""
        columns = {n: _values(rows, n) for n in (*self._always(), "waybill")}
        ids = {n: self._dictionaries[kind].codes_of(_values(rows, n)) for n, kind in self._kinds.items()}
        return self._hashes({**columns, "word": words}, ids, texts)

    def _always(self) -> tuple[str, ...]:
        return ("at", "source", "row", "action", *(n for n in self._columns if n in _LAYOUT.hashed))

    def _hashes(
        self, columns: Mapping[str, Values], ids: Mapping[str, Values], texts: Sequence[pa.RecordBatch]
    ) -> Digests:
        rows = Rows(
            word=columns["word"],
            text=_texts(columns["waybill"], columns["word"], texts),
            at=columns["at"],
            source=columns["source"],
            row=columns["row"],
            action=columns["action"].astype(np.uint8),
            ids={n: (codes, self._digests[n]) for n, codes in ids.items()},
            hashed={n: columns[n] for n in self._columns if n in _LAYOUT.hashed},
        )
        return row_hashes(rows, self._columns, self._salts.of(rows.source, rows.row))


def _values(rows: pa.RecordBatch, name: str) -> Values:
    """A column as numbers; 0 where no row has it."""
    return numbers(rows, name) if name in rows.schema.names else np.zeros(rows.num_rows, np.uint64)


def _texts(keys: Words, words: Words, batches: Sequence[pa.RecordBatch]) -> Digests | None:
    """Digest of each number's text, where any has no packed form; zeros where the text isn't known."""
    if not (words >= UNPACKED).any():
        return None
    known = np.concatenate([np.zeros(1, np.uint64), *(numbers(b, "waybill") for b in batches)])
    found = np.concatenate([np.zeros((1, SIZE), np.uint8), *(digests(b["text"]) for b in batches)])
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], keys, side="right") - 1
    there = known[order][place] == keys
    return np.where(there[:, None], found[order][place], np.uint8(0))
