"""How quick the console is while 200 people look at cases, and each look is written.

    python -m benchmarks run console_load --work FOLDER [--people 200] [--cases 10000] [--seconds 60] [--cores 0,1]

The console runs on the first of two cores, its load on the other, so that neither takes the other's time; what the
load's core was busy is told beside the figures. Somebody looks at the next case every three to seven seconds: the page,
and a commit that says so; one in five goes to a list instead.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console._console_service import Console, seed
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.console import Role

LOOKS = ["/", "/cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many people, and for how long."""

    work: Path = option(text="folder for console and ledger")
    people: int = option(200)
    cases: int = option(10_000)
    seconds: float = option(60.0)
    cores: tuple[int, int] = option((0, 1), "of the console, and of its load")


@benchmark(
    minutes=2,
    kept=[
        Kept("200 people at the console, p95", "all", "p95 ms", "ms", most=300),
        Kept("200 people at the console, p99", "all", "p99 ms", "ms"),
        Kept("failed requests of 200 people", "all", "failed", most=0),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Load the console."""
    if importlib.util.find_spec("locust") is None:
        raise ModuleNotFoundError("No module named 'locust'", name="locust")
    options.work.mkdir(parents=True, exist_ok=True)
    folder, ledger = options.work / "console", options.work / "ledger"
    staff = seed(folder, ledger, {Role.INVESTIGATOR: options.people}, options.cases)
    own, others = options.cores
    console = Console(folder, ledger, core=own)
    try:
        console.start()
        before = console.cpu_seconds()
        asked = {
            "address": console.address,
            "tokens": staff.tokens[Role.INVESTIGATOR],
            "cases": options.cases,
            "seconds": options.seconds,
            "looks": LOOKS,
        }
        command = ["taskset", "-c", str(others), sys.executable, "-m", "benchmarks.console._console_swarm"]
        ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
        if ran.returncode:
            sys.exit(ran.stderr)
        found, busy, peak = json.loads(ran.stdout), console.cpu_seconds() - before, console.peak_bytes()
    finally:
        console.close()
    rows = [
        (name, *(f"{row[column]:,.0f}" for column in ("requests", "failed", "p50", "p95", "p99")))
        for name, row in sorted(found["rows"].items())
    ]
    yield Table(("what", "requests", "failed", "p50 ms", "p95 ms", "p99 ms"), rows)
    yield f"{found['rows']['all']['requests'] / found['seconds']:.1f} requests a second"
    cpu, share = 1000 * busy / found["whole"], 100 * found["cpu"]
    yield f"console: {cpu:.1f} ms of CPU a request, {peak / 2**20:.0f} MiB; load: {share:.0f} % of its core"
    yield from found["errors"]
