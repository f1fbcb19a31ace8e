"""Cached cases, means with standard errors, and tables of how often stated probabilities are right."""

import hashlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import wayseal.trace._evidence as home
from benchmarks.registry import Table

Row = dict[str, Any]

_TRACE = Path(str(home.__file__)).parent


def code_digest(*files: Path, room: Path = _TRACE) -> str:
    """Digest of all source of the room `trace` (its reports left out) and of the given files.

    Cached cases of other code are stale.
    """
    paths = [*sorted(room.glob("*.py")), *files]
    joined = b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)
    return hashlib.sha256(joined).hexdigest()[:12]


class Cache:
    """Case results in a JSON Lines file, by key; a run that was cut off goes on where it stopped."""

    def __init__(self, path: Path, digest: str) -> None:
        self._path = path
        self._digest = digest
        self._rows: dict[str, Row] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry["digest"] == digest:
                    self._rows[entry["key"]] = entry["row"]

    def get(self, key: str, compute: Callable[[], Row]) -> Row:
        """Return the row of the key, computed now if it wasn't before."""
        if key not in self._rows:
            self._rows[key] = compute()
            entry = {"digest": self._digest, "key": key, "row": self._rows[key]}
            with self._path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return self._rows[key]

    def rows(self, name: str, seed: int, jobs: Iterable[Callable[[], Row]]) -> list[Row]:
        """Return the rows of a name's cases, in order, and say on stderr when they are there."""
        found = [self.get(f"{name}/{seed}/{case}", job) for case, job in enumerate(jobs)]
        print(name, file=sys.stderr)
        return found


def possible_rows(
    cache: Cache,
    cells: Iterable[tuple[str, Any]],
    cases: int,
    seeds: tuple[int, int],
    run: Callable[[Any, int, int], Row],
) -> Iterator[tuple[str, Row]]:
    """Run cells until each has so many cases whose world can be; those of a row with `impossible` are passed over.

    seeds: The first one, and the size of a world.
    """
    first, accesses = seeds
    for name, changes in cells:
        kept, seed = 0, first
        while kept < cases:
            row = cache.get(f"{name}|{seed}|{accesses}", partial(run, changes, seed, accesses))
            if "impossible" not in row:
                kept += 1
                yield name, row
            seed += 1


def mean_se(values: Sequence[float], *, proportion: bool = True) -> str:
    """Mean and standard error, as text; a proportion of 0 or 1 has the error of half a miss."""
    n = len(values)
    if not n:
        return "–"
    mean = float(np.mean(values))
    if proportion:
        p = min(max(mean, 0.5 / n), 1 - 0.5 / n)
        se = math.sqrt(p * (1 - p) / n)
    else:
        se = float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else float("nan")
    return f"{mean:.3f} ± {se:.3f}"


EDGES = (0.05, 0.5, 0.8, 0.95, 0.99, 1.0)


def reliability(calls: Sequence[tuple[float, bool]], title: str = "") -> Table:
    """Return a table of how often calls of a stated probability were right."""
    rows = []
    for low, high in pairwise(EDGES):
        mine = [(p, ok) for p, ok in calls if low < p <= high]
        right = mean_se([float(ok) for _, ok in mine])
        stated = f"{np.mean([p for p, _ in mine]):.3f}" if mine else "–"
        rows.append((f"{low}–{high}", str(len(mine)), stated, right))
    return Table(("probability", "calls", "mean stated", "right"), rows, title)
