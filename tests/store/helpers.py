"""Short ways to write a file and read it whole."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from wayseal.store import load_mapping, open_source, read_batches
from wayseal.store.mapping import LogMapping
from wayseal.store.types import Batch, Notice, NoticeCode, ReadOptions, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All batches of one file."""

    batches: list[Batch]

    @property
    def table(self) -> pa.Table:
        return pa.Table.from_batches([b.rows for b in self.batches])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Rows without their nulls, times as ISO text."""
        plain = self.table.to_pylist()
        return [{k: str(v) if hasattr(v, "tzinfo") else v for k, v in r.items() if v is not None} for r in plain]

    @property
    def lines(self) -> list[int]:
        return [int(n) for b in self.batches for n in b.line]

    @property
    def rejected(self) -> list[tuple[int, str, Reason]]:
        return [(r.line, r.column, r.reason) for b in self.batches for r in b.rejected]

    @property
    def raws(self) -> list[str | None]:
        return [r.raw for b in self.batches for r in b.rejected]

    @property
    def notices(self) -> dict[NoticeCode, Notice]:
        return {n.code: n for b in self.batches for n in b.notices}

    @property
    def dropped(self) -> int:
        return sum(len(b.dropped) for b in self.batches)


def read(
    path: Path,
    *,
    mapping: LogMapping | None = None,
    offset: str | None = None,
    keep: bool = False,
    block_bytes: int = 1 << 20,
    batch_rows: int = 1 << 16,
    table: str | None = None,
) -> Whole:
    source = open_source(path, mapping=mapping, offset=offset, table=table)
    shift = source.options.offset
    assert shift is None or isinstance(shift, timedelta)
    options = ReadOptions(offset=shift, block_bytes=block_bytes, batch_rows=batch_rows)
    (file,) = source.files
    batches = list(read_batches(file, mapping=mapping, options=options, keep_rejected=keep))
    assert batches
    assert [b.bytes_read for b in batches] == sorted(b.bytes_read for b in batches)
    assert batches[-1].bytes_read == file.size
    return Whole(batches=batches)


def emptied(whole: Whole) -> list[tuple[str, Reason, list[int]]]:
    """Column, reason and lines of the cells that could not be read."""
    return [(e.column, e.reason, e.lines.tolist()) for b in whole.batches for e in b.emptied]


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def mapping_of(text: str) -> LogMapping:
    """The mapping that a text describes."""
    return load_mapping(Path("m.toml"), text)
