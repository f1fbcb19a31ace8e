"""Measure the sampler's speed: 200,000 iterations at 100,000 sources and 50 leaks.

    python benchmarks/sampler.py

Beside it, in the same run: the same chain without the compiler, for fewer iterations, scaled up.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._cases import table
from benchmarks._world import Scale, build, evidence, look_up, plant
from wayseal.trace._delay import Delay, scenarios
from wayseal.trace._likelihood import likelihood
from wayseal.trace._posterior import Prior
from wayseal.trace._sampler import Effort, inclusion, sample
from wayseal.trace._screen import Classes, classes

SCALE = Scale(accounts=100_000, outlets=2_000, regions=100, parcels=300_000, read_by=28.0)
LEAKS = 50
ITERATIONS = 200_000
PLAIN = 4_000


def main() -> None:
    """Time the sampler and its uncompiled twin, and print both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--plain", action="store_true", help="time the chain as it is, once; used by the run itself")
    if options.parse_args().plain:
        print(_seconds(seats(), PLAIN))
        return
    board = seats()
    begun = time.perf_counter()
    _seconds(board, 400)
    warm_up = time.perf_counter() - begun
    compiled = sorted(_seconds(board, ITERATIONS) for _ in range(5))
    command = [sys.executable, str(Path(__file__).resolve()), "--plain"]
    done = subprocess.run(
        command, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True
    )
    plain = float(done.stdout)
    print(f"{SCALE.accounts:,} accounts, {LEAKS} leaks, {len(board.members)} candidates in the sampler\n")
    rows = [
        ("compiled", f"{ITERATIONS:,}", f"{compiled[2]:.2f}", f"{compiled[2]:.2f}"),
        ("plain Python and NumPy", f"{PLAIN:,}", f"{plain:.2f}", f"{plain * ITERATIONS / PLAIN:.0f} (scaled)"),
    ]
    print("\n".join(table(("chain", "iterations", "s", f"s for {ITERATIONS:,}"), rows)))
    print(f"\nMedian of 5 runs ({compiled[0]:.2f}–{compiled[-1]:.2f} s); first call, with loading: {warm_up:.2f} s.")


def seats() -> Classes:
    """One case with three leakers, as the tracer would seat it."""
    world = build(77, SCALE)
    case = plant(world, np.random.default_rng(5), wide=1, ordinary=2, n=LEAKS)
    given = evidence(world, case, look_up(world, case))
    return classes(given, likelihood(given, scenarios(Delay())), Prior().rho(given))


def _seconds(board: Classes, iterations: int) -> float:
    effort = Effort(chains=4, steps=iterations // 4, rounds=1)
    begun = time.perf_counter()
    drawn = sample(board, seed=1, effort=effort)
    seconds = time.perf_counter() - begun
    if drawn.iterations != iterations or not inclusion(drawn.states, len(board.members)).any():
        raise SystemExit("the sampler did not sample")
    return seconds


if __name__ == "__main__":
    main()
