"""How long commands take to start, beside a Python that does nothing.

    python -m benchmarks.start --rounds 9

Each round runs every command once, in turn, so that all meet the same machine. Prints medians of wall time, CPU time
and the most memory that a process held, as a markdown table.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def measure(command: list[str]) -> tuple[float, float, float]:
    """Wall and CPU time in seconds, and peak memory in MB, of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit code {process.returncode}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        ledger, vault, log = Path(folder, "ledger"), Path(folder, "vault"), Path(folder, "accesses.csv")
        log.write_text("\n".join(["at,actor,waybill", *ROWS]) + "\n")
        measure([sys.executable, "-c", RUN, "ingest", str(ledger), str(log), "-q"])
        measure([sys.executable, "-c", RUN, "vault", "init", str(vault), "--example"])
        (ledger / "detect").mkdir()
        measured = commands(ledger, vault)
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, command in measured.items():
                found[name].append(measure(command))
    print("| | wall, s | CPU, s | peak memory, MB |\n|---|---|---|---|")
    for name, runs in found.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
