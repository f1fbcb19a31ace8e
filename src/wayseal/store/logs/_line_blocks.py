"""A raw log with a record a line: what its formats share."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa

from wayseal.model.collector import collector_paused
from wayseal.store._text_file import TextBlock, TextFile, is_utf8
from wayseal.store._times import format_offset
from wayseal.store.logs._outcomes import Outcome
from wayseal.store.logs._row_builder import MADE, LeftOutCounts, RowBuilder, notify_at_end
from wayseal.store.logs._url_paths import Asked, Requests
from wayseal.store.mapping import LogMapping, LogSettings
from wayseal.store.types import Notice, NoticeCode, RawBlock, ReadOptions, Reason, SourceFile

_MOST_BLOCK_BYTES = 8 << 20
_AT_ONCE = 512
"""Lines that are looked at together, without Python's collector: what it would collect is little so far."""
Found = dict[str, list[str | None]]


class LineBlocks(ABC):
    """Such a log, opened: its records as raw rows of `accesses` or `queries`.

    names: columns of the rows, those of `MADE` among them. wanted: columns that the mapping names. line: number of the
    next block's first line.
    """

    names: tuple[str, ...]

    def __init__(self, file: SourceFile, mapping: LogMapping, options: ReadOptions, keep_rejected: bool) -> None:
        told = options.offset if options.offset is not None else mapping.offset
        self._assumed = told is None
        self.offset = told or timedelta(0)
        self.keep = keep_rejected
        self.settings = mapping.logs or LogSettings()
        self.wanted = {c for f in mapping.fields for c in f.columns} | {f.column for f in mapping.filters}
        self.requests = Requests(self.settings, self.offset)
        self.line = 1
        self._undecodable: set[int] = set()
        self._text = TextFile(file, mapping.encoding, min(options.block_bytes, _MOST_BLOCK_BYTES))
        self._empty = Notice(code=NoticeCode.EMPTY_FILE, file=file.path)
        self.notices = self._text.notices
        self.counts = LeftOutCounts(
            table=file.table,
            file=file.path,
            pending=self.notices,
            searches=file.searches,
            how=(mapping, options, keep_rejected),
        )
        self.open_ended = False

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order; counts are said with the last block."""
        made = self.counts.found_before() or map(self.block, self.whole(self._text.blocks()))
        empty = True
        for block in notify_at_end(made, self._tell):
            empty = False
            yield block
        if empty:
            self.notices.append(self._empty)

    def _tell(self) -> None:
        self.notices.extend(self.counts.notices(format_offset(self.offset), self._assumed))

    def whole(self, blocks: Iterator[TextBlock]) -> Iterator[TextBlock]:
        """The blocks, cut between records."""
        return blocks

    def split(self, block: TextBlock) -> list[tuple[int, str]]:
        """The records of a block as text, each with the line that it begins on; empty ones are none."""
        texts = self.decode(block.valid, block.data.split(b"\n")[:-1], range(self.line, self.line + len(block.data)))
        if b"\r" in block.data:
            texts = [text.rstrip("\r") for text in texts]
        self.line += len(texts)
        return [one for one in enumerate(texts, self.line - len(texts)) if one[1] and not one[1].isspace()]

    def decode(self, valid: bool, parts: Sequence[bytes], lines: Iterable[int]) -> list[str]:
        """Texts, and what could be none is known from here on by its line."""
        if valid:
            return [part.decode() for part in parts]
        self._undecodable = {line for line, part in zip(lines, parts, strict=False) if not is_utf8(part)}
        return [part.decode(errors="replace") for part in parts]

    def reason(self, number: int, text: str, otherwise: Reason) -> Reason:
        """Why a record can't be read: for bytes that are none of a text, for a NUL, or for something else."""
        if number in self._undecodable:
            return Reason.UNDECODABLE
        return Reason.NUL_BYTE if "\0" in text else otherwise

    def block(self, block: TextBlock) -> RawBlock:
        """The rows of one block."""
        rows = RowBuilder(counts=self.counts, keep=self.keep)
        records = self.split(block)
        found: Found = {name: [] for name in self.names if name in self.wanted and name not in MADE}
        line = [number for number, _ in records]
        for start in range(0, len(records), _AT_ONCE):
            with collector_paused():
                some = self.requests.outcomes(self.read(records[start : start + _AT_ONCE], found))
                rows.add(start, line[start : start + _AT_ONCE], some, lambda index: records[index][1])
        columns = {name: pa.array(values, pa.string()) for name, values in found.items()}
        raws = [text for _, text in records] if self.keep else None
        numbers = np.array(line, np.int64)
        return rows.block(columns, numbers, numbers, raws, block.bytes_read)

    def read(self, records: Sequence[tuple[int, str]], found: Found) -> list[Outcome | Asked]:
        """What records are; their fields go into `found`."""
        return [self.record(text, number, found) for number, text in records]

    @abstractmethod
    def record(self, text: str, number: int, found: Found) -> Outcome | Asked:
        """What a record is; its fields go into `found`, one to each column."""
