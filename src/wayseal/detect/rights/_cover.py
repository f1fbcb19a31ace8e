"""The smallest set of rights that would have allowed some reads.

Obligations (code and tests cite the numbers):
1. Of the rights held it is the smallest set, by number, that permits every need that they permit together; of several
   the narrowest (the sum of `Right.width`), then the first by name.
2. Exact: actions are six, so all unions of rights are tried, not a guess at a time.
3. What no set of the rights permits is said, and takes nothing away from the rest. Where an action is permitted and its
   reach isn't, the action still counts as a need.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from wayseal.detect.rights._map import Reach, Right


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Need:
    """An action that was done, on one's own waybills or beyond."""

    action: str
    scope: Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The rights of a smallest set by name, and the needs that no right permits."""

    rights: tuple[str, ...]
    missing: tuple[Need, ...]


@cache
def smallest_set(held: frozenset[Right], needs: frozenset[Need]) -> Cover:
    """The smallest set out of `held` for `needs`."""
    wideners = sorted((r for r in held if r.widens), key=lambda r: r.name)[:1]
    rights = sorted((r for r in held if r.actions), key=lambda r: r.name)
    wanted: dict[str, Reach] = {}
    missing = []
    for need in sorted(needs):
        permitting = [r for r in rights if need.action in r.actions]
        beyond = need.scope is Reach.ALL
        if not permitting or (beyond and not wideners and not any(r.scope is Reach.ALL for r in permitting)):
            missing.append(need)
        elif beyond:
            wanted[need.action] = Reach.ALL
        if permitting:
            wanted.setdefault(need.action, Reach.OWN)
    best = min(_cases(rights, wideners, wanted))
    return Cover(rights=tuple(sorted(best[2])), missing=tuple(missing))


_Set = tuple[int, int, tuple[str, ...]]
"""How many rights, how wide, which."""


def _cases(rights: list[Right], wideners: list[Right], wanted: dict[str, Reach]) -> Iterable[_Set]:
    """The best sets, without a right that widens and with one (obligation 2)."""
    narrow = [
        [a for a, scope in wanted.items() if a in r.actions and (r.scope is Reach.ALL or scope is Reach.OWN)]
        for r in rights
    ]
    yield from _best(rights, narrow, list(wanted))
    for w in wideners:
        wide = [[a for a in wanted if a in r.actions] for r in rights]
        yield from ((n + 1, width + w.width, (*names, w.name)) for n, width, names in _best(rights, wide, list(wanted)))


def _best(rights: list[Right], covers: list[list[str]], wanted: list[str]) -> Iterable[_Set]:
    """The best set that covers all that is wanted, if there is one."""
    bit = {action: 1 << place for place, action in enumerate(wanted)}
    best: dict[int, _Set] = {0: (0, 0, ())}
    for right, actions in zip(rights, covers, strict=True):
        mask = sum(bit[a] for a in actions)
        for have, (n, width, names) in sorted(best.items()) if mask else ():
            more = (n + 1, width + right.width, (*names, right.name))
            best[have | mask] = min(more, best.get(have | mask, more))
    full = (1 << len(wanted)) - 1
    return [best[full]] if full in best else []
