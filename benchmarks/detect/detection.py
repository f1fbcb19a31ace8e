"""Who is found, how soon, and at what price: detection of insiders in a simulated courier beside detectors of outliers.

    python -m benchmarks run detection --work /tmp/wayseal-detection [--accesses 50000000] [--seeds 11,12]

For each seed: simulates the scenario `insiders` (about 20,000 people, four weeks) unless it lies there, ingests it, and
runs detection at a budget of 20 cases a day; then volume per account, PyOD's ECOD and isolation forest and river's
half-space trees on counts of the same facts (requirements/bench.txt; what isn't installed is left out, and said).

An account is found if a case of the window names it. Its time is that of its own alert, else (found only through those
it is linked with) that of the case. Lost are its pulls up to then. A case is false if no account in it ever pulls. A
case before the account's first pull counts as found with nothing lost, and such accounts are counted apart. "Alone" are
accounts that would have been found without linking. Slow colluders within two weeks: by a run that sees only the days
up to their fourteenth. Scores are judged by every case; precision is that of the twenty cases of the highest score.
`--threshold` has accounts reported at other evidence than the prior's. At the end cases of all seeds are told together,
by score.
"""

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.detect._rivals import Days, Reported, days_of, reported, rivals
from benchmarks.detect._world import DAY_US, OFFSET, Puller, Truth, prepare, truth_of
from benchmarks.registry import Kept, Said, Table, benchmark, figure_of, option
from wayseal.detect import DetectResult, Options, detect
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.ledger import Snapshot, open_ledger

BUDGET = 20
FAST, MOST_LOST = 200, 300
BINS = (0.0, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0)
Calls = list[tuple[float, bool]]
"""Cases: score, whether it is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a method says of one world: account → µs at which it was reported; accounts reported without linking.

    cases: how many in all, false: of them; top: how many of the twenty first are right, out of how many.
    """

    at: dict[str, int]
    alone: dict[str, int]
    cases: int
    false: int
    top: tuple[int, int]

    def lost(self, pullers: Sequence[Puller]) -> list[int]:
        """Waybills lost before each of these accounts was reported, of those that were."""
        return [p.lost(self.at[p.account]) for p in pullers if p.account in self.at]


def outcome(result: DetectResult, truth: Truth) -> Outcome:
    """What detection says."""
    at, alone = {}, {}
    for case in result.cases:
        for person in case.people:
            at[person.actor] = person.alerted_at or case.alerted_at
            if person.alerted_at is not None:
                alone[person.actor] = person.alerted_at
    right = [any(a in truth.pullers for a in case.actors) for case in result.cases]
    top = right[:BUDGET]
    return Outcome(at=at, alone=alone, cases=len(right), false=right.count(False), top=(sum(top), len(top)))


def outcome_of(found: Reported, snapshot: Snapshot, truth: Truth) -> Outcome:
    """What a rival says."""
    names = snapshot.names("actor", found.actor)
    at = dict(zip(names, found.at.tolist(), strict=True))
    top = [name in truth.pullers for name in snapshot.names("actor", found.top)]
    false = sum(name not in truth.pullers for name in at)
    return Outcome(at=at, alone=at, cases=len(at), false=false, top=(sum(top), len(top)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The couriers."""

    work: Path = option(text="folder for couriers and ledgers, unless they lie there")
    accesses: int = option(50_000_000)
    seeds: tuple[int, ...] = option((11,), "1 was used to build detection; never report it")
    missing: float | None = option(None, "share of the scans that were never recorded (0.02 if not said)")
    no_rivals: bool = option(False)


FOUND, IN_TIME, SLOWER = f"found, {FAST} a day and more", f"within {MOST_LOST} lost", "found, fewer a day"
IN_TWO_WEEKS, PRECISION, FALSE = "colluders in two weeks", f"precision at {BUDGET}", "false a day and 10,000"
WORST = "worst of all seeds"


@benchmark(
    minutes=60,
    kept=[
        Kept("insiders of 200 a day and more found", WORST, FOUND, least=0.95),
        Kept("insiders of 200 a day and more found within 300 lost", WORST, IN_TIME, least=0.95),
        Kept("slower insiders found", WORST, SLOWER),
        Kept("slow colluders found in two weeks", WORST, IN_TWO_WEEKS, least=0.8),
        Kept("precision of the first 20 cases", WORST, PRECISION),
        Kept("false cases a day and 10,000 accounts", WORST, FALSE, most=1),
    ],
)
def measure(options: Settings) -> Iterator[Said]:
    """Make the tables of each world, and what is worst in any."""
    calls: Calls = []
    ours = []
    for seed in options.seeds:
        place = prepare(options.work, options.accesses, seed, options.missing)
        yield f"### seed {seed}, {options.missing or 0.02:.0%} of the scans missing"
        for said in _world(place, not options.no_rivals, calls):
            yield said
            if isinstance(said, Table) and said.head == METHOD:
                ours.append(said.rows[0])
    yield _scores(calls, "Cases of all seeds")
    columns = [[figure_of(cell) or 0.0 for cell in column] for column in zip(*(row[1:6] for row in ours), strict=True)]
    false = max(figure_of(row[-1]) or 0.0 for row in ours)
    yield Table(("", *METHOD[1:6], FALSE), [(WORST, *(f"{min(column):.2f}" for column in columns), f"{false:.2f}")])


def _world(place: Path, with_rivals: bool, calls: Calls) -> Iterator[Said]:
    truth = truth_of(place / "world")
    with open_ledger(place / "ledger") as snapshot:
        begun = time.perf_counter()
        result = detect(snapshot, Options(folder=place / "facts", budget=BUDGET))
        seconds = time.perf_counter() - begun
        yield f"{result.reads:,} reads, {result.accounts:,} accounts, {seconds:.0f} s, held {result.held}"
        ours = outcome(result, truth)
        yield _kinds(ours, truth)
        yield _first_reads(result, truth)
        mine = [(c.score, any(a in truth.pullers for a in c.actors)) for c in result.cases]
        calls += mine
        yield _scores(mine)
        early = _two_weeks(snapshot, place, truth)
        rows = [_method("Wayseal", ours, early, result, truth)]
        if with_rivals:
            rows += _rivals(snapshot, place, result, truth)
        yield Table(METHOD, rows)


def _two_weeks(snapshot: Snapshot, place: Path, truth: Truth) -> dict[str, int]:
    """Accounts that a run names which sees no day after the colluders' fourteenth."""
    slow = [p for p in truth.pullers.values() if p.kind == "colluders"]
    until = (slow[0].since + OFFSET) // DAY_US + 13
    return outcome(detect(snapshot, Options(folder=place / "facts", budget=BUDGET, until=until)), truth).at


def _kinds(ours: Outcome, truth: Truth) -> Table:
    groups: dict[tuple[str, int], list[Puller]] = {}
    for p in truth.pullers.values():
        groups.setdefault((p.kind, p.a_day), []).append(p)
    rows = []
    for (kind, a_day), mine in groups.items():
        found = [p for p in mine if p.account in ours.at]
        lost = ours.lost(mine)
        days = [(ours.at[p.account] - p.since) / DAY_US for p in found]
        rows.append(
            (
                kind,
                f"{a_day:,}",
                str(len(mine)),
                str(len(found)),
                str(sum(p.account in ours.alone for p in mine)),
                str(sum(n <= MOST_LOST for n in lost)),
                _middle(days, 1),
                _middle(lost, 0),
                str(sum(d < 0 for d in days)),
            )
        )
    head = ("kind", "a day", "accounts", "found", "alone", f"≤ {MOST_LOST} lost", "days", "lost", "before it began")
    return Table(head, rows)


def _middle(values: Sequence[float], digits: int) -> str:
    if not values:
        return "–"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def _first_reads(result: DetectResult, truth: Truth) -> Table:
    f = result.first_reads
    judged = f.all - f.mandate
    return Table(
        (
            "first reads",
            "share explained",
            "without mandates",
            "under a mandate",
            "weakly",
            "unexplained",
            "pulls",
            "noise",
        ),
        [
            (
                f"{f.all:,}",
                f"{(f.explained + f.mandate) / f.all:.1%}",
                f"{f.explained / judged:.1%}",
                f"{f.mandate:,}",
                f"{f.weak:,}",
                f"{f.unexplained + f.unknown:,}",
                f"{truth.pulls:,}",
                f"{truth.noise:,}",
            )
        ],
    )


def _scores(calls: Calls, title: str = "") -> Table:
    rows = []
    for low, high in pairwise(BINS):
        mine = [(p, ok) for p, ok in calls if low < p <= high]
        if mine:
            said = statistics.fmean(p for p, _ in mine)
            right = sum(ok for _, ok in mine)
            rows.append((f"{low}–{high}", str(len(mine)), f"{said:.4f}", f"{right} ({right / len(mine):.2f})"))
    return Table(("score", "cases", "mean", "right"), rows, title)


METHOD = ("method", FOUND, IN_TIME, SLOWER, IN_TWO_WEEKS, PRECISION, "lost, median", "cases", FALSE)


def _method(name: str, one: Outcome, early: dict[str, int], result: DetectResult, truth: Truth) -> tuple[str, ...]:
    pullers = list(truth.pullers.values())
    fast = [p for p in pullers if p.a_day >= FAST]
    slow = [p for p in pullers if p.a_day < FAST and p.kind != "colluders"]
    many = [p for p in pullers if p.kind == "colluders"]
    days = (result.until - result.since) / DAY_US
    in_time = sum(p.account in early and early[p.account] < p.since + 14 * DAY_US for p in many)
    return (
        name,
        _share(sum(p.account in one.at for p in fast), len(fast)),
        _share(sum(n <= MOST_LOST for n in one.lost(fast)), len(fast)),
        _share(sum(p.account in one.at for p in slow), len(slow)),
        _share(in_time, len(many)),
        _share(*one.top),
        _middle(one.lost(pullers), 0),
        str(one.cases),
        f"{one.false / (result.accounts / 10_000 * days):.2f}",
    )


def _share(some: int, of: int) -> str:
    return f"{some / max(of, 1):.2f} ({some} of {of})"


def _rivals(snapshot: Snapshot, place: Path, result: DetectResult, truth: Truth) -> Iterator[tuple[str, ...]]:
    facts = update_facts(snapshot, place / "facts", load_templates(None), OFFSET, lambda *_: None)
    first, last = ((t + OFFSET) // DAY_US for t in (result.since, result.until - 1))
    days: Days = days_of(facts, first, last)
    for name, score, odd in rivals():
        begun = time.perf_counter()
        try:
            one = outcome_of(reported(days, score, odd, BUDGET), snapshot, truth)
        except ModuleNotFoundError as error:
            print(f"{name}: {error.name} is not installed (requirements/bench.txt)", file=sys.stderr)
            continue
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        yield _method(name, one, one.at, result, truth)
