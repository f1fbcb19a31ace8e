"""What several detectors say together of an account: how many of their nats count.

Obligations (code and tests cite the numbers):
1. No model of what is usual is so right that one detector alone may say more than CAP.
2. Not everybody who pulls does what a further detector looks for: only a share OFTEN is thought to.
3. Where the story is younger than YOUNG days, it says no more than EPISODE, whatever is counted of its reads: helping
   out, training, a report, an audit are over by then.
4. Weakly explained reads are worth STRENGTH of unexplained ones. The two are as a rule two sides of one story, and say
   together no more than one detector may.
5. What is counted out of the unexplained reads (walks, batches, early ones) says no more than these do, where they can
   be judged.
6. A circumstance (a new device, an hour, exports) alone says no more than EPISODE. Beside a young story, or beside
   none, two that are clear (CLEAR nats) are needed for more than LONE in all: whoever works elsewhere for two days
   works at other hours, or on another device.
7. What is sure by itself (a canary, a broken contract) is under CAP alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
CAP = 15.0
YOUNG, EPISODE = 3, 12.5
OFTEN, STRENGTH = 0.1, 0.5
CLEAR, LONE = 4.0, 13.5


class Kind(StrEnum):
    """What a detector's reads are to the story."""

    STORY = "story"
    WEAK = "weak"
    DETAIL = "detail"
    CIRCUMSTANCE = "circumstance"
    SURE = "sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one detector says: nats of any shape, and since how many days (`age`, 0: since today)."""

    kind: Kind
    nats: Floats
    age: Longs


def weigh(said: Sequence[Said]) -> list[Floats]:
    """The nats of each that count, in order; all of one shape."""
    if not said:
        return []
    nats = [_alone(one) for one in said]
    none = np.zeros(said[0].nats.shape)
    old = none > 0
    for one, n in zip(said, nats, strict=True):
        if one.kind in (Kind.STORY, Kind.WEAK):
            old = old | ((one.age >= YOUNG) & (n >= 1.0))

    def total(*kinds: Kind) -> Floats:
        return sum((n for one, n in zip(said, nats, strict=True) if one.kind in kinds), none)

    def shrink(kind: Kind, most: Floats) -> None:
        part = np.clip(most / np.maximum(total(kind), 1e-9), 0.0, 1.0)
        for place, one in enumerate(said):
            if one.kind is kind:
                nats[place] = nats[place] * part

    most = np.where(old, CAP, EPISODE)
    shrink(Kind.STORY, most)
    shrink(Kind.WEAK, most - total(Kind.STORY))
    if any(one.kind is Kind.STORY for one in said):
        story = total(Kind.STORY)
        shrink(Kind.DETAIL, np.where(old, story, np.minimum(story, EPISODE - total(Kind.STORY, Kind.WEAK))))
    clear = sum(
        ((n >= CLEAR).astype(int) for one, n in zip(said, nats, strict=True) if one.kind is Kind.CIRCUMSTANCE), 0
    )
    about = total(Kind.STORY, Kind.WEAK, Kind.DETAIL)
    shrink(Kind.CIRCUMSTANCE, np.where(old | (clear >= 2), np.inf, np.maximum(LONE - about, 0.0)))
    return nats


def _alone(said: Said) -> Floats:
    """Obligations 1 to 4 and 6, of one detector."""
    nats = said.nats
    if said.kind not in (Kind.STORY, Kind.SURE):
        nats = np.logaddexp(np.log1p(-OFTEN), np.log(OFTEN) + nats)
    if said.kind is Kind.WEAK:
        nats = STRENGTH * nats
    young = said.age < YOUNG if said.kind is not Kind.SURE else np.zeros(nats.shape, np.bool_)
    out: Floats = np.minimum(nats, np.where(young | (said.kind is Kind.CIRCUMSTANCE), EPISODE, CAP))
    return out
