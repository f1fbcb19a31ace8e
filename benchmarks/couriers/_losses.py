"""Further gaps of tables, made when all tables are there: what was never loaded, is out of date or under another name.

1. Only what `Gaps` says is lost or changed. 2. The log of accesses itself is never touched here.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.couriers._plan import Role
from benchmarks.couriers._world import Draft
from wayseal_sim.text import coded
from wayseal_sim.types import DAY, HOUR, Mask

Rng = np.random.Generator
Tables = dict[str, pa.Table]
_TIME = pa.timestamp("us", tz="UTC")


def lose(draft: Draft, tables: Tables, rng: Rng) -> Tables:
    """The tables, with what their plan says that they lack beside the rest."""
    ways: dict[str, Callable[[Draft, pa.Table, Rng], pa.Table]] = {
        "actors": _actors, "outlets": _outlets, "waybills": _waybills, "scans": _scans, "tickets": _tickets,
        "assignments": _assignments,
    }  # fmt: skip
    return {name: ways[name](draft, table, rng) if name in ways else table for name, table in tables.items()}


def _kept(table: pa.Table, kept: Mask) -> pa.Table:
    return table.filter(pa.array(kept))


def _with(table: pa.Table, column: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)


def _actors(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    gaps, s, places = draft.plan.gaps, draft.staff, draft.places
    if not (gaps.payroll or gaps.old_accounts or gaps.silent_regions or gaps.snapshot) or len(table) != len(s):
        return table
    if gaps.payroll:
        paid = np.where((s.role <= Role.COURIER) & (s.home < places.outlets), places.office[s.region], s.home)
        there = ~np.asarray(table["outlet"].is_null())
        table = _with(table, "outlet", coded(np.where(there, paid, -1), pa.array(places.ids, pa.string())))
    gone = np.zeros(len(s), np.bool_)
    if gaps.old_accounts:
        gone |= s.twin >= 0
    if gaps.snapshot:
        gone |= s.last < draft.span.days
    if gaps.silent_regions:
        chosen = rng.permutation(len(places.region_names))[: gaps.silent_regions]
        gone |= np.isin(s.region, chosen) & (s.role <= Role.COURIER)
    return _kept(table, ~gone)


def _outlets(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    share = draft.plan.gaps.missing_outlets
    return _kept(table, rng.random(len(table)) >= share) if share else table


def _waybills(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    p, lost = draft.parcels, draft.plan.gaps.lost_channels
    if draft.plan.gaps.recoded:
        for column in ("origin_outlet", "destination_outlet"):
            table = _recoded(draft, table, column, "issued_at")
    if draft.plan.gaps.archive:
        table = table.filter(pc.greater_equal(table["issued_at"], pa.scalar(draft.span.start, _TIME)))
    if len(table) != len(p) or not (lost or p.foreign.any()):
        return table
    gone = p.foreign.copy()
    if lost:
        gone |= np.isin(p.channel, rng.permutation(draft.plan.staffing.channels)[:lost])
    return _kept(table, ~gone)


def _scans(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    if many := draft.plan.gaps.unscanned:
        day = (table["at"].cast(pa.int64()).to_numpy() - draft.span.start) // DAY
        table = _kept(table, ~np.isin(day, rng.permutation(np.arange(1, draft.span.days))[:many]))
    if draft.plan.gaps.recoded:
        table = _recoded(draft, table, "outlet", "at")
    if not (draft.plan.gaps.scans_from or draft.plan.gaps.archive):
        return table
    first = pa.scalar(draft.span.start + draft.plan.gaps.scans_from * DAY, _TIME)
    return table.filter(pc.greater_equal(table["at"], first))


def _recoded(draft: Draft, table: pa.Table, column: str, when: str) -> pa.Table:
    """The table with old codes for outlets in what is from before the day on which they got new ones."""
    day = pa.scalar(draft.span.start + (draft.span.days // 2 - 1) * DAY, _TIME)
    ids = draft.places.ids
    old = [f"8{k:05d}" if k < draft.places.outlets else name for k, name in enumerate(ids)]
    now = table[column].cast(pa.string())
    before = pa.array(old, pa.string()).take(pc.index_in(now, pa.array(ids, pa.string())))
    return _with(table, column, pc.if_else(pc.less(table[when], day), before, now))


def _tickets(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    gaps = draft.plan.gaps
    if gaps.ticket_kinds:
        table = table.filter(pc.is_in(table["kind"].cast(pa.string()), pa.array(gaps.ticket_kinds)))
    if gaps.missing_tickets:
        table = _kept(table, rng.random(len(table)) >= gaps.missing_tickets)
    if gaps.tickets_late:
        at = table["opened_at"].cast(pa.int64()).to_numpy()
        at = at + (rng.exponential(gaps.tickets_late, len(at)) * HOUR).astype(np.int64)
        table = _with(table, "opened_at", pa.array(at, _TIME))
        closed = pc.if_else(pc.less(table["closed_at"], table["opened_at"]), table["opened_at"], table["closed_at"])
        table = _with(table, "closed_at", closed)
        table = table.take(pa.array(np.argsort(at, kind="stable"))).filter(pa.array(np.sort(at) < draft.span.end))
    if gaps.leaders:
        names = np.array(table["actor"].cast(pa.string()).to_pylist(), object)
        people = np.unique(names.astype(str))
        leaders = rng.choice(people, max(1, len(people) // 25), replace=False)
        led = np.flatnonzero(rng.random(len(names)) < gaps.leaders)
        names[led] = rng.choice(leaders, len(led))
        table = _with(table, "actor", pa.array(names.tolist(), pa.string()).dictionary_encode())
    if gaps.queue_tickets:
        names = np.array(table["actor"].cast(pa.string()).to_pylist(), object)
        queued = np.flatnonzero(rng.random(len(names)) < gaps.queue_tickets)
        names[queued] = [f"queue-{k}" for k in rng.integers(1, 9, len(queued)).tolist()]
        table = _with(table, "actor", pa.array(names.tolist(), pa.string()).dictionary_encode())
    return table


def _assignments(draft: Draft, table: pa.Table, rng: Rng) -> pa.Table:
    if not (share := draft.plan.gaps.stale):
        return table
    places = draft.places
    scopes, values = table["scope"].to_pylist(), table["value"].to_pylist()
    old = (rng.random(len(values)) < share).tolist()
    for k, scope in enumerate(scopes):
        if old[k] and scope == "outlet":
            values[k] = places.ids[int(rng.integers(places.outlets))]
        elif old[k] and scope == "region":
            values[k] = places.region_names[int(rng.integers(len(places.region_names)))]
    return _with(table, "value", pa.array(values, pa.string()))
