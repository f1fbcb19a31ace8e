"""Rights against what was done with them: by account, by role, by right.

Obligations (code and tests cite the numbers):
1. A right counts as used where the account did, within the period, anything that it permits; whether another right
   permitted the same isn't asked, so that no right is called unused that may have been needed.
2. A right that widens the others counts as used by any read beyond the account's own work, explained or not.
3. The smallest set (`_result`) is for explained reads alone: those of the account's own work need a right to the
   action, those that only a mandate explains need it over all waybills.
4. Nothing is said of the use of accounts without a read in the period (they are dormant) or with reads that name no
   action; of rights that the file doesn't know, or that permit no read. Where the ledger has no table that could
   explain a read, nothing is said of smallest sets and of rights that widen. "Nobody used it" is said of a right only
   where all its holders can be judged; holders who read nothing didn't use it.
5. A role's smallest set allows the explained reads of all its accounts together; `needed` says for how many accounts'
   own smallest set a right is needed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wayseal.detect.rights._activity import BEYOND, OWN, AccountRecord, AccountState, Activity
from wayseal.detect.rights._map import ACTIONS, Reach, Right, RightMap
from wayseal.detect.rights._result import AccountUse, Cover, Mandate, Need, RightUse, RoleUse, Unpermitted, smallest_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Acts of one account. by: action → (own, beyond) reads; mandate: of those beyond, how many a mandate explains.

    actions_known: whether every read names its action. works: whether the ledger has tables that explain reads. needs:
    None where nothing can be said of them (obligation 4).
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
        """Reads that a right permits (obligations 1 and 2)."""
        if right.widens:
            return sum(beyond for _, beyond in self.by.values())
        return sum(sum(self.by[a]) for a in right.actions if a in self.by)

    def judges(self, right: Right) -> bool:
        """Tell if use says anything of a right (obligation 4)."""
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
    """Every role, by name (obligation 5)."""
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
