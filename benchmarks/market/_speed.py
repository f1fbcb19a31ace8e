"""Texts a second: ways to read the same texts, each in a process of its own, timed in turn.

Seconds are of the processor, so that work beside it counts for less; the ratio of two ways is of their medians over
rounds in which each has its turn. What a process loads and compiles comes before its first round.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from wayseal.market.reading import Reader

HERE = Path(__file__).parents[2]
ROUNDS, ONE_BY_ONE, TIMES = 9, 5, 5
"""Rounds; of how many texts one is read by itself; how often the command's file has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to read. source: the folder of the package's code; at_once: all texts by one call, or one by one."""

    name: str
    source: Path
    at_once: bool


def measure_speed(texts: Sequence[str], beside: Path | None) -> list[list[str]]:
    """Rows of the table: each way, the median of its texts a second, its spread, and the ratio to the first.

    Args:
        texts: What is read.
        beside: Another version's tree, read in turn with this one; None: this one alone.
    """
    ways = [
        Way(name="one by one", source=HERE / "src", at_once=False),
        Way(name="all at once", source=HERE / "src", at_once=True),
    ]
    if beside is not None:
        ways.append(Way(name="one by one, beside", source=beside / "src", at_once=False))
        ways.append(Way(name="all at once, beside", source=beside / "src", at_once=True))
    with TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "texts.json"
        file.write_text(json.dumps(texts), encoding="utf-8")
        readers = {way.name: stack.enter_context(_reading(way, file)) for way in ways}
        rates: dict[str, list[float]] = {name: [] for name in readers}
        for _ in range(ROUNDS):
            for name, read in readers.items():
                rates[name].append(read())
    return _rows(rates)


def measure_command(texts: Sequence[str], beside: Path | None) -> list[list[str]]:
    """Rows of the table for `wayseal market read FILE`, from its start to its end and without its start."""
    sources = {"command": HERE / "src"} | ({} if beside is None else {"command, beside": beside / "src"})
    rates: dict[str, list[float]] = {}
    with TemporaryDirectory() as folder:
        one, many = _write(Path(folder) / "one.csv", texts[:1]), _write(Path(folder) / "many.csv", [*texts] * TIMES)
        for at in range(4):
            for name, source in sources.items():
                start, whole = _command_seconds(source, one), _command_seconds(source, many)
                if at:  # the first time compiles
                    rates.setdefault(name, []).append(TIMES * len(texts) / whole)
                    rates.setdefault(f"{name}, without its start", []).append(TIMES * len(texts) / (whole - start))
    return _rows(rates)


def _rows(rates: Mapping[str, Sequence[float]]) -> list[list[str]]:
    first = float(np.median(next(iter(rates.values()))))
    return [
        [name, f"{np.median(some):,.0f}", f"{min(some):,.0f} to {max(some):,.0f}", f"{np.median(some) / first:.2f}"]
        for name, some in rates.items()
    ]


@contextmanager
def _reading(way: Way, file: Path) -> Iterator[Callable[[], float]]:
    """A process that reads the texts of a file whenever it is called; gives texts a second."""
    command = [sys.executable, __file__, str(file), "at once" if way.at_once else "one by one"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment(way.source)
    )
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("a process without pipes")
    asked, answers = process.stdin, process.stdout

    def read() -> float:
        asked.write("\n")
        asked.flush()
        return float(answers.readline())

    read()
    with process:
        yield read
        asked.close()


def _environment(source: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(source), "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _write(path: Path, texts: Sequence[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text in texts)])
    return path


def _command_seconds(source: Path, file: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    main = "from wayseal.cli import main; main()"
    command = [sys.executable, "-c", main, "market", "read", str(file), "--quiet", "--out", os.devnull]
    subprocess.run(command, check=True, env=_environment(source))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _serve(file: str, way: str) -> None:
    """Reads whenever a line comes in, and answers with texts a second."""
    texts: list[str] = json.loads(Path(file).read_text(encoding="utf-8"))
    reader = Reader()
    if way == "one by one":
        texts = texts[::ONE_BY_ONE]
    for _ in sys.stdin:
        start = time.process_time()
        if way == "one by one":
            for text in texts:
                reader.read(text)
        else:
            reader.read_many(texts)
        print(len(texts) / (time.process_time() - start), flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
