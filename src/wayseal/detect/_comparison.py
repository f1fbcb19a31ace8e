"""What a count is held against, and which of an account's reads look like its work: for people who read a case.

1. Others are the account's peers; where it has none that read in these days, its role; else everybody.
2. An account's own days are those before the count begins, on which it read.
3. Ground that reads have in common is named by the outlets that most of them passed, each read once, and by the
   interfaces that issued them.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from wayseal.detect._missing_work import count_unknown_work, find_teams
from wayseal.detect._result import Comparison, Ground, Others, Territory
from wayseal.detect._territory import AT_OUTLET, BY_CHANNEL, IN_AREA, OUTLETS
from wayseal.detect._view import Flags, Longs, UInts, View

Names = Callable[[str, Sequence[int]], list[str]]


class Comparer:
    """Compares the accounts of a view."""

    def __init__(self, view: View) -> None:
        """What all comparisons need."""
        self.view = view
        self._odd, self._judged = count_unknown_work(view)
        self._team = find_teams(view)

    def compare(self, counts: Longs, actor: int, since: int, until: int) -> tuple[Comparison, tuple[int, int]]:
        """What an account's counts on some days are held against, and the range of others' (rules 1 and 2).

        counts: int64 (a, d). since, until: first and last of these days.
        """
        view = self.view
        others, which = self._others(actor, since, until)
        then = counts[which, since : until + 1].sum(axis=1)
        low, high = np.quantile(then, (0.05, 0.95)) if len(which) else (0.0, 0.0)
        past = view.reads[actor, :since] > 0
        mates: Flags = self._team == self._team[actor]
        mates[actor] = False
        all_ = int(self._judged[mates].sum())
        made = Comparison(
            others=others,
            accounts=len(which),
            days=int(past.sum()),
            own=int(counts[actor, :since][past].sum()),
            unknown=float(self._odd[mates].sum() / all_) if all_ else 0.0,
        )
        return made, (round(float(low)), round(float(high)))

    def _others(self, actor: int, since: int, until: int) -> tuple[Others, Longs]:
        """Rule 1."""
        view = self.view
        active: Flags = np.any(view.reads[:, since : until + 1] > 0, axis=1)
        active[actor] = False
        levels = (
            (Others.PEERS, view.group == view.group[actor]),
            (Others.ROLE, view.role == view.role[actor]),
            (Others.EVERYBODY, np.ones(len(active), np.bool_)),
        )
        for others, mine in levels:
            if (found := np.flatnonzero(active & mine)).size:
                return others, found
        return Others.NOBODY, np.zeros(0, np.int64)


def find_grounds(view: View, actor: int, skip: int, names: Names) -> tuple[Territory, ...]:
    """What an account's reads from the view's column `skip` on have in common (rule 3), the most reads first."""
    s = view.suspects
    low, high = np.searchsorted(s.actor, [actor, actor + 1])
    rows = np.flatnonzero((s.day[low:high] >= skip) & (s.territory[low:high] > 0)) + low
    why = s.territory[rows]
    out = [Territory(ground=Ground.OUTLET, id=id_, reads=n) for id_, n in _outlets(view, rows[why == AT_OUTLET], names)]
    issued, count = np.unique(s.channel[rows[why == BY_CHANNEL]], return_counts=True)
    ids = names("channel", issued.tolist())
    out += [Territory(ground=Ground.INTERFACE, id=i, reads=n) for i, n in zip(ids, count.tolist(), strict=True)]
    if inside := int((why == IN_AREA).sum()):
        out.append(Territory(ground=Ground.AREA, id="", reads=inside))
    return tuple(sorted(out, key=lambda t: (-t.reads, t.ground, t.id)))


def _outlets(view: View, rows: Longs, names: Names) -> Iterator[tuple[str, int]]:
    """Outlets that most of some reads passed, each read counted at one."""
    keys: UInts = view.grounds.outlets
    for _ in range(OUTLETS):
        places = np.sort(view.suspects.places[rows], axis=1)
        fresh = np.ones(places.shape, np.bool_)
        fresh[:, 1:] = places[:, 1:] != places[:, :-1]
        count = np.bincount(places[fresh & (places >= 0)], minlength=len(keys))
        if not count.any():
            return
        best = int(count.argmax())
        there = (places == best).any(axis=1)
        yield names("outlet", [int(keys[best])])[0], int(there.sum())
        rows = rows[~there]
