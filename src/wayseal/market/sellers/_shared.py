"""How many use something at the same time who have nothing to do with each other (rule 3)."""

from collections.abc import Iterable

from wayseal.market.sellers._weigh import DAY

CROWD = 4
"""So many at one time: what they share is nobody's."""
_LEAST = DAY // 2
"""So long a message stands at least."""
_MOVES = DAY
"""So long both may stand there while somebody moves from one to the other."""


def count_crowd(spans: Iterable[tuple[int, int, int]]) -> int:
    """How many different groups stood there at one time, at most `CROWD`. spans: (group, from, to) of each use."""
    rows = list(spans)
    if len({group for group, _, _ in rows}) < 2:
        return len(rows[:1])
    begins_at = [(first, 1, group) for group, first, _ in rows]
    events = sorted(begins_at + [(max(to - _MOVES, first + _LEAST), 0, group) for group, first, to in rows])
    alive: dict[int, int] = {}
    most = 0
    for _, begins, group in events:
        if begins:
            alive[group] = alive.get(group, 0) + 1
            most = max(most, len(alive))
            if most >= CROWD:
                break
        elif alive[group] == 1:
            del alive[group]
        else:
            alive[group] -= 1
    return most
