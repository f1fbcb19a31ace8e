"""Reads as bytes, hashed with their salts, in pages that are the leaves of the ledger's tree.

1. The bytes of a read are the same whenever they are made, at ingest or years later from the segments: version, which
   columns follow, salt, waybill, time, source, row, action, and then each column that the commit hashes.
2. What a person could choose is bound by SHA-256, not by a key of 64 bits: ids enter as digests of their texts, a
   waybill as its packed form (which is the number itself) or the digest of its text. Of `access` and `request` the
   ledger keeps 64-bit keys and nothing else, so these are what is bound.
3. `first` is not hashed: a read that comes later may change it.
4. A page holds up to 256 reads of one commit and one part, in the ledger's order, whatever bucket they lie in: merging
   files changes no page. Its hash tells nothing of a read whose salt isn't known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.ledger._dictionary import Dictionary
from wayseal.ledger._keys import UNPACKED, digest_texts
from wayseal.ledger._layout import KEYED, Bytes, Ints, Longs, Words
from wayseal.ledger._part import Values, column_values
from wayseal.ledger._salts import Salts
from wayseal.merkle.bulk import Digests, Messages
from wayseal.merkle.hashing import SIZE
from wayseal.proofs.reads import COLUMNS, PAGE, READ, READ_VERSION, hash_page

NONE_GONE: Longs = np.zeros(0, np.int64)
_AT_ONCE = 4096
_LAYOUT = KEYED["accesses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """n reads in the ledger's order. word: packed numbers; text: digests of those that have no packed form (n, 32).

    ids: column → (code of each read, digest of each code's text; code 0 is none, with zeros). hashed: column → keys.
    """

    word: Words
    text: Digests | None
    at: Longs
    source: Ints
    row: Longs
    action: Bytes
    ids: Mapping[str, tuple[Values, Digests]]
    hashed: Mapping[str, Words]


def size_of(columns: tuple[str, ...]) -> int:
    """Bytes of a read with these optional columns."""
    return READ.size + SIZE + sum(SIZE if c in _LAYOUT.ids else 8 for c in columns)


def mask_of(columns: tuple[str, ...]) -> int:
    """The second byte of a read with these optional columns."""
    return sum(1 << COLUMNS.index(c) for c in columns)


def hash_rows(rows: Rows, columns: tuple[str, ...], salt: Bytes) -> Digests:
    """Salted hash of each read (rules 1 to 3); salt: uint8 (n, 16)."""
    count = len(rows.at)
    out = np.empty((count, SIZE), np.uint8)
    room = Messages(min(count, _AT_ONCE), size_of(columns))
    room.rows[:, 0], room.rows[:, 1] = READ_VERSION, mask_of(columns)
    for start in range(0, count, _AT_ONCE):
        some = slice(start, min(start + _AT_ONCE, count))
        _fill(room.rows[: some.stop - start], rows, some, columns, salt[some])
        out[some] = room.hashes(some.stop - start)
    return out


def _fill(to: Bytes, rows: Rows, some: slice, columns: tuple[str, ...], salt: Bytes) -> None:
    """The bytes of some reads, from their third on; what they don't write is zero."""
    place = 2

    def put(values: Values, form: str, width: int = 0) -> None:
        nonlocal place
        made = values.astype(form).view(np.uint8).reshape(len(values), -1)
        to[:, place : place + made.shape[1]] = made
        place += width or made.shape[1]

    put(salt, "u1")
    put(rows.word[some], ">u8", SIZE)
    if rows.text is not None:
        bare = rows.word[some] >= UNPACKED
        to[:, place - SIZE + 8 : place] = 0
        to[bare, place - SIZE : place] = rows.text[some][bare]
    put(rows.at[some], ">i8")
    put(rows.source[some], ">u4")
    put(rows.row[some], ">i8")
    put(rows.action[some], "u1")
    for column in ("actor", *columns):
        if column in rows.hashed:
            put(rows.hashed[column][some], ">u8")
        else:
            codes, digest_texts = rows.ids[column]
            to[:, place : place + SIZE] = digest_texts.take(codes[some], axis=0)
            place += SIZE


def number_pages(places: Longs, gone: Longs) -> Longs:
    """The number of each page that is left, given its place among them; gone: numbers of the others, sorted."""
    return places + np.searchsorted(gone - np.arange(len(gone)), places, side="right")


class Pages:
    """Cuts one commit's hashes of reads into pages; they come part by part, each in any portions."""

    def __init__(self, generation: int) -> None:
        self.leaves: list[bytes] = []
        self.where: list[tuple[int, int]] = []
        self._generation = generation
        self._part = -1
        self._page = 0
        self._held = b""
        self._gone = NONE_GONE

    def add(self, part: int, hashes: Digests, gone: Longs = NONE_GONE) -> None:
        """Hashes of the next reads of a part; a part never comes after a later one. gone: its pages that were purged.

        What is added are the reads of the other pages, in their order, purged ones among them.
        """
        if part != self._part:
            self.close()
            self._part, self._page, self._gone = part, 0, gone
        data = self._held + hashes.tobytes()
        whole = len(data) // (PAGE * SIZE) * (PAGE * SIZE)
        for start in range(0, whole, PAGE * SIZE):
            self._take(data[start : start + PAGE * SIZE])
        self._held = data[whole:]

    def _take(self, hashes: bytes) -> None:
        page = int(number_pages(np.array([self._page]), self._gone)[0]) if len(self._gone) else self._page
        self.leaves.append(hash_page(self._generation, self._part, page, hashes))
        self.where.append((self._part, page))
        self._page += 1

    def close(self) -> None:
        """Ends the last part."""
        if self._held:
            self._take(self._held)
        self._held = b""


def choose_columns(present: frozenset[str] | set[str]) -> tuple[str, ...]:
    """The optional columns that are hashed, of those that a commit's reads have."""
    return tuple(n for n in COLUMNS if n in present)


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
        return hash_rows(rows, self._columns, self._salts.of(rows.source, rows.row))


def _values(rows: pa.RecordBatch, name: str) -> Values:
    """A column as numbers; 0 where no row has it."""
    return column_values(rows, name) if name in rows.schema.names else np.zeros(rows.num_rows, np.uint64)


def _texts(keys: Words, words: Words, batches: Sequence[pa.RecordBatch]) -> Digests | None:
    """Digest of each number's text, where any has no packed form; zeros where the text isn't known."""
    if not (words >= UNPACKED).any():
        return None
    known = np.concatenate([np.zeros(1, np.uint64), *(column_values(b, "waybill") for b in batches)])
    found = np.concatenate([np.zeros((1, SIZE), np.uint8), *(digest_texts(b["text"]) for b in batches)])
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], keys, side="right") - 1
    there = known[order][place] == keys
    return np.where(there[:, None], found[order][place], np.uint8(0))
