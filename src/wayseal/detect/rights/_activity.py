"""One pass over the reads: what each account did, and whether it needed a right over all waybills for it.

Obligations (code and tests cite the numbers):
1. Every read is judged on its own, repeated ones too: a label that is printed after the waybill was viewed needs the
   right to print.
2. Templates without mandates judge. A read that one of them explains, strongly or weakly, is one of the account's own
   work; every other one lies beyond it.
3. A read beyond one's own is explained where a mandate is for the account and the action.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from wayseal.detect.explain import UNEXPLAINED, Staff, Template, TemplateKind, code_rules
from wayseal.detect.facts import TABLE_COLUMNS, build_context, code_tables, judge_reads
from wayseal.detect.rights._map import ACTIONS
from wayseal.ledger import Snapshot
from wayseal.ledger.walk import Wanted, WaybillPartition
from wayseal.model.arrays import Flags, Longs
from wayseal.model.progress import Progress
from wayseal.model.runtime import kernel
from wayseal.store.tables import microseconds


class AccountState(StrEnum):
    """Of an account at the end of the log: open; opened within the period; closed, or not open yet."""

    OPEN = "open"
    NEW = "new"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """A row of `actors`. place: in the staff. opened, closed, trained (until): µs, None where it isn't said."""

    actor: str
    place: int
    kind: str
    role: str
    rights: frozenset[str]
    opened: int | None
    closed: int | None
    trained: int | None

    def state(self, since: int, last: int) -> AccountState:
        """Its state. since: start of the period; last: end of the log (µs)."""
        if (self.closed is not None and self.closed <= last) or (self.opened is not None and self.opened > last):
            return AccountState.CLOSED
        return AccountState.NEW if self.opened is not None and self.opened > since else AccountState.OPEN


def accounts_of(actors: pa.Table, staff: Staff) -> tuple[AccountRecord, ...]:
    """The accounts of `actors` (the contract's form), by id."""
    ids = actors["actor"].to_pylist()
    times = [_times(actors[name]) for name in ("valid_from", "valid_to", "trained_until")]
    columns = [actors[name].to_pylist() for name in ("kind", "role", "rights")]
    places = staff.actors.places(staff.keys(ids)).tolist()
    return tuple(
        AccountRecord(
            actor=actor,
            place=place,
            kind=kind,
            role=role,
            rights=frozenset(rights or ()),
            opened=opened,
            closed=closed,
            trained=trained,
        )
        for actor, place, kind, role, rights, opened, closed, trained in zip(ids, places, *columns, *times, strict=True)
    )


def _times(column: pa.ChunkedArray) -> Sequence[int | None]:
    none = column.is_null().to_numpy()
    us = microseconds(column)
    return [None if gone else int(at) for at, gone in zip(us.tolist(), none.tolist(), strict=True)]


def bounds(
    accounts: Sequence[AccountRecord], count: int, name: str, lacking: int
) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """A time of each account by its place, int64 (count,), µs; `lacking` where there is none."""
    out = np.full(count, lacking, np.int64)
    for account in accounts:
        at = getattr(account, name)
        if at is not None:
            out[account.place] = at
    return out


NEVER = np.iinfo(np.int64).max
"""Of a time that never comes."""
OWN, BEYOND = 0, 1
CLOSED, UNTRAINED = 0, 1
_WIDTH = len(ACTIONS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Activity of a accounts.

    keys: of accounts by their place. reads: int64 (a, actions from 0 for none, OWN or BEYOND), reads of the period.
    all_reads, first, last: int64 (a,), of the whole log; first is NEVER and last -1 without reads. after: int64 (a, 2),
    reads after the account was CLOSED, and while it was UNTRAINED. mandated: bool (a, actions): obligation 3.
    """

    keys: npt.NDArray[np.uint64]
    reads: Longs
    all_reads: Longs
    first: Longs
    last: Longs
    after: Longs
    mandated: Flags


@kernel
def _count(
    at: Longs, actor: npt.NDArray[np.int32], action: npt.NDArray[np.uint8], beyond: Flags, since: int, bounds_: Longs,
    reads: Longs, ends: Longs, after: Longs,
) -> None:  # fmt: skip
    """Adds reads to the counts. bounds_: (a, 2) µs; ends: (a, 3), reads, first and last."""
    for i in range(len(at)):
        a = actor[i]
        ends[a, 0] += 1
        ends[a, 1] = min(ends[a, 1], at[i])
        ends[a, 2] = max(ends[a, 2], at[i])
        for k in range(2):
            if at[i] >= bounds_[a, k]:
                after[a, k] += 1
        if at[i] >= since:
            reads[a, action[i], 1 if beyond[i] else 0] += 1


def count_activity(
    snapshot: Snapshot, templates: Sequence[Template], since: int, progress: Progress
) -> tuple[Activity, tuple[AccountRecord, ...]]:
    """The accounts of a ledger and what they did. since: start of the period, µs. LedgerError."""
    context = build_context(snapshot, [t for t in templates if t.by is not TemplateKind.MANDATE], 0)
    staff, actors = context.staff, snapshot.actors()
    accounts = accounts_of(actors, staff)
    a = len(staff.actors)
    limits = np.column_stack([bounds(accounts, a, name, NEVER) for name in ("closed", "trained")])
    reads, after = np.zeros((a, _WIDTH, 2), np.int64), np.zeros((a, 2), np.int64)
    ends = np.column_stack([np.zeros(a, np.int64), np.full(a, NEVER), np.full(a, -1)])

    def work(partition: WaybillPartition) -> list[tuple[Longs, npt.NDArray[np.int32], npt.NDArray[np.uint8], Flags]]:
        tables = code_tables(partition, staff)
        found = []
        for batch in partition.reads:
            every = batch.append_column("first", pa.array(np.ones(batch.num_rows, np.bool_)))
            one, why, _ = judge_reads(every, tables, context)
            found.append((one.at, one.actor, one.action, why >= UNEXPLAINED))
        return found

    tables = dict(TABLE_COLUMNS)
    if len(staff.customers):
        tables["waybills"] = (*tables["waybills"], "customer")
    wanted = Wanted(reads=("at", "actor", "action"), tables=tables)
    for parts, done, total in snapshot.waybill_partitions(wanted, work):
        for at, actor, action, beyond in parts:
            _count(at, actor, action, beyond, since, limits, reads, ends, after)
        progress("rights", done, total)
    mandates = [t for t in templates if t.by is TemplateKind.MANDATE]
    rules = code_rules(mandates, staff, staff.keys(actors["actor"].to_pylist()), actors)
    return (
        Activity(
            keys=staff.actors.keys,
            reads=reads,
            all_reads=ends[:, 0],
            first=ends[:, 1],
            last=ends[:, 2],
            after=after,
            mandated=_mandated(rules.allowed, rules.actions),
        ),
        accounts,
    )


def _mandated(allowed: npt.NDArray[np.uint32], actions: npt.NDArray[np.uint32]) -> Flags:
    """Obligation 3. allowed: bits of mandates by account; actions: bits of actions by mandate, 0 for any."""
    out = np.zeros((len(allowed), _WIDTH), np.bool_)
    for bit, mask in enumerate(actions.tolist()):
        for action in range(_WIDTH):
            if not mask or mask >> action & 1:
                out[:, action] |= (allowed >> np.uint32(bit) & np.uint32(1)).astype(np.bool_)
    return out
