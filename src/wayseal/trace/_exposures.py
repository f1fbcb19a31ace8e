"""From the ledger to the evidence: who had which leaked number, and how much else they had.

1. Candidates are sources with at least one leak: accounts that read one, sessions that read two or
   more, devices (`_strata`), channels that issued one, outlets and regions that one passed.
2. Counts of a stratum are taken over waybills first seen on the days of its leaks, so that who was
   on leave is not compared with who was at work.
3. What a missing table would have told is left unknown, never guessed.
4. Reads replayed from queries stand beside the logged ones (`_replay`). What a parcel's life is taken to span is
   told by the log and the route alone: a list that is looked at for weeks would stretch it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wayseal.custody import stays
from wayseal.ledger import Snapshot
from wayseal.model.kinds import SourceKind
from wayseal.trace._evidence import KINDS, Events, Evidence, Floats, Ints
from wayseal.trace._leaks import LeakSet, hours
from wayseal.trace._replay import ReplayedReads, count_shown, merge_reads, replay_leaks
from wayseal.trace._strata import (
    Counts,
    Devices,
    Sources,
    Strata,
    count_strata,
    devices,
    portions,
    sampled,
    stratify,
    uses,
)

LIFE_LEAST_H = 12.0
"""A parcel's reads are never taken to span less than this (hours)."""

MOMENTS = 4
"""Moments that stand for a stay at an outlet: a label can be copied at any of them."""

_LOGGED = ("waybill", "at", "actor", "session", "device", "request")
SESSION_LEAST = 2
"""Leaks that a session must have read to be a candidate beside its account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposures:
    """The evidence, and what its places stand for.

    name[C]: id of each candidate. key[C]: the ledger's key of accounts, sessions and devices, else 0.
    outlet[C], role[C]: of accounts, where `actors` tells. strata: how the leaks were grouped.
    """

    evidence: Evidence
    name: tuple[str, ...]
    key: NDArray[np.uint64]
    outlet: tuple[str | None, ...]
    role: tuple[str | None, ...]
    strata: Strata
    replayed: ReplayedReads | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEvents:
    """Events about leaks: `leak[m]` places, `at[m]` hours, `who[m]` text or key of the source.

    weight[m]: probability that each happened; None: all did.
    """

    leak: Ints
    at: Floats
    who: NDArray[np.object_] | NDArray[np.uint64]
    weight: Floats | None = None

    def take(self, kept: NDArray[np.bool_] | slice) -> "DatedEvents":
        """Some of the events."""
        weight = None if self.weight is None else self.weight[kept]
        return DatedEvents(leak=self.leak[kept], at=self.at[kept], who=self.who[kept], weight=weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Candidates of one kind and their events; `source` counts from 0 within the group."""

    name: tuple[str, ...]
    key: NDArray[np.uint64]
    source: Ints
    leak: Ints
    at: Floats
    weight: Floats | None = None


def gather(snapshot: Snapshot, leaks: LeakSet) -> Exposures:
    """Everything that the ledger knows about the leaks, as evidence."""
    logged = snapshot.reads(np.unique(leaks.key), _LOGGED)
    found = replay_leaks(snapshot, leaks, logged)
    rows = merge_reads(logged, found)
    by_actor = _by_actor(rows, leaks, soft=found is not None)
    by_log = by_actor.take(slice(logged.num_rows))
    used = devices(logged, by_log.leak)
    waybills = snapshot.waybills(leaks.key)
    issued, passed, regions = _route(snapshot, leaks, waybills)
    groups = (
        _readers(snapshot, "actor", by_actor, 1),
        _sessions(snapshot, rows, by_actor),
        _nodes(issued),
        _nodes(passed),
        _nodes(regions),
        _devices(snapshot, used, by_log),
    )
    start = np.concatenate([[0], np.cumsum([len(g.name) for g in groups])]).astype(np.int32)
    kind = np.repeat(np.arange(len(KINDS), dtype=np.uint8), np.diff(start))
    name = tuple(text for g in groups for text in g.name)
    key = np.concatenate([g.key for g in groups])
    role, home = _posts(snapshot, name, kind)
    strata = stratify(snapshot, leaks, waybills)
    reads = _joined((*groups[:2], groups[5]), start[[0, 1, 5]])
    routes = _joined(groups[2:5], start[2:5])
    seen = _logged(groups[:2], start, logged, by_log)
    had = Sources(kind=kind, name=name, key=key, home=home, read=seen, passed=_distinct(routes))
    shown = None if found is None else count_shown(snapshot, found, leaks, strata, had)
    counts = _with_devices(
        count_strata(snapshot, strata, had, shown), snapshot, leaks, strata, used, logged, groups[0].key
    )
    born = _earliest([by_log, issued, passed], len(leaks))
    own = _own_outlet(passed, home, born, len(groups[0].name), "scans" in snapshot.tables)
    evidence = Evidence(
        sold_at=leaks.sold_at,
        absent_at=leaks.absent_at,
        asked_at=leaks.asked_at,
        born=born,
        life_h=_life_h([by_log, passed], born),
        stratum=strata.of,
        kind=kind,
        group=_numbers(home),
        parent=_parents(rows, groups, used, len(name)),
        size=counts.size,
        volume=counts.volume,
        touch_volume=counts.touch_volume,
        overall=counts.overall,
        overall_size=counts.overall_size,
        overall_reads=float(strata.whole.actors["waybills"].to_numpy().sum()),
        reads=reads,
        touches=_joined((*groups[2:5], own), np.append(start[2:5], np.int32(0))),
        universe=_universe(snapshot, strata, found),
        chosen=strata.chosen,
        by_day=leaks.by_day if leaks.by_day.any() else None,
    )
    return Exposures(evidence=evidence, name=name, key=key, outlet=home, role=role, strata=strata, replayed=found)


def _universe(snapshot: Snapshot, strata: Strata, found: ReplayedReads | None) -> dict[SourceKind, int]:
    """How many sources of each kind there are in all, whether they saw a leak or not."""
    outlets = snapshot.outlets()
    known = snapshot.keys(snapshot.actors()["actor"].to_pylist())
    readers = strata.whole.actors["actor"].to_numpy()
    asking = np.zeros(0, np.uint64) if found is None else found.replay.actors()
    return {
        SourceKind.ACTOR: len(np.unique(np.concatenate([known, readers, asking]))),
        SourceKind.SESSION: snapshot.sessions,
        SourceKind.DEVICE: snapshot.devices,
        SourceKind.CHANNEL: len(strata.whole.channels),
        SourceKind.OUTLET: max(len(outlets), len(strata.whole.outlets)),
        SourceKind.REGION: len(set(outlets["region"].to_pylist())),
    }


def _by_actor(rows: pa.Table, leaks: LeakSet, *, soft: bool) -> DatedEvents:
    return DatedEvents(
        leak=_places_of(rows["waybill"].to_numpy(), leaks.key),
        at=hours(rows["at"], leaks.epoch_us),
        who=rows["actor"].to_numpy(),
        weight=rows["weight"].to_numpy() if soft else None,
    )


def _places_of(keys: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Ints:
    """Place in `wanted` (distinct) of each key; every key stands there."""
    order = np.argsort(wanted, kind="stable")
    return order[np.searchsorted(wanted[order], keys)].astype(np.int32)


def _readers(snapshot: Snapshot, kind: str, events: DatedEvents, least: int) -> _Group:
    """Accounts or sessions that had at least so many of the leaks."""
    keys, source = np.unique(events.who.astype(np.uint64), return_inverse=True)
    pairs = np.unique(np.stack([source, events.leak]), axis=1)[0]
    kept = np.bincount(pairs, minlength=len(keys)) >= least
    place = np.cumsum(kept) - 1
    mine = kept[source]
    return _Group(
        name=tuple(snapshot.names(kind, keys[kept])),
        key=keys[kept],
        source=place[source[mine]].astype(np.int32),
        leak=events.leak[mine],
        at=events.at[mine],
        weight=None if events.weight is None else events.weight[mine],
    )


def _sessions(snapshot: Snapshot, reads: pa.Table, by_actor: DatedEvents) -> _Group:
    present = np.asarray(reads["session"].is_valid())
    events = replace(by_actor.take(present), who=reads["session"].drop_null().to_numpy())
    return _readers(snapshot, "session", events, SESSION_LEAST)


def _devices(snapshot: Snapshot, found: Devices, by_log: DatedEvents) -> _Group:
    return _Group(
        name=tuple(snapshot.names("device", found.key)),
        key=found.key,
        source=found.source,
        leak=by_log.leak[found.read],
        at=by_log.at[found.read],
        weight=None if by_log.weight is None else by_log.weight[found.read],
    )


def _with_devices(
    counts: Counts,
    snapshot: Snapshot,
    leaks: LeakSet,
    strata: Strata,
    found: Devices,
    logged: pa.Table,
    actors: NDArray[np.uint64],
) -> Counts:
    """The counts with those of the devices: the last of the candidates, after accounts (the first) and the others."""
    if not len(found.key):
        return counts
    sample = sampled(snapshot, leaks, strata)
    leaked, _ = uses(logged, np.zeros(logged.num_rows))
    parts = portions(found, sample, leaked, actors)
    first = len(counts.overall) - len(found.key)
    volume, overall = counts.volume.copy(), counts.overall.copy()
    volume[first:] = np.minimum(parts @ volume[: len(actors)], counts.size)
    overall[first:] = np.minimum(parts @ overall[: len(actors)], counts.overall_size)
    return replace(counts, volume=volume, overall=overall)


def _logged(groups: Sequence[_Group], start: Ints, reads: pa.Table, by_log: DatedEvents) -> Ints:
    """Distinct (candidate, leak) pairs of the log's reads by accounts and sessions that are candidates."""
    pairs = [np.zeros((2, 0), np.int32)]
    for group, first, column in zip(groups, start, ("actor", "session"), strict=False):
        key = reads[column].combine_chunks().fill_null(0).to_numpy()
        there = np.isin(key, group.key)
        source = np.searchsorted(group.key, key[there]) + first
        pairs.append(np.stack([source, by_log.leak[there]]))
    return np.unique(np.concatenate(pairs, axis=1), axis=1).astype(np.int32)


def _nodes(events: DatedEvents) -> _Group:
    """Channels, outlets or regions, by name."""
    names, source = np.unique(events.who.astype(str), return_inverse=True)
    return _Group(
        name=tuple(str(name) for name in names),
        key=np.zeros(len(names), np.uint64),
        source=source.astype(np.int32),
        leak=events.leak,
        at=events.at,
    )


def _route(snapshot: Snapshot, leaks: LeakSet, rows: pa.Table) -> tuple[DatedEvents, DatedEvents, DatedEvents]:
    """Issue by channel, and moments at each outlet and in each region."""
    place = {text: leak for leak, text in enumerate(leaks.waybill)}
    issued = _dated(rows, place, "channel", "issued_at", leaks.epoch_us)
    if "scans" in snapshot.tables:
        by_outlet = _stayed(snapshot, rows, leaks, place)
    else:
        by_outlet = _dated(rows, place, "origin_outlet", "issued_at", leaks.epoch_us)
    outlets = snapshot.outlets()
    region = dict(zip(outlets["outlet"].to_pylist(), outlets["region"].to_pylist(), strict=True))
    known = np.array([who in region for who in by_outlet.who], bool)
    where = np.array([region[who] for who in by_outlet.who[known]], object)
    by_region = DatedEvents(leak=by_outlet.leak[known], at=by_outlet.at[known], who=where)
    return issued, by_outlet, by_region


def _dated(table: pa.Table, place: Mapping[str, int], who: str, at: str, epoch_us: int) -> DatedEvents:
    when = hours(table[at], epoch_us)
    known = ~np.isnan(when)
    return DatedEvents(
        leak=np.array([place[text] for text in table["waybill"].to_pylist()], np.int32)[known],
        at=when[known],
        who=np.array(table[who].to_pylist(), object)[known],
    )


def _stayed(snapshot: Snapshot, rows: pa.Table, leaks: LeakSet, place: Mapping[str, int]) -> DatedEvents:
    """Moments at which each leak lay at an outlet: evenly over every stay, until its sale at most."""
    found = stays(snapshot.scans(leaks.key), rows)
    leak = np.array([place[text] for text in found["waybill"].to_pylist()], np.int32)
    since, until = (hours(found[c], leaks.epoch_us) for c in ("since", "until"))
    end = np.fmax(np.fmin(until, leaks.sold_at[leak]), since)
    part = np.arange(MOMENTS) / MOMENTS
    return DatedEvents(
        leak=np.repeat(leak, MOMENTS),
        at=(since[:, None] + part * (end - since)[:, None]).ravel(),
        who=np.repeat(np.array(found["outlet"].to_pylist(), object), MOMENTS),
    )


def _posts(
    snapshot: Snapshot, name: Sequence[str], kind: NDArray[np.uint8]
) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    """Role and outlet of each candidate account, None where `actors` doesn't tell.

    An account that `actors` knows without an outlet works everywhere: its outlet is "".
    """
    actors = snapshot.actors()
    actors = actors.filter(pc.is_in(actors["actor"], value_set=pa.array(name, pa.string())))
    columns = (actors[c].to_pylist() for c in ("actor", "role", "outlet"))
    known = {a: (role, outlet or "") for a, role, outlet in zip(*columns, strict=True)}
    posts = [known.get(text, (None, None)) if k == 0 else (None, None) for text, k in zip(name, kind, strict=True)]
    return tuple(role for role, _ in posts), tuple(outlet for _, outlet in posts)


def _own_outlet(passed: DatedEvents, home: Sequence[str | None], born: Floats, actors: int, scanned: bool) -> _Group:
    """When each leak came within reach of an account whose read the log may have lost."""
    by_outlet: dict[str, list[int]] = {}
    for event, who in enumerate(passed.who):
        by_outlet.setdefault(who, []).append(event)
    everywhere = np.flatnonzero(~np.isnan(born)) if scanned else np.zeros(0, np.int64)
    source, leak, at = [], [], []
    for place in range(actors):
        outlet = home[place]
        if outlet is None:
            continue
        events = np.array(by_outlet.get(outlet, []), np.int64)
        leak.append(everywhere if outlet == "" else passed.leak[events])
        at.append(born[everywhere] if outlet == "" else passed.at[events])
        source.append(np.full(len(leak[-1]), place, np.int32))
    nothing = np.zeros(0, np.int32)
    return _Group(
        name=(),
        key=np.zeros(0, np.uint64),
        source=np.concatenate([nothing, *source]).astype(np.int32),
        leak=np.concatenate([nothing, *leak]).astype(np.int32),
        at=np.concatenate([np.zeros(0), *at]),
    )


def _parents(reads: pa.Table, groups: Sequence[_Group], found: Devices, count: int) -> Ints:
    """Place of the account of each session (of those that used it, the one that read most in it) and device."""
    parent = np.full(count, -1, np.int32)
    actors, sessions = groups[0], groups[1]
    present = np.asarray(reads["session"].is_valid())
    actor = _places_of(reads["actor"].to_numpy()[present], actors.key)
    key = reads["session"].drop_null().to_numpy()
    for place, session in enumerate(sessions.key):
        parent[len(actors.name) + place] = np.bincount(actor[key == session]).argmax()
    owned = np.flatnonzero(found.owner)
    parent[count - len(found.key) + owned] = np.searchsorted(actors.key, found.owner[owned])
    return parent


def _joined(groups: Sequence[_Group], start: Ints) -> Events:
    return Events(
        source=np.concatenate([g.source + s for g, s in zip(groups, start, strict=True)]),
        leak=np.concatenate([g.leak for g in groups]),
        at=np.concatenate([g.at for g in groups]),
        weight=_weights(groups),
    )


def _weights(groups: Sequence[_Group]) -> Floats | None:
    weights = [np.ones(len(g.source)) if g.weight is None else g.weight for g in groups]
    return None if all(g.weight is None for g in groups) else np.concatenate(weights)


def _distinct(events: Events) -> Ints:
    return np.unique(np.stack([events.source, events.leak]), axis=1)


def _numbers(home: Sequence[str | None]) -> Ints:
    number = {text: place for place, text in enumerate(sorted({h for h in home if h}))}
    return np.array([number[h] if h else -1 for h in home], np.int32)


def _earliest(events: Sequence[DatedEvents], n: int) -> Floats:
    first = np.full(n, np.inf)
    for group in events:
        np.minimum.at(first, group.leak, group.at)
    return np.where(np.isinf(first), np.nan, first)


def _life_h(events: Sequence[DatedEvents], born: Floats) -> float:
    """Median hours from a parcel's first sign to its last, at least `LIFE_LEAST_H`."""
    last = np.full(len(born), -np.inf)
    for group in events:
        np.maximum.at(last, group.leak, group.at)
    spans = (last - born)[np.isfinite(last) & ~np.isnan(born)]
    return max(float(np.median(spans)), LIFE_LEAST_H) if len(spans) else LIFE_LEAST_H
