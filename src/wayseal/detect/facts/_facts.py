"""Detection's knowledge of reads: counts that add up, and the first reads that nothing explains, one by one.

This is the whole state of detection. Every detector is a function of it, so what holds for these tables holds for all:
they add up in any order, they round-trip through files, and an increment added is the batch.

The state on disk: four Arrow files and one small file that names them, swapped at once.

1. State is derived: what is damaged, of another version or of another ground is made anew from the ledger, never used.
2. After a crash at any moment the state is the one before or the one after.
3. Folders have mode 0700 and files 0600: who read what is personal data of staff.
4. Of several processes one writes at a time, and none reads meanwhile; the last one's state stays.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.runtime import kernel
from wayseal.store import durable

_SIGN = np.uint64(1 << 63)


@kernel
def _side_by_side(a: UInts, b: UInts, left: Longs, right: Longs) -> int:
    """Places in a and b (n, ids), -1 for none, of each id that either has; returns how many there are."""
    i, j, n = 0, 0, 0
    while i < len(a) or j < len(b):
        order = 0
        if i == len(a):
            order = 1
        elif j == len(b):
            order = -1
        else:
            for k in range(a.shape[1]):
                if a[i, k] != b[j, k]:
                    order = -1 if a[i, k] < b[j, k] else 1
                    break
        left[n], right[n] = -1, -1
        if order <= 0:
            left[n] = i
            i += 1
        if order >= 0:
            right[n] = j
            j += 1
        n += 1
    return n


def merge_sorted(
    mine: pa.Table, other: pa.Table, ids: Sequence[str], least: Sequence[str], most: Sequence[str]
) -> pa.Table:
    """Both tables, each sorted by its ids and without equal ones: counts of equal ids add up.

    least, most: columns of which the least or the most is kept instead.
    """
    if not len(mine) or not len(other):
        return mine if len(mine) else other
    left, right = _sides(mine, other, ids)
    both = (left >= 0) & (right >= 0)
    columns = []
    for name in mine.schema.names:
        a, b = (t[name].to_numpy() for t in (mine, other))
        column = np.where(left >= 0, a[left], b[right])
        if name not in ids:
            how = np.minimum if name in least else np.maximum if name in most else np.add
            column[both] = how(a[left[both]], b[right[both]])
        columns.append(pa.array(column))
    return pa.table(columns, schema=mine.schema)


def _sides(mine: pa.Table, other: pa.Table, ids: Sequence[str]) -> tuple[Longs, Longs]:
    """Rows in both tables, -1 for none, of each id that either has."""
    left, right = np.empty((2, len(mine) + len(other)), np.int64)
    n = _side_by_side(_ids(mine, ids), _ids(other, ids), left, right)
    return left[:n], right[:n]


def _ids(table: pa.Table, names: Sequence[str]) -> UInts:
    """uint64 (n, ids) in the order of the ids, signed ones too."""
    out = np.empty((len(table), len(names)), np.uint64)
    for k, name in enumerate(names):
        values: npt.NDArray[np.generic] = table[name].to_numpy()
        signed = np.issubdtype(values.dtype, np.signedinteger)
        out[:, k] = values.astype(np.int64).view(np.uint64) ^ _SIGN if signed else values
    return out


@kernel
def _of(keys: UInts, wanted: UInts, out: Flags) -> None:
    row = 0
    for i in range(len(keys)):
        while row < len(wanted) and wanted[row] < keys[i]:
            row += 1
        out[i] = row < len(wanted) and wanted[row] == keys[i]


def rows_of(rows: pa.RecordBatch, wanted: UInts) -> pa.RecordBatch:
    """The rows, sorted by waybill, of some waybills (keys, sorted)."""
    out = np.empty(rows.num_rows, np.bool_)
    _of(rows["waybill"].to_numpy(), wanted, out)
    return rows.filter(pa.array(out))


_TIME = pa.int64()
HOURS = pa.schema(
    [
        ("actor", pa.uint64()),
        ("hour", pa.int32()),
        ("reads", pa.int64()),
        ("first", pa.int64()),
        ("mandate", pa.int64()),
    ]
)
"""Account and hour since 1970 (UTC): reads, first reads, and those of them under a mandate."""
USES = pa.schema(
    [
        ("actor", pa.uint64()),
        ("day", pa.int32()),
        ("kind", pa.uint8()),
        ("value", pa.uint64()),
        ("reads", pa.int64()),
        ("from", _TIME),
        ("to", _TIME),
    ]
)
"""Account, local day, kind (0 device, 1 address) and its key: reads, first and last time (µs)."""
SHOWN = pa.schema(
    [
        ("actor", pa.uint64()),
        ("day", pa.int32()),
        ("action", pa.uint8()),
        ("purpose", pa.uint64()),
        ("fields", pa.uint64()),
        ("reads", pa.int64()),
    ]
)
"""Account, local day, action (place in the contract from 1), purpose and set of fields (keys, 0: none): reads."""
SUSPECTS = pa.schema(
    [
        ("waybill", pa.uint64()),
        ("actor", pa.uint64()),
        ("at", _TIME),
        ("action", pa.uint8()),
        ("device", pa.uint64()),
        ("ip", pa.uint64()),
        ("session", pa.uint64()),
        ("why", pa.uint8()),
        ("early", pa.bool_()),
        ("origin", pa.uint64()),
        ("destination", pa.uint64()),
        ("scanned", pa.uint64()),
        ("due", pa.uint64()),
        ("channel", pa.uint64()),
        ("begun", pa.int64()),
    ]
)
"""First reads that no mandate and no strong template explains, by (waybill, actor).

why: place of the weak template that fits, or OWN_TICKET, UNEXPLAINED, UNKNOWN. early: before the parcel's first scan.
Of the parcel: keys of the ends of its route, of the outlet that scanned it last before the read and of the one that did
next after it, of the interface that issued it, and µs at which it was issued or first scanned (0: none or not known).
"""
_IDS = {
    "hours": ("actor", "hour"),
    "uses": ("actor", "day", "kind", "value"),
    "shown": ("actor", "day", "action", "purpose", "fields"),
}
PAIR = ("waybill", "actor")
THREADS = 2
_LEAST, _MOST = ("from",), ("to",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The state; its tables are sorted by their ids, each of which stands once.

    offset: of local days, µs ahead of UTC.
    """

    hours: pa.Table
    uses: pa.Table
    shown: pa.Table
    suspects: pa.Table
    offset: int

    @classmethod
    def empty(cls, offset: int) -> "Facts":
        """No reads yet."""
        tables = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
        return cls(**tables, offset=offset)

    def plus(self, other: "Facts") -> "Facts":
        """Both together. A first read in `other` stands for one of the same pair in `self`: its mark has moved."""
        if self.offset != other.offset:
            raise ValueError("facts of different local days don't add up")
        with ThreadPoolExecutor(THREADS) as pool:
            made = {n: pool.submit(merge_tables, n, [getattr(self, n), getattr(other, n)]) for n in _IDS}
            suspects = pool.submit(merge_suspects, self.suspects, other.suspects)
            added = {n: table.result() for n, table in made.items()}
            return Facts(**added, suspects=suspects.result(), offset=self.offset)

    def without(self, waybills: UInts, actors: UInts) -> "Facts":
        """Without the suspects of some pairs (keys, side by side)."""
        if not len(waybills) or not len(self.suspects):
            return self
        have = self.suspects["waybill"].to_numpy(), self.suspects["actor"].to_numpy()
        return replace(self, suspects=self.suspects.filter(pa.array(~is_among(have, (waybills, actors)))))


SCHEMAS = {"hours": HOURS, "uses": USES, "shown": SHOWN, "suspects": SUSPECTS}


def is_among(pairs: tuple[UInts, UInts], others: tuple[UInts, UInts]) -> Flags:
    """Which pairs stand among the others."""
    order = np.lexsort(others[::-1])
    out = np.zeros(len(pairs[0]), np.bool_)
    _find_pairs(*pairs, others[0][order], others[1][order], out)
    return out


@kernel
def _find_pairs(w: UInts, a: UInts, sorted_w: UInts, sorted_a: UInts, out: Flags) -> None:
    for i in range(len(w)):
        low, high = 0, len(sorted_w)
        while low < high:
            middle = (low + high) // 2
            if sorted_w[middle] < w[i] or (sorted_w[middle] == w[i] and sorted_a[middle] < a[i]):
                low = middle + 1
            else:
                high = middle
        out[i] = low < len(sorted_w) and sorted_w[low] == w[i] and sorted_a[low] == a[i]


def add_up(name: str, tables: list[pa.Table]) -> pa.Table:
    """Tables of counts as one: equal ids add up. Sorted by the ids."""
    ids = _IDS[name]
    schema = SCHEMAS[name]
    some = [t for t in tables if len(t)]
    if not some:
        return schema.empty_table()
    how = [(n, "min" if n in _LEAST else "max" if n in _MOST else "sum") for n in schema.names if n not in ids]
    made = pa.concat_tables(some).group_by(list(ids), use_threads=False).aggregate(how)
    whole = made.rename_columns([*ids, *(n for n, _ in how)]).select(schema.names).cast(schema)
    return whole.sort_by([(n, "ascending") for n in ids])


def merge_tables(name: str, tables: Sequence[pa.Table]) -> pa.Table:
    """The same of tables that are sorted by their ids already, each of which stands once in a table."""
    whole = SCHEMAS[name].empty_table()
    for table in tables:
        whole = merge_sorted(whole, table, _IDS[name], _LEAST, _MOST)
    return whole


def newest_suspects(tables: list[pa.Table]) -> pa.Table:
    """Suspects of several tables: of a pair the row of the last table counts. Sorted by (waybill, actor)."""
    whole = pa.concat_tables([SUSPECTS.empty_table(), *tables]).combine_chunks()
    w, a = whole["waybill"].to_numpy(), whole["actor"].to_numpy()
    order = np.lexsort((a, w))
    w, a = w[order], a[order]
    last = np.append((w[1:] != w[:-1]) | (a[1:] != a[:-1]), True)[: len(w)]
    return whole.take(pa.array(order[last]))


def merge_suspects(mine: pa.Table, newer: pa.Table) -> pa.Table:
    """The same of two tables, each sorted and with each pair once."""
    if not len(mine) or not len(newer):
        return mine if len(mine) else newer
    left, right = _sides(mine, newer, PAIR)
    rows = np.where(right >= 0, right + len(mine), left)
    return pa.concat_tables([mine, newer]).combine_chunks().take(pa.array(rows))


def totals(facts: Facts) -> tuple[int, int, int]:
    """(reads, first reads, first reads under a mandate) of all accounts and hours."""
    return tuple(int(pc.sum(facts.hours[n]).as_py() or 0) for n in ("reads", "first", "mandate"))  # type: ignore[return-value]


VERSION = 7
FILE = "facts.json"
_PART = 1 << 18
"""Rows that are read together."""
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFacts:
    """Facts, and what they were made of: sources, on a ground.

    sources: digests of the sources that are counted, in order. ground: digest of all else that judging hangs on.
    """

    facts: Facts
    sources: tuple[str, ...]
    basis: str


def walk_saved(folder: Path, name: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows of a table of the state in a folder, a part at a time; none where there is none that can be used."""
    try:
        with _held(folder, fcntl.LOCK_SH):
            about = _about(folder)
            content = _content(folder / about["folder"] / f"{name}.arrow", about["sha256"][name])
        wanted = [SCHEMAS[name].names.index(column) for column in columns]
        file = pa.ipc.open_file(content, options=pa.ipc.IpcReadOptions(included_fields=wanted))
    except _UNREADABLE:
        return
    for part in range(file.num_record_batches):
        yield file.get_batch(part).select(list(columns))


def load_state(folder: Path) -> SavedFacts | None:
    """The state in a folder; None where there is none that can be used (rule 1)."""
    try:
        with _held(folder, fcntl.LOCK_SH):
            about = _about(folder)
            place, digests = folder / about["folder"], about["sha256"]
            tables = {n: _read(place / f"{n}.arrow", digests[n], schema) for n, schema in SCHEMAS.items()}
        facts = Facts(**tables, offset=about["offset"])
        return SavedFacts(facts=facts, sources=tuple(about["sources"]), basis=about["ground"])
    except _UNREADABLE:
        return None


def save_state(folder: Path, state: SavedFacts) -> None:
    """Puts a state in the place of the one that is there (rules 2 to 4). OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _held(folder, fcntl.LOCK_EX):
        place = folder / f"facts-{_next(folder):06d}"
        place.mkdir(mode=0o700)
        with ThreadPoolExecutor(THREADS) as pool:
            digests = dict(pool.map(lambda n: (n, _write(place / f"{n}.arrow", getattr(state.facts, n))), SCHEMAS))
        about = {
            "folder": place.name, "sha256": digests, "offset": state.facts.offset, "sources": list(state.sources),
            "ground": state.basis,
        }  # fmt: skip
        whole = {"version": VERSION, "sha256": _digest(about), "state": about}
        durable.sync_folder(place)
        durable.replace_file(folder / FILE, json.dumps(whole, sort_keys=True).encode())
        for old in folder.glob("facts-*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)


def _about(folder: Path) -> dict[str, Any]:
    """ValueError: of another version, or not what was written."""
    whole = json.loads((folder / FILE).read_text("utf-8"))
    if whole["version"] != VERSION or whole["sha256"] != _digest(whole["state"]):
        raise ValueError("another state")
    about: dict[str, Any] = whole["state"]
    return about


@contextlib.contextmanager
def _held(folder: Path, how: int) -> Iterator[None]:
    """The folder's lock (rule 4), which dies with its process."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _digest(about: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _next(folder: Path) -> int:
    return 1 + max((int(p.name[6:]) for p in folder.glob("facts-*") if p.name[6:].isdigit()), default=0)


def _content(path: Path, digest: str) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError("not what was written")
    return content


def _read(path: Path, digest: str, schema: pa.Schema) -> pa.Table:
    return pa.ipc.open_file(_content(path, digest)).read_all().cast(schema).combine_chunks()


def _write(path: Path, table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as file:
        file.write_table(table, _PART)
    content = sink.getvalue()
    durable.write_file(path, content)
    return hashlib.sha256(content).hexdigest()
