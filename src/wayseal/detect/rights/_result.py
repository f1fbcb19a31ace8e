"""Results of rights against use. Times are µs since 1970 (UTC), days are local days since 1970.

The smallest set of rights that would have allowed some reads.
1. Of the rights held it is the smallest set, by number, that permits every need that they permit together; of several
   the narrowest (the sum of `Right.width`), then the first by name.
2. Exact: actions are six, so all unions of rights are tried, not a guess at a time.
3. What no set of the rights permits is said, and takes nothing away from the rest. Where an action is permitted and its
   reach isn't, the action still counts as a need.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import PlainSerializer, WrapSerializer

from wayseal.detect.rights._activity import AccountState
from wayseal.detect.rights._map import Reach, Right
from wayseal.model.times import day_name
from wayseal.page.programs import Moment, digits, named


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days asked about and how many of them the log covers.

    asked: days. first, last: local days that the log covers of them, both included. covered: how many; silent: days
    among them without any read. offset: of local days, µs ahead of UTC.
    """

    asked: int
    first: int
    last: int
    silent: int
    offset: int

    @property
    def covered(self) -> int:
        """Days of the period that the log reaches over."""
        return self.last - self.first + 1

    @property
    def whole(self) -> bool:
        """True if the log is as long as the period."""
        return self.covered >= self.asked


def _spelled(p: Period) -> dict[str, object]:
    days = {"from": day_name(p.first), "to": day_name(p.last), "covered": p.covered}
    return {**days, "silent": p.silent, "whole": p.whole}


@dataclass(frozen=True, slots=True, kw_only=True)
class RightUse:
    """A right among some accounts. holders, users: accounts; reads: those of holders that it permits.

    needed: holders whose own smallest set has it. users, reads and needed are None where they can't be judged.
    known: whether the file of rights knows it. actions, scope: what it permits, by that file.
    """

    right: str
    known: bool
    actions: tuple[str, ...]
    scope: str | None
    holders: int
    users: int | None
    reads: int | None
    needed: int | None

    @property
    def unused(self) -> bool:
        """True if nobody used it."""
        return self.users == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleUse:
    """A role: open accounts, the rights that they hold, the smallest set that allows all their explained reads.

    judged: accounts whose use can be judged. smallest is None without any. missing: what it did, and no right of the
    role permits.
    """

    role: str
    accounts: int
    judged: int
    smallest: tuple[str, ...] | None
    missing: tuple[Need, ...]
    rights: tuple[RightUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUse:
    """An open account. reads: of the period. used, unused: rights; unjudged: rights of which use says nothing.

    smallest: None where it can't be judged.
    """

    actor: str
    kind: str
    role: str
    state: AccountState
    reads: int
    used: tuple[str, ...]
    unused: tuple[str, ...]
    unjudged: tuple[str, ...]
    smallest: tuple[str, ...] | None


class DormantReason(StrEnum):
    """Why an account is listed: it never read, not within the period, after it was closed, or `actors` lacks it."""

    NEVER = "never"
    QUIET = "quiet"
    CLOSED = "closed"
    UNLISTED = "unlisted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dormant:
    """An account that should be closed, or listed. reads: after it was closed, or all of one that isn't listed.

    last: its last read. closed: when it was.
    """

    actor: str
    kind: str | None
    role: str | None
    why: DormantReason
    last: Moment | None
    closed: Moment | None
    reads: int


class WiderReason(StrEnum):
    """How a right is wider than peers': few of them hold it, or of those who hold it none uses it."""

    RARE = "rare"
    ALONE = "alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wider:
    """A right that sets an account apart. peers: others of the role (RARE), or those of them who hold it (ALONE).

    same: how many of these hold it (RARE) or use it (ALONE). used: whether the account uses it; None: not judged.
    """

    actor: str
    role: str
    right: str
    why: WiderReason
    peers: int
    same: int
    used: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Devices, addresses or sessions of an account. days: on which several overlap; active: days that have any.

    most: on one day (sessions: at once). a_day: on an active day, on average; peers: the median of the role, where
    enough people have it. shared: whether this speaks for several people.
    """

    days: int
    active: int
    most: int
    a_day: Annotated[float, digits(2)]
    peers: Annotated[float, digits(2)] | None
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A login that looks like several people's; None where the log names no devices, addresses or sessions of it."""

    actor: str
    role: str
    devices: Overlap | None
    addresses: Overlap | None
    sessions: Overlap | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untrained:
    """A person who read after the training ran out (`until`), or had none. reads: since then, or all."""

    actor: str
    role: str
    until: Moment | None
    last: Moment
    reads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """An account with a right over all waybills. rights: such ones.

    own: reads of the period that its own work explains; mandate: that only a mandate does; unexplained: that neither
    does.
    """

    actor: str
    role: str
    rights: tuple[str, ...]
    own: int
    mandate: int
    unexplained: int

    @property
    def needless(self) -> bool:
        """True if it read and no read needed such a right."""
        return self.own > 0 and not self.mandate and not self.unexplained


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpermitted:
    """Reads of the period by an action that no right of the account permits. own: those that its work explains."""

    actor: str
    role: str
    action: str
    reads: int
    own: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsResult:
    """The whole. period is None without reads; not_judged: tables and columns whose absence left something unsaid."""

    wayseal: str
    ledger_digest: Annotated[str, named("inputs"), PlainSerializer(lambda digest: {"ledger": digest})]
    days: int
    period: Annotated[Period, PlainSerializer(_spelled)] | None
    reads: int
    accounts: int
    not_judged: tuple[str, ...]
    rights: tuple[RightUse, ...]
    roles: tuple[RoleUse, ...]
    people: tuple[AccountUse, ...]
    dormant: tuple[Dormant, ...]
    wider: tuple[Wider, ...]
    shared: tuple[Shared, ...]
    untrained: tuple[Untrained, ...]
    mandates: tuple[Annotated[Mandate, WrapSerializer(lambda m, row: {**row(m), "needless": m.needless})], ...]
    beyond: tuple[Unpermitted, ...]
