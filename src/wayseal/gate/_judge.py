"""Who may ask, and who is shown what was found: callers by account, prefix, wider prefix and all together.

1. An address is kept as the keyed hash of its prefix alone. What is in an IPv4 address of IPv6 is that address.
2. Memory has an end: beyond `MOST` callers one goes that asked least lately and, among `LOOKS` of those, of which least
   is known. What all do together is counted whatever goes.
3. Whoever is slowed is answered as if nothing was found, but for right secrets, so many in a minute. So a refusal helps
   nobody to guess and loses no honest person behind the same prefix.
4. What all do together alarms, and refuses nobody.
5. Three codes a parcel in ten minutes, of those who have its secret: others can't lock it.
"""

import hashlib
import math
import socket
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from wayseal.gate._evidence import DAY, Asked, Caller, Kind, Limits, Outcome
from wayseal.gate.settings import GateSettings

MOST: Final = 65_536
LOOKS: Final = 8
TRIES, TRIES_SECONDS = 3, 600.0
_ALARMS, _CODE = 10_000, "code"
_WIDER = 16
_MAPPED = bytes(10) + b"\xff\xff"


class Identity(NamedTuple):
    """A caller by one of its names."""

    kind: Kind
    name: bytes


class Kept(NamedTuple):
    """What outlives a restart, of a caller or of a parcel that was asked about with codes. age: seconds."""

    kind: str
    name: bytes
    score: float
    refused: bool
    wide: bool
    shown: int
    age: float


class Alarm(NamedTuple):
    """Somebody is refused from now on (`guesses`), or was shown too much (`breadth`). size: nats, or parcels."""

    what: str
    who: Identity
    size: int


EVERYBODY = Identity(Kind.ALL, b"")


def limits_of(settings: GateSettings) -> dict[Kind, Limits]:
    """What callers may, by kind (`_evidence`, rule 4): the wider the share of misses, the nearer to honest people's."""
    limit, honest, guess = -math.log(settings.false_refusal), settings.honest_misses, settings.guessed_misses

    def of(guess: float, times: float, a_minute: float, shown: float, breadth: float = math.inf) -> Limits:
        miss, hit, half = (
            math.log(guess / honest),
            math.log((1 - guess) / (1 - honest)),
            60.0 * settings.recovery_minutes,
        )
        return Limits(
            miss, hit, hit if times > 1 else 0.0, times * limit, half, a_minute, settings.slow_a_minute, shown, breadth
        )

    a_minute, shown, account = settings.prefix_a_minute, settings.prefix_shown, settings.account_a_minute
    return {
        Kind.ACCOUNT: of(guess, 1, account, settings.account_shown),
        Kind.PREFIX: of(guess, 1, a_minute, shown, settings.breadth),
        Kind.WIDE: of(math.sqrt(honest * guess), 2, _WIDER * a_minute, _WIDER * shown),
        Kind.ALL: of(2 * honest, 2, 100 * account, math.inf),
    }


def identify(key: bytes, address: str, account: str | None) -> tuple[Identity, ...]:
    """By what a caller is known, the narrowest first (rule 1). address: as text; what is none is one caller."""
    text = address.partition("%")[0]
    try:
        packed = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        packed = bytes(4)
    packed = packed.removeprefix(_MAPPED)
    version, narrow, wide = (4, 3, 2) if len(packed) == 4 else (6, 6, 4)
    named = [] if account is None else [Identity(Kind.ACCOUNT, account.encode())]
    prefixes = ((Kind.PREFIX, narrow), (Kind.WIDE, wide))
    named += [Identity(kind, keyed(key, bytes([version]) + packed[:size])) for kind, size in prefixes]
    return (*named, EVERYBODY)


def keyed(key: bytes, what: bytes) -> bytes:
    """A keyed hash of 16 bytes."""
    return hashlib.blake2b(what, digest_size=16, key=key).digest()


class Judge:
    """Counts callers. Safe in one thread, but for `kept`, `alarms` and `counts`."""

    def __init__(self, limits: Mapping[Kind, Limits], most: int = MOST) -> None:
        self._limits, self._most = limits, most
        self._callers: OrderedDict[Identity, Caller] = OrderedDict()
        self._tries: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._changed: set[Identity | bytes] = set()
        self.alarms: deque[Alarm] = deque(maxlen=_ALARMS)
        self.counts: Counter[tuple[str, str]] = Counter()
        """What happened, by what and kind of caller."""

    def admit(self, who: Sequence[Identity], now: float) -> float:
        """Seconds until a caller may ask; 0: it asks now (`_evidence`, rule 7)."""
        callers = [(self._caller(one, now), self._limits[one.kind]) for one in who]
        wait = max(caller.wait(limits, now) for caller, limits in callers)
        if wait > 0:
            self.counts["over_budget", str(who[0].kind)] += 1
            return wait
        for caller, limits in callers:
            caller.take(limits, now)
        return 0.0

    def judge(
        self, who: Sequence[Identity], outcome: Outcome, asked: Asked, now: float, facts: Sequence[str] = ()
    ) -> bool:
        """Count what a request came to; whether the parcel is shown (rule 3). facts: its origin, customer and day."""
        self.counts[str(outcome), str(who[0].kind)] += 1
        callers = [(one, self._caller(one, now), self._limits[one.kind]) for one in who]
        if outcome is Outcome.HIT:
            slowed = [(caller, limits) for one, caller, limits in callers if caller.slowed and one.kind is not Kind.ALL]
            fresh = [one for one in callers if not one[1].showed(asked.number)]
            may = not slowed or (bool(asked.secret) and all(caller.take_slow(limits, now) for caller, limits in slowed))
            for one, caller, limits in fresh if may else []:
                if caller.show(limits, facts):
                    self._alarm(Alarm("breadth", one, caller.shown))
            self.counts["slowed", str(who[0].kind)] += not may
        for one, caller, limits in callers:
            refused = caller.refused
            if caller.weigh(limits, outcome, asked):
                self._alarm(Alarm("guesses", one, round(caller.score)))
            if caller.score > 0 or caller.wide or refused:
                self._changed.add(one)
            outcome = Outcome.NONE if outcome is Outcome.MISS and refused else outcome
        return outcome is Outcome.HIT and may

    def may_try(self, number: bytes, now: float) -> bool:
        """Whether another code is looked at (rule 5). number: a keyed hash of a parcel whose secret was right."""
        count, since = self._tries.pop(number, (0, now))
        count, since = (0, now) if now - since >= TRIES_SECONDS else (count, since)
        self._tries[number] = min(count + 1, TRIES + 1), since
        while len(self._tries) > self._most:
            self._tries.popitem(last=False)
        self._changed.add(number)
        return count < TRIES

    def keep(self, now: float, write: Callable[[list[Kept]], object]) -> None:
        """Has written what changed since, and is to outlive a restart; where that fails it is there the next time."""
        changed, self._changed = self._changed, set()
        try:
            write([one for one in map(partial(self._kept, now), changed) if one is not None])
        except Exception:
            self._changed |= changed
            raise

    def _kept(self, now: float, one: Identity | bytes) -> Kept | None:
        if isinstance(one, bytes):
            count, since = self._tries.get(one, (0, now))
            return Kept(_CODE, one, 0.0, False, False, count, now - since)
        if (caller := self._callers.get(one)) is None:
            return None
        since = caller.since if caller.wide else caller.at
        return Kept(one.kind, one.name, caller.score, caller.refused, caller.wide, caller.shown, now - since)

    def restore(self, kept: Iterable[Kept], now: float) -> None:
        """Take what outlived a restart; `age` has the time since in it."""
        for one in kept:
            if one.kind == _CODE:
                self._tries[one.name] = one.shown, now - one.age
                continue
            who = Identity(Kind(one.kind), one.name)
            caller = self._caller(who, now)
            caller.score, caller.refused, caller.wide = one.score, one.refused, one.wide
            caller.at = now - one.age
            if one.wide:
                caller.since, caller.shown = now - min(one.age, DAY), one.shown

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._callers)

    def slowed(self, kind: Kind) -> int:
        """How many callers of a kind are slowed."""
        return sum(one.kind is kind and caller.slowed for one, caller in list(self._callers.items()))

    def _caller(self, who: Identity, now: float) -> Caller:
        caller = self._callers.get(who)
        if caller is None:
            while len(self._callers) >= self._most:
                oldest = islice(self._callers.items(), LOOKS)
                least = min(oldest, key=lambda one: (one[1].slowed, one[1].score, one[0].kind is Kind.ALL))
                del self._callers[least[0]]
            caller = self._callers[who] = Caller(now)
        self._callers.move_to_end(who)
        caller.age(self._limits[who.kind], now)
        return caller

    def _alarm(self, alarm: Alarm) -> None:
        self.counts[alarm.what, str(alarm.who.kind)] += 1
        self.alarms.append(alarm)
