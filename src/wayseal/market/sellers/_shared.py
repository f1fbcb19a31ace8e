"""What many use at the same time who have nothing to do with each other (rule 3)."""

from collections.abc import Iterable

from wayseal.market.sellers._texts import CROWD
from wayseal.market.sellers._weigh import DAY

_LINGERS = 3 * DAY


def crowded(spans: Iterable[tuple[int, int, int]]) -> bool:
    """Whether so many different groups stood there at one time. spans: (group, from, to) of each use."""
    rows = list(spans)
    if len({group for group, _, _ in rows}) < CROWD:
        return False
    events = sorted(
        [(first, 1, group) for group, first, _ in rows] + [(to + _LINGERS, 0, group) for group, _, to in rows]
    )
    alive: dict[int, int] = {}
    for _, begins, group in events:
        if begins:
            alive[group] = alive.get(group, 0) + 1
            if len(alive) >= CROWD:
                return True
        elif alive.get(group, 0) <= 1:
            alive.pop(group, None)
        else:
            alive[group] -= 1
    return False
