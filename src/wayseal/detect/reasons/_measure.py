"""What a candidate would explain: how much, of how many accounts, and against chance.

Obligations (code and tests cite the numbers):
1. A candidate is proposed for roles of which it explains LIFT times as much as of chance reads, and ROLE reads; for all
   of them together, it explains READS reads of ACCOUNTS accounts at least, and LIFT times as much as by chance.
2. An account dominates where it holds more than a quarter of what is explained and more than three times what the
   others hold on average. Such accounts don't count: one that leaks would else be explained away by its own reads.
3. What chance explains is never taken for less than half a read.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wayseal.detect.reasons._sample import Flags, Ints, Longs

LIFT, READS, ACCOUNTS, ROLE = 5.0, 20, 3, 5
_SHARE, _TIMES = 0.25, 3.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a candidate explains for some roles (codes). which: bool (n,), the suspects that count.

    chance: share of chance reads that it explains; lift: share of suspects by `chance`. largest: share of the account
    that has most; median: reads of an account in the middle. left_out: accounts that dominate, and their reads.
    """

    roles: tuple[int, ...]
    which: Flags
    reads: int
    accounts: int
    lift: float
    chance: float
    largest: float
    median: float
    left_out: tuple[int, int]

    @property
    def excess(self) -> float:
        """How many reads more than by chance."""
        return self.reads * (1 - 1 / self.lift)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Suspects or chance reads, (n,) each: role (a code, -1 none) and account; open: those that still count."""

    role: Ints
    actor: Ints
    open: Flags


def support(hit: Flags, drawn: Flags, real: Side, chance: Side, roles: int) -> Support | None:
    """What a candidate explains of suspects (hit) and chance reads (drawn); None where that is not enough."""
    explained, all_ = (np.bincount(real.role[w], minlength=roles) for w in (hit & _placed(real), _placed(real)))
    by_chance, pairs = (
        np.bincount(chance.role[w], minlength=roles) for w in (drawn & _placed(chance), _placed(chance))
    )
    lift = _lift(explained, all_, by_chance, pairs)
    chosen = np.flatnonzero((lift >= LIFT) & (explained >= ROLE))
    if not len(chosen):
        return None
    mine = _placed(real) & np.isin(real.role, chosen)
    counts = np.bincount(real.actor[hit & mine])
    odd = dominating(counts)
    which = hit & mine & ~np.isin(real.actor, odd)
    left = np.bincount(real.actor[which])
    left = left[left > 0]
    if which.sum() < READS or len(left) < ACCOUNTS:
        return None
    mine &= ~np.isin(real.actor, odd)
    theirs = _placed(chance) & np.isin(chance.role, chosen) & ~np.isin(chance.actor, odd)
    totals = [np.array([n.sum()]) for n in (which, mine, drawn & theirs, theirs)]
    together = float(_lift(*totals)[0])
    if together < LIFT:
        return None
    return Support(
        roles=tuple(chosen.tolist()),
        which=which,
        reads=int(which.sum()),
        accounts=len(left),
        lift=together,
        chance=float((drawn & theirs).sum() / max(theirs.sum(), 1)),
        largest=float(left.max() / which.sum()),
        median=float(np.median(left)),
        left_out=(len(odd), int(counts[odd].sum())),
    )


def _placed(side: Side) -> Flags:
    return side.open & (side.role >= 0)


def _lift(explained: Longs, all_: Longs, by_chance: Longs, pairs: Longs) -> Floats:
    """How many times more is explained than by chance (obligation 3)."""
    real = explained / np.maximum(all_, 1)
    out: Floats = real / (np.maximum(by_chance, 0.5) / np.maximum(pairs, 1))
    return out


def dominating(counts: Longs) -> Longs:
    """Places of accounts that dominate (obligation 2), by what each of them explains."""
    out, left, others = [], int(counts.sum()), int((counts > 0).sum())
    for place in np.argsort(-counts, kind="stable").tolist():
        mean = (left - counts[place]) / max(others - 1, 1)
        if others < 2 or counts[place] <= max(_SHARE * left, _TIMES * mean):
            break
        out.append(place)
        left, others = left - int(counts[place]), others - 1
    return np.array(out, np.int64)
