"""Measure the sampler's speed: 200,000 iterations at 100,000 sources and 50 leaks.

    python -m benchmarks run sampler

Beside it, in the same run: the same chain without the compiler, for fewer iterations, scaled up.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.registry import Kept, Said, Table, benchmark, option
from benchmarks.shared.processes import child, spend
from benchmarks.trace._world import Scale, build, evidence, look_up, plant
from wayseal.trace._delay import Delay, scenarios
from wayseal.trace._likelihood import likelihood
from wayseal.trace._posterior import Prior
from wayseal.trace._sampler import Effort, inclusion, sample
from wayseal.trace._screen import Classes, classes

SCALE = Scale(accounts=100_000, outlets=2_000, regions=100, parcels=300_000, read_by=28.0)
LEAKS = 50
ITERATIONS = 200_000
PLAIN = 4_000


SCALED = f"s for {ITERATIONS:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How often, and how long a chain."""

    runs: int = option(5)
    iterations: int = option(ITERATIONS)


@benchmark(
    minutes=1,
    kept=[
        Kept(
            "200,000 iterations of the sampler",
            "compiled",
            SCALED,
            unit="s",
            most=1,
            beside=("plain Python and NumPy", "plain Python and NumPy", SCALED),
        )
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Time the sampler and its uncompiled twin."""
    board = seats()
    begun = time.perf_counter()
    _seconds(board, 400)
    warm_up = time.perf_counter() - begun
    compiled = sorted(_seconds(board, options.iterations) for _ in range(options.runs))
    middle = compiled[len(compiled) // 2]
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    twin = float(spend(child("benchmarks.trace.sampler:plain"), environment).out)
    yield f"{SCALE.accounts:,} accounts, {LEAKS} leaks, {len(board.members)} candidates in the sampler"
    rows = [
        ("compiled", f"{options.iterations:,}", f"{middle:.2f}", f"{middle * ITERATIONS / options.iterations:.2f}"),
        ("plain Python and NumPy", f"{PLAIN:,}", f"{twin:.2f}", f"{twin * ITERATIONS / PLAIN:.0f} (scaled)"),
    ]
    yield Table(("chain", "iterations", "s", SCALED), rows)
    yield f"{options.runs} runs, {compiled[0]:.2f}–{compiled[-1]:.2f} s; first call, with loading: {warm_up:.2f} s"


def plain() -> float:
    """Seconds of the chain as it is, without the compiler."""
    return _seconds(seats(), PLAIN)


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
