"""How probable it is that an account does work that no table knows: then odd reads say nothing, if they go on as ever.

1. That no table knows an account's work at all (most of its reads are odd) is learnt from peers by partial pooling:
   accounts of the same role, shrunk towards those of the same kind (person, service, partner, device), and these
   towards everybody. Who answers for something by a table, and reads it, has those for peers who do, too: roles may be
   missing. Among n others of the kind it is never less probable than SINGLE in n + 1: of a few services, each may do
   what no other does.
2. That such work is of the account's size, or that it has odd work beside that which tables know, is learnt from
   ranks: how many others of the role typically have at least 1 / NEAR of its odd reads a day. One in PULLING may pull,
   too; and as long as there are few others (FEW halve it), or neither role nor kind tells anybody's work, anything is
   thought possible. Nothing is less probable than SELDOM: among many there is always one whose work is other.
3. Its own odd reads make it no more probable, so that whoever only pulls stands out among peers whose work the tables
   know. But an account that was explained up to the day before is known.
4. What is said of a day hangs on that day and those before it, but for who is whose peer.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from wayseal.detect._view import Flags, Floats, Ints, Longs, View

IDLE, SEEN = 0.5, 5
"""Share of an account's first reads that are odd, above which no table knows its work; of SEEN or more."""
SINGLE = 0.3
NEAR, FEW, PULLING, SELDOM = 2.0, 8.0, 0.005, 2e-5
MOST = 0.5
"""Of all accounts: a role that more have tells nobody's work."""
_POOL, _ANYBODY = 0.5, 0.01
"""For how many accounts the wider group stands; what is taken where nobody was seen."""


class Peers:
    """Who is pooled with whom (rule 1): everybody, a kind, a role; and how many of each were seen by each day."""

    def __init__(self, view: View) -> None:
        s = view.suspects
        answers = (view.count(s.weak & (s.territory == 0)).sum(axis=1) >= SEEN).astype(np.int64)
        kind = view.kind.astype(np.int64) << 1 | answers
        judged = view.first - view.mandate
        self._active = np.maximum(np.cumsum(judged > 0, axis=1), 1)
        self._judged = np.cumsum(judged, axis=1)
        self._seen = self._judged >= SEEN
        self._groups = [_Group(each) for each in (np.zeros_like(kind), kind, kind << 32 | view.role)]
        self._others = [group.others(self._seen) for group in self._groups]
        kinds_tell = len(np.unique(view.kind)) > 1
        self._telling = _tells(view.role, view.roles, MOST) | (kinds_tell & _tells(view.kind, view.kinds, 1.0))

    def find_unknown_work(self, odd: Longs, steady: Floats) -> Floats:
        """float64 (a, d): that no table knows its work (rule 1), given what counts as odd on each day, int64 (a, d).

        steady: of `find_steady_work`.
        """
        idle = self._seen & (np.cumsum(odd, axis=1) > IDLE * self._judged)
        out = np.full(odd.shape, _ANYBODY)
        for group, seen in zip(self._groups, self._others, strict=True):
            out = (group.others(idle) + _POOL * out) / (seen + _POOL)
        out = np.maximum(out, SINGLE / (self._others[1] + 1.0))
        explained = np.zeros(odd.shape, np.bool_)
        explained[:, 1:] = (self._seen & ~idle)[:, :-1]
        return np.where(explained, 0.0, out * steady)

    def find_steady_work(self, odd: Longs) -> Floats:
        """float64 (a, d): that work of its own may have as many odd reads a day as the account has (rule 2)."""
        typical = np.where(self._seen, np.cumsum(odd, axis=1) / self._active, -1.0)
        n = np.where(self._telling[:, None], self._others[-1], 0)
        many = np.maximum(self._groups[-1].others_near(typical) - PULLING * n, 0.0)
        share: Floats = (many + 0.5 ** (n / FEW)) / (n + 1.0)
        return np.clip(share, SELDOM, 1.0)


def _tells(codes: Ints, names: Sequence[str], most: float) -> Flags:
    """Bool (a,): whose word there is one, and not that of more than `most` of all."""
    telling = np.array([bool(name) for name in names]) & (np.bincount(codes, minlength=len(names)) <= most * len(codes))
    out: Flags = telling[codes]
    return out


class _Group:
    """Accounts by a code each."""

    def __init__(self, codes: Longs) -> None:
        self._order = np.argsort(codes, kind="stable")
        ordered = codes[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(codes)])
        self._of = np.empty(len(codes), np.int64)
        self._of[self._order] = np.searchsorted(self._starts, np.arange(len(codes)), side="right") - 1

    def others(self, flags: Flags) -> Longs:
        """int64 (a, d): of how many others of its group it is so."""
        if not len(flags):
            return flags.astype(np.int64)
        counts = np.add.reduceat(flags[self._order], self._starts, axis=0, dtype=np.int64)
        others: Longs = counts[self._of] - flags
        return others

    def others_near(self, values: Floats) -> Longs:
        """int64 (a, d): how many others of its group have at least 1 / NEAR of its value; negative ones don't count."""
        out = np.zeros(values.shape, np.int64)
        for start, stop in pairwise(np.append(self._starts, len(self._order)).tolist()):
            mine = self._order[start:stop]
            for day in range(values.shape[1]):
                own = values[mine, day]
                below = np.searchsorted(np.sort(own), np.maximum(own / NEAR, 0.0))
                out[mine, day] = len(mine) - below - (own >= 0)
        return out
