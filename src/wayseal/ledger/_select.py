"""Which waybills a predicate selects: up to 64 predicates in one walk over the waybills, as bits of a mask.

For each column a table says, value by value, which predicates permit it; a row's mask is the AND over columns.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.ledger import _kernels
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._keys import Keyer, fixed
from wayseal.ledger._layout import KEYED, kept_schema
from wayseal.ledger._lookup import Finder
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import EVERY_KEY, SortedFile, contains, join_batches, ranges, read_range
from wayseal.model import clean_waybill
from wayseal.model.arrays import Flags, Longs, UInts
from wayseal.model.predicate import PLACES, Predicate

MOST = 64
_RANGE_ROWS = 1 << 20
_THREADS = 2
_EVERY = np.uint64(0xFFFFFFFFFFFFFFFF)
_TEXT_COLUMNS = ("customer", "order_ref", "goods_class")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Waybills up to the key `last` that any predicate selects.

    keys (sorted), bits of the predicates, and their channels' keys.
    """

    last: int
    keys: UInts
    masks: UInts
    channels: UInts


Test = Callable[[pa.RecordBatch], UInts]
"""Bits of the predicates that rows pass, for one column."""


class Selection:
    """Predicates (at most 64), ready to be put to rows of waybills. outlets: the contract's table."""

    def __init__(self, predicates: Sequence[Predicate], keyer: Keyer, outlets: pa.Table) -> None:
        self._predicates = predicates
        self._keyer = keyer
        self._outlets = outlets
        self._tests: list[Test] = []
        columns = {"waybill", "channel"}
        wanted: dict[str, list[set[str] | None]] = {}
        for place, predicate in enumerate(predicates):
            for name, values in predicate.any_of.items():
                column, texts = self._at_column(name, values)
                before = wanted.setdefault(column, [None] * len(predicates))
                held = before[place]
                before[place] = texts if held is None else held & texts
        for column, permitted in sorted(wanted.items()):
            columns.add(column)
            self._tests.append(self._test(column, permitted))
        self._windows: dict[tuple[datetime | None, datetime | None], int] = {}
        for place, predicate in enumerate(predicates):
            window = predicate.issued_from, predicate.issued_to
            self._windows[window] = self._windows.get(window, 0) | 1 << place
        if any(window != (None, None) for window in self._windows):
            columns.add("issued_at")
            self._tests.append(self._issued)
        whole = kept_schema(KEYED["waybills"])
        self.schema = pa.schema([f for f in whole if f.name in columns])

    def _at_column(self, name: str, values: Sequence[str]) -> tuple[str, set[str]]:
        """A condition on a place as one on its outlets; any other as it is."""
        if name not in PLACES:
            return name, set(values)
        column, what = PLACES[name]
        there = pc.is_in(self._outlets[what], value_set=pa.array(values, pa.string()))
        return column, set(self._outlets.filter(there)["outlet"].to_pylist())

    def _test(self, column: str, permitted: Sequence[set[str] | None]) -> Test:
        texts = sorted(set().union(*(p for p in permitted if p is not None)))
        bits = np.zeros(len(texts) + 1, np.uint64)
        place = {t: n for n, t in enumerate(texts, 1)}
        for n, allowed in enumerate(permitted):
            bit = np.uint64(1 << n)
            if allowed is None:
                bits |= bit
            else:
                bits[[place[t] for t in allowed]] |= bit
        if column in _TEXT_COLUMNS:
            known = pa.array(texts, pa.string())
            return lambda rows: bits[_codes(rows[column], known)]
        if column == "weight_g":
            weights = pa.array([_whole(t) for t in texts], pa.int64())
            return lambda rows: bits[_codes(rows[column], weights)]
        if column == "waybill":
            texts = [clean_waybill(t) for t in texts]
        look_up = _keyed(self._keyer.of(texts), bits)
        return lambda rows: look_up(column_values(rows, column))

    def _issued(self, rows: pa.RecordBatch) -> UInts:
        at = column_values(rows, "issued_at")
        out = np.zeros(len(at), np.uint64)
        for (since, until), bits in self._windows.items():
            inside = np.ones(len(at), np.bool_)
            if since:
                inside &= at >= _micros(since)
            if until:
                inside &= at < _micros(until)
            out |= inside * np.uint64(bits)
        return out

    def masks(self, rows: pa.RecordBatch) -> UInts:
        """Bits of the predicates that each row passes."""
        every = _EVERY if len(self._predicates) == MOST else np.uint64((1 << len(self._predicates)) - 1)
        out = np.full(rows.num_rows, every, np.uint64)
        for test in self._tests:
            out &= test(rows)
        return out


class Chooser:
    """Puts predicates to the waybills of one generation; the last walk is kept, for who asks again."""

    def __init__(self, finder: Finder, keyer: Keyer, outlets: Callable[[], pa.Table]) -> None:
        self._finder = finder
        self._keyer = keyer
        self._outlets = outlets
        self._last: tuple[Sequence[Predicate], Chosen] | None = None

    def choose(self, predicates: Sequence[Predicate], last: int = EVERY_KEY) -> Chosen:
        """Walks over the waybills with keys up to `last`; the last row of each counts; at most `MOST` predicates."""
        selection = Selection(predicates, self._keyer, self._outlets())

        def work(span: tuple[int, int]) -> tuple[UInts, UInts, UInts]:
            files = self._finder.files("table:waybills")
            rows = last_rows(files, *span, selection.schema)
            mask = selection.masks(rows)
            at = np.flatnonzero(mask)
            return column_values(rows, "waybill")[at], mask[at], column_values(rows, "channel")[at]

        whole = ranges(self._finder.files("table:waybills"), _RANGE_ROWS)
        spans = [(low, min(high, last)) for low, high in whole if low <= last]
        with ThreadPoolExecutor(_THREADS) as pool:
            parts = [(np.zeros(0, np.uint64),) * 3, *pool.map(work, spans)]
        keys, masks, channels = (np.concatenate(part) for part in zip(*parts, strict=True))
        self._last = predicates, Chosen(last=last, keys=keys, masks=masks, channels=channels)
        return self._last[1]

    def fitting(self, predicates: Sequence[Predicate], last: int = EVERY_KEY) -> UInts:
        """Keys up to `last`, sorted, of the waybills that fit any of the predicates."""
        if self._last is not None and self._last[1].last >= last and all(p in self._last[0] for p in predicates):
            asked, chosen = self._last
            bits = sum(1 << asked.index(p) for p in predicates)
            keys: UInts = chosen.keys[chosen.masks & np.uint64(bits) != 0]
            return keys if chosen.last == last else keys[keys <= np.uint64(last)]
        portions = [predicates[start : start + MOST] for start in range(0, len(predicates), MOST)]
        return np.unique(np.concatenate([self.choose(portion, last).keys for portion in portions]))

    def fits(self, predicates: Sequence[Predicate], keys: UInts) -> Flags:
        """Which of some waybills (keys, sorted and distinct) fit any of the predicates."""
        out = np.zeros(len(keys), np.bool_)
        for start in range(0, len(predicates), MOST):
            selection = Selection(predicates[start : start + MOST], self._keyer, self._outlets())
            rows = take_newest(self._finder.rows("table:waybills", keys, selection.schema))
            fitting = column_values(rows, "waybill")[selection.masks(rows) != 0]
            out |= contains(fitting, keys)
        return out

    def first(self, predicates: Sequence[Predicate], n: int) -> list[UInts]:
        """For each predicate the first `n` keys, sorted, of the waybills that fit it; fewer where a walk ended."""
        out: list[UInts] = []
        for start in range(0, len(predicates), MOST):
            portion = predicates[start : start + MOST]
            asked, chosen = self._last or (portion, self.choose(portion))
            if not all(p in asked for p in portion):
                asked, chosen = portion, self.choose(portion)
            out += [_first(chosen, asked.index(p), n) for p in portion]
        return out


def _first(chosen: Chosen, bit: int, n: int) -> UInts:
    """Keys of the first rows that have a bit, out of ever longer ranges of them."""
    reach = max(n, 1)
    while True:
        found = np.flatnonzero((chosen.masks[:reach] >> np.uint64(bit)) & np.uint64(1))
        if len(found) >= n or reach >= len(chosen.masks):
            keys: UInts = chosen.keys[found[:n]]
            return keys
        reach *= 4


def last_rows(files: Sequence[SortedFile], low: int, high: int, schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a range of the key space, of which the last row of each waybill counts."""
    rows = join_batches(read_range(files, low, high, schema), schema)
    return rows if len(files) == 1 else take_newest(rows)


def _codes(values: pa.Array, known: pa.Array) -> Longs:
    """Place among `known` from 1; 0 for none."""
    place = pc.fill_null(pc.index_in(values, value_set=known), -1)
    out: Longs = place.to_numpy().astype(np.int64) + 1
    return out


def _keyed(keys: UInts, bits: UInts) -> Callable[[UInts], UInts]:
    """Looks up the bits of keys; bits[0] where a key is not among the few `keys`, which may stand there twice."""
    known, place = np.unique(keys, return_inverse=True)
    of_known = np.zeros(len(known) + 1, np.uint64)
    np.bitwise_or.at(of_known, place + 1, bits[1:])
    of_known[0] = bits[0]
    slots = np.full(2 << len(known).bit_length(), -1, np.int32)
    with np.errstate(over="ignore"):
        _kernels.fill_slots(known, len(known), slots)

    def test(column: UInts) -> UInts:
        codes = np.empty(len(column), np.uint32)
        with np.errstate(over="ignore"):
            _kernels.find_codes(fixed(column), known, slots, codes)
        out: UInts = of_known[codes]
        return out

    return test


def _whole(text: str) -> int | None:
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else None


def _micros(time: datetime) -> int:
    return round(time.timestamp() * 1_000_000)
