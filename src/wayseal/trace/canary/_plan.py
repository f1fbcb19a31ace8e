"""A round of canaries: pools by what they tell, and for each a row that looks real.

1. Pools follow from the belief (`plan_round`), or are single accounts, each in turn, where they were named.
2. A number is never one that the ledger knows, nor one of the register or of the same round.
3. Nothing is told to anybody: a plan says what is to be created, and for whom.

A row that looks real, for an account that reads many.

4. Sender, origin, channel and minute of the day are those of one real row, weight and goods those of another one of
   the same channel, so that no row has a twin.
5. One end of the route is the one that the account mostly has to do with, or that of a row it read; the other is that
   of a real row with the first end in the same region. To keep routes whole would tell: many a real pair of outlets
   has but one parcel. Without the table `outlets` the route stays whole.
6. It is to be created within a day of `at`, at the real row's minute of the day; its second is the other row's.
7. Its number is dealt by `Dealer`.

An unused number where the courier's own system would have dealt one.

8. Distances tell a made-up number: where senders get numbers in runs, one in the middle of nowhere is no parcel's. So
   the distance to the nearest real number is drawn from those of real numbers of the same channel and days.
9. The number stands behind one of the same sender, the last one issued first, else behind one of the same channel.
   Where real numbers leave no gap, the end of the run is taken, else the next real number is tried.
10. It has the family of its neighbours (11 to 13), the couriers whose format it has are theirs, and neither the ledger
   nor the register knows it.
11. A number is a serial in a family of numbers that differ in nothing else. The serial is the last run of digits; what
   stands before and after it, and its width, make the family.
12. A valid number of UPU S10 has its eight digits as serial; the check digit follows from them.
13. A number without digits has no serial. A serial that needs more digits than the family has makes no number.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from wayseal.ledger import Snapshot
from wayseal.model.numbers import candidates, s10_is_valid
from wayseal.model.predicate import Predicate
from wayseal.model.times import EPOCH
from wayseal.trace._planner import CanaryOdds, one_leaker, plan_round
from wayseal.trace.canary._register import PlannedCanary, RegisterContents, Row
from wayseal.trace.errors import CanaryError

_LAST_DIGITS = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The family of numbers of one kind (rules 11 and 12)."""

    prefix: str
    width: int
    suffix: str
    checked: bool


def split(number: str) -> tuple[Family, int] | None:
    """Family and serial of a clean number; None if it has no digits (rule 13)."""
    if s10_is_valid(number):
        return Family(prefix=number[:2], width=8, suffix=number[11:], checked=True), int(number[2:10])
    found = _LAST_DIGITS.fullmatch(number)
    if found is None or not number.isascii():
        return None
    before, digits, after = found.groups()
    return Family(prefix=before, width=len(digits), suffix=after, checked=False), int(digits)


def join(family: Family, serial: int) -> str | None:
    """The number of a serial; None where it has no place in the family (rule 13)."""
    digits = f"{serial:0{family.width}d}"
    if serial < 0 or len(digits) > family.width:
        return None
    if not family.checked:
        return f"{family.prefix}{digits}{family.suffix}"
    tried = (f"{family.prefix}{digits}{check}{family.suffix}" for check in range(10))
    return next(number for number in tried if s10_is_valid(number))


Known = Callable[[Sequence[str]], Set[str]]
"""Those of some numbers that are taken."""

CLOSE = 16
"""Distances up to this are looked up in the ledger; farther ones are those among the rows at hand."""
MEASURED = 200
TRIED = 400


@dataclass(slots=True, kw_only=True)
class Dealer:
    """Deals unused numbers of one channel. rows: real ones near in time of issue; known: what is taken."""

    rows: Sequence[Row]
    known: Known
    _serials: dict[Family, list[int]] = field(default_factory=dict, init=False)
    _gaps: dict[Family, list[int]] = field(default_factory=dict, init=False)

    def deal(self, like: Row, rng: np.random.Generator) -> str | None:
        """A number that a parcel like this could have got; None if there is none left (rule 9)."""
        if not self._serials:
            self._sort()
        near = sorted(self.rows, key=lambda r: (not _same_sender(r, like), -r.issued_at, r.waybill))
        places = [s for s in (split(r.waybill) for r in near[:TRIED]) if s is not None]
        if not places:
            return None
        gaps = self._distances(places[0][0], rng)
        for gap in (int(rng.choice(gaps)), 1):
            for family, serial in places:
                number = self._behind(family, serial, gap)
                if number is not None:
                    return number
        return None

    def _sort(self) -> None:
        for row in self.rows:
            if (found := split(row.waybill)) is not None:
                self._serials.setdefault(found[0], []).append(found[1])
        for family, serials in self._serials.items():
            self._serials[family] = sorted(set(serials))

    def _distances(self, family: Family, rng: np.random.Generator) -> list[int]:
        """Distances of real numbers to the nearest other one (rule 8)."""
        if family not in self._gaps:
            serials = self._serials[family]
            chosen = rng.choice(len(serials), min(MEASURED, len(serials)), replace=False).tolist()
            self._gaps[family] = [self._distance(family, index) for index in chosen]
        return self._gaps[family]

    def _distance(self, family: Family, index: int) -> int:
        serials = self._serials[family]
        here = serials[index]
        beside = [abs(here - serials[i]) for i in (index - 1, index + 1) if 0 <= i < len(serials)]
        nearest = min(beside, default=CLOSE + 1)
        if nearest == 1:
            return 1
        taken = self._taken(family, [s for d in range(1, CLOSE + 1) for s in (here - d, here + d)])
        return min((abs(here - s) for s in taken), default=nearest)

    def _taken(self, family: Family, serials: Sequence[int]) -> set[int]:
        numbers = {number: s for s in serials if (number := join(family, s)) is not None}
        return {numbers[number] for number in self.known(list(numbers))}

    def _behind(self, family: Family, serial: int, gap: int) -> str | None:
        """The number at this distance behind a real one or the run that it begins, where its neighbours allow it."""
        end = serial
        if gap <= CLOSE:
            while end + 1 in (taken := self._taken(family, range(end + 1, end + 2 * CLOSE + 1))):
                while end + 1 in taken:
                    end += 1
            free = not any(s in taken for s in range(end + 1, end + 2 * gap))
        else:
            above = [s for s in self._serials[family] if s > serial][:1]
            free = bool(above) and above[0] - serial >= 2 * gap and not self._taken(family, [serial + gap])
        number = join(family, end + gap) if free else None
        beside = join(family, serial)
        if number is None or beside is None or _couriers(number) != _couriers(beside):
            return None
        return number


def _same_sender(a: Row, b: Row) -> bool:
    if a.customer or b.customer:
        return a.customer == b.customer
    return a.origin_outlet == b.origin_outlet


def _couriers(number: str) -> set[str]:
    return {c.courier for c in candidates(number)}


MINUTE = 60_000_000
DAY = 1440 * MINUTE
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
