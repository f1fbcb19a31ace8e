"""The ground beneath a case: reads laid out, why one was work or not, and the life of a waybill. No page, no name.

1. A page walks over nothing: reads of a case were laid out before, and all else is looked up under one waybill.
2. What many questions need of a ledger is made once for each of its states; while a newer one is made ready, pages are
   answered by the state before, which is whole in itself.
3. Accounts are named by whoever asks: every question takes the function that says how they may be called.

The reads of a case that are shown, and their order: a span of time, an account, a reason, a page. Pure.

4. Reads that the order says nothing of stand by time, source and row: no two are equal, so that a page begins where
   the one before ended, whatever came in between.
5. A key says what the read stood by, so that a page is found also where that read is gone.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.console.reading._argument import ODD, Counted, Leaning, Weighed, count_parcels, weigh
from wayseal.console.reading._directory import ACTIONS, DAYS, Days, Directory, Pairing
from wayseal.console.reading._reader import Canary, CanaryWatch, CaseReader, WaybillLife
from wayseal.console.reading._reviews import (
    PARCELS,
    PARTNERS,
    RIGHTS,
    KeptParcels,
    Review,
    keep_review,
    load_parcels,
    load_review,
    review_parcels,
    review_partners,
    review_rights,
)
from wayseal.detect.timeline import CaseTimeline

__all__ = [
    "ACTIONS",
    "DAYS",
    "ODD",
    "ONLY",
    "PARCELS",
    "PARTNERS",
    "RIGHTS",
    "SORTS",
    "Canary",
    "CanaryWatch",
    "CaseReader",
    "Counted",
    "Days",
    "Directory",
    "KeptParcels",
    "Leaning",
    "Pairing",
    "ReadKey",
    "Review",
    "Selection",
    "WaybillLife",
    "Weighed",
    "Window",
    "arrange",
    "count_parcels",
    "is_odd",
    "keep_review",
    "load_parcels",
    "load_review",
    "numbers_of",
    "page_of",
    "review_parcels",
    "review_partners",
    "review_rights",
    "select",
    "weigh",
]  # fmt: skip

ONLY = ("all", "counted", "unexplained", "starred")
SORTS = ("at", "waybill", "sold", "account", "verdict", "reasons", "way", "device", "address", "session")
_VERDICTS = pa.array(("mandate", "strong", "weak", *ODD))
_NUMBERED = {"device": "device", "address": "ip", "session": "session"}
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From a time up to another one, which is not within; microseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadKey:
    """Where a read stands in an order. value: what it is sorted by; of an account its place among the case's."""

    at: int
    source: int
    row: int
    value: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which reads are shown, and in which order.

    Attributes:
        window: When.
        only: One of `ONLY`: all reads, those that a reason counts, those that no work explains, those of `marked`.
        person: Place of the account among the case's; None: all.
        reason: Name of the detector that counts them; "": any or none.
        sort: One of `SORTS`.
        down: The other way round.
        after: The read behind which a page begins; None: at the beginning.
        marked: Source and row of reads that people marked.
    """

    window: Window
    only: str = "all"
    person: int | None = None
    reason: str = ""
    sort: str = "at"
    down: bool = False
    after: ReadKey | None = None
    marked: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """A page of reads. after: the key behind which the next one begins; None: there is none."""

    reads: pa.Table
    after: ReadKey | None


def select(timeline: CaseTimeline, wanted: Selection) -> pa.Table:
    """The reads that are wanted, whatever page and order.

    Args:
        timeline: The case.
        wanted: Which of its reads.

    Returns:
        Rows of its reads, by time.
    """
    return timeline.reads.filter(pa.array(_kept(timeline, wanted)))


def arrange(timeline: CaseTimeline, wanted: Selection, names: list[str]) -> pa.Table:
    """The reads that are wanted, in their order.

    Args:
        timeline: The case.
        wanted: Which of its reads, and the order.
        names: What its accounts are called, in their order.

    Returns:
        Rows of its reads.
    """
    kept = pa.array(_kept(timeline, wanted))
    reads = timeline.reads.filter(kept)
    if wanted.sort == "at" and not wanted.down:
        return reads
    return reads.take(_order(_values(timeline, wanted.sort, names).filter(kept), wanted))


def page_of(timeline: CaseTimeline, wanted: Selection, names: list[str], limit: int) -> ReadPage:
    """A page of the reads that are wanted.

    Args:
        timeline: The case.
        wanted: Which of its reads, the order, and behind which one.
        names: What its accounts are called, in their order.
        limit: At most so many.
    """
    kept = pa.array(_kept(timeline, wanted))
    reads, values = timeline.reads.filter(kept), _values(timeline, wanted.sort, names).filter(kept)
    start = 0 if wanted.after is None else _passed(reads, values, wanted, names)
    chosen = _order(values, wanted).slice(start, limit)
    page = reads.take(chosen)
    if len(reads) <= start + limit:
        return ReadPage(reads=page, after=None)
    last = page.slice(len(page) - 1).to_pylist()[0]
    value = last["person"] if wanted.sort == "account" else values[chosen[-1].as_py()].as_py()
    return ReadPage(reads=page, after=ReadKey(at=last["at"], source=last["source"], row=last["row"], value=value))


def is_odd(reads: pa.Table) -> Flags:
    """Which reads no work explains."""
    odd: Flags = pc.is_in(reads["verdict"], pa.array(ODD)).to_numpy(zero_copy_only=False)
    return odd


def numbers_of(timeline: CaseTimeline, column: str) -> pa.Array:
    """Texts of a column that stand for people or their things: their place in the array, from 1, is their number.

    They stand in the order in which they first came; "" has no number.
    """
    texts = pc.unique(timeline.reads[column])
    return texts.filter(pc.not_equal(texts, ""))


def _order(values: pa.Array, wanted: Selection) -> pa.Array:
    """Places of rows in their order; equal ones stay as they are (rule 4)."""
    return pc.array_sort_indices(values, order="descending" if wanted.down else "ascending")


def _passed(reads: pa.Table, values: pa.Array, wanted: Selection, names: list[str]) -> int:
    """How many reads stand before a page, in the order (rule 5)."""
    key = wanted.after
    if key is None:
        return 0
    value = key.value
    if wanted.sort == "account":
        value = _ranks(names)[int(value)] if 0 <= int(value) < len(names) else -1
    at, source, row = (reads[name].to_numpy() for name in ("at", "source", "row"))
    same = at == key.at
    passed = (at < key.at) | (same & (source < key.source)) | (same & (source == key.source) & (row <= key.row))
    beyond = pc.greater(values, value) if wanted.down else pc.less(values, value)
    equal = pc.equal(values, value)
    before: Flags = pc.or_(beyond, pc.and_(equal, pa.array(passed))).to_numpy(zero_copy_only=False)
    return int(before.sum())


def _values(timeline: CaseTimeline, sort: str, names: list[str]) -> pa.Array:
    """Return what the reads of a case are sorted by."""
    reads = timeline.reads
    match sort:
        case "sold":  # those that the case is about first
            named = pc.is_in(reads["waybill"], pa.array(timeline.head.numbers, pa.string()))
            found = pc.invert(named).cast(pa.int64())
        case "account":
            return pa.array(np.array(_ranks(names), np.int64)[reads["person"].to_numpy()])
        case "verdict":  # the best work first, and under each the templates by name
            place = pc.index_in(reads["verdict"], _VERDICTS).cast(pa.string())
            found = pc.binary_join_element_wise(place, reads["template"], " ")
        case "reasons":  # how many, then which
            counted = reads["counted"].to_numpy()
            return pa.array((np.bitwise_count(counted).astype(np.int64) << 48) | counted)
        case "way":
            found = pc.binary_join_element_wise(reads["action"], reads["via"], " ")
        case "device" | "address" | "session":
            column = _NUMBERED[sort]
            found = pc.add(pc.index_in(reads[column], numbers_of(timeline, column)).fill_null(-1).cast(pa.int64()), 1)
        case _:
            found = reads[sort]
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _ranks(names: list[str]) -> list[int]:
    """The place of each name among all, in their order."""
    order = {name: place for place, name in enumerate(sorted(set(names)))}
    return [order[name] for name in names]


def _kept(timeline: CaseTimeline, wanted: Selection) -> Flags:
    reads = timeline.reads
    at = reads["at"].to_numpy()
    kept: Flags = (at >= wanted.window.since) & (at < wanted.window.until)
    if wanted.person is not None:
        kept &= reads["person"].to_numpy() == wanted.person
    if wanted.reason in timeline.head.detectors:
        kept &= (reads["counted"].to_numpy() >> timeline.head.detectors.index(wanted.reason)) & 1 == 1
    elif wanted.reason:
        kept &= False
    if wanted.only == "counted":
        kept &= reads["counted"].to_numpy() > 0
    elif wanted.only == "unexplained":
        kept &= is_odd(reads)
    elif wanted.only == "starred":
        source, row, some = reads["source"].to_numpy(), reads["row"].to_numpy(), np.zeros(len(reads), np.bool_)
        for one in wanted.marked:  # as few as people mark by hand
            some |= (source == one[0]) & (row == one[1])
        kept &= some
    return kept
