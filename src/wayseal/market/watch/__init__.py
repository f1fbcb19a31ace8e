"""States of shops, when they are looked at again, and who is back: pure rules, without clock or network.

1. What couldn't be seen changes nothing: an error page, a login, a captcha, another shape is never "gone".
2. A shop is gone only after `MISSES` looks, hours apart, that each missed it in two ways: a whole list without it, and
   its own page that says it isn't there. Where a source has no page of it, silence makes it quiet, and never gone.
3. What is gone or removed is looked at again: after hours, then days, for a year.
4. Who is back is told once: the shop itself, or another one of its seller that began when the old one was no longer
   seen. A second shop beside the first one is no come-back.
"""

from wayseal.market.watch._backs import Back, find_backs
from wayseal.market.watch._shops import (
    AWAY,
    MISSES,
    NO_LONGER,
    Evidence,
    ShopMemory,
    ShopState,
    advance,
    ask,
    fall_quiet,
    first_seen,
    take_back,
)
from wayseal.market.watch._when import YEAR, next_look

__all__ = [
    "AWAY",
    "MISSES",
    "NO_LONGER",
    "YEAR",
    "Back",
    "Evidence",
    "ShopMemory",
    "ShopState",
    "advance",
    "ask",
    "fall_quiet",
    "find_backs",
    "first_seen",
    "next_look",
    "take_back",
]
