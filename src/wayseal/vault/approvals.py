"""Bulk needs a second person.

1. Whoever agrees is another actor than who asked; nobody agrees twice.
2. An approval is for one actor, one purpose and so many waybills, and ends by itself.
3. Asking and agreeing are acts in the log.
"""

import secrets

import sqlalchemy as sa

from wayseal.model.records import Approval
from wayseal.model.times import micros_of, time_at
from wayseal.store.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._sql import record_of, row_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.requests import Caller

LASTS = 8 * 3_600_000_000
"""How long an approval can be used, microseconds: a shift."""
MOST = 1_000_000


def ask(connection: Connection, caller: Caller, purpose: str, most: int, policy: int, now: int) -> Approval:
    """Asks for bulk."""
    if not 0 < most <= MOST:
        raise VaultError("1 to {most}", key="most", most=MOST)
    made = Approval(
        approval=secrets.token_hex(10),
        actor=caller.actor,
        purpose=purpose,
        most=most,
        left=most,
        expires_at=time_at(now + LASTS),
        approved_by=None,
    )
    connection.execute(t.approvals.insert(), row_of(made) | {"asked_at": now, "approved_at": None})
    act = admin(caller, now, policy, "approval_asked", approval=made.approval, purpose=purpose, most=most)
    append(connection, [act])
    return made


def agree(connection: Connection, caller: Caller, approval: str, policy: int, now: int) -> Approval:
    """Agrees to bulk that another asked for (rule 1); VaultError says why not."""
    found = of(connection, approval)
    if found is None or micros_of(found.expires_at) <= now:
        raise VaultError("approval: there is none with this id that is still open")
    if found.approved_by is not None:
        raise VaultError("approval: somebody agreed already")
    if found.actor == caller.actor:
        raise VaultError("approval: a second person has to agree")
    connection.execute(
        sa.update(t.approvals)
        .where(t.approvals.c.approval == approval)
        .values(approved_by=caller.actor, approved_at=now)
    )
    append(connection, [admin(caller, now, policy, "approval_given", approval=approval, actor=found.actor)])
    done = of(connection, approval)
    assert done is not None  # noqa: S101
    return done


def of(connection: Connection, approval: str) -> Approval | None:
    """An approval by its id."""
    row = connection.execute(sa.select(t.approvals).where(t.approvals.c.approval == approval)).one_or_none()
    return None if row is None else record_of(Approval, row)
