"""How probable it is that no table knows an account's work: then odd reads say nothing, as long as they go on as ever.

1. It is learnt from peers by partial pooling: accounts of the same role, shrunk towards those of the same kind (person,
   service, partner, device), and these towards everybody. How many of these have reads that are mostly odd? Who answers
   for something by a table, and reads it, has those for peers who do, too: roles may be missing.
2. Its own odd reads make it no more probable, so that whoever only pulls stands out among peers whose work the tables
   know. But an account that was explained up to the day before is known.
3. What is said of a day hangs on that day and those before it.
"""

import numpy as np

from wayseal.detect._view import Flags, Floats, Longs, View

IDLE, SEEN = 0.5, 5
"""Share of an account's first reads that are odd, above which no table knows its work; of SEEN or more."""
_POOL, _ANYBODY = 2.0, 0.01
"""For how many accounts the wider group stands; what is taken where nobody was seen."""


def find_unknown_work(view: View, odd: Longs) -> Floats:
    """float64 (a, d), given what counts as odd on each day: int64 (a, d)."""
    some, judged = np.cumsum(odd, axis=1), np.cumsum(view.first - view.mandate, axis=1)
    seen = judged >= SEEN
    idle = seen & (some > IDLE * judged)
    s = view.suspects
    answers = (view.count(s.weak & (s.territory == 0)).sum(axis=1) >= SEEN).astype(np.int64)
    kind = view.kind.astype(np.int64) << 1 | answers
    pair = kind << 32 | view.role
    by = [np.zeros(len(pair), np.int64), kind, np.unique(pair, return_inverse=True)[1]]
    out = np.full(view.shape, _ANYBODY)
    for group in by:
        out = (_others(idle, group) + _POOL * out) / (_others(seen, group) + _POOL)
    explained = np.zeros(view.shape, np.bool_)
    explained[:, 1:] = (seen & ~idle)[:, :-1]
    return np.where(explained, 0.0, out)


def _others(flags: Flags, group: Longs) -> Floats:
    """float64 (a, d): of how many others of its group it is so."""
    count = np.zeros((int(group.max(initial=-1)) + 1, flags.shape[1]))
    np.add.at(count, group, flags)
    others: Floats = count[group] - flags
    return others
