"""Questions and acts of the room of cases with many cases: median and p99 of each, and its statements.

    python -m benchmarks run casework                     # 100,000 cases in SQLite, about four minutes
    python -m benchmarks run casework --cases 5000
    python -m benchmarks run casework --url postgresql://postgres@127.0.0.1/empty

Cases are made by real acts, written in groups: alerts, looks at names, links, owners, notes, tasks, verdicts, merges;
things in the queue beside them; and one case with two thousand acts. After the questions comes what is about every
line: opening, what detection asks, verifying, tables made anew, and the whole journal as a value.
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.cases import Cases, has_casebook, open_cases, read_casebook, read_known, verify
from wayseal.cases._unit_of_work import UnitOfWork
from wayseal.cases.decisions import BulkAction, Decision
from wayseal.cases.types import (
    CLOSED_STATES,
    Act,
    Alert,
    CaseState,
    Changed,
    Linked,
    Merged,
    NamesShown,
    NoteWritten,
    Observable,
    ObservableKind,
    Queued,
    Registered,
    Source,
    TaskContent,
    TaskSet,
    TaskState,
    Unmasking,
    Verdict,
)
from wayseal.cases.upkeep import rebuild
from wayseal.cases.views import CaseFilter, CaseSort, ItemFilter, ItemSort
from wayseal.database import raw

DAY = 86_400_000_000
NOW = 20_600 * DAY
STAFF = [f"analyst-{n}" for n in range(200)]
GROUP = 2000
MOST_LINE = 1 << 40
DETECTORS = ("unexplained_first_reads", "number_walks", "new_device_or_address", "night")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many cases, and where."""

    cases: int = option(100_000)
    rounds: int = option(300)
    keep: Path | None = option(None, "make it in this folder, or ask the one that is there")
    url: str | None = option(None, "an empty PostgreSQL database instead of SQLite")


QUEUE, DOSSIER = "queue by score, page after page", "a case with all that belongs to it"


@benchmark(
    minutes=4,
    kept=[
        Kept("a page of the queue, 100,000 cases", QUEUE, "median ms", "ms", most=100),
        Kept("statements of a page of the queue", QUEUE, "statements", most=12),
        Kept("a case with all that belongs to it", DOSSIER, "median ms", "ms", most=100),
        Kept("statements of a case", DOSSIER, "statements", most=12),
        Kept(
            "`wayseal case verify`, 100,000 cases", "verify: every line, and the tables row for row", "CPU s", "CPU s"
        ),
        Kept("peak memory of `wayseal case verify`", "verify: every line, and the tables row for row", "peak MB", "MB"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Fill a casebook, and ask."""
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name) / "detect"
        there = has_casebook(folder) if folder.exists() else False
        with open_cases(folder, url=options.url) as cases:
            start = time.perf_counter()
            if not there:
                acts = fill(cases, options.cases)
                yield f"{options.cases} cases, {acts} acts, written in {time.perf_counter() - start:.0f} s"
            yield Table(
                ("question", "median ms", "p99 ms", "statements"), _measure(cases, options.cases, options.rounds)
            )
        if options.url is None:
            yield f"database: {(folder / 'casebook.db').stat().st_size / 1e6:.0f} MB"
            yield Table(("what", "clock s", "CPU s", "peak MB"), _whole(folder))


def _whole(folder: Path) -> Iterator[tuple[str, ...]]:
    """What is about all cases at once, each with the most memory that the process had until then."""
    whole: list[tuple[str, Callable[[], object]]] = [
        ("opening it: every line's sum", lambda: _opened(folder)),
        ("what detection has to know, lines looked at", lambda: read_known(folder)),
        ("verify: every line, and the tables row for row", lambda: verify(folder).sound),
        ("tables made anew", lambda: rebuild(folder)),
        ("the old way: the whole journal, before every answer", lambda: read_casebook(folder)),
    ]
    for what, act in whole:
        start, busy = time.perf_counter(), time.process_time()
        act()
        clock, work = time.perf_counter() - start, time.process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        yield what, f"{clock:.1f}", f"{work:.1f}", f"{peak:.0f}"


def _opened(folder: Path) -> None:
    with open_cases(folder):
        pass


Write = Callable[[random.Random], str]
"""Makes up a note."""


def _usual_note(_rng: random.Random) -> str:
    return "What we know so far. " * 8


def fill(cases: Cases, many: int, account: str = "u", note: Write = _usual_note) -> int:
    """Fills a casebook with that many cases; how many acts there are. account: what names of accounts begin with."""
    rng = random.Random(1)
    done = 0
    group: list[Act] = []
    for acts in _stories(rng, many, account, note):
        group += acts
        if len(group) >= GROUP:
            done += _write(cases, group)
            group = []
    return done + _write(cases, group)


def _write(cases: Cases, group: list[Act]) -> int:
    def add(unit: UnitOfWork) -> None:
        for act in group:
            unit.add(act)

    cases._act(add)
    return len(group)


def _stories(rng: random.Random, many: int, account: str, note: Write) -> Iterator[list[Act]]:
    for number in range(1, many + 1):
        yield _story(rng, number, many, account, note)
        if number % 20 == 0:
            yield [_item(rng, number // 20)]
    at = NOW + many * 60_000_000
    yield [_look("c-1", (f"{account}-1",), at + n, rng) for n in range(2000)]


def _story(rng: random.Random, number: int, many: int, account: str, note: Write) -> list[Act]:
    """What became of a case: old ones are mostly closed."""
    case, at = f"c-{number}", NOW + number * 60_000_000
    people = [f"{account}-{rng.randrange(many // 2)}" for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    actors = tuple(set(people)) if number > 1 else (f"{account}-1",)
    alert = Alert(
        actors=actors, alerted_at=at - DAY, score=round(rng.random(), 6),
        detectors=tuple(rng.sample(DETECTORS, 2)), parcels_a_day=rng.randrange(300), worth=True, read_until=at,
    )  # fmt: skip
    acts: list[Act] = [Registered(case=case, at=at, alert=alert, first=True)]
    by: dict[str, Any] = {"case": case, "at": at, "who": rng.choice(STAFF)}
    if number == 1 or rng.random() < 0.1:
        return acts
    kind, many_of = rng.choice(
        [(ObservableKind.OUTLET, 5000), (ObservableKind.DEVICE, many), (ObservableKind.SELLER, 300)]
    )
    acts.append(Linked(**by, why="seen", thing=Observable(kind=kind, value=f"x-{rng.randrange(many_of)}"), on=True))
    acts.append(Changed(**by, why="", field="owner", before=None, after=rng.choice(STAFF)))
    acts.append(NoteWritten(**by, note="n-1", version=1, before=None, after=note(rng)))
    if rng.random() < 0.3:
        task = TaskContent(text="call the outlet", state=TaskState.TO_DO, owner=rng.choice(STAFF))
        acts.append(TaskSet(**by, task="t-1", before=None, after=task))
    state = CaseState.NEW
    if rng.random() < 0.7:
        acts.append(_look(case, actors, at, rng))
        state = CaseState.OPENED
    fate = rng.random()
    if fate < 0.55:
        acts.append(Verdict(**by, why="looked at it", true=fate < 0.2, before=state))
    elif fate < 0.75:
        after = rng.choice([CaseState.IN_PROGRESS, CaseState.WAITING, CaseState.NO_CASE]).value
        acts.append(Changed(**by, why="so it is", field="state", before=state.value, after=after))
    elif fate < 0.77 and number > 2:
        acts.append(Merged(**by, why="one matter", into="c-1", before=state, on=True)) if number % 50 == 0 else None
    return acts


def _look(case: str, actors: tuple[str, ...], at: int, rng: random.Random) -> Act:
    return NamesShown(cases={case: actors}, at=at, who=rng.choice(STAFF), why="complaint 7", look=Unmasking.OPENED)


def _item(rng: random.Random, number: int) -> Act:
    thing = Observable(kind=ObservableKind.SELLER, value=f"x-{rng.randrange(300)}")
    return Queued(
        item=f"q-{number}", at=NOW, who=rng.choice(STAFF), source=rng.choice(list(Source)[1:]), things=(thing,),
        score=rng.random(), reason="bought on the market", since=NOW - rng.randrange(30 * DAY),
    )  # fmt: skip


def _measure(cases: Cases, many: int, rounds: int) -> Iterator[tuple[str, ...]]:
    rng = random.Random(2)
    after: dict[str, str | None] = {}

    def some() -> str:
        return f"c-{rng.randrange(1, many + 1)}"

    def turn(name: str, ask: Callable[[str | None], str | None]) -> None:
        after[name] = ask(after.get(name))

    now = NOW + 10**13
    waits = ItemFilter()

    def batch(ids: list[str], turn: list[int]) -> None:
        turn[0] += 1
        decision = Decision(action=BulkAction.ASSIGN, owner=STAFF[turn[0] % len(STAFF)])
        assert len(cases.decide_all(ids, decision, MOST_LINE, "analyst-0", now).done) == len(ids)

    thousand = [row.id for row in cases.matching_items(now, waits).rows]
    turns = [0]
    opened = frozenset({CaseState.NEW, CaseState.OPENED, CaseState.IN_PROGRESS, CaseState.WAITING})
    line = 7 * many // 2
    asked: dict[str, Callable[[], object]] = {
        "queue by score, page after page": lambda: turn("q", lambda a: cases.queue(now, None, ItemSort.SCORE, a).after),
        "queue by age": lambda: cases.queue(now, sort=ItemSort.AGE),
        "queue of a rare source": lambda: cases.queue(now, ItemFilter(source=Source.CANARY)),
        "queue of an owner": lambda: cases.queue(now, ItemFilter(owner=rng.choice(STAFF))),
        "open cases by score, page after page": lambda: turn(
            "s", lambda a: cases.cases(CaseFilter(states=opened), CaseSort.SCORE, a).after
        ),
        "all cases by last change, page after page": lambda: turn("c", lambda a: cases.cases(after=a).after),
        "all cases by priority": lambda: cases.cases(sort=CaseSort.PRIORITY),
        "cases of an owner": lambda: cases.cases(CaseFilter(owner=rng.choice(STAFF), states=opened)),
        "cases with an account": lambda: cases.cases(CaseFilter(thing=f"u-{rng.randrange(many // 2)}", by_id=True)),
        "counters": cases.counts,
        "a case with all that belongs to it": lambda: cases.dossier(some()),
        "the case with two thousand acts": lambda: cases.dossier("c-1"),
        "a page deep in its timeline": lambda: cases.timeline("c-1", str(line)),
        "tasks of somebody": lambda: cases.tasks(rng.choice(STAFF)),
        "what changed since a line": lambda: cases.changed_since(line),
        "nobody's closed cases by priority": lambda: cases.cases(
            CaseFilter(owner="", states=CLOSED_STATES), CaseSort.PRIORITY
        ),
        "a thousand of the queue that fit": lambda: cases.matching_items(now, waits),
        "act: a thousand given to somebody": lambda: batch(thousand, turns),
        "act: owner": lambda: cases.assign(some(), rng.choice(STAFF), rng.choice(STAFF), now),
        "act: note": lambda: cases.add_note(some(), "What we know so far.", rng.choice(STAFF), now),
        "act: names opened": lambda: cases.open(some(), rng.choice(STAFF), "complaint 7", now),
    }
    for name, ask in asked.items():
        times, most = [], 0
        for _ in range(min(rounds, 20) if "thousand" in name else rounds):
            reads, runs = (patch.object(raw, name, wraps=getattr(raw, name)) for name in ("fetch", "run_many"))
            with reads as read, runs as run:
                start = time.perf_counter()
                ask()
                times.append((time.perf_counter() - start) * 1000)
            most = max(most, read.call_count + run.call_count)
        times.sort()
        yield name, f"{times[len(times) // 2]:.2f}", f"{times[int(len(times) * 0.99)]:.2f}", str(most)
