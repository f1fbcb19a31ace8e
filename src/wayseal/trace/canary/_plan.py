"""A round of canaries: pools by what they tell, and for each a row that looks real.

1. Pools follow from the belief (`plan_round`), or are single accounts, each in turn, where they were named.
2. A number is never one that the ledger knows, nor one of the register or of the same round.
3. Nothing is told to anybody: a plan says what is to be created, and for whom.
4. Sender, origin, channel and minute of the day are those of one real row, weight and goods those of another one of
   the same channel, so that no row has a twin.
5. One end of the route is the one that the account mostly has to do with, or that of a row it read; the other is that
   of a real row with the first end in the same region. To keep routes whole would tell: many a real pair of outlets
   has but one parcel. Without the table `outlets` the route stays whole.
6. It is to be created within a day of `at`, at the real row's minute of the day; its second is the other row's.
7. Its number is dealt by `Dealer`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.model.predicate import Predicate
from wayseal.model.times import EPOCH
from wayseal.trace._planner import CanaryOdds, one_leaker, plan_round
from wayseal.trace.canary._number import Dealer
from wayseal.trace.canary._types import PlannedCanary, RegisterContents, Row
from wayseal.trace.errors import CanaryError

DAY = 86_400_000_000
WEEK = 7
MANY = 50_000
"""More rows of a channel are not taken together: the time around is narrowed instead."""
READ = 400
ASKED = 20


def rows_of(snapshot: Snapshot, keys: NDArray[np.uint64]) -> list[Row]:
    """Rows of `waybills` of some keys, by key."""
    table = snapshot.waybills(keys)
    return [
        Row(
            waybill=row["waybill"],
            issued_at=(row["issued_at"] - EPOCH) // timedelta(microseconds=1),
            channel=row["channel"] or "",
            origin_outlet=row["origin_outlet"] or "",
            destination_outlet=row["destination_outlet"] or "",
            customer=row["customer"] or "",
            goods_class=row["goods_class"] or "",
            weight_g=row["weight_g"],
        )
        for row in table.to_pylist()
    ]


def read_by(snapshot: Snapshot, pool: Sequence[str]) -> list[Row]:
    """Rows of waybills that the pool's first accounts read; of any, where they read none."""
    keys = snapshot.keys(list(pool[:ASKED])).tolist()
    found = [snapshot.views(key, [], READ) for key in keys]
    rows = rows_of(snapshot, np.unique(np.concatenate(found))) if found else []
    return rows or rows_of(snapshot, snapshot.control(READ))


def rows_around(snapshot: Snapshot, channel: str, at: int) -> list[Row]:
    """Rows of a channel issued in the days before a time, or before the ledger's end where that is earlier."""
    days = snapshot.first_seen()["day"].to_numpy()
    end = min(at, (int(days[-1]) + 1) * DAY) if len(days) else at
    span = WEEK * DAY
    keys = _issued(snapshot, channel, end - span, end)
    while len(keys) > MANY and span > DAY // 24:
        span //= 2
        keys = _issued(snapshot, channel, end - span, end)
    if not len(keys):
        keys = snapshot.sample([Predicate(any_of={"channel": (channel,)})], MANY)[0]
    return rows_of(snapshot, keys[:MANY])


def _issued(snapshot: Snapshot, channel: str, since: int, until: int) -> NDArray[np.uint64]:
    start, end = (EPOCH + timedelta(microseconds=us) for us in (since, until))
    return snapshot.fitting([Predicate(any_of={"channel": (channel,)}, issued_from=start, issued_to=end)])


def taken_numbers(snapshot: Snapshot, numbers: Sequence[str]) -> Set[str]:
    """Those of some numbers that the ledger knows."""
    keys = snapshot.keys(list(numbers))
    found = set(snapshot.find(keys)["waybill"].to_pylist())
    return {number for number, key in zip(numbers, keys.tolist(), strict=True) if key in found}


def regions(snapshot: Snapshot) -> dict[str, str]:
    """Region of each outlet that the table `outlets` has."""
    table = snapshot.outlets()
    pairs = zip(table["outlet"].to_pylist(), table["region"].to_pylist(), strict=True)
    return {outlet: region for outlet, region in pairs if region}


MINUTE = 60_000_000
TRIES = 20


def draw(
    donors: Sequence[Row],
    dealer: Callable[[str], Dealer],
    region: Mapping[str, str],
    at: int,
    rng: np.random.Generator,
) -> Row:
    """A canary's row (rules 4 to 7). dealer: of a channel; region: of an outlet; at: UTC microseconds.

    CanaryError if no number is free.
    """
    ends = Counter(end for row in donors for end in {row.origin_outlet, row.destination_outlet})
    home = max(ends, key=lambda end: (ends[end], end), default="")
    for _ in range(min(TRIES, len(donors))):
        read = donors[int(rng.integers(len(donors)))]
        dealing = dealer(read.channel)
        sent, destination = _route(read, dealing.rows, home, region, rng)
        alike = [row for row in donors if row.channel == read.channel and row is not sent] or [sent]
        other = _one(alike, rng)
        number = dealing.deal(sent, rng)
        if number is not None:
            return Row(
                waybill=number,
                issued_at=issue_time(sent, other, at),
                channel=sent.channel,
                origin_outlet=sent.origin_outlet,
                destination_outlet=destination,
                customer=sent.customer,
                goods_class=other.goods_class,
                weight_g=other.weight_g,
            )
    raise CanaryError("no unused number could be found between real ones: are there any in `waybills`?")


def _route(
    read: Row, rows: Sequence[Row], home: str, region: Mapping[str, str], rng: np.random.Generator
) -> tuple[Row, str]:
    """The row that the sending side is of, and the destination (rule 5)."""
    if read.destination_outlet == home != read.origin_outlet:
        there = region.get(home)
        sent = [r for r in rows if there is not None and region.get(r.destination_outlet) == there]
        return _one(sent or [read], rng), home
    there = region.get(read.origin_outlet)
    went = [r for r in rows if there is not None and region.get(r.origin_outlet) == there]
    return read, _one(went or [read], rng).destination_outlet


def _one(rows: Sequence[Row], rng: np.random.Generator) -> Row:
    return rows[int(rng.integers(len(rows)))]


def issue_time(real: Row, other: Row, at: int) -> int:
    """The first moment from `at` on with the minute of the day of one row and the second of another (rule 6)."""
    moment = real.issued_at - real.issued_at % MINUTE + other.issued_at % MINUTE
    return moment + -((moment - at) // DAY) * DAY


CERTAIN = 0.999


def equal_belief(actors: Sequence[str]) -> dict[str, float]:
    """Equal belief in some accounts; a little is left for somebody else."""
    return {name: CERTAIN / len(set(actors)) for name in actors}


def belief_from_sources(probability: Mapping[str, float]) -> dict[str, float]:
    """Probabilities out of a report as a belief in one leaker."""
    values = one_leaker(list(probability.values()), CERTAIN)
    return dict(zip(probability, values.tolist(), strict=True))


def pools_of(belief: Mapping[str, float], count: int, sensitivity: float, seed: int) -> list[tuple[str, ...]]:
    """Up to so many pools that tell most together, the likeliest account first in each (rule 1)."""
    names, canary = list(belief), CanaryOdds(sensitivity=sensitivity)
    found = plan_round(np.array(list(belief.values())), canary, count, rng=np.random.default_rng(seed))
    return [tuple(sorted((names[i] for i in pool), key=lambda n: (-belief[n], n))) for pool in found.pools]


def plan_rows(
    snapshot: Snapshot,
    watch: RegisterContents,
    pools: Sequence[tuple[str, ...]],
    *,
    sensitivity: float,
    at: int,
    seed: int,
) -> tuple[PlannedCanary, ...]:
    """A canary for each pool (rule 2). at: UTC microseconds. CanaryError if the ledger has no rows to learn from."""
    if "waybills" not in snapshot.tables:
        raise CanaryError("has no table `waybills`: nothing says what a real one looks like", file=snapshot.path)
    used = {canary.waybill for canary in watch.canaries}

    def known(numbers: Sequence[str]) -> Set[str]:
        return taken_numbers(snapshot, numbers) | used.intersection(numbers)

    dealers: dict[str, Dealer] = {}
    region = regions(snapshot)

    def dealer(channel: str) -> Dealer:
        if channel not in dealers:
            dealers[channel] = Dealer(rows=rows_around(snapshot, channel, at), known=known)
        return dealers[channel]

    out = []
    for number, pool in enumerate(pools, start=len(watch.canaries) + 1):
        row = draw(read_by(snapshot, pool), dealer, region, at, np.random.default_rng((seed, number)))
        used.add(row.waybill)
        made = PlannedCanary(
            **asdict(row),
            id=f"c{number}",
            pool=pool,
            sensitivity=sensitivity,
            planned_at=at,
            round=watch.rounds + 1,
        )
        out.append(made)
    return tuple(out)
