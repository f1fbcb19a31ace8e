"""What is measured as a process of its own: seconds, seconds of CPU and the most memory, in turn with its baseline.

The kernel counts the peak memory of a child from its parent's, so that big work happens in such processes alone.
"""

import base64
import json
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.registry import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a process took: seconds by the clock, of CPU, its peak of memory in GB; and what it said."""

    wall: float
    cpu: float
    peak: float
    out: str


def child(function: str, *arguments: object) -> list[str]:
    """Return the command that calls `module:function` with these arguments and prints what it returns as JSON."""
    module, name = function.split(":")
    given = base64.b64encode(pickle.dumps(arguments)).decode()
    code = f"print(json.dumps({name}(*pickle.loads(base64.b64decode(sys.argv[1])))))"
    return [sys.executable, "-c", f"import base64, json, pickle, sys\nfrom {module} import {name}\n{code}", given]


def spend(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a process to its end; raises if it fails."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    wall = time.perf_counter() - begun
    return Spent(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak=usage.ru_maxrss * 1024 / 1e9, out=out)


def answer(function: str, *arguments: object) -> Any:
    """Call `module:function` in a process of its own, and return what it returns."""
    return json.loads(spend(child(function, *arguments)).out.splitlines()[-1])


def take_turns(contenders: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Spent]]:
    """Run each so many times, in turn, after a warm-up."""
    found: dict[str, list[Spent]] = {name: [] for name in contenders}
    for turn in range(runs + 1):
        for name, command in contenders.items():
            spent = spend(command)
            if turn:
                found[name].append(spent)
    return found


def contest(found: Mapping[str, Sequence[Spent]]) -> Table:
    """Return the table of contenders: medians, and the first one's ratio to the others."""
    middle = {name: statistics.median(one.wall for one in runs) for name, runs in found.items()}
    rows = []
    for name, runs in found.items():
        walls = [one.wall for one in runs]
        rows.append(
            (
                name,
                f"{middle[name]:.2f}",
                f"{min(walls):.2f}–{max(walls):.2f}",
                f"{statistics.median(one.cpu for one in runs):.2f}",
                f"{max(one.peak for one in runs):.2f}",
                f"{next(iter(middle.values())) / middle[name]:.2f}",
            )
        )
    return Table(("contender", "median s", "least–most s", "CPU s", "peak GB", "ratio to it"), rows)
