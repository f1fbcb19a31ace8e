"""What speaks against a caller: misses, how many parcels it was shown, how different they are, how often it asks.

1. Each request that finds nothing weighs log P(miss | somebody guesses) / P(miss | honest), each that opens a parcel
   the same of a hit. The sum never falls under nothing (Page 1954); from `limit` on the caller is refused. Who is
   honest reaches it at most once in exp(limit) requests (Lorden 1971), as rare as Wald's test has it (1945).
2. What is repeated tells nothing new. The same miss counts once; another miss on the number that missed weighs what
   honest people who mistyped do again; a parcel counts `OPENED` times while it is remembered, but where many people are
   one caller: there it is what they do all day.
3. A right secret of a parcel that isn't to be shown weighs nothing, nor does what can be no number and secret.
4. The wider a caller is defined, the lesser the share of misses that is looked for, and the more it takes. A miss of
   who is refused already counts on nothing wider: one guesser doesn't have the whole network refused.
5. Half of it is forgotten in `half` seconds. Who was refused is refused until half of `limit` is left, and no more is
   kept than twice `limit`.
6. Parcels shown in a day, and their origins, customers and days, have limits; sets are kept no longer than these.
7. Budgets count requests, whatever comes of them: what they tell hangs on no number.
"""

import math
import zlib
from array import array
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

RECENT: Final = 32
"""What is remembered of a caller's numbers."""
REPEATED: Final = 0.7
"""The share of honest misses after which the same number may miss again, otherwise written."""
OPENED: Final = 4
"""So often a parcel that is remembered counts as opened."""
DAY: Final = 86_400.0
_MASK = (1 << 64) - 1


class Outcome(StrEnum):
    """What a request came to, whatever the answer says of it."""

    HIT = "hit"
    """It opens a parcel."""
    EARLY = "early"
    """Right, of a parcel that isn't shown yet or any more."""
    MISS = "miss"
    NONE = "none"
    """It can be no number and secret."""


class Kind(StrEnum):
    """By what a caller is known; the narrowest first."""

    ACCOUNT = "account"
    PREFIX = "prefix"
    WIDE = "wide"
    ALL = "all"


class Asked(NamedTuple):
    """A number and what was said with it, clean. secret: empty, where an account asks without."""

    number: str
    secret: str


class Limits(NamedTuple):
    """What callers of a kind may: nats, seconds, requests in a minute, and what is shown in a day."""

    miss: float
    hit: float
    again: float
    limit: float
    half: float
    a_minute: float
    slow_a_minute: float
    shown: float
    breadth: float


class Caller:
    """What is known of one. Seconds are of a clock that never goes back."""

    __slots__ = ("at", "due", "recent", "refused", "score", "seen", "shown", "since", "slow_due", "wide")

    def __init__(self, now: float) -> None:
        self.score, self.at, self.refused, self.wide = 0.0, now, False, False
        self.due = self.slow_due = 0.0
        self.recent = array("Q")
        self.since, self.shown = now, 0
        self.seen: list[array[int]] | None = None

    @property
    def slowed(self) -> bool:
        """Whether only right secrets open for it, and slowly."""
        return self.refused or self.wide

    def age(self, limits: Limits, now: float) -> None:
        """Forget (rule 5), and begin another day."""
        if now > self.at:
            self.score *= 0.5 ** ((now - self.at) / limits.half)
            self.at = now
        if self.refused and self.score < limits.limit / 2:
            self.refused = False
        if now - self.since >= DAY:
            self.since, self.shown, self.seen, self.wide = now, 0, None, False

    def weigh(self, limits: Limits, outcome: Outcome, asked: Asked) -> bool:
        """Count a miss or hit (rules 1 and 2); whether it is refused from now on, and wasn't."""
        if outcome is Outcome.HIT:
            again = all(self._knew(hash((outcome, asked.number, turn)) & _MASK) for turn in range(OPENED))
            self.score = max(0.0, self.score + (limits.again if again else limits.hit))
        elif outcome is Outcome.MISS:
            again = self._knew(hash((outcome, asked.number)) & _MASK)
            if not self._knew(hash((outcome, asked.number, asked.secret)) & _MASK):
                self.score += min(-math.log(REPEATED), limits.miss) if again else limits.miss
            self.score = min(self.score, 2 * limits.limit)
        before, self.refused = self.refused, self.refused or self.score >= limits.limit
        return self.refused and not before

    def show(self, limits: Limits, facts: Sequence[str]) -> bool:
        """Count a parcel that it is shown for the first time lately (rule 6); whether that is too much, and wasn't."""
        self.shown += 1
        if not math.isinf(limits.breadth) and not self.wide:
            self.seen = self.seen or [array("I") for _ in facts]
            for known, fact in zip(self.seen, facts, strict=True):
                if (short := zlib.crc32(fact.encode())) not in known:
                    known.append(short)
        most = max(map(len, self.seen)) if self.seen else 0
        before, self.wide = self.wide, self.wide or self.shown > limits.shown or most > limits.breadth
        return self.wide and not before

    def showed(self, number: str) -> bool:
        """Whether it was shown this parcel lately."""
        return hash((Outcome.HIT, number, 0)) & _MASK in self.recent

    def wait(self, limits: Limits, now: float) -> float:
        """Seconds until it may ask again (rule 7); 0: now."""
        return max(0.0, self.due - now - 60 + 60 / limits.a_minute)

    def take(self, limits: Limits, now: float) -> None:
        """It asked."""
        self.due = max(self.due, now) + 60 / limits.a_minute

    def take_slow(self, limits: Limits, now: float) -> bool:
        """Whether a right secret opens although it is slowed; that is used up then."""
        if self.slow_due > now:
            return False
        self.slow_due = now + 60 / limits.slow_a_minute
        return True

    def _knew(self, digest: int) -> bool:
        """Remember it; whether it was."""
        if digest in self.recent:
            return True
        self.recent.append(digest)
        del self.recent[:-RECENT]
        return False
