"""Watchers on the simulated market: come-backs found, how late, how many notices are right, which looks were made.

    python -m benchmarks run market_world [--shops 1000] [--days 60] [--seeds 1,2,3]

Makes a market for each seed, runs each watcher over all its days without sockets, and prints what `_judge` says,
of each seed as soon as it is there and of all in the end.
"Exact handles" and "text hashes" are what the room is held against; both read pages with the operator's own selectors
and know soft 404s, so that they differ from it in linking alone, and in knowing nobody's trade: "of the trade" is their
precision without notices on the honest.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.market._judge import Verdict, judge, p95_of
from benchmarks.market._room import Room
from benchmarks.market._watch import ExactHandles, TextHashes, Watcher, classes_at, watch
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal_sim.market import MarketPlan, generate_market
from wayseal_sim.market.parts import MarketWorld

WATCHERS: Sequence[Callable[[MarketWorld], Watcher]] = (
    Room,
    lambda world: ExactHandles(world.plan.begins, classes_at(world)),
    lambda world: TextHashes(world.plan.begins, classes_at(world)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How large, and how many."""

    shops: int = option(1_000)
    days: int = option(60)
    seeds: tuple[int, ...] = option((1, 2, 3))


OURS, HANDLES = "wayseal", "exact handles"


@benchmark(
    minutes=60,
    kept=[
        Kept("come-backs found, simulated market", OURS, "share", beside=(HANDLES, HANDLES, "share")),
        Kept(
            "come-backs found of what kept something",
            OURS,
            "of what kept something",
            least=0.9,
            beside=(HANDLES, HANDLES, "of what kept something"),
        ),
        Kept(
            "notices that are right, simulated market",
            OURS,
            "precision",
            least=0.95,
            beside=(HANDLES, HANDLES, "precision"),
        ),
        Kept(
            "visits until a come-back is found, p95", OURS, "p95 looks", most=2, beside=(HANDLES, HANDLES, "p95 looks")
        ),
        Kept("visits with an outcome, of those that were due", OURS, "with an outcome", least=0.99),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Let each watcher see each market."""
    verdicts: list[tuple[str, Verdict]] = []
    for seed in options.seeds:
        world = generate_market(MarketPlan(shops=options.shops, days=options.days), seed)
        for make in WATCHERS:
            watcher, begun = make(world), time.process_time()
            verdicts.append((watcher.name, judge(world, watch(world, watcher))))
            seconds = time.process_time() - begun
            print(f"seed {seed}, {watcher.name}: {seconds:.1f} s of the processor", file=sys.stderr, flush=True)
        yield from lines_of([(f"{name}, seed {seed}", verdict) for name, verdict in verdicts[-len(WATCHERS) :]])
    yield from lines_of(verdicts)


def lines_of(verdicts: Sequence[tuple[str, Verdict]]) -> Iterator[Table]:
    """Tables of verdicts, all seeds of a watcher as one."""
    names = list(dict.fromkeys(name for name, _ in verdicts))
    of = {name: [verdict for other, verdict in verdicts if other == name] for name in names}
    head = (
        "watcher",
        "found",
        "of",
        "share",
        "of what kept something",
        "precision",
        "of the trade",
        "p95 looks",
        "the same, away a day",
        "wrong notices",
    )
    yield Table(head, [_summary(name, of[name]) for name in names])
    ways = sorted({way for _, verdict in verdicts for way in verdict.findable})
    yield Table(("found by way", *ways), [(name, *_by_way(of[name], ways)) for name in names])
    load = ("looks", "asked for", "with an outcome", "hindered", "over budget", "too soon", "forbidden")
    yield Table(load, [_load(name, of[name]) for name in names])


def _summary(name: str, some: Sequence[Verdict]) -> Sequence[str]:
    found = sum(n for v in some for n, _ in v.findable.values())
    many = sum(n for v in some for _, n in v.findable.values())
    notices = sum((Counter(v.notices) for v in some), Counter[str]())
    late = [one for v in some for one in v.late]
    wrong = ", ".join(f"{what} {n}" for what, n in sorted(notices.items()) if what != "right")
    precision = notices["right"] / max(1, notices.total())
    of_trade = notices["right"] / max(1, notices["right"] + notices["other_seller"] + notices["not_gone"])
    kept = sum(v.kept[0] for v in some) / max(1, sum(v.kept[1] for v in some))
    shares = [f"{share:.3f}" for share in (found / max(1, many), kept, precision, of_trade)]
    looks = [f"{p95_of(late, hours):.0f}" for hours in (0, 24)]
    return [name, f"{found}", f"{many}", *shares, *looks, wrong or "–"]


def _by_way(some: Sequence[Verdict], ways: Sequence[str]) -> list[str]:
    out = []
    for way in ways:
        pairs = [v.findable.get(way, (0, 0)) for v in some]
        out.append(f"{sum(n for n, _ in pairs)} of {sum(n for _, n in pairs)}")
    return out


def _load(name: str, some: Sequence[Verdict]) -> tuple[str, ...]:
    looks = sum((Counter(v.looks) for v in some), Counter[str]())
    expected = sum(v.expected for v in some)
    hindered = ", ".join(f"{what} {n}" for what, n in sorted(looks.items()) if what != "made")
    load = (sum(v.over_budget for v in some), sum(v.too_soon for v in some), sum(v.forbidden for v in some))
    return name, f"{expected}", f"{looks.total() / expected:.4f}", hindered or "–", *(str(n) for n in load)
