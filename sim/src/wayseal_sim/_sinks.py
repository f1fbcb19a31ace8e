"""Where rows go: into memory, or into a dataset folder by two threads."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from wayseal.model.errors import disk_says
from wayseal.store import arrow_schema
from wayseal_sim._errors import SimulateError

Batches = Callable[[], Iterator[pa.RecordBatch]]
_AHEAD = 2  # how many pieces of work may wait for the writer


class Sink(Protocol):
    """Takes rows of the contract's tables, each table's in order."""

    def put(self, table: str, part: str, make: Batches) -> None:
        """Takes what `make` yields, now or a little later; `part` names the day, or is empty."""


class MemorySink:
    """Keeps every table in memory, in the contract's schema."""

    def __init__(self) -> None:
        self._batches: dict[str, list[pa.Table]] = {}
        self.rows: dict[str, int] = {}

    def put(self, table: str, part: str, make: Batches) -> None:
        """Keeps the batches."""
        schema = arrow_schema(table)
        for batch in make():
            self.rows[table] = self.rows.get(table, 0) + batch.num_rows
            whole = pa.Table.from_batches([batch]).cast(schema)
            self._batches.setdefault(table, []).append(whole)

    def tables(self) -> dict[str, pa.Table]:
        """What has come in, by table."""
        return {name: pa.concat_tables(parts) for name, parts in self._batches.items()}


class FolderSink:
    """Writes Parquet: one file a table, or a folder with one file a day.

    The batches of a table are built and written by one thread in order, so that files are the same whatever the
    speed; the accesses, half of all rows, have a thread of their own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pools = (ThreadPoolExecutor(max_workers=1), ThreadPoolExecutor(max_workers=1))
        self._waiting: tuple[deque[Future[None]], ...] = (deque(), deque())
        self._writers: dict[str, tuple[Path, pq.ParquetWriter]] = {}
        self.rows: dict[str, int] = {}

    def put(self, table: str, part: str, make: Batches) -> None:
        """Hands the work to the writer; waits while it has too much to do. SimulateError if a file can't be written."""
        lane = int(table == "accesses")
        waiting = self._waiting[lane]
        while len(waiting) >= _AHEAD:
            waiting.popleft().result()
        waiting.append(self._pools[lane].submit(self._write, table, part, make))

    def __enter__(self) -> Self:
        """Makes the folder and says that it is a dataset."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "dataset.json").write_text(json.dumps({"wayseal": 1}) + "\n", "utf-8")
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the writer, and the files if all went well."""
        for pool in self._pools:
            pool.shutdown(wait=True, cancel_futures=error is not None)
        try:
            for done in (f for waiting in self._waiting for f in waiting if error is None):
                done.result()
        finally:
            for path, writer in self._writers.values():
                _close(path, writer)

    def _write(self, table: str, part: str, make: Batches) -> None:
        path = self._folder / table / f"{part}.parquet" if part else self._folder / f"{table}.parquet"
        try:
            for batch in make():
                self._writer(table, path, batch.schema).write_batch(batch)
                self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        except OSError as error:
            raise _unwritable(path, error) from error

    def _writer(self, table: str, path: Path, schema: pa.Schema) -> pq.ParquetWriter:
        known = self._writers.get(table)
        if known is not None and known[0] == path:
            return known[1]
        if known is not None:
            _close(*known)
        path.parent.mkdir(parents=True, exist_ok=True)
        words = [path for f in schema for path in _coded(f)]
        writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            # Every waybill number is nearly unique in a row group: a dictionary of them costs more than it saves.
            use_dictionary=words,
            dictionary_pagesize_limit=8 << 20,
            # Readers are to see strings, not the writer's dictionaries.
            store_schema=False,
        )
        self._writers[table] = (path, writer)
        return writer


def _coded(field: pa.Field) -> list[str]:
    """The Parquet column of a field that is dictionary-coded, itself or in its lists."""
    if pa.types.is_list(field.type) and pa.types.is_dictionary(field.type.value_type):
        return [f"{field.name}.list.element"]
    return [field.name] if pa.types.is_dictionary(field.type) else []


def _close(path: Path, writer: pq.ParquetWriter) -> None:
    try:
        writer.close()
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> SimulateError:
    return SimulateError("{path} can't be written ({reason})", path=path, reason=disk_says(error))
