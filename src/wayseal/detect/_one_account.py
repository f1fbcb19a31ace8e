"""The innocent causes of what one account reads on the last day of a view, whatever it may be by the end of that day.

What `Peers` says of all accounts at a day's end is asked here of one in the middle of the day: others are as the view
has them, and the account as it stands now. Where both have the same counts they say the same.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from wayseal.detect._judge import (
    BEGUN,
    EVER,
    FEW,
    NEAR,
    PULLING,
    RING,
    SEEN,
    SELDOM,
    SOME,
    TOGETHER,
    Peers,
)
from wayseal.detect.peers import AGES, Causes
from wayseal.model.arrays import Floats, Longs

_AGES = len(AGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Others:
    """Of one group of accounts: their typical odd reads a day, and by age the most they ever began; all sorted."""

    typical: Floats
    most: Floats


class LastDay:
    """Causes on the last day of a view. Each call is of one account."""

    def __init__(self, peers: Peers, odd: Longs, causes: Causes) -> None:
        """odd: int64 (a, d), as the view has it; causes: what `peers` says of it."""
        self._causes = causes
        self._active, self._judged = peers.active[:, -1], peers.judged[:, -1]
        self._today = odd[:, -1]
        self._before = odd.sum(axis=1) - self._today
        self._ever = (odd[:, :-1] >= SOME).any(axis=1) & peers.maybe_people
        self._maybe_people, self._telling, self._people = peers.maybe_people, peers.telling, peers.people
        self._peers = peers.others[-1][:, -1]
        self._group = peers.groups[-1].codes
        self._typical = np.where(peers.seen[:, -1], (self._before + self._today) / self._active, -1.0)
        self._most = peers.follow_beginnings(odd)[1]
        order = np.argsort(self._group, kind="stable")
        bounds = np.flatnonzero(np.diff(self._group[order], prepend=-1, append=-1))
        self._others = [
            _Others(typical=np.sort(self._typical[mine]), most=np.sort(self._most[mine], axis=0))
            for mine in (order[a:b] for a, b in pairwise(bounds.tolist()))
        ]

    def causes(self, account: int, odd: int, *, new_day: bool, judged: int, history: bool) -> Causes:
        """Causes of an account's days, its last one with so many odd reads, (1, d).

        new_day: the view has nothing of it on that day yet. judged: its reads of the day that are judged one by one.
        history: False if only the account's group is known, not itself.
        """
        part = slice(account, account + 1)
        steady, shared = self._causes.steady[part].copy(), self._causes.shared[part].copy()
        if not history:
            shared[:] = 0.0
        steady[0, -1] = self._steady(account, odd, new_day=new_day, judged=judged, history=history)
        shared[0, -1] = self._shared(account, odd, history=history)
        return Causes(unknown=self._causes.unknown[part], steady=steady, shared=shared)

    def _steady(self, account: int, odd: int, *, new_day: bool, judged: int, history: bool) -> float:
        before, active = (int(self._before[account]), int(self._active[account])) if history else (0, 0)
        seen = (int(self._judged[account]) if history else 0) + (judged if new_day or not history else 0) >= SEEN
        days = max(active + (new_day and judged > 0), 1)
        typical = (before + odd) / days if seen else -1.0
        others = self._others[self._group[account]].typical
        known = float(self._typical[account]) if history else -2.0
        n = int(self._peers[account]) if self._telling[account] else 0
        least = max(typical / NEAR, 0.0)
        near = len(others) - int(np.searchsorted(others, least)) - (known >= least)
        share = (max(near - PULLING * n, 0.0) + 0.5 ** (n / FEW)) / (n + 1.0)
        if self._people[account] and self._telling[account]:
            third = _third(others, known)
            if third > 0:
                share *= min(NEAR * third / max(typical, 1e-9), 1.0)
        return float(np.clip(share, SELDOM, 1.0))

    def _shared(self, account: int, odd: int, *, history: bool) -> Floats:
        """What begins today: (AGES,)."""
        days = self._causes.steady.shape[1]
        before = float(self._before[account]) / max(days - 1, 1) if history else 0.0
        more = odd - before
        ever = (history and self._ever[account]) or (odd >= SOME and self._maybe_people[account])
        if not ever or more <= 0 or more < (BEGUN - 1.0) * before:
            return np.zeros(_AGES)
        n = int(self._peers[account])
        most = self._others[self._group[account]].most
        own = self._most[account] if history else np.full(_AGES, -2.0)
        least = more / NEAR
        near = len(most) - np.array([np.searchsorted(most[:, k], least) for k in range(_AGES)]) - (own >= least)
        many = np.maximum(near - min(RING, TOGETHER * n), 0.0)
        out: Floats = EVER * many / (n + 1.0)
        return out


def _third(others: Floats, own: float) -> float:
    """The third largest of sorted values, one's own left out; 0 where there are fewer."""
    if len(others) <= 3:
        return 0.0
    return float(others[-4] if own >= others[-3] else others[-3])
