"""Sellers of a generated market: come-backs and pairs beside handles only and text hashes only; time and memory.

    python -m benchmarks run market_sellers [--seeds 3] [--offers 100000] [--only quality|speed]

A come-back counts as found where the new shop is told as one seller's with an earlier shop of his within its first two
offers, each added by itself behind what was there before. It counts as told where a new shop is joined to one that
had ended, and as right where both are one seller's.
"""

import random
import resource
import statistics
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.market._offers import DAY, LAST, LATER, START, WORLDS, Generated, World, generate
from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.market.sellers import Offer, Sellers, link_all

_LOOKS = 2
KNOWING = "linked, told who is gone"
FIRST = 20
"""Seeds below were there when weights were set."""
Assigned = Mapping[str, Hashable]
"""The seller of each shop, as a method has it."""


class Keyed:
    """A method that joins whatever shares a key: handles only, text hashes only."""

    def __init__(self, keys: Callable[[Offer], Iterable[Hashable]]) -> None:
        self._keys = keys
        self._parent: dict[Hashable, Hashable] = {}

    def find(self, one: Hashable) -> Hashable:
        """The group of a key."""
        root = one
        while (up := self._parent.get(root, root)) != root:
            root = up
        while one != root:
            self._parent[one], one = root, self._parent[one]
        return root

    def add(self, offer: Offer) -> None:
        """Takes in an offer."""
        mine = self.find(("offer", offer.id))
        for key in (("shop", offer.shop or offer.id), *self._keys(offer)):
            other = self.find(key)
            if other != mine:
                self._parent[other] = mine

    def of(self, offer: str) -> Hashable:
        """Who an offer is by."""
        return self.find(("offer", offer))


class Linked:
    """Ours: everything up to a day at once, then one by one."""

    def __init__(self, first: list[Offer], made: Generated | None = None) -> None:
        """Links the first. made: shops are looked for twice a day, and those that aren't there any more are told."""
        self._ends = (
            [] if made is None else sorted((at + DAY // 2, made.offer_of(shop)) for shop, at in made.ends.items())
        )
        self._seen = {offer.id for offer in first}
        self._sellers: Sellers = link_all(first, ended=self._ended(first[-1].at))

    def _ended(self, at: int) -> list[str]:
        gone = [one for end, one in self._ends if end <= at and one in self._seen]
        self._ends = [(end, one) for end, one in self._ends if end > at]
        return gone

    def add(self, offer: Offer) -> None:
        """Takes in an offer."""
        if gone := self._ended(offer.at):
            self._sellers.end(gone)
        self._seen.add(offer.id)
        self._sellers.add(offer)

    def of(self, offer: str) -> Hashable:
        """Who an offer is by."""
        return self._sellers.id_of(offer)


def by_handles(offer: Offer) -> list[Hashable]:
    """Handles only."""
    return [(handle.kind, handle.value) for handle in offer.handles]


def by_text(offer: Offer) -> list[Hashable]:
    """Text hashes only: letters, digits and Han characters in one spelling."""
    folded = unicodedata.normalize("NFKC", offer.text).casefold()
    return ["".join(filter(str.isalnum, folded))]


def come_backs(made: Generated, method: Linked | Keyed, begun: int) -> tuple[int, int, int, int]:
    """Come-backs that there were, found, told, right; of shops that began after `begun` offers."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for offer in made.offers[:begun]:
        seen[made.shop[offer.id]].append(offer.id)
    known = set(seen)
    were = found = told = right = 0
    for offer in made.offers[begun:]:
        method.add(offer)
        shop = made.shop[offer.id]
        seen[shop].append(offer.id)
        looks = len(seen[shop])
        if shop in known or looks > _LOOKS:
            continue
        ended = [one for one in seen if one != shop and made.ends[one] <= made.starts[shop]]
        last = looks == _LOOKS or offer.id == made.offers[-1].id or looks == _count(made, shop)
        if not last:
            continue
        mine = method.of(offer.id)
        joined = [one for one in ended if method.of(seen[one][0]) == mine]
        his = {one for one in ended if made.owner[one] == made.owner[shop]}
        were += bool(his)
        found += bool(his & set(joined))
        told += bool(joined)
        right += bool(joined) and made.owner[max(joined, key=made.ends.__getitem__)] == made.owner[shop]
    return were, found, told, right


_COUNTS: dict[int, Counter[str]] = {}


def _count(made: Generated, shop: str) -> int:
    if id(made) not in _COUNTS:
        _COUNTS[id(made)] = Counter(made.shop.values())
    return _COUNTS[id(made)][shop]


def pair_scores(made: Generated, of: Callable[[str], Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 over pairs of shops; a shop is where most of its offers are."""
    votes: defaultdict[str, Counter[Hashable]] = defaultdict(Counter)
    for offer in made.offers:
        votes[made.shop[offer.id]][of(offer.id)] += 1
    told = {shop: count.most_common(1)[0][0] for shop, count in votes.items()}

    def pairs(some: Iterable[Hashable]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(some).values())

    both = pairs((told[shop], made.owner[shop]) for shop in told)
    precision = both / max(1, pairs(told.values()))
    recall = both / max(1, pairs(made.owner[shop] for shop in told))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def quality(seeds: int) -> Table:
    """Come-backs and pairs, a row for each world and method."""
    rows = []
    sums: defaultdict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for world in (*WORLDS, *LATER, *LAST):
        for name in ("linked", KNOWING, "handles only", "text hashes only"):
            some = [_measured(name, generate(world, FIRST + seed)) for seed in range(seeds)]
            mean = tuple(statistics.fmean(column) for column in zip(*some, strict=True))
            sums[name, _part(world)].append(mean)
            rows.append([world.name, name, *(f"{value:.3f}" for value in mean)])
            print("done:", *rows[-1], file=sys.stderr, flush=True)
    for (name, part), means in sums.items():
        mean = tuple(statistics.fmean(column) for column in zip(*means, strict=True))
        rows.append([f"all {part}", name, *(f"{value:.3f}" for value in mean)])
    return Table(("world", "method", "come-backs found", "precision", "pairs P", "pairs R", "pairs F1"), rows)


def _part(world: World) -> str:
    return "last" if world in LAST else "later" if world in LATER else "first"


def _measured(name: str, made: Generated) -> tuple[float, ...]:
    begun = sum(offer.at < START + 20 * DAY for offer in made.offers)
    method: Linked | Keyed
    if name in ("linked", KNOWING):
        method = Linked(made.offers[:begun], made if name == KNOWING else None)
    else:
        method = Keyed(by_handles if name == "handles only" else by_text)
        for offer in made.offers[:begun]:
            method.add(offer)
    were, found, told, right = come_backs(made, method, begun)
    if name in ("linked", KNOWING):
        ended = [made.offer_of(shop) for shop in made.ends] if name == KNOWING else []
        whole = link_all(made.offers, ended=ended)
        of = {one: seller.id for seller in whole.all() for one in seller.offers}
        scores = pair_scores(made, of.__getitem__)
    else:
        scores = pair_scores(made, method.of)
    return found / max(1, were), right / max(1, told), *scores


def speed(count: int) -> Iterator[Table]:
    """Time and memory of so many offers."""
    world = World(name="large", sellers=count // 10, days=360, offers=8, shops=4)
    made = generate(world, 0)
    offers, more = made.offers[:count], made.offers[count : count + 200]
    link_all(generate(WORLDS[0], 0).offers[:200]).add(offers[0])  # the compiler
    began = time.perf_counter(), time.process_time()
    linked = link_all(offers)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    times = []
    for offer in more or random.Random(0).sample(offers, 200):
        start = time.perf_counter()
        linked.add(offer)
        times.append((time.perf_counter() - start) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    rows = [
        ("all offers linked", f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.2f}"),
        ("one more, median", f"{statistics.median(times) / 1000:.4f}", "", ""),
        ("one more, worst", f"{max(times) / 1000:.4f}", "", ""),
    ]
    yield Table((f"{len(offers):,} offers", "s", "CPU s", "peak GB"), rows)
    scores = (f"{score:.3f}" for score in pair_scores(made, _fallback(linked)))
    yield Table(("pairs of shops", "P", "R", "F1"), [("many offers", *scores)])


def _fallback(linked: Sellers) -> Callable[[str], Hashable]:
    of = {one: seller.id for seller in linked.all() for one in seller.offers}
    return lambda id_: of.get(id_, id_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many worlds of each kind, and how many offers."""

    seeds: int = option(3)
    offers: int = option(100_000)
    only: Literal["quality", "speed"] | None = option(None)


PARTS = ("first", "later", "last")


@benchmark(
    minutes=30,
    kept=[
        *(
            Kept(
                f"{what}: {part} worlds",
                f"all {part} · {KNOWING}",
                column,
                beside=("handles only", f"all {part} · handles only", column),
            )
            for part in PARTS
            for what, column in (
                ("come-backs found", "come-backs found"),
                ("links that are right", "precision"),
                ("F1 of pairs of shops", "pairs F1"),
            )
        ),
        Kept("linking 100,000 offers", "all offers linked", "CPU s", "CPU s"),
        Kept("one more offer linked, worst", "one more, worst", "s", "s"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Measure both, or one."""
    if options.only != "speed":
        yield quality(options.seeds)
    if options.only != "quality":
        yield from speed(options.offers)
