"""The policies that were ever in force in a vault, as its database keeps them; the newest one counts.

1. A policy is decided by only if its row has the vault's mark, and the entry that put it in force names its digest.
2. The newest row counts only if the log's last entry knows no newer policy: nobody goes back to an older one unseen.
"""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from wayseal.database import Connection
from wayseal.model.records import PolicyShown
from wayseal.vault import tables as t
from wayseal.vault._sql import record_of
from wayseal.vault.errors import LogChangedError, VaultError
from wayseal.vault.log import UnitOfWork
from wayseal.vault.log.sound_entries import last_entry, sound_entry
from wayseal.vault.policy import Policy
from wayseal.vault.row_macs import RowMacs

ACT = "policy_activated"


def texts_in_force(connection: Connection) -> PolicyShown:
    """The policy in force as it was written; VaultError where there is none yet."""
    return record_of(PolicyShown, _newest(connection))


def policy_in_force(connection: Connection, marks: RowMacs, known: Policy | None) -> Policy:
    """The policy in force: `known` where it is that one still.

    VaultError: there is none yet. LogChangedError: it isn't what the log says was put in force (rules 1 and 2).
    """
    version = connection.execute(sa.select(sa.func.max(t.policies.c.version))).scalar()
    if known is not None and known.version == version:
        return known
    row = _newest(connection)
    if not marks.holds(t.policies, row):
        raise LogChangedError("the policy in force was changed by somebody else than the vault: verify it")
    made = Policy.parse(row.purposes, row.rules, row.version)
    if not made.sha256 == row.sha256 == _digest_in_log(connection, marks, row):
        raise LogChangedError("the policy in force isn't the one that the log names: verify the vault")
    last = last_entry(connection, marks)
    if last is not None and last.policy > row.version:
        raise LogChangedError("the log knows a newer policy than the database: verify the vault")
    return made


def activate(unit: UnitOfWork, purposes: str, rules: str) -> Policy:
    """Puts a policy in force, and writes that down. PolicyError where it can't be one."""
    version = int(unit.connection.execute(sa.select(sa.func.max(t.policies.c.version))).scalar() or 0) + 1
    made = Policy.parse(purposes, rules, version)
    entry = replace(unit, policy=version).record_act(ACT, sha256=made.sha256)
    row = {
        "version": version,
        "purposes": purposes,
        "rules": rules,
        "sha256": made.sha256,
        "activated_at": unit.now,
        "activated_by": unit.caller.actor,
        "entry": entry,
    }
    unit.connection.execute(t.policies.insert(), unit.marks.marked(t.policies, row))
    return made


def _newest(connection: Connection) -> Any:
    row = connection.execute(sa.select(t.policies).order_by(t.policies.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise VaultError("there is no policy in this vault yet: run `wayseal vault init`")
    return row


def _digest_in_log(connection: Connection, marks: RowMacs, row: Any) -> str | int | None:
    """The digest that a policy's entry names; None where its entry isn't one, or says another version."""
    entry = sound_entry(connection, marks, row.entry)
    if entry is None or entry.more.get("act") != ACT or entry.policy != row.version:
        return None
    return entry.more.get("sha256")
