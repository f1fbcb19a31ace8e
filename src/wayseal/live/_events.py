"""Events as the fast path takes them: keys for texts, in the order of their arrival, with the stream's time.

1. The stream's time goes with the newest event. One that is AHEAD of it by more, or LATE by more, moves nothing, and is
   not judged, but counted; IN_A_ROW of them are no clock that is wrong, and the stream's time is theirs. One that is
   ahead by up to LATE is judged at its own time, and FEW in a row are believed: there was a lull, or no harm is done.
2. Where nothing came yet it is the time of the newest read of the ledger, or of the first event.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from wayseal.detect.explain import Staff
from wayseal.detect.window import DAY_US
from wayseal.ledger.codes import numbers_of
from wayseal.live._parcels import SCAN, TICKET, WAYBILL
from wayseal.model.arrays import Bytes, Flags, Ints, Longs, UInts
from wayseal.model.kinds import Action
from wayseal.model.runtime import kernel
from wayseal.store.row_reader import RowReader
from wayseal.store.types import Batch, Rejection

AHEAD, LATE = 10 * 60 * 1_000_000, 24 * 3600 * 1_000_000
IN_A_ROW, FEW = 100, 3
_NEVER = np.iinfo(np.int64).min
_GATEWAY = {"gateway": pa.string(), "epoch": pa.int64(), "count": pa.int64()}
_ACTIONS = pa.array([str(action) for action in Action], pa.string())
_COLUMNS = {
    "accesses": ("action", "ip", "device", "session"),
    "scans": (),
    "waybills": ("customer",),
    "tickets": ("closed_at",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """n reads in the order of their arrival: number in the arrival log, µs, keys, action (1 …, 0: none), and texts."""

    number: Longs
    at: Longs
    waybill: UInts
    actor: UInts
    ip: UInts
    device: UInts
    session: UInts
    action: Bytes
    word: UInts
    texts: tuple[pa.Array, pa.Array]

    def at_rows(self, rows: Longs) -> "Reads":
        """Some of them."""
        some = pa.array(rows)
        texts = self.texts[0].take(some), self.texts[1].take(some)
        names = ("number", "at", "waybill", "actor", "ip", "device", "session", "action", "word")
        return Reads(texts=texts, **{name: getattr(self, name)[rows] for name in names})

    def as_batch(self) -> pa.RecordBatch:
        """The same as the ledger keeps them, each the first of its pair."""
        at = pa.array(self.at, pa.int64()).cast(pa.timestamp("us", tz="UTC"))
        names = ("waybill", "actor", "action", "device", "ip", "session")
        columns = (pa.array(np.ascontiguousarray(getattr(self, name))) for name in names)
        arrays = [at, *columns, pa.array(np.ones(len(self), bool))]
        return pa.RecordBatch.from_arrays(arrays, names=["at", *names, "first"])

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRows:
    """Rows of parcels in the order of their arrival, as `Parcels.add` takes them; number: in the arrival log."""

    number: Longs
    waybill: UInts
    table: Ints
    time: Longs
    keys: UInts

    def at_rows(self, rows: Longs) -> "ParcelRows":
        """Some of them."""
        names = ("number", "waybill", "table", "time", "keys")
        return ParcelRows(**{name: getattr(self, name)[rows] for name in names})

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Reads, rows of parcels, what can't be read, and of events that gateways numbered `gateway`, `epoch`, `count`."""

    reads: Reads
    rows: ParcelRows
    rejected: tuple[Rejection, ...]
    gateways: pa.RecordBatch


class EventReader:
    """Turns pieces of the arrival log into keys. staff: gives texts their keys."""

    def __init__(self, staff: Staff) -> None:
        self._keys = staff.keys
        self._reader = RowReader(_COLUMNS, beside=_GATEWAY)

    def read(self, lines: bytes, first: int) -> Events:
        """Reads the events of some lines. first: number of the first line."""
        found = self._reader.read(lines, first)
        tables = found.tables
        rows = [self._rows(name, tables[name]) for name in ("scans", "waybills", "tickets") if name in tables]
        beside = pa.RecordBatch.from_arrays(list(found.beside.values()), names=list(found.beside))
        reads = self._reads(tables.get("accesses"))
        return Events(reads=reads, rows=_in_order(rows), rejected=found.rejected, gateways=beside.drop_null())

    def _reads(self, batch: Batch | None) -> Reads:
        if batch is None:
            none, empty = np.zeros(0, np.uint64), pa.array([], pa.string())
            return Reads(
                number=np.zeros(0, np.int64), at=np.zeros(0, np.int64), waybill=none, actor=none, ip=none, device=none,
                session=none, action=np.zeros(0, np.uint8), word=none, texts=(empty, empty),
            )  # fmt: skip
        rows = batch.rows
        action = rows["action"].fill_null("")
        code = pa.compute.index_in(action, value_set=_ACTIONS).fill_null(-1)
        return Reads(
            number=batch.line,
            at=_micros(rows["at"]),
            word=numbers_of(rows["waybill"]),
            action=(code.to_numpy() + 1).astype(np.uint8),
            texts=(rows["waybill"], rows["actor"]),
            **{name: self._keys(rows[name]) for name in ("waybill", "actor", "ip", "device", "session")},
        )

    def _rows(self, table: str, batch: Batch) -> ParcelRows:
        rows, n = batch.rows, batch.rows.num_rows
        kind, times, names = _KEPT[table]
        time, keys = np.full((n, 2), _NEVER, np.int64), np.zeros((n, 4), np.uint64)
        for k, name in enumerate(times):
            time[:, k] = _micros(rows[name])
        for k, name in enumerate(names):
            keys[:, k] = self._keys(rows[name])
        return ParcelRows(
            number=batch.line,
            waybill=self._keys(rows["waybill"]),
            table=np.full(n, kind, np.int32),
            time=time,
            keys=keys,
        )


_KEPT = {
    "scans": (SCAN, ("at",), ("outlet",)),
    "waybills": (WAYBILL, ("issued_at",), ("channel", "origin_outlet", "destination_outlet", "customer")),
    "tickets": (TICKET, ("opened_at", "closed_at"), ("actor",)),
}
"""Of each table: its code, its times and its keys as `Parcels` has them."""


def kept_reads(batch: pa.RecordBatch) -> tuple[Reads, Flags]:
    """Reads as the ledger keeps them, and which are the first of their pair. They have no numbers and no texts."""
    n = batch.num_rows
    at = batch["at"].cast(pa.int64()).to_numpy()
    keys = {name: batch[name].to_numpy() for name in ("waybill", "actor", "ip", "device", "session")}
    none = pa.nulls(n, pa.string())
    reads = Reads(
        number=np.zeros(n, np.int64), at=at, action=batch["action"].to_numpy(), word=np.zeros(n, np.uint64),
        texts=(none, none), **keys,
    )  # fmt: skip
    return reads, batch["first"].to_numpy(zero_copy_only=False)


def kept_rows(table: str, rows: pa.RecordBatch, staff: Staff) -> ParcelRows:
    """Rows of a table as the ledger keeps them: most ids are keys already."""
    kind, times, names = _KEPT[table]
    n = rows.num_rows
    time, keys = np.full((n, 2), _NEVER, np.int64), np.zeros((n, 4), np.uint64)
    for k, name in enumerate(times):
        time[:, k] = _micros(rows[name])
    for k, name in enumerate(names):
        if name in rows.schema.names:
            column = rows[name]
            keys[:, k] = column.to_numpy() if column.type == pa.uint64() else staff.keys(column)
    waybill: UInts = rows["waybill"].to_numpy()
    return ParcelRows(
        number=np.zeros(n, np.int64), waybill=waybill, table=np.full(n, kind, np.int32), time=time, keys=keys
    )


def find_day(lines: bytes, offset: int) -> int | None:
    """The local day of the first event among some lines; None: there is none. offset: of local time, µs."""
    found = RowReader({"accesses": (), **dict.fromkeys(_KEPT, ())}).read(lines, 1).tables
    times = {"accesses": "at"} | {name: times[0] for name, (_, times, _) in _KEPT.items()}
    first = min(((int(batch.line[0]), int(_micros(batch.rows[times[name]])[0])) for name, batch in found.items()),
                default=None)  # fmt: skip
    return None if first is None else (first[1] + offset) // DAY_US


def _micros(times: pa.Array) -> Longs:
    out: Longs = times.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(_NEVER).to_numpy()
    return out


def _in_order(parts: list[ParcelRows]) -> ParcelRows:
    if not parts:
        return ParcelRows(
            number=np.zeros(0, np.int64), waybill=np.zeros(0, np.uint64), table=np.zeros(0, np.int32),
            time=np.zeros((0, 2), np.int64), keys=np.zeros((0, 4), np.uint64),
        )  # fmt: skip
    names = ("number", "waybill", "table", "time", "keys")
    whole = ParcelRows(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})
    return whole.at_rows(np.argsort(whole.number, kind="stable"))


@kernel
def _follow(at: Longs, now: int, ahead: int, late: int, judged: Flags, moments: Longs) -> tuple[int, int, int]:
    """Rule 1; ahead, late: how many in a row were so. Returns the same three as they are afterwards."""
    for i in range(len(at)):
        if now == _NEVER:
            now = at[i]
        if at[i] > now + AHEAD:
            ahead, late = ahead + 1, 0
        elif at[i] < now - LATE:
            ahead, late = 0, late + 1
        else:
            ahead, late = 0, 0
        near = at[i] <= now + LATE
        if ahead >= IN_A_ROW or late >= IN_A_ROW or (ahead >= FEW and near):
            now, ahead, late = at[i], 0, 0
        if ahead == 0 and late == 0:
            now = max(now, at[i])
        judged[i] = late == 0 and (ahead == 0 or near)
        moments[i] = at[i] if judged[i] and ahead > 0 else now
    return now, ahead, late


class Clock:
    """The stream's time, microseconds since 1970."""

    def __init__(self, now: int | None) -> None:
        self.now = _NEVER if now is None else now
        self._ahead, self._late = 0, 0

    def follow(self, at: Longs) -> tuple[Flags, Longs]:
        """Of reads in the order of their arrival: which of them may be judged, and the stream's time at each."""
        judged, moments = np.empty(len(at), np.bool_), np.empty(len(at), np.int64)
        self.now, self._ahead, self._late = _follow(at, self.now, self._ahead, self._late, judged, moments)
        return judged, moments
