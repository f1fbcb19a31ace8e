"""How long commands take to start, beside a Python that does nothing.

    python -m benchmarks run start --rounds 9

Each round runs every command once, in turn, so that all meet the same machine. Prints medians of wall time, CPU time
and the most memory that a process held, as a markdown table.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import spend, take_turns

RUN = "import sys; from wayseal.cli import main; sys.argv = ['wayseal', *sys.argv[1:]]; main()"
ROWS = [f"2026-03-02T{6 + n % 12:02d}:{n % 60:02d}:00Z,u-{n % 20},YT{2_000_000 + n % 60}" for n in range(240)]


def commands(ledger: Path, vault: Path) -> dict[str, list[str]]:
    """What is measured, by its name in the table."""
    wayseal = [sys.executable, "-c", RUN]
    return {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`wayseal --help`": [*wayseal, "--help"],
        "`wayseal vault --help`": [*wayseal, "vault", "--help"],
        "`wayseal show LEDGER`": [*wayseal, "show", str(ledger)],
        "`wayseal case list`": [*wayseal, "case", "list", str(ledger)],
        "`wayseal ledger verify LEDGER`": [*wayseal, "ledger", "verify", str(ledger), "-q"],
        "`wayseal vault status`": [*wayseal, "vault", "status", "--vault", str(vault)],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often each runs."""

    rounds: int = option(9)


HELP, SHOW = "`wayseal --help`", "`wayseal show LEDGER`"


@benchmark(
    minutes=2,
    kept=[
        Kept("`wayseal --help`", HELP, "wall, s", "s", most=0.3),
        Kept("peak memory of `wayseal --help`", HELP, "peak memory, MB", "MB", most=60),
        Kept("`wayseal show LEDGER`", SHOW, "wall, s", "s", most=0.9),
        Kept("`wayseal case list`", "`wayseal case list`", "wall, s", "s"),
        Kept("`wayseal ledger verify LEDGER`", "`wayseal ledger verify LEDGER`", "wall, s", "s"),
        Kept("`wayseal vault status`", "`wayseal vault status`", "wall, s", "s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Run each command in turn."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, vault, log = Path(folder, "ledger"), Path(folder, "vault"), Path(folder, "accesses.csv")
        log.write_text("\n".join(["at,actor,waybill", *ROWS]) + "\n")
        spend([sys.executable, "-c", RUN, "ingest", str(ledger), str(log), "-q"])
        spend([sys.executable, "-c", RUN, "vault", "init", str(vault), "--example"])
        (ledger / "detect").mkdir()
        found = take_turns(commands(ledger, vault), options.rounds)
    rows = []
    for name, runs in found.items():
        wall, cpu, memory = (statistics.median(c) for c in zip(*((r.wall, r.cpu, r.peak) for r in runs), strict=True))
        rows.append((name, f"{wall:.2f}", f"{cpu:.2f}", f"{memory * 1000:.0f}"))
    yield Table(("", "wall, s", "CPU, s", "peak memory, MB"), rows)
