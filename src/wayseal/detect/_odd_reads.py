"""All the reads behind the reasons of a case, as detectors count them: of the case's accounts, on the case's days.

1. Days are looked at as detection would have if the log had ended with the case's newest read: four weeks before the
   first alert are the case's, and the four before them its past.
2. A read belongs to a detector if it is one of its suspects, or lies in one of its cells. Detectors that are told from
   outside of the ledger which reads they mean (canaries, contracts) or that count no reads (searches of routes) have
   none here, and that is said.
3. Reads of numbers that a case is about, such as those on sale, are its own, whether a detector counts them or not, on
   whatever day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect._detect import view_of
from wayseal.detect._supporting_reads import in_cells
from wayseal.detect._view import View
from wayseal.detect.detectors import Odd, detectors
from wayseal.detect.errors import TooManyReadsError
from wayseal.detect.explain import Template
from wayseal.detect.facts import update_facts
from wayseal.detect.window import DAY_US, DAYS, HOUR_US, MOST_DAYS, WindowError, window_of
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Flags
from wayseal.model.progress import Progress

COLUMNS = ("source", "row", "session", "ip", "device", "purpose", "access", "first")
"""Of reads, beside those that every key range has."""
MOST = 200_000
"""More reads than these are no list that a person reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFilter:
    """Which reads are sought.

    actors: ids. detectors: by name. since, until: µs of the first alert of a case and of its newest read. waybill: its
    clean number, "" for all. everything: all reads of these days, whether a detector counts them or not. numbers: clean
    numbers that the case is about (rule 3).
    """

    actors: tuple[str, ...]
    detectors: tuple[str, ...]
    since: int
    until: int
    waybill: str = ""
    everything: bool = False
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OddReads:
    """reads: columns of a key range, with `COLUMNS`; by time, source and row. counted: bool (reads, detectors).

    first, last: local days since 1970 that were looked at, both included. unlisted: detectors that have no reads here.
    """

    reads: pa.Table
    counted: Flags
    first: int
    last: int
    unlisted: tuple[str, ...]


def find_odd_reads(
    snapshot: Snapshot,
    wanted: ReadFilter,
    templates: Sequence[Template],
    offset: int,
    folder: Path | None,
    progress: Progress,
) -> OddReads:
    """The reads of a case (rules 1 to 3).

    offset: of local days, µs ahead of UTC. folder: where detection's facts are kept, None for nowhere.
    LedgerError; TooManyReadsError; OSError: facts can't be kept.
    """
    first, last = case_days(wanted.since, wanted.until, offset)
    counter = _counter(snapshot, wanted, templates, offset, folder, (first, last), progress)
    reads, counted = _Search(snapshot, counter, wanted, (first, last), offset).walk(progress)
    unlisted = () if counter is None else counter.unlisted(wanted.detectors, wanted.numbers)
    return OddReads(reads=reads, counted=counted, first=first, last=last, unlisted=unlisted)


def _counter(
    snapshot: Snapshot,
    wanted: ReadFilter,
    templates: Sequence[Template],
    offset: int,
    folder: Path | None,
    days: tuple[int, int],
    progress: Progress,
) -> "ReadCounter | None":
    """The detectors that count each read; None where none lies in the case's days."""
    try:
        window = window_of(snapshot.activity(), offset, *days)
    except WindowError:
        window = None
    if window is None:
        return None
    facts = update_facts(snapshot, folder, templates, offset, progress)
    return ReadCounter.of(view_of(snapshot, facts, window), wanted.detectors)


def case_days(since: int, until: int, offset: int) -> tuple[int, int]:
    """First and last local day of a case (rule 1). since, until: µs of its first alert and of its newest read."""
    last = (until + offset) // DAY_US
    return max((since + offset) // DAY_US - DAYS + 1, last - MOST_DAYS + 1), last


class _Search:
    """One walk."""

    def __init__(
        self,
        snapshot: Snapshot,
        counter: "ReadCounter | None",
        wanted: ReadFilter,
        days: tuple[int, int],
        offset: int,
    ) -> None:
        self.snapshot = snapshot
        self.counter = counter
        self.wanted = wanted
        self.days = days
        self.offset = offset
        self.keys = snapshot.keys(wanted.actors)
        self.numbers = snapshot.keys(wanted.numbers)

    def walk(self, progress: Progress) -> tuple[pa.Table, Flags]:
        """The reads in order, and which detectors count each."""
        tables, flags, found = [], [], 0
        for key_range in self.snapshot.source_ranges("actor", self.keys, COLUMNS):
            for key in self.keys:
                rows = self._rows(key_range.reads, key)
                mine = key_range.reads.take(pa.array(rows))
                counted = self._count(mine, key)
                kept = np.flatnonzero(counted.any(axis=1) | self._named(mine) | self.wanted.everything)
                found += len(kept)
                if found > MOST:
                    raise TooManyReadsError(
                        "more than {most:,} reads: narrow them with --reason, --actor or --waybill", most=MOST
                    )
                tables.append(mine.take(pa.array(kept)))
                flags.append(counted[kept])
            progress("reads", key_range.done, key_range.total)
        if not tables:
            return pa.table({}), np.zeros((0, len(self.wanted.detectors)), np.bool_)
        reads, counted = pa.concat_tables(tables).combine_chunks(), np.concatenate(flags)
        order = np.lexsort([reads[n].to_numpy() for n in ("row", "source")] + [times_of(reads)])
        return reads.take(pa.array(order)), counted[order]

    def _rows(self, reads: pa.Table, key: np.uint64) -> npt.NDArray[np.int64]:
        """Places of an account's reads on these days."""
        day = (times_of(reads) + self.offset) // DAY_US
        there = ((day >= self.days[0]) & (day <= self.days[1])) | self._named(reads)
        there &= reads["actor"].to_numpy() == key
        if self.wanted.waybill:
            there &= reads["waybill"].to_numpy() == self.snapshot.keys([self.wanted.waybill])[0]
        return np.flatnonzero(there)

    def _count(self, reads: pa.Table, key: np.uint64) -> Flags:
        if self.counter is None:
            return np.zeros((len(reads), len(self.wanted.detectors)), np.bool_)
        return self.counter.count(reads, key)

    def _named(self, reads: pa.Table) -> Flags:
        """Which reads are of numbers that the case is about (rule 3)."""
        return np.isin(reads["waybill"].to_numpy(), self.numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCounter:
    """Says which detectors count a read. odd: of each detector that is sought; None: there is none of that name."""

    view: View
    odd: Sequence[Odd | None]

    @classmethod
    def of(cls, view: View, names: Sequence[str]) -> "ReadCounter":
        """For detectors by name."""
        by_name = {d.name: d for d in detectors()}
        return cls(view=view, odd=[by_name[name].count(view) if name in by_name else None for name in names])

    def unlisted(self, names: Sequence[str], numbers: Sequence[str]) -> tuple[str, ...]:
        """Detectors that have no reads here (rule 2); what is none, such as a trace, has those of the numbers."""
        return tuple(
            name
            for name, one in zip(names, self.odd, strict=True)
            if (not numbers if one is None else one.suspects is None and one.cells is None)
        )

    def count(self, reads: pa.Table, key: np.uint64) -> Flags:
        """Bool (reads, detectors), of reads of one account."""
        out = np.zeros((len(reads), len(self.odd)), np.bool_)
        place = np.flatnonzero(self.view.keys == key)
        if not len(place) or not len(reads):
            return out
        for nth, odd in enumerate(self.odd):
            if odd is not None and odd.suspects is not None:
                out[:, nth] = self._suspected(reads, int(place[0]), odd.suspects)
            elif odd is not None and odd.cells is not None:
                cells = odd.cells.filter(pa.array(odd.cells["actor"].to_numpy() == place[0]))
                local = times_of(reads) + self.view.offset
                out[:, nth] = in_cells(reads, local // DAY_US - self.view.day, local // HOUR_US % 24, cells)
        return out

    def _suspected(self, reads: pa.Table, place: int, which: Flags) -> Flags:
        """Which reads of an account are these suspects: first reads, each of another waybill."""
        s = self.view.suspects
        mine = np.flatnonzero(which & (s.actor == place))
        order = mine[np.argsort(s.waybill[mine])]
        known = np.append(s.waybill[order], np.uint64(0))
        at = np.searchsorted(known[:-1], reads["waybill"].to_numpy())
        same = (known[at] == reads["waybill"].to_numpy()) & (np.append(s.at[order], -1)[at] == times_of(reads))
        out: Flags = same & reads["first"].to_numpy(zero_copy_only=False)
        return out


def times_of(reads: pa.Table) -> npt.NDArray[np.int64]:
    """µs since 1970."""
    out: npt.NDArray[np.int64] = reads["at"].cast(pa.int64()).to_numpy()
    return out
