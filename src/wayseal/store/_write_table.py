"""Writing a table of the contract in any of its three formats; what is written reads back equal.

Text that lies in a file of its own while it is read: a sheet of a workbook, standard input.
"""

import json
import os
import sys
import tempfile
import weakref
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal.model.rows import csv_writer, json_line
from wayseal.model.times import stamp
from wayseal.store.errors import StoreError
from wayseal.store.mapping import LAID_OUT, LOGS, Format
from wayseal.store.tables import TABLES, VERSION, ColumnType, Table, arrow_schema

_CHUNK = 1 << 20


class LaidOut:
    """Such a file. Only its owner can read it, and it goes with the last reference to this.

    path: where it lies. origin: the file that it was made of; itself for standard input.
    """

    def __init__(self, chunks: Iterable[bytes], origin: Path | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix="wayseal-")
        self._remove = weakref.finalize(self, _remove, name)
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
        self.path = Path(name)
        self.origin = origin or self.path

    @classmethod
    def of_input(cls) -> Self:
        """Lay standard input out; OSError as it comes."""
        return cls(iter(lambda: sys.stdin.buffer.read(_CHUNK), b""))


def _remove(name: str) -> None:
    with suppress(OSError):
        Path(name).unlink()


def write_table(
    folder: Path,
    table: str,
    batches: Iterable[pa.RecordBatch | pa.Table],
    *,
    form: Format = Format.PARQUET,
    about: Mapping[str, str] | None = None,
) -> Path:
    """Writes a table as one file of a dataset folder, and dataset.json, the contract's version.

    Args:
        folder: The dataset; made if need be.
        table: Name of the table.
        batches: Rows in the table's arrow_schema.
        form: What is written.
        about: What a Parquet file says of itself, so that equal rows of another time are another file.

    Returns:
        The file.

    Raises:
        StoreError: It can't be written, or `form` is that of a raw log or a workbook.
    """
    path = folder / f"{table}.{form}"
    if form in LOGS | LAID_OUT:
        raise StoreError("tables are not written as {form}", file=folder, form=form)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dataset.json").write_text(json.dumps({"wayseal": VERSION}) + "\n", "utf-8")
        if form is Format.PARQUET:
            _write_parquet(path, arrow_schema(table).with_metadata(about), batches)
        else:
            _write_text(path, TABLES[table], batches, form)
    except OSError as error:
        raise StoreError("can't be written ({reason})", file=path, reason=disk_says(error)) from error
    return path


def _write_parquet(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch | pa.Table]) -> None:
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for batch in batches:
            whole = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
            writer.write_table(whole.cast(schema), row_group_size=1 << 20)


def _write_text(path: Path, table: Table, batches: Iterable[pa.RecordBatch | pa.Table], form: Format) -> None:
    schema, write = arrow_schema(table), csv_writer()
    with path.open("w", encoding="utf-8", newline="") as out:
        if form is Format.CSV:
            out.write(write(table.names))
        for batch in batches:
            whole = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
            columns = zip(table.columns, whole.cast(schema).columns, strict=True)
            rows = zip(*(_plain(c.type, values, form) for c, values in columns), strict=True)
            if form is Format.CSV:
                out.writelines(write(map(_cell, row)) for row in rows)
            else:
                told = ({n: v for n, v in zip(table.names, row, strict=True) if v is not None} for row in rows)
                out.writelines(map(json_line, told))


def _plain(kind: ColumnType, values: pa.ChunkedArray, form: Format) -> list[Any]:
    """The column as Python values: times as ISO 8601 text, in a CSV like all (`stamp`); predicates as objects."""
    if kind is ColumnType.TIME and form is Format.CSV:
        moments = values.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_pylist()
        return [None if us is None else stamp(us, exact=True) for us in moments]
    if kind is ColumnType.TIME:
        values = pc.strftime(values, "%Y-%m-%dT%H:%M:%SZ")
    plain: list[Any] = values.to_pylist()
    if kind is ColumnType.JSON:
        return [None if v is None else json.loads(v) for v in plain]
    return plain


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
