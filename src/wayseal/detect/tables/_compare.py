"""Detection with all tables, without each, and without all of them: which cases hang on what.

Obligations (code and tests cite the numbers):
1. What is compared are cases that are worth acting on. One stays where another run has such a case of one of its
   accounts; else it is gone. One is new where no such case with all tables has one of its accounts.
2. A case that is gone, or was not there before, has the score of the strongest case of its accounts there, if there is
   any: it is watched then.
3. Nothing is kept and nothing is recorded: each run counts the whole log. Only tables that hold a row are left out.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from wayseal.detect._detect import Options, Progress, detect, silent
from wayseal.detect._external import NOTHING, ExternalEvidence
from wayseal.detect._result import Case, DetectResult, Person
from wayseal.ledger import Snapshot

TABLES = ("waybills", "scans", "tickets", "actors", "assignments", "outlets", "queries")
"""The tables that detection uses beside `accesses`."""


class Change(StrEnum):
    """What becomes of a case without some tables."""

    STAYS = "stays"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case and what becomes of it. before, after: its scores with all tables and without these; None for no case."""

    change: Change
    people: tuple[Person, ...]
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is found without some tables.

    cases: the stronger first. first: first reads, of which so many are explained by work or a mandate, look like the
    account's work, could be judged. enough: whether enough could. watched: cases that aren't worth acting on.
    """

    without: tuple[str, ...]
    cases: tuple[CaseChange, ...]
    first: int
    explained: int
    learnt: int
    judged: int
    enough: bool
    watched: int

    def count(self, change: Change) -> int:
        """How many cases become so.

        Args:
            change: What they become.

        Returns:
            Their number.
        """
        return sum(c.change is change for c in self.cases)


@dataclass(frozen=True, slots=True, kw_only=True)
class TablesResult:
    """All steps: the first with all tables, then without each, last without any. since, until: of the window, µs."""

    wayseal: str
    digest: str
    offset: int
    since: int
    until: int
    steps: tuple[Step, ...]


def compare_tables(
    snapshot: Snapshot,
    options: Options | None = None,
    external: ExternalEvidence = NOTHING,
    progress: Progress = silent,
) -> TablesResult:
    """Looks once for each table, as `detect` does.

    Args:
        snapshot: The ledger as it is.
        options: How to look; `folder` and `without` have no say.
        external: What detection is told from outside of the ledger.
        progress: Called with a step's name, what is done and what there is in all.

    Returns:
        What is found with and without.

    Raises:
        LedgerError: A file of the ledger is damaged or missing.
        WindowError: The window can't be looked at.
    """
    there = [table for table in TABLES if table in snapshot.tables]
    wanted = [(), *((table,) for table in there), *([tuple(there)] if len(there) > 1 else [])]
    found: list[DetectResult] = []
    for place, without in enumerate(wanted):
        progress("tables", place, len(wanted))
        asked = replace(options or Options(), folder=None, without=frozenset(without))
        found.append(detect(snapshot, asked, external, progress))
    progress("tables", len(wanted), len(wanted))
    whole = found[0]
    return TablesResult(
        wayseal=whole.wayseal,
        digest=whole.digest,
        offset=whole.offset,
        since=whole.since,
        until=whole.until,
        steps=tuple(_step(without, whole, one) for without, one in zip(wanted, found, strict=True)),
    )


def with_names(result: TablesResult, name: Callable[[str], str]) -> TablesResult:
    """The result with each account under the name that its reader may see.

    Args:
        result: With ids as the ledger has them.
        name: Gives an id its name.

    Returns:
        The result with names.
    """

    def case(one: CaseChange) -> CaseChange:
        return replace(one, people=tuple(replace(p, actor=name(p.actor), reasons=()) for p in one.people))

    steps = (replace(step, cases=tuple(map(case, step.cases))) for step in result.steps)
    return replace(result, steps=tuple(steps))


def _step(without: Sequence[str], whole: DetectResult, one: DetectResult) -> Step:
    cases = sorted(_changes(whole, one), key=lambda c: -max(c.before or 0.0, c.after or 0.0))
    return Step(
        without=tuple(without),
        cases=tuple(cases),
        first=one.first_reads.all,
        explained=one.first_reads.explained + one.first_reads.mandate,
        learnt=one.first_reads.learnt,
        judged=one.judged.first_reads,
        enough=one.judged.enough,
        watched=len(one.watched),
    )


def _changes(whole: DetectResult, one: DetectResult) -> Iterator[CaseChange]:
    """Obligations 1 and 2."""
    for case in whole.worth:
        after = _strongest(case, one.cases)
        stays = after is not None and after.worth
        change = Change.STAYS if stays else Change.GONE
        yield CaseChange(change=change, people=case.people, before=case.score, after=after.score if after else None)
    for case in one.worth:
        before = _strongest(case, whole.cases)
        if before is None or not before.worth:
            score = before.score if before else None
            yield CaseChange(change=Change.NEW, people=case.people, before=score, after=case.score)


def _strongest(case: Case, among: Sequence[Case]) -> Case | None:
    """The case of the highest score that has one of a case's accounts."""
    actors = frozenset(case.actors)
    return max((c for c in among if not actors.isdisjoint(c.actors)), key=lambda c: c.score, default=None)
