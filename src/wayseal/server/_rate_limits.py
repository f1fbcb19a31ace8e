"""How fast somebody may ask: token buckets, of which only so many are kept.

1. A bucket that is forgotten was full: who fell silent long ago has nothing to gain from it.
2. When there are too many, those that were used longest ago go first.
"""

from collections import OrderedDict
from collections.abc import Hashable

MOST = 100_000


class TokenBuckets:
    """One bucket a key; times are seconds of a clock that never goes back."""

    def __init__(self, *, most: int = MOST) -> None:
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._most = most

    def take(self, key: Hashable, *, rate: float, size: float, now: float) -> float:
        """Takes one from the bucket of `key`, which gains `rate` a second up to `size`.

        0.0: taken. Else nothing was taken, and this is how many seconds later one is there.
        """
        level = self._level(key, rate, size, now)
        enough = level >= 1
        self._keep(key, level - 1 if enough else level, now)
        return 0.0 if enough else (1 - level) / rate

    def wait(self, key: Hashable, *, rate: float, size: float, now: float) -> float:
        """Compute `take`'s wait, without taking."""
        return max(0.0, (1 - self._level(key, rate, size, now)) / rate)

    def _level(self, key: Hashable, rate: float, size: float, now: float) -> float:
        level, at = self._levels.get(key, (size, now))
        return min(size, level + (now - at) * rate)

    def _keep(self, key: Hashable, level: float, now: float) -> None:
        self._levels[key] = (level, now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)


class SignInFailures:
    """Failed sign-ins, by (client, address) and by address.

    None counts by client alone: whoever knows a client's id could lock it out, and a secret of 256 random bits isn't
    found by trying. Nor does an address alone refuse: others fail behind the same one. It makes a try that can't be
    right cheap.
    """

    PAIR = (1 / 6, 10.0)
    """A client from one address: ten at once, then one in six seconds."""
    ADDRESS = (1.0, 60.0)

    def __init__(self) -> None:
        self._buckets = TokenBuckets()

    def wait(self, client: str, address: str, *, now: float) -> float:
        """Seconds until another try of a client from an address is looked at; 0.0: now."""
        rate, size = self.PAIR
        return self._buckets.wait((client[:128], address), rate=rate, size=size, now=now)

    def crowded(self, address: str, *, now: float) -> float:
        """Seconds until a wrong try from an address, of whatever client, is told apart again; 0.0: now."""
        rate, size = self.ADDRESS
        return self._buckets.wait(address, rate=rate, size=size, now=now)

    def count(self, client: str, address: str, *, now: float) -> None:
        """One more."""
        for key, (rate, size) in (((client[:128], address), self.PAIR), (address, self.ADDRESS)):
            self._buckets.take(key, rate=rate, size=size, now=now)
