"""After how many requests whoever guesses is refused, and how often honest people are.

    python -m benchmarks run gate_guesses [--sessions 100000] [--identities 10000] [--seed 1]

Direct calls of the gate's judge with its own settings and a simulated clock; the same traffic goes to a fixed limit of
misses (ten in an hour, as many sites have it). Of 10¹³ numbers 3.55·10⁸ are live: a blind guess finds one with that
chance, and opens it where no secret were asked for (a stolen login). Honest people come once a day and ask about their
parcels, one to four times; 2 % of what they type is wrong, and then they type the same again (half), another mistake
in the same number (a fifth), or it right. They come alone, in families, in offices of 50 behind a prefix, and 2,000
behind a mobile network's. Half-blind lists hold a right number in every second place.
"""

import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.registry import Kept, Said, Table, benchmark, option
from wayseal.gate._evidence import Asked, Kind, Outcome
from wayseal.gate._judge import EVERYBODY, Identity, Judge, limits_of
from wayseal.gate.settings import GateSettings

LIVE = 3.55e8 / 1e13
BLIND, HALF, MIXED = "blind", "half of them right", "blind, among 50 honest people"
WITHIN, MEAN, LEFT = "refused within 12", "requests until refused, mean", "95th of 100"
_OURS, _FIXED, _NEVER = "the gate", "ten misses an hour", 200
_PEOPLE = 4000
_BEHIND = {"alone": 1, "families of 4": 4, "50 behind a prefix": 50, "2,000 behind a prefix": 2000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How many come."""

    sessions: int = option(100_000, "honest sessions, of each structure")
    identities: int = option(10_000, "callers who guess, of each kind")
    seed: int = option(1)


class _Fixed:
    """The baseline: callers with more than ten misses in an hour are refused until it is over."""

    def __init__(self) -> None:
        self._misses: dict[bytes, list[float]] = {}

    def refuses(self, name: bytes, outcome: Outcome, now: float) -> bool:
        its = [one for one in self._misses.get(name, []) if one > now - 3600]
        self._misses[name] = its = [*its, now] if outcome is Outcome.MISS else its
        return len(its) > 10


def who_is(prefix: int) -> tuple[Identity, ...]:
    """A caller of a prefix, in a wider one of 256."""
    wide = Identity(Kind.WIDE, (prefix // 256).to_bytes(4))
    return Identity(Kind.PREFIX, prefix.to_bytes(4)), wide, EVERYBODY


def guess(options: Options, right: float, rng: random.Random) -> tuple[list[int], int, int]:
    """Requests of each caller until it is refused; then of all the tries and the hits of blind luck."""
    judge, found, tries, hits = Judge(limits_of(GateSettings(numbers="-"))), list[int](), 0, 0
    limits = limits_of(GateSettings(numbers="-"))[Kind.PREFIX]
    for caller in range(options.identities):
        who = who_is(caller * 256)
        for count in range(1, _NEVER + 1):
            lucky = rng.random() < LIVE
            outcome = Outcome.HIT if rng.random() < right or lucky else Outcome.MISS
            tries, hits = tries + 1, hits + lucky
            judge.judge(who, outcome, Asked(f"{caller}-{count}", ""), 5.0 * caller + count, ("a", "b", "c"))
            if judge._caller(who[0], 5.0 * caller + count).score >= limits.limit:
                break
        found.append(count)
    return found, tries, hits


def honest(options: Options, behind: int, rng: random.Random) -> tuple[int, int, int]:
    """Sessions; those in which the gate refused anybody; those in which the fixed limit did."""
    judge, fixed, refused, other, now = Judge(limits_of(GateSettings(numbers="-"))), _Fixed(), 0, 0, 0.0
    for session in range(options.sessions):
        prefix, now = rng.randrange(_PEOPLE // behind) * 256, now + rng.expovariate(_PEOPLE / 86_400)
        who, ours, theirs = who_is(prefix), False, False
        parcels = [f"p{session}-{one}" for one in range(rng.choice((1, 1, 1, 2, 3)))]
        for parcel in parcels * rng.choice((1, 1, 2, 4)):
            typed, wrong = parcel, rng.random() < 0.02
            while True:
                typed = f"{parcel}?{rng.random()}" if wrong and typed == parcel else typed
                outcome, now = Outcome.MISS if wrong else Outcome.HIT, now + rng.uniform(2, 20) / behind
                shown = judge.judge(who, outcome, Asked(typed.partition("!")[0], typed), now, ("a", "b", "c"))
                ours |= not wrong and not shown
                theirs |= fixed.refuses(who[0].name, outcome, now)
                if not wrong:
                    break
                turn = rng.random()
                typed, wrong = (typed, True) if turn < 0.5 else (f"{typed}!", True) if turn < 0.7 else (parcel, False)
        refused, other = refused + ours, other + theirs
    return options.sessions, refused, other


@benchmark(
    minutes=1,
    kept=[
        Kept("blind callers refused within 12 requests", BLIND, WITHIN, least=1),
        Kept("half-blind callers, requests until refused", HALF, MEAN, most=12.5),
        Kept("blind hits in 28,000 tries", BLIND, "hits in 28,000 tries", most=1.5),
        *(
            Kept(f"honest sessions refused: {name}", name, _OURS, most=0, beside=(_FIXED, name, _FIXED))
            for name in _BEHIND
        ),
    ],
)
def measure(options: Options) -> Iterator[Said]:
    """Each in turn."""
    rows = list[tuple[str, ...]]()
    for name, right in ((BLIND, 0.0), (HALF, 0.5)):
        found, tries, hits = guess(options, right, random.Random(options.seed))
        within, last = sum(one <= 12 for one in found) / len(found), statistics.quantiles(found, n=20)[-1]
        rate = f"{28_000 * hits / tries:.2f} ({hits} of {tries:,})" if name == BLIND else "–"
        rows.append((name, f"{within:.3f}", f"{statistics.mean(found):.1f}", f"{last:.0f}", f"{max(found)}", rate))
    yield Table(("who guesses", WITHIN, MEAN, LEFT, "longest", "hits in 28,000 tries"), rows)
    rows = []
    for name, behind in _BEHIND.items():
        sessions, refused, other = honest(options, behind, random.Random(options.seed + behind))
        rows.append((name, f"{refused}", f"{other}", f"{sessions:,}"))
    yield Table(("honest people", _OURS, _FIXED, "sessions"), rows)
