"""What is judged on unseen couriers: detection as it is, detection of another checkout, and rivals at the same budget.

1. Every method gives the same: cases, each with a score, its accounts, and µs at which each account was reported.
2. Detection runs in a process of its own, over facts that are counted anew; so another checkout is run as ours is.
3. A rival reports its strangest accounts of each day, as many as the budget has, each once; it names them for sure.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.detect._rivals import Reported, days_of, reported, rivals
from benchmarks.detect._unseen_sql import strange_days
from benchmarks.detect._unseen_world import Where
from benchmarks.detect._world import DAY_US, OFFSET
from wayseal.detect.explain import load_templates
from wayseal.detect.facts import update_facts
from wayseal.ledger import open_ledger

BUDGET = 20
SRC = Path(__file__).resolve().parents[2] / "src"
_CHILD = """
import json, sys
from pathlib import Path
from wayseal.detect import Options, detect
from wayseal.ledger import open_ledger
with open_ledger(Path(sys.argv[1])) as snapshot:
    result = detect(snapshot, Options(folder=Path(sys.argv[2]), budget=int(sys.argv[3])))
cases = [
    {
        "score": c.score,
        "evidence": c.evidence,
        "at": {p.actor: p.alerted_at or c.alerted_at for p in c.people},
        "by": {p.actor: [[r.detector, round(r.weight, 2), r.value] for r in p.reasons] for p in c.people},
    }
    for c in result.cases
]
print(json.dumps({"cases": cases, "held": result.held, "enough": result.judged.enough}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A case: its score, µs at which each account was reported, and what weighs for each (detector, nats, count)."""

    score: float
    at: dict[str, int]
    by: dict[str, list[tuple[str, float, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a method says of a world."""

    cases: tuple[Named, ...]
    held: int = 0
    enough: bool = True


def detection(where: Where, src: Path, folder: str) -> Said:
    """What detection of a checkout's `src` says."""
    facts = where.facts.with_name(folder)
    shutil.rmtree(facts, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(where.ledger), str(facts), str(BUDGET)],
        env={**os.environ, "PYTHONPATH": str(src)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said = json.loads(done.stdout)
    cases = tuple(Named(score=c["score"], at=c["at"], by=c["by"]) for c in said["cases"])
    return Said(cases=cases, held=said["held"], enough=said["enough"])


def methods(where: Where, before: Path | None, with_rivals: bool) -> Iterator[tuple[str, Callable[[], Said]]]:
    """Names of what is judged, and how each is asked."""
    yield "Wayseal", lambda: detection(where, SRC, "facts")
    if before is not None:
        yield "before", lambda: detection(where, before, "facts-before")
    if with_rivals:
        yield "DuckDB, by role", lambda: _by_sql(where)
        for name in ("volume", "ECOD (PyOD), unexplained reads too", "isolation forest (PyOD), unexplained reads too"):
            yield name.removesuffix(", unexplained reads too"), lambda name=name: _by_counts(where, name)  # type: ignore[misc]


def _by_sql(where: Where) -> Said:
    cases: list[Named] = []
    done: set[str] = set()
    today: dict[int, int] = {}
    for account, day, last, score in strange_days(where.dataset):
        if account not in done and today.get(day, 0) < BUDGET and score > 0:
            done.add(account)
            today[day] = today.get(day, 0) + 1
            cases.append(Named(score=1.0, at={account: last}, by={}))
    return Said(cases=tuple(cases))


def _by_counts(where: Where, name: str) -> Said:
    score, odd = next((score, odd) for known, score, odd in rivals() if known == name)
    with open_ledger(where.ledger) as snapshot:
        facts = update_facts(snapshot, where.facts.with_name("facts"), load_templates(None), OFFSET, lambda *_: None)
        hours = facts.hours["hour"].to_numpy().astype("int64")
        first, last = ((int(h) * 3_600_000_000 + OFFSET) // DAY_US for h in (hours.min(), hours.max()))
        found: Reported = reported(days_of(facts, first, last), score, odd, BUDGET)
        names = snapshot.names("actor", found.actor)
    pairs = zip(names, found.at.tolist(), strict=True)
    return Said(cases=tuple(Named(score=1.0, at={account: at}, by={}) for account, at in pairs))
