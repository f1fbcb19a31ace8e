"""A queue of 30 days on the simulator: of what came into it, what somebody would act on, and what was missed.

    python -m benchmarks run honest_queue [--seeds 1,2,3,4]

Each world has a courier with leakers and insiders, partners with and without a contract, sites and chats that sell its
numbers, and chats in which customers ask where their parcel is and finders say what they found. The market is looked at
as its sources say; what each look finds comes into the queue. Then detection is run, and rights and partners are held
against use and contracts and put into the queue, twice. The simulator's truth judges each entry:

1. Of accounts: one of them leaks or pulls; of accounts that a review of rights lists, at least half of them.
2. Of sellers with numbers: at least half of the numbers are on offer by one of them who is of the trade.
3. Of a come-back: the shop that was gone and the one that is there are one seller's of the trade.

What is missed is told beside: sellers whose offers with own numbers the record has, and insiders with those who leak,
of whom no entry speaks. What chats say is out of families (`h-…` of `texts/mentions.tsv`) that nothing is learnt from.
"""

import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.market._composed import TEXTS
from benchmarks.market._judge import bearers_of, shops_of, what_is
from benchmarks.market._room import Room
from benchmarks.market._watch import DAY, HOUR, Fetch, Outcome, Planned, Post, Told, watch
from benchmarks.registry import Kept, Said, Table, UnsoundError, benchmark, option
from wayseal.cases import Cases, open_cases
from wayseal.cases.ledger.arrivals import WHO, partner_leads, rights_leads
from wayseal.cases.ledger.detection import Detection, find_cases
from wayseal.cases.ledger.market import queue_found
from wayseal.cases.types import ObservableKind, Source
from wayseal.cases.views import ItemRow
from wayseal.console.reading import PARTNERS, RIGHTS, load_review, review_partners, review_rights
from wayseal.detect import Options as DetectOptions
from wayseal.ledger import ingest, open_ledger
from wayseal.market.log.reads import Reads
from wayseal.market.numbers import own_of_ledger
from wayseal.store import open_source
from wayseal_sim import preset, simulate
from wayseal_sim.market import MarketPlan, generate_market
from wayseal_sim.market.parts import FORBIDDEN, MarketWorld, known_numbers

HELD = "h-"
CITIES = ("广州", "杭州", "成都", "郑州", "临沂")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Which worlds."""

    seeds: tuple[int, ...] = option((1, 2, 3, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a world is made. agreed: platforms with a contract; asks, finds: messages a day; terse: sellers in chats."""

    leaker: str
    insiders: str
    shops: int
    honest: float
    agreed: int
    asks: int
    finds: int
    terse: int


SHAPES = (
    Shape(leaker="clerk", insiders="few", shops=60, honest=0.45, agreed=2, asks=8, finds=2, terse=4),
    Shape(leaker="wide", insiders="steady,partner", shops=40, honest=0.7, agreed=3, asks=20, finds=4, terse=2),
    Shape(leaker="outlet", insiders="stock,range,stolen", shops=90, honest=0.3, agreed=0, asks=4, finds=1, terse=6),
    Shape(leaker="colluders", insiders="shared,partner", shops=50, honest=0.5, agreed=1, asks=30, finds=6, terse=3),
)


@dataclass(slots=True, kw_only=True)
class Found:
    """Counts of a world: entries by source, right or not; sellers and insiders that are there, and are told of."""

    right: Counter[str] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    sellers: tuple[int, int] = (0, 0)
    insiders: tuple[int, int] = (0, 0)
    again: int = 0


class Talk(Room):
    """The room on a market whose chats speak of the courier's own numbers, too; what it finds comes into the queue."""

    def __init__(self, world: MarketWorld, ledger: Path, shape: Shape, seed: int, numbers: Sequence[str]) -> None:
        super().__init__(world)
        self._ledger, self._shape, self._numbers = ledger, shape, numbers
        self._rng = random.Random(seed)
        self.told_of: set[str] = set()
        self._phrases: dict[str, list[str]] = {}
        for line in (TEXTS / "mentions.tsv").read_text("utf-8").splitlines()[1:]:
            family, kind, text = line.split("\t")
            if family.startswith(HELD):
                self._phrases.setdefault(kind, []).append(text)
        self._sold = [one.waybill for one in known_numbers(ledger.parent)]
        with open_ledger(ledger) as snapshot:
            own = own_of_ledger(snapshot)
        self.watch._parts = replace(self.watch._parts, own=own)

    @property
    def reads(self) -> Reads:
        """Asks its record."""
        return self.watch._reads

    def look(self, planned: Planned, fetch: Fetch, posts: Sequence[Post]) -> Outcome:
        """See `Watcher`; what was found comes into the queue."""
        before = self.doors.now
        if planned.site == "chats":
            posts = sorted([*posts, *self._said(before)], key=lambda one: one.at)
        reports: list[Any] = []
        visit = self.watch.visit

        def kept(look: Any) -> Any:
            reports.append(visit(look))
            return reports[-1]

        self.watch.visit = kept  # type: ignore[method-assign,assignment]
        try:
            outcome = super().look(planned, fetch, posts)
        finally:
            del self.watch.visit
        for report in reports:
            queue_found(self._folder, self._ledger, report)
        return outcome

    def _said(self, now: int) -> Iterator[Post]:
        """A day's talk about own numbers."""
        shape, rng = self._shape, self._rng
        for kind, many in (("asks", shape.asks), ("found", shape.finds)):
            for _ in range(many):
                yield self._post(f"user{rng.randrange(10**9)}", rng.choice(self._phrases[kind]), self._numbers, now)
        for place in range(shape.terse):
            if rng.random() < 0.4:
                author = f"user8{place:08d}"
                self.told_of.add(f"chats/{author}")
                yield self._post(author, rng.choice(self._phrases["sells"]), self._sold, now)

    def _post(self, author: str, phrase: str, numbers: Sequence[str], now: int) -> Post:
        n, m, k = self._rng.sample(list(numbers), 3)
        price, each = self._rng.choice((12, 18, 25, 39, 99)), self._rng.choice((0.5, 0.8, 1.2))
        text = phrase.format(n=n, m=m, k=k, p=price, q=each, city=self._rng.choice(CITIES))
        at = now - self._rng.randrange(HOUR, DAY)
        return Post(at=at, author=author, name=f"路人{author[-3:]}", text=text, pictures=())


@benchmark(
    minutes=8,
    kept=[
        Kept("entries of the queue that people would act on", "all worlds", "would act on", least=0.8),
        Kept("sellers of own numbers that the queue tells of", "all worlds", "sellers told of"),
        Kept("insiders and leakers that the queue tells of", "all worlds", "insiders told of"),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Live through 30 days in each world."""
    found = {f"world {seed}": live(SHAPES[(seed - 1) % len(SHAPES)], seed) for seed in options.seeds}
    head = ("world", "entries", "would act on", "sellers told of", "insiders told of", "more by a second press")
    rows = [_row(name, [one]) for name, one in found.items()]
    yield Table(head, [*rows, _row("all worlds", list(found.values()))])
    total = sum((one.entries for one in found.values()), Counter[str]())
    right = sum((one.right for one in found.values()), Counter[str]())
    yield Table(
        ("source and reason", "entries", "would act on"),
        [(name, str(count), str(right[name])) for name, count in sorted(total.items())],
    )


def _row(name: str, some: Sequence[Found]) -> tuple[str, ...]:
    entries, right = (sum(getattr(one, what).total() for one in some) for what in ("entries", "right"))
    pairs = [
        [sum(part) for part in zip(*found, strict=True)]
        for found in ([one.sellers for one in some], [one.insiders for one in some])
    ]
    shares = [f"{a / max(1, b):.2f} ({a} of {b})" for a, b in pairs]
    return name, str(entries), f"{right / max(1, entries):.2f}", *shares, str(sum(one.again for one in some))


def live(shape: Shape, seed: int) -> Found:
    """A world's 30 days, and what came of them."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        scenario = preset("watch", days=30, leaker=shape.leaker, insiders=shape.insiders, market_days=20)
        paths = simulate(out, scenario, seed=seed)
        ledger = out / "ledger"
        ingest(open_source(paths.dataset), ledger)
        truth = json.loads(paths.truth.read_text("utf-8"))
        sold = known_numbers(out)
        begins = (min(one.sold_at for one in sold) // DAY - 9) * DAY
        plan = MarketPlan(shops=shape.shops, days=30, begins=begins, honest=shape.honest)
        world = generate_market(plan, seed, sold)
        numbers = pq.read_table(paths.dataset / "waybills.parquet", columns=["waybill"])["waybill"].to_pylist()
        talk = Talk(world, ledger, shape, seed, numbers)
        watch(world, talk)
        find_cases(Detection(ledger=ledger, options=DetectOptions()), world.plan.ends, _quiet)
        contracts = _agree(paths.dataset, out / "contracts", shape.agreed)
        before = _press(ledger, contracts, world.plan.ends)
        again = _press(ledger, contracts, world.plan.ends + HOUR) - before
        with open_cases(ledger / "detect") as cases:
            rows = _all(cases, world.plan.ends + DAY)
            found = _judge(rows, cases, talk, world, truth)
        talk.close()
        found.again = again
        return found


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Says nothing."""


def _agree(dataset: Path, folder: Path, many: int) -> Path:
    """Contracts of so many platforms: their accounts, and the addresses that they name themselves."""
    (file,) = dataset.glob("partner_calls*")
    calls = pq.read_table(file, columns=["partner", "ip"]).to_pylist()
    where: dict[str, set[str]] = {}
    for row in calls:
        where.setdefault(row["partner"], set()).add(row["ip"])
    folder.mkdir()
    for letter in "cba"[:many]:
        actors = sorted(one for one in where if one.startswith(f"p-platform-{letter}-"))
        addresses = sorted({f"{ip}/32" for one in actors for ip in where[one]})
        text = f'wayseal = 1\npartner = "Platform {letter.upper()}"\nactors = {json.dumps(actors)}\n'
        text += f"valid_from = 2026-01-01\naddresses = {json.dumps(addresses)}\n"
        text += f'[products]\nchannels = ["platform-{letter}"]\n'
        (folder / f"{letter}.toml").write_text(text, "utf-8")
    return folder


def _press(ledger: Path, contracts: Path, at: int) -> int:
    """Has rights and partners looked at, and all of it put into the queue; how much stands there then."""
    folder = ledger / "detect"
    review_rights(ledger, folder, 30, at, _quiet)
    review_partners(ledger, folder, contracts if any(contracts.iterdir()) else None, at, _quiet)
    rights, partners = (load_review(folder, name) for name in (RIGHTS, PARTNERS))
    if rights is None or partners is None:
        raise UnsoundError("a review wasn't kept")
    with open_cases(folder) as cases:
        cases.enqueue_once([*rights_leads(rights.document, at), *partner_leads(partners.document["partners"])], WHO, at)
        return sum(cases.counts().queue.values())


def _all(cases: Cases, now: int) -> list[ItemRow]:
    rows: list[ItemRow] = []
    after: str | None = None
    while True:
        page = cases.queue(now, after=after, limit=200, names=True)
        rows += page.rows
        if (after := page.after) is None:
            return rows


def _judge(rows: Sequence[ItemRow], cases: Cases, talk: Talk, world: MarketWorld, truth: Mapping[str, Any]) -> Found:
    found, alias = Found(), cases.pseudonyms.of
    planted = [frozenset(map(alias, one["accounts"])) for one in truth["insiders"]]
    planted += [frozenset({alias(one["id"])}) for one in truth["leakers"] if one["kind"] == "actor"]
    guilty = frozenset[str]().union(*planted)
    whose = _whose(talk, world)
    backs = {one.seller: one for one in talk.reads.backs(limit=10_000)}
    bearers, told, named = bearers_of(world), set[str](), set[str]()
    for row in rows:
        things = _things(cases, row.id)
        accounts = {value for kind, value in things if kind is ObservableKind.ACCOUNT}
        sellers = {value for kind, value in things if kind is ObservableKind.SELLER}
        numbers = {value for kind, value in things if kind is ObservableKind.NUMBER}
        if row.source is Source.LISTING and row.reason == "market_back":
            right = False
            for seller in sellers & backs.keys():
                back = backs[seller]
                was, now = (tuple(one.partition("/")[::2]) for one in (back.was, back.shop))
                one = Told(at=back.at, before=was, after=now)  # type: ignore[arg-type]
                right |= what_is(world, *shops_of(world, bearers, one), back.at) == "right"
        elif row.source is Source.LISTING:
            pairs = [(seller, number) for seller in sellers or {""} for number in numbers]
            names = {name for pair in pairs for name in whose.get(pair, ())}
            right = 2 * len({pair[1] for pair in pairs if pair in whose}) >= len(numbers)
            told |= names
        else:
            enough = len(accounts) / 2 if row.source is Source.RIGHTS else 1
            right = len(accounts & guilty) >= max(1, enough)
            named |= accounts
        what = f"{row.source.value}: {row.reason}" if row.source is not Source.DETECTION else "detection"
        found.entries[what] += 1
        found.right[what] += right
    there = frozenset[str]().union(*whose.values()) if whose else frozenset()
    found.sellers = (len(there & told), len(there))
    found.insiders = (sum(bool(one & named) for one in planted), len(planted))
    return found


def _things(cases: Cases, id_: str) -> list[tuple[ObservableKind, str]]:
    """All things of an entry, accounts by pseudonym."""
    from wayseal.cases._tables import THINGS  # noqa: PLC0415

    rows = cases._look(lambda unit: list(unit.rows.group(THINGS, id_).values()))
    return [(ObservableKind(row["kind"]), row["alias"]) for row in rows]


def _whose(talk: Talk, world: MarketWorld) -> Mapping[tuple[str, str], frozenset[str]]:
    """By the record's seller and the number: who of the trade has it on offer, in truth."""
    trade = {}
    for shop in world.shops:
        seller = world.sellers[shop.seller]
        if seller.trade in FORBIDDEN:
            trade[shop.site, shop.id] = seller.id
            trade |= {(shop.site, offer.key): seller.id for offer in shop.offers}
    offers = {row.offer: row for row, _, _ in talk.reads.all_offers()}
    found: dict[tuple[str, str], set[str]] = {}
    for row in offers.values():
        if not row.ours:
            continue
        site, _, name = row.shop.partition("/")
        who = row.shop if row.shop in talk.told_of else trade.get((site, name.removeprefix("store-")))
        who = who or trade.get((site, row.offer.partition("/")[2]))
        for one in talk.reads.offer(row.offer).numbers if who else ():
            found.setdefault((row.seller or "", one.waybill), set()).add(who or "")
    return {key: frozenset(names) for key, names in found.items()}
