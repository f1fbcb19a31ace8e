"""The ledger's knowledge of numbers before they are traced.

1. A number is known or not, stands twice or not, as a trace would say it (`_leaks`).
2. Readers are counted by the log alone: accounts that read it before it was seen on sale, and after.
3. Strata are those of a trace (`_strata`), so what is shown here is what shares are taken from there.
4. Accounts that read at least one of the numbers are put into classes by the share of comparable parcels that they
   read, the mean over the numbers; for each class it is said how many numbers tell such an account from others.

Power analysis: how many numbers a verdict needs, by how much of all parcels the seller reads.

5. Of N accounts one that reads the share π of comparable parcels and sold the share w of the numbers stands out once
   n · D(θ‖π) reaches ln(N / ε), θ = w(1-δ) + (1 - w(1-δ))π. D is the relative entropy of yes and no, ε the error that
   is allowed, δ the share of reads that the log lost. Times of reads, which help, are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, log

import numpy as np

from wayseal.ledger import Snapshot
from wayseal.model.times import iso, micros_of
from wayseal.store.types import Leaks
from wayseal.trace._evidence import Floats, Ints
from wayseal.trace._leaks import LeakSet, hours, match_leaks
from wayseal.trace._quality import leak_notes, summary_span
from wayseal.trace._result import Note
from wayseal.trace._strata import Strata, lookup, stratify

ERROR = 0.01
LOST = 0.05


def numbers_needed(accounts: int, read: float, sold: float) -> int:
    """Numbers that tell an account from all others (rule 5).

    Args:
        accounts: How many stand to choice.
        read: Share of comparable parcels that it reads, above 0 and below 1.
        sold: Share of the numbers that it sold, above 0 and below 1.

    Returns:
        At least so many numbers that the ledger knows.
    """
    had = sold * (1 - LOST) + (1 - sold * (1 - LOST)) * read
    told = had * log(had / read) + (1 - had) * log((1 - had) / (1 - read))
    return max(1, ceil(log(max(accounts, 2) / ERROR) / told))


CLASSES = (0.001, 0.01, 0.1, 0.3, 0.8)
"""Upper ends of the classes of rule 4; the last class has none above but 1."""
SOLE, FIFTH = 0.9, 0.18
"""Shares of the numbers that an account sold: all but one in ten, which is taken for noise, or a fifth of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSeen:
    """A row of the leaks as the ledger sees it.

    line: its line. stratum: place of its stratum; None where it takes no part. before, after: accounts that read it
    before it was seen on sale, and later. missing: why it takes no part.
    """

    line: int
    waybill: str
    missing: Note | None
    stratum: int | None = None
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumSeen:
    """The group some numbers were drawn from. asked: conditions; issued_from, issued_to: ISO 8601; waybills: in it."""

    asked: Mapping[str, tuple[str, ...]]
    issued_from: str | None
    issued_to: str | None
    numbers: int
    waybills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerClass:
    """A class of accounts: those that read up to `up_to` of comparable parcels.

    accounts: that read at least one of the numbers. sole, fifth: numbers needed if such an account sold nearly all of
    them, or every fifth (rule 4).
    """

    up_to: float
    accounts: int
    sole: int
    fifth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The ledger's knowledge of numbers. found: different ones that take part; accounts: that could be a source."""

    ledger_digest: str
    found: int
    accounts: int
    numbers: tuple[NumberSeen, ...]
    strata: tuple[StratumSeen, ...]
    carries: tuple[PowerClass, ...]
    notes: tuple[Note, ...]
    missing_tables: tuple[str, ...]


def preview(snapshot: Snapshot, leaks: Leaks) -> Preview:
    """Looks at numbers before a trace.

    Args:
        snapshot: The ledger.
        leaks: The numbers.

    Returns:
        What is known of them (rules 1 to 4).

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
    """
    found = match_leaks(snapshot, leaks)
    strata = stratify(snapshot, found, snapshot.waybills(found.key))
    before, after, readers = _readers(snapshot, found)
    summary = snapshot.summary()
    accounts = max(len(snapshot.actors()), len(strata.whole.actors))
    return Preview(
        ledger_digest=snapshot.digest,
        found=len(found),
        accounts=accounts,
        numbers=_numbers(leaks, found, strata, before, after),
        strata=_strata(strata, len(found)),
        carries=_analyse_power(_read_shares(strata, readers), accounts),
        notes=tuple(leak_notes(found, leaks, summary_span(summary))),
        missing_tables=summary.missing_tables,
    )


def _readers(snapshot: Snapshot, found: LeakSet) -> tuple[Ints, Ints, np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    """Accounts before and after the sale, by leak, and the keys of all before (rule 2)."""
    rows = snapshot.reads(np.unique(found.key), ("waybill", "at", "actor"))
    place = {int(key): leak for leak, key in enumerate(found.key)}
    leak = np.array([place[int(key)] for key in rows["waybill"].to_numpy()], np.int64)
    actor = rows["actor"].to_numpy()
    early = hours(rows["at"], found.epoch_us) < found.sold_at[leak] if len(leak) else np.zeros(0, np.bool_)

    def count(mine: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Ints:
        pairs = np.unique(np.stack([leak[mine].astype(np.uint64), actor[mine]]), axis=1)
        return np.bincount(pairs[0].astype(np.int64), minlength=len(found)).astype(np.int32)

    return count(early), count(~early), np.unique(actor[early])


def _numbers(leaks: Leaks, found: LeakSet, strata: Strata, before: Ints, after: Ints) -> tuple[NumberSeen, ...]:
    """Rule 1, every row in its order."""
    place = {int(row): leak for leak, row in enumerate(found.row)}
    why = dict(found.unused)
    out = []
    for row, waybill in enumerate(leaks.rows["waybill"].to_pylist()):
        leak, line = place.get(row), int(leaks.line[row])
        if leak is None:
            out.append(NumberSeen(line=line, waybill=waybill, missing=why[row]))
            continue
        seen = NumberSeen(
            line=line,
            waybill=waybill,
            missing=None if before[leak] else Note(code="missing.no_reads_before_sale"),
            stratum=int(strata.of[leak]),
            before=int(before[leak]),
            after=int(after[leak]),
        )
        out.append(seen)
    return tuple(out)


def _strata(strata: Strata, found: int) -> tuple[StratumSeen, ...]:
    counts = np.bincount(strata.of, minlength=len(strata.predicates)) if found else np.zeros(0, np.int64)
    return tuple(
        StratumSeen(
            asked=dict(predicate.any_of),
            issued_from=None if predicate.issued_from is None else iso(micros_of(predicate.issued_from)),
            issued_to=None if predicate.issued_to is None else iso(micros_of(predicate.issued_to)),
            numbers=int(count),
            waybills=volume.waybills,
        )
        for predicate, volume, count in zip(strata.predicates, strata.volumes, counts, strict=False)
        if count
    )


def _read_shares(strata: Strata, readers: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Floats:
    """[readers] share of comparable parcels that each read, the mean over the numbers."""
    if not len(readers) or not len(strata.of):
        return np.zeros(0)
    share = [lookup(volume.actors, readers) / max(volume.waybills, 1) for volume in strata.volumes]
    return np.asarray(np.stack(share)[strata.of].mean(axis=0), np.float64)


def _analyse_power(share: Floats, accounts: int) -> tuple[PowerClass, ...]:
    """Rule 4."""
    place = np.minimum(np.searchsorted(CLASSES, share), len(CLASSES) - 1)
    counts = np.bincount(place, minlength=len(CLASSES))
    return tuple(
        PowerClass(
            up_to=end,
            accounts=int(counts[place]),
            sole=numbers_needed(accounts, end, SOLE),
            fifth=numbers_needed(accounts, end, FIFTH),
        )
        for place, end in enumerate(CLASSES)
    )
