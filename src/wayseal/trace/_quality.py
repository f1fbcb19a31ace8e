"""How good the data is, said before any verdict.

1. Leaks the ledger doesn't know, and leaks before or after the log's span.
2. Gaps: hours without any read where the same hours of other days have many.
3. Clocks: reads that stand before their parcel was issued can't be; they show how far clocks are off.
4. Leaks first read only after their sale, or by nobody.
5. What the rows themselves lack: `asked`, accounts unknown to `actors`, rows set aside at ingest.
6. What was purged: what the ledger can't see any more.
7. What became of logged queries: replayed, soft, of no use and why.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot, Summary
from wayseal.ledger.summary import silent_hours
from wayseal.model.times import HOUR_US, iso
from wayseal.store.tables import microseconds
from wayseal.store.types import Leaks, NoticeCode
from wayseal.trace._evidence import ACTOR, Evidence
from wayseal.trace._leaks import LeakSet, seen_until
from wayseal.trace._likelihood import certain_events
from wayseal.trace._replay import ReplayedReads
from wayseal.trace._result import Note
from wayseal.trace._strata import Strata

FOUND_LOW = 0.8
"""Below this share of leaks found, the log may not cover the place they came from."""

GAPS_SAID = 5
SKEW_SHARE = 0.01
UNKNOWN_ACTORS = 0.01


def leak_notes(leaks: LeakSet, file: Leaks, span: tuple[int, int] | None) -> Iterator[Note]:
    """Remarks on the leaks file against the ledger. span: first and last read, microseconds."""
    n = len(file.rows)
    duplicates = sum(note.code == "missing.duplicate" for _, note in leaks.unused)
    if span is None:
        yield Note(code="quality.empty_log")
    if duplicates:
        yield Note(code="quality.duplicate_leaks", values={"n": duplicates})
    if file.rejected:
        yield Note(code="quality.rejected_leaks", values={"n": len(file.rejected)})
    if n - duplicates and len(leaks) < FOUND_LOW * (n - duplicates):
        yield Note(code="quality.found_low", values={"found": len(leaks), "leaks": n - duplicates})
    if len(leaks) == 1:
        yield Note(code="quality.single_leak")
    if span is not None and len(leaks):
        sold, until = microseconds(file.rows["seen_at"])[leaks.row], seen_until(file)[leaks.row]
        before, after = int((until < span[0]).sum()), int((sold > span[1] + 2 * 24 * HOUR_US).sum())
        if before or after:
            yield Note(code="quality.outside_log", values={"before": before, "after": after})
    if days := int(leaks.by_day.sum()):
        yield Note(code="quality.days", values={"n": days})
    yield from _offset_notes(file)
    if unreadable := leaks.unreadable_asked + _emptied(file, "asked"):
        yield Note(code="quality.asked_unreadable", values={"n": unreadable})
    elif len(leaks) and all(asked is None for asked in leaks.asked):
        yield Note(code="quality.asked_missing")


def _offset_notes(file: Leaks) -> Iterator[Note]:
    for notice in file.notices:
        if notice.code is NoticeCode.TIMES_WITHOUT_OFFSET and notice.values["assumed"]:
            yield Note(code="quality.no_offset", values={"offset": notice.values["offset"]})
            return


def _emptied(file: Leaks, column: str) -> int:
    """Values of a column that the reader could not understand and left empty."""
    return sum(len(one.lines) for one in file.emptied if one.column == column)


def evidence_notes(evidence: Evidence, strata: Strata) -> Iterator[Note]:
    """Remarks on reads against sales, and on the strata."""
    reads = certain_events(evidence, evidence.reads)
    mine = evidence.kind[reads.source] == ACTOR
    before = mine & (reads.at < evidence.sold_at[reads.leak])
    any_read = np.bincount(reads.leak[mine], minlength=evidence.leaks) > 0
    early = np.bincount(reads.leak[before], minlength=evidence.leaks) > 0
    late = int((any_read & ~early).sum())
    unread = int((~any_read).sum())
    if late:
        yield Note(code="quality.read_after_sale", values={"n": late})
    if unread:
        yield Note(code="quality.sold_before_read", values={"n": unread})
    if strata.mismatched:
        yield Note(code="quality.asked_mismatch", values={"n": strata.mismatched})
    if strata.sampled:
        yield Note(code="quality.strata_sampled", values={"n": strata.sampled})


def query_notes(found: ReplayedReads | None) -> Iterator[Note]:
    """Rule 6; nothing for a ledger without queries."""
    if found is None:
        return
    counts = found.replay.counts
    values = {"n": counts.replayed, "soft": counts.soft, "useless": counts.useless}
    if counts.replayed:
        yield Note(code="quality.queries_replayed", values=values)
    elif counts.useless:
        yield Note(code="quality.queries_useless", values={"n": counts.useless})
    for key, queries in counts.unreadable.items():
        yield Note(code="quality.queries_unreadable", values={"n": queries, "key": key or "?"})
    if found.also_logged:
        yield Note(code="quality.queries_again", values={"n": found.also_logged})
    if found.changes_left_out:
        yield Note(code="quality.changes_left_out", values={"n": found.changes_left_out})


def summary_span(summary: Summary, found: ReplayedReads | None = None) -> tuple[int, int] | None:
    """First and last read or replayed query (microseconds after 1970), None without any."""
    spans = [] if found is None or found.replay.counts.span is None else [found.replay.counts.span]
    if summary.first_at is not None and summary.last_at is not None:
        spans.append((summary.first_at, summary.last_at))
    if not spans:
        return None
    return min(first for first, _ in spans), max(last for _, last in spans)


def log_notes(snapshot: Snapshot, summary: Summary) -> Iterator[Note]:
    """Remarks on the log as a whole."""
    if summary.purges:
        last = max(summary.purges, key=lambda p: p.day)
        reads = sum(p.reads for p in summary.purges)
        yield Note(code="quality.purged", values={"before": last.before, "n": reads})
    if rejected := sum(summary.rejected.values()):
        yield Note(code="quality.rejected_rows", values={"n": rejected})
    known = summary.known_actors
    if summary.rows.get("actors") and known is not None and 1 - known > UNKNOWN_ACTORS:
        yield Note(code="quality.unknown_actors", values={"share": 1 - known})
    if summary.shares.early > SKEW_SHARE:
        yield Note(code="quality.reads_before_issue", values={"share": summary.shares.early})
    yield from gap_notes(*_hourly(snapshot))


def gap_notes(hour: NDArray[np.int64], reads: NDArray[np.int64]) -> Iterator[Note]:
    """Rule 2, from reads per hour (hours after 1970, distinct, increasing)."""
    gaps = sorted(silent_hours(hour, reads), key=lambda gap: (gap[0] - gap[1], gap[0]))
    for first, end in sorted(gaps[:GAPS_SAID]):
        span = {"from": iso(first * HOUR_US), "to": iso(end * HOUR_US)}
        values: dict[str, str | int | float] = {"hours": end - first, **span}
        yield Note(code="quality.gaps", values=values)


def _hourly(snapshot: Snapshot) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    table = snapshot.activity()
    return table["hour"].to_numpy().astype(np.int64), table["reads"].to_numpy().astype(np.int64)
