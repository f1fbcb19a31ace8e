"""How often a number stays the last of its run, and whose next one will.

A canary takes the next number of a sender as soon as it is planned; a real parcel that it is to look like is dealt up
to a day later. So of real ones more stay the last of their run, which the gap to the next number above would show.

1. Two days before the last row at hand are taken for the time of planning: a real number that was dealt on the day
   after it stayed last with the frequency r; the one that a sender would have been dealt at once with a; and with q,
   where the sender's last one was a day old by then.
2. So a part (r - a) / (q - a) of the canaries is to have such a quiet sender; all others any.
3. Where there are too few rows to tell, none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wayseal.trace.canary._serial import Family, split
from wayseal.trace.canary._types import Row

DAY = 86_400_000_000
LEAST = 100
MOST_QUIET = 0.25

Place = tuple[Family, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """part: of the canaries that is to have a quiet sender; quiet: senders that are."""

    part: float
    quiet: frozenset[str]


def sender(row: Row) -> str:
    """Who gets a parcel's number: its customer, else the outlet that sends it."""
    return f"c{row.customer}" if row.customer else f"o{row.origin_outlet}"


def ends(rows: Sequence[Row]) -> Ends:
    """Weigh the rows of one channel (rules 1 to 3)."""
    placed = {place: row for row in rows if (place := split(row.waybill)) is not None}
    if not placed:
        return Ends(part=0.0, quiet=frozenset())
    last = max(row.issued_at for row in placed.values())
    then = last - 2 * DAY
    tail, quiet_then = _last_of(placed, then)
    stays = {name: _end(placed, then, place) not in placed for name, place in tail.items()}
    weight = [(stays[s], s in quiet_then) for row in placed.values() if (s := sender(row)) in stays]
    real = [_next(p) not in placed for p, row in placed.items() if then <= row.issued_at < then + DAY]
    quiet = [stay for stay, still in weight if still]
    part = 0.0
    if min(len(weight), len(real), len(quiet)) >= LEAST:
        at_once, still = _mean(stay for stay, _ in weight), _mean(quiet)
        part = (_mean(real) - at_once) / (still - at_once) if still > at_once else 0.0
    return Ends(part=min(max(part, 0.0), MOST_QUIET), quiet=_last_of(placed, last + 1)[1])


def _last_of(placed: dict[Place, Row], until: int) -> tuple[dict[str, Place], frozenset[str]]:
    """The last number of each sender before a time, and the senders whose last one was a day old by then."""
    newest: dict[str, tuple[int, Place]] = {}
    for place, row in placed.items():
        if row.issued_at < until:
            name, found = sender(row), (row.issued_at, place)
            newest[name] = max(newest.get(name, found), found, key=lambda pair: pair[0])
    quiet = frozenset(name for name, (at, _) in newest.items() if at < until - DAY)
    return {name: place for name, (_, place) in newest.items()}, quiet


def _end(placed: dict[Place, Row], until: int, place: Place) -> Place:
    """The first free place behind the run that a number stood in at a time."""
    place = _next(place)
    while (row := placed.get(place)) is not None and row.issued_at < until:
        place = _next(place)
    return place


def _next(place: Place) -> Place:
    return place[0], place[1] + 1


def _mean(values: Iterable[bool]) -> float:
    held = list(values)
    return sum(held) / len(held)
