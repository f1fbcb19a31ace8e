"""The policies that were ever in force in a vault, as its database keeps them; the newest one counts."""

import sqlalchemy as sa

from wayseal.model.records import PolicyShown
from wayseal.store.database import Connection
from wayseal.vault import tables as t
from wayseal.vault._sql import record_of
from wayseal.vault.errors import VaultError
from wayseal.vault.log import append
from wayseal.vault.log.entries import admin
from wayseal.vault.policy import Policy
from wayseal.vault.requests import Caller


def texts_in_force(connection: Connection) -> PolicyShown:
    """The policy in force as it was written; VaultError where there is none yet."""
    row = connection.execute(sa.select(t.policies).order_by(t.policies.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise VaultError("there is no policy in this vault yet: run `wayseal vault init`")
    return record_of(PolicyShown, row)


def policy_in_force(connection: Connection, known: Policy | None) -> Policy:
    """The policy in force: `known` where it is that one still. VaultError where there is none yet."""
    version = connection.execute(sa.select(sa.func.max(t.policies.c.version))).scalar()
    if known is not None and known.version == version:
        return known
    texts = texts_in_force(connection)
    return Policy.parse(texts.purposes, texts.rules, texts.version)


def activate(connection: Connection, caller: Caller, purposes: str, rules: str, now: int) -> Policy:
    """Puts a policy in force, and writes that down. PolicyError where it can't be one."""
    version = int(connection.execute(sa.select(sa.func.max(t.policies.c.version))).scalar() or 0) + 1
    made = Policy.parse(purposes, rules, version)
    row = {"version": version, "purposes": purposes, "rules": rules, "sha256": made.sha256}
    connection.execute(t.policies.insert(), {**row, "activated_at": now, "activated_by": caller.actor})
    append(connection, [admin(caller, now, version, "policy_activated", sha256=made.sha256)])
    return made
