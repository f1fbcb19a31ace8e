"""Comparison of the analytics ledger with the log (rule 4 of `projection`).

Verify both first: this takes each for what it is. In memory it holds about 40 bytes an entry of the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.database import Database
from wayseal.ledger import Snapshot, open_ledger
from wayseal.ledger.codes import find_rows
from wayseal.model import clean_waybill
from wayseal.model.arrays import Longs, UInts
from wayseal.model.errors import Finding
from wayseal.model.progress import Progress
from wayseal.vault.log.entries import Entry, EntryKind
from wayseal.vault.log.integrity import Code
from wayseal.vault.log.projection import (
    Position,
    access_of,
    broken_positions,
    covered,
    origin_of,
    portions,
    positions_of,
)
from wayseal.vault.log.tiles import size
from wayseal.vault.row_macs import RowMacs

_DAY_US = 86_400_000_000
_KEYS = 1 << 18
"""Waybills whose reads are looked at together."""
_OTHER, _DISCLOSED, _ERASED = range(3)
_COLUMNS = ("access", "waybill", "actor", "at", "source", "row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The result of a comparison: what was compared and what was found.

    rows: of entries that disclosed, found in the ledger as they should be. erased: rows of entries that the log has
    erased. purged: entries whose rows the ledger has purged. waiting: entries that came in since the last projection.
    """

    rows: int
    erased: int
    purged: int
    waiting: int
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 where both say the same."""
        return min((f.exit_code for f in self.findings), default=0)


def check_projection(database: Database, marks: RowMacs, ledger: Path, progress: Progress) -> Comparison:
    """Compares every entry that disclosed with its row, and every row of this log with its entry."""
    origin, stop = database.read(origin_of), database.read(size)
    with open_ledger(ledger) as snapshot:
        log = _Log.read(database, marks, snapshot, origin, stop, progress)
        positions = positions_of(snapshot, origin)
        broken = database.read(broken_positions, positions)
        return _Comparer(snapshot, log, positions, broken).all(progress)


@dataclass(slots=True)
class _Log:
    """The log's entries as the ledger would keep them: a place's access key, kind, and keys of what it says."""

    access: UInts
    kind: npt.NDArray[np.uint8]
    waybill: UInts
    actor: UInts
    at: Longs

    @staticmethod
    def read(
        database: Database, marks: RowMacs, snapshot: Snapshot, origin: str, stop: int, progress: Progress
    ) -> "_Log":
        made = _Log(
            np.zeros(stop, np.uint64), np.zeros(stop, np.uint8), np.zeros(stop, np.uint64), np.zeros(stop, np.uint64),
            np.zeros(stop, np.int64),
        )  # fmt: skip
        for portion in portions(database, marks, 0, stop):
            first, last = portion[0][0], portion[-1][0] + 1
            entries = [entry for _, entry in portion]
            texts = [access_of(origin, seq) for seq in range(first, last)]
            made.access[first:last] = snapshot.hashed(pa.array(texts, pa.string()))
            made.kind[first:last] = [_kind(e) for e in entries]
            made.waybill[first:last] = snapshot.hashed(pa.array([_waybill(e) for e in entries], pa.string()))
            made.actor[first:last] = snapshot.hashed(pa.array([e.actor if e else "" for e in entries], pa.string()))
            made.at[first:last] = [e.at if e else 0 for e in entries]
            progress("entries", last, stop)
        return made


def _kind(entry: Entry | None) -> int:
    if entry is None:
        return _ERASED
    return _DISCLOSED if entry.kind is EntryKind.DISCLOSED else _OTHER


def _waybill(entry: Entry | None) -> str:
    return clean_waybill(entry.waybill) if entry is not None and entry.waybill is not None else ""


class _Comparer:
    def __init__(self, snapshot: Snapshot, log: _Log, positions: list[Position], broken: list[Position]) -> None:
        self._snapshot = snapshot
        self._log = log
        self._stop = covered([p for p in positions if p not in broken])
        self._ours = np.zeros(len(snapshot.manifest.sources) + 1, np.bool_)
        self._ours[[p.source for p in positions]] = True
        self._order = np.argsort(log.access)
        self._sorted = log.access[self._order]
        self._seen = np.zeros(len(log.access), np.int64)
        self._findings = [Finding(code=Code.POSITION, where=p.name, values={"stop": p.stop}) for p in broken]

    def all(self, progress: Progress) -> Comparison:
        done, total = 0, self._snapshot.manifest.rows("accesses")
        for rows in self._rows():
            self._compare_rows(rows)
            done += len(rows)
            progress("rows", done, total)
        disclosed = self._log.kind == _DISCLOSED
        for seq in np.flatnonzero(disclosed & (self._seen > 1)).tolist():
            self._find(Code.ROW_EXTRA, seq, rows=int(self._seen[seq]))
        missing = np.flatnonzero(disclosed & (self._seen == 0))
        waiting = missing >= self._stop
        purged = self._purged(missing) & ~waiting
        for seq in missing[~waiting & ~purged].tolist():
            self._find(Code.ROW_MISSING, seq)
        return Comparison(
            rows=int((disclosed & (self._seen == 1)).sum()),
            erased=int(((self._log.kind == _ERASED) & (self._seen > 0)).sum()),
            purged=int(purged.sum()), waiting=int(waiting.sum()), findings=tuple(self._findings),
        )  # fmt: skip

    def _find(self, code: Code, seq: int, **values: str | int) -> None:
        self._findings.append(Finding(code=code, where=f"entries/{seq}", values=values))

    def _rows(self) -> Iterator[pa.Table]:
        """All reads of the ledger that have an `access` id or were brought by a projection of this log."""
        for keys in self._snapshot.everything(_KEYS):
            yield self._snapshot.reads(keys, _COLUMNS)

    def _compare_rows(self, rows: pa.Table) -> None:
        access = rows["access"].fill_null(0).to_numpy()
        source = rows["source"].to_numpy()
        place = np.where(access == 0, -1, find_rows(self._sorted, access))
        known = place >= 0
        for row in np.flatnonzero(~known & self._ours[source]).tolist():
            name = self._snapshot.manifest.sources[int(source[row])].name
            values = {"row": int(rows["row"][row].as_py())}
            self._findings.append(Finding(code=Code.ROW_EXTRA, where=name, values=values))
        matched = np.flatnonzero(known)
        seqs = self._order[place[matched]]
        np.add.at(self._seen, seqs, 1)
        kind = self._log.kind[seqs]
        same = np.ones(len(matched), np.bool_)
        for name, of_log in (("waybill", self._log.waybill), ("actor", self._log.actor), ("at", self._log.at)):
            same &= _numbers(rows, name)[matched] == of_log[seqs]
        for seq in np.unique(seqs[kind == _OTHER]).tolist():
            self._find(Code.ROW_EXTRA, seq)
        for seq in np.unique(seqs[(kind == _DISCLOSED) & ~same]).tolist():
            self._find(Code.ROW_CHANGED, seq)

    def _purged(self, seqs: Longs) -> npt.NDArray[np.bool_]:
        """Which entries' rows a purge took: older than its day, or of a waybill that is wholly gone."""
        boundary = self._snapshot.manifest.boundary
        if boundary is None:
            return np.zeros(len(seqs), np.bool_)
        there = self._snapshot.find(self._log.waybill[seqs])["waybill"].to_numpy()
        older = self._log.at[seqs] < boundary * _DAY_US
        return np.asarray(older | ~np.isin(self._log.waybill[seqs], there), np.bool_)


def _numbers(rows: pa.Table, name: str) -> npt.NDArray[np.generic]:
    column = rows[name]
    return np.asarray((column.cast(pa.int64()) if name == "at" else column).to_numpy())
