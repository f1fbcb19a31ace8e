"""Which reads of a case are shown: a stretch of time, an account, a reason, a page. Pure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal.detect.lanes import CaseLanes

ONLY = ("all", "counted", "unexplained")
_ODD = ("unexplained", "unknown")
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From a time up to another one, which is not within; microseconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be shown.

    Attributes:
        window: When.
        only: One of `ONLY`: all reads, those that a reason counts, those that no work explains.
        person: Place of the account among the case's; None: all.
        reason: Name of the detector that counts them; "": any or none.
        after: Time, source and row of the read behind which a page begins; None: at the beginning.
    """

    window: Window
    only: str = "all"
    person: int | None = None
    reason: str = ""
    after: tuple[int, int, int] | None = None


def select(lanes: CaseLanes, wanted: Selection) -> pa.Table:
    """The reads that are wanted, whatever the page.

    Args:
        lanes: The case.
        wanted: Which of its reads.

    Returns:
        Rows of its reads, in their order.
    """
    return lanes.reads.filter(pa.array(_kept(lanes, wanted)))


def page_of(reads: pa.Table, after: tuple[int, int, int] | None, limit: int) -> tuple[pa.Table, bool]:
    """A page of chosen reads, and whether another one follows."""
    start = 0
    if after is not None:
        at, source, row = (reads[name].to_numpy() for name in ("at", "source", "row"))
        same = at == after[0]
        passed = (at < after[0]) | (same & (source < after[1])) | (same & (source == after[1]) & (row <= after[2]))
        start = int(passed.sum())
    return reads.slice(start, limit), len(reads) > start + limit


def is_odd(reads: pa.Table) -> Flags:
    """Which reads no work explains."""
    odd: Flags = pc.is_in(reads["verdict"], pa.array(_ODD)).to_numpy(zero_copy_only=False)
    return odd


def _kept(lanes: CaseLanes, wanted: Selection) -> Flags:
    reads = lanes.reads
    at = reads["at"].to_numpy()
    kept: Flags = (at >= wanted.window.since) & (at < wanted.window.until)
    if wanted.person is not None:
        kept &= reads["person"].to_numpy() == wanted.person
    if wanted.reason in lanes.head.detectors:
        kept &= (reads["counted"].to_numpy() >> lanes.head.detectors.index(wanted.reason)) & 1 == 1
    elif wanted.reason:
        kept &= False
    if wanted.only == "counted":
        kept &= reads["counted"].to_numpy() > 0
    elif wanted.only == "unexplained":
        kept &= is_odd(reads)
    return kept
