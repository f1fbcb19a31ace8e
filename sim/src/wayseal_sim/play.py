"""Plays a dataset as a stream: its events in their order, in real or faster time, with faults.

1. The same dataset, seed and settings give the same lines in the same order.
2. Each event goes through a gateway (that of its account, outlet or channel), which numbers its events: `gateway`,
   `epoch` and `count` stand in each line. Who there is (actors, outlets, assignments) comes first, and through none.
3. A line arrives when its event happened, but for faults; a clock that is off changes what the line says, not when it
   arrives.
"""

import json
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wayseal.model.times import iso
from wayseal.store.tables import TABLES
from wayseal_sim._faults import Faults, Weather
from wayseal_sim._lines import Piece, lines_of
from wayseal_sim._timeline import STATIC, TIMED, Timeline, copy_before, files_of
from wayseal_sim.types import Ints, Mask

__all__ = ["Faults", "Stream", "Stretch", "copy_before", "play", "write_truth"]

GATEWAYS = 20
_ROWS = 50_000
_AHEAD = 2
_KEY = {"waybills": "channel", "changes": "waybill", "scans": "outlet", "partner_calls": "partner"}
_MOST_BYTES = 1 << 19


class Sink(Protocol):
    """Where messages go, such as those of `wayseal.client.sinks`."""

    def send(self, lines: bytes) -> None:
        """Hands over JSON Lines."""

    def flush(self) -> None:
        """Waits until all that was handed over is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Lines in the order in which they arrive.

    Attributes:
        due: When each arrives, microseconds.
        ends: Where each begins in `data`, and where the last ends.
        data: All lines, each with its newline.
    """

    due: Ints
    ends: Ints
    data: memoryview

    def __len__(self) -> int:
        """How many lines."""
        return len(self.due)


class Stream:
    """A dataset as a stream; iterate it once. low, high: its moments, microseconds, the last excluded."""

    def __init__(
        self,
        dataset: Path,
        *,
        seed: int,
        faults: Faults | None = None,
        since: str | None = None,
        until: str | None = None,
        gateways: int = GATEWAYS,
    ) -> None:
        """Looks at the dataset.

        Args:
            dataset: Its tables of events are in Parquet.
            seed: Draws the faults.
            faults: What goes wrong.
            since: The first day: 2026-03-05, or a number of days of the log from 1; None: all from the first, and who
                there is before it.
            until: The day before which it ends; None: the last event.
            gateways: How many there are.

        Raises:
            SimulateError: There are no events in Parquet, or a day is none.
        """
        self.dataset, self._line = dataset, Timeline(dataset)
        self.low = self._line.first if since is None else self._line.moment(since)
        self.high = self._line.last if until is None else self._line.moment(until)
        self._statics = since is None
        self._weather = Weather(faults or Faults(), gateways, self.low, max(self.high, self.low + 1), seed)
        self._names = pa.array([f"gw-{k + 1:02}" for k in range(gateways)])
        self._counts = np.zeros(gateways, np.int64)
        self._lost: list[list[Any]] = []
        self._codes: dict[str, int] = {}

    def __iter__(self) -> Iterator[Stretch]:
        """Its lines, in the order in which they arrive."""
        if self._statics:
            yield from self._who()
        held, due = pa.array([], pa.large_binary()), np.empty(0, np.int64)
        width = self._line.width(_ROWS)
        for nth, (end, pieces) in enumerate(self._line.stretches(self.low, self.high, width)):
            if pieces:
                lines, at, gateway, count = self._lines(pieces)
                place, arrives, lost = self._weather.arrivals(nth, at, gateway)
                self._lose(gateway[lost], count[lost])
                held, due = pa.concat_arrays([held, lines.take(pa.array(place))]), np.concatenate((due, arrives))
            now = due < end
            yield from _in_order(held, due, now)
            rest = np.flatnonzero(~now)
            held, due = held.take(pa.array(rest)), due[rest]
        yield from _in_order(held, due, np.ones(len(due), np.bool_))

    def truth(self) -> dict[str, Any]:
        """What went wrong, once all lines were taken: totals, gateways that died, and what their counts lack."""
        names = self._names.to_pylist()
        weather = self._weather
        deaths = [
            {"gateway": names[d.gateway], "from": iso(d.low), "journal_ends": iso(d.cut), "to": iso(d.high)}
            for d in weather.deaths
        ]
        skews = {name: us / 1e6 for name, us in zip(names, weather.skews.tolist(), strict=True) if us}
        counts = dict(zip(names, self._counts.tolist(), strict=True))
        lost = [[names[gateway], first, last] for gateway, first, last in self._missing()]
        told = {"epoch": self.low, "deaths": deaths, "clocks_fast_s": skews, "counts": counts, "missing": lost}
        return weather.told | told

    def _who(self) -> Iterator[Stretch]:
        for table in STATIC:
            for file in files_of(self.dataset, table):
                rows = pq.read_table(file).select([n for n in TABLES[table].names if n in pq.read_schema(file).names])
                lines = lines_of(TABLES[table], rows, [f'{{"table":"{table}"'])
                due = np.full(len(rows), self.low)
                yield from _in_order(lines, due, np.ones(len(rows), np.bool_))

    def _lines(self, pieces: list[tuple[str, pa.Table, Ints]]) -> tuple[pa.Array, Ints, Ints, Ints]:
        """Lines of events, in order of time: lines, times, gateways and counts."""
        gateway = np.concatenate([self._gateways(table, rows) for table, rows, _ in pieces])
        at = np.concatenate([at for _, _, at in pieces])
        order = np.argsort(at, kind="stable")
        count = np.empty(len(at), np.int64)
        count[order] = self._count(gateway[order])
        lines, low = [], 0
        for table, rows, when in pieces:
            part = slice(low, low := low + len(rows))
            skewed = when + self._weather.skews[gateway[part]]
            if self._weather.skews.any():
                column = rows.schema.get_field_index(TIMED[table])
                field = rows.schema.field(column)
                rows = rows.set_column(column, field.name, pa.array(skewed, field.type))  # noqa: PLW2901
            lines.append(lines_of(TABLES[table], rows, self._ahead(table, rows, gateway[part], count[part])))
        whole = pa.concat_arrays(lines).take(pa.array(order))
        return whole, at[order], gateway[order], count[order]

    def _ahead(self, table: str, rows: pa.Table, gateway: Ints, count: Ints) -> list[Piece]:
        """What stands before a row's columns; a read without an id is given one, so that it is counted once."""
        names, numbers = self._names.take(pa.array(gateway)), pa.array(count).cast(pa.string())
        epoch = str(self.low)
        ahead: list[Piece] = [f'{{"table":"{table}","gateway":"', names, f'","epoch":{epoch},"count":', numbers]
        if table == "accesses" and ("access" not in rows.column_names or rows["access"].null_count == len(rows)):
            ahead += [',"access":"', names, f".{epoch}.", numbers, '"']
        return ahead

    def _count(self, gateway: Ints) -> Ints:
        """The events' numbers, each gateway's in their order."""
        order = np.argsort(gateway.astype(np.int16), kind="stable")
        each = np.bincount(gateway, minlength=len(self._counts))
        begins = np.cumsum(each) - each
        count = np.empty(len(gateway), np.int64)
        count[order] = np.arange(len(gateway)) - np.repeat(begins - self._counts, each) + 1
        self._counts = self._counts + each
        return count

    def _gateways(self, table: str, rows: pa.Table) -> Ints:
        """The gateway of each row, by a hash of who asks or where."""
        column = rows[_KEY.get(table, "actor")].unify_dictionaries().combine_chunks()
        column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.unify_dictionaries().chunks)
        words = column.dictionary.to_pylist()
        code = np.array([zlib.crc32(str(word).encode()) % len(self._names) for word in words], np.int64)
        gateways: Ints = code[pc.fill_null(column.indices, 0).to_numpy(zero_copy_only=False)]
        return gateways

    def _lose(self, gateway: Ints, count: Ints) -> None:
        self._lost += [list(pair) for pair in zip(gateway.tolist(), count.tolist(), strict=True)]

    def _missing(self) -> Iterator[tuple[int, int, int]]:
        """What never comes, as stretches of counts."""
        open_: tuple[int, int, int] | None = None
        for gateway, count in sorted(self._lost):
            if open_ is not None and open_[0] == gateway and open_[2] + 1 == count:
                open_ = (gateway, open_[1], count)
                continue
            if open_ is not None:
                yield open_
            open_ = (gateway, count, count)
        if open_ is not None:
            yield open_


def play(
    stream: Stream,
    sink: Sink,
    *,
    speed: float = 0.0,
    batch: int = 200,
    linger: float = 0.005,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Plays a stream into a sink.

    Args:
        stream: The stream; taken to its end.
        sink: Where its lines go; flushed at the end.
        speed: Seconds of the stream in a second; 0: as fast as it goes.
        batch: Lines of a message at most.
        linger: Seconds for which lines wait for others of their message, and for what comes next.
        clock: Seconds that pass.
        sleep: Waits so many.

    Returns:
        How many lines.
    """
    lines, began = 0, clock()
    for stretch in _ahead(iter(stream)):
        place, end = 0, len(stretch)
        while place < len(stretch):
            now = stream.low + (clock() - began) * speed * 1e6
            if speed:
                end = int(np.searchsorted(stretch.due, now, side="right"))
            _send(stretch, place, end, sink, batch)
            place = max(place, end)
            if place < len(stretch):
                sink.flush()
                sleep(max(linger, min(1.0, (int(stretch.due[place]) - now) / speed / 1e6)))
        lines += len(stretch)
    sink.flush()
    return lines


def write_truth(path: Path, stream: Stream) -> None:
    """Writes what went wrong in a stream, as JSON."""
    path.write_text(json.dumps(stream.truth(), ensure_ascii=False) + "\n", "utf-8")


def _send(stretch: Stretch, low: int, high: int, sink: Sink, batch: int) -> None:
    while low < high:
        fits = int(np.searchsorted(stretch.ends, stretch.ends[low] + _MOST_BYTES, side="right")) - 1
        end = min(high, low + batch, max(fits, low + 1))
        sink.send(bytes(stretch.data[stretch.ends[low] : stretch.ends[end]]))
        low = end


def _ahead(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Makes what comes next while this is sent."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = deque(pool.submit(next, stretches, None) for _ in range(_AHEAD))
        while (stretch := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, stretches, None))
            yield stretch


def _in_order(lines: pa.Array, due: Ints, which: Mask) -> Iterator[Stretch]:
    """Some lines as they arrive, those of equal times as they stand."""
    chosen = np.flatnonzero(which)
    if not len(chosen):
        return
    order = chosen[np.argsort(due[chosen], kind="stable")]
    whole = lines.take(pa.array(order))
    _, ends, data = whole.buffers()
    begin = whole.offset
    offsets = np.frombuffer(ends, np.int64)[begin : begin + len(whole) + 1]
    yield Stretch(due=due[order], ends=offsets, data=memoryview(data))
