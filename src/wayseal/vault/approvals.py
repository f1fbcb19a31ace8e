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

from wayseal.database import Connection
from wayseal.model.kinds import ActorKind
from wayseal.model.records import Approval
from wayseal.model.times import time_at
from wayseal.vault import directory
from wayseal.vault import tables as t
from wayseal.vault._sql import put, record_of, row_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.policy import Policy
from wayseal.vault.requests import Caller
from wayseal.vault.row_marks import RowMarks

SCOPE = "approve"
"""What a client needs to agree to anything."""

LASTS = 8 * 3_600_000_000
"""How long an approval can be used, microseconds: a shift."""
MOST = 1_000_000
_NOBODY: frozenset[str] = frozenset()


def ask(
    connection: Connection, marks: RowMarks, caller: Caller, purpose: str, most: int, policy: Policy, now: int
) -> Approval:
    """Asks for bulk; VaultError where it can't be had."""
    if not 0 < most <= MOST:
        raise VaultError("1 to {most}", key="most", most=MOST)
    if purpose not in policy.purposes:
        raise VaultError("there is none with this code", key="purpose")
    if not policy.purposes[purpose].approvers:
        raise VaultError("nobody may agree to more for this purpose", key="purpose")
    made = Approval(
        approval=secrets.token_hex(10),
        actor=caller.actor,
        purpose=purpose,
        most=most,
        left=most,
        expires_at=time_at(now + LASTS),
        approved_by=None,
    )
    row = row_of(made) | {"asked_at": now, "approved_at": None, "client": caller.client}
    connection.execute(t.approvals.insert(), marks.marked(t.approvals, row))
    act = admin(caller, now, policy.version, "approval_asked", approval=made.approval, purpose=purpose, most=most)
    append(connection, marks, [act])
    return made


def agree(connection: Connection, marks: RowMarks, caller: Caller, approval: str, policy: Policy, now: int) -> Approval:
    """Agrees to bulk that another asked for (rules 1 and 4); VaultError says why not."""
    row = connection.execute(sa.select(t.approvals).where(t.approvals.c.approval == approval)).one_or_none()
    if row is None or not marks.holds(t.approvals, row) or row.expires_at <= now:
        raise VaultError("approval: there is none with this id that is still open")
    if row.approved_by is not None:
        raise VaultError("approval: somebody agreed already")
    if row.actor == caller.actor:
        raise VaultError("approval: a second person has to agree")
    purpose = policy.purposes.get(row.purpose)
    approvers = _NOBODY if purpose is None else purpose.approvers
    _check_person(connection, marks, caller.actor, approvers, now)
    flag = {"one_client": 1} if row.client == caller.client else {}
    if flag and _others_may_agree(connection, marks, row.client, approvers):
        raise VaultError("approval: another client than the one that asked has to agree")
    done = {**row._mapping, "approved_by": caller.actor, "approved_at": now}
    put(connection, t.approvals, [marks.marked(t.approvals, done)])
    act = admin(caller, now, policy.version, "approval_given", approval=approval, actor=row.actor, **flag)
    append(connection, marks, [act])
    return replace(record_of(Approval, row), approved_by=caller.actor)


def _check_person(connection: Connection, marks: RowMarks, actor: str, approvers: frozenset[str], now: int) -> None:
    """Rule 1."""
    found = directory.actor_of(connection, marks, actor)
    if found is None or found.role not in approvers:
        raise VaultError("approval: your role may not agree to this purpose")
    if found.kind is not ActorKind.PERSON or found.blocked_at is not None or not found.valid_at(now):
        raise VaultError("approval: only a person in office may agree")


def _others_may_agree(connection: Connection, marks: RowMarks, client: str, approvers: frozenset[str]) -> bool:
    """Check whether another client is there that may bring the agreement of such a role (rule 4)."""
    return any(
        other.client != client and other.disabled_at is None and SCOPE in other.scopes and other.acts_for & approvers
        for other in directory.clients(connection, marks)
    )
