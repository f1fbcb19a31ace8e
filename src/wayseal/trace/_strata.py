"""The strata that leaks were drawn from: the waybills that the buyer's question could have brought.

1. Leaks that were asked for alike share a stratum; where no question is known, it is everything.
2. A number that doesn't fit its own question counts as "everything": the seller delivered something
   else. So does any question where `waybills` (or, for places, `outlets`) can't tell what fits.
3. Where the times of issue are known, a stratum holds the waybills issued on the days of the leaks,
   so that who was on leave is not compared with who was at work. A number that the buyer named is left out of that.
4. Shares are counted on the other waybills of the stratum, the leaks left out, and one read added:
   what was bought must not make itself usual, nor be impossible.
5. A narrow question (a route) may match hardly anything. Its share is shrunk towards the wider
   questions with one of its conditions each (everything from this origin; everything to this
   destination), and of these to the one of which the source saw more: the safer side.
6. A region's count is the sum over its outlets, at most everything: a parcel that passes two of its
   outlets counts twice, so a region is believed less than it might be, never more.
7. Of a large ledger a question's waybills are a sample (`StratumVolumes.last`). Its counts are taken as they are: less
   is known, so shares shrink more (rules 4 and 5). Leaks outside the sample are not among its waybills.

Devices as sources: as a part of one account, and in their own right under several logins.

8. A device of an account is what the account read on it. Like a session it is a part of its account: the account's
   prior is divided, the account's probability holds it, and it is named inside the account only.
9. A device stands for itself where no single account explains it: at least three leaks were read on it, and no account
   that used it read more than two thirds of these on it. It is then everything that was read on it, by whomever.
10. The ledger counts accounts and not devices, so which share of an account's reads came from a device is counted on a
   sample of the leaks' strata, one read added to the device's: the safe side. Where the sample holds few reads of the
   account the share is near one, and the device says no more than the account.
11. The volume of a device in its own right is the sum over the accounts that read leaks on it, scaled up by what the
   sample holds of others on it.
12. Replayed queries name no device; nor do reads without one. Such reads are of no device.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wayseal.ledger import Snapshot, StratumVolumes
from wayseal.ledger.codes import find_rows
from wayseal.model.predicate import PLACES, Predicate
from wayseal.trace._evidence import ACTOR, CHANNEL, OUTLET, REGION, SESSION, Floats, Ints
from wayseal.trace._leaks import LeakSet

WIDER = 5.0
"""Waybills of weight that the wider question has in the share of a narrow one."""

MOST_QUESTIONS = 100
"""With more different questions than this, each keeps its first condition only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much each candidate had: `Evidence.size`, `.volume`, `.touch_volume`, `.overall`."""

    size: Floats
    volume: Floats
    touch_volume: Floats
    overall: Floats
    overall_size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """X strata. of[n]: stratum of each leak; mismatched: leaks of rule 2.

    wider[X]: places in `questions` of the wider questions of each stratum. questions: strata first.
    volumes: the counts of each question. member[n, questions]: which leaks are among the waybills of which question.
    """

    of: Ints
    mismatched: int
    questions: tuple[Predicate, ...]
    wider: tuple[tuple[int, ...], ...]
    volumes: tuple[StratumVolumes, ...]
    member: NDArray[np.bool_]
    whole: StratumVolumes

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """[X] what each stratum's waybills fit."""
        return self.questions[: len(self.wider)]

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """[n] whether the buyer had named the very number."""
        return np.array(["waybill" in self.predicates[x].any_of for x in self.of.tolist()], bool)

    @property
    def sampled(self) -> int:
        """Of about how many waybills it was seen whether they fit; 0 where it was all of them (rule 7)."""
        part = min((v.part for v in self.volumes), default=1.0)
        return round(part * self.whole.waybills) if part < 1.0 else 0


def stratify(snapshot: Snapshot, leaks: LeakSet, waybills: pa.Table) -> Strata:
    """Group the leaks by what was asked for, and count each group (rules 1 to 3).

    waybills: the rows of `waybills` about the leaks.
    """
    rows = {row["waybill"]: row for row in waybills.to_pylist()}
    outlets = {row["outlet"]: row for row in snapshot.outlets().to_pylist()}
    asked = _manageable(leaks.asked)
    drawn = {w for w, a in zip(leaks.waybill, asked, strict=True) if a is None or "waybill" not in a.any_of}
    window = _window(row["issued_at"] for row in rows.values() if row["waybill"] in drawn)
    fits = [a is None or _fits(a, rows.get(w), outlets) for w, a in zip(leaks.waybill, asked, strict=True)]
    chosen = [
        _within(a if a is not None and ok else Predicate(), window if w in rows and w in drawn else None)
        for w, a, ok in zip(leaks.waybill, asked, fits, strict=True)
    ]
    strata = list({_key(p): p for p in (chosen or [Predicate()])}.values())
    strata.sort(key=_key)
    place = {_key(p): x for x, p in enumerate(strata)}
    questions, wider = list(strata), []
    for stratum in strata:
        parents = []
        for parent in _relaxed(stratum):
            if _key(parent) not in place:
                place[_key(parent)] = len(questions)
                questions.append(parent)
            parents.append(place[_key(parent)])
        wider.append(tuple(parents))
    *volumes, whole = snapshot.stratum_volumes([*questions, Predicate()])
    fitting = [[p.everything or _fits(p, rows.get(w), outlets) for p in questions] for w in leaks.waybill]
    counted = leaks.key[:, None] <= np.array([v.last for v in volumes], np.uint64)[None, :]
    return Strata(
        of=np.array([place[_key(p)] for p in chosen], np.int32),
        mismatched=fits.count(False),
        questions=tuple(questions),
        wider=tuple(wider),
        volumes=tuple(volumes),
        member=np.array(fitting, bool).reshape(len(leaks), len(questions)) & counted,
        whole=whole,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Candidates to be counted. home[C]: outlet of accounts, "" for everywhere, None unknown.

    read, passed: distinct (candidate, leak) pairs [2, m] of leaks that each had read by the log, or that had come
    by it, at any time.
    """

    kind: NDArray[np.uint8]
    name: Sequence[str]
    key: NDArray[np.uint64]
    home: Sequence[str | None]
    read: Ints
    passed: Ints


def count_strata(snapshot: Snapshot, strata: Strata, sources: Sources, shown: Floats | None = None) -> Counts:
    """How much of each stratum each candidate had (rules 4 to 6).

    shown[C, questions]: what it had beside its logged reads, leaks not counted.
    """
    size = np.array([float(v.waybills) for v in strata.volumes])
    rest = np.maximum(size - strata.member.sum(axis=0), 0.0)
    sessions = snapshot.session_volumes(sources.key[sources.kind == SESSION])
    read = [_read(sessions, v, strata.whole, sources) for v in strata.volumes]
    regions = _regions(snapshot)
    passed = [_passed(snapshot, v, sources, regions) for v in strata.volumes]
    logged = np.maximum(np.stack(read, axis=1) - _leaked(strata, sources, sources.read), 0.0)
    read_rest = np.minimum(logged if shown is None else logged + shown, rest)
    passed_rest = np.clip(np.stack(passed, axis=1) - _leaked(strata, sources, sources.passed), 0.0, rest)
    weight = np.array([WIDER if parents else 0.0 for parents in strata.wider])
    return Counts(
        size=rest[: len(weight)] + 1.0 + weight,
        volume=_shrunk(read_rest, rest, strata.wider),
        touch_volume=_shrunk(passed_rest, rest, strata.wider),
        overall=_read(sessions, strata.whole, strata.whole, sources),
        overall_size=float(strata.whole.waybills),
    )


def _leaked(strata: Strata, sources: Sources, pairs: Ints) -> Floats:
    """[C, questions] how many of the counted waybills are leaks themselves."""
    out = np.zeros((len(sources.kind), len(strata.questions)))
    np.add.at(out, pairs[0], strata.member[pairs[1]])
    return out


def _shrunk(counted: Floats, rest: Floats, wider: Sequence[Sequence[int]]) -> Floats:
    """[C, X] counts of the strata, with one more and the wider questions' weight (rules 4 and 5)."""
    rate = (counted + 1.0) / (rest + 1.0)
    out = counted[:, : len(wider)] + 1.0
    for x, parents in enumerate(wider):
        if parents:
            out[:, x] += WIDER * rate[:, list(parents)].max(axis=1)
    return out


def _passed(
    snapshot: Snapshot, v: StratumVolumes, sources: Sources, regions: Mapping[str, NDArray[np.uint64]]
) -> Floats:
    """[C] waybills of a question that came by each candidate."""
    kind, name = sources.kind, sources.name
    column = np.zeros(len(kind))
    for where, table in ((CHANNEL, v.channels), (OUTLET, v.outlets)):
        mine = np.flatnonzero(kind == where).tolist()
        column[mine] = lookup(table, snapshot.keys([name[c] for c in mine]))
    for c in np.flatnonzero(kind == REGION).tolist():
        inside = lookup(v.outlets, regions.get(name[c], np.zeros(0, np.uint64)))
        column[c] = min(float(inside.sum()), float(v.waybills))
    actors = np.flatnonzero(kind == ACTOR).tolist()
    column[actors] = lookup(v.outlets, snapshot.keys([sources.home[c] or "" for c in actors]))
    column[[c for c in actors if sources.home[c] == ""]] = v.waybills
    return column


def lookup(table: pa.Table, keys: NDArray[np.uint64]) -> Floats:
    """Counts of the keys in a table (key, waybills) sorted by key; 0 where there is none."""
    counted: Floats = np.append(table["waybills"].to_numpy(), 0).astype(np.float64)
    return counted[find_rows(table.column(0).to_numpy(), keys)]


def _read(table: pa.Table, v: StratumVolumes, whole: StratumVolumes, sources: Sources) -> Floats:
    """[C] distinct waybills of a question that accounts and sessions (table: their volumes) read.

    A session's share of its account's waybills is taken to be the same in every stratum.
    """
    kind, key = sources.kind, sources.key
    out = np.zeros(len(kind))
    out[kind == ACTOR] = lookup(v.actors, key[kind == ACTOR])
    sessions = np.flatnonzero(kind == SESSION)
    if len(sessions):
        total = lookup(whole.actors, table["actor"].to_numpy())
        here = lookup(v.actors, table["actor"].to_numpy())
        scaled = table["first"].to_numpy() * here / np.maximum(total, 1.0)
        place = {int(k): c for k, c in zip(key[sessions], sessions, strict=True)}
        for session, waybills in zip(table["session"].to_pylist(), scaled, strict=True):
            out[place[session]] += waybills
    return out


def _regions(snapshot: Snapshot) -> dict[str, NDArray[np.uint64]]:
    outlets = snapshot.outlets()
    keys = snapshot.keys(outlets["outlet"].to_pylist())
    grouped: dict[str, list[int]] = {}
    for place, region in enumerate(outlets["region"].to_pylist()):
        grouped.setdefault(region, []).append(place)
    return {region: np.sort(keys[places]) for region, places in grouped.items()}


def _window(issued: Iterable[datetime | None]) -> tuple[datetime, datetime] | None:
    times = [t.astimezone(UTC) for t in issued if t is not None]
    if not times:
        return None
    day = timedelta(days=1)
    return _midnight(min(times)), _midnight(max(times)) + day


def _midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def _within(predicate: Predicate, window: tuple[datetime, datetime] | None) -> Predicate:
    if window is None:
        return predicate
    low, high = window
    since = max(low, predicate.issued_from) if predicate.issued_from else low
    until = min(high, predicate.issued_to) if predicate.issued_to else high
    return replace(predicate, issued_from=since, issued_to=until)


def _fits(asked: Predicate, row: Mapping[str, Any] | None, outlets: Mapping[str, Mapping[str, Any]]) -> bool:
    """True if a waybill is what was asked for; not if it can't be told."""
    if row is None:
        return False
    if asked.issued_from and row["issued_at"] < asked.issued_from:
        return False
    if asked.issued_to and row["issued_at"] >= asked.issued_to:
        return False
    for condition, permitted in asked.any_of.items():
        if condition in PLACES:
            column, what = PLACES[condition]
            value = outlets.get(row[column], {}).get(what)
        else:
            value = row[condition]
        if value is None or str(value) not in permitted:
            return False
    return True


def _key(predicate: Predicate) -> str:
    times = (predicate.issued_from, predicate.issued_to)
    return repr((sorted(predicate.any_of.items()), [t and t.isoformat() for t in times]))


def _relaxed(predicate: Predicate) -> list[Predicate]:
    """The wider questions with one of its conditions each; none if it has only one."""
    if len(predicate.any_of) < 2:
        return []
    return [replace(predicate, any_of={key: values}) for key, values in predicate.any_of.items()]


def _manageable(asked: Sequence[Predicate | None]) -> list[Predicate | None]:
    if len({_key(a) for a in asked if a is not None}) <= MOST_QUESTIONS:
        return list(asked)
    return [None if a is None else (_relaxed(a) or [a])[0] for a in asked]


LEAST = 2
"""Leaks that must have been read on a device to make it a part of an account worth looking at."""
LEAST_ALONE = 3
"""Leaks that must have been read on a device that stands for itself."""
MOST_OF_ONE = 2 / 3
"""Share of these that one account may have read on it (rule 9)."""
CONTROLS = 1_500
"""Waybills of the sample in which reads of devices are counted."""
CONTROLS_LEAST = 50
"""Waybills of the sample for each stratum, at least, where there are so many."""

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """Reads by accounts on devices, (m,) each: keys of device and account, which waybill or leak."""

    device: Keys
    actor: Keys
    item: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """K devices that are candidates, and their events.

    key[K]: of the device; owner[K]: key of the account of which it is a part, 0 for one that stands for itself.
    source[m], read[m]: events: which of the K, and which row of the leaks' reads.
    """

    key: Keys
    owner: Keys
    source: Ints
    read: NDArray[np.int64]


def uses(reads: pa.Table, item: NDArray[np.generic]) -> tuple[Uses, NDArray[np.int64]]:
    """The reads that name a device, and their rows."""
    rows = np.flatnonzero(np.asarray(reads["device"].combine_chunks().is_valid()))
    taken = reads.select(["device", "actor"]).take(pa.array(rows))
    found = Uses(
        device=taken["device"].to_numpy().astype(np.uint64),
        actor=taken["actor"].to_numpy().astype(np.uint64),
        item=item[rows].astype(np.int64),
    )
    return found, rows


def devices(reads: pa.Table, leak: Ints) -> Devices:
    """The candidates among the devices on which leaks were read (rules 8 and 9). leak: of each read."""
    used, rows = uses(reads, leak)
    pairs, inverse = np.unique(np.stack([used.device, used.actor]), axis=1, return_inverse=True)
    inverse = inverse.ravel()
    of_pair = _distinct(inverse, used.item, pairs.shape[1])
    keys, device = np.unique(used.device, return_inverse=True)
    device = device.ravel()
    of_device = _distinct(device, used.item, len(keys))
    most = np.zeros(len(keys), np.int64)
    np.maximum.at(most, np.searchsorted(keys, pairs[0]), of_pair)
    part = np.flatnonzero(of_pair >= LEAST)
    alone = np.flatnonzero((of_device >= LEAST_ALONE) & (most <= MOST_OF_ONE * of_device))
    source, read = [], []
    for group, chosen, first in ((inverse, part, 0), (device, alone, len(part))):
        mine = np.flatnonzero(np.isin(group, chosen))
        source.append(np.searchsorted(chosen, group[mine]) + first)
        read.append(rows[mine])
    return Devices(
        key=np.concatenate([pairs[0, part], keys[alone]]),
        owner=np.concatenate([pairs[1, part], np.zeros(len(alone), np.uint64)]),
        source=np.concatenate(source).astype(np.int32),
        read=np.concatenate(read).astype(np.int64),
    )


def _distinct(group: NDArray[np.generic], item: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """[groups] how many different items each has."""
    both = np.unique(np.stack([group.astype(np.int64), item]), axis=1)
    return np.bincount(both[0], minlength=groups).astype(np.int64)


def sampled(snapshot: Snapshot, leaks: LeakSet, strata: Strata) -> pa.Table:
    """Reads of a uniform sample of each stratum, the leaks left out."""
    each = max(CONTROLS // max(len(strata.predicates), 1), CONTROLS_LEAST)
    keys = [np.zeros(0, np.uint64), *snapshot.sample(strata.predicates, each + len(leaks))]
    wanted = np.setdiff1d(np.unique(np.concatenate(keys)), leaks.key)
    return snapshot.reads(wanted, ("waybill", "actor", "device"))


def portions(found: Devices, reads: pa.Table, leaked: Uses, actors: Keys) -> Floats:
    """[K, A] the share of each account's volume that counts for each device (rules 10 and 11); 0 mostly.

    reads: of the sample; leaked: of the leaks; actors[A]: keys of the accounts that are candidates, sorted.
    """
    waybill = reads["waybill"].to_numpy()
    used, _ = uses(reads, np.unique(waybill, return_inverse=True)[1].ravel())
    read_by = np.unique(np.stack([reads["actor"].to_numpy().astype(np.uint64), waybill]), axis=1)[0]
    out = np.zeros((len(found.key), len(actors)))
    for k, (device, owner) in enumerate(zip(found.key.tolist(), found.owner.tolist(), strict=True)):
        there = used.device == np.uint64(device)
        users = np.unique(leaked.actor[leaked.device == np.uint64(device)]) if owner == 0 else found.owner[k : k + 1]
        counted = [len(np.unique(used.item[there & (used.actor == user)])) for user in users]
        scale = 1.0
        if owner == 0:
            pairs = np.unique(np.stack([used.actor[there].astype(np.int64), used.item[there]]), axis=1).shape[1]
            scale = (pairs + 1) / (sum(counted) + 1)
        for user, held in zip(users, counted, strict=True):
            share = (held + 1) / ((read_by == user).sum() + 1)
            out[k, np.searchsorted(actors, user)] = min(share, 1.0) * scale
    return out
