"""What is in a ledger, from when to when, what is missing, and how good it is."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wayseal import store
from wayseal.ledger._key_conflicts import take_newest
from wayseal.ledger._layout import HOUR_US
from wayseal.ledger._lookup import Finder, TextLookup
from wayseal.ledger._manifest import Manifest, PurgeEntry, SourceEntry
from wayseal.ledger._part import column_values
from wayseal.ledger._sorted import contains
from wayseal.ledger._strata import read_counts, reads_by_actor
from wayseal.model.arrays import UInts

__all__ = ["SAMPLE", "USUAL", "Shares", "SourceEntry", "Summary", "silent_hours", "summarise"]
USUAL = 30.0
"""An hour without reads is a gap if so many were usual at that hour of the day."""


def silent_hours(hour: npt.NDArray[np.int64], reads: npt.NDArray[np.int64]) -> tuple[tuple[int, int], ...]:
    """Gaps as (first hour, hour after the last), in order of time, from reads per hour.

    hour: hours since 1970 that have reads, distinct, increasing; reads: how many. What is usual at an hour of the day
    is the median over the days of the log, silent ones included, so that quiet nights and thin logs have no gaps.
    """
    if len(hour) == 0:
        return ()
    every = np.arange(hour[0], hour[-1] + 1)
    count = np.zeros(len(every), np.int64)
    count[hour - hour[0]] = reads
    clock = every % 24
    usual = np.array([np.median(count[clock == h]) if (clock == h).any() else 0.0 for h in range(24)])
    silent = (count == 0) & (usual[clock] >= USUAL)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]]))) + int(hour[0])
    return tuple((int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True))


SAMPLE = 20_000
"""Waybills that shares are estimated from: the first of the key space, so a uniform sample."""
_INGESTED = tuple(name for name in store.TABLES if name != "leaks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of a uniform sample of `sample` waybills: with a row in `waybills`, with scans.

    early: reads before the issue, of all reads of waybills whose issue is known (a sign of clocks that differ).
    """

    sample: int
    described: float
    scanned: float
    early: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The content of a ledger in figures.

    Attributes:
        generation: Number of its manifest.
        digest: Of the ledger.
        rows: Table → rows kept.
        sources: Files that were ingested.
        missing_tables: Tables of the contract that it lacks.
        rejected: Reason → rows.
        repeated: Reads left out as known.
        dropped: Rows left out by filters.
        conflicts: Table → rows that replaced another with the same id.
        first_at: Least time of a read, microseconds since 1970; None: no reads.
        last_at: Greatest time of a read, likewise.
        gaps: (from, to) hours since 1970, the second excluded, without any read where many are usual (`silent_hours`).
        known_actors: Share of reads whose actor stands in `actors`; None without reads.
        shares: Shares of reads that carry a column.
        purges: What was removed; first_at and last_at are then those of the hours that are left.
    """

    generation: int
    digest: str
    rows: Mapping[str, int]
    sources: tuple[SourceEntry, ...]
    missing_tables: tuple[str, ...]
    rejected: Mapping[str, int]
    repeated: int
    dropped: int
    conflicts: Mapping[str, int]
    first_at: int | None
    last_at: int | None
    gaps: tuple[tuple[int, int], ...]
    known_actors: float | None
    shares: Shares
    purges: tuple[PurgeEntry, ...] = ()


def summarise(
    manifest: Manifest, finder: Finder, text_lookup: TextLookup, actors: pa.Table, sample: UInts,
    reads: pa.RecordBatch,
) -> Summary:  # fmt: skip
    """Adds up the manifest and looks at a sample of waybills (sorted keys) and their reads (waybill, at)."""
    rows = {s.table: manifest.rows(s.table) for s in manifest.sources}
    rejected: Counter[str] = Counter()
    for source in manifest.sources:
        rejected.update(source.rejected)
    hours = read_counts(finder, "hours")
    first, last = _span(manifest, hours)
    return Summary(
        generation=manifest.generation,
        digest=manifest.digest,
        rows={n: rows[n] for n in store.TABLES if n in rows},
        sources=manifest.sources,
        missing_tables=tuple(n for n in _INGESTED if not rows.get(n)),
        rejected=dict(sorted(rejected.items())),
        repeated=sum(s.repeated for s in manifest.sources),
        dropped=sum(s.dropped for s in manifest.sources),
        conflicts=manifest.counts,
        first_at=first,
        last_at=last,
        gaps=silent_hours(hours["hour"].to_numpy(), hours["reads"].to_numpy()),
        known_actors=_known_actors(finder, text_lookup, actors),
        shares=_shares(finder, sample, reads),
        purges=manifest.purges,
    )


def _span(manifest: Manifest, hours: pa.Table) -> tuple[int | None, int | None]:
    """Least and greatest time of a read; after a purge the hour of those that are left bounds them."""
    logs = [s for s in manifest.sources if s.table == "accesses"]
    first = min((s.first_at for s in logs if s.first_at is not None), default=None)
    last = max((s.last_at for s in logs if s.last_at is not None), default=None)
    if not manifest.purges or first is None or last is None:
        return first, last
    if not hours.num_rows:
        return None, None
    low, high = hours["hour"][0].as_py(), hours["hour"][-1].as_py()
    return max(first, low * HOUR_US), min(last, (high + 1) * HOUR_US - 1)


def _known_actors(finder: Finder, text_lookup: TextLookup, actors: pa.Table) -> float | None:
    """Share of the reads whose account `actors` has; by names, since hashing would load the compiler."""
    volumes = reads_by_actor(finder)
    total = pc.sum(volumes["reads"]).as_py()
    if not total:
        return None
    names = text_lookup.names("actor", volumes["actor"].to_numpy())
    there = pc.is_in(names, value_set=actors["actor"].combine_chunks().drop_null())
    return int(volumes["reads"].to_numpy()[there.to_numpy(zero_copy_only=False)].sum()) / int(total)


def _shares(finder: Finder, sample: UInts, reads: pa.RecordBatch) -> Shares:
    total = max(len(sample), 1)
    issued = pa.schema([("waybill", pa.uint64()), ("issued_at", pa.timestamp("us", tz="UTC"))])
    described = take_newest(finder.rows("table:waybills", sample, issued))
    keys = column_values(described, "waybill")
    only = pa.schema([("waybill", pa.uint64())])
    scanned = np.unique(column_values(finder.rows("table:scans", sample, only), "waybill"))
    return Shares(
        sample=len(sample),
        described=len(keys) / total,
        scanned=len(scanned) / total,
        early=_early(described, reads),
    )


def _early(described: pa.RecordBatch, reads: pa.RecordBatch) -> float:
    """Share of reads before the issue of their waybill, of those whose issue is known."""
    keys, at = column_values(reads, "waybill"), column_values(reads, "at")
    known = contains(column_values(described, "waybill"), keys)
    if not known.any():
        return 0.0
    place = np.searchsorted(column_values(described, "waybill"), keys[known])
    return float(np.mean(at[known] < column_values(described, "issued_at")[place]))
