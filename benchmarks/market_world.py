"""Watchers on the simulated market: come-backs found, how late, how many notices are right, which looks were made.

    python -m benchmarks.market_world [--shops 1000] [--days 60] [--seeds 1,2,3]

Makes a market for each seed, runs each watcher over all its days without sockets, and prints what `_market_judge` says,
of each seed as soon as it is there and of all in the end.
"Exact handles" and "text hashes" are what the room is held against; both read pages with the operator's own selectors
and know soft 404s, so that they differ from it in linking alone, and in knowing nobody's trade: "of the trade" is their
precision without notices on the honest.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks._cases import table
from benchmarks._market_judge import Verdict, judge, p95_of
from benchmarks._market_room import Room
from benchmarks._market_watch import ExactHandles, TextHashes, Watcher, classes_at, watch
from wayseal_sim.market import MarketPlan, generate_market
from wayseal_sim.market.parts import MarketWorld

WATCHERS: Sequence[Callable[[MarketWorld], Watcher]] = (
    Room,
    lambda world: ExactHandles(world.plan.begins, classes_at(world)),
    lambda world: TextHashes(world.plan.begins, classes_at(world)),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", type=int, default=1_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seeds", default="1,2,3")
    args = parser.parse_args()
    verdicts: list[tuple[str, Verdict]] = []
    for seed in map(int, args.seeds.split(",")):
        world = generate_market(MarketPlan(shops=args.shops, days=args.days), seed)
        for make in WATCHERS:
            watcher, begun = make(world), time.process_time()
            verdicts.append((watcher.name, judge(world, watch(world, watcher))))
            seconds = time.process_time() - begun
            print(f"seed {seed}, {watcher.name}: {seconds:.1f} s of the processor", file=sys.stderr, flush=True)
        for line in lines_of([(f"{name}, seed {seed}", verdict) for name, verdict in verdicts[-len(WATCHERS) :]]):
            print(line, flush=True)
    for line in lines_of(verdicts):
        print(line)


def lines_of(verdicts: Sequence[tuple[str, Verdict]]) -> Iterator[str]:
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
    yield from table(head, [_summary(name, of[name]) for name in names])
    ways = sorted({way for _, verdict in verdicts for way in verdict.findable})
    yield ""
    yield from table(("found by way", *ways), [(name, *_by_way(of[name], ways)) for name in names])
    yield ""
    load = ("looks", "asked for", "with an outcome", "hindered", "over budget", "too soon", "forbidden")
    yield from table(load, [_load(name, of[name]) for name in names])


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


if __name__ == "__main__":
    main()
