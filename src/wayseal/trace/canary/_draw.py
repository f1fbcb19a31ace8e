"""A row that looks real, for an account that reads many.

1. Sender, origin, channel and minute of the day are those of one real row, weight and goods those of another one of
   the same channel, so that no row has a twin.
2. One end of the route is the one that the account mostly has to do with, or that of a row it read; the other is that
   of a real row with the first end in the same region. To keep routes whole would tell: many a real pair of outlets
   has but one parcel. Without the table `outlets` the route stays whole.
3. It is to be created within a day of `at`, at the real row's minute of the day; its second is the other row's.
4. Its number is dealt by `Dealer`.

An unused number where the courier's own system would have dealt one.

5. Distances tell a made-up number: where senders get numbers in runs, one in the middle of nowhere is no parcel's. So
   the distance to the nearest real number is drawn from those of real numbers of the same channel and days.
6. The number stands behind one of the same sender, the last one issued first, else behind one of the same channel.
   Where real numbers leave no gap, the end of the run is taken, else the next real number is tried.
7. It has the family of its neighbours (4 to 6), the couriers whose format it has are theirs, and neither the ledger
   nor the register knows it.
8. A number is a serial in a family of numbers that differ in nothing else. The serial is the last run of digits; what
   stands before and after it, and its width, make the family.
9. A valid number of UPU S10 has its eight digits as serial; the check digit follows from them.
10. A number without digits has no serial. A serial that needs more digits than the family has makes no number.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from wayseal.model.numbers import candidates, s10_is_valid
from wayseal.trace.canary._register import Row
from wayseal.trace.errors import CanaryError

_LAST_DIGITS = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The family of numbers of one kind (rules 8 and 9)."""

    prefix: str
    width: int
    suffix: str
    checked: bool


def split(number: str) -> tuple[Family, int] | None:
    """Family and serial of a clean number; None if it has no digits (rule 10)."""
    if s10_is_valid(number):
        return Family(prefix=number[:2], width=8, suffix=number[11:], checked=True), int(number[2:10])
    found = _LAST_DIGITS.fullmatch(number)
    if found is None or not number.isascii():
        return None
    before, digits, after = found.groups()
    return Family(prefix=before, width=len(digits), suffix=after, checked=False), int(digits)


def join(family: Family, serial: int) -> str | None:
    """The number of a serial; None where it has no place in the family (rule 10)."""
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
        """A number that a parcel like this could have got; None if there is none left (rule 6)."""
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
        """Distances of real numbers to the nearest other one (rule 5)."""
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
    """A canary's row (rules 1 to 4). dealer: of a channel; region: of an outlet; at: UTC microseconds.

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
    """The row that the sending side is of, and the destination (rule 2)."""
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
    """The first moment from `at` on with the minute of the day of one row and the second of another (rule 3)."""
    moment = real.issued_at - real.issued_at % MINUTE + other.issued_at % MINUTE
    return moment + -((moment - at) // DAY) * DAY
