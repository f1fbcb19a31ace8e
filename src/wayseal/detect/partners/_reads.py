"""Reads of partners and calls out of their logs, as arrays."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.partners._arrays import Flags, Longs, UInts, count_values
from wayseal.detect.partners._groups import Groups
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import Stretch
from wayseal.store.columns import microseconds

COLUMNS = ("ip", "purpose", "request")
CALLS = ("partner", "at", "request", "fields", "ip")
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """n reads of one group, sorted by (waybill, at): keys (0: not logged), at in µs, action from 1 (0: not logged)."""

    waybill: UInts
    at: Longs
    actor: UInts
    action: npt.NDArray[np.uint8]
    fields: UInts
    ip: UInts
    purpose: UInts
    request: UInts

    def take(self, rows: Longs | Flags) -> "Reads":
        """Some of them."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """n calls of one group's own log, sorted by (waybill, at). fields, ip: places among `Texts`, -1: not logged."""

    waybill: UInts
    at: Longs
    actor: UInts
    request: UInts
    fields: Longs
    ip: Longs

    def take(self, rows: Longs | Flags) -> "Calls":
        """Some of them."""
        return replace(self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def reads_of(stretch: Stretch, groups: Groups) -> Iterator[tuple[int, Reads]]:
    """(group, its reads) of a stretch."""
    table = stretch.reads
    at = microseconds(table["at"])
    columns = {f.name: table[f.name].to_numpy() for f in fields(Reads) if f.name != "at"}
    whole = Reads(at=at, **columns).take(np.lexsort((at, columns["waybill"])))
    for group, rows in _parts(groups.of(whole.actor)):
        yield group, whole.take(rows)


_NO_KEYS, _NO_TIMES = np.zeros(0, np.uint64), np.zeros(0, np.int64)
NO_READS = Reads(
    waybill=_NO_KEYS,
    at=_NO_TIMES,
    actor=_NO_KEYS,
    action=np.zeros(0, np.uint8),
    fields=_NO_KEYS,
    ip=_NO_KEYS,
    purpose=_NO_KEYS,
    request=_NO_KEYS,
)
NO_CALLS = Calls(waybill=_NO_KEYS, at=_NO_TIMES, actor=_NO_KEYS, request=_NO_KEYS, fields=_NO_TIMES, ip=_NO_TIMES)


class TextPool:
    """Texts of the partners' logs, each kept once; a text's place stands for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._place: dict[str, int] = {}

    def places(self, column: pa.Array) -> Longs:
        """The place of each text; -1 for null and for empty text."""
        coded = column.dictionary_encode()
        known = np.array([self._of(text) for text in coded.dictionary.to_pylist()] + [-1], np.int64)
        out: Longs = known[coded.indices.fill_null(len(known) - 1).to_numpy()]
        return out

    def _of(self, text: str) -> int:
        if not text:
            return -1
        place = self._place.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place


class Log:
    """The partners' own logs. others: calls of partners that are in no group."""

    def __init__(self, snapshot: Snapshot, groups: Groups) -> None:
        self._snapshot = snapshot
        self._groups = groups
        self.fields = TextPool()
        self.ips = TextPool()

    def calls_of(self, stretch: Stretch) -> tuple[dict[int, Calls], dict[int, int]]:
        """Group → its calls of a stretch; and partner (key) → how many, of calls that are nobody's."""
        table = self._snapshot.between("partner_calls", stretch.low, stretch.high, CALLS).combine_chunks()
        partner = table["partner"].to_numpy()
        group = self._groups.of(partner)
        table = table.filter(pa.array(group >= 0)).sort_by([("waybill", "ascending"), ("at", "ascending")])
        whole = Calls(
            waybill=table["waybill"].to_numpy(),
            at=microseconds(table["at"]),
            actor=table["partner"].to_numpy(),
            request=self._snapshot.hashed(_one(table["request"])),
            fields=self.fields.places(pc.binary_join(_one(table["fields"]), SEPARATOR)),
            ip=self.ips.places(_one(table["ip"])),
        )
        found = {n: whole.take(rows) for n, rows in _parts(self._groups.of(whole.actor))}
        return found, count_values(partner[group < 0])


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _parts(group: Longs) -> Iterator[tuple[int, Longs]]:
    """Rows of each group, in their order; those of none left out."""
    order = np.argsort(group, kind="stable")
    found, start = np.unique(group[order], return_index=True)
    for place, low, high in zip(found.tolist(), start, np.append(start, len(order))[1:], strict=True):
        if place >= 0:
            yield place, order[low:high]
