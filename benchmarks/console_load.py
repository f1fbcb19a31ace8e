"""How quick the console is while 200 people look at cases, and each look is written.

    python -m benchmarks.console_load --work FOLDER [--people 200] [--cases 10000] [--seconds 60] [--cores 0,1]

The console runs on the first of two cores, its load on the other, so that neither takes the other's time; what the
load's core was busy is told beside the figures. Somebody looks at the next case every three to seven seconds: the page,
and a commit that says so; one in five goes to a list instead.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks._cases import table
from benchmarks._console_service import Console, seed
from wayseal.console import Role

LOOKS = ["/", "/cases"]


def main() -> None:
    """Measures and tells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cores", default="0,1")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    folder, ledger = given.work / "console", given.work / "ledger"
    staff = seed(folder, ledger, {Role.INVESTIGATOR: given.people}, given.cases)
    own, others = given.cores.split(",")
    console = Console(folder, ledger, core=int(own))
    try:
        console.start()
        before = console.cpu_seconds()
        asked = {
            "address": console.address,
            "tokens": staff.tokens[Role.INVESTIGATOR],
            "cases": given.cases,
            "seconds": given.seconds,
            "looks": LOOKS,
        }
        command = ["taskset", "-c", others, sys.executable, "-m", "benchmarks._console_swarm"]
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
    print(*table(("what", "requests", "failed", "p50 ms", "p95 ms", "p99 ms"), rows), sep="\n")
    print(f"{found['rows']['all']['requests'] / found['seconds']:.1f} requests a second")
    cpu, share = 1000 * busy / found["whole"], 100 * found["cpu"]
    print(f"console: {cpu:.1f} ms of CPU a request, {peak / 2**20:.0f} MiB; load: {share:.0f} % of its core")
    print(*found["errors"], sep="\n")


if __name__ == "__main__":
    main()
