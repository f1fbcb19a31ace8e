"""A raw log with a record a line: what its formats share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

import numpy as np
import pyarrow as pa

from wayseal.store._text_file import TextBlock, TextFile
from wayseal.store._times import format_offset
from wayseal.store.logs._outcomes import Outcome
from wayseal.store.logs._row_builder import MADE, LeftOutCounts, RowBuilder, notify_at_end
from wayseal.store.logs._url_paths import Asked, Requests
from wayseal.store.mapping import LogMapping, LogSettings
from wayseal.store.types import Notice, NoticeCode, RawBlock, ReadOptions, SourceFile

_MOST_BLOCK_BYTES = 8 << 20
_AT_ONCE = 512
"""Lines whose requests are looked at together: more at a time are more for Python's collector to walk through."""
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
        self.counts = LeftOutCounts(table=file.table, file=file.path)
        self.line = 1
        self._text = TextFile(file, mapping.encoding, min(options.block_bytes, _MOST_BLOCK_BYTES))
        self._empty = Notice(code=NoticeCode.EMPTY_FILE, file=file.path)
        self.notices = self._text.notices
        self.open_ended = False

    def blocks(self, names: frozenset[str]) -> Iterator[RawBlock]:
        """The rows, in order; counts are said with the last block."""
        made = (self.block(block, names) for block in self._text.blocks())
        empty = True
        for block in notify_at_end(made, self._tell):
            empty = False
            yield block
        if empty:
            self.notices.append(self._empty)

    def _tell(self) -> None:
        self.notices.extend(self.counts.notices(format_offset(self.offset), self._assumed))

    def block(self, block: TextBlock, names: frozenset[str]) -> RawBlock:
        """The rows of one block."""
        rows = RowBuilder(counts=self.counts, keep=self.keep)
        found: Found = {name: [] for name in self.names if name not in MADE}
        line: list[int] = []
        raws: list[str] = []
        lines = enumerate(block.data.split(b"\n")[:-1], self.line)
        while some := list(islice(lines, _AT_ONCE)):
            made = [(number, data, self.record(data, number, found)) for number, data in some]
            records = [(number, data, record) for number, data, record in made if record is not None]
            outcomes = self.requests.outcomes([record for _, _, record in records])
            for (number, data, _), outcome in zip(records, outcomes, strict=True):
                text = data.decode(errors="replace").rstrip("\r") if self.keep else ""
                rows.add(len(line), number, partial(str, text), outcome)
                line.append(number)
                raws.append(text)
        self.line += block.data.count(b"\n")
        columns = {name: pa.array(values, pa.string()) for name, values in found.items()}
        return rows.block(names, columns, np.array(line, np.int64), raws if self.keep else None, block.bytes_read)

    @abstractmethod
    def record(self, data: bytes, number: int, found: Found) -> Outcome | Asked | None:
        """What a line is; its fields go into `found`, one to each column. None, and no field, for an empty line."""
