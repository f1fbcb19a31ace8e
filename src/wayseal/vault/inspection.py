"""Figures for operators: how much a vault holds, and what stands in its log.

1. A listing holds ids, codes, times and counts. Reasons stay sealed unless somebody opens them, which is an entry in
   the same log, written before the first of them is opened.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from wayseal.database import Connection, Database
from wayseal.vault import tables as t
from wayseal.vault.errors import VaultError
from wayseal.vault.keyring import Keyring
from wayseal.vault.log import Entry
from wayseal.vault.log import tiles as tiles_of
from wayseal.vault.log.entries import decode
from wayseal.vault.sealing import open_reason

_PORTION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultCounts:
    """How much a vault holds. earliest_due: when the first number's time to be kept is over, microseconds."""

    sealed: int
    erased: int
    actors: int
    blocked: int
    clients: int
    approvals: int
    log_size: int
    checkpoint_size: int
    earliest_due: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Entries that are wanted; None: any. since, before: microseconds; below: the place that none reaches."""

    waybill: str | None = None
    actor: str | None = None
    purpose: str | None = None
    kind: str | None = None
    since: int | None = None
    before: int | None = None
    below: int | None = None

    def fits(self, entry: Entry) -> bool:
        """Check whether an entry is wanted. An act that names a waybill or an actor is one of theirs."""
        return (
            (self.waybill is None or self.waybill in (entry.waybill, entry.more.get("waybill")))
            and (self.actor is None or self.actor in (entry.actor, entry.more.get("actor")))
            and (self.purpose is None or entry.purpose == self.purpose)
            and (self.kind is None or entry.kind == self.kind)
            and (self.since is None or entry.at >= self.since)
            and (self.before is None or entry.at < self.before)
        )


def counts(connection: Connection, now: int) -> VaultCounts:
    """How much a vault holds at `now`."""

    def count(table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        return connection.execute(sa.select(sa.func.count()).select_from(table).where(*which)).scalar_one()

    erased = t.waybills.c.erased_at
    due = sa.select(sa.func.min(t.waybills.c.keep_until))
    return VaultCounts(
        sealed=count(t.waybills, erased.is_(None)),
        erased=count(t.waybills, erased.is_not(None)),
        actors=count(t.actors),
        blocked=count(t.actors, t.actors.c.blocked_at.is_not(None)),
        clients=count(t.clients, t.clients.c.disabled_at.is_(None)),
        approvals=count(t.approvals, t.approvals.c.approved_by.is_(None), t.approvals.c.expires_at > now),
        log_size=tiles_of.size(connection),
        checkpoint_size=connection.execute(sa.select(sa.func.max(t.checkpoints.c.size))).scalar() or 0,
        earliest_due=connection.execute(due).scalar(),
    )


def entries(database: Database, which: EntryFilter, most: int) -> tuple[list[tuple[int, Entry]], bool]:
    """The newest entries that are wanted, at most so many, in the order of the log; and whether there are more.

    LogChangedError: one is none.
    """
    found: list[tuple[int, Entry]] = []
    for seq, entry in _backwards(database, which):
        if which.fits(entry):
            if len(found) == most:
                return found[::-1], True
            found.append((seq, entry))
    return found[::-1], False


def reasons(record: Callable[..., None], keyring: Keyring, found: list[tuple[int, Entry]]) -> dict[int, str]:
    """Why each of these entries was asked for, by place (rule 1); "" where it can't be opened any more.

    record: writes an act into the vault's log; see `Vault.record_act`.
    """
    with_reason = [(seq, entry) for seq, entry in found if entry.reason is not None]
    if not with_reason:
        return {}
    first, last = with_reason[0][0], with_reason[-1][0]
    record("reasons_opened", count=len(with_reason), first=first, last=last)
    return {seq: _opened(keyring, entry) for seq, entry in with_reason}


def _opened(keyring: Keyring, entry: Entry) -> str:
    try:
        return open_reason(keyring, entry.request.encode(), entry.reason or b"")
    except VaultError:
        return ""


def _backwards(database: Database, which: EntryFilter) -> Iterator[tuple[int, Entry]]:
    """Entries from the newest on; those that plainly aren't wanted are not even read."""
    wanted = [value.encode() for value in (which.waybill, which.purpose) if value is not None]
    columns = t.entries.c
    stop = which.below
    while True:
        before = () if stop is None else (columns.seq < stop,)
        some = sa.select(columns.seq, columns.entry).where(*before).order_by(columns.seq.desc()).limit(_PORTION)
        rows = database.read(lambda c, statement=some: c.execute(statement).all())  # type: ignore[misc]
        if not rows:
            return
        stop = rows[-1].seq
        for row in rows:
            content = row.entry
            if content is not None and (type(content) is not bytes or all(value in content for value in wanted)):
                yield row.seq, decode(content)
