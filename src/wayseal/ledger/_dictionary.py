"""Id dictionaries: each text has a key (a hash) and, inside one ledger, a code (its place).

Codes save bytes while rows are on their way and in the pair lists; everything else speaks in keys.
Texts are compared byte by byte: a text whose key another one holds gets the code COLLISION.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from wayseal.ledger import _kernels
from wayseal.ledger._keys import Keyer, digest_slices, fixed, text_buffers
from wayseal.ledger.errors import LedgerError
from wayseal.merkle.bulk import Digests
from wayseal.merkle.hashing import SIZE
from wayseal.model.arrays import Bytes, Codes, Ints, Longs, UInts

MOST = 1 << 25
"""Most entries of one dictionary: two gigabytes with ids of 20 bytes."""


@dataclass(slots=True, kw_only=True)
class _Store:
    """Growing arrays of the entries; see `_kernels.encode_texts`."""

    slots: Ints
    keys: UInts
    ends: Longs
    texts: Bytes


class Dictionary:
    """Texts of one kind of id, in the order in which they were first met."""

    def __init__(self, kind: str, keyer: Keyer, known: pa.Table | None = None, *, most: int = MOST) -> None:
        self.kind = kind
        self._keyer = keyer
        self._most = most
        self._count = 0
        self._store = _Store(
            slots=np.full(64, -1, np.int32),
            keys=np.empty(32, np.uint64),
            ends=np.zeros(33, np.int64),
            texts=np.empty(1024, np.uint8),
        )
        self.known = 0
        self._by_code = np.zeros(1, np.uint64)
        self._digests: Digests = np.zeros((1, SIZE), np.uint8)
        if known is not None:
            for chunk in known["text"].chunks:
                self.encode(chunk.cast(pa.string()))
            self.known = self._count

    def __len__(self) -> int:
        return self._count

    @property
    def unsettled(self) -> int:
        """How many entries are not in the ledger yet."""
        return self._count - self.known

    @property
    def keys(self) -> UInts:
        """Key of each code, from code 1 on."""
        return self._store.keys[: self._count]

    def encode(self, texts: pa.Array) -> Codes:
        """Code of each text, 0 for null and empty, COLLISION where another text has its key; unknown ones join."""
        offsets, data = text_buffers(texts)
        hashes = self._keyer.keys_of_buffers(offsets, data)
        out = np.empty(len(texts), np.uint32)
        done = 0
        while True:
            s = self._store
            with np.errstate(over="ignore"):
                done, self._count = _kernels.encode_texts(
                    done, fixed(offsets), fixed(data), hashes, s.slots, s.keys, s.ends, s.texts, self._count, out
                )
            if done == len(out):
                return out
            self._grow(int(offsets[done + 1] - offsets[done]))

    def _grow(self, room: int) -> None:
        s, count = self._store, self._count
        if s.ends[count] + room > len(s.texts):
            s.texts = np.concatenate([s.texts, np.empty(len(s.texts) + room, np.uint8)])
        if count >= self._most:
            raise LedgerError("more than {most} different ids of kind {kind}", most=self._most, kind=self.kind)
        if count == len(s.keys):
            size = 2 * count
            s.keys = np.concatenate([s.keys, np.empty(size - count, np.uint64)])
            s.ends = np.concatenate([s.ends, np.empty(size - count, np.int64)])
            s.slots = np.full(2 * size, -1, np.int32)
            with np.errstate(over="ignore"):
                _kernels.fill_slots(s.keys, count, s.slots)

    def keys_of(self, codes: Codes) -> UInts:
        """Key of each code; 0 for code 0."""
        if len(self._by_code) != self._count + 1:
            self._by_code = np.concatenate([np.zeros(1, np.uint64), self.keys])
        return self._by_code[codes]

    def codes_of(self, keys: UInts) -> UInts:
        """Code of each key, as 64 bits; 0 for key 0 and for one that is not there."""
        out = np.empty(len(keys), np.uint32)
        with np.errstate(over="ignore"):
            _kernels.find_codes(fixed(keys), self._store.keys, self._store.slots, out)
        return out.astype(np.uint64)

    def digests(self) -> Digests:
        """Digest of each code's text, zeros for code 0: uint8 (entries + 1, 32). To be called by one thread."""
        there = len(self._digests) - 1
        if there != self._count:
            new = digest_slices(self._store.ends[there : self._count + 1], self._store.texts)
            self._digests = np.concatenate([self._digests, new])
        return self._digests

    def save(self, folder: Path) -> None:
        """Puts it into files, for `open`."""
        store = {field.name: getattr(self._store, field.name) for field in fields(_Store)}
        for name, values in {**store, "digests": self.digests(), "counts": np.array([self._count, self.known])}.items():
            np.save(folder / f"{self.kind}-{name}.npy", values)

    @classmethod
    def open(cls, kind: str, keyer: Keyer, folder: Path) -> "Dictionary":
        """One that was saved, as it lies on disk: for reading only."""
        made = cls(kind, keyer)

        def values(name: str) -> Any:
            return np.load(folder / f"{kind}-{name}.npy", mmap_mode="c")  # writable: kernels are compiled for that

        made._store = _Store(**{field.name: np.asarray(values(field.name)) for field in fields(_Store)})
        made._digests = np.asarray(values("digests"))
        made._count, made.known = values("counts").tolist()
        return made

    def settle(self) -> None:
        """Take what was added for part of the ledger."""
        self.known = self._count

    def added(self) -> pa.Table:
        """Entries that were not known before: key, text, in the order of their codes."""
        s, start = self._store, self.known
        ends = s.ends[start : self._count + 1]
        texts = s.texts[ends[0] : ends[-1]]
        offsets = pa.array(ends - ends[0], pa.int64())
        text = pa.LargeStringArray.from_buffers(self._count - start, offsets.buffers()[1], pa.py_buffer(texts.copy()))
        return pa.table({"key": self.keys[start:].copy(), "text": text})
