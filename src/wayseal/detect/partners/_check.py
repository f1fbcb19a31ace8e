"""Each partner's interface against its contract, and both sides' logs against each other.

Obligations (code and tests cite the numbers):
1. Every read of a partner's account in the period is judged by exactly one contract, or is a read without one.
2. What can't be judged is said; nothing is taken to be in order because a table or a column is missing.
3. Memory is bounded by the stretch of the key space, by days and by distinct names, not by how much was read.
4. The same ledger, contracts and period give the same result, byte for byte.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from wayseal import __version__
from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._judge import PRODUCTS, BreachRows, Judge, PartnerTally
from wayseal.detect.partners._pairs import TOLERANCE_US
from wayseal.detect.partners._partner_summary import SummaryBuilder, build_reconciliation, find_misfits
from wayseal.detect.partners._reads import (
    COLUMNS,
    HOUR_US,
    NO_CALLS,
    NO_READS,
    Groups,
    Log,
    Reads,
    groups_of,
    reads_of,
    unknown_ids,
)
from wayseal.detect.partners._reconcile import CallTally, FirstPass, terms_of
from wayseal.detect.partners._result import Kind, PartnerCheck, PartnersResult, Reconciliation, Remark
from wayseal.ledger import Snapshot
from wayseal.model.period import FIRST, LAST, Period

Progress = Callable[[str, int, int], None]


def check_partners(
    snapshot: Snapshot,
    contracts: Sequence[Contract],
    *,
    period: Period | None = None,
    progress: Progress,
    rows: int | None = None,
) -> PartnersResult:
    """All partners of a ledger in a period (obligations 1 to 4).

    progress: called with ("partners" or "calls", stretches done, of all). rows: of a stretch, None for the usual.
    """
    period = period or Period()
    groups, remarks = groups_of(snapshot, contracts)
    check = _Check(snapshot, groups, period, rows)
    check.judge(progress)
    both = check.reconcile(progress)
    partners = sorted(check.partners(both), key=_weight)
    strangers = check.name_strangers()
    if strangers:
        remarks.append(Remark(code="strangers", values={"n": sum(strangers.values())}))
    if not partners:
        remarks.append(Remark(code="no_partners"))
    return PartnersResult(
        wayseal=__version__,
        ledger_digest=snapshot.digest,
        since=None if period.since == FIRST else period.since,
        until=None if period.until == LAST else period.until,
        has_calls=check.log is not None,
        tolerance=TOLERANCE_US / 1e6,
        partners=tuple(partners),
        misfits=find_misfits(
            contracts,
            {p.partner: p.reads for p in partners if not p.contract},
            strangers,
            unknown_ids(snapshot, contracts),
        ),
        remarks=tuple(remarks),
    )


def _weight(partner: PartnerCheck) -> tuple[int, int]:
    """The order of a report: breaches of contracts, then who has none, by size; the rest as it stands."""
    if partner.contract:
        return (0, -partner.size) if partner.size else (2, 0)
    return 1, -partner.reads


class _Check:
    """One run: what is added up of each group. strangers: key → calls in logs of partners that nobody knows."""

    def __init__(self, snapshot: Snapshot, groups: Groups, period: Period, rows: int | None) -> None:
        self.snapshot = snapshot
        self.groups = groups
        self.period = period
        self.rows = rows
        self.log = Log(snapshot, groups) if "partner_calls" in snapshot.tables else None
        self.beside = ("partner_calls",) if self.log else ()
        self.judges = [Judge(snapshot, g.contract) if g.contract else None for g in groups.groups]
        self.tallies = [PartnerTally() for _ in groups.groups]
        self.gathers = [FirstPass() for _ in groups.groups]
        self.strangers: Counter[int] = Counter()

    def judge(self, progress: Progress) -> None:
        """The first walk: breaches, and what tells the partners' clocks."""
        for stretch in self.snapshot.source_ranges("actor", self.groups.keys, COLUMNS, self.beside, self.rows):
            progress("partners", stretch.done - 1, stretch.total)
            parts = dict(reads_of(stretch, self.groups))
            asked = {n: self._asked(reads) for n, reads in parts.items()}
            described = self._described(asked)
            for n, reads in asked.items():
                self._judge(n, reads, described)
            if self.log:
                calls, others = self.log.calls_of(stretch)
                self.strangers.update(others)
                for n, theirs in calls.items():
                    self.gathers[n].add(parts.get(n, NO_READS), theirs)
            progress("partners", stretch.done, stretch.total)

    def _asked(self, reads: Reads) -> Reads:
        then = (reads.at >= self.period.since) & (reads.at < self.period.until)
        return reads if then.all() else reads.take(then)

    def _described(self, asked: dict[int, Reads]) -> pa.Table | None:
        """Rows of `waybills` for those groups whose contract speaks of them; None without the table."""
        if "waybills" not in self.snapshot.tables:
            return None
        needed = [r.waybill for n, r in asked.items() if (judge := self.judges[n]) and judge.needs_waybills]
        keys = np.unique(np.concatenate([np.zeros(0, np.uint64), *needed]))
        return self.snapshot.kept("waybills", keys, PRODUCTS)

    def _judge(self, n: int, reads: Reads, described: pa.Table | None) -> None:
        """Obligation 1."""
        tally, judge, offset = self.tallies[n], self.judges[n], self.groups.groups[n].offset_us
        tally.add(reads)
        if judge is None:
            every = np.arange(len(reads.at))
            tally.breaches(
                reads, [BreachRows(kind=Kind.NO_CONTRACT, rows=every, what={})] if len(every) else [], offset
            )
            return
        valid, found = judge.judge(reads, described)
        tally.breaches(reads, found, offset)
        tally.volume.add(reads if valid.all() else reads.take(valid), offset)

    def name_strangers(self) -> dict[str, int]:
        """Partner → calls, of logs of partners that nobody knows."""
        names = self.snapshot.names("actor", list(self.strangers))
        return dict(zip(names, self.strangers.values(), strict=True))

    def reconcile(self, progress: Progress) -> dict[int, Reconciliation]:
        """The second walk: group → both sides' logs, of those whose own log is there."""
        hours = self.snapshot.activity()["hour"].to_numpy()
        span = (int(hours.min()) * HOUR_US, (int(hours.max()) + 1) * HOUR_US) if len(hours) else (0, 0)
        tallies = {
            n: CallTally(terms_of(gather, span, self.period, self.groups.groups[n].offset_us))
            for n, gather in enumerate(self.gathers)
            if gather.calls
        }
        log = self.log
        if log is None or not tallies:
            return {}
        for stretch in self.snapshot.source_ranges("actor", self.groups.keys, COLUMNS, self.beside, self.rows):
            progress("calls", stretch.done - 1, stretch.total)
            parts = dict(reads_of(stretch, self.groups))
            calls, _ = log.calls_of(stretch)
            for n in sorted({*parts, *calls} & {*tallies}):
                tallies[n].add(parts.get(n, NO_READS), calls.get(n, NO_CALLS))
            progress("calls", stretch.done, stretch.total)
        return {n: build_reconciliation(self.snapshot, log, tally) for n, tally in tallies.items()}

    def partners(self, both: dict[int, Reconciliation]) -> list[PartnerCheck]:
        """The check of each group; accounts without a contract that did nothing are left out."""
        table = self.snapshot.askers(self.period.since, self.period.until)
        queries = dict(zip(table["actor"].to_pylist(), table["queries"].to_pylist(), strict=True))
        teller, out = SummaryBuilder(self.snapshot), []
        for n, group in enumerate(self.groups.groups):
            asked = sum(queries.get(actor, 0) for actor in group.actors)
            if group.contract or self.tallies[n].reads or asked or n in both:
                out.append(teller.partner(group, self.tallies[n], self.judges[n], asked, both.get(n)))
        return out
