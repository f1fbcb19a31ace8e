"""What only time tells: orders without a parcel, blocks that somebody sits on, numbers that nobody will use.

1. A number that was bound and not scanned in `unscanned` is voided, with a breach: no parcel, or a fake sale.
2. A block of which nothing was bound for `idle` is a breach, once.
3. A block is used from its first number on. Runs of used and of unused numbers are tested against chance (Wald and
   Wolfowitz, 1940): few runs are use in order; where chance alone would often give as few, somebody picks.
4. Numbers of a block that are still unused after `unused` expire.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, erf, sqrt

from wayseal.database import Connection, query
from wayseal.model.times import DAY_US
from wayseal.numbers import _store, breaches
from wayseal.numbers.breaches import Breach, BreachKind
from wayseal.numbers.moves import Numbers
from wayseal.numbers.rules import Move, MoveKind, Standing
from wayseal.numbers.tables import NumberState

_PLACE, _BLOCK, _AT_ONCE = "sweep moves", "sweep blocks", 10_000
_FEWEST = 10
"""Used and unused numbers that a block must have before its runs say anything."""
_CHANCE = 0.01
_EXACT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepLimits:
    """The times of rules 1, 2 and 4, in microseconds."""

    unscanned: int = 3 * DAY_US
    idle: int = 14 * DAY_US
    unused: int = 365 * DAY_US


def runs_chance(used: Sequence[bool]) -> float:
    """How likely chance alone gives so few runs (rule 3): exactly up to 1,000 numbers, else by the normal law."""
    n, m = sum(used), len(used) - sum(used)
    if not n or not m:
        return 0.0
    runs = 1 + sum(one != other for one, other in pairwise(used))
    if n + m <= _EXACT:
        ways = sum(
            comb(n - 1, k - 1) * comb(m - 1, r - k - 1) + comb(n - 1, r - k - 1) * comb(m - 1, k - 1)
            for r in range(2, runs + 1)
            for k in [r // 2]
        )
        return ways / comb(n + m, n)
    mean = 2 * n * m / (n + m) + 1
    deviation = sqrt((mean - 1) * (mean - 2) / (n + m - 1))
    return (1 + erf((runs + 0.5 - mean) / deviation / sqrt(2))) / 2


def sweep(numbers: Numbers, now: int, limits: SweepLimits | None = None) -> Counter[str]:
    """Do all of it.

    Args:
        numbers: Where.
        now: Microseconds since 1970.
        limits: Of time.

    Returns:
        How many breaches of each kind, and how many numbers expired.
    """
    limits, found = limits or SweepLimits(), Counter[str]()
    while (voided := numbers.database.write(_void_unscanned, numbers, now, limits)) is not None:
        found[BreachKind.NEVER_SCANNED] += voided
    found[BreachKind.IDLE_BLOCK] = numbers.database.write(_find_idle, now, limits)
    found[BreachKind.OUT_OF_ORDER] = numbers.database.write(_find_unordered, numbers, now)
    while (expired := numbers.database.write(_expire, numbers, now, limits)) is not None:
        found["expired"] += expired
    return found


def _void_unscanned(connection: Connection, numbers: Numbers, now: int, limits: SweepLimits) -> int | None:
    """Rule 1, for the next events that are old enough; None: there are none."""
    place = breaches.read_place(connection, _PLACE)
    text = "SELECT seq, number, move FROM number_events WHERE seq > ? AND seq <= ? AND at < ? ORDER BY seq"
    events = query(connection, text, (place, place + _AT_ONCE, now - limits.unscanned))
    if not events:
        return None
    found = _store.standing(connection, [number for _, number, move in events if move == MoveKind.BIND])
    late = [one for one in found.values() if one.state == NumberState.BOUND]
    numbers.apply(connection, [Move(number=one.number, move=MoveKind.VOID, by="") for one in late], now)
    for one in late:
        breaches.add(
            connection, Breach(kind=BreachKind.NEVER_SCANNED, number=one.number, at=now, asker=one.holder,
                               holder=one.holder)
        )  # fmt: skip
    breaches.keep_place(connection, _PLACE, events[-1][0])
    return len(late)


def _block_breach(kind: BreachKind, block: int, holder: str, now: int, **facts: float) -> Breach:
    return Breach(kind=kind, number=f"block {block}", at=now, asker=holder, holder=holder, facts=facts)


_UNTOLD = (
    " AND NOT EXISTS (SELECT 1 FROM breaches x WHERE x.asker = b.holder AND x.kind = ? "
    "AND x.number = 'block ' || b.block)"
)


def _find_idle(connection: Connection, now: int, limits: SweepLimits) -> int:
    """Rule 2."""
    unused = "b.holder <> '' AND b.used < b.size AND COALESCE(b.used_at, b.issued_at) < ?"
    text = "SELECT b.block, b.holder, b.size, b.used FROM blocks b WHERE " + unused + _UNTOLD  # noqa: S608
    rows = query(connection, text, (now - limits.idle, BreachKind.IDLE_BLOCK.value))
    kind = BreachKind.IDLE_BLOCK
    breaches.add(
        connection, *(_block_breach(kind, block, who, now, size=size, used=used) for block, who, size, used in rows)
    )
    return len(rows)


def _find_unordered(connection: Connection, numbers: Numbers, now: int) -> int:
    """Rule 3, of blocks that were used since yesterday."""
    where = "b.used >= ? AND b.used_at > ?" + _UNTOLD
    text = "SELECT b.block, b.holder, b.series, b.first, b.size FROM blocks b WHERE " + where  # noqa: S608
    kind, found = BreachKind.OUT_OF_ORDER, 0
    for block, who, series, first, size in query(connection, text, (_FEWEST, now - DAY_US, kind.value)):
        order = _numbers_of(connection, numbers, series, first, size)
        used = [one.order_tag is not None for one in order]
        chance = runs_chance(used)
        if len(used) - sum(used) >= _FEWEST and chance > _CHANCE:
            breaches.add(
                connection, _block_breach(kind, block, who, now, used=sum(used), size=len(used), chance=chance)
            )
            found += 1
    return found


def _expire(connection: Connection, numbers: Numbers, now: int, limits: SweepLimits) -> int | None:
    """Rule 4, for the next block that is old enough; None: there is none."""
    text = (
        "SELECT block, series, first, size, holder FROM blocks WHERE block > ? AND issued_at < ? ORDER BY block LIMIT 1"
    )
    rows = query(connection, text, (breaches.read_place(connection, _BLOCK), now - limits.unused))
    if not rows:
        return None
    block, series, first, size, holder = rows[0]
    order = _numbers_of(connection, numbers, series, first, size) if holder else ()
    unused = [one.number for one in order if one.state == NumberState.ISSUED]
    numbers.apply(connection, [Move(number=number, move=MoveKind.EXPIRE, by="") for number in unused], now)
    breaches.keep_place(connection, _BLOCK, block)
    return len(unused)


def _numbers_of(connection: Connection, numbers: Numbers, series: str, first: int, size: int) -> Sequence[Standing]:
    """The numbers of a block, in the order in which they are to be used."""
    codec = numbers.codec(connection, series)
    order = [codec.encode(first + place) for place in range(size)]
    found = _store.standing(connection, order)
    return [found[one] for one in order if one in found]
