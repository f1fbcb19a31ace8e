"""An unused number where the courier's own system would have dealt one.

1. Distances tell a made-up number: where senders get numbers in runs, one in the middle of nowhere is no parcel's. So
   the distance to the nearest real number is drawn from those of real numbers of the same channel and days.
2. The number stands behind one of the same sender, the last one issued first, else behind one of the same channel.
   Where real numbers leave no gap, the end of the run is taken, else the next real number is tried.
3. It has the family of its neighbours (4 to 6), the couriers whose format it has are theirs, and neither the ledger
   nor the register knows it.
4. A number is a serial in a family of numbers that differ in nothing else. The serial is the last run of digits; what
   stands before and after it, and its width, make the family.
5. A valid number of UPU S10 has its eight digits as serial; the check digit follows from them.
6. A number without digits has no serial. A serial that needs more digits than the family has makes no number.
"""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from wayseal.model.numbers import candidates, s10_is_valid
from wayseal.trace.canary._types import Row

_LAST_DIGITS = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What numbers of one kind share (rules 4 and 5)."""

    prefix: str
    width: int
    suffix: str
    checked: bool


def split(number: str) -> tuple[Family, int] | None:
    """Family and serial of a clean number; None if it has no digits (rule 6)."""
    if s10_is_valid(number):
        return Family(prefix=number[:2], width=8, suffix=number[11:], checked=True), int(number[2:10])
    found = _LAST_DIGITS.fullmatch(number)
    if found is None or not number.isascii():
        return None
    before, digits, after = found.groups()
    return Family(prefix=before, width=len(digits), suffix=after, checked=False), int(digits)


def join(family: Family, serial: int) -> str | None:
    """The number of a serial; None where it has no place in the family (rule 6)."""
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
        """A number that a parcel like this could have got; None if there is none left (rule 2)."""
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
        """Distances of real numbers to the nearest other one (rule 1)."""
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
