"""Results of rights against use. Times are µs since 1970 (UTC), days are local days since 1970.

The smallest set of rights that would have allowed some reads.
1. Of the rights held it is the smallest set, by number, that permits every need that they permit together; of several
   the narrowest (the sum of `Right.width`), then the first by name.
2. Exact: actions are six, so all unions of rights are tried, not a guess at a time.
3. What no set of the rights permits is said, and takes nothing away from the rest. Where an action is permitted and its
   reach isn't, the action still counts as a need.

Rights against what was done with them: by account, by role, by right.
4. A right counts as used where the account did, within the period, anything that it permits; whether another right
   permitted the same isn't asked, so that no right is called unused that may have been needed.
5. A right that widens the others counts as used by any read beyond the account's own work, explained or not.
6. The smallest set (rules 1 to 3) is for explained reads alone: those of the account's own work need a right to the
   action, those that only a mandate explains need it over all waybills.
7. Nothing is said of the use of accounts without a read in the period (they are dormant) or with reads that name no
   action; of rights that the file doesn't know, or that permit no read. Where the ledger has no table that could
   explain a read, nothing is said of smallest sets and of rights that widen. "Nobody used it" is said of a right only
   where all its holders can be judged; holders who read nothing didn't use it.
8. A role's smallest set allows the explained reads of all its accounts together; `needed` says for how many accounts'
   own smallest set a right is needed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import PlainSerializer, WrapSerializer

from wayseal.detect.rights._activity import BEYOND, OWN, AccountRecord, AccountState, Activity
from wayseal.detect.rights._map import ACTIONS, Reach, Right, RightMap
from wayseal.model.times import day_name
from wayseal.page.programs import Moment, alias, rounded


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
    a_day: Annotated[float, rounded(2)]
    peers: Annotated[float, rounded(2)] | None
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
    ledger_digest: Annotated[str, alias("inputs"), PlainSerializer(lambda digest: {"ledger": digest})]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Acts of one account. by: action → (own, beyond) reads; mandate: of those beyond, how many a mandate explains.

    actions_known: whether every read names its action. works: whether the ledger has tables that explain reads. needs:
    None where nothing can be said of them (obligation 7).
    """

    account: AccountRecord
    state: AccountState
    reads: int
    by: Mapping[str, tuple[int, int]]
    mandate: int
    actions_known: bool
    works: bool
    needs: frozenset[Need] | None

    def reads_by(self, right: Right) -> int:
        """Reads that a right permits (obligations 4 and 5)."""
        if right.widens:
            return sum(beyond for _, beyond in self.by.values())
        return sum(sum(self.by[a]) for a in right.actions if a in self.by)

    def judges(self, right: Right) -> bool:
        """Tell if use says anything of a right (obligation 7)."""
        return right.reads and self.actions_known and (self.works or not right.widens)


def use_of(account: AccountRecord, state: AccountState, counted: Activity, works: bool) -> Use:
    """Use of an account. works: whether the ledger can explain reads at all."""
    cells = counted.reads[account.place].tolist()
    mandated = counted.mandated[account.place].tolist()
    by = {a: (own, beyond) for a, (own, beyond) in zip(ACTIONS, cells[1:], strict=True) if own or beyond}
    mandate = [a for place, a in enumerate(ACTIONS, 1) if mandated[place] and cells[place][BEYOND]]
    needs = {Need(action=a, scope=Reach.OWN) for a, (own, _) in by.items() if own}
    needs |= {Need(action=a, scope=Reach.ALL) for a in mandate}
    actions_known = not sum(cells[0])
    return Use(
        account=account,
        state=state,
        reads=sum(map(sum, cells)),
        by=by,
        mandate=sum(by[a][BEYOND] for a in mandate),
        actions_known=actions_known,
        works=works,
        needs=frozenset(needs) if works and actions_known and by else None,
    )


def held_by(accounts: Iterable[AccountRecord], rights: RightMap) -> frozenset[Right]:
    """Rights of some accounts of which use can say something."""
    return frozenset(rights[n] for a in accounts for n in a.rights if n in rights and rights[n].reads)


def account_use(use: Use, rights: RightMap) -> AccountUse:
    """One account's rights against its use."""
    held = sorted(held_by([use.account], rights), key=lambda r: r.name)
    said = [r for r in held if use.reads and use.judges(r)]
    return AccountUse(
        actor=use.account.actor,
        kind=use.account.kind,
        role=use.account.role,
        state=use.state,
        reads=use.reads,
        used=tuple(r.name for r in said if use.reads_by(r)),
        unused=tuple(r.name for r in said if not use.reads_by(r)),
        unjudged=tuple(sorted(use.account.rights - {r.name for r in said})),
        smallest=None if use.needs is None else _cover(use, rights).rights,
    )


def _cover(use: Use, rights: RightMap) -> Cover:
    return smallest_set(held_by([use.account], rights), use.needs or frozenset())


def right_uses(uses: Sequence[Use], rights: RightMap) -> tuple[RightUse, ...]:
    """Every right that the accounts hold, by name."""
    holders: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        for name in use.account.rights:
            holders[name].append(use)
    return tuple(_right_use(name, holders[name], rights) for name in sorted(holders))


def _right_use(name: str, holders: Sequence[Use], rights: RightMap) -> RightUse:
    right = rights.get(name)
    reads = [u.reads_by(right) for u in holders if u.judges(right)] if right else []
    said = any(reads) or len(reads) == len(holders)
    covers = [_cover(u, rights).rights for u in holders if u.needs is not None] if right and right.reads else []
    return RightUse(
        right=name,
        known=right is not None,
        actions=tuple(a for a in ACTIONS if right and a in right.actions),
        scope=None if right is None else right.scope.value,
        holders=len(holders),
        users=sum(map(bool, reads)) if said else None,
        reads=sum(reads) if said else None,
        needed=sum(name in cover for cover in covers) if covers else None,
    )


def role_uses(uses: Sequence[Use], rights: RightMap) -> tuple[RoleUse, ...]:
    """Every role, by name (obligation 8)."""
    roles: dict[str, list[Use]] = defaultdict(list)
    for use in uses:
        roles[use.account.role].append(use)
    out = []
    for role, of in sorted(roles.items()):
        judged = [u for u in of if u.needs is not None]
        needs = frozenset(n for u in judged for n in u.needs or ())
        cover = smallest_set(held_by((u.account for u in of), rights), needs) if judged else None
        out.append(
            RoleUse(
                role=role,
                accounts=len(of),
                judged=len(judged),
                rights=right_uses(of, rights),
                smallest=cover.rights if cover else None,
                missing=cover.missing if cover else (),
            )
        )
    return tuple(out)


def mandates_of(uses: Sequence[Use], rights: RightMap) -> tuple[Mandate, ...]:
    """Accounts with a right over all waybills: those that didn't need it first, then by the share that did."""
    out = []
    for use in uses:
        wide = [r.name for r in held_by([use.account], rights) if r.scope is Reach.ALL and r.reads]
        if wide and use.needs is not None:
            own, beyond = (sum(cell[k] for cell in use.by.values()) for k in (OWN, BEYOND))
            out.append(
                Mandate(
                    actor=use.account.actor,
                    role=use.account.role,
                    rights=tuple(sorted(wide)),
                    own=own,
                    mandate=use.mandate,
                    unexplained=beyond - use.mandate,
                )
            )
    return tuple(
        sorted(out, key=lambda m: ((m.mandate + m.unexplained) / (m.own + m.mandate + m.unexplained), m.actor))
    )


def unpermitted_reads(uses: Sequence[Use], rights: RightMap) -> tuple[Unpermitted, ...]:
    """Actions that no right of the account permits; of accounts whose rights the file knows all. Most reads first."""
    out = []
    for use in uses:
        held = use.account.rights
        if not held or any(name not in rights for name in held):
            continue
        permitted = frozenset[str]().union(*(rights[name].actions for name in held))
        out += [
            Unpermitted(actor=use.account.actor, role=use.account.role, action=action, reads=own + beyond, own=own)
            for action, (own, beyond) in use.by.items()
            if action not in permitted
        ]
    return tuple(sorted(out, key=lambda b: (-b.reads, b.actor, b.action)))
