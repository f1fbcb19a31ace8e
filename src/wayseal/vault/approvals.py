"""Bulk needs a second person.

1. Whoever agrees is another actor than who asked, and a person of the directory who is in office, in a role that the
   purpose names for it (`approvers`); nobody agrees twice.
2. An approval is for one actor, one purpose and so many waybills, and ends by itself.
3. Asking and agreeing are acts in the log.
4. Whoever agrees comes by another client than whoever asked: a client may say for whom it speaks, and one alone could
   be both. Where no other client may agree for these roles, one is enough, and the entry is flagged (`one_client`).
"""

import secrets
from dataclasses import replace

import sqlalchemy as sa

from wayseal.model.kinds import ActorKind
from wayseal.model.records import Approval
from wayseal.model.times import time_at
from wayseal.vault import directory
from wayseal.vault import tables as t
from wayseal.vault._sql import put, record_of, row_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import UnitOfWork
from wayseal.vault.policy import Policy

SCOPE = "approve"
"""What a client needs to agree to anything."""

LASTS = 8 * 3_600_000_000
"""How long an approval can be used, microseconds: a shift."""
MOST = 1_000_000
_NOBODY: frozenset[str] = frozenset()


def ask(unit: UnitOfWork, purpose: str, most: int, policy: Policy) -> Approval:
    """Asks for bulk; VaultError where it can't be had."""
    if not 0 < most <= MOST:
        raise VaultError("1 to {most}", key="most", most=MOST)
    if purpose not in policy.purposes:
        raise VaultError("there is none with this code", key="purpose")
    if not policy.purposes[purpose].approvers:
        raise VaultError("nobody may agree to more for this purpose", key="purpose")
    made = Approval(
        approval=secrets.token_hex(10),
        actor=unit.caller.actor,
        purpose=purpose,
        most=most,
        left=most,
        expires_at=time_at(unit.now + LASTS),
        approved_by=None,
    )
    row = row_of(made) | {"asked_at": unit.now, "approved_at": None, "client": unit.caller.client}
    unit.connection.execute(t.approvals.insert(), unit.marks.marked(t.approvals, row))
    unit.record_act("approval_asked", approval=made.approval, purpose=purpose, most=most)
    return made


def agree(unit: UnitOfWork, approval: str, policy: Policy) -> Approval:
    """Agrees to bulk that another asked for (rules 1 and 4); VaultError says why not."""
    row = unit.connection.execute(sa.select(t.approvals).where(t.approvals.c.approval == approval)).one_or_none()
    if row is None or not unit.marks.holds(t.approvals, row) or row.expires_at <= unit.now:
        raise VaultError("approval: there is none with this id that is still open")
    if row.approved_by is not None:
        raise VaultError("approval: somebody agreed already")
    if row.actor == unit.caller.actor:
        raise VaultError("approval: a second person has to agree")
    purpose = policy.purposes.get(row.purpose)
    approvers = _NOBODY if purpose is None else purpose.approvers
    _check_person(unit, approvers)
    flag = {"one_client": 1} if row.client == unit.caller.client else {}
    if flag and _others_may_agree(unit, row.client, approvers):
        raise VaultError("approval: another client than the one that asked has to agree")
    done = {**row._mapping, "approved_by": unit.caller.actor, "approved_at": unit.now}
    put(unit.connection, t.approvals, [unit.marks.marked(t.approvals, done)])
    unit.record_act("approval_given", approval=approval, actor=row.actor, **flag)
    return replace(record_of(Approval, row), approved_by=unit.caller.actor)


def _check_person(unit: UnitOfWork, approvers: frozenset[str]) -> None:
    """Rule 1."""
    found = directory.actor_of(unit.connection, unit.marks, unit.caller.actor)
    if found is None or found.role not in approvers:
        raise VaultError("approval: your role may not agree to this purpose")
    if found.kind is not ActorKind.PERSON or found.blocked_at is not None or not found.valid_at(unit.now):
        raise VaultError("approval: only a person in office may agree")


def _others_may_agree(unit: UnitOfWork, client: str, approvers: frozenset[str]) -> bool:
    """Check whether another client is there that may bring the agreement of such a role (rule 4)."""
    return any(
        other.client != client and other.disabled_at is None and SCOPE in other.scopes and other.acts_for & approvers
        for other in directory.clients(unit.connection, unit.marks)
    )
