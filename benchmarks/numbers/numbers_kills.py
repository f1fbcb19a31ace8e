"""What remains of numbers that were answered for when the process that issues and moves them is killed.

    python -m benchmarks run numbers_kills --work FOLDER [--kills 100] [--seconds 0.3]

A process issues blocks and moves what it got (bind, scan, close) in batches, and writes down what was answered, a line
an answer; it is killed (SIGKILL) at a moment by chance and started again on the same files. At the end: no number was
issued twice, none that was answered for is missing, none stands before the last answer about it, and `verify` finds
nothing.

Ends with 1 where anything was lost, moved back or issued twice.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.numbers._desk import HOLDER, moves_of, now, open_desk
from benchmarks.registry import HERE, Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.numbers._store import standing
from wayseal.numbers.moves import BlockAsk
from wayseal.numbers.rules import MoveKind, Outcome
from wayseal.numbers.verify import verify

LIFE = {MoveKind.BIND: "bound", MoveKind.SCAN: "scanned", MoveKind.CLOSE: "closed"}
STATES = ("issued", *LIFE.values())
BATCH, WAIT = 50, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and on what."""

    work: Path = option(text="an empty folder")
    kills: int = option(100)
    seconds: float = option(0.3, "so long it runs at most before each kill")
    database: str | None = option(None, "an empty database, as postgresql://...; by default a file in the folder")
    seed: int = option(1)


@benchmark(
    minutes=3,
    kept=[
        Kept("numbers answered for under kills", "numbers", "answered for"),
        Kept("numbers lost after kills", "numbers", "lost", most=0),
        Kept("numbers moved back after kills", "numbers", "moved back", most=0),
        Kept("numbers issued twice after kills", "numbers", "issued twice", most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Kill, and look."""
    options.work.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = options.database or f"sqlite:///{options.work / 'numbers.db'}"
    book, chance = options.work / "answers", random.Random(options.seed)
    for _ in range(options.kills):
        before = book.stat().st_size if book.exists() else 0
        child = subprocess.Popen(
            [sys.executable, "-m", __name__, url, str(options.work)], cwd=HERE.parent, env=os.environ
        )
        start = time.monotonic()
        # Killed while it works, and not while it loads.
        while (book.stat().st_size if book.exists() else 0) == before and time.monotonic() - start < WAIT:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, options.seconds))
        child.send_signal(signal.SIGKILL)
        child.wait()
    told = _look(url, options.work, book)
    head = ("what", "kills", *told)
    yield Table(head, [("numbers", f"{options.kills}", *(f"{n:,}" for n in told.values()))])
    if not told["answered for"] or any(n for name, n in told.items() if name != "answered for"):
        raise UnsoundError(str(told))


def _look(url: str, folder: Path, book: Path) -> dict[str, int]:
    answers = []
    for line in book.read_text().splitlines():
        try:
            answers.append(json.loads(line))
        except ValueError:  # the kill cut it: it wasn't answered for
            continue
    issued = Counter(one for state, some in answers if state == "issued" for one in some)
    last = {one: state for state, some in answers for one in some}
    with open_desk(url, folder) as numbers:
        found = numbers.database.read(standing, last)
        faults = numbers.database.read(verify, numbers)
    back = sum(STATES.index(found[one].state) < STATES.index(state) for one, state in last.items() if one in found)
    return {
        "answered for": len(last),
        "lost": sum(one not in found for one in last),
        "moved back": back,
        "issued twice": sum(count - 1 for count in issued.values()),
        "faults of the record": len(faults),
    }


def _work(url: str, folder: Path) -> None:
    """Issues and moves until it is killed."""
    with open_desk(url, folder) as numbers, (folder / "answers").open("a") as book:
        numbers.check()

        def write(state: str, some: list[str]) -> None:
            book.write("\n" + json.dumps([state, some]) + "\n")
            book.flush()

        while True:
            some = [*numbers.issue(BlockAsk(holder=HOLDER, channel="api", size=BATCH), now()).numbers]
            write("issued", some)
            for kind, state in LIFE.items():
                answers = numbers.move(moves_of(numbers, kind, some), now())
                write(state, [one.number for one in answers if one.outcome is Outcome.DONE])


if __name__ == "__main__":
    _work(sys.argv[1], Path(sys.argv[2]))
