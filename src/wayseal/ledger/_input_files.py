"""Files to be ingested, and what a file that has grown begins with.

1. A file has grown out of a source of the same table if it begins with all of that source's bytes, under any name.
   A source of which no row was read (an empty log) is nobody's beginning.
2. Rows, rejected rows and dropped rows that begin on a line of that beginning are left out: they are in the ledger.
3. Where the beginning's end is no certain end of a row, the file is refused.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from wayseal.ledger._manifest import SourceEntry
from wayseal.model.messages import Message
from wayseal.store.errors import StoreError
from wayseal.store.mapping import Format
from wayseal.store.types import Batch, Source, SourceFile

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Bytes with which a file begins. ended: whether they are text, a byte a newline, that ends with one."""

    sha256: str
    lines: int
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file to be ingested, the SHA-256 of its bytes, and those of its beginnings that are sources themselves.

    replaces: places of the sources whose rows it brings anew. stamp: its size and time of change before it was read.
    """

    file: SourceFile
    sha256: str
    beginnings: tuple[Beginning, ...] = ()
    replaces: tuple[int, ...] = ()
    stamp: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """How a source is read. mapping: digest, "" for none; offset: seconds from UTC of times that carry none."""

    mapping: str
    offset: int

    @classmethod
    def of(cls, source: Source) -> "ReadSettings":
        """How an opened source is read."""
        mapping = source.mapping.digest if source.mapping else ""
        return cls(mapping=mapping, offset=round(source.offset.total_seconds()))

    def same(self, entry: SourceEntry) -> bool:
        """True if an ingested file was read like this."""
        return (entry.mapping, entry.offset) == (self.mapping, self.offset)


def digest_file(file: SourceFile, known: Mapping[str, int]) -> InputFile:
    """Digests of a file and its beginnings. known: SHA-256 → bytes of what it may begin with. OSError as it comes."""
    total, lines, plain, last = hashlib.sha256(), 0, True, b""
    found: list[Beginning] = []
    sizes = sorted({size for size in known.values() if 0 < size < file.size})
    stamp = stamp_of(file)
    with file.content.open("rb") as disk:
        for size in sizes:
            while chunk := disk.read(min(_CHUNK, size - disk.tell())):
                total.update(chunk)
                lines += chunk.count(b"\n")
                plain = plain and b"\0" not in chunk
                last = chunk[-1:]
            if known.get(total.hexdigest()) == size:
                found.append(Beginning(sha256=total.hexdigest(), lines=lines, ended=plain and last == b"\n"))
        while chunk := disk.read(_CHUNK):
            total.update(chunk)
    return InputFile(file=file, sha256=total.hexdigest(), beginnings=tuple(found), stamp=stamp)


def stamp_of(file: SourceFile) -> tuple[int, int]:
    """What changes when a file does: its size, and when it was changed. OSError as it comes."""
    now = file.content.stat()
    return now.st_size, now.st_mtime_ns


def count_known_lines(piece: InputFile, entries: Iterable[SourceEntry]) -> int:
    """Lines at the start of a file that are in the ledger already. StoreError where that can't be told (rule 3)."""
    there = {e.sha256: e for e in entries if e.table == piece.file.table}
    for beginning in reversed(piece.beginnings):
        entry = there[beginning.sha256]
        if not entry.seen:
            continue
        if piece.file.gzipped or piece.file.format is Format.PARQUET:
            raise _refused(piece.file.path, "can't be told from the rest of a compressed file")
        if not beginning.ended:
            raise _refused(piece.file.path, "ended in the middle of a line")
        return beginning.lines
    return 0


class NewRows:
    """The rows after the first `after` lines of a file, batch by batch."""

    def __init__(self, path: Path, after: int) -> None:
        self._path = path
        self._after = after
        self._first: int | None = None

    def of(self, batch: Batch) -> Batch:
        """The batch without what begins on a known line."""
        if not self._after:
            return batch
        keep = batch.line > self._after
        rest = replace(
            batch,
            rows=batch.rows.filter(pa.array(keep)),
            line=batch.line[keep],
            rejected=tuple(r for r in batch.rejected if r.line > self._after),
            dropped=batch.dropped[batch.dropped > self._after],
            others=batch.others[batch.others > self._after],
            emptied=tuple(replace(one, lines=one.lines[one.lines > self._after]) for one in batch.emptied),
        )
        rejected = np.array([r.line for r in rest.rejected], np.int64)
        lines = np.concatenate([rest.line, rest.dropped, rest.others, rejected])
        if self._first is None and len(lines):
            self._first = int(lines.min())
        return rest

    def check(self) -> None:
        """After the last batch: StoreError unless a row begins right after the known lines (rule 3)."""
        if self._after and self._first != self._after + 1:
            raise _refused(self._path, "ended in the middle of a row")


def _refused(path: Path, text: str) -> StoreError:
    return StoreError(
        "has grown: its beginning is in the ledger already and {why}, so that rows would be lost or doubled; "
        "put what is new into a file of its own, or make a new ledger",
        file=path,
        why=Message(text),
    )
