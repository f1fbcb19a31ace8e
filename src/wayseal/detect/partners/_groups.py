"""Whose reads belong together: the actors of one contract, and each partner's account that none names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wayseal.detect.partners._arrays import Longs, UInts
from wayseal.detect.partners._contract import Contract
from wayseal.detect.partners._result import Remark
from wayseal.ledger import Snapshot
from wayseal.ledger.codes import find_rows
from wayseal.model.kinds import ActorKind
from wayseal.model.times import clock_us

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerGroup:
    """A partner as it is checked; contract None: an account of kind partner that no contract names."""

    partner: str
    contract: Contract | None
    actors: tuple[str, ...]

    @property
    def offset_us(self) -> int:
        """Of its local days and hours from UTC."""
        return clock_us() if self.contract is None else self.contract.offset_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """keys: of all their actors, sorted; group_of[n]: the group of a key."""

    groups: tuple[PartnerGroup, ...]
    keys: UInts
    group_of: Longs

    def of(self, actors: UInts) -> Longs:
        """Place of each actor's group; -1 for none."""
        found: Longs = np.append(self.group_of, -1)[find_rows(self.keys, actors)]
        return found


def groups_of(snapshot: Snapshot, contracts: Sequence[Contract]) -> tuple[Groups, list[Remark]]:
    """The groups, those with a contract first, and what is odd about their accounts' kinds."""
    actors = snapshot.actors()
    kinds = dict(zip(actors["actor"].to_pylist(), actors["kind"].to_pylist(), strict=True))
    groups = [PartnerGroup(partner=c.partner, contract=c, actors=c.actors) for c in contracts]
    held = {actor for c in contracts for actor in c.actors}
    alone = sorted(a for a, kind in kinds.items() if kind == ActorKind.PARTNER and a not in held)
    groups += [PartnerGroup(partner=actor, contract=None, actors=(actor,)) for actor in alone]
    names = [actor for group in groups for actor in group.actors]
    keys = snapshot.keys(names)
    order = np.argsort(keys)
    group_of = np.repeat(np.arange(len(groups)), [len(g.actors) for g in groups])
    made = Groups(groups=tuple(groups), keys=keys[order], group_of=group_of[order].astype(np.int64))
    remarks = [remark for c in contracts if (remark := _other_kind(c, kinds))]
    if "actors" not in snapshot.tables:
        remarks.append(Remark(code="no_actors"))
    return made, remarks


def unknown_ids(snapshot: Snapshot, contracts: Sequence[Contract]) -> dict[str, str]:
    """Ids of contracts that no row of the ledger has, each with the name of its contract's file."""
    named = {actor: contract.file.name for contract in contracts for actor in contract.actors}
    known = snapshot.names("actor", snapshot.keys(list(named)))
    return {actor: file for (actor, file), name in zip(named.items(), known, strict=True) if not name}


def _other_kind(contract: Contract, kinds: dict[str, str]) -> Remark | None:
    actors = [a for a in contract.actors if kinds.get(a, ActorKind.PARTNER) != ActorKind.PARTNER]
    if not actors:
        return None
    shown = "; ".join(actors[:_NAMED]) + ("; …" if len(actors) > _NAMED else "")
    return Remark(code="other_kind", values={"file": contract.file.name, "n": len(actors), "actors": shown})
