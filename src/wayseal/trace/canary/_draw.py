"""A row that looks real, for an account that reads many.

1. Route, sender, channel and minute of the day are those of one real row, weight and goods those of another one of the
   same channel, so that no row has a twin.
2. It is to be created within a day of `at`, at the real row's minute of the day; its second is the other row's.
3. Its number is dealt by `Dealer`.
"""

from collections.abc import Callable, Sequence

import numpy as np

from wayseal.trace.canary._errors import CanaryError
from wayseal.trace.canary._number import Dealer
from wayseal.trace.canary._types import Row

MINUTE = 60_000_000
DAY = 1440 * MINUTE
TRIES = 20


def draw(donors: Sequence[Row], dealer: Callable[[str], Dealer], at: int, rng: np.random.Generator) -> Row:
    """A canary's row (rules 1 to 3). dealer: of a channel. at: UTC microseconds. CanaryError if no number is free."""
    for _ in range(min(TRIES, len(donors))):
        real = donors[int(rng.integers(len(donors)))]
        alike = [row for row in donors if row.channel == real.channel and row is not real] or [real]
        other = alike[int(rng.integers(len(alike)))]
        number = dealer(real.channel).deal(real, rng)
        if number is not None:
            return Row(
                waybill=number,
                issued_at=issue_time(real, other, at),
                channel=real.channel,
                origin_outlet=real.origin_outlet,
                destination_outlet=real.destination_outlet,
                customer=real.customer,
                goods_class=other.goods_class,
                weight_g=other.weight_g,
            )
    raise CanaryError("no unused number could be found between real ones: are there any in `waybills`?")


def issue_time(real: Row, other: Row, at: int) -> int:
    """The first moment from `at` on with the minute of the day of one row and the second of another (rule 2)."""
    moment = real.issued_at - real.issued_at % MINUTE + other.issued_at % MINUTE
    return moment + -((moment - at) // DAY) * DAY
