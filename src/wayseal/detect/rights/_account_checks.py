"""Accounts against the calendar and against their peers: dormant, wider than others, untrained.

Obligations (code and tests cite the numbers):
1. There is no clock: "now" is the last read of the log. An open account that never read is listed as such only if it
   was opened before the period began; of one opened within it, too little is known.
2. A log that is shorter than the period says nothing of what lies before it; whoever is said not to have read, didn't
   within what the log covers.
3. Peers are the other open accounts of the same kind and role. With fewer than LEAST of them nothing is said.
4. RARE: fewer than FEW of the peers hold the right. ALONE: of LEAST or more peers who hold it none uses it, though the
   account does. A right that nobody of a role uses is the role's matter, not one account's.
5. People alone are trained. Where no row of `actors` says until when, nothing is said.
"""

from collections import defaultdict
from collections.abc import Sequence

from wayseal.detect.rights._activity import CLOSED, UNTRAINED, AccountRecord, AccountState, Activity
from wayseal.detect.rights._map import RightMap
from wayseal.detect.rights._result import Dormant, DormantReason, Untrained, Wider, WiderReason
from wayseal.detect.rights._use import Use
from wayseal.model.kinds import ActorKind

LEAST = 5
FEW = 0.05


def find_dormant(
    accounts: Sequence[AccountRecord],
    states: Sequence[AccountState],
    counted: Activity,
    since: int,
    unlisted: Sequence[tuple[str, int]],
) -> tuple[Dormant, ...]:
    """Dormant accounts (obligations 1 and 2). since: start of the period, µs; unlisted: names and places."""
    out = []
    for account, state in zip(accounts, states, strict=True):
        last, late = int(counted.last[account.place]), int(counted.after[account.place, CLOSED])
        why = None
        if late:
            why = DormantReason.CLOSED
        elif state is AccountState.OPEN and last < since:
            why = DormantReason.NEVER if last < 0 else DormantReason.QUIET
        if why:
            out.append(
                Dormant(
                    actor=account.actor,
                    kind=account.kind,
                    role=account.role,
                    why=why,
                    last=None if last < 0 else last,
                    closed=account.closed,
                    reads=late,
                )
            )
    out += [
        Dormant(
            actor=name,
            kind=None,
            role=None,
            why=DormantReason.UNLISTED,
            last=int(counted.last[place]),
            closed=None,
            reads=int(counted.all_reads[place]),
        )
        for name, place in unlisted
    ]
    order = [DormantReason.CLOSED, DormantReason.UNLISTED, DormantReason.QUIET, DormantReason.NEVER]
    return tuple(sorted(out, key=lambda d: (order.index(d.why), -d.reads, d.actor)))


def find_wider(uses: Sequence[Use], rights: RightMap) -> tuple[Wider, ...]:
    """Rights that set an account apart from its peers (obligations 3 and 4); the rarest first."""
    groups: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in uses:
        groups[use.account.kind, use.account.role].append(use)
    out = []
    for group in groups.values():
        for name in sorted(frozenset[str]().union(*(u.account.rights for u in group))):
            holders = [u for u in group if name in u.account.rights]
            users = {u.account.actor for u in holders if _uses(u, name, rights)}
            judged = sum(_uses(u, name, rights) is not None or not u.reads for u in holders)
            for use in holders:
                used = _uses(use, name, rights)
                if len(group) > LEAST and len(holders) - 1 < FEW * (len(group) - 1):
                    out.append(_wider(use, name, WiderReason.RARE, len(group) - 1, len(holders) - 1, used))
                elif used and users == {use.account.actor} and len(holders) > LEAST and judged == len(holders):
                    out.append(_wider(use, name, WiderReason.ALONE, len(holders) - 1, 0, used))
    return tuple(sorted(out, key=lambda w: (w.why is WiderReason.ALONE, w.same / w.peers, w.actor, w.right)))


def _uses(use: Use, name: str, rights: RightMap) -> bool | None:
    right = rights.get(name)
    return use.reads_by(right) > 0 if right and use.judges(right) else None


def _wider(use: Use, right: str, why: WiderReason, peers: int, same: int, used: bool | None) -> Wider:
    about = use.account
    return Wider(actor=about.actor, role=about.role, right=right, why=why, peers=peers, same=same, used=used)


def find_untrained(accounts: Sequence[AccountRecord], counted: Activity) -> tuple[Untrained, ...]:
    """People who read without training (obligation 5); most reads first."""
    if all(a.trained is None for a in accounts):
        return ()
    out = []
    for account in accounts:
        all_reads = int(counted.all_reads[account.place])
        reads = all_reads if account.trained is None else int(counted.after[account.place, UNTRAINED])
        if account.kind == ActorKind.PERSON and reads:
            last = int(counted.last[account.place])
            out.append(Untrained(actor=account.actor, role=account.role, until=account.trained, last=last, reads=reads))
    return tuple(sorted(out, key=lambda u: (u.until is not None, -u.reads, u.actor)))
