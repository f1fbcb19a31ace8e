"""First reads that can be judged one by one, and those that nothing explains, by account and hour of the day.

1. First reads under a mandate can't be judged, nor those of unknown waybills where these are too many to be a sign.
2. Odd are those that neither a table nor learnt territory explains, as detection counts them.
3. Of a role whose work no table knows (`_missing_work`) nothing is counted, and the role is named: unknown is unknown.
"""

from dataclasses import dataclass

import numpy as np

from wayseal.detect._detect import view_of
from wayseal.detect._missing_work import find_missing_work
from wayseal.detect._service_area import NONE
from wayseal.detect.facts import Facts
from wayseal.detect.window import Window
from wayseal.ledger import Snapshot
from wayseal.model.arrays import Ints, Longs, UInts
from wayseal.model.times import HOUR_US


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyReads:
    """Of a accounts, those asked about.

    keys: of accounts, sorted. judged, odd: int64 (a, 24) by local hour. silent: roles that rule 3 leaves out. gaps:
    share of first reads of unknown waybills where they are left out, else 0.
    """

    keys: UInts
    judged: Longs
    odd: Longs
    silent: tuple[str, ...]
    gaps: float


def count_by_hour(snapshot: Snapshot, facts: Facts, window: Window) -> HourlyReads:
    """Count the reads of a window's days, its past apart. facts: of the same snapshot. LedgerError."""
    view = view_of(snapshot, facts, window)
    s, table, skip, n = view.suspects, view.hours, window.first - window.past, len(view.keys)
    actor, hour, first, mandate = (table[name].to_numpy() for name in ("actor", "hour", "first", "mandate"))

    def by_hour(who: Ints | Longs, at: Longs, some: Longs | None = None) -> Longs:
        return np.bincount(who.astype(np.int64) * 24 + at % 24, some, n * 24).reshape(n, 24).astype(np.int64)

    asked, inside = hour >= 24 * skip, s.day >= skip
    local = (s.at + view.offset) // HOUR_US
    judged = by_hour(actor[asked], hour[asked], (first - mandate)[asked])
    left_out = inside & ~(s.plain | s.weak | s.own | s.unknown | (s.territory != NONE))
    judged -= by_hour(s.actor[left_out], local[left_out])
    odd = inside & (s.plain | s.unknown)
    teams = {(one.role, one.kind) for one in find_missing_work(view, snapshot.tables, skip)}
    pairs = zip(view.role.tolist(), view.kind.tolist(), strict=True)
    mask = np.array([[(view.roles[r], view.kinds[k]) not in teams] for r, k in pairs], np.int64).reshape(n, 1)
    return HourlyReads(
        keys=view.keys,
        judged=judged * mask,
        odd=by_hour(s.actor[odd], local[odd]) * mask,
        silent=tuple(sorted({role or kind for role, kind in teams})),
        gaps=view.gaps,
    )
