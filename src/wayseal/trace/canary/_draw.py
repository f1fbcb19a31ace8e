"""A row that looks real, for an account that reads many.

1. Sender, origin, channel and minute of the day are those of one real row, weight and goods those of another one of
   the same channel, so that no row has a twin.
2. One end of the route is the one that the account mostly has to do with, or that of a row it read; the other is that
   of a real row with the first end in the same region. To keep routes whole would tell: many a real pair of outlets
   has but one parcel. Without the table `outlets` the route stays whole.
3. It is to be created within a day of `at`, at the real row's minute of the day; its second is the other row's.
4. Its number is dealt by `Dealer`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from wayseal.trace.canary._number import Dealer
from wayseal.trace.canary._types import Row
from wayseal.trace.errors import CanaryError

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
